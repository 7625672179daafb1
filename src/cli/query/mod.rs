//! `pci-audit query`: questions about a snapshot, answered with the rule that decides.

mod reach;

use clap::{Args, Subcommand};

use crate::gate::Exit;

/// Ask why one can, or cannot, reach another.
#[derive(Debug, Args)]
pub struct Query {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// Whether a connection from one to another can be opened, leg by leg, and which rule decides
    Reach(reach::Reach),
}

impl Query {
    /// Runs the verb.
    ///
    /// # Errors
    /// Where the snapshot cannot be read, or a name is nobody's.
    pub fn run(self) -> anyhow::Result<Exit> {
        match self.question {
            Question::Reach(question) => question.run(),
        }
    }
}
