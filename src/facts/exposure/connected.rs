//! Connected-to systems: which network interfaces can open a data port, directly or over one more host that is itself open to the internet.
//!
//! Source: PCI SSC, "Guidance for PCI DSS Scoping and Network Segmentation": what can open a connection to the data is in scope, and what can be opened from
//! outside and opens the data in its turn leaves the data one step from the internet (1.3.1, 1.4.2).

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::hosts::{Class, Hosts, Member, NAT_GATEWAY, PASSING_ON};
use super::reach::Place;
use super::target::Target;
use super::unseen;
use crate::evidence::{Derived, FieldRef, Missing};
use crate::network::cidr::Addresses;
use crate::network::private_paths::{self, End};
use crate::network::security_group_rules::Direction;
use crate::network::security_groups::{References, references};
use crate::network::{Guard, LegKind, Location, Network, Port, Protocol, RegionNetwork, egress_paths, external_networks, middleboxes, pieces};

/// How many systems of one resource are listed one by one.
const LISTED: usize = 500;
/// How many hosts that are not open to the internet are named as evidence of that.
const EVIDENCE: usize = 32;
/// How many ports of a host are tried when it is asked who can open it.
const TRIED: usize = 8;

/// Who can open the data ports of a resource.
pub(super) struct Connected {
    /// One map a system.
    pub systems: Derived<Vec<Map<String, Value>>>,
    /// What is to be said of that list: that it was cut, that there may be more.
    pub notes: Derived<Vec<String>>,
    /// The hosts that are open to the internet themselves.
    pub two_step: Derived<Vec<String>>,
}

/// An interface that can open a port.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Opener {
    class: usize,
    member: usize,
}

/// How an interface opens a place.
struct How {
    port: String,
    path: String,
    /// What that rests on, one for all that come the same way; kept of hosts that are open to the internet.
    from: Option<Rc<[FieldRef]>>,
}

/// What a list rests on. Thousands of hosts share a class and a way: what those rest on is taken once.
struct Evidence {
    list: Vec<FieldRef>,
    classes: BTreeSet<usize>,
    ways: Vec<Rc<[FieldRef]>>,
}

impl Evidence {
    const fn new(list: Vec<FieldRef>) -> Self {
        Self { list, classes: BTreeSet::new(), ways: Vec::new() }
    }

    /// Whether the internet opens a host; what is known of it with its class is told once. Whether it was new.
    fn of_host(&mut self, class: usize, with_class: bool, open: &Derived<Option<String>>) -> bool {
        let new = !with_class || self.classes.insert(class);
        if new {
            self.list.extend_from_slice(open.from());
        }
        new
    }

    /// What a way rests on.
    fn of_way(&mut self, from: Option<&Rc<[FieldRef]>>) {
        if let Some(from) = from.filter(|from| !self.ways.iter().rev().any(|known| Rc::ptr_eq(known, from))) {
            self.list.extend_from_slice(from);
            self.ways.push(Rc::clone(from));
        }
    }

    /// Sorted, each field once.
    fn told(mut self) -> Vec<FieldRef> {
        self.list.sort_unstable();
        self.list.dedup();
        self.list
    }
}

/// Who can open a place.
#[derive(Default)]
struct Openers {
    found: BTreeMap<Opener, Rc<How>>,
    /// What the rules of the place itself rest on.
    from: Vec<FieldRef>,
    /// Who else may.
    missing: Vec<Missing>,
    /// Why it is not sure whether the interfaces of a class can.
    doubts: BTreeMap<usize, Vec<Missing>>,
}

impl Openers {
    /// The first way that was found is told.
    fn note(&mut self, opener: Opener, how: impl FnOnce() -> How) {
        self.found.entry(opener).or_insert_with(|| Rc::new(how()));
    }
}

/// What tells two places apart: region, subnet, groups, ports.
type Key = (String, String, Vec<String>, Vec<u16>);

/// Finds connected systems; each class of places is asked once.
pub(super) struct Finder<'n, 'a> {
    network: &'n Network<'a>,
    hosts: Hosts<'a>,
    known: RefCell<HashMap<Key, Rc<Openers>>>,
}

impl<'n, 'a> Finder<'n, 'a> {
    /// For a network.
    pub(super) fn new(network: &'n Network<'a>) -> Self {
        Self { network, hosts: Hosts::new(network), known: RefCell::default() }
    }

    /// Who can open the data ports of a resource.
    pub(super) fn connected(&self, target: &Target, places: &Derived<Vec<Place>>) -> Connected {
        let ports = target.ports.asked();
        if ports.is_empty() || target.express.value() == Some(&true) {
            // Nothing listens, or it listens outside every VPC.
            let from = target.express.from().to_vec();
            return Connected {
                systems: Derived::Known { value: Vec::new(), from: from.clone() },
                notes: Derived::Known { value: Vec::new(), from: from.clone() },
                two_step: Derived::Known { value: Vec::new(), from },
            };
        }
        let mut all = Openers { from: places.from().to_vec(), missing: places.missing().to_vec(), ..Openers::default() };
        let own: BTreeSet<&str> = target.owned.value().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        for place in places.value().into_iter().flatten() {
            let openers = self.openers(&place.location, &ports);
            for (opener, how) in &openers.found {
                let itself = self.at(*opener).is_some_and(|(_, member)| own.contains(&*member.interface.id.name));
                if !itself {
                    all.found.entry(*opener).or_insert_with(|| Rc::clone(how));
                }
            }
            all.from.extend(openers.from.iter().cloned());
            all.missing.extend(openers.missing.iter().cloned());
            for (class, doubts) in &openers.doubts {
                all.doubts.entry(*class).or_default().extend(doubts.iter().cloned());
            }
        }
        all.from.extend(target.aside.from().iter().cloned());
        all.missing.extend(target.aside.missing().iter().cloned());
        self.told(&all)
    }

    fn at(&self, opener: Opener) -> Option<(&Class<'a>, &Member<'a>)> {
        let class = self.hosts.classes.get(opener.class)?;
        Some((class, class.members.get(opener.member)?))
    }

    /// The lists for rules and reports.
    fn told(&self, direct: &Openers) -> Connected {
        let mut systems = Vec::new();
        let (mut two_step, mut missing) = (Vec::new(), direct.missing.clone());
        let mut evidence = Evidence::new(direct.from.clone());
        let mut unsure: Vec<Missing> = direct.doubts.values().flatten().cloned().collect();
        // Whether somebody can who is not open to the internet himself makes no step.
        for (class, doubts) in &direct.doubts {
            match self.shut(*class) {
                Some(more) => evidence.list.extend(more),
                None => missing.extend(doubts.iter().cloned()),
            }
        }
        let mut steps: BTreeMap<usize, Opener> = BTreeMap::new();
        let (mut closed, mut uncounted) = (0, 0);
        for (opener, how) in &direct.found {
            let How { port, path, from: at } = &**how;
            let Some((class, member)) = self.at(*opener) else { continue };
            let open = self.hosts.open(class, member, self.network);
            let with_class = matches!(open, Cow::Borrowed(_));
            if systems.len() < LISTED {
                systems.push(row(member, port, "directly", &open, path));
            } else {
                uncounted += 1;
            }
            if PASSING_ON.contains(&member.kind) && !self.is_quiet(class) {
                missing.push(Missing::Outside(format!("who can open {} ({}), which passes connections on", member.interface.id.name, member.system)));
            }
            match &*open {
                Derived::Known { value: Some(by), .. } => {
                    two_step
                        .push(format!("{} ({}): open to the internet on {by}, and opens {port}: {path}", member.interface.id.name, member.system));
                    evidence.of_host(opener.class, with_class, &open);
                    evidence.of_way(at.as_ref());
                    steps.entry(opener.class).or_insert(*opener);
                }
                Derived::Known { value: None, .. } => {
                    closed += 1;
                    if closed <= EVIDENCE {
                        evidence.of_host(opener.class, with_class, &open);
                    }
                }
                Derived::Unseen { missing: more, .. } => {
                    if evidence.of_host(opener.class, with_class, &open) {
                        missing.extend(more.iter().cloned());
                    }
                }
            }
        }
        let mut over = BTreeSet::new();
        for (class, host) in steps {
            let (Some(step), Some((_, member))) = (self.hosts.classes.get(class), self.at(host)) else { continue };
            let way = format!("over {} ({})", member.interface.id.name, member.system);
            let openers = self.openers(&step.location, &self.ports(&step.location));
            for (opener, how) in &openers.found {
                let How { port, path, .. } = &**how;
                if direct.found.contains_key(opener) || !over.insert(*opener) {
                    continue;
                }
                if systems.len() >= LISTED {
                    uncounted += 1;
                } else if let Some((class, member)) = self.at(*opener) {
                    systems.push(row(member, port, &way, &self.hosts.open(class, member, self.network), path));
                }
            }
        }
        unsure.extend(missing.iter().cloned());
        for list in [&mut missing, &mut unsure] {
            list.sort_unstable();
            list.dedup();
        }
        let from = evidence.told();
        let mut notes = Vec::new();
        if uncounted > 0 {
            notes.push(format!("{uncounted} more systems"));
        }
        two_step.sort();
        if two_step.len() > LISTED {
            let more = two_step.len() - LISTED;
            two_step.truncate(LISTED);
            two_step.push(format!("and {more} more hosts that are open to the internet"));
        }
        if let Some((first, others)) = unsure.split_first().filter(|_| !systems.is_empty()) {
            let others = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
            notes.push(format!("there may be more: could not see {first}{others}"));
        }
        // What was seen is listed; an empty list needs everything to be seen.
        let whole = |empty: bool, missing: &[Missing]| {
            if empty && !missing.is_empty() {
                Derived::Unseen { missing: missing.to_vec(), from: from.clone() }
            } else {
                Derived::Known { value: (), from: from.clone() }
            }
        };
        let (some_systems, some_steps) = (whole(systems.is_empty(), &unsure), whole(two_step.is_empty(), &missing));
        Connected { systems: some_systems.clone().map(|()| systems), notes: some_systems.map(|()| notes), two_step: some_steps.map(|()| two_step) }
    }

    /// What says that no interface of a class is open to the internet, or passes on what comes; `None` where one is, or may be.
    fn shut(&self, at: usize) -> Option<Vec<FieldRef>> {
        let class = self.hosts.classes.get(at)?;
        let mut evidence = Evidence::new(Vec::new());
        for member in &class.members {
            let open = self.hosts.open(class, member, self.network);
            if open.value() != Some(&None) || PASSING_ON.contains(&member.kind) {
                return None;
            }
            evidence.of_host(at, matches!(open, Cow::Borrowed(_)), &open);
        }
        Some(evidence.told())
    }

    /// Whether nobody who is open to the internet, or may be, can open what passes connections on.
    fn is_quiet(&self, class: &Class<'_>) -> bool {
        let ports = self.ports(&class.location);
        let openers = self.openers(&class.location, &ports);
        let shut = |class: usize| self.shut(class).is_some();
        let all = openers.found.keys().map(|opener| opener.class).chain(openers.doubts.keys().copied());
        let region_network = self.network.region_network(&class.location.region);
        let seen =
            region_network.value().is_some_and(|region_network| region_network.opened_to_internet(&class.location, Protocol::Tcp).1.is_empty());
        seen && ports.len() < TRIED && openers.missing.is_empty() && all.into_iter().all(shut)
    }

    /// The ports of a host that are tried: where its rules begin.
    fn ports(&self, location: &Location) -> Vec<Port> {
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
    fn openers(&self, location: &Location, ports: &[Port]) -> Rc<Openers> {
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

fn row(member: &Member<'_>, port: &str, way: &str, open: &Derived<Option<String>>, path: &str) -> Map<String, Value> {
    let public = match open.value() {
        Some(Some(_)) => "yes",
        Some(None) => "no",
        None => "unknown",
    };
    let name = &*member.interface.id.name;
    let pairs =
        [("interface", name), ("system", &*member.system), ("kind", member.kind), ("port", port), ("way", way), ("public", public), ("path", path)];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect()
}
