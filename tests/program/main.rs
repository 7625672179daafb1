//! The program as its users run it: commands, gate, queries, bad input, the shipped examples.

mod cli;
#[cfg(unix)]
mod examples;
mod fortnight;
mod gate;
mod query_access;
mod robustness;
#[path = "../support/mod.rs"]
mod support;
