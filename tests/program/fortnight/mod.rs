//! Fourteen nights of one account, by the binary, as a CI job would run it: each night against the report of the night before, of which somebody accepts
//! all that is open in the morning. `nights.toml` says what happens and what must come of it. The events go to a file, and over HTTP to a simulated tracker that fails on every third delivery, gets every
//! event that it takes twice, and is down for two nights.

mod tracker;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde::Deserialize;
use serde_json::{Value, json};
use tracker::Tracker;

use crate::support::account::{self, Edits};
use crate::support::command::{Said, pci_audit, said};
use crate::support::{receiver, rotation_waiver};

#[derive(Deserialize)]
struct Fortnight {
    faults: BTreeMap<String, Edits>,
    night: Vec<Night>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Night {
    says: String,
    faults: Vec<String>,
    /// Texts of the snapshot that are replaced.
    #[serde(default)]
    replace: Vec<(String, String)>,
    #[serde(default)]
    regions: Vec<String>,
    /// Parts of the configuration.
    #[serde(default)]
    config: Vec<String>,
    /// The title of a rule of our own.
    rule: Option<String>,
    /// The version that wrote the report of the night before.
    before: Option<String>,
    #[serde(default)]
    tracker: String,
    exit: i32,
    events: BTreeSet<(String, String, String)>,
    open: Vec<(String, String)>,
}

fn fortnight() -> Fortnight {
    toml::from_str(include_str!("nights.toml")).expect("the fortnight is well formed")
}

/// The snapshot of a night, from 1: the account with its faults, read at three in the morning.
fn snapshot(all: &Fortnight, number: usize) -> String {
    let night = &all.night[number - 1];
    let mut edits = Edits::default();
    for fault in &night.faults {
        let fault = &all.faults[fault];
        edits.set.extend(fault.set.iter().cloned());
        edits.add.extend(fault.add.iter().cloned());
        edits.deny.extend(fault.deny.iter().cloned());
    }
    let account = account::edited("plain", &edits).unwrap_or_else(|error| panic!("night {number}: {error}"));
    let mut account: Value = serde_json::from_str(&account.to_json()).expect("a snapshot is JSON");
    if !night.regions.is_empty() {
        account["regions"] = json!(night.regions);
        account["all_regions"] = json!(true);
    }
    // When it was read is in every read and in nothing that counts.
    let at = format!("2026-{}T03:00:00Z", if number < 9 { format!("11-{}", number + 22) } else { format!("12-{:02}", number - 8) });
    // RDS goes on rotating the secret that it manages.
    for secret in account["resources"]
        .get_mut("secret")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter(|secret| secret["fields"]["owning_service"] == "rds")
    {
        secret["fields"]["next_rotation_at"] = json!("2026-12-07T00:00:00Z");
    }
    let mut text = account.to_string().replace("2026-11-22T01:23:39Z", &at);
    assert!(text.contains(&format!("\"taken_at\":\"{at}\"")), "{at}");
    for (from, to) in &night.replace {
        assert!(text.contains(from), "night {number} holds no {from}");
        text = text.replace(from, to);
    }
    text
}

/// A rule that fails on the database.
fn own_rule(title: &str) -> String {
    format!(
        r#"
id = "our-own"
title = "{title}"
severity = "medium"
requirements = {{ "pci-dss-4.0.1" = ["2.2.4"] }}
subject = "rds-instance"
kinds = ["rds-instance"]
assert = 'size(r.log_exports) == 0'
message = '{{r.name}}: it exports logs'
rationale = "A rule for a test."
remediation = "None."
proves = "part"
does_not_prove = "anything"
references = ["https://docs.aws.amazon.com/"]

[[case]]
name = "none"
expect = "pass"
r = {{ log_exports = [] }}

[[case]]
name = "one"
expect = "fail"
r = {{ log_exports = ["agent"] }}

[[case]]
name = "not read"
expect = "unknown"
r = {{ }}
"#
    )
}

fn put(folder: &Path, name: &str, text: &str) {
    fs::create_dir_all(folder.join(name).parent().expect("a parent")).expect("a folder");
    fs::write(folder.join(name), text).expect("written");
}

/// Prepares the folder of a night and gives its arguments, without outputs.
fn prepare(folder: &Path, all: &Fortnight, number: usize) -> Vec<String> {
    let night = &all.night[number - 1];
    put(folder, "account.json", &snapshot(all, number));
    let part = |part: &String| match part.as_str() {
        "waiver" => rotation_waiver("2026-11-26", "2026-11-28"),
        "severity" => "[severities]\nsecret-rotated = 'high'\n".to_owned(),
        other => panic!("no configuration {other}"),
    };
    put(folder, "pci-audit.toml", &night.config.iter().map(part).collect::<String>());
    let mut arguments = vec!["check".to_owned(), "account.json".to_owned()];
    if let Some(title) = &night.rule {
        put(folder, "rules/our-own.toml", &own_rule(title));
        arguments.extend(["--rules".to_owned(), "rules".to_owned()]);
    }
    if number > 1 {
        let mut report: Value = serde_json::from_str(&fs::read_to_string(folder.join("report.json")).expect("yesterday's report")).expect("JSON");
        if let Some(version) = &night.before {
            report["run"]["version"] = json!(version);
        }
        put(folder, "yesterday.json", &report.to_string());
        // Each morning somebody accepts all that is open: what gates is what is new since.
        assert_eq!(run(folder, &["baseline", "yesterday.json", "-o", "accepted.json"].map(str::to_owned), &[]).code, 0);
        arguments.extend(["--baseline", "accepted.json", "--previous", "yesterday.json"].map(str::to_owned));
    }
    arguments
}

fn run(folder: &Path, arguments: &[String], more: &[&str]) -> Said {
    let output = pci_audit(folder).args(arguments).args(more).env("PCI_AUDIT_FEED_HEADER", "Authorization: Bearer s3cret").output();
    said(output.expect("the binary runs"))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

fn triples(events: &[Value]) -> BTreeSet<(String, String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    events.iter().map(|event| (text(&event["type"]), text(&event["finding"]["rule"]), text(&event["finding"]["resource"]["name"]))).collect()
}

/// The open tickets that a report lists: what fails or is unknown, and what is open in its history.
fn listed(report: &Value) -> BTreeSet<String> {
    let all = |key: &str| report[key].as_array().expect("a list").iter();
    let open = all("findings").filter(|finding| finding["verdict"] == "fail" || finding["verdict"] == "unknown");
    let aside = all("history").filter(|past| past["fate"] != "resolved");
    open.chain(aside).map(|finding| finding["fingerprint"].as_str().expect("text").to_owned()).collect()
}

#[test]
fn every_night_gates_tells_and_leaves_open_what_was_written_down_for_it() {
    let all = fortnight();
    assert_eq!(all.night.len(), 14);
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let tracker = Arc::new(Mutex::new(Tracker::default()));
    let down = Arc::new(AtomicBool::new(false));
    let (taking, is_down, mut count) = (tracker.clone(), down.clone(), 0);
    let address = receiver::start(move |posted| {
        if is_down.load(Ordering::SeqCst) {
            return (401, "");
        }
        count += 1;
        if count % 3 == 0 {
            return (503, "Retry-After: 0\r\n");
        }
        let event: Value = serde_json::from_str(&posted.body).expect("a body is JSON");
        assert_eq!(posted.headers["idempotency-key"], event["id"].as_str().expect("text"));
        assert_eq!(posted.headers["authorization"], "Bearer s3cret");
        // Each delivery twice: the second says nothing new.
        let mut tracker = taking.lock().expect("one at a time");
        tracker.take(&event);
        assert!(!tracker.take(&event));
        (204, "")
    });
    let url = format!("http://{address}/events");
    let mut replayed = Tracker::default();
    for (number, night) in (1..).zip(&all.night) {
        let what = format!("night {number}: {}", night.says);
        down.store(night.tracker == "down", Ordering::SeqCst);
        let arguments = prepare(at, &all, number);
        let said = run(at, &arguments, &["-o", "json=report.json", "-o", "feed=feed.ndjson", "--feed-url", &url]);
        assert!(!said.stderr.contains("s3cret") && !said.stdout.contains("s3cret"), "{what}");
        assert_eq!(said.code, night.exit, "{what}: {}", said.stderr);
        let feed = fs::read_to_string(at.join("feed.ndjson")).expect("a feed");
        let events = lines(&feed);
        assert_eq!(triples(&events), night.events, "{what}");
        assert_eq!(events.len(), night.events.len(), "{what}");
        for event in &events {
            assert!(replayed.take(event), "{what}");
            assert!(!replayed.take(event), "{what}");
        }
        assert_eq!(replayed.open(), night.open, "{what}");
        let report: Value = serde_json::from_str(&fs::read_to_string(at.join("report.json")).expect("a report")).expect("JSON");
        assert_eq!(replayed.keys(), listed(&report), "{what}");
        let spool = at.join("pci-audit-123456789012.unsent.ndjson");
        if night.tracker == "down" {
            assert!(said.stderr.contains("401") && said.stderr.contains("could not be sent"), "{what}: {}", said.stderr);
            assert!(spool.exists(), "{what}");
        } else {
            assert!(!spool.exists() && !said.stderr.contains("warning"), "{what}: {}", said.stderr);
            assert_eq!(tracker.lock().expect("idle").keys(), replayed.keys(), "{what}");
        }
        // The same two inputs, once more.
        let again = run(at, &arguments, &["-o", "feed", "-o", "json=again.json"]);
        assert_eq!(again.stdout, feed, "{what}");
        assert_eq!(fs::read(at.join("again.json")).expect("a report"), fs::read(at.join("report.json")).expect("a report"), "{what}");
    }
}

#[test]
fn a_run_that_dies_between_its_files_loses_and_doubles_nothing() {
    let all = fortnight();
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    assert_eq!(run(at, &prepare(at, &all, 1), &["-o", "json=report.json", "-o", "feed=feed.ndjson"]).code, 1);
    let _ = prepare(at, &all, 2);
    let arguments = prepare(at, &all, 3);
    let yesterday = fs::read(at.join("report.json")).expect("a report");
    let received = Arc::new(Mutex::new(Vec::new()));
    let log = received.clone();
    let address = receiver::start(move |posted| {
        log.lock().expect("one at a time").push(posted.headers["idempotency-key"].clone());
        (200, "")
    });
    let url = format!("http://{address}/");
    let send = ["--feed-url", &url, "--feed-spool", "spool.ndjson"];

    // The feed cannot be written: the report must not know of events that nobody got.
    let said = run(at, &arguments, &[&["-o", "feed=nowhere/feed.ndjson", "-o", "json=report.json"], &send[..]].concat());
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("nowhere/feed.ndjson"), "{}", said.stderr);
    assert_eq!(fs::read(at.join("report.json")).expect("a report"), yesterday);
    // Nor can what waits.
    put(at, "spool.ndjson", "not an event\n");
    assert_eq!(run(at, &arguments, &[&["-o", "json=report.json"], &send[..]].concat()).code, 2);
    assert_eq!(fs::read(at.join("report.json")).expect("a report"), yesterday);
    fs::remove_file(at.join("spool.ndjson")).expect("removed");

    // It dies after the feed and before the report: nothing is sent, and what waits is on disk.
    let said = run(at, &arguments, &[&["-o", "feed=first.ndjson", "-o", "json=/dev/full"], &send[..]].concat());
    assert_eq!(said.code, 2);
    let first = fs::read_to_string(at.join("first.ndjson")).expect("a feed");
    assert_eq!(lines(&first).len(), 1);
    let waiting = fs::read_to_string(at.join("spool.ndjson")).expect("a spool");
    assert_eq!(waiting.replacen("{\"unreported\":true,", "{", 1), first, "and marked: no report speaks of it");
    assert_ne!(waiting, first);
    assert_eq!(received.lock().expect("idle").len(), 0);

    // Run again: the same events, once.
    let said = run(at, &arguments, &[&["-o", "feed=second.ndjson", "-o", "json=report.json"], &send[..]].concat());
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert_eq!(fs::read_to_string(at.join("second.ndjson")).expect("a feed"), first);
    let id = lines(&first)[0]["id"].clone();
    assert_eq!(json!(*received.lock().expect("idle")), json!([id]));

    // Had it died while it sent, what was left would have been sent first, and what had been sent again under its id.
    put(at, "spool.ndjson", &first);
    let next = prepare(at, &all, 4);
    assert_eq!(run(at, &next, &[&["-o", "feed=third.ndjson", "-o", "json=report.json"], &send[..]].concat()).code, 0);
    let third = lines(&fs::read_to_string(at.join("third.ndjson")).expect("a feed"))[0]["id"].clone();
    assert_eq!(json!(*received.lock().expect("idle")), json!([id, id, third]));
}

#[test]
fn what_an_account_no_longer_shows_after_a_crash_is_never_sent() {
    let all = fortnight();
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    assert_eq!(run(at, &prepare(at, &all, 1), &["-o", "json=report.json"]).code, 1);
    let arguments = prepare(at, &all, 3);
    assert_eq!(run(at, &arguments, &["-o", "json=/dev/full", "--feed-url", "http://127.0.0.1:9/", "--feed-spool", "spool.ndjson"]).code, 2);
    assert_eq!(lines(&fs::read_to_string(at.join("spool.ndjson")).expect("a spool")).len(), 1);
    // Scanned anew, the fault is gone.
    put(at, "account.json", &snapshot(&all, 2));
    let said = run(at, &arguments, &["-o", "json=report.json", "--feed-url", "http://127.0.0.1:9/", "--feed-spool", "spool.ndjson"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(!at.join("spool.ndjson").exists());
}

#[test]
fn tickets_are_compared_with_a_whole_report_and_a_delivery_that_must_succeed_says_so() {
    let all = fortnight();
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let arguments = prepare(at, &all, 1);
    let unsent = |more: &[&str]| run(at, &arguments, &[&["-o", "json=report.json", "--feed-url", "http://127.0.0.1:9/"], more].concat());
    let said = unsent(&["--feed-timeout", "1"]);
    assert_eq!(said.code, 1, "the gate's own code: {}", said.stderr);
    assert!(said.stderr.contains("2 of 2 events could not be sent"), "{}", said.stderr);
    assert_eq!(unsent(&["--feed-timeout", "1", "--feed-required"]).code, 2);
    let compact = json!({"schema": "pci-audit/baseline/1", "account": "123456789012", "regions": [], "rules": [], "findings": []});
    put(at, "compact.json", &compact.to_string());
    let said = run(at, &arguments, &["-o", "feed", "--previous", "compact.json"]);
    assert!(said.code == 2 && said.stdout.is_empty() && said.stderr.contains("goes to --baseline"), "{}", said.stderr);
    let said = run(at, &arguments, &["--feed-url", "http://tickets.example/"]);
    assert!(said.code == 2 && said.stderr.contains("clear text"), "{}", said.stderr);
    let said = run(at, &arguments, &["--feed-url", "http://127.0.0.1:9/"]);
    assert!(said.code == 2 && said.stderr.contains("--feed-spool"), "{}", said.stderr);
}
