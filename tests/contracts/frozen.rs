//! The bytes of every format over the accounts of `fixtures`, and the findings of every golden case, as hashes: a move of code changes none of them.
//!
//! What is changed on purpose is frozen anew with `UPDATE_GENERATED=1`, and the commit says why.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::support::account;
use crate::support::command::run;
use crate::support::{GoldenAccount, golden_accounts};

/// Every format that a report is written in.
const FORMATS: [&str; 10] = ["table", "json", "sarif", "ocsf", "asff", "junit", "csv", "markdown", "baseline", "feed"];

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Frozen {
    /// By account and format.
    accounts: BTreeMap<String, BTreeMap<String, String>>,
    /// By case.
    golden: BTreeMap<String, String>,
}

fn fixtures() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))
}

fn hash(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in &Sha256::digest(bytes)[..12] {
        write!(text, "{byte:02x}").expect("a text takes everything");
    }
    text
}

/// Each format of a check of an account, written to files.
fn formats(name: &str) -> BTreeMap<String, String> {
    let at = tempfile::tempdir().expect("a temporary folder");
    fs::write(at.path().join("account.json"), account::text(name)).expect("written");
    let outputs: Vec<String> = FORMATS.iter().map(|format| format!("{format}=report.{format}")).collect();
    let mut arguments = vec!["check", "account.json"];
    arguments.extend(outputs.iter().flat_map(|output| ["-o", output.as_str()]));
    let said = run(at.path(), &arguments);
    assert!(said.code < 2 || said.code == 3, "{name}: {}", said.stderr);
    let bytes = |format: &str| fs::read(at.path().join(format!("report.{format}"))).unwrap_or_else(|error| panic!("{name} {format}: {error}"));
    FORMATS.iter().map(|format| ((*format).to_owned(), hash(&bytes(format)))).collect()
}

/// So many of those that differ are named.
const NAMED: usize = 10;

/// What a golden case finds: everything but its evidence, which the formats show.
fn findings(golden: &GoldenAccount) -> String {
    let mut text = String::new();
    for finding in account::check(&golden.snapshot, &golden.config) {
        let (about, missing) = (&finding.about, &finding.missing);
        writeln!(
            text,
            "{} {} {} {} {} {} {:?} {missing:?} {:?} {:?}",
            finding.rule,
            finding.verdict,
            finding.severity,
            about.kind,
            about.resource.arn,
            about.key,
            finding.message,
            finding.remediation,
            finding.commands
        )
        .expect("a text takes everything");
    }
    hash(text.as_bytes())
}

#[test]
fn every_format_and_every_golden_case_is_as_it_was_frozen() {
    let accounts = ["demo", "healthy", "leaky", "plain"].map(|name| (name.to_owned(), formats(name)));
    let golden = golden_accounts();
    let golden = golden.iter().map(|case| (case.name.trim_end_matches(".toml").to_owned(), findings(case)));
    let now = Frozen { accounts: accounts.into(), golden: golden.collect() };
    let file = fixtures().join("frozen.json");
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        fs::write(&file, serde_json::to_string_pretty(&now).expect("JSON") + "\n").expect("written");
        return;
    }
    let then: Frozen = serde_json::from_str(&fs::read_to_string(&file).expect("frozen")).expect("JSON");
    let mut changed = Vec::new();
    for (name, hashes) in &now.accounts {
        let other = hashes.iter().filter(|(format, hash)| then.accounts.get(name).and_then(|then| then.get(*format)) != Some(*hash));
        changed.extend(other.map(|(format, _)| format!("{name} as {format}")));
    }
    changed.extend(now.golden.iter().filter(|(name, hash)| then.golden.get(*name) != Some(hash)).map(|(name, _)| format!("golden case {name}")));
    let gone = then.golden.keys().filter(|name| !now.golden.contains_key(*name)).count();
    let first: Vec<&str> = changed.iter().map(String::as_str).take(NAMED).collect();
    assert!(changed.is_empty() && gone == 0, "{} differ, {gone} are gone; the first: {}", changed.len(), first.join(", "));
}
