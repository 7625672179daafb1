//! The rules of security groups one by one, each as the AWS CLI takes it: what a command that revokes one has to name.
//!
//! A rule is named by what it says, not by its id: DescribeSecurityGroups gives no ids. Source: EC2 API, RevokeSecurityGroupIngress (`IpPermissions`);
//! AWS CLI User Guide, "Using shorthand syntax".

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::evidence::Derived;
use crate::model::network::Permission;
use crate::network::partial::Partial;
use crate::network::security_group_rules::{Rule, line, words};

/// The sources (or destinations) of all rules, as far as they were seen.
pub(super) fn listed(rules: &Partial<Vec<Rule>>) -> Derived<Vec<Value>> {
    let mut all: Vec<Value> = rules
        .known
        .iter()
        .flat_map(|rule| {
            let (group, permission) = (&*rule.group, &rule.permission);
            let ports = words(permission);
            sources(permission).map(move |(source, named)| {
                json!({
                    "line": line(source, &ports, group),
                    "source": source,
                    "ports": ports.clone(),
                    "group": group,
                    "permission": format!("{},{named}", protocol(permission)),
                })
            })
        })
        .collect();
    all.sort_unstable_by(|a, b| a["line"].as_str().cmp(&b["line"].as_str()).then_with(|| a["permission"].as_str().cmp(&b["permission"].as_str())));
    Derived::Known { value: all, from: rules.from.clone() }
}

/// Those of them that are worded so.
pub(super) fn on_lines(rules: Vec<Value>, lines: &BTreeSet<String>) -> Vec<Value> {
    rules.into_iter().filter(|rule| rule["line"].as_str().is_some_and(|line| lines.contains(line))).collect()
}

/// Each source of a permission, and how the CLI names it.
fn sources(permission: &Permission) -> impl Iterator<Item = (&str, String)> {
    let v4 = permission.cidrs.iter().map(|cidr| (cidr.as_str(), format!("IpRanges=[{{CidrIp={cidr}}}]")));
    let v6 = permission.ipv6_cidrs.iter().map(|cidr| (cidr.as_str(), format!("Ipv6Ranges=[{{CidrIpv6={cidr}}}]")));
    let lists = permission.prefix_lists.iter().map(|list| (list.as_str(), format!("PrefixListIds=[{{PrefixListId={list}}}]")));
    let groups = permission.groups.iter().map(|group| {
        let owner = group.account.as_ref().map(|account| format!(",UserId={account}")).unwrap_or_default();
        (group.group_id.as_str(), format!("UserIdGroupPairs=[{{GroupId={}{owner}}}]", group.group_id))
    });
    v4.chain(v6).chain(lists).chain(groups)
}

fn protocol(permission: &Permission) -> String {
    let port = |name: &str, port: Option<i64>| port.map(|port| format!(",{name}={port}")).unwrap_or_default();
    format!("IpProtocol={}{}{}", permission.protocol, port("FromPort", permission.from_port), port("ToPort", permission.to_port))
}
