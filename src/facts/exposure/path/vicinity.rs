//! Which addresses of a VPC's block mean that VPC where something stands: two VPCs may have the same block, or a network at home, or somebody on the internet.
//!
//! Source: VPC guide, "Route tables": replies go where the longest prefix leads, and where they do not arrive no connection is opened.

use std::net::IpAddr;

use ipnet::IpNet;

use super::ground::Ground;
use super::next_hop::NextHop;
use super::peering;
use super::stand::Stand;
use crate::evidence::{Derived, Missing};
use crate::facts::exposure::cidr::Addresses;
use crate::facts::exposure::home::Area;
use crate::facts::exposure::passing::Passing;
use crate::facts::exposure::special::private;

/// The addresses of a VPC's block that mean that VPC where something stands: all of its own VPC's, else those that no route leads to somebody else.
/// Linear in the routes of the subnet, and of a transit gateway's table.
pub fn meant(ground: &Ground<'_>, stand: &Stand, area: &Area) -> Passing {
    let block = Passing::exactly(Addresses::of([&area.net]));
    let vpc = match stand.vpc.value() {
        Some(vpc) if *vpc == area.name => return block,
        Some(vpc) => vpc,
        None => return block.and(&Passing::unseen(stand.vpc.missing().to_vec(), stand.vpc.from().to_vec())),
    };
    let ways = match ground.tables.ways_of(&stand.subnet, &stand.vpc) {
        Derived::Known { value, .. } => value,
        Derived::Unseen { missing, from } => return block.and(&Passing::unseen(missing, from)),
    };
    let mut elsewhere = Passing::default();
    for way in ways.iter().filter(|way| !way.lost && way.addresses.may.meets(&block.may)) {
        let addresses = way.addresses.and(&block);
        way.hops().for_each(|(target, hop)| elsewhere.add(&led_elsewhere(ground, vpc, target, hop, area, &addresses)));
    }
    Passing { sure: block.sure.minus(&elsewhere.may), may: block.may.minus(&elsewhere.sure), ..elsewhere }
}

/// Whether the routes of a subnet of a VPC lead what is meant for an address to another.
pub fn leads_to(ground: &Ground<'_>, subnet: &str, vpc: &str, other: &str, address: IpAddr) -> Derived<bool> {
    let asked = Passing::exactly(Addresses::of([&IpNet::from(address)]));
    let there = |target: &str, hop| match hop {
        NextHop::Peering => Passing::gate(&peering::joins(ground, target, vpc, other)),
        NextHop::Transit => ground.transit.between(target, vpc, other, &asked.may),
        _ => Passing::default(),
    };
    ground.tables.ways_of(subnet, &Derived::known(vpc.to_owned())).and_then(|ways| {
        let to = ways.iter().filter(|way| !way.lost && way.addresses.may.meets(&asked.may));
        Derived::any(to.flat_map(|way| way.hops().map(|(target, hop)| way.addresses.and(&asked).and(&there(target, hop)).open())))
    })
}

/// The addresses that a route's target leads to somebody who is not the VPC and may open a connection from them.
fn led_elsewhere(ground: &Ground<'_>, vpc: &str, target: &str, hop: NextHop, area: &Area, addresses: &Passing) -> Passing {
    match hop {
        NextHop::Local => addresses.clone(),
        // Nobody on the internet has a private address.
        NextHop::InternetGateway => {
            let attached = ground.tables.attached(target, &Derived::known(vpc.to_owned()));
            addresses.without(private()).and(&Passing::gate(&attached))
        }
        // Nobody comes in by these.
        NextHop::EgressOnly | NextHop::Nat => Passing::default(),
        NextHop::Peering => {
            let another = peering::far(ground, target, vpc).map(|far| far.vpc.is_some_and(|far| far != area.name));
            addresses.and(&Passing::gate(&peering::active(ground, target).and(another)))
        }
        NextHop::Transit => {
            let there = ground.transit.between(target, vpc, &area.name, &addresses.may);
            let anywhere = ground.transit.leads(target, vpc, &addresses.may).and(addresses);
            Passing { sure: anywhere.sure.minus(&there.may), may: anywhere.may.minus(&there.sure), ..anywhere.and(&there) }
        }
        // Behind any of them may stand the VPC, too.
        NextHop::Vpn | NextHop::Middlebox | NextHop::Network | NextHop::Unknown => {
            let nobody_knows = Missing::Outside(format!("where {target} leads what is meant for {}", area.net));
            addresses.and(&Passing::unseen(vec![nobody_knows], Vec::new()))
        }
    }
}
