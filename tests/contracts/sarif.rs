//! The SARIF report against the standard's schema, and against what GitHub's code scanning asks for beyond it.
//!
//! The schema is OASIS's, as the crate serde-sarif 0.8.0 ships it.

use std::collections::BTreeSet;

use pci_audit::report::{Format, TableStyle, View, write};
use serde_json::Value;

use crate::example;

fn sarif(view: &View) -> Value {
    let mut bytes = Vec::new();
    write(Format::Sarif, view, &TableStyle { width: 80, color: false, verbose: false }, &mut bytes).expect("as the schema says");
    serde_json::from_slice(&bytes).expect("as the schema says")
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().expect("as the schema says")
}

fn rules(log: &Value) -> &Vec<Value> {
    log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("as the schema says")
}

#[test]
fn it_fits_the_schema() {
    let mut schema: Value = serde_json::from_str(include_str!("../../fixtures/schemas/sarif-2.1.0.json")).unwrap();
    // The standard's pattern for languages has a stray bracket that ECMA 262 does not take; we write no language.
    for owner in ["run", "toolComponent"] {
        schema["definitions"][owner]["properties"]["language"].as_object_mut().unwrap().remove("pattern");
    }
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let mut empty = example::view();
    (empty.findings, empty.gaps, empty.rules, empty.requirements) = Default::default();
    for view in [example::view(), empty] {
        let log = sarif(&view);
        let errors: Vec<String> = validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    assert!(!validator.is_valid(&serde_json::json!({"version": "2.1.0", "runs": [{}]})), "the schema is one");
}

#[test]
fn rules_have_what_github_requires() {
    let log = sarif(&example::view());
    let mut ids = BTreeSet::new();
    for rule in rules(&log) {
        let id = rule["id"].as_str().unwrap();
        assert!(ids.insert(id), "{id} twice");
        for (pointer, longest) in [
            ("/shortDescription/text", 1024),
            ("/fullDescription/text", 1024),
            ("/name", 255),
            ("/help/text", usize::MAX),
            ("/help/markdown", usize::MAX),
        ] {
            let text = rule.pointer(pointer).and_then(Value::as_str).unwrap();
            assert!(!text.is_empty() && text.chars().count() <= longest, "{id}{pointer}");
        }
        assert!(["note", "warning", "error"].contains(&rule["defaultConfiguration"]["level"].as_str().unwrap()));
        let tags = rule["properties"]["tags"].as_array().unwrap();
        assert!(tags.len() <= 20);
        let score = rule["properties"].get("security-severity").map(|score| score.as_str().unwrap().parse::<f32>().unwrap());
        assert_eq!(score.is_some(), tags.contains(&"security".into()), "{id}");
        assert!(score.is_none_or(|score| score > 0.0 && score <= 10.0));
    }
}

#[test]
fn results_have_what_github_requires() {
    let log = sarif(&example::view());
    let mut fingerprints = BTreeSet::new();
    for result in results(&log) {
        let rule = &rules(&log)[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.starts_with("aws/123456789012/") && uri.split('/').count() == 5 && uri.is_ascii(), "{uri}");
        let artifact = usize::try_from(place["artifactLocation"]["index"].as_u64().unwrap()).unwrap();
        assert_eq!(log["runs"][0]["artifacts"][artifact]["location"]["uri"], uri);
        for bound in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(place["region"][bound].as_u64().unwrap() >= 1);
        }
        assert!(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].as_str().unwrap().starts_with("arn:"));
        assert!(fingerprints.insert(result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap()));
        assert!(result["partialFingerprints"]["pciAudit/v1"].is_string());
    }
}

#[test]
fn only_a_failure_has_a_level_and_no_pass_is_a_result() {
    let view = example::view();
    let log = sarif(&view);
    for result in results(&log) {
        let kind = result["kind"].as_str().unwrap();
        assert!(["fail", "open", "review"].contains(&kind), "{kind}");
        assert_eq!(kind == "fail", result["level"] != "none");
    }
    let verdicts = &view.summary.verdicts;
    assert_eq!(results(&log).len(), verdicts.fail + verdicts.unknown + verdicts.manual);
    assert_eq!(log["runs"][0]["properties"]["summary"]["verdicts"]["pass"], verdicts.pass);
}

#[test]
fn a_question_gates_nothing() {
    let log = sarif(&example::view());
    for result in results(&log).iter().filter(|result| result["kind"] == "review") {
        let rule = rules(&log).iter().find(|rule| rule["id"] == result["ruleId"]).unwrap();
        assert_eq!(rule["id"], "pan-unreadable-in-store/ask");
        assert!(rule["properties"].get("security-severity").is_none());
    }
}

#[test]
fn what_could_not_be_read_is_a_notification() {
    let view = example::view();
    let log = sarif(&view);
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["exitCode"], 1);
    assert_eq!(invocation["executionSuccessful"], true);
    let notifications = invocation["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(notifications.len(), view.gaps.len());
    assert!(notifications[0]["message"]["text"].as_str().unwrap().contains("kms:GetKeyPolicy failed with ThrottlingException"));
}

#[test]
fn hostile_names_stay_text() {
    let log = sarif(&example::view());
    for result in results(&log) {
        let text = result["message"]["text"].as_str().unwrap();
        assert!(!text.contains("](") && !text.contains("{0}") || text.contains("\\[click"), "{text}");
        assert!(!text.chars().any(|c| c != '\n' && c.is_control()), "{text}");
    }
}
