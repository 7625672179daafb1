//! How stores are encrypted at rest, and whose key does it.

use serde_json::{Value, json};

use super::{NO, YES, cluster, field, resource, staged, store, stores};

#[test]
fn sse_rds_is_encrypted_without_a_key_of_ones_own() {
    let subjects = stores(&cluster("aurora-mysql", "8.0.mysql_aurora.3.08.0", "in-sync", &json!({})));
    assert_eq!(field(&subjects, "store", "db", "encrypted"), YES);
    assert_eq!(field(&subjects, "store", "db", "customer_key"), NO);
}

#[test]
fn whose_key_it_is_comes_from_its_manager() {
    let account = |key: &str, fields: Value| {
        json!({
            "dms-instance": [resource("dms", "mover", &json!({ "kms_key_id": key }))],
            "kms-key": [resource("kms", "key/abc", &fields)],
        })
    };
    let arn = "arn:aws:kms:us-east-1:111111111111:key/abc";
    let customers = |key: &str, fields: Value| store(&account(key, fields), "mover", "customer_key");
    assert_eq!(customers(arn, json!({ "manager": "CUSTOMER" })), YES);
    assert_eq!(customers("alias/mine", json!({ "manager": "CUSTOMER", "aliases": ["alias/mine"] })), YES);
    assert_eq!(customers(arn, json!({ "manager": "AWS" })), NO);
    assert_eq!(customers(arn, json!({})), None);
    assert_eq!(customers("alias/mine", json!({ "manager": "CUSTOMER" })), None);
    assert_eq!(customers("alias/aws/dms", json!({})), NO);
    assert_eq!(customers("arn:aws:kms:us-east-1:222222222222:key/far", json!({})), YES);
}

#[test]
fn the_endpoint_overrides_the_buckets_encryption() {
    let kms = json!({ "encryption": { "algorithm": "aws:kms", "kms_key_id": "arn:aws:kms:us-east-1:111111111111:key/abc" } });
    let customers = |staging: Value| store(&staged(&staging, &kms), "stage", "customer_key");
    assert_eq!(customers(json!({ "bucket": "stage" })), NO);
    assert_eq!(customers(json!({ "bucket": "stage", "encryption_mode": "SSE_S3", "kms_key_id": "" })), NO);
    assert_eq!(
        customers(json!({ "bucket": "stage", "encryption_mode": "sse-kms", "kms_key_id": "arn:aws:kms:us-east-1:111111111111:key/abc" })),
        YES
    );
    let subjects = stores(&staged(&json!({ "bucket": "stage" }), &kms));
    let store = subjects.iter().find(|subject| subject.shape == "store").expect("the staging store");
    assert_eq!(store.about.key, "tgt in us-east-1, stage");
    // Endpoints of one name in two regions write into one bucket: two findings, told apart.
    let mut twins = staged(&json!({ "bucket": "stage" }), &kms);
    let mut twin = twins["dms-endpoint"][0].clone();
    twin["id"]["arn"] = json!("arn:aws:dms:eu-west-1:111111111111:tgt");
    twin["id"]["region"] = json!("eu-west-1");
    twins["dms-endpoint"].as_array_mut().expect("a list").push(twin);
    let keys: std::collections::BTreeSet<_> = stores(&twins).into_iter().filter(|one| one.shape == "store").map(|one| one.about.key).collect();
    assert_eq!(keys.len(), 2);
}
