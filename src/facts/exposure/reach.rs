//! Whether the internet can open a data port of a resource, wherever in its subnets it stands, and each leg of that path in words.

use super::target::Target;
use crate::evidence::Derived;
use crate::network::cidr::{Addresses, Family};
use crate::network::internet::{self, Routed, blocks_ingress, routed, trace};
use crate::network::partial::Partial;
use crate::network::{Guard, Leg, Location, RegionNetwork};

/// A subnet that a resource stands, or may come to stand, in.
pub(super) struct Place {
    /// The resource in it.
    pub location: Location,
    /// Its routes.
    pub routed: Routed,
    /// Whether VPC block-public-access stops what comes from the internet.
    pub blocked: Derived<bool>,
    /// Whether something leads out of the VPC to the internet.
    pub way_out: Derived<bool>,
    block_words: String,
}

impl Place {
    /// A subnet of a resource.
    pub(super) fn new(region_network: &RegionNetwork<'_>, subnet: &str, target: &Target) -> Self {
        let location = location(region_network, subnet, target);
        let mode = internet::mode(region_network, subnet);
        let block_words = mode.value().map_or_else(|| format!("block: not seen for {subnet}"), |mode| format!("block: {mode} in {subnet}"));
        Self {
            routed: routed(region_network, subnet, &location.vpc),
            way_out: internet::leads_out(region_network, subnet, &location.vpc),
            blocked: mode.map(|mode| blocks_ingress(&mode)),
            block_words,
            location,
        }
    }

    /// Whether some public source opens one of the ports here.
    fn opens(&self, region_network: &RegionNetwork<'_>, target: &Target) -> Derived<bool> {
        Derived::any(target.ports.asked().iter().map(|port| internet::opens(region_network, &self.location, port)))
    }

    /// Its legs in words.
    pub(super) fn legs(&self, region_network: &RegionNetwork<'_>, target: &Target) -> Vec<String> {
        let mut legs = vec![format!("route: {} {}", self.location.subnet, self.routed.words()), self.block_words.clone()];
        match region_network.acls.of_subnet(&self.location.subnet) {
            Derived::Known { value: acl, .. } if acl.admits_everything() => legs.push(format!("network ACL: {} admits everything", acl.name())),
            Derived::Known { .. } => {
                let families = if target.dual.value() == Some(&true) { &[Family::V4, Family::V6][..] } else { &[Family::V4] };
                for port in target.ports.asked() {
                    for family in families {
                        let answer = trace(region_network, region_network.address_space.internet(), *family, &self.location, &port).answer();
                        legs.extend(answer.legs.iter().filter(|leg| leg.kind.is_network_acl()).map(Leg::words));
                    }
                }
            }
            Derived::Unseen { .. } => legs.push(format!("network ACL: that of {} was not seen", self.location.subnet)),
        }
        legs
    }
}

/// A resource in one of its subnets.
pub(super) fn location(region_network: &RegionNetwork<'_>, subnet: &str, target: &Target) -> Location {
    let mut location = Location::in_subnet(region_network, &target.id.name, subnet, &target.vpc, Guard::Groups(target.in_force()));
    location.public = [target.address.clone(), target.dual.clone().and(target.address.clone())];
    location
}

/// Whether some public network can open a data port of a resource in these places. A leg known to be shut decides, whatever else is unseen.
pub(super) fn reachable(
    region_network: &RegionNetwork<'_>,
    target: &Target,
    places: &Derived<Vec<Place>>,
    open: &Partial<Addresses>,
) -> Derived<bool> {
    if target.address.value() == Some(&false) {
        return target.address.clone();
    }
    let path = match places {
        Derived::Known { value, from } => Derived::any(value.iter().map(|place| place.opens(region_network, target))).resting_on(from),
        Derived::Unseen { missing, from } => Derived::Unseen { missing: missing.clone(), from: from.clone() },
    };
    Derived::all([target.address.clone(), path, open.some(Addresses::is_empty)])
}
