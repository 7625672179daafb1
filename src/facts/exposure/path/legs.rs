//! The legs that every path has: a subnet's network ACL one way, an end's security groups one way, a subnet's routes.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::acl::{Acl, words};
use super::ground::Ground;
use super::groups::{Filter, References};
use super::packet::{CLIENT, Protocol, pieces};
use super::stand::{Guard, Stand};
use super::walk::{Gate, Side, Step};
use crate::evidence::{Derived, FieldRef, Missing};
use crate::facts::exposure::firewall::Direction;
use crate::facts::exposure::passing::Passing;

/// The port that is asked about.
#[derive(Debug, Clone)]
pub struct Port {
    /// Protocol.
    pub protocol: Protocol,
    /// Its number; `None` where it was not seen.
    pub number: Option<u16>,
    /// Why it was not.
    pub missing: Vec<Missing>,
    /// Where it was.
    pub from: Vec<FieldRef>,
}

impl Port {
    /// A port that the question names.
    pub const fn of(protocol: Protocol, number: u16) -> Self {
        Self { protocol, number: Some(number), missing: Vec::new(), from: Vec::new() }
    }

    /// `tcp 1433`.
    pub fn words(&self) -> String {
        self.number
            .map_or_else(|| format!("{}, on a port that was not seen", self.protocol.name()), |number| format!("{} {number}", self.protocol.name()))
    }
}

/// A network ACL at the port that is asked about.
pub(super) fn acl<'g>(ground: &'g Ground<'_>, subnet: &str, egress: bool, side: Side, port: &Port) -> Step<'g> {
    let what = if egress { "network ACL, out" } else { "network ACL, in" };
    let acl = ground.acls.of_subnet(subnet);
    let (protocol, number) = (port.protocol, port.number);
    let passing = match (&acl, number) {
        (Derived::Known { value, from }, Some(number)) => joined(&value.passing(egress, protocol, number), from, &port.from),
        (Derived::Known { from, .. }, None) => Passing::unseen(port.missing.clone(), from.clone()),
        (Derived::Unseen { missing, from }, _) => Passing::unseen(missing.clone(), from.clone()),
    };
    step_of_acl(what, side, Gate::Whole(Rc::new(passing)), subnet, acl, egress, protocol, move |_| number)
}

/// A network ACL for replies: at each port that a client may have picked.
pub(super) fn acl_of_replies<'g>(ground: &'g Ground<'_>, subnet: &str, egress: bool, side: Side, protocol: Protocol) -> Step<'g> {
    let what = if egress { "network ACL, replies out" } else { "network ACL, replies in" };
    let acl = ground.acls.of_subnet(subnet);
    let gate = match &acl {
        Derived::Known { value, from } => {
            let parts = pieces(CLIENT, value.cuts(egress, protocol));
            Gate::Parts(parts.into_iter().map(|span| (span, Rc::new(joined(&value.passing(egress, protocol, span.0), from, &[])))).collect())
        }
        Derived::Unseen { missing, from } => Gate::Whole(Rc::new(Passing::unseen(missing.clone(), from.clone()))),
    };
    step_of_acl(what, side, gate, subnet, acl, egress, protocol, Some)
}

/// The same leg as it is for one party whose address the path does not ask about otherwise: open for everybody else's where it is open for it.
pub(super) fn as_for<'g>(step: Step<'g>, party: &Passing, somewhere: bool) -> Step<'g> {
    let about = crate::facts::exposure::passing::sample(&party.may);
    let whether = |passing: &Passing| {
        let left = passing.and(party);
        let certain = if somewhere { passing.sure.contains(&party.may) && !party.may.is_empty() } else { left.some() == Some(true) };
        let open = match (certain, left.may.is_empty()) {
            (true, _) => Derived::Known { value: true, from: left.from },
            (false, true) => Derived::Known { value: false, from: left.from },
            (false, false) => Derived::Unseen { missing: left.missing, from: left.from },
        };
        Rc::new(Passing::gate(&open))
    };
    let gate = match &step.gate {
        Gate::Whole(passing) => Gate::Whole(whether(passing)),
        Gate::Parts(parts) => Gate::Parts(parts.iter().map(|(span, passing)| (*span, whether(passing))).collect()),
    };
    let tell = step.tell;
    Step { what: step.what, side: step.side, gate, tell: Box::new(move |_, client, open| tell(about, client, open)) }
}

fn joined(passing: &Passing, more: &[FieldRef], also: &[FieldRef]) -> Passing {
    Passing { from: [&*passing.from, more, also].concat(), ..passing.clone() }
}

#[expect(clippy::too_many_arguments, reason = "the parts of one leg")]
fn step_of_acl<'g, 'a: 'g>(
    what: &'static str,
    side: Side,
    gate: Gate,
    subnet: &str,
    acl: Derived<&'g Acl<'a>>,
    egress: bool,
    protocol: Protocol,
    port: impl Fn(u16) -> Option<u16> + 'g,
) -> Step<'g> {
    let subnet = subnet.to_owned();
    Step {
        what,
        side,
        gate,
        tell: Box::new(move |about, client, _| match acl.value() {
            None => (subnet.clone(), "has one that was not seen".to_owned()),
            Some(acl) => {
                let decider = about.zip(port(client)).and_then(|(about, port)| acl.decider(egress, protocol, port, about));
                let rule = decider.map_or_else(|| "has no entry that is known to decide".to_owned(), words);
                (acl.name().to_owned(), rule)
            }
        }),
    }
}

/// The security groups of an end, asked about the other end.
pub(super) fn groups<'g>(
    ground: &'g Ground<'_>,
    stand: &'g Stand,
    other: &'g Stand,
    direction: Direction,
    hold: References,
    port: &Port,
) -> Step<'g> {
    let (what, side) = match direction {
        Direction::In => ("security groups, in", Side::Source),
        Direction::Out => ("security groups, out", Side::Target),
    };
    of_groups(ground, stand, other.held(), what, side, direction, hold, port)
}

/// The security groups of an end, asked about addresses alone.
pub(super) fn groups_for_addresses<'g>(ground: &'g Ground<'_>, stand: &'g Stand, port: &Port) -> Step<'g> {
    of_groups(ground, stand, &[], "security groups, in", Side::Source, Direction::In, References::Fail, port)
}

#[expect(clippy::too_many_arguments, reason = "the parts of one leg")]
fn of_groups<'g>(
    ground: &'g Ground<'_>,
    stand: &'g Stand,
    held: &'g [Derived<Vec<String>>],
    what: &'static str,
    side: Side,
    direction: Direction,
    hold: References,
    port: &Port,
) -> Step<'g> {
    let parts = match &stand.guard {
        Guard::Groups(parts) => parts,
        unguarded => {
            let (words, open) = match (unguarded, direction) {
                (Guard::Shut, Direction::In) => ("is a NAT gateway's, which takes no connection", false),
                (Guard::Unasked, _) => ("stands for whoever may hold which groups", true),
                _ => ("takes no security groups", true),
            };
            let gate = Gate::Whole(Rc::new(Passing::gate(&Derived::known(open))));
            return Step { what, side, gate, tell: Box::new(move |_, _, _| (stand.name.clone(), words.to_owned())) };
        }
    };
    let filter: Filter<'g> = ground.groups.filter(parts, direction, port.protocol, port.number);
    let mut passing = filter.passing(held, hold);
    passing.from.extend_from_slice(&port.from);
    if port.number.is_none() {
        passing.missing.extend_from_slice(&port.missing);
    }
    let port = port.words();
    Step {
        what,
        side,
        gate: Gate::Whole(Rc::new(passing)),
        tell: Box::new(move |about, _, open| {
            let known: BTreeSet<&str> = parts.iter().filter_map(Derived::value).flatten().map(String::as_str).collect();
            let known: Vec<&str> = known.into_iter().collect();
            let name = if known.is_empty() { format!("the groups of {}", stand.name) } else { known.join(", ") };
            match filter.rule(about, held, hold).filter(|_| open == Some(true)) {
                Some(rule) => match rule.split_once(": ") {
                    Some((group, rule)) => {
                        (group.to_owned(), format!("{} {rule}", if direction == Direction::In { "lets in" } else { "lets out to" }))
                    }
                    None => (name, rule),
                },
                None if filter.nets.missing.is_empty() => (name, format!("no rule for it on {port}")),
                None => (name, format!("not every rule on {port} was seen")),
            }
        }),
    }
}
