//! Golden cases of stores, and the small accounts that they are told with.

mod bucket;
mod encryption;
mod snapshot;
mod tls;

use serde_json::{Value, json};

use super::super::pipeline::Pipelines;
use super::super::{FactContext, SHAPES, Subject, Type};
use super::parameters::listed;
use crate::config::Config;
use crate::evidence::{Derived, Index};
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
        "schema": crate::model::snapshot::SCHEMA, "written_by": env!("CARGO_PKG_VERSION"), "taken_at": "2026-11-01T00:00:00Z", "regions": ["us-east-1"], "reads": [], "gaps": gaps,
        "caller": { "account": "111111111111", "arn": "arn:aws:iam::111111111111:role/auditor", "partition": "aws" }, "resources": resources,
    });
    Snapshot::of_test(&text.to_string())
}

/// A list call that was denied.
pub fn denied(service: &str, operation: &str) -> Value {
    json!([{ "account": "111111111111", "region": "us-east-1", "service": service, "operation": operation, "code": "AccessDenied", "message": "no" }])
}

/// Derives, and holds every subject against its shape: each field set once, in its declared type.
pub fn derive(snapshot: &Snapshot, config: &Config, noun: fn(&FactContext<'_>) -> Vec<Subject>) -> Vec<Subject> {
    let index = Index::new(snapshot);
    let pipelines = Pipelines::resolve(&index, config);
    let subjects = noun(&FactContext::new(&index, config, &pipelines));
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
        "rds-parameter-group": [resource("rds", "pg", &json!({ "parameters": listed(parameters) }))],
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

fn cluster(engine: &str, version: &str, reader: &str, parameters: &Value) -> Value {
    json!({
        "rds-cluster": [resource("rds", "db", &json!({
            "engine": engine, "engine_version": version, "parameter_group": "pg", "storage_encrypted": false, "storage_encryption_type": "sse-rds", "kms_key_id": null,
            "members": [{ "instance_id": "w", "writer": true, "parameter_group_status": "in-sync" }, { "instance_id": "r", "writer": false, "parameter_group_status": reader }],
        }))],
        "rds-cluster-parameter-group": [resource("rds", "pg", &json!({ "parameters": listed(parameters) }))],
        "rds-instance": [resource("rds", "w", &json!({ "engine": engine, "engine_version": version, "cluster_id": "db" }))],
    })
}

fn redshift(group: &str, group_status: &str, own: &Value, value: &Value) -> Value {
    json!({
        "redshift-cluster": [resource("redshift", "dw", &json!({
            "encrypted": true, "kms_key_id": null, "parameter_groups": [{ "name": group, "status": group_status, "parameters": own }],
        }))],
        "redshift-parameter-group": [resource("redshift", group, &json!({ "parameters": value }))],
    })
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
