//! The path from the internet to a data port: each leg on its own, and all together. A leg known to be shut shuts the path, whatever else was not seen.

use super::acl::Acls;
use super::cidr::{Addresses, Family};
use super::home::Home;
use super::partly::Partly;
use super::route::{Routed, Tables};
use crate::facts::Index;
use crate::facts::defaults;
use crate::facts::derived::{Derived, observe};
use crate::model::network::Subnet;

/// One region's network.
pub struct Ground<'a> {
    /// Look-ups.
    pub index: &'a Index<'a>,
    /// Region code.
    pub region: String,
    /// What is private in it.
    pub home: Home,
    tables: Tables<'a>,
    acls: Acls<'a>,
}

/// A subnet that a resource stands, or may come to stand, in.
pub struct Place {
    /// Its id.
    pub subnet: String,
    /// Its routes.
    pub routed: Routed,
    /// Whether VPC block-public-access stops what comes from the internet.
    pub blocked: Derived<bool>,
    block_words: String,
    acl: [(Derived<bool>, String); 2],
}

impl<'a> Ground<'a> {
    /// The network of a region.
    pub fn of(index: &'a Index<'a>, region: &str) -> Self {
        let (home, tables, acls) = (Home::of(index, region), Tables::of(index, region), Acls::of(index, region));
        Self { index, region: region.to_owned(), home, tables, acls }
    }

    /// A subnet of a resource that stands in a VPC; where the resource names no VPC, the subnet does.
    pub fn place(&self, subnet: &str, vpc: &Derived<Option<String>>) -> Place {
        let found = self.index.get::<Subnet>(&self.region, subnet);
        let vpc = vpc.clone().and_then(|vpc| match vpc {
            Some(vpc) => Derived::known(vpc),
            None => found.clone().and_then(|subnet| observe!(subnet.vpc_id)),
        });
        let mode = found.and_then(|subnet| observe!(subnet.internet_gateway_block)).map(defaults::internet_gateway_block);
        let block_words = mode.value().map_or_else(|| format!("block: not seen for {subnet}"), |mode| format!("block: {mode} in {subnet}"));
        Place {
            subnet: subnet.to_owned(),
            routed: self.tables.routed(subnet, &vpc, &self.home),
            blocked: mode.map(|mode| mode == "block-ingress" || mode == "block-bidirectional"),
            block_words,
            acl: [self.acls.admits(subnet, Family::V4), self.acls.admits(subnet, Family::V6)],
        }
    }
}

impl Place {
    /// Whether some of the admitted public sources get through to this subnet.
    fn opens(&self, open: &Partly<Addresses>, dual: &Derived<bool>) -> Derived<bool> {
        let [(v4, _), (v6, _)] = &self.acl;
        let unblocked = self.blocked.clone().negate();
        Derived::any([
            Derived::all([unblocked.clone(), v4.clone(), overlap(&self.routed.inward, open, Family::V4)]),
            Derived::all([dual.clone(), unblocked, v6.clone(), overlap(&self.routed.inward, open, Family::V6)]),
        ])
    }

    /// Its legs in words.
    pub fn legs(&self, dual: bool) -> Vec<String> {
        let [(_, v4), (_, v6)] = &self.acl;
        let mut legs = vec![self.routed.words.clone(), self.block_words.clone(), v4.clone()];
        if dual && v6 != v4 {
            legs.push(format!("{v6} (IPv6)"));
        }
        legs
    }
}

/// Whether both sets hold a common address of a family. One that is known to be empty decides.
fn overlap(routed: &Partly<Addresses>, open: &Partly<Addresses>, family: Family) -> Derived<bool> {
    let narrow = |set: &Partly<Addresses>| Partly { known: set.known.only(family), from: set.from.clone(), missing: set.missing.clone() };
    let (routed, open) = (narrow(routed), narrow(open));
    let from = [&*routed.from, &*open.from].concat();
    let missing = [&*routed.missing, &*open.missing].concat();
    let meets = if routed.known.meets(&open.known) {
        return Derived::Known { value: true, from };
    } else if missing.is_empty() {
        Derived::Known { value: false, from }
    } else {
        Derived::Unseen { missing, from }
    };
    Derived::all([routed.some(Addresses::is_empty), open.some(Addresses::is_empty), meets])
}

/// Whether some public network can open a data port of a resource with (or without) a public address in these places.
pub fn reachable(address: &Derived<bool>, places: &Derived<Vec<Place>>, open: &Partly<Addresses>, dual: &Derived<bool>) -> Derived<bool> {
    let path = match places {
        Derived::Known { value, from } => Derived::any(value.iter().map(|place| place.opens(open, dual))).resting_on(from),
        Derived::Unseen { missing, from } => Derived::Unseen { missing: missing.clone(), from: from.clone() },
    };
    Derived::all([address.clone(), open.some(Addresses::is_empty), path])
}
