//! A small account on which every leg from the internet to one database holds; each test changes what it is about.

mod golden;
mod honesty;
mod hosts;
mod network;
mod packets;
mod paths;
mod scale;

use serde_json::{Value, json};

use crate::config::Config;
use crate::evidence::Index;
use crate::facts::pipeline::Pipelines;
use crate::facts::{FactContext, Subject};
use crate::model::{Kind, Snapshot};

const REGION: &str = "eu-central-1";

fn id(kind: &str, name: &str) -> Value {
    json!({ "arn": format!("arn:aws:x:{REGION}:111122223333:{kind}/{name}"), "name": name, "account": "111122223333", "region": REGION })
}

fn resource(kind: &str, name: &str, fields: Value) -> Value {
    json!({ "id": id(kind, name), "fields": fields })
}

fn allow_all() -> Value {
    let entry =
        |number: i64, allow: bool, egress: bool| json!({ "number": number, "allow": allow, "egress": egress, "protocol": "-1", "cidr": "0.0.0.0/0" });
    json!([entry(100, true, false), entry(32767, false, false), entry(100, true, true), entry(32767, false, true)])
}

fn tcp(port: i64, cidrs: &[&str]) -> Value {
    json!({ "protocol": "tcp", "from_port": port, "to_port": port, "cidrs": cidrs })
}

/// `db` in `vpc-1`: public address, `subnet-1` routed to `igw-1`, `sg-1` open to the world on 1433.
fn exposed() -> Value {
    json!({
        "vpc": [resource("vpc", "vpc-1", json!({ "cidrs": ["10.10.0.0/16"], "ipv6_cidrs": [] }))],
        "subnet": [resource("subnet", "subnet-1", json!({ "vpc_id": "vpc-1", "cidr": "10.10.0.0/24", "ipv6_cidrs": ["2600:1f14:10::/64"], "owner": "111122223333", "internet_gateway_block": null }))],
        "route-table": [resource("route-table", "rtb-1", json!({ "vpc_id": "vpc-1", "main": false, "subnets": ["subnet-1"], "gateways": [], "routes": [
            { "destination": "10.10.0.0/16", "target": "local", "state": "active" },
            { "destination": "0.0.0.0/0", "target": "igw-1", "state": "active" },
        ] }))],
        "internet-gateway": [resource("internet-gateway", "igw-1", json!({ "vpcs": ["vpc-1"] }))],
        "network-acl": [resource("network-acl", "acl-1", json!({ "vpc_id": "vpc-1", "subnets": ["subnet-1"], "entries": allow_all() }))],
        "security-group": [resource("security-group", "sg-1", json!({ "vpc_id": "vpc-1", "ingress": [tcp(1433, &["0.0.0.0/0"])], "egress": [] }))],
        "rds-option-group": [resource("rds-option-group", "og", json!({ "options": [] }))],
        "rds-instance": [resource("rds-instance", "db", json!({
            "engine": "sqlserver-se", "engine_version": "15.00", "status": "available", "cluster_id": null,
            "option_groups": [{ "name": "og", "status": "in-sync" }], "endpoint": { "host": "db.example", "port": 1433 },
            "publicly_accessible": true, "vpc_id": "vpc-1", "subnets": ["subnet-1"], "security_groups": ["sg-1"], "network_type": "IPV4",
        }))],
    })
}

/// A field of the first resource of a kind.
fn at<'v>(account: &'v mut Value, kind: &str, field: &str) -> &'v mut Value {
    &mut account[kind][0]["fields"][field]
}

/// The exposed account with the rules of its group replaced.
fn ruled(ingress: Value) -> Value {
    let mut account = exposed();
    *at(&mut account, "security-group", "ingress") = ingress;
    account
}

fn snapshot(resources: &Value, gaps: &Value) -> Snapshot {
    let text = json!({
        "schema": crate::model::snapshot::SCHEMA, "taken_at": "2026-08-01T00:00:00Z", "regions": [REGION], "reads": [], "gaps": gaps, "resources": resources,
        "caller": { "account": "111122223333", "arn": "arn:aws:iam::111122223333:user/auditor", "partition": "aws" },
    });
    Snapshot::of_test(&text.to_string())
}

fn derived(snapshot: &Snapshot, config: &Config) -> Vec<Subject> {
    let index = Index::new(snapshot);
    let pipelines = Pipelines::resolve(&index, config);
    super::derive(&FactContext::new(&index, config, &pipelines))
}

fn subjects(resources: &Value) -> Vec<Subject> {
    derived(&snapshot(resources, &json!([])), &Config::default())
}

/// The answers about one resource; `null` is unseen.
struct Answers(Subject);

impl Answers {
    fn new(resources: &Value, kind: Kind) -> Self {
        Self::among(subjects(resources), kind)
    }

    fn among(subjects: Vec<Subject>, kind: Kind) -> Self {
        Self(subjects.into_iter().find(|subject| subject.about.kind == kind).expect("there is a subject"))
    }

    fn get(&self, field: &str) -> Value {
        self.0.field(field).expect("the field is set").value().cloned().unwrap_or(Value::Null)
    }

    fn legs(&self) -> String {
        self.get("legs").as_array().expect("legs are known").iter().map(|leg| format!("{}\n", leg.as_str().unwrap())).collect()
    }
}

fn database(resources: &Value) -> Answers {
    Answers::new(resources, Kind::RdsInstance)
}
