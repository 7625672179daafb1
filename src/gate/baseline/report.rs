//! A JSON report as a baseline: the part of it that is compared.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::super::growth::elements;
use super::super::own;
use super::super::standing::Standing;
use super::{Baseline, Departed, Entry};
use crate::finding::{Severity, Verdict, Watched};
use crate::model::Kind;
use crate::model::calls;
use crate::model::snapshot::hidden_by_gap;

#[derive(Deserialize)]
struct Report {
    run: Run,
    rules: Vec<Rule>,
    findings: Vec<Found>,
    #[serde(default)]
    history: Vec<Past>,
    #[serde(default)]
    watched: Option<BTreeSet<Watched>>,
    #[serde(default)]
    gaps: Vec<Gap>,
}

/// A call that did not succeed.
#[derive(Deserialize)]
struct Gap {
    region: String,
    service: String,
    operation: String,
    resource: Option<String>,
    code: String,
    /// Rules whose verdicts hang on it.
    #[serde(default)]
    hides: BTreeSet<String>,
}

/// What is open and was out of sight or out of scope that night.
#[derive(Deserialize)]
struct Past {
    finding: Option<Found>,
}

#[derive(Deserialize)]
struct Run {
    account: String,
    #[serde(default)]
    version: String,
    regions: BTreeSet<String>,
    #[serde(default)]
    actions: BTreeSet<String>,
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
    key: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    offending: Option<Value>,
    #[serde(default)]
    standing: Option<Standing>,
    #[serde(default)]
    waiver: Option<Waiver>,
}

#[derive(Deserialize)]
struct Waiver {
    expired: bool,
    #[serde(default)]
    outgrown: Vec<String>,
}

/// The resource of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// ARN.
    pub arn: String,
    /// What people call it.
    #[serde(default)]
    pub name: String,
    /// Its kind.
    #[serde(default)]
    pub kind: String,
    /// Region, or `global`.
    pub region: String,
}

/// Reads it. A fail is accepted where its own run knew it as accepted, or had it waived; what was open then is open still.
pub(super) fn read(text: &str) -> serde_json::Result<Baseline> {
    let report: Report = serde_json::from_str(text)?;
    let (own, found): (Vec<Found>, Vec<Found>) = report.findings.into_iter().partition(|found| own::is_own(&found.rule));
    let past = report.history.into_iter().filter_map(|past| past.finding);
    let (own_past, past): (Vec<Found>, Vec<Found>) = past.partition(|found| own::is_own(&found.rule));
    let departed = own.into_iter().chain(own_past).filter(|found| found.rule == own::STILL_JUDGED.id);
    let past = past.into_iter().map(|found| Entry { remembered: true, ..entry(found) });
    Ok(Baseline {
        account: report.run.account,
        version: report.run.version,
        regions: report.run.regions,
        rules: report.rules.into_iter().map(|rule| rule.id).filter(|rule| !own::is_own(rule)).collect(),
        actions: report.run.actions,
        watched: report.watched,
        findings: past.chain(found.into_iter().map(entry)).map(|entry| (entry.fingerprint.clone(), entry)).collect(),
        is_report: true,
        departed: departed.map(|found| Departed { resource: found.resource, key: found.key, message: found.message }).collect(),
        hidden: report.gaps.iter().flat_map(hidden).collect(),
        hindered: report.gaps.iter().flat_map(|gap| gap.hides.iter().map(|rule| (rule.clone(), gap.region.clone()))).collect(),
    })
}

/// What a gap may hide, and where.
fn hidden(gap: &Gap) -> impl Iterator<Item = (Kind, String)> {
    let call = calls::call(&gap.service, &gap.operation);
    let kinds = call.map(|call| hidden_by_gap(call, gap.resource.as_deref(), &gap.code));
    kinds.into_iter().flatten().map(|kind| (kind, gap.region.clone()))
}

fn entry(found: Found) -> Entry {
    let waived = found.waiver.is_some_and(|waiver| !waiver.expired && waiver.outgrown.is_empty());
    let offending = elements(found.offending.as_ref());
    Entry {
        fingerprint: found.fingerprint,
        rule: found.rule,
        verdict: found.verdict,
        severity: found.severity,
        resource: found.resource.arn,
        region: found.resource.region,
        offending: (!offending.is_empty()).then_some(offending),
        waived,
        open: found.verdict == Verdict::Fail && !waived && found.standing != Some(Standing::Known),
        remembered: false,
    }
}
