//! The gate's memory: what an earlier run found, read from its JSON report or from a baseline made for committing.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::finding::{Severity, Verdict};

/// Version of the baseline's shape.
pub const SCHEMA: &str = "pci-audit/baseline/1";

/// What an earlier run found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The account that it was made for.
    pub account: String,
    /// The regions that it looked at.
    pub regions: BTreeSet<String>,
    /// The rules that it knew.
    pub rules: BTreeSet<String>,
    /// Its findings by fingerprint.
    pub findings: HashMap<String, Entry>,
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
    /// A waiver held.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waived: bool,
}

/// The file that `pci-audit baseline` writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Account id.
    pub account: String,
    /// Regions, sorted.
    pub regions: Vec<String>,
    /// Rule ids, sorted.
    pub rules: Vec<String>,
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
        let text = std::fs::read_to_string(path).map_err(|error| BaselineError { path: name.clone(), why: error.to_string() })?;
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
            SCHEMA => serde_json::from_str::<File>(text).map(Self::from).map_err(place),
            "pci-audit/report/1" => serde_json::from_str::<Report>(text).map(Self::from).map_err(place),
            other => Err(format!("its schema is \"{other}\"; a JSON report or the output of `pci-audit baseline` is needed")),
        }
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
        let mut findings: Vec<Entry> = baseline.findings.into_values().collect();
        findings.sort_by(|a, b| (&a.rule, &a.resource, &a.fingerprint).cmp(&(&b.rule, &b.resource, &b.fingerprint)));
        Self {
            schema: SCHEMA.to_owned(),
            account: baseline.account,
            regions: baseline.regions.into_iter().collect(),
            rules: baseline.rules.into_iter().collect(),
            findings,
        }
    }
}

impl From<File> for Baseline {
    fn from(file: File) -> Self {
        Self {
            account: file.account,
            regions: file.regions.into_iter().collect(),
            rules: file.rules.into_iter().collect(),
            findings: file.findings.into_iter().map(|entry| (entry.fingerprint.clone(), entry)).collect(),
        }
    }
}

/// The part of a JSON report that is compared.
#[derive(Deserialize)]
struct Report {
    run: Run,
    rules: Vec<Rule>,
    findings: Vec<Found>,
    #[serde(default)]
    history: Vec<Past>,
}

/// What is open and was out of sight or out of scope that night: back in scope, it is not new.
#[derive(Deserialize)]
struct Past {
    finding: Option<Found>,
}

#[derive(Deserialize)]
struct Run {
    account: String,
    regions: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Rule {
    id: String,
}

#[derive(Deserialize)]
struct Found {
    fingerprint: String,
    rule: String,
    verdict: Verdict,
    severity: Severity,
    resource: Place,
    #[serde(default)]
    waiver: Option<Waiver>,
}

#[derive(Deserialize)]
struct Waiver {
    expired: bool,
}

#[derive(Deserialize)]
struct Place {
    arn: String,
    region: String,
}

impl From<Report> for Baseline {
    fn from(report: Report) -> Self {
        let entry = |found: Found| Entry {
            fingerprint: found.fingerprint,
            rule: found.rule,
            verdict: found.verdict,
            severity: found.severity,
            resource: found.resource.arn,
            region: found.resource.region,
            waived: found.waiver.is_some_and(|waiver| !waiver.expired),
        };
        let aside = report.history.into_iter().filter_map(|past| past.finding);
        Self {
            account: report.run.account,
            regions: report.run.regions,
            rules: report.rules.into_iter().map(|rule| rule.id).collect(),
            findings: report.findings.into_iter().chain(aside).map(entry).map(|entry| (entry.fingerprint.clone(), entry)).collect(),
        }
    }
}
