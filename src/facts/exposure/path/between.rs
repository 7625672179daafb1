//! From one place to another inside private networks: within a subnet, within a VPC, over a peering or a transit gateway.
//!
//! Source: VPC guide, "Network ACLs" (nothing within one subnet), "Route tables" (the local route; more specific routes to boxes in the way, behind which
//! references to security groups do not hold), VPC Peering guide, Transit Gateway guide.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::ground::Ground;
use super::groups::References;
use super::legs::{self, Port};
use super::passing::Passing;
use super::peering;
use super::route::{Way, is_middlebox};
use super::stand::Stand;
use super::walk::{Gate, Side, Step, Walk};
use crate::facts::derived::Derived;
use crate::facts::exposure::cidr::Family;
use crate::facts::exposure::firewall::Direction;

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
        let gate = Gate::Whole(Rc::new(Passing::unseen(missing, Vec::new())));
        let vpc = Step { what: "VPC", side: Side::Target, gate, tell: Box::new(|_, _, _| ("a VPC".to_owned(), "that was not seen".to_owned())) };
        return vec![vec![out(References::Hold), vpc, into(References::Hold)]];
    };
    let same = from.stand.region == to.stand.region && here == there;
    let mut forth = ways(from, target);
    if same {
        // Where no route of its own VPC was seen, the path is what the table says of it.
        forth.insert(Via::Local);
    }
    let fits = |via: &Via| same == matches!(via, Via::Local | Via::Box(_));
    // Replies may come back by another way than the one they answer: any that leads there.
    let mut back: Vec<Option<Via>> = ways(to, source).into_iter().filter(|via| fits(via)).map(Some).collect();
    if back.is_empty() {
        back.push(same.then_some(Via::Local));
    }
    let mut all = Vec::new();
    for via in forth.iter().filter(|via| fits(via)) {
        let hold = match via {
            Via::Local => References::Hold,
            Via::Peering(_) if from.stand.region == to.stand.region => References::Hold,
            Via::Transit(_) => References::May,
            Via::Peering(_) | Via::Box(_) => References::Fail,
        };
        for returns in &back {
            let mut steps = vec![out(hold), legs::acl(from.ground, &from.stand.subnet, true, Side::Target, port)];
            steps.push(route(from, "route", Side::Target, &|way| way == via));
            steps.extend(carrier(from, via, Side::Target, here, there));
            steps.push(legs::acl(to.ground, &to.stand.subnet, false, Side::Source, port));
            steps.push(into(hold));
            steps.push(legs::acl_of_replies(to.ground, &to.stand.subnet, true, Side::Source, port.protocol));
            steps.push(route(to, "route back", Side::Source, &|way| returns.as_ref() == Some(way)));
            steps.extend(returns.as_ref().and_then(|returns| carrier(to, returns, Side::Source, there, here)));
            steps.push(legs::acl_of_replies(from.ground, &from.stand.subnet, false, Side::Target, port.protocol));
            all.push(steps);
        }
    }
    if all.is_empty() {
        // No way leads on, or none was seen: say what the route table does instead.
        all.push(vec![out(References::May), route(from, "route", Side::Target, &|_| false), into(References::May)]);
    }
    all
}

/// The ways that lead on from an end to some of these addresses.
fn ways(end: End<'_, '_>, to: &Passing) -> BTreeSet<Via> {
    let table = end.ground.tables.of_subnet(&end.stand.subnet, &end.stand.vpc);
    let Some(list) = table.value().and_then(|(table, _)| end.ground.tables.ways(table).value().copied()) else { return BTreeSet::new() };
    let leading = list.iter().filter(|way| !way.lost && way.addresses.may.meets(&to.may));
    leading.flat_map(|way| way.targets.iter().filter_map(|target| via(way, target))).collect()
}

fn via(way: &Way<'_>, target: &str) -> Option<Via> {
    match target {
        "local" => Some(Via::Local),
        target if target.starts_with("pcx-") => Some(Via::Peering(target.to_owned())),
        target if target.starts_with("tgw-") => Some(Via::Transit(target.to_owned())),
        // A gateway endpoint leads to a service of AWS's, and to no place.
        target if is_middlebox(target) && !way.service => Some(Via::Box(target.to_owned())),
        _ => None,
    }
}

/// The addresses that an end's route table sends over some ways.
fn route<'g>(end: End<'g, '_>, what: &'static str, side: Side, wanted: &dyn Fn(&Via) -> bool) -> Step<'g> {
    let (ground, stand) = (end.ground, end.stand);
    let table = ground.tables.of_subnet(&stand.subnet, &stand.vpc);
    let name = table.value().map(|(table, main)| format!("{}{}", table.resource.id.name, if *main { " (main)" } else { "" }));
    let list = table.and_then(|(table, _)| ground.tables.ways(table));
    let (mut all, mut wants) = (Passing { from: list.from().to_vec(), ..Passing::default() }, Vec::new());
    match &list {
        Derived::Unseen { missing, from } => all = Passing::unseen(missing.clone(), from.clone()),
        Derived::Known { value: ways, .. } => {
            for (at, way) in ways.iter().enumerate().filter(|(_, way)| !way.lost) {
                if way.targets.iter().filter_map(|target| via(way, target)).any(|via| wanted(&via)) {
                    all.add(&way.addresses);
                    wants.push(at);
                }
            }
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
    let (name, passing, what) = match via {
        Via::Local => return None,
        Via::Box(name) => {
            let rule = "stands between; what it lets through is its own rules'".to_owned();
            let (name, gate) = (name.clone(), Gate::Whole(Rc::new(Passing::gate(&Derived::known(true)))));
            return Some(Step { what: "box in the way", side, gate, tell: Box::new(move |_, _, _| (name.clone(), rule.clone())) });
        }
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
