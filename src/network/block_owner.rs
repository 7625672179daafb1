//! Which addresses of a VPC's block mean that VPC where something stands: two VPCs may have the same block, or a network at home, or somebody on the internet.
//!
//! Source: VPC guide, "Route tables": replies go where the longest prefix leads, and where they do not arrive no connection is opened.

use std::net::IpAddr;

use ipnet::IpNet;

use super::address_bounds::AddressBounds;
use super::address_space::Area;
use super::cidr::Addresses;
use super::location::Location;
use super::next_hop::NextHop;
use super::peering;
use super::region_network::RegionNetwork;
use super::special_ranges::private;
use crate::evidence::{Derived, Missing};

/// The addresses of a VPC's block that mean that VPC where something stands: all of its own VPC's, else those that no route leads to somebody else.
/// Linear in the routes of the subnet, and of a transit gateway's table.
pub fn meant(region_network: &RegionNetwork<'_>, location: &Location, area: &Area) -> AddressBounds {
    let block = AddressBounds::exactly(Addresses::from_blocks([&area.net]));
    let vpc = match location.vpc.value() {
        Some(vpc) if *vpc == area.name => return block,
        Some(vpc) => vpc,
        None => return block.and(&AddressBounds::unseen(location.vpc.missing().to_vec(), location.vpc.from().to_vec())),
    };
    let ways = match region_network.tables.ways_of(&location.subnet, &location.vpc) {
        Derived::Known { value, .. } => value,
        Derived::Unseen { missing, from } => return block.and(&AddressBounds::unseen(missing, from)),
    };
    let mut elsewhere = AddressBounds::default();
    for way in ways.iter().filter(|way| !way.lost && way.addresses.may.meets(&block.may)) {
        let addresses = way.addresses.and(&block);
        way.hops().for_each(|(target, hop)| elsewhere.add(&led_elsewhere(region_network, vpc, target, hop, area, &addresses)));
    }
    AddressBounds { sure: block.sure.minus(&elsewhere.may), may: block.may.minus(&elsewhere.sure), ..elsewhere }
}

/// Whether the routes of a subnet of a VPC lead what is meant for an address to another.
pub fn leads_to(region_network: &RegionNetwork<'_>, subnet: &str, vpc: &str, other: &str, address: IpAddr) -> Derived<bool> {
    let asked = AddressBounds::exactly(Addresses::from_blocks([&IpNet::from(address)]));
    let there = |target: &str, hop| match hop {
        NextHop::Peering => AddressBounds::gate(&peering::joins(region_network, target, vpc, other)),
        NextHop::Transit => region_network.transit.between(target, vpc, other, &asked.may),
        _ => AddressBounds::default(),
    };
    region_network.tables.ways_of(subnet, &Derived::known(vpc.to_owned())).and_then(|ways| {
        let to = ways.iter().filter(|way| !way.lost && way.addresses.may.meets(&asked.may));
        Derived::any(to.flat_map(|way| way.hops().map(|(target, hop)| way.addresses.and(&asked).and(&there(target, hop)).open())))
    })
}

/// The addresses that a route's target leads to somebody who is not the VPC and may open a connection from them.
fn led_elsewhere(region_network: &RegionNetwork<'_>, vpc: &str, target: &str, hop: NextHop, area: &Area, addresses: &AddressBounds) -> AddressBounds {
    match hop {
        NextHop::Local => addresses.clone(),
        // Nobody on the internet has a private address.
        NextHop::InternetGateway => {
            let attached = region_network.tables.attached(target, &Derived::known(vpc.to_owned()));
            addresses.without(private()).and(&AddressBounds::gate(&attached))
        }
        // Nobody comes in by these.
        NextHop::EgressOnly | NextHop::Nat => AddressBounds::default(),
        NextHop::Peering => {
            let another = peering::far(region_network, target, vpc).map(|far| far.vpc.is_some_and(|far| far != area.name));
            addresses.and(&AddressBounds::gate(&peering::active(region_network, target).and(another)))
        }
        NextHop::Transit => {
            let there = region_network.transit.between(target, vpc, &area.name, &addresses.may);
            let anywhere = region_network.transit.leads(target, vpc, &addresses.may).and(addresses);
            AddressBounds { sure: anywhere.sure.minus(&there.may), may: anywhere.may.minus(&there.sure), ..anywhere.and(&there) }
        }
        // Behind any of them may stand the VPC, too.
        NextHop::Vpn | NextHop::Middlebox | NextHop::Network | NextHop::Unknown => {
            let nobody_knows = Missing::Outside(format!("where {target} leads what is meant for {}", area.net));
            addresses.and(&AddressBounds::unseen(vec![nobody_knows], Vec::new()))
        }
    }
}
