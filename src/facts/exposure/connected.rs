//! Connected-to systems: which network interfaces can open a data port, directly or over one more host that is itself open to the internet.
//!
//! Source: PCI SSC, "Guidance for PCI DSS Scoping and Network Segmentation": what can open a connection to the data is in scope, and what can be opened from
//! outside and opens the data in its turn leaves the data one step from the internet (1.3.1, 1.4.2).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::hosts::{Class, Member, PASSING_ON};
use super::openers::{How, Opener, OpenerSearch, Openers, TRIED};
use super::reach::Place;
use super::target::Target;
use crate::evidence::{Derived, FieldRef, Missing};
use crate::network::{Network, Protocol};

/// How many systems of one resource are listed one by one.
const LISTED: usize = 500;
/// How many hosts that are not open to the internet are named as evidence of that.
const EVIDENCE: usize = 32;

/// Who can open the data ports of a resource.
pub(super) struct Connected {
    /// One map a system.
    pub systems: Derived<Vec<Map<String, Value>>>,
    /// What is to be said of that list: that it was cut, that there may be more.
    pub notes: Derived<Vec<String>>,
    /// The hosts that are open to the internet themselves.
    pub two_step: Derived<Vec<String>>,
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

/// Tells the connected systems of each resource.
pub(super) struct ConnectedSystems<'n, 'a> {
    network: &'n Network<'a>,
    search: OpenerSearch<'n, 'a>,
}

impl<'n, 'a> ConnectedSystems<'n, 'a> {
    /// In a network.
    pub(super) fn new(network: &'n Network<'a>) -> Self {
        Self { network, search: OpenerSearch::new(network) }
    }

    /// Who can open the data ports of a resource.
    pub(super) fn of_target(&self, target: &Target, places: &Derived<Vec<Place>>) -> Connected {
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
            let openers = self.search.openers(&place.location, &ports);
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
        self.lists(&all)
    }

    fn at(&self, opener: Opener) -> Option<(&Class<'a>, &Member<'a>)> {
        let class = self.search.hosts.classes.get(opener.class)?;
        Some((class, class.members.get(opener.member)?))
    }

    /// The lists for rules and reports.
    fn lists(&self, direct: &Openers) -> Connected {
        let mut lists = Lists::new(direct);
        // Whether somebody can who is not open to the internet himself makes no step.
        for (class, doubts) in &direct.doubts {
            match self.shut(*class) {
                Some(more) => lists.evidence.list.extend(more),
                None => lists.missing.extend(doubts.iter().cloned()),
            }
        }
        let mut steps: BTreeMap<usize, Opener> = BTreeMap::new();
        for (opener, how) in &direct.found {
            let Some((class, member)) = self.at(*opener) else { continue };
            let open = self.search.hosts.open(class, member, self.network);
            lists.system(member, how, "directly", &open);
            if PASSING_ON.contains(&member.kind) && !self.is_quiet(class) {
                let who = format!("who can open {} ({}), which passes connections on", member.interface.id.name, member.system);
                lists.missing.push(Missing::Outside(who));
            }
            if lists.step(*opener, member, how, open) {
                steps.entry(opener.class).or_insert(*opener);
            }
        }
        self.over_steps(&mut lists, direct, steps);
        lists.into_connected()
    }

    /// Lists those that can open a host which is itself open to the internet.
    fn over_steps(&self, lists: &mut Lists, direct: &Openers, steps: BTreeMap<usize, Opener>) {
        let mut over = BTreeSet::new();
        for (class, host) in steps {
            let (Some(step), Some((_, member))) = (self.search.hosts.classes.get(class), self.at(host)) else { continue };
            let way = format!("over {} ({})", member.interface.id.name, member.system);
            let openers = self.search.openers(&step.location, &self.search.ports(&step.location));
            for (opener, how) in &openers.found {
                if direct.found.contains_key(opener) || !over.insert(*opener) {
                    continue;
                }
                if let Some((class, member)) = self.at(*opener) {
                    lists.system(member, how, &way, &self.search.hosts.open(class, member, self.network));
                }
            }
        }
    }

    /// What says that no interface of a class is open to the internet, or passes on what comes; `None` where one is, or may be.
    fn shut(&self, at: usize) -> Option<Vec<FieldRef>> {
        let class = self.search.hosts.classes.get(at)?;
        let mut evidence = Evidence::new(Vec::new());
        for member in &class.members {
            let open = self.search.hosts.open(class, member, self.network);
            if open.value() != Some(&None) || PASSING_ON.contains(&member.kind) {
                return None;
            }
            evidence.of_host(at, matches!(open, Cow::Borrowed(_)), &open);
        }
        Some(evidence.told())
    }

    /// Whether nobody who is open to the internet, or may be, can open what passes connections on.
    fn is_quiet(&self, class: &Class<'_>) -> bool {
        let ports = self.search.ports(&class.location);
        let openers = self.search.openers(&class.location, &ports);
        let shut = |class: usize| self.shut(class).is_some();
        let all = openers.found.keys().map(|opener| opener.class).chain(openers.doubts.keys().copied());
        let region_network = self.network.region_network(&class.location.region);
        let seen =
            region_network.value().is_some_and(|region_network| region_network.opened_to_internet(&class.location, Protocol::Tcp).1.is_empty());
        seen && ports.len() < TRIED && openers.missing.is_empty() && all.into_iter().all(shut)
    }
}

/// The lists while they are made.
struct Lists {
    systems: Vec<Map<String, Value>>,
    /// How many more systems there are.
    uncounted: usize,
    two_step: Vec<String>,
    evidence: Evidence,
    /// How many hosts are not open to the internet.
    closed: usize,
    /// Who else may be one step.
    missing: Vec<Missing>,
    /// Who else may open it directly.
    unsure: Vec<Missing>,
}

impl Lists {
    fn new(direct: &Openers) -> Self {
        Self {
            systems: Vec::new(),
            uncounted: 0,
            two_step: Vec::new(),
            evidence: Evidence::new(direct.from.clone()),
            closed: 0,
            missing: direct.missing.clone(),
            unsure: direct.doubts.values().flatten().cloned().collect(),
        }
    }

    fn system(&mut self, member: &Member<'_>, how: &How, way: &str, open: &Derived<Option<String>>) {
        if self.systems.len() < LISTED {
            self.systems.push(row(member, &how.port, way, open, &how.path));
        } else {
            self.uncounted += 1;
        }
    }

    /// Whether a host that opens the data is itself open to the internet.
    fn step(&mut self, opener: Opener, member: &Member<'_>, how: &How, open: Cow<'_, Derived<Option<String>>>) -> bool {
        let with_class = matches!(open, Cow::Borrowed(_));
        match &*open {
            Derived::Known { value: Some(by), .. } => {
                let (interface, system) = (&member.interface.id.name, &member.system);
                self.two_step.push(format!("{interface} ({system}): open to the internet on {by}, and opens {}: {}", how.port, how.path));
                self.evidence.of_host(opener.class, with_class, &open);
                self.evidence.of_way(how.from.as_ref());
                return true;
            }
            Derived::Known { value: None, .. } => {
                self.closed += 1;
                if self.closed <= EVIDENCE {
                    self.evidence.of_host(opener.class, with_class, &open);
                }
            }
            Derived::Unseen { missing, .. } => {
                if self.evidence.of_host(opener.class, with_class, &open) {
                    self.missing.extend(missing.iter().cloned());
                }
            }
        }
        false
    }

    fn into_connected(mut self) -> Connected {
        self.unsure.extend(self.missing.iter().cloned());
        for list in [&mut self.missing, &mut self.unsure] {
            list.sort_unstable();
            list.dedup();
        }
        let notes = self.notes();
        self.two_step.sort();
        if self.two_step.len() > LISTED {
            let more = self.two_step.len() - LISTED;
            self.two_step.truncate(LISTED);
            self.two_step.push(format!("and {more} more hosts that are open to the internet"));
        }
        let from = self.evidence.told();
        // What was seen is listed; an empty list needs everything to be seen.
        let whole = |empty: bool, missing: Vec<Missing>| {
            if empty && !missing.is_empty() {
                Derived::Unseen { missing, from: from.clone() }
            } else {
                Derived::Known { value: (), from: from.clone() }
            }
        };
        let some_systems = whole(self.systems.is_empty(), self.unsure);
        let some_steps = whole(self.two_step.is_empty(), self.missing);
        Connected {
            systems: some_systems.clone().map(|()| self.systems),
            notes: some_systems.map(|()| notes),
            two_step: some_steps.map(|()| self.two_step),
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.uncounted > 0 {
            notes.push(format!("{} more systems", self.uncounted));
        }
        if let Some((first, others)) = self.unsure.split_first().filter(|_| !self.systems.is_empty()) {
            let others = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
            notes.push(format!("there may be more: could not see {first}{others}"));
        }
        notes
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
