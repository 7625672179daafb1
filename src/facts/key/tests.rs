//! What the fact says of single keys.

use serde_json::{Value, json};

use crate::config::Config;
use crate::evidence::{Derived, Index};
use crate::facts::grant::key_opening::key_opens_to_outsiders;
use crate::facts::grant::open::secret_opening;
use crate::facts::pipeline::Pipelines;
use crate::facts::{FactContext, Subject};
use crate::model::{Snapshot, secret};

const ACCOUNT: &str = "111122223333";

fn arn(region: &str, id: &str) -> String {
    format!("arn:aws:kms:{region}:{ACCOUNT}:key/{id}")
}

fn key(region: &str, id: &str, fields: Value) -> Value {
    json!({"id": {"arn": arn(region, id), "name": id, "account": ACCOUNT, "region": region}, "fields": fields})
}

/// A good customer key, changed by `over`; `null` in it unsets a field as unseen.
fn customer(over: Value) -> Value {
    let root = json!({"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "kms:*", "Resource": "*"});
    let mut fields = json!({
        "aliases": ["alias/ok-key"], "manager": "CUSTOMER", "state": "Enabled", "origin": "AWS_KMS", "spec": "SYMMETRIC_DEFAULT", "deletion_at": null,
        "multi_region_type": null, "rotation": {"enabled": true, "period_days": null}, "policy": {"Statement": [root]}, "grants": [],
    });
    for (name, value) in over.as_object().unwrap() {
        if value == "unseen" {
            fields.as_object_mut().unwrap().remove(name);
        } else {
            fields[name] = value.clone();
        }
    }
    fields
}

fn snapshot(keys: Value) -> Snapshot {
    let first = keys[0]["id"]["arn"].clone();
    let whole = json!({
        "schema": crate::model::snapshot::SCHEMA, "taken_at": "2026-03-01T00:00:00Z", "regions": ["us-east-2"], "reads": [], "gaps": [],
        "caller": {"account": ACCOUNT, "arn": "x", "partition": "aws"},
        "resources": {
            "kms-key": keys,
            "rds-instance": [{"id": {"arn": "arn:aws:rds:us-east-2:111122223333:db:ok", "name": "ok", "account": ACCOUNT, "region": "us-east-2"}, "fields": {"kms_key_id": first}}],
            "secret": [{"id": {"arn": "arn:aws:secretsmanager:us-east-2:111122223333:secret:s-AbCdEf", "name": "s", "account": ACCOUNT, "region": "us-east-2"},
                "fields": {"policy": {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}}}}],
        },
    });
    Snapshot::of_test(&whole.to_string())
}

fn with_world<T>(keys: Value, ask: impl FnOnce(&FactContext<'_>) -> T) -> T {
    let snapshot = snapshot(keys);
    let (index, config) = (Index::new(&snapshot), Config::default());
    let pipelines = Pipelines::resolve(&index, &config);
    ask(&FactContext::new(&index, &config, &pipelines))
}

/// The subject of the first key, which is the one in use.
fn subject(keys: Value) -> Subject {
    let mut subjects = with_world(keys, super::derive);
    assert_eq!(subjects.len(), 1, "only the key in use is in scope");
    let subject = subjects.remove(0);
    let (names, set): (Vec<_>, Vec<_>) =
        (super::KEY.fields.iter().map(|field| field.name).collect(), subject.fields.iter().map(|(name, _)| *name).collect());
    assert!(names.iter().all(|name| set.contains(name)) && names.len() == set.len(), "every field of the shape once");
    subject
}

fn of(over: Value) -> Subject {
    subject(json!([key("us-east-2", "k1", customer(over))]))
}

fn at(subject: &Subject, field: &str) -> Option<Value> {
    subject.field(field).unwrap().value().cloned()
}

#[test]
fn a_good_customer_key() {
    let subject = of(json!({}));
    for (field, value) in [
        ("manager", json!("CUSTOMER")),
        ("used_by", json!(["rds-instance ok"])),
        ("rotation", json!("automatic")),
        ("rotation_days", json!(365)),
        ("state", json!("Enabled")),
        ("usable", json!(true)),
        ("symmetric", json!(true)),
        ("anyone", json!(false)),
        ("undeclared", json!([])),
    ] {
        assert_eq!(at(&subject, field), Some(value), "{field}");
    }
}

#[test]
fn a_key_of_aws_is_known_by_its_alias_alone() {
    let subject = subject(json!([key("us-east-2", "k1", json!({"aliases": ["alias/aws/rds"]}))]));
    for (field, value) in [
        ("manager", json!("AWS")),
        ("rotation", json!("aws-managed")),
        ("state", json!("Enabled")),
        ("usable", json!(true)),
        ("symmetric", json!(true)),
        ("anyone", json!(false)),
        ("undeclared", json!([])),
    ] {
        assert_eq!(at(&subject, field), Some(value), "{field}");
        assert!(!subject.field(field).unwrap().from().is_empty(), "{field} rests on the alias");
    }
}

#[test]
fn what_cannot_rotate_by_itself_rotates_by_hand() {
    for over in [
        json!({"origin": "EXTERNAL", "rotation": {"enabled": false, "period_days": null}}),
        json!({"origin": "AWS_CLOUDHSM", "rotation": "unseen"}),
        json!({"spec": "RSA_2048", "rotation": null}),
        json!({"origin": "unseen", "spec": "unseen", "rotation": null}),
    ] {
        assert_eq!(
            (at(&of(over.clone()), "rotation"), at(&of(over.clone()), "rotation_days")),
            (Some(json!("by-hand")), Some(Value::Null)),
            "{over}"
        );
    }
    assert_eq!(at(&of(json!({"rotation": {"enabled": false, "period_days": null}})), "rotation"), Some(json!("off")));
    assert_eq!(at(&of(json!({"rotation": {"enabled": true, "period_days": 90}})), "rotation_days"), Some(json!(90)));
    for unseen in [json!({"origin": "unseen"}), json!({"spec": "unseen"})] {
        let mut off = unseen.clone();
        off["rotation"] = json!({"enabled": false, "period_days": null});
        assert_eq!(at(&of(off), "rotation"), None, "it may not be able to rotate by itself: {unseen}");
        assert_eq!(at(&of(unseen), "rotation"), Some(json!("automatic")), "what rotates by itself is able to");
    }
    assert_eq!(at(&of(json!({"multi_region_type": "unseen"})), "rotation"), None, "a replica is judged on its primary");
    assert_eq!(at(&of(json!({"rotation": "unseen"})), "rotation"), None);
}

#[test]
fn a_replica_rotates_with_its_primary() {
    let replica = |more: Vec<Value>| {
        let own = key("us-east-2", "mrk-1", customer(json!({"multi_region_type": "REPLICA", "rotation": {"enabled": false, "period_days": null}})));
        subject(json!([vec![own], more].concat()))
    };
    let alone = replica(Vec::new());
    assert!(matches!(alone.field("rotation").unwrap(), Derived::Unseen { missing, .. } if format!("{missing:?}").contains("mrk-1")));
    let primary = key("us-west-1", "mrk-1", customer(json!({"multi_region_type": "PRIMARY"})));
    assert_eq!(at(&replica(vec![primary]), "rotation"), Some(json!("automatic")));
}

#[test]
fn a_dying_or_disabled_key_is_not_usable() {
    for state in ["PendingDeletion", "Disabled", "PendingImport", "Unavailable", "PendingReplicaDeletion", "SomethingNew"] {
        assert_eq!(at(&of(json!({"state": state})), "usable"), Some(json!(false)), "{state}");
    }
    assert_eq!(at(&of(json!({"state": "unseen"})), "usable"), None);
    assert_eq!(at(&of(json!({"spec": "RSA_2048"})), "symmetric"), Some(json!(false)));
}

#[test]
fn a_denied_policy_is_unseen_unless_a_grant_decides() {
    let blind = of(json!({"policy": "unseen"}));
    assert_eq!((at(&blind, "anyone"), at(&blind, "undeclared")), (None, None));
    let outsider = json!({"grantee": "arn:aws:iam::999988887777:role/x", "operations": ["Decrypt"], "constrained": false});
    let found = of(json!({"policy": "unseen", "grants": [outsider]}));
    assert_eq!((at(&found, "anyone"), at(&found, "undeclared")), (None, Some(json!(["arn:aws:iam::999988887777:role/x"]))));
    assert_eq!(at(&found, "policy_why"), Some(json!("a grant names arn:aws:iam::999988887777:role/x for kms:Decrypt")));
    let open = json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}});
    assert_eq!(at(&of(json!({"policy": open, "grants": "unseen"})), "anyone"), Some(json!(true)));
}

#[test]
fn grants_to_services_and_to_the_account_are_fine() {
    let grant = |grantee: &str, operation: &str| json!({"grantee": grantee, "operations": [operation], "constrained": true});
    let fine = json!([
        grant("rds.us-east-2.amazonaws.com", "Decrypt"),
        grant("dms.amazonaws.com", "CreateGrant"),
        grant("arn:aws:sts::111122223333:assumed-role/x/y", "Decrypt"),
        grant("AROAEXAMPLEEXAMPLE123", "Decrypt"),
        grant("arn:aws:iam::999988887777:root", "DescribeKey"),
    ]);
    assert_eq!(at(&of(json!({"grants": fine})), "undeclared"), Some(json!([])));
    assert_eq!(at(&of(json!({"grants": [grant("*", "Decrypt")]})), "anyone"), Some(json!(true)));
}

#[test]
fn an_open_secret_is_readable_where_its_key_opens_too() {
    let open = json!({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}});
    let keys =
        json!([key("us-east-2", "k1", customer(json!({}))), key("us-east-2", "k2", customer(json!({"aliases": ["alias/wide"], "policy": open})))]);
    with_world(keys, |ctx| {
        let opens = |id: &str| key_opens_to_outsiders(ctx, id, "us-east-2");
        assert_eq!(opens("alias/aws/secretsmanager").value(), Some(&false));
        assert_eq!(
            (opens(&arn("us-east-2", "k1")).value(), opens("k2").value(), opens("alias/wide").value()),
            (Some(&false), Some(&true), Some(&true))
        );
        assert_eq!(opens("alias/unheard-of").value(), None);
        assert_eq!(key_opens_to_outsiders(ctx, "k2", "eu-west-1").value(), None, "another region's key");
        let secret = &ctx.index.all::<secret::Secret>()[0];
        assert!(secret_opening(ctx, secret).value().is_some_and(|opening| opening.anyone));
    });
}
