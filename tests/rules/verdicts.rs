//! What the binary says of whole accounts that were judged wrongly once: one snapshot in, one verdict in the JSON report.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::account;
use crate::support::command::run;

/// The account `plain` after an edit, checked: its report.
fn report(edit: impl FnOnce(&mut Value)) -> Value {
    let mut account: Value = serde_json::from_str(&account::text("plain")).expect("an account is JSON");
    edit(&mut account["resources"]);
    let at = tempfile::tempdir().expect("a temporary folder");
    fs::write(at.path().join("account.json"), account.to_string()).expect("written");
    checked(at.path())
}

fn checked(folder: &Path) -> Value {
    let said = run(folder, &["check", "account.json", "-o", "json"]);
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", said.stdout, said.stderr))
}

/// A resource of a kind, by name.
fn named<'v>(resources: &'v mut Value, kind: &str, name: &str) -> &'v mut Value {
    let all = resources[kind].as_array_mut().expect("a list");
    all.iter_mut().find(|resource| resource["id"]["name"] == name).expect("it is there")
}

fn findings<'v>(report: &'v Value, rule: &str, name: &str) -> Vec<&'v Value> {
    let all = report["findings"].as_array().expect("a list").iter();
    all.filter(|finding| finding["rule"] == rule && finding["resource"]["name"] == name).collect()
}

fn verdict(report: &Value, rule: &str, name: &str) -> String {
    let found = findings(report, rule, name);
    assert_eq!(found.len(), 1, "{rule} on {name}: {found:?}");
    found[0]["verdict"].as_str().expect("a word").to_owned()
}

#[test]
fn what_holds_of_log_buckets_supports_no_requirement_of_stored_card_data() {
    // A region without databases, warehouses and movers: what is left are places for logs.
    let report = report(|resources| {
        for kind in ["dms-task", "dms-endpoint", "dms-instance", "rds-instance", "redshift-cluster", "redshift-snapshot"] {
            resources[kind] = json!([]);
        }
    });
    for requirement in report["requirements"].as_array().expect("a list") {
        if ["1.4.4", "3.5.1", "4.2.1"].iter().any(|id| requirement["id"] == *id) {
            assert_eq!(requirement["counts"]["pass"], 0, "{requirement}");
        }
    }
}

#[test]
fn a_rule_that_glue_demands_is_none_that_opens_other_ports() {
    let with = |members: Value| {
        report(|resources| {
            let rule = json!({ "protocol": "tcp", "from_port": 0, "to_port": 65535, "cidrs": [], "ipv6_cidrs": [], "prefix_lists": [],
                "groups": [{ "group_id": "sg-warehouse", "account": "123456789012", "peering_status": null }] });
            named(resources, "security-group", "sg-warehouse")["fields"]["ingress"].as_array_mut().expect("a list").push(rule);
            resources["network-interface"].as_array_mut().expect("a list").extend(members.as_array().expect("a list").iter().cloned());
        })
    };
    let member = |description: &str, instance: Value| {
        json!([{ "id": { "arn": "arn:aws:ec2:us-east-2:123456789012:network-interface/eni-new", "name": "eni-new", "account": "123456789012", "region": "us-east-2" },
            "fields": { "vpc_id": "vpc-cde", "subnet_id": "subnet-private-a", "groups": ["sg-warehouse"], "private_ips": ["10.10.1.99"], "ipv6_ips": [], "public_ips": [],
                "denies_internet": false, "interface_type": "interface", "instance_id": instance, "description": description, "requester": null, "status": "in-use" } }])
    };
    let judged = |members: Value| verdict(&with(members), "ingress-only-data-ports", "ok-rs");
    assert_eq!(judged(json!([])), "pass");
    assert_eq!(judged(member("Attached to Glue using role: arn:aws:iam::123456789012:role/glue", Value::Null)), "manual");
    assert_eq!(judged(member("", json!("i-1"))), "fail");
}

#[test]
fn a_full_load_into_redshift_asks_who_reads_what_copy_refused() {
    let report = report(|_| {});
    assert_eq!(verdict(&report, "error-tables-bounded", "ok-task"), "manual");
    let asked = findings(&report, "error-tables-bounded", "ok-task")[0]["ask"].as_str().expect("a question").to_owned();
    assert!(asked.contains("stl_load_errors"), "{asked}");
}

#[test]
fn whether_the_internet_opens_a_host_is_null_where_it_was_not_seen() {
    let mut account: Value = serde_json::from_str(&account::text("leaky")).expect("an account is JSON");
    let at = tempfile::tempdir().expect("a temporary folder");
    let public = |account: &Value| {
        fs::write(at.path().join("account.json"), account.to_string()).expect("written");
        let report = checked(at.path());
        report["connected"].as_array().expect("a list").iter().map(|row| row["public"].clone()).collect::<Vec<_>>()
    };
    assert!(public(&account).contains(&json!(true)));
    account::deny(&mut account, "ec2:DescribeInternetGateways").expect("denied");
    let denied = public(&account);
    assert!(denied.contains(&Value::Null) && !denied.contains(&json!(true)), "{denied:?}");
}

#[test]
fn whatever_passes_or_fails_shows_what_it_rests_on() {
    for name in ["plain", "healthy", "leaky", "demo"] {
        let at = tempfile::tempdir().expect("a temporary folder");
        fs::write(at.path().join("account.json"), account::text(name)).expect("written");
        let report = checked(at.path());
        let all = report["findings"].as_array().expect("a list");
        let judged = all.iter().filter(|finding| finding["verdict"] == "pass" || finding["verdict"] == "fail");
        let bare: Vec<_> = judged.filter(|finding| finding["evidence"].as_array().is_none_or(Vec::is_empty)).map(|one| &one["rule"]).collect();
        assert!(!all.is_empty() && bare.is_empty(), "{name}: {bare:?}");
        // What rests on a list names the call that read it.
        let lists = all.iter().flat_map(|finding| finding["evidence"].as_array().into_iter().flatten());
        let lists: Vec<_> =
            lists.filter(|one| one["fields"].as_object().is_some_and(|fields| fields.keys().any(|key| key.starts_with("listed")))).collect();
        assert!(
            lists.iter().all(|one| one["call"].as_str().is_some_and(|call| call.contains(':')) && one["read_at"].is_string()),
            "{name}: {lists:?}"
        );
        assert!(name == "demo" || !lists.is_empty(), "{name}: no verdict rests on a list");
    }
}
