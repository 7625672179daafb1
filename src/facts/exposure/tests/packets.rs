//! The evaluator against a walk of single packets, out and back, over small random networks. The walk knows nothing of sets, of what is unseen, or of the
//! evaluator's code: it asks each rule about each packet, as AWS's guides tell it.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use proptest::prelude::*;
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::*;
use crate::facts::exposure::query;

/// One address of every kind that the blocks below tell apart.
const WORLD: [&str; 4] = ["8.8.8.8", "150.0.0.1", "198.51.100.1", "203.0.113.200"];
const BLOCKS: [&str; 13] = [
    "0.0.0.0/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "10.1.0.0/24",
    "10.2.0.0/24",
    "10.1.0.0/28",
    "10.1.0.16/28",
    "10.2.0.0/28",
    "10.1.0.4/32",
    "10.2.0.4/32",
    "10.0.0.0/8",
];
const PORTS: [(i64, i64); 7] = [(0, 65535), (1024, 65535), (1024, 40000), (32768, 65535), (5432, 5432), (5000, 6000), (443, 443)];
/// One client port of every kind that these tell apart.
const CLIENTS: [i64; 9] = [1, 443, 1024, 5000, 5432, 5433, 6001, 32768, 40001];
const PORT: i64 = 5432;
/// The address of the NAT gateway.
const NAT: &str = "198.51.100.99";
/// Subnets: VPC, block, the address of its host.
const SUBNETS: [(&str, &str, &str); 3] =
    [("vpc-1", "10.1.0.0/28", "10.1.0.4"), ("vpc-1", "10.1.0.16/28", "10.1.0.20"), ("vpc-2", "10.2.0.0/28", "10.2.0.4")];

#[derive(Debug, Clone)]
struct Entry {
    number: i64,
    egress: bool,
    allow: bool,
    protocol: &'static str,
    block: &'static str,
    ports: (i64, i64),
}

#[derive(Debug, Clone)]
struct Rule {
    protocol: &'static str,
    ports: (i64, i64),
    blocks: Vec<&'static str>,
    /// Group and whether the reference is stale.
    group: Option<(usize, bool)>,
}

#[derive(Debug, Clone)]
struct Route {
    block: &'static str,
    target: &'static str,
    state: &'static str,
}

/// Four groups, a table and an ACL for each subnet, two hosts in each.
#[derive(Debug, Clone)]
struct Net {
    routes: Vec<Vec<Route>>,
    acls: Vec<Vec<Entry>>,
    /// Ingress and egress of each group.
    groups: Vec<(Vec<Rule>, Vec<Rule>)>,
    /// For each host: the groups it holds, and whether it has a public address.
    hosts: Vec<(BTreeSet<usize>, bool)>,
    peered: bool,
    gateway: bool,
    blocked: Vec<bool>,
}

fn inside(block: &str, address: &str) -> bool {
    let (net, length) = block.split_once('/').unwrap();
    let bits = |text: &str| text.parse::<Ipv4Addr>().unwrap().to_bits();
    let length: u32 = length.parse().unwrap();
    length == 0 || bits(net) >> (32 - length) == bits(address) >> (32 - length)
}

const fn subnet(host: usize) -> usize {
    host / 2
}

fn private(host: usize) -> String {
    let (_, _, first) = SUBNETS[subnet(host)];
    let base = first.parse::<Ipv4Addr>().unwrap().to_bits();
    Ipv4Addr::from_bits(base + u32::try_from(host % 2).unwrap()).to_string()
}

fn public(host: usize) -> String {
    format!("203.0.113.{}", 10 + host)
}

/// Addresses of the internet, one of every kind that the rules tell apart.
fn world() -> Vec<String> {
    WORLD.into_iter().chain([NAT]).map(str::to_owned).chain((0..6).map(public)).collect()
}

impl Net {
    /// One packet against an ACL.
    fn acl(&self, subnet: usize, egress: bool, address: &str, port: i64) -> bool {
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
    fn admitted(&self, host: usize, egress: bool, address: &str, other: Option<usize>) -> bool {
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
    fn next(&self, subnet: usize, address: &str) -> &'static str {
        let length = |route: &&Route| route.block.split_once('/').unwrap().1.parse::<u32>().unwrap();
        let best = self.routes[subnet].iter().filter(|route| inside(route.block, address)).max_by_key(length);
        best.filter(|route| route.state == "active").map_or("nowhere", |route| route.target)
    }

    /// Whether the network takes a packet from one subnet to another's VPC; what a VPN passes on, nobody knows.
    fn carried(&self, from: usize, to: usize, address: &str) -> Option<bool> {
        match self.next(from, address) {
            "local" => Some(SUBNETS[from].0 == SUBNETS[to].0),
            "pcx-1" => Some(self.peered && SUBNETS[from].0 != SUBNETS[to].0),
            "vgw-1" => None,
            _ => Some(false),
        }
    }

    fn to_internet(&self, subnet: usize, address: &str) -> bool {
        self.next(subnet, address) == "igw-1" && self.gateway && SUBNETS[subnet].0 == "vpc-1"
    }

    /// A connection between hosts by their private addresses.
    fn privately(&self, from: usize, to: usize) -> Option<bool> {
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
    fn handed_on(&self, from: usize, to: usize) -> bool {
        let (near, there) = (subnet(from), private(to));
        let out = self.admitted(from, true, &there, None) && self.acl(near, true, &there, PORT) && self.next(near, &there) == "nat-1";
        near != subnet(to) && out && ["local", "pcx-1", "vgw-1"].contains(&self.next(1, &there))
    }

    /// Whether a VPN may lead a host to another's public address: under some address of the internet.
    fn over_vpn(&self, from: usize, to: usize) -> bool {
        let (near, there) = (subnet(from), public(to));
        let out = self.admitted(from, true, &there, None) && self.acl(near, true, &there, PORT) && self.next(near, &there) == "vgw-1";
        let comes_in = |client: i64| world().iter().any(|address| self.publicly_from(address, to, client));
        near != subnet(to) && out && CLIENTS.iter().any(|client| comes_in(*client) && self.acl(near, false, &there, *client))
    }

    /// A connection from a public address to a host's public address, with some client port among these.
    fn publicly_from(&self, address: &str, to: usize, client: i64) -> bool {
        let there = subnet(to);
        let into = self.hosts[to].1 && !self.blocked[there] && self.acl(there, false, address, PORT) && self.admitted(to, false, address, None);
        into && self.acl(there, true, address, client) && self.to_internet(there, address)
    }

    /// A connection to a host's public address from behind a NAT gateway, which stands in the second subnet.
    fn behind_nat(&self, from: usize, to: usize) -> bool {
        let (near, here, there) = (subnet(from), private(from), public(to));
        let out = self.admitted(from, true, &there, None) && self.acl(near, true, &there, PORT) && self.next(near, &there) == "nat-1";
        let through = (near == 1 || self.acl(1, false, &here, PORT)) && self.acl(1, true, &there, PORT) && self.to_internet(1, &there);
        let back = |client: i64| {
            self.acl(1, false, &there, client) && (near == 1 || self.acl(1, true, &here, client)) && self.acl(near, false, &there, client)
        };
        near != subnet(to) && out && through && CLIENTS.iter().any(|client| self.publicly_from(NAT, to, *client) && back(*client))
    }

    /// A connection between hosts by their public addresses.
    fn publicly(&self, from: usize, to: usize) -> bool {
        let (near, there) = (subnet(from), public(to));
        let out =
            self.hosts[from].1 && self.admitted(from, true, &there, None) && self.acl(near, true, &there, PORT) && self.to_internet(near, &there);
        near != subnet(to)
            && out
            && CLIENTS.iter().any(|client| self.publicly_from(&public(from), to, *client) && self.acl(near, false, &there, *client))
    }

    /// `None`: nobody knows.
    fn walk(&self, from: Option<usize>, to: usize) -> Option<bool> {
        match from {
            Some(from) if self.publicly(from, to) || self.behind_nat(from, to) => Some(true),
            Some(from) => self.privately(from, to).filter(|open| *open || !(self.handed_on(from, to) || self.over_vpn(from, to))),
            None => Some(world().iter().any(|address| CLIENTS.iter().any(|client| self.publicly_from(address, to, *client)))),
        }
    }

    /// The same network as AWS would describe it.
    fn account(&self) -> Value {
        let rule = |rule: &Rule| {
            let groups: Vec<Value> =
                rule.group.iter().map(|(group, stale)| json!({ "group_id": format!("sg-{group}"), "peering_status": if *stale { json!("deleted") } else { json!(null) } })).collect();
            let ports = if rule.protocol == "-1" { (json!(null), json!(null)) } else { (json!(rule.ports.0), json!(rule.ports.1)) };
            json!({ "protocol": rule.protocol, "from_port": ports.0, "to_port": ports.1, "cidrs": rule.blocks, "groups": groups })
        };
        let entry = |entry: &Entry| {
            let ports = if entry.protocol == "-1" { (json!(null), json!(null)) } else { (json!(entry.ports.0), json!(entry.ports.1)) };
            json!({ "number": entry.number, "egress": entry.egress, "allow": entry.allow, "protocol": entry.protocol, "cidr": entry.block, "from_port": ports.0, "to_port": ports.1 })
        };
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

fn ask(account: &Value, from: Option<usize>, to: usize) -> &'static str {
    let text = json!({
        "schema": "pci-audit/snapshot/1", "taken_at": "2026-08-01T00:00:00Z", "regions": [REGION], "reads": [], "gaps": [], "resources": account,
        "caller": { "account": "111122223333", "arn": "arn:aws:iam::111122223333:user/auditor", "partition": "aws" },
    });
    let snapshot = Snapshot::deserialize(&text).expect("the network is a snapshot");
    let from = from.map_or_else(|| "internet".to_owned(), |from| format!("eni-{from}"));
    let answer = query::reach(&Index::new(&snapshot), &from, &format!("eni-{to}:{PORT}")).expect("both exist").answer;
    answer.word()
}

fn entry() -> impl Strategy<Value = Entry> {
    let (blocks, ports) = (prop::sample::select(BLOCKS.to_vec()), prop::sample::select(PORTS.to_vec()));
    let protocol = prop::sample::select(vec!["-1", "6", "6", "6", "17"]);
    (1_i64..200, any::<bool>(), prop::bool::weighted(0.7), protocol, blocks, ports)
        .prop_map(|(number, egress, allow, protocol, block, ports)| Entry { number, egress, allow, protocol, block, ports })
}

fn acl() -> impl Strategy<Value = Vec<Entry>> {
    let open = |egress| Entry { number: 250, egress, allow: true, protocol: "-1", block: "0.0.0.0/0", ports: (0, 65535) };
    (prop::collection::vec(entry(), 0..4), prop::bool::weighted(0.85), prop::bool::weighted(0.85)).prop_map(move |(mut entries, into, out)| {
        // AWS takes a number once in each direction.
        let mut taken = BTreeSet::new();
        entries.retain(|entry| taken.insert((entry.egress, entry.number)));
        entries.extend(into.then(|| open(false)));
        entries.extend(out.then(|| open(true)));
        entries
    })
}

fn group_rule() -> impl Strategy<Value = Rule> {
    let blocks = prop::collection::vec(prop::sample::select(BLOCKS.to_vec()), 0..3);
    let group = prop::option::weighted(0.5, (0_usize..4, prop::bool::weighted(0.2)));
    (prop::sample::select(vec!["-1", "-1", "tcp", "tcp", "udp"]), prop::sample::select(PORTS.to_vec()), blocks, group)
        .prop_map(|(protocol, ports, blocks, group)| Rule { protocol, ports, blocks, group })
}

fn group() -> impl Strategy<Value = (Vec<Rule>, Vec<Rule>)> {
    let anywhere = || Rule { protocol: "-1", ports: (0, 65535), blocks: vec!["0.0.0.0/0"], group: None };
    (prop::collection::vec(group_rule(), 1..4), prop::collection::vec(group_rule(), 0..2), prop::bool::weighted(0.75)).prop_map(
        move |(ingress, mut egress, out)| {
            egress.extend(out.then(anywhere));
            (ingress, egress)
        },
    )
}

fn routes(vpc: &'static str) -> impl Strategy<Value = Vec<Route>> {
    let blocks = vec![
        "0.0.0.0/0",
        "128.0.0.0/1",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "10.1.0.0/24",
        "10.2.0.0/24",
        "10.1.0.0/28",
        "10.2.0.0/28",
        "10.2.0.4/32",
    ];
    let route = (
        prop::sample::select(blocks),
        prop::sample::select(vec!["igw-1", "igw-1", "pcx-1", "pcx-1", "nat-1", "nat-1", "vgw-1"]),
        prop::sample::select(vec!["active", "active", "active", "blackhole"]),
    );
    let own = if vpc == "vpc-1" { "10.1.0.0/24" } else { "10.2.0.0/24" };
    let peer = if vpc == "vpc-1" { "10.2.0.0/24" } else { "10.1.0.0/24" };
    (prop::collection::vec(route, 0..3), prop::bool::weighted(0.8), prop::bool::weighted(0.8)).prop_map(move |(routes, out, over)| {
        let mut all = vec![Route { block: own, target: "local", state: "active" }];
        let usual = [Route { block: "0.0.0.0/0", target: "igw-1", state: "active" }, Route { block: peer, target: "pcx-1", state: "active" }];
        let more = routes.into_iter().map(|(block, target, state)| Route { block, target, state });
        for route in usual.into_iter().zip([out, over]).filter_map(|(route, wanted)| wanted.then_some(route)).chain(more) {
            // A destination stands in a table once, and nothing but a box in the way overrides the local route.
            if !all.iter().any(|known| known.block == route.block) && !route.block.starts_with(&own[..5]) {
                all.push(route);
            }
        }
        all
    })
}

fn net() -> impl Strategy<Value = Net> {
    let hosts = prop::collection::vec((prop::collection::btree_set(0_usize..4, 1..4), prop::bool::weighted(0.6)), 6);
    let tables = (routes("vpc-1"), routes("vpc-1"), routes("vpc-2"));
    let flags = (prop::bool::weighted(0.8), prop::bool::weighted(0.9), prop::collection::vec(prop::bool::weighted(0.1), 3));
    (tables, prop::collection::vec(acl(), 3), prop::collection::vec(group(), 4), hosts, flags).prop_map(
        |(tables, acls, groups, hosts, (peered, gateway, blocked))| Net {
            routes: vec![tables.0, tables.1, tables.2],
            acls,
            groups,
            hosts,
            peered,
            gateway,
            blocked,
        },
    )
}

fn question() -> impl Strategy<Value = (Option<usize>, usize)> {
    (prop::option::weighted(0.7, 0_usize..6), 0_usize..6).prop_filter("two hosts", |(from, to)| *from != Some(*to))
}

const fn word(open: Option<bool>) -> &'static str {
    match open {
        Some(true) => "reachable",
        Some(false) => "not reachable",
        None => "unknown",
    }
}

/// What decides, as (kind, field).
const INPUTS: [(&str, &str); 31] = [
    ("vpc", "cidrs"),
    ("vpc", "ipv6_cidrs"),
    ("subnet", "vpc_id"),
    ("subnet", "cidr"),
    ("subnet", "ipv6_cidrs"),
    ("subnet", "internet_gateway_block"),
    ("route-table", "vpc_id"),
    ("route-table", "main"),
    ("route-table", "subnets"),
    ("route-table", "gateways"),
    ("route-table", "routes"),
    ("network-acl", "subnets"),
    ("network-acl", "entries"),
    ("security-group", "ingress"),
    ("security-group", "egress"),
    ("security-group", "vpc_id"),
    ("internet-gateway", "vpcs"),
    ("vpc-peering", "status"),
    ("vpc-peering", "requester_vpc"),
    ("vpc-peering", "accepter_vpc"),
    ("network-interface", "vpc_id"),
    ("network-interface", "subnet_id"),
    ("network-interface", "groups"),
    ("network-interface", "private_ips"),
    ("network-interface", "public_ips"),
    ("network-interface", "interface_type"),
    ("nat-gateway", "vpc_id"),
    ("nat-gateway", "subnet_id"),
    ("nat-gateway", "connectivity"),
    ("nat-gateway", "state"),
    ("nat-gateway", "public_ips"),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_evaluator_agrees_with_the_walk_of_packets(net in net(), (from, to) in question()) {
        prop_assert_eq!(ask(&net.account(), from, to), word(net.walk(from, to)));
    }

    #[test]
    fn hiding_an_input_only_leads_to_unknown(net in net(), (from, to) in question(), (kind, field) in prop::sample::select(INPUTS.to_vec()), at in 0_usize..6) {
        let mut account = net.account();
        let before = ask(&account, from, to);
        let resources = account[kind].as_array_mut().unwrap();
        let at = at % resources.len();
        resources[at]["fields"].as_object_mut().unwrap().remove(field);
        let after = ask(&account, from, to);
        prop_assert!(after == before || after == "unknown", "{}.{} of {} hidden: {} became {}", kind, field, at, before, after);
    }

    #[test]
    fn more_allows_never_take_and_more_denials_never_give(net in net(), (from, to) in question(), rule in group_rule(), (inward, which, place) in (any::<bool>(), 0_usize..4, 0_usize..3), entry in entry()) {
        let before = ask(&net.account(), from, to);
        let mut wider = net.clone();
        let (ingress, egress) = &mut wider.groups[which];
        if inward { ingress } else { egress }.push(rule);
        prop_assert!(before != "reachable" || ask(&wider.account(), from, to) == "reachable", "a group's rule took a way");
        let mut other = net.clone();
        let allow = entry.allow;
        other.acls[place].retain(|known| (known.egress, known.number) != (entry.egress, entry.number));
        let base = ask(&other.account(), from, to);
        other.acls[place].push(entry);
        let after = ask(&other.account(), from, to);
        if allow {
            prop_assert!(base != "reachable" || after == "reachable", "an allow entry took a way");
        } else {
            prop_assert!(base == "reachable" || after != "reachable", "a deny entry gave a way");
        }
    }

    #[test]
    fn no_order_matters(net in net(), (from, to) in question()) {
        let account = net.account();
        let mut turned = account.clone();
        for list in turned.as_object_mut().unwrap().values_mut().filter_map(Value::as_array_mut) {
            list.reverse();
            for fields in list.iter_mut().filter_map(|resource| resource["fields"].as_object_mut()) {
                fields.values_mut().filter_map(Value::as_array_mut).for_each(|list| list.reverse());
            }
        }
        prop_assert_eq!(ask(&account, from, to), ask(&turned, from, to));
    }
}

#[test]
fn the_random_networks_have_open_and_shut_paths() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut open, mut all) = ([0, 0], [0, 0]);
    for _ in 0..400 {
        let net = net().new_tree(&mut runner).unwrap().current();
        let (from, to) = question().new_tree(&mut runner).unwrap().current();
        let kind = usize::from(from.is_some());
        all[kind] += 1;
        open[kind] += usize::from(net.walk(from, to) == Some(true));
    }
    for kind in 0..2 {
        assert!(open[kind] * 20 > all[kind] && open[kind] * 10 < all[kind] * 9, "{open:?} of {all:?}");
    }
}
