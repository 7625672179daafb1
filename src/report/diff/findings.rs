//! Two reports → the findings that appeared, changed and vanished.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::fields::{FieldChange, compare};
use super::inventory::Inventory;
use super::moving::only_moved;
use super::{Change, place};
use crate::report::view::{Finding, ResourceRef, Severity, Verdict, View};

/// One finding that is not the same.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FindingChange {
    /// What happened.
    pub change: Change,
    /// What it is known by.
    pub fingerprint: String,
    /// Rule id.
    pub rule: String,
    /// What it is about.
    pub resource: ResourceRef,
    /// What tells two findings of one rule on one resource apart.
    pub key: String,
    /// Its verdict in the older run, where it has it.
    pub old_verdict: Option<Verdict>,
    /// Its verdict in the newer run, where it has it.
    pub verdict: Option<Verdict>,
    /// Its severity, now where it still is.
    pub severity: Severity,
    /// What it says, now where it still is.
    pub message: String,
    /// The fields that are not the same; none but for `changed`.
    pub fields: Vec<FieldChange>,
    /// Whether only fields that move by themselves made the difference.
    #[serde(skip)]
    pub moved: bool,
}

impl FindingChange {
    /// The fields that a reader is told: the verdict stands at the head of a finding, and its message says what could not be seen.
    pub fn told(&self) -> impl Iterator<Item = &FieldChange> {
        self.fields.iter().filter(|field| !matches!(field.field(), "verdict" | "message" | "unseen"))
    }

    /// What it said and what it says, without its name before it; one of them where there is one, or they are the same.
    pub fn words(&self) -> (Option<&str>, &str) {
        let name = self.resource.called();
        let bare =
            |message: &'_ str| message.strip_prefix(name).and_then(|rest| rest.strip_prefix(": ")).map_or(0, |rest| message.len() - rest.len());
        let old = self.fields.iter().find_map(|field| match field {
            FieldChange::Value { field, old: Value::String(old), .. } if field == "message" => Some(&old[bare(old)..]),
            _ => None,
        });
        (old, &self.message[bare(&self.message)..])
    }

    /// Whether anyone has to look: it fails, asks, or could not be decided, before or now.
    pub fn matters(&self) -> bool {
        [self.old_verdict, self.verdict].into_iter().flatten().any(|verdict| matches!(verdict, Verdict::Fail | Verdict::Unknown | Verdict::Manual))
    }
}

/// Those that somebody has to look at, the worst first, and the others.
pub(super) fn by_weight(findings: &[FindingChange]) -> (Vec<&FindingChange>, Vec<&FindingChange>) {
    let (mut matter, others): (Vec<_>, Vec<_>) = findings.iter().partition(|finding| finding.matters());
    matter.sort_by_key(|finding| Reverse(finding.severity));
    (matter, others)
}

/// What differs, by rule and resource.
pub(super) fn changes(old: (&View, &Inventory), new: (&View, &Inventory)) -> Vec<FindingChange> {
    let by_fingerprint = |view: &'_ View| -> BTreeMap<String, usize> {
        view.findings.iter().enumerate().map(|(at, finding)| (finding.fingerprint.clone(), at)).collect()
    };
    let (before, after) = (by_fingerprint(old.0), by_fingerprint(new.0));
    let mut changes = Vec::new();
    let sight = Sight::new(new);
    for finding in &old.0.findings {
        match after.get(&finding.fingerprint).and_then(|at| new.0.findings.get(*at)) {
            Some(now) => changes.extend(changed(finding, now)),
            None => changes.push(alone(finding, if sight.reaches(finding) { Change::Vanished } else { Change::OutOfSight })),
        }
    }
    let sight = Sight::new(old);
    for finding in new.0.findings.iter().filter(|finding| !before.contains_key(&finding.fingerprint)) {
        changes.push(alone(finding, if sight.reaches(finding) { Change::Appeared } else { Change::IntoSight }));
    }
    changes.sort_by(|a, b| (&a.rule, place(&a.resource), &a.key).cmp(&(&b.rule, place(&b.resource), &b.key)));
    changes
}

fn changed(old: &Finding, new: &Finding) -> Option<FindingChange> {
    let mut fields = Vec::new();
    compare("", &said(old), &said(new), &mut fields);
    (!fields.is_empty()).then(|| FindingChange { old_verdict: Some(old.verdict), fields, moved: only_moved(old, new), ..told(new, Change::Changed) })
}

fn alone(finding: &Finding, change: Change) -> FindingChange {
    let told = told(finding, change);
    match change {
        Change::Vanished | Change::OutOfSight => FindingChange { old_verdict: told.verdict, verdict: None, ..told },
        Change::Appeared | Change::Changed | Change::IntoSight => told,
    }
}

fn told(finding: &Finding, change: Change) -> FindingChange {
    FindingChange {
        change,
        fingerprint: finding.fingerprint.clone(),
        rule: finding.rule.clone(),
        resource: finding.resource.clone(),
        key: finding.key.clone(),
        old_verdict: None,
        verdict: Some(finding.verdict),
        severity: finding.severity,
        message: finding.message.clone(),
        fields: Vec::new(),
        moved: false,
    }
}

/// What a finding says, without its evidence: that is told of the resources.
fn said(finding: &Finding) -> Value {
    json!({
        "verdict": finding.verdict, "severity": finding.severity, "title": finding.title, "requirements": finding.requirements, "message": finding.message,
        "ask": finding.ask, "offending": finding.offending, "unseen": finding.unseen, "waiver": finding.waiver, "attested": finding.attested,
        "rule_error": finding.rule_error,
    })
}

/// Where a run could look, rule by rule.
struct Sight<'a> {
    rules: BTreeSet<&'a str>,
    inventory: &'a Inventory,
    /// Rules that a failed call left with unknown verdicts, and its region: what they do not speak of there, they may not have seen.
    blinded: BTreeSet<(&'a str, &'a str)>,
    /// Rules and the resources of which they could not decide something.
    undecided: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Sight<'a> {
    fn new((view, inventory): (&'a View, &'a Inventory)) -> Self {
        let unknown = view.findings.iter().filter(|finding| finding.verdict == Verdict::Unknown);
        Self {
            rules: view.rules.iter().map(|rule| rule.id.as_str()).collect(),
            inventory,
            blinded: view.gaps.iter().flat_map(|gap| gap.hides.iter().map(|rule| (rule.as_str(), gap.region.as_str()))).collect(),
            undecided: unknown.map(|finding| (finding.rule.as_str(), finding.resource.arn.as_str())).collect(),
        }
    }

    /// Whether the run would have this finding, were it there.
    fn reaches(&self, finding: &Finding) -> bool {
        let (rule, resource) = (finding.rule.as_str(), &finding.resource);
        // What has no region of its own comes into scope by what names it, wherever that is.
        let hides = |region: &str| resource.region == "global" || region == "global" || region == resource.region;
        let blinded = self.blinded.iter().any(|(blind, region)| *blind == rule && hides(region));
        let undecided = self.undecided.contains(&(rule, resource.arn.as_str()));
        self.rules.contains(rule) && self.inventory.looked_at(&resource.kind, &resource.region) && !blinded && !undecided
    }
}
