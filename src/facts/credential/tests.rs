//! Logins and rotations as the golden cases tell them.

use serde_json::{Value, json};

use crate::config::Config;
use crate::evidence::Index;
use crate::facts::pipeline::tests::{REGION, arn, database, endpoint, resource, secrets, snapshot};
use crate::facts::{self, Subject};

fn subjects(resources: &Value, gaps: &[(&str, &str)]) -> Vec<Subject> {
    let snapshot = snapshot(resources, gaps);
    facts::derive(&Index::new(&snapshot), &Config::default())
}

fn value(subjects: &[Subject], shape: &str, name: &str, field: &str) -> Option<Value> {
    let subject = subjects.iter().find(|subject| subject.shape == shape && &*subject.about.resource.name == name).expect("a subject");
    subject.field(field).expect("a field of the shape").value().cloned()
}

fn login(fields: Value, more: Value) -> Vec<Subject> {
    let mut account = json!({"dms-endpoint": [endpoint("src", fields)]});
    if let (Some(account), Value::Object(more)) = (account.as_object_mut(), more) {
        account.extend(more);
    }
    subjects(&account, &[])
}

fn secret(name: &str, fields: &Value) -> Value {
    let mut all = json!({"kms_key_id": null, "rotation_enabled": true, "rotation_days": 30, "rotation_schedule": null, "last_rotated_at": null, "next_rotation_at": null,
        "created_at": "2026-01-01T00:00:00Z", "deleted_at": null, "owning_service": null, "primary_region": null, "pending_version": false, "policy": null});
    if let (Some(all), Some(fields)) = (all.as_object_mut(), fields.as_object()) {
        all.extend(fields.clone());
    }
    resource("secretsmanager", "secret", name, &all)
}

#[test]
fn methods() {
    let method = |fields: Value| value(&login(fields, json!({})), "credential", "src", "method");
    assert_eq!(method(json!({"secrets": secrets("s")})), Some(json!("secret")));
    assert_eq!(method(json!({"engine": "postgres", "authentication_method": "iam"})), Some(json!("iam")));
    assert_eq!(method(json!({"username": "dms", "authentication_method": "password"})), Some(json!("password")));
    assert_eq!(method(json!({"engine": "mongodb", "mongodb_auth_type": "no"})), Some(json!("none")));
    let bucket = login(json!({"engine": "s3", "staging": {"bucket": "b"}}), json!({}));
    assert_eq!(value(&bucket, "credential", "src", "logs_in"), Some(json!(false)));
    assert_eq!(value(&bucket, "credential", "src", "privilege_query"), Some(Value::Null));
}

#[test]
fn a_hidden_name_is_a_question_unless_the_secret_is_a_masters() {
    let name = |fields: &Value, owner: Value| {
        let all = login(json!({"secrets": secrets("s")}), json!({"secret": [secret("s", fields)], "rds-instance": [owner]}));
        (
            value(&all, "credential", "src", "master"),
            value(&all, "credential", "src", "name_hidden"),
            value(&all, "credential", "src", "secret_dying"),
        )
    };
    let (yes, no) = (Some(json!(true)), Some(json!(false)));
    assert_eq!(name(&json!({}), database("shop", json!({}))), (no.clone(), yes.clone(), no.clone()));
    assert_eq!(name(&json!({"owning_service": "rds"}), database("shop", json!({}))), (yes.clone(), no.clone(), no.clone()));
    let owner = database("shop", json!({"master_secret": {"arn": arn("secretsmanager", "secret", "s"), "status": "active"}}));
    assert_eq!(name(&json!({}), owner), (yes.clone(), no.clone(), no.clone()));
    assert_eq!(name(&json!({"deleted_at": "2026-06-05T00:00:00Z"}), database("shop", json!({}))), (no, yes.clone(), yes));
    let unread = login(json!({"secrets": secrets("s")}), json!({}));
    assert_eq!(value(&unread, "credential", "src", "master"), None);
}

#[test]
fn a_login_that_is_named_nowhere_is_a_question() {
    let told = |fields: Value| {
        let all = login(fields, json!({}));
        (value(&all, "credential", "src", "master"), value(&all, "credential", "src", "name_hidden"))
    };
    let (yes, no) = (Some(json!(true)), Some(json!(false)));
    let attributes =
        json!({"engine": "oracle", "username": null, "authentication_method": "password", "connection_attributes": {"authtype": "password"}});
    assert_eq!(told(attributes), (no.clone(), yes.clone()), "in its connection attributes");
    assert_eq!(told(json!({"engine": "sqlserver", "username": null, "authentication_method": "kerberos"})), (no.clone(), yes), "in a ticket");
    assert_eq!(told(json!({"engine": "mongodb", "mongodb_auth_type": "no"})), (no.clone(), no.clone()), "there is none");
    assert_eq!(told(json!({"engine": "kafka", "kafka_security_protocol": "ssl-authentication"})), (no.clone(), no), "no master user");
}

#[test]
fn visible_names_are_matched_with_the_server() {
    let host = format!("shop.abc.{REGION}.rds.amazonaws.com");
    let master = |username: &str| {
        let all = login(json!({"username": username, "host": host, "port": 1433}), json!({"rds-instance": [database("shop", json!({}))]}));
        (value(&all, "credential", "src", "master"), value(&all, "credential", "src", "name_hidden"))
    };
    let (yes, no) = (Some(json!(true)), Some(json!(false)));
    assert_eq!(master("dms_user"), (no.clone(), no.clone()));
    assert_eq!(master("Owner"), (yes.clone(), no.clone()));
    assert_eq!(master("SA"), (yes, no));
}

fn rotated(fields: &Value) -> Option<Value> {
    value(&login(json!({"secrets": secrets("s")}), json!({"secret": [secret("s", fields)]})), "secret-use", "s", "rotated")
}

#[test]
fn rotation_is_what_happened_not_what_is_switched_on() {
    let (yes, no) = (Some(json!(true)), Some(json!(false)));
    assert_eq!(rotated(&json!({"rotation_enabled": null})), no);
    assert_eq!(rotated(&json!({"last_rotated_at": "2026-05-10T00:00:00Z", "next_rotation_at": "2026-06-09T00:00:00Z"})), yes);
    assert_eq!(rotated(&json!({"last_rotated_at": "2026-03-20T00:00:00Z", "next_rotation_at": "2026-04-20T00:00:00Z"})), no, "overdue");
    let first = |next: &str| rotated(&json!({"created_at": "2026-05-10T00:00:00Z", "next_rotation_at": next}));
    assert_eq!((first("2026-08-08T00:00:00Z"), first("2026-08-10T00:00:00Z")), (yes.clone(), no.clone()), "a first date, within 90 days or not");
    assert_eq!(rotated(&json!({"next_rotation_at": "2026-06-09T00:00:00Z"})), no, "made on 1 January, older than that at its first date");
    assert_eq!(rotated(&json!({"last_rotated_at": "2026-05-10T00:00:00Z", "next_rotation_at": "2027-05-10T00:00:00Z"})), no, "a year between");
    assert_eq!(rotated(&json!({})), no, "never, and its period is over");
    assert_eq!(rotated(&json!({"created_at": "2026-05-20T00:00:00Z"})), yes);
    assert_eq!(rotated(&json!({"last_rotated_at": "2026-05-10T00:00:00Z", "pending_version": true})), no, "stuck");
    assert_eq!(rotated(&json!({"last_rotated_at": "2026-01-10T00:00:00Z", "next_rotation_at": "2026-12-09T00:00:00Z"})), no, "longer than declared");
    assert_eq!(rotated(&json!({"deleted_at": "2026-06-09T00:00:00Z"})), no);
}

#[test]
fn a_period_beyond_the_limit_is_not_rotated_whatever_the_dates_say() {
    let (yes, no) = (Some(json!(true)), Some(json!(false)));
    let by = |days: Value, schedule: Value, next: Value| {
        rotated(&json!({"last_rotated_at": "2026-05-28T00:00:00Z", "next_rotation_at": next, "rotation_days": days, "rotation_schedule": schedule}))
    };
    for next in [json!("2026-06-09T00:00:00Z"), Value::Null] {
        let of = |schedule: &str| by(Value::Null, json!(schedule), next.clone());
        assert_eq!((by(json!(90), Value::Null, next.clone()), by(json!(91), Value::Null, next.clone())), (yes.clone(), no.clone()));
        assert_eq!((of("rate(90 days)"), of("rate(365 days)")), (yes.clone(), no.clone()));
        assert_eq!((of("cron(0 8 1 * ? *)"), of("cron(0 8 1 1 ? *)"), of("cron(0 8 1 1,7 ? *)")), (yes.clone(), no.clone(), no.clone()));
        assert_eq!(of("cron(0 8 1 1 ? 2027)"), None, "what is not understood");
    }
    let owned = |service: Value| {
        rotated(&json!({"last_rotated_at": "2026-05-28T00:00:00Z", "next_rotation_at": null, "rotation_days": 365, "owning_service": service}))
    };
    assert_eq!((owned(json!("rds")), owned(Value::Null)), (no.clone(), no), "whose customers set the period");
    assert_eq!(owned(json!("ecs-sc")), yes, "the service sets the period, and keeps it");
}

#[test]
fn a_replica_is_judged_on_its_primary() {
    assert_eq!(rotated(&json!({"rotation_enabled": null, "primary_region": "us-east-1"})), None, "which was not scanned");
    assert_eq!(
        rotated(&json!({"created_at": "2026-05-10T00:00:00Z", "next_rotation_at": "2026-06-09T00:00:00Z", "primary_region": REGION})),
        Some(json!(true)),
        "the primary itself"
    );
}

#[test]
fn a_managed_secret_is_judged_by_its_dates_and_its_owner_can_only_make_it_worse() {
    let with = |status: &str, fields: Value| {
        let owner = database("shop", json!({"master_secret": {"arn": arn("secretsmanager", "secret", "s"), "status": status}}));
        let mut all = json!({"owning_service": "rds", "rotation_days": 7, "last_rotated_at": "2026-05-28T00:00:00Z", "next_rotation_at": "2026-06-04T00:00:00Z"});
        if let (Some(all), Value::Object(fields)) = (all.as_object_mut(), fields) {
            all.extend(fields);
        }
        let all = subjects(&json!({"rds-instance": [owner], "secret": [secret("s", &all)]}), &[]);
        value(&all, "secret-use", "s", "rotated")
    };
    let (yes, no) = (Some(json!(true)), Some(json!(false)));
    assert_eq!(with("active", json!({})), yes);
    assert_eq!(with("impaired", json!({})), no);
    assert_eq!(with("active", json!({"rotation_enabled": false, "next_rotation_at": null})), no, "its rotation was switched off");
    assert_eq!(with("active", json!({"last_rotated_at": "2026-01-10T00:00:00Z", "next_rotation_at": "2027-01-10T00:00:00Z"})), no, "once a year");
    assert_eq!(with("active", json!({"next_rotation_at": "2026-05-30T00:00:00Z"})), no, "overdue");
    assert_eq!(
        (with("active", json!({"pending_version": true})), with("rotating", json!({"pending_version": true}))),
        (no, yes),
        "stuck, or at work"
    );
}
