//! The private space as it is where a resource stands: which blocks of VPCs its security groups admit there, and which part of public space is a VPC's.
//!
//! A block is a VPC's where no route leads to somebody else; of a resource in several subnets, a public address is private where it is that in all of them.

use ipnet::IpNet;

use super::reach::Place;
use crate::evidence::{Derived, FieldRef, Missing};
use crate::network::address_bounds::AddressBounds;
use crate::network::address_space::{AddressSpace, Area};
use crate::network::cidr::{Addresses, Family, family, is_wide};
use crate::network::partial::Partial;
use crate::network::security_group_rules::Source;
use crate::network::special_ranges::private;
use crate::network::{RegionNetwork, meant};

/// A set this big is no VPC, whatever was not seen: a VPC's blocks are /16 (IPv4) and /44 (IPv6) at most.
const TOO_BIG_V4: u128 = 1 << 24;
const TOO_BIG_V6: u128 = 1 << 96;

/// The private space around a resource.
pub(super) struct Near<'h> {
    /// That of the region.
    pub address_space: &'h AddressSpace,
    /// The blocks of VPCs and peers that some source names, or narrow sources together.
    pub areas: Vec<Area>,
    /// Those of which it is not known whether they mean that VPC here, and why.
    pub doubtful: Vec<(Area, Vec<Missing>)>,
    /// What of public space is a VPC's.
    own: AddressBounds,
}

impl<'h> Near<'h> {
    /// Asks about the blocks that matter to some sources.
    pub(super) fn new(region_network: &'h RegionNetwork<'_>, places: &Derived<Vec<Place>>, sources: &[Source]) -> Self {
        let all = Addresses::from_blocks(sources.iter().map(|source| &source.net));
        let narrow = Addresses::from_blocks(sources.iter().map(|source| &source.net).filter(|net| !is_wide(net)));
        let mut near = Self { address_space: &region_network.address_space, areas: Vec::new(), doubtful: Vec::new(), own: AddressBounds::default() };
        // IPv6 blocks are AWS's to give, each to one VPC. An IPv4 block of a VPC may be somebody's on the internet, too.
        let six: Vec<&IpNet> = sources.iter().map(|source| &source.net).filter(|net| family(net) == Family::V6).collect();
        if !six.is_empty() {
            let from = six.iter().filter_map(|net| region_network.address_space.around(net)).flat_map(|area| area.at.iter().cloned()).collect();
            near.own = AddressBounds { from, ..AddressBounds::exactly(region_network.address_space.v6().and(&all)) };
        }
        // A wide source is wide whatever it covers: only where it is a VPC's block, its name is told.
        let whole = Addresses::from_blocks(sources.iter().map(|source| &source.net).filter(|net| may_be_vpcs(net)));
        for area in region_network.address_space.within(&Addresses::union([&narrow, &whole])) {
            let block = Addresses::from_blocks([&area.net]);
            let named = narrow.contains(&block) || sources.iter().any(|source| source.net == area.net);
            if family(&area.net) == Family::V6 {
                if named {
                    near.own.from.extend(area.at.iter().cloned());
                    near.areas.push(area.clone());
                }
                continue;
            }
            let own = all.meets(&block.minus(private()));
            if !own && !named {
                continue;
            }
            let by_place = each(region_network, places, area);
            if own {
                let whole = AddressBounds { from: area.at.clone(), ..AddressBounds::exactly(block.minus(private())) };
                near.own.add(&by_place.iter().fold(whole, |all, meant| all.and(meant)));
            }
            if named {
                near.name(area, Derived::any(by_place.into_iter().map(AddressBounds::open)));
            }
        }
        near.own.missing.sort_unstable();
        near.own.missing.dedup();
        near
    }

    fn name(&mut self, area: &Area, met: Derived<bool>) {
        match met {
            Derived::Known { value: true, from } => self.areas.push(Area { at: [&*area.at, &*from].concat(), ..area.clone() }),
            Derived::Known { value: false, .. } => {}
            Derived::Unseen { missing, .. } => self.doubtful.push((area.clone(), missing)),
        }
    }

    /// The public part of a set. Where blocks of VPCs may be missing, a small public-looking block may be one of them; and where it was not seen whether a block
    /// is a VPC's here: then it is missing, not known.
    pub(super) fn public(&self, set: &Addresses) -> Partial<Addresses> {
        let outside = set.minus(private());
        let known = outside.minus(&self.own.may);
        let from: Vec<FieldRef> = if known == outside { Vec::new() } else { self.own.from.clone() };
        let sure = self.address_space.missing.is_empty() || known.count(Family::V4) > TOO_BIG_V4 || known.count(Family::V6) > TOO_BIG_V6;
        if known.is_empty() || sure {
            // What is neither public nor a VPC's for certain may join what is.
            let placed = outside.minus(&known).minus(&self.own.sure).is_empty();
            Partial { known, from, missing: if placed { Vec::new() } else { self.own.missing.clone() } }
        } else {
            Partial { known: Addresses::default(), from, missing: self.address_space.missing.clone() }
        }
    }
}

/// Whether a wide source may be one VPC's block: /16 (IPv4) and /44 (IPv6) at most.
fn may_be_vpcs(net: &IpNet) -> bool {
    net.prefix_len() >= if family(net) == Family::V4 { 16 } else { 44 }
}

/// What of a block means that VPC, place by place.
fn each(region_network: &RegionNetwork<'_>, places: &Derived<Vec<Place>>, area: &Area) -> Vec<AddressBounds> {
    match places {
        Derived::Known { value, .. } => value.iter().map(|place| meant(region_network, &place.location, area)).collect(),
        Derived::Unseen { missing, from } => vec![AddressBounds::unseen(missing.clone(), from.clone())],
    }
}
