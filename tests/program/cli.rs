//! The binary, driven end to end without AWS: exit codes, bad input, stable bytes.

use std::fs;
use std::path::Path;

use crate::support::account;
use crate::support::command::{Said, run};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn put(folder: &Path, name: &str, text: &str) {
    fs::create_dir_all(folder.join(name).parent().expect("a parent")).expect("a folder");
    fs::write(folder.join(name), text).expect("written");
}

/// One error, naming each of these, exit code 2, no panic, nothing on stdout.
fn refused(said: &Said, words: &[&str]) {
    assert_eq!(said.code, 2, "{}{}", said.stdout, said.stderr);
    assert!(!said.stderr.contains("panicked"), "{}", said.stderr);
    assert_eq!(said.stdout, "");
    for word in words {
        assert!(said.stderr.contains(word), "{word} is not in: {}", said.stderr);
    }
}

#[test]
fn check_answers_with_the_documented_codes() {
    let at = folder();
    put(at.path(), "healthy.json", &account::text("healthy"));
    put(at.path(), "leaky.json", &account::text("leaky"));
    assert_eq!(run(at.path(), &["check", "healthy.json"]).code, 0);
    assert_eq!(run(at.path(), &["check", "leaky.json"]).code, 1);
    assert_eq!(run(at.path(), &["check", "leaky.json", "-o", "json"]).code, 1);
    assert_eq!(run(at.path(), &["check", "leaky.json", "-o", "sarif"]).code, 1);
    let mut denied = serde_json::from_str(&account::text("healthy")).expect("JSON");
    account::deny(&mut denied, "rds:DescribeDBParameters").expect("denied");
    put(at.path(), "denied.json", &denied.to_string());
    let said = run(at.path(), &["check", "denied.json"]);
    assert_eq!(said.code, 3, "{}", said.stdout);
    assert!(said.stdout.contains("rds:DescribeDBParameters"), "what could not be read is said aloud");
    assert_eq!(run(at.path(), &["check", "denied.json", "--allow-unknown"]).code, 0);
    assert_eq!(run(at.path(), &["check", "denied.json", "--severity", "critical"]).code, 0);
}

#[test]
fn two_checks_of_one_snapshot_give_the_same_bytes() {
    let at = folder();
    put(at.path(), "leaky.json", &account::text("leaky"));
    for format in ["table", "json", "sarif", "ocsf", "asff", "junit", "csv", "markdown", "baseline"] {
        let (one, two) = (run(at.path(), &["check", "leaky.json", "-o", format]), run(at.path(), &["check", "leaky.json", "-o", format]));
        assert!(!one.stdout.is_empty() && one.stdout == two.stdout, "{format} differs between two runs");
    }
}

#[test]
fn several_outputs_come_from_one_run_and_agree() {
    let at = folder();
    put(at.path(), "leaky.json", &account::text("leaky"));
    let said = run(at.path(), &["check", "leaky.json", "-o", "table", "-o", "json=report.json", "-o", "sarif=report.sarif"]);
    let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(at.path().join("report.json")).expect("written")).expect("JSON");
    let fails = report["summary"]["verdicts"]["fail"].as_u64().expect("a count");
    assert!(fails > 0 && said.stdout.contains(&format!("{fails} fail")), "the table counts {fails} fails too");
    assert_eq!(report["findings"].as_array().expect("findings").iter().filter(|finding| finding["verdict"] == "fail").count() as u64, fails);
    assert!(at.path().join("report.sarif").exists());
    run(at.path(), &["check", "leaky.json", "-o", "json=another.json"]);
    let read = |name: &str| fs::read_to_string(at.path().join(name)).expect("written");
    assert_eq!(read("report.json"), read("another.json"), "where a report goes is no part of it");
}

#[test]
fn all_formats_come_from_one_run() {
    let at = folder();
    put(at.path(), "leaky.json", &account::text("leaky"));
    let formats = ["json", "sarif", "ocsf", "asff", "junit", "csv", "markdown", "baseline"];
    let mut arguments = vec!["check".to_owned(), "leaky.json".to_owned(), "-o".to_owned(), "table".to_owned()];
    for format in formats {
        arguments.extend(["-o".to_owned(), format!("{format}=out.{format}")]);
    }
    let said = run(at.path(), &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(said.code, 1, "{}", said.stderr);
    let read = |format: &str| fs::read_to_string(at.path().join(format!("out.{format}"))).expect("written");
    let parse = |format: &str| -> serde_json::Value { serde_json::from_str(&read(format)).expect("JSON") };
    let report = parse("json");
    let fails = report["summary"]["verdicts"]["fail"].as_u64().expect("a count");
    let count = |found: usize| u64::try_from(found).expect("small");
    assert!(fails > 0 && said.stdout.contains(&format!("{fails} fail")));
    let of = |list: &serde_json::Value, pointer: &str, value: &serde_json::Value| {
        count(list.as_array().expect("a list").iter().filter(|one| one.pointer(pointer) == Some(value)).count())
    };
    assert_eq!(of(&parse("ocsf"), "/compliance/status_id", &3.into()), fails);
    assert_eq!(of(&parse("sarif")["runs"][0]["results"], "/kind", &"fail".into()), fails);
    assert_eq!(of(&parse("baseline")["findings"], "/verdict", &"fail".into()), fails);
    assert_eq!(
        parse("asff").as_array().expect("batches").iter().map(|batch| of(&batch["Findings"], "/Compliance/Status", &"FAILED".into())).sum::<u64>(),
        fails
    );
    assert_eq!(serde_json::json!(read("junit").matches("<failure ").count()), report["summary"]["open"], "red is what gates");
    assert!(read("markdown").contains(&format!("| **{fails}** |\n| unknown")));
    let rows = csv::Reader::from_reader(read("csv").as_bytes())
        .into_records()
        .map(|row| row.expect("a row"))
        .filter(|row| &row[0] == "finding" && &row[4] == "fail")
        .count();
    assert_eq!(count(rows), fails);
}

#[test]
fn a_baseline_is_the_report_that_it_was_made_of_with_all_of_it_accepted() {
    let at = folder();
    put(at.path(), "leaky.json", &account::text("leaky"));
    put(at.path(), "healthy.json", &account::text("healthy"));
    run(at.path(), &["check", "healthy.json", "-o", "json=report.json", "-o", "baseline=written.json"]);
    let made = run(at.path(), &["baseline", "report.json"]);
    assert_eq!((made.code, made.stderr.as_str()), (0, ""));
    let written = fs::read_to_string(at.path().join("written.json")).expect("written");
    assert_eq!(made.stdout, written, "the verb and the format say the same");
    run(at.path(), &["baseline", "report.json", "-o", "made.json"]);
    run(at.path(), &["baseline", "made.json", "-o", "again.json"]);
    assert_eq!(fs::read_to_string(at.path().join("again.json")).expect("written"), written, "a baseline of a baseline is the same");
    let by = |baseline: &str| run(at.path(), &["check", "leaky.json", "--baseline", baseline, "-o", "json"]);
    let (report, compact) = (by("report.json"), by("made.json"));
    assert_eq!(report.code, compact.code);
    // Of what was open in a report nobody accepted anything; for all else the two are the same.
    let standings = |text: &str| {
        let view: serde_json::Value = serde_json::from_str(text).expect("JSON");
        let findings = view["findings"].as_array().expect("findings").clone();
        findings
            .into_iter()
            .map(|finding| (finding["fingerprint"].to_string(), finding["standing"].to_string()))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let (report, compact) = (standings(&report.stdout), standings(&compact.stdout));
    let differ: Vec<_> = report.iter().filter(|(fingerprint, standing)| compact[*fingerprint] != **standing).collect();
    assert!(differ.iter().all(|(fingerprint, standing)| **standing == "\"new\"" && compact[*fingerprint] == "\"known\""), "{differ:?}");
    assert!(report.values().any(|standing| standing == "\"new\""));
    let lines = written.lines().filter(|line| line.contains("\"fingerprint\"")).count();
    let entries: serde_json::Value = serde_json::from_str(&written).expect("JSON");
    assert_eq!(lines, entries["findings"].as_array().expect("findings").len(), "one finding a line");
    refused(&run(at.path(), &["baseline", "leaky.json"]), &["leaky.json", "snapshot", "pci-audit baseline"]);
}

#[test]
fn a_broken_snapshot_is_named_with_its_place() {
    let at = folder();
    let healthy = account::text("healthy");
    put(at.path(), "truncated.json", &healthy[..healthy.len() / 2]);
    refused(&run(at.path(), &["check", "truncated.json"]), &["truncated.json", "line"]);
    put(at.path(), "empty.json", "");
    refused(&run(at.path(), &["check", "empty.json"]), &["empty.json"]);
    put(at.path(), "other.json", "[1, 2]");
    refused(&run(at.path(), &["check", "other.json"]), &["other.json"]);
    put(at.path(), "later.json", &healthy.replace("pci-audit/snapshot/2", "pci-audit/snapshot/9"));
    refused(&run(at.path(), &["check", "later.json"]), &["snapshot/9", "snapshot/2", "pci-audit collect"]);
    put(at.path(), "typed.json", &healthy.replacen("\"publicly_accessible\": false", "\"publicly_accessible\": \"no\"", 1));
    refused(&run(at.path(), &["check", "typed.json"]), &["typed.json", "line", "boolean"]);
    put(at.path(), "extra.json", &healthy.replacen("\"publicly_accessible\"", "\"publicly_accesible\"", 1));
    refused(&run(at.path(), &["check", "extra.json"]), &["publicly_accesible", "line"]);
    put(at.path(), "deep.json", &"[".repeat(200_000));
    refused(&run(at.path(), &["check", "deep.json"]), &["deep.json"]);
    refused(&run(at.path(), &["check", "nowhere.json"]), &["nowhere.json", "No such file"]);
    fs::write(at.path().join("binary.json"), [0xff, 0xfe, 0x00]).expect("written");
    refused(&run(at.path(), &["check", "binary.json"]), &["binary.json"]);
}

#[test]
fn hostile_names_reach_no_output_raw() {
    let at = folder();
    // A name that would clear a terminal, break a line, and hide its own end.
    let hostile = account::text("leaky").replace("nc-rds-exposed", "nc\\u001b[2Jx\\r\\n\\u202eexposed");
    put(at.path(), "hostile.json", &hostile);
    for format in ["table", "json", "sarif", "ocsf", "asff", "junit", "csv", "markdown", "baseline"] {
        let said = run(at.path(), &["check", "hostile.json", "-o", format, "--verbose"]);
        assert_eq!(said.code, 1, "{}", said.stderr);
        // RFC 4180 ends a row with both.
        let text = if format == "csv" { said.stdout.replace("\r\n", "\n") } else { said.stdout };
        let raw = text.chars().find(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c));
        assert_eq!(raw, None, "{format}");
    }
}

#[test]
fn a_broken_rule_is_drawn_with_its_place_before_anything_runs() {
    let at = folder();
    put(at.path(), "healthy.json", &account::text("healthy"));
    let good = run(at.path(), &["rules", "new", "my-rule", "--subject", "rds-instance", "--folder", "mine"]);
    assert_eq!(good.code, 0, "{}", good.stderr);
    let rule = fs::read_to_string(at.path().join("mine/my-rule.toml")).expect("scaffolded");
    assert_eq!(run(at.path(), &["rules", "test", "mine"]).code, 0, "a scaffold is a sound rule");
    let broken = |text: String, words: &[&str]| {
        put(at.path(), "bad/my-rule.toml", &text);
        refused(&run(at.path(), &["check", "healthy.json", "--rules", "bad"]), words);
    };
    let assertion = rule.lines().find(|line| line.starts_with("assert")).expect("an assertion").to_owned();
    let with = |expression: &str| rule.replace(&assertion, &format!("assert = '{expression}'"));
    broken(rule.replace("severity", "severty"), &["my-rule.toml", "severty"]);
    broken(rule.replace("[[case]]", "[[case"), &["my-rule.toml"]);
    broken(with("r.storage_encrypted &&"), &["my-rule.toml:", "assert"]);
    broken(with("r.storage_encripted"), &["storage_encripted", "storage_encrypted"]);
    broken(with("has(r.kms_key_id)"), &["has()"]);
    broken(with("r.kms_key_id.startsWith(\"arn\")"), &["kms_key_id", "null"]);
    broken(with("cfg.nothing"), &["cfg", "nothing"]);
    broken(with("env.HOME == \"\""), &["env"]);
    broken(with(&"(".repeat(5_000)), &["longer than"]);
    broken(with(&format!("{}true{}", "(".repeat(300), ")".repeat(300))), &["nests"]);
    broken(with(&format!("{}true", "!".repeat(1_500))), &["nests"]);
    broken(rule.replace("2.2.6", "99.9"), &["99.9"]);
    broken(rule.replace("\"my-rule\"", "\"another\""), &["another", "my-rule"]);
    refused(&run(at.path(), &["rules", "show", "server-require-tls"]), &["server-requires-tls"]);
    refused(&run(at.path(), &["check", "healthy.json", "--rules", "nowhere"]), &["nowhere"]);
}

#[test]
fn a_wrong_configuration_is_named_with_its_line() {
    let at = folder();
    let rest = "resource = '*'\nreason = 'r'\napprover = 'a'\napproved = 2026-11-01\nexpires = 2026-12-01\nreference = 'CCW-1'";
    let waiver = |rule: &str| format!("[[waivers]]\nrule = '{rule}'\n{rest}\n");
    put(at.path(), "healthy.json", &account::text("healthy"));
    for (text, words) in [
        ("admins = [\"*\"]\nadmin = 1\n", vec!["pci-audit.toml:2", "admin"]),
        ("severity = \"terrible\"\n", vec!["pci-audit.toml:1", "terrible"]),
        ("severty = \"low\"\n", vec!["pci-audit.toml:1: unknown key `severty`; did you mean `severity`?"]),
        ("[severities]\nno-such-rule = \"low\"\n", vec!["pci-audit.toml:2: severities: no rule \"no-such-rule\""]),
        (&waiver("server-require-tls"), vec!["pci-audit.toml:2: waivers: no rule \"server-require-tls\"; did you mean `server-requires-tls`?"]),
        ("[external]\nnetworks = [\"10.0.0.0/99\"]\n", vec!["10.0.0.0/99"]),
        ("[[edges]]\nendpoint = \"a\"\n", vec!["server", "external"]),
        ("output = [\"html\"]\n", vec!["html"]),
    ] {
        put(at.path(), "pci-audit.toml", text);
        refused(&run(at.path(), &["check", "healthy.json"]), &words);
    }
    put(at.path(), "pci-audit.toml", "severity = \"critical\"\n");
    assert_eq!(run(at.path(), &["check", "healthy.json"]).code, 0);
    put(at.path(), "pci-audit.toml", "severity = \"critical\"\n[severities]\nstore-customer-key = \"critical\"\n");
    assert_eq!(run(at.path(), &["check", "healthy.json"]).code, 1, "what was advice gates where the entity says so");
    refused(&run(at.path(), &["check", "healthy.json", "--severity", "enormous"]), &["enormous"]);
}

#[test]
fn the_configuration_reaches_rules_and_identity_does_not_hang_on_it() {
    let at = folder();
    put(at.path(), "leaky.json", &account::text("leaky"));
    let prints = |report: &str| -> Vec<String> {
        let report: serde_json::Value = serde_json::from_str(report).expect("JSON");
        report["findings"].as_array().expect("findings").iter().map(|finding| finding["fingerprint"].as_str().expect("text").to_owned()).collect()
    };
    let plain = run(at.path(), &["check", "leaky.json", "-o", "json"]);
    put(at.path(), "pci-audit.toml", "treat-vpc-as-public = true\n[severities]\nstore-encrypted = \"low\"\n");
    let declared = run(at.path(), &["check", "leaky.json", "-o", "json"]);
    assert_ne!(plain.stdout, declared.stdout);
    assert_eq!(prints(&plain.stdout), prints(&declared.stdout), "a severity changes no fingerprint");
    let mut unique = prints(&plain.stdout);
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), prints(&plain.stdout).len(), "no two findings share a fingerprint");
}

#[test]
fn demo_shows_real_findings_and_gates_nothing() {
    let at = folder();
    let said = run(at.path(), &["demo"]);
    assert_eq!(said.code, 0);
    assert!(said.stdout.contains("internet-reachable") && said.stderr.contains("would have exited with 1"), "{}", said.stderr);
}

#[test]
fn help_completions_and_the_manual_come_from_the_program() {
    let at = folder();
    for arguments in [
        &["--help"][..],
        &["check", "--help"],
        &["rules", "--help"],
        &["generate", "--help"],
        &["generate", "completions", "bash"],
        &["generate", "man"],
    ] {
        let said = run(at.path(), arguments);
        assert!(said.code == 0 && said.stdout.len() > 200, "{arguments:?}: {}", said.stderr);
    }
    let requirements = run(at.path(), &["rules", "list", "--requirements"]).stdout;
    assert!(requirements.contains("3.5.1.2") && requirements.contains("rules: pan-unreadable-in-store"), "{requirements}");
    let policy: serde_json::Value = serde_json::from_str(&run(at.path(), &["generate", "iam-policy"]).stdout).expect("JSON");
    assert_eq!(policy["Statement"][0]["Effect"], "Allow");
    assert!(policy["Statement"][0]["Action"].as_array().expect("actions").contains(&"s3:GetEncryptionConfiguration".into()));
}

#[test]
fn a_waiver_goes_from_the_report_through_the_file_to_the_gate() {
    let at = folder();
    put(at.path(), "leaky.json", &account::text("leaky"));
    let report = run(at.path(), &["check", "leaky.json", "-o", "json=report.json", "-o", "baseline.txt=x"]);
    assert_eq!(report.code, 2, "an unknown format is refused before anything runs");
    assert_eq!(run(at.path(), &["check", "leaky.json", "-o", "json=report.json"]).code, 1);
    let view: serde_json::Value = serde_json::from_str(&fs::read_to_string(at.path().join("report.json")).expect("a report")).expect("JSON");
    let fail = view["findings"].as_array().expect("findings").iter().find(|finding| finding["verdict"] == "fail").expect("a fail");
    let fingerprint = fail["fingerprint"].as_str().expect("a fingerprint");

    let stub = run(at.path(), &["waive", fingerprint, "--report", "report.json", "--reference", "CCW-1", "--approver", "me"]);
    assert_eq!(stub.code, 0, "{}", stub.stderr);
    put(at.path(), "pci-audit.toml", &stub.stdout);
    let check = run(at.path(), &["waivers", "check"]);
    refused(&check, &["pci-audit.toml:2", "waivers", "`reason` is not filled in"]);
    refused(&run(at.path(), &["check", "leaky.json"]), &["pci-audit.toml:2", "`reason` is not filled in"]);
    put(at.path(), "pci-audit.toml", &stub.stdout.replace("FILL IN: why it is accepted", "a compensating control stands in front of it"));
    let check = run(at.path(), &["waivers", "check", "--report", "report.json"]);
    assert_eq!(check.code, 0, "{}", check.stdout);
    refused(&run(at.path(), &["waive", "nonsense"]), &["nonsense", "fingerprint"]);
    refused(&run(at.path(), &["waive", "0123456789abcdef", "--report", "report.json"]), &["holds no finding 0123456789abcdef"]);
}

#[test]
fn a_night_against_what_was_accepted_is_quiet_and_a_new_fault_is_not() {
    let at = folder();
    put(at.path(), "healthy.json", &account::text("healthy"));
    put(at.path(), "leaky.json", &account::text("leaky"));
    assert_eq!(run(at.path(), &["check", "leaky.json", "-o", "json=yesterday.json"]).code, 1);
    let accepted = run(at.path(), &["baseline", "accept", "--report", "yesterday.json", "--baseline", "accepted.json", "--all"]);
    assert_eq!(accepted.code, 0, "{}", accepted.stderr);
    let quiet = run(at.path(), &["check", "leaky.json", "--baseline", "accepted.json", "--allow-unknown", "-o", "json"]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
    assert_eq!(run(at.path(), &["check", "leaky.json", "--baseline", "accepted.json", "--fail-on", "any"]).code, 1);
    let report = run(at.path(), &["check", "leaky.json", "--baseline", "yesterday.json", "-o", "json"]);
    assert_eq!(report.code, 1, "nobody accepted what was open in a report");
    assert_eq!(report.stderr.matches("warning").count(), 1, "{}", report.stderr);
    let previous = run(at.path(), &["check", "leaky.json", "--previous", "yesterday.json", "-o", "json"]);
    assert_eq!((previous.code, previous.stderr.as_str()), (1, ""), "a report of the run before never gates");
    put(at.path(), "older.json", &account::text("leaky").replace("2026-11-22T01:24:06Z", "2026-11-21T01:24:06Z"));
    let backwards = run(at.path(), &["check", "older.json", "--previous", "yesterday.json", "-o", "feed"]);
    refused(&backwards, &["the run before", "2026-11-22T01:24:06Z", "2026-11-21T01:24:06Z"]);
    assert_eq!(backwards.stdout, "", "no ticket is closed by an older account");
    assert_eq!(run(at.path(), &["check", "healthy.json", "-o", "json=healthy-report.json"]).code, 0);
    assert_eq!(run(at.path(), &["check", "leaky.json", "--baseline", "healthy-report.json"]).code, 1);
    refused(&run(at.path(), &["check", "leaky.json", "--fail-on", "new"]), &["--baseline"]);
    refused(&run(at.path(), &["check", "leaky.json", "--baseline", "leaky.json"]), &["baseline leaky.json", "snapshot"]);
    refused(&run(at.path(), &["check", "leaky.json", "--baseline", "nowhere.json"]), &["nowhere.json"]);
}

#[test]
fn a_question_about_reach_is_answered_and_gates_nothing() {
    let at = folder();
    put(at.path(), "leaky.json", &account::text("leaky"));
    let ask = |from: &str, to: &str, more: &[&str]| {
        let mut words = vec!["query", "reach", "--from", from, "--to", to, "--snapshot", "leaky.json"];
        words.extend(more);
        run(at.path(), &words)
    };
    let open = ask("internet", "nc-rds-exposed", &[]);
    assert_eq!(open.code, 0, "{}", open.stderr);
    assert!(open.stdout.starts_with("REACHABLE: internet to nc-rds-exposed in subnet-"), "{}", open.stdout);
    let shut = ask("internet", "base-rds", &[]);
    assert_eq!(shut.code, 0, "the answer gates nothing");
    assert!(shut.stdout.starts_with("NOT REACHABLE") && shut.stdout.contains("X  [SHUT]"), "{}", shut.stdout);
    assert!([&open, &shut].iter().all(|said| said.stdout.lines().all(|line| line.chars().count() <= 80)), "a drawing fits 80 columns");
    let json = ask("internet", "nc-rds-exposed:1433", &["--output", "json"]);
    let document: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!((&document["schema"], &document["answer"], &document["port"]), (&"pci-audit/reach/1".into(), &"reachable".into(), &1433.into()));
    let legs = document["legs"].as_array().expect("legs");
    assert!(legs.len() >= 6 && legs.iter().all(|leg| leg["open"] == true && !leg["rule"].as_str().unwrap_or_default().is_empty()), "{}", json.stdout);
    refused(&ask("internet", "nc-rds-expose", &[]), &["nc-rds-expose", "near it: \"nc-rds-exposed\""]);
    refused(&ask("sg-0", "base-rds", &[]), &["security group", "sg-0"]);
    refused(&ask("internet", "base-dms", &[]), &["NAME:PORT"]);
    refused(&ask("internet", "base-rds:99999", &[]), &["base-rds:99999", "a port is a number from 0 to 65535"]);
    refused(&ask("300.1.2.3", "base-rds", &[]), &["300.1.2.3", "is no address and no CIDR block"]);
    refused(&ask("10.0.0.0/33", "base-rds", &[]), &["10.0.0.0/33", "is no address and no CIDR block"]);
    refused(&run(at.path(), &["query", "reach", "--from", "internet", "--to", "x", "--snapshot", "none.json"]), &["none.json"]);
}
