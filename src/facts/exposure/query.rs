//! Questions that people put: who is meant by a name, and what the evaluator says of the path between two of them.

use std::collections::BTreeSet;

use iam_eval::arn::Arn;

use super::target::{self, Target};
use crate::evidence::{Derived, Index, Missing, observe};
use crate::model::network::{NetworkInterface, SecurityGroup, Subnet, Vpc};
use crate::model::{Identity, Kind, dms};
use crate::network::cidr::{Addresses, parse};
use crate::network::{Answer, Guard, Leg, LegKind, Location, Network, Origin, Port, Protocol, Reach, ask, interfaces, whoever};

/// Why a question cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Nobody goes by that name.
    #[error("there is no {what} \"{name}\" in the snapshot")]
    NoSuch {
        /// What was looked for.
        what: &'static str,
        /// The name.
        name: String,
        /// Every name that would do.
        known: Vec<String>,
    },
    /// Several go by it.
    #[error("\"{name}\" is the name of several; say which: {}", arns.join(", "))]
    Ambiguous {
        /// The name.
        name: String,
        /// Who they are.
        arns: Vec<String>,
    },
    /// It has no address of its own.
    #[error(
        "\"{0}\" is a bucket: S3 is reached by its name, at no address that a path could end at. What a VPC endpoint lets through to it says `query access \
         --through vpce-… --action s3:GetObject --resource {0}/*`; whether a pipeline's own way to S3 stays private, the rule hop-stays-private"
    )]
    Bucket(String),
    /// A port that no address has.
    #[error("\"{0}\": a port is a number from 0 to 65535")]
    Port(String),
    /// It looks like an address or a block, and is none.
    #[error("\"{0}\" is no address and no CIDR block: parts of an IPv4 address go to 255, its prefix to 32")]
    Address(String),
    /// The question needs a port.
    #[error("\"{0}\" serves no port that AWS names: say which one is meant, as NAME:PORT")]
    NoPort(String),
}

/// Whether a connection from one to the other can be opened, both in words: `internet`, a CIDR block, an ARN, a name or an id; the second may end in `:PORT`.
///
/// # Errors
/// Where a name is nobody's or several parties', or there is no port to ask about.
pub fn reach(index: &Index<'_>, from: &str, to: &str) -> Result<Reach, QueryError> {
    let network = Network::new(index);
    let targets = target::all(index);
    if Arn::parse(to).is_some_and(|arn| arn.service == "s3") {
        return Err(QueryError::Bucket(to.split('/').next().unwrap_or_default().to_owned()));
    }
    let (name, number) = with_port(index, &targets, to)?;
    let receiver = receiver(&network, &targets, name)?;
    let ports = match number {
        Some(number) => vec![Port::new(Protocol::Tcp, number)],
        None => receiver.ports.clone(),
    };
    if ports.is_empty() {
        return Err(QueryError::NoPort(name.to_owned()));
    }
    let digits = from.contains('.') && from.bytes().all(|byte| byte.is_ascii_digit() || b"./".contains(&byte));
    let origin = sender(&network, &targets, from).map_err(|error| if digits { QueryError::Address(from.to_owned()) } else { error })?;
    if receiver.express && matches!(origin, Origin::Internet) {
        return Ok(express(name, ports.into_iter().next()));
    }
    let mut reach = ask(&network, &origin, &receiver.locations, &ports, &receiver.missing);
    if matches!(origin, Origin::Addresses(_)) {
        reach.from = format!("{from} ({})", reach.from);
    }
    if matches!(origin, Origin::Stands(..)) && reach.from.is_empty() {
        reach.from = from.to_owned();
    }
    if reach.to.is_empty() {
        reach.to = name.to_owned();
    }
    Ok(reach)
}

/// Places, and what would tell more of them.
type Placed = (Vec<Location>, Vec<Missing>);

/// Who is asked about.
struct Receiver {
    locations: Vec<Location>,
    ports: Vec<Port>,
    missing: Vec<Missing>,
    express: bool,
}

/// A name, and the port behind it; an ARN holds colons of its own.
fn with_port<'t>(index: &Index<'_>, targets: &[Target], text: &'t str) -> Result<(&'t str, Option<u16>), QueryError> {
    let known = targets.iter().any(|target| *target.id.name == *text || *target.id.arn == *text)
        || index.all::<NetworkInterface>().iter().any(|interface| *interface.id.arn == *text);
    match text.rsplit_once(':').filter(|_| !known) {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            port.parse().map(|port| (name, Some(port))).map_err(|_| QueryError::Port(text.to_owned()))
        }
        _ => Ok((text, None)),
    }
}

fn receiver(network: &Network<'_>, targets: &[Target], name: &str) -> Result<Receiver, QueryError> {
    if let Some((locations, missing)) = interface(network, name)? {
        return Ok(Receiver { locations, ports: Vec::new(), missing, express: false });
    }
    let target = resource(targets, name)?.ok_or_else(|| QueryError::NoSuch {
        what: "database, warehouse, mover or network interface",
        name: name.to_owned(),
        known: names(network, targets),
    })?;
    let (locations, missing) = places(network, target);
    Ok(Receiver { locations, ports: target.ports.asked(), missing, express: target.express.value() == Some(&true) })
}

fn names(network: &Network<'_>, targets: &[Target]) -> Vec<String> {
    let of = |id: &Identity| [id.name.to_string(), id.arn.to_string()];
    let mut all: BTreeSet<String> = targets.iter().flat_map(|target| of(&target.id)).collect();
    let index = network.index();
    all.extend(index.all::<NetworkInterface>().iter().map(|interface| interface.id.name.to_string()));
    all.extend(index.all::<SecurityGroup>().iter().map(|group| group.id.name.to_string()));
    all.extend(index.all::<Vpc>().iter().map(|vpc| vpc.id.name.to_string()));
    all.insert("internet".to_owned());
    all.into_iter().collect()
}

fn resource<'t>(targets: &'t [Target], name: &str) -> Result<Option<&'t Target>, QueryError> {
    let all: Vec<&Target> = targets.iter().filter(|target| *target.id.name == *name || *target.id.arn == *name).collect();
    match all.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        several => Err(QueryError::Ambiguous { name: name.to_owned(), arns: several.iter().map(|target| target.id.arn.to_string()).collect() }),
    }
}

/// Where a resource may stand.
fn places(network: &Network<'_>, target: &Target) -> (Vec<Location>, Vec<Missing>) {
    let region_network = match network.region_network(&target.id.region) {
        Derived::Known { value, .. } => value,
        Derived::Unseen { missing, .. } => return (Vec::new(), missing),
    };
    match &target.subnets {
        Derived::Known { value, .. } => (value.iter().map(|subnet| super::reach::location(region_network, subnet, target)).collect(), Vec::new()),
        Derived::Unseen { missing, .. } => (Vec::new(), missing.clone()),
    }
}

/// The interfaces that an id means: `eni-…`, `i-…` or an interface's ARN.
fn interface(network: &Network<'_>, name: &str) -> Result<Option<Placed>, QueryError> {
    let index = network.index();
    let is_arn = index.all::<NetworkInterface>().iter().any(|interface| *interface.id.arn == *name);
    if !(name.starts_with("eni-") || name.starts_with("i-") || is_arn) {
        return Ok(None);
    }
    let meant: BTreeSet<&str> = index
        .all::<NetworkInterface>()
        .iter()
        .filter(|interface| {
            let instance = interface.fields.instance_id.known().and_then(Option::as_deref);
            *interface.id.name == *name || *interface.id.arn == *name || instance == Some(name)
        })
        .map(|interface| &*interface.id.name)
        .collect();
    if meant.is_empty() {
        let known = index.all::<NetworkInterface>().iter().map(|interface| interface.id.name.to_string()).collect();
        return Err(QueryError::NoSuch { what: "network interface", name: name.to_owned(), known });
    }
    let (mut locations, mut missing) = (Vec::new(), Vec::new());
    for region_network in network.region_networks() {
        let (all, more) = interfaces(region_network, &|location| meant.contains(&*location.name));
        locations.extend(all);
        missing.extend(more.into_iter().filter(|missing| matches!(missing, Missing::Field(at) if meant.contains(&*at.resource.name))));
    }
    Ok(Some((locations, missing)))
}

fn sender(network: &Network<'_>, targets: &[Target], name: &str) -> Result<Origin, QueryError> {
    if name == "internet" {
        return Ok(Origin::Internet);
    }
    if let Some(net) = parse(name) {
        return Ok(Origin::Addresses(Addresses::from_blocks([&net])));
    }
    if let Some((locations, missing)) = interface(network, name)? {
        return Ok(Origin::Stands(locations, missing));
    }
    if name.starts_with("sg-") {
        return holders(network, name).ok_or_else(|| no_such(network, "security group", name));
    }
    if name.starts_with("vpc-") {
        return residents(network, name).ok_or_else(|| no_such(network, "VPC", name));
    }
    if let Some(target) = resource(targets, name)? {
        let (locations, missing) = places(network, target);
        return Ok(Origin::Stands(locations, missing));
    }
    if let Some(config) = network.index().all::<dms::ReplicationConfig>().iter().find(|config| *config.id.name == *name || *config.id.arn == *name) {
        let (locations, missing) = serverless(network, config);
        return Ok(Origin::Stands(locations, missing));
    }
    Err(QueryError::NoSuch { what: "party", name: name.to_owned(), known: names(network, targets) })
}

fn no_such(network: &Network<'_>, what: &'static str, name: &str) -> QueryError {
    QueryError::NoSuch { what, name: name.to_owned(), known: names(network, &[]) }
}

/// Where a serverless replication may stand.
pub fn serverless(network: &Network<'_>, config: &crate::model::Resource<dms::ReplicationConfig>) -> (Vec<Location>, Vec<Missing>) {
    let group = observe!(config.subnet_group).and_then(|group| match group {
        Some(group) => network.index().get::<dms::SubnetGroup>(&config.id.region, &group),
        None => Derived::unseen(Missing::Outside(format!("AWS names no subnet group of {}", config.id.name))),
    });
    let seen = group.and_then(|group| observe!(group.subnets).zip(observe!(group.vpc_id))).zip(network.region_network(&config.id.region));
    match seen {
        Derived::Known { value: ((subnets, vpc), region_network), from } => {
            let guard = || Guard::Groups(vec![observe!(config.security_groups)]);
            let vpc = Derived::Known { value: vpc, from };
            (subnets.iter().map(|subnet| Location::in_subnet(region_network, &config.id.name, subnet, &vpc, guard())).collect(), Vec::new())
        }
        Derived::Unseen { missing, .. } => (Vec::new(), missing),
    }
}

/// The interfaces that hold a group; where there is none, a host that would hold it, in each subnet of its VPC.
fn holders(network: &Network<'_>, group: &str) -> Option<Origin> {
    let found = network.index().all::<SecurityGroup>().iter().find(|found| *found.id.name == *group)?;
    let region_network = network.region_network(&found.id.region).value().copied()?;
    let holds = |location: &Location| location.held().iter().any(|part| part.value().is_none_or(|groups| groups.iter().any(|held| held == group)));
    let (mut locations, mut missing) = interfaces(region_network, &holds);
    if locations.is_empty() {
        let vpc = observe!(found.vpc_id);
        missing.extend(vpc.missing().iter().cloned());
        for subnet in network.index().all::<Subnet>().iter().filter(|subnet| *subnet.id.region == *region_network.region) {
            let own = observe!(subnet.vpc_id).zip(vpc.clone()).map(|(own, vpc)| Some(own) == vpc);
            missing.extend(own.missing().iter().cloned());
            if own.value() == Some(&true) {
                let guard = Guard::Groups(vec![Derived::known(vec![group.to_owned()])]);
                locations.push(Location::in_subnet(
                    region_network,
                    &format!("a holder of {group} in {}", subnet.id.name),
                    &subnet.id.name,
                    &vpc,
                    guard,
                ));
            }
        }
    }
    Some(Origin::Stands(locations, missing))
}

/// Whoever stands in a VPC: its interfaces, and any other host in its subnets.
fn residents(network: &Network<'_>, vpc: &str) -> Option<Origin> {
    let found = network.index().all::<Vpc>().iter().find(|found| *found.id.name == *vpc)?;
    let region_network = network.region_network(&found.id.region).value().copied()?;
    let (mut locations, mut missing) = interfaces(region_network, &|location| location.vpc.value().is_none_or(|own| own == vpc));
    missing.extend(region_network.index.listed(Kind::Subnet, &region_network.region).missing().iter().cloned());
    for subnet in network.index().all::<Subnet>().iter().filter(|subnet| *subnet.id.region == *region_network.region) {
        let own = observe!(subnet.vpc_id);
        missing.extend(own.missing().iter().cloned());
        if own.value().is_some_and(|own| own == vpc) {
            locations.extend(whoever(region_network, &subnet.id.name, &own, &Addresses::everything()));
        }
    }
    Some(Origin::Stands(locations, missing))
}

/// An Aurora express cluster stands on the internet.
fn express(name: &str, port: Option<Port>) -> Reach {
    let leg = Leg {
        kind: LegKind::Address,
        resource: name.to_owned(),
        rule: "is an Aurora express endpoint on the internet, without VPC and security groups".to_owned(),
        open: Some(true),
        from: Vec::new(),
        missing: Vec::new(),
    };
    let answer =
        Answer { open: Derived::known(true), legs: vec![leg], source: Addresses::everything(), target: Addresses::default(), client_port: 1024 };
    Reach { from: "internet".to_owned(), to: name.to_owned(), port: port.unwrap_or_else(|| Port::new(Protocol::Tcp, 0)), answer }
}
