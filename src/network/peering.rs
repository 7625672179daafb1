//! Peering connections: whether one is active, and which VPC is at its other end.
//!
//! Source: VPC Peering guide: a peering joins two VPCs and no more (it is not transitive), needs routes on both sides, and carries nothing unless active.

use super::address_space::is_active;
use super::region_network::RegionNetwork;
use crate::evidence::{Derived, observe};
use crate::model::network::VpcPeering;

/// The far end of a peering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Far {
    /// Its VPC.
    pub vpc: Option<String>,
    /// Its account and region, as `account/region`.
    pub owner: Option<String>,
    /// Its address blocks.
    pub cidrs: Vec<String>,
}

/// Whether a peering carries packets.
pub fn active(region_network: &RegionNetwork<'_>, id: &str) -> Derived<bool> {
    region_network.index.get::<VpcPeering>(&region_network.region, id).and_then(is_active)
}

/// What is at the other end, seen from a VPC.
pub fn far(region_network: &RegionNetwork<'_>, id: &str, near: &str) -> Derived<Far> {
    region_network.index.get::<VpcPeering>(&region_network.region, id).and_then(|peering| {
        observe!(peering.requester_vpc).and_then(|requester| {
            if requester.as_deref() == Some(near) {
                let owner = observe!(peering.accepter_owner).zip(observe!(peering.accepter_cidrs));
                observe!(peering.accepter_vpc).zip(owner).map(|(vpc, (owner, cidrs))| Far { vpc, owner, cidrs })
            } else {
                let owner = observe!(peering.requester_owner).zip(observe!(peering.requester_cidrs));
                owner.map(|(owner, cidrs)| Far { vpc: requester, owner, cidrs })
            }
        })
    })
}

/// Whether a peering joins two VPCs and is active.
pub fn joins(region_network: &RegionNetwork<'_>, id: &str, one: &str, other: &str) -> Derived<bool> {
    let ends = region_network.index.get::<VpcPeering>(&region_network.region, id).and_then(|peering| {
        observe!(peering.requester_vpc).zip(observe!(peering.accepter_vpc)).map(|(requester, accepter)| {
            let ends = [requester.as_deref(), accepter.as_deref()];
            ends.contains(&Some(one)) && ends.contains(&Some(other))
        })
    });
    active(region_network, id).and(ends)
}
