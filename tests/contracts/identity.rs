//! What a ticket hangs on, over whole accounts: what may change without a finding becoming another one, and what may not.

use std::collections::BTreeSet;

use pci_audit::config::Config;
use pci_audit::engine;
use pci_audit::evidence::Index;
use pci_audit::finding::Severity;
use pci_audit::model::Snapshot;
use pci_audit::rules::RuleSet;
use serde_json::{Value, json};

use crate::support::account;

/// Rule, resource and fingerprint of everything that is said of an account.
fn findings(account: &str, config: &str, rules: &RuleSet) -> BTreeSet<(String, String, String)> {
    let snapshot = Snapshot::parse(account, "an account").unwrap_or_else(|error| panic!("{error}"));
    let config = Config::parse(config, "a configuration").unwrap_or_else(|error| panic!("{error}"));
    let found = engine::evaluate(&Index::new(&snapshot), &config, rules).findings;
    found.iter().map(|finding| (finding.rule.to_string(), finding.about.resource.name.to_string(), finding.fingerprint())).collect()
}

fn of(account: &str) -> BTreeSet<(String, String, String)> {
    findings(account, "", account::rules())
}

/// The account with other texts.
fn with(account: &str, changes: &[(&str, &str)]) -> String {
    let mut text = account.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "the account holds no {from}");
        text = text.replace(from, to);
    }
    text
}

/// The ARN of a resource of the account `plain`.
fn arn(kind: &str, name: &str) -> String {
    let account: Value = serde_json::from_str(&account::text("plain")).expect("JSON");
    let of_kind = account["resources"][kind].as_array().expect("a list");
    let resource = of_kind.iter().find(|resource| resource["id"]["name"] == name).unwrap_or_else(|| panic!("no {kind} {name}"));
    resource["id"]["arn"].as_str().expect("text").to_owned()
}

#[test]
fn what_aws_makes_anew_under_its_name_with_a_random_arn_keeps_every_finding() {
    let plain = account::text("plain");
    for (kind, name) in [
        ("secret", "ok-rds-secret"),
        ("secret", "ok-rs-secret"),
        ("dms-endpoint", "ok-src"),
        ("dms-endpoint", "ok-tgt"),
        ("dms-instance", "ok-dms"),
        ("dms-task", "ok-task"),
        ("dms-certificate", "ok-rds-ca"),
    ] {
        let old = arn(kind, name);
        let at = old.rfind([':', '-']).expect("an ARN has parts") + 1;
        let anew = format!("{}Z9Y8X7", &old[..at]);
        assert_eq!(of(&plain), of(&with(&plain, &[(&format!("\"{old}\""), &format!("\"{anew}\""))])), "{kind} {name}");
    }
}

#[test]
fn a_key_and_a_vpc_that_are_made_anew_are_other_resources() {
    let plain = account::text("plain");
    for (rule, name, from, to) in [
        ("key-rotation", "ok-key", "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"),
        ("vpc-flow-logs", "vpc-cde", "vpc-cde", "vpc-anew"),
    ] {
        let prints = |account: &str| -> Vec<String> {
            of(account).into_iter().filter(|(of, on, _)| of == rule && (on == name || on == to)).map(|(.., print)| print).collect()
        };
        let (before, after) = (prints(&plain), prints(&with(&plain, &[(from, to)])));
        assert!(before.len() == 1 && after.len() == 1 && before != after, "{rule}: {before:?} {after:?}");
    }
}

#[test]
fn a_region_more_adds_findings_and_changes_none() {
    for name in ["plain", "leaky"] {
        let mut account: Value = serde_json::from_str(&account::text(name)).expect("JSON");
        let before = of(&account.to_string());
        account["regions"] = json!(["eu-central-1", "us-east-2"]);
        assert!(of(&account.to_string()).is_superset(&before), "{name}");
    }
}

#[test]
fn titles_severities_messages_and_times_are_no_part_of_it() {
    let leaky = account::text("leaky");
    let before = of(&leaky);
    let mut rules = RuleSet::builtin().unwrap_or_else(|error| panic!("{error}"));
    for rule in rules.rules.values_mut() {
        rule.title.push_str(", renamed");
        rule.severity = Severity::Critical;
        rule.requirements.clear();
    }
    assert_eq!(findings(&leaky, "", &rules), before);
    assert_eq!(findings(&leaky, "treat-vpc-as-public = true\n[severities]\nstore-encrypted = 'low'\n", account::rules()), before);
    let later: Value = serde_json::from_str(&leaky).expect("JSON");
    let at = later["taken_at"].as_str().expect("text").to_owned();
    assert_eq!(of(&with(&leaky, &[(&at, "2027-11-22T01:24:06Z")])), before);
}
