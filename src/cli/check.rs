//! `pci-audit check`: a snapshot → verdicts, offline.

use std::path::PathBuf;

use clap::Args;

use super::audit;
use super::settings::AuditArgs;
use super::stderr::say;
use crate::gate::Exit;
use crate::model::Snapshot;

/// Check a snapshot offline: exactly what `scan` would have said.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pci-audit check account.json -o table -o json=report.json")]
pub(super) struct Check {
    /// Snapshot written by `pci-audit collect`
    snapshot: PathBuf,
    #[command(flatten)]
    audit: AuditArgs,
}

impl Check {
    /// Runs the verb.
    ///
    /// # Errors
    /// Where the snapshot, the configuration or a rule is broken, or a report cannot be written.
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let settings = self.audit.settle()?;
        let places = settings.places(&[], &[("the snapshot", &self.snapshot)])?;
        let snapshot = Snapshot::load(&self.snapshot)?;
        if let Some(warning) = audit::partial(&snapshot) {
            say(&format!("{}: {warning}", self.snapshot.display()));
        }
        let unseen: Vec<&str> = settings.config.region.iter().filter(|region| !snapshot.regions.contains(region)).map(String::as_str).collect();
        if !unseen.is_empty() {
            say(&format!(
                "{}: it was taken of {}; {} was asked for and is not in it",
                self.snapshot.display(),
                snapshot.regions.join(", "),
                unseen.join(", ")
            ));
        }
        audit::report(&snapshot, &settings, places)
    }
}
