//! From private addresses outside the account's VPCs: over a VPN or Direct Connect, a transit gateway, a peering with somebody else's VPC, or whatever else
//! a route may lead to: a box, a core network, a target that this version does not know.
//!
//! What the other party lets out is its own; AWS's side is judged: routes, network ACLs, security groups. Any party but a VPN or Direct Connect is named, and
//! unseen.

use std::sync::Arc;

use super::address_bounds::AddressBounds;
use super::cidr::Addresses;
use super::leg_kind::LegKind;
use super::legs::{self, Port};
use super::location::Location;
use super::middleboxes::hands_on;
use super::next_hop::NextHop;
use super::peering;
use super::region_network::RegionNetwork;
use super::security_group_rules::Direction;
use super::trace::{Gate, Side, Step, Trace, said};
use super::transit_gateway::Attached;
use crate::evidence::{Derived, Missing};
use crate::model::network::Vpc;

/// An outside party behind a route of a subnet.
pub struct Party {
    /// In words.
    pub name: String,
    /// The addresses that are routed to it.
    pub addresses: AddressBounds,
    /// Whether it lets packets through to the VPC; unseen beyond what is somebody else's.
    pub carries: Derived<bool>,
    /// Who stands there.
    pub beyond: Beyond,
}

/// Who stands beyond a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beyond {
    /// Somebody's own network, behind a VPN or Direct Connect.
    OwnNetwork,
    /// A VPC, by its id where that was seen.
    Vpc(Option<String>),
    /// Nobody knows.
    Unknown,
}

impl Beyond {
    fn vpc(&self) -> Option<&str> {
        if let Self::Vpc(id) = self { id.as_deref() } else { None }
    }
}

/// The outside parties to which a subnet's routes lead.
pub fn parties(region_network: &RegionNetwork<'_>, subnet: &str, vpc: &Derived<String>) -> Derived<Vec<Party>> {
    let ways = region_network.tables.ways_of(subnet, vpc);
    let from = ways.from().to_vec();
    ways.map(|ways| {
        let mut all = Vec::new();
        for way in ways.iter().filter(|way| !way.lost) {
            let addresses = AddressBounds { from: [&*way.addresses.from, &*from].concat(), ..way.addresses.clone() };
            for (target, hop) in way.hops() {
                all.extend(behind(region_network, target, hop, vpc, &addresses));
            }
        }
        all
    })
}

/// The parties behind a route's target.
fn behind(region_network: &RegionNetwork<'_>, target: &str, hop: NextHop, vpc: &Derived<String>, addresses: &AddressBounds) -> Vec<Party> {
    let one = |name, carries, beyond| vec![Party { name, addresses: addresses.clone(), carries, beyond }];
    let nobody_knows = |what: String| Derived::unseen(Missing::Outside(what));
    match hop {
        NextHop::Vpn => one(format!("{target}, a VPN or Direct Connect gateway"), Derived::known(true), Beyond::OwnNetwork),
        NextHop::Peering => {
            let far = vpc.clone().and_then(|vpc| peering::far(region_network, target, &vpc));
            let who = far.value().map_or_else(
                || "a VPC that was not seen".to_owned(),
                |far| format!("{} of {}", far.vpc.as_deref().unwrap_or("a VPC"), far.owner.as_deref().unwrap_or("another account")),
            );
            let carries = peering::active(region_network, target).and(nobody_knows(format!("what {who} lets out to {target}")));
            one(format!("{target}, a peering with {who}"), carries, Beyond::Vpc(far.value().and_then(|far| far.vpc.clone())))
        }
        NextHop::Transit => {
            let attached = vpc.value().map(|vpc| region_network.transit.attached(target, vpc)).unwrap_or_default();
            if attached.is_empty() {
                return one(format!("{target}, a transit gateway"), nobody_knows(format!("what is attached to {target}")), Beyond::Unknown);
            }
            attached.into_iter().map(|attached| over_transit(attached, target, addresses)).collect()
        }
        NextHop::Middlebox => {
            // What stays in the VPC is no outside party's.
            let outside = addresses.without(&region_network.address_space.blocks_of(vpc));
            let on = hands_on(region_network, target, vpc, &outside);
            if on.value() == Some(&false) {
                return Vec::new();
            }
            let carries = on.and(nobody_knows(format!("where {target} leads")));
            vec![Party { name: target.to_owned(), addresses: outside, carries, beyond: Beyond::Unknown }]
        }
        NextHop::Network | NextHop::Unknown => one(target.to_owned(), nobody_knows(format!("where {target} leads")), Beyond::Unknown),
        NextHop::Local | NextHop::InternetGateway | NextHop::EgressOnly | NextHop::Nat => Vec::new(),
    }
}

/// The party behind an attachment. A VPC passes on what its own routes say, which may be what comes from another network.
fn over_transit(Attached { kind, id, addresses: sent }: Attached, gateway: &str, addresses: &AddressBounds) -> Party {
    let name = format!("{kind} {id} over {gateway}");
    let own_network = kind.contains("vpn") || kind.starts_with("direct-connect") || kind == "connect";
    let (carries, beyond) = if own_network {
        (Derived::known(true), Beyond::OwnNetwork)
    } else {
        let beyond = if kind == "vpc" { Beyond::Vpc(Some(id)) } else { Beyond::Unknown };
        (Derived::unseen(Missing::Outside(format!("what {name} passes on"))), beyond)
    };
    Party { name, addresses: addresses.and(&sent), carries, beyond }
}

/// What stands for a party where no route leads to one.
const NOBODY: &str = "no gateway";

/// The paths from private addresses outside to a place.
pub fn traces<'g>(region_network: &'g RegionNetwork<'_>, sources: &AddressBounds, location: &'g Location, port: &Port) -> Vec<Trace<'g>> {
    let parties = parties(region_network, &location.subnet, &location.vpc);
    let gates: Vec<(String, AddressBounds, AddressBounds)> = match parties {
        Derived::Known { value, .. } => {
            // Who stands in a VPC that was seen is asked for himself.
            let beyond = |party: &Party| {
                let seen = party.beyond.vpc().filter(|id| region_network.index.all::<Vpc>().iter().any(|vpc| *vpc.id.name == **id));
                seen.map_or_else(
                    || party.addresses.clone(),
                    |id| party.addresses.without(&region_network.address_space.blocks_of(&Derived::known(id.to_owned()))),
                )
            };
            let near = value.into_iter().filter(|party| beyond(party).may.meets(&sources.may));
            near.map(|party| (party.name, AddressBounds::gate(&party.carries), party.addresses)).collect()
        }
        Derived::Unseen { missing, from } => {
            let unseen = AddressBounds::unseen(missing, from);
            vec![("an outside network".to_owned(), unseen.clone(), unseen)]
        }
    };
    let gates = if gates.is_empty() { vec![(NOBODY.to_owned(), AddressBounds::default(), AddressBounds::default())] } else { gates };
    let path = |(name, carries, back): (String, AddressBounds, AddressBounds)| {
        let (party, way) = (name.clone(), location.subnet.clone());
        let steps = vec![
            Step {
                kind: LegKind::OutsideParty,
                side: Side::Source,
                gate: Gate::Whole(Arc::new(carries)),
                tell: Box::new(move |_, _, open| {
                    let rule = if party == NOBODY {
                        "leads in"
                    } else {
                        said(open, ["leads in; what it lets through is its own", "may lead in; what it lets through is its own", "does not lead in"])
                    };
                    (party.clone(), rule.to_owned())
                }),
            },
            legs::acl(region_network, &location.subnet, Direction::In, Side::Source, port),
            legs::groups_for_addresses(region_network, location, port),
            legs::acl_of_replies(region_network, &location.subnet, Direction::Out, Side::Source, port.protocol),
            Step {
                kind: LegKind::RouteBack,
                side: Side::Source,
                gate: Gate::Whole(Arc::new(back)),
                tell: Box::new(move |_, _, open| {
                    let routed = if name == NOBODY { "is routed to" } else { said(open, ["is routed to", "may be routed to", "is not routed to"]) };
                    (way.clone(), format!("{routed} {name}"))
                }),
            },
        ];
        Trace { source: sources.clone(), target: AddressBounds::exactly(Addresses::everything()), somewhere: [false, false], steps }
    };
    gates.into_iter().map(path).collect()
}
