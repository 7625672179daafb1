//! The subjects of `identity-provider`: the providers that vouch for whoever becomes a role with a way to the data.
//!
//! Source: IAM User Guide, "Identity providers and federation into AWS": whom a provider lets in, its own settings say, and not AWS's. Roles
//! under `/aws-reserved/sso.amazonaws.com/` are those of permission sets: IAM Identity Center assigns them to people (its User Guide).

use std::collections::{BTreeMap, BTreeSet};

use iam_eval::principal_element::NamedPrincipal;

use super::super::FactContext;
use super::super::subject::{Subject, no_pipelines};
use super::IDENTITY_PROVIDER;
use super::known_parties::KnownParties;
use super::known_parties::is_undeclared;
use super::trust::trust;
use crate::evidence::{About, Derived, FieldRef, observe};
use crate::model::iam::Role;
use crate::model::{Kind, Resource};

/// The roles that trust a provider, in words, and the fields that say so.
type Trusting = (Vec<String>, Vec<FieldRef>);

/// One subject per provider that some of these roles, by ARN, trust; and one for what trust policies that were not read may name.
pub(super) fn derive(ctx: &FactContext<'_>, roles: &BTreeSet<String>) -> Vec<Subject> {
    let known = KnownParties::new(ctx);
    let mut providers = BTreeMap::<String, Trusting>::new();
    let mut unread = Vec::new();
    unread.extend(ctx.index.listed(Kind::IamRole, "global").missing().iter().cloned());
    for arn in roles {
        let Some(role) = ctx.index.find::<Role>("global", arn).value().copied().flatten() else { continue };
        let of_permission_set = is_of_permission_set(role);
        unread.extend_from_slice(of_permission_set.missing());
        if of_permission_set.value() != Some(&false) {
            continue;
        }
        let document = observe!(role.trust);
        unread.extend_from_slice(document.missing());
        let Some(admitted) = document.value().map(|document| trust(document, &role.id, &known).admitted) else { continue };
        for whom in admitted {
            let NamedPrincipal::Federated(provider) = whom else { continue };
            let (leads_to, from) = providers.entry(provider).or_default();
            leads_to.push(format!("role {}", role.id.name));
            from.extend_from_slice(document.from());
        }
    }
    let mut subjects: Vec<Subject> = providers
        .into_iter()
        .map(|(provider, (leads_to, from))| {
            let declared = Derived::known(known.is_provider(&provider)).resting_on(&from);
            let owner = &ctx.index.snapshot.caller.account;
            let foreign = Derived::known(is_undeclared(&NamedPrincipal::Federated(provider.clone()), owner, ctx.config));
            subject(ctx, &provider, Derived::known(provider.clone()), declared, foreign, Derived::known(leads_to))
        })
        .collect();
    if !unread.is_empty() {
        let unseen: Derived<()> = Derived::Unseen { missing: unread, from: Vec::new() };
        let (provider, declared) = (unseen.clone().map(|()| String::new()), unseen.clone().map(|()| false));
        subjects.push(subject(ctx, "", provider, declared.clone(), declared, unseen.map(|()| Vec::new())));
    }
    subjects
}

fn subject(
    ctx: &FactContext<'_>,
    key: &str,
    provider: Derived<String>,
    declared: Derived<bool>,
    foreign: Derived<bool>,
    leads_to: Derived<Vec<String>>,
) -> Subject {
    let about = About { kind: Kind::Account, resource: ctx.index.account("global"), key: key.to_owned(), pipelines: no_pipelines() };
    Subject::new(IDENTITY_PROVIDER.name, about)
        .with("provider", provider)
        .with("declared", declared)
        .with("foreign", foreign)
        .with("leads_to", leads_to)
}

fn is_of_permission_set(role: &Resource<Role>) -> Derived<bool> {
    const PATH: &str = "/aws-reserved/sso.amazonaws.com/";
    if role.id.arn.contains(&format!(":role{PATH}")) {
        return Derived::known(true);
    }
    observe!(role.path).map(|path| path.starts_with(PATH))
}
