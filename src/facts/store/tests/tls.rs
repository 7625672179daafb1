//! Whether stores refuse clear text and old TLS, and whether that is in force.

use serde_json::{Value, json};

use super::{NO, YES, cluster, enforced, field, instance, redshift, resource, store, stores, value};

#[test]
fn a_static_parameter_counts_after_the_reboot() {
    let one = value("rds.force_ssl", "1");
    assert_eq!(enforced("sqlserver-se", "15.00.4430.1.v1", "in-sync", &one), YES);
    assert_eq!(enforced("sqlserver-se", "15.00.4430.1.v1", "pending-reboot", &one), NO);
    assert_eq!(enforced("sqlserver-se", "15.00.4430.1.v1", "failed-to-apply", &one), NO);
    assert_eq!(enforced("sqlserver-se", "15.00.4430.1.v1", "pending-reboot", &value("rds.force_ssl", "0")), NO);
}

#[test]
fn a_dynamic_parameter_beside_a_pending_reboot_is_a_question_where_it_was_applied_at_once() {
    let set = |method: &str| json!({ "require_secure_transport": { "value": "ON", "apply_type": "dynamic", "apply_method": method } });
    let waiting = instance("mysql", "8.0.36", "pending-reboot", &set("immediate"));
    assert_eq!(
        (store(&waiting, "db", "tls_enforced"), store(&waiting, "db", "tls_asks_person")),
        (NO, YES),
        "the group may have been attached just now"
    );
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
        ("mysql", "9.7.1", true),
        ("mariadb", "11.8.2", true),
        ("mariadb", "11.4.4", false),
        ("mariadb", "10.4.1", false),
        ("sqlserver-ex", "16.00.4131.2.v1", false),
    ] {
        assert_eq!(enforced(engine, version, "in-sync", &unset), Some(expected.into()), "{engine} {version}");
    }
    for (engine, version) in
        [("postgres", "19.1"), ("mysql", "9.8.0"), ("mysql", "9.1.0"), ("mariadb", "12.1.2"), ("sqlserver-ex", "17.00.1000.7.v1")]
    {
        assert_eq!(enforced(engine, version, "in-sync", &unset), None, "{engine} {version}: nobody knows yet");
    }
    assert_eq!(enforced("mysql", "9.8.0", "in-sync", &value("require_secure_transport", "OFF")), NO, "what is set is known");
    // Golden 5: the value may also be spelled out.
    assert_eq!(enforced("mariadb", "11.8.2", "in-sync", &value("require_secure_transport", "ON")), YES);
}

#[test]
fn a_parameter_that_the_list_does_not_hold_is_no_default() {
    let without = |mut account: Value, kind: &str, name: &str| {
        account[kind][0]["fields"]["parameters"].as_object_mut().expect("a map").remove(name);
        account
    };
    let tls = |engine: &str, version: &str, name: &str, wanted: &str| {
        store(&without(instance(engine, version, "in-sync", &json!({})), "rds-parameter-group", name), "db", wanted)
    };
    for (engine, version, name) in [
        ("postgres", "16.3", "rds.force_ssl"),
        ("sqlserver-se", "15.00.4430.1.v1", "rds.force_ssl"),
        ("mysql", "9.7.1", "require_secure_transport"),
        ("mariadb", "11.8.2", "require_secure_transport"),
        ("db2-se", "11.5.9.0", "DB2COMM"),
    ] {
        assert_eq!(tls(engine, version, name, "tls_enforced"), None, "{engine}");
        assert!(tls(engine, version, "audit_trail", "tls_enforced").is_some(), "{engine}: another one");
    }
    for (engine, version, name) in [
        ("sqlserver-se", "15.00.4430.1.v1", "rds.tls10"),
        ("postgres", "16.3", "ssl_min_protocol_version"),
        ("mysql", "5.7.44", "tls_version"),
        ("mariadb", "10.6.20", "tls_version"),
    ] {
        assert_eq!(tls(engine, version, name, "weak_tls"), None, "{engine}");
    }
    // Versions that do not have it: nothing sets it.
    assert_eq!(tls("mysql", "5.6.51", "require_secure_transport", "tls_enforced"), NO);
    assert_eq!(tls("mariadb", "10.4.33", "require_secure_transport", "tls_enforced"), NO);
    assert_eq!(tls("postgres", "11.22", "ssl_min_protocol_version", "weak_tls_asks_person"), YES);
    let aurora = cluster("aurora-postgresql", "17.4", "in-sync", &json!({}));
    assert_eq!(store(&without(aurora, "rds-cluster-parameter-group", "rds.force_ssl"), "db", "tls_enforced"), None);
    assert_eq!(
        store(
            &without(
                redshift("default.redshift-2.0", "in-sync", &json!({}), &json!({ "require_ssl": null })),
                "redshift-parameter-group",
                "require_ssl"
            ),
            "dw",
            "tls_enforced"
        ),
        None
    );
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

#[test]
fn what_nobody_set_waits_for_nothing() {
    let by = |source: &str| json!({ "rds.force_ssl": { "value": "1", "apply_type": "dynamic", "apply_method": "pending-reboot", "source": source } });
    let waiting = |source: &str| store(&instance("postgres", "16.3", "pending-reboot", &by(source)), "db", "tls_asks_person");
    assert_eq!((waiting("system"), waiting("engine-default"), waiting("user")), (YES, YES, NO));
    assert_eq!(enforced("postgres", "16.3", "in-sync", &by("system")), YES);
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

fn oracle(options: &Value, rules: &Value) -> Value {
    let mut account = instance("oracle-ee", "19.0.0.0.ru-2025-01.rur-2025-01.r1", "in-sync", &json!({}));
    let fields = &mut account["rds-instance"][0]["fields"];
    fields["option_groups"] = json!([{ "name": "og", "status": "in-sync" }]);
    fields["endpoint"] = json!({ "host": "db.example", "port": 1521 });
    fields["security_groups"] = json!(["sg-1"]);
    fields["subnets"] = json!(["subnet-1"]);
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
    // So does one that its interface holds, whatever RDS lists.
    account["rds-option-group"] = oracle(&ssl, &json!([]))["rds-option-group"].clone();
    assert_eq!(store(&account, "db", "tls_enforced"), YES);
    account["network-interface"] = json!([resource(
        "ec2",
        "eni-1",
        &json!({
        "vpc_id": "vpc-1", "subnet_id": "subnet-1", "groups": ["sg-1", "sg-2"], "description": "RDSNetworkInterface", "requester": "amazon-rds" })
    )]);
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
    assert_eq!(weak("17.00.1.1.v1", &json!({})), None, "a major version that AWS's page did not list when this was written");
}

#[test]
fn old_tls_by_engine() {
    let weak = |engine: &str, version: &str, parameters: &Value| store(&instance(engine, version, "in-sync", parameters), "db", "weak_tls");
    assert_eq!(weak("postgres", "16.3", &json!({})), Some(json!([])));
    assert_eq!(weak("postgres", "16.3", &value("ssl_min_protocol_version", "TLSv1.1")), Some(json!(["TLS 1.1"])));
    assert_eq!(weak("mysql", "8.0.36", &json!({})), Some(json!([])));
    assert_eq!(weak("mysql", "5.7.44", &json!({})), Some(json!(["TLS 1.0", "TLS 1.1"])));
    assert_eq!(weak("mysql", "9.8.0", &json!({})), None);
    assert_eq!(weak("postgres", "19.1", &json!({})), None);
    assert_eq!(weak("mariadb", "10.6.20", &value("tls_version", "TLSv1.1,TLSv1.2")), Some(json!(["TLS 1.1"])));
    assert_eq!(store(&instance("mariadb", "10.6.20", "in-sync", &json!({})), "db", "weak_tls_asks_person"), YES);
}

#[test]
fn redshift_says_per_parameter_whether_it_is_in_force() {
    let (on, unset) = (json!({ "require_ssl": "true" }), json!({ "require_ssl": null }));
    let enforced = |account: &Value| store(account, "dw", "tls_enforced");
    assert_eq!(enforced(&redshift("custom", "in-sync", &json!({}), &on)), YES);
    assert_eq!(enforced(&redshift("custom", "in-sync", &json!({ "require_ssl": "pending-reboot" }), &on)), NO);
    // The group waits for something else.
    assert_eq!(enforced(&redshift("custom", "pending-reboot", &json!({ "require_ssl": "in-sync" }), &on)), YES);
    assert_eq!(enforced(&redshift("custom", "pending-reboot", &json!({}), &on)), NO);
    assert_eq!(enforced(&redshift("default.redshift-1.0", "in-sync", &json!({}), &unset)), NO);
    assert_eq!(enforced(&redshift("default.redshift-2.0", "in-sync", &json!({}), &unset)), YES);
    assert_eq!(enforced(&redshift("default.redshift-3.0", "in-sync", &json!({}), &unset)), None);
    // Golden 30.
    let subjects = stores(&redshift("custom", "in-sync", &json!({}), &on));
    assert_eq!(field(&subjects, "store", "dw", "encrypted"), YES);
    assert_eq!(field(&subjects, "store", "dw", "encryption"), Some("a key that AWS owns".into()));
    assert_eq!(field(&subjects, "store", "dw", "customer_key"), NO);
}
