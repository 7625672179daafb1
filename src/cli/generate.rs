//! `pci-audit generate`: what derives from the program itself.

use std::collections::BTreeSet;
use std::io::Write;

use clap::{Args, CommandFactory, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::config::Config;
use crate::facts;
use crate::gate::Exit;
use crate::model::Snapshot;
use crate::model::source::{CALLS, NEVER};
use crate::report::{View, feed};

/// Print what derives from the program.
#[derive(Debug, Args)]
pub struct Generate {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The read-only IAM policy that a scan needs: made from the call table, so it is complete and no wider
    IamPolicy,
    /// A JSON Schema
    Schema {
        /// Of what
        of: SchemaOf,
    },
    /// Shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// The manual page
    Man,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SchemaOf {
    /// What `collect` writes.
    Snapshot,
    /// What rules read.
    Facts,
    /// The JSON report.
    Report,
    /// One line of the ticket feed.
    Feed,
    /// `pci-audit.toml`.
    Config,
}

impl Generate {
    /// Runs the verb.
    ///
    /// # Errors
    /// Where stdout cannot be written.
    pub fn run(self) -> anyhow::Result<Exit> {
        let mut out = std::io::stdout().lock();
        match self.what {
            What::IamPolicy => writeln!(out, "{:#}", iam_policy())?,
            What::Schema { of } => writeln!(out, "{:#}", schema(of))?,
            What::Completions { shell } => clap_complete::generate(shell, &mut super::Cli::command(), "pci-audit", &mut out),
            What::Man => clap_mangen::Man::new(super::Cli::command()).render(&mut out)?,
        }
        Ok(Exit::Clean)
    }
}

/// The policy: every action of the call table, and for belt and braces a denial of everything on the never-call list.
pub fn iam_policy() -> Value {
    let actions: BTreeSet<&str> = CALLS.iter().map(|call| call.iam_action).collect();
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "PciAuditReads", "Effect": "Allow", "Action": actions, "Resource": "*"},
            {"Sid": "PciAuditNever", "Effect": "Deny", "Action": NEVER, "Resource": "*"},
        ],
    })
}

/// A schema as JSON.
pub fn schema(of: SchemaOf) -> Value {
    match of {
        SchemaOf::Snapshot => schemars::schema_for!(Snapshot).into(),
        SchemaOf::Report => schemars::schema_for!(View).into(),
        SchemaOf::Feed => schemars::schema_for!(feed::Event<'static>).into(),
        SchemaOf::Config => schemars::schema_for!(Config).into(),
        SchemaOf::Facts => facts::schema(),
    }
}
