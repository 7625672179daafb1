//! From one place over the internet to the public address of another: by its own public address, or behind a NAT gateway. Under which address a box, a
//! transit gateway or a VPN would go on to the internet, nobody knows.
//!
//! Source: VPC guide, "NAT gateways" (the gateway's public address is the sender's, its subnet's network ACL and routes count), "Egress-only internet gateways",
//! "Block public access" (`block-bidirectional` lets nothing out either).

use std::sync::Arc;

use super::address_bounds::AddressBounds;
use super::cidr::{Addresses, Family, parse};
use super::internet::{mode, routed, trace};
use super::leg_kind::LegKind;
use super::legs::{self, Port, as_for};
use super::location::Location;
use super::next_hop::NextHop;
use super::region_network::RegionNetwork;
use super::security_group_rules::Direction;
use super::security_groups::References;
use super::trace::{Gate, Side, Step, Trace, said};
use crate::evidence::{Derived, Missing, observe};
use crate::model::network::NatGateway;

/// A way to the internet.
struct Exit {
    /// The gateway.
    name: String,
    /// The addresses that it leads to.
    leads: AddressBounds,
    /// The sender's address there.
    source: AddressBounds,
    /// Whether that is one address somewhere among those.
    somewhere: bool,
    /// The subnet of a NAT gateway.
    nat: Option<String>,
}

/// The paths from one place over the internet to the public address of another.
pub fn traces<'g>(
    region_network: &'g RegionNetwork<'_>,
    from: &'g Location,
    there: &'g RegionNetwork<'_>,
    to: &'g Location,
    port: &Port,
) -> Vec<Trace<'g>> {
    let mut all = Vec::new();
    for family in [Family::V4, Family::V6] {
        let target = to.public_addresses.clone().unwrap_or_else(|| there.address_space.internet().clone()).only(family);
        for Exit { name, leads, source, somewhere, nat } in exits(region_network, from, family) {
            if target.may.is_empty() || source.may.is_empty() {
                continue;
            }
            let mut steps = vec![
                legs::groups(region_network, from, to, Direction::Out, References::Fail, port),
                legs::acl(region_network, &from.subnet, Direction::Out, Side::Target, port),
            ];
            let host = |step| as_for(step, &from.addresses, from.somewhere);
            if let Some(nat) = &nat {
                steps.extend((*nat != from.subnet).then(|| host(legs::acl(region_network, nat, Direction::In, Side::Target, port))));
                steps.push(legs::acl(region_network, nat, Direction::Out, Side::Target, port));
            }
            let tell = move |_, _, open| (name.clone(), said(open, ["leads to the internet", "may lead there", "does not lead there"]).to_owned());
            steps.push(Step { kind: LegKind::WayOut, side: Side::Target, gate: Gate::Whole(Arc::new(leads)), tell: Box::new(tell) });
            steps.extend(trace(there, &source, family, to, port).steps);
            if let Some(nat) = &nat {
                steps.push(legs::acl_of_replies(region_network, nat, Direction::In, Side::Target, port.protocol));
                steps.extend(
                    (*nat != from.subnet).then(|| host(legs::acl_of_replies(region_network, nat, Direction::Out, Side::Target, port.protocol))),
                );
            }
            steps.push(legs::acl_of_replies(region_network, &from.subnet, Direction::In, Side::Target, port.protocol));
            all.push(Trace { source, target: target.clone(), somewhere: [somewhere, to.public_addresses.is_none()], steps });
        }
    }
    all
}

/// How a place gets to the internet: through which gateway to which addresses, and as whom.
fn exits(region_network: &RegionNetwork<'_>, from: &Location, family: Family) -> Vec<Exit> {
    let ways = region_network.tables.ways_of(&from.subnet, &from.vpc);
    let list = match &ways {
        Derived::Known { value, .. } => *value,
        Derived::Unseen { missing, from } => {
            let unseen = || AddressBounds::unseen(missing.clone(), from.clone());
            return vec![Exit { name: "a gateway".to_owned(), leads: unseen(), source: unseen().only(family), somewhere: false, nat: None }];
        }
    };
    let (mut all, [v4, v6]) = (Vec::new(), &from.public);
    let unblocked = lets_out(region_network, &from.subnet);
    for way in list.iter().filter(|way| !way.lost) {
        let mut leads = way.addresses.and(&unblocked);
        leads.from.extend_from_slice(ways.from());
        for (target, hop) in way.hops() {
            let exit = |leads, source, somewhere, nat| Exit { name: target.to_owned(), leads, source, somewhere, nat };
            let elsewhere = |leads: &AddressBounds| {
                let why = Missing::Outside(format!("whether {target} leads to the internet, and as whom"));
                onward(region_network, target, leads, why, family)
            };
            all.extend(match hop {
                NextHop::InternetGateway => {
                    let has = AddressBounds::gate(if family == Family::V4 { v4 } else { v6 });
                    let leads = leads.and(&has).and(&AddressBounds::gate(&region_network.tables.attached(target, &from.vpc)));
                    let source = from.public_addresses.clone().unwrap_or_else(|| region_network.address_space.internet().clone()).only(family);
                    Some(exit(leads, source, from.public_addresses.is_none(), None))
                }
                NextHop::EgressOnly => (family == Family::V6).then(|| exit(leads.clone(), from.addresses.only(family), from.somewhere, None)),
                NextHop::Nat if family == Family::V4 => {
                    let (works, source, subnet) = nat(region_network, target);
                    Some(exit(leads.and(&works), source, false, subnet))
                }
                NextHop::Transit => {
                    let sent = from.vpc.value().map(|vpc| leads.and(&region_network.transit.leads(target, vpc, &leads.may)));
                    Some(elsewhere(sent.as_ref().unwrap_or(&leads)))
                }
                NextHop::Middlebox | NextHop::Vpn | NextHop::Network => Some(elsewhere(&leads)),
                NextHop::Unknown => Some(onward(region_network, &format!("the route to {}", way.destination), &leads, way.dark(), family)),
                NextHop::Nat | NextHop::Local | NextHop::Peering => None,
            });
        }
    }
    all
}

/// A way to somewhere else, from where it may go on to the internet under an address that nobody knows.
fn onward(region_network: &RegionNetwork<'_>, name: &str, leads: &AddressBounds, why: Missing, family: Family) -> Exit {
    let unknown = AddressBounds::unseen(vec![why], Vec::new());
    let source = region_network.address_space.internet().and(&unknown).only(family);
    Exit { name: name.to_owned(), leads: leads.and(&unknown), source, somewhere: true, nat: None }
}

/// Whether block-public-access lets a subnet out.
fn lets_out(region_network: &RegionNetwork<'_>, subnet: &str) -> AddressBounds {
    AddressBounds::gate(&mode(region_network, subnet).map(|mode| mode != "block-bidirectional"))
}

/// Where a NAT gateway leads to, as whom, and the subnet it stands in.
fn nat(region_network: &RegionNetwork<'_>, id: &str) -> (AddressBounds, AddressBounds, Option<String>) {
    let found = region_network.index.get::<NatGateway>(&region_network.region, id);
    let public = found.clone().and_then(|nat| observe!(nat.connectivity)).map(|connectivity| connectivity.as_deref() != Some("private"));
    let up = found.clone().and_then(|nat| observe!(nat.state)).always_said(|| format!("the state of {id}"));
    let up = up.map(|state| state == "available");
    let mut leads = AddressBounds::gate(&public.and(up));
    let place = found.clone().and_then(|nat| observe!(nat.subnet_id).zip(observe!(nat.vpc_id)));
    let subnet = match &place {
        Derived::Known { value: (Some(subnet), Some(vpc)), from } => {
            let way = routed(region_network, subnet, &Derived::Known { value: vpc.clone(), from: from.clone() }).both_ways;
            leads = leads.and(&way).and(&lets_out(region_network, subnet));
            Some(subnet.clone())
        }
        // A regional one stands in no subnet, and has a way of its own.
        Derived::Known { .. } => None,
        Derived::Unseen { missing, from } => {
            leads = leads.and(&AddressBounds::unseen(missing.clone(), from.clone()));
            None
        }
    };
    let source = match found.and_then(|nat| observe!(nat.public_ips)) {
        Derived::Known { value, from } => {
            let nets: Vec<_> = value.iter().filter_map(|text| parse(text)).collect();
            AddressBounds { from, ..AddressBounds::exactly(Addresses::from_blocks(&nets)) }
        }
        Derived::Unseen { missing, from } => AddressBounds::unseen(missing, from),
    };
    (leads, source, subnet)
}
