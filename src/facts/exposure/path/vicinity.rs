//! Which VPC is meant by an address block where something stands: two VPCs may have the same block, or a network at home, or somebody on the internet may.
//!
//! Source: VPC guide, "Route tables": replies go where the longest prefix leads, and where they do not arrive no connection is opened.

use super::ground::Ground;
use super::next_hop::NextHop;
use super::passing::Passing;
use super::peering;
use super::stand::Stand;
use crate::facts::derived::Derived;
use crate::facts::exposure::cidr::Addresses;
use crate::facts::exposure::home::{Area, private};
use crate::finding::Missing;

/// Whether a VPC's block means that VPC where something stands: it stands there itself, a route leads there, or at least none leads elsewhere.
pub fn means(ground: &Ground<'_>, stand: &Stand, area: &Area) -> Derived<bool> {
    let own = stand.vpc.clone().map(|vpc| vpc == area.name);
    if own.value() == Some(&true) {
        return own;
    }
    let block = Passing::exactly(Addresses::of([&area.net]));
    let routed = ground.tables.ways_of(&stand.subnet, &stand.vpc).and_then(|ways| {
        let (mut there, mut elsewhere) = (Vec::new(), Vec::new());
        for way in ways.iter().filter(|way| !way.lost && way.addresses.may.meets(&block.may)) {
            let addresses = way.addresses.and(&block);
            for (target, hop) in way.hops() {
                let leads = leads(ground, &stand.vpc, target, hop, area, &addresses);
                there.push(leads.there);
                elsewhere.push(leads.elsewhere);
            }
        }
        Derived::any(there).or(Derived::any(elsewhere).negate())
    });
    own.or(routed)
}

/// Where a route's target leads.
struct Leads {
    /// To the VPC that is asked about.
    there: Derived<bool>,
    /// To anybody else who may open a connection from these addresses.
    elsewhere: Derived<bool>,
}

fn leads(ground: &Ground<'_>, vpc: &Derived<String>, target: &str, hop: NextHop, area: &Area, addresses: &Passing) -> Leads {
    let any = |addresses: &Passing| addresses.clone().open();
    match hop {
        NextHop::Local => Leads { there: Derived::known(false), elsewhere: any(addresses) },
        // Nobody on the internet has a private address.
        NextHop::InternetGateway => {
            Leads { there: Derived::known(false), elsewhere: ground.tables.attached(target, vpc).and(any(&addresses.without(private()))) }
        }
        // Nobody comes in by these.
        NextHop::EgressOnly | NextHop::Nat => Leads { there: Derived::known(false), elsewhere: Derived::known(false) },
        NextHop::Peering => {
            let far = vpc.clone().and_then(|vpc| peering::far(ground, target, &vpc));
            let meant = far.map(|far| far.vpc.is_none_or(|far| far == area.name));
            let open = peering::active(ground, target).and(any(addresses));
            Leads { there: open.clone().and(meant.clone()), elsewhere: open.and(meant.negate()) }
        }
        NextHop::Transit => {
            let sent = |to: &dyn Fn(&str) -> Passing| vpc.clone().and_then(|vpc| any(&to(&vpc).and(addresses)));
            Leads {
                there: sent(&|vpc| ground.transit.between(target, vpc, &area.name, &addresses.may)),
                elsewhere: sent(&|vpc| ground.transit.leads(target, vpc)),
            }
        }
        // Behind any of them may stand the VPC, too.
        NextHop::Vpn | NextHop::Middlebox | NextHop::Network | NextHop::Unknown => {
            let nobody_knows = Derived::unseen(Missing::Outside(format!("where {target} leads what is meant for {}", area.net)));
            Leads { there: nobody_knows.clone(), elsewhere: nobody_knows }
        }
    }
}
