//! Routes: which table a subnet uses, and where it sends which addresses.
//!
//! Source: VPC guide, "Route tables" and "Route priority": the longest prefix decides, over CIDR blocks and prefix lists alike; at the same length a CIDR
//! block goes before a prefix list, and between two lists AWS picks one. A blackhole swallows what it matches.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use ipnet::IpNet;

use super::address_bounds::AddressBounds;
use super::cidr::{Addresses, parse};
use super::next_hop::NextHop;
use crate::evidence::{Derived, FieldRef, Index, Missing, observe};
use crate::model::network::{InternetGateway, PrefixList, Route, RouteTable, TransitRoute, VpcEndpoint};
use crate::model::{Kind, Resource};

/// The route tables of a region.
pub struct Tables<'a> {
    index: &'a Index<'a>,
    region: String,
    all: Vec<Table<'a>>,
    explicit: HashMap<&'a str, usize>,
    /// Tables by VPC; under `None` those of which it was not seen.
    by_vpc: HashMap<Option<&'a str>, Vec<usize>>,
    /// Tables of gateways, and those of which it was not seen.
    edges: Vec<usize>,
    /// Why a subnet's own table may be missing.
    missing: Vec<Missing>,
}

/// One route table.
pub struct Table<'a> {
    /// As AWS described it.
    pub resource: &'a Resource<RouteTable>,
    ways: OnceLock<Vec<Way<'a>>>,
}

/// One route, and the addresses for which it is the most specific one.
pub struct Way<'r> {
    /// As it is written.
    pub destination: &'r str,
    /// Where it sends them; empty where AWS names nothing that this version knows.
    pub targets: Vec<&'r str>,
    /// Whether it is a blackhole.
    pub lost: bool,
    /// Whether it leads to a service of AWS's, through a gateway endpoint; false where that was not seen.
    pub service: bool,
    /// The addresses.
    pub addresses: AddressBounds,
}

impl<'r> Way<'r> {
    /// Its targets and what they are. Where AWS names none, the destination stands for one that is not known.
    pub fn hops(&self) -> impl Iterator<Item = (&'r str, NextHop)> + '_ {
        let unnamed = self.targets.is_empty().then_some((self.destination, NextHop::Unknown));
        let named = self.targets.iter().map(|target| (*target, NextHop::from_target(target)));
        // A gateway endpoint leads to a service of AWS's, and to no place.
        named.filter(|(_, hop)| !(self.service && *hop == NextHop::Middlebox)).chain(unnamed)
    }

    /// Why nobody knows where it leads, where a target is not known.
    pub fn dark(&self) -> Missing {
        Missing::Outside(format!("where {} is sent: AWS names no target that this version knows", self.destination))
    }
}

impl<'a> Tables<'a> {
    /// The route tables of a region.
    pub fn new(index: &'a Index<'a>, region: &str) -> Self {
        let mut tables = Self {
            index,
            region: region.to_owned(),
            all: Vec::new(),
            explicit: HashMap::new(),
            by_vpc: HashMap::new(),
            edges: Vec::new(),
            missing: index.listed(Kind::RouteTable, region).missing().to_vec(),
        };
        for resource in index.all::<RouteTable>().iter().filter(|table| &*table.id.region == region) {
            let at = tables.all.len();
            tables.missing.extend(observe!(resource.subnets).missing().iter().cloned());
            tables.explicit.extend(resource.fields.subnets.known().into_iter().flatten().map(|subnet| (subnet.as_str(), at)));
            tables.by_vpc.entry(resource.fields.vpc_id.known().map(String::as_str)).or_default().push(at);
            if resource.fields.gateways.known().is_none_or(|gateways| !gateways.is_empty()) {
                tables.edges.push(at);
            }
            tables.all.push(Table { resource, ways: OnceLock::new() });
        }
        tables
    }

    /// The table of a subnet and whether it is the VPC's main one: the table that names the subnet, else the main table *of its VPC*.
    pub fn of_subnet(&self, subnet: &str, vpc: &Derived<String>) -> Derived<(&Table<'a>, bool)> {
        if let Some(table) = self.explicit.get(subnet).and_then(|at| self.all.get(*at)) {
            let resource = table.resource;
            return observe!(resource.subnets).map(|_| (table, false));
        }
        if !self.missing.is_empty() {
            return Derived::Unseen { missing: self.missing.clone(), from: Vec::new() };
        }
        vpc.clone().and_then(|vpc| {
            let mut unseen = Vec::new();
            let candidates = [Some(&*vpc), None].into_iter().filter_map(|key| self.by_vpc.get(&key)).flatten();
            for table in candidates.filter_map(|at| self.all.get(*at)) {
                let resource = table.resource;
                match observe!(resource.vpc_id).and_then(|_| observe!(resource.main)) {
                    Derived::Known { value: true, from } => return Derived::Known { value: (table, true), from },
                    Derived::Known { .. } => {}
                    Derived::Unseen { missing, .. } => unseen.extend(missing),
                }
            }
            if unseen.is_empty() {
                unseen.push(Missing::Outside(format!("the route table of {subnet}, which is not in this account's answer")));
            }
            Derived::Unseen { missing: unseen, from: Vec::new() }
        })
    }

    /// Where a subnet sends what; unseen where its table or that table's routes are.
    pub fn ways_of<'t>(&'t self, subnet: &str, vpc: &Derived<String>) -> Derived<&'t [Way<'a>]> {
        self.of_subnet(subnet, vpc).and_then(|(table, _)| self.ways(table))
    }

    /// Where a table sends what; unseen where its routes are.
    pub fn ways<'t>(&'t self, table: &'t Table<'a>) -> Derived<&'t [Way<'a>]> {
        let resource = table.resource;
        let Some(routes) = resource.fields.routes.known() else {
            return observe!(resource.routes).map(|_| &[][..]);
        };
        let at = FieldRef { kind: Kind::RouteTable, resource: resource.id.clone(), field: "routes" };
        let ways = table.ways.get_or_init(|| {
            let entries = routes.iter().filter(|route| route.state.as_deref() != Some("filtered")).map(|route: &'a Route| Entry {
                destination: &route.destination,
                targets: route.target.as_deref().into_iter().collect(),
                lost: route.state.as_deref() == Some("blackhole"),
            });
            spread(self.index, &self.region, entries.collect())
        });
        Derived::Known { value: ways, from: vec![at] }
    }

    /// Whether some table of a VPC sends some of these addresses to a NAT gateway; true where its routes were not seen.
    pub fn lead_to_nat(&self, vpc: &Derived<String>, addresses: &Addresses) -> bool {
        let nat = |way: &Way<'_>| !way.lost && way.addresses.may.meets(addresses) && way.hops().any(|(_, hop)| hop == NextHop::Nat);
        let Some(vpc) = vpc.value() else { return true };
        let tables = [Some(vpc.as_str()), None].into_iter().filter_map(|vpc| self.by_vpc.get(&vpc)).flatten().filter_map(|at| self.all.get(*at));
        tables.into_iter().any(|table| self.ways(table).value().is_none_or(|ways| ways.iter().any(nat)))
    }

    /// Whether an internet gateway is attached to the VPC.
    pub fn attached(&self, gateway: &str, vpc: &Derived<String>) -> Derived<bool> {
        let vpcs = self.index.get::<InternetGateway>(&self.region, gateway).and_then(|gateway| observe!(gateway.vpcs));
        vpcs.and_then(|vpcs| if vpcs.is_empty() { Derived::known(false) } else { vpc.clone().map(|vpc| vpcs.contains(&vpc)) })
    }

    /// Whether the route table of an internet gateway of the VPC leads to a middlebox what is meant for some of these addresses.
    pub fn leads(&self, middlebox: &str, vpc: &Derived<String>, addresses: &AddressBounds) -> Derived<bool> {
        let tables = self.edges.iter().filter_map(|at| self.all.get(*at)).map(|table| {
            let resource = table.resource;
            observe!(resource.gateways).and_then(|gateways| {
                let edge = gateways.iter().filter(|gateway| gateway.starts_with("igw-")).map(|gateway| self.attached(gateway, vpc));
                let back = self.ways(table).and_then(|ways| {
                    let to = ways.iter().filter(|way| !way.lost && way.targets.contains(&middlebox));
                    Derived::any(to.map(|way| way.addresses.and(addresses).open()))
                });
                Derived::any(edge).and(back)
            })
        });
        let complete = self.index.listed(Kind::RouteTable, &self.region).map(|()| false);
        Derived::any(tables.chain([complete]))
    }
}

/// A route before its place among the others is known.
pub(super) struct Entry<'r> {
    /// Destination, as written.
    pub destination: &'r str,
    /// Targets.
    pub targets: Vec<&'r str>,
    /// Blackhole.
    pub lost: bool,
}

impl<'r> From<&'r TransitRoute> for Entry<'r> {
    fn from(route: &'r TransitRoute) -> Self {
        let lost = route.state.as_deref() == Some("blackhole");
        Self { destination: &route.destination, targets: route.attachments.iter().map(String::as_str).collect(), lost }
    }
}

/// How long a prefix is, and whether a list names it: the order in which routes are tried is this one's, backwards.
type Rank = (u8, bool);

/// Gives each address to its most specific route.
pub(super) fn spread<'r>(index: &Index<'_>, region: &str, entries: Vec<Entry<'r>>) -> Vec<Way<'r>> {
    let mut ranks: BTreeMap<Rank, BTreeMap<usize, Vec<IpNet>>> = BTreeMap::new();
    let mut ways: Vec<Way<'r>> = Vec::with_capacity(entries.len());
    // Routes whose blocks were not seen: of AWS services behind a gateway endpoint (few public addresses), and any others.
    let (mut service, mut hidden, mut overriding) = (Vec::new(), Vec::new(), false);
    for (at, entry) in entries.into_iter().enumerate() {
        let blocks = blocks(index, region, entry.destination);
        let endpoint = is_service(index, region, &entry);
        let to_service = endpoint.value() == Some(&true);
        let mut addresses = AddressBounds { from: blocks.from().to_vec(), ..AddressBounds::default() };
        match blocks {
            Derived::Known { value, .. } => {
                for net in value {
                    // A CIDR block goes before a list of the same length: the greater rank is tried first.
                    let rank = (net.prefix_len(), parse(entry.destination).is_some());
                    ranks.entry(rank).or_default().entry(at).or_default().push(net);
                }
            }
            Derived::Unseen { missing, .. } => {
                overriding |= !to_service && entry.targets.iter().any(|target| NextHop::from_target(target) == NextHop::Middlebox);
                if to_service { &mut service } else { &mut hidden }.extend(missing.iter().chain(endpoint.missing()).cloned());
                addresses = AddressBounds::unseen(missing, Vec::new());
            }
        }
        ways.push(Way { destination: entry.destination, targets: entry.targets, lost: entry.lost, service: to_service, addresses });
    }
    let mut taken = Addresses::default();
    for group in ranks.into_values().rev() {
        let sets: Vec<(usize, Addresses)> = group.into_iter().map(|(at, nets)| (at, Addresses::from_blocks(&nets).minus(&taken))).collect();
        for (at, set) in &sets {
            // Where two routes of one rank name the same block, either may be the one in force.
            let rivals = sets.iter().filter(|(other, _)| other != at && targets(&ways, *other) != targets(&ways, *at));
            let mut contested = Addresses::default();
            rivals.for_each(|(_, rival)| contested.add(&rival.and(set)));
            if let Some(way) = ways.get_mut(*at) {
                way.addresses.may.add(set);
                way.addresses.sure.add(&set.minus(&contested));
                if !contested.is_empty() {
                    let what = format!("which of two routes to {} is in force", crate::network::address_bounds::words(&contested));
                    way.addresses.missing.push(Missing::Outside(what));
                }
            }
        }
        sets.iter().for_each(|(_, set)| taken.add(set));
    }
    if !hidden.is_empty() || !service.is_empty() {
        for way in ways.iter_mut().filter(|way| !way.addresses.sure.is_empty()) {
            // Nothing overrides the local route but a middlebox.
            if !hidden.is_empty() && (overriding || !way.targets.contains(&"local")) {
                way.addresses.sure = Addresses::default();
                way.addresses.missing.extend_from_slice(&hidden);
            }
            if !service.is_empty() && !way.targets.contains(&"local") {
                way.addresses.doubt = true;
                way.addresses.missing.extend_from_slice(&service);
            }
        }
    }
    ways
}

/// Whether a route leads to a service of AWS's: a prefix list behind a gateway endpoint. Behind a firewall's endpoint, a list is like any other blocks.
fn is_service(index: &Index<'_>, region: &str, entry: &Entry<'_>) -> Derived<bool> {
    if !entry.destination.starts_with("pl-") || entry.targets.is_empty() {
        return Derived::known(false);
    }
    Derived::all(entry.targets.iter().map(|target| {
        if !target.starts_with("vpce-") {
            return Derived::known(false);
        }
        let endpoint = index.get::<VpcEndpoint>(region, target);
        endpoint.and_then(|endpoint| observe!(endpoint.endpoint_type)).map(|kind| kind.as_deref() == Some("Gateway"))
    }))
}

fn targets<'w>(ways: &'w [Way<'_>], at: usize) -> Option<(&'w [&'w str], bool)> {
    ways.get(at).map(|way| (&*way.targets, way.lost))
}

/// The blocks that a route is for.
fn blocks(index: &Index<'_>, region: &str, destination: &str) -> Derived<Vec<IpNet>> {
    if let Some(net) = parse(destination) {
        return Derived::known(vec![net]);
    }
    if !destination.starts_with("pl-") {
        return Derived::unseen(Missing::Outside(format!("\"{}\" is no destination that this version knows", destination.escape_default())));
    }
    let cidrs = index.get::<PrefixList>(region, destination).and_then(|list| observe!(list.cidrs));
    cidrs.map(|cidrs| cidrs.iter().filter_map(|cidr| parse(cidr)).collect())
}
