//! What the rules say: of their own cases, of whole accounts with one edit, of accounts that lack an answer or a resource.

mod fixtures;
mod golden;
mod iam_access;
#[path = "../../crates/iam-eval/tests/evaluate/support/generator.rs"]
mod iam_generator;
mod removals;
mod rules;
#[path = "../support/mod.rs"]
mod support;
mod verdicts;
