//! Credentials: how a hop proves who it is, where that secret lives, is it rotated (8.3.2, 8.6.x).

mod login;
mod privilege_query;
mod schedule;
mod secret;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use login::Login;
use privilege_query::privilege_query;
use secret::rotation;

use super::FactContext;
use super::grant::{key_opening, open};
use super::subject::{Field, Shape, Subject, Type};
use crate::evidence::{About, Derived, observe};
use crate::model::secret::Secret;
use crate::model::{Kind, Resource, dms};

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
        Field::new(
            "name_hidden",
            Type::Bool,
            "the login name hides in a secret or in connection attributes, or the server is not known whose master user it may be",
        ),
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
        Field::new("rotation_on", Type::Bool, "rotation is switched on"),
        Field::new("rotation_why", Type::Text, "dates and states that decide, as absolute dates"),
        Field::new("anyone", Type::Bool, "the resource policy lets anyone read it"),
        Field::new(
            "undeclared",
            Type::Texts,
            "undeclared outside principals, and groups of them such as an organization, that the resource policy lets in",
        ),
        Field::new("openings", Type::Texts, "whom the resource policy lets in, for which action and on which conditions"),
        Field::new("key_opens_too", Type::Bool, "the key's policy would let them decrypt it too"),
        Field::new("policy_why", Type::Text, "which statement decides, in words"),
    ],
};

/// The subjects of this noun.
pub fn derive(ctx: &FactContext<'_>) -> Vec<Subject> {
    let mut subjects: Vec<_> = ctx.index.all::<dms::Endpoint>().iter().flat_map(|endpoint| credentials(ctx, endpoint)).collect();
    let secrets = ctx.index.all::<Secret>().iter();
    subjects.extend(secrets.filter(|secret| !ctx.pipelines.uses(Kind::Secret, &secret.id.arn).is_empty()).map(|secret| secret_use(ctx, secret)));
    subjects
}

fn credentials<'a>(ctx: &FactContext<'a>, endpoint: &'a Resource<dms::Endpoint>) -> Vec<Subject> {
    let secrets = observe!(endpoint.secrets);
    let logins = login::logins(secrets.value().map_or(&[], Vec::as_slice));
    logins.into_iter().map(|login| credential(ctx, endpoint, &login)).collect()
}

fn credential<'a>(ctx: &FactContext<'a>, endpoint: &'a Resource<dms::Endpoint>, login: &Login) -> Subject {
    let pipelines = ctx.pipelines.of(Kind::DmsEndpoint, &endpoint.id.arn);
    let about = About { kind: Kind::DmsEndpoint, resource: endpoint.id.clone(), key: login.key.clone(), pipelines };
    let engine = observe!(endpoint.engine);
    let logs_in = engine.clone().map(|engine| login::takes_login(&engine));
    let method = login::method(endpoint, login);
    // A name that nobody could compare with a master user's says as little as one that nobody sees.
    let uncompared = login::uncompared(ctx, endpoint, login);
    let standing = login::standing(ctx, endpoint, login, &uncompared);
    let master = standing.clone().map(|standing| standing.master);
    let nameless = observe!(endpoint.username).map(|username| !login.main || username.is_none_or(|username| username.is_empty()));
    // A login without a visible name has one all the same: in its secret, in connection attributes, in a ticket. Kafka has no master user.
    let named_elsewhere = method.clone().zip(engine.clone()).map(|(method, engine)| method == "secret" || method != "none" && engine != "kafka");
    let hidden = nameless.and(named_elsewhere).or(uncompared).and(master.clone().negate());
    let dying = observe!(endpoint.secrets).and_then(|_| match &login.secret {
        None => Derived::known(false),
        Some(id) => login::secret(ctx, endpoint, id).and_then(|secret| observe!(secret.deleted_at).map(|deleted| deleted.is_some())),
    });
    Subject::new(CREDENTIAL.name, about)
        .with("engine", engine.clone())
        .with("in_use", ctx.pipelines.in_use(endpoint))
        .with("logs_in", logs_in)
        .with("method", method)
        .with("secret", observe!(endpoint.secrets).map(|_| login.secret.clone()))
        .with("secret_dying", dying)
        .with("master", master)
        .with("name_hidden", hidden)
        .with("master_why", standing.map(|standing| standing.why))
        .with("privilege_query", engine.map(|engine| privilege_query(&engine)))
}

fn secret_use(ctx: &FactContext<'_>, secret: &Resource<Secret>) -> Subject {
    let arn = &secret.id.arn;
    let about = About { kind: Kind::Secret, resource: secret.id.clone(), key: String::new(), pipelines: ctx.pipelines.of(Kind::Secret, arn) };
    let users: BTreeSet<_> =
        ctx.pipelines.uses(Kind::Secret, arn).iter().map(|reference| format!("{} {}", reference.by_kind, reference.by.name)).collect();
    let rotation = rotation(ctx, secret);
    let opening = open::secret_opening(ctx, secret);
    // Without a key of its own it is locked by aws/secretsmanager, which no outsider can use.
    let key = observe!(secret.kms_key_id)
        .and_then(|key| key.map_or_else(|| Derived::known(false), |key| key_opening::key_opens_to_outsiders(ctx, &key, &secret.id.region)));
    Subject::new(SECRET.name, about)
        .with("used_by", Derived::known(users))
        .with("rotated", rotation.clone().map(|rotation| rotation.rotated))
        .with("rotation_on", observe!(secret.rotation_enabled).map(|enabled| enabled == Some(true)))
        .with("rotation_why", rotation.map(|rotation| rotation.why))
        .with("anyone", opening.clone().map(|opening| opening.anyone))
        .with("undeclared", open::Opening::outsiders(&opening))
        .with("openings", opening.clone().map(|opening| opening.elements))
        .with("key_opens_too", key)
        .with("policy_why", opening.map(|opening| opening.why))
}
