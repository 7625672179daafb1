//! Many of everything: classes are judged once, so the work grows with what is connected, not with the product of resources.

use serde_json::{Value, json};

use super::*;

/// VPCs with so many subnets, groups, hosts and databases each; every tenth database admits the whole VPC, the others the groups of ten hosts.
fn account(vpcs: usize, subnets: usize, hosts: usize, databases: usize) -> Value {
    let mut all = json!({ "vpc": [], "subnet": [], "route-table": [], "network-acl": [], "security-group": [], "network-interface": [], "rds-instance": [], "internet-gateway": [] });
    let mut put = |kind: &str, name: String, fields: Value| all[kind].as_array_mut().unwrap().push(resource(kind, &name, fields));
    for vpc in 0..vpcs {
        let (name, block) = (format!("vpc-{vpc}"), format!("10.{vpc}.0.0/16"));
        put("vpc", name.clone(), json!({ "cidrs": [block], "ipv6_cidrs": [] }));
        put("internet-gateway", format!("igw-{vpc}"), json!({ "vpcs": [name] }));
        let ids: Vec<String> = (0..subnets).map(|at| format!("subnet-{vpc}-{at}")).collect();
        put("network-acl", format!("acl-{vpc}"), json!({ "vpc_id": name, "subnets": ids, "entries": allow_all() }));
        let routes = json!([{ "destination": block, "target": "local", "state": "active" }, { "destination": "0.0.0.0/0", "target": format!("igw-{vpc}"), "state": "active" }]);
        put("route-table", format!("rtb-{vpc}"), json!({ "vpc_id": name, "main": true, "subnets": [], "gateways": [], "routes": routes }));
        for (at, id) in ids.iter().enumerate() {
            put(
                "subnet",
                id.clone(),
                json!({ "vpc_id": name, "cidr": format!("10.{vpc}.{at}.0/24"), "ipv6_cidrs": [], "owner": "111122223333", "internet_gateway_block": null }),
            );
        }
        for host in 0..hosts {
            let group = format!("sg-{vpc}-{host}");
            put(
                "security-group",
                group.clone(),
                json!({ "vpc_id": name, "ingress": [tcp(443, &["0.0.0.0/0"])], "egress": [tcp(5432, &["10.0.0.0/8"])] }),
            );
            let public: Vec<String> = (host % 50 == 0).then(|| format!("203.0.{vpc}.{}", host % 250)).into_iter().collect();
            put(
                "network-interface",
                format!("eni-{vpc}-{host}"),
                json!({ "vpc_id": name, "subnet_id": format!("subnet-{vpc}-{}", host % subnets), "groups": [group],
                "private_ips": [format!("10.{vpc}.{}.{}", host % subnets, 4 + host / subnets)], "ipv6_ips": [], "public_ips": public, "interface_type": "interface",
                "instance_id": format!("i-{vpc}-{host}"), "description": "", "requester": null, "status": "in-use" }),
            );
        }
        for at in 0..databases {
            let group = format!("sg-db-{vpc}-{at}");
            let referred: Vec<Value> = (0..10).map(|next| json!({ "group_id": format!("sg-{vpc}-{}", (at * 10 + next) % hosts) })).collect();
            let wide: Vec<&str> = (at % 10 == 0).then_some(block.as_str()).into_iter().collect();
            let rule = json!({ "protocol": "tcp", "from_port": 5432, "to_port": 5432, "cidrs": wide, "groups": referred });
            put("security-group", group.clone(), json!({ "vpc_id": name, "ingress": [rule], "egress": [] }));
            put(
                "rds-instance",
                format!("db-{vpc}-{at}"),
                json!({
                    "engine": "postgres", "engine_version": "16.4", "status": "available", "cluster_id": null, "option_groups": [], "endpoint": { "host": format!("db-{vpc}-{at}.example"), "port": 5432 },
                    "publicly_accessible": false, "vpc_id": name, "subnets": [format!("subnet-{vpc}-{}", at % subnets), format!("subnet-{vpc}-{}", (at + 1) % subnets)],
                    "security_groups": [group], "network_type": "IPV4",
                }),
            );
        }
    }
    all
}

#[test]
fn each_database_is_told_its_own_hosts() {
    let derived = derived(&snapshot(&account(2, 5, 60, 11), &json!([])), &Config::default());
    let of = |name: &str| Answers(derived.iter().find(|subject| *subject.about.resource.name == *name).unwrap().clone());
    let direct = |name: &str| of(name).get("connected").as_array().unwrap().iter().filter(|row| row["way"] == "directly").count();
    assert_eq!((direct("db-0-1"), direct("db-0-10"), direct("db-1-2")), (10, 60, 10));
    assert_eq!(of("db-0-5").get("two_step").as_array().unwrap().len(), 1, "the fiftieth host has a public address");
    assert_eq!(of("db-0-1").get("two_step"), json!([]));
}

#[test]
fn four_thousand_public_hosts_of_one_group_are_told_in_time() {
    let count = 4000;
    let mut all = exposed();
    *at(&mut all, "subnet", "cidr") = json!("10.10.0.0/18");
    *at(&mut all, "rds-instance", "publicly_accessible") = json!(false);
    let own = json!({ "protocol": "-1", "from_port": null, "to_port": null, "cidrs": [], "groups": [{ "group_id": "sg-web" }] });
    let web = json!({ "vpc_id": "vpc-1", "ingress": [tcp(443, &["0.0.0.0/0"]), own], "egress": [tcp(1433, &["10.0.0.0/8"]), own] });
    *at(&mut all, "security-group", "ingress") =
        json!([{ "protocol": "tcp", "from_port": 1433, "to_port": 1433, "cidrs": [], "groups": [{ "group_id": "sg-web" }] }]);
    all["security-group"].as_array_mut().unwrap().push(resource("security-group", "sg-web", web));
    let host = |n: usize| {
        resource(
            "network-interface",
            &format!("eni-{n}"),
            json!({ "vpc_id": "vpc-1", "subnet_id": "subnet-1", "groups": ["sg-web"], "private_ips": [format!("10.10.{}.{}", 1 + n / 250, 1 + n % 250)],
                "ipv6_ips": [], "public_ips": [format!("52.95.{}.{}", n / 250, n % 250)], "denies_internet": false, "interface_type": "interface",
                "instance_id": format!("i-{n}"), "description": "", "requester": null, "status": "in-use" }),
        )
    };
    all["network-interface"] = (0..count).map(host).collect();
    let begun = std::time::Instant::now();
    let found = database(&all);
    // Unoptimised and on a busy machine; a row for every pair of them took a minute and five gigabytes.
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    assert_eq!(found.get("connected").as_array().unwrap().len(), 500);
    assert_eq!(found.get("connected_notes"), json!([format!("{} more systems", count - 500)]));
    let steps = found.get("two_step");
    let steps = steps.as_array().unwrap();
    assert_eq!((steps.len(), steps.last().unwrap()), (501, &json!(format!("and {} more hosts that are open to the internet", count - 500))));
    let evidence = found.0.field("two_step").unwrap().from().len();
    assert!(evidence < 3 * count, "each field once: {evidence}");
}
