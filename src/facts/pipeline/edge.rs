//! One end of a pipeline: the server behind a DMS endpoint, and how sure that is (1.2.4, 12.5.2).
//!
//! Address and declaration resolve an edge. A host that hides in a secret is never read: the only candidate of the family is inferred,
//! several are ambiguous. Nothing is guessed between candidates.

use std::collections::HashMap;
use std::net::IpAddr;

use iam_eval::arn::Arn;

use super::family::Family;
use super::servers::Servers;
use super::{Edge, Found, Server};
use crate::config::{self, Config};
use crate::evidence::{Derived, Index, Missing, observe};
use crate::model::{Kind, Resource, dms};

/// What edges are found with.
pub(super) struct Finder<'i, 'a> {
    index: &'i Index<'a>,
    servers: Servers<'a>,
    declared: HashMap<&'i str, &'i config::Edge>,
}

impl<'i, 'a> Finder<'i, 'a> {
    /// Indexes servers and declarations.
    pub(super) fn new(index: &'i Index<'a>, config: &'i Config) -> Self {
        let declared = config.edges.iter().map(|edge| (edge.endpoint.as_str(), edge)).collect();
        Self { index, servers: Servers::new(index), declared }
    }

    /// What stands behind an endpoint.
    pub(super) fn edge(&self, endpoint: &Resource<dms::Endpoint>) -> Derived<Edge<'a>> {
        let declared = self.declared.get(&*endpoint.id.arn).or_else(|| self.declared.get(&*endpoint.id.name)).copied();
        observe!(endpoint.engine).and_then(|engine| {
            if engine == "s3" {
                return self.bucket(endpoint, declared);
            }
            observe!(endpoint.host).zip(observe!(endpoint.port)).and_then(|(host, port)| {
                // The API says "" where a secret holds the address.
                let host = host.filter(|host| !host.trim().is_empty());
                let place = (host.as_deref(), port);
                let listening = match place {
                    (Some(host), Some(port)) => self.servers.at(host, port),
                    _ => Vec::new(),
                };
                if !listening.is_empty() {
                    return Derived::collect(listening).map(|servers| self.addressed(endpoint, place, &servers, declared));
                }
                match (declared, host) {
                    (Some(edge), Some(host)) if edge.server.is_some() && (self.is_issued(&host) || is_of_the_internet(&host)) => {
                        self.refuted(endpoint, &host, port, edge)
                    }
                    (Some(edge), _) => self.declared(endpoint, &engine, edge),
                    (None, Some(host)) => self.elsewhere(endpoint, &host, port),
                    (None, None) => self.inferred(endpoint, &engine),
                }
            })
        })
    }

    /// An S3 endpoint names its bucket itself.
    fn bucket(&self, endpoint: &Resource<dms::Endpoint>, declared: Option<&config::Edge>) -> Derived<Edge<'a>> {
        let name = &endpoint.id.name;
        observe!(endpoint.staging).map(|staging| match staging.and_then(|staging| staging.bucket) {
            Some(bucket) => Edge { found: Found::Address, server: None, why: format!("{name}: bucket {bucket}") },
            None => declared.and_then(|edge| edge.external.as_deref()).map_or_else(
                || Edge { found: Found::Hidden, server: None, why: format!("{name}: an S3 endpoint that names no bucket") },
                |external| Edge { found: Found::External, server: None, why: format!("{name}: declared as run by {external}") },
            ),
        })
    }

    /// Somebody listens there: resolved, unless a declaration says otherwise.
    fn addressed(
        &self,
        endpoint: &Resource<dms::Endpoint>,
        place: (Option<&str>, Option<i64>),
        servers: &[Server<'a>],
        declared: Option<&config::Edge>,
    ) -> Edge<'a> {
        let name = &endpoint.id.name;
        let place = format!("{}:{}", place.0.unwrap_or_default(), place.1.unwrap_or_default());
        let Some(server) = servers.first().copied() else {
            return Edge { found: Found::Hidden, server: None, why: format!("{name}: nobody listens on {place}") };
        };
        if servers.iter().any(|other| other.id() != server.id()) {
            return Edge {
                found: Found::Ambiguous,
                server: None,
                why: format!("{name}: {} all listen on {place}", listing(servers.iter().copied())),
            };
        }
        let contradiction = declared.and_then(|edge| match (edge.server.as_deref(), edge.external.as_deref()) {
            (Some(other), _) => {
                let same = self.servers.named(other).iter().filter_map(Derived::value).any(|other| other.id() == server.id());
                (!same).then(|| format!("declared as {other}"))
            }
            (None, Some(external)) => Some(format!("declared as run by {external}")),
            (None, None) => None,
        });
        match contradiction {
            Some(declared) => Edge {
                found: Found::Contradicted,
                server: None,
                why: format!("{name}: {declared}, but {place} is the address of {}", server.words()),
            },
            None => Edge { found: Found::Address, server: Some(server), why: format!("{name}: {place} is the address of {}", server.words()) },
        }
    }

    /// Whether AWS gives a host's name to one server: no declaration makes it another's. A custom endpoint is a name for parts of a cluster, the
    /// writer's of a global database one for whichever cluster is its primary now.
    fn is_issued(&self, host: &str) -> bool {
        let lower = host.to_ascii_lowercase();
        let one = |(_, region): (&str, &str)| region != GLOBAL && !lower.contains(".cluster-custom-");
        self.servers.knows_host(host) || aws_host(&lower).is_some_and(one)
    }

    /// Declared as a server that has another address: a proxy before it decides for itself, and anything else is a mistake.
    fn refuted(&self, endpoint: &Resource<dms::Endpoint>, host: &str, port: Option<i64>, edge: &config::Edge) -> Derived<Edge<'a>> {
        let (name, declared) = (&endpoint.id.name, edge.server.as_deref().unwrap_or_default());
        let found = if host.to_ascii_lowercase().contains(".proxy-") { Found::Hidden } else { Found::Contradicted };
        self.elsewhere(endpoint, host, port).map(|other| {
            let why = other.why.strip_prefix(&format!("{name}: ")).unwrap_or(&other.why);
            Edge { found, server: None, why: format!("{name}: declared as {declared}, but {why}") }
        })
    }

    /// Declared in `pci-audit.toml`: the server must exist and speak the endpoint's protocol.
    fn declared(&self, endpoint: &Resource<dms::Endpoint>, engine: &str, edge: &config::Edge) -> Derived<Edge<'a>> {
        let name = &endpoint.id.name;
        let bare = |found, why| Derived::known(Edge { found, server: None, why });
        let Some(wanted) = edge.server.as_deref() else {
            return match edge.external.as_deref() {
                Some(external) => bare(Found::External, format!("{name}: declared as run by {external}")),
                None => bare(Found::Hidden, format!("{name}: declared without a server")),
            };
        };
        let here = &*endpoint.id.region;
        let all = self.servers.named(wanted);
        // A name means this region's server before another region's.
        let near = all.iter().filter(|server| server.value().is_some_and(|server| *server.id().region == *here)).cloned().collect::<Vec<_>>();
        let candidates = if near.is_empty() { all.to_vec() } else { near };
        if candidates.is_empty() {
            return self.absent(wanted, here).and_then(|()| bare(Found::Contradicted, format!("{name}: declared as {wanted}, which does not exist")));
        }
        Derived::collect(candidates).map(|mut servers| {
            let asked = Family::of_endpoint(engine);
            let fits = |server: &Server<'a>| asked.is_none_or(|asked| server.family().is_none_or(|family| family.answers(asked)));
            let misfit = servers.first().copied();
            servers.retain(fits);
            servers.dedup_by(|a, b| a.id() == b.id());
            match (servers.as_slice(), misfit) {
                ([server], _) => Edge { found: Found::Declared, server: Some(*server), why: format!("{name}: declared as {}", server.words()) },
                ([], Some(server)) => Edge {
                    found: Found::Contradicted,
                    server: None,
                    why: format!("{name}: declared as {}, which is no server for a {engine} endpoint", server.words()),
                },
                (several, _) => Edge {
                    found: Found::Ambiguous,
                    server: None,
                    why: format!("{name}: declared as {wanted}, which {} are called", listing(several.iter().copied())),
                },
            }
        })
    }

    /// Known where it is certain that a declared server does not exist.
    fn absent(&self, wanted: &str, region: &str) -> Derived<()> {
        let snapshot = self.index.snapshot;
        let regions: Vec<&str> = match Arn::parse(wanted) {
            Some(arn) if !arn.account.is_empty() && arn.account != snapshot.caller.account => {
                return Derived::unseen(Missing::Outside(format!("{wanted} lies in account {}, which was not scanned", arn.account)));
            }
            Some(arn) if !snapshot.regions.iter().any(|scanned| scanned == arn.region) => {
                return Derived::unseen(Missing::Outside(format!("{wanted} lies in {}, which was not scanned", arn.region)));
            }
            Some(arn) => vec![arn.region],
            None => vec![region],
        };
        Derived::collect(regions.into_iter().map(|region| self.servers.complete(self.index, ALL, region))).map(|_| ())
    }

    /// A visible host that nobody seen listens on.
    fn elsewhere(&self, endpoint: &Resource<dms::Endpoint>, host: &str, port: Option<i64>) -> Derived<Edge<'a>> {
        let name = &endpoint.id.name;
        let hidden = |why| Derived::known(Edge { found: Found::Hidden, server: None, why });
        if self.servers.knows_host(host) {
            let port = port.map_or_else(|| "no port".to_owned(), |port| format!("port {port}"));
            // An option group that could not be read may open that port.
            let options = self.index.listed(Kind::RdsOptionGroup, &endpoint.id.region);
            return options.and_then(|()| hidden(format!("{name}: {host} is known, but not with {port}")));
        }
        let lower = host.to_ascii_lowercase();
        let Some((service, region)) = aws_host(&lower) else {
            let lists = self.servers.complete(self.index, ALL, &endpoint.id.region);
            return lists.and_then(|()| hidden(format!("{name}: {host} lies outside what AWS shows; declare what it is")));
        };
        if region == GLOBAL {
            // The first part is the global database's name, and clusters have names of their own: nothing here says which is its primary.
            return hidden(format!("{name}: {host} leads to whichever cluster writes in an Aurora global database now; declare which that is"));
        }
        if !self.index.snapshot.regions.iter().any(|scanned| scanned == region) {
            return Derived::unseen(Missing::Outside(format!("{host} lies in {region}, which was not scanned")));
        }
        let kinds: &[Kind] = if service == "redshift" { &[Kind::RedshiftCluster] } else { &[Kind::RdsInstance, Kind::RdsCluster] };
        let lists = self.servers.complete(self.index, kinds, region);
        lists.and_then(|()| hidden(format!("{name}: no server in {region} has the address {host}: another account's, a proxy's, or deleted")))
    }

    /// The address hides in a secret: the only candidate, by complete lists.
    fn inferred(&self, endpoint: &Resource<dms::Endpoint>, engine: &str) -> Derived<Edge<'a>> {
        let (name, region) = (&endpoint.id.name, &*endpoint.id.region);
        let hidden = |why| Derived::known(Edge { found: Found::Hidden, server: None, why });
        observe!(endpoint.secrets).and_then(|secrets| {
            let Some(family) = Family::of_endpoint(engine) else {
                return hidden(format!("{name}: what stands behind a {engine} endpoint is not in AWS's answer; declare it"));
            };
            if secrets.is_empty() {
                return hidden(format!("{name}: names neither a server nor a secret"));
            }
            self.servers.complete(self.index, family.kinds(), region).and_then(|()| match self.servers.of_family(region, family) {
                [] => hidden(format!("{name}: the address hides in a secret, and {region} has no {}", family.noun())),
                [only] => only.clone().map(|server| Edge {
                    found: Found::Inferred,
                    server: Some(server),
                    why: format!("{name}: the address hides in a secret; {} is the only {} in {region}", server.words(), family.noun()),
                }),
                // Two are enough to show that it is not certain.
                several => Derived::collect(several.iter().take(2).cloned()).map(|_| Edge {
                    found: Found::Ambiguous,
                    server: None,
                    why: format!("{name}: the address hides in a secret, and {region} has {} {}s", several.len(), family.noun()),
                }),
            })
        })
    }
}

const ALL: &[Kind] = &[Kind::RdsInstance, Kind::RdsCluster, Kind::RedshiftCluster];

/// What stands in place of a region in the writer address of an Aurora global database, `name.global-hash.global.rds.amazonaws.com`
/// (Aurora User Guide, "Connecting to Amazon Aurora Global Database").
const GLOBAL: &str = "global";

/// The service and region in a host name that RDS or Redshift gives out: `name.hash.REGION.rds.amazonaws.com[.cn]`.
fn aws_host(host: &str) -> Option<(&str, &str)> {
    let host = host.trim().trim_end_matches('.');
    let host = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    let (rest, last) = host.rsplit_once('.')?;
    let before = rest.rsplit('.').next()?;
    // China also writes `name.hash.rds.REGION.amazonaws.com.cn`.
    match (before, last) {
        (region, service @ ("rds" | "redshift")) | (service @ ("rds" | "redshift"), region) => Some((service, region)),
        _ => None,
    }
}

/// At most five names, then how many more.
fn listing<'a>(servers: impl ExactSizeIterator<Item = Server<'a>>) -> String {
    let more = servers.len().saturating_sub(5);
    let shown = servers.take(5).map(|server| server.id().name.to_string()).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// Whether a host is a literal address that no VPC gives to a server of its own: it is plain to see where the rows go, whatever is declared.
fn is_of_the_internet(host: &str) -> bool {
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            // 100.64.0.0/10 is shared address space (RFC 6598), which VPCs use too.
            let shared = address.octets()[0] == 100 && address.octets()[1] & 0b1100_0000 == 64;
            !(address.is_private() || address.is_loopback() || address.is_link_local() || shared)
        }
        // VPCs have public IPv6 addresses.
        Ok(IpAddr::V6(_)) | Err(_) => false,
    }
}
