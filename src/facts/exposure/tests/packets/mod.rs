//! The evaluator against a walk of single packets, out and back, over small random networks. The walk knows nothing of sets, of what is unseen, or of the
//! evaluator's code: it asks each rule about each packet, as AWS's guides tell it.

mod generator;
mod walk;

use generator::{entry, group_rule, net};
use proptest::prelude::*;
use serde_json::{Value, json};
use walk::PORT;

use super::*;
use crate::facts::exposure::query;

fn ask(account: &Value, from: Option<usize>, to: usize) -> &'static str {
    let text = json!({
        "schema": crate::model::snapshot::SCHEMA, "taken_at": "2026-08-01T00:00:00Z", "regions": [REGION], "reads": [], "gaps": [], "resources": account,
        "caller": { "account": "111122223333", "arn": "arn:aws:iam::111122223333:user/auditor", "partition": "aws" },
    });
    let snapshot = Snapshot::of_test(&text.to_string());
    let from = from.map_or_else(|| "internet".to_owned(), |from| format!("eni-{from}"));
    let answer = query::reach(&Index::new(&snapshot), &from, &format!("eni-{to}:{PORT}")).expect("both exist").answer;
    answer.word()
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
