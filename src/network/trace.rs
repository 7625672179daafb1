//! A path as its legs, and what gets through all of them: the addresses of the sender and of the receiver, each one way and back.
//!
//! The legs ask about the sender's address, the receiver's, or one of them and the client's port, so a packet and its reply get through exactly where some client
//! port leaves an address on both sides.

use std::net::IpAddr;
use std::sync::Arc;

use super::address_bounds::{AddressBounds, sample};
use super::answer::{Answer, Leg};
use super::cidr::Addresses;
use super::leg_kind::LegKind;
use super::packet::{CLIENT, EPHEMERAL, Span, pieces};
use crate::evidence::{Derived, FieldRef, Missing};

/// Whose address a leg asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The sender's.
    Source,
    /// The receiver's.
    Target,
}

/// What a leg lets through, by the client's port where it matters.
pub enum Gate {
    /// At every client port the same.
    Whole(Arc<AddressBounds>),
    /// By spans of client ports that cover all of them.
    Parts(Vec<(Span, Arc<AddressBounds>)>),
}

/// Tells the resource and the rule that decide about an address; the last argument is whether the leg lets it through, where that is known.
pub(super) type Tell<'g> = Box<dyn Fn(Option<IpAddr>, u16, Option<bool>) -> (String, String) + 'g>;

/// The words for a leg that is open, may be open, or is shut.
pub(super) const fn said(open: Option<bool>, [yes, perhaps, no]: [&'static str; 3]) -> &'static str {
    match open {
        Some(true) => yes,
        None => perhaps,
        Some(false) => no,
    }
}

/// One leg.
pub struct Step<'g> {
    /// What it is.
    pub kind: LegKind,
    /// Whose address it asks about.
    pub side: Side,
    /// What it lets through.
    pub gate: Gate,
    /// Who decides, and by which rule.
    pub tell: Tell<'g>,
}

/// A path.
pub struct Trace<'g> {
    /// The sender's addresses.
    pub source: AddressBounds,
    /// The receiver's.
    pub target: AddressBounds,
    /// Whether it is one address somewhere among those, and not any of them.
    pub somewhere: [bool; 2],
    /// Its legs in order.
    pub steps: Vec<Step<'g>>,
}

/// What is left on both sides.
struct Left {
    sets: [AddressBounds; 2],
    port: u16,
}

impl AddressBounds {
    /// Keeps what gets through another one; the reasons stay there.
    fn narrow(&mut self, by: &Self) {
        self.sure = self.sure.and(&by.sure);
        self.may = self.may.and(&by.may);
        self.doubt |= by.doubt;
    }

    fn bare(&self) -> Self {
        Self { sure: self.sure.clone(), may: self.may.clone(), doubt: self.doubt, ..Self::default() }
    }
}

impl Gate {
    fn all_bounds(&self) -> impl Iterator<Item = &AddressBounds> {
        let (whole, parts) = match self {
            Self::Whole(bounds) => (Some(&**bounds), &[][..]),
            Self::Parts(parts) => (None, &**parts),
        };
        whole.into_iter().chain(parts.iter().map(|(_, bounds)| &**bounds))
    }

    fn at(&self, port: u16) -> Option<&AddressBounds> {
        match self {
            Self::Whole(bounds) => Some(bounds),
            Self::Parts(parts) => parts.iter().find(|((first, last), _)| (*first..=*last).contains(&port)).map(|(_, bounds)| &**bounds),
        }
    }
}

impl<'g> Trace<'g> {
    fn start(&self) -> [&AddressBounds; 2] {
        [&self.source, &self.target]
    }

    /// The client ports at which all legs say the same, each by its first: usual ones before those that somebody must pick.
    fn ports(&self) -> Vec<u16> {
        let cuts = self.steps.iter().flat_map(|step| match &step.gate {
            Gate::Whole(_) => &[][..],
            Gate::Parts(parts) => parts,
        });
        let mut ports: Vec<u16> = pieces(CLIENT, cuts.map(|(span, _)| *span).chain([EPHEMERAL])).into_iter().map(|(first, _)| first).collect();
        ports.sort_by_key(|port| *port < EPHEMERAL.0);
        ports
    }

    /// Whether what is left of a side surely holds the address.
    fn certain(&self, side: usize, left: &AddressBounds) -> bool {
        let (Some(somewhere), Some(start)) = (self.somewhere.get(side), self.start().get(side).copied()) else { return false };
        if *somewhere { !start.may.is_empty() && left.sure.contains(&start.may) } else { left.some() == Some(true) }
    }

    fn verdict(&self, left: &Left) -> Option<bool> {
        if left.sets.iter().any(|set| set.may.is_empty()) {
            Some(false)
        } else if left.sets.iter().enumerate().all(|(side, set)| self.certain(side, set)) {
            Some(true)
        } else {
            None
        }
    }

    /// What is left after the first legs at one client port.
    fn left(&self, port: u16, legs: usize) -> Left {
        let [source, target] = self.start();
        let mut sets = [source.bare(), target.bare()];
        for step in self.steps.iter().take(legs) {
            if let (Some(set), Some(gate)) = (sets.get_mut(step.side as usize), step.gate.at(port)) {
                set.narrow(gate);
            }
        }
        Left { sets, port }
    }

    /// The client port that gets furthest, and what is left there.
    fn best(&self) -> Left {
        let rank = |verdict| match verdict {
            Some(true) => 2,
            None => 1,
            Some(false) => 0,
        };
        let mut best: Option<(u8, Left)> = None;
        for port in self.ports() {
            let left = self.left(port, self.steps.len());
            let rank = rank(self.verdict(&left));
            if best.as_ref().is_none_or(|(before, _)| rank > *before) {
                best = Some((rank, left));
            }
            if rank == 2 {
                break;
            }
        }
        best.map_or_else(|| self.left(EPHEMERAL.0, self.steps.len()), |(_, left)| left)
    }

    /// Whether a packet and its reply get through, and what that rests on.
    pub fn open(&self) -> Derived<bool> {
        self.derived(&self.best())
    }

    /// The sender's addresses that surely get through, at some client port, and those that may.
    pub fn passed(&self) -> (Addresses, Addresses) {
        let (mut sure, mut may) = (Addresses::default(), Addresses::default());
        for port in self.ports() {
            let left = self.left(port, self.steps.len());
            let [source, target] = &left.sets;
            if source.may.is_empty() || target.may.is_empty() {
                continue;
            }
            if self.certain(1, target) {
                sure.add(&source.sure);
            }
            may.add(&source.may);
        }
        (sure, may)
    }

    /// The rule of a leg for an address that gets through.
    pub fn rule(&self, kind: LegKind, about: &Addresses) -> Option<String> {
        let step = self.steps.iter().find(|step| step.kind == kind)?;
        let (resource, rule) = (step.tell)(sample(about), EPHEMERAL.0, Some(true));
        Some(format!("{resource} {rule}"))
    }

    fn derived(&self, left: &Left) -> Derived<bool> {
        let every = || -> Vec<FieldRef> {
            let legs = self.steps.iter().filter_map(|step| step.gate.at(left.port)).flat_map(|bounds| bounds.from.iter());
            self.source.from.iter().chain(&self.target.from).chain(legs).cloned().collect()
        };
        match self.verdict(left) {
            Some(true) => Derived::Known { value: true, from: every() },
            Some(false) => {
                // A leg that shuts by itself decides; the others need not be looked at.
                let shuts = |step: &&Step<'_>| {
                    let start = self.start().get(step.side as usize).map(|start| &start.may);
                    start.is_some_and(|start| step.gate.all_bounds().all(|bounds| !bounds.may.meets(start)))
                };
                let alone: Vec<FieldRef> =
                    self.steps.iter().filter(shuts).flat_map(|step| step.gate.all_bounds()).flat_map(|bounds| bounds.from.iter().cloned()).collect();
                let decided = self.steps.iter().any(|step| shuts(&step));
                Derived::Known { value: false, from: if decided { alone } else { every() } }
            }
            None => {
                let mut missing: Vec<Missing> = self.source.missing.iter().chain(&self.target.missing).cloned().collect();
                for step in &self.steps {
                    let Some(start) = self.start().get(step.side as usize).map(|start| &start.may) else { continue };
                    let open = |bounds: &&AddressBounds| bounds.missing.is_empty() || (bounds.sure.contains(start) && !bounds.doubt);
                    missing.extend(step.gate.all_bounds().filter(|bounds| !open(bounds)).flat_map(|bounds| bounds.missing.iter().cloned()));
                }
                missing.sort_unstable();
                missing.dedup();
                if missing.is_empty() {
                    missing.push(Missing::Outside("which address of its subnet it has".to_owned()));
                }
                Derived::Unseen { missing, from: every() }
            }
        }
    }

    /// The whole answer: every leg in words.
    pub fn answer(&self) -> Answer {
        let best = self.best();
        let open = self.derived(&best);
        let mut legs = self.legs(best.port, true);
        if open.value().is_none() && legs.iter().all(|leg| leg.open.is_some()) {
            // Each leg lets somebody through, but nobody is known to pass them all: tell what is known up to each.
            legs = self.legs(best.port, false);
        }
        let [source, target] = &best.sets;
        Answer { open, legs, source: chosen(source), target: chosen(target), client_port: best.port }
    }

    /// The legs at a client port. Each by itself: whether it lets through what may come to it; else: whether it and those before it surely do.
    /// Behind a leg that is shut, legs are asked as if it were open.
    fn legs(&self, port: u16, by_itself: bool) -> Vec<Leg> {
        let mut legs = Vec::new();
        let mut shut = false;
        for (at, step) in self.steps.iter().enumerate() {
            let side = step.side as usize;
            let before = self.left(port, at).sets.get(side).cloned().unwrap_or_default();
            shut |= before.may.is_empty();
            let mut was = if shut { self.start().get(side).map(|start| start.bare()).unwrap_or_default() } else { before };
            if by_itself {
                was.sure.clone_from(&was.may);
            }
            let mut now = was.clone();
            let gate = step.gate.at(port);
            if let Some(gate) = gate {
                now.narrow(gate);
            }
            let certain = if self.somewhere.get(side) == Some(&true) { now.sure.contains(&was.may) } else { now.some() == Some(true) };
            let open = if now.may.is_empty() { Some(false) } else { certain.then_some(true) };
            shut |= open == Some(false);
            let about = [&now.sure, &now.may, &was.may].into_iter().find_map(sample);
            let (resource, rule) = (step.tell)(about, port, open);
            legs.push(Leg {
                kind: step.kind,
                resource,
                rule,
                open,
                from: gate.map(|gate| gate.from.clone()).unwrap_or_default(),
                missing: if open == Some(true) { Vec::new() } else { gate.map(|gate| gate.missing.clone()).unwrap_or_default() },
            });
        }
        legs
    }
}

fn chosen(set: &AddressBounds) -> Addresses {
    if set.sure.is_empty() { set.may.clone() } else { set.sure.clone() }
}
