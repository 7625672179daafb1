//! From one place to another inside private networks: within a subnet, within a VPC, over a peering or a transit gateway. Over a box, a VPN, a core
//! network or a NAT gateway: perhaps.
//!
//! Source: VPC guide, "Network ACLs" (nothing within one subnet), "Route tables" (the local route; more specific routes to boxes in the way, behind which
//! references to security groups do not hold), VPC Peering guide, Transit Gateway guide.

use std::sync::Arc;

use super::address_bounds::AddressBounds;
use super::cidr::Family;
use super::leg_kind::LegKind;
use super::legs::{self, Port};
use super::location::Location;
use super::middleboxes::{Via, ways};
use super::peering;
use super::region_network::RegionNetwork;
use super::route::Way;
use super::security_group_rules::Direction;
use super::security_groups::References;
use super::trace::{Gate, Side, Step, Trace, said};
use crate::evidence::{Derived, Missing};

/// One end: where it stands, and that region's network.
#[derive(Clone, Copy)]
pub struct End<'g, 'a> {
    /// Its region's network.
    pub region_network: &'g RegionNetwork<'a>,
    /// Where it stands.
    pub location: &'g Location,
}

/// Every path from one end to another, family by family; none where no route leads on.
pub fn traces<'g, 'a>(from: End<'g, 'a>, to: End<'g, 'a>, port: &Port) -> Vec<Trace<'g>> {
    let mut all = Vec::new();
    for family in [Family::V4, Family::V6] {
        let (source, target) = (from.location.addresses.only(family), to.location.addresses.only(family));
        if source.may.is_empty() || target.may.is_empty() {
            continue;
        }
        for steps in paths(from, to, &source, &target, port) {
            let somewhere = [from.location.somewhere, to.location.somewhere];
            all.push(Trace { source: source.clone(), target: target.clone(), somewhere, steps });
        }
    }
    all
}

/// Whether one end can open a port of another: over any path.
pub fn opens<'g, 'a>(from: End<'g, 'a>, to: End<'g, 'a>, port: &Port) -> Derived<bool> {
    let traces = traces(from, to, port);
    let addresses = from.location.addresses.from.iter().chain(&to.location.addresses.from).cloned().collect::<Vec<_>>();
    if traces.is_empty() { Derived::Known { value: false, from: addresses } } else { Derived::any(traces.iter().map(Trace::open)) }
}

fn paths<'g, 'a>(from: End<'g, 'a>, to: End<'g, 'a>, source: &AddressBounds, target: &AddressBounds, port: &Port) -> Vec<Vec<Step<'g>>> {
    let out = |hold| legs::groups(from.region_network, from.location, to.location, Direction::Out, hold, port);
    let into = |hold| legs::groups(to.region_network, to.location, from.location, Direction::In, hold, port);
    if from.location.region == to.location.region && from.location.subnet == to.location.subnet {
        return vec![vec![out(References::Hold), into(References::Hold)]];
    }
    let vpcs = (from.location.vpc.value(), to.location.vpc.value());
    let (Some(here), Some(there)) = vpcs else {
        let vpc = || unseen_vpc(from.location, to.location);
        // The second one is that over a NAT gateway, behind which the other end sees nothing of the sender.
        return vec![vec![out(References::Hold), vpc(), into(References::Hold)], vec![out(References::Fail), vpc()]];
    };
    let same = from.location.region == to.location.region && here == there;
    let fits = |via: &Via| match via {
        Via::Local => same,
        Via::Peering(_) | Via::Transit(_) => !same,
        Via::Box(_) | Via::Elsewhere(_) | Via::Nat(_) => true,
    };
    let (forth, back) = (ways(from.region_network, from.location, target), ways(to.region_network, to.location, source));
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
        let hold = references_over(via, same, from.location.region == to.location.region);
        let go = || {
            let mut steps = vec![out(hold), legs::acl(from.region_network, &from.location.subnet, Direction::Out, Side::Target, port)];
            steps.push(route(from, forth.get(via).map(Vec::as_slice).unwrap_or_default(), LegKind::Route, Side::Target));
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
            steps.push(legs::acl(to.region_network, &to.location.subnet, Direction::In, Side::Source, port));
            steps.push(into(hold));
            steps.push(legs::acl_of_replies(to.region_network, &to.location.subnet, Direction::Out, Side::Source, port.protocol));
            let at = returns.and_then(|returns| back.get(returns)).map(Vec::as_slice).unwrap_or_default();
            steps.push(route(to, at, LegKind::RouteBack, Side::Source));
            steps.extend(returns.and_then(|returns| carrier(to, source, returns, Side::Source, there, here)));
            steps.push(legs::acl_of_replies(from.region_network, &from.location.subnet, Direction::In, Side::Target, port.protocol));
            all.push(steps);
        }
    }
    if all.is_empty() {
        // No way leads on, or none was seen: say what the route table does instead.
        all.push(vec![out(References::May), route(from, &[], LegKind::Route, Side::Target), into(References::May)]);
    }
    all
}

/// Whether security groups refer to each other over what leads from one end to the other. Source: VPC guide, "Security group rules"; VPC Peering Guide,
/// "Update your security groups to reference peer security groups" (in one region alone).
const fn references_over(via: &Via, same_vpc: bool, same_region: bool) -> References {
    match via {
        Via::Local => References::Hold,
        Via::Peering(_) if same_region => References::Hold,
        Via::Box(_) if same_vpc => References::Fail,
        Via::Transit(_) | Via::Box(_) | Via::Elsewhere(_) => References::May,
        Via::Peering(_) | Via::Nat(_) => References::Fail,
    }
}

/// The leg between two ends of which one stands in a VPC that was not seen.
fn unseen_vpc<'g>(from: &Location, to: &Location) -> Step<'g> {
    let missing = from.vpc.missing().iter().chain(to.vpc.missing()).cloned().collect();
    Step {
        kind: LegKind::Vpc,
        side: Side::Target,
        gate: Gate::Whole(Arc::new(AddressBounds::unseen(missing, Vec::new()))),
        tell: Box::new(|_, _, _| ("a VPC".to_owned(), "that was not seen".to_owned())),
    }
}

/// The addresses that some routes of an end's table, by their places in it, send on.
fn route<'g>(end: End<'g, '_>, at: &[usize], kind: LegKind, side: Side) -> Step<'g> {
    let (region_network, location) = (end.region_network, end.location);
    let table = region_network.tables.of_subnet(&location.subnet, &location.vpc);
    let name = table.value().map(|(table, main)| format!("{}{}", table.resource.id.name, if *main { " (main)" } else { "" }));
    let list = table.and_then(|(table, _)| region_network.tables.ways(table));
    let mut all = AddressBounds { from: list.from().to_vec(), ..AddressBounds::default() };
    match &list {
        Derived::Unseen { missing, from } => all = AddressBounds::unseen(missing.clone(), from.clone()),
        Derived::Known { value: list, .. } => at.iter().filter_map(|at| list.get(*at)).for_each(|way| all.add(&way.addresses)),
    }
    Step {
        kind,
        side,
        gate: Gate::Whole(Arc::new(all)),
        tell: Box::new(move |about, _, open| {
            let Some((name, ways)) = name.as_ref().zip(list.value().copied()) else {
                return (location.subnet.clone(), "has routes that were not seen".to_owned());
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
fn carrier<'g>(from: End<'g, '_>, to: &AddressBounds, via: &Via, side: Side, here: &str, there: &str) -> Option<Step<'g>> {
    let elsewhere = |name: &str| AddressBounds::unseen(vec![Missing::Outside(format!("whether {name} leads from {here} to {there}"))], Vec::new());
    let unseen = || "what was not seen".to_owned();
    let (name, bounds, kind) = match via {
        Via::Local => return None,
        Via::Box(name) if here == there => {
            let rule = "stands between; what it lets through is its own rules'".to_owned();
            let (name, gate) = (name.clone(), Gate::Whole(Arc::new(AddressBounds::gate(&Derived::known(true)))));
            return Some(Step { kind: LegKind::Middlebox, side, gate, tell: Box::new(move |_, _, _| (name.clone(), rule.clone())) });
        }
        Via::Box(id) => (id.clone(), elsewhere(id), LegKind::Middlebox),
        Via::Elsewhere(id) => {
            let id = id.clone().unwrap_or_else(unseen);
            (id.clone(), elsewhere(&id), LegKind::BetweenVpcs)
        }
        Via::Nat(id) => {
            let id = id.clone().unwrap_or_else(unseen);
            (id.clone(), elsewhere(&id), LegKind::NatGateway)
        }
        Via::Peering(id) => (id.clone(), AddressBounds::gate(&peering::joins(from.region_network, id, here, there)), LegKind::Peering),
        Via::Transit(id) => {
            let takes = AddressBounds::gate(&from.region_network.transit.takes_from(id, &from.location.subnet, here));
            (id.clone(), from.region_network.transit.between(id, here, there, &to.may).and(&takes), LegKind::TransitGateway)
        }
    };
    let (here, there) = (here.to_owned(), there.to_owned());
    let tell = move |_, _, open| {
        let carries = said(open, ["carries packets", "may carry packets", "does not carry packets"]);
        (name.clone(), format!("{carries} from {here} to {there}"))
    };
    Some(Step { kind, side, gate: Gate::Whole(Arc::new(bounds)), tell: Box::new(tell) })
}
