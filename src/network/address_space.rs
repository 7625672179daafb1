//! Which addresses are the account's own or private, and which are the public's.
//!
//! Private: what IANA's registries call not globally reachable, and the blocks of the region's VPCs and their peers, even in public space.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use super::address_bounds::AddressBounds;
use super::cidr::{Addresses, Family, family, parse};
use super::special_ranges::private;
use crate::evidence::{Derived, FieldRef, Index, Missing, observe};
use crate::model::{Kind, Resource, network};

/// A whole VPC's block, or a peer's.
#[derive(Debug, Clone)]
pub struct Area {
    /// The VPC, in words.
    pub name: String,
    /// Its block.
    pub net: IpNet,
    /// Where it was seen.
    pub at: Vec<FieldRef>,
}

/// The private space of a region.
#[derive(Debug, Clone)]
pub struct AddressSpace {
    internet: AddressBounds,
    /// Every block of a VPC or peer.
    pub areas: Vec<Area>,
    /// By their first address: the last one, and which it is.
    by_first: BTreeMap<(IpAddr, usize), IpAddr>,
    /// Those IPv4 blocks that are not all private.
    outward: Vec<usize>,
    /// The IPv6 blocks together.
    v6: Addresses,
    /// Why areas may be missing.
    pub missing: Vec<Missing>,
}

impl AddressSpace {
    /// The private space of a region.
    pub fn new(index: &Index<'_>, region: &str) -> Self {
        let mut address_space = Self {
            internet: AddressBounds::default(),
            missing: Vec::new(),
            areas: Vec::new(),
            by_first: BTreeMap::new(),
            outward: Vec::new(),
            v6: Addresses::default(),
        };
        for kind in [Kind::Vpc, Kind::VpcPeering] {
            address_space.missing.extend(index.listed(kind, region).missing().iter().cloned());
        }
        for vpc in index.all::<network::Vpc>().iter().filter(|vpc| &*vpc.id.region == region) {
            address_space.settle(&vpc.id.name, observe!(vpc.cidrs));
            address_space.settle(&vpc.id.name, observe!(vpc.ipv6_cidrs));
        }
        for peering in index.all::<network::VpcPeering>().iter().filter(|peering| &*peering.id.region == region) {
            // A peering that ended opens nothing, and its far side may be anybody's by now.
            let active = is_active(peering);
            if active.value() == Some(&false) {
                continue;
            }
            let name = |vpc: Derived<Option<String>>| vpc.value().cloned().flatten().unwrap_or_else(|| "a peer".to_owned());
            let sides = [
                (observe!(peering.requester_vpc), observe!(peering.requester_cidrs)),
                (observe!(peering.accepter_vpc), observe!(peering.accepter_cidrs)),
            ];
            for (vpc, cidrs) in sides {
                address_space.settle(&name(vpc), active.clone().and_then(|_| cidrs));
            }
        }
        address_space.v6 = Addresses::from_blocks(address_space.areas.iter().map(|area| &area.net)).only(Family::V6);
        // IPv6 blocks are AWS's to give, each to one VPC. An IPv4 block of a VPC may be somebody's on the internet, too: where it is meant, routes say.
        let outside = Addresses::everything().minus(private()).minus(&address_space.v6);
        address_space.internet =
            AddressBounds { doubt: !address_space.missing.is_empty(), missing: address_space.missing.clone(), ..AddressBounds::exactly(outside) };
        address_space
    }

    fn settle(&mut self, name: &str, cidrs: Derived<Vec<String>>) {
        self.missing.extend(cidrs.missing().iter().cloned());
        let at = cidrs.from().to_vec();
        for net in cidrs.value().into_iter().flatten().filter_map(|text| parse(text)) {
            self.by_first.insert((net.network(), self.areas.len()), net.broadcast());
            if family(&net) == Family::V4 && !private().contains(&Addresses::from_blocks([&net])) {
                self.outward.push(self.areas.len());
            }
            self.areas.push(Area { name: name.to_owned(), net, at: at.clone() });
        }
    }

    /// The areas that begin and end within a set, and those that are not all private IPv4: in the order of all. Logarithmic in them, linear in what is found.
    pub fn within(&self, set: &Addresses) -> impl Iterator<Item = &Area> {
        let mut found: BTreeSet<usize> = self.outward.iter().copied().collect();
        for (first, last) in set.ranges() {
            let begin = self.by_first.range((first, 0)..=(last, usize::MAX));
            found.extend(begin.filter(|(_, end)| **end <= last).map(|((_, at), _)| *at));
        }
        found.into_iter().filter_map(|at| self.areas.get(at))
    }

    /// The last area that begins before a block does, where it holds the block.
    pub fn around(&self, net: &IpNet) -> Option<&Area> {
        let ((_, at), _) = self.by_first.range(..=(net.network(), usize::MAX)).next_back()?;
        self.areas.get(*at).filter(|area| area.net.contains(net))
    }

    /// The IPv6 blocks of VPCs.
    pub const fn v6(&self) -> &Addresses {
        &self.v6
    }

    /// The blocks of a VPC; none where it was not seen.
    pub fn blocks_of(&self, vpc: &Derived<String>) -> Addresses {
        let own = self.areas.iter().filter(|area| vpc.value().is_some_and(|vpc| *vpc == area.name));
        Addresses::from_blocks(own.map(|area| &area.net))
    }

    /// The internet's addresses. Where blocks of VPCs may be missing, a few of them may not be the internet's.
    pub const fn internet(&self) -> &AddressBounds {
        &self.internet
    }

    /// What of a set an internet gateway may bring in: also IPv4 blocks of a VPC in public space, unless routes lead them elsewhere.
    pub fn brought_in(&self, set: &Addresses) -> Addresses {
        set.and(&self.internet.may)
    }
}
/// Whether a peering carries packets.
pub(super) fn is_active(peering: &Resource<network::VpcPeering>) -> Derived<bool> {
    observe!(peering.status).always_said(|| format!("the status of {}", peering.id.name)).map(|status| status == "active")
}
