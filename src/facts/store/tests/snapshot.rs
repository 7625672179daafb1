//! Snapshots: who may restore them.

use serde_json::{Value, json};

use super::{NO, YES, field, resource, stores};

#[test]
fn who_may_restore_a_snapshot() {
    let public = |fields: Value| {
        let subjects = stores(&json!({ "rds-snapshot": [resource("rds", "snap", &fields)] }));
        (field(&subjects, "snapshot", "snap", "public"), field(&subjects, "snapshot", "snap", "undeclared_accounts"))
    };
    let shared = json!({ "encrypted": false, "restore_accounts": ["all", "999988887777", "111111111111"] });
    assert_eq!(public(shared), (YES, Some(json!(["999988887777"]))));
    assert_eq!(public(json!({ "encrypted": false })), (None, None));
    // AWS lets no encrypted snapshot be public, and none under its own key be shared.
    let key = "arn:aws:kms:us-east-1:111111111111:key/gone";
    assert_eq!(public(json!({ "encrypted": true, "kms_key_id": key })), (NO, None));
    assert_eq!(public(json!({ "encrypted": true, "kms_key_id": "arn:aws:kms:us-east-1:111111111111:alias/aws/rds" })), (NO, Some(json!([]))));
}
