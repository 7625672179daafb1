//! Hops: where data travels; is TLS offered, enforced, verified (4.2.1, 8.3.2, 2.2.7).

mod certificate;
mod encryption;
mod protocol;
#[cfg(test)]
mod tests;

use certificate::certificates;
use encryption::encryption;
use protocol::{Protocol, kafka_encrypts, mode_verifies};

use super::FactContext;
use super::pipeline::Edge;
use super::subject::{Field, Shape, Subject, Type};
use crate::aws_defaults;
use crate::evidence::{About, Derived, observe};
use crate::model::{Kind, Resource, dms};

/// The fact kind `hop`.
pub const HOP: Shape = Shape {
    name: "hop",
    doc: "where data travels between DMS and a store; is TLS offered, enforced, verified",
    kinds: &[Kind::DmsEndpoint],
    fields: &[
        Field::new("engine", Type::Text, "DMS's engine name"),
        Field::new("end", Type::Text, "source or target"),
        Field::new("in_use", Type::Bool, "a task or replication uses the endpoint"),
        Field::new("managed", Type::Bool, "a zero-ETL integration manages it"),
        Field::new("tls_judged", Type::Bool, "a database connection; false where the engine is an AWS API over HTTPS"),
        Field::new("encrypted", Type::Bool, "TLS, by the endpoint's settings or because the resolved server enforces it"),
        Field::new(
            "encrypted_asks_person",
            Type::Bool,
            "only the connection log can say (Redshift whose require_ssl is not resolved and in force; what rests on an inferred edge)",
        ),
        Field::new("encrypted_why", Type::Text, "what decides, in words"),
        Field::new("can_verify", Type::Bool, "DMS can verify this engine's certificate"),
        Field::new("verifies", Type::Bool, "verifies the server's certificate"),
        Field::new("has_certificate", Type::Bool, "a certificate is known on this hop, or may be there: the endpoint's, or the server's"),
        Field::new("certificate_asks_person", Type::Bool, "which server stands behind the endpoint is not certain, nor is whose certificate counts"),
        Field::new("expired", Type::Texts, "certificates that are no longer valid, with their dates"),
        Field::new("expiring", Type::Texts, "certificates whose end is nearer than the limit and which AWS does not rotate by itself"),
        Field::new("weak", Type::Texts, "certificates with a short key or a broken signature algorithm"),
        Field::new("crosses_untrusted", Type::Bool, "a leg can cross an untrusted network: the internet, a VPN or Direct Connect"),
        Field::new("path_asks_person", Type::Bool, "only a person can say which networks it crosses (its server is not resolved)"),
        Field::new("path_declared", Type::Bool, "the party beyond is declared in pci-audit.toml, by its edge or its network"),
        Field::new("aws_public", Type::Bool, "a leg passes AWS's public endpoints: no VPC endpoint stands before them"),
        Field::new(
            "server_instances",
            Type::Texts,
            "the RDS instances that stand behind it, where AWS or a declaration says for certain that they do",
        ),
        Field::new("path", Type::Text, "which networks it crosses, in words"),
    ],
};

/// The RDS instances behind an endpoint, where they are certain.
fn server_instances(ctx: &FactContext<'_>, endpoint: &Resource<dms::Endpoint>) -> Vec<String> {
    let server = ctx.pipelines.edge(endpoint).value().and_then(Edge::resolved_server);
    server.and_then(|server| server.instances().value().cloned()).unwrap_or_default()
}

/// The subjects of this noun: one hop per endpoint.
pub fn derive(ctx: &FactContext<'_>) -> Vec<Subject> {
    ctx.index.all::<dms::Endpoint>().iter().map(|endpoint| hop(ctx, endpoint)).collect()
}

fn hop<'a>(ctx: &FactContext<'a>, endpoint: &'a Resource<dms::Endpoint>) -> Subject {
    let arn = &endpoint.id.arn;
    let about =
        About { kind: Kind::DmsEndpoint, resource: endpoint.id.clone(), key: String::new(), pipelines: ctx.pipelines.of(Kind::DmsEndpoint, arn) };
    let engine = observe!(endpoint.engine);
    let protocol = engine.clone().map(|engine| Protocol::from_engine(&engine));
    let encryption = encryption(ctx, endpoint);
    let certificates = certificates(ctx, endpoint);
    let path = ctx.hop_paths().path(endpoint);
    Subject::new(HOP.name, about)
        .with("engine", engine)
        .with("end", observe!(endpoint.endpoint_type))
        .with("in_use", ctx.pipelines.in_use(endpoint))
        .with("managed", observe!(endpoint.read_only))
        .with("tls_judged", judged(endpoint, &protocol))
        .with("encrypted", encryption.clone().map(|encryption| encryption.encrypted))
        .with("encrypted_asks_person", encryption.clone().map(|encryption| encryption.asks_person))
        .with("encrypted_why", encryption.map(|encryption| encryption.why))
        .with("can_verify", protocol.clone().map(Protocol::can_verify))
        .with("verifies", verifies(endpoint, &protocol))
        .with("has_certificate", certificates.known)
        .with("certificate_asks_person", certificates.asks_person)
        .with("expired", certificates.expired)
        .with("expiring", certificates.expiring)
        .with("weak", certificates.weak)
        .with("crosses_untrusted", path.crosses)
        .with("path_asks_person", path.asks_person)
        .with("path_declared", path.declared)
        .with("aws_public", path.aws_public)
        .with("server_instances", Derived::known(server_instances(ctx, endpoint)))
        .with("path", path.words)
}

/// Whether TLS is a question here: an AWS API is HTTPS, unless a search endpoint's URI says otherwise.
fn judged(endpoint: &Resource<dms::Endpoint>, protocol: &Derived<Protocol>) -> Derived<bool> {
    protocol.clone().and_then(|protocol| match protocol {
        Protocol::Api => Derived::known(false),
        Protocol::Search => observe!(endpoint.search_clear_text).map(|clear| clear == Some(true)),
        _ => Derived::known(true),
    })
}

fn verifies(endpoint: &Resource<dms::Endpoint>, protocol: &Derived<Protocol>) -> Derived<bool> {
    protocol.clone().and_then(|protocol| match protocol {
        Protocol::SslMode | Protocol::Unknown => observe!(endpoint.ssl_mode).map(|mode| mode_verifies(&mode)),
        Protocol::Kafka => {
            let encrypts = observe!(endpoint.kafka_security_protocol).map(|protocol| protocol.is_some_and(|protocol| kafka_encrypts(&protocol)));
            encrypts.and(
                observe!(endpoint.kafka_endpoint_identification).map(|algorithm| aws_defaults::kafka_endpoint_identification(algorithm) != "none"),
            )
        }
        Protocol::Warehouse | Protocol::Api | Protocol::Search | Protocol::Redis => Derived::known(false),
    })
}
