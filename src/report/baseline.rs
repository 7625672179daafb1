//! The compact baseline: what a later run needs to tell new from known. Sorted, one finding a line, nothing that changes of itself: made for committing.

use super::json;
use super::view::{Finding, View};
use crate::gate::Entry;
use crate::gate::baseline::{File, SCHEMA};

/// Of a view.
pub fn of(view: &View) -> File {
    let entry = |finding: &Finding| Entry {
        fingerprint: finding.fingerprint.clone(),
        rule: finding.rule.clone(),
        verdict: finding.verdict,
        severity: finding.severity,
        resource: finding.resource.arn.clone(),
        region: finding.resource.region.clone(),
        waived: finding.is_waived(),
    };
    let mut findings: Vec<Entry> = view.findings.iter().map(entry).collect();
    findings.sort_by(|a, b| (&a.rule, &a.resource, &a.fingerprint).cmp(&(&b.rule, &b.resource, &b.fingerprint)));
    let mut regions = view.run.regions.clone();
    regions.sort();
    File {
        schema: SCHEMA.to_owned(),
        account: view.run.account.clone(),
        regions,
        rules: view.rules.iter().map(|rule| rule.id.clone()).collect(),
        findings,
    }
}

/// The file as text. Its lists are in the order of the contract already: that of the view, or that of [`File`] made of a baseline.
pub fn text(file: &File) -> String {
    json::text(file, 2)
}
