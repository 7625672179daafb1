//! What a place opens to the internet, and what may lead the internet to a place without a public address.

use super::location::{Guard, Location};
use super::packet::{Protocol, Span};
use super::region_network::RegionNetwork;
use super::security_group_rules::Direction;
use crate::evidence::Missing;

impl RegionNetwork<'_> {
    /// The port spans that the guard of a place opens to the internet, and what would name more of them.
    pub fn opened_to_internet(&self, location: &Location, protocol: Protocol) -> (Vec<Span>, Vec<Missing>) {
        match &location.guard {
            Guard::Open | Guard::Unasked => (vec![(0, u16::MAX)], Vec::new()),
            Guard::Shut => (Vec::new(), Vec::new()),
            Guard::Groups(parts) => {
                let missing = self.groups.filter(parts, Direction::In, protocol, None).nets.missing;
                (self.groups.opened_to(parts, protocol, &self.address_space.internet().may), missing)
            }
        }
    }

    /// What may lead the internet to a place that has no public address and admits it.
    pub fn led_to(&self, location: &Location) -> Option<Missing> {
        let accelerator = self.frontends.accelerator(&location.subnet).map(|name| ("Global Accelerator", name));
        let balancer = || location.vpc.value().and_then(|vpc| self.frontends.balancer(vpc)).map(|name| ("a load balancer", name));
        let (what, interface) = accelerator.or_else(balancer)?;
        let admits = |protocol| {
            let (spans, hidden) = self.opened_to_internet(location, protocol);
            !(spans.is_empty() && hidden.is_empty())
        };
        [Protocol::Tcp, Protocol::Udp]
            .into_iter()
            .any(admits)
            .then(|| Missing::Outside(format!("whether {what} leads to {} by {interface}", location.name)))
    }
}
