//! Two runs over one account → what appeared, vanished and changed between them: resources with their fields, findings with theirs.
//!
//! Nothing that could not be looked at is called gone, and nothing that could not be looked at before is called new: such a thing went out of
//! sight, or came into it. Linear in both runs, times a logarithm.

mod fields;
mod findings;
mod inventory;
mod markdown;
mod moving;
mod resources;
mod table;

use std::collections::BTreeSet;
use std::io;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

pub use fields::FieldChange;
pub use findings::FindingChange;
use inventory::Inventory;
pub use resources::ResourceChange;

use super::json;
use super::table::page::Page;
use super::view::{ResourceRef, View};
use crate::model::Snapshot;

/// Version of the shape.
pub const SCHEMA: &str = "pci-audit/diff/1";

/// One run.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// Its report.
    pub view: &'a View,
    /// What it was made of. Without it only those fields are compared that verdicts rest on.
    pub snapshot: Option<&'a Snapshot>,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Diff {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// Account id.
    pub account: String,
    /// The older run.
    pub old: Side,
    /// The newer run.
    pub new: Side,
    /// What else differs between the runs than the account, and so may be the cause.
    pub remarks: Vec<String>,
    /// Resources, by kind, region and name.
    pub resources: Vec<ResourceChange>,
    /// Findings, by rule and resource.
    pub findings: Vec<FindingChange>,
    /// Resources of which only fields differ that move while nobody does anything: no difference.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved_resources: Vec<ResourceChange>,
    /// Findings that say something else for no other reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved_findings: Vec<FindingChange>,
}

/// One run, as far as a comparison speaks of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Side {
    /// When the snapshot was taken.
    pub taken_at: Timestamp,
    /// Regions that were scanned.
    pub regions: Vec<String>,
    /// SHA-256 of the snapshot.
    pub snapshot_sha256: String,
}

/// What happened to a resource or a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It is in the newer run alone, and the older could have seen it.
    Appeared,
    /// It is in both, and not the same.
    Changed,
    /// It is in the older run alone, and the newer could have seen it.
    Vanished,
    /// It is in the older run alone, and the newer could not look.
    OutOfSight,
    /// It is in the newer run alone, and the older could not look.
    IntoSight,
}

impl Change {
    /// Every change, in the order of reports.
    pub const ALL: [Self; 5] = [Self::Appeared, Self::Changed, Self::Vanished, Self::OutOfSight, Self::IntoSight];

    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Appeared => "appeared",
            Self::Changed => "changed",
            Self::Vanished => "vanished",
            Self::OutOfSight => "out of sight",
            Self::IntoSight => "into sight",
        }
    }

    /// The sign before it, one column wide.
    const fn sign(self) -> &'static str {
        match self {
            Self::Appeared => "+",
            Self::Changed => "~",
            Self::Vanished => "-",
            Self::OutOfSight | Self::IntoSight => "?",
        }
    }
}

/// Why two runs cannot be compared.
#[derive(Debug, thiserror::Error)]
#[error("the runs are of two accounts, {old} and {new}: only runs of one account can be compared")]
pub struct OtherAccount {
    old: String,
    new: String,
}

impl Diff {
    /// Compares.
    ///
    /// # Errors
    /// Where the runs are of two accounts.
    pub fn new(old: Run<'_>, new: Run<'_>) -> Result<Self, OtherAccount> {
        let account = |run: Run<'_>| run.view.run.account.clone();
        if account(old) != account(new) {
            return Err(OtherAccount { old: account(old), new: account(new) });
        }
        let (before, after) = (Inventory::new(old), Inventory::new(new));
        let moves = |change: &ResourceChange| moving::all_move(&change.resource.kind, &change.fields);
        let (moved_resources, resources) = resources::changes(&before, &after).into_iter().partition(moves);
        let (moved_findings, findings) =
            findings::changes((old.view, &before), (new.view, &after)).into_iter().partition(|change: &FindingChange| change.moved);
        Ok(Self {
            schema: SCHEMA,
            account: account(old),
            old: Side::new(old.view),
            new: Side::new(new.view),
            remarks: remarks(old, new),
            resources,
            findings,
            moved_resources,
            moved_findings,
        })
    }

    /// Whether anything differs.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.findings.is_empty()
    }

    /// How many of each change there are, as `findings: 3 appeared, 1 vanished`; nothing of what has none.
    fn counts(&self) -> Vec<(&'static str, String)> {
        let words = |changes: Vec<Change>| {
            let count = |change: Change| changes.iter().filter(|one| **one == change).count();
            let counted = Change::ALL.into_iter().map(|change| (count(change), change.name())).filter(|(count, _)| *count > 0);
            counted.map(|(count, name)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
        };
        let findings = words(self.findings.iter().map(|finding| finding.change).collect());
        let resources = words(self.resources.iter().map(|resource| resource.change).collect());
        [("findings", findings), ("resources", resources)].into_iter().filter(|(_, words)| !words.is_empty()).collect()
    }

    /// As JSON: one change a line.
    ///
    /// # Errors
    /// Whatever `out` answers.
    pub fn write_json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        json::write(self, 2, out)
    }

    /// For a terminal. `verbose`: with the passes that came, went or say something else.
    pub fn table(&self, width: usize, color: bool, verbose: bool) -> String {
        let mut page = Page::new(width, color);
        table::write(&mut page, self, verbose);
        page.finish()
    }

    /// For a job's summary or a comment on a pull request; fits GitHub's limits.
    pub fn markdown(&self) -> String {
        markdown::text(self)
    }
}

impl Side {
    fn new(view: &View) -> Self {
        let run = &view.run;
        Self { taken_at: run.taken_at, regions: run.regions.clone(), snapshot_sha256: run.snapshot_sha256.clone() }
    }
}

/// What else differs than the account.
fn remarks(old: Run<'_>, new: Run<'_>) -> Vec<String> {
    let (before, after) = (&old.view.run, &new.view.run);
    let mut remarks = Vec::new();
    if before.version != after.version {
        remarks.push(format!("pci-audit was {} and is {}", before.version, after.version));
    }
    if before.rules_sha256 != after.rules_sha256 {
        let ids = |view: &View| -> BTreeSet<String> { view.rules.iter().map(|rule| rule.id.clone()).collect() };
        let (had, has) = (ids(old.view), ids(new.view));
        let list = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect::<Vec<_>>().join(", ");
        let told = |what: &str, ids: String| if ids.is_empty() { String::new() } else { format!("; {what}: {ids}") };
        remarks.push(format!("the rules differ{}{}", told("new", list(&has, &had)), told("gone", list(&had, &has))));
    }
    if before.config_sha256 != after.config_sha256 {
        remarks.push("the configuration differs".to_owned());
    }
    if before.regions != after.regions {
        remarks.push(format!("the regions were {} and are {}", before.regions.join(", "), after.regions.join(", ")));
    }
    if old.snapshot.is_none() || new.snapshot.is_none() {
        remarks.push("reports hold only the fields that verdicts rest on: two snapshots show every field".to_owned());
    }
    remarks
}

/// The order of changes: what is about one place stands together.
fn place(resource: &ResourceRef) -> (&str, &str, &str, &str) {
    (&resource.kind, &resource.region, &resource.name, &resource.arn)
}
