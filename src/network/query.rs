//! A question about reachability: from whom to where; of all paths between them, the one that gets furthest is the answer.

use super::address_bounds::AddressBounds;
use super::answer::Answer;
use super::cidr::{Addresses, Family};
use super::egress_paths;
use super::external_networks;
use super::internet;
use super::legs::Port;
use super::location::{Guard, Location, blocks};
use super::private_paths::{self, End};
use super::region_network::{Network, RegionNetwork};
use super::trace::Trace;
use crate::evidence::{Derived, Missing, observe};
use crate::model::Kind;
use crate::model::network::{NetworkInterface, Subnet};

/// Who opens the connection.
pub enum Origin {
    /// Anybody on the internet.
    Internet,
    /// Whoever has one of these addresses.
    Addresses(Addresses),
    /// Whoever stands at one of these places; what would name more of them.
    Stands(Vec<Location>, Vec<Missing>),
}

/// The answer that gets furthest, with the names of its ends.
pub struct Reach {
    /// The sender.
    pub from: String,
    /// The receiver.
    pub to: String,
    /// The port.
    pub port: Port,
    /// The answer.
    pub answer: Answer,
}

/// A path with the names of its ends.
struct Candidate<'g> {
    from: String,
    to: String,
    port: Port,
    trace: Trace<'g>,
}

/// How many paths of the same worth are told in full, to choose the one that gets furthest.
const TOLD: usize = 32;

/// Answers a question. `unplaced` is what would tell more places at which the receiver stands.
pub fn ask(network: &Network<'_>, origin: &Origin, targets: &[Location], ports: &[Port], unplaced: &[Missing]) -> Reach {
    let mut missing = unplaced.to_vec();
    let origins = origins(network, origin, &mut missing);
    let mut candidates = Vec::new();
    for target in targets {
        let Some(region_network) = network.region_network(&target.region).value().copied() else { continue };
        for port in ports {
            let mut found: Vec<(String, Trace<'_>)> = Vec::new();
            match origin {
                Origin::Internet => {
                    found.extend(named("internet", from_internet(region_network, region_network.address_space.internet(), target, port)));
                    // Databases are nobody's targets; hosts may be.
                    missing.extend(region_network.led_to(target).filter(|_| !target.somewhere));
                }
                Origin::Addresses(set) => {
                    let public = AddressBounds {
                        sure: region_network.address_space.internet().sure.and(set),
                        may: region_network.address_space.internet().may.and(set),
                        ..region_network.address_space.internet().clone()
                    };
                    found.extend(named("internet", from_internet(region_network, &public, target, port)));
                    let rest = set.minus(&region_network.address_space.internet().may);
                    if !rest.is_empty() {
                        found
                            .extend(named("outside network", external_networks::traces(region_network, &AddressBounds::exactly(rest), target, port)));
                    }
                }
                Origin::Stands(..) => {}
            }
            for location in &origins {
                let Some(here) = network.region_network(&location.region).value().copied() else { continue };
                let ends = (End { region_network: here, location }, End { region_network, location: target });
                found.extend(named(&placed(location), private_paths::traces(ends.0, ends.1, port)));
                if location.subnet != target.subnet {
                    found.extend(named(&placed(location), egress_paths::traces(here, location, region_network, target, port)));
                }
            }
            candidates.extend(found.into_iter().map(|(from, trace)| Candidate { from, to: placed(target), port: port.clone(), trace }));
        }
    }
    best(candidates, missing.clone()).unwrap_or_else(|| {
        // Nobody stands at one of the ends, or nobody was seen there.
        let open = if missing.is_empty() { Derived::known(false) } else { Derived::Unseen { missing, from: Vec::new() } };
        let nowhere = Addresses::default;
        let answer = Answer { open, legs: Vec::new(), source: nowhere(), target: nowhere(), client_port: 0 };
        let port = ports.first().cloned().unwrap_or_else(|| Port::new(super::packet::Protocol::Tcp, 0));
        Reach { from: String::new(), to: String::new(), port, answer }
    })
}

/// Who stands where.
fn placed(location: &Location) -> String {
    if location.name.ends_with(&location.subnet) { location.name.clone() } else { format!("{} in {}", location.name, location.subnet) }
}

fn named<'g>(from: &str, traces: Vec<Trace<'g>>) -> impl Iterator<Item = (String, Trace<'g>)> {
    traces.into_iter().map(|trace| (from.to_owned(), trace))
}

fn from_internet<'g>(region_network: &'g RegionNetwork<'_>, sources: &AddressBounds, target: &'g Location, port: &Port) -> Vec<Trace<'g>> {
    let families = [Family::V4, Family::V6].into_iter().filter(|family| !sources.only(*family).may.is_empty());
    families.map(|family| internet::trace(region_network, sources, family, target, port)).collect()
}

fn best(candidates: Vec<Candidate<'_>>, missing: Vec<Missing>) -> Option<Reach> {
    let rank = |open: &Derived<bool>| match open.value() {
        Some(true) => 2,
        None => 1,
        Some(false) => 0,
    };
    let ranked: Vec<(u8, Candidate<'_>)> = candidates.into_iter().map(|candidate| (rank(&candidate.trace.open()), candidate)).collect();
    let top = ranked.iter().map(|(rank, _)| *rank).max()?;
    let told = ranked.into_iter().filter(|(rank, _)| *rank == top).take(TOLD).map(|(_, candidate)| {
        let answer = candidate.trace.answer();
        Reach { from: candidate.from, to: candidate.to, port: candidate.port, answer }
    });
    // Of open paths the first is as good as any: within private networks before over the internet.
    let told = told.take(if top == 2 { 1 } else { TOLD });
    let mut reach = told.reduce(|best, next| if next.answer.rank() > best.answer.rank() { next } else { best })?;
    if reach.answer.open.value() == Some(&false) && !missing.is_empty() {
        let from = reach.answer.open.from().to_vec();
        reach.answer.open = Derived::Unseen { missing, from };
    }
    Some(reach)
}

/// The places that senders stand at.
fn origins(network: &Network<'_>, origin: &Origin, missing: &mut Vec<Missing>) -> Vec<Location> {
    match origin {
        Origin::Internet => Vec::new(),
        Origin::Stands(locations, more) => {
            missing.extend(more.iter().cloned());
            locations.clone()
        }
        Origin::Addresses(set) => {
            let mut all = Vec::new();
            for region_network in network.region_networks() {
                missing.extend(region_network.index.listed(Kind::Subnet, &region_network.region).missing().iter().cloned());
                let (interfaces, more) = interfaces(region_network, &|location| location.addresses.may.meets(set));
                all.extend(interfaces);
                missing.extend(more);
                for subnet in region_network.index.all::<Subnet>().iter().filter(|subnet| *subnet.id.region == *region_network.region) {
                    missing.extend(blocks(region_network, &subnet.id.name).missing);
                    all.extend(whoever(region_network, &subnet.id.name, &observe!(subnet.vpc_id), set));
                }
            }
            all
        }
    }
}

/// Whoever may have some of these addresses in a subnet; `None` where it has none of them.
pub fn whoever(region_network: &RegionNetwork<'_>, subnet: &str, vpc: &Derived<String>, among: &Addresses) -> Option<Location> {
    let own = blocks(region_network, subnet);
    let addresses = AddressBounds { sure: own.sure.and(among), may: own.may.and(among), ..own };
    if addresses.may.is_empty() || addresses.sure.is_empty() {
        return None;
    }
    let mut location = Location::in_subnet(region_network, &format!("a host in {subnet}"), subnet, &vpc.clone().map(Some), Guard::Unasked);
    location.addresses = addresses;
    location.somewhere = false;
    Some(location)
}

/// The interfaces of a region that are wanted, and what would name more of them.
pub fn interfaces(region_network: &RegionNetwork<'_>, wanted: &dyn Fn(&Location) -> bool) -> (Vec<Location>, Vec<Missing>) {
    let mut missing = region_network.index.listed(Kind::NetworkInterface, &region_network.region).missing().to_vec();
    let mut all = Vec::new();
    for interface in region_network.index.all::<NetworkInterface>().iter().filter(|interface| *interface.id.region == *region_network.region) {
        match Location::of_interface(region_network, interface) {
            Derived::Known { value, .. } => all.extend(value.filter(|location| wanted(location))),
            Derived::Unseen { missing: more, .. } => missing.extend(more),
        }
    }
    (all, missing)
}
