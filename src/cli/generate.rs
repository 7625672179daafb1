//! `pci-audit generate`: what derives from the program itself.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::config::Config;
use crate::facts;
use crate::gate::Exit;
use crate::model::calls::{CALLS, NEVER};
use crate::model::{Kind, Snapshot};
use crate::report::diff::Diff;
use crate::report::{View, feed};

/// Print what derives from the program.
#[derive(Debug, Args)]
pub(super) struct Generate {
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
    /// What the identity of each kind of resource hangs on, as Markdown
    Identity,
    /// Every key of pci-audit.toml with its meaning, default, flag and environment variable, as Markdown
    ConfigReference,
    /// Shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// The manual page, or that of a verb: each page names those of its verbs
    #[command(after_help = "Examples:\n  pci-audit generate man > pci-audit.1\n  pci-audit generate man rules test > pci-audit-rules-test.1")]
    Man {
        /// The verb, such as `scan` or `rules test`
        verb: Vec<String>,
    },
}

/// What has a schema.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum SchemaOf {
    /// What `collect` writes.
    Snapshot,
    /// What rules read.
    Facts,
    /// The JSON report.
    Report,
    /// One line of the ticket feed.
    Feed,
    /// What `diff` writes.
    Diff,
    /// `pci-audit.toml`.
    Config,
}

impl Generate {
    /// Runs the verb.
    ///
    /// # Errors
    /// Where stdout cannot be written.
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let mut out = Vec::new();
        match self.what {
            What::IamPolicy => writeln!(out, "{:#}", iam_policy())?,
            What::Schema { of } => writeln!(out, "{:#}", schema(of))?,
            What::Identity => write!(out, "{}", identity())?,
            What::ConfigReference => write!(out, "{}", super::config_reference::text())?,
            What::Completions { shell } => clap_complete::generate(shell, &mut super::command(), "pci-audit", &mut out),
            What::Man { verb } => clap_mangen::Man::new(page(&verb)?).render(&mut out)?,
        }
        // Made first and written then: the makers of completions do not bear an error.
        let mut stdout = super::output::raw_stdout();
        stdout.write_all(&out).and_then(|()| stdout.flush()).context("cannot write to stdout")?;
        Ok(Exit::Clean)
    }
}

/// The command that a manual page is about.
fn page(verb: &[String]) -> anyhow::Result<clap::Command> {
    let mut command = super::command();
    // Names each verb as its page: pci-audit-rules-test.
    command.build();
    for name in verb {
        let found = command.find_subcommand(name).cloned();
        command = found.with_context(|| format!("no verb \"{}\" has a page", verb.join(" ")))?;
    }
    Ok(command)
}

/// The policy: every action of the call table, and for belt and braces a denial of everything on the never-call list.
pub(super) fn iam_policy() -> Value {
    let actions: BTreeSet<&str> = CALLS.iter().map(|call| call.iam_action).collect();
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "PciAuditReads", "Effect": "Allow", "Action": actions, "Resource": "*"},
            {"Sid": "PciAuditNever", "Effect": "Deny", "Action": NEVER, "Resource": "*"},
        ],
    })
}

/// The reference of identities.
fn identity() -> String {
    let mut text = "\
# What a finding is known by

A finding has a *fingerprint*: 16 digits from its rule, account, region, kind of resource, resource and, where a rule says more than one thing of a
resource, what tells them apart. Tickets, waivers and baselines hang on it. It never changes with a message, a title, a severity, an order, a time, the
regions of a run or the version of pci-audit. This is what stands for the resource, and whether one that is deleted and made anew under the same name
keeps its findings. Two findings of one fingerprint would be a fault of pci-audit: it says so, and exits with 2.

| kind | is known by | made anew, keeps its findings |
|---|---|---|
"
    .to_owned();
    for kind in Kind::ALL.iter().copied() {
        let basis = kind.basis();
        text.push_str(&format!("| `{kind}` | {} | {} |\n", basis.words(), if basis.outlives_the_resource() { "yes" } else { "no" }));
    }
    text
}

/// A schema as JSON.
pub(super) fn schema(of: SchemaOf) -> Value {
    match of {
        SchemaOf::Snapshot => schemars::schema_for!(Snapshot).into(),
        SchemaOf::Report => schemars::schema_for!(View).into(),
        SchemaOf::Feed => schemars::schema_for!(feed::Event<'static>).into(),
        SchemaOf::Diff => schemars::schema_for!(Diff).into(),
        SchemaOf::Config => schemars::schema_for!(Config).into(),
        SchemaOf::Facts => facts::schema(),
    }
}
