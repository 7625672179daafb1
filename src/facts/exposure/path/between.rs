//! From one place to another inside private networks: within a subnet, within a VPC, over a peering or a transit gateway. Over a box, a VPN, a core
//! network or a NAT gateway: perhaps.
//!
//! Source: VPC guide, "Network ACLs" (nothing within one subnet), "Route tables" (the local route; more specific routes to boxes in the way, behind which
//! references to security groups do not hold), VPC Peering guide, Transit Gateway guide.

use std::rc::Rc;

use super::ground::Ground;
use super::groups::References;
use super::legs::{self, Port};
use super::peering;
use super::route::Way;
use super::stand::Stand;
use super::via::{Via, ways};
use super::walk::{Gate, Side, Step, Walk, said};
use crate::evidence::{Derived, Missing};
use crate::facts::exposure::cidr::Family;
use crate::facts::exposure::firewall::Direction;
use crate::facts::exposure::passing::Passing;

/// One end: where it stands, and that region's network.
#[derive(Clone, Copy)]
pub struct End<'g, 'a> {
    /// Its region's network.
    pub ground: &'g Ground<'a>,
    /// Where it stands.
    pub stand: &'g Stand,
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
    let fits = |via: &Via| match via {
        Via::Local => same,
        Via::Peering(_) | Via::Transit(_) => !same,
        Via::Box(_) | Via::Elsewhere(_) | Via::Nat(_) => true,
    };
    let (forth, back) = (ways(from.ground, from.stand, target), ways(to.ground, to.stand, source));
    let mut leading: Vec<&Via> = forth.keys().filter(|via| fits(via)).collect();
    if same && !forth.contains_key(&Via::Local) {
        // Where no route of its own VPC was seen, the path is what the table says of it.
        leading.push(&Via::Local);
    }
    // Behind a NAT gateway nothing of the sender counts; over a peering, of which the routes would tell, its groups do.
    let elsewhere = Via::Elsewhere(None);
    if !same && forth.contains_key(&Via::Nat(None)) {
        leading.push(&elsewhere);
    }
    // Replies may come back by another way than the one they answer: any that leads there. A NAT gateway takes replies to what went out by it alone.
    let mut returning: Vec<Option<&Via>> = back.keys().filter(|via| fits(via) && !matches!(via, Via::Nat(_))).map(Some).collect();
    if returning.is_empty() {
        returning.push(same.then_some(&Via::Local));
    }
    let mut all = Vec::new();
    for via in leading {
        let hold = match via {
            Via::Local => References::Hold,
            Via::Peering(_) if from.stand.region == to.stand.region => References::Hold,
            Via::Box(_) if same => References::Fail,
            Via::Transit(_) | Via::Box(_) | Via::Elsewhere(_) => References::May,
            Via::Peering(_) | Via::Nat(_) => References::Fail,
        };
        let go = || {
            let mut steps = vec![out(hold), legs::acl(from.ground, &from.stand.subnet, true, Side::Target, port)];
            steps.push(route(from, forth.get(via).map(Vec::as_slice).unwrap_or_default(), "route", Side::Target));
            steps.extend(carrier(from, target, via, Side::Target, here, there));
            steps
        };
        if matches!(via, Via::Nat(_)) {
            // The other end sees the gateway's address: what it says of the sender's own counts for nothing.
            all.push(go());
            continue;
        }
        for returns in &returning {
            let mut steps = go();
            steps.push(legs::acl(to.ground, &to.stand.subnet, false, Side::Source, port));
            steps.push(into(hold));
            steps.push(legs::acl_of_replies(to.ground, &to.stand.subnet, true, Side::Source, port.protocol));
            let at = returns.and_then(|returns| back.get(returns)).map(Vec::as_slice).unwrap_or_default();
            steps.push(route(to, at, "route back", Side::Source));
            steps.extend(returns.and_then(|returns| carrier(to, source, returns, Side::Source, there, here)));
            steps.push(legs::acl_of_replies(from.ground, &from.stand.subnet, false, Side::Target, port.protocol));
            all.push(steps);
        }
    }
    if all.is_empty() {
        // No way leads on, or none was seen: say what the route table does instead.
        all.push(vec![out(References::May), route(from, &[], "route", Side::Target), into(References::May)]);
    }
    all
}

/// The addresses that some routes of an end's table, by their places in it, send on.
fn route<'g>(end: End<'g, '_>, at: &[usize], what: &'static str, side: Side) -> Step<'g> {
    let (ground, stand) = (end.ground, end.stand);
    let table = ground.tables.of_subnet(&stand.subnet, &stand.vpc);
    let name = table.value().map(|(table, main)| format!("{}{}", table.resource.id.name, if *main { " (main)" } else { "" }));
    let list = table.and_then(|(table, _)| ground.tables.ways(table));
    let mut all = Passing { from: list.from().to_vec(), ..Passing::default() };
    match &list {
        Derived::Unseen { missing, from } => all = Passing::unseen(missing.clone(), from.clone()),
        Derived::Known { value: list, .. } => at.iter().filter_map(|at| list.get(*at)).for_each(|way| all.add(&way.addresses)),
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
            // A list that was not seen may hold any address: the route that surely does is told before it.
            let surely = ways.iter().find(|way| about.is_some_and(|about| way.addresses.sure.holds(about)));
            let way = surely.or_else(|| ways.iter().find(|way| holds(way) && !way.service)).or_else(|| ways.iter().find(holds));
            let rule = match way {
                Some(way) if way.lost => format!("sends {} into a blackhole", way.destination),
                Some(way) => format!(
                    "sends {} to {}",
                    way.destination,
                    if way.targets.is_empty() { "nothing that is known".to_owned() } else { way.targets.join(", ") }
                ),
                None => "has no route for it".to_owned(),
            };
            (name.clone(), if open == Some(true) || about.is_none() || way.is_none() { rule } else { format!("{rule}, which does not lead there") })
        }),
    }
}

/// The leg between two VPCs.
fn carrier<'g>(from: End<'g, '_>, to: &Passing, via: &Via, side: Side, here: &str, there: &str) -> Option<Step<'g>> {
    let elsewhere = |name: &str| Passing::unseen(vec![Missing::Outside(format!("whether {name} leads from {here} to {there}"))], Vec::new());
    let unseen = || "what was not seen".to_owned();
    let (name, passing, what) = match via {
        Via::Local => return None,
        Via::Box(name) if here == there => {
            let rule = "stands between; what it lets through is its own rules'".to_owned();
            let (name, gate) = (name.clone(), Gate::Whole(Rc::new(Passing::gate(&Derived::known(true)))));
            return Some(Step { what: "box in the way", side, gate, tell: Box::new(move |_, _, _| (name.clone(), rule.clone())) });
        }
        Via::Box(id) => (id.clone(), elsewhere(id), "box in the way"),
        Via::Elsewhere(id) => {
            let id = id.clone().unwrap_or_else(unseen);
            (id.clone(), elsewhere(&id), "way between VPCs")
        }
        Via::Nat(id) => {
            let id = id.clone().unwrap_or_else(unseen);
            (id.clone(), elsewhere(&id), "NAT gateway")
        }
        Via::Peering(id) => (id.clone(), Passing::gate(&peering::joins(from.ground, id, here, there)), "peering"),
        Via::Transit(id) => {
            let takes = Passing::gate(&from.ground.transit.takes_from(id, &from.stand.subnet, here));
            (id.clone(), from.ground.transit.between(id, here, there, &to.may).and(&takes), "transit gateway")
        }
    };
    let (here, there) = (here.to_owned(), there.to_owned());
    let tell = move |_, _, open| {
        let carries = said(open, ["carries packets", "may carry packets", "does not carry packets"]);
        (name.clone(), format!("{carries} from {here} to {there}"))
    };
    Some(Step { what, side, gate: Gate::Whole(Rc::new(passing)), tell: Box::new(tell) })
}
