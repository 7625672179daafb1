//! Connected systems, hosts that are open to the internet, and interfaces that say more than their service does.

use serde_json::{Value, json};

use super::*;

fn interface(name: &str, groups: &[&str], address: &str, more: Value) -> Value {
    let mut fields = json!({ "vpc_id": "vpc-1", "subnet_id": "subnet-1", "groups": groups, "private_ips": [address], "ipv6_ips": [], "public_ips": [],
        "interface_type": "interface", "instance_id": null, "description": "", "requester": null, "status": "in-use" });
    for (key, value) in more.as_object().unwrap() {
        fields[key] = value.clone();
    }
    resource("network-interface", name, fields)
}

fn group(name: &str, ingress: Value) -> Value {
    let anywhere = json!([{ "protocol": "-1", "cidrs": ["0.0.0.0/0"] }]);
    resource("security-group", name, json!({ "vpc_id": "vpc-1", "ingress": ingress, "egress": anywhere }))
}

/// A private database that admits the holders of `sg-app`, and these interfaces.
fn guarded(interfaces: &[Value]) -> Value {
    let mut account = ruled(json!([{ "protocol": "tcp", "from_port": 1433, "to_port": 1433, "groups": [{ "group_id": "sg-app" }] }]));
    *at(&mut account, "rds-instance", "publicly_accessible") = json!(false);
    let groups = account["security-group"].as_array_mut().unwrap();
    groups.push(group("sg-app", json!([])));
    groups.push(group("sg-ssh", json!([tcp(22, &["0.0.0.0/0"])])));
    account["network-interface"] = interfaces.into();
    account
}

fn rows(answers: &Answers) -> Vec<String> {
    let rows = answers.get("connected");
    let cell = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.as_array()
        .unwrap()
        .iter()
        .map(|row| ["interface", "system", "kind", "port", "way", "public"].map(|key| cell(row, key)).join(" | "))
        .collect()
}

#[test]
fn a_movers_interface_is_its_replication_instances() {
    let mut account = guarded(&[
        interface("eni-1", &["sg-app"], "10.10.0.4", json!({ "description": "DMSNetworkInterface", "requester": "amazon-dms" })),
        interface("eni-2", &["sg-app"], "10.10.0.5", json!({ "description": "DMSNetworkInterface", "requester": "111122223333" })),
    ]);
    let mover = |name: &str| {
        let fields =
            json!({ "status": "available", "publicly_accessible": false, "security_groups": [], "vpc_id": "vpc-1", "subnets": ["subnet-1"] });
        resource("dms-instance", name, fields)
    };
    let systems = |account: &Value| rows(&database(account)).iter().map(|row| row.split(" | ").nth(1).unwrap().to_owned()).collect::<Vec<_>>();
    account["dms-instance"] = json!([mover("etl")]);
    assert_eq!(systems(&account), ["etl", "DMSNetworkInterface"], "anybody may write that description, but not that requester");
    let subjects = subjects(&account);
    let dms = Answers::among(subjects, Kind::DmsInstance);
    assert_eq!(dms.get("reachable"), json!(false));
    account["dms-instance"] = json!([mover("etl"), mover("other")]);
    assert_eq!(systems(&account), ["DMSNetworkInterface", "DMSNetworkInterface"], "whose of the two it is, AWS does not say");
}

#[test]
fn systems_are_named_by_what_stands_behind_their_interfaces() {
    let lambda = "AWS Lambda VPC ENI-nightly-report-5f2c8a1e-63b7-4d90-b1c4-2ef07a9d6b38";
    let task = "arn:aws:ecs:eu-central-1:111122223333:attachment/1a2b";
    let account = guarded(&[
        interface("eni-1", &["sg-app"], "10.10.0.4", json!({ "instance_id": "i-1" })),
        interface("eni-2", &["sg-app"], "10.10.0.5", json!({ "interface_type": "lambda", "description": lambda })),
        interface("eni-3", &["sg-app", "sg-ssh"], "10.10.0.6", json!({ "description": task })),
        interface("eni-4", &["sg-ssh"], "10.10.0.7", json!({ "instance_id": "i-4" })),
        interface("eni-5", &["sg-app"], "10.10.0.8", json!({ "status": "available" })),
        interface("eni-6", &["sg-app"], "10.10.0.9", json!({ "interface_type": "vpc_endpoint" })),
    ]);
    let db = database(&account);
    assert_eq!(
        rows(&db),
        [
            "eni-1 | i-1 | ec2 | tcp 1433 | directly | no",
            "eni-2 | nightly-report | lambda | tcp 1433 | directly | no",
            &format!("eni-3 | {task} | ecs | tcp 1433 | directly | no")
        ]
    );
    assert_eq!(db.get("two_step"), json!([]));
}

#[test]
fn a_bastion_is_one_step_from_the_internet() {
    let bastion = |more: Value| interface("eni-1", &["sg-app", "sg-ssh"], "10.10.0.4", more);
    let public = json!({ "instance_id": "i-bastion", "public_ips": ["52.95.110.9"] });
    let other = interface("eni-2", &["sg-ssh"], "10.10.0.5", json!({ "instance_id": "i-other" }));
    let db = database(&guarded(&[bastion(public.clone()), other]));
    assert_eq!(rows(&db), ["eni-1 | i-bastion | ec2 | tcp 1433 | directly | yes", "eni-2 | i-other | ec2 | tcp 22 | over eni-1 (i-bastion) | no"]);
    let step = db.get("two_step")[0].as_str().unwrap().to_owned();
    assert!(
        step.starts_with("eni-1 (i-bastion): open to the internet on tcp 22, and opens tcp 1433: ") && step.contains("holders of sg-app"),
        "{step}"
    );
    let shut = |change: &dyn Fn(&mut Value)| {
        let mut account = guarded(&[bastion(public.clone())]);
        change(&mut account);
        database(&account).get("two_step")
    };
    assert_eq!(shut(&|account| account["network-interface"][0]["fields"]["public_ips"] = json!([])), json!([]), "no public address");
    assert_eq!(shut(&|account| account["subnet"][0]["fields"]["internet_gateway_block"] = json!("block-ingress")), json!([]), "block public access");
    assert_eq!(shut(&|account| account["route-table"][0]["fields"]["routes"] = json!([])), json!([]), "no way to the gateway");
    assert_eq!(
        shut(&|account| account["security-group"][1]["fields"]["egress"] = json!([])).as_array().unwrap().len(),
        1,
        "another group lets it out"
    );
    let none = |account: &mut Value| (1..3).for_each(|at| account["security-group"][at]["fields"]["egress"] = json!([]));
    assert_eq!(shut(&none), json!([]), "let out to nowhere");
    assert_eq!(
        shut(&|account| account["security-group"][2]["fields"]["ingress"] = json!([{ "protocol": "icmp", "cidrs": ["0.0.0.0/0"] }])),
        json!([]),
        "a ping opens no port"
    );
}

#[test]
fn a_host_with_a_leg_in_either_network_is_one_step_from_the_internet() {
    let outer = |instance: Value| interface("eni-1", &["sg-ssh"], "10.10.0.4", json!({ "instance_id": instance, "public_ips": ["52.95.110.9"] }));
    let inner = interface("eni-2", &["sg-app"], "10.10.0.5", json!({ "instance_id": "i-bastion" }));
    let steps = |outer: Value| database(&guarded(&[outer, inner.clone()])).get("two_step");
    let step = steps(outer(json!("i-bastion")))[0].as_str().unwrap().to_owned();
    assert!(step.starts_with("eni-2 (i-bastion): open to the internet on tcp 22 of another of its interfaces, and opens tcp 1433"), "{step}");
    assert_eq!(steps(outer(json!("i-other"))), json!([]));
}

#[test]
fn nobody_sees_who_holds_a_group_of_another_account() {
    let mut account = guarded(&[]);
    let rule = &mut account["security-group"][0]["fields"]["ingress"][0];
    rule["groups"] = json!([{ "group_id": "sg-far", "account": "999988887777", "peering_status": "active" }]);
    assert_eq!(database(&account).get("two_step"), Value::Null);
    account["security-group"][0]["fields"]["ingress"][0]["groups"][0]["peering_status"] = json!("deleted");
    assert_eq!(database(&account).get("two_step"), json!([]));
}

#[test]
fn what_was_not_seen_may_be_a_bastion() {
    let gaps = json!([{ "account": "111122223333", "region": REGION, "service": "ec2", "operation": "DescribeNetworkInterfaces", "code": "UnauthorizedOperation", "message": "" }]);
    let denied = |account: &Value| Answers::among(derived(&snapshot(account, &gaps), &Config::default()), Kind::RdsInstance).get("two_step");
    assert_eq!(denied(&guarded(&[])), Value::Null);
    let mut shut = guarded(&[]);
    *at(&mut shut, "security-group", "ingress") = json!([]);
    assert_eq!(denied(&shut), Value::Null, "its own interface may hold other groups than its service says");
    let bastion = interface("eni-1", &["sg-app", "sg-ssh"], "10.10.0.4", json!({ "public_ips": ["52.95.110.9"] }));
    for field in ["groups", "private_ips", "public_ips", "interface_type", "subnet_id", "status"] {
        let mut account = guarded(std::slice::from_ref(&bastion));
        account["network-interface"][0]["fields"].as_object_mut().unwrap().remove(field);
        assert_eq!(database(&account).get("two_step"), Value::Null, "{field}");
    }
}

#[test]
fn a_proxy_passes_on_what_nobody_asked_about() {
    let proxy = json!({ "description": "Network interface for DBProxy orders", "requester": "amazon-rds" });
    let web = || interface("eni-2", &["sg-ssh"], "10.10.0.5", json!({ "public_ips": ["52.95.110.9"] }));
    let with = |ingress: Value, others: &[Value]| {
        let mut account = guarded(&[&[interface("eni-1", &["sg-app"], "10.10.0.4", proxy.clone())], others].concat());
        account["security-group"][1]["fields"]["ingress"] = ingress;
        account
    };
    let from_ssh = || json!([{ "protocol": "tcp", "from_port": 1433, "to_port": 1433, "groups": [{ "group_id": "sg-ssh" }] }]);
    let quiet = database(&with(json!([]), &[web()]));
    assert_eq!((quiet.get("two_step"), rows(&quiet).len()), (json!([]), 1), "nobody can open it");
    assert_eq!(rows(&quiet)[0], "eni-1 | orders | rds-proxy | tcp 1433 | directly | no");
    let two_step = |account: &Value| database(account).get("two_step");
    assert_eq!(two_step(&with(from_ssh(), &[])), json!([]), "nobody does");
    assert_eq!(two_step(&with(from_ssh(), &[web()])), Value::Null, "a host that is open to the internet can");
    let mut hidden = with(json!([]), &[web()]);
    hidden["security-group"][1]["fields"].as_object_mut().unwrap().remove("ingress");
    assert_eq!(two_step(&hidden), Value::Null);
}

#[test]
fn a_load_balancer_passes_on_what_nobody_asked_about() {
    let balancer = |kind: &str, description: &str| {
        let more = json!({ "interface_type": kind, "description": description, "requester": "amazon-elb" });
        let web = interface("eni-2", &["sg-ssh"], "10.10.0.5", json!({ "public_ips": ["52.95.110.9"] }));
        let mut account = guarded(&[interface("eni-1", &["sg-app"], "10.10.0.4", more), web]);
        account["security-group"][1]["fields"]["ingress"] = json!([tcp(1433, &["10.10.0.0/24"])]);
        database(&account).get("two_step")
    };
    assert_eq!(balancer("network_load_balancer", "ELB net/front/0123"), Value::Null);
    assert_eq!(balancer("interface", "ELB classic"), Value::Null);
    assert_eq!(balancer("interface", "ELB app/web/0123"), json!([]), "it speaks HTTP alone");
}

#[test]
fn a_public_load_balancer_may_lead_the_internet_to_private_hosts() {
    let front =
        |public: Value| interface("eni-1", &["sg-ssh"], "10.10.0.4", json!({ "interface_type": "network_load_balancer", "public_ips": public }));
    let target = interface("eni-2", &["sg-app", "sg-ssh"], "10.10.0.5", json!({ "instance_id": "i-web" }));
    let two_step = |public: Value, target: &Value| database(&guarded(&[front(public), target.clone()])).get("two_step");
    assert_eq!(two_step(json!(["52.95.110.9"]), &target), Value::Null, "it keeps the clients' addresses, and the target admits them");
    assert_eq!(two_step(json!([]), &target), json!([]), "an internal one");
    let shut = interface("eni-2", &["sg-app"], "10.10.0.5", json!({ "instance_id": "i-web" }));
    assert_eq!(two_step(json!(["52.95.110.9"]), &shut), json!([]), "the target admits nobody");
}

#[test]
fn a_nat_gateway_hides_who_is_behind_it() {
    let nat = interface("eni-1", &[], "10.10.0.4", json!({ "interface_type": "nat_gateway", "public_ips": ["52.95.110.9"] }));
    let mut account = guarded(&[nat]);
    *at(&mut account, "security-group", "ingress") = json!([tcp(1433, &["10.10.0.0/24"])]);
    assert_eq!(database(&account).get("two_step"), json!([]), "within the VPC nobody is routed over it");
    let out = json!({ "vpc_id": "vpc-2", "main": true, "subnets": [], "gateways": [], "routes": [{ "destination": "0.0.0.0/0", "target": "nat-2", "state": "active" }] });
    account["route-table"].as_array_mut().unwrap().push(resource("route-table", "rtb-2", out));
    assert_eq!(database(&account).get("two_step"), json!([]), "another VPC's gateway is another one");
    let routes = at(&mut account, "route-table", "routes").as_array_mut().unwrap();
    routes.push(json!({ "destination": "10.10.0.0/28", "target": "nat-1", "state": "active" }));
    assert_eq!(database(&account).get("two_step"), Value::Null);
}

#[test]
fn quicksight_opens_connections_and_an_interface_may_deny_the_internet() {
    let reports = interface("eni-1", &["sg-app", "sg-ssh"], "10.10.0.4", json!({ "interface_type": "quicksight", "description": "QuickSight" }));
    let db = database(&guarded(&[reports]));
    assert_eq!((rows(&db).len(), db.get("two_step")), (1, json!([])));
    let six = |denies: Value| {
        let mut account =
            guarded(&[interface("eni-1", &["sg-app", "sg-six"], "10.10.0.4", json!({ "ipv6_ips": ["2600:1f14::4"], "denies_internet": denies }))]);
        let world = json!([{ "protocol": "tcp", "from_port": 22, "to_port": 22, "cidrs": [], "ipv6_cidrs": ["::/0"] }]);
        account["security-group"].as_array_mut().unwrap().push(group("sg-six", world));
        at(&mut account, "route-table", "routes")
            .as_array_mut()
            .unwrap()
            .push(json!({ "destination": "::/0", "target": "igw-1", "state": "active" }));
        let entries = at(&mut account, "network-acl", "entries").as_array_mut().unwrap();
        let both = [false, true].map(|egress| json!({ "number": 200, "allow": true, "egress": egress, "protocol": "-1", "cidr": "::/0" }));
        entries.extend(both);
        database(&account).get("two_step").as_array().map(Vec::len)
    };
    assert_eq!((six(json!(false)), six(json!(true))), (Some(1), Some(0)));
}

#[test]
fn in_a_shared_vpc_others_are_not_seen() {
    let mut account = guarded(&[interface("eni-1", &["sg-app"], "10.10.0.4", json!({ "instance_id": "i-1" }))]);
    *at(&mut account, "subnet", "owner") = json!("999988887777");
    assert_eq!(database(&account).get("two_step"), json!([]), "nobody else holds a group of this account");
    at(&mut account, "security-group", "ingress").as_array_mut().unwrap().push(tcp(1433, &["10.10.0.128/25"]));
    let db = database(&account);
    assert_eq!(db.get("two_step"), Value::Null);
    assert_eq!(rows(&db).len(), 1, "what was seen is listed");
    let shared = "the interfaces of others in subnet-1, which account 999988887777 shares with this one";
    assert_eq!(db.get("connected_notes"), json!([format!("there may be more: could not see {shared}")]));
}

#[test]
fn a_load_balancer_without_groups_lets_everybody_in_and_a_nat_gateway_nobody() {
    let of = |kind: &str| {
        let mut account = guarded(&[interface("eni-1", &[], "10.10.0.4", json!({ "interface_type": kind, "public_ips": ["52.95.110.9"] }))]);
        *at(&mut account, "security-group", "ingress") = json!([tcp(1433, &["10.10.0.0/24"])]);
        database(&account)
    };
    assert_eq!(of("network_load_balancer").get("two_step").as_array().unwrap().len(), 1);
    for name in ["nat_gateway", "natGateway"] {
        let nat = of(name);
        assert_eq!((nat.get("two_step"), rows(&nat).len()), (json!([]), 1), "{name}");
    }
}

#[test]
fn an_interface_that_is_certainly_its_own_says_which_groups_are_in_force() {
    let own = interface("eni-db", &["sg-ssh", "sg-world"], "10.10.0.4", json!({ "description": "RDSNetworkInterface", "requester": "amazon-rds" }));
    let mut account = guarded(std::slice::from_ref(&own));
    *at(&mut account, "rds-instance", "publicly_accessible") = json!(true);
    account["security-group"].as_array_mut().unwrap().push(group("sg-world", json!([tcp(1433, &["0.0.0.0/0"])])));
    let reachable = |account: &Value| database(account).get("reachable");
    assert_eq!(reachable(&account), true, "somebody put the interface into a group that is open");
    let mut doubt = account.clone();
    doubt["network-interface"][0]["fields"].as_object_mut().unwrap().remove("groups");
    assert_eq!(reachable(&doubt), Value::Null);
    // Where another database may own it, the service's word stands.
    let mut two = account.clone();
    let mut second = two["rds-instance"][0].clone();
    second["id"] = id("rds-instance", "second");
    two["rds-instance"].as_array_mut().unwrap().push(second);
    assert_eq!(reachable(&two), false);
    // And what the service says is never taken back.
    let mut open = account;
    *at(&mut open, "rds-instance", "security_groups") = json!(["sg-world"]);
    open["network-interface"][0]["fields"]["groups"] = json!(["sg-app"]);
    assert_eq!(reachable(&open), true);
}
