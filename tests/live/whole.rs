//! Answers that are not whole: cut, empty, without their list, with pages that lead nowhere. None may read as "there is none".

use pci_audit::model::calls::{CALLS, Call};
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::denial::{dishonest, report};

/// What these accounts do not have, so that AWS answers with an error, which is whole: no replica, no block of the account's own.
const NONE: [&str; 2] = ["s3:GetBucketReplication", "s3control:GetPublicAccessBlock"];

/// Breaks the answer of each call that a calm scan makes, one at a time.
fn break_each(account: &'static str, tried: impl Fn(&Call) -> bool, breakages: impl Fn(&str) -> Vec<Value>) {
    let aws = Aws::with(account);
    let calm = aws.scan(&[]);
    let called = aws.calls();
    let mut wrong = Vec::new();
    for call in CALLS.iter().filter(|call| called.contains_key(&call.name()) && !NONE.contains(&&*call.name()) && tried(call)) {
        for breakage in breakages(&call.name()) {
            aws.faults(breakage.clone());
            let run = aws.scan(&[]);
            wrong.extend(dishonest(&call.name(), &calm, &run).into_iter().map(|line| format!("{breakage}: {line}")));
        }
    }
    report(&wrong);
}

#[test]
fn an_answer_that_is_cut_is_a_gap_wherever_it_is_cut() {
    // Not every share of every answer: a length that hangs on the name alone will do.
    let share = |call: &str| [0.3, 0.6, 0.98][call.len() % 3];
    break_each("healthy", |_| true, |call| vec![json!({"cut": {call: share(call)}})]);
    break_each("broken", |call| call.service == "rds" || call.service == "s3", |call| vec![json!({"cut": {call: 0.98}})]);
}

#[test]
fn an_empty_answer_is_a_gap() {
    break_each("healthy", |_| true, |call| vec![json!({"empty": [call]})]);
}

#[test]
fn an_answer_without_its_members_is_a_gap() {
    break_each("healthy", |call| !call.always.is_empty(), |call| vec![json!({"bare": [call]})]);
}

#[test]
fn an_answer_that_does_not_end_is_a_gap() {
    let aws = Aws::with("healthy");
    let calm = aws.scan(&[]);
    for call in ["rds:DescribeDBInstances", "dms:DescribeEndpoints"] {
        aws.faults(json!({"flood": [call]}));
        let run = aws.scan(&[]);
        report(&dishonest(call, &calm, &run));
        assert!(run.json.contains("the answer broke off, or does not end"), "{}", run.json);
    }
}

/// A list of some size in each protocol.
const LISTS: [&str; 5] =
    ["rds:DescribeDBInstances", "ec2:DescribeSecurityGroups", "dms:DescribeEndpoints", "iam:GetAccountAuthorizationDetails", "kms:ListAliases"];

#[test]
fn a_list_whose_pages_lead_back_or_never_end_is_a_gap() {
    let aws = Aws::with("healthy");
    let calm = aws.scan(&[]);
    for call in LISTS {
        for tokens in [json!(["a"]), json!(["a", "b"]), json!(["a", "b", "c", "b"])] {
            aws.faults(json!({"endless": {call: tokens}}));
            let run = aws.scan(&[]);
            report(&dishonest(call, &calm, &run));
            assert!(aws.calls()[call] <= 4, "{call} {tokens}: {:?}", aws.calls());
        }
    }
    aws.faults(json!({"endless": {"rds:DescribeDBInstances": []}}));
    let run = aws.scan(&[]);
    report(&dishonest("rds:DescribeDBInstances", &calm, &run));
    assert_eq!(aws.calls()["rds:DescribeDBInstances"], 1000);
}

#[test]
fn more_to_come_and_no_word_on_how_to_ask_is_a_gap() {
    let aws = Aws::with("healthy");
    let calm = aws.scan(&[]);
    for call in ["iam:GetAccountAuthorizationDetails", "kms:ListAliases", "kms:ListGrants"] {
        aws.faults(json!({"truncated": [call]}));
        report(&dishonest(call, &calm, &aws.scan(&[])));
    }
}

#[test]
fn what_stands_on_two_pages_is_one_thing() {
    let aws = Aws::with("healthy");
    let calm = aws.scan(&[]);
    for call in LISTS {
        aws.faults(json!({"twice": [call]}));
        let run = aws.scan(&[]);
        assert_eq!(run.differences(&calm), Vec::<String>::new(), "{call}");
        assert_eq!(run.code, calm.code, "{call}: {}", run.stderr);
    }
}

/// Members that AWS always sends, each of which decides something.
#[test]
fn an_answer_without_a_field_that_aws_always_sends_is_a_gap_and_no_error_of_ours() {
    let aws = Aws::with("healthy");
    let calm = aws.scan(&[]);
    let mut wrong = Vec::new();
    for (call, member) in [
        ("rds:DescribeDBInstances", "DBInstanceIdentifier"),
        ("rds:DescribeDBInstances", "Engine"),
        ("rds:DescribeDBInstances", "PubliclyAccessible"),
        ("rds:DescribeDBInstances", "StorageEncrypted"),
        ("rds:DescribeDBInstances", "VpcSecurityGroups"),
        ("rds:DescribeDBInstances", "DBParameterGroups"),
        ("redshift:DescribeClusters", "Encrypted"),
        ("redshift:DescribeClusters", "PubliclyAccessible"),
        ("redshift:DescribeClusters", "VpcSecurityGroups"),
        ("redshift:DescribeLoggingStatus", "LoggingEnabled"),
        ("dms:DescribeReplicationInstances", "PubliclyAccessible"),
        ("dms:DescribeReplicationInstances", "VpcSecurityGroups"),
        ("dms:DescribeReplicationTasks", "Status"),
        ("dms:DescribeEndpoints", "EndpointArn"),
        ("dms:DescribeEndpoints", "EngineName"),
        ("kms:DescribeKey", "KeyManager"),
        ("kms:DescribeKey", "KeyState"),
        ("kms:GetKeyRotationStatus", "KeyRotationEnabled"),
        ("ec2:DescribeSecurityGroups", "ipPermissions"),
        ("ec2:DescribeSecurityGroups", "ipRanges"),
        ("ec2:DescribeSecurityGroups", "groupId"),
        ("ec2:DescribeSubnets", "vpcId"),
        ("ec2:DescribeRouteTables", "routeSet"),
        ("cloudtrail:DescribeTrails", "IsMultiRegionTrail"),
        ("cloudtrail:GetTrailStatus", "IsLogging"),
        ("s3:GetPublicAccessBlock", "RestrictPublicBuckets"),
        ("iam:GetAccountAuthorizationDetails", "AttachedManagedPolicies"),
    ] {
        aws.faults(json!({"without": {call: member}}));
        let run = aws.scan(&[]);
        wrong.extend(dishonest(call, &calm, &run).into_iter().map(|line| format!("{call} without {member}: {line}")));
        if run.stderr.contains("error") {
            wrong.push(format!("{call} without {member}: {}", run.stderr));
        }
    }
    report(&wrong);
}
