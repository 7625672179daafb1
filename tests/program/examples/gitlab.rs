//! GitLab: the job parses, and the code-quality report has the shape that GitLab documents
//! (docs.gitlab.com/ci/testing/code_quality, *Code Quality report format*), whatever a resource is called.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;

use super::{is_bash, path, yaml};
use crate::support::account;
use crate::support::command::run;

const JOB: &str = "examples/gitlab-ci/.gitlab-ci.yml";
/// Line breaks, a bell, right-to-left, a way up, quotes.
const HOSTILE: &str = "../..\\n\\u0007/\\u202e?\\\" # é";

/// What is made of the leaky account with such names in it.
struct Made {
    findings: Vec<Value>,
    sarif: Vec<Value>,
    entries: Vec<Value>,
}

fn made(config: &str) -> Made {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let mut snapshot: Value = serde_json::from_str(&account::text("leaky").replace("nc-rds-exposed", HOSTILE)).expect("JSON");
    account::deny(&mut snapshot, "kms:GetKeyPolicy").expect("denied");
    fs::write(at.join("account.json"), snapshot.to_string()).expect("written");
    fs::write(at.join("pci-audit.toml"), config).expect("written");
    assert_eq!(run(at, &["check", "account.json", "-o", "json=report.json", "-o", "sarif=report.sarif"]).code, 1);
    let output = Command::new("jq").arg("-f").arg(path("examples/gitlab-ci/codequality.jq")).arg(at.join("report.json")).output().expect("jq runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read = |name: &str| -> Value { serde_json::from_str(&fs::read_to_string(at.join(name)).expect("a report")).expect("JSON") };
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let entries: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    Made { findings: list(&read("report.json")["findings"]), sarif: list(&read("report.sarif")["runs"][0]["results"]), entries: list(&entries) }
}

fn is_open(finding: &Value) -> bool {
    (finding["verdict"] == "fail" || finding["verdict"] == "unknown") && (finding["waiver"].is_null() || finding["waiver"]["expired"] == true)
}

#[test]
fn the_code_quality_report_has_the_documented_shape() {
    let Made { findings, sarif, entries } = made("");
    assert_eq!(entries.len(), findings.iter().filter(|finding| is_open(finding)).count());
    let mut fingerprints = BTreeSet::new();
    let mut severities = BTreeSet::new();
    for entry in &entries {
        let of =
            |pointer: &str| entry.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} is no text in {entry}")).to_owned();
        assert_eq!(entry.as_object().expect("an object").len(), 5);
        assert!(fingerprints.insert(of("/fingerprint")), "GitLab shows one of {entry}");
        severities.insert(of("/severity"));
        let description = of("/description");
        assert!(!description.is_empty() && description.chars().count() <= 500);
        assert!(!description.chars().any(|c| c.is_control() || c == '\u{202e}'), "{description:?}");
        let path = of("/location/path");
        assert!(path.starts_with("aws/") && path.split('/').count() == 5 && path.is_ascii(), "{path}");
        assert!(path.split('/').all(|folder| !folder.is_empty() && folder != "." && folder != ".."), "{path}");
        assert!(!path.contains(|c: char| c.is_whitespace() || c.is_control()), "{path}");
        assert_eq!(entry["location"]["lines"]["begin"], 1);
        let finding = findings.iter().find(|finding| finding["fingerprint"] == entry["fingerprint"]).expect("a finding");
        assert_eq!(finding["rule"], entry["check_name"]);
        let result = sarif.iter().find(|result| result["partialFingerprints"]["pciAudit/v1"] == entry["fingerprint"]).expect("a result");
        assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], entry["location"]["path"]);
    }
    assert_eq!(severities.iter().map(String::as_str).collect::<Vec<_>>(), ["blocker", "critical", "info", "major", "minor"]);
    assert!(entries.iter().any(|entry| entry["location"]["path"].as_str().expect("text").contains("%22")), "no hostile name came through");
    assert!(entries.iter().any(|entry| entry["description"].as_str().expect("text").starts_with("could not be read: ")));
}

#[test]
fn what_is_waived_is_no_entry_until_the_waiver_ends() {
    let waiver = |expires: &str| {
        let rest = "resource = '*'\nreason = 'r'\napprover = 'a'\napproved = 2026-01-01\nreference = 'CCW-1'";
        made(&format!("[[waivers]]\nrule = 'server-requires-tls'\nexpires = {expires}\n{rest}\n")).entries
    };
    let about = |entries: Vec<Value>| entries.iter().filter(|entry| entry["check_name"] == "server-requires-tls").count();
    assert_eq!(about(waiver("2026-12-31")), 0);
    assert!(about(waiver("2026-01-31")) > 0);
}

#[test]
fn the_job_is_sound() {
    let job = &yaml(JOB)["pci-audit"];
    for part in ["before_script", "script"] {
        for script in job[part].as_array().expect("a list") {
            assert!(is_bash(script.as_str().expect("text")), "{script}");
        }
    }
    let script = job["script"][0].as_str().expect("text");
    let artifacts = &job["artifacts"];
    assert_eq!(artifacts["when"], "always");
    for file in artifacts["reports"].as_object().expect("reports").values().chain(artifacts["paths"].as_array().expect("paths")) {
        assert!(script.contains(file.as_str().expect("text")), "nothing writes {file}");
    }
}
