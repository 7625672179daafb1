//! The network interfaces of the account as hosts that may open connections, by class: what shares a subnet and its security groups is judged once.
//!
//! Source: EC2 API, NetworkInterface; services name their resource in the description. Endpoints and transit gateway attachments start no connection of their own.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use super::owned::Owners;
use crate::evidence::{Derived, FieldRef, Missing, observe};
use crate::model::network::NetworkInterface;
use crate::model::{Kind, Resource};
use crate::network::address_bounds::AddressBounds;
use crate::network::cidr::Addresses;
use crate::network::security_group_rules::Direction;
use crate::network::{ACCELERATOR, Guard, Location, Network, Port, Protocol, RegionNetwork, Span, internet, is_nat_gateway, pieces, span_in_words};

/// One interface.
pub(super) struct Member<'a> {
    /// As AWS described it.
    pub interface: &'a Resource<NetworkInterface>,
    /// Its private addresses.
    pub addresses: Addresses,
    /// What it is: `ec2`, `lambda`, `ecs`, `load-balancer`, `nat-gateway`, `rds-proxy`, `other`.
    pub kind: &'static str,
    /// What people call the system behind it.
    pub system: String,
}

/// Interfaces that no rule but one about single addresses tells apart.
pub(super) struct Class<'a> {
    /// Where they stand; its addresses are those of all of them.
    pub location: Location,
    /// The interfaces.
    pub members: Vec<Member<'a>>,
    /// Why they may not count at all.
    pub doubt: Vec<Missing>,
    open: OnceCell<Derived<Option<String>>>,
}

/// Every interface.
pub(super) struct Hosts<'a> {
    /// By class.
    pub classes: Vec<Class<'a>>,
    by_group: HashMap<(String, String), Vec<usize>>,
    by_address: Vec<(IpAddr, usize)>,
    /// The classes of the interfaces of each instance.
    by_instance: HashMap<&'a str, BTreeSet<usize>>,
    /// Classes whose groups or addresses were not seen.
    unplaced: Vec<usize>,
    /// What would name more of them, by region.
    missing: BTreeMap<String, Vec<Missing>>,
}

/// What passes its clients' connections on, and the control plane does not say whose to whom.
pub(super) const PASSING_ON: [&str; 2] = ["load-balancer", "rds-proxy"];
/// What passes on what routes send it, under its own address.
pub(super) const NAT_GATEWAY: &str = "nat-gateway";
/// Kinds of interfaces that answer or pass on, and start nothing (EC2 API, NetworkInterface, `InterfaceType`).
const SILENT: [&str; 5] = ["vpc_endpoint", "gateway_load_balancer", "gateway_load_balancer_endpoint", "transit_gateway", ACCELERATOR];
/// Kinds that let nobody in, as a NAT gateway's does not.
const OUTWARD: [&str; 2] = ["lambda", "quicksight"];

/// What members of a class have in common: region, subnet, groups, public IPv4, public IPv6, and whether nobody can open them or nothing guards them.
type Alike = (String, String, Vec<String>, bool, bool, bool);

impl<'a> Hosts<'a> {
    /// Every interface of the scanned regions.
    pub(super) fn new(network: &Network<'a>) -> Self {
        let mut classes = Classification::new(network);
        for region_network in network.region_networks() {
            let listed = region_network.index.listed(Kind::NetworkInterface, &region_network.region);
            classes.hosts.missing.entry(region_network.region.clone()).or_default().extend_from_slice(listed.missing());
            let interfaces = region_network.index.all::<NetworkInterface>().iter();
            for interface in interfaces.filter(|interface| *interface.id.region == *region_network.region) {
                classes.add(region_network, interface);
            }
        }
        classes.into_hosts()
    }

    /// On which port some public source opens a host, by any of its interfaces: an instance with two of them stands in both networks.
    pub(super) fn open<'h>(&'h self, class: &'h Class<'a>, member: &Member<'a>, network: &Network<'_>) -> Cow<'h, Derived<Option<String>>> {
        let own = class.open(network);
        let instance = member.interface.fields.instance_id.known().and_then(Option::as_ref);
        let all = instance.and_then(|instance| self.by_instance.get(instance.as_str())).filter(|all| all.len() > 1);
        let (Some(all), false) = (all, matches!(own, Derived::Known { value: Some(_), .. })) else { return Cow::Borrowed(own) };
        let others = all.iter().filter_map(|at| self.classes.get(*at)).map(|class| class.open(network));
        let open = others.clone().find(|open| matches!(open, Derived::Known { value: Some(_), .. }));
        match open.or_else(|| others.clone().find(|open| open.value().is_none())) {
            Some(other) => Cow::Owned(other.clone().map(|by| by.map(|by| format!("{by} of another of its interfaces")))),
            None => Cow::Borrowed(own),
        }
    }

    /// What would name more interfaces of a region.
    pub(super) fn missing(&self, region: &str) -> &[Missing] {
        self.missing.get(region).map(Vec::as_slice).unwrap_or_default()
    }

    /// The classes that hold one of these groups of a region, or of which a member has one of these addresses.
    pub(super) fn candidates<'g>(&self, region: &str, groups: impl Iterator<Item = &'g str>, addresses: &Addresses) -> BTreeSet<usize> {
        let mut found: BTreeSet<usize> = self.unplaced.iter().copied().collect();
        for group in groups {
            found.extend(self.by_group.get(&(region.to_owned(), group.to_owned())).into_iter().flatten());
        }
        for (first, last) in addresses.ranges() {
            let start = self.by_address.partition_point(|(address, _)| *address < first);
            found.extend(self.by_address.iter().skip(start).take_while(|(address, _)| *address <= last).map(|(_, at)| *at));
        }
        found
    }
}

/// The classes while they are made.
struct Classification<'a> {
    hosts: Hosts<'a>,
    known: HashMap<Alike, usize>,
    /// The addresses of the members of each class.
    addresses: Vec<Vec<AddressBounds>>,
    owners: Owners<'a>,
}

impl<'a> Classification<'a> {
    fn new(network: &Network<'a>) -> Self {
        let hosts = Hosts {
            classes: Vec::new(),
            by_group: HashMap::new(),
            by_address: Vec::new(),
            by_instance: HashMap::new(),
            unplaced: Vec::new(),
            missing: BTreeMap::new(),
        };
        Self { hosts, known: HashMap::new(), addresses: Vec::new(), owners: Owners::new(network.index()) }
    }

    /// Puts an interface into its class, where a system stands behind it.
    fn add(&mut self, region_network: &RegionNetwork<'a>, interface: &'a Resource<NetworkInterface>) {
        let (kind, status) = (observe!(interface.interface_type), observe!(interface.status));
        let is_one_of = |kinds: &[&str]| kind.value().is_some_and(|kind| kind.as_deref().is_some_and(|kind| kinds.contains(&kind)));
        // An interface that is attached to nothing has no system behind it.
        let idle = status.value().is_some_and(|status| status.as_deref() == Some("available"));
        if is_one_of(&SILENT) || idle {
            return;
        }
        let location = match Location::of_interface(region_network, interface) {
            Derived::Known { value: Some(location), .. } => location,
            Derived::Known { value: None, .. } => return,
            Derived::Unseen { missing, .. } => {
                self.hosts.missing.entry(region_network.region.clone()).or_default().extend(missing);
                return;
            }
        };
        let doubt: Vec<Missing> = kind.missing().iter().chain(status.missing()).cloned().collect();
        let is_nat = kind.value().is_some_and(|kind| kind.as_deref().is_some_and(is_nat_gateway));
        // Nobody can open it, the internet neither.
        let outward = (is_nat || is_one_of(&OUTWARD)).then(|| kind.from().to_vec());
        let key = if doubt.is_empty() { alike(&location, outward.is_some()) } else { None };
        let member = member(interface, &location, &self.owners);
        let at = key.as_ref().and_then(|key| self.known.get(key)).copied().unwrap_or(self.hosts.classes.len());
        self.note(at, &member, &location);
        match self.hosts.classes.get_mut(at) {
            Some(class) => class.members.push(member),
            None => {
                if key.is_none() {
                    self.hosts.unplaced.push(at);
                }
                for group in location.held().iter().filter_map(Derived::value).flatten() {
                    self.hosts.by_group.entry((location.region.clone(), group.clone())).or_default().push(at);
                }
                let open = outward.map_or_else(OnceCell::new, |from| OnceCell::from(Derived::Known { value: None, from }));
                self.hosts.classes.push(Class { location, members: vec![member], doubt, open });
                self.known.extend(key.map(|key| (key, at)));
            }
        }
    }

    /// Notes by what a member of a class is found.
    fn note(&mut self, at: usize, member: &Member<'a>, location: &Location) {
        if let Some(Some(instance)) = member.interface.fields.instance_id.known() {
            self.hosts.by_instance.entry(instance).or_default().insert(at);
        }
        self.hosts.by_address.extend(member.addresses.blocks().iter().map(|block| (block.addr(), at)));
        if self.addresses.len() <= at {
            self.addresses.resize(at + 1, Vec::new());
        }
        self.addresses[at].push(location.addresses.clone());
    }

    fn into_hosts(self) -> Hosts<'a> {
        let mut hosts = self.hosts;
        // Joined once: address by address, every member would be sorted in anew.
        for (class, all) in hosts.classes.iter_mut().zip(&self.addresses) {
            class.location.addresses = AddressBounds::union(all);
        }
        hosts.by_address.sort_unstable();
        hosts
    }
}

/// What an interface has in common with those of its class; `None` where not everything was seen that counts.
fn alike(location: &Location, outward: bool) -> Option<Alike> {
    let whole = location.held().iter().all(|part| part.value().is_some()) && location.addresses.missing.is_empty();
    let public = location.public.iter().map(|public| public.value().copied()).collect::<Option<Vec<bool>>>().filter(|_| whole)?;
    let mut groups: Vec<String> = location.held().iter().filter_map(Derived::value).flatten().cloned().collect();
    groups.sort();
    let [v4, v6] = [public.first() == Some(&true), public.get(1) == Some(&true)];
    let unguarded = outward || !matches!(location.guard, Guard::Groups(_));
    Some((location.region.clone(), location.subnet.clone(), groups, v4, v6, unguarded))
}

fn member<'a>(interface: &'a Resource<NetworkInterface>, location: &Location, owners: &Owners<'_>) -> Member<'a> {
    let text = |value: &crate::model::Observed<Option<String>>| value.known().cloned().flatten().filter(|text| !text.trim().is_empty());
    let (description, instance) = (text(&interface.fields.description), text(&interface.fields.instance_id));
    let kind = text(&interface.fields.interface_type);
    // `AWS Lambda VPC ENI-NAME-UUID`, `arn:aws:ecs:…`: written by AWS, though anybody may write the same on an interface of their own.
    let function = description.as_deref().and_then(|text| text.strip_prefix("AWS Lambda VPC ENI-"));
    let (kind, system) = if let Some(instance) = instance {
        ("ec2", instance)
    } else if kind.as_deref().is_some_and(is_nat_gateway) {
        (NAT_GATEWAY, description.unwrap_or_else(|| interface.id.name.to_string()))
    } else if let Some(function) = function {
        let name = function.char_indices().rev().filter(|(_, c)| *c == '-').nth(4).and_then(|(at, _)| function.get(..at)).unwrap_or(function);
        ("lambda", name.to_owned())
    } else if kind.as_deref() == Some("lambda") {
        ("lambda", description.unwrap_or_else(|| interface.id.name.to_string()))
    } else if description.as_deref().is_some_and(|text| text.starts_with("arn:") && text.split(':').nth(2) == Some("ecs")) {
        ("ecs", description.unwrap_or_default())
    } else if let Some(proxy) = description.as_deref().and_then(|text| text.strip_prefix("Network interface for DBProxy ")) {
        ("rds-proxy", proxy.to_owned())
    } else if kind.as_deref() == Some("network_load_balancer") || description.as_deref().is_some_and(balances) {
        ("load-balancer", description.unwrap_or_else(|| interface.id.name.to_string()))
    } else if let Some(owner) = owners.owner(interface) {
        ("other", owner.name.to_string())
    } else {
        let requester = text(&interface.fields.requester);
        ("other", description.or(requester).unwrap_or_else(|| interface.id.name.to_string()))
    };
    Member { interface, addresses: location.addresses.may.clone(), kind, system }
}

/// Whether a description is that of a load balancer that passes on any protocol: not an application load balancer's, which speaks HTTP alone.
fn balances(description: &str) -> bool {
    description.strip_prefix("ELB ").is_some_and(|name| !name.starts_with("app/"))
}

impl Class<'_> {
    /// On which port some public source opens it; `None` where on none.
    pub(super) fn open(&self, network: &Network<'_>) -> &Derived<Option<String>> {
        self.open.get_or_init(|| {
            let region_network = network.region_network(&self.location.region);
            let opened = region_network.and_then(|region_network| opened(region_network, &self.location));
            if self.doubt.is_empty() || opened.value().is_some_and(Option::is_none) {
                return opened;
            }
            Derived::Unseen { missing: self.doubt.clone(), from: opened.from().to_vec() }
        })
    }
}

/// On which port the internet opens a place, by its public address or perhaps without one.
fn opened(region_network: &RegionNetwork<'_>, location: &Location) -> Derived<Option<String>> {
    let directly = directly(region_network, location);
    match region_network.led_to(location).filter(|_| directly.value() == Some(&None)) {
        Some(missing) => Derived::unseen(missing).resting_on(directly.from()),
        None => directly,
    }
}

/// The first port on which the internet opens a place.
fn directly(region_network: &RegionNetwork<'_>, location: &Location) -> Derived<Option<String>> {
    if location.public.iter().all(|public| public.value() == Some(&false)) {
        let from: Vec<FieldRef> = location.public.iter().flat_map(|public| public.from().iter().cloned()).collect();
        return Derived::Known { value: None, from };
    }
    let (mut missing, mut from) = (Vec::new(), Vec::new());
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let (spans, hidden) = region_network.opened_to_internet(location, protocol);
        let cuts: Vec<_> =
            region_network.acls.of_subnet(&location.subnet).value().map(|acl| acl.cuts(Direction::In, protocol).collect()).unwrap_or_default();
        // Within a piece every rule says the same of all ports: its first one stands for them.
        let pieces: BTreeSet<Span> = spans.into_iter().flat_map(|span| pieces(span, cuts.iter().copied())).collect();
        let mut asked: Vec<(Port, String)> = pieces.into_iter().map(|piece| (Port::new(protocol, piece.0), span_in_words(protocol, piece))).collect();
        if !hidden.is_empty() {
            let port = Port { number: None, missing: hidden, ..Port::new(protocol, 0) };
            let words = port.words();
            asked.push((port, words));
        }
        for (port, words) in asked {
            match internet::opens(region_network, location, &port) {
                Derived::Known { value: true, from } => return Derived::Known { value: Some(words), from },
                Derived::Known { from: more, .. } => from.extend(more),
                Derived::Unseen { missing: more, from: also } => {
                    missing.extend(more);
                    from.extend(also);
                }
            }
        }
    }
    if missing.is_empty() { Derived::Known { value: None, from } } else { Derived::Unseen { missing, from } }
}
