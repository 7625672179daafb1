//! Edges, memberships and pipeline subjects over small accounts.

use serde_json::{Value, json};

use super::*;
use crate::facts;
use crate::model::Snapshot;

pub(crate) const REGION: &str = "eu-west-1";

/// An account with some resources and gaps.
pub(crate) fn snapshot(resources: &Value, gaps: &[(&str, &str)]) -> Snapshot {
    let gaps: Vec<_> = gaps
        .iter()
        .map(|(service, operation)| json!({"account": "1", "region": REGION, "service": service, "operation": operation, "code": "AccessDenied", "message": "no"}))
        .collect();
    let whole = json!({
        "schema": crate::model::snapshot::SCHEMA, "taken_at": "2026-06-01T00:00:00Z", "regions": [REGION],
        "caller": {"account": "1", "arn": "arn:aws:iam::1:user/a", "partition": "aws"},
        "reads": [], "gaps": gaps, "resources": resources,
    });
    Snapshot::of_test(&whole.to_string())
}

/// A resource whose ARN ends in its name.
pub(crate) fn resource(service: &str, kind: &str, name: &str, fields: &Value) -> Value {
    json!({"id": {"arn": arn(service, kind, name), "name": name, "account": "1", "region": REGION}, "fields": fields})
}

pub(crate) fn arn(service: &str, kind: &str, name: &str) -> String {
    format!("arn:aws:{service}:{REGION}:1:{kind}:{name}")
}

pub(crate) fn endpoint(name: &str, fields: Value) -> Value {
    let mut all = json!({
        "endpoint_type": "source", "engine": "sqlserver", "host": null, "port": null, "username": null, "ssl_mode": "none", "certificate_arn": null,
        "kms_key_id": null, "read_only": false, "secrets": [], "authentication_method": null, "staging": null, "kafka_security_protocol": null,
        "kafka_endpoint_identification": null, "redis_protocol": null, "search_clear_text": null, "mongodb_auth_type": null
    });
    merge(&mut all, fields);
    resource("dms", "endpoint", name, &all)
}

pub(crate) fn database(name: &str, fields: Value) -> Value {
    let host = format!("{name}.abc.{REGION}.rds.amazonaws.com");
    let mut all = json!({
        "engine": "sqlserver-se", "cluster_id": null, "endpoint": {"host": host, "port": 1433}, "master_username": "owner", "master_secret": null,
        "vpc_id": null, "kms_key_id": null, "certificate": null
    });
    merge(&mut all, fields);
    resource("rds", "db", name, &all)
}

pub(crate) fn secrets(id: &str) -> Value {
    json!([{"setting": "SecretsManagerSecretId", "secret_id": id, "role_arn": null}])
}

fn merge(all: &mut Value, fields: Value) {
    if let (Some(all), Value::Object(fields)) = (all.as_object_mut(), fields) {
        all.extend(fields);
    }
}

/// The edge of the only endpoint.
fn edge(resources: &Value, gaps: &[(&str, &str)], edges: Vec<crate::config::Edge>) -> Derived<(Found, String)> {
    let snapshot = snapshot(resources, gaps);
    let index = Index::new(&snapshot);
    let config = Config { edges, ..Config::default() };
    let pipelines = Pipelines::resolve(&index, &config);
    let endpoint = index.all::<dms::Endpoint>().first().expect("an endpoint");
    pipelines.edge(endpoint).map(|edge| (edge.found, edge.server.map(|server| server.id().name.to_string()).unwrap_or_default()))
}

fn found(resources: &Value, edges: Vec<crate::config::Edge>) -> (Found, String) {
    edge(resources, &[], edges).value().expect("known").clone()
}

fn declared(server: Option<&str>, external: Option<&str>) -> Vec<crate::config::Edge> {
    vec![crate::config::Edge { endpoint: "src".into(), server: server.map(Into::into), external: external.map(Into::into) }]
}

#[test]
fn an_address_resolves_whatever_its_case() {
    let host = format!("SHOP.abc.{REGION}.rds.amazonaws.com.");
    let account = json!({"dms-endpoint": [endpoint("src", json!({"host": host, "port": 1433}))], "rds-instance": [database("shop", json!({}))]});
    assert_eq!(found(&account, vec![]), (Found::Address, "shop".into()));
    assert_eq!(found(&account, declared(Some("shop"), None)).0, Found::Address);
    assert_eq!(found(&account, declared(Some("other"), None)).0, Found::Contradicted, "AWS says otherwise");
    assert_eq!(found(&account, declared(None, Some("a processor"))).0, Found::Contradicted);
    let wrong_port = json!({"dms-endpoint": [endpoint("src", json!({"host": host, "port": 1434}))], "rds-instance": [database("shop", json!({}))]});
    assert_eq!(found(&wrong_port, vec![]).0, Found::Hidden);
}

#[test]
fn a_declaration_makes_no_server_of_an_address_that_aws_gave_another() {
    let at = |host: &str| {
        let source = endpoint("src", json!({"host": host, "port": 1433}));
        found(&json!({"dms-endpoint": [source], "rds-instance": [database("shop", json!({}))]}), declared(Some("shop"), None)).0
    };
    let issued = |label: &str| format!("{label}.abc.{REGION}.rds.amazonaws.com");
    assert_eq!(at(&issued("legacy")), Found::Contradicted);
    assert_eq!(at(&format!("shop.proxy-abc.{REGION}.rds.amazonaws.com")), Found::Hidden, "the proxy decides for itself");
    assert_eq!(at(&format!("reports.cluster-custom-abc.{REGION}.rds.amazonaws.com")), Found::Declared);
    assert_eq!(at("db.corp.internal"), Found::Declared);
    assert_eq!(at("shop.global-abc.global.rds.amazonaws.com"), Found::Declared, "whichever cluster writes now");
}

#[test]
fn the_writer_of_a_global_database_is_a_question_until_it_is_declared() {
    let at = |host: &str| {
        let source = endpoint("src", json!({"engine": "aurora", "host": host, "port": 3306}));
        edge(&json!({"dms-endpoint": [source], "rds-instance": [database("shop", json!({}))]}), &[], vec![])
    };
    let word = |host: &str| at(host).value().map(|(found, _)| *found);
    assert_eq!(word("shop.global-abc.global.rds.amazonaws.com"), Some(Found::Hidden));
    assert_eq!(word("SHOP.GLOBAL-ABC.GLOBAL.RDS.AMAZONAWS.COM."), Some(Found::Hidden));
    assert_eq!(word("shop.cluster-abc.eu-central-1.rds.amazonaws.com"), None, "a region that was not scanned");
}

#[test]
fn an_option_opens_a_port_of_its_own() {
    let host = format!("ora.abc.{REGION}.rds.amazonaws.com");
    let oracle = database(
        "ora",
        json!({"engine": "oracle-se2", "endpoint": {"host": host, "port": 1521}, "option_groups": [{"name": "ssl", "status": "in-sync"}]}),
    );
    let group = resource("rds", "og", "ssl", &json!({"options": [{"name": "SSL", "port": 2484}]}));
    let source = endpoint("src", json!({"engine": "oracle", "host": host, "port": 2484}));
    assert_eq!(
        found(&json!({"dms-endpoint": [source], "rds-instance": [oracle], "rds-option-group": [group]}), vec![]),
        (Found::Address, "ora".into())
    );
    let unread = json!({"dms-endpoint": [source], "rds-instance": [oracle]});
    assert!(edge(&unread, &[("rds", "DescribeOptionGroups")], vec![]).value().is_none());
}

#[test]
fn an_address_needs_no_complete_lists_but_absence_does() {
    let denied: &[(&str, &str)] = &[("rds", "DescribeDBClusters")];
    let host = format!("shop.abc.{REGION}.rds.amazonaws.com");
    let known = json!({"dms-endpoint": [endpoint("src", json!({"host": host, "port": 1433}))], "rds-instance": [database("shop", json!({}))]});
    assert_eq!(edge(&known, denied, vec![]).value().map(|edge| edge.0), Some(Found::Address));
    let gone = json!({"dms-endpoint": [endpoint("src", json!({"host": host, "port": 1433}))]});
    assert_eq!(edge(&gone, &[], vec![]).value().map(|edge| edge.0), Some(Found::Hidden));
    assert!(edge(&gone, denied, vec![]).value().is_none());
    let elsewhere = json!({"dms-endpoint": [endpoint("src", json!({"host": "shop.abc.us-east-1.rds.amazonaws.com", "port": 1433}))]});
    assert!(matches!(edge(&elsewhere, &[], vec![]).missing(), [Missing::Outside(_)]), "a region that was not scanned");
}

#[test]
fn a_members_address_is_its_clusters() {
    let cluster = resource(
        "rds",
        "cluster",
        "aurora",
        &json!({"engine": "aurora-mysql", "endpoint": {"host": "aurora.x", "port": 3306}, "other_hosts": ["aurora-ro.x"], "members": []}),
    );
    let member = database("member", json!({"engine": "aurora-mysql", "cluster_id": "aurora", "endpoint": {"host": "member.x", "port": 3306}}));
    for host in ["member.x", "aurora.x", "aurora-ro.x"] {
        let source = endpoint("src", json!({"engine": "aurora", "host": host, "port": 3306}));
        let account = json!({"dms-endpoint": [source], "rds-instance": [member], "rds-cluster": [cluster]});
        assert_eq!(found(&account, vec![]), (Found::Address, "aurora".into()), "{host}");
    }
    // The member is no candidate beside its cluster.
    let source = endpoint("src", json!({"engine": "mysql", "secrets": secrets("s")}));
    let account = json!({"dms-endpoint": [source], "rds-instance": [member], "rds-cluster": [cluster]});
    assert_eq!(found(&account, vec![]), (Found::Inferred, "aurora".into()));
}

#[test]
fn nothing_is_guessed_between_candidates() {
    let source = endpoint("src", json!({"secrets": secrets("s")}));
    let postgres = database("pg", json!({"engine": "postgres"}));
    let one = json!({"dms-endpoint": [source], "rds-instance": [postgres, database("shop", json!({}))]});
    assert_eq!(found(&one, vec![]), (Found::Inferred, "shop".into()));
    assert!(edge(&one, &[("rds", "DescribeDBClusters")], vec![]).value().is_none(), "inference needs complete lists");
    let two = json!({"dms-endpoint": [source], "rds-instance": [database("shop", json!({})), database("shop2", json!({"engine": "sqlserver-ee"}))]});
    assert_eq!(found(&two, vec![]), (Found::Ambiguous, String::new()));
    assert_eq!(found(&two, declared(Some("shop2"), None)), (Found::Declared, "shop2".into()));
    assert_eq!(found(&two, declared(Some("shop3"), None)).0, Found::Contradicted);
    assert_eq!(found(&two, declared(None, Some("a processor"))).0, Found::External);
    assert!(edge(&two, &[("rds", "DescribeDBInstances")], declared(Some("shop3"), None)).value().is_none());
    let none = json!({"dms-endpoint": [source], "rds-instance": [postgres]});
    assert_eq!(found(&none, vec![]).0, Found::Hidden);
    assert_eq!(found(&json!({"dms-endpoint": [source], "rds-instance": [postgres]}), declared(Some("pg"), None)).0, Found::Declared, "Babelfish");
    let mysql = database("my", json!({"engine": "mysql"}));
    assert_eq!(
        found(&json!({"dms-endpoint": [source], "rds-instance": [mysql]}), declared(Some("my"), None)).0,
        Found::Contradicted,
        "no SQL Server"
    );
}

#[test]
fn an_s3_endpoint_resolves_to_its_bucket() {
    let named = endpoint("src", json!({"engine": "s3", "staging": {"bucket": "rows"}}));
    assert_eq!(found(&json!({"dms-endpoint": [named]}), vec![]).0, Found::Address);
    let stream = endpoint("src", json!({"engine": "kinesis"}));
    assert_eq!(found(&json!({"dms-endpoint": [stream]}), vec![]).0, Found::Hidden);
}

fn task(name: &str, fields: Value) -> Value {
    let mut all = json!({
        "instance_arn": arn("dms", "rep", "mover"), "source_endpoint_arn": arn("dms", "endpoint", "src"),
        "target_endpoint_arn": arn("dms", "endpoint", "tgt"), "migration_type": "full-load", "status": "running", "stopped_at": null,
        "created_at": null, "settings": {}, "mappings": []
    });
    merge(&mut all, fields);
    resource("dms", "task", name, &all)
}

fn subjects(resources: &Value, gaps: &[(&str, &str)], config: &Config) -> Vec<Subject> {
    let snapshot = snapshot(resources, gaps);
    let index = Index::new(&snapshot);
    facts::derive(&index, config)
}

fn field(subjects: &[Subject], shape: &str, name: &str, field: &str) -> Option<Value> {
    let subject = subjects.iter().find(|subject| subject.shape == shape && &*subject.about.resource.name == name).expect("a subject");
    subject.field(field).expect("a field of the shape").value().cloned()
}

#[test]
fn membership_reaches_servers_secrets_and_keys() {
    let key = resource("kms", "key/0", "key", &json!({"aliases": ["alias/mine"]}));
    let secret = resource("secretsmanager", "secret", "login-AbCdEf", &json!({"kms_key_id": "alias/mine"}));
    let account = json!({
        "dms-task": [task("one", json!({})), task("two", json!({"source_endpoint_arn": arn("dms", "endpoint", "other")}))],
        "dms-endpoint": [endpoint("other", json!({"engine": "mysql"})), endpoint("src", json!({"secrets": secrets(&arn("secretsmanager", "secret", "login"))}))],
        "rds-instance": [database("shop", json!({}))],
        "rds-snapshot": [resource("rds", "snapshot", "copy", &json!({"source_id": "shop"}))],
        "secret": [secret], "kms-key": [key],
    });
    let snapshot = snapshot(&account, &[]);
    let index = Index::new(&snapshot);
    let config = Config::default();
    let pipelines = Pipelines::resolve(&index, &config);
    let one = arn("dms", "task", "one");
    for (kind, arn) in [
        (Kind::DmsTask, arn("dms", "task", "one")),
        (Kind::DmsEndpoint, arn("dms", "endpoint", "src")),
        (Kind::RdsInstance, arn("rds", "db", "shop")),
        (Kind::RdsSnapshot, arn("rds", "snapshot", "copy")),
        (Kind::Secret, arn("secretsmanager", "secret", "login-AbCdEf")),
        (Kind::KmsKey, arn("kms", "key/0", "key")),
    ] {
        assert_eq!(pipelines.of(kind, &arn).iter().map(|arn| &**arn).collect::<Vec<_>>(), [&*one], "{kind}");
    }
    assert_eq!(pipelines.of(Kind::DmsInstance, &arn("dms", "rep", "mover")).len(), 2);
    assert_eq!(pipelines.uses(Kind::Secret, &arn("secretsmanager", "secret", "login-AbCdEf")).len(), 1, "by its partial ARN");
    assert_eq!(pipelines.uses(Kind::KmsKey, &arn("kms", "key/0", "key")).len(), 1, "by its alias");
    assert!(pipelines.uses(Kind::KmsKey, "nobody").is_empty());
}

#[test]
fn a_missing_endpoint_contradicts_and_an_unlisted_one_does_not() {
    let account =
        json!({"dms-task": [task("one", json!({}))], "dms-endpoint": [endpoint("src", json!({"engine": "s3", "staging": {"bucket": "b"}}))]});
    let config = Config::default();
    let all = subjects(&account, &[], &config);
    assert_eq!(field(&all, "pipeline", "one", "contradicted"), Some(json!(true)));
    assert_eq!(field(&all, "pipeline", "one", "resolved"), Some(json!(false)));
    let denied = subjects(&account, &[("dms", "DescribeEndpoints")], &config);
    assert_eq!(field(&denied, "pipeline", "one", "contradicted"), None);
    assert_eq!(field(&denied, "pipeline", "one", "resolved"), None);
    assert_eq!(field(&all, "pipeline", "one", "masking_error_policy"), Some(json!("STOP_TASK")));
}

#[test]
fn error_tables_are_written_into_databases_by_changes_and_validation() {
    let written = |engine: &str, kind: &str, validates: bool| {
        let task = task("one", json!({"migration_type": kind, "settings": {"validation_enabled": validates}}));
        let account = json!({"dms-task": [task], "dms-endpoint": [endpoint("tgt", json!({"engine": engine, "staging": null}))]});
        field(&subjects(&account, &[], &Config::default()), "pipeline", "one", "writes_error_tables")
    };
    assert_eq!(written("redshift", "full-load-and-cdc", false), Some(json!(true)));
    assert_eq!(written("redshift", "full-load", false), Some(json!(false)));
    assert_eq!(written("redshift", "full-load", true), Some(json!(true)));
    assert_eq!(written("s3", "cdc", true), Some(json!(false)));
}

#[test]
fn redshift_keeps_refused_rows_of_any_load() {
    let copied = |engine: &str| {
        let task = task("one", json!({"migration_type": "full-load", "settings": {}}));
        let account = json!({"dms-task": [task], "dms-endpoint": [endpoint("tgt", json!({"engine": engine, "staging": null}))]});
        field(&subjects(&account, &[], &Config::default()), "pipeline", "one", "copies_into_redshift")
    };
    assert_eq!(["redshift", "redshift-serverless", "postgres"].map(copied), [Some(json!(true)), Some(json!(true)), Some(json!(false))]);
}

#[test]
fn a_part_is_as_idle_as_the_least_idle_of_its_users() {
    let days = |tasks: Vec<Value>, gaps: &[(&str, &str)]| {
        let account = json!({
            "dms-task": tasks,
            "dms-instance": [resource("dms", "rep", "mover", &json!({"status": "available", "created_at": "2020-01-01T00:00:00Z"}))],
            "dms-endpoint": [endpoint("src", json!({}))],
        });
        let all = subjects(&account, gaps, &Config::default());
        let said = |name: &str| match field(&all, "pipeline-part", name, "undated") {
            Some(Value::Bool(true)) => Some(json!("undated")),
            _ => field(&all, "pipeline-part", name, "idle_days"),
        };
        (said("mover"), said("src"))
    };
    let stopped = |name: &str, at: Value| task(name, json!({"status": "stopped", "stopped_at": at}));
    let both = |days: Value| (Some(days.clone()), Some(days));
    let (long, lately) = (json!("2026-02-01T00:00:00Z"), json!("2026-05-22T00:00:00Z"));
    assert_eq!(days(vec![stopped("old", long.clone())], &[]), both(json!(120)));
    assert_eq!(days(vec![stopped("old", long.clone()), stopped("new", lately)], &[]), both(json!(10)));
    assert_eq!(days(vec![stopped("old", long.clone()), task("runs", json!({}))], &[]), both(Value::Null));
    let undated = stopped("when", Value::Null);
    assert_eq!(days(vec![stopped("old", long.clone()), undated.clone()], &[]), both(json!("undated")), "AWS gives no date");
    assert_eq!(days(vec![undated.clone(), task("runs", json!({}))], &[]), both(Value::Null), "one that works decides");
    let denied = &[("dms", "DescribeReplicationConfigs")];
    assert_eq!(days(vec![stopped("old", long.clone())], denied), (Some(json!(120)), None), "a replication that was not seen may work");
    assert_eq!(days(vec![undated], denied), (Some(json!("undated")), None));
    assert_eq!(days(vec![stopped("old", long), task("runs", json!({}))], denied), both(Value::Null));
}

#[test]
fn left_over_parts_count_their_days() {
    let account = json!({
        "dms-task": [task("done", json!({"status": "stopped", "stopped_at": "2026-05-01T12:00:00Z"})), task("runs", json!({"stopped_at": "2026-05-01T12:00:00Z"}))],
        "dms-instance": [resource("dms", "rep", "idle", &json!({"status": "available", "created_at": "2026-05-22T00:00:00Z"})),
                         resource("dms", "rep", "mover", &json!({"status": "available", "created_at": "2020-01-01T00:00:00Z"}))],
        "dms-endpoint": [endpoint("lonely", json!({})), endpoint("src", json!({}))],
    });
    let all = subjects(&account, &[], &Config::default());
    assert_eq!(field(&all, "pipeline-part", "done", "idle_days"), Some(json!(30)));
    assert_eq!(field(&all, "pipeline-part", "runs", "idle_days"), Some(Value::Null));
    assert_eq!(field(&all, "pipeline-part", "idle", "idle_days"), Some(json!(10)));
    assert_eq!(field(&all, "pipeline-part", "mover", "idle_days"), Some(Value::Null));
    assert_eq!(field(&all, "pipeline-part", "lonely", "in_use"), Some(json!(false)));
    assert_eq!(field(&all, "pipeline-part", "src", "in_use"), Some(json!(true)));
    let denied = subjects(&account, &[("dms", "DescribeReplicationConfigs")], &Config::default());
    assert_eq!(field(&denied, "pipeline-part", "lonely", "in_use"), None, "somebody unseen may use it");
    assert_eq!(field(&denied, "pipeline-part", "src", "in_use"), Some(json!(true)));
}

#[test]
fn ten_thousand_pipelines_stay_linear() {
    let count = 10_000;
    let tasks: Vec<_> =
        (0..count).map(|n| task(&format!("t{n}"), json!({"source_endpoint_arn": arn("dms", "endpoint", &format!("e{n}"))}))).collect();
    let host = format!("shop.abc.{REGION}.rds.amazonaws.com");
    let mut endpoints: Vec<_> =
        (0..count).map(|n| endpoint(&format!("e{n}"), json!({"host": host, "port": 1433, "kms_key_id": "alias/mine"}))).collect();
    endpoints.push(endpoint("tgt", json!({"engine": "redshift", "secrets": secrets("s")})));
    let snapshots: Vec<_> =
        (0..1000).map(|n| resource("rds", "snapshot", &format!("s{n}"), &json!({"source_id": "shop", "kms_key_id": "alias/mine"}))).collect();
    let account = json!({"dms-task": tasks, "dms-endpoint": endpoints, "rds-instance": [database("shop", json!({}))], "rds-snapshot": snapshots,
        "kms-key": [resource("kms", "key/0", "key", &json!({"aliases": ["alias/mine"]}))]});
    let snapshot = snapshot(&account, &[]);
    let index = Index::new(&snapshot);
    let config = Config::default();
    let begun = std::time::Instant::now();
    let pipelines = Pipelines::resolve(&index, &config);
    assert_eq!(pipelines.of(Kind::KmsKey, &arn("kms", "key/0", "key")).len(), count);
    assert_eq!(pipelines.of(Kind::RdsSnapshot, &arn("rds", "snapshot", "s0")).len(), count);
    // Unoptimised and on a busy machine; quadratic would take minutes.
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}
