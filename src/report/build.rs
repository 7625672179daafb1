//! Findings → view: everything a report may say, looked up once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::Value;

use super::about::reference;
use super::conceal::conceal;
use super::unseen::unseen;
use super::view::{Attested, Counts, Evidence, Finding, Gap, Gone, Hint, Left, Limit, Requirement, RuleInfo, Run, SCHEMA, View, Waiver, Watched};
use super::{decision, lists};
use crate::config::{self, Config, FailOn, Limits};
use crate::engine::Listing;
use crate::evidence::{FieldRef, Index};
use crate::facts;
use crate::finding::{Severity, Verdict};
use crate::gate::own::{self, OwnRule};
use crate::gate::{self, Applied, Baseline, Entry, Fate, Judged, Judgement, Policy, Waived};
use crate::model::calls::{self, Scope};
use crate::model::{Kind, snapshot};
use crate::rules::rule::Proves;
use crate::rules::standard::order;
use crate::rules::{Rule, RuleSet};

/// SHA-256 of what went in, hexadecimal: with them a verdict can be repeated years later.
#[derive(Debug, Clone)]
pub struct Hashes {
    /// Of the snapshot's JSON.
    pub snapshot: String,
    /// Of the effective configuration.
    pub config: String,
    /// Of every rule file.
    pub rules: String,
}

/// What an evaluation gives beside its findings.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Lists for people.
    pub listings: &'a [Listing],
    /// What a baseline watches.
    pub watched: &'a [Watched],
}

/// Under which terms was judged.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The rules.
    pub rules: &'a RuleSet,
    /// The effective configuration.
    pub config: &'a Config,
    /// What gates.
    pub policy: Policy,
    /// What somebody accepted.
    pub baseline: Option<&'a Baseline>,
}

/// Builds the view. Linear in findings and their evidence.
pub fn build(index: &Index<'_>, evaluation: Seen<'_>, judgement: &Judgement<'_>, terms: Terms<'_>, hashes: Hashes) -> View {
    let Terms { rules, config, policy, baseline } = terms;
    let own: Vec<RuleInfo> = own::ALL.into_iter().filter(|own| judgement.sight.ran(own.id)).map(own_rule).collect();
    let infos: BTreeMap<String, RuleInfo> = rules.rules.values().map(rule_info).chain(own).map(|info| (info.id.clone(), info)).collect();
    let mut evidence = EvidenceLookup::new(index);
    let mut shown: Vec<Finding> = Vec::with_capacity(judgement.judged.len());
    for judged in &judgement.judged {
        if let Some(rule) = infos.get(&*judged.finding.rule) {
            shown.push(describe(index, judged, rule, &mut evidence));
        }
    }
    let mut view = View {
        schema: SCHEMA.to_owned(),
        run: run(index, config, policy, hashes),
        summary: decision::summary(index, &shown, policy, judgement, config, baseline),
        requirements: requirements(&shown, rules),
        gaps: gaps(index, &judgement.judged),
        findings: shown,
        rules: infos.into_values().collect(),
        connected: Vec::new(),
        access: Vec::new(),
        list_notes: Vec::new(),
        unlisted: Vec::new(),
        gone: judgement.gone.iter().map(|(entry, fate)| gone(entry, *fate)).collect(),
        left: judgement.left.iter().map(left).collect(),
        watched: evaluation.watched.iter().cloned().collect(),
        unused: judgement.unused.iter().cloned().chain(facts::idle::idle(index, config)).collect(),
        history: Vec::new(),
    };
    lists::add(&mut view, index, evaluation.listings);
    view.sort();
    view
}

fn run(index: &Index<'_>, config: &Config, policy: Policy, hashes: Hashes) -> Run {
    let snapshot = index.snapshot;
    Run {
        tool: "pci-audit".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        account: snapshot.caller.account.clone(),
        caller: snapshot.caller.arn.clone(),
        partition: snapshot.caller.partition.clone(),
        regions: snapshot.regions.clone(),
        taken_at: snapshot.taken_at,
        snapshot_sha256: hashes.snapshot,
        config_sha256: hashes.config,
        rules_sha256: hashes.rules,
        limits: limits(&config.limits),
        severity_threshold: policy.severity,
        allow_unknown: policy.allow_unknown,
        fail_on: match policy.fail_on {
            FailOn::Any => "any",
            FailOn::New => "new",
        }
        .to_owned(),
        strict: policy.strict,
        question_tickets: config.feed.questions,
        regions_not_scanned: not_scanned(index),
        actions: gate::actions(),
    }
}

/// The limits, each with what set it.
fn limits(limits: &Limits) -> Vec<Limit> {
    let (all, defaults) = (limits.named(), Limits::default());
    let said = |(name, limit): &(&str, &config::Limit), default: &config::Limit| {
        let declared = || (limit.days != default.days).then(|| "declared, without the analysis that set it".to_owned());
        Limit { name: (*name).to_owned(), days: limit.days, citation: limit.citation.clone().or_else(declared) }
    };
    all.iter().zip(defaults.named()).map(|(limit, (_, default))| said(limit, default)).collect()
}

/// What the account has and the scan left out; `None` where nobody asked.
fn not_scanned(index: &Index<'_>) -> Option<Vec<String>> {
    let snapshot = index.snapshot;
    let enabled = snapshot.enabled_regions.as_ref()?;
    Some(enabled.iter().filter(|region| !snapshot.regions.contains(region)).cloned().collect())
}

fn describe(index: &Index<'_>, judged: &Judged<'_>, rule: &RuleInfo, evidence: &mut EvidenceLookup<'_, '_>) -> Finding {
    let finding = &judged.finding;
    let about = &finding.about;
    Finding {
        fingerprint: judged.fingerprint.clone(),
        rule: rule.id.clone(),
        title: rule.title.clone(),
        verdict: finding.verdict,
        severity: finding.severity,
        rule_severity: rule.severity,
        requirements: finding.requirements.clone().unwrap_or_else(|| rule.requirements.clone()),
        resource: reference(about),
        key: about.key.clone(),
        pipelines: about.pipelines.iter().map(ToString::to_string).collect(),
        message: finding.message.clone(),
        ask: finding.ask.clone(),
        offending: finding.offending.clone(),
        evidence: evidence.show(&finding.evidence),
        unseen: unseen(index, &finding.missing),
        remediation: finding.remediation.clone(),
        commands: finding.commands.clone(),
        does_not_prove: rule.does_not_prove.clone().filter(|_| finding.verdict == Verdict::Pass),
        rule_error: finding.rule_error.clone(),
        standing: judged.standing,
        grown: judged.grown.clone(),
        gates: judged.gates,
        waiver: judged.waiver.as_ref().map(waiver),
        attested: judged.attest.map(attested),
        first_seen: None,
    }
}

fn waiver(Waived { waiver, expired, outgrown }: &Waived<'_>) -> Waiver {
    Waiver {
        reason: waiver.reason.clone(),
        approver: waiver.approver.clone(),
        approved: waiver.approved.to_string(),
        expires: waiver.expires.to_string(),
        reference: waiver.reference.clone(),
        expired: *expired,
        outgrown: outgrown.clone(),
    }
}

fn attested(Applied { exception, expired }: Applied<'_, config::Attest>) -> Attested {
    Attested {
        holds: exception.holds,
        answer: exception.answer.clone(),
        by: exception.by.clone(),
        on: exception.on.to_string(),
        evidence: exception.evidence.clone(),
        expires: exception.expires.to_string(),
        expired,
    }
}

fn gone(entry: &Entry, fate: Fate) -> Gone {
    Gone {
        rule: entry.rule.clone(),
        resource: entry.resource.clone(),
        region: entry.region.clone(),
        fingerprint: entry.fingerprint.clone(),
        severity: entry.severity,
        fate,
    }
}

fn left(entry: &Entry) -> Left {
    Left {
        rule: entry.rule.clone(),
        resource: entry.resource.clone(),
        region: entry.region.clone(),
        fingerprint: entry.fingerprint.clone(),
        verdict: entry.verdict,
    }
}

/// Observed fields with their values, the calls that gave them and when.
struct EvidenceLookup<'i, 'a> {
    index: &'i Index<'a>,
    reads: HashMap<(&'a str, &'a str, &'a str, Option<&'a str>), Timestamp>,
    fields: HashMap<(Kind, usize), Value>,
    /// How many of a kind were seen in a region.
    listed: HashMap<(Kind, &'a str), usize>,
}

impl<'i, 'a> EvidenceLookup<'i, 'a> {
    fn new(index: &'i Index<'a>) -> Self {
        let reads = index.snapshot.reads.iter();
        let key =
            |read: &'a snapshot::Read| ((read.region.as_str(), read.service.as_str(), read.operation.as_str(), read.resource.as_deref()), read.at);
        let mut listed = HashMap::new();
        for (kind, id) in index.snapshot.resources.identities() {
            *listed.entry((kind, &*id.region)).or_insert(0) += 1;
        }
        Self { index, reads: reads.map(key).collect(), fields: HashMap::new(), listed }
    }

    /// The fields, those that one call showed of one resource together.
    fn show(&mut self, fields: &[FieldRef]) -> Vec<Evidence> {
        let mut shown: Vec<Evidence> = Vec::new();
        for at in fields {
            let (call, read_at) = self.call(at);
            let (field, value) = self.value(at);
            // References are sorted: those to one resource stand together.
            let mut beside = shown.iter_mut().rev().take_while(|one| one.kind == at.kind.name() && one.resource == *at.resource.arn);
            if let Some(same) = beside.find(|one| one.call == call) {
                same.fields.insert(field, value);
                continue;
            }
            let (resource, kind) = (at.resource.arn.to_string(), at.kind.name().to_owned());
            shown.push(Evidence { resource, kind, call, read_at, fields: BTreeMap::from([(field, value)]) });
        }
        shown
    }

    /// The call that filled a field, and when it answered.
    fn call(&self, at: &FieldRef) -> (String, Option<Timestamp>) {
        let id = &at.resource;
        let read = |call: &calls::Call| {
            let resource = matches!(call.scope, Scope::Each(_)).then_some(&*id.arn);
            let region = if call.scope == Scope::Global { "global" } else { &*id.region };
            self.reads.get(&(region, call.service, call.operation, resource)).copied()
        };
        let asked = |call: &'static calls::Call| (read(call), call);
        let mut calls: Vec<_> = match at.field {
            FieldRef::LISTED => calls::listers(at.kind).map(asked).collect(),
            field => calls::fillers(at.kind, field).map(asked).collect(),
        };
        // Where two calls can fill a field, the one that was made.
        calls.sort_by_key(|(read, _)| read.is_none());
        calls.first().map_or((String::new(), None), |(read, call)| (call.name(), *read))
    }

    /// What a field is called, and its value; of a list how many there are.
    fn value(&mut self, at: &FieldRef) -> (String, Value) {
        if at.field == FieldRef::LISTED {
            let listed = self.listed.get(&(at.kind, &*at.resource.region)).copied().unwrap_or_default();
            let region = &*at.resource.region;
            return (if region == "global" { "listed".to_owned() } else { format!("listed in {region}") }, listed.into());
        }
        let value = self.index.position(at.kind, &at.resource.arn).and_then(|position| {
            let resources = &self.index.snapshot.resources;
            let fields = self.fields.entry((at.kind, position)).or_insert_with(|| resources.fields_json(at.kind, position).unwrap_or_default());
            fields.get(at.field).cloned()
        });
        let mut value = value.unwrap_or_default();
        conceal(&mut value);
        (at.field.to_owned(), value)
    }
}

fn gaps(index: &Index<'_>, judged: &[Judged<'_>]) -> Vec<Gap> {
    let mut hides: HashMap<&snapshot::Gap, BTreeSet<String>> = HashMap::new();
    for finding in judged.iter().map(|judged| &judged.finding) {
        for gap in finding.missing.iter().flat_map(|missing| index.explain(missing)) {
            hides.entry(gap).or_default().insert(finding.rule.to_string());
        }
    }
    let describe = |gap: &snapshot::Gap| Gap {
        account: gap.account.clone(),
        region: gap.region.clone(),
        service: gap.service.clone(),
        operation: gap.operation.clone(),
        iam_action: calls::call(&gap.service, &gap.operation).map_or_else(String::new, |call| call.iam_action.to_owned()),
        resource: gap.resource.clone(),
        code: gap.code.clone(),
        message: gap.message.clone(),
        hides: hides.get(gap).map(|rules| rules.iter().cloned().collect()).unwrap_or_default(),
    };
    index.snapshot.gaps.iter().map(describe).collect()
}

/// The roll-up: findings that are no advice, by requirement, with a hint in the assessor's words.
fn requirements(findings: &[Finding], rules: &RuleSet) -> Vec<Requirement> {
    let mut by_requirement: BTreeMap<(&str, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.severity > Severity::Advisory) {
        for (standard, ids) in &finding.requirements {
            for id in ids {
                by_requirement.entry((standard, id)).or_default().push(finding);
            }
        }
    }
    let mut tested: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for rule in rules.rules.values().filter(|rule| rule.severity > Severity::Advisory) {
        for (standard, ids) in rule.all_requirements() {
            for id in ids {
                tested.entry((standard, id)).or_default().insert(&rule.id);
            }
        }
    }
    let mut all = Vec::new();
    for (key @ (standard, id), tests) in &tested {
        let Some(requirement) = rules.standards.get(*standard).and_then(|catalogue| catalogue.by_id().get(id).copied()) else { continue };
        let found = by_requirement.get(key).map(Vec::as_slice).unwrap_or_default();
        let counts = Counts::new(found.iter().map(|finding| finding.verdict));
        let full = found.iter().any(|finding| {
            finding.verdict == Verdict::Pass && rules.rules.get(finding.rule.as_str()).is_some_and(|rule| rule.proves == Proves::Full)
        });
        all.push(Requirement {
            standard: (*standard).to_owned(),
            id: (*id).to_owned(),
            title: requirement.title.clone(),
            hint: hint(&counts, found, full),
            counts,
            rules: tests.iter().map(ToString::to_string).collect(),
            manual: Some(requirement.manual.clone()).filter(|manual| !manual.is_empty()),
        });
    }
    all.sort_by_cached_key(|requirement| (std::cmp::Reverse(requirement.standard.clone()), order(&requirement.id)));
    all
}

/// Questions that are answered are open no more; an answer that it does not hold is as good as a fail. A waiver changes nothing here.
fn hint(counts: &Counts, found: &[&Finding], full_pass: bool) -> Hint {
    let answers: Vec<bool> =
        found.iter().filter(|finding| finding.is_answered()).filter_map(|finding| finding.attested.as_ref()).map(|answer| answer.holds).collect();
    match counts {
        _ if counts.fail > 0 || answers.contains(&false) => Hint::NotInPlace,
        _ if counts.unknown > 0 => Hint::NotRead,
        _ if counts.manual > answers.len() => Hint::Ask,
        _ if !answers.is_empty() => Hint::Attested,
        _ if full_pass => Hint::Supported,
        _ if counts.pass > 0 => Hint::PartlySupported,
        _ => Hint::NoSuchResource,
    }
}

/// A rule of the gate's own. It is about no requirement: it says whether the audit is whole.
fn own_rule(rule: &OwnRule) -> RuleInfo {
    RuleInfo {
        id: rule.id.to_owned(),
        title: rule.title.to_owned(),
        severity: Severity::High,
        noun: "gate".to_owned(),
        requirements: BTreeMap::new(),
        rationale: rule.rationale.to_owned(),
        remediation: rule.remediation.to_owned(),
        references: Vec::new(),
        proves: "part".to_owned(),
        does_not_prove: None,
    }
}

fn rule_info(rule: &Rule) -> RuleInfo {
    RuleInfo {
        id: rule.id.to_string(),
        title: rule.title.clone(),
        severity: rule.severity,
        noun: rule.noun.clone(),
        requirements: rule.requirements.clone(),
        rationale: rule.rationale.trim().to_owned(),
        remediation: rule.remediation.outline(),
        references: rule.references.clone(),
        proves: match rule.proves {
            Proves::Full => "full",
            Proves::Part => "part",
        }
        .to_owned(),
        does_not_prove: rule.does_not_prove.clone(),
    }
}
