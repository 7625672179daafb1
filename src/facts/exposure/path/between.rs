//! From one place to another inside private networks: within a subnet, within a VPC, over a peering or a transit gateway.
//!
//! Source: VPC guide, "Network ACLs" (nothing within one subnet), "Route tables" (the local route; more specific routes to boxes in the way, behind which
//! references to security groups do not hold), VPC Peering guide, Transit Gateway guide.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::ground::Ground;
use super::groups::References;
use super::legs::{self, Port};
use super::next_hop::NextHop;
use super::passing::Passing;
use super::peering;
use super::route::Way;
use super::stand::Stand;
use super::walk::{Gate, Side, Step, Walk};
use crate::facts::derived::Derived;
use crate::facts::exposure::cidr::Family;
use crate::facts::exposure::firewall::Direction;
use crate::finding::Missing;

/// One end: where it stands, and that region's network.
#[derive(Clone, Copy)]
pub struct End<'g, 'a> {
    /// Its region's network.
    pub ground: &'g Ground<'a>,
    /// Where it stands.
    pub stand: &'g Stand,
}

/// What carries packets from one end to the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Via {
    /// The VPC's own router.
    Local,
    /// A box in the way.
    Box(String),
    /// A peering.
    Peering(String),
    /// A transit gateway.
    Transit(String),
    /// Something that may lead there, and nobody knows: a VPN, a core network.
    Elsewhere(String),
    /// A NAT gateway with routes of its own.
    Nat(String),
}

/// Every path from one end to another, family by family; none where no route leads on.
pub fn walks<'g, 'a>(from: End<'g, 'a>, to: End<'g, 'a>, port: &Port) -> Vec<Walk<'g>> {
    let mut all = Vec::new();
    for family in [Family::V4, Family::V6] {
        let (source, target) = (from.stand.addresses.only(family), to.stand.addresses.only(family));
        if source.may.is_empty() || target.may.is_empty() {
            continue;
        }
        for steps in paths(from, to, &source, &target, port) {
            let somewhere = [from.stand.somewhere, to.stand.somewhere];
            all.push(Walk { source: source.clone(), target: target.clone(), somewhere, steps });
        }
    }
    all
}

/// Whether one end can open a port of another: over any path.
pub fn opens<'g, 'a>(from: End<'g, 'a>, to: End<'g, 'a>, port: &Port) -> Derived<bool> {
    let walks = walks(from, to, port);
    let addresses = from.stand.addresses.from.iter().chain(&to.stand.addresses.from).cloned().collect::<Vec<_>>();
    if walks.is_empty() { Derived::Known { value: false, from: addresses } } else { Derived::any(walks.iter().map(Walk::open)) }
}

fn paths<'g, 'a>(from: End<'g, 'a>, to: End<'g, 'a>, source: &Passing, target: &Passing, port: &Port) -> Vec<Vec<Step<'g>>> {
    let out = |hold| legs::groups(from.ground, from.stand, to.stand, Direction::Out, hold, port);
    let into = |hold| legs::groups(to.ground, to.stand, from.stand, Direction::In, hold, port);
    if from.stand.region == to.stand.region && from.stand.subnet == to.stand.subnet {
        return vec![vec![out(References::Hold), into(References::Hold)]];
    }
    let vpcs = (from.stand.vpc.value(), to.stand.vpc.value());
    let (Some(here), Some(there)) = vpcs else {
        let missing = from.stand.vpc.missing().iter().chain(to.stand.vpc.missing()).cloned().collect();
        let passing = Rc::new(Passing::unseen(missing, Vec::new()));
        let vpc = || Step {
            what: "VPC",
            side: Side::Target,
            gate: Gate::Whole(Rc::clone(&passing)),
            tell: Box::new(|_, _, _| ("a VPC".to_owned(), "that was not seen".to_owned())),
        };
        // The second one is that over a NAT gateway, behind which the other end sees nothing of the sender.
        return vec![vec![out(References::Hold), vpc(), into(References::Hold)], vec![out(References::Fail), vpc()]];
    };
    let same = from.stand.region == to.stand.region && here == there;
    let mut forth: BTreeSet<Via> = ways(from, target).into_keys().collect();
    if same {
        // Where no route of its own VPC was seen, the path is what the table says of it.
        forth.insert(Via::Local);
    }
    if routes(from).is_none() {
        forth.insert(Via::Nat("what was not seen".to_owned()));
    }
    let fits = |via: &Via| match via {
        Via::Local => same,
        Via::Peering(_) | Via::Transit(_) => !same,
        Via::Box(_) | Via::Elsewhere(_) | Via::Nat(_) => true,
    };
    // Replies may come back by another way than the one they answer: any that leads there.
    let mut back: Vec<Option<Via>> = ways(to, source).into_keys().filter(fits).map(Some).collect();
    // A NAT gateway takes replies to what went out by it, and no others.
    back.retain(|via| !matches!(via, Some(Via::Nat(_))));
    if back.is_empty() {
        back.push(same.then_some(Via::Local));
    }
    let mut all = Vec::new();
    for via in forth.iter().filter(|via| fits(via)) {
        if let Via::Nat(_) = via {
            // Behind it the other end sees the gateway's address: what it says of the sender's own counts for nothing.
            let mut steps = vec![out(References::Fail), legs::acl(from.ground, &from.stand.subnet, true, Side::Target, port)];
            steps.push(route(from, target, "route", Side::Target, &|way| way == via));
            steps.extend(carrier(from, via, Side::Target, here, there));
            all.push(steps);
            continue;
        }
        let hold = match via {
            Via::Local => References::Hold,
            Via::Peering(_) if from.stand.region == to.stand.region => References::Hold,
            Via::Box(_) if same => References::Fail,
            Via::Transit(_) | Via::Box(_) | Via::Elsewhere(_) => References::May,
            Via::Peering(_) | Via::Nat(_) => References::Fail,
        };
        for returns in &back {
            let mut steps = vec![out(hold), legs::acl(from.ground, &from.stand.subnet, true, Side::Target, port)];
            steps.push(route(from, target, "route", Side::Target, &|way| way == via));
            steps.extend(carrier(from, via, Side::Target, here, there));
            steps.push(legs::acl(to.ground, &to.stand.subnet, false, Side::Source, port));
            steps.push(into(hold));
            steps.push(legs::acl_of_replies(to.ground, &to.stand.subnet, true, Side::Source, port.protocol));
            steps.push(route(to, source, "route back", Side::Source, &|way| returns.as_ref() == Some(way)));
            steps.extend(returns.as_ref().and_then(|returns| carrier(to, returns, Side::Source, there, here)));
            steps.push(legs::acl_of_replies(from.ground, &from.stand.subnet, false, Side::Target, port.protocol));
            all.push(steps);
        }
    }
    if all.is_empty() {
        // No way leads on, or none was seen: say what the route table does instead.
        all.push(vec![out(References::May), route(from, target, "route", Side::Target, &|_| false), into(References::May)]);
    }
    all
}

/// The routes of an end's subnet; `None` where they were not seen.
fn routes<'g>(end: End<'g, '_>) -> Option<&'g [Way<'g>]> {
    let table = end.ground.tables.of_subnet(&end.stand.subnet, &end.stand.vpc);
    table.value().and_then(|(table, _)| end.ground.tables.ways(table).value().copied())
}

/// The ways that lead on from an end to some of these addresses, and the routes that do, by their place in its table.
fn ways(end: End<'_, '_>, to: &Passing) -> BTreeMap<Via, Vec<usize>> {
    let mut all: BTreeMap<Via, Vec<usize>> = BTreeMap::new();
    for (at, way) in routes(end).into_iter().flatten().enumerate().filter(|(_, way)| !way.lost && way.addresses.may.meets(&to.may)) {
        for via in vias(end.ground, way, &end.stand.vpc, to) {
            all.entry(via).or_default().push(at);
        }
    }
    all
}

/// Whether something but the VPC's own router may lead from a subnet to some of these addresses; true where its routes were not seen.
pub fn leaves(ground: &Ground<'_>, subnet: &str, vpc: &Derived<String>, to: &Passing) -> bool {
    let table = ground.tables.of_subnet(subnet, vpc);
    let ways = table.value().and_then(|(table, _)| ground.tables.ways(table).value().copied());
    let meets = |way: &&Way<'_>| !way.lost && way.addresses.may.meets(&to.may);
    ways.is_none_or(|ways| ways.iter().filter(meets).flat_map(|way| vias(ground, way, vpc, to)).any(|via| via != Via::Local))
}

/// By what a route may lead to some of these private addresses.
fn vias(ground: &Ground<'_>, way: &Way<'_>, vpc: &Derived<String>, to: &Passing) -> Vec<Via> {
    if way.targets.is_empty() {
        return vec![Via::Elsewhere(format!("a target of {} that AWS does not name", way.destination))];
    }
    let via = |(target, hop): (&str, NextHop)| match hop {
        NextHop::Local => Some(Via::Local),
        NextHop::Peering => Some(Via::Peering(target.to_owned())),
        NextHop::Transit => Some(Via::Transit(target.to_owned())),
        NextHop::Middlebox => hands_on(ground, target, vpc, &way.addresses.and(to)).then(|| Via::Box(target.to_owned())),
        NextHop::Nat => hands_on(ground, target, vpc, &way.addresses.and(to)).then(|| Via::Nat(target.to_owned())),
        NextHop::Vpn | NextHop::Network | NextHop::Unknown => Some(Via::Elsewhere(target.to_owned())),
        NextHop::InternetGateway | NextHop::EgressOnly => None,
    };
    way.hops().filter_map(via).collect()
}

/// Whether what a box or a NAT gateway hands on may get to some of these private addresses: packets leave it by the routes of its own subnet, but an
/// appliance may have tunnels.
pub fn hands_on(ground: &Ground<'_>, target: &str, vpc: &Derived<String>, to: &Passing) -> bool {
    hands_on_past(ground, target, vpc, to, &mut BTreeSet::new())
}

fn hands_on_past(ground: &Ground<'_>, target: &str, vpc: &Derived<String>, to: &Passing, seen: &mut BTreeSet<String>) -> bool {
    if target.starts_with("eni-") || target.starts_with("i-") {
        return true;
    }
    if !seen.insert(target.to_owned()) {
        return false;
    }
    let subnets = ground.subnets_of(target);
    let Some(subnets) = subnets.value() else { return true };
    subnets.iter().any(|subnet| {
        let table = ground.tables.of_subnet(subnet, vpc);
        let Some(ways) = table.value().and_then(|(table, _)| ground.tables.ways(table).value().copied()) else { return true };
        ways.iter().filter(|way| !way.lost && way.addresses.may.meets(&to.may)).any(|way| {
            let onward = way.addresses.and(to);
            let mut leads = |(next, hop)| match hop {
                NextHop::InternetGateway | NextHop::EgressOnly => false,
                NextHop::Middlebox | NextHop::Nat => hands_on_past(ground, next, vpc, &onward, seen),
                _ => true,
            };
            way.targets.is_empty() || way.hops().any(&mut leads)
        })
    })
}

/// The addresses that an end's route table sends over some ways.
fn route<'g>(end: End<'g, '_>, to: &Passing, what: &'static str, side: Side, wanted: &dyn Fn(&Via) -> bool) -> Step<'g> {
    let (ground, stand) = (end.ground, end.stand);
    let table = ground.tables.of_subnet(&stand.subnet, &stand.vpc);
    let name = table.value().map(|(table, main)| format!("{}{}", table.resource.id.name, if *main { " (main)" } else { "" }));
    let list = table.and_then(|(table, _)| ground.tables.ways(table));
    let mut all = Passing { from: list.from().to_vec(), ..Passing::default() };
    match &list {
        Derived::Unseen { missing, from } => all = Passing::unseen(missing.clone(), from.clone()),
        Derived::Known { value: list, .. } => {
            let wants: BTreeSet<usize> = ways(end, to).into_iter().filter(|(via, _)| wanted(via)).flat_map(|(_, at)| at).collect();
            wants.iter().filter_map(|at| list.get(*at)).for_each(|way| all.add(&way.addresses));
        }
    }
    Step {
        what,
        side,
        gate: Gate::Whole(Rc::new(all)),
        tell: Box::new(move |about, _, open| {
            let Some((name, ways)) = name.as_ref().zip(list.value().copied()) else {
                return (stand.subnet.clone(), "has routes that were not seen".to_owned());
            };
            let holds = |way: &&Way<'_>| about.is_some_and(|about| way.addresses.may.holds(about));
            let rule = match ways.iter().find(holds) {
                Some(way) if way.lost => format!("sends {} into a blackhole", way.destination),
                Some(way) => format!(
                    "sends {} to {}",
                    way.destination,
                    if way.targets.is_empty() { "nothing that is known".to_owned() } else { way.targets.join(", ") }
                ),
                None => "has no route for it".to_owned(),
            };
            (
                name.clone(),
                if open || about.is_none() || !ways.iter().any(|way| holds(&way)) { rule } else { format!("{rule}, which does not lead there") },
            )
        }),
    }
}

/// The leg between two VPCs.
fn carrier<'g>(from: End<'g, '_>, via: &Via, side: Side, here: &str, there: &str) -> Option<Step<'g>> {
    let elsewhere = |name: &str| Passing::unseen(vec![Missing::Outside(format!("whether {name} leads from {here} to {there}"))], Vec::new());
    let (name, passing, what) = match via {
        Via::Local => return None,
        Via::Box(name) if here == there => {
            let rule = "stands between; what it lets through is its own rules'".to_owned();
            let (name, gate) = (name.clone(), Gate::Whole(Rc::new(Passing::gate(&Derived::known(true)))));
            return Some(Step { what: "box in the way", side, gate, tell: Box::new(move |_, _, _| (name.clone(), rule.clone())) });
        }
        Via::Box(id) => (id.clone(), elsewhere(id), "box in the way"),
        Via::Elsewhere(id) => (id.clone(), elsewhere(id), "way between VPCs"),
        Via::Nat(id) => (id.clone(), elsewhere(id), "NAT gateway"),
        Via::Peering(id) => (id.clone(), Passing::gate(&peering::joins(from.ground, id, here, there)), "peering"),
        Via::Transit(id) => (id.clone(), from.ground.transit.between(id, here, there), "transit gateway"),
    };
    let (here, there) = (here.to_owned(), there.to_owned());
    let tell = move |_, _, open| {
        let rule = if open { format!("joins {here} and {there}") } else { format!("does not surely carry packets from {here} to {there}") };
        (name.clone(), rule)
    };
    Some(Step { what, side, gate: Gate::Whole(Rc::new(passing)), tell: Box::new(tell) })
}
