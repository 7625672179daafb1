//! Answers to questions about one snapshot, in words and as JSON.

pub mod access;
pub mod reach;
