//! Whole accounts, made of raw AWS-shaped fields: every rule shows each verdict it can give, and every field that is collected matters.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use pci_audit::engine;
use pci_audit::evidence::Index;
use pci_audit::facts;
use pci_audit::finding::{Finding, Verdict};
use pci_audit::model::calls::{CALLS, Scope};
use pci_audit::model::{Kind, Snapshot};
use serde::Deserialize;
use serde_json::Value;

use crate::support::account;

const ACCOUNTS: [&str; 2] = ["healthy", "leaky"];

fn snapshot(account: &Value) -> Snapshot {
    Snapshot::deserialize(account).unwrap_or_else(|error| panic!("{error}"))
}

fn json(name: &str) -> Value {
    serde_json::from_str(&account::text(name)).expect("an account is JSON")
}

/// Rule, resource and key of a finding.
type Cell = (String, String, String);

/// Worst verdict by rule, resource and key.
fn table(findings: &[Finding]) -> BTreeMap<Cell, Verdict> {
    let mut table = BTreeMap::new();
    for finding in findings {
        let about = &finding.about;
        let cell = table.entry((finding.rule.to_string(), about.resource.arn.to_string(), about.key.clone())).or_insert(finding.verdict);
        *cell = (*cell).min(finding.verdict);
    }
    table
}

/// Rules that by nature never pass: the question for a person takes what would.
const NEVER_PASS: [&str; 4] = ["pan-unreadable-in-store", "database-user-least-privilege", "pipeline-masks-with-keyed-hash", "error-tables-bounded"];
/// Rules that by nature never fail.
const NEVER_FAIL: [&str; 2] = ["pan-unreadable-in-store", "database-user-least-privilege"];

/// Fields on which no verdict rests: what `query reach` alone reads; and what
/// snapshots of version 1 hold, for rules of one's own about the resource itself.
const NO_VERDICT: &[(Kind, &str)] = &[
    // `query reach`: the VPC of a group that nobody holds, the way out by a NAT gateway, whose a transit table is.
    (Kind::SecurityGroup, "vpc_id"),
    (Kind::NatGateway, "vpc_id"),
    (Kind::NatGateway, "subnet_id"),
    (Kind::NatGateway, "connectivity"),
    (Kind::NatGateway, "state"),
    (Kind::NatGateway, "public_ips"),
    (Kind::TransitGatewayRouteTable, "gateway_id"),
    // Version 1.
    (Kind::RedshiftSubnetGroup, "vpc_id"),
    (Kind::NetworkAcl, "vpc_id"),
    (Kind::KmsKey, "deletion_at"),
];

#[test]
fn every_rule_shows_each_verdict_that_it_can_give_in_some_account() {
    let mut shown: BTreeMap<String, BTreeSet<Verdict>> = BTreeMap::new();
    let mut note = |findings: &[Finding]| {
        for finding in findings {
            shown.entry(finding.rule.to_string()).or_default().insert(finding.verdict);
        }
    };
    for name in ACCOUNTS {
        let whole = json(name);
        note(&account::check(&snapshot(&whole), ""));
        for call in CALLS.iter().filter(|call| !(call.yields.is_empty() && call.fills.is_empty())) {
            let mut less = whole.clone();
            account::deny(&mut less, &call.name()).unwrap_or_else(|error| panic!("{}: {error}", call.name()));
            note(&account::check(&snapshot(&less), ""));
        }
    }
    for golden in crate::support::golden_accounts() {
        note(&account::check(&golden.snapshot, &golden.config));
    }
    let mut lacking = Vec::new();
    for id in account::rules().rules.keys() {
        let verdicts = shown.get(&**id).cloned().unwrap_or_default();
        for (verdict, exempt) in [(Verdict::Pass, &NEVER_PASS[..]), (Verdict::Fail, &NEVER_FAIL[..]), (Verdict::Unknown, &[][..])] {
            match (verdicts.contains(&verdict), exempt.contains(&&**id)) {
                (false, false) => lacking.push(format!("{id} is never {verdict}")),
                (true, true) => lacking.push(format!("{id} can be {verdict}, and is listed as if it could not")),
                _ => {}
            }
        }
    }
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}

#[test]
fn every_fact_has_the_shape_that_it_promises() {
    let config = pci_audit::config::Config::default();
    let mut wrong = BTreeSet::new();
    for name in ACCOUNTS {
        let snapshot = snapshot(&json(name));
        for subject in facts::derive(&Index::new(&snapshot), &config) {
            wrong.extend(facts::misshapen(&subject));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// An account whose fields are hidden one by one.
struct Trial {
    name: String,
    whole: Value,
    config: String,
    before: BTreeMap<Cell, Verdict>,
}

/// A field of a resource in a trial.
struct Hiding {
    trial: usize,
    kind: Kind,
    resource: String,
    field: &'static str,
}

impl Trial {
    fn new(name: &str, whole: Value, config: &str) -> Self {
        let before = table(&account::check(&snapshot(&whole), config));
        Self { name: name.to_owned(), whole, config: config.to_owned(), before }
    }

    /// Names of a kind's resources.
    fn names(&self, kind: Kind) -> impl Iterator<Item = String> {
        let resources = self.whole["resources"][kind.name()].as_array().into_iter().flatten();
        resources.filter_map(|resource| resource["id"]["name"].as_str().map(str::to_owned))
    }

    /// Hides a field: whether any verdict changed, and what is wrong with those that did. `None` where the account does not have it.
    fn without(&self, Hiding { kind, resource, field, .. }: &Hiding) -> Option<(bool, Vec<String>)> {
        let mut less = self.whole.clone();
        account::hide(&mut less, &format!("{kind}/{resource}"), field).ok()?;
        Some(self.compared(&snapshot(&less), &format!("{kind}/{resource}/{field}")))
    }

    /// Verdicts that are milder in an account that lacks something. A map that lacks an entry says that there is none: that may harden a verdict.
    /// Where a snapshot cannot refuse to lack something, a fail may become unknown.
    fn softened(&self, less: &Snapshot, may_be_unknown: bool) -> Vec<String> {
        let after = table(&account::check(less, &self.config));
        let rank = |verdict: Option<&Verdict>| match verdict {
            Some(Verdict::Unknown) if may_be_unknown => 2,
            Some(Verdict::Fail) => 2,
            Some(Verdict::Unknown | Verdict::Manual) => 1,
            Some(Verdict::Pass | Verdict::NotApplicable) | None => 0,
        };
        let softer = self.before.iter().filter(|(cell, verdict)| rank(after.get(*cell)) < rank(Some(*verdict)));
        softer.map(|(cell, verdict)| format!("{cell:?} goes from {verdict} to {:?}", after.get(cell))).collect()
    }

    /// What became of the verdicts in an account that lacks something.
    fn compared(&self, less: &Snapshot, what: &str) -> (bool, Vec<String>) {
        let findings = account::check(less, &self.config);
        let after = table(&findings);
        let unknown: BTreeSet<&str> = findings.iter().filter(|finding| finding.verdict == Verdict::Unknown).map(|finding| &*finding.rule).collect();
        let mut wrong = Vec::new();
        let mut is_wrong = |how: String| wrong.push(format!("{} without {what}: {how}", self.name));
        for finding in findings.iter().filter(|finding| finding.rule_error.is_some()) {
            is_wrong(format!("{} of {} has no gap that explains it", finding.rule, finding.about.resource.name));
        }
        for (cell, verdict) in &after {
            let fine = match (self.before.get(cell), verdict) {
                (Some(before), after) => before == after || *after == Verdict::Unknown,
                // A subject that is new because nobody knows whether it is in scope is no harm, a verdict on it is.
                (None, after) => *after == Verdict::Unknown,
            };
            if !fine {
                is_wrong(format!("{cell:?} goes from {:?} to {verdict}", self.before.get(cell)));
            }
        }
        for (cell, verdict) in self.before.iter().filter(|(cell, _)| !after.contains_key(*cell)) {
            if !unknown.contains(cell.0.as_str()) && *verdict != Verdict::NotApplicable {
                is_wrong(format!("{cell:?} vanishes, was {verdict}, and no unknown of that rule stands for it"));
            }
        }
        (after != self.before, wrong)
    }
}

/// Every field of a small account that has everything, and of what the golden cases are about.
fn trials() -> (Vec<Trial>, Vec<Hiding>) {
    let (mut trials, mut hidings) = (Vec::new(), Vec::new());
    let mut add = |trial: Trial, wanted: &dyn Fn(Kind, &str) -> bool| {
        for kind in Kind::ALL {
            for resource in trial.names(*kind).filter(|name| wanted(*kind, name)) {
                let of = |field: &&'static str| Hiding { trial: trials.len(), kind: *kind, resource: resource.clone(), field };
                hidings.extend(kind.fields().iter().map(of));
            }
        }
        trials.push(trial);
    };
    add(Trial::new("plain", json("plain"), ""), &|_, _| true);
    for golden in crate::support::golden_accounts() {
        let whole = serde_json::from_str(&golden.snapshot.to_json()).expect("JSON");
        add(Trial::new(&golden.name, whole, &golden.config), &|kind, name| golden.edits.touches(kind.name(), name));
    }
    (trials, hidings)
}

#[test]
fn every_field_matters_and_hiding_one_never_softens_a_verdict() {
    let (trials, hidings) = trials();
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut matters, mut wrong) = (BTreeSet::new(), Vec::new());
        while let Some(hiding) = hidings.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some((changed, found)) = trials[hiding.trial].without(hiding) {
                wrong.extend(found);
                if changed {
                    matters.insert((hiding.kind, hiding.field));
                }
            }
        }
        (matters, wrong)
    };
    let (matters, wrong) = std::thread::scope(|scope| {
        let count = std::thread::available_parallelism().map_or(2, usize::from);
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).reduce(|(mut matters, mut wrong), more| {
            matters.extend(more.0);
            wrong.extend(more.1);
            (matters, wrong)
        })
    })
    .expect("at least one thread");
    assert!(wrong.is_empty(), "{} of {} hidings\n{}", wrong.len(), hidings.len(), wrong.join("\n"));
    let idle: Vec<String> = Kind::ALL
        .iter()
        .flat_map(|kind| kind.fields().iter().map(move |field| (*kind, *field)))
        .filter(|at| !matters.contains(at) && !NO_VERDICT.contains(at))
        .map(|(kind, field)| format!("{kind}.{field}"))
        .collect();
    assert!(idle.is_empty(), "nothing reads, or no account shows that something reads: {}", idle.join(", "));
    let read: Vec<_> = NO_VERDICT.iter().filter(|at| matters.contains(at)).collect();
    assert!(read.is_empty(), "these are read by now: {read:?}");
}

/// By resource and interface, whether the internet opens a host that is connected to it.
fn hosts(account: &Value) -> BTreeMap<(String, String), String> {
    let snapshot = snapshot(account);
    let evaluation = engine::evaluate(&Index::new(&snapshot), &pci_audit::config::Config::default(), account::rules());
    let mut hosts = BTreeMap::new();
    for listing in evaluation.listings.iter().filter(|listing| listing.list == engine::List::Connected) {
        for row in listing.items.value().and_then(Value::as_array).into_iter().flatten() {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            hosts.insert((listing.about.resource.name.to_string(), text("interface")), text("public"));
        }
    }
    hosts
}

#[test]
fn a_denied_call_shuts_no_host() {
    let whole = json("leaky");
    let before = hosts(&whole);
    assert!(before.values().any(|public| public == "yes"), "{before:?}");
    for call in CALLS.iter().filter(|call| call.service == "ec2") {
        let mut less = whole.clone();
        account::deny(&mut less, &call.name()).unwrap_or_else(|error| panic!("{}: {error}", call.name()));
        let after = hosts(&less);
        let shut = after.iter().filter(|(key, public)| *public == "no" && before.get(*key).is_some_and(|was| was != "no"));
        assert_eq!(shut.collect::<Vec<_>>(), [], "without {}", call.name());
    }
}

/// The keys below the fields of an account, as JSON pointers. Below a policy all keys are its author's: AWS itself leaves out what it does not say.
fn nested(value: &Value, at: &str, depth: usize, found: &mut Vec<String>) {
    match value {
        Value::Object(map) if map.contains_key("Statement") => found.push(format!("{at}/Statement")),
        Value::Object(map) => {
            for (key, value) in map {
                let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                if depth > 0 {
                    found.push(at.clone());
                }
                nested(value, &at, depth + 1, found);
            }
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| nested(value, &format!("{at}/{index}"), depth, found)),
        _ => {}
    }
}

#[test]
fn a_nested_value_that_is_gone_is_refused_with_its_place_or_softens_nothing() {
    let (mut refused, mut wrong) = (0, Vec::new());
    for name in ["plain", "leaky"] {
        let trial = Trial::new(name, json(name), "");
        let mut all = Vec::new();
        for (kind, resources) in trial.whole["resources"].as_object().expect("resources are a map") {
            for (index, resource) in resources.as_array().into_iter().flatten().enumerate() {
                nested(&resource["fields"], &format!("/resources/{kind}/{index}/fields"), 0, &mut all);
            }
        }
        for pointer in all {
            let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
            let mut less = trial.whole.clone();
            less.pointer_mut(parent).and_then(Value::as_object_mut).and_then(|map| map.remove(key)).unwrap_or_else(|| panic!("{pointer}"));
            match Snapshot::parse(&less.to_string(), "less.json") {
                Err(error) => {
                    let error = error.to_string();
                    refused += 1;
                    if !error.contains(&format!("missing field `{key}`")) || !error.contains("less.json: not a snapshot: resources.") {
                        wrong.push(format!("{pointer}: {error}"));
                    }
                }
                // Which parameters there are is up to the engine: nothing refuses a list that lacks one, and what it is was not seen.
                Ok(less) => {
                    let softened = trial.softened(&less, parent.ends_with("/parameters"));
                    wrong.extend(softened.into_iter().map(|what| format!("{name} without {pointer}: {what}")));
                }
            }
        }
    }
    println!("{refused} droppings are refused");
    assert!(refused > 500, "{refused}");
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_denied_call_hides_no_fail_and_makes_no_pass() {
    let mut wrong = Vec::new();
    for name in ACCOUNTS {
        let whole = json(name);
        let before = table(&account::check(&snapshot(&whole), ""));
        for call in CALLS.iter().filter(|call| !(call.yields.is_empty() && call.fills.is_empty())) {
            let mut less = whole.clone();
            account::deny(&mut less, &call.name()).unwrap_or_else(|error| panic!("{}: {error}", call.name()));
            let findings = account::check(&snapshot(&less), "");
            let unknown: BTreeSet<&str> = findings.iter().filter(|f| f.verdict == Verdict::Unknown).map(|f| &*f.rule).collect();
            let broken =
                findings.iter().find_map(|finding| finding.rule_error.clone().map(|why| format!("{}: {}: {why}", finding.rule, finding.message)));
            wrong.extend(broken.map(|why| format!("{name} without {}: {why}", call.name())));
            for (key, verdict) in table(&findings) {
                let was = before.get(&key).copied();
                let fine = match verdict {
                    Verdict::Pass => matches!(was, Some(Verdict::Pass) | None),
                    Verdict::Fail => was == Some(Verdict::Fail),
                    _ => was != Some(Verdict::Fail) || verdict == Verdict::Unknown,
                };
                if !fine {
                    wrong.push(format!("{name} without {}: {key:?} goes from {was:?} to {verdict}", call.name()));
                }
            }
            let after = table(&findings);
            for (key, _) in
                before.iter().filter(|(key, verdict)| !after.contains_key(*key) && matches!(verdict, Verdict::Fail | Verdict::Pass | Verdict::Manual))
            {
                // What a per-resource call alone names is still in the edited account: only lists take resources with them.
                if !unknown.contains(key.0.as_str()) && !matches!(call.scope, Scope::Each(_)) {
                    wrong.push(format!("{name} without {}: {key:?} vanished, and no unknown of that rule stands for it", call.name()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
