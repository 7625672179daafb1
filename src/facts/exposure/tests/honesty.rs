//! What was not seen never becomes safe, and more rules never make less exposure.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// What decides the verdict on `db`, as (kind, field).
const INPUTS: [(&str, &str); 22] = [
    ("rds-instance", "engine"),
    ("rds-instance", "endpoint"),
    ("rds-instance", "publicly_accessible"),
    ("rds-instance", "vpc_id"),
    ("rds-instance", "subnets"),
    ("rds-instance", "security_groups"),
    ("rds-instance", "network_type"),
    ("rds-instance", "option_groups"),
    ("rds-option-group", "options"),
    ("vpc", "cidrs"),
    ("vpc", "ipv6_cidrs"),
    ("subnet", "vpc_id"),
    ("subnet", "internet_gateway_block"),
    ("route-table", "vpc_id"),
    ("route-table", "main"),
    ("route-table", "subnets"),
    ("route-table", "gateways"),
    ("route-table", "routes"),
    ("internet-gateway", "vpcs"),
    ("network-acl", "subnets"),
    ("network-acl", "entries"),
    ("security-group", "ingress"),
];

/// Accounts that differ in which leg is shut.
fn accounts() -> Vec<Value> {
    let mut all = vec![exposed(), ruled(json!([tcp(1433, &["52.95.110.9/32"])])), ruled(json!([tcp(1433, &["10.10.0.0/16"])])), ruled(json!([]))];
    let changes = [
        ("rds-instance", "publicly_accessible", json!(false)),
        ("subnet", "internet_gateway_block", json!("block-ingress")),
        ("internet-gateway", "vpcs", json!([])),
        ("network-acl", "entries", json!([])),
        ("route-table", "routes", json!([])),
        ("route-table", "subnets", json!([])),
    ];
    all.extend(changes.map(|(kind, field, value)| {
        let mut account = exposed();
        *at(&mut account, kind, field) = value;
        account
    }));
    all
}

fn empty(list: &Value) -> bool {
    list.as_array().is_some_and(Vec::is_empty)
}

#[test]
fn hiding_an_input_never_makes_a_verdict() {
    let lists = ["gateway_subnets", "public_ranges", "public_hosts", "wide_sources", "other_ports", "open_egress"];
    for (number, account) in accounts().iter().enumerate() {
        let whole = database(account);
        for (kind, field) in INPUTS {
            let mut account = account.clone();
            account[kind][0]["fields"].as_object_mut().unwrap().remove(field);
            let part = database(&account);
            for verdict in ["reachable", "public_address", "blocked", "way_out"] {
                let (before, after) = (whole.get(verdict), part.get(verdict));
                assert!(after.is_null() || after == before, "account {number}, {kind}.{field} hidden: {verdict} went from {before} to {after}");
            }
            for list in lists {
                let (before, after) = (whole.get(list), part.get(list));
                assert!(
                    after.is_null() || before.is_null() || empty(&after) == empty(&before),
                    "account {number}, {kind}.{field}: {list} {before} {after}"
                );
            }
        }
    }
}

#[test]
fn hiding_a_kind_never_makes_a_verdict() {
    let calls = [
        ("subnet", "DescribeSubnets"),
        ("route-table", "DescribeRouteTables"),
        ("internet-gateway", "DescribeInternetGateways"),
        ("network-acl", "DescribeNetworkAcls"),
        ("security-group", "DescribeSecurityGroups"),
        ("vpc", "DescribeVpcs"),
    ];
    for account in accounts() {
        let whole = database(&account).get("reachable");
        for (kind, operation) in calls {
            let mut account = account.clone();
            account.as_object_mut().unwrap().remove(kind);
            let gaps = json!([{ "account": "111122223333", "region": REGION, "service": "ec2", "operation": operation, "code": "UnauthorizedOperation", "message": "" }]);
            let part = Answers::among(derived(&snapshot(&account, &gaps), &Config::default()), Kind::RdsInstance).get("reachable");
            assert!(part.is_null() || part == whole, "{operation} denied: {whole} became {part}");
        }
    }
}

#[test]
fn a_leg_that_is_shut_decides_without_the_others() {
    let mut account = exposed();
    *at(&mut account, "rds-instance", "publicly_accessible") = json!(false);
    for kind in ["subnet", "route-table", "security-group", "network-acl"] {
        account.as_object_mut().unwrap().remove(kind);
    }
    let db = database(&account);
    assert_eq!(db.get("reachable"), false);
    assert_eq!(db.get("gateway_subnets"), Value::Null);
    let mut account = ruled(json!([]));
    account.as_object_mut().unwrap().remove("route-table");
    assert_eq!(database(&account).get("reachable"), false, "no group admits anybody");
}

/// Number, allow, egress, protocol, block, first port, last port.
type Entry<'e> = (i64, bool, bool, &'e str, &'e str, i64, i64);

/// The exposed account with other entries.
fn entered(entries: &[Entry<'_>]) -> Answers {
    let mut account = exposed();
    let entry = |(number, allow, egress, protocol, cidr, from, to): &Entry<'_>| json!({ "number": number, "allow": allow, "egress": egress, "protocol": protocol, "cidr": cidr, "from_port": from, "to_port": to });
    *at(&mut account, "network-acl", "entries") = entries.iter().map(entry).collect();
    database(&account)
}

#[test]
fn an_acl_is_asked_both_ways_and_by_number() {
    let world = "0.0.0.0/0";
    let replies = (100, true, true, "6", world, 1024, 65535);
    let cases: [(&str, Vec<Entry<'_>>, bool); 10] = [
        ("both ways", vec![(100, true, false, "6", world, 1433, 1433), replies], true),
        ("no way back", vec![(100, true, false, "6", world, 1433, 1433), (100, true, true, "6", "10.0.0.0/8", 443, 443)], false),
        (
            "a way back to a port that a client may pick",
            vec![(100, true, false, "6", world, 1433, 1433), (100, true, true, "6", world, 443, 443)],
            true,
        ),
        ("another port", vec![(100, true, false, "6", world, 1434, 1440), replies], false),
        ("denied before it is allowed", vec![(90, false, false, "6", world, 1433, 1433), (100, true, false, "-1", world, 0, 0), replies], false),
        ("denied after it is allowed", vec![(100, true, false, "6", world, 1433, 1433), (200, false, false, "-1", world, 0, 0), replies], true),
        ("another protocol", vec![(100, true, false, "17", world, 1433, 1433), replies], false),
        ("some client ports", vec![(100, true, false, "6", world, 0, 65535), (90, false, true, "6", world, 1024, 60000), replies], true),
        ("replies to others", vec![(100, true, false, "6", "13.248.100.0/24", 1433, 1433), (90, true, true, "6", "52.95.110.0/24", 0, 65535)], false),
        ("private only", vec![(100, true, false, "6", "10.0.0.0/8", 1433, 1433), replies], false),
    ];
    for (name, entries, open) in cases {
        assert_eq!(entered(&entries).get("reachable"), open, "{name}");
    }
    let told = entered(&[(100, true, false, "6", world, 1433, 1433), (110, true, true, "6", world, 1024, 65535)]).legs();
    assert!(told.contains("network ACL, in: acl-1 entry 100 allows 0.0.0.0/0, tcp 1433\nnetwork ACL, replies out: acl-1 entry 110"), "{told}");
}

#[test]
fn one_open_group_decides_beside_an_unseen_one() {
    let mut account = exposed();
    *at(&mut account, "rds-instance", "security_groups") = json!(["sg-1", "sg-hidden"]);
    let db = database(&account);
    assert_eq!((db.get("reachable"), db.get("public_hosts")), (json!(true), Value::Null));
    let hidden = ruled(json!([{ "protocol": "tcp", "from_port": 1433, "to_port": 1433, "prefix_lists": ["pl-hidden"] }]));
    assert_eq!(database(&hidden).get("reachable"), Value::Null);
}

#[test]
fn small_public_blocks_may_be_a_vpc_that_was_not_seen() {
    let gaps = json!([{ "account": "111122223333", "region": REGION, "service": "ec2", "operation": "DescribeVpcs", "code": "UnauthorizedOperation", "message": "" }]);
    let ask = |cidr: &str| {
        let mut account = ruled(json!([tcp(1433, &[cidr])]));
        account.as_object_mut().unwrap().remove("vpc");
        Answers::among(derived(&snapshot(&account, &gaps), &Config::default()), Kind::RdsInstance)
    };
    assert_eq!(ask("0.0.0.0/0").get("reachable"), true);
    assert_eq!(ask("52.95.110.9/32").get("reachable"), Value::Null);
    assert_eq!(ask("10.0.0.0/8").get("reachable"), false);
    assert_eq!(ask("10.10.0.0/24").get("wide_sources"), Value::Null);
}

#[test]
fn nonsense_does_not_break_it() {
    for text in ["", "0.0.0.0/99", "pl-", "::/0/0", "\u{202e}"] {
        let mut account = ruled(json!([{ "protocol": text, "from_port": -9, "to_port": i64::MAX, "cidrs": [text] }, tcp(i64::MIN, &[text])]));
        *at(&mut account, "route-table", "routes") = json!([{ "destination": text, "target": text, "state": text }]);
        database(&account);
    }
}

fn rule() -> impl Strategy<Value = Value> {
    let cidrs = ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "52.95.110.4/32", "52.95.110.5/32", "10.10.0.0/16", "10.10.1.0/24", "13.248.100.0/24"];
    let cidrs = prop::collection::vec(prop::sample::select(cidrs.to_vec()), 0..3);
    (prop::sample::select(vec!["tcp", "udp", "-1", "icmp"]), 1430_i64..1436, 0_i64..4, cidrs)
        .prop_map(|(protocol, from, more, cidrs)| json!({ "protocol": protocol, "from_port": from, "to_port": from + more, "cidrs": cidrs }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_further_rule_never_removes_an_exposure(rules in prop::collection::vec(rule(), 0..5), more in rule()) {
        let before = database(&ruled(Value::Array(rules.clone())));
        let after = database(&ruled(Value::Array([rules, vec![more]].concat())));
        prop_assert!(before.get("reachable") == false || after.get("reachable") == true);
        for list in ["public_ranges", "wide_sources", "other_ports"] {
            prop_assert!(empty(&before.get(list)) || !empty(&after.get(list)), "{list}");
        }
        // A host may become part of a range, but not vanish.
        prop_assert!(empty(&before.get("public_hosts")) || !empty(&after.get("public_hosts")) || !empty(&after.get("public_ranges")));
    }

    #[test]
    fn the_order_of_rules_does_not_matter(rules in prop::collection::vec(rule(), 0..6)) {
        let there = database(&ruled(Value::Array(rules.clone())));
        let back = database(&ruled(Value::Array(rules.into_iter().rev().collect())));
        for (name, value) in &there.0.fields {
            prop_assert_eq!(value.value(), back.0.field(name).unwrap().value(), "{}", name);
        }
    }
}

#[test]
fn a_verdict_names_what_it_rests_on() {
    let evidence = |account: &Value| {
        let answers = database(account);
        let from = answers.0.field("reachable").unwrap().from();
        let mut from: Vec<String> = from.iter().map(|at| format!("{}.{}", at.resource.name, at.field)).collect();
        from.sort();
        from.dedup();
        from.join(" ")
    };
    assert_eq!(
        evidence(&exposed()),
        "acl-1.entries acl-1.subnets db.endpoint db.publicly_accessible db.security_groups db.subnets db.vpc_id igw-1.vpcs rtb-1.routes rtb-1.subnets sg-1.ingress subnet-1.internet_gateway_block"
    );
    let mut private = exposed();
    *at(&mut private, "rds-instance", "publicly_accessible") = json!(false);
    assert_eq!(evidence(&private), "db.publicly_accessible db.vpc_id");
}
