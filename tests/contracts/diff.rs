//! `pci-audit diff` from end to end: what it calls new, gone and changed, and what it does not.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::account::{self, Edits};
use crate::support::command::{Said, run};

/// The account `plain`, and what it became.
fn night(edits: &str) -> TempDir {
    let at = tempfile::tempdir().expect("a temporary folder");
    let edits: Edits = toml::from_str(edits).unwrap_or_else(|error| panic!("{error}"));
    let after = account::edited("plain", &edits).unwrap_or_else(|error| panic!("{error}"));
    write(at.path(), "old.json", &account::text("plain"));
    write(at.path(), "new.json", &after.to_json());
    at
}

fn write(at: &Path, name: &str, text: &str) {
    std::fs::write(at.join(name), text).expect("written");
}

fn diff(at: &TempDir, arguments: &[&str]) -> Said {
    run(at.path(), &[&["diff", "old.json", "new.json"], arguments].concat())
}

/// The same, of reports instead of snapshots.
fn of_reports(at: &TempDir) -> Value {
    for name in ["old", "new"] {
        let said = run(at.path(), &["check", &format!("{name}.json"), "-o", &format!("json={name}-report.json")]);
        assert!(said.code != 2, "{}", said.stderr);
    }
    document(run(at.path(), &["diff", "old-report.json", "new-report.json", "-o", "json"]))
}

fn document(said: Said) -> Value {
    assert_eq!(said.code, 0, "{}", said.stderr);
    serde_json::from_str(&said.stdout).expect("JSON")
}

/// Resources as `change kind name`.
fn resources(diff: &Value) -> Vec<String> {
    let text = |change: &Value| {
        let of = |field: &str| change["resource"][field].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", change["change"].as_str().unwrap_or_default(), of("kind"), of("name"))
    };
    diff["resources"].as_array().into_iter().flatten().map(text).collect()
}

fn resource<'a>(diff: &'a Value, name: &str) -> &'a Value {
    let found = diff["resources"].as_array().into_iter().flatten().find(|change| change["resource"]["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is not in {diff:#}"))
}

/// What happened to what a rule says of the database.
fn finding<'a>(diff: &'a Value, rule: &str) -> &'a Value {
    let of_database = |change: &&Value| change["rule"] == rule && change["resource"]["name"] == "ok-rds";
    let found = diff["findings"].as_array().into_iter().flatten().find(of_database);
    found.unwrap_or_else(|| panic!("{rule} on ok-rds is not in {diff:#}"))
}

#[test]
fn a_quiet_night_differs_in_nothing() {
    let at = night("");
    let said = diff(&at, &["--exit-code"]);
    assert_eq!((said.code, said.stdout.ends_with("Nothing differs.\n")), (0, true), "{}", said.stdout);
    assert_eq!(document(diff(&at, &["-o", "json"]))["resources"], json!([]));
    assert!(diff(&at, &["-o", "markdown"]).stdout.contains("Nothing differs."));
}

const CHANGED: &str = r#"
    [[set]]
    resource = "rds-instance/ok-rds"
    fields = { publicly_accessible = true }
"#;

#[test]
fn a_changed_field_is_told_with_both_values_and_so_is_the_verdict_that_turned() {
    let at = night(CHANGED);
    let found = document(diff(&at, &["-o", "json"]));
    assert_eq!(resource(&found, "ok-rds")["fields"], json!([{"change": "value", "field": "publicly_accessible", "old": false, "new": true}]));
    let address = finding(&found, "public-address");
    assert_eq!((&address["change"], &address["old_verdict"], &address["verdict"]), (&json!("changed"), &json!("pass"), &json!("fail")));
    let fields: Vec<&str> = address["fields"].as_array().into_iter().flatten().filter_map(|field| field["field"].as_str()).collect();
    assert!(fields.contains(&"verdict") && fields.contains(&"message"), "{fields:?}");
    assert_eq!(diff(&at, &["--exit-code"]).code, 1);
    let table = diff(&at, &[]).stdout;
    assert!(table.contains("publicly_accessible: false → true") && table.contains("pass → fail  public-address"), "{table}");
    let markdown = diff(&at, &["-o", "markdown"]).stdout;
    assert!(markdown.contains("| changed | pass → **fail** | high | `public-address` |"), "{markdown}");
}

#[test]
fn reports_are_compared_by_what_their_verdicts_rest_on() {
    let found = of_reports(&night(CHANGED));
    assert_eq!(resource(&found, "ok-rds")["fields"], json!([{"change": "value", "field": "publicly_accessible", "old": false, "new": true}]));
    assert_eq!(finding(&found, "public-address")["verdict"], "fail");
    let remarks = found["remarks"].to_string();
    assert!(remarks.contains("two snapshots show every field"), "{remarks}");
}

#[test]
fn what_came_and_went_is_told_apart_from_what_could_not_be_looked_at() {
    let at = night(
        r#"
        drop = ["bucket/ok-redshift-audit"]
        hide = ["kms-key/ok-key/rotation"]
        deny = ["rds:DescribeDBInstances"]
        [[add]]
        kind = "security-group"
        arn = "arn:aws:ec2:us-east-2:123456789012:security-group/sg-new"
        name = "sg-new"
        region = "us-east-2"
        like = "security-group/sg-dms"
        "#,
    );
    let found = document(diff(&at, &["-o", "json"]));
    let told = resources(&found);
    for wanted in
        ["vanished bucket ok-redshift-audit", "appeared security-group sg-new", "out-of-sight rds-instance ok-rds", "changed kms-key ok-key"]
    {
        assert!(told.contains(&wanted.to_owned()), "{wanted} is not in {told:#?}");
    }
    assert_eq!(
        resource(&found, "ok-key")["fields"],
        json!([{"change": "unread", "field": "rotation", "old": {"enabled": true, "period_days": 365}}])
    );
    assert_eq!(finding(&found, "public-address")["change"], "out-of-sight", "the instance could not be listed");
    let reports = of_reports(&at);
    assert!(resources(&reports).contains(&"out-of-sight rds-instance ok-rds".to_owned()), "{:#?}", resources(&reports));
    assert_eq!(finding(&reports, "public-address")["change"], "out-of-sight");
}

#[test]
fn the_other_way_round_everything_is_the_other_way_round() {
    let at = night(
        r#"
        drop = ["bucket/ok-redshift-audit"]
        hide = ["kms-key/ok-key/rotation"]
        deny = ["redshift:DescribeClusters"]
        [[set]]
        resource = "security-group/sg-database"
        fields = { ingress = [] }
        "#,
    );
    let there = document(diff(&at, &["-o", "json"]));
    let back = document(run(at.path(), &["diff", "new.json", "old.json", "-o", "json"]));
    let turned = |text: &str| match text {
        "appeared" => "vanished",
        "vanished" => "appeared",
        "out-of-sight" => "into-sight",
        "into-sight" => "out-of-sight",
        "unread" => "read",
        "read" => "unread",
        same => panic!("{same}"),
    };
    for list in ["resources", "findings"] {
        let (there, back) = (there[list].as_array().expect("a list"), back[list].as_array().expect("a list"));
        assert!(!there.is_empty() && there.len() == back.len(), "{list}: {} there, {} back", there.len(), back.len());
        for (one, other) in there.iter().zip(back) {
            assert_eq!(one["resource"]["arn"], other["resource"]["arn"]);
            let change = one["change"].as_str().expect("text");
            assert_eq!(if change == "changed" { "changed" } else { turned(change) }, other["change"]);
            for (field, reversed) in one["fields"].as_array().into_iter().flatten().zip(other["fields"].as_array().into_iter().flatten()) {
                assert_eq!(field["field"], reversed["field"]);
                assert_eq!((&field["old"], &field["removed"]), (&reversed["new"], &reversed["added"]));
            }
        }
    }
}

#[test]
fn a_resource_that_aws_made_anew_under_its_name_is_the_same_one() {
    let at = night("");
    let account: Value = serde_json::from_str(&account::text("plain")).expect("JSON");
    let old = account["resources"]["dms-endpoint"][0]["id"]["arn"].as_str().expect("text").to_owned();
    let name = account["resources"]["dms-endpoint"][0]["id"]["name"].as_str().expect("text").to_owned();
    let anew = format!("{}Z9Y8X7", &old[..=old.rfind(':').expect("an ARN has parts")]);
    write(at.path(), "new.json", &account::text("plain").replace(&old, &anew));
    let found = document(diff(&at, &["-o", "json"]));
    assert_eq!(resource(&found, &name)["fields"], json!([{"change": "value", "field": "arn", "old": old, "new": anew}]));
    let gone: Vec<&Value> = found["findings"].as_array().into_iter().flatten().filter(|finding| finding["change"] != "changed").collect();
    assert!(gone.is_empty(), "{gone:#?}");
}

#[test]
fn what_stands_in_a_region_that_was_not_scanned_before_is_not_new() {
    let at = night(
        r#"
        [[add]]
        kind = "security-group"
        arn = "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-west"
        name = "sg-west"
        region = "eu-west-1"
        like = "security-group/sg-dms"
        "#,
    );
    let more = std::fs::read_to_string(at.path().join("new.json")).expect("read");
    let mut more: Value = serde_json::from_str(&more).expect("JSON");
    more["regions"] = json!(["eu-west-1", "us-east-2"]);
    write(at.path(), "new.json", &more.to_string());
    let found = document(diff(&at, &["-o", "json"]));
    assert!(resources(&found).contains(&"into-sight security-group sg-west".to_owned()), "{:#?}", resources(&found));
    assert!(found["remarks"].to_string().contains("the regions were us-east-2 and are eu-west-1, us-east-2"), "{}", found["remarks"]);
}

#[test]
fn lists_are_told_by_their_members_and_hostile_text_does_nothing() {
    let hostile = r"sg|\u001b[31m@octocat`<b>";
    let at = night(&format!(
        r#"
        [[set]]
        resource = "rds-instance/ok-rds"
        fields = {{ security_groups = ["sg-database", "{hostile}"] }}
        "#
    ));
    let found = document(diff(&at, &["-o", "json"]));
    let added = "sg|\u{1b}[31m@octocat`<b>";
    let field = json!([{"change": "members", "field": "security_groups", "removed": [], "added": [added]}]);
    assert_eq!(resource(&found, "ok-rds")["fields"], field);
    let table = diff(&at, &[]).stdout;
    assert!(table.contains("+ sg|‹U+001B›[31m@octocat`<b>") && !table.contains('\u{1b}'), "{table}");
    let markdown = diff(&at, &["-o", "markdown"]).stdout;
    assert!(markdown.contains("+ `sg‹U+007C›‹U+001B›[31m@octocat‹U+0060›<b>`"), "{markdown}");
}

#[test]
fn several_outputs_and_clear_words_on_what_cannot_be_compared() {
    let at = night(CHANGED);
    let said = diff(&at, &["-o", "table", "-o", "json=diff.json", "-o", "markdown=diff.md"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(at.path().join("diff.json").exists() && at.path().join("diff.md").exists());
    run(at.path(), &["check", "new.json", "-o", "json=report.json"]);
    write(at.path(), "other.json", &account::text("plain").replace("123456789012", "999988887777"));
    write(at.path(), "odd.json", r#"{"schema": "somebody/else/1"}"#);
    write(at.path(), "broken.json", "{");
    for (arguments, words) in [
        (&["diff", "old.json", "report.json"][..], "one is a snapshot and the other a report"),
        (&["diff", "old.json", "other.json"], "the runs are of two accounts, 123456789012 and 999988887777"),
        (&["diff", "old.json", "odd.json"], "odd.json: its schema is \"somebody/else/1\""),
        (&["diff", "old.json", "broken.json"], "broken.json: not a snapshot"),
        (&["diff", "old.json", "none.json"], "none.json"),
        (&["diff", "old.json", "new.json", "-o", "html"], "one of table, json, markdown"),
        (&["diff", "old.json", "new.json", "-o", "json", "-o", "table"], "only one output can go to stdout"),
    ] {
        let said = run(at.path(), arguments);
        assert_eq!(said.code, 2, "{arguments:?}");
        assert!(said.stderr.contains(words), "{arguments:?}: {}", said.stderr);
    }
}

#[test]
fn what_moves_by_itself_is_shown_to_who_asks_and_is_no_difference() {
    let logging = |rest: &str| {
        format!(
            r#"
            [[set]]
            resource = "redshift-cluster/ok-rs"
            fields.logging = {{ enabled = true, destination = "s3", bucket = "ok-redshift-audit", log_exports = [], last_failure = "null", {rest} }}
            "#
        )
    };
    let certificate = r#"
        [[set]]
        resource = "rds-instance/ok-rds"
        fields.certificate = { ca = "rds-ca-rsa2048-g1", valid_till = "2027-09-19T01:23:39Z" }
    "#;
    let at = night(&format!("{}{certificate}", logging("last_success = '2026-11-22T02:23:39Z'")));
    let said = diff(&at, &["--exit-code"]);
    assert_eq!(said.code, 0, "{}", said.stdout);
    assert!(said.stdout.contains("Nothing differs.") && !said.stdout.contains("last_success"), "{}", said.stdout);
    let shown = diff(&at, &["-v"]).stdout;
    assert!(shown.contains("logging.last_success") && shown.contains("certificate.valid_till") && shown.contains("Nothing differs."), "{shown}");
    let found = document(diff(&at, &["-o", "json"]));
    assert_eq!((&found["resources"], &found["findings"]), (&json!([]), &json!([])));
    assert_eq!(found["moved_resources"].as_array().expect("a list").len(), 2);
    assert!(diff(&at, &["-o", "markdown"]).stdout.contains("Nothing differs."));
    assert_eq!(of_reports(&at)["findings"], json!([]), "nor in reports");
    // A neighbour that does not move by itself counts, and what moved stands beside it.
    let at = night(&logging("last_success = '2026-11-22T02:23:39Z'").replace("\"null\"", "\"2026-11-22T02:00:00Z\""));
    let said = diff(&at, &["--exit-code"]);
    assert_eq!(said.code, 1, "{}", said.stdout);
    assert!(said.stdout.contains("last_failure") && said.stdout.contains("last_success"), "{}", said.stdout);
}
