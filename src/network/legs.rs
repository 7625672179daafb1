//! The legs that every path has: a subnet's network ACL one way, an end's security groups one way, a subnet's routes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::address_bounds::AddressBounds;
use super::leg_kind::LegKind;
use super::location::{Guard, Location};
use super::network_acl::{Acl, words};
use super::packet::{CLIENT, Protocol, pieces};
use super::region_network::RegionNetwork;
use super::security_group_rules::Direction;
use super::security_groups::{Filter, References};
use super::trace::{Gate, Side, Step};
use crate::evidence::{Derived, FieldRef, Missing};

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
    pub const fn new(protocol: Protocol, number: u16) -> Self {
        Self { protocol, number: Some(number), missing: Vec::new(), from: Vec::new() }
    }

    /// `tcp 1433`.
    pub fn words(&self) -> String {
        self.number
            .map_or_else(|| format!("{}, on a port that was not seen", self.protocol.name()), |number| format!("{} {number}", self.protocol.name()))
    }
}

/// A network ACL at the port that is asked about.
pub(super) fn acl<'g>(region_network: &'g RegionNetwork<'_>, subnet: &str, direction: Direction, side: Side, port: &Port) -> Step<'g> {
    let acl = region_network.acls.of_subnet(subnet);
    let (protocol, number) = (port.protocol, port.number);
    let bounds = match (&acl, number) {
        (Derived::Known { value, from }, Some(number)) => joined(&value.bounds(direction, protocol, number), from, &port.from),
        (Derived::Known { from, .. }, None) => AddressBounds::unseen(port.missing.clone(), from.clone()),
        (Derived::Unseen { missing, from }, _) => AddressBounds::unseen(missing.clone(), from.clone()),
    };
    step_of_acl(LegKind::NetworkAcl(direction), side, Gate::Whole(Arc::new(bounds)), subnet, acl, direction, protocol, move |_| number)
}

/// A network ACL for replies: at each port that a client may have picked.
pub(super) fn acl_of_replies<'g>(
    region_network: &'g RegionNetwork<'_>,
    subnet: &str,
    direction: Direction,
    side: Side,
    protocol: Protocol,
) -> Step<'g> {
    let acl = region_network.acls.of_subnet(subnet);
    let gate = match &acl {
        Derived::Known { value, from } => {
            let parts = pieces(CLIENT, value.cuts(direction, protocol));
            Gate::Parts(parts.into_iter().map(|span| (span, Arc::new(joined(&value.bounds(direction, protocol, span.0), from, &[])))).collect())
        }
        Derived::Unseen { missing, from } => Gate::Whole(Arc::new(AddressBounds::unseen(missing.clone(), from.clone()))),
    };
    step_of_acl(LegKind::NetworkAclOfReplies(direction), side, gate, subnet, acl, direction, protocol, Some)
}

/// The same leg as it is for one party whose address the path does not ask about otherwise: open for everybody else's where it is open for it.
pub(super) fn as_for<'g>(step: Step<'g>, party: &AddressBounds, somewhere: bool) -> Step<'g> {
    let about = crate::network::address_bounds::sample(&party.may);
    let whether = |bounds: &AddressBounds| {
        let left = bounds.and(party);
        let certain = if somewhere { bounds.sure.contains(&party.may) && !party.may.is_empty() } else { left.some() == Some(true) };
        let open = match (certain, left.may.is_empty()) {
            (true, _) => Derived::Known { value: true, from: left.from },
            (false, true) => Derived::Known { value: false, from: left.from },
            (false, false) => Derived::Unseen { missing: left.missing, from: left.from },
        };
        Arc::new(AddressBounds::gate(&open))
    };
    let gate = match &step.gate {
        Gate::Whole(bounds) => Gate::Whole(whether(bounds)),
        Gate::Parts(parts) => Gate::Parts(parts.iter().map(|(span, bounds)| (*span, whether(bounds))).collect()),
    };
    let tell = step.tell;
    Step { kind: step.kind, side: step.side, gate, tell: Box::new(move |_, client, open| tell(about, client, open)) }
}

fn joined(bounds: &AddressBounds, more: &[FieldRef], also: &[FieldRef]) -> AddressBounds {
    AddressBounds { from: [&*bounds.from, more, also].concat(), ..bounds.clone() }
}

#[expect(clippy::too_many_arguments, reason = "the parts of one leg")]
fn step_of_acl<'g, 'a: 'g>(
    kind: LegKind,
    side: Side,
    gate: Gate,
    subnet: &str,
    acl: Derived<&'g Acl<'a>>,
    direction: Direction,
    protocol: Protocol,
    port: impl Fn(u16) -> Option<u16> + 'g,
) -> Step<'g> {
    let subnet = subnet.to_owned();
    Step {
        kind,
        side,
        gate,
        tell: Box::new(move |about, client, _| match acl.value() {
            None => (subnet.clone(), "has one that was not seen".to_owned()),
            Some(acl) => {
                let decider = about.zip(port(client)).and_then(|(about, port)| acl.decider(direction, protocol, port, about));
                let rule = decider.map_or_else(|| "has no entry that is known to decide".to_owned(), words);
                (acl.name().to_owned(), rule)
            }
        }),
    }
}

/// The security groups of an end, asked about the other end.
pub(super) fn groups<'g>(
    region_network: &'g RegionNetwork<'_>,
    location: &'g Location,
    other: &'g Location,
    direction: Direction,
    hold: References,
    port: &Port,
) -> Step<'g> {
    of_groups(region_network, location, other.held(), direction, hold, port)
}

/// The security groups of an end, asked about addresses alone.
pub(super) fn groups_for_addresses<'g>(region_network: &'g RegionNetwork<'_>, location: &'g Location, port: &Port) -> Step<'g> {
    of_groups(region_network, location, &[], Direction::In, References::Fail, port)
}

fn of_groups<'g>(
    region_network: &'g RegionNetwork<'_>,
    location: &'g Location,
    held: &'g [Derived<Vec<String>>],
    direction: Direction,
    hold: References,
    port: &Port,
) -> Step<'g> {
    let kind = LegKind::SecurityGroups(direction);
    // Rules for inbound packets name senders, those for outbound ones receivers.
    let side = match direction {
        Direction::In => Side::Source,
        Direction::Out => Side::Target,
    };
    let parts = match &location.guard {
        Guard::Groups(parts) => parts,
        unguarded => {
            let (words, open) = match (unguarded, direction) {
                (Guard::Shut, Direction::In) => ("is a NAT gateway's, which takes no connection", false),
                (Guard::Unasked, _) => ("stands for whoever may hold which groups", true),
                _ => ("takes no security groups", true),
            };
            let gate = Gate::Whole(Arc::new(AddressBounds::gate(&Derived::known(open))));
            return Step { kind, side, gate, tell: Box::new(move |_, _, _| (location.name.clone(), words.to_owned())) };
        }
    };
    let filter: Filter<'g> = region_network.groups.filter(parts, direction, port.protocol, port.number);
    let mut bounds = filter.bounds(held, hold);
    bounds.from.extend_from_slice(&port.from);
    if port.number.is_none() {
        bounds.missing.extend_from_slice(&port.missing);
    }
    let port = port.words();
    Step {
        kind,
        side,
        gate: Gate::Whole(Arc::new(bounds)),
        tell: Box::new(move |about, _, open| {
            let known: BTreeSet<&str> = parts.iter().filter_map(Derived::value).flatten().map(String::as_str).collect();
            let known: Vec<&str> = known.into_iter().collect();
            let name = if known.is_empty() { format!("the groups of {}", location.name) } else { known.join(", ") };
            match filter.rule(about, held, hold).filter(|_| open == Some(true)) {
                Some((group, rule)) => (group.to_owned(), format!("{} {rule}", if direction == Direction::In { "lets in" } else { "lets out to" })),
                None if filter.nets.missing.is_empty() => (name, format!("no rule for it on {port}")),
                None => (name, format!("not every rule on {port} was seen")),
            }
        }),
    }
}
