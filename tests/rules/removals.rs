//! Nothing leaves unseen: from whole accounts, one thing after another is taken away. With the whole account as the baseline, either the exit is not 0, or
//! every verdict that left is named and the removal stands below as harmless. Without a baseline, taking away a safeguard turns a verdict.

use std::collections::{BTreeMap, BTreeSet};

use pci_audit::config::Config;
use pci_audit::engine;
use pci_audit::evidence::Index;
use pci_audit::finding::{Severity, Verdict};
use pci_audit::gate::{Baseline, Exit, Gate, Judgement, Policy};
use pci_audit::model::Snapshot;
use pci_audit::report::{self, Format, Hashes, Seen, TableStyle, Terms};
use serde_json::{Value, json};

use crate::support::account;

/// What may be gone without a code, by what is removed, and why that is harmless.
const HARMLESS: &[(&str, &str)] = &[
    ("iam-role", "a role that is gone lets nobody in; what used it says so itself"),
    ("iam-user", "a person who is gone reads nothing"),
    ("iam-policy", "rights that are gone open nothing"),
    ("log-group", "told, never a code: its source says itself whether its records go anywhere"),
    ("rds-snapshot", "a copy that is gone leaks nothing"),
    ("rds-cluster-snapshot", "a copy that is gone leaks nothing"),
    ("redshift-snapshot", "a copy that is gone leaks nothing"),
    ("redshift-data-share", "what is shared no more leaks nothing"),
    ("redshift-subnet-group", "one that no cluster is in"),
    ("rds-parameter-group", "one that no database uses"),
    ("rds-option-group", "one that no database uses"),
    ("redshift-parameter-group", "one that no cluster uses"),
    ("dms-certificate", "one that no endpoint uses"),
    ("dms-endpoint", "one that no task uses"),
    ("dms-instance", "one on which nothing runs"),
    ("kms-key", "one that nothing in scope is encrypted with, or in whose place there is another"),
    ("secret", "one that nothing logs in with, or in whose place there is another"),
    ("security-group", "one that admits nobody to anything judged"),
    ("network-acl", "AWS refuses to delete one that is in use: subnets fall back to the default one"),
    ("route-table", "AWS refuses to delete one that is in use: subnets fall back to the main one"),
    ("internet-gateway", "a way out that is gone"),
    ("nat-gateway", "a way out that is gone"),
    ("vpc-peering", "a way in that is gone"),
    ("vpc-endpoint", "one that no verdict rests on"),
    ("transit-gateway-attachment", "a way in that is gone"),
    ("transit-gateway-route-table", "a way in that is gone"),
    ("prefix-list", "one that no verdict rests on"),
    ("network-interface", "a host that is gone opens nothing"),
    ("subnet", "AWS refuses to delete one that is in use"),
    ("vpc", "AWS refuses to delete one that is in use"),
    ("flow-log", "one of several"),
    ("bucket", "one that nothing in scope names"),
    ("trail", "one of several"),
    ("account", "the account's own settings are fields, not resources"),
    ("parameter", "a parameter that no rule reads, or of a group that nothing uses"),
    ("deny", "a Deny that narrows what nothing allows"),
];

/// A whole account and its baseline.
struct Whole {
    name: &'static str,
    account: Value,
    baseline: Baseline,
    verdicts: BTreeMap<String, Verdict>,
}

/// A removal: what it is called, whether it is a safeguard, and the account without it.
struct Removal {
    kind: String,
    name: String,
    safeguard: bool,
    account: Value,
}

fn snapshot(account: &Value) -> Snapshot {
    Snapshot::parse(&account.to_string(), "an account").unwrap_or_else(|error| panic!("{error}"))
}

/// Judges an account and hands the judgement over.
fn judged<T>(account: &Value, baseline: Option<&Baseline>, take: impl FnOnce(&Index<'_>, &engine::Evaluation, &Judgement<'_>, &Config) -> T) -> T {
    let (snapshot, config) = (snapshot(account), Config::default());
    let index = Index::new(&snapshot);
    let rules = account::rules();
    let evaluation = engine::evaluate(&index, &config, rules);
    let ids: BTreeSet<String> = rules.rules.keys().map(ToString::to_string).collect();
    let fail_on = if baseline.is_some() { pci_audit::config::FailOn::New } else { pci_audit::config::FailOn::Any };
    let gate = Gate {
        policy: Policy { severity: Severity::Advisory, fail_on, ..Policy::default() },
        index: &index,
        watched: &evaluation.watched,
        waivers: &[],
        attests: &[],
        retired: &[],
        allow_empty: &[],
        baseline,
        rules: &ids,
    };
    let judgement = gate.judge(evaluation.findings.clone());
    take(&index, &evaluation, &judgement, &config)
}

fn verdicts(judgement: &Judgement<'_>) -> BTreeMap<String, Verdict> {
    judgement.judged.iter().map(|judged| (judged.fingerprint.clone(), judged.finding.verdict)).collect()
}

fn whole(name: &'static str, account: Value) -> Whole {
    let (text, verdicts) = judged(&account, None, |index, evaluation, judgement, config| {
        let hashes = Hashes { snapshot: String::new(), config: String::new(), rules: String::new() };
        let seen = Seen { listings: &[], watched: &evaluation.watched };
        let terms = Terms { rules: account::rules(), config, policy: Policy::default(), baseline: None };
        let view = report::build(index, seen, judgement, terms, hashes);
        let mut text = Vec::new();
        report::write(Format::Baseline, &view, &TableStyle { width: 80, color: false, verbose: false }, &mut text).expect("memory takes all");
        (String::from_utf8(text).expect("UTF-8"), verdicts(judgement))
    });
    Whole { name, baseline: Baseline::parse(&text, name).expect("a baseline"), account, verdicts }
}

fn json(name: &str) -> Value {
    serde_json::from_str(&account::text(name)).expect("an account is JSON")
}

/// Everything that can be taken away, one at a time.
fn removals(account: &Value) -> Vec<Removal> {
    let mut all = Vec::new();
    let resources = account["resources"].as_object().expect("resources are a map");
    for (kind, list) in resources {
        for (position, resource) in list.as_array().expect("a kind is a list").iter().enumerate() {
            let name = resource["id"]["name"].as_str().expect("a name");
            let mut take = |what: &str, name: String, safeguard: bool, edit: &dyn Fn(&mut Value)| {
                let mut less = account.clone();
                edit(&mut less["resources"][kind][position]["fields"]);
                all.push(Removal { kind: what.to_owned(), name: format!("{kind}/{name}"), safeguard, account: less });
            };
            for parameter in resource["fields"]["parameters"].as_object().into_iter().flat_map(serde_json::Map::keys) {
                let edit = |fields: &mut Value| _ = fields["parameters"].as_object_mut().expect("a map").remove(parameter);
                take("parameter", format!("{name} {parameter}"), false, &edit);
            }
            for document in ["policy", "trust"] {
                let statements = resource["fields"][document]["Statement"].as_array().into_iter().flatten().enumerate();
                for (at, _) in statements.filter(|(_, statement)| statement["Effect"] == "Deny") {
                    let edit = |fields: &mut Value| _ = fields[document]["Statement"].as_array_mut().expect("a list").remove(at);
                    take("deny", format!("{name} {document} {at}"), kind == "bucket", &edit);
                }
            }
            let fields = &resource["fields"];
            match kind.as_str() {
                "kms-key" if fields["rotation"]["enabled"] == true => {
                    take("rotation", name.to_owned(), true, &|fields| fields["rotation"] = json!({"enabled": false, "period_days": null}));
                }
                "secret" if fields["rotation_enabled"] == true => {
                    let off = |fields: &mut Value| {
                        fields["rotation_enabled"] = json!(false);
                        fields["next_rotation_at"] = Value::Null;
                    };
                    take("rotation", name.to_owned(), !name.starts_with("rds!"), &off);
                }
                "trail" => take("selectors", name.to_owned(), true, &|fields| fields["selectors"] = json!([])),
                "redshift-cluster" if fields["logging"]["enabled"] == true => {
                    take("logging", name.to_owned(), true, &|fields| fields["logging"]["enabled"] = json!(false));
                }
                "rds-instance" if fields["master_secret"].is_object() => {
                    take("master secret", name.to_owned(), false, &|fields| fields["master_secret"] = Value::Null);
                }
                _ => {}
            }
            let mut less = account.clone();
            less["resources"][kind].as_array_mut().expect("a list").remove(position);
            let safeguard = matches!(kind.as_str(), "trail" | "flow-log");
            all.push(Removal { kind: kind.clone(), name: format!("{kind}/{name}"), safeguard, account: less });
        }
    }
    for region in account["regions"].as_array().expect("regions").iter().filter(|_| account["regions"].as_array().is_some_and(|all| all.len() > 1)) {
        let mut less = account.clone();
        less["regions"].as_array_mut().expect("regions").retain(|other| other != region);
        for list in less["resources"].as_object_mut().expect("a map").values_mut() {
            list.as_array_mut().expect("a list").retain(|resource| resource["id"]["region"] != *region);
        }
        all.push(Removal { kind: "region".to_owned(), name: region.to_string(), safeguard: false, account: less });
    }
    all
}

/// The healthy account beside a second region with a snapshot in it.
fn two_regions() -> Value {
    let mut account = json("plain");
    account["regions"] = json!(["us-east-2", "us-west-2"]);
    account
}

#[test]
fn whatever_is_taken_away_is_told_or_harmless() {
    let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let accounts = [("plain", json("plain")), ("leaky", json("leaky")), ("two regions", two_regions())];
    for (name, account) in accounts {
        let whole = whole(name, account);
        for removal in removals(&whole.account) {
            let (exit, now, named) = judged(&removal.account, Some(&whole.baseline), |_, _, judgement, _| {
                let named: BTreeSet<String> =
                    judgement.left.iter().chain(judgement.gone.iter().map(|(entry, _)| entry)).map(|entry| entry.fingerprint.clone()).collect();
                (judgement.decision.exit, verdicts(judgement), named)
            });
            let left: Vec<&String> = whole
                .verdicts
                .iter()
                .filter(|(print, verdict)| **verdict != Verdict::NotApplicable && !now.contains_key(*print))
                .map(|(print, _)| print)
                .collect();
            let unnamed = left.iter().filter(|print| !named.contains(**print)).count();
            let harmless = HARMLESS.iter().any(|(kind, _)| *kind == removal.kind);
            let class = match exit {
                Exit::Open => "open (1)",
                Exit::Incomplete => "incomplete (3)",
                Exit::Error => "error (2)",
                Exit::Clean if left.is_empty() => "harmless, no verdict left",
                Exit::Clean => "harmless, each verdict named",
            };
            *classes.entry(class).or_default() += 1;
            if exit == Exit::Clean && (unnamed > 0 || !harmless) {
                wrong.push(format!(
                    "{}: without {} the exit is 0, {} verdicts left and {unnamed} of them are not named",
                    whole.name,
                    removal.name,
                    left.len()
                ));
            }
        }
    }
    println!("{classes:#?}");
    assert!(classes["open (1)"] > 20 && classes["incomplete (3)"] > 20 && classes["harmless, no verdict left"] < 100, "{classes:#?}");
    assert!(wrong.is_empty(), "{} removals:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_safeguard_that_is_taken_away_turns_a_verdict_without_any_baseline() {
    let (mut count, mut silent) = (0, Vec::new());
    for name in ["plain", "healthy"] {
        let whole = whole(name, json(name));
        for removal in removals(&whole.account).into_iter().filter(|removal| removal.safeguard) {
            count += 1;
            let now = judged(&removal.account, None, |_, _, judgement, _| verdicts(judgement));
            let worse = |verdict: Verdict| matches!(verdict, Verdict::Fail | Verdict::Unknown | Verdict::Manual);
            if !now.iter().any(|(print, verdict)| worse(*verdict) && whole.verdicts.get(print).is_none_or(|before| before > verdict)) {
                silent.push(format!("{name}: nothing is said of {} without {}", removal.kind, removal.name));
            }
        }
    }
    assert!(count >= 10, "{count} safeguards");
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}
