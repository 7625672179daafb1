//! The maps of `examples/feed`, run by `jq` over a real feed: each event gives one line that its system would take, whatever a resource is called.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::account;
use crate::support::command::run;

/// A name with all that could act on a reader: markup of all three systems, a mention, quotes, a line break.
const HOSTILE: &str = "x`@everyone ``` </code>{noformat}\\n| [click](https://evil.example) ~~~ <!-- \\\" $(id) #1";

/// Two nights of an account with a hostile name: events of every sort that two nights can hold.
fn feed() -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let leaky = account::text("leaky").replace("nc-rds-exposed", HOSTILE);
    fs::write(at.join("first.json"), &leaky).expect("written");
    assert_eq!(run(at, &["check", "first.json", "-o", "json=first-report.json", "-o", "feed=first.ndjson"]).code, 1);
    let mut changed: Value = serde_json::from_str(&leaky).expect("JSON");
    account::deny(&mut changed, "kms:GetKeyPolicy").expect("denied");
    changed["resources"]["rds-snapshot"].as_array_mut().expect("a list").retain(|copy| copy["id"]["name"] != "nc-snap-public");
    fs::write(at.join("second.json"), changed.to_string()).expect("written");
    let waiver = "[[waivers]]\nrule = 'server-requires-tls'\nresource = '*'\nreason = 'r'\napprover = 'a'\napproved = 2026-11-01\nexpires = 2026-12-01\nreference = 'CCW | `1`'\n";
    fs::write(at.join("pci-audit.toml"), waiver).expect("written");
    run(at, &["check", "second.json", "--previous", "first-report.json", "-o", "feed=second.ndjson", "-o", "json=report.json"]);
    let read = |name: &str| fs::read_to_string(at.join(name)).expect("a feed");
    let feed = read("first.ndjson") + &read("second.ndjson");
    for kind in ["opened", "updated", "resolved", "evidence_lost"] {
        assert!(feed.contains(&format!("\"type\":\"{kind}\"")), "{kind}");
    }
    feed
}

/// What a map makes of the feed: each event with its line.
fn mapped(map: &str) -> Vec<(Value, Value)> {
    let folder = tempfile::tempdir().expect("a folder");
    let (feed, file) = (feed(), folder.path().join("feed.ndjson"));
    fs::write(&file, &feed).expect("written");
    let map = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/feed").join(map);
    let output = Command::new("jq").args(["-c", "--arg", "project", "PCI", "-f"]).arg(map).arg(&file).output();
    let output = output.unwrap_or_else(|error| panic!("this test needs jq 1.6 or newer ({error}): apt-get install jq, or brew install jq"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = |text: &str| -> Vec<Value> { text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect() };
    let (events, made) = (lines(&feed), lines(&String::from_utf8(output.stdout).expect("UTF-8")));
    assert_eq!(events.len(), made.len(), "one line an event");
    events.into_iter().zip(made).collect()
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} is no text in {value}"))
}

#[test]
fn jira_takes_every_event() {
    for (event, made) in mapped("jira.jq") {
        let key = text(&event, "/ticket_key");
        assert_eq!(text(&made, "/jql"), format!("project = \"PCI\" AND labels = \"pci-audit-{key}\""));
        assert_eq!(made["open"], json!(event["type"] != "resolved"));
        assert_eq!(text(&made, "/fields/project/key"), "PCI");
        let summary = text(&made, "/fields/summary");
        assert!(!summary.is_empty() && summary.chars().count() <= 255 && !summary.contains('\n'));
        assert!(["Highest", "High", "Medium", "Low", "Lowest"].contains(&text(&made, "/fields/priority/name")));
        let labels: Vec<&str> = made["fields"]["labels"].as_array().expect("labels").iter().map(|label| label.as_str().expect("text")).collect();
        assert!(labels.iter().all(|label| !label.contains(' ') && label.len() <= 255), "{labels:?}");
        let waiver = &event["finding"]["waiver"];
        assert_eq!(labels.contains(&"waived"), !waiver.is_null() && waiver["expired"] == false);
        // Atlassian's document format: text lies in text nodes, none is empty.
        assert_eq!(made["fields"]["description"]["type"], "doc");
        for block in made["fields"]["description"]["content"].as_array().expect("blocks") {
            assert!(["paragraph", "codeBlock"].contains(&text(block, "/type")) && !text(block, "/content/0/text").is_empty());
        }
    }
}

#[test]
fn servicenow_takes_every_event() {
    for (event, made) in mapped("servicenow.jq") {
        assert_eq!(made["correlation_id"], event["ticket_key"]);
        assert_eq!(made["event_id"], event["id"]);
        assert_eq!(made["state"] == "6", event["type"] == "resolved");
        assert_eq!(made["close_notes"] != "", event["type"] == "resolved");
        for key in ["impact", "urgency"] {
            assert!(["1", "2", "3"].contains(&text(&made, &format!("/{key}"))));
        }
        assert!(text(&made, "/short_description").chars().count() <= 160 && !text(&made, "/short_description").contains('\n'));
        assert!(text(&made, "/description").contains(text(&event, "/finding/resource/arn")));
    }
}

#[test]
fn github_takes_every_event_and_brings_no_markup_to_life() {
    let mut hostile = 0;
    for (event, made) in mapped("github.jq") {
        let issue = &made["issue"];
        assert_eq!(made["label"], format!("pci-audit:{}", text(&event, "/ticket_key")));
        assert_eq!(issue["state"], if event["type"] == "resolved" { "closed" } else { "open" });
        assert!(text(issue, "/title").chars().count() <= 256 && !text(issue, "/title").contains(['\n', '@', '`', '<']));
        assert!(text(issue, "/body").chars().count() <= 65_536);
        for label in issue["labels"].as_array().expect("labels") {
            assert!(label.as_str().expect("text").chars().count() <= 50 && !label.as_str().expect("text").contains(' '));
        }
        if !text(&event, "/finding/resource/name").contains("@everyone") {
            continue;
        }
        hostile += 1;
        // Outside code there is nothing of the name left.
        let mut fenced = false;
        for line in text(issue, "/body").lines() {
            if line == "```" {
                fenced = !fenced;
            } else if !fenced {
                assert_eq!(line.matches('`').count() % 2, 0, "{line}");
                let outside: String = line.split('`').step_by(2).collect();
                assert!(!outside.contains("everyone") && !outside.contains("evil") && !outside.contains("<!--"), "{line}");
            }
        }
        assert!(!fenced, "{}", text(issue, "/body"));
    }
    assert!(hostile > 2, "{hostile}");
}

#[test]
fn the_readme_shows_each_map() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/feed");
    let readme = fs::read_to_string(folder.join("README.md")).expect("readable");
    for entry in fs::read_dir(folder).expect("a folder") {
        let name = entry.expect("readable").file_name().into_string().expect("UTF-8");
        assert!(name == "README.md" || readme.contains(&format!("-f examples/feed/{name}")), "{name}");
    }
}
