//! The view: what a report may say, as plain data. Its JSON form is the contract with other tools.
//!
//! Frozen: within one [`SCHEMA`] a field is never renamed, retyped or removed, and may only be added. What is not known is `null`.
//! Of a finding, what it has none of (a question, a waiver, what a pass leaves open…) is left out: reports are long.
//! It holds nothing but its own structs and the public words of [`crate::finding`] and [`crate::gate`], so that the inside of the program can change.

mod counts;
mod finding;
mod judged;
mod scope;

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use counts::{BySeverity, Counts};
pub use finding::{Evidence, Finding, Past, ResourceRef, Unseen};
pub use judged::{Attested, Gone, Left, Waiver};
pub use scope::{Access, Connection, ListNote, Unlisted};

pub use crate::finding::{Requirements, Severity, Verdict, Watched};
pub use crate::gate::{Fate, Standing};

/// Version of the view's shape.
pub const SCHEMA: &str = "pci-audit/report/1";

/// The standard that findings are grouped by and that is shown first.
pub const STANDARD: &str = "pci-dss-4.0.1";

/// One audit of one account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct View {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// What was audited, by what, under which settings.
    pub run: Run,
    /// The outcome in numbers.
    pub summary: Summary,
    /// The roll-up, by standard and id.
    pub requirements: Vec<Requirement>,
    /// What could not be read, sorted.
    pub gaps: Vec<Gap>,
    /// Every verdict, passes too; by rule, ARN, region, key ([`View::sort`]).
    pub findings: Vec<Finding>,
    /// The rules that ran, by id.
    pub rules: Vec<RuleInfo>,
    /// Systems connected to the data: which network interfaces can open a data port. By data, interface and port.
    #[serde(default)]
    pub connected: Vec<Connection>,
    /// Who can read, unlock or re-route the data. By data, principal and right.
    #[serde(default)]
    pub access: Vec<Access>,
    /// What is to be said of these lists beside their rows.
    #[serde(default)]
    pub list_notes: Vec<ListNote>,
    /// Data whose list could not be made, and why.
    #[serde(default)]
    pub unlisted: Vec<Unlisted>,
    /// Fails of the baseline that are none now, and what became of them; by rule, resource, fingerprint.
    #[serde(default)]
    pub gone: Vec<Gone>,
    /// Verdicts of the baseline, other than fails, of which this run says nothing; by rule, resource, fingerprint.
    #[serde(default)]
    pub left: Vec<Left>,
    /// What was judged and must not leave unseen: stores, buckets with rows, pipelines, trails, secrets. Sorted; a baseline keeps it.
    #[serde(default)]
    pub watched: BTreeSet<Watched>,
    /// Waivers, attestations, accepted departures and declarations of the configuration that meet nothing in the account.
    #[serde(default)]
    pub unused: Vec<String>,
    /// Tickets of which no finding above speaks: what was resolved in the last 400 days, and what is open and could not be looked at. By fingerprint.
    #[serde(default)]
    pub history: Vec<Past>,
}

/// Everything that is needed to repeat the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// `pci-audit`.
    pub tool: String,
    /// Its version.
    pub version: String,
    /// Account id.
    pub account: String,
    /// ARN of the principal that asked.
    pub caller: String,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// Regions that were scanned, sorted.
    pub regions: Vec<String>,
    /// When the snapshot was taken: the "now" of every verdict.
    pub taken_at: Timestamp,
    /// SHA-256 of the snapshot, in hexadecimal.
    pub snapshot_sha256: String,
    /// SHA-256 of the effective configuration.
    pub config_sha256: String,
    /// SHA-256 of the rule set.
    pub rules_sha256: String,
    /// The numbers that rules compared with.
    pub limits: Vec<Limit>,
    /// `--severity`: what gates.
    pub severity_threshold: Severity,
    /// `--allow-unknown`: whether missing evidence gates.
    pub allow_unknown: bool,
    /// `--fail-on`: `any`, or `new`.
    #[serde(default = "any")]
    pub fail_on: String,
    /// `--strict`: whether findings of rules that the baseline did not know gate.
    #[serde(default)]
    pub strict: bool,
    /// Whether questions have tickets.
    #[serde(default)]
    pub question_tickets: bool,
    /// Regions that the account has enabled and that were not scanned, sorted; absent where nobody asked AWS for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regions_not_scanned: Option<Vec<String>>,
    /// The IAM actions that a scan of this version needs, sorted: a later version tells by them which are new.
    #[serde(default)]
    pub actions: BTreeSet<String>,
}

fn any() -> String {
    "any".to_owned()
}

/// A number of days and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limit {
    /// Its name in the configuration, such as `key-rotation`.
    pub name: String,
    /// Days.
    pub days: u32,
    /// What set it; `null` is "tool default, none declared".
    pub citation: Option<String>,
}

/// The outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Findings by verdict.
    pub verdicts: Counts,
    /// The fails among them by severity.
    pub fails: BySeverity,
    /// The unknowns among them by severity.
    pub unknowns: BySeverity,
    /// Fails at or above the threshold that count: with a baseline, those that it does not accept; the others are `open_known`.
    pub open: usize,
    /// Fails at or above the threshold that the baseline accepts and that are open still.
    #[serde(default)]
    pub open_known: BySeverity,
    /// Unknowns at or above the threshold.
    pub incomplete: usize,
    /// Departures: what the baseline watched and this run does not judge.
    #[serde(default)]
    pub departed: usize,
    /// Places in which nothing was judged.
    #[serde(default)]
    pub empty: usize,
    /// No database, warehouse, replication or bucket with rows was seen in the whole run.
    #[serde(default)]
    pub nothing_judged: bool,
    /// Fails that are advice only.
    pub advice: usize,
    /// Fails at or above the threshold that are waived.
    #[serde(default)]
    pub waived: usize,
    /// Verdicts at or above the threshold that the baseline could reach and this run cannot.
    #[serde(default)]
    pub evidence_lost: usize,
    /// What the process answers.
    pub exit_code: u8,
    /// Why, in words: "12 open findings at or above low".
    pub decision: String,
    /// What is to be said beside it: new rules, missing permissions, what an older baseline does not hold. One line each.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// What a requirement looks like from here, in the assessor's words. A hint: "in place" and "not applicable" are the assessor's to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Hint {
    /// Something fails.
    #[serde(rename = "not in place")]
    NotInPlace,
    /// Something could not be read.
    #[serde(rename = "not tested (could not be read)")]
    NotRead,
    /// A question is open.
    #[serde(rename = "not tested (ask)")]
    Ask,
    /// A person answered that it holds, and nothing speaks against it.
    #[serde(rename = "supported by attested evidence")]
    Attested,
    /// A rule that proves the whole of it passes.
    #[serde(rename = "supported by evidence")]
    Supported,
    /// Only rules that prove a part of it pass.
    #[serde(rename = "partly supported")]
    PartlySupported,
    /// No resource that it is about was seen.
    #[serde(rename = "not tested (no such resource seen)")]
    NoSuchResource,
}

impl Hint {
    /// Every hint, in the order of the roll-up.
    pub const ALL: [Self; 7] =
        [Self::NotInPlace, Self::NotRead, Self::Ask, Self::PartlySupported, Self::Attested, Self::Supported, Self::NoSuchResource];

    /// Its words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotInPlace => "not in place",
            Self::NotRead => "not tested (could not be read)",
            Self::Ask => "not tested (ask)",
            Self::Attested => "supported by attested evidence",
            Self::Supported => "supported by evidence",
            Self::PartlySupported => "partly supported",
            Self::NoSuchResource => "not tested (no such resource seen)",
        }
    }
}

/// One requirement of one standard, rolled up. Advisory findings are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Requirement {
    /// Version-qualified: `pci-dss-4.0.1`.
    pub standard: String,
    /// `8.3.2`.
    pub id: String,
    /// What it asks, in our words.
    pub title: String,
    /// What it looks like from here.
    pub hint: Hint,
    /// The verdicts that count for it.
    pub counts: Counts,
    /// The rules that test it, sorted.
    pub rules: Vec<String>,
    /// What of it no rule can test.
    pub manual: Option<String>,
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// Account id.
    pub account: String,
    /// Region, or `global`.
    pub region: String,
    /// `rds`.
    pub service: String,
    /// `DescribeDBParameters`.
    pub operation: String,
    /// The IAM action that allows it.
    pub iam_action: String,
    /// ARN of the resource it was about; `null` for a list.
    pub resource: Option<String>,
    /// Error code.
    pub code: String,
    /// AWS's words.
    pub message: String,
    /// The rules that have an unknown verdict because of it, sorted.
    pub hides: Vec<String>,
}

/// A rule, as far as reports speak of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleInfo {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Severity before adjustments.
    pub severity: Severity,
    /// The noun it belongs to: `hop`.
    pub noun: String,
    /// Requirement ids by standard.
    pub requirements: Requirements,
    /// Why it matters.
    pub rationale: String,
    /// What to do; a template, `{…}` is filled in per finding.
    pub remediation: String,
    /// Addresses of pages to read.
    pub references: Vec<String>,
    /// `full` or `part`.
    pub proves: String,
    /// What a pass leaves open.
    pub does_not_prove: Option<String>,
}

impl View {
    /// Puts every list into the order of the contract.
    pub fn sort(&mut self) {
        let key = |finding: &Finding| (finding.rule.clone(), finding.resource.arn.clone(), finding.resource.region.clone(), finding.key.clone());
        self.findings.sort_by_cached_key(key);
        self.rules.sort_by(|a, b| a.id.cmp(&b.id));
        self.connected.sort_by(|a, b| (&a.data, &a.port, a).cmp(&(&b.data, &b.port, b)));
        self.access.sort();
        self.list_notes.sort();
        self.unlisted.sort();
    }

    /// The rule of a finding.
    pub fn rule(&self, id: &str) -> Option<&RuleInfo> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}
