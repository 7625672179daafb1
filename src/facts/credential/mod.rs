//! Credentials: how a hop proves who it is, where that secret lives, is it rotated (8.3.2, 8.6.x).

use super::World;
use super::subject::{Field, Shape, Subject, Type};
use crate::model::Kind;

/// The fact kind `credential`.
pub const CREDENTIAL: Shape = Shape {
    name: "credential",
    doc: "how an endpoint logs in",
    kinds: &[Kind::DmsEndpoint],
    fields: &[
        Field::new("engine", Type::Text, "DMS's engine name"),
        Field::new("in_use", Type::Bool, "a task or replication uses the endpoint"),
        Field::new("logs_in", Type::Bool, "the engine takes a login (S3, Kinesis, DynamoDB… do not)"),
        Field::new("method", Type::Text, "secret, iam, kerberos, password, none"),
        Field::nullable("secret", Type::Text, "ARN or name of the secret"),
        Field::new("secret_dying", Type::Bool, "the secret is scheduled for deletion"),
        Field::new("master", Type::Bool, "logs in as the master user, an engine's built-in administrator, or with a managed master secret"),
        Field::new("name_hidden", Type::Bool, "the login name hides in a secret"),
        Field::new("master_why", Type::Text, "which name, matched with what"),
        Field::nullable("privilege_query", Type::Text, "the read-only query that lists what the login may do; null where the engine has none"),
    ],
};

/// The fact kind `secret-use`.
pub const SECRET: Shape = Shape {
    name: "secret-use",
    doc: "is a secret in use rotated, and who can read it",
    kinds: &[Kind::Secret],
    fields: &[
        Field::new("used_by", Type::Texts, "endpoints and databases that name it"),
        Field::new("rotated", Type::Bool, "rotated within the declared period, by its own schedule or by the service that manages it"),
        Field::new("rotation_why", Type::Text, "dates and states that decide, as absolute dates"),
        Field::new("anyone", Type::Bool, "the resource policy lets anyone read it"),
        Field::new("undeclared", Type::Texts, "undeclared outside principals that the resource policy lets in"),
        Field::new("key_opens_too", Type::Bool, "the key's policy would let them decrypt it too"),
        Field::new("policy_why", Type::Text, "which statement decides, in words"),
    ],
};

/// The subjects of this noun.
pub fn derive(_world: &World<'_>) -> Vec<Subject> {
    Vec::new()
}
