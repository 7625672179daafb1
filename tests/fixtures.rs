//! Whole accounts, made of raw AWS-shaped fields: every rule shows each verdict it can give, and every field that is collected matters.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use pci_audit::facts::{self, Index};
use pci_audit::finding::{Finding, Verdict};
use pci_audit::model::source::{CALLS, Scope};
use pci_audit::model::{Kind, Snapshot};
use serde_json::Value;
use support::account;

const ACCOUNTS: [&str; 2] = ["healthy", "leaky"];

fn snapshot(account: &Value) -> Snapshot {
    Snapshot::parse(&account.to_string(), "an edited account").unwrap_or_else(|error| panic!("{error}"))
}

fn json(name: &str) -> Value {
    serde_json::from_str(&account::text(name)).expect("an account is JSON")
}

/// Worst verdict by rule, resource and key.
fn table(findings: &[Finding]) -> BTreeMap<(String, String, String), Verdict> {
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
    for (snapshot, config) in support::golden_accounts() {
        note(&account::check(&snapshot, &config));
    }
    let mut lacking = Vec::new();
    for id in account::rules().rules.keys() {
        let verdicts = shown.get(&**id).cloned().unwrap_or_default();
        for (verdict, exempt) in [(Verdict::Pass, &NEVER_PASS[..]), (Verdict::Fail, &NEVER_FAIL[..]), (Verdict::Unknown, &[][..])] {
            if !verdicts.contains(&verdict) && !exempt.contains(&&**id) {
                lacking.push(format!("{id} is never {verdict}"));
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

/// How many resources of a kind are tried before a field counts as one that nothing reads.
const TRIES: usize = 60;

#[test]
fn every_field_matters_and_hiding_one_never_softens_a_verdict() {
    let (mut matters, mut wrong) = (BTreeSet::new(), Vec::new());
    let accounts: Vec<Value> = ACCOUNTS.iter().map(|name| json(name)).chain(support::golden_accounts().into_iter().map(|(snapshot, _)| serde_json::from_str(&snapshot.to_json()).expect("JSON"))).collect();
    for whole in &accounts {
        let before_all = account::check(&snapshot(whole), "");
        let before = table(&before_all);
        for kind in Kind::ALL {
            let names: Vec<String> = whole["resources"][kind.name()]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|resource| resource["id"]["name"].as_str().map(str::to_owned))
                .collect();
            for field in kind.fields() {
                for name in names.iter().take(TRIES) {
                    if matters.contains(&(*kind, *field)) {
                        break;
                    }
                    let mut less = whole.clone();
                    if account::hide(&mut less, &format!("{kind}/{name}"), field).is_err() {
                        continue;
                    }
                    let after = table(&account::check(&snapshot(&less), ""));
                    if after != before {
                        matters.insert((*kind, *field));
                    }
                    for (key, verdict) in &after {
                        let softer = matches!(before.get(key), Some(Verdict::Fail | Verdict::Unknown)) && *verdict == Verdict::Pass;
                        let harder = *verdict == Verdict::Fail && before.get(key).is_some_and(|before| *before != Verdict::Fail);
                        if softer || harder {
                            wrong.push(format!("without {kind}/{name}/{field}: {key:?} goes from {:?} to {verdict}", before.get(key)));
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let idle: Vec<String> = Kind::ALL
        .iter()
        .flat_map(|kind| kind.fields().iter().map(move |field| (*kind, *field)))
        .filter(|at| !matters.contains(at))
        .map(|(kind, field)| format!("{kind}.{field}"))
        .collect();
    assert!(idle.is_empty(), "nothing reads, or no account shows that something reads: {}", idle.join(", "));
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
            let broken = findings.iter().find_map(|finding| finding.rule_error.clone().map(|why| format!("{}: {}: {why}", finding.rule, finding.message)));
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
            for (key, _) in before.iter().filter(|(key, verdict)| !after.contains_key(*key) && matches!(verdict, Verdict::Fail | Verdict::Pass | Verdict::Manual)) {
                // What a per-resource call alone names is still in the edited account: only lists take resources with them.
                if !unknown.contains(key.0.as_str()) && !matches!(call.scope, Scope::Each(_)) {
                    wrong.push(format!("{name} without {}: {key:?} vanished, and no unknown of that rule stands for it", call.name()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
