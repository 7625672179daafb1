//! Snapshots that are not whole: a key that is gone is never "none".

use serde_json::Value;

use super::*;

#[test]
fn a_snapshot_that_lacks_a_field_ends_with_words_whatever_is_written() {
    let at = folder();
    let mut account: Value = serde_json::from_str(&account::text("plain")).expect("JSON");
    account["resources"]["rds-instance"][0]["fields"].as_object_mut().expect("fields").remove("kms_key_id").expect("a field");
    put(at.path(), "cut.json", &account.to_string());
    for outputs in [&["-o", "json=r.json"][..], &["-o", "table"], &["-o", "csv=r.csv", "-o", "markdown=r.md"]] {
        let said = run(at.path(), &[&["check", "cut.json"], outputs].concat());
        assert_eq!(said.code, 2);
        for word in ["error: rule store-", "kms_key_id", "rds", "pci-audit collect"] {
            assert!(said.stderr.contains(word), "{word}: {}", said.stderr);
        }
    }
}

#[test]
fn a_nested_value_that_is_gone_is_refused_with_its_path() {
    let at = folder();
    for (kind, path, key) in [
        ("security-group", "/ingress/0", "cidrs"),
        ("security-group", "/ingress/0", "protocol"),
        ("iam-user", "/inline_policies/0", "document"),
        ("rds-parameter-group", "/parameters/*", "value"),
        ("route-table", "/routes/0", "target"),
    ] {
        let mut account: Value = serde_json::from_str(&account::text("leaky")).expect("JSON");
        let resources = account["resources"][kind].as_array_mut().expect("a list");
        let part = resources.iter_mut().find_map(|resource| {
            let mut part = &mut resource["fields"];
            for step in path.split('/').skip(1) {
                part = if step == "*" { part.as_object_mut()?.values_mut().next()? } else { part.pointer_mut(&format!("/{step}"))? };
            }
            part.as_object_mut().filter(|part| part.contains_key(key))
        });
        part.unwrap_or_else(|| panic!("{kind}{path}")).remove(key);
        put(at.path(), "less.json", &account.to_string());
        let field = path.split('/').nth(1).expect("a field");
        refused(
            &run(at.path(), &["check", "less.json"]),
            &["less.json", &format!("resources.{kind}["), &format!("fields.{field}"), &format!("`{key}`")],
        );
    }
}

#[test]
fn a_snapshot_of_nothing_is_no_evidence() {
    let at = folder();
    let mut account: Value = serde_json::from_str(&account::text("plain")).expect("JSON");
    account["reads"] = Value::Array(Vec::new());
    account["resources"] = Value::Object(serde_json::Map::new());
    put(at.path(), "nothing.json", &account.to_string());
    let said = run(at.path(), &["check", "nothing.json", "-o", "json=r.json"]);
    assert_eq!(said.code, 3, "{}", said.stderr);
    let report: Value = serde_json::from_str(&std::fs::read_to_string(at.path().join("r.json")).expect("a report")).expect("JSON");
    let decision = report["summary"]["decision"].as_str().expect("words");
    assert!(decision.starts_with("nothing was judged in us-east-2"), "{decision}");
}
