//! Golden cases of stores, and the small accounts that they are told with.

use serde_json::{Value, json};

use super::super::derived::Derived;
use super::super::pipeline::Pipelines;
use super::super::{Index, SHAPES, Subject, Type, World};
use crate::config::Config;
use crate::model::Snapshot;

/// A resource in `us-east-1` as a snapshot holds it.
pub fn resource(service: &str, name: &str, fields: &Value) -> Value {
    json!({ "id": { "arn": format!("arn:aws:{service}:us-east-1:111111111111:{name}"), "name": name, "account": "111111111111", "region": "us-east-1" }, "fields": fields })
}

/// A bucket.
pub fn bucket(name: &str, fields: &Value) -> Value {
    json!({ "id": { "arn": format!("arn:aws:s3:::{name}"), "name": name, "account": "111111111111", "region": "global" }, "fields": fields })
}

/// A snapshot of one account with these resources, and nothing hidden.
pub fn account(resources: &Value) -> Snapshot {
    with_gaps(resources, &json!([]))
}

/// A snapshot with gaps.
pub fn with_gaps(resources: &Value, gaps: &Value) -> Snapshot {
    let text = json!({
        "schema": crate::model::snapshot::SCHEMA, "taken_at": "2026-11-01T00:00:00Z", "regions": ["us-east-1"], "reads": [], "gaps": gaps,
        "caller": { "account": "111111111111", "arn": "arn:aws:iam::111111111111:role/auditor", "partition": "aws" }, "resources": resources,
    });
    Snapshot::parse(&text.to_string(), "test").expect("the test's snapshot parses")
}

/// A list call that was denied.
pub fn denied(service: &str, operation: &str) -> Value {
    json!([{ "account": "111111111111", "region": "us-east-1", "service": service, "operation": operation, "code": "AccessDenied", "message": "no" }])
}

/// Derives, and holds every subject against its shape: each field set once, in its declared type.
pub fn derive(snapshot: &Snapshot, config: &Config, noun: fn(&World<'_>) -> Vec<Subject>) -> Vec<Subject> {
    let index = Index::new(snapshot);
    let pipelines = Pipelines::resolve(&index, config);
    let subjects = noun(&World { index: &index, config, pipelines: &pipelines });
    for subject in &subjects {
        let shape = SHAPES.iter().find(|shape| shape.name == subject.shape).expect("a declared shape");
        assert!(shape.kinds.contains(&subject.about.kind), "{} of {}", subject.shape, subject.about.kind);
        let mut set: Vec<_> = subject.fields.iter().map(|(name, _)| *name).collect();
        let mut declared: Vec<_> = shape.fields.iter().map(|field| field.name).collect();
        set.sort_unstable();
        declared.sort_unstable();
        assert_eq!(set, declared, "{} {}", subject.shape, subject.about.resource.name);
        for field in shape.fields {
            let Some(value) = subject.field(field.name).and_then(Derived::value) else { continue };
            let fits = match field.kind {
                Type::Bool => value.is_boolean(),
                Type::Int => value.is_i64(),
                Type::Text => value.is_string(),
                Type::Texts => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
                Type::Maps => value.as_array().is_some_and(|all| all.iter().all(Value::is_object)),
            };
            assert!(fits || field.nullable && value.is_null(), "{} {} = {value}", subject.shape, field.name);
        }
    }
    subjects
}

/// A field of the one subject of this shape and name; `None` is unseen.
pub fn field(subjects: &[Subject], shape: &str, name: &str, field: &str) -> Option<Value> {
    let named: Vec<_> = subjects.iter().filter(|subject| subject.shape == shape && *subject.about.resource.name == *name).collect();
    assert_eq!(named.len(), 1, "{shape} of {name}");
    named[0].field(field).expect("a field of the shape").value().cloned()
}

fn stores(resources: &Value) -> Vec<Subject> {
    derive(&account(resources), &Config::default(), super::derive)
}

fn store(resources: &Value, name: &str, wanted: &str) -> Option<Value> {
    field(&stores(resources), "store", name, wanted)
}

/// An instance `db` with one parameter group `pg`.
fn instance(engine: &str, version: &str, status: &str, parameters: &Value) -> Value {
    json!({
        "rds-instance": [resource("rds", "db", &json!({
            "engine": engine, "engine_version": version, "cluster_id": null, "storage_encrypted": true, "storage_encryption_type": null, "kms_key_id": null,
            "parameter_groups": [{ "name": "pg", "status": status }], "option_groups": [],
        }))],
        "rds-parameter-group": [resource("rds", "pg", &json!({ "parameters": parameters }))],
    })
}

fn value(name: &str, value: &str) -> Value {
    json!({ name: { "value": value, "apply_type": "static", "apply_method": "pending-reboot" } })
}

fn enforced(engine: &str, version: &str, status: &str, parameters: &Value) -> Option<Value> {
    store(&instance(engine, version, status, parameters), "db", "tls_enforced")
}

const YES: Option<Value> = Some(Value::Bool(true));
const NO: Option<Value> = Some(Value::Bool(false));

#[test]
fn a_static_parameter_counts_after_the_reboot() {
    let one = value("rds.force_ssl", "1");
    assert_eq!(enforced("sqlserver-se", "15.00.4430.1.v1", "in-sync", &one), YES);
    assert_eq!(enforced("sqlserver-se", "15.00.4430.1.v1", "pending-reboot", &one), NO);
    assert_eq!(enforced("sqlserver-se", "15.00.4430.1.v1", "failed-to-apply", &one), NO);
    assert_eq!(enforced("sqlserver-se", "15.00.4430.1.v1", "pending-reboot", &value("rds.force_ssl", "0")), NO);
}

#[test]
fn a_dynamic_parameter_that_was_applied_at_once_needs_no_reboot() {
    let set = |method: &str| json!({ "require_secure_transport": { "value": "ON", "apply_type": "dynamic", "apply_method": method } });
    assert_eq!(enforced("mysql", "8.0.36", "pending-reboot", &set("immediate")), YES);
    assert_eq!(enforced("mysql", "8.0.36", "pending-reboot", &set("pending-reboot")), NO);
    assert_eq!(enforced("mysql", "8.0.36", "failed-to-apply", &set("immediate")), NO);
}

#[test]
fn an_unset_parameter_is_the_engines_default() {
    let unset = json!({});
    for (engine, version, expected) in [
        ("postgres", "16.3", true),
        ("postgres", "15.2", true),
        ("postgres", "14.12", false),
        ("mysql", "8.4.3", false),
        ("mariadb", "11.8.2", true),
        ("mariadb", "11.4.4", false),
        ("mariadb", "10.4.1", false),
        ("sqlserver-ex", "16.00.4131.2.v1", false),
    ] {
        assert_eq!(enforced(engine, version, "in-sync", &unset), Some(expected.into()), "{engine} {version}");
    }
    // Golden 5: the value may also be spelled out.
    assert_eq!(enforced("mariadb", "11.8.2", "in-sync", &value("require_secure_transport", "ON")), YES);
}

#[test]
fn db2_listens_on_what_db2comm_lists() {
    assert_eq!(enforced("db2-se", "11.5.9.0", "in-sync", &value("DB2COMM", "TCPIP,SSL")), NO);
    assert_eq!(enforced("db2-se", "11.5.9.0", "in-sync", &value("DB2COMM", "SSL")), YES);
    assert_eq!(enforced("db2-se", "11.5.9.0", "in-sync", &json!({})), NO);
}

#[test]
fn rds_custom_and_unknown_engines_are_a_question() {
    for engine in ["custom-sqlserver-ee", "brand-new"] {
        assert_eq!(store(&instance(engine, "1", "in-sync", &json!({})), "db", "tls_asks_person"), YES);
    }
}

#[test]
fn a_group_that_was_not_read_proves_nothing() {
    let mut account = instance("sqlserver-se", "15.00.4430.1.v1", "in-sync", &json!({}));
    account["rds-parameter-group"][0]["fields"] = json!({});
    assert_eq!(store(&account, "db", "tls_enforced"), None);
    assert_eq!(store(&account, "db", "tls_why"), None);
}

fn cluster(engine: &str, version: &str, reader: &str, parameters: &Value) -> Value {
    json!({
        "rds-cluster": [resource("rds", "db", &json!({
            "engine": engine, "engine_version": version, "parameter_group": "pg", "storage_encrypted": false, "storage_encryption_type": "sse-rds", "kms_key_id": null,
            "members": [{ "instance_id": "w", "writer": true, "parameter_group_status": "in-sync" }, { "instance_id": "r", "writer": false, "parameter_group_status": reader }],
        }))],
        "rds-cluster-parameter-group": [resource("rds", "pg", &json!({ "parameters": parameters }))],
        "rds-instance": [resource("rds", "w", &json!({ "engine": engine, "engine_version": version, "cluster_id": "db" }))],
    })
}

#[test]
fn a_cluster_is_judged_by_its_own_group_on_every_member() {
    let set = json!({ "rds.force_ssl": { "value": "1", "apply_type": "dynamic", "apply_method": "immediate" } });
    assert_eq!(store(&cluster("aurora-postgresql", "16.4", "in-sync", &set), "db", "tls_enforced"), YES);
    let pending = cluster("aurora-postgresql", "16.4", "pending-reboot", &set);
    assert_eq!(store(&pending, "db", "tls_enforced"), NO);
    assert_eq!(store(&pending, "db", "tls_why"), Some("rds.force_ssl=1 in pg, but not proven in force: pending-reboot on r".into()));
    assert_eq!(store(&cluster("aurora-postgresql", "17.4", "in-sync", &json!({})), "db", "tls_enforced"), YES);
    assert_eq!(store(&cluster("aurora-postgresql", "16.4", "in-sync", &json!({})), "db", "tls_enforced"), NO);
    assert_eq!(store(&cluster("aurora-mysql", "8.4.mysql_aurora.4.01.0", "in-sync", &json!({})), "db", "tls_enforced"), YES);
    assert_eq!(store(&cluster("aurora-mysql", "8.0.mysql_aurora.3.08.0", "in-sync", &json!({})), "db", "tls_enforced"), NO);
    // Golden 8: a member is no store of its own.
    assert!(stores(&pending).iter().all(|subject| &*subject.about.resource.name != "w"));
}

#[test]
fn neptune_is_no_rds_store() {
    let subjects = stores(&cluster("neptune", "1.3.2.0", "in-sync", &json!({})));
    for (name, expected) in [("in_family", false), ("tls_judged", false), ("tls_asks_person", false)] {
        assert_eq!(field(&subjects, "store", "db", name), Some(expected.into()));
    }
}

#[test]
fn sse_rds_is_encrypted_without_a_key_of_ones_own() {
    let subjects = stores(&cluster("aurora-mysql", "8.0.mysql_aurora.3.08.0", "in-sync", &json!({})));
    assert_eq!(field(&subjects, "store", "db", "encrypted"), YES);
    assert_eq!(field(&subjects, "store", "db", "customer_key"), NO);
}

fn oracle(options: &Value, rules: &Value) -> Value {
    let mut account = instance("oracle-ee", "19.0.0.0.ru-2025-01.rur-2025-01.r1", "in-sync", &json!({}));
    let fields = &mut account["rds-instance"][0]["fields"];
    fields["option_groups"] = json!([{ "name": "og", "status": "in-sync" }]);
    fields["endpoint"] = json!({ "host": "db.example", "port": 1521 });
    fields["security_groups"] = json!(["sg-1"]);
    account["rds-option-group"] = json!([resource("rds", "og", &json!({ "options": options }))]);
    account["security-group"] = json!([resource("ec2", "sg-1", &json!({ "vpc_id": "vpc-1", "ingress": rules, "egress": [] }))]);
    account
}

#[test]
fn oracles_ssl_option_leaves_the_first_port_to_the_security_groups() {
    let ssl = json!([{ "name": "SSL", "port": 2484, "settings": { "SQLNET.SSL_VERSION": "1.2" }, "security_groups": [] }]);
    let rule = |from: i64, to: i64| json!({ "protocol": "tcp", "from_port": from, "to_port": to, "cidrs": ["10.0.0.0/8"] });
    assert_eq!(store(&oracle(&ssl, &json!([rule(1521, 1521), rule(2484, 2484)])), "db", "tls_enforced"), NO);
    assert_eq!(store(&oracle(&ssl, &json!([rule(2484, 2484)])), "db", "tls_enforced"), YES);
    assert_eq!(store(&oracle(&ssl, &json!([{ "protocol": "-1", "cidrs": ["10.0.0.0/8"] }])), "db", "tls_enforced"), NO);
    // A group that the option brings admits to the instance as well.
    let mut brought = ssl.clone();
    brought[0]["security_groups"] = json!(["sg-2"]);
    let mut account = oracle(&brought, &json!([rule(2484, 2484)]));
    let second = resource("ec2", "sg-2", &json!({ "vpc_id": "vpc-1", "ingress": [rule(1521, 1521)], "egress": [] }));
    account["security-group"].as_array_mut().expect("a list").push(second);
    assert_eq!(store(&account, "db", "tls_enforced"), NO);
    let mut unread = oracle(&ssl, &json!([]));
    unread["security-group"][0]["fields"] = json!({});
    assert_eq!(store(&unread, "db", "tls_enforced"), None);
}

#[test]
fn native_network_encryption_must_be_required() {
    let option = |settings: Value| json!([{ "name": "NATIVE_NETWORK_ENCRYPTION", "port": null, "settings": settings, "security_groups": [] }]);
    assert_eq!(store(&oracle(&option(json!({})), &json!([])), "db", "tls_enforced"), NO);
    assert_eq!(store(&oracle(&option(json!({ "SQLNET.ENCRYPTION_SERVER": null })), &json!([])), "db", "tls_enforced"), NO);
    let required = option(json!({ "SQLNET.ENCRYPTION_SERVER": "REQUIRED", "SQLNET.ENCRYPTION_TYPES_SERVER": "AES256,RC4_128" }));
    assert_eq!(store(&oracle(&required, &json!([])), "db", "tls_enforced"), YES);
    assert_eq!(store(&oracle(&required, &json!([])), "db", "weak_tls"), Some(json!(["RC4_128"])));
}

#[test]
fn what_default_means_for_old_tls_depends_on_the_build() {
    let weak = |version: &str, parameters: &Value| store(&instance("sqlserver-se", version, "in-sync", parameters), "db", "weak_tls");
    let every = json!(["3DES", "RC4", "TLS 1.0", "TLS 1.1"]);
    assert_eq!(weak("15.00.4430.1.v1", &json!({})), Some(json!([])));
    assert_eq!(weak("15.00.4365.2.v1", &json!({})), Some(every.clone()));
    assert_eq!(weak("14.00.3281.6.v1", &value("rds.tls10", "default")), Some(every));
    assert_eq!(weak("15.00.4430.1.v1", &value("rds.tls10", "enabled")), Some(json!(["TLS 1.0"])));
    assert_eq!(store(&instance("sqlserver-se", "17.00.1.1.v1", "in-sync", &json!({})), "db", "weak_tls_asks_person"), YES);
}

#[test]
fn old_tls_by_engine() {
    let weak = |engine: &str, version: &str, parameters: &Value| store(&instance(engine, version, "in-sync", parameters), "db", "weak_tls");
    assert_eq!(weak("postgres", "16.3", &json!({})), Some(json!([])));
    assert_eq!(weak("postgres", "16.3", &value("ssl_min_protocol_version", "TLSv1.1")), Some(json!(["TLS 1.1"])));
    assert_eq!(weak("mysql", "8.0.36", &json!({})), Some(json!([])));
    assert_eq!(weak("mysql", "5.7.44", &json!({})), Some(json!(["TLS 1.0", "TLS 1.1"])));
    assert_eq!(weak("mariadb", "10.6.20", &value("tls_version", "TLSv1.1,TLSv1.2")), Some(json!(["TLS 1.1"])));
    assert_eq!(store(&instance("mariadb", "10.6.20", "in-sync", &json!({})), "db", "weak_tls_asks_person"), YES);
}

fn redshift(group: &str, group_status: &str, own: &Value, value: &Value) -> Value {
    json!({
        "redshift-cluster": [resource("redshift", "dw", &json!({
            "encrypted": true, "kms_key_id": null, "parameter_groups": [{ "name": group, "status": group_status, "parameters": own }],
        }))],
        "redshift-parameter-group": [resource("redshift", group, &json!({ "parameters": value }))],
    })
}

#[test]
fn redshift_says_per_parameter_whether_it_is_in_force() {
    let on = json!({ "require_ssl": "true" });
    let enforced = |account: &Value| store(account, "dw", "tls_enforced");
    assert_eq!(enforced(&redshift("custom", "in-sync", &json!({}), &on)), YES);
    assert_eq!(enforced(&redshift("custom", "in-sync", &json!({ "require_ssl": "pending-reboot" }), &on)), NO);
    // The group waits for something else.
    assert_eq!(enforced(&redshift("custom", "pending-reboot", &json!({ "require_ssl": "in-sync" }), &on)), YES);
    assert_eq!(enforced(&redshift("custom", "pending-reboot", &json!({}), &on)), NO);
    assert_eq!(enforced(&redshift("default.redshift-1.0", "in-sync", &json!({}), &json!({}))), NO);
    assert_eq!(enforced(&redshift("default.redshift-2.0", "in-sync", &json!({}), &json!({}))), YES);
    // Golden 30.
    let subjects = stores(&redshift("custom", "in-sync", &json!({}), &on));
    assert_eq!(field(&subjects, "store", "dw", "encrypted"), YES);
    assert_eq!(field(&subjects, "store", "dw", "encryption"), Some("a key that AWS owns".into()));
    assert_eq!(field(&subjects, "store", "dw", "customer_key"), NO);
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

fn staged(staging: &Value, fields: &Value) -> Value {
    json!({
        "dms-endpoint": [resource("dms", "tgt", &json!({ "engine": "redshift", "endpoint_type": "target", "staging": staging, "connection_attributes": {} }))],
        "bucket": [bucket("stage", fields)],
        "kms-key": [resource("kms", "key/abc", &json!({ "manager": "CUSTOMER" }))],
        "account": [{ "id": { "arn": "arn:aws:iam::111111111111:root", "name": "111111111111", "account": "111111111111", "region": "global" },
            "fields": { "public_access_block": null } }],
    })
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

const OPEN: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::stage/*"}]}"#;

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
    let mut unread = staged(&staging, &json!({ "policy": null, "acl": [] }));
    unread["account"][0]["fields"] = json!({});
    assert_eq!(public(&unread), NO);
    unread["bucket"][0]["fields"] = json!({ "policy": policy, "acl": [] });
    assert_eq!(public(&unread), None);
    let acl = json!({ "policy": null, "public_access_block": null, "acl": [{ "grantee": "http://acs.amazonaws.com/groups/global/AllUsers", "permission": "READ" }] });
    assert_eq!(public(&staged(&staging, &acl)), YES);
    let canned = json!({ "bucket": "stage", "canned_acl": "public-read" });
    assert_eq!(public(&staged(&canned, &json!({ "policy": null, "acl": [], "public_access_block": null }))), YES);
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
    let narrowed = json!({ "Bool": { "aws:SecureTransport": "false" }, "StringEquals": { "aws:PrincipalTag/x": "y" } });
    assert_eq!(requires(deny(json!("*"), both, narrowed)), NO);
}

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
    let hidden = derive(&with_gaps(&resources, &denied("dms", "DescribeEndpoints")), &Config::default(), super::derive);
    assert_eq!(field(&hidden, "bucket-use", "logs", "log_only"), None);
}
