//! Paths from outside the account's VPCs, and through boxes in the way.

use serde_json::{Value, json};

use super::*;
use crate::facts::exposure::query::{self, QueryError};

fn route(destination: &str, target: &str) -> Value {
    json!({ "destination": destination, "target": target, "state": "active" })
}

/// The exposed account with a group that admits some blocks, and a table that sends more routes.
fn outside(admits: &[&str], routes: &[Value]) -> Value {
    let mut account = ruled(json!([tcp(1433, admits)]));
    account["route-table"][0]["fields"]["routes"].as_array_mut().unwrap().extend_from_slice(routes);
    account
}

fn answer(account: &Value, from: &str, to: &str) -> (String, String) {
    let snapshot = snapshot(account, &json!([]));
    let reach = query::reach(&Index::new(&snapshot), from, to).expect("both are known");
    (reach.answer.word().to_owned(), reach.answer.legs.iter().map(|leg| format!("{}\n", leg.words())).collect())
}

#[test]
fn a_vpn_is_an_outside_party() {
    let account = outside(&["192.168.0.0/16"], &[route("192.168.0.0/16", "vgw-1")]);
    let (word, legs) = answer(&account, "192.168.4.0/24", "db");
    assert_eq!(word, "reachable");
    assert!(legs.contains("outside party: vgw-1, a VPN or Direct Connect gateway leads in"), "{legs}");
    assert_eq!(answer(&account, "192.168.4.0/24", "db:1434").0, "not reachable");
    assert_eq!(answer(&account, "172.16.0.0/12", "db").0, "not reachable", "nothing is routed there");
    let blackhole = json!({ "destination": "192.168.4.0/24", "target": "vgw-2", "state": "blackhole" });
    assert_eq!(answer(&outside(&["192.168.0.0/16"], &[route("192.168.0.0/16", "vgw-1"), blackhole]), "192.168.4.7", "db").0, "not reachable");
}

#[test]
fn a_peer_in_another_account_lets_out_what_nobody_here_sees() {
    let peering = |status: &str| {
        let mut account = outside(&["172.31.0.0/16"], &[route("172.31.0.0/16", "pcx-1")]);
        let fields = json!({ "status": status, "requester_vpc": "vpc-1", "requester_owner": format!("111122223333/{REGION}"), "requester_cidrs": ["10.10.0.0/16"],
            "accepter_vpc": "vpc-far", "accepter_owner": format!("999988887777/{REGION}"), "accepter_cidrs": ["172.31.0.0/16"] });
        account["vpc-peering"] = json!([resource("vpc-peering", "pcx-1", fields)]);
        answer(&account, "172.31.0.0/16", "db")
    };
    let (word, legs) = peering("active");
    assert_eq!(word, "unknown");
    assert!(legs.contains(&format!("pcx-1, a peering with vpc-far of 999988887777/{REGION}")), "{legs}");
    assert_eq!(peering("deleted").0, "not reachable");
}

#[test]
fn a_transit_gateway_leads_to_what_its_route_table_names() {
    let attachment = |name: &str, kind: &str, of: &str| {
        resource(
            "transit-gateway-attachment",
            name,
            json!({ "gateway_id": "tgw-1", "resource_type": kind, "resource_id": of, "state": "available", "route_table": "tgw-rtb-1" }),
        )
    };
    let transit = |routes: Value| {
        let mut account = outside(&["192.168.0.0/16"], &[route("192.168.0.0/16", "tgw-1")]);
        account["transit-gateway-attachment"] = json!([attachment("tgw-attach-1", "vpc", "vpc-1"), attachment("tgw-attach-2", "vpn", "vpn-1")]);
        account["transit-gateway-route-table"] =
            json!([resource("transit-gateway-route-table", "tgw-rtb-1", json!({ "gateway_id": "tgw-1", "routes": routes }))]);
        answer(&account, "192.168.4.0/24", "db")
    };
    let to = |destination: &str, state: &str| json!({ "destination": destination, "attachments": ["tgw-attach-2"], "state": state });
    let (word, legs) = transit(json!([to("192.168.0.0/16", "active")]));
    assert!(word == "reachable" && legs.contains("outside party: vpn vpn-1 over tgw-1"), "{word}\n{legs}");
    assert_eq!(transit(json!([to("192.168.0.0/16", "active"), to("192.168.4.0/24", "blackhole")])).0, "not reachable", "the longest prefix decides");
    assert_eq!(transit(json!([])).0, "not reachable");
    let shared = outside(&["192.168.0.0/16"], &[route("192.168.0.0/16", "tgw-1")]);
    assert_eq!(answer(&shared, "192.168.4.0/24", "db").0, "unknown", "another account's gateway");
}

#[test]
fn behind_a_box_a_group_is_no_sender() {
    let host = json!({ "vpc_id": "vpc-1", "subnet_id": "subnet-2", "groups": ["sg-app"], "private_ips": ["10.10.1.9"], "ipv6_ips": [], "public_ips": [],
        "interface_type": "interface", "instance_id": "i-1", "description": "", "requester": null, "status": "in-use" });
    let inspected = |admits: Value| {
        let mut account = ruled(json!([admits]));
        account["network-interface"] = json!([resource("network-interface", "eni-1", host.clone())]);
        let out = json!([{ "protocol": "-1", "cidrs": ["10.0.0.0/8"] }]);
        account["security-group"].as_array_mut().unwrap().push(resource(
            "security-group",
            "sg-app",
            json!({ "vpc_id": "vpc-1", "ingress": [], "egress": out }),
        ));
        let mut subnet = account["subnet"][0].clone();
        subnet["id"] = id("subnet", "subnet-2");
        subnet["fields"]["cidr"] = json!("10.10.1.0/24");
        account["subnet"].as_array_mut().unwrap().push(subnet);
        let routes = json!([route("10.10.0.0/16", "local"), route("10.10.0.0/24", "vpce-1")]);
        account["route-table"].as_array_mut().unwrap().push(resource(
            "route-table",
            "rtb-2",
            json!({ "vpc_id": "vpc-1", "main": false, "subnets": ["subnet-2"], "gateways": [], "routes": routes }),
        ));
        account["network-acl"][0]["fields"]["subnets"] = json!(["subnet-1", "subnet-2"]);
        answer(&account, "i-1", "db")
    };
    let by_group = inspected(json!({ "protocol": "tcp", "from_port": 1433, "to_port": 1433, "groups": [{ "group_id": "sg-app" }] }));
    assert_eq!(by_group.0, "not reachable", "{}", by_group.1);
    let by_block = inspected(tcp(1433, &["10.10.1.0/24"]));
    assert!(by_block.0 == "reachable" && by_block.1.contains("box in the way: vpce-1"), "{}\n{}", by_block.0, by_block.1);
}

#[test]
fn a_question_names_who_is_meant() {
    let snapshot = snapshot(&exposed(), &json!([]));
    let ask = |from: &str, to: &str| query::reach(&Index::new(&snapshot), from, to);
    let arn = snapshot.resources.rds_instances[0].id.arn.to_string();
    for to in ["db", "db:1433", &arn, &format!("{arn}:1433")] {
        assert_eq!(ask("internet", to).map(|reach| reach.answer.word()), Ok("reachable"), "{to}");
    }
    assert_eq!(ask("52.95.110.7", "db").map(|reach| reach.answer.word()), Ok("reachable"));
    assert!(matches!(ask("internet", "dbx").err(), Some(QueryError::NoSuch { known, .. }) if known.contains(&"db".to_owned())));
    assert!(matches!(ask("sg-none", "db").err(), Some(QueryError::NoSuch { what: "security group", .. })));
    assert_eq!(ask("internet", "arn:aws:s3:::chd/x").err(), Some(QueryError::Bucket("arn:aws:s3:::chd".to_owned())));
    assert!(matches!(ask("nobody", "db").err(), Some(QueryError::NoSuch { .. })));
    for text in ["", ":", "db:99999", "db:-1", "eni-", "\u{202e}"] {
        assert!(ask("internet", text).is_err(), "{text}");
        assert!(ask(text, "db").is_err(), "{text}");
    }
}
