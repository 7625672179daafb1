//! Whether a hop is encrypted: by what the endpoint asks for, or because the server behind it refuses clear text (4.2.1, 8.3.2).
//!
//! Only a resolved server (address, declared) excuses a hop. What rests on an inferred one is a question for a person; one that is
//! ambiguous, external or hidden excuses nothing.

use super::protocol::{Protocol, kafka_encrypts, mode_encrypts};
use crate::aws_defaults;
use crate::evidence::{Derived, observe};
use crate::facts::FactContext;
use crate::facts::pipeline::{Edge, Found};
use crate::facts::store::tls::{self, Enforcement};
use crate::model::{Resource, dms};

/// What is said of a hop.
#[derive(Debug, Clone)]
pub(super) struct Encryption {
    /// Known to be TLS.
    pub encrypted: bool,
    /// Only the connection itself can say.
    pub asks_person: bool,
    /// What decides.
    pub why: String,
}

/// Judges one endpoint.
pub(super) fn encryption<'a>(ctx: &FactContext<'a>, endpoint: &'a Resource<dms::Endpoint>) -> Derived<Encryption> {
    let says = |encrypted, asks_person, why: String| Encryption { encrypted, asks_person, why };
    observe!(endpoint.engine).and_then(|engine| match Protocol::from_engine(&engine) {
        Protocol::Api => Derived::known(says(true, false, format!("{engine} is an AWS API over HTTPS"))),
        Protocol::Search => observe!(endpoint.search_clear_text).map(|clear| match clear {
            Some(true) => says(false, false, "its URI says http://".to_owned()),
            _ => says(true, false, "its URI says https://".to_owned()),
        }),
        Protocol::Kafka => observe!(endpoint.kafka_security_protocol).map(|protocol| match protocol.as_deref() {
            None | Some("") => says(false, true, "no SecurityProtocol is set; the brokers decide".to_owned()),
            Some(protocol) => says(kafka_encrypts(protocol), false, format!("SecurityProtocol {protocol}")),
        }),
        Protocol::Redis => observe!(endpoint.redis_protocol).map(|protocol| {
            let protocol = aws_defaults::redis_protocol(protocol);
            says(protocol != "plaintext", false, format!("SslSecurityProtocol {protocol}"))
        }),
        Protocol::Warehouse => by_warehouse(ctx, endpoint),
        protocol => observe!(endpoint.ssl_mode).and_then(|mode| {
            let mode = if mode.is_empty() { "none".to_owned() } else { mode };
            if mode_encrypts(&mode) {
                return Derived::known(says(true, false, format!("SslMode {mode}")));
            }
            if protocol == Protocol::Unknown {
                return Derived::known(says(false, true, format!("SslMode {mode}, and what that means for {engine} is not known here")));
            }
            by_server(ctx, endpoint, &mode)
        }),
    })
}

/// The endpoint asks for nothing: only the server can save it.
fn by_server<'a>(ctx: &FactContext<'a>, endpoint: &'a Resource<dms::Endpoint>, mode: &str) -> Derived<Encryption> {
    let says = |encrypted, asks_person, why: String| Encryption { encrypted, asks_person, why: format!("SslMode {mode}, {why}") };
    ctx.pipelines.edge(endpoint).and_then(|edge| {
        let Some(server) = edge.server else { return Derived::known(says(false, false, format!("and {}", unexcused(&edge)))) };
        let certain = edge.resolved_server().is_some();
        tls::enforcement(ctx, server).map(|Enforcement { enforced, why, asks_person, .. }| match (certain, enforced, asks_person) {
            (_, _, true) => says(false, true, format!("and only a person can say what the server takes: {why}")),
            (true, true, _) => says(true, false, format!("encrypted by the server: {why}")),
            (false, true, _) => says(false, true, format!("but the server is only inferred: {why}")),
            (_, false, _) => says(false, false, format!("and the server takes clear text: {why}")),
        })
    })
}

/// DMS uses TLS to Redshift by itself; that it *must* is proven by the cluster alone. Never a fail.
fn by_warehouse<'a>(ctx: &FactContext<'a>, endpoint: &'a Resource<dms::Endpoint>) -> Derived<Encryption> {
    let asks = |why: String| Encryption { encrypted: false, asks_person: true, why };
    ctx.pipelines.edge(endpoint).and_then(|edge| {
        let Some(server) = edge.resolved_server() else {
            return Derived::known(asks(format!("DMS uses TLS to Redshift, but nothing shows it: {}", unexcused(&edge))));
        };
        tls::enforcement(ctx, server).map(|enforcement| {
            if enforcement.enforced && !enforcement.asks_person {
                Encryption { encrypted: true, asks_person: false, why: format!("encrypted by the server: {}", enforcement.why) }
            } else {
                asks(format!("DMS uses TLS to Redshift, but the cluster does not insist: {}", enforcement.why))
            }
        })
    })
}

/// Why an edge excuses nothing.
fn unexcused(edge: &Edge<'_>) -> &'static str {
    match edge.found {
        Found::External => "the server is somebody else's",
        Found::Inferred => "the server is only inferred",
        Found::Ambiguous => "which server stands behind it is ambiguous",
        Found::Contradicted => "AWS contradicts what is declared about its server",
        Found::Address | Found::Declared | Found::Hidden => "the server behind it is not known",
    }
}
