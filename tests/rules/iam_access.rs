//! The access index over generated accounts: it answers as the evaluator does over all policies at once, and is quick at ten thousand roles.

use std::sync::Arc;
use std::time::{Duration, Instant};

use iam_eval::document::Document;
use iam_eval::{Answer, Context, Policies, Policy, PolicySet, Principal, Request, Target, evaluate};
use pci_audit::evidence::{Index, Missing};
use pci_audit::facts::grant::access::Access;
use pci_audit::model::Snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::iam_generator::{ACCOUNT, ACTIONS, RESOURCES, document, keys, resource_statement, statement};

fn policy(document: &Value, name: &str) -> Arc<Policy> {
    let document = Document::parse(&document.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
    Arc::new(Policy::new(&document, name, None))
}

fn snapshot(resources: Value) -> Snapshot {
    let text = json!({
        "schema": "pci-audit/snapshot/1", "taken_at": "2026-03-01T00:00:00Z", "regions": ["eu-west-1"], "reads": [], "gaps": [],
        "caller": {"account": ACCOUNT, "arn": "x", "partition": "aws"}, "resources": resources,
    });
    Snapshot::parse(&text.to_string(), "test").expect("a snapshot")
}

fn resource(arn: &str, fields: Value) -> Value {
    let name = arn.rsplit(['/', ':']).next().expect("a name");
    json!({"id": {"arn": arn, "name": name, "account": ACCOUNT, "region": "global"}, "fields": fields})
}

fn role(name: &str, documents: &[Value]) -> Value {
    let inline: Vec<Value> =
        documents.iter().enumerate().map(|(number, document)| json!({"name": format!("p{number}"), "document": document})).collect();
    resource(
        &format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        json!({"path": "/", "attached_policies": [], "inline_policies": inline, "boundary": null,
            "trust": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "dms.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_answers_as_the_evaluator_does(
        first in prop::collection::vec(statement(None), 0..4), second in prop::collection::vec(statement(None), 0..4),
        bucket in prop::option::of(prop::collection::vec(resource_statement(None), 0..3)),
        action in prop::sample::select(&ACTIONS[..2]), on in prop::sample::select(&RESOURCES[..2]), cut in prop::option::of(17..30_usize), keys in keys(),
    ) {
        let snapshot = snapshot(json!({
            "iam-role": [role("dms", &[document(&first)]), role("etl", &[document(&first), document(&second)])],
            "bucket": [resource("arn:aws:s3:::chd", json!({"policy": bucket.as_ref().map(|statements| document(statements))}))],
        }));
        let index = Index::new(&snapshot);
        let access = Access::new(&index);
        let target = cut.map_or_else(|| Target::one(on), |cut| Target::any(&on.chars().take(cut).chain(['*']).collect::<String>()));
        let context = keys.iter().fold(Context::open(), |context, (key, values)| context.with(key, values.clone()));
        let who = access.who_can(action, &target, &context);
        for (name, documents) in [("dms", vec![&first]), ("etl", vec![&first, &second])] {
            let principal = Principal::parse(&format!("arn:aws:iam::{ACCOUNT}:role/{name}")).expect("a principal");
            let policies = Policies::<Missing> {
                identity: PolicySet::seen(documents.iter().map(|statements| policy(&document(statements), "p"))),
                resource: bucket.as_ref().map(|statements| PolicySet::seen([policy(&document(statements), "bucket policy")])),
                ..Policies::default()
            };
            let request = Request::new(principal.clone(), action, target.clone(), Some(ACCOUNT), context.clone());
            let whole = evaluate(&request, &policies).answer;
            prop_assert_eq!(access.decide(&principal, action, &target, &context).answer, whole);
            let found = who.decisions.iter().find(|(other, _)| *other == principal).map(|(_, decision)| decision.answer);
            prop_assert_eq!(found, Some(whole).filter(|answer| !answer.is_denied()));
        }
    }
}

/// Ten thousand roles with twenty statements each, most about resources of their own, some about shared ones, a few wide.
fn large() -> Snapshot {
    let roles = (0..10_000).map(|number| {
        let mut statements: Vec<Value> = (0..18)
            .map(|position| {
                let service = ["s3", "dynamodb", "sqs", "rds", "logs", "kms"][position % 6];
                let on = format!("arn:aws:{service}:::thing-{number}-{position}/*");
                json!({"Effect": "Allow", "Action": [format!("{service}:Get*"), format!("{service}:List*")], "Resource": on})
            })
            .collect();
        statements.push(json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("arn:aws:s3:::store-{}/*", number % 500)}));
        statements.push(if number % 100 == 0 {
            json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
        } else {
            json!({"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}})
        });
        role(&format!("role-{number}"), &[document(&statements)])
    });
    let buckets = (0..500).map(|number| resource(&format!("arn:aws:s3:::store-{number}"), json!({"policy": null})));
    snapshot(json!({"iam-role": roles.collect::<Vec<_>>(), "bucket": buckets.collect::<Vec<_>>()}))
}

#[test]
fn ten_thousand_roles_are_no_trouble() {
    let snapshot = large();
    let index = Index::new(&snapshot);
    let began = Instant::now();
    let access = Access::new(&index);
    let built = began.elapsed();
    let began = Instant::now();
    let mut found = 0;
    for number in 0..500 {
        for action in ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"] {
            let who = access.who_can(action, &Target::any(&format!("arn:aws:s3:::store-{number}/*")), &Context::open());
            found += who.decisions.iter().filter(|(_, decision)| decision.answer == Answer::Allowed).count();
        }
    }
    let asked = began.elapsed();
    // A root user and a hundred wide roles each, and twenty readers a bucket (one bucket in a hundred has them among the wide ones).
    assert_eq!(found, 500 * 3 * 101 + 500 * 20 - 100);
    println!("built in {built:?}, 1,500 questions in {asked:?}");
    // Unoptimized, on a busy machine; it takes a tenth of that when built for use.
    assert!(built + asked < Duration::from_secs(60), "built in {built:?}, 1,500 questions in {asked:?}");
}
