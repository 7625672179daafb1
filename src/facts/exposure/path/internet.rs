//! From the internet to a place: some public address and client port get a packet in and its reply out.
//!
//! Source: VPC guide, "Internet gateways" (address, route, gateway), "Block public access to VPCs", "Middlebox routing" (the gateway's own route table),
//! "Network ACLs", "Security groups". NAT and egress-only gateways let nobody in; transit gateways, peers and VPNs lead elsewhere.

use std::rc::Rc;

use super::ground::Ground;
use super::legs::{self, Port};
use super::next_hop::NextHop;
use super::route::Table;
use super::stand::{Stand, blocks};
use super::walk::{Gate, Side, Step, Walk};
use crate::evidence::{Derived, Missing, observe};
use crate::facts::defaults;
use crate::facts::exposure::cidr::{Addresses, Family};
use crate::facts::exposure::passing::Passing;
use crate::model::network::Subnet;

/// What a subnet exchanges with the internet.
#[derive(Debug, Clone)]
pub struct Routed {
    /// The addresses that it answers through an internet gateway, and that get in by it.
    pub both_ways: Passing,
    /// The table, with ` (main)`; `None` where it was not seen.
    pub table: Option<String>,
    /// The routes that count, in words.
    pub sends: Vec<String>,
}

/// The path from public addresses of one family to a place.
pub fn walk<'g>(ground: &'g Ground<'_>, sources: &Passing, family: Family, stand: &'g Stand, port: &Port) -> Walk<'g> {
    let mut steps = vec![address(stand, family), route(ground, stand), block(ground, stand)];
    steps.push(legs::acl(ground, &stand.subnet, false, Side::Source, port));
    steps.push(legs::groups_for_addresses(ground, stand, port));
    steps.push(legs::acl_of_replies(ground, &stand.subnet, true, Side::Source, port.protocol));
    Walk { source: sources.only(family), target: Passing::exactly(Addresses::everything()), somewhere: [false, false], steps }
}

fn whole(passing: Passing) -> Gate {
    Gate::Whole(Rc::new(passing))
}

/// Whether some public source of either family opens a port.
pub fn opens(ground: &Ground<'_>, stand: &Stand, port: &Port) -> Derived<bool> {
    Derived::any([Family::V4, Family::V6].map(|family| walk(ground, ground.home.internet(), family, stand, port).open()))
}

fn address(stand: &Stand, family: Family) -> Step<'_> {
    let [v4, v6] = &stand.public;
    let (public, version) = if family == Family::V4 { (v4, "IPv4") } else { (v6, "IPv6") };
    let words = match public.value() {
        Some(true) => format!("has a public {version} address"),
        Some(false) => format!("has no public {version} address"),
        None => format!("may have a public {version} address: that was not seen"),
    };
    let gate = whole(Passing::gate(public));
    Step { what: "address", side: Side::Source, gate, tell: Box::new(move |_, _, _| (stand.name.clone(), words.clone())) }
}

fn block<'g>(ground: &Ground<'_>, stand: &'g Stand) -> Step<'g> {
    let mode = mode(ground, &stand.subnet);
    let open = mode.clone().map(|mode| !blocks_ingress(&mode));
    let words = mode.value().map_or_else(|| "has one that was not seen".to_owned(), |mode| format!("has it at {mode}"));
    let gate = whole(Passing::gate(&open));
    Step { what: "block public access", side: Side::Source, gate, tell: Box::new(move |_, _, _| (stand.subnet.clone(), words.clone())) }
}

/// The mode of VPC block-public-access in a subnet.
pub fn mode(ground: &Ground<'_>, subnet: &str) -> Derived<String> {
    let found = ground.index.get::<Subnet>(&ground.region, subnet);
    found.and_then(|subnet| observe!(subnet.internet_gateway_block)).map(defaults::internet_gateway_block)
}

/// Whether a mode keeps the internet out.
pub fn blocks_ingress(mode: &str) -> bool {
    mode == "block-ingress" || mode == "block-bidirectional"
}

fn route<'g>(ground: &Ground<'_>, stand: &'g Stand) -> Step<'g> {
    let routed = routed(ground, &stand.subnet, &stand.vpc);
    let words = routed.words();
    Step { what: "route", side: Side::Source, gate: whole(routed.both_ways), tell: Box::new(move |_, _, _| (stand.subnet.clone(), words.clone())) }
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
pub fn routed(ground: &Ground<'_>, subnet: &str, vpc: &Derived<String>) -> Routed {
    let table = ground.tables.of_subnet(subnet, vpc);
    let name = table.value().map(|(table, main)| format!("{}{}", table.resource.id.name, if *main { " (main)" } else { "" }));
    let (both_ways, sends) = by_table(ground, &table.map(|(table, _)| table), vpc, &blocks(ground, subnet), true);
    Routed { table: name.filter(|_| !(both_ways.sure.is_empty() && both_ways.may == Addresses::everything())), both_ways, sends }
}

fn by_table<'a>(ground: &Ground<'a>, table: &Derived<&Table<'a>>, vpc: &Derived<String>, addresses: &Passing, boxes: bool) -> (Passing, Vec<String>) {
    let ways = match table {
        Derived::Known { value, from } => ground.tables.ways(value).resting_on(from),
        Derived::Unseen { missing, from } => return (Passing::unseen(missing.clone(), from.clone()), Vec::new()),
    };
    let Some(list) = ways.value() else { return (Passing::unseen(ways.missing().to_vec(), ways.from().to_vec()), Vec::new()) };
    let (mut both, mut sends) = (Passing { from: ways.from().to_vec(), ..Passing::default() }, Vec::new());
    let internet = ground.home.internet();
    for way in list.iter().filter(|way| !way.lost) {
        let public = way.addresses.and(internet);
        if public.may.is_empty() {
            continue;
        }
        for (target, hop) in way.hops() {
            let through = match hop {
                NextHop::InternetGateway => way.addresses.and(&Passing::gate(&ground.tables.attached(target, vpc))),
                NextHop::Middlebox if boxes => way.addresses.and(&through_box(ground, target, vpc, addresses)),
                NextHop::Middlebox => {
                    way.addresses.and(&Passing::unseen(vec![Missing::Outside(format!("where {target} leads, a box behind another"))], Vec::new()))
                }
                NextHop::Unknown => public.and(&Passing::unseen(vec![way.dark()], Vec::new())),
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
fn through_box(ground: &Ground<'_>, target: &str, vpc: &Derived<String>, addresses: &Passing) -> Passing {
    let half = || Missing::Outside(format!("whether {target} lets out replies to what did not come in by it"));
    let leads = ground.tables.leads(target, vpc, addresses);
    let gate = if leads.value() == Some(&false) { Passing::unseen(vec![half()], leads.from().to_vec()) } else { Passing::gate(&leads) };
    gate.and(&beyond(ground, target, vpc))
}

/// What the subnets of a box in the way exchange with the internet.
fn beyond(ground: &Ground<'_>, target: &str, vpc: &Derived<String>) -> Passing {
    match ground.subnets_of(target) {
        Derived::Unseen { missing, from } => Passing::unseen(missing, from),
        Derived::Known { value: subnets, from } => {
            let mut all = Passing { from, ..Passing::default() };
            for subnet in &subnets {
                let table = ground.tables.of_subnet(subnet, vpc).map(|(table, _)| table);
                all.add(&by_table(ground, &table, vpc, &Passing::default(), false).0);
            }
            all
        }
    }
}

/// Whether something leads from a subnet out of the VPC to public addresses: any gateway, box or network but a peer.
pub fn leads_out(ground: &Ground<'_>, subnet: &str, vpc: &Derived<String>) -> Derived<bool> {
    let ways = ground.tables.ways_of(subnet, vpc);
    let from = ways.from().to_vec();
    let internet = ground.home.internet();
    ways.and_then(|ways| {
        let mut out = Vec::new();
        for way in ways.iter().filter(|way| !way.lost) {
            // Peers are private networks, and a gateway endpoint leads to a service of AWS's.
            for (target, hop) in way.hops().filter(|(_, hop)| !matches!(hop, NextHop::Local | NextHop::Peering)) {
                let goes = way.addresses.and(internet).open();
                out.push(match hop {
                    NextHop::InternetGateway => ground.tables.attached(target, vpc).and(goes),
                    NextHop::Unknown => Derived::unseen(way.dark()).and(goes),
                    _ => goes,
                });
            }
        }
        Derived::any(out)
    })
    .resting_on(&from)
}
