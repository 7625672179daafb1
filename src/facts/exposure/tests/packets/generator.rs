//! Random networks, small and adversarial: the blocks and ports overlap in every way.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::walk::{BLOCKS, Entry, Net, PORTS, Route, Rule};

pub(super) fn entry() -> impl Strategy<Value = Entry> {
    let (blocks, ports) = (prop::sample::select(BLOCKS.to_vec()), prop::sample::select(PORTS.to_vec()));
    let protocol = prop::sample::select(vec!["-1", "6", "6", "6", "17"]);
    (1_i64..200, any::<bool>(), prop::bool::weighted(0.7), protocol, blocks, ports)
        .prop_map(|(number, egress, allow, protocol, block, ports)| Entry { number, egress, allow, protocol, block, ports })
}

pub(super) fn acl() -> impl Strategy<Value = Vec<Entry>> {
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

pub(super) fn group_rule() -> impl Strategy<Value = Rule> {
    let blocks = prop::collection::vec(prop::sample::select(BLOCKS.to_vec()), 0..3);
    let group = prop::option::weighted(0.5, (0_usize..4, prop::bool::weighted(0.2)));
    (prop::sample::select(vec!["-1", "-1", "tcp", "tcp", "udp"]), prop::sample::select(PORTS.to_vec()), blocks, group)
        .prop_map(|(protocol, ports, blocks, group)| Rule { protocol, ports, blocks, group })
}

pub(super) fn group() -> impl Strategy<Value = (Vec<Rule>, Vec<Rule>)> {
    let anywhere = || Rule { protocol: "-1", ports: (0, 65535), blocks: vec!["0.0.0.0/0"], group: None };
    (prop::collection::vec(group_rule(), 1..4), prop::collection::vec(group_rule(), 0..2), prop::bool::weighted(0.75)).prop_map(
        move |(ingress, mut egress, out)| {
            egress.extend(out.then(anywhere));
            (ingress, egress)
        },
    )
}

pub(super) fn routes(vpc: &'static str) -> impl Strategy<Value = Vec<Route>> {
    let blocks = vec![
        "0.0.0.0/0",
        "128.0.0.0/1",
        "13.248.100.0/24",
        "52.95.110.0/24",
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

pub(super) fn net() -> impl Strategy<Value = Net> {
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
