//! Which networks a hop crosses: from every mover that uses the endpoint to the server behind it, and to the bucket that its rows pass on the way (1.4.2, 4.2.1).
//!
//! Only a resolved server (address, declared) shows where a leg ends; behind any other the question goes to a person.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use super::journey::{Crossing, Journey, Journeys, Mover};
use crate::config::Config;
use crate::evidence::{Derived, Missing, observe};
use crate::facts::FactContext;
use crate::facts::pipeline::{Edge, Found};
use crate::model::{Kind, Resource, dms};
use crate::network::cidr::Addresses;

/// What is said of a hop's path.
#[derive(Debug, Clone)]
pub struct Path {
    /// A leg can cross an untrusted network; unseen also where only a person can say.
    pub crosses: Derived<bool>,
    /// Only a person can say.
    pub asks_person: Derived<bool>,
    /// A leg passes AWS's public endpoints.
    pub aws_public: Derived<bool>,
    /// The party beyond is declared.
    pub declared: Derived<bool>,
    /// In words.
    pub words: Derived<String>,
}

/// The path of every hop.
pub struct HopPaths<'a> {
    by_endpoint: HashMap<&'a str, Path>,
}

impl<'a> HopPaths<'a> {
    /// Of every endpoint.
    pub fn new(ctx: &FactContext<'a>) -> Self {
        let finder = Finder::new(ctx);
        Self { by_endpoint: ctx.index.all::<dms::Endpoint>().iter().map(|endpoint| (&*endpoint.id.arn, finder.path(endpoint))).collect() }
    }

    /// The path of an endpoint's hop.
    pub fn path(&self, endpoint: &Resource<dms::Endpoint>) -> Path {
        let unknown = || Path::unseen(&Derived::unseen(Missing::Outside(format!("{} is not in the snapshot", endpoint.id.name))));
        self.by_endpoint.get(&*endpoint.id.arn).cloned().unwrap_or_else(unknown)
    }
}

/// Finds the path of one hop after another.
struct Finder<'c, 'a> {
    ctx: &'c FactContext<'a>,
    journeys: Journeys<'c, 'a>,
    movers: HashMap<&'a str, Vec<Derived<Mover>>>,
}

impl<'c, 'a> Finder<'c, 'a> {
    fn new(ctx: &'c FactContext<'a>) -> Self {
        let journeys = Journeys::new(ctx);
        let mut movers: HashMap<&str, Vec<Derived<Mover>>> = HashMap::new();
        for task in ctx.index.all::<dms::Task>() {
            let mover = observe!(task.instance_arn)
                .and_then(|arn| ctx.index.get::<dms::Instance>(&task.id.region, &arn))
                .and_then(|instance| journeys.instance(instance));
            for end in [&task.fields.source_endpoint_arn, &task.fields.target_endpoint_arn].into_iter().filter_map(|end| end.known()) {
                movers.entry(end.as_str()).or_default().push(mover.clone());
            }
        }
        for config in ctx.index.all::<dms::ReplicationConfig>() {
            let mover = journeys.serverless(config);
            for end in [&config.fields.source_endpoint_arn, &config.fields.target_endpoint_arn].into_iter().filter_map(|end| end.known()) {
                movers.entry(end.as_str()).or_default().push(mover.clone());
            }
        }
        Self { ctx, journeys, movers }
    }

    fn path(&self, endpoint: &'a Resource<dms::Endpoint>) -> Path {
        let used = self.ctx.pipelines.in_use(endpoint);
        match used.value() {
            None => return Path::unseen(&used.map(|_| ())),
            Some(false) => {
                let words = used.map(|_| "no task uses it".to_owned());
                let no = words.clone().map(|_| false);
                return Path { crosses: no.clone(), asks_person: no.clone(), aws_public: no.clone(), declared: no, words };
            }
            Some(true) => {}
        }
        let mut legs: Vec<Derived<Journey>> = Vec::new();
        let mut seen = BTreeSet::new();
        for mover in self.movers.get(&*endpoint.id.arn).into_iter().flatten() {
            if mover.value().is_none_or(|mover| seen.insert(mover.name.clone())) {
                legs.extend(self.legs(endpoint, mover));
            }
        }
        // A task or replication that was not seen may run elsewhere.
        let region = &*endpoint.id.region;
        let lists = [Kind::DmsTask, Kind::DmsReplicationConfig].map(|kind| self.ctx.index.listed(kind, region));
        let whole = Derived::collect(lists).map(|_| false).resting_on(used.from());
        let edge = self.ctx.pipelines.edge(endpoint);
        let some = |wanted: &dyn Fn(&Crossing) -> bool| {
            Derived::any(legs.iter().map(|leg| leg.clone().map(|leg| wanted(&leg.crossing))).chain([whole.clone()]))
        };
        let crosses = some(&|crossing| matches!(crossing, Crossing::Untrusted { .. }));
        let asks_person = some(&|crossing| matches!(crossing, Crossing::AsksPerson)).and(crosses.clone().negate());
        let crosses = match (&crosses, asks_person.value()) {
            (Derived::Known { value: false, from }, Some(true)) => {
                Derived::Unseen { missing: vec![Missing::Outside(format!("which server stands behind {}", endpoint.id.name))], from: from.clone() }
            }
            _ => crosses,
        };
        Path {
            aws_public: some(&|crossing| matches!(crossing, Crossing::AwsPublic)),
            declared: declared(self.ctx.config, &edge, &legs),
            words: told(&legs).resting_on(used.from()),
            crosses,
            asks_person,
        }
    }

    /// The legs from one mover.
    fn legs(&self, endpoint: &'a Resource<dms::Endpoint>, mover: &Derived<Mover>) -> Vec<Derived<Journey>> {
        let far = mover.clone().zip(observe!(endpoint.engine)).and_then(|(mover, engine)| match engine.as_str() {
            "s3" | "dynamodb" => self.journeys.to_service(&mover, &engine),
            "kinesis" => self.journeys.to_service(&mover, "kinesis-streams"),
            _ => self.to_server(endpoint, &mover),
        });
        // A Redshift target's rows pass a bucket first.
        let staged = mover.clone().zip(observe!(endpoint.engine)).zip(observe!(endpoint.staging)).and_then(|((mover, engine), staging)| {
            if engine == "s3" || staging.is_none() {
                return Derived::known(None);
            }
            self.journeys.to_service(&mover, "s3").map(Some)
        });
        let staged = match staged {
            Derived::Known { value: None, .. } => None,
            Derived::Known { value: Some(leg), from } => Some(Derived::Known { value: leg, from }),
            Derived::Unseen { missing, from } => Some(Derived::Unseen { missing, from }),
        };
        std::iter::once(far).chain(staged).collect()
    }

    fn to_server(&self, endpoint: &'a Resource<dms::Endpoint>, mover: &Mover) -> Derived<Journey> {
        let asks = |words: String| Derived::known(Journey { crossing: Crossing::AsksPerson, words });
        self.ctx.pipelines.edge(endpoint).and_then(|edge| {
            if let Some(server) = edge.resolved_server() {
                return self.journeys.to_server(mover, &server.id().arn, &server.id().name);
            }
            observe!(endpoint.host).and_then(|host| {
                // Whoever runs it, an address says where it lies.
                match host.and_then(|host| host.trim().parse::<IpAddr>().ok()).filter(|_| matches!(edge.found, Found::External | Found::Hidden)) {
                    Some(address) => self.journeys.to_address(mover, address),
                    None => asks(format!("which network leads to its server cannot be said ({})", edge.why)),
                }
            })
        })
    }
}

impl Path {
    fn unseen(why: &Derived<()>) -> Self {
        let no = || why.clone().map(|()| false);
        Self { crosses: no(), asks_person: no(), aws_public: no(), declared: no(), words: why.clone().map(|()| String::new()) }
    }
}

/// For each server whether a hop that is resolved to it crosses an untrusted network, by ARN.
pub struct Crossings<'a> {
    by_server: HashMap<&'a str, Vec<Derived<bool>>>,
    /// Of hops whose server was not seen.
    anywhere: Vec<Derived<bool>>,
}

impl<'a> Crossings<'a> {
    /// Of every hop.
    pub fn new(ctx: &FactContext<'a>) -> Self {
        let mut crossings = Self { by_server: HashMap::new(), anywhere: Vec::new() };
        for endpoint in ctx.index.all::<dms::Endpoint>() {
            let edge = ctx.pipelines.edge(endpoint);
            match edge.value().map(Edge::resolved_server) {
                Some(Some(server)) => {
                    crossings.by_server.entry(&server.id().arn).or_default().push(ctx.hop_paths().path(endpoint).crosses.resting_on(edge.from()))
                }
                Some(None) => {}
                None => crossings.anywhere.push(edge.map(|_| true)),
            }
        }
        crossings
    }

    /// Whether some hop into a server crosses an untrusted network.
    pub fn to(&self, arn: &str) -> Derived<bool> {
        let own = self.by_server.get(arn).map(Vec::as_slice).unwrap_or_default();
        Derived::any(own.iter().chain(&self.anywhere).cloned())
    }
}

/// Whether the party beyond is named in `pci-audit.toml`: its edge, or every block that its packets come from.
fn declared(config: &Config, edge: &Derived<Edge<'_>>, legs: &[Derived<Journey>]) -> Derived<bool> {
    let networks: Vec<ipnet::IpNet> = config.external.networks.iter().filter_map(|text| crate::network::cidr::parse(text)).collect();
    let networks = Addresses::from_blocks(&networks);
    let by_edge = edge.clone().map(|edge| matches!(edge.found, Found::Declared | Found::External));
    let by_network = Derived::collect(legs.iter().cloned()).map(|legs| {
        let mut crossing = legs.iter().filter_map(|leg| match &leg.crossing {
            Crossing::Untrusted { blocks } => Some(blocks),
            _ => None,
        });
        let named = |blocks: &Vec<ipnet::IpNet>| !blocks.is_empty() && blocks.iter().all(|block| networks.contains(&Addresses::from_blocks([block])));
        let first = crossing.next();
        first.is_some_and(|first| named(first) && crossing.all(named))
    });
    by_edge.or(by_network)
}

fn told(legs: &[Derived<Journey>]) -> Derived<String> {
    let mut words: BTreeSet<String> = BTreeSet::new();
    let (mut from, mut missing) = (Vec::new(), Vec::new());
    for leg in legs {
        from.extend(leg.from().iter().cloned());
        match leg {
            Derived::Known { value, .. } => {
                words.insert(value.words.clone());
            }
            Derived::Unseen { missing: more, .. } => missing.extend(more.iter().cloned()),
        }
    }
    if words.is_empty() && !missing.is_empty() {
        return Derived::Unseen { missing, from };
    }
    if !missing.is_empty() {
        words.insert("another leg was not seen".to_owned());
    }
    Derived::Known { value: words.into_iter().collect::<Vec<_>>().join("; "), from }
}
