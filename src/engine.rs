//! Snapshot + facts + rules → findings, sorted. Pure: the same input gives the same findings in the same order.

mod watched;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde_json::Value;

use crate::config::Config;
use crate::evidence::{About, Derived, Index, Missing};
use crate::facts::{self, Subject, no_pipelines};
use crate::finding::{Finding, Verdict, Watched};
use crate::model::Kind;
use crate::rules::expr::{Base, Scope};
use crate::rules::judge::judge;
use crate::rules::{Rule, RuleSet};

/// What an evaluation gives.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// The verdicts, sorted by rule, resource and key.
    pub findings: Vec<Finding>,
    /// Lists that people read beside the verdicts, by list and resource.
    pub listings: Vec<Listing>,
    /// What a baseline watches, sorted.
    pub watched: Vec<Watched>,
}

/// A list that a fact holds for people to read: what is connected to a store, who can read it.
#[derive(Debug, Clone)]
pub struct Listing {
    /// What it is a list of.
    pub list: List,
    /// Whose list it is.
    pub about: About,
    /// Its elements, as the fact's shape names their keys.
    pub items: Derived<Value>,
    /// What is to be said of the list beside its elements; empty where it was not made.
    pub notes: Vec<String>,
}

/// The lists that reports show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    /// Systems that can open a data port.
    Connected,
    /// Principals that can read, unlock or re-route data.
    Access,
}

impl List {
    /// The fact kind and the field that hold it.
    const HELD_BY: [(&'static str, &'static str, Self); 2] = [("exposure", "connected", Self::Connected), ("data-access", "access", Self::Access)];

    /// As reports name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Access => "access",
        }
    }
}

/// The findings of each rule: subjects come almost in order, so that sorting a pile is cheap where sorting them all is not.
type Piles<'r> = BTreeMap<&'r str, Vec<Finding>>;

/// Judges every subject by every rule that is about it. Linear in subjects times the rules of their shape.
pub fn evaluate(index: &Index<'_>, config: &Config, rules: &RuleSet) -> Evaluation {
    let mut by_subject: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in rules.rules.values() {
        by_subject.entry(rule.subject.as_str()).or_default().push(rule);
    }
    let base = Base::new(&config.cfg());
    let judge_all = |subjects: Vec<Subject>| {
        let mut piles = Piles::new();
        for subject in &subjects {
            let Some(rules) = by_subject.get(subject.shape) else { continue };
            let scope = Scope::new(&base, subject);
            for rule in rules.iter().filter(|rule| rule.kinds.contains(&subject.about.kind)) {
                piles.entry(&rule.id).or_default().push(judge(rule, subject, &scope));
            }
        }
        (piles, subjects.iter().filter_map(listing).collect::<Vec<_>>(), subjects.iter().filter_map(watched::of_subject).collect::<Vec<_>>())
    };
    let mut judged = facts::each(index, config, judge_all);
    // The resources that some rule reads as they are.
    let raw: BTreeSet<Kind> = rules.rules.values().filter_map(|rule| rule.subject.parse().ok()).collect();
    judged.extend(raw.into_iter().map(|kind| judge_all(facts::of_resources(index, kind))));
    let (mut piles, mut listings) = (Piles::new(), Vec::new());
    let mut watched = watched::of_records(index);
    for (more, lists, some) in judged {
        more.into_iter().for_each(|(rule, mut pile)| piles.entry(rule).or_default().append(&mut pile));
        listings.extend(lists);
        watched.extend(some);
    }
    for (rule, finding) in hidden(index, rules) {
        piles.entry(&rule.id).or_default().push(finding);
    }
    piles.par_iter_mut().for_each(|(_, pile)| {
        pile.iter_mut().for_each(|finding| finish(finding, index, config));
        pile.sort_by(|a, b| key(a).cmp(&key(b)));
    });
    let mut findings = Vec::with_capacity(piles.values().map(Vec::len).sum());
    piles.into_values().for_each(|mut pile| findings.append(&mut pile));
    listings.sort_by(|a, b| (a.list, &a.about.resource, &a.about.key).cmp(&(b.list, &b.about.resource, &b.about.key)));
    watched.sort();
    watched.dedup();
    Evaluation { findings, listings, watched }
}

fn listing(subject: &Subject) -> Option<Listing> {
    let (_, field, list) = List::HELD_BY.into_iter().find(|(shape, ..)| *shape == subject.shape)?;
    let notes = subject.field(&format!("{field}_notes")).and_then(Derived::value).and_then(Value::as_array);
    let notes = notes.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    Some(Listing { list, about: subject.about.clone(), items: subject.field(field)?.clone(), notes })
}

/// What the rule alone does not say: the severity that was configured, and the words of what is unknown.
fn finish(finding: &mut Finding, index: &Index<'_>, config: &Config) {
    if let Some(severity) = config.severities.get(&*finding.rule) {
        finding.severity = *severity;
    }
    if finding.verdict == Verdict::Unknown {
        finding.message = unknown(index, finding);
        // Something is unseen and no call failed: that is our bug, and it must not look like a finding of the account's.
        let unexplained =
            finding.missing.iter().all(|missing| matches!(missing, Missing::Field(_) | Missing::Members { .. }) && index.explain(missing).is_empty());
        if unexplained && finding.rule_error.is_none() {
            let missing: Vec<String> = finding.missing.iter().map(ToString::to_string).collect();
            finding.rule_error = Some(format!(
                "the snapshot does not hold {}, and no call that would have read it failed: the snapshot is not whole, take a new one with `pci-audit collect`",
                missing.join(", ")
            ));
        }
    }
}

fn key(finding: &Finding) -> (&crate::model::Identity, &str) {
    (&finding.about.resource, &finding.about.key)
}

/// A denied list must not make its resources vanish: one unknown per rule and region whose kinds it hides.
fn hidden<'r>(index: &Index<'_>, rules: &'r RuleSet) -> Vec<(&'r Rule, Finding)> {
    let mut by_region: BTreeMap<&str, BTreeSet<Kind>> = BTreeMap::new();
    for (kind, region) in index.hidden() {
        by_region.entry(region).or_default().insert(kind);
    }
    let mut findings = Vec::new();
    for (region, kinds) in by_region {
        let account = index.account("global");
        for rule in rules.rules.values() {
            let missing: Vec<Missing> =
                rule.kinds.iter().filter(|kind| kinds.contains(kind)).map(|kind| Missing::Members { kind: *kind, region: region.into() }).collect();
            if missing.is_empty() {
                continue;
            }
            findings.push((
                rule,
                Finding {
                    rule: rule.id.clone(),
                    severity: rule.severity,
                    verdict: Verdict::Unknown,
                    requirements: None,
                    about: About { kind: Kind::Account, resource: account.clone(), key: format!("unlisted in {region}"), pipelines: no_pipelines() },
                    message: String::new(),
                    ask: None,
                    remediation: None,
                    commands: Vec::new(),
                    offending: None,
                    evidence: Vec::new(),
                    missing,
                    milder: None,
                    rule_error: None,
                },
            ));
        }
    }
    findings
}

/// The words of an unknown finding: what, which call, why.
fn unknown(index: &Index<'_>, finding: &Finding) -> String {
    let name = &finding.about.resource.name;
    if let Some(why) = &finding.rule_error {
        return format!("{name}: the rule itself failed: {why}");
    }
    let mut reasons = BTreeSet::new();
    for missing in &finding.missing {
        let calls: BTreeSet<String> =
            index.explain(missing).into_iter().map(|gap| format!("{}:{} in {} ({})", gap.service, gap.operation, gap.region, gap.code)).collect();
        let what = missing.to_string();
        reasons.insert(if calls.is_empty() { what } else { format!("{what}: {}", calls.into_iter().collect::<Vec<_>>().join(", ")) });
    }
    format!("{name}: could not see {}", reasons.into_iter().collect::<Vec<_>>().join("; "))
}
