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
    own.or(routed(ground, &stand.subnet, &stand.vpc, area).and_then(|leads| leads.there.or(leads.elsewhere.negate())))
}

/// Whether the routes of a subnet lead what is meant for a block to that VPC.
pub fn leads_to(ground: &Ground<'_>, subnet: &str, vpc: &Derived<String>, area: &Area) -> Derived<bool> {
    routed(ground, subnet, vpc, area).and_then(|leads| leads.there)
}

/// Where the routes of a subnet lead what is meant for a block.
fn routed(ground: &Ground<'_>, subnet: &str, vpc: &Derived<String>, area: &Area) -> Derived<Leads> {
    let block = Passing::exactly(Addresses::of([&area.net]));
    ground.tables.ways_of(subnet, vpc).map(|ways| {
        let to = ways.iter().filter(|way| !way.lost && way.addresses.may.meets(&block.may));
        let each = to.flat_map(|way| way.hops().map(|(target, hop)| leads(ground, vpc, target, hop, area, &way.addresses.and(&block))));
        let (there, elsewhere): (Vec<_>, Vec<_>) = each.map(|leads| (leads.there, leads.elsewhere)).unzip();
        Leads { there: Derived::any(there), elsewhere: Derived::any(elsewhere) }
    })
}

/// Where a route leads.
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
