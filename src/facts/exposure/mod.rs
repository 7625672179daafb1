//! Exposure: who on the network can open a connection to a resource, and along which path (1.2.5, 1.3.x, 1.4.x, 2.2.4).
//!
//! Snapshot → one subject for each database, warehouse and mover, and one for each VPC they stand in. Source: VPC guide and EC2 API; each module names its pages.

mod admitted;
mod connected;
mod declared;
mod egress;
pub mod hop_path;
mod hosts;
pub mod journey;
mod members;
mod near;
mod network;
mod openers;
mod other_ports;
pub mod owned;
mod ports;
pub mod query;
mod reach;
mod rule_list;
mod sharing;
pub(super) mod target;
#[cfg(test)]
mod tests;
mod unseen;

use self::admitted::Admitted;
use self::connected::ConnectedSystems;
use self::declared::Declared;
use self::members::Members;
use self::near::Near;
use self::other_ports::OtherPorts;
use self::ports::Ports;
use self::reach::{Place, reachable};
use self::target::Target;
use super::FactContext;
use super::subject::{Field, Shape, Subject, Type};
use crate::evidence::{About, Derived, Missing};
use crate::model::Kind;
use crate::network::RegionNetwork;
use crate::network::partial::Partial;
use crate::network::security_group_rules;
use crate::network::security_group_rules::{Direction, rules, sources};

/// The fact kind `exposure`.
pub const EXPOSURE: Shape = Shape {
    name: "exposure",
    doc: "who on the network can open a connection to this resource, and along which path",
    kinds: &[Kind::RdsInstance, Kind::RdsCluster, Kind::RedshiftCluster, Kind::DmsInstance],
    fields: &[
        Field::new("groups", Type::Texts, "the ids of its security groups, its interfaces' among them, as far as they were seen"),
        Field::new(
            "inbound_rules",
            Type::Maps,
            "the inbound rules of its groups, as far as they were seen, one for each source: line (`source on port (group)`), source, ports, group, permission (as the AWS CLI takes it)",
        ),
        Field::new("outbound_rules", Type::Maps, "the outbound rules of its groups, likewise, one for each destination"),
        Field::new("serves", Type::Bool, "listens for clients (a replication instance does not)"),
        Field::new("ports", Type::Texts, "the ports that it serves"),
        Field::new("public_address", Type::Bool, "has, or would get, a public address"),
        Field::new("blocked", Type::Bool, "VPC block-public-access stops traffic from the internet in every one of its subnets"),
        Field::new("gateway_subnets", Type::Texts, "its subnets that are routed to an internet gateway"),
        Field::new(
            "reachable",
            Type::Bool,
            "some public network can open a data port: address, route, block-public-access, security groups and NACLs together",
        ),
        Field::new("legs", Type::Texts, "each leg of the path from the internet, in words, with the rule that decided it"),
        Field::new(
            "connected",
            Type::Maps,
            "the systems whose network interface can open a data port: interface, system, kind (ec2, lambda, ecs, load-balancer, nat-gateway, rds-proxy, other), port, way, public (itself open to the internet), path",
        ),
        Field::new("connected_notes", Type::Texts, "what is to be said of that list: that it was cut, that there may be more"),
        Field::new("two_step", Type::Texts, "those of them that are themselves open to the internet, with both ports"),
        Field::new("public_ranges", Type::Texts, "public ranges that its security groups admit, as `source on port (group)`"),
        Field::new("public_ranges_elsewhere", Type::Texts, "public ranges that its security groups admit on ports that it does not serve"),
        Field::new("public_hosts", Type::Texts, "single public addresses that its security groups admit"),
        Field::new("public_hosts_elsewhere", Type::Texts, "single public addresses that its security groups admit on ports that it does not serve"),
        Field::new("wide_sources", Type::Texts, "whole VPCs, peers and private ranges that its security groups admit and no flow declares"),
        Field::new("wide_lines", Type::Texts, "the rules that admit them, as `source on port (group)`"),
        Field::new(
            "other_ports",
            Type::Texts,
            "rules that admit ports which the service does not serve; not those for their own group, where the group holds databases, warehouses and movers alone",
        ),
        Field::new(
            "other_ports_to_ask",
            Type::Texts,
            "such rules for their own group, of which a member says by its description alone that it is Glue's",
        ),
        Field::new("other_port_rules", Type::Maps, "those of the inbound rules that admit somebody on such ports"),
        Field::new("open_egress", Type::Texts, "outbound rules that do not name their destination"),
        Field::new("way_out", Type::Bool, "some subnet has a route out of the VPC to the internet"),
        Field::nullable("enhanced_vpc_routing", Type::Bool, "Redshift: COPY and UNLOAD stay in the VPC; null for the others"),
    ],
};

/// The fact kind `network`.
pub const NETWORK: Shape = Shape {
    name: "network",
    doc: "which VPCs in scope record their traffic",
    kinds: &[Kind::Vpc],
    fields: &[
        Field::new("flow_logged", Type::Bool, "a flow log of the whole VPC, or one of each of its subnets, records all traffic and is active"),
        Field::new("flow_log_delivering", Type::Bool, "such flow logs deliver"),
        Field::new("why", Type::Text, "which flow log, or what is missing"),
    ],
};

/// The fact kind `sharing`.
pub const SHARING: Shape = Shape {
    name: "sharing",
    doc: "who outside this account was let into a warehouse or its data shares",
    kinds: &[Kind::RedshiftCluster, Kind::RedshiftDataShare],
    fields: &[
        Field::new("undeclared", Type::Texts, "undeclared parties that were let in, and how"),
        Field::new("undeclared_consumers", Type::Texts, "the same as commands name them: accounts, or a word such as ADX"),
        Field::new("declared", Type::Texts, "declared parties that were let in, and how"),
        Field::new("public_consumers", Type::Bool, "publicly accessible clusters may consume it, and somebody does"),
    ],
};

/// The subjects of this noun.
pub fn derive(ctx: &FactContext<'_>) -> Vec<Subject> {
    let network = ctx.network();
    let (connected_systems, members) = (ConnectedSystems::new(network), Members::new(ctx.index));
    let mut subjects = Vec::new();
    for target in ctx.targets() {
        if let Some(region_network) = network.region_network(&target.id.region).value() {
            subjects.push(subject(ctx, &connected_systems, &members, region_network, target));
        }
    }
    subjects.extend(network::derive(ctx));
    subjects.extend(sharing::derive(ctx));
    subjects
}

fn subject<'a>(
    ctx: &FactContext<'a>,
    connected_systems: &ConnectedSystems<'_, 'a>,
    members: &Members<'_>,
    region_network: &RegionNetwork<'a>,
    target: &Target,
) -> Subject {
    let express = target.express.clone();
    let places = target.subnets.clone().and_then(|subnets| {
        if subnets.is_empty() && express.value() != Some(&true) {
            return Derived::unseen(Missing::Outside(format!("AWS names no subnet of {}", target.id.name)));
        }
        Derived::known(subnets.iter().map(|subnet| Place::new(region_network, subnet, target)).collect::<Vec<Place>>())
    });
    let in_force = target.in_force();
    let ingress = rules(region_network.index, &region_network.region, &in_force, Direction::In);
    let sources = sources(region_network.index, &region_network.region, &ingress, |permission| target.ports.admitted(permission));
    let declared = Declared::new(ctx.config, &target.id);
    let admitted = Admitted::new(&sources, &Near::new(region_network, &places, &sources.known), &declared);
    let elsewhere =
        security_group_rules::sources(region_network.index, &region_network.region, &ingress, |permission| target.ports.missed(permission));
    let elsewhere = Admitted::new(&elsewhere, &Near::new(region_network, &places, &elsewhere.known), &declared);
    let inbound = rule_list::listed(&ingress);
    let other_ports = OtherPorts::new(members, &region_network.region, &ingress, &target.ports);
    let serves = !matches!(target.ports, Ports::None);
    let reachable = if serves { express.clone().or(reachable(region_network, target, &places, &admitted.open)) } else { Derived::known(false) };
    let connected = connected_systems.of_target(target, &places);
    let legs = Derived::known(legs(region_network, target, &places, &admitted)).resting_on(reachable.from());
    let blocked = each(&places, |place| place.blocked.clone(), Derived::all);
    // Behind an express endpoint there is no subnet that could block anything.
    let blocked = express.clone().negate().and(blocked);
    let way_out = each(&places, |place| place.way_out.clone(), Derived::any);
    let about =
        About { kind: target.kind, resource: target.id.clone(), key: String::new(), pipelines: ctx.pipelines.of(target.kind, &target.id.arn) };
    Subject::new(EXPOSURE.name, about)
        .with("groups", target.groups_seen())
        .with("inbound_rules", inbound.clone())
        .with("outbound_rules", rule_list::listed(&rules(region_network.index, &region_network.region, &in_force, Direction::Out)))
        .with("serves", Derived::known(serves))
        .with("ports", target.ports.listed())
        .with("public_address", express.or(target.address.clone()))
        .with("blocked", blocked)
        .with("gateway_subnets", gateway_subnets(region_network, &places))
        .with("reachable", reachable)
        .with("legs", legs)
        .with("connected", connected.systems)
        .with("connected_notes", connected.notes)
        .with("two_step", connected.two_step)
        .with("public_ranges", admitted.ranges)
        .with("public_ranges_elsewhere", elsewhere.ranges)
        .with("public_hosts", admitted.hosts)
        .with("public_hosts_elsewhere", elsewhere.hosts)
        .with("wide_sources", admitted.wide)
        .with("wide_lines", admitted.wide_lines)
        .with("other_ports", other_ports.known)
        .with("other_ports_to_ask", other_ports.asked)
        .with("other_port_rules", inbound.map(|rules| rule_list::on_lines(rules, &other_ports.lines)))
        .with("open_egress", egress::open(region_network, &in_force))
        .with("way_out", way_out)
        .with("enhanced_vpc_routing", target.enhanced_vpc_routing.clone())
        .given(&target.judged)
}

/// A question put to every place.
fn each(places: &Derived<Vec<Place>>, ask: impl Fn(&Place) -> Derived<bool>, join: impl Fn(Vec<Derived<bool>>) -> Derived<bool>) -> Derived<bool> {
    match places {
        Derived::Known { value, from } => join(value.iter().map(ask).collect()).resting_on(from),
        Derived::Unseen { missing, from } => Derived::Unseen { missing: missing.clone(), from: from.clone() },
    }
}

/// The subnets that exchange packets with public addresses through an internet gateway.
fn gateway_subnets(region_network: &RegionNetwork<'_>, places: &Derived<Vec<Place>>) -> Derived<Vec<String>> {
    let mut all = Partial { known: Vec::new(), from: places.from().to_vec(), missing: places.missing().to_vec() };
    for place in places.value().into_iter().flatten() {
        let inward = place.routed.both_ways.and(region_network.address_space.internet());
        match inward.some() {
            Some(true) => all.known.push(place.location.subnet.clone()),
            Some(false) => {}
            None => all.missing.extend(inward.missing),
        }
        all.from.extend(inward.from);
    }
    all.listed()
}

/// Each leg of the path in words, whether it was seen or not.
fn legs(region_network: &RegionNetwork<'_>, target: &Target, places: &Derived<Vec<Place>>, admitted: &Admitted) -> Vec<String> {
    if target.express.value() == Some(&true) {
        return vec!["address: an Aurora express endpoint on the internet, without VPC and security groups".to_owned()];
    }
    let mut legs = Vec::new();
    if matches!(target.ports, Ports::None) {
        legs.push("service: opens connections, and listens for none".to_owned());
    }
    let address = target.address.value().map_or_else(|| "was not seen".to_owned(), |public| format!("is {public}"));
    legs.push(format!("address: PubliclyAccessible {address}"));
    legs.extend(target.note.clone());
    match places {
        Derived::Known { value, .. } => legs.extend(value.iter().flat_map(|place| place.legs(region_network, target))),
        Derived::Unseen { .. } => legs.push("route: its subnets were not seen".to_owned()),
    }
    legs.extend(admitted.legs.iter().cloned());
    let mut seen = std::collections::BTreeSet::new();
    legs.retain(|leg| seen.insert(leg.clone()));
    legs
}
