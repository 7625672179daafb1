//! Keys: what locks a store, who controls it, is it alive and rotated (3.6.x, 3.7.x).

mod rotation;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::FactContext;
use super::aws_managed::is_aws_managed;
use super::grant::key_opening::{ENCRYPT_ACTIONS, key_opening};
use super::grant::open::Opening;
use super::subject::{Field, Shape, Subject, Type};
use crate::aws_defaults;
use crate::evidence::{About, Derived, observe};
use crate::model::kms::Key;
use crate::model::{Kind, Resource};
use rotation::Rotation;

/// The fact kind `key`.
pub const KEY: Shape = Shape {
    name: "key",
    doc: "what locks a store, who controls it, is it alive and rotated",
    kinds: &[Kind::KmsKey],
    fields: &[
        Field::new("manager", Type::Text, "AWS or CUSTOMER"),
        Field::new("used_by", Type::Texts, "what in scope it locks"),
        Field::new("rotation", Type::Text, "automatic, off, aws-managed, or by-hand (imported, custom store, asymmetric)"),
        Field::nullable("rotation_days", Type::Int, "days between automatic rotations; null where there are none"),
        Field::new("state", Type::Text, "AWS's word; Enabled where AWS manages it"),
        Field::new("usable", Type::Bool, "enabled, and not on its way to deletion"),
        Field::new("symmetric", Type::Bool, "SYMMETRIC_DEFAULT"),
        Field::new("anyone", Type::Bool, "the policy or a grant lets anyone use or administer it"),
        Field::new(
            "undeclared",
            Type::Texts,
            "outside accounts, principals and groups such as an organization that the policy or a grant lets in and nobody declared",
        ),
        Field::new("openings", Type::Texts, "whom its policy and its grants let in, for which action and on which conditions"),
        Field::new("encrypts_only", Type::Bool, "all that outsiders are let in for locks new data and opens none; false where none is let in"),
        Field::new("policy_why", Type::Text, "which statement or grant decides, in words"),
    ],
};

/// The subjects of this noun: the keys that something in scope uses.
pub fn derive(ctx: &FactContext<'_>) -> Vec<Subject> {
    ctx.index.all::<Key>().iter().filter_map(|key| subject(ctx, key)).collect()
}

fn subject(ctx: &FactContext<'_>, key: &Resource<Key>) -> Option<Subject> {
    let uses = ctx.pipelines.uses(Kind::KmsKey, &key.id.arn);
    if uses.is_empty() {
        return None;
    }
    let users: BTreeSet<String> = uses.iter().map(|reference| format!("{} {}", reference.by_kind, reference.by.name)).collect();
    let about = About { kind: Kind::KmsKey, resource: key.id.clone(), key: String::new(), pipelines: ctx.pipelines.of(Kind::KmsKey, &key.id.arn) };
    let managed = is_aws_managed(key);
    let by_aws = managed.value() == Some(&true);
    let state = if by_aws { of_aws(&managed, aws_defaults::AWS_MANAGED_KEY_STATE.to_owned()) } else { observe!(key.state) };
    let symmetric = if by_aws {
        of_aws(&managed, true)
    } else {
        observe!(key.spec).map(|spec| spec.as_deref().unwrap_or(aws_defaults::KEY_SPEC) == aws_defaults::KEY_SPEC)
    };
    let rotation = if by_aws { of_aws(&managed, Rotation::by_aws()) } else { rotation::of_customer(ctx, key) };
    let access = if by_aws { Access::by_aws(&managed) } else { Access::new(ctx, key) };
    let subject = Subject::new(KEY.name, about)
        .with("manager", managed.map(|aws| if aws { "AWS" } else { "CUSTOMER" }))
        .with("used_by", Derived::known(users))
        .with("rotation", rotation.clone().map(|rotation| rotation.how))
        .with("rotation_days", rotation.map(|rotation| rotation.days))
        .with("usable", state.clone().map(|state| is_usable(&state)))
        .with("state", state)
        .with("symmetric", symmetric)
        .with("anyone", access.anyone)
        .with("undeclared", access.undeclared)
        .with("openings", access.openings)
        .with("encrypts_only", access.encrypts_only)
        .with("policy_why", access.why);
    Some(subject)
}

/// What AWS documents of a key that it manages: it rests on who manages it.
fn of_aws<T>(managed: &Derived<bool>, value: T) -> Derived<T> {
    Derived::known(value).resting_on(managed.from())
}

/// A key that is being updated still works; every other state but `Enabled` locks its data in.
/// Source: AWS KMS Developer Guide, "Key states of AWS KMS keys".
fn is_usable(state: &str) -> bool {
    matches!(state, "Enabled" | "Updating")
}

/// Whom a key lets in.
struct Access {
    anyone: Derived<bool>,
    undeclared: Derived<Vec<String>>,
    openings: Derived<BTreeSet<String>>,
    encrypts_only: Derived<bool>,
    why: Derived<String>,
}

impl Access {
    /// AWS's own policy binds its keys to callers of their account, through one service.
    fn by_aws(managed: &Derived<bool>) -> Self {
        Self {
            anyone: of_aws(managed, false),
            undeclared: of_aws(managed, Vec::new()),
            openings: of_aws(managed, BTreeSet::new()),
            encrypts_only: of_aws(managed, false),
            why: of_aws(managed, "AWS's own policy admits callers of this account alone".to_owned()),
        }
    }

    /// By policy and grants: whoever is found in one of them is in, whatever of the other was not seen.
    fn new(ctx: &FactContext<'_>, key: &Resource<Key>) -> Self {
        let (policy, grants) = key_opening(ctx, key);
        let anyone = policy.clone().map(|opening| opening.anyone).or(grants.clone().map(|opening| opening.anyone));
        // What lets nobody in for certain, or was not read, may still let somebody in for more.
        let read = Derived::collect([policy.clone(), grants.clone()]);
        let encrypts_only = read.map(|both| {
            let mut actions = both.iter().flat_map(|opening| &opening.actions).peekable();
            actions.peek().is_some() && actions.all(|action| ENCRYPT_ACTIONS.contains(&action.as_str()))
        });
        let found: Vec<Derived<Opening>> =
            [&policy, &grants].into_iter().filter(|opening| opening.value().is_some_and(Opening::is_open)).cloned().collect();
        let parts = if found.is_empty() { vec![policy, grants] } else { found };
        let undeclared = Derived::collect(parts.iter().map(Opening::outsiders));
        let undeclared = undeclared.map(|parts| parts.into_iter().flatten().collect::<BTreeSet<_>>().into_iter().collect());
        let openings = Derived::collect(parts.iter().cloned()).map(|parts| parts.into_iter().flat_map(|opening| opening.elements).collect());
        let why = Derived::collect(parts).map(|parts| parts.into_iter().map(|opening| opening.why).collect::<Vec<_>>().join("; "));
        Self { anyone, undeclared, openings, encrypts_only, why }
    }
}
