//! What a person has accepted: read from the file that `pci-audit baseline accept` writes, or from a JSON report.

mod accept;
mod report;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::growth::growth;
use crate::finding::{Severity, Verdict, Watched};
use crate::model::Kind;

pub use report::Place;

pub use accept::{Accept, AcceptError, Change, changes};

/// Version of the baseline's shape.
pub const SCHEMA: &str = "pci-audit/baseline/2";
/// The shape before it: without offending elements, without what is watched. It is read for ever.
pub const OLDER: &str = "pci-audit/baseline/1";

/// What somebody accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The account that it was made for.
    pub account: String,
    /// Version of the tool that found what is in it; empty in an older file.
    pub version: String,
    /// The regions that were looked at.
    pub regions: BTreeSet<String>,
    /// The rules that ran.
    pub rules: BTreeSet<String>,
    /// The IAM actions that a scan of that version needed; empty in an older file.
    pub actions: BTreeSet<String>,
    /// What was judged and must not leave unseen; `None` in an older file.
    pub watched: Option<BTreeSet<Watched>>,
    /// Every verdict by fingerprint. Fails among them are accepted, unless they say otherwise.
    pub findings: HashMap<String, Entry>,
    /// It is a whole report: nobody accepted what was open in it.
    pub is_report: bool,
    /// Departures that were open in the report that this is.
    pub departed: Vec<Departed>,
    /// Kinds of which some members may not have been seen in the report that this is, and where.
    pub hidden: BTreeSet<(Kind, String)>,
    /// Rules of which verdicts hung on a call that failed in the report that this is, and in which region.
    pub hindered: BTreeSet<(String, String)>,
}

/// A departure that nobody accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departed {
    /// What departed, or the account where it is a region or a set of rules.
    pub resource: Place,
    /// What tells departures of one resource apart.
    pub key: String,
    /// One line.
    pub message: String,
}

/// A finding, as far as a comparison needs it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// What it is known by.
    pub fingerprint: String,
    /// Rule id.
    pub rule: String,
    /// Verdict.
    pub verdict: Verdict,
    /// Severity.
    pub severity: Severity,
    /// ARN of the resource, for people who read the baseline.
    pub resource: String,
    /// Region of the resource, or `global`.
    pub region: String,
    /// The offending elements; absent where there were none, and in an older file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offending: Option<BTreeSet<String>>,
    /// A waiver held.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waived: bool,
    /// It was open in the report that this is: nobody accepted it.
    #[serde(skip)]
    pub open: bool,
    /// The report that this is did not look at it, and only remembers it.
    #[serde(skip)]
    pub remembered: bool,
}

/// The file that `pci-audit baseline` writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// [`SCHEMA`] or [`OLDER`].
    pub schema: String,
    /// Account id.
    pub account: String,
    /// Version of the tool.
    #[serde(default)]
    pub version: String,
    /// Regions, sorted.
    pub regions: Vec<String>,
    /// Rule ids, sorted.
    pub rules: Vec<String>,
    /// IAM actions that a scan of that version needs, sorted.
    #[serde(default)]
    pub actions: BTreeSet<String>,
    /// What must not leave unseen, sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watched: Option<BTreeSet<Watched>>,
    /// Findings, by rule, resource and fingerprint.
    pub findings: Vec<Entry>,
}

/// Why a baseline cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("baseline {path}: {why}")]
pub struct BaselineError {
    path: String,
    why: String,
}

impl Baseline {
    /// Reads a baseline, or a JSON report as one. Linear in its findings.
    ///
    /// # Errors
    /// Where it cannot be read, or is neither.
    pub fn load(path: &Path) -> Result<Self, BaselineError> {
        let name = path.display().to_string();
        let text = crate::text_file::read(path).map_err(|error| BaselineError { path: name.clone(), why: error.to_string() })?;
        Self::parse(&text, &name)
    }

    /// Reads a baseline, or a JSON report as one, from text; `name` is what errors call it.
    ///
    /// # Errors
    /// Where it is neither.
    pub fn parse(text: &str, name: &str) -> Result<Self, BaselineError> {
        Self::read(text).map_err(|why| BaselineError { path: name.to_owned(), why })
    }

    fn read(text: &str) -> Result<Self, String> {
        let place = |error: serde_json::Error| format!("line {}, column {}: {error}", error.line(), error.column());
        let schema = schema_of(text).map_err(|error| format!("it is no report of pci-audit: {}", place(error)))?;
        match schema.as_str() {
            SCHEMA | OLDER => serde_json::from_str::<File>(text).map(Self::from).map_err(place),
            "pci-audit/report/1" => report::read(text).map_err(place),
            other => Err(format!("its schema is \"{other}\"; a JSON report or the output of `pci-audit baseline` is needed")),
        }
    }

    /// What there is of a finding today beyond what one of its entries accepted, in words. An older file does not say which elements
    /// offended then.
    pub fn growth(&self, accepted: &Entry, severity: Severity, offending: Option<&serde_json::Value>) -> Vec<String> {
        let none = BTreeSet::new();
        let elements = (!self.is_older()).then(|| accepted.offending.as_ref().unwrap_or(&none));
        growth((Some(accepted.severity), elements), (severity, offending))
    }

    /// Whether it says what was accepted of a finding, and what is watched. An older file does not.
    pub const fn is_older(&self) -> bool {
        self.watched.is_none()
    }
}

/// What a JSON file of ours says it is: `pci-audit/report/1`. Linear in its length.
///
/// # Errors
/// Where it is no JSON, or says nothing.
pub fn schema_of(text: &str) -> serde_json::Result<String> {
    #[derive(Deserialize)]
    struct Head {
        schema: String,
    }
    serde_json::from_str(text).map(|head: Head| head.schema)
}

impl From<Baseline> for File {
    fn from(baseline: Baseline) -> Self {
        let mut findings: Vec<Entry> = baseline.findings.into_values().filter(|entry| !entry.remembered).collect();
        findings.iter_mut().for_each(|entry| entry.open = false);
        findings.sort_by(|a, b| (&a.rule, &a.resource, &a.fingerprint).cmp(&(&b.rule, &b.resource, &b.fingerprint)));
        Self {
            schema: if baseline.watched.is_some() { SCHEMA } else { OLDER }.to_owned(),
            account: baseline.account,
            version: baseline.version,
            regions: baseline.regions.into_iter().collect(),
            rules: baseline.rules.into_iter().collect(),
            actions: baseline.actions,
            watched: baseline.watched,
            findings,
        }
    }
}

impl From<File> for Baseline {
    fn from(file: File) -> Self {
        Self {
            account: file.account,
            version: file.version,
            regions: file.regions.into_iter().collect(),
            rules: file.rules.into_iter().collect(),
            actions: file.actions,
            watched: file.watched,
            findings: file.findings.into_iter().map(|entry| (entry.fingerprint.clone(), entry)).collect(),
            ..Self::default()
        }
    }
}
