//! Golden cases of trails.

use serde_json::{Value, json};

use super::super::Subject;
use super::super::store::parameters::listed;
use super::super::store::tests::{account, bucket, denied, derive, field, resource, with_gaps};
use crate::config::Config;
use crate::evidence::Derived;

const YES: Option<Value> = Some(Value::Bool(true));
const NO: Option<Value> = Some(Value::Bool(false));

fn trails(resources: &Value) -> Vec<Subject> {
    derive(&account(resources), &Config::default(), super::derive)
}

fn trail(change: &Value) -> Value {
    let mut fields = json!({
        "home_region": "us-east-1", "multi_region": true, "global_events": true, "organization": false, "bucket": "logs", "prefix": null, "validates_files": true, "kms_key_id": null,
        "logging": true, "delivery_error": null,
        "selectors": [{ "management": true, "read_write": "All", "excluded_sources": [], "s3_objects": ["arn:aws:s3:::stage/"], "excluded_objects": [], "narrowed": false }],
    });
    for (name, value) in change.as_object().into_iter().flatten() {
        if value.is_string() && value == "unseen" {
            fields.as_object_mut().expect("an object").remove(name);
        } else {
            fields[name] = value.clone();
        }
    }
    resource("cloudtrail", "main", &fields)
}

/// A region is asked about where something in scope stands in it.
fn in_scope(trails_there: &Value) -> Value {
    json!({ "trail": trails_there, "dms-instance": [resource("dms", "mover", &json!({}))] })
}

fn recorded(trails_there: &Value) -> (Option<Value>, Option<Value>) {
    let subjects = trails(&in_scope(trails_there));
    (field(&subjects, "account-trail", "111111111111", "recorded"), field(&subjects, "account-trail", "111111111111", "why"))
}

#[test]
fn one_good_trail_covers_a_region() {
    assert_eq!(recorded(&json!([trail(&json!({}))])), (YES, Some("recorded by trail main".into())));
    assert_eq!(recorded(&json!([trail(&json!({ "multi_region": false }))])).0, YES);
    for (change, lack) in [
        (json!({ "multi_region": false, "home_region": "eu-west-1" }), "does not cover us-east-1"),
        (json!({ "logging": false }), "is not logging"),
        (json!({ "delivery_error": "AccessDenied" }), "could not deliver its last file"),
        (json!({ "validates_files": false }), "does not validate its files"),
        (json!({ "selectors": [{ "management": true, "read_write": "WriteOnly" }] }), "does not record all management events"),
        (json!({ "selectors": [{ "management": true, "read_write": "All", "narrowed": true }] }), "does not record all management events"),
        (
            json!({ "selectors": [{ "management": true, "read_write": "All", "excluded_sources": ["kms.amazonaws.com"] }] }),
            "leaves out events of KMS or the RDS Data API",
        ),
    ] {
        assert_eq!(recorded(&json!([trail(&change)])), (NO, Some(format!("trail main {lack}").into())));
    }
    // Of the global services: a trail of one region has their events in us-east-1, and not where they are left out.
    assert_eq!(recorded(&json!([trail(&json!({ "multi_region": false, "global_events": false }))])).0, NO);
    assert_eq!(recorded(&json!([trail(&json!({ "multi_region": false, "global_events": "unseen" }))])).0, None);
    assert_eq!(recorded(&json!([trail(&json!({ "global_events": "unseen" }))])).0, YES, "a trail of all regions always has them");
    let without = |source: &str| json!({ "management": true, "read_write": "All", "excluded_sources": [source] });
    let two = json!({ "selectors": [without("kms.amazonaws.com"), without("rdsdata.amazonaws.com")] });
    assert_eq!(recorded(&json!([trail(&two)])).0, YES, "what one leaves out, the other takes");
    let elsewhere = trails(&json!({ "trail": [trail(&json!({}))] }));
    assert!(elsewhere.iter().all(|subject| subject.shape != "account-trail"), "nothing in scope, nothing to record");
    assert_eq!(recorded(&json!([])), (NO, Some("no trail records the management events of us-east-1".into())));
}

#[test]
fn what_was_not_seen_of_trails_is_not_a_failure() {
    assert_eq!(recorded(&json!([trail(&json!({ "logging": "unseen" }))])), (None, None));
    // A trail that is known to fail fails, whatever else was not read of it.
    assert_eq!(recorded(&json!([trail(&json!({ "logging": "unseen", "validates_files": false }))])).0, NO);
    let hidden = derive(&with_gaps(&in_scope(&json!([])), &denied("cloudtrail", "DescribeTrails")), &Config::default(), super::derive);
    assert_eq!(field(&hidden, "account-trail", "111111111111", "recorded"), None);
    let good = in_scope(&json!([trail(&json!({}))]));
    let half_hidden = derive(&with_gaps(&good, &denied("cloudtrail", "DescribeTrails")), &Config::default(), super::derive);
    assert_eq!(field(&half_hidden, "account-trail", "111111111111", "recorded"), YES);
}

#[test]
fn objects_are_recorded_by_whole_buckets() {
    let objects = |selector: Value| {
        let subjects = trails(&json!({
            "trail": [trail(&json!({ "selectors": [selector] }))],
            "dms-endpoint": [resource("dms", "tgt", &json!({ "engine": "redshift", "staging": { "bucket": "stage" } }))],
            "bucket": [bucket("stage", &json!({}))],
        }));
        (field(&subjects, "object-trail", "stage", "reads"), field(&subjects, "object-trail", "stage", "writes"))
    };
    let named =
        |object: &str, read_write: &str| json!({ "management": false, "read_write": read_write, "s3_objects": [object], "excluded_objects": [] });
    assert_eq!(objects(named("arn:aws:s3:::stage/", "All")), (YES, YES));
    assert_eq!(objects(named("arn:aws:s3", "All")), (YES, YES));
    assert_eq!(objects(named("arn:aws:s3:::", "ReadOnly")), (YES, NO));
    assert_eq!(objects(named("arn:aws:s3:::stage/part/", "All")), (NO, NO));
    assert_eq!(objects(named("arn:aws:s3:::stage-two/", "All")), (NO, NO));
    assert_eq!(objects(named("arn:aws:s3:::sta*", "All")), (YES, YES));
    assert_eq!(objects(named("arn:aws:s3:::stage/part*", "All")), (NO, NO));
}

fn task_log(kind: &str, components: &Value) -> Vec<Subject> {
    trails(&json!({
        "dms-task": [resource("dms", "task", &json!({
            "instance_arn": "arn:aws:dms:us-east-1:111111111111:mover", "migration_type": kind,
            "settings": { "logging_enabled": true, "log_components": components },
        }))],
        "dms-instance": [resource("dms", "mover", &json!({}))],
        "log-group": [resource("logs", "dms-tasks-mover", &json!({ "retention_days": null, "class": "STANDARD" }))],
    }))
}

#[test]
fn a_task_logs_the_components_that_it_needs() {
    let missing = |kind: &str, components: Value| field(&task_log(kind, &components), "task-log", "task", "missing_components");
    let info = json!({ "SOURCE_UNLOAD": "LOGGER_SEVERITY_INFO", "TARGET_LOAD": "LOGGER_SEVERITY_DEFAULT" });
    // Golden 24 and 26: INFO says what DEFAULT does, and a full load captures nothing.
    assert_eq!(missing("full-load", info.clone()), Some(json!([])));
    assert_eq!(missing("full-load-and-cdc", info), Some(json!([])));
    assert_eq!(missing("cdc", json!({ "TARGET_APPLY": "LOGGER_SEVERITY_ERROR" })), Some(json!(["TARGET_APPLY"])));
    assert_eq!(missing("full-load", json!({ "TARGET_APPLY": "LOGGER_SEVERITY_ERROR" })), Some(json!([])));
    let subjects = task_log("cdc", &json!({ "SOURCE_CAPTURE": "LOGGER_SEVERITY_DETAILED_DEBUG", "TASK_MANAGER": "LOGGER_SEVERITY_DEBUG" }));
    assert_eq!(field(&subjects, "task-log", "task", "debug_components"), Some(json!(["SOURCE_CAPTURE"])));
    assert_eq!(field(&subjects, "task-log", "task", "group"), Some("dms-tasks-mover".into()));
    assert_eq!(field(&subjects, "task-log", "task", "group_exists"), YES);
}

fn audited(engine: &str, more: &Value, options: &Value, parameters: &Value) -> Vec<Subject> {
    let mut fields = json!({
        "engine": engine, "engine_version": "15.4", "cluster_id": null, "log_exports": ["error", "agent"], "activity_stream_status": null,
        "option_groups": [{ "name": "og", "status": "in-sync" }], "parameter_groups": [{ "name": "pg", "status": "in-sync" }],
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        fields[name] = value.clone();
    }
    let group = |log: &str| resource("logs", &format!("/aws/rds/instance/db/{log}"), &json!({ "retention_days": null, "class": null }));
    trails(&json!({
        "log-group": [group("audit"), group("postgresql")],
        "rds-instance": [resource("rds", "db", &fields)],
        "rds-option-group": [resource("rds", "og", &json!({ "options": options }))],
        "rds-parameter-group": [resource("rds", "pg", &json!({ "parameters": listed(parameters) }))],
    }))
}

fn verdict(subjects: &[Subject]) -> (Option<Value>, Option<Value>, Option<Value>) {
    (
        field(subjects, "audit-log", "db", "produced"),
        field(subjects, "audit-log", "db", "delivered"),
        field(subjects, "audit-log", "db", "asks_person"),
    )
}

#[test]
fn sql_server_needs_its_audit_option() {
    let audit = json!([{ "name": "SQLSERVER_AUDIT", "port": null, "settings": { "S3_BUCKET_ARN": "arn:aws:s3:::audits/" }, "security_groups": [] }]);
    assert_eq!(verdict(&audited("sqlserver-se", &json!({}), &audit, &json!({}))), (YES, YES, YES));
    // Golden 49: what is exported holds no audit record.
    let bare = audited("sqlserver-se", &json!({}), &json!([]), &json!({}));
    assert_eq!(verdict(&bare), (NO, NO, NO));
    assert_eq!(
        field(&bare, "audit-log", "db", "why"),
        Some("no option SQLSERVER_AUDIT, and the error and agent logs hold no audit records; no bucket takes them".into())
    );
    let default = json!({ "option_groups": [{ "name": "default:sqlserver-se-15-00", "status": "in-sync" }] });
    assert_eq!(verdict(&audited("sqlserver-se", &default, &json!([]), &json!({}))).0, NO);
    assert_eq!(
        verdict(&audited("sqlserver-se", &json!({ "option_groups": [{ "name": "unread", "status": "in-sync" }] }), &json!([]), &json!({}))),
        (None, None, None)
    );
    assert_eq!(verdict(&audited("sqlserver-se", &json!({ "activity_stream_status": "started" }), &json!([]), &json!({}))), (YES, YES, YES));
}

#[test]
fn mysql_and_postgres_by_plug_in_and_export() {
    let plugin = json!([{ "name": "MARIADB_AUDIT_PLUGIN", "port": null, "settings": {}, "security_groups": [] }]);
    let audit = json!({ "log_exports": ["audit"] });
    assert_eq!(verdict(&audited("mysql", &audit, &plugin, &json!({}))), (YES, YES, NO));
    assert_eq!(verdict(&audited("mysql", &audit, &json!([]), &json!({}))), (NO, YES, NO));
    let loaded = |log: Value| json!({ "shared_preload_libraries": { "value": "rdsutils,pgaudit" }, "pgaudit.log": { "value": log } });
    let exported = json!({ "log_exports": ["postgresql"] });
    assert_eq!(verdict(&audited("postgres", &exported, &json!([]), &loaded(json!("all")))), (YES, YES, NO));
    assert_eq!(verdict(&audited("postgres", &exported, &json!([]), &loaded(json!("none")))), (YES, YES, YES));
    assert_eq!(verdict(&audited("postgres", &exported, &json!([]), &json!({}))), (NO, YES, NO));
    assert_eq!(verdict(&audited("postgres", &json!({}), &json!([]), &loaded(json!("all")))), (YES, NO, NO));
    assert_eq!(verdict(&audited("oracle-se2", &audit, &json!([]), &json!({}))), (YES, YES, YES));
}

#[test]
fn aurora_is_judged_by_its_cluster() {
    let cluster = |stream: Value, parameters: Value| {
        trails(&json!({
            "log-group": [resource("logs", "/aws/rds/cluster/db/audit", &json!({ "retention_days": null, "class": null }))],
            "rds-cluster": [resource("rds", "db", &json!({
                "engine": "aurora-mysql", "engine_version": "8.0.mysql_aurora.3.08.0", "log_exports": ["audit"], "activity_stream_status": stream,
                "parameter_group": "pg", "members": [{ "instance_id": "db-1", "writer": true, "parameter_group_status": "in-sync" }],
            }))],
            "rds-cluster-parameter-group": [resource("rds", "pg", &json!({ "parameters": listed(&parameters) }))],
            "rds-instance": [resource("rds", "db-1", &json!({ "engine": "aurora-mysql", "cluster_id": "db" }))],
        }))
    };
    let on = |events: Value| json!({ "server_audit_logging": { "value": "1" }, "server_audit_events": { "value": events } });
    assert_eq!(verdict(&cluster(Value::Null, on(json!("CONNECT,QUERY")))), (YES, YES, NO));
    assert_eq!(verdict(&cluster(Value::Null, on(Value::Null))).0, NO);
    assert_eq!(verdict(&cluster(Value::Null, on(json!("QUERY")))), (YES, YES, YES), "who tried to log in, is left out");
    assert_eq!(verdict(&cluster(Value::Null, on(json!("CONNECT,QUERY_DML")))), (YES, YES, YES), "and what was granted");
    let about = |name: &str, users: &str| {
        let mut set = on(json!("CONNECT,QUERY"));
        set[name] = json!({ "value": users });
        verdict(&cluster(Value::Null, set)).2
    };
    assert_eq!((about("server_audit_incl_users", "app"), about("server_audit_excl_users", "app,loader")), (YES, YES), "some users alone");
    assert_eq!((about("server_audit_incl_users", ""), about("server_audit_excl_users", "rdsadmin")), (NO, NO));
    assert_eq!(verdict(&cluster(Value::Null, json!({}))).0, NO);
    assert_eq!(verdict(&cluster(json!("started"), json!({}))), (YES, YES, NO));
    assert!(cluster(Value::Null, json!({})).iter().all(|subject| &*subject.about.resource.name != "db-1"));
}

#[test]
fn aurora_mysql_may_upload_its_audit_log_by_itself() {
    let cluster = |upload: Value, status: &str| {
        let mut parameters = listed(&json!({ "server_audit_logging": { "value": "1" }, "server_audit_events": { "value": "CONNECT,QUERY" } }));
        for name in ["server_audit_logs_upload", "aws_default_logs_role"] {
            parameters.as_object_mut().expect("a map").remove(name);
        }
        for (name, value) in upload.as_object().into_iter().flatten() {
            parameters[name] = json!({ "value": value });
        }
        verdict(&trails(&json!({
            "rds-cluster": [resource("rds", "db", &json!({
                "engine": "aurora-mysql", "engine_version": "8.0.mysql_aurora.3.08.0", "log_exports": [], "activity_stream_status": null,
                "parameter_group": "pg", "members": [{ "instance_id": "db-1", "writer": true, "parameter_group_status": status }],
            }))],
            "rds-cluster-parameter-group": [resource("rds", "pg", &json!({ "parameters": parameters }))],
        })))
    };
    let role = "arn:aws:iam::111111111111:role/logs";
    assert_eq!(cluster(json!({ "server_audit_logs_upload": "1", "aws_default_logs_role": role }), "in-sync"), (YES, YES, NO));
    assert_eq!(
        cluster(json!({ "server_audit_logs_upload": "1", "aws_default_logs_role": null }), "in-sync"),
        (YES, YES, YES),
        "as which role was not said"
    );
    assert_eq!(cluster(json!({ "server_audit_logs_upload": "1" }), "in-sync"), (YES, YES, YES), "nor whether it has one");
    assert_eq!(cluster(json!({ "server_audit_logs_upload": "0", "aws_default_logs_role": role }), "in-sync").1, NO);
    assert_eq!(cluster(json!({ "server_audit_logs_upload": null }), "in-sync").1, NO);
    assert_eq!(cluster(json!({ "server_audit_logs_upload": "1", "aws_default_logs_role": role }), "pending-reboot").1, NO, "not in force yet");
    assert_eq!(cluster(json!({}), "in-sync").1, None, "the snapshot does not hold it");
}

#[test]
fn selectors_may_leave_objects_out() {
    let reads = |change: Value| {
        let mut selector = json!({ "management": false, "read_write": "All", "excluded_sources": [], "s3_objects": ["arn:aws:s3"], "excluded_objects": [], "narrowed": false });
        for (name, value) in change.as_object().into_iter().flatten() {
            selector[name] = value.clone();
        }
        let resources = json!({
            "trail": [trail(&json!({ "selectors": [selector] }))],
            "dms-endpoint": [resource("dms", "tgt", &json!({ "engine": "redshift", "staging": { "bucket": "stage" } }))],
        });
        field(&trails(&resources), "object-trail", "stage", "reads")
    };
    let but = |objects: &[&str]| reads(json!({ "excluded_objects": objects }));
    assert_eq!(but(&["arn:aws:s3:::logs/*"]), YES, "all but the log bucket's");
    assert_eq!(but(&["arn:aws:s3:::logs/*", "arn:aws:s3:::staging/*"]), YES, "another bucket, whose name begins like ours");
    assert_eq!(but(&["arn:aws:s3:::logs/*", "arn:aws:s3:::stage/*"]), NO);
    assert_eq!(but(&["arn:aws:s3:::stage*"]), NO, "whatever begins like it");
    assert_eq!(but(&["arn:aws:s3:::stage/tmp*"]), NO, "a part of it");
    assert_eq!((but(&["arn:aws:s3:::stage/tmp/x.csv"]), but(&["arn:aws:s3:::logs/x"])), (NO, YES), "one object");
    assert_eq!(reads(json!({ "excluded_sources": ["s3.amazonaws.com"] })), NO, "not the events of S3");
    assert_eq!(reads(json!({ "narrowed": true })), NO);
    assert_eq!(reads(json!({ "narrowed": true, "excluded_objects": null })), None, "an older snapshot does not say");
    assert_eq!(reads(json!({ "excluded_objects": null })), None, "nor does one that was cut");
    assert_eq!(reads(json!({ "excluded_objects": null, "read_write": "WriteOnly" })), NO, "what it does not take anyway");
    assert_eq!(reads(json!({ "narrowed": true, "excluded_objects": null, "s3_objects": [] })), NO);
}

#[test]
fn a_trail_of_the_organization_is_another_accounts_to_show() {
    let mut shadow = trail(&json!({ "organization": true, "logging": "unseen", "delivery_error": "unseen", "selectors": "unseen" }));
    shadow["id"]["arn"] = json!("arn:aws:cloudtrail:us-east-1:999988887777:trail/all");
    shadow["id"]["account"] = json!("999988887777");
    let subjects = trails(&in_scope(&json!([shadow])));
    let subject = subjects.iter().find(|subject| subject.shape == "account-trail").expect("a subject");
    let missing: Vec<String> = subject.field("recorded").expect("a field").missing().iter().map(ToString::to_string).collect();
    assert!(missing.iter().any(|one| one.contains("account 999988887777's: scan that account too")), "{missing:?}");
}

#[test]
fn redshift_must_deliver_and_write_queries_down() {
    let warehouse = |logging: Value, status: &str| {
        trails(&json!({
            "redshift-cluster": [resource("redshift", "dw", &json!({
                "logging": logging, "parameter_groups": [{ "name": "pg", "status": "in-sync", "parameters": { "enable_user_activity_logging": status } }],
            }))],
            "redshift-parameter-group": [resource("redshift", "pg", &json!({ "parameters": { "enable_user_activity_logging": "true" } }))],
        }))
    };
    let is = |subjects: &[Subject], name: &str| field(subjects, "warehouse-log", "dw", name);
    let good = warehouse(
        json!({ "enabled": true, "bucket": "logs", "last_success": "2026-10-31T00:00:00Z", "last_failure": "2026-01-01T00:00:00Z" }),
        "in-sync",
    );
    assert_eq!((is(&good, "delivering"), is(&good, "user_activity")), (YES, YES));
    // Golden 47.
    let failing = warehouse(
        json!({ "enabled": true, "bucket": "logs", "last_success": "2026-01-01T00:00:00Z", "last_failure": "2026-10-31T00:00:00Z" }),
        "pending-reboot",
    );
    assert_eq!((is(&failing, "enabled"), is(&failing, "delivering"), is(&failing, "user_activity")), (YES, NO, NO));
    let cloudwatch = warehouse(json!({ "enabled": true, "destination": "cloudwatch", "log_exports": ["connectionlog"] }), "in-sync");
    assert_eq!(is(&cloudwatch, "user_activity"), NO);
    assert_eq!(is(&warehouse(json!({ "enabled": false }), "in-sync"), "user_activity"), NO);
}

fn log_group(fields: &Value, config: &Config) -> Vec<Subject> {
    let resources = json!({
        "dms-instance": [resource("dms", "mover", &json!({}))],
        "log-group": [resource("logs", "dms-tasks-mover", fields), resource("logs", "of-nobody", fields)],
    });
    derive(&account(&resources), config, super::derive)
}

#[test]
fn how_long_a_log_group_keeps_its_records() {
    let is = |fields: Value, name: &str| field(&log_group(&fields, &Config::default()), "log-store", "dms-tasks-mover", name);
    // Golden 50. Nobody asks for subscriptions of what is kept long enough.
    assert_eq!(is(json!({ "retention_days": null, "class": null }), "kept_days"), Some(Value::Null));
    assert_eq!(is(json!({ "retention_days": null, "class": null }), "copied"), NO);
    assert_eq!(is(json!({ "retention_days": 7, "class": null }), "copied"), None);
    assert_eq!(is(json!({ "retention_days": 7, "class": null, "subscriptions": 1 }), "copied"), YES);
    assert_eq!(is(json!({ "retention_days": 400, "class": "DELIVERY", "subscriptions": 0 }), "kept_days"), Some(json!(1)));
    let declared = Config { log_archive: vec!["dms-tasks-mover".to_owned()], ..Config::default() };
    assert_eq!(field(&log_group(&json!({ "retention_days": 7, "class": null }), &declared), "log-store", "dms-tasks-mover", "copied"), YES);
    let subjects = log_group(&json!({ "retention_days": 7, "class": null }), &Config::default());
    assert!(subjects.iter().all(|subject| &*subject.about.resource.name != "of-nobody"));
}

#[test]
fn the_shortest_lifecycle_rule_decides() {
    let rule = |prefix: &str, status: &str, narrowed: bool, days: Value, archive: Value| json!({ "status": status, "prefix": prefix, "narrowed": narrowed, "expiration_days": days, "archive_days": archive });
    let under = |prefix: Value, rules: Value, name: &str| {
        let subjects = trails(&json!({ "trail": [trail(&json!({ "prefix": prefix }))], "bucket": [bucket("logs", &json!({ "lifecycle": rules }))] }));
        field(&subjects, "log-store", "logs", name)
    };
    let is = |rules: Value, name: &str| under(json!("unseen"), rules, name);
    let rules = json!([
        rule("", "Enabled", false, json!(400), Value::Null),
        rule("part/", "Enabled", false, json!(90), json!(30)),
        rule("", "Disabled", false, json!(1), Value::Null),
        rule("", "Enabled", true, json!(2), Value::Null),
    ]);
    assert_eq!((is(rules.clone(), "kept_days"), is(rules.clone(), "part_days")), (Some(json!(400)), Some(json!(2))));
    assert_eq!((is(rules.clone(), "at_hand_days"), is(rules.clone(), "part_at_hand_days")), (Some(Value::Null), Some(json!(30))));
    let names = ["kept_days", "part_days", "at_hand_days", "part_at_hand_days"];
    let told = |prefix: Value| names.map(|name| under(prefix.clone(), rules.clone(), name).and_then(|days| days.as_i64()));
    assert_eq!(told(Value::Null), [Some(400), Some(2), None, None], "the trail writes elsewhere");
    assert_eq!(told(json!("part")), [Some(90), Some(2), Some(30), None], "the trail writes there");
    assert_eq!(told(json!("part/of")), [Some(90), Some(2), Some(30), None], "and below");
    let one_account = json!([rule("AWSLogs/111111111111/", "Enabled", false, json!(30), Value::Null)]);
    assert_eq!(under(Value::Null, one_account, "kept_days"), Some(json!(30)), "some of the logs");
    let expired = |trails_prefix: &str, organization: bool, rule_prefix: &str| {
        let trail = trail(&json!({ "prefix": trails_prefix, "organization": organization }));
        let subjects = trails(
            &json!({ "trail": [trail], "bucket": [bucket("logs", &json!({ "lifecycle": [rule(rule_prefix, "Enabled", false, json!(30), Value::Null)] }))] }),
        );
        field(&subjects, "log-store", "logs", "kept_days") == Some(json!(30))
    };
    for prefix in [
        "AWSL",
        "AWSLogs/",
        "AWSLogs/1111",
        "AWSLogs/111111111111/Cloud",
        "AWSLogs/111111111111/CloudTrail/us-east-1/",
        "AWSLogs/111111111111/CloudTrail-Digest/",
    ] {
        assert!(expired("", false, prefix) && expired("part", false, &format!("part/{prefix}")) && !expired("part", false, prefix), "{prefix}");
    }
    let others = [
        "AWSLogs/111111111111/elasticloadbalancing/",
        "AWSLogs/111111111111/Config/",
        "AWSLogs/111111111111/CloudTrails/",
        "AWSLogs/999988887777/",
        "AWSLogs/o-1/",
    ];
    assert!(!others.iter().any(|prefix| expired("", false, prefix)), "what other services and accounts write");
    for prefix in ["AWSLogs/o-1/", "AWSLogs/o-1/9999", "AWSLogs/o-1/999988887777/CloudTrail/", "AWSLogs/111111111111/CloudTrail/"] {
        assert!(expired("", true, prefix), "an organization's: {prefix}");
    }
    assert!(!expired("", true, "AWSLogs/o-1/999988887777/Config/") && !expired("", true, "AWSLogs/999988887777/"));
    assert_eq!(
        is(rules, "why"),
        Some("lifecycle expires all its objects after 400 days, and those with a tag or size after 2 days, and archives those under part/ after 30 days".into())
    );
    assert_eq!(is(json!([]), "kept_days"), Some(Value::Null));
}

/// One of everything, each in the state in which it passes.
fn everything() -> Value {
    let kms = "arn:aws:kms:us-east-1:111111111111:key/abc";
    json!({
        "account": [{ "id": { "arn": "arn:aws:iam::111111111111:root", "name": "111111111111", "account": "111111111111", "region": "global" },
            "fields": { "public_access_block": { "block_public_acls": true, "ignore_public_acls": true, "block_public_policy": true, "restrict_public_buckets": true } } }],
        "dms-task": [resource("dms", "task", &json!({
            "instance_arn": "arn:aws:dms:us-east-1:111111111111:mover", "migration_type": "cdc", "source_endpoint_arn": "SOURCE", "target_endpoint_arn": "TARGET",
            "settings": { "logging_enabled": true, "log_components": { "SOURCE_CAPTURE": "LOGGER_SEVERITY_DEBUG" } },
        }))],
        "dms-instance": [resource("dms", "mover", &json!({ "kms_key_id": kms }))],
        "dms-endpoint": [resource("dms", "tgt", &json!({
            "engine": "redshift", "host": "dw.example", "port": 5439, "connection_attributes": {}, "staging": { "bucket": "stage", "encryption_mode": "sse-kms", "kms_key_id": kms },
        }))],
        "rds-instance": [resource("rds", "db", &json!({
            "engine": "sqlserver-se", "engine_version": "15.00.4430.1.v1", "cluster_id": null, "storage_encrypted": true, "storage_encryption_type": "sse-kms",
            "kms_key_id": kms, "log_exports": ["error"], "activity_stream_status": null,
            "option_groups": [{ "name": "og", "status": "in-sync" }], "parameter_groups": [{ "name": "pg", "status": "in-sync" }],
        })), resource("rds", "member", &json!({ "engine": "aurora-postgresql", "cluster_id": "aurora" }))],
        "rds-cluster": [resource("rds", "aurora", &json!({
            "engine": "aurora-postgresql", "engine_version": "16.4", "storage_encrypted": true, "storage_encryption_type": "sse-kms", "kms_key_id": kms,
            "parameter_group": "cpg", "log_exports": ["postgresql"], "activity_stream_status": null,
            "members": [{ "instance_id": "member", "writer": true, "parameter_group_status": "in-sync" }],
        }))],
        "rds-parameter-group": [resource("rds", "pg", &json!({ "parameters": listed(&json!({ "rds.force_ssl": { "value": "1" } })) }))],
        "rds-cluster-parameter-group": [resource("rds", "cpg", &json!({ "parameters": listed(&json!({
            "rds.force_ssl": { "value": "1" }, "shared_preload_libraries": { "value": "pgaudit" }, "pgaudit.log": { "value": "all" } })) }))],
        "rds-option-group": [resource("rds", "og", &json!({ "options": [
            { "name": "SQLSERVER_AUDIT", "port": null, "settings": { "S3_BUCKET_ARN": "arn:aws:s3:::audits/" }, "security_groups": [] }] }))],
        "rds-snapshot": [resource("rds", "snap", &json!({
            "source_id": "db", "encrypted": true, "storage_encryption_type": "sse-kms", "kms_key_id": kms, "restore_accounts": [] }))],
        "redshift-cluster": [resource("redshift", "dw", &json!({
            "endpoint": { "host": "dw.example", "port": 5439 },
            "encrypted": true, "kms_key_id": kms, "parameter_groups": [{ "name": "rpg", "status": "in-sync", "parameters": {} }],
            "logging": { "enabled": true, "bucket": "logs", "last_success": "2026-10-31T00:00:00Z" },
        }))],
        "redshift-parameter-group": [resource("redshift", "rpg", &json!({ "parameters": { "require_ssl": "true", "enable_user_activity_logging": "true" } }))],
        "kms-key": [resource("kms", "key/abc", &json!({ "manager": "CUSTOMER", "aliases": [] }))],
        "log-group": [resource("logs", "dms-tasks-mover", &json!({ "retention_days": 400, "class": null, "subscriptions": 0 })),
            resource("logs", "/aws/rds/cluster/aurora/postgresql", &json!({ "retention_days": 400, "class": null, "subscriptions": 0 }))],
        "bucket": [bucket("stage", &json!({ "encryption": null, "policy": null, "acl": [], "public_access_block": null, "versioning": null, "replication_targets": [] })),
            bucket("logs", &json!({ "encryption": null, "policy": null, "acl": [], "public_access_block": null, "lifecycle": [] })),
            bucket("audits", &json!({ "encryption": null, "policy": null, "acl": [], "public_access_block": null, "lifecycle": [] }))],
        "trail": [trail(&json!({}))],
    })
}

/// Seeing less may make a value unseen; it never makes it another one.
#[test]
fn less_sight_gives_no_other_answer() {
    let nouns = |resources: &Value| {
        let snapshot = account(resources);
        let mut subjects = derive(&snapshot, &Config::default(), super::derive);
        subjects.extend(derive(&snapshot, &Config::default(), super::super::store::derive));
        subjects
    };
    let whole = everything();
    let before = nouns(&whole);
    // Networks are not part of this account: what crosses them is told elsewhere.
    let seen = |(field, value): &(&str, Derived<Value>)| *field == "crosses_untrusted" || value.value().is_some();
    assert!(before.iter().all(|subject| subject.fields.iter().all(seen)), "everything is seen");
    let mut blinded = 0;
    for (kind, list) in whole.as_object().expect("an object") {
        for (position, one) in list.as_array().expect("a list").iter().enumerate() {
            for name in one["fields"].as_object().expect("an object").keys() {
                let mut less = whole.clone();
                less[kind][position]["fields"].as_object_mut().expect("an object").remove(name);
                for after in nouns(&less) {
                    let same = |subject: &&Subject| {
                        subject.shape == after.shape
                            && subject.about.kind == after.about.kind
                            && subject.about.resource.arn == after.about.resource.arn
                            && subject.about.key == after.about.key
                    };
                    let Some(was) = before.iter().find(same) else { continue };
                    for (field, value) in after.fields.iter().filter(|(field, _)| !field.ends_with("why") && *field != "roles") {
                        let Some(value) = value.value() else {
                            blinded += 1;
                            continue;
                        };
                        assert_eq!(
                            Some(value),
                            was.field(field).and_then(|value| value.value()),
                            "{} {} {field} without {kind} {name}",
                            after.shape,
                            after.about.resource.name
                        );
                    }
                }
            }
        }
    }
    assert!(blinded > 100, "{blinded}");
}
