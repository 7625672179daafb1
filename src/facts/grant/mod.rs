//! Grants: who may read, alter or re-route the data (7.2.x, 7.3.x). Policies are read as statements, never as text.

pub mod access;
mod allowance;
mod door;
pub mod escalation;
mod excess;
mod ground;
mod guest;
mod held_policy;
mod identity_provider;
pub mod key_opening;
pub mod known_parties;
mod library;
pub mod open;
pub mod open_bucket;
mod party;
mod principal;
pub mod readers;
mod service_role;
mod surplus;
#[cfg(test)]
mod tests;
mod trust;

use iam_eval::principal_element::NamedPrincipal;

use super::FactContext;
use super::subject::{Field, Shape, Subject, Type};
use crate::model::Kind;

/// What is said of lists of policies.
const POLICIES: &str = "the policies that give it: name (as messages call it), kind and holder (user, group or role, and which), arn (of a managed one, else empty), inline (the name of an inline one, else empty)";

/// The fact kind `service-role`.
pub const SERVICE_ROLE: Shape = Shape {
    name: "service-role",
    doc: "what the roles that a pipeline's services assume may do, and who may assume them",
    kinds: &[Kind::IamRole],
    fields: &[
        Field::new("present", Type::Bool, "the role exists (a fixed-name DMS role may be absent)"),
        Field::new("purposes", Type::Texts, "endpoint-access, secret-access, warehouse, dms-vpc, dms-logs"),
        Field::new("fixed_name", Type::Bool, "one of the three roles that DMS looks up by name"),
        Field::new("surplus", Type::Texts, "what it may do beyond what the pipeline uses, as `action on resource (policy)`"),
        Field::new("surplus_policies", Type::Maps, POLICIES),
        Field::new("surplus_of_aws_policy", Type::Texts, "beyond what AWS's own policy for this fixed-name role grants"),
        Field::new("anyone", Type::Bool, "anyone can assume it"),
        Field::new("undeclared", Type::Texts, "undeclared outside principals, and groups of them such as an organization, that can assume it"),
        Field::new("openings", Type::Texts, "whom it lets in from outside, and on which conditions"),
        Field::new(
            "issuers",
            Type::Texts,
            "identity providers of OpenID Connect that let in everyone whom they vouch for: no condition binds the subject",
        ),
        Field::new("unexpected", Type::Texts, "principals that its job does not need (for a fixed-name role: any but DMS and Redshift)"),
        Field::new("trust_why", Type::Text, "which statement decides, in words"),
    ],
};

/// The fact kind `principal`.
pub const PRINCIPAL: Shape = Shape {
    name: "principal",
    doc: "what users, groups and roles hold, as an upper bound (SCPs are not evaluated)",
    kinds: &[Kind::IamUser, Kind::IamGroup, Kind::IamRole],
    fields: &[
        Field::new("person", Type::Bool, "a user, a group, or a role that a person can assume"),
        Field::new("declared_admin", Type::Bool, "named under `admins` in pci-audit.toml"),
        Field::new("full_admin", Type::Bool, "holds everything on everything"),
        Field::new("full_admin_why", Type::Text, "which statement of which policy"),
        Field::new("admin_policies", Type::Maps, POLICIES),
        Field::new("becomes_admin", Type::Texts, "how it becomes one who holds everything on everything, by assuming roles that nobody declared"),
        Field::new("may_become_admin", Type::Texts, "the same, under conditions which the control plane does not decide"),
        Field::new(
            "entrance",
            Type::Text,
            "who from outside that nobody declared can become it: `anyone`, `outsiders`, `issuer` (whoever an identity provider vouches for), `nobody`",
        ),
        Field::new("openings", Type::Texts, "whom its trust policy lets in from outside, and on which conditions"),
        Field::new("entrance_why", Type::Text, "which statement of its trust policy, in words"),
        Field::new("excess", Type::Texts, "over-broad rights over the pipeline's data, as `pattern on resource (policy)`"),
        Field::new("excess_policies", Type::Maps, POLICIES),
    ],
};

/// The fact kind `data-access`.
pub const DATA_ACCESS: Shape = Shape {
    name: "data-access",
    doc: "who can read, unlock or re-route the data of a pipeline, as an upper bound (SCPs and RCPs are not evaluated)",
    kinds: &[
        Kind::RdsInstance,
        Kind::RdsCluster,
        Kind::RedshiftCluster,
        Kind::Bucket,
        Kind::Secret,
        Kind::KmsKey,
        Kind::DmsTask,
        Kind::DmsReplicationConfig,
    ],
    fields: &[
        Field::new(
            "access",
            Type::Maps,
            "everyone with a way: principal, kind (user, role, session, outsider, anyone), person and declared (yes, no), right (read, unlock, \
            re-route), way, path, condition",
        ),
        Field::new("undeclared_readers", Type::Texts, "undeclared principals that can read or unlock it, themselves or by assuming roles"),
        Field::new("conditional_readers", Type::Texts, "undeclared principals that can under conditions which the control plane does not decide"),
        Field::new("anyone", Type::Bool, "anyone was found to be able to read or unlock it, himself or by assuming roles"),
        Field::new("outsiders", Type::Bool, "an undeclared principal that is not of the account was found to be able to read or unlock it"),
        Field::new("become", Type::Texts, "who may become the undeclared roles among all these, as their trust policies name them"),
        Field::new("escalators", Type::Texts, "undeclared principals that can give themselves the right to read or unlock it"),
        Field::new(
            "conditional_escalators",
            Type::Texts,
            "undeclared principals that can give themselves that right under conditions which the control plane does not decide",
        ),
        Field::new("takeovers", Type::Texts, "those of them that do it by taking over an identity or every right"),
        Field::new("reroutes", Type::Texts, "undeclared principals that can change where a task moves the data, and what of it"),
        Field::new("conditional_reroutes", Type::Texts, "undeclared principals that can under conditions which the control plane does not decide"),
        Field::new("nothing_declared", Type::Bool, "pci-audit.toml names neither `admins` nor `[[readers]]`"),
    ],
};

/// The fact kind `identity-provider`.
pub const IDENTITY_PROVIDER: Shape = Shape {
    name: "identity-provider",
    doc: "a SAML or OpenID Connect provider that vouches for whoever becomes a role with a way to the data",
    kinds: &[Kind::Account],
    fields: &[
        Field::new("provider", Type::Text, "its ARN, or the public name of the issuer"),
        Field::new("declared", Type::Bool, "named under `[[external.identity-providers]]` in pci-audit.toml"),
        Field::new("foreign", Type::Bool, "of another account, which nobody declared: its administrators say whom it vouches for"),
        Field::new("leads_to", Type::Texts, "the roles that trust it, as `role NAME`"),
    ],
};

/// The subjects of this noun.
pub fn derive(ctx: &FactContext<'_>) -> Vec<Subject> {
    let policies = allowance::Policies::new(ctx.index);
    let ground = ground::Ground::new(ctx.index.snapshot);
    let mut subjects = service_role::derive(ctx, &policies, &ground);
    let (data, becoming) = readers::derive(ctx, &policies, &ground);
    subjects.extend(principal::derive(ctx, &policies, &ground, &becoming));
    subjects.extend(data);
    subjects
}

/// Who can assume a role, in words.
fn trust_words(trust: &trust::Trust) -> String {
    if trust.opening.is_open() {
        return trust.opening.why.clone();
    }
    let names: Vec<&str> = trust.admitted.iter().map(NamedPrincipal::text).collect();
    if names.is_empty() { "nobody can assume it".to_owned() } else { format!("it trusts {}", names.join(", ")) }
}
