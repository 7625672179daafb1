//! What may carry packets from a subnet to another private place, as the subnet's routes say it.
//!
//! Source: VPC guide, "Route tables" and "Middlebox routing" (what a firewall endpoint hands on leaves by the routes of its own subnet), "NAT gateways" (from
//! there to other VPCs and networks, under the gateway's address).

use std::collections::BTreeMap;

use super::address_bounds::AddressBounds;
use super::location::Location;
use super::next_hop::NextHop;
use super::region_network::RegionNetwork;
use super::route::Way;
use crate::evidence::{Derived, Missing};

/// What carries packets from one end to the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// The VPC's own router.
    Local,
    /// A box in the way.
    Box(String),
    /// A peering.
    Peering(String),
    /// A transit gateway.
    Transit(String),
    /// Something that may lead there, and nobody knows: a VPN, a core network; `None` where no routes were seen.
    Elsewhere(Option<String>),
    /// A NAT gateway with routes of its own; `None` where no routes were seen.
    Nat(Option<String>),
}

/// Longer chains of boxes are not followed.
const CHAIN: usize = 4;

/// What may lead on from a place to some private addresses, and the routes that do, by their place in its table. Where no routes were seen, a NAT gateway
/// may: anything else is tried by itself.
pub fn ways(region_network: &RegionNetwork<'_>, location: &Location, to: &AddressBounds) -> BTreeMap<Via, Vec<usize>> {
    let Derived::Known { value: list, .. } = region_network.tables.ways_of(&location.subnet, &location.vpc) else {
        return BTreeMap::from([(Via::Nat(None), Vec::new())]);
    };
    let mut all: BTreeMap<Via, Vec<usize>> = BTreeMap::new();
    for (at, way) in list.iter().enumerate().filter(|(_, way)| !way.lost && way.addresses.may.meets(&to.may)) {
        for via in vias(region_network, way, &location.vpc, to) {
            all.entry(via).or_default().push(at);
        }
    }
    all
}

/// Whether something but the VPC's own router may lead from a place to some of these addresses; true where its routes were not seen.
pub fn leaves(region_network: &RegionNetwork<'_>, location: &Location, to: &AddressBounds) -> bool {
    ways(region_network, location, to).into_keys().any(|via| via != Via::Local)
}

fn vias(region_network: &RegionNetwork<'_>, way: &Way<'_>, vpc: &Derived<String>, to: &AddressBounds) -> Vec<Via> {
    let onward = |target: &str| hands_on(region_network, target, vpc, &way.addresses.and(to)).value() != Some(&false);
    let via = |(target, hop): (&str, NextHop)| match hop {
        NextHop::Local => Some(Via::Local),
        NextHop::Peering => Some(Via::Peering(target.to_owned())),
        NextHop::Transit => Some(Via::Transit(target.to_owned())),
        NextHop::Middlebox => onward(target).then(|| Via::Box(target.to_owned())),
        NextHop::Nat => onward(target).then(|| Via::Nat(Some(target.to_owned()))),
        NextHop::Vpn | NextHop::Network => Some(Via::Elsewhere(Some(target.to_owned()))),
        NextHop::Unknown => Some(Via::Elsewhere(Some(format!("the route to {}", way.destination)))),
        NextHop::InternetGateway | NextHop::EgressOnly => None,
    };
    way.hops().filter_map(via).collect()
}

/// Whether what a box or a NAT gateway hands on gets to some of these private addresses: packets leave it by the routes of its own subnet. An appliance may
/// have tunnels: of that nobody knows.
pub fn hands_on(region_network: &RegionNetwork<'_>, target: &str, vpc: &Derived<String>, to: &AddressBounds) -> Derived<bool> {
    hands_on_past(region_network, target, vpc, to, &mut Vec::new())
}

/// `passed`: the boxes on the way there. In a circle, nothing gets on.
fn hands_on_past(
    region_network: &RegionNetwork<'_>,
    target: &str,
    vpc: &Derived<String>,
    to: &AddressBounds,
    passed: &mut Vec<String>,
) -> Derived<bool> {
    if passed.iter().any(|one| one == target) {
        return Derived::known(false);
    }
    if target.starts_with("eni-") || target.starts_with("i-") || passed.len() >= CHAIN {
        return Derived::unseen(Missing::Outside(format!("where {target} leads")));
    }
    region_network.subnets_of(target).and_then(|subnets| {
        passed.push(target.to_owned());
        let all = Derived::any(subnets.iter().map(|subnet| from_subnet(region_network, subnet, vpc, to, passed)).collect::<Vec<_>>());
        passed.pop();
        all
    })
}

fn from_subnet(
    region_network: &RegionNetwork<'_>,
    subnet: &str,
    vpc: &Derived<String>,
    to: &AddressBounds,
    passed: &mut Vec<String>,
) -> Derived<bool> {
    region_network.tables.ways_of(subnet, vpc).and_then(|ways| {
        let mut all = Vec::new();
        for way in ways.iter().filter(|way| !way.lost && way.addresses.may.meets(&to.may)) {
            all.extend(way.hops().map(|(next, hop)| match hop {
                NextHop::InternetGateway | NextHop::EgressOnly => Derived::known(false),
                NextHop::Middlebox | NextHop::Nat => hands_on_past(region_network, next, vpc, &way.addresses.and(to), passed),
                NextHop::Unknown => Derived::unseen(way.dark()),
                _ => Derived::known(true),
            }));
        }
        Derived::any(all)
    })
}
