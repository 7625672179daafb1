//! `pci-audit demo`: the embedded leaky account.

use clap::Args;

use super::audit;
use super::settings::AuditArgs;
use super::stderr::say;
use crate::gate::Exit;
use crate::model::Snapshot;

/// The example account, as `collect` would have written it.
const ACCOUNT: &str = include_str!("../../fixtures/accounts/demo.json");

/// See what a scan says, without an account: checks an embedded example with real findings.
#[derive(Debug, Args)]
pub(super) struct Demo {
    #[command(flatten)]
    audit: AuditArgs,
}

impl Demo {
    /// Runs the verb: gates nothing, and says what a scan would have answered.
    ///
    /// # Errors
    /// Where the configuration or a rule is broken, or a report cannot be written.
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let settings = self.audit.settle()?;
        let snapshot = Snapshot::parse(ACCOUNT, "the embedded account")?;
        let exit = audit::report(&snapshot, &settings, settings.places(&[], &[])?)?;
        say(&format!("This is a demonstration: it exits with 0. A scan of this account would have exited with {}.", u8::from(exit)));
        Ok(Exit::Clean)
    }
}
