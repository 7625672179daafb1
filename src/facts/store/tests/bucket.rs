//! Buckets that a pipeline uses: who can open them, what stays in them, and what they hold.

use serde_json::{Value, json};

use super::{NO, YES, bucket, denied, derive, field, resource, staged, stores, with_gaps};
use crate::config::Config;

const OPEN: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::stage/*"}]}"#;

#[test]
fn objects_may_be_public_where_nothing_disables_or_ignores_their_acls() {
    let of = |ownership: &Value, ignored: &Value| {
        let fields = json!({ "policy": null, "acl": [], "ownership": ownership, "public_access_block": ignored });
        field(&stores(&staged(&json!({ "bucket": "stage" }), &fields)), "bucket-use", "stage", "objects_may_be_public")
    };
    let block = json!({ "block_public_acls": false, "ignore_public_acls": true, "block_public_policy": false, "restrict_public_buckets": false });
    assert_eq!(of(&json!("ObjectWriter"), &Value::Null), YES);
    assert_eq!(of(&Value::Null, &Value::Null), YES, "before 2023 a bucket had no ownership controls, and ACLs");
    assert_eq!(of(&json!("BucketOwnerEnforced"), &Value::Null), NO);
    assert_eq!(of(&json!("ObjectWriter"), &block), NO);
}

#[test]
fn a_block_at_either_level_shuts_a_bucket() {
    let policy: Value = serde_json::from_str(OPEN).expect("JSON");
    let block = |on: bool| json!({ "block_public_acls": on, "ignore_public_acls": on, "block_public_policy": on, "restrict_public_buckets": on });
    let open = json!({ "policy": policy, "acl": [], "public_access_block": null });
    let public = |account: &Value| field(&stores(account), "bucket-use", "stage", "public");
    let staging = json!({ "bucket": "stage" });
    assert_eq!(public(&staged(&staging, &open)), YES);
    let mut shut = staged(&staging, &open);
    shut["account"][0]["fields"]["public_access_block"] = block(true);
    assert_eq!(public(&shut), NO);
    // The account's block is enough, even where the bucket's policy and ACL were not read.
    shut["bucket"][0]["fields"] = json!({ "encryption": null });
    assert_eq!(public(&shut), NO);
    // But a bucket of which nothing could be read may be another account's, and our block none of its business.
    shut["bucket"][0]["fields"] = json!({});
    assert_eq!(public(&shut), None);
    let mut unread = staged(&staging, &json!({ "policy": null, "acl": [], "ownership": "BucketOwnerEnforced" }));
    unread["account"][0]["fields"] = json!({});
    assert_eq!(public(&unread), NO);
    unread["bucket"][0]["fields"] = json!({ "policy": policy, "acl": [] });
    assert_eq!(public(&unread), None);
    let acl = json!({ "policy": null, "public_access_block": null, "acl": [{ "grantee": "http://acs.amazonaws.com/groups/global/AllUsers", "permission": "READ" }] });
    assert_eq!(public(&staged(&staging, &acl)), YES);
    let canned = json!({ "bucket": "stage", "canned_acl": "public-read" });
    let owned =
        |ownership: Value| public(&staged(&canned, &json!({ "policy": null, "acl": [], "public_access_block": null, "ownership": ownership })));
    assert_eq!([Value::Null, json!("ObjectWriter"), json!("BucketOwnerEnforced")].map(owned), [YES, YES, NO], "without ACLs S3 refuses such a write");
    assert_eq!(public(&staged(&canned, &json!({ "policy": null, "acl": [], "public_access_block": null }))), None);
}

#[test]
fn plain_http_is_denied_to_everyone_and_on_everything() {
    let requires = |statement: Value| {
        let policy = json!({ "Version": "2012-10-17", "Statement": statement });
        field(&stores(&staged(&json!({ "bucket": "stage" }), &json!({ "policy": policy }))), "bucket-use", "stage", "requires_tls")
    };
    let deny = |principal: Value, resource: Value, condition: Value| json!([{ "Effect": "Deny", "Principal": principal, "Action": "s3:*", "Resource": resource, "Condition": condition }]);
    let (both, http) = (json!(["arn:aws:s3:::stage", "arn:aws:s3:::stage/*"]), json!({ "Bool": { "AWS:securetransport": "false" } }));
    assert_eq!(requires(deny(json!({ "AWS": "*" }), both.clone(), http.clone())), YES);
    assert_eq!(requires(deny(json!("*"), json!("arn:aws:s3:::stage*"), http.clone())), YES);
    assert_eq!(requires(deny(json!("*"), json!("arn:aws:s3:::stage/*"), http.clone())), NO);
    assert_eq!(requires(deny(json!("*"), json!(["arn:aws:s3:::stage", "arn:aws:s3:::stage/?"]), http.clone())), NO);
    assert_eq!(requires(deny(json!({ "AWS": "arn:aws:iam::111111111111:root" }), both.clone(), http)), NO);
    for narrowed in [
        json!({ "Bool": { "aws:SecureTransport": "false" }, "StringEquals": { "aws:PrincipalTag/x": "y" } }),
        json!({ "Bool": { "aws:SecureTransport": "false" }, "StringNotEquals": { "aws:PrincipalAccount": "111111111111" } }),
        json!({ "Bool": { "aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "false" } }),
        json!({ "NumericLessThan": { "s3:TlsVersion": "1.2" } }),
        json!({ "NumericEquals": { "s3:TlsVersion": "1.2" } }),
        json!({ "Null": { "s3:TlsVersion": "false" } }),
        json!({ "Bool": { "aws:SecureTransport": "true" } }),
        json!({ "Null": { "aws:SecureTransport": "true" } }),
    ] {
        assert_eq!(requires(deny(json!("*"), both.clone(), narrowed.clone())), NO, "{narrowed}");
    }
    // Every request says whether it came over TLS: these strike each that did not.
    for whole in [
        json!({ "BoolIfExists": { "aws:SecureTransport": "false" } }),
        json!({ "ForAllValues:Bool": { "aws:SecureTransport": "false" } }),
        json!({ "StringNotEquals": { "aws:SecureTransport": "true" } }),
        // What came over plain HTTP has no version of TLS.
        json!({ "NumericNotEquals": { "s3:TlsVersion": "1.2" } }),
        json!({ "NumericLessThanIfExists": { "s3:TlsVersion": "1.2" } }),
        json!({ "Null": { "s3:TlsVersion": "true" } }),
        json!({}),
    ] {
        assert_eq!(requires(deny(json!("*"), both.clone(), whole.clone())), YES, "{whole}");
    }
    let but = |what: &str, list: Value| {
        let mut statement = deny(json!("*"), both.clone(), json!({ "Bool": { "aws:SecureTransport": "false" } }));
        let usual = what.trim_start_matches("Not");
        statement[0].as_object_mut().expect("a statement").remove(usual);
        statement[0][what] = list;
        statement
    };
    assert_eq!(requires(but("NotAction", json!("s3:GetObject"))), NO);
    assert_eq!(requires(but("NotAction", json!("iam:*"))), YES);
    assert_eq!(requires(but("Action", json!(["s3:GetObject*", "s3:ListBucket"]))), NO);
    assert_eq!(requires(but("NotResource", json!("arn:aws:s3:::stage/public/*"))), NO);
    assert_eq!(requires(but("NotResource", json!("arn:aws:s3:::other*"))), YES);
    for spared in [
        json!({ "AWS": "arn:aws:iam::999988887777:root" }),
        json!({ "AWS": "arn:aws:iam::111111111111:role/etl" }),
        json!({ "Service": "dms.amazonaws.com" }),
    ] {
        assert_eq!(requires(but("NotPrincipal", spared.clone())), NO, "{spared}");
    }
}

#[test]
fn versions_and_replicas_are_residue() {
    let staging = json!({ "bucket": "stage" });
    let versioned =
        |state: Value| field(&stores(&staged(&staging, &json!({ "versioning": state, "replication_targets": [] }))), "staging", "stage", "versioned");
    assert_eq!(versioned(json!("Enabled")), YES);
    assert_eq!(versioned(json!("Suspended")), YES);
    assert_eq!(versioned(Value::Null), NO);
    assert_eq!(field(&stores(&staged(&staging, &json!({}))), "staging", "stage", "versioned"), None);
    assert_eq!(field(&stores(&staged(&json!({ "bucket": null }), &json!({}))), "staging", "tgt", "named"), NO);
    let mut serverless = staged(&json!({ "bucket": null }), &json!({}));
    serverless["dms-endpoint"][0]["fields"]["engine"] = json!("redshift-serverless");
    assert_eq!(field(&stores(&serverless), "staging", "tgt", "named"), NO);
}

#[test]
fn a_bucket_holds_logs_alone_only_where_everything_was_listed() {
    let resources = json!({
        "redshift-cluster": [resource("redshift", "dw", &json!({ "logging": { "enabled": true, "bucket": "logs" } }))],
        "bucket": [bucket("logs", &json!({ "encryption": { "algorithm": "AES256" } }))],
    });
    let subjects = stores(&resources);
    assert_eq!(field(&subjects, "bucket-use", "logs", "log_only"), YES);
    assert_eq!(field(&subjects, "store", "logs", "takes_customer_key"), NO);
    assert_eq!(field(&subjects, "store", "logs", "encrypted"), YES);
    let hidden = derive(&with_gaps(&resources, &denied("dms", "DescribeEndpoints")), &Config::default(), super::super::derive);
    assert_eq!(field(&hidden, "bucket-use", "logs", "log_only"), None);
}
