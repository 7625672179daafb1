//! `pci-audit query`: questions about one snapshot, answered offline.

mod access;
mod reach;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use crate::gate::Exit;
use crate::model::Snapshot;

/// Ask a snapshot a question.
#[derive(Debug, Args)]
pub(super) struct Query {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// Who can do what to which resource, and which statements decide
    Access(access::Access),
    /// Whether one can open a connection to another, leg by leg, and which rule decides
    Reach(reach::Reach),
}

/// What every question takes.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// Snapshot to ask, written by `pci-audit collect -o FILE`
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,
    /// How to answer
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub output: Form,
}

/// How to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// In words.
    Text,
    /// For programs.
    Json,
}

impl Query {
    /// Runs the verb.
    ///
    /// # Errors
    /// Where the snapshot cannot be read, or the question makes no sense.
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        match self.question {
            Question::Access(question) => question.run(),
            Question::Reach(question) => question.run(),
        }
    }
}

impl Common {
    /// The snapshot.
    ///
    /// # Errors
    /// Where none is named, or it cannot be read.
    pub(super) fn load(&self) -> anyhow::Result<Snapshot> {
        let Some(path) = &self.snapshot else {
            anyhow::bail!(
                "name the snapshot to ask with --snapshot FILE\n  help: `pci-audit collect -o FILE` takes one of the live account; questions are answered offline"
            );
        };
        load(path)
    }
}

fn load(path: &Path) -> anyhow::Result<Snapshot> {
    let snapshot = Snapshot::load(path)?;
    if let Some(warning) = super::audit::partial(&snapshot) {
        super::stderr::say(&format!("{}: {warning}", path.display()));
    }
    Ok(snapshot)
}
