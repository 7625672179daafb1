//! Answers to questions: the words, the drawing, and JSON for other tools.

pub mod reach;
