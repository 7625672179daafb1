//! A small random network: what it lets through, packet by packet, and how AWS would describe it.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::super::{REGION, resource};

/// One address of every kind that the blocks below tell apart.
pub(super) const WORLD: [&str; 4] = ["8.8.8.8", "150.0.0.1", "13.248.100.1", "52.95.110.200"];
pub(super) const BLOCKS: [&str; 13] = [
    "0.0.0.0/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "13.248.100.0/24",
    "52.95.110.0/24",
    "10.1.0.0/24",
    "10.2.0.0/24",
    "10.1.0.0/28",
    "10.1.0.16/28",
    "10.2.0.0/28",
    "10.1.0.4/32",
    "10.2.0.4/32",
    "10.0.0.0/8",
];
pub(super) const PORTS: [(i64, i64); 7] = [(0, 65535), (1024, 65535), (1024, 40000), (32768, 65535), (5432, 5432), (5000, 6000), (443, 443)];
/// One client port of every kind that these tell apart.
pub(super) const CLIENTS: [i64; 9] = [1, 443, 1024, 5000, 5432, 5433, 6001, 32768, 40001];
pub(super) const PORT: i64 = 5432;
/// The address of the NAT gateway.
pub(super) const NAT: &str = "13.248.100.99";
/// Subnets: VPC, block, the address of its host.
pub(super) const SUBNETS: [(&str, &str, &str); 3] =
    [("vpc-1", "10.1.0.0/28", "10.1.0.4"), ("vpc-1", "10.1.0.16/28", "10.1.0.20"), ("vpc-2", "10.2.0.0/28", "10.2.0.4")];

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) number: i64,
    pub(super) egress: bool,
    pub(super) allow: bool,
    pub(super) protocol: &'static str,
    pub(super) block: &'static str,
    pub(super) ports: (i64, i64),
}

#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) protocol: &'static str,
    pub(super) ports: (i64, i64),
    pub(super) blocks: Vec<&'static str>,
    /// Group and whether the reference is stale.
    pub(super) group: Option<(usize, bool)>,
}

#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) block: &'static str,
    pub(super) target: &'static str,
    pub(super) state: &'static str,
}

/// Four groups, a table and an ACL for each subnet, two hosts in each.
#[derive(Debug, Clone)]
pub(super) struct Net {
    pub(super) routes: Vec<Vec<Route>>,
    pub(super) acls: Vec<Vec<Entry>>,
    /// Ingress and egress of each group.
    pub(super) groups: Vec<(Vec<Rule>, Vec<Rule>)>,
    /// For each host: the groups it holds, and whether it has a public address.
    pub(super) hosts: Vec<(BTreeSet<usize>, bool)>,
    pub(super) peered: bool,
    pub(super) gateway: bool,
    pub(super) blocked: Vec<bool>,
}

pub(super) fn inside(block: &str, address: &str) -> bool {
    let (net, length) = block.split_once('/').unwrap();
    let bits = |text: &str| text.parse::<Ipv4Addr>().unwrap().to_bits();
    let length: u32 = length.parse().unwrap();
    length == 0 || bits(net) >> (32 - length) == bits(address) >> (32 - length)
}

pub(super) const fn subnet(host: usize) -> usize {
    host / 2
}

pub(super) fn private(host: usize) -> String {
    let (_, _, first) = SUBNETS[subnet(host)];
    let base = first.parse::<Ipv4Addr>().unwrap().to_bits();
    Ipv4Addr::from_bits(base + u32::try_from(host % 2).unwrap()).to_string()
}

pub(super) fn public(host: usize) -> String {
    format!("52.95.110.{}", 10 + host)
}

/// Addresses of the internet, one of every kind that the rules tell apart.
pub(super) fn world() -> Vec<String> {
    WORLD.into_iter().chain([NAT]).map(str::to_owned).chain((0..6).map(public)).collect()
}

impl Net {
    /// One packet against an ACL.
    pub(super) fn acl(&self, subnet: usize, egress: bool, address: &str, port: i64) -> bool {
        let mut entries: Vec<&Entry> = self.acls[subnet].iter().filter(|entry| entry.egress == egress).collect();
        entries.sort_by_key(|entry| entry.number);
        for entry in entries {
            let tcp = entry.protocol == "-1" || entry.protocol == "6";
            let port_fits = entry.protocol == "-1" || (entry.ports.0..=entry.ports.1).contains(&port);
            if tcp && port_fits && inside(entry.block, address) {
                return entry.allow;
            }
        }
        false
    }

    /// The first packet of a connection against the groups of a host; `other` is the host at the other end, where it comes with its private address.
    pub(super) fn admitted(&self, host: usize, egress: bool, address: &str, other: Option<usize>) -> bool {
        self.hosts[host].0.iter().any(|group| {
            let rules = if egress { &self.groups[*group].1 } else { &self.groups[*group].0 };
            rules.iter().any(|rule| {
                let fits = rule.protocol == "-1" || (rule.protocol == "tcp" && (rule.ports.0..=rule.ports.1).contains(&PORT));
                let by_block = rule.blocks.iter().any(|block| inside(block, address));
                let by_group = rule.group.is_some_and(|(group, stale)| !stale && other.is_some_and(|other| self.hosts[other].0.contains(&group)));
                fits && (by_block || by_group)
            })
        })
    }

    /// Where a subnet's table sends a packet.
    pub(super) fn next(&self, subnet: usize, address: &str) -> &'static str {
        let length = |route: &&Route| route.block.split_once('/').unwrap().1.parse::<u32>().unwrap();
        let best = self.routes[subnet].iter().filter(|route| inside(route.block, address)).max_by_key(length);
        best.filter(|route| route.state == "active").map_or("nowhere", |route| route.target)
    }

    /// Whether the network takes a packet from one subnet to another's VPC; what a VPN passes on, nobody knows.
    pub(super) fn carried(&self, from: usize, to: usize, address: &str) -> Option<bool> {
        match self.next(from, address) {
            "local" => Some(SUBNETS[from].0 == SUBNETS[to].0),
            "pcx-1" => Some(self.peered && SUBNETS[from].0 != SUBNETS[to].0),
            "vgw-1" => None,
            _ => Some(false),
        }
    }

    pub(super) fn to_internet(&self, subnet: usize, address: &str) -> bool {
        self.next(subnet, address) == "igw-1" && self.gateway && SUBNETS[subnet].0 == "vpc-1"
    }

    /// A connection between hosts by their private addresses.
    pub(super) fn privately(&self, from: usize, to: usize) -> Option<bool> {
        let (here, there) = (private(from), private(to));
        let (near, far) = (subnet(from), subnet(to));
        if !self.admitted(from, true, &there, Some(to)) || !self.admitted(to, false, &here, Some(from)) {
            return Some(false);
        }
        let passed = CLIENTS.iter().any(|client| {
            let out = self.acl(near, true, &there, PORT) && self.acl(far, false, &here, PORT);
            out && self.acl(far, true, &here, *client) && self.acl(near, false, &there, *client)
        });
        let carried = match (self.carried(near, far, &there), self.carried(far, near, &here)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        if near == far { Some(true) } else { carried.map(|carried| carried && passed).or_else(|| (!passed).then_some(false)) }
    }

    /// Whether a NAT gateway, which stands in the second subnet, may hand on what a host sends to another's private address: as whom, nobody looks.
    pub(super) fn handed_on(&self, from: usize, to: usize) -> bool {
        let (near, there) = (subnet(from), private(to));
        let out = self.admitted(from, true, &there, None) && self.acl(near, true, &there, PORT) && self.next(near, &there) == "nat-1";
        near != subnet(to) && out && ["local", "pcx-1", "vgw-1"].contains(&self.next(1, &there))
    }

    /// Whether a VPN may lead a host to another's public address: under some address of the internet.
    pub(super) fn over_vpn(&self, from: usize, to: usize) -> bool {
        let (near, there) = (subnet(from), public(to));
        let out = self.admitted(from, true, &there, None) && self.acl(near, true, &there, PORT) && self.next(near, &there) == "vgw-1";
        let comes_in = |client: i64| world().iter().any(|address| self.publicly_from(address, to, client));
        near != subnet(to) && out && CLIENTS.iter().any(|client| comes_in(*client) && self.acl(near, false, &there, *client))
    }

    /// A connection from a public address to a host's public address, with some client port among these.
    pub(super) fn publicly_from(&self, address: &str, to: usize, client: i64) -> bool {
        let there = subnet(to);
        let into = self.hosts[to].1 && !self.blocked[there] && self.acl(there, false, address, PORT) && self.admitted(to, false, address, None);
        into && self.acl(there, true, address, client) && self.to_internet(there, address)
    }

    /// A connection to a host's public address from behind a NAT gateway, which stands in the second subnet.
    pub(super) fn behind_nat(&self, from: usize, to: usize) -> bool {
        let (near, here, there) = (subnet(from), private(from), public(to));
        let out = self.admitted(from, true, &there, None) && self.acl(near, true, &there, PORT) && self.next(near, &there) == "nat-1";
        let through = (near == 1 || self.acl(1, false, &here, PORT)) && self.acl(1, true, &there, PORT) && self.to_internet(1, &there);
        let back = |client: i64| {
            self.acl(1, false, &there, client) && (near == 1 || self.acl(1, true, &here, client)) && self.acl(near, false, &there, client)
        };
        near != subnet(to) && out && through && CLIENTS.iter().any(|client| self.publicly_from(NAT, to, *client) && back(*client))
    }

    /// A connection between hosts by their public addresses.
    pub(super) fn publicly(&self, from: usize, to: usize) -> bool {
        let (near, there) = (subnet(from), public(to));
        let out =
            self.hosts[from].1 && self.admitted(from, true, &there, None) && self.acl(near, true, &there, PORT) && self.to_internet(near, &there);
        near != subnet(to)
            && out
            && CLIENTS.iter().any(|client| self.publicly_from(&public(from), to, *client) && self.acl(near, false, &there, *client))
    }

    /// `None`: nobody knows.
    pub(super) fn walk(&self, from: Option<usize>, to: usize) -> Option<bool> {
        match from {
            Some(from) if self.publicly(from, to) || self.behind_nat(from, to) => Some(true),
            Some(from) => self.privately(from, to).filter(|open| *open || !(self.handed_on(from, to) || self.over_vpn(from, to))),
            None => Some(world().iter().any(|address| CLIENTS.iter().any(|client| self.publicly_from(address, to, *client)))),
        }
    }

    /// The same network as AWS would describe it.
    pub(super) fn account(&self) -> Value {
        let named = |kind: &str, name: String, fields: Value| resource(kind, &name, fields);
        let subnets: Vec<Value> = (0..3)
            .map(|at| {
                let block = if self.blocked[at] { json!("block-ingress") } else { json!(null) };
                named("subnet", format!("subnet-{at}"), json!({ "vpc_id": SUBNETS[at].0, "cidr": SUBNETS[at].1, "ipv6_cidrs": [], "owner": "111122223333", "internet_gateway_block": block }))
            })
            .collect();
        let tables: Vec<Value> = (0..3)
            .map(|at| {
                let routes: Vec<Value> =
                    self.routes[at].iter().map(|route| json!({ "destination": route.block, "target": route.target, "state": route.state })).collect();
                named(
                    "route-table",
                    format!("rtb-{at}"),
                    json!({ "vpc_id": SUBNETS[at].0, "main": false, "subnets": [format!("subnet-{at}")], "gateways": [], "routes": routes }),
                )
            })
            .collect();
        let acls: Vec<Value> = (0..3)
            .map(|at| {
                let entries: Vec<Value> = self.acls[at].iter().map(entry).collect();
                named("network-acl", format!("acl-{at}"), json!({ "vpc_id": SUBNETS[at].0, "subnets": [format!("subnet-{at}")], "entries": entries }))
            })
            .collect();
        let groups: Vec<Value> = self
            .groups
            .iter()
            .enumerate()
            .map(|(at, (ingress, egress))| {
                let (ingress, egress): (Vec<Value>, Vec<Value>) = (ingress.iter().map(rule).collect(), egress.iter().map(rule).collect());
                named("security-group", format!("sg-{at}"), json!({ "vpc_id": "vpc-1", "ingress": ingress, "egress": egress }))
            })
            .collect();
        let hosts: Vec<Value> = self
            .hosts
            .iter()
            .enumerate()
            .map(|(at, (held, is_public))| {
                let held: Vec<String> = held.iter().map(|group| format!("sg-{group}")).collect();
                let ips: Vec<String> = is_public.then(|| public(at)).into_iter().collect();
                let (vpc, place) = (SUBNETS[subnet(at)].0, format!("subnet-{}", subnet(at)));
                named("network-interface", format!("eni-{at}"), json!({ "vpc_id": vpc, "subnet_id": place, "groups": held, "private_ips": [private(at)], "ipv6_ips": [],
                    "public_ips": ips, "interface_type": "interface", "instance_id": null, "description": "", "requester": null, "status": "in-use" }))
            })
            .collect();
        let vpc = |name: &str, block: &str| resource("vpc", name, json!({ "cidrs": [block], "ipv6_cidrs": [] }));
        json!({
            "vpc": [vpc("vpc-1", "10.1.0.0/24"), vpc("vpc-2", "10.2.0.0/24")], "subnet": subnets, "route-table": tables, "network-acl": acls, "security-group": groups,
            "network-interface": hosts,
            "nat-gateway": [resource("nat-gateway", "nat-1", json!({ "vpc_id": "vpc-1", "subnet_id": "subnet-1", "connectivity": "public", "state": "available", "public_ips": [NAT] }))],
            "internet-gateway": [resource("internet-gateway", "igw-1", json!({ "vpcs": if self.gateway { json!(["vpc-1"]) } else { json!([]) } }))],
            "vpc-peering": [resource("vpc-peering", "pcx-1", json!({ "status": if self.peered { "active" } else { "deleted" }, "requester_vpc": "vpc-1", "accepter_vpc": "vpc-2",
                "requester_owner": format!("111122223333/{REGION}"), "accepter_owner": format!("111122223333/{REGION}"), "requester_cidrs": ["10.1.0.0/24"], "accepter_cidrs": ["10.2.0.0/24"] }))],
        })
    }
}

/// A permission of a security group as a snapshot holds it.
fn rule(rule: &Rule) -> Value {
    let group = |(group, stale): &(usize, bool)| json!({ "group_id": format!("sg-{group}"), "peering_status": if *stale { json!("deleted") } else { json!(null) } });
    let groups: Vec<Value> = rule.group.iter().map(group).collect();
    let (from, to) = ports(rule.protocol, rule.ports);
    json!({ "protocol": rule.protocol, "from_port": from, "to_port": to, "cidrs": rule.blocks, "groups": groups })
}

/// An entry of a network ACL as a snapshot holds it.
fn entry(entry: &Entry) -> Value {
    let (from, to) = ports(entry.protocol, entry.ports);
    json!({ "number": entry.number, "egress": entry.egress, "allow": entry.allow, "protocol": entry.protocol, "cidr": entry.block, "from_port": from, "to_port": to })
}

/// First and last port; a rule for every protocol has none.
fn ports(protocol: &str, (from, to): (i64, i64)) -> (Value, Value) {
    if protocol == "-1" { (Value::Null, Value::Null) } else { (json!(from), json!(to)) }
}
