//! Golden cases: one AWS trap each, as an edit of a whole account, and the verdict that is right.
//!
//! A case is a TOML file under `fixtures/golden`: `base` names an account of `fixtures/accounts`; `set` changes fields of a resource as AWS
//! would have said them (`"null"` is AWS's "none"), `add` and `drop` change what there is, `hide` takes a field away together with the call
//! that fills it, `deny` takes whole calls away; a bucket that is `gone` does not exist. `config` is `pci-audit.toml`. The verdict `absent` says that the rule has nothing to say about
//! the resource. Most cases start from `plain`: the account `healthy` with names that can be read in place of AWS's random ids.
//!
//! `[[reach]]` puts a question of `query reach` (`from`, `to`) and holds its answer: `reachable`, `not reachable` or `unknown`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use pci_audit::evidence::Index;
use pci_audit::facts::exposure::query;
use pci_audit::model::Snapshot;
use serde::Deserialize;

use crate::support::account::{self, Edits};

#[derive(Deserialize)]
struct Golden {
    /// Number in the list of golden cases; 0 for a trap found later.
    case: u32,
    says: String,
    base: String,
    #[serde(default)]
    config: toml::Table,
    #[serde(flatten)]
    edits: Edits,
    #[serde(default)]
    expect: Vec<Expect>,
    #[serde(default)]
    reach: Vec<Reach>,
}

/// What a case may hold: serde cannot refuse unknown keys of a flattened struct.
const KEYS: [&str; 12] = ["case", "says", "base", "config", "set", "add", "drop", "hide", "gone", "deny", "expect", "reach"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    rule: String,
    resource: String,
    verdict: String,
    severity: Option<String>,
    /// A word that the message must hold.
    says: Option<String>,
    /// A requirement of PCI DSS 4.0.1 that an adjustment must have added.
    requirement: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reach {
    from: String,
    to: String,
    expect: String,
    /// A word that some leg must hold.
    says: Option<String>,
}

impl Reach {
    /// What is wrong with the answer, if anything is.
    fn wrong(&self, snapshot: &Snapshot) -> Option<String> {
        let reach = match query::reach(&Index::new(snapshot), &self.from, &self.to) {
            Ok(reach) => reach,
            Err(error) => return Some(error.to_string()),
        };
        let legs: Vec<String> = reach.answer.legs.iter().map(|leg| format!("{:?} {}", leg.open, leg.words())).collect();
        let said = self.says.as_deref().is_none_or(|word| legs.iter().any(|leg| leg.contains(word)));
        let right = reach.answer.word() == self.expect && said;
        (!right).then(|| format!("{} to {} must be {}, is {}: {}", self.from, self.to, self.expect, reach.answer.word(), legs.join("; ")))
    }
}

#[test]
fn every_golden_case_gives_the_right_verdict() {
    let (mut wrong, mut numbers) = (Vec::new(), BTreeMap::new());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden");
    let mut paths: Vec<_> = fs::read_dir(folder).expect("there are golden cases").map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    for path in &paths {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let text = fs::read_to_string(path).expect("readable");
        let golden: Golden = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let table: toml::Table = text.parse().expect("it was just read");
        wrong.extend(table.keys().filter(|key| !KEYS.contains(&key.as_str())).map(|key| format!("{name}: no such key: {key}")));
        let before = wrong.len();
        let snapshot = account::edited(&golden.base, &golden.edits).unwrap_or_else(|error| panic!("{name}: {error}"));
        let findings = account::check(&snapshot, &toml::to_string(&golden.config).expect("a table"));
        // An unseen field that no failed call explains is a bug of the case or of the program.
        wrong.extend(
            findings.iter().filter_map(|f| f.rule_error.as_ref().map(|why| format!("{name}: {} on {}: {why}", f.rule, f.about.resource.name))),
        );
        for expect in &golden.expect {
            let said: Vec<_> =
                findings.iter().filter(|finding| *finding.rule == *expect.rule && *finding.about.resource.name == *expect.resource).collect();
            let right = if expect.verdict == "absent" {
                said.is_empty()
            } else {
                said.iter().any(|finding| {
                    finding.verdict.name() == expect.verdict
                        && expect.severity.as_deref().is_none_or(|severity| finding.severity.name() == severity)
                        && expect.says.as_deref().is_none_or(|word| finding.message.contains(word))
                        && expect.requirement.as_ref().is_none_or(|id| {
                            finding.requirements.as_ref().and_then(|added| added.get("pci-dss-4.0.1")).is_some_and(|ids| ids.contains(id))
                        })
                })
            };
            if !right {
                let got: Vec<String> = said.iter().map(|finding| format!("{} {}: {}", finding.verdict, finding.severity, finding.message)).collect();
                wrong.push(format!(
                    "{name} ({}): {} on {} must be {}, got [{}]",
                    golden.says,
                    expect.rule,
                    expect.resource,
                    expect.verdict,
                    got.join("; ")
                ));
            }
        }
        assert!(!(golden.expect.is_empty() && golden.reach.is_empty()), "{name} expects nothing");
        wrong.extend(golden.reach.iter().filter_map(|reach| reach.wrong(&snapshot)).map(|why| format!("{name} ({}): {why}", golden.says)));
        if wrong.len() == before {
            *numbers.entry(golden.case).or_insert(0) += 1;
        }
    }
    let absent: Vec<u32> = (1..=52).filter(|number| !numbers.contains_key(number)).collect();
    println!("golden cases held: {:?}", numbers.keys().collect::<Vec<_>>());
    assert!(!paths.is_empty());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(absent.is_empty(), "of the 52 numbered cases these have none: {absent:?}");
}
