//! Generated policies, contexts and requests for the IAM evaluator: few names, so that they meet often.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "111111111111";
pub(crate) const ACTIONS: [&str; 5] = ["s3:GetObject", "s3:PutObject", "kms:Decrypt", "sts:AssumeRole", "iam:PassRole"];
pub(crate) const RESOURCES: [&str; 5] = [
    "arn:aws:s3:::chd/cards/pan.csv",
    "arn:aws:s3:::chd/alice",
    "arn:aws:kms:eu-west-1:111111111111:key/k",
    "arn:aws:iam::111111111111:role/admin",
    "arn:aws:iam::222222222222:role/admin",
];
/// Keys with values that the conditions below may or may not fit.
const KEYS: [(&str, &[&str]); 6] = [
    ("aws:PrincipalTag/team", &["cards", "ops", "c*"]),
    ("aws:SourceVpce", &["vpce-1", "vpce-2"]),
    ("aws:MultiFactorAuthPresent", &["true", "false"]),
    ("aws:SourceIp", &["10.0.0.1", "198.51.100.7"]),
    ("s3:max-keys", &["5", "100"]),
    ("aws:SourceVpcArn", &["arn:aws:ec2:eu-west-1:111111111111:vpc/vpc-1", "arn:aws:ec2:eu-west-1:222222222222:vpc/vpc-2"]),
];

/// A context: which keys a request has, with one value or more.
pub(crate) type Keys = BTreeMap<String, Vec<String>>;

/// Some of the keys.
pub(crate) fn keys() -> impl Strategy<Value = Keys> {
    let single = KEYS.map(|(key, values)| prop::option::of(prop::sample::select(values)).prop_map(move |value| (key, value)));
    let tags = prop::option::of(prop::sample::subsequence(vec!["team", "env", ""], 0..3));
    (single, tags).prop_map(|(single, tags)| {
        let mut keys: Keys = single.into_iter().filter_map(|(key, value)| Some((key.to_owned(), vec![value?.to_owned()]))).collect();
        if let Some(tags) = tags {
            keys.insert("aws:TagKeys".to_owned(), tags.into_iter().map(str::to_owned).collect());
        }
        keys
    })
}

/// A condition block of up to two tests.
pub(crate) fn conditions() -> impl Strategy<Value = Value> {
    let test = prop_oneof![
        test(
            &["StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase"],
            "aws:PrincipalTag/team",
            &["cards", "c*", "CARDS", "ops"]
        ),
        test(&["StringEquals", "StringNotEquals", "StringLike"], "aws:SourceVpce", &["vpce-1", "vpce-?", "*"]),
        test(&["Bool"], "aws:MultiFactorAuthPresent", &["true", "false"]),
        test(&["IpAddress", "NotIpAddress"], "aws:SourceIp", &["10.0.0.0/8", "198.51.100.7"]),
        test(&["NumericLessThan", "NumericGreaterThanEquals", "NumericEquals", "NumericNotEquals"], "s3:max-keys", &["10", "5.0"]),
        test(
            &["ArnEquals", "ArnLike", "ArnNotLike"],
            "aws:SourceVpcArn",
            &["arn:aws:ec2:*:111111111111:vpc/*", "arn:aws:ec2:eu-west-1:222222222222:vpc/vpc-2"]
        ),
        test(
            &["StringEquals", "StringNotEquals"],
            "aws:PrincipalTag/team",
            &["${aws:PrincipalTag/team}", "${aws:PrincipalTag/none}", "x${aws:PrincipalTag/none, 'y'}"]
        ),
        set_test(&["StringEquals", "StringLike", "StringNotEquals"], "aws:TagKeys", &["team", "e*", "env"]),
        prop::sample::select(vec!["true", "false"]).prop_map(|value| json!({"Null": {"aws:SourceVpce": value}})),
    ];
    prop::collection::vec(test, 0..3).prop_map(|tests| {
        let mut block = serde_json::Map::new();
        for (operator, test) in tests.into_iter().filter_map(|test| if let Value::Object(test) = test { Some(test) } else { None }).flatten() {
            let entry = block.entry(operator).or_insert_with(|| json!({}));
            entry.as_object_mut().expect("a map").extend(test.as_object().expect("a map").clone());
        }
        Value::Object(block)
    })
}

fn test(operators: &'static [&'static str], key: &'static str, values: &'static [&'static str]) -> BoxedStrategy<Value> {
    (prop::sample::select(operators), prop::sample::subsequence(values, 1..=values.len().min(2)), prop::bool::weighted(0.25))
        .prop_map(move |(operator, values, if_exists)| {
            let operator = if if_exists { format!("{operator}IfExists") } else { operator.to_owned() };
            json!({ operator: { key: values } })
        })
        .boxed()
}

fn set_test(operators: &'static [&'static str], key: &'static str, values: &'static [&'static str]) -> BoxedStrategy<Value> {
    let quantifier = prop::sample::select(vec!["ForAllValues:", "ForAnyValue:"]);
    (quantifier, prop::sample::select(operators), prop::sample::subsequence(values, 1..=2))
        .prop_map(move |(quantifier, operator, values)| json!({ format!("{quantifier}{operator}"): { key: values } }))
        .boxed()
}

/// A statement of an identity's policy.
pub(crate) fn statement(effect: Option<&'static str>) -> impl Strategy<Value = Value> {
    let effect = effect.map_or_else(|| prop_oneof![4 => Just("Allow"), 1 => Just("Deny")].boxed(), |effect| Just(effect).boxed());
    // Wide ones often, so that the layers above have something to decide about.
    let narrow = prop::sample::subsequence(vec!["s3:*", "S3:get*", "s3:?etObject", "kms:Decrypt", "sts:AssumeRole", "iam:*"], 1..4);
    let actions = prop_oneof![2 => Just(vec!["*"]), 3 => narrow];
    let narrow = prop::sample::subsequence(
        vec![
            "arn:aws:s3:::chd/*",
            "arn:aws:s3:::*/cards/pan?csv",
            "arn:aws:s3:::chd/${aws:PrincipalTag/team}/*",
            "arn:aws:s3:::chd/${aws:PrincipalTag/none, 'alice'}",
            "arn:aws:kms:*:111111111111:key/*",
            "arn:aws:iam::*:role/admin",
        ],
        1..3,
    );
    let resources = prop_oneof![2 => Just(vec!["*"]), 3 => narrow];
    (effect, actions, prop::bool::weighted(0.1), resources, prop::bool::weighted(0.1), prop::bool::weighted(0.5), conditions()).prop_map(
        |(effect, actions, not_action, resources, not_resource, plain, conditions)| {
            let mut statement = json!({
                "Effect": effect,
                (if not_action { "NotAction" } else { "Action" }): actions,
                (if not_resource { "NotResource" } else { "Resource" }): resources,
            });
            if !plain && conditions.as_object().is_some_and(|block| !block.is_empty()) {
                statement["Condition"] = conditions;
            }
            statement
        },
    )
}

/// A statement of a resource's policy.
pub(crate) fn resource_statement(effect: Option<&'static str>) -> impl Strategy<Value = Value> {
    let names = prop::sample::subsequence(
        vec![
            "*",
            "111111111111",
            "arn:aws:iam::111111111111:user/alice",
            "arn:aws:iam::111111111111:role/dms",
            "arn:aws:sts::111111111111:assumed-role/dms/task",
            "arn:aws:iam::222222222222:root",
        ],
        1..4,
    );
    (statement(effect), names, prop::bool::weighted(0.15), prop::bool::weighted(0.1)).prop_map(|(mut statement, names, negated, service)| {
        let principals = if service { json!({"AWS": names, "Service": "dms.amazonaws.com"}) } else { json!({ "AWS": names }) };
        statement[if negated { "NotPrincipal" } else { "Principal" }] = principals;
        statement
    })
}

/// A policy of statements.
pub(crate) fn document(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}
