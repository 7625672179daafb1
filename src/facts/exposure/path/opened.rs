//! What a place opens to the internet, and what may lead the internet to a place without a public address.

use super::ground::Ground;
use super::packet::{Protocol, Span};
use super::stand::{Guard, Stand};
use crate::evidence::Missing;
use crate::facts::exposure::firewall::Direction;

impl Ground<'_> {
    /// The port spans that the guard of a place opens to the internet, and what would name more of them.
    pub fn opened_to_internet(&self, stand: &Stand, protocol: Protocol) -> (Vec<Span>, Vec<Missing>) {
        match &stand.guard {
            Guard::Open | Guard::Unasked => (vec![(0, u16::MAX)], Vec::new()),
            Guard::Shut => (Vec::new(), Vec::new()),
            Guard::Groups(parts) => {
                let missing = self.groups.filter(parts, Direction::In, protocol, None).nets.missing;
                (self.groups.opened_to(parts, protocol, &self.home.internet().may), missing)
            }
        }
    }

    /// What may lead the internet to a place that has no public address and admits it.
    pub fn led_to(&self, stand: &Stand) -> Option<Missing> {
        let accelerator = self.fronts.accelerator(&stand.subnet).map(|name| ("Global Accelerator", name));
        let balancer = || stand.vpc.value().and_then(|vpc| self.fronts.balancer(vpc)).map(|name| ("a load balancer", name));
        let (what, interface) = accelerator.or_else(balancer)?;
        let admits = |protocol| {
            let (spans, hidden) = self.opened_to_internet(stand, protocol);
            !(spans.is_empty() && hidden.is_empty())
        };
        [Protocol::Tcp, Protocol::Udp]
            .into_iter()
            .any(admits)
            .then(|| Missing::Outside(format!("whether {what} leads to {} by {interface}", stand.name)))
    }
}
