//! What derives from the program is kept in the repository, so that a change of a public contract shows in a diff.
//! `UPDATE_GENERATED=1 cargo test --test contracts generated` writes the files anew.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::account;
use crate::support::command::run;

fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schemas").join(name)
}

#[test]
fn schemas_and_the_policy_are_those_that_the_program_prints() {
    let at = tempfile::tempdir().expect("a temporary folder");
    let mut stale = Vec::new();
    for (arguments, name) in [
        (&["generate", "schema", "snapshot"][..], "snapshot.json"),
        (&["generate", "schema", "facts"], "facts.json"),
        (&["generate", "schema", "report"], "report.json"),
        (&["generate", "schema", "feed"], "feed.json"),
        (&["generate", "schema", "diff"], "diff.json"),
        (&["generate", "schema", "config"], "config.json"),
        (&["generate", "iam-policy"], "iam-policy.json"),
        (&["generate", "identity"], "../../docs/identity.md"),
        (&["generate", "config-reference"], "../../docs/configuration.md"),
    ] {
        let said = run(at.path(), arguments);
        assert_eq!(said.code, 0, "{}", said.stderr);
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            fs::write(kept(name), &said.stdout).expect("written");
        }
        if fs::read_to_string(kept(name)).ok().as_deref() != Some(&said.stdout) {
            stale.push(name);
        }
    }
    assert!(
        stale.is_empty(),
        "{stale:?} differ: a public contract changed. If that is meant, run with UPDATE_GENERATED=1 and say so in the changelog"
    );
}

#[test]
fn snapshots_and_reports_are_valid_under_their_schemas() {
    let at = tempfile::tempdir().expect("a temporary folder");
    fs::write(at.path().join("leaky.json"), account::text("leaky")).expect("written");
    let report = run(at.path(), &["check", "leaky.json", "-o", "json"]).stdout;
    fs::write(at.path().join("plain.json"), account::text("plain")).expect("written");
    let diff = run(at.path(), &["diff", "plain.json", "leaky.json", "-o", "json"]).stdout;
    for (name, text) in [("snapshot.json", account::text("leaky")), ("report.json", report), ("diff.json", diff)] {
        let schema: serde_json::Value = serde_json::from_str(&fs::read_to_string(kept(name)).expect("kept")).expect("JSON");
        let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let wrong: Vec<String> = validator.iter_errors(&document).take(5).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    }
}
