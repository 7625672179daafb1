//! What the table holds, and that questions to it get the right answers.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use proptest::prelude::*;

use crate::action::table::{TEXT, services};
use crate::action::*;

fn expanded(pattern: &str) -> Vec<String> {
    expand(&Pattern::action(pattern)).map(|action| action.name()).collect()
}

#[test]
fn every_line_is_read_and_everything_is_in_order() {
    let prefixes: Vec<&str> = services().iter().map(|service| service.prefix).collect();
    assert!(prefixes.windows(2).all(|pair| pair[0] < pair[1]), "services are sorted");
    for service in services() {
        let read = service.read();
        assert!(!read.entries.is_empty() && read.entries.windows(2).all(|pair| pair[0].lower < pair[1].lower), "{}", service.prefix);
        for entry in &read.entries {
            assert!(entry.profile.types.iter().all(|(at, _)| *at < read.types.len()), "{}:{}", service.prefix, entry.name);
            assert!(entry.profile.keys.iter().all(|at| *at < read.keys.len()), "{}:{}", service.prefix, entry.name);
            assert!(entry.name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter)), "{}", entry.name);
        }
    }
    let marked = |mark: char| TEXT.lines().filter(|line| line.starts_with(mark)).count();
    assert_eq!(services().len(), marked('@'));
    assert_eq!(services().iter().map(|service| service.read().types.len()).sum::<usize>(), marked('~'));
    assert_eq!(services().iter().map(|service| service.read().keys.len()).sum::<usize>(), marked('?'));
    let profiles: BTreeSet<_> = services().iter().flat_map(|service| &service.read().entries).map(|entry| Arc::as_ptr(&entry.profile)).collect();
    assert_eq!(profiles.len(), marked('!'), "every profile was understood and has actions");
}

#[test]
fn it_is_complete() {
    for (service, least) in
        [("s3", 160), ("iam", 170), ("kms", 50), ("rds", 160), ("redshift", 140), ("redshift-data", 10), ("dms", 90), ("ec2", 700)]
    {
        assert!(expanded(&format!("{service}:*")).len() >= least, "{service}");
    }
    assert!((20_000..40_000).contains(&expanded("*").len()));
    assert!(TEXT.len() <= 700_000, "the table is embedded: {} bytes", TEXT.len());
}

#[test]
fn an_action_is_found_in_any_case_with_what_it_takes() {
    let pass = lookup("IAM:passrole").unwrap();
    assert_eq!((pass.name().as_str(), pass.service(), pass.level()), ("iam:PassRole", "iam", AccessLevel::Write));
    assert!(pass.takes("arn:aws:iam::111122223333:role/path/loader") && !pass.takes("arn:aws:iam::111122223333:user/loader"));
    assert!(pass.condition_keys().any(|key| key == "iam:PassedToService"));
    let object = lookup("s3:GetObject").unwrap();
    assert!(object.takes("arn:aws-cn:s3:::chd/2026/a.csv") && !object.takes("arn:aws:s3:::chd"));
    let kinds: Vec<(&str, bool)> = lookup("dms:CreateReplicationTask").unwrap().resource_types().map(|(kind, needed)| (kind.name, needed)).collect();
    assert!(kinds.contains(&("Endpoint", true)), "{kinds:?}");
    assert!(lookup("dms:DescribeEndpoints").unwrap().takes_only_star() && !object.takes_only_star());
    assert_eq!(lookup("kms:PutKeyPolicy").unwrap().level(), AccessLevel::Permissions);
    assert_eq!(lookup("s3:ListAllMyBuckets").unwrap().level(), AccessLevel::List);
    assert!(lookup("s3:GetObjects").is_none() && lookup("s3").is_none() && lookup("nobody:Get").is_none());
}

#[test]
fn wildcards_expand_to_the_actions_that_fit() {
    assert_eq!(expanded("KMS:*policy"), ["kms:GetKeyPolicy", "kms:PutKeyPolicy"]);
    assert_eq!(expanded("iam:PassRole"), ["iam:PassRole"]);
    assert_eq!(expanded("dms:Delete?ndpoint"), ["dms:DeleteEndpoint"]);
    assert!(expanded("*:GetSecretValue").contains(&"secretsmanager:GetSecretValue".to_owned()));
    let open = expanded("redshift*:Get*Credentials");
    assert!(open.contains(&"redshift:GetClusterCredentials".to_owned()) && open.contains(&"redshift-serverless:GetCredentials".to_owned()));
    assert!(expanded("s3:").is_empty() && expanded("").is_empty() && expanded("s3").is_empty() && expanded("*:nothing-like-it").is_empty());
    // What stands before the wildcard may end within a service's prefix, or be one whole.
    assert!(expanded("s*:PutBucketPolicy").contains(&"s3:PutBucketPolicy".to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn expansion_finds_what_a_walk_through_all_finds(pattern in "(s3|dms|kms|k|red|)(:|\\*|\\*:|:\\*|)(Get|Put|get|\\*|\\?|Delete|)[a-zA-Z*?]{0,3}") {
        let pattern = Pattern::action(&pattern);
        let all = services().iter().flat_map(|service| service.read().entries.iter().map(move |entry| format!("{}:{}", service.prefix, entry.name)));
        let walked: Vec<String> = all.filter(|name| pattern.covers(&literal(&name.to_ascii_lowercase()), Reading::Most)).collect();
        prop_assert_eq!(expand(&pattern).map(|action| action.name()).collect::<Vec<_>>(), walked);
    }
}

/// Runs where somebody has the package at hand (`tools/generate.py` says how): the table is what the generator makes of it.
#[test]
fn the_generator_makes_this_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools");
    if !folder.join("package/package.json").exists() {
        return;
    }
    let done = Command::new("python3").arg(folder.join("generate.py")).arg("--check").output().expect("Python 3 runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
