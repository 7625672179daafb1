//! The network interfaces of this account that can open a place on some of its ports. Each class of places is asked once.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::hosts::{Class, Hosts, Member, NAT_GATEWAY};
use super::unseen;
use crate::evidence::{Derived, FieldRef, Missing};
use crate::network::cidr::Addresses;
use crate::network::private_paths::{self, End};
use crate::network::security_group_rules::Direction;
use crate::network::security_groups::{References, references};
use crate::network::{Guard, LegKind, Location, Network, Port, Protocol, RegionNetwork, egress_paths, external_networks, middleboxes, pieces};

/// How many ports of a host are tried when it is asked who can open it.
pub(super) const TRIED: usize = 8;

/// An interface that can open a port.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Opener {
    /// Its class, by its place in the list of classes.
    pub class: usize,
    /// Its place among the members of that class.
    pub member: usize,
}

/// How an interface opens a place.
pub(super) struct How {
    /// The port, in words.
    pub port: String,
    /// The path, in words.
    pub path: String,
    /// What that rests on, one for all that come the same way; kept of hosts that are open to the internet.
    pub from: Option<Rc<[FieldRef]>>,
}

/// Who can open a place.
#[derive(Default)]
pub(super) struct Openers {
    /// Each, and how.
    pub found: BTreeMap<Opener, Rc<How>>,
    /// What the rules of the place itself rest on.
    pub from: Vec<FieldRef>,
    /// Who else may.
    pub missing: Vec<Missing>,
    /// Why it is not sure whether the interfaces of a class can.
    pub doubts: BTreeMap<usize, Vec<Missing>>,
}

impl Openers {
    /// The first way that was found is told.
    fn note(&mut self, opener: Opener, how: impl FnOnce() -> How) {
        self.found.entry(opener).or_insert_with(|| Rc::new(how()));
    }
}

/// What tells two places apart: region, subnet, groups, ports.
type Key = (String, String, Vec<String>, Vec<u16>);

/// Looks for them.
pub(super) struct OpenerSearch<'n, 'a> {
    network: &'n Network<'a>,
    /// Every interface that may open one.
    pub hosts: Hosts<'a>,
    known: RefCell<HashMap<Key, Rc<Openers>>>,
}

impl<'n, 'a> OpenerSearch<'n, 'a> {
    /// Among the interfaces of a network.
    pub(super) fn new(network: &'n Network<'a>) -> Self {
        Self { network, hosts: Hosts::new(network), known: RefCell::default() }
    }

    /// The ports of a host that are tried: where its rules begin.
    pub(super) fn ports(&self, location: &Location) -> Vec<Port> {
        let Some(region_network) = self.network.region_network(&location.region).value().copied() else { return Vec::new() };
        let spans = match &location.guard {
            Guard::Groups(parts) => region_network.groups.opened(parts, Protocol::Tcp),
            Guard::Open | Guard::Unasked => vec![(0, u16::MAX)],
            Guard::Shut => Vec::new(),
        };
        let starts: BTreeSet<u16> = spans.iter().flat_map(|span| pieces(*span, spans.iter().copied())).map(|(first, _)| first.max(1)).collect();
        starts.into_iter().take(TRIED).map(|port| Port::new(Protocol::Tcp, port)).collect()
    }

    /// Who can open a place on some of these ports.
    pub(super) fn openers(&self, location: &Location, ports: &[Port]) -> Rc<Openers> {
        let numbers: Option<Vec<u16>> = ports.iter().map(|port| port.number).collect();
        let groups: Option<Vec<String>> =
            location.held().iter().map(|part| part.value().cloned()).collect::<Option<Vec<_>>>().map(|all| all.concat());
        let key = numbers.zip(groups).filter(|_| location.somewhere).map(|(numbers, mut groups)| {
            groups.sort();
            groups.dedup();
            (location.region.clone(), location.subnet.clone(), groups, numbers)
        });
        if let Some(known) = key.as_ref().and_then(|key| self.known.borrow().get(key).cloned()) {
            return known;
        }
        let found = Rc::new(self.find(location, ports));
        if let Some(key) = key {
            self.known.borrow_mut().insert(key, Rc::clone(&found));
        }
        found
    }

    fn find(&self, location: &Location, ports: &[Port]) -> Openers {
        let mut openers = Openers::default();
        let region_network = match self.network.region_network(&location.region) {
            Derived::Known { value, .. } => value,
            Derived::Unseen { missing, .. } => return Openers { missing, ..openers },
        };
        let parties = external_networks::parties(region_network, &location.subnet, &location.vpc);
        for port in ports {
            let Guard::Groups(parts) = &location.guard else { continue };
            let filter = region_network.groups.filter(parts, Direction::In, port.protocol, port.number);
            openers.from.extend(filter.nets.from.iter().chain(&port.from).cloned());
            let shut = filter.nets.may.is_empty() && filter.lines.iter().all(|applied| references(applied.line.permission).next().is_none());
            if shut {
                continue;
            }
            openers.missing.extend(filter.nets.missing.iter().chain(&port.missing).chain(self.hosts.missing(&location.region)).cloned());
            openers.missing.extend(unseen::neighbours(region_network, &location.subnet, &filter.nets.may));
            openers.missing.extend(unseen::holders(region_network, &filter));
            openers.missing.extend(unseen::beyond(&self.hosts, self.network, &parties, &filter.nets.may));
            if port.number.is_none() {
                continue;
            }
            let groups = filter.lines.iter().flat_map(|applied| references(applied.line.permission));
            for class in self.hosts.candidates(&location.region, groups, &filter.nets.sure) {
                self.ask(&mut openers, class, region_network, location, port);
            }
            if location.public.iter().any(|public| public.value() != Some(&false)) {
                self.ask_over_internet(&mut openers, region_network, location, port, &filter.nets.may);
            }
        }
        openers
    }

    /// Whether hosts of this account can open a place with a public address by their own public addresses, where its rules admit these.
    fn ask_over_internet(&self, openers: &mut Openers, region_network: &RegionNetwork<'a>, location: &Location, port: &Port, admitted: &Addresses) {
        for (at, class) in self.hosts.classes.iter().enumerate() {
            let Some(here) = self.network.region_network(&class.location.region).value().copied() else { continue };
            for (position, member) in class.members.iter().enumerate() {
                let Derived::Known { value: Some(own), .. } = Location::of_interface(here, member.interface) else { continue };
                let admits = own.public_addresses.as_ref().is_none_or(|own| own.may.meets(admitted));
                if !admits || own.public.iter().all(|public| public.value() == Some(&false)) {
                    continue;
                }
                for trace in egress_paths::traces(here, &own, region_network, location, port) {
                    match trace.open() {
                        Derived::Known { value: true, from } if class.doubt.is_empty() => {
                            let path = format!("{} to {} over the internet", own.subnet, location.subnet);
                            openers.note(Opener { class: at, member: position }, || self.how(class, member, port, path, || from.into()));
                        }
                        Derived::Known { value: false, .. } => {}
                        open => openers.doubts.entry(at).or_default().extend(open.missing().iter().chain(&class.doubt).cloned()),
                    }
                }
            }
        }
    }

    fn how(&self, class: &Class<'a>, member: &Member<'a>, port: &Port, path: String, from: impl FnOnce() -> Rc<[FieldRef]>) -> How {
        let public = matches!(*self.hosts.open(class, member, self.network), Derived::Known { value: Some(_), .. });
        How { port: port.words(), path, from: public.then(from) }
    }

    /// Whether the members of a class can open a place on a port.
    fn ask(&self, openers: &mut Openers, at: usize, region_network: &RegionNetwork<'a>, location: &Location, port: &Port) {
        let Some(class) = self.hosts.classes.get(at) else { return };
        let Some(here) = self.network.region_network(&class.location.region).value().copied() else { return };
        let far = class.location.region != location.region || class.location.vpc.value() != location.vpc.value();
        if far
            && class.location.vpc.value().is_some()
            && location.vpc.value().is_some()
            && !middleboxes::leaves(region_network, location, &class.location.addresses)
        {
            return;
        }
        // Most that may come in are let out to nothing of the kind.
        if let Guard::Groups(parts) = &class.location.guard {
            let out = here.groups.filter(parts, Direction::Out, port.protocol, port.number).bounds(location.held(), References::Hold);
            if !out.may.meets(&location.addresses.may) {
                return;
            }
        }
        let ends = (End { region_network: here, location: &class.location }, End { region_network, location });
        for trace in private_paths::traces(ends.0, ends.1, port) {
            let (sure, may) = trace.passed();
            if may.is_empty() {
                continue;
            }
            let open = trace.open();
            let (from, mut unsure) = (OnceCell::new(), false);
            for (position, member) in class.members.iter().enumerate().filter(|(_, member)| member.addresses.meets(&may)) {
                if open.value() == Some(&true) && class.doubt.is_empty() && member.addresses.meets(&sure) {
                    let rule = trace.rule(LegKind::SecurityGroups(Direction::In), &member.addresses.and(&sure)).unwrap_or_default();
                    let path = format!("{} to {}: {rule}", class.location.subnet, location.subnet);
                    if member.kind == NAT_GATEWAY && here.tables.lead_to_nat(&class.location.vpc, &location.addresses.may) {
                        openers.missing.push(Missing::Outside(format!("who can open {} behind {}", location.name, member.interface.id.name)));
                    }
                    let from = || Rc::clone(from.get_or_init(|| open.from().into()));
                    openers.note(Opener { class: at, member: position }, || self.how(class, member, port, path, from));
                } else {
                    let doubts = openers.doubts.entry(at).or_default();
                    if !std::mem::replace(&mut unsure, true) {
                        doubts.extend(open.missing().iter().chain(&class.doubt).cloned());
                    }
                    if open.missing().is_empty() && class.doubt.is_empty() {
                        doubts.push(Missing::Outside(format!("whether {} gets through to {}", member.interface.id.name, location.name)));
                    }
                }
            }
        }
    }
}
