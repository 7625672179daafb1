//! The program against a running AWS (moto): what it says of whole accounts, and what it does when AWS refuses, fails or hangs.

#![cfg(not(feature = "aws"))]

#[path = "../support/mod.rs"]
mod support;

mod denial;
mod trouble;
mod verdicts;
