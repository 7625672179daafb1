//! Network ACLs: which addresses get past a subnet's, one way, at one port.
//!
//! Source: VPC guide, "Network ACL rules": per direction the lowest number that matches protocol, port and address decides; the ACL keeps no state,
//! and traffic within a subnet does not meet it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::address_bounds::AddressBounds;
use super::cidr::{Addresses, parse};
use super::packet::{Protocol, Span, matched};
use super::security_group_rules::Direction;
use crate::evidence::{Derived, Index, Missing, observe};
use crate::model::network::{AclEntry, NetworkAcl};
use crate::model::{Kind, Resource};

/// The network ACLs of a region by subnet.
pub struct Acls<'a> {
    all: Vec<Acl<'a>>,
    by_subnet: HashMap<&'a str, usize>,
    missing: Vec<Missing>,
}

/// One network ACL.
pub struct Acl<'a> {
    resource: &'a Resource<NetworkAcl>,
    /// Ascending by number: inbound, outbound.
    entries: [Vec<&'a AclEntry>; 2],
    /// What was asked before: paths ask the same few ports again and again.
    answers: Mutex<HashMap<(Direction, Protocol, u16), Arc<AddressBounds>>>,
}

impl<'a> Acls<'a> {
    /// The network ACLs of a region.
    pub fn new(index: &Index<'a>, region: &str) -> Self {
        let mut acls = Self { all: Vec::new(), by_subnet: HashMap::new(), missing: index.listed(Kind::NetworkAcl, region).missing().to_vec() };
        for resource in index.all::<NetworkAcl>().iter().filter(|acl| &*acl.id.region == region) {
            acls.missing.extend(observe!(resource.subnets).missing().iter().cloned());
            acls.by_subnet.extend(resource.fields.subnets.known().into_iter().flatten().map(|subnet| (subnet.as_str(), acls.all.len())));
            let sorted = |direction: Direction| {
                let listed = resource.fields.entries.known().into_iter().flatten();
                let mut entries: Vec<_> = listed.filter(|entry| entry.egress == (direction == Direction::Out)).collect();
                entries.sort_by_key(|entry| entry.number);
                entries
            };
            acls.all.push(Acl { resource, entries: [sorted(Direction::In), sorted(Direction::Out)], answers: Mutex::default() });
        }
        acls
    }

    /// The ACL of a subnet.
    pub fn of_subnet(&self, subnet: &str) -> Derived<&Acl<'a>> {
        match self.by_subnet.get(subnet).and_then(|at| self.all.get(*at)) {
            Some(acl) => {
                let resource = acl.resource;
                observe!(resource.subnets).map(|_| acl)
            }
            None if self.missing.is_empty() => {
                Derived::unseen(Missing::Outside(format!("the network ACL of {subnet}, which is not in this account's answer")))
            }
            None => Derived::Unseen { missing: self.missing.clone(), from: Vec::new() },
        }
    }
}

impl Acl<'_> {
    /// Its id.
    pub fn name(&self) -> &str {
        &self.resource.id.name
    }

    fn entries(&self, direction: Direction) -> &[&AclEntry] {
        let [inbound, outbound] = &self.entries;
        match direction {
            Direction::In => inbound,
            Direction::Out => outbound,
        }
    }

    /// The ports at which what it says may change.
    pub fn cuts(&self, direction: Direction, protocol: Protocol) -> impl Iterator<Item = Span> {
        self.entries(direction).iter().filter_map(move |entry| matched(entry, protocol))
    }

    /// The addresses that packets may come from (or go to) at a port.
    pub fn bounds(&self, direction: Direction, protocol: Protocol, port: u16) -> Arc<AddressBounds> {
        // Nobody leaves it half written, so what a thread that panicked left is whole.
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(answers.entry((direction, protocol, port)).or_insert_with(|| Arc::new(self.evaluate(direction, protocol, port))))
    }

    fn evaluate(&self, direction: Direction, protocol: Protocol, port: u16) -> AddressBounds {
        let resource = self.resource;
        let entries = observe!(resource.entries);
        if entries.value().is_none() {
            return AddressBounds::unseen(entries.missing().to_vec(), entries.from().to_vec());
        }
        let mut bounds = AddressBounds { from: entries.from().to_vec(), ..AddressBounds::default() };
        // What no entry has decided: surely, and possibly (after an entry that names no block nobody knows).
        let (mut open, mut maybe) = (Addresses::everything(), Addresses::everything());
        for entry in self.entries(direction) {
            if matched(entry, protocol).is_none_or(|(first, last)| !(first..=last).contains(&port)) {
                continue;
            }
            let Some(net) = entry.cidr.as_deref().and_then(parse) else {
                let what = entry.cidr.as_deref().unwrap_or_default().escape_default();
                bounds.missing.push(Missing::Outside(format!(
                    "entry {} of {} names \"{what}\", which is no address block",
                    entry.number,
                    self.name()
                )));
                open = Addresses::default();
                if entry.allow {
                    bounds.may.add(&maybe);
                }
                continue;
            };
            let net = Addresses::from_blocks([&net]);
            if entry.allow {
                bounds.sure.add(&net.and(&open));
                bounds.may.add(&net.and(&maybe));
            }
            open = open.minus(&net);
            maybe = maybe.minus(&net);
        }
        bounds
    }

    /// The entry that decides about a packet.
    pub fn decider(&self, direction: Direction, protocol: Protocol, port: u16, address: IpAddr) -> Option<&AclEntry> {
        self.entries(direction).iter().copied().find(|entry| {
            let applies = matched(entry, protocol).is_some_and(|(first, last)| (first..=last).contains(&port));
            applies && entry.cidr.as_deref().and_then(parse).is_some_and(|net| net.contains(&address))
        })
    }

    /// Whether its first entry lets everything of IPv4 through, both ways.
    pub fn admits_everything(&self) -> bool {
        let open = |direction: Direction| {
            let first = self.entries(direction).iter().find(|entry| entry.cidr.as_deref().and_then(parse).is_some_and(|net| net.addr().is_ipv4()));
            first.is_some_and(|entry| entry.allow && entry.protocol == "-1" && entry.cidr.as_deref() == Some("0.0.0.0/0"))
        };
        open(Direction::In) && open(Direction::Out)
    }
}

/// An entry in words.
pub fn words(entry: &AclEntry) -> String {
    let verb = if entry.allow { "allows" } else { "denies" };
    let cidr = entry.cidr.as_deref().unwrap_or("no address");
    let protocol = match entry.protocol.as_str() {
        "-1" => return format!("{} {verb} {cidr}", number(entry)),
        "6" => "tcp",
        "17" => "udp",
        other => other,
    };
    let ports = matched(entry, if protocol == "udp" { Protocol::Udp } else { Protocol::Tcp }).map_or_else(String::new, super::packet::words);
    format!("{} {verb} {cidr}, {protocol} {ports}", number(entry)).trim_end().to_owned()
}

fn number(entry: &AclEntry) -> String {
    if entry.number >= 32767 { "the last entry (*)".to_owned() } else { format!("entry {}", entry.number) }
}
