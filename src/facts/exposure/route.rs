//! Routes: which table a subnet uses, and which public addresses it exchanges packets with through an internet gateway.
//!
//! Source: VPC guide, "Route tables" (main table, longest prefix, gateway route tables of middleboxes). NAT and egress-only gateways only let out;
//! transit gateways, peers and VPNs lead to other networks, not to the internet.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::cidr::{Addresses, parse};
use super::home::Home;
use super::partly::Partly;
use crate::facts::Index;
use crate::facts::derived::{Derived, observe};
use crate::finding::Missing;
use crate::model::network::{InternetGateway, PrefixList, Route, RouteTable};
use crate::model::{Kind, Resource};

/// The route tables of a region.
pub struct Tables<'a> {
    index: &'a Index<'a>,
    region: String,
    all: Vec<&'a Resource<RouteTable>>,
    explicit: BTreeMap<&'a str, &'a Resource<RouteTable>>,
    /// Why a subnet's own table may be missing.
    missing: Vec<Missing>,
}

/// What a subnet's route table says of the internet.
pub struct Routed {
    /// Public addresses that can be talked to, both ways, through an internet gateway.
    pub inward: Partly<Addresses>,
    /// Whether something leads out of the VPC to public addresses.
    pub outward: Derived<bool>,
    /// In words.
    pub words: String,
}

/// A block that a route is for, and the route.
struct Entry<'r> {
    net: IpNet,
    route: &'r Route,
}

impl<'a> Tables<'a> {
    /// The route tables of a region.
    pub fn of(index: &'a Index<'a>, region: &str) -> Self {
        let all: Vec<_> = index.all::<RouteTable>().iter().filter(|table| &*table.id.region == region).collect();
        let (mut explicit, mut missing) = (BTreeMap::new(), index.listed(Kind::RouteTable, region).missing().to_vec());
        for table in all.iter().copied() {
            missing.extend(observe!(table.subnets).missing().iter().cloned());
            explicit.extend(table.fields.subnets.known().into_iter().flatten().map(|subnet| (subnet.as_str(), table)));
        }
        Self { index, region: region.to_owned(), all, explicit, missing }
    }

    /// The table of a subnet and whether it is the VPC's main one: the table that names the subnet, else the main table *of its VPC*.
    fn table(&self, subnet: &str, vpc: &Derived<String>) -> Derived<(&'a Resource<RouteTable>, bool)> {
        if let Some(table) = self.explicit.get(subnet).copied() {
            return observe!(table.subnets).map(|_| (table, false));
        }
        if !self.missing.is_empty() {
            return Derived::Unseen { missing: self.missing.clone(), from: Vec::new() };
        }
        vpc.clone().and_then(|vpc| {
            let mut unseen = Vec::new();
            for table in self.all.iter().copied() {
                match observe!(table.vpc_id).and_then(|id| if id == vpc { observe!(table.main) } else { Derived::known(false) }) {
                    Derived::Known { value: true, from } => return Derived::Known { value: (table, true), from },
                    Derived::Known { .. } => {}
                    Derived::Unseen { missing, .. } => unseen.extend(missing),
                }
            }
            if unseen.is_empty() {
                unseen.push(Missing::Outside(format!("the route table of {subnet} is not in this account's answer")));
            }
            Derived::Unseen { missing: unseen, from: Vec::new() }
        })
    }

    /// What the table of a subnet says of the internet.
    pub fn routed(&self, subnet: &str, vpc: &Derived<String>, home: &Home) -> Routed {
        let table = self.table(subnet, vpc);
        let name = table.value().map(|(table, main)| format!("{}{}", table.id.name, if *main { " (main)" } else { "" }));
        let routes = table.and_then(|(table, _)| observe!(table.routes));
        let (Some(name), Some(list)) = (name, routes.value()) else {
            let words = format!("route: the routes of {subnet} were not seen");
            let unseen = Derived::Unseen { missing: routes.missing().to_vec(), from: routes.from().to_vec() };
            return Routed {
                inward: Partly { missing: routes.missing().to_vec(), from: routes.from().to_vec(), ..Partly::default() },
                outward: unseen,
                words,
            };
        };
        let mut inward = Partly::<Addresses> { from: routes.from().to_vec(), ..Partly::default() };
        let (mut outward, mut sends) = (Vec::new(), Vec::new());
        let entries = self.entries(list);
        for route in list.iter().filter(|route| carries(route)) {
            let Some(target) = route.target.as_deref() else { continue };
            if !leaves(route, target) {
                continue;
            }
            let mut goes = self.public(route, &entries, home);
            if goes.known.is_empty() && goes.missing.is_empty() {
                continue;
            }
            outward.push(if target.starts_with("igw-") {
                self.attached(target, vpc).and(goes.some(Addresses::is_empty))
            } else {
                goes.some(Addresses::is_empty)
            });
            match self.comes_back(target, vpc) {
                Derived::Known { value: false, from } => inward.from.extend(from),
                Derived::Known { value: true, from } => {
                    if !goes.known.is_empty() {
                        let through = if target.starts_with("igw-") { "" } else { ", and an internet gateway's route table leads back through it" };
                        sends.push(format!("{} to {target}{through}", route.destination));
                    }
                    inward.known.add(&goes.known);
                    inward.from.extend(from);
                    inward.from.append(&mut goes.from);
                    inward.missing.append(&mut goes.missing);
                }
                Derived::Unseen { missing, from } => {
                    inward.from.extend(from);
                    inward.missing.extend(missing);
                }
            }
        }
        let words = if !sends.is_empty() {
            format!("route: {subnet} → {name} sends {}", sends.join(", "))
        } else if inward.missing.is_empty() {
            format!("route: {subnet} → {name} has no way in from an internet gateway")
        } else {
            format!("route: {subnet} → {name} has routes of which not everything was seen")
        };
        Routed { inward, outward: Derived::any(outward).resting_on(routes.from()), words }
    }

    /// The blocks of every route that holds, as far as prefix lists were seen. Blackholes count: they swallow what they match.
    fn entries<'r>(&self, routes: &'r [Route]) -> Vec<Entry<'r>> {
        let holding = routes.iter().filter(|route| route.state.as_deref() != Some("filtered"));
        let blocks = |route: &'r Route| self.destination(route).value().cloned().unwrap_or_default().into_iter().map(move |net| Entry { net, route });
        holding.flat_map(blocks).collect()
    }

    /// The blocks that a route is for.
    fn destination(&self, route: &Route) -> Derived<Vec<IpNet>> {
        let text = &route.destination;
        if let Some(net) = parse(text) {
            return Derived::known(vec![net]);
        }
        if !text.starts_with("pl-") {
            return Derived::unseen(Missing::Outside(format!("\"{}\" is no destination that this version knows", text.escape_default())));
        }
        let cidrs = self.index.get::<PrefixList>(&self.region, text).and_then(|list| observe!(list.cidrs));
        cidrs.map(|cidrs| cidrs.iter().filter_map(|cidr| parse(cidr)).collect())
    }

    /// The public addresses for which a route is the most specific one.
    fn public(&self, route: &Route, entries: &[Entry<'_>], home: &Home) -> Partly<Addresses> {
        let mut all = Partly::<Addresses>::default();
        for net in all.take(self.destination(route)).into_iter().flatten() {
            let narrower = entries.iter().filter(|other| !std::ptr::eq(other.route, route));
            let narrower: Vec<_> =
                narrower.map(|other| &other.net).filter(|other| net.contains(*other) && other.prefix_len() > net.prefix_len()).collect();
            let public = home.public(&Addresses::of([&net]).minus(&Addresses::of(narrower)));
            all.known.add(&public.known);
            all.from.extend(public.from);
            all.missing.extend(public.missing);
        }
        all
    }

    /// Whether an internet gateway is attached to the VPC.
    fn attached(&self, gateway: &str, vpc: &Derived<String>) -> Derived<bool> {
        let vpcs = self.index.get::<InternetGateway>(&self.region, gateway).and_then(|gateway| observe!(gateway.vpcs));
        vpcs.and_then(|vpcs| if vpcs.is_empty() { Derived::known(false) } else { vpc.clone().map(|vpc| vpcs.contains(&vpc)) })
    }

    /// Whether what goes to a target can also come in from the internet: by an internet gateway, or by a middlebox to which an internet gateway's table leads.
    fn comes_back(&self, target: &str, vpc: &Derived<String>) -> Derived<bool> {
        if target.starts_with("igw-") {
            return self.attached(target, vpc);
        }
        if !["vpce-", "eni-", "i-"].iter().any(|prefix| target.starts_with(prefix)) {
            return Derived::known(false);
        }
        let leads = self.all.iter().copied().map(|table| {
            observe!(table.gateways).and_then(|gateways| {
                let edge = gateways.iter().filter(|gateway| gateway.starts_with("igw-")).map(|gateway| self.attached(gateway, vpc));
                let back = observe!(table.routes).map(|routes| routes.iter().any(|route| carries(route) && route.target.as_deref() == Some(target)));
                Derived::any(edge).and(back)
            })
        });
        let complete = self.index.listed(Kind::RouteTable, &self.region).map(|()| false);
        Derived::any(leads.chain([complete]))
    }
}

/// Whether a route carries packets: `blackhole` has lost its target, `filtered` is not in force.
fn carries(route: &Route) -> bool {
    !matches!(route.state.as_deref(), Some("blackhole" | "filtered"))
}

/// Whether a route leads out of the VPC to more than a peer: not `local`, and no gateway endpoint (a prefix list to a `vpce-`: S3, DynamoDB).
fn leaves(route: &Route, target: &str) -> bool {
    target != "local" && !target.starts_with("pcx-") && !(route.destination.starts_with("pl-") && target.starts_with("vpce-"))
}
