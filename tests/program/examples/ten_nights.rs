//! Ten nights with the shipped cron script, exit codes and mails written down beforehand. What is broken and nobody accepted never turns green by itself.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::{path, path_with, program};
use crate::support::command::run;
use crate::support::{account, rotation_waiver};

/// The program as the script calls it: `scan` is a check of tonight's account, with what the night brings.
const SCAN: &str = r#"shift; exec "$PCI_AUDIT" check account.json $(cat more 2>/dev/null) "$@""#;

const NEW_RULE: &str = r#"
id = "our-own"
title = "Databases export no log"
severity = "medium"
requirements = { "pci-dss-4.0.1" = ["2.2.4"] }
subject = "rds-instance"
kinds = ["rds-instance"]
assert = 'size(r.log_exports) == 0'
message = '{r.name}: it exports logs'
rationale = "A rule for a test."
remediation = "None."
proves = "part"
does_not_prove = "anything"
references = ["https://docs.aws.amazon.com/"]

[[case]]
name = "none"
expect = "pass"
r = { log_exports = [] }

[[case]]
name = "one"
expect = "fail"
r = { log_exports = ["agent"] }

[[case]]
name = "not read"
expect = "unknown"
r = { }
"#;

/// The account of a night, 1 to 10; the first is 2026-11-23.
fn tonight(number: u32) -> String {
    let mut account: Value = serde_json::from_str(&account::text("plain")).expect("JSON");
    // A secret that is overdue from the first night on, and waived.
    for secret in account["resources"]["secret"].as_array_mut().expect("a list").iter_mut().filter(|secret| secret["id"]["name"] == "ok-rds-secret") {
        secret["fields"]["last_rotated_at"] = json!("2026-06-12T00:00:00Z");
        secret["fields"]["next_rotation_at"] = json!("2026-07-13T00:00:00Z");
    }
    // RDS goes on rotating the secret that it manages.
    for secret in
        account["resources"]["secret"].as_array_mut().expect("a list").iter_mut().filter(|secret| secret["fields"]["owning_service"] == "rds")
    {
        secret["fields"]["next_rotation_at"] = json!("2026-12-07T00:00:00Z");
    }
    let rule = |port: u16| json!({"protocol": "tcp", "from_port": port, "to_port": port, "cidrs": ["0.0.0.0/0"], "ipv6_cidrs": [], "prefix_lists": [], "groups": []});
    for group in
        account["resources"]["security-group"].as_array_mut().expect("a list").iter_mut().filter(|group| group["id"]["name"] == "sg-database")
    {
        let ingress = group["fields"]["ingress"].as_array_mut().expect("a list");
        ingress.extend((number >= 3).then(|| rule(1433)));
        ingress.extend((number >= 4).then(|| rule(1434)));
    }
    if number >= 5 {
        account::deny(&mut account, "kms:GetKeyPolicy").expect("denied");
    }
    if number >= 9 {
        assert!(account["resources"].as_object_mut().expect("a map").remove("redshift-cluster").is_some());
    }
    let day = if number < 9 { format!("11-{}", number + 22) } else { format!("12-{:02}", number - 8) };
    account.to_string().replace("2026-11-22T01:23:39Z", &format!("2026-{day}T03:00:00Z"))
}

fn night(at: &Path, number: u32) -> Output {
    fs::write(at.join("account.json"), tonight(number)).expect("written");
    if number >= 8 {
        // The upgrade: a rule that yesterday's version did not have.
        fs::create_dir_all(at.join("rules")).expect("made");
        fs::write(at.join("rules/our-own.toml"), NEW_RULE).expect("written");
        fs::write(at.join("more"), "--rules rules").expect("written");
    }
    let mut command = Command::new(path("examples/cron/pci-audit-nightly"));
    command.env_clear().env("PATH", path_with(&at.join("bin"))).env("HOME", at).env("AUDIT_STATE", at);
    command.env("PCI_AUDIT", env!("CARGO_BIN_EXE_pci-audit")).output().expect("the script runs")
}

/// A state folder with a baseline of the healthy account, accepted before the first night.
fn state(with_baseline: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    program(&at.join("bin"), "pci-audit", SCAN);
    fs::write(at.join("pci-audit.toml"), rotation_waiver("2026-11-20", "2026-11-29")).expect("written");
    if with_baseline {
        fs::write(at.join("account.json"), tonight(1)).expect("written");
        assert_eq!(run(at, &["check", "account.json", "-o", "json=first.json"]).code, 0);
        accept(at, "first.json", &["--all"]);
    }
    folder
}

fn accept(at: &Path, report: &str, what: &[&str]) {
    let said = run(at, &[&["baseline", "accept", "--report", report], what].concat());
    assert_eq!(said.code, 0, "{}", said.stderr);
}

/// What the fails of a rule in yesterday's report are called.
fn fails(at: &Path, rule: &str) -> Vec<String> {
    let report: Value = serde_json::from_str(&fs::read_to_string(at.join("yesterday.json")).expect("a report")).expect("JSON");
    let fails = report["findings"].as_array().expect("a list").iter().filter(|finding| finding["verdict"] == "fail" && finding["rule"] == *rule);
    fails.map(|finding| finding["fingerprint"].as_str().expect("text").to_owned()).collect()
}

/// Night, exit code, and what its mail says.
type Written = (u32, i32, &'static [&'static str]);

fn holds(at: &Path, (number, exit, says): Written) {
    let output = night(at, number);
    let mail = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(exit), "night {number}: {mail}");
    assert_eq!(mail.is_empty(), exit == 0, "night {number}: cron mails what is said, and a quiet night says nothing: {mail}");
    for words in says {
        assert!(mail.contains(words), "night {number} does not say {words:?}: {mail}");
    }
    assert!(exit == 0 || !mail.contains('✅'), "night {number}: {mail}");
}

#[test]
fn nobody_looks_and_no_night_after_the_third_is_green() {
    for with_baseline in [true, false] {
        let folder = state(with_baseline);
        let nights: [Written; 10] = [
            (1, 0, &[]),
            (2, 0, &[]),
            (3, 1, &["open findings", "ingress-from-anywhere", "tcp 1433"]),
            (4, 1, &["ingress-from-anywhere", "tcp 1434"]),
            (5, 1, &["ingress-from-anywhere", "kms:GetKeyPolicy"]),
            (6, 1, &["ingress-from-anywhere", "kms:GetKeyPolicy"]),
            (7, 1, &["ingress-from-anywhere", "kms:GetKeyPolicy"]),
            (8, 1, &["ingress-from-anywhere", "our-own", "waiver expired"]),
            (9, 1, &["ingress-from-anywhere", "our-own", "kms:GetKeyPolicy"]),
            (10, 1, &["ingress-from-anywhere", "our-own", "kms:GetKeyPolicy"]),
        ];
        for night in nights {
            holds(folder.path(), night);
        }
    }
}

#[test]
fn what_is_accepted_in_the_morning_hides_nothing_that_comes_later() {
    let folder = state(true);
    let at = folder.path();
    let accept_fails = |rules: &[&str]| {
        for rule in rules {
            for fingerprint in fails(at, rule) {
                accept(at, "yesterday.json", &[&fingerprint]);
            }
        }
    };
    let opened = ["ingress-from-anywhere", "ingress-only-data-ports", "ingress-wider-than-peers", "ingress-from-public-host", "internet-reachable"];
    holds(at, (1, 0, &[]));
    holds(at, (2, 0, &[]));
    holds(at, (3, 1, &["ingress-from-anywhere", "not accept"]));
    accept_fails(&opened);
    holds(at, (4, 1, &["grown: `+ 0.0.0.0/0` on tcp 1434"]));
    accept_fails(&opened);
    // The permission is lost, and never given back: incomplete every night, whatever is accepted.
    holds(at, (5, 3, &["evidence is incomplete", "known are still open", "kms:GetKeyPolicy"]));
    accept(at, "yesterday.json", &["--all"]);
    holds(at, (6, 3, &["evidence is incomplete", "kms:GetKeyPolicy"]));
    holds(at, (7, 3, &["evidence is incomplete", "kms:GetKeyPolicy"]));
    // The waiver has expired, and the upgrade brings a rule.
    holds(at, (8, 1, &["waiver expired", "our-own", "by upgrade: 1 finding of 1 rule"]));
    accept_fails(&["secret-rotated"]);
    accept(at, "yesterday.json", &["--new-rules"]);
    holds(at, (9, 3, &["departure", "ok-rs", "still-judged"]));
    holds(at, (10, 3, &["departure", "ok-rs", "kms:GetKeyPolicy"]));
    // Accepted, with the permission back, it is quiet; what is accepted stays told in the report.
    accept(at, "yesterday.json", &["--all"]);
    let report = fs::read_to_string(at.join("pci-baseline.json")).expect("a baseline");
    assert!(!report.contains("redshift-cluster"), "what is retired is watched no more");
}
