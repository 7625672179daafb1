//! The certificates of a hop: the endpoint's, which DMS verifies with, and the server's own (12.3.3, 4.2.1). A server that is not certain may fail a
//! hop and never passes one.
//!
//! RDS rotates its servers' certificates by itself, so a near end means nothing there; only a past one does.

use jiff::{SignedDuration, Timestamp};

use super::protocol::Protocol;
use crate::evidence::{Derived, observe};
use crate::facts::FactContext;
use crate::facts::pipeline::{Edge, Found, Server};
use crate::model::{Resource, dms, rds};

/// One certificate on a hop.
#[derive(Debug, Clone)]
struct Certificate {
    name: String,
    /// Unseen where AWS gives no end of validity.
    ends: Derived<Timestamp>,
    /// AWS renews it in time.
    rotated: bool,
    weakness: Option<String>,
}

/// What rules read.
pub(super) struct Certificates {
    /// There is one, or may be.
    pub known: Derived<bool>,
    /// Which server stands behind the endpoint is not certain, and so whose certificate counts.
    pub asks_person: Derived<bool>,
    /// Past their end.
    pub expired: Derived<Vec<String>>,
    /// Near it.
    pub expiring: Derived<Vec<String>>,
    /// Short key, broken signature.
    pub weak: Derived<Vec<String>>,
}

/// The certificates of an endpoint's hop.
pub(super) fn certificates<'a>(ctx: &FactContext<'a>, endpoint: &'a Resource<dms::Endpoint>) -> Certificates {
    let now = ctx.index.snapshot.taken_at;
    let limit = SignedDuration::from_hours(24 * i64::from(ctx.config.limits.certificate_expiry.days));
    let own = of_endpoint(ctx, endpoint);
    let edge = ctx.pipelines.edge(endpoint);
    let asks_person = observe!(endpoint.engine).zip(edge.clone()).map(|(engine, edge)| is_unsure(Protocol::from_engine(&engine), &edge));
    let server = edge.and_then(|edge| edge.server.map_or_else(|| Derived::known(Vec::new()), |server| of_server(ctx, server)));
    // What the endpoint names is a certificate, whether or not it could be read.
    let named = observe!(endpoint.certificate_arn).map(|arn| arn.is_some_and(|arn| !arn.is_empty()));
    let sides = [own, server];
    let listed = |pick: &dyn Fn(Certificate) -> Derived<Option<String>>| {
        union(
            sides
                .iter()
                .map(|side| side.clone().and_then(|side| union(side.into_iter().map(|one| pick(one).map(|entry| entry.into_iter().collect()))))),
        )
    };
    Certificates {
        known: named.or(sides[1].clone().map(|server| !server.is_empty())).or(asks_person.clone()),
        asks_person,
        expired: listed(&|one| one.ends.map(|ends| (ends < now).then(|| format!("{} ended {}", one.name, ends.strftime("%F"))))),
        expiring: listed(&|one| {
            if one.rotated {
                return Derived::known(None);
            }
            one.ends.map(|ends| (ends >= now && ends.duration_since(now) < limit).then(|| format!("{} ends {}", one.name, ends.strftime("%F"))))
        }),
        weak: listed(&|one| Derived::known(one.weakness.map(|weakness| format!("{} {weakness}", one.name)))),
    }
}

/// An API of AWS's and Redshift renew their certificates; any other server's is only known with the server.
fn is_unsure(protocol: Protocol, edge: &Edge<'_>) -> bool {
    !matches!(protocol, Protocol::Api | Protocol::Warehouse) && !matches!(edge.found, Found::Address | Found::Declared)
}

/// Lists joined: one known entry decides, whatever else is unseen.
fn union(lists: impl IntoIterator<Item = Derived<Vec<String>>>) -> Derived<Vec<String>> {
    let lists: Vec<_> = lists.into_iter().collect();
    let decided = lists.iter().any(|list| list.value().is_some_and(|list| !list.is_empty()));
    let lists = lists.into_iter().filter(|list| !decided || list.value().is_some_and(|list| !list.is_empty()));
    Derived::collect(lists).map(|lists| {
        let mut all: Vec<String> = lists.into_iter().flatten().collect();
        all.sort();
        all.dedup();
        all
    })
}

fn of_endpoint(ctx: &FactContext<'_>, endpoint: &Resource<dms::Endpoint>) -> Derived<Vec<Certificate>> {
    observe!(endpoint.certificate_arn).and_then(|arn| {
        let Some(arn) = arn.filter(|arn| !arn.is_empty()) else { return Derived::known(Vec::new()) };
        ctx.index.get::<dms::Certificate>(&endpoint.id.region, &arn).and_then(|certificate| {
            let key = observe!(certificate.key_length).zip(observe!(certificate.signing_algorithm));
            let ends = observe!(certificate.valid_to).and_then(|ends| {
                ends.map_or_else(|| Derived::not_evaluated("until when the certificate is valid, which DMS does not say"), Derived::known)
            });
            key.map(|(bits, algorithm)| {
                vec![Certificate { name: certificate.id.name.to_string(), ends, rotated: false, weakness: weakness(bits, algorithm.as_deref()) }]
            })
        })
    })
}

fn of_server(ctx: &FactContext<'_>, server: Server<'_>) -> Derived<Vec<Certificate>> {
    match server {
        Server::RdsInstance(instance) => of_instance(instance),
        Server::RdsCluster(cluster) => observe!(cluster.members).and_then(|members| {
            let region = &*cluster.id.region;
            let members = members.iter().map(|member| ctx.index.get::<rds::Instance>(region, &member.instance_id).and_then(of_instance));
            Derived::collect(members).map(|certificates| certificates.into_iter().flatten().collect())
        }),
        // Redshift's certificate comes from ACM, which renews it.
        Server::Redshift(_) => Derived::known(Vec::new()),
    }
}

fn of_instance(instance: &Resource<rds::Instance>) -> Derived<Vec<Certificate>> {
    let seen = observe!(instance.certificate);
    let from = seen.from().to_vec();
    seen.map(|certificate| {
        let ends = certificate.and_then(|certificate| certificate.valid_till);
        let ends =
            ends.map_or_else(|| Derived::not_evaluated("until when the server's certificate is valid, which RDS does not say"), Derived::known);
        let name = format!("the server certificate of {}", instance.id.name);
        vec![Certificate { name, ends: ends.resting_on(&from), rotated: true, weakness: None }]
    })
}

/// RSA below 2048 bits (elliptic curves below 224), MD5 or SHA-1 signatures (NIST SP 800-57 part 1).
fn weakness(bits: Option<i64>, algorithm: Option<&str>) -> Option<String> {
    let algorithm = algorithm.unwrap_or_default();
    let plain = algorithm.to_ascii_lowercase().replace('-', "");
    let least = if plain.contains("ecdsa") { 224 } else { 2048 };
    if let Some(bits) = bits.filter(|bits| *bits > 0 && *bits < least) {
        return Some(format!("has a key of {bits} bits"));
    }
    ["md2", "md5", "sha1"].iter().any(|broken| plain.contains(broken)).then(|| format!("is signed with {algorithm}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_keys_and_broken_signatures_are_weak() {
        assert!(weakness(Some(1024), Some("SHA256withRSA")).is_some());
        assert!(weakness(Some(2048), Some("SHA1withRSA")).is_some());
        assert!(weakness(Some(4096), Some("md5WithRSAEncryption")).is_some());
        assert_eq!(weakness(Some(256), Some("ecdsa-with-SHA256")), None);
        assert_eq!(weakness(Some(2048), Some("SHA256withRSA")), None);
        assert_eq!(weakness(None, None), None);
    }
}
