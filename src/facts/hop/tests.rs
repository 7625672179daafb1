//! Hops as the golden cases tell them. What a server enforces is told in the store noun's tests.

use serde_json::{Value, json};

use crate::config::Config;
use crate::evidence::Index;
use crate::facts::pipeline::tests::{REGION, arn, database, endpoint, resource, secrets, snapshot};
use crate::facts::{self, SHAPES, Subject, Type};

fn hop(resources: &Value, gaps: &[(&str, &str)]) -> Subject {
    let snapshot = snapshot(resources, gaps);
    let subjects = facts::derive(&Index::new(&snapshot), &Config::default());
    subjects.into_iter().find(|subject| subject.shape == "hop").expect("a hop")
}

fn of(engine: &str, mut fields: Value) -> Subject {
    if let Some(fields) = fields.as_object_mut() {
        fields.insert("engine".into(), engine.into());
    }
    hop(&json!({"dms-endpoint": [endpoint("src", fields)]}), &[])
}

fn known(hop: &Subject, field: &str) -> Value {
    hop.field(field).and_then(|value| value.value().cloned()).unwrap_or_else(|| panic!("{field} is not known"))
}

#[test]
fn every_field_of_the_shapes_is_set_in_its_type() {
    let secret = resource("secretsmanager", "secret", "s", &json!({}));
    let account = json!({"dms-endpoint": [endpoint("src", json!({"secrets": secrets("s")})), resource("dms", "endpoint", "unread", &json!({}))],
        "dms-task": [resource("dms", "task", "unread", &json!({}))], "dms-instance": [resource("dms", "rep", "unread", &json!({}))],
        "dms-replication-config": [resource("dms", "replication-config", "unread", &json!({}))], "secret": [secret]});
    let snapshot = snapshot(&account, &[]);
    for subject in facts::derive(&Index::new(&snapshot), &Config::default()) {
        let shape = SHAPES.iter().find(|shape| shape.name == subject.shape).expect("a declared shape");
        assert_eq!(subject.fields.len(), shape.fields.len(), "{}", shape.name);
        for field in shape.fields {
            let value = subject.field(field.name).unwrap_or_else(|| panic!("{}.{} is not set", shape.name, field.name)).value();
            let fits = |value: &Value| match field.kind {
                Type::Bool => value.is_boolean(),
                Type::Int => value.is_i64(),
                Type::Text => value.is_string(),
                Type::Texts => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
                Type::Maps => value.as_array().is_some_and(|list| list.iter().all(Value::is_object)),
            };
            assert!(value.is_none_or(|value| fits(value) || (field.nullable && value.is_null())), "{}.{}: {value:?}", shape.name, field.name);
        }
    }
}

#[test]
fn redshift_and_aws_apis_are_never_judged_by_ssl_mode() {
    let redshift = of("redshift", json!({"secrets": secrets("s")}));
    assert_eq!(known(&redshift, "encrypted_asks_person"), json!(true));
    assert_eq!(known(&redshift, "can_verify"), json!(false));
    for engine in ["s3", "kinesis", "dynamodb", "neptune", "opensearch"] {
        assert_eq!(known(&of(engine, json!({})), "tls_judged"), json!(false), "{engine}");
    }
    let clear = of("elasticsearch", json!({"search_clear_text": true}));
    assert_eq!((known(&clear, "tls_judged"), known(&clear, "encrypted")), (json!(true), json!(false)));
}

#[test]
fn kafka_and_redis_have_settings_of_their_own() {
    let kafka = of("kafka", json!({"kafka_security_protocol": "sasl-ssl"}));
    assert_eq!((known(&kafka, "encrypted"), known(&kafka, "verifies")), (json!(true), json!(true)));
    let blind = of("kafka", json!({"kafka_security_protocol": "sasl-ssl", "kafka_endpoint_identification": "none"}));
    assert_eq!(known(&blind, "verifies"), json!(false));
    assert_eq!(known(&of("kafka", json!({"kafka_security_protocol": "plaintext"})), "encrypted"), json!(false));
    assert_eq!(known(&of("redis", json!({})), "encrypted"), json!(true), "its default");
    assert_eq!(known(&of("redis", json!({"redis_protocol": "plaintext"})), "encrypted"), json!(false));
}

#[test]
fn what_the_endpoint_decides_needs_no_server() {
    let denied: &[(&str, &str)] = &[("rds", "DescribeDBInstances"), ("rds", "DescribeDBClusters")];
    let source = |mode: &str| json!({"dms-endpoint": [endpoint("src", json!({"ssl_mode": mode, "secrets": secrets("s")}))]});
    let verified = hop(&source("verify-full"), denied);
    assert_eq!((known(&verified, "encrypted"), known(&verified, "verifies")), (json!(true), json!(true)));
    let required = hop(&source("require"), denied);
    assert_eq!((known(&required, "encrypted"), known(&required, "verifies")), (json!(true), json!(false)));
    assert!(hop(&source("none"), denied).field("encrypted").is_some_and(|value| value.value().is_none()), "the server might enforce TLS");
}

#[test]
fn an_ambiguous_server_excuses_nothing() {
    let databases = [database("a", json!({})), database("b", json!({}))];
    let none = hop(&json!({"dms-endpoint": [endpoint("src", json!({"secrets": secrets("s")}))], "rds-instance": databases}), &[]);
    assert_eq!((known(&none, "encrypted"), known(&none, "encrypted_asks_person")), (json!(false), json!(false)));
}

#[test]
fn certificates_end_and_weaken() {
    let certificate = |name: &str, fields: Value| resource("dms", "cert", name, &fields);
    let source = endpoint("src", json!({"ssl_mode": "verify-ca", "engine": "mysql", "certificate_arn": arn("dms", "cert", "ca")}));
    let with =
        |fields: Value, gaps: &[(&str, &str)]| hop(&json!({"dms-endpoint": [source.clone()], "dms-certificate": [certificate("ca", fields)]}), gaps);
    let past = with(json!({"valid_to": "2026-05-31T00:00:00Z", "key_length": 1024, "signing_algorithm": "SHA256withRSA"}), &[]);
    assert_eq!(known(&past, "expired"), json!(["ca ended 2026-05-31"]));
    assert_eq!(known(&past, "weak"), json!(["ca has a key of 1024 bits"]));
    let near = with(json!({"valid_to": "2026-06-20T00:00:00Z", "key_length": 2048, "signing_algorithm": "SHA256withRSA"}), &[]);
    assert_eq!((known(&near, "expired"), known(&near, "expiring")), (json!([]), json!(["ca ends 2026-06-20"])));
    let missing = hop(&json!({"dms-endpoint": [source]}), &[("dms", "DescribeCertificates")]);
    assert_eq!(known(&missing, "has_certificate"), json!(true));
    assert!(missing.field("expired").is_some_and(|value| value.value().is_none()));
}

#[test]
fn a_server_certificate_that_rds_rotates_may_be_near_its_end() {
    let host = format!("shop.abc.{REGION}.rds.amazonaws.com");
    let shop = |till: &str| {
        json!({"dms-endpoint": [endpoint("src", json!({"ssl_mode": "require", "host": host, "port": 1433}))],
        "rds-instance": [database("shop", json!({"certificate": {"ca": "rds-ca-rsa2048-g1", "valid_till": till}}))]})
    };
    let near = hop(&shop("2026-06-10T00:00:00Z"), &[]);
    assert_eq!((known(&near, "expired"), known(&near, "expiring"), known(&near, "has_certificate")), (json!([]), json!([]), json!(true)));
    assert_eq!(known(&hop(&shop("2026-05-10T00:00:00Z"), &[]), "expired"), json!(["the server certificate of shop ended 2026-05-10"]));
}
