//! Hops: where data travels; is TLS offered, enforced, verified (4.2.1, 8.3.2, 2.2.7).

use super::World;
use super::subject::{Field, Shape, Subject, Type};
use crate::model::Kind;

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
        Field::new("encrypted_asks_person", Type::Bool, "only the connection log can say (Redshift whose require_ssl is not resolved and in force; what rests on an inferred edge)"),
        Field::new("encrypted_why", Type::Text, "what decides, in words"),
        Field::new("can_verify", Type::Bool, "DMS can verify this engine's certificate"),
        Field::new("verifies", Type::Bool, "verifies the server's certificate"),
        Field::new("has_certificate", Type::Bool, "a certificate is known on this hop: the endpoint's, or the resolved server's"),
        Field::new("expired", Type::Texts, "certificates that are no longer valid, with their dates"),
        Field::new("expiring", Type::Texts, "certificates whose end is nearer than the limit and which AWS does not rotate by itself"),
        Field::new("weak", Type::Texts, "certificates with a short key or a broken signature algorithm"),
        Field::new("crosses_untrusted", Type::Bool, "a leg can cross an untrusted network (not evaluated in this version)"),
    ],
};

/// The subjects of this noun.
pub fn derive(_world: &World<'_>) -> Vec<Subject> {
    Vec::new()
}
