//! The program against a running AWS (moto): what it says of whole accounts, and what it does when AWS refuses, fails or hangs.

#![cfg(feature = "aws")]

#[path = "../support/command.rs"]
#[allow(dead_code, reason = "the live tests bound the time of a run themselves")]
mod command;

mod aws;
mod credentials;
mod denial;
mod interrupt;
mod network;
mod trouble;
mod verdicts;
mod whole;
