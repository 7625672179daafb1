//! The network between a mover and what it talks to: does it stay in private networks, pass AWS's public endpoints, or cross an untrusted network (1.4.2, 4.2.1).
//!
//! Source: VPC guide, "VPC peering", "Gateway endpoints", "Access an AWS service using an interface VPC endpoint" (private DNS); RDS guide, "Working with a DB
//! instance in a VPC" (a publicly accessible name resolves to the private address inside its VPC alone); VPC FAQ: packets from AWS's network to AWS's network
//! stay on it, public addresses or not.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use ipnet::IpNet;

use super::target::Target;
use crate::evidence::{Derived, FieldRef, Missing, observe};
use crate::facts::FactContext;
use crate::model::network::{Vpc, VpcEndpoint};
use crate::model::{Kind, Resource, dms, rds};
use crate::network::address_bounds::AddressBounds;
use crate::network::cidr::Addresses;
use crate::network::external_networks::{self, Beyond};
use crate::network::special_ranges::private;
use crate::network::{Network, NextHop, RegionNetwork, blocks, leads_to, peering};

/// What a leg crosses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Crossing {
    /// Private networks alone.
    Private,
    /// AWS's public endpoints, over AWS's own network.
    AwsPublic,
    /// An untrusted network: the internet, or an outside party by its blocks.
    Untrusted {
        /// The blocks of the party that stands behind it; empty for the internet.
        blocks: Vec<IpNet>,
    },
    /// The control plane cannot say.
    AsksPerson,
}

/// One leg.
#[derive(Debug, Clone)]
pub struct Journey {
    /// What it crosses.
    pub crossing: Crossing,
    /// In words.
    pub words: String,
}

/// Where a mover may stand.
#[derive(Debug, Clone)]
pub struct Mover {
    /// Its name.
    pub name: String,
    region: String,
    vpc: String,
    subnets: Vec<String>,
}

/// The networks, and who stands in them.
pub struct Journeys<'c, 'a> {
    network: &'c Network<'a>,
    targets: HashMap<&'c str, &'c Target>,
    endpoints: HashMap<(String, String), Vec<&'a Resource<VpcEndpoint>>>,
    /// Endpoints whose VPC was not seen, by region.
    unplaced: HashMap<String, Vec<Missing>>,
}

/// The route by which a subnet reaches an address, as its destination and its targets; `None` where none leads on.
fn way_to(region_network: &RegionNetwork<'_>, subnet: &str, vpc: &Derived<String>, address: &Addresses) -> Derived<Option<(String, Vec<String>)>> {
    region_network.tables.ways_of(subnet, vpc).and_then(|ways| {
        let unsure: Vec<Missing> = ways.iter().flat_map(|way| way.addresses.missing.iter().cloned()).collect();
        match ways.iter().find(|way| way.addresses.sure.meets(address)) {
            None if !unsure.is_empty() => Derived::Unseen { missing: unsure, from: Vec::new() },
            way => {
                let targets = |targets: &[&str]| targets.iter().map(|target| (*target).to_owned()).collect();
                Derived::known(way.filter(|way| !way.lost).map(|way| (way.destination.to_owned(), targets(&way.targets))))
            }
        }
    })
}

fn on_the_internet(address: IpAddr) -> Journey {
    journey(Crossing::Untrusted { blocks: vec![IpNet::from(address)] }, format!("{address} is an address of the internet"))
}

fn journey(crossing: Crossing, words: String) -> Journey {
    Journey { crossing, words }
}

impl<'c, 'a> Journeys<'c, 'a> {
    /// Of every region.
    pub(crate) fn new(ctx: &'c FactContext<'a>) -> Self {
        let (index, network) = (ctx.index, ctx.network());
        let targets = ctx.targets().iter().map(|target| (&*target.id.arn, target)).collect();
        let (mut endpoints, mut unplaced): (HashMap<_, Vec<_>>, HashMap<_, Vec<_>>) = (HashMap::new(), HashMap::new());
        for endpoint in index.all::<VpcEndpoint>() {
            let region = endpoint.id.region.to_string();
            match observe!(endpoint.vpc_id) {
                Derived::Known { value: Some(vpc), .. } => endpoints.entry((region, vpc)).or_default().push(endpoint),
                Derived::Known { value: None, .. } => {}
                Derived::Unseen { missing, .. } => unplaced.entry(region).or_default().extend(missing),
            }
        }
        Self { network, targets, endpoints, unplaced }
    }

    /// A replication instance.
    pub fn instance(&self, instance: &Resource<dms::Instance>) -> Derived<Mover> {
        observe!(instance.vpc_id)
            .zip(observe!(instance.subnets))
            .and_then(|(vpc, subnets)| settled(&instance.id.name, &instance.id.region, vpc, subnets))
    }

    /// A serverless replication.
    pub fn serverless(&self, config: &Resource<dms::ReplicationConfig>) -> Derived<Mover> {
        let group = observe!(config.subnet_group).and_then(|group| match group {
            Some(group) => self.network.index().get::<dms::SubnetGroup>(&config.id.region, &group),
            None => Derived::unseen(Missing::Outside(format!("AWS names no subnet group of {}", config.id.name))),
        });
        let seen = group.and_then(|group| observe!(group.vpc_id).zip(observe!(group.subnets)));
        seen.and_then(|(vpc, subnets)| settled(&config.id.name, &config.id.region, vpc, subnets))
    }

    /// From a mover to a server of this account.
    pub fn to_server(&self, mover: &Mover, arn: &str, name: &str) -> Derived<Journey> {
        let Some(target) = self.targets.get(arn) else { return self.to_members(mover, arn, name) };
        target.express.clone().and_then(|express| {
            if express {
                return Derived::known(journey(Crossing::Untrusted { blocks: Vec::new() }, format!("{name} is an endpoint on the internet")));
            }
            target.vpc.clone().zip(target.subnets.clone()).and_then(|(vpc, subnets)| {
                let region = target.id.region.to_string();
                if vpc.as_deref() == Some(&*mover.vpc) && region == mover.region {
                    return Derived::known(journey(Crossing::Private, format!("{} and {name} stand in {}", mover.name, mover.vpc)));
                }
                let Some(vpc) = vpc else { return Derived::known(journey(Crossing::AsksPerson, format!("AWS names no VPC of {name}"))) };
                target.address.clone().and_then(|public| {
                    if public {
                        // Outside its VPC the name of a public server means its public address, whatever is peered.
                        let words = format!("{name} is public and stands in {vpc}, {} in {}: they meet at its public address", mover.name, mover.vpc);
                        return Derived::known(journey(Crossing::Untrusted { blocks: Vec::new() }, words));
                    }
                    self.joined(mover, &region, &vpc, &subnets).map(|by| match by {
                        Some(by) => journey(Crossing::Private, format!("{} in {} reaches {name} in {vpc} over {by}", mover.name, mover.vpc)),
                        None => journey(
                            Crossing::AsksPerson,
                            format!(
                                "no peering or transit gateway joins every subnet of {} in {} with every one of {name} in {vpc}",
                                mover.name, mover.vpc
                            ),
                        ),
                    })
                })
            })
        })
    }

    /// From a mover to a cluster that stands where its members do.
    fn to_members(&self, mover: &Mover, arn: &str, name: &str) -> Derived<Journey> {
        let index = self.network.index();
        let nowhere = || Derived::known(journey(Crossing::AsksPerson, format!("where {name} stands is not known")));
        let Some(cluster) = index.all::<rds::Cluster>().iter().find(|cluster| *cluster.id.arn == *arn) else { return nowhere() };
        observe!(cluster.members).and_then(|members| {
            let legs = members.iter().map(|member| {
                let instance = index.get::<rds::Instance>(&cluster.id.region, &member.instance_id);
                instance.and_then(|instance| match self.targets.contains_key(&*instance.id.arn) {
                    true => self.to_server(mover, &instance.id.arn, name),
                    false => nowhere(),
                })
            });
            let legs = Derived::collect(legs.collect::<Vec<_>>());
            if members.is_empty() { nowhere() } else { legs.map(worst) }
        })
    }

    /// What joins a mover's VPC with another: from each of its subnets, peerings and transit gateways to the other's subnets.
    fn joined(&self, mover: &Mover, region: &str, vpc: &str, subnets: &[String]) -> Derived<Option<String>> {
        let region_networks = self.network.region_network(&mover.region).zip(self.network.region_network(region));
        region_networks.and_then(|(here, there)| {
            let mut all = BTreeSet::new();
            // A server moves between its subnets, a mover between its own: each pair must be joined.
            let pairs = mover.subnets.iter().flat_map(|subnet| subnets.iter().map(move |to| (subnet, blocks(there, to))));
            let each = pairs.map(|(subnet, to)| {
                carriers(here, subnet, mover, vpc, &to).and_then(|carriers| {
                    let any = !carriers.is_empty();
                    all.extend(carriers);
                    Derived::known(any)
                })
            });
            let whole = Derived::all(each.collect::<Vec<_>>());
            whole.map(|whole| whole.then(|| all.into_iter().collect::<Vec<_>>().join(", ")))
        })
    }

    /// From a mover to an address that no server of this account has.
    pub fn to_address(&self, mover: &Mover, address: IpAddr) -> Derived<Journey> {
        let region_network = match self.network.region_network(&mover.region) {
            Derived::Known { value, .. } => value,
            Derived::Unseen { missing, from } => return Derived::Unseen { missing, from },
        };
        let set = Addresses::from_blocks([&IpNet::from(address)]);
        let is_a_vpcs = region_network.address_space.areas.iter().any(|area| area.net.contains(&address));
        if !is_a_vpcs && region_network.address_space.internet().sure.meets(&set) && region_network.address_space.internet().missing.is_empty() {
            return Derived::known(on_the_internet(address));
        }
        let legs = mover.subnets.iter().map(|subnet| self.leg_to_address(mover, region_network, subnet, address));
        Derived::collect(legs.collect::<Vec<_>>()).map(worst)
    }

    /// The same from one subnet of the mover, by what its routes say.
    fn leg_to_address(&self, mover: &Mover, region_network: &RegionNetwork<'_>, subnet: &str, address: IpAddr) -> Derived<Journey> {
        let set = Addresses::from_blocks([&IpNet::from(address)]);
        let vpc = Derived::known(mover.vpc.clone());
        way_to(region_network, subnet, &vpc, &set).and_then(|way| match way {
            None => Derived::known(journey(Crossing::AsksPerson, format!("{subnet} has no route to {address}"))),
            Some((destination, targets)) if targets.is_empty() => {
                Derived::unseen(Missing::Outside(format!("where {subnet} sends {destination}: AWS names no target that this version knows")))
            }
            Some((_, targets)) if targets.iter().all(|target| target == "local") => {
                Derived::known(journey(Crossing::Private, format!("{address} lies in {}", mover.vpc)))
            }
            // A box may hand packets on to anywhere: only what is in the VPC's own blocks is known to stay.
            Some((_, targets)) if targets.iter().all(|target| matches!(NextHop::from_target(target), NextHop::Local | NextHop::Middlebox)) => {
                let stays = region_network.address_space.areas.iter().any(|area| area.name == mover.vpc && area.net.contains(&address));
                let through = targets.iter().filter(|target| *target != "local").cloned().collect::<Vec<_>>().join(", ");
                Derived::known(if stays {
                    journey(Crossing::Private, format!("{address} lies in {}, behind {through}", mover.vpc))
                } else {
                    journey(Crossing::AsksPerson, format!("{address} is reached over {through}, and AWS does not say where that leads"))
                })
            }
            // A block that some VPC has in public space is somebody else's where routes lead to the internet.
            Some((_, targets)) if !private().meets(&set) && targets.iter().all(|target| leads_out(target)) => {
                Derived::known(on_the_internet(address))
            }
            Some((destination, targets)) => external_networks::parties(region_network, subnet, &vpc).and_then(|parties| {
                let outside = |party: &&external_networks::Party| party.beyond == Beyond::OwnNetwork && party.addresses.sure.meets(&set);
                let over = targets.join(", ");
                match parties.iter().find(outside) {
                    Some(party) => {
                        let blocks = destination.parse().into_iter().collect();
                        Derived::known(journey(Crossing::Untrusted { blocks }, format!("{address} is reached over {}", party.name)))
                    }
                    None => self.own_vpc(region_network, subnet, &mover.vpc, address).map(|own| match own {
                        Some(far) => journey(Crossing::Private, format!("{address} lies in {far}, over {over}")),
                        None => journey(Crossing::AsksPerson, format!("{address} is reached over {over}")),
                    }),
                }
            }),
        })
    }

    /// The VPC of this account that has an address, where a subnet's routes lead there.
    fn own_vpc(&self, region_network: &RegionNetwork<'_>, subnet: &str, vpc: &str, address: IpAddr) -> Derived<Option<String>> {
        let own = |name: &str| self.network.index().all::<Vpc>().iter().any(|vpc| *vpc.id.name == *name);
        let meant = region_network.address_space.areas.iter().filter(|area| area.net.contains(&address) && own(&area.name));
        let there = meant.map(|area| leads_to(region_network, subnet, vpc, &area.name, address).map(|leads| leads.then(|| area.name.clone())));
        let there: Vec<Derived<Option<String>>> = there.collect();
        match there.iter().find(|name| name.value().is_some_and(Option::is_some)) {
            Some(found) => found.clone(),
            // Another VPC may have it whose blocks were not seen.
            None if !region_network.address_space.missing.is_empty() => {
                Derived::Unseen { missing: region_network.address_space.missing.clone(), from: Vec::new() }
            }
            None => Derived::collect(there).map(|_| None),
        }
    }

    /// From a mover to a service of AWS's (`s3`, `dynamodb`, `kinesis-streams`), by the VPC endpoints of its VPC.
    pub fn to_service(&self, mover: &Mover, service: &str) -> Derived<Journey> {
        let region_network = match self.network.region_network(&mover.region) {
            Derived::Known { value, .. } => value,
            Derived::Unseen { missing, from } => return Derived::Unseen { missing, from },
        };
        let vpc = Derived::known(mover.vpc.clone());
        let suffix = format!(".{}.{service}", mover.region);
        let all = self.endpoints.get(&(mover.region.clone(), mover.vpc.clone())).map(Vec::as_slice).unwrap_or_default();
        let complete = self.network.index().listed(Kind::VpcEndpoint, &mover.region).and_then(|()| match self.unplaced.get(&mover.region) {
            Some(missing) => Derived::Unseen { missing: missing.clone(), from: Vec::new() },
            None => Derived::known(false),
        });
        let covered = mover.subnets.iter().map(|subnet| {
            let table = region_network.tables.of_subnet(subnet, &vpc).map(|(table, _)| table.resource.id.name.to_string());
            let serves = all.iter().map(|endpoint| {
                let endpoint = *endpoint;
                let meant = observe!(endpoint.service).map(|name| name.is_some_and(|name| name.ends_with(&suffix)));
                let up = observe!(endpoint.state).map(|state| state.as_deref().is_some_and(|state| state.eq_ignore_ascii_case("available")));
                let leads = observe!(endpoint.endpoint_type).and_then(|kind| match kind.as_deref() {
                    Some("Gateway") => observe!(endpoint.route_tables).zip(table.clone()).map(|(tables, own)| tables.contains(&own)),
                    Some("Interface") => observe!(endpoint.private_dns).map(|private| private == Some(true)),
                    _ => Derived::known(false),
                });
                Derived::all([meant, up, leads])
            });
            Derived::any(serves.chain([complete.clone()]))
        });
        Derived::all(covered.collect::<Vec<_>>()).map(|covered| {
            if covered {
                journey(Crossing::Private, format!("{} reaches {service} over a VPC endpoint", mover.name))
            } else {
                journey(
                    Crossing::AwsPublic,
                    format!("{} reaches {service} at its public endpoint: {} has no VPC endpoint for it", mover.name, mover.vpc),
                )
            }
        })
    }
}

/// Whether a route's target leads to the internet and nowhere else.
fn leads_out(target: &str) -> bool {
    matches!(NextHop::from_target(target), NextHop::InternetGateway | NextHop::EgressOnly | NextHop::Nat)
}

fn settled(name: &str, region: &str, vpc: Option<String>, subnets: Vec<String>) -> Derived<Mover> {
    match vpc.filter(|_| !subnets.is_empty()) {
        Some(vpc) => Derived::known(Mover { name: name.to_owned(), region: region.to_owned(), vpc, subnets }),
        None => Derived::unseen(Missing::Outside(format!("AWS names no VPC and subnets of {name}"))),
    }
}

/// The peerings and transit gateways that lead from a subnet to addresses of another VPC.
fn carriers(region_network: &RegionNetwork<'_>, subnet: &str, mover: &Mover, vpc: &str, to: &AddressBounds) -> Derived<BTreeSet<String>> {
    let own = Derived::known(mover.vpc.clone());
    let ways = region_network.tables.ways_of(subnet, &own);
    let from: Vec<FieldRef> = ways.from().to_vec();
    ways.and_then(|ways| {
        let (mut found, mut at, mut missing) = (BTreeSet::new(), Vec::new(), Vec::new());
        for way in ways.iter().filter(|way| !way.lost) {
            for target in &way.targets {
                let carried = if NextHop::from_target(target) == NextHop::Peering {
                    AddressBounds::gate(&peering::joins(region_network, target, &mover.vpc, vpc))
                } else if NextHop::from_target(target) == NextHop::Transit {
                    let takes = AddressBounds::gate(&region_network.transit.takes_from(target, subnet, &mover.vpc));
                    region_network.transit.between(target, &mover.vpc, vpc, &to.may).and(&takes)
                } else {
                    continue;
                };
                let through = way.addresses.and(&carried).and(to);
                match through.some() {
                    Some(true) => {
                        found.insert((*target).to_owned());
                        at.extend(through.from);
                    }
                    Some(false) => {}
                    None => missing.extend(through.missing),
                }
            }
        }
        if found.is_empty() && !missing.is_empty() { Derived::Unseen { missing, from: at } } else { Derived::Known { value: found, from: at } }
    })
    .resting_on(&from)
}

/// Of several legs the one that matters most.
pub fn worst(journeys: Vec<Journey>) -> Journey {
    let rank = |journey: &Journey| match journey.crossing {
        Crossing::Untrusted { .. } => 3,
        Crossing::AsksPerson => 2,
        Crossing::AwsPublic => 1,
        Crossing::Private => 0,
    };
    let mut all = journeys.into_iter();
    let first = all.next().unwrap_or_else(|| journey(Crossing::Private, String::new()));
    all.fold(first, |worst, next| if rank(&next) > rank(&worst) { next } else { worst })
}
