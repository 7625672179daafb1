//! From private addresses outside the account's VPCs: over a VPN or Direct Connect, a transit gateway, or a peering with somebody else's VPC.
//!
//! What the other party lets out is its own; AWS's side is judged: routes, network ACLs, security groups. A peer in another account is named, and unseen.

use std::rc::Rc;

use super::ground::Ground;
use super::legs::{self, Port};
use super::passing::Passing;
use super::peering;
use super::stand::Stand;
use super::walk::{Gate, Side, Step, Walk};
use crate::facts::derived::Derived;
use crate::facts::exposure::cidr::Addresses;
use crate::finding::Missing;

/// An outside party behind a route of a subnet.
pub struct Party {
    /// In words.
    pub name: String,
    /// The addresses that are routed to it.
    pub addresses: Passing,
    /// Whether it lets packets through to the VPC; unseen beyond somebody else's peer.
    pub carries: Derived<bool>,
}

/// The outside parties to which a subnet's routes lead.
pub fn parties(ground: &Ground<'_>, subnet: &str, vpc: &Derived<String>) -> Derived<Vec<Party>> {
    let table = ground.tables.of_subnet(subnet, vpc).map(|(table, _)| table);
    let ways = table.and_then(|table| ground.tables.ways(table));
    let from = ways.from().to_vec();
    ways.map(|ways| {
        let mut all = Vec::new();
        for way in ways.iter().filter(|way| !way.lost) {
            for target in &way.targets {
                let addresses = Passing { from: [&*way.addresses.from, &*from].concat(), ..way.addresses.clone() };
                if target.starts_with("vgw-") {
                    all.push(Party { name: format!("{target}, a VPN or Direct Connect gateway"), addresses, carries: Derived::known(true) });
                } else if target.starts_with("pcx-") {
                    let far = vpc.clone().and_then(|vpc| peering::far(ground, target, &vpc));
                    let who = far.value().map_or_else(
                        || "a VPC that was not seen".to_owned(),
                        |far| format!("{} of {}", far.vpc.as_deref().unwrap_or("a VPC"), far.owner.as_deref().unwrap_or("another account")),
                    );
                    let beyond = Derived::unseen(Missing::Outside(format!("what {who} lets out to {target}")));
                    all.push(Party {
                        name: format!("{target}, a peering with {who}"),
                        addresses,
                        carries: peering::active(ground, target).and(beyond),
                    });
                } else if target.starts_with("tgw-") {
                    let behind = vpc.value().map(|vpc| ground.transit.parties(target, vpc)).unwrap_or_default();
                    if behind.is_empty() {
                        let beyond = Derived::unseen(Missing::Outside(format!("what is attached to {target}")));
                        all.push(Party { name: format!("{target}, a transit gateway"), addresses, carries: beyond });
                        continue;
                    }
                    all.extend(behind.into_iter().map(|party| Party {
                        name: party.name,
                        addresses: addresses.and(&party.addresses),
                        carries: Derived::known(true),
                    }));
                }
            }
        }
        all
    })
}

/// What stands for a party where no route leads to one.
const NOBODY: &str = "no gateway";

/// The paths from private addresses outside to a place.
pub fn walks<'g>(ground: &'g Ground<'_>, sources: &Passing, stand: &'g Stand, port: &Port) -> Vec<Walk<'g>> {
    let parties = parties(ground, &stand.subnet, &stand.vpc);
    let gates: Vec<(String, Passing, Passing)> = match parties {
        Derived::Known { value, .. } => {
            let near = value.into_iter().filter(|party| party.addresses.may.meets(&sources.may));
            near.map(|party| (party.name, Passing::gate(&party.carries), party.addresses)).collect()
        }
        Derived::Unseen { missing, from } => {
            let unseen = Passing::unseen(missing, from);
            vec![("an outside network".to_owned(), unseen.clone(), unseen)]
        }
    };
    let gates = if gates.is_empty() { vec![(NOBODY.to_owned(), Passing::default(), Passing::default())] } else { gates };
    let path = |(name, carries, back): (String, Passing, Passing)| {
        let (party, way) = (name.clone(), stand.subnet.clone());
        let steps = vec![
            Step {
                what: "outside party",
                side: Side::Source,
                gate: Gate::Whole(Rc::new(carries)),
                tell: Box::new(move |_, _, open| {
                    let rule = if open {
                        "leads in; what it lets through is its own"
                    } else if party == NOBODY {
                        "leads in"
                    } else {
                        "does not surely lead in"
                    };
                    (party.clone(), rule.to_owned())
                }),
            },
            legs::acl(ground, &stand.subnet, false, Side::Source, port),
            legs::groups_for_addresses(ground, stand, port),
            legs::acl_of_replies(ground, &stand.subnet, true, Side::Source, port.protocol),
            Step {
                what: "route back",
                side: Side::Source,
                gate: Gate::Whole(Rc::new(back)),
                tell: Box::new(move |_, _, open| {
                    (way.clone(), format!("{} {name}", if open || name == NOBODY { "is routed to" } else { "is not surely routed to" }))
                }),
            },
        ];
        Walk { source: sources.clone(), target: Passing::exactly(Addresses::everything()), somewhere: [false, false], steps }
    };
    gates.into_iter().map(path).collect()
}
