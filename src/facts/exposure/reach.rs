//! Whether the internet can open a data port of a resource, wherever in its subnets it stands, and each leg of that path in words.

use super::cidr::{Addresses, Family};
use super::partly::Partly;
use super::path::internet::{self, Routed, blocks_ingress, routed, walk};
use super::path::{Ground, Guard, Leg, Stand};
use super::target::Target;
use crate::evidence::Derived;

/// A subnet that a resource stands, or may come to stand, in.
pub(super) struct Place {
    /// The resource in it.
    pub stand: Stand,
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
    pub(super) fn of(ground: &Ground<'_>, subnet: &str, target: &Target) -> Self {
        let stand = stand(ground, subnet, target);
        let mode = internet::mode(ground, subnet);
        let block_words = mode.value().map_or_else(|| format!("block: not seen for {subnet}"), |mode| format!("block: {mode} in {subnet}"));
        Self {
            routed: routed(ground, subnet, &stand.vpc),
            way_out: internet::leads_out(ground, subnet, &stand.vpc),
            blocked: mode.map(|mode| blocks_ingress(&mode)),
            block_words,
            stand,
        }
    }

    /// Whether some public source opens one of the ports here.
    fn opens(&self, ground: &Ground<'_>, target: &Target) -> Derived<bool> {
        Derived::any(target.ports.asked().iter().map(|port| internet::opens(ground, &self.stand, port)))
    }

    /// Its legs in words.
    pub(super) fn legs(&self, ground: &Ground<'_>, target: &Target) -> Vec<String> {
        let mut legs = vec![format!("route: {} {}", self.stand.subnet, self.routed.words()), self.block_words.clone()];
        match ground.acls.of_subnet(&self.stand.subnet) {
            Derived::Known { value: acl, .. } if acl.admits_everything() => legs.push(format!("network ACL: {} admits everything", acl.name())),
            Derived::Known { .. } => {
                let families = if target.dual.value() == Some(&true) { &[Family::V4, Family::V6][..] } else { &[Family::V4] };
                for port in target.ports.asked() {
                    for family in families {
                        let answer = walk(ground, ground.home.internet(), *family, &self.stand, &port).answer();
                        legs.extend(answer.legs.iter().filter(|leg| leg.what.starts_with("network ACL")).map(Leg::words));
                    }
                }
            }
            Derived::Unseen { .. } => legs.push(format!("network ACL: that of {} was not seen", self.stand.subnet)),
        }
        legs
    }
}

/// A resource in one of its subnets.
pub(super) fn stand(ground: &Ground<'_>, subnet: &str, target: &Target) -> Stand {
    let mut stand = Stand::in_subnet(ground, &target.id.name, subnet, &target.vpc, Guard::Groups(target.in_force()));
    stand.public = [target.address.clone(), target.dual.clone().and(target.address.clone())];
    stand
}

/// Whether some public network can open a data port of a resource in these places. A leg known to be shut decides, whatever else is unseen.
pub(super) fn reachable(ground: &Ground<'_>, target: &Target, places: &Derived<Vec<Place>>, open: &Partly<Addresses>) -> Derived<bool> {
    if target.address.value() == Some(&false) {
        return target.address.clone();
    }
    let path = match places {
        Derived::Known { value, from } => Derived::any(value.iter().map(|place| place.opens(ground, target))).resting_on(from),
        Derived::Unseen { missing, from } => Derived::Unseen { missing: missing.clone(), from: from.clone() },
    };
    Derived::all([target.address.clone(), path, open.some(Addresses::is_empty)])
}
