//! What must come out, and what a naive tool would say instead.

use serde_json::{Value, json};

use super::*;
use crate::config::Flow;

#[test]
fn every_leg_holds() {
    let db = database(&exposed());
    assert_eq!(db.get("reachable"), true);
    assert_eq!(db.get("gateway_subnets"), json!(["subnet-1"]));
    assert_eq!(db.get("public_ranges"), json!(["0.0.0.0/0 on tcp 1433 (sg-1)"]));
    assert_eq!(
        db.legs(),
        "address: PubliclyAccessible is true\nroute: subnet-1 by rtb-1 sends 0.0.0.0/0 to igw-1\nblock: off in subnet-1\n\
         network ACL: acl-1 admits everything\nsecurity group: sg-1 admits 0.0.0.0/0 on tcp 1433\n"
    );
}

#[test]
fn every_field_of_the_shape_is_set_in_its_order() {
    for subject in subjects(&exposed()) {
        let shape = if subject.shape == "exposure" { &crate::facts::exposure::EXPOSURE } else { &crate::facts::exposure::NETWORK };
        let names: Vec<_> = shape.fields.iter().map(|field| field.name).collect();
        assert_eq!(subject.fields.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
    }
}

#[test]
fn a_subnet_without_a_table_uses_the_main_table_of_its_own_vpc() {
    let mut account = exposed();
    let tables = account["route-table"].as_array_mut().unwrap();
    tables[0]["fields"]["subnets"] = json!([]);
    tables[0]["fields"]["main"] = json!(true);
    tables[0]["fields"]["vpc_id"] = json!("vpc-default");
    tables.push(resource("route-table", "rtb-2", json!({ "vpc_id": "vpc-1", "main": true, "subnets": [], "gateways": [], "routes": [] })));
    let db = database(&account);
    assert_eq!((db.get("reachable"), db.get("gateway_subnets"), db.get("way_out")), (json!(false), json!([]), json!(false)));
    assert!(db.legs().contains("rtb-2 (main) has no way in"), "{}", db.legs());
}

/// The exposed account with other routes; world-wide blocks and their prefix lists come with it.
fn routed(routes: Value) -> Answers {
    let mut account = exposed();
    *at(&mut account, "route-table", "routes") = routes;
    account["prefix-list"] = json!([
        resource("prefix-list", "pl-world", json!({ "owner": "111122223333", "cidrs": ["0.0.0.0/0"] })),
        resource("prefix-list", "pl-s3", json!({ "owner": "AWS", "cidrs": ["52.219.0.0/16"] })),
    ]);
    account["vpc-endpoint"] = json!([
        resource("vpc-endpoint", "vpce-s3", json!({ "endpoint_type": "Gateway", "subnets": [] })),
        resource("vpc-endpoint", "vpce-fw", json!({ "endpoint_type": "GatewayLoadBalancer", "subnets": ["subnet-fw"] })),
    ]);
    database(&account)
}

#[test]
fn routes_count_by_longest_prefix_and_state() {
    let to = |destination: &str, target: &str| json!({ "destination": destination, "target": target, "state": "active" });
    let cases = [
        ("blackhole", json!([{ "destination": "0.0.0.0/0", "target": "igw-1", "state": "blackhole" }]), false, false),
        ("halves", json!([to("0.0.0.0/1", "igw-1"), to("128.0.0.0/1", "igw-1")]), true, true),
        ("halves elsewhere are longer", json!([to("0.0.0.0/0", "igw-1"), to("0.0.0.0/1", "nat-1"), to("128.0.0.0/1", "nat-1")]), false, true),
        ("one public prefix", json!([to("13.248.100.0/24", "igw-1")]), true, true),
        ("prefix list", json!([to("pl-world", "igw-1")]), true, true),
        ("private prefix", json!([to("10.0.0.0/8", "igw-1")]), false, false),
        ("nat", json!([to("0.0.0.0/0", "nat-1")]), false, true),
        ("egress-only", json!([to("::/0", "eigw-1")]), false, true),
        ("transit", json!([to("0.0.0.0/0", "tgw-1")]), false, true),
        ("gateway endpoint", json!([to("pl-s3", "vpce-s3")]), false, false),
    ];
    for (name, routes, inward, outward) in cases {
        let db = routed(routes);
        assert_eq!(db.get("reachable"), inward, "{name}");
        assert_eq!(db.get("gateway_subnets").as_array().is_some_and(|subnets| !subnets.is_empty()), inward, "{name}");
        assert_eq!(db.get("way_out"), outward, "{name}");
    }
    // Where nobody saw what is behind a target, or this version does not know what it is, nobody knows.
    for (destination, target) in [
        ("0.0.0.0/0", json!(null)),
        ("0.0.0.0/0", json!("xyz-1")),
        ("0.0.0.0/0", json!("cagw-1")),
        ("pl-world", json!("vpce-fw")),
        ("0.0.0.0/0", json!("vpce-1")),
    ] {
        let db = routed(json!([{ "destination": destination, "target": target, "state": "active" }]));
        assert_eq!((db.get("reachable"), db.get("gateway_subnets")), (Value::Null, Value::Null), "{target}");
    }
}

#[test]
fn a_route_for_other_peers_than_those_admitted_is_no_path() {
    let mut account = ruled(json!([tcp(1433, &["52.95.110.7/32"])]));
    *at(&mut account, "route-table", "routes") = json!([{ "destination": "13.248.100.0/24", "target": "igw-1", "state": "active" }]);
    assert_eq!(database(&account).get("reachable"), false);
}

#[test]
fn a_gateway_of_another_vpc_is_no_path() {
    let mut account = exposed();
    *at(&mut account, "internet-gateway", "vpcs") = json!(["vpc-2"]);
    let db = database(&account);
    assert_eq!((db.get("reachable"), db.get("way_out")), (json!(false), json!(false)));
}

#[test]
fn a_firewall_with_an_edge_route_back_is_a_public_path() {
    let mut account = exposed();
    *at(&mut account, "route-table", "routes") = json!([{ "destination": "0.0.0.0/0", "target": "vpce-1", "state": "active" }]);
    account["route-table"].as_array_mut().unwrap().push(resource(
        "route-table",
        "rtb-edge",
        json!({ "vpc_id": "vpc-1", "main": false, "subnets": [], "gateways": ["igw-1"],
                "routes": [{ "destination": "10.10.0.0/24", "target": "vpce-1", "state": "active" }] }),
    ));
    assert_eq!(database(&account).get("reachable"), Value::Null, "where the firewall stands was not seen");
    account["vpc-endpoint"] =
        json!([resource("vpc-endpoint", "vpce-1", json!({ "endpoint_type": "GatewayLoadBalancer", "subnets": ["subnet-fw"] }))]);
    let mut firewall = account["route-table"][0].clone();
    firewall["id"] = id("route-table", "rtb-fw");
    firewall["fields"]["subnets"] = json!(["subnet-fw"]);
    firewall["fields"]["routes"] = json!([{ "destination": "0.0.0.0/0", "target": "igw-1", "state": "active" }]);
    account["route-table"].as_array_mut().unwrap().push(firewall);
    assert_eq!(database(&account).get("reachable"), true);
    // So it is where a prefix list of one's own stands for the blocks, and unknown where nobody read the list.
    let mut listed = account.clone();
    listed["route-table"][0]["fields"]["routes"][0]["destination"] = json!("pl-world");
    assert_eq!(database(&listed).get("reachable"), Value::Null, "the list was not read");
    listed["prefix-list"] = json!([resource("prefix-list", "pl-world", json!({ "owner": "111122223333", "cidrs": ["0.0.0.0/1", "128.0.0.0/1"] }))]);
    assert_eq!(database(&listed).get("reachable"), true);
    let mut elsewhere = account.clone();
    elsewhere["route-table"][1]["fields"]["routes"][0]["destination"] = json!("10.10.9.0/24");
    assert_eq!(database(&elsewhere).get("reachable"), Value::Null, "the firewall sees the replies alone: it should drop them, and nobody says so");
    let mut chain = account.clone();
    chain["route-table"][2]["fields"]["routes"] = json!([{ "destination": "0.0.0.0/0", "target": "vpce-2", "state": "active" }]);
    assert_eq!(database(&chain).get("reachable"), Value::Null, "a second box behind the firewall");
    account["route-table"][2]["fields"]["routes"] = json!([]);
    assert_eq!(database(&account).get("reachable"), false, "the firewall itself has no way to the gateway");
}

#[test]
fn sources_are_joined_before_they_are_judged() {
    let halves = database(&ruled(json!([tcp(1433, &["0.0.0.0/1"]), tcp(1433, &["128.0.0.0/1"])])));
    assert_eq!(halves.get("reachable"), true);
    assert_eq!(halves.get("public_ranges"), json!(["0.0.0.0/1 on tcp 1433 (sg-1)", "128.0.0.0/1 on tcp 1433 (sg-1)"]));
    let neighbours = database(&ruled(json!([tcp(1433, &["52.95.110.4/32", "52.95.110.5/32", "52.95.110.9/32"])])));
    assert_eq!(neighbours.get("public_ranges").as_array().unwrap().len(), 2);
    assert_eq!(neighbours.get("public_hosts"), json!(["52.95.110.9/32 on tcp 1433 (sg-1)"]));
}

#[test]
fn prefix_lists_are_opened() {
    let mut account = ruled(json!([{ "protocol": "6", "from_port": 1000, "to_port": 2000, "prefix_lists": ["pl-1"] }]));
    account["prefix-list"] = json!([resource("prefix-list", "pl-1", json!({ "owner": "111122223333", "cidrs": ["0.0.0.0/0"] }))]);
    let db = database(&account);
    assert_eq!(db.get("reachable"), true);
    assert_eq!(db.get("public_ranges"), json!(["pl-1 (0.0.0.0/0) on tcp 1000-2000 (sg-1)"]));
    // One address out of a list of AWS's is still a service that everybody shares.
    account["prefix-list"] = json!([resource("prefix-list", "pl-1", json!({ "owner": "AWS", "cidrs": ["52.95.110.7/32"] }))]);
    assert_eq!(database(&account).get("public_ranges"), json!(["pl-1 (52.95.110.7/32) on tcp 1000-2000 (sg-1)"]));
}

#[test]
fn block_public_access_stops_the_path_but_not_the_address() {
    for mode in ["block-ingress", "block-bidirectional"] {
        let mut account = exposed();
        *at(&mut account, "subnet", "internet_gateway_block") = json!(mode);
        let db = database(&account);
        assert_eq!((db.get("reachable"), db.get("blocked"), db.get("public_address")), (json!(false), json!(true), json!(true)));
    }
}

#[test]
fn ipv6_counts_where_the_database_has_it() {
    let mut account = ruled(json!([{ "protocol": "tcp", "from_port": 1433, "to_port": 1433, "ipv6_cidrs": ["::/0"] }]));
    *at(&mut account, "route-table", "routes") = json!([{ "destination": "::/0", "target": "igw-1", "state": "active" }]);
    account["network-acl"][0]["fields"]["entries"]
        .as_array_mut()
        .unwrap()
        .extend([false, true].map(|egress| json!({ "number": 101, "allow": true, "egress": egress, "protocol": "-1", "cidr": "::/0" })));
    let db = database(&account);
    assert_eq!((db.get("reachable"), db.get("public_ranges")), (json!(false), json!(["::/0 on tcp 1433 (sg-1)"])));
    *at(&mut account, "rds-instance", "network_type") = json!("DUAL");
    assert_eq!(database(&account).get("reachable"), true);
    *at(&mut account, "route-table", "routes") = json!([{ "destination": "::/0", "target": "eigw-1", "state": "active" }]);
    assert_eq!(database(&account).get("reachable"), false);
}

#[test]
fn an_aurora_express_cluster_stands_on_the_internet() {
    let express = |gateway: Value, vpc: Value| {
        let fields = json!({ "engine": "aurora-postgresql", "members": [], "endpoint": { "host": "e", "port": 5432 }, "publicly_accessible": null,
            "security_groups": [], "network_type": null, "vpc_networking": vpc, "internet_access_gateway": gateway });
        json!({ "rds-cluster": [resource("rds-cluster", "express", fields)] })
    };
    let cluster = Answers::new(&express(json!(true), json!(false)), Kind::RdsCluster);
    assert_eq!((cluster.get("reachable"), cluster.get("public_address"), cluster.get("blocked")), (json!(true), json!(true), json!(false)));
    assert!(subjects(&express(json!(null), json!(null))).is_empty(), "an Aurora cluster in a VPC is judged on its instances");
}

#[test]
fn a_multi_az_cluster_stands_in_its_members_subnets() {
    let mut account = exposed();
    let fields = json!({ "engine": "postgres", "members": [{ "instance_id": "db", "writer": true }], "endpoint": { "host": "c", "port": 1433 },
        "publicly_accessible": true, "security_groups": ["sg-1"], "network_type": "IPV4", "vpc_networking": null, "internet_access_gateway": null });
    account["rds-cluster"] = json!([resource("rds-cluster", "multi", fields)]);
    assert_eq!(Answers::new(&account, Kind::RdsCluster).get("reachable"), true);
}

#[test]
fn wide_private_sources() {
    let cases = [
        ("10.10.0.0/16", true, "the whole VPC"),
        ("10.10.4.0/24", false, "a subnet"),
        ("10.10.4.7/32", false, "a host"),
        ("10.0.0.0/8", true, "a corporate network"),
        ("192.168.0.0/23", true, "more than a /24"),
        ("10.20.0.0/24", true, "a small peer, whole"),
        ("0.0.0.0/0", false, "public, told elsewhere"),
    ];
    for (cidr, wide, why) in cases {
        let mut account = ruled(json!([tcp(1433, &[cidr])]));
        account["vpc-peering"] = json!([resource(
            "vpc-peering",
            "pcx-1",
            json!({ "status": "active", "requester_vpc": "vpc-1",
            "requester_cidrs": ["10.10.0.0/16"], "accepter_vpc": "vpc-9", "accepter_cidrs": ["10.20.0.0/24"] })
        )]);
        assert_eq!(database(&account).get("wide_sources").as_array().unwrap().is_empty(), !wide, "{cidr}: {why}");
    }
    let group = json!([{ "protocol": "tcp", "from_port": 1433, "to_port": 1433, "groups": [{ "group_id": "sg-dms" }] }]);
    assert_eq!(database(&ruled(group)).get("wide_sources"), json!([]));
}

#[test]
fn a_block_that_two_vpcs_have_is_the_one_to_which_routes_lead() {
    let admits = |cidr: &str, others: &[&str], route: Option<(&str, &str)>| {
        let mut account = ruled(json!([tcp(1433, &[cidr])]));
        for (at, block) in others.iter().enumerate() {
            let vpc = resource("vpc", &format!("vpc-other-{at}"), json!({ "cidrs": [block], "ipv6_cidrs": [] }));
            account["vpc"].as_array_mut().unwrap().push(vpc);
        }
        account["vpc-peering"] = json!([resource(
            "vpc-peering",
            "pcx-1",
            json!({ "status": "active", "requester_vpc": "vpc-1", "requester_cidrs": ["10.10.0.0/16"], "requester_owner": "111122223333/eu-central-1",
                "accepter_vpc": "vpc-9", "accepter_cidrs": ["10.20.0.0/24"], "accepter_owner": "111122223333/eu-central-1" })
        )]);
        if let Some((destination, target)) = route {
            let routes = at(&mut account, "route-table", "routes").as_array_mut().unwrap();
            routes.push(json!({ "destination": destination, "target": target, "state": "active" }));
        }
        let db = database(&account);
        (db.get("wide_sources"), db.get("public_ranges"))
    };
    let rule = |cidr: &str, rest: &str| json!([format!("{cidr} on tcp 1433 (sg-1){rest}")]);
    assert_eq!(admits("10.10.4.0/24", &["10.10.4.0/24"], None), (json!([]), json!([])), "a subnet of its own VPC");
    assert_eq!(admits("10.30.0.0/24", &["10.30.0.0/24"], None), (rule("10.30.0.0/24", ": all of vpc-other-0"), json!([])), "nobody else has it");
    let at_home = Some(("10.30.0.0/24", "vgw-1"));
    assert_eq!(admits("10.30.0.0/24", &["10.30.0.0/24"; 2], at_home), (json!(null), json!([])), "one of them, or somebody behind the VPN");
    let peered = Some(("10.20.0.0/24", "pcx-1"));
    assert_eq!(admits("10.20.0.0/24", &["10.20.0.0/24"], peered), (rule("10.20.0.0/24", ": all of vpc-9"), json!([])), "the peer");
    assert_eq!(admits("10.20.0.0/25", &["10.20.0.0/25"], peered), (json!([]), json!([])), "half of the peer");
    assert_eq!(admits("52.1.2.0/24", &["52.1.0.0/16"], None), (json!([]), rule("52.1.2.0/24", "")), "somebody on the internet");
}

#[test]
fn a_public_block_is_a_vpcs_where_every_subnet_leads_there() {
    let base = || {
        let mut account = ruled(json!([tcp(1433, &["52.1.2.0/24"])]));
        account["vpc"].as_array_mut().unwrap().push(resource("vpc", "vpc-2", json!({ "cidrs": ["52.1.0.0/16"], "ipv6_cidrs": [] })));
        account["vpc-peering"] = json!([resource(
            "vpc-peering",
            "pcx-1",
            json!({ "status": "active", "requester_vpc": "vpc-1", "requester_cidrs": ["10.10.0.0/16"], "requester_owner": "111122223333/eu-central-1",
                "accepter_vpc": "vpc-2", "accepter_cidrs": ["52.1.0.0/16"], "accepter_owner": "111122223333/eu-central-1" })
        )]);
        account
    };
    let routed = |mut account: Value, destination: &str| {
        let routes = at(&mut account, "route-table", "routes").as_array_mut().unwrap();
        routes.push(json!({ "destination": destination, "target": "pcx-1", "state": "active" }));
        account
    };
    let second = |mut account: Value| {
        let fields = json!({ "vpc_id": "vpc-1", "cidr": "10.10.1.0/24", "ipv6_cidrs": [], "owner": "111122223333", "internet_gateway_block": null });
        account["subnet"].as_array_mut().unwrap().push(resource("subnet", "subnet-2", fields));
        let local = json!([{ "destination": "10.10.0.0/16", "target": "local", "state": "active" }, { "destination": "0.0.0.0/0", "target": "igw-1", "state": "active" }]);
        let table = json!({ "vpc_id": "vpc-1", "main": false, "subnets": ["subnet-2"], "gateways": [], "routes": local });
        account["route-table"].as_array_mut().unwrap().push(resource("route-table", "rtb-2", table));
        *at(&mut account, "rds-instance", "subnets") = json!(["subnet-1", "subnet-2"]);
        account
    };
    let hidden = |mut account: Value, kind: &str, field: &str| {
        account[kind][0]["fields"].as_object_mut().unwrap().remove(field);
        account
    };
    let public = |account: &Value| database(account).get("public_ranges").as_array().map(Vec::len);
    let led = routed(base(), "52.1.0.0/16");
    assert_eq!(public(&led), Some(0), "a peer's");
    assert_eq!(public(&second(led.clone())), Some(1), "and somebody's on the internet for the other subnet");
    assert_eq!(public(&routed(base(), "52.1.3.0/24")), Some(1), "another part of the peer alone is led there");
    assert_eq!(public(&base()), Some(1), "the internet gateway brings it in");
    for (kind, field) in [("route-table", "routes"), ("rds-instance", "subnets"), ("internet-gateway", "vpcs"), ("vpc-peering", "status")] {
        assert_eq!(public(&hidden(base(), kind, field)), None, "without {field} of {kind}");
    }
    let mut halves = led;
    *at(&mut halves, "security-group", "ingress") = json!([tcp(1433, &["52.1.0.0/17", "52.1.128.0/17"])]);
    let wide = |account: &Value| database(account).get("wide_sources").as_array().map(Vec::len);
    assert_eq!((public(&halves), wide(&halves)), (Some(0), Some(2)));
    let mut pieces = routed(base(), "52.1.0.0/16");
    pieces["vpc"][1]["fields"]["cidrs"] = json!(["52.1.2.0/28"]);
    *at(&mut pieces, "vpc-peering", "accepter_cidrs") = json!(["52.1.2.0/28"]);
    *at(&mut pieces, "security-group", "ingress") = json!([tcp(1433, &["52.1.2.0/29", "52.1.2.8/29"])]);
    assert_eq!((public(&pieces), wide(&pieces)), (Some(0), Some(1)), "the whole VPC together");
    assert_eq!(wide(&hidden(pieces, "route-table", "routes")), None, "and perhaps somebody's on the internet");
}

#[test]
fn one_blocks_doubt_is_no_others() {
    let mut account = ruled(json!([tcp(1433, &["52.95.110.0/24", "10.30.0.0/25"])]));
    account["vpc"].as_array_mut().unwrap().push(resource("vpc", "vpc-2", json!({ "cidrs": ["10.30.0.0/24"], "ipv6_cidrs": [] })));
    let routes = at(&mut account, "route-table", "routes").as_array_mut().unwrap();
    routes.push(json!({ "destination": "10.30.0.0/16", "target": "vgw-1", "state": "active" }));
    let db = database(&account);
    assert_eq!((db.get("wide_sources"), db.get("public_ranges").as_array().map(Vec::len)), (json!([]), Some(1)));
    let ingress = at(&mut account, "security-group", "ingress").as_array_mut().unwrap();
    ingress.push(tcp(1433, &["10.30.0.128/25"]));
    let db = database(&account);
    assert_eq!(
        (db.get("wide_sources"), db.get("public_ranges").as_array().map(Vec::len)),
        (Value::Null, Some(1)),
        "together they are the VPC's, perhaps"
    );
}

#[test]
fn own_public_space_is_private() {
    let mut account = ruled(json!([tcp(1433, &["13.248.100.0/24"])]));
    *at(&mut account, "vpc", "cidrs") = json!(["13.248.100.0/24"]);
    let unrouted = account.clone();
    at(&mut account, "route-table", "routes")
        .as_array_mut()
        .unwrap()
        .push(json!({ "destination": "13.248.100.0/24", "target": "local", "state": "active" }));
    let db = database(&account);
    // A VPC that these routes do not lead to has the block for itself alone: on the internet it is somebody else's.
    assert_eq!(database(&unrouted).get("reachable"), true);
    assert_eq!((db.get("public_ranges"), db.get("reachable")), (json!([]), json!(false)));
    assert_eq!(db.get("wide_sources").as_array().unwrap().len(), 1);
}

#[test]
fn declared_networks_are_left_out() {
    let account = snapshot(&ruled(json!([tcp(1433, &["52.95.110.9/32", "10.0.0.0/8"])])), &json!([]));
    let flow = |from: &str, to: &str| Flow { from: from.into(), to: to.into(), reason: "loader".into() };
    let config = |to: &str| Config { flows: vec![flow("52.95.110.9/32", to), flow("10.0.0.0/8", to)], ..Config::default() };
    let declared = Answers::among(derived(&account, &config("db")), Kind::RdsInstance);
    assert_eq!((declared.get("public_hosts"), declared.get("wide_sources")), (json!([]), json!([])));
    assert_eq!(declared.get("reachable"), true, "a declared host is still a public network");
    let other = Answers::among(derived(&account, &config("another")), Kind::RdsInstance);
    assert_eq!(other.get("public_hosts").as_array().unwrap().len(), 1);
}

#[test]
fn ports_come_from_the_endpoint_and_the_options() {
    let mut account = ruled(json!([tcp(2484, &["0.0.0.0/0"])]));
    assert_eq!(database(&account).get("reachable"), false, "nothing listens there");
    assert_eq!(database(&account).get("other_ports"), json!(["0.0.0.0/0 on tcp 2484 (sg-1)"]));
    *at(&mut account, "rds-option-group", "options") = json!([{ "name": "SSL", "port": 2484, "security_groups": [] }]);
    let db = database(&account);
    assert_eq!((db.get("reachable"), db.get("ports"), db.get("other_ports")), (json!(true), json!(["1433", "2484"]), json!([])));
    *at(&mut account, "rds-instance", "endpoint") = json!(null);
    assert!(database(&account).legs().contains("1433 is the engine's default"));
}

#[test]
fn options_bring_groups_of_their_own() {
    let mut account = exposed();
    *at(&mut account, "rds-instance", "security_groups") = json!([]);
    assert_eq!(database(&account).get("reachable"), Value::Null, "what stands in a VPC has a group: none was seen");
    *at(&mut account, "rds-option-group", "options") = json!([{ "name": "OEM", "port": 5500, "security_groups": ["sg-1"] }]);
    assert_eq!(database(&account).get("reachable"), true);
}

#[test]
fn other_ports_and_stale_rules() {
    let rule = |protocol: &str, status: Value| json!([{ "protocol": protocol, "from_port": null, "to_port": null, "groups": [{ "group_id": "sg-9", "peering_status": status }] }]);
    assert_eq!(database(&ruled(rule("-1", json!(null)))).get("other_ports"), json!(["sg-9 on all ports (sg-1)"]));
    assert_eq!(database(&ruled(rule("-1", json!("deleted")))).get("other_ports"), json!([]), "a stale rule allows nothing");
    assert_eq!(database(&ruled(rule("icmp", json!(null)))).get("other_ports"), json!(["sg-9 on icmp (sg-1)"]));
    assert_eq!(database(&ruled(rule("tcp", json!(null)))).get("other_ports"), json!(["sg-9 on tcp, all ports (sg-1)"]));
}

#[test]
fn icmp_is_a_protocol_that_no_database_serves_but_for_what_a_path_needs() {
    let rule = |protocol: &str, kind: i64, code: i64, net: &str| {
        let (v4, v6) = if net.contains(':') { (json!([]), json!([net])) } else { (json!([net]), json!([])) };
        json!([{ "protocol": protocol, "from_port": kind, "to_port": code, "cidrs": v4, "ipv6_cidrs": v6 }])
    };
    for (protocol, kind, code, net, elsewhere) in [
        ("icmp", -1, -1, "0.0.0.0/0", json!(["0.0.0.0/0 on icmp (sg-1)"])),
        ("1", 8, -1, "0.0.0.0/0", json!(["0.0.0.0/0 on icmp type 8 (sg-1)"])),
        ("icmp", 3, -1, "0.0.0.0/0", json!(["0.0.0.0/0 on icmp type 3 (sg-1)"])),
        ("icmp", 3, 4, "0.0.0.0/0", json!([])),
        ("icmpv6", -1, -1, "::/0", json!(["::/0 on icmpv6 (sg-1)"])),
        ("58", 2, 0, "::/0", json!([])),
        ("icmp", -1, -1, "10.0.0.0/16", json!([])),
    ] {
        let judged = database(&ruled(rule(protocol, kind, code, net)));
        assert_eq!(judged.get("public_ranges_elsewhere"), elsewhere, "{protocol} {kind} {code} {net}");
        assert_eq!(judged.get("public_ranges"), json!([]), "{protocol} {kind} {code} {net}");
        assert_eq!(judged.get("reachable"), false, "a ping opens no connection");
    }
    let host = database(&ruled(json!([{ "protocol": "tcp", "from_port": 22, "to_port": 22, "cidrs": ["8.8.8.8/32"] }])));
    assert_eq!(host.get("public_hosts"), json!([]));
    assert_eq!(host.get("public_hosts_elsewhere"), json!(["8.8.8.8/32 on tcp 22 (sg-1)"]));
}

#[test]
fn a_mover_listens_for_none_and_needs_no_ingress() {
    let mut account = exposed();
    let fields =
        json!({ "status": "available", "publicly_accessible": true, "security_groups": ["sg-1"], "vpc_id": "vpc-1", "subnets": ["subnet-1"] });
    account["dms-instance"] = json!([resource("dms-instance", "dms", fields)]);
    *at(&mut account, "security-group", "egress") = json!([{ "protocol": "-1", "cidrs": ["0.0.0.0/1", "128.0.0.0/1"] }, tcp(1433, &["10.0.0.0/8"])]);
    let dms = Answers::new(&account, Kind::DmsInstance);
    assert_eq!((dms.get("serves"), dms.get("reachable"), dms.get("public_address")), (json!(false), json!(false), json!(true)));
    assert_eq!(dms.get("other_ports").as_array().unwrap().len(), 1);
    assert_eq!(dms.get("public_ranges").as_array().unwrap().len(), 1);
    assert_eq!(dms.get("open_egress"), json!(["0.0.0.0/1 on all ports (sg-1)", "128.0.0.0/1 on all ports (sg-1)"]));
    let pieces: Vec<String> = (0..512).map(|at| format!("{}.{}.0.0/9", at / 2, at % 2 * 128)).collect();
    account["prefix-list"] = json!([resource("prefix-list", "pl-1", json!({ "owner": "111122223333", "cidrs": pieces }))]);
    *at(&mut account, "security-group", "egress") = json!([{ "protocol": "-1", "prefix_lists": ["pl-1"] }]);
    assert_eq!(Answers::new(&account, Kind::DmsInstance).get("open_egress"), json!(["pl-1 (1.0.0.0/9) on all ports (sg-1) and 473 more together"]));
    *at(&mut account, "security-group", "egress") = json!([tcp(443, &["52.0.0.0/8", "10.0.0.0/8"])]);
    assert_eq!(Answers::new(&account, Kind::DmsInstance).get("open_egress"), json!([]));
}

#[test]
fn a_warehouse_stands_in_its_subnet_group() {
    let mut account = ruled(json!([tcp(5439, &["0.0.0.0/0"])]));
    account["redshift-subnet-group"] =
        json!([resource("redshift-subnet-group", "rs-subnets", json!({ "vpc_id": "vpc-1", "subnets": ["subnet-1"] }))]);
    let fields = json!({ "endpoint": { "host": "r", "port": 5439 }, "vpc_id": "vpc-1", "publicly_accessible": true, "subnet_group": "rs-subnets",
        "security_groups": ["sg-1"], "enhanced_vpc_routing": false });
    account["redshift-cluster"] = json!([resource("redshift-cluster", "rs", fields)]);
    let rs = Answers::new(&account, Kind::RedshiftCluster);
    assert_eq!((rs.get("reachable"), rs.get("enhanced_vpc_routing")), (json!(true), json!(false)));
    *at(&mut account, "redshift-cluster", "publicly_accessible") = json!(false);
    assert_eq!(Answers::new(&account, Kind::RedshiftCluster).get("reachable"), false);
}

#[test]
fn neptune_is_not_judged() {
    let mut account = exposed();
    *at(&mut account, "rds-instance", "engine") = json!("neptune");
    assert!(subjects(&account).iter().all(|subject| subject.shape == "network"));
}
