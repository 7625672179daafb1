//! A crowd around the pipelines: roles, security groups, subnets and interfaces as a large account has them. Deterministic.

use serde_json::{Value, json};

/// How much of each there is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    pub pipelines: usize,
    pub roles: usize,
    pub groups: usize,
    pub subnets: usize,
}

/// Statements of each role.
const STATEMENTS: usize = 20;
/// Subnets, groups and interfaces stand in VPCs of this many subnets.
const SUBNETS_PER_VPC: usize = 20;

const ACTIONS: [&str; 20] = [
    "ec2:Describe*",
    "s3:GetObject",
    "s3:ListBucket",
    "sqs:SendMessage",
    "sns:Publish",
    "dynamodb:Query",
    "logs:PutLogEvents",
    "cloudwatch:*",
    "kms:Decrypt",
    "secretsmanager:GetSecretValue",
    "lambda:InvokeFunction",
    "sts:AssumeRole",
    "states:StartExecution",
    "ecr:GetAuthorizationToken",
    "ssm:GetParameter*",
    "events:PutEvents",
    "rds:Describe*",
    "glue:GetTable",
    "athena:StartQueryExecution",
    "iam:PassRole",
];

/// The generated account with a crowd around it, as JSON text.
pub(crate) fn account(crowd: Crowd) -> String {
    let mut account: Value = serde_json::from_str(&super::generator::account(crowd.pipelines)).expect("the generated account is JSON");
    let region = account["regions"][0].as_str().expect("a region").to_owned();
    let owner = account["caller"]["account"].as_str().expect("an account").to_owned();
    let resources = account["resources"].as_object_mut().expect("resources are a map");
    let buckets = names(resources.get("bucket"));
    let mut add = |kind: &str, items: Vec<Value>| {
        let list = resources.entry(kind).or_insert_with(|| json!([]));
        list.as_array_mut().expect("a kind is a list").extend(items);
    };
    add("iam-role", (0..crowd.roles).map(|number| role(number, crowd.roles, &owner, &buckets)).collect());
    let vpcs = crowd.subnets.div_ceil(SUBNETS_PER_VPC).max(1);
    let id = |kind: &str, name: &str| json!({"arn": format!("arn:aws:ec2:{region}:{owner}:{kind}/{name}"), "name": name, "account": owner, "region": region});
    add("vpc", (0..vpcs).map(|number| json!({"id": id("vpc", &vpc(number)), "fields": {"cidrs": [block(number)], "ipv6_cidrs": []}})).collect());
    add("route-table", (0..vpcs).map(|number| json!({"id": id("route-table", &format!("rtb-crowd{number}")), "fields": routes(number)})).collect());
    add(
        "network-acl",
        (0..vpcs).map(|number| json!({"id": id("network-acl", &format!("acl-crowd{number}")), "fields": acl(number, crowd.subnets)})).collect(),
    );
    add("subnet", (0..crowd.subnets).map(|number| json!({"id": id("subnet", &subnet(number)), "fields": {"vpc_id": vpc(number / SUBNETS_PER_VPC),
        "cidr": format!("{}.{}.0/24", prefix(number / SUBNETS_PER_VPC), number % SUBNETS_PER_VPC), "ipv6_cidrs": [], "owner": owner, "internet_gateway_block": null}})).collect());
    add(
        "security-group",
        (0..crowd.groups)
            .map(|number| json!({"id": id("security-group", &group(number)), "fields": permissions(number, crowd.groups, vpcs, &owner)}))
            .collect(),
    );
    // One interface for each group: most hosts of an account have a group of their own kind.
    add("network-interface", (0..crowd.groups).map(|number| {
        let at = number % crowd.subnets.max(1);
        json!({"id": id("network-interface", &format!("eni-crowd{number}")), "fields": {"vpc_id": vpc(at / SUBNETS_PER_VPC), "subnet_id": subnet(at), "groups": [group(number)],
            "private_ips": [format!("{}.{}.{}", prefix(at / SUBNETS_PER_VPC), at % SUBNETS_PER_VPC, 4 + number / crowd.subnets.max(1) % 250)], "ipv6_ips": [], "public_ips": [],
            "interface_type": "interface", "instance_id": format!("i-crowd{number}"), "description": "", "requester": owner, "status": "in-use"}})
    }).collect());
    account.to_string()
}

fn names(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| item["id"]["name"].as_str().map(str::to_owned)).collect()
}

/// Each role has statements of its own; some reach a pipeline's bucket, some another role.
fn role(number: usize, roles: usize, owner: &str, buckets: &[String]) -> Value {
    let statement = |position: usize| {
        let dice = mix(number * STATEMENTS + position);
        let action = ACTIONS[position % ACTIONS.len()];
        let service = action.split(':').next().unwrap_or_default();
        let resource = match service {
            "s3" if dice.is_multiple_of(50) && !buckets.is_empty() => format!("arn:aws:s3:::{}/*", buckets[dice / 50 % buckets.len()]),
            "s3" => format!("arn:aws:s3:::team-{}/*", dice % 5_000),
            "sts" | "iam" => format!("arn:aws:iam::{owner}:role/crowd-{}", dice % roles),
            _ => format!("arn:aws:{service}:*:{owner}:{}/*", dice % 3_000),
        };
        json!({"Effect": if dice.is_multiple_of(17) { "Deny" } else { "Allow" }, "Action": [action], "Resource": [resource]})
    };
    let statements: Vec<Value> = (0..STATEMENTS).map(statement).collect();
    let trusted =
        if number.is_multiple_of(5) { json!({"AWS": [format!("arn:aws:iam::{owner}:root")]}) } else { json!({"Service": ["ec2.amazonaws.com"]}) };
    json!({
        "id": {"arn": format!("arn:aws:iam::{owner}:role/crowd-{number}"), "name": format!("crowd-{number}"), "account": owner, "region": "global"},
        "fields": {"path": "/", "trust": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": trusted, "Action": ["sts:AssumeRole"]}]},
            "attached_policies": [], "inline_policies": [{"name": "own", "document": {"Version": "2012-10-17", "Statement": statements}}], "boundary": null, "tags": {}}
    })
}

fn routes(number: usize) -> Value {
    let outward = json!({"destination": "0.0.0.0/0", "target": format!("nat-crowd{number}"), "state": "active"});
    json!({"vpc_id": vpc(number), "main": true, "subnets": [], "gateways": [], "routes": [{"destination": block(number), "target": "local", "state": "active"}, outward]})
}

fn acl(number: usize, subnets: usize) -> Value {
    let own: Vec<String> = (number * SUBNETS_PER_VPC..((number + 1) * SUBNETS_PER_VPC).min(subnets)).map(subnet).collect();
    let entry = |egress: bool, number: i64, allow: bool| json!({"egress": egress, "number": number, "allow": allow, "protocol": "-1", "cidr": "0.0.0.0/0", "from_port": null, "to_port": null});
    json!({"vpc_id": vpc(number), "subnets": own, "entries": [entry(false, 100, true), entry(false, 32_767, false), entry(true, 100, true), entry(true, 32_767, false)]})
}

fn permissions(number: usize, groups: usize, vpcs: usize, owner: &str) -> Value {
    let dice = mix(number);
    let port = 1_024 + dice % 9_000;
    let reference = json!({"group_id": group(dice / 7 % groups), "account": owner, "peering_status": null});
    let inward = json!({"protocol": "tcp", "from_port": port, "to_port": port, "cidrs": [block(dice % vpcs)], "ipv6_cidrs": [], "prefix_lists": [], "groups": [reference]});
    let outward =
        json!({"protocol": "-1", "from_port": null, "to_port": null, "cidrs": ["0.0.0.0/0"], "ipv6_cidrs": [], "prefix_lists": [], "groups": []});
    json!({"vpc_id": vpc(number % vpcs), "ingress": [inward], "egress": [outward]})
}

fn vpc(number: usize) -> String {
    format!("vpc-crowd{number}")
}

fn subnet(number: usize) -> String {
    format!("subnet-crowd{number}")
}

fn group(number: usize) -> String {
    format!("sg-crowd{number}")
}

fn prefix(vpc: usize) -> String {
    format!("10.{}", vpc % 256)
}

fn block(vpc: usize) -> String {
    format!("{}.0.0/16", prefix(vpc))
}

/// Well mixed and always the same (the finalizer of SplitMix64).
fn mix(number: usize) -> usize {
    let mut bits = (number as u64).wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    usize::try_from((bits ^ (bits >> 31)) >> 8).unwrap_or_default()
}
