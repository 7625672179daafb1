//! From the internet to a place: some public address and client port get a packet in and its reply out.
//!
//! Source: VPC guide, "Internet gateways" (address, route, gateway), "Block public access to VPCs", "Middlebox routing" (the gateway's own route table),
//! "Network ACLs", "Security groups". NAT and egress-only gateways let nobody in; transit gateways, peers and VPNs lead elsewhere.

use std::sync::Arc;

use super::address_bounds::AddressBounds;
use super::cidr::{Addresses, Family};
use super::leg_kind::LegKind;
use super::legs::{self, Port};
use super::location::{Location, blocks};
use super::next_hop::NextHop;
use super::region_network::RegionNetwork;
use super::route::Table;
use super::security_group_rules::Direction;
use super::trace::{Gate, Side, Step, Trace};
use crate::aws_defaults;
use crate::evidence::{Derived, Missing, observe};
use crate::model::network::Subnet;

/// What a subnet exchanges with the internet.
#[derive(Debug, Clone)]
pub struct Routed {
    /// The addresses that it answers through an internet gateway, and that get in by it.
    pub both_ways: AddressBounds,
    /// The table, with ` (main)`; `None` where it was not seen.
    pub table: Option<String>,
    /// The routes that count, in words.
    pub sends: Vec<String>,
}

/// The path from public addresses of one family to a place.
pub fn trace<'g>(region_network: &'g RegionNetwork<'_>, sources: &AddressBounds, family: Family, location: &'g Location, port: &Port) -> Trace<'g> {
    let mut steps = vec![address(location, family), route(region_network, location), block(region_network, location)];
    steps.push(legs::acl(region_network, &location.subnet, Direction::In, Side::Source, port));
    steps.push(legs::groups_for_addresses(region_network, location, port));
    steps.push(legs::acl_of_replies(region_network, &location.subnet, Direction::Out, Side::Source, port.protocol));
    Trace { source: sources.only(family), target: AddressBounds::exactly(Addresses::everything()), somewhere: [false, false], steps }
}

fn whole(bounds: AddressBounds) -> Gate {
    Gate::Whole(Arc::new(bounds))
}

/// Whether some public source of either family opens a port.
pub fn opens(region_network: &RegionNetwork<'_>, location: &Location, port: &Port) -> Derived<bool> {
    Derived::any([Family::V4, Family::V6].map(|family| trace(region_network, region_network.address_space.internet(), family, location, port).open()))
}

fn address(location: &Location, family: Family) -> Step<'_> {
    let [v4, v6] = &location.public;
    let (public, version) = if family == Family::V4 { (v4, "IPv4") } else { (v6, "IPv6") };
    let words = match public.value() {
        Some(true) => format!("has a public {version} address"),
        Some(false) => format!("has no public {version} address"),
        None => format!("may have a public {version} address: that was not seen"),
    };
    let gate = whole(AddressBounds::gate(public));
    Step { kind: LegKind::Address, side: Side::Source, gate, tell: Box::new(move |_, _, _| (location.name.clone(), words.clone())) }
}

fn block<'g>(region_network: &RegionNetwork<'_>, location: &'g Location) -> Step<'g> {
    let mode = mode(region_network, &location.subnet);
    let open = mode.clone().map(|mode| !blocks_ingress(&mode));
    let words = mode.value().map_or_else(|| "has one that was not seen".to_owned(), |mode| format!("has it at {mode}"));
    let gate = whole(AddressBounds::gate(&open));
    Step { kind: LegKind::BlockPublicAccess, side: Side::Source, gate, tell: Box::new(move |_, _, _| (location.subnet.clone(), words.clone())) }
}

/// The mode of VPC block-public-access in a subnet.
pub fn mode(region_network: &RegionNetwork<'_>, subnet: &str) -> Derived<String> {
    let found = region_network.index.get::<Subnet>(&region_network.region, subnet);
    found.and_then(|subnet| observe!(subnet.internet_gateway_block)).map(aws_defaults::internet_gateway_block)
}

/// Whether a mode keeps the internet out.
pub fn blocks_ingress(mode: &str) -> bool {
    mode == "block-ingress" || mode == "block-bidirectional"
}

fn route<'g>(region_network: &RegionNetwork<'_>, location: &'g Location) -> Step<'g> {
    let routed = routed(region_network, &location.subnet, &location.vpc);
    let words = routed.words();
    Step {
        kind: LegKind::Route,
        side: Side::Source,
        gate: whole(routed.both_ways),
        tell: Box::new(move |_, _, _| (location.subnet.clone(), words.clone())),
    }
}

impl Routed {
    /// In words, without the subnet's name.
    pub fn words(&self) -> String {
        let Some(table) = &self.table else { return "has routes that were not seen".to_owned() };
        if !self.sends.is_empty() {
            format!("by {table} sends {}", self.sends.join(", "))
        } else if self.both_ways.may.is_empty() {
            format!("by {table} has no way in from an internet gateway")
        } else {
            format!("by {table} has routes of which not everything was seen")
        }
    }
}

/// What a subnet exchanges with the internet, through a gateway or a box before it.
pub fn routed(region_network: &RegionNetwork<'_>, subnet: &str, vpc: &Derived<String>) -> Routed {
    let table = region_network.tables.of_subnet(subnet, vpc);
    let name = table.value().map(|(table, main)| format!("{}{}", table.resource.id.name, if *main { " (main)" } else { "" }));
    let (both_ways, sends) = by_table(region_network, &table.map(|(table, _)| table), vpc, &blocks(region_network, subnet), true);
    Routed { table: name.filter(|_| !(both_ways.sure.is_empty() && both_ways.may == Addresses::everything())), both_ways, sends }
}

fn by_table<'a>(
    region_network: &RegionNetwork<'a>,
    table: &Derived<&Table<'a>>,
    vpc: &Derived<String>,
    addresses: &AddressBounds,
    boxes: bool,
) -> (AddressBounds, Vec<String>) {
    let ways = match table {
        Derived::Known { value, from } => region_network.tables.ways(value).resting_on(from),
        Derived::Unseen { missing, from } => return (AddressBounds::unseen(missing.clone(), from.clone()), Vec::new()),
    };
    let Some(list) = ways.value() else { return (AddressBounds::unseen(ways.missing().to_vec(), ways.from().to_vec()), Vec::new()) };
    let (mut both, mut sends) = (AddressBounds { from: ways.from().to_vec(), ..AddressBounds::default() }, Vec::new());
    let internet = region_network.address_space.internet();
    for way in list.iter().filter(|way| !way.lost) {
        let public = way.addresses.and(internet);
        if public.may.is_empty() {
            continue;
        }
        for (target, hop) in way.hops() {
            let through = match hop {
                NextHop::InternetGateway => way.addresses.and(&AddressBounds::gate(&region_network.tables.attached(target, vpc))),
                NextHop::Middlebox if boxes => way.addresses.and(&through_box(region_network, target, vpc, addresses)),
                NextHop::Middlebox => way
                    .addresses
                    .and(&AddressBounds::unseen(vec![Missing::Outside(format!("where {target} leads, a box behind another"))], Vec::new())),
                NextHop::Unknown => public.and(&AddressBounds::unseen(vec![way.dark()], Vec::new())),
                _ => continue,
            };
            if through.sure.meets(&internet.sure) {
                let back = if hop == NextHop::InternetGateway { "" } else { ", and an internet gateway's route table leads back through it" };
                sends.push(format!("{} to {target}{back}", way.destination));
            }
            both.add(&through);
        }
    }
    (both, sends)
}

/// What a box exchanges with the internet for a subnet behind it.
///
/// Where the gateway leads packets past the box, it sees one half of each connection. A firewall drops that; whether this one does, AWS does not say.
fn through_box(region_network: &RegionNetwork<'_>, target: &str, vpc: &Derived<String>, addresses: &AddressBounds) -> AddressBounds {
    let half = || Missing::Outside(format!("whether {target} lets out replies to what did not come in by it"));
    let leads = region_network.tables.leads(target, vpc, addresses);
    let gate = if leads.value() == Some(&false) { AddressBounds::unseen(vec![half()], leads.from().to_vec()) } else { AddressBounds::gate(&leads) };
    gate.and(&beyond(region_network, target, vpc))
}

/// What the subnets of a box in the way exchange with the internet.
fn beyond(region_network: &RegionNetwork<'_>, target: &str, vpc: &Derived<String>) -> AddressBounds {
    match region_network.subnets_of(target) {
        Derived::Unseen { missing, from } => AddressBounds::unseen(missing, from),
        Derived::Known { value: subnets, from } => {
            let mut all = AddressBounds { from, ..AddressBounds::default() };
            for subnet in &subnets {
                let table = region_network.tables.of_subnet(subnet, vpc).map(|(table, _)| table);
                all.add(&by_table(region_network, &table, vpc, &AddressBounds::default(), false).0);
            }
            all
        }
    }
}

/// Whether something leads from a subnet out of the VPC to public addresses: any gateway, box or network but a peer.
pub fn leads_out(region_network: &RegionNetwork<'_>, subnet: &str, vpc: &Derived<String>) -> Derived<bool> {
    let ways = region_network.tables.ways_of(subnet, vpc);
    let from = ways.from().to_vec();
    let internet = region_network.address_space.internet();
    ways.and_then(|ways| {
        let mut out = Vec::new();
        for way in ways.iter().filter(|way| !way.lost) {
            // Peers are private networks, and a gateway endpoint leads to a service of AWS's.
            for (target, hop) in way.hops().filter(|(_, hop)| !matches!(hop, NextHop::Local | NextHop::Peering)) {
                let goes = way.addresses.and(internet).open();
                out.push(match hop {
                    NextHop::InternetGateway => region_network.tables.attached(target, vpc).and(goes),
                    NextHop::Unknown => Derived::unseen(way.dark()).and(goes),
                    _ => goes,
                });
            }
        }
        Derived::any(out)
    })
    .resting_on(&from)
}
