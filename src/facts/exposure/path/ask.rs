//! A question about reachability: from whom to where; of all paths between them, the one that gets furthest is the answer.

use super::answer::Answer;
use super::between::{self, End};
use super::ground::{Ground, Network};
use super::internet;
use super::legs::Port;
use super::outside;
use super::over;
use super::stand::{Guard, Stand, blocks};
use super::walk::Walk;
use crate::evidence::{Derived, Missing, observe};
use crate::facts::exposure::cidr::{Addresses, Family};
use crate::facts::exposure::passing::Passing;
use crate::model::Kind;
use crate::model::network::{NetworkInterface, Subnet};

/// Who opens the connection.
pub enum Origin {
    /// Anybody on the internet.
    Internet,
    /// Whoever has one of these addresses.
    Addresses(Addresses),
    /// Whoever stands at one of these places; what would name more of them.
    Stands(Vec<Stand>, Vec<Missing>),
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
    walk: Walk<'g>,
}

/// How many paths of the same worth are told in full, to choose the one that gets furthest.
const TOLD: usize = 32;

/// Answers a question. `unplaced` is what would tell more places at which the receiver stands.
pub fn ask(network: &Network<'_>, origin: &Origin, targets: &[Stand], ports: &[Port], unplaced: &[Missing]) -> Reach {
    let mut missing = unplaced.to_vec();
    let origins = origins(network, origin, &mut missing);
    let mut candidates = Vec::new();
    for target in targets {
        let Some(ground) = network.ground(&target.region).value().copied() else { continue };
        for port in ports {
            let mut found: Vec<(String, Walk<'_>)> = Vec::new();
            match origin {
                Origin::Internet => {
                    found.extend(named("internet", from_internet(ground, ground.home.internet(), target, port)));
                    // Databases are nobody's targets; hosts may be.
                    missing.extend(ground.led_to(target).filter(|_| !target.somewhere));
                }
                Origin::Addresses(set) => {
                    let public = Passing {
                        sure: ground.home.internet().sure.and(set),
                        may: ground.home.internet().may.and(set),
                        ..ground.home.internet().clone()
                    };
                    found.extend(named("internet", from_internet(ground, &public, target, port)));
                    let rest = set.minus(&ground.home.internet().may);
                    if !rest.is_empty() {
                        found.extend(named("outside network", outside::walks(ground, &Passing::exactly(rest), target, port)));
                    }
                }
                Origin::Stands(..) => {}
            }
            for stand in &origins {
                let Some(here) = network.ground(&stand.region).value().copied() else { continue };
                let ends = (End { ground: here, stand }, End { ground, stand: target });
                found.extend(named(&placed(stand), between::walks(ends.0, ends.1, port)));
                if stand.subnet != target.subnet {
                    found.extend(named(&placed(stand), over::walks(here, stand, ground, target, port)));
                }
            }
            candidates.extend(found.into_iter().map(|(from, walk)| Candidate { from, to: placed(target), port: port.clone(), walk }));
        }
    }
    best(candidates, missing.clone()).unwrap_or_else(|| {
        // Nobody stands at one of the ends, or nobody was seen there.
        let open = if missing.is_empty() { Derived::known(false) } else { Derived::Unseen { missing, from: Vec::new() } };
        let nowhere = Addresses::default;
        let answer = Answer { open, legs: Vec::new(), source: nowhere(), target: nowhere(), client_port: 0 };
        let port = ports.first().cloned().unwrap_or_else(|| Port::of(super::packet::Protocol::Tcp, 0));
        Reach { from: String::new(), to: String::new(), port, answer }
    })
}

/// Who stands where.
fn placed(stand: &Stand) -> String {
    if stand.name.ends_with(&stand.subnet) { stand.name.clone() } else { format!("{} in {}", stand.name, stand.subnet) }
}

fn named<'g>(from: &str, walks: Vec<Walk<'g>>) -> impl Iterator<Item = (String, Walk<'g>)> {
    walks.into_iter().map(|walk| (from.to_owned(), walk))
}

fn from_internet<'g>(ground: &'g Ground<'_>, sources: &Passing, target: &'g Stand, port: &Port) -> Vec<Walk<'g>> {
    let families = [Family::V4, Family::V6].into_iter().filter(|family| !sources.only(*family).may.is_empty());
    families.map(|family| internet::walk(ground, sources, family, target, port)).collect()
}

fn best(candidates: Vec<Candidate<'_>>, missing: Vec<Missing>) -> Option<Reach> {
    let rank = |open: &Derived<bool>| match open.value() {
        Some(true) => 2,
        None => 1,
        Some(false) => 0,
    };
    let ranked: Vec<(u8, Candidate<'_>)> = candidates.into_iter().map(|candidate| (rank(&candidate.walk.open()), candidate)).collect();
    let top = ranked.iter().map(|(rank, _)| *rank).max()?;
    let told = ranked.into_iter().filter(|(rank, _)| *rank == top).take(TOLD).map(|(_, candidate)| {
        let answer = candidate.walk.answer();
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
fn origins(network: &Network<'_>, origin: &Origin, missing: &mut Vec<Missing>) -> Vec<Stand> {
    match origin {
        Origin::Internet => Vec::new(),
        Origin::Stands(stands, more) => {
            missing.extend(more.iter().cloned());
            stands.clone()
        }
        Origin::Addresses(set) => {
            let mut all = Vec::new();
            for ground in network.grounds() {
                missing.extend(ground.index.listed(Kind::Subnet, &ground.region).missing().iter().cloned());
                let (interfaces, more) = interfaces(ground, &|stand| stand.addresses.may.meets(set));
                all.extend(interfaces);
                missing.extend(more);
                for subnet in ground.index.all::<Subnet>().iter().filter(|subnet| *subnet.id.region == *ground.region) {
                    missing.extend(blocks(ground, &subnet.id.name).missing);
                    all.extend(whoever(ground, &subnet.id.name, &observe!(subnet.vpc_id), set));
                }
            }
            all
        }
    }
}

/// Whoever may have some of these addresses in a subnet; `None` where it has none of them.
pub fn whoever(ground: &Ground<'_>, subnet: &str, vpc: &Derived<String>, among: &Addresses) -> Option<Stand> {
    let own = blocks(ground, subnet);
    let addresses = Passing { sure: own.sure.and(among), may: own.may.and(among), ..own };
    if addresses.may.is_empty() || addresses.sure.is_empty() {
        return None;
    }
    let mut stand = Stand::in_subnet(ground, &format!("a host in {subnet}"), subnet, &vpc.clone().map(Some), Guard::Unasked);
    stand.addresses = addresses;
    stand.somewhere = false;
    Some(stand)
}

/// The interfaces of a region that are wanted, and what would name more of them.
pub fn interfaces(ground: &Ground<'_>, wanted: &dyn Fn(&Stand) -> bool) -> (Vec<Stand>, Vec<Missing>) {
    let mut missing = ground.index.listed(Kind::NetworkInterface, &ground.region).missing().to_vec();
    let mut all = Vec::new();
    for interface in ground.index.all::<NetworkInterface>().iter().filter(|interface| *interface.id.region == *ground.region) {
        match Stand::of_interface(ground, interface) {
            Derived::Known { value, .. } => all.extend(value.filter(|stand| wanted(stand))),
            Derived::Unseen { missing: more, .. } => missing.extend(more),
        }
    }
    (all, missing)
}
