//! IAM → users, groups, roles and policies, in one paged list.
//!
//! Documents come RFC 3986 percent-encoded (IAM API Reference, GetAccountAuthorizationDetails); `+` stands for itself.

use std::collections::BTreeMap;

use aws_sdk_iam::types;
use iam_eval::document::Document;

use super::call::{Page, Question};
use super::convert::{set, text};
use super::ctx::Ctx;
use super::retry::Failure;
use crate::model::{Observed, iam};

const PAGE: i32 = 1000;

enum Entity {
    User(types::UserDetail),
    Group(types::GroupDetail),
    Role(types::RoleDetail),
    Policy(types::ManagedPolicyDetail),
}

impl Entity {
    fn arn(&self) -> Option<String> {
        match self {
            Self::User(user) => user.arn.clone(),
            Self::Group(group) => group.arn.clone(),
            Self::Role(role) => role.arn.clone(),
            Self::Policy(policy) => policy.arn.clone(),
        }
    }
}

/// Everything of IAM.
pub(super) async fn details(ctx: &Ctx<'_>) {
    let question = ctx.ask("iam", "GetAccountAuthorizationDetails");
    let answer = question
        .pages(
            |marker| ctx.clients.iam().get_account_authorization_details().max_items(PAGE).set_marker(marker).send(),
            |page| {
                let users = page.user_detail_list.unwrap_or_default().into_iter().map(Entity::User);
                let groups = page.group_detail_list.unwrap_or_default().into_iter().map(Entity::Group);
                let roles = page.role_detail_list.unwrap_or_default().into_iter().map(Entity::Role);
                let policies = page.policies.unwrap_or_default().into_iter().map(Entity::Policy);
                Page { items: users.chain(groups).chain(roles).chain(policies).collect(), next: page.marker, more: page.is_truncated }
            },
        )
        .await;
    let mut all = Merged::default();
    for entity in answer.items() {
        if question.named("Arn", entity.arn()).is_some() {
            all.add(entity);
        }
    }
    all.keep(ctx, &question);
}

/// Entities by ARN: AWS may spread one over several pages.
#[derive(Default)]
struct Merged {
    users: BTreeMap<String, types::UserDetail>,
    groups: BTreeMap<String, types::GroupDetail>,
    roles: BTreeMap<String, types::RoleDetail>,
    policies: BTreeMap<String, types::ManagedPolicyDetail>,
}

fn join<T>(into: &mut Option<Vec<T>>, more: Option<Vec<T>>) {
    into.get_or_insert_default().extend(more.into_iter().flatten());
}

impl Merged {
    fn add(&mut self, entity: Entity) {
        match entity {
            Entity::User(more) => {
                let Some(arn) = more.arn.clone() else { return };
                let Some(user) = self.users.get_mut(&arn) else {
                    self.users.insert(arn, more);
                    return;
                };
                join(&mut user.group_list, more.group_list);
                join(&mut user.attached_managed_policies, more.attached_managed_policies);
                join(&mut user.user_policy_list, more.user_policy_list);
                join(&mut user.tags, more.tags);
                user.permissions_boundary = user.permissions_boundary.take().or(more.permissions_boundary);
            }
            Entity::Group(more) => {
                let Some(arn) = more.arn.clone() else { return };
                let Some(group) = self.groups.get_mut(&arn) else {
                    self.groups.insert(arn, more);
                    return;
                };
                join(&mut group.attached_managed_policies, more.attached_managed_policies);
                join(&mut group.group_policy_list, more.group_policy_list);
            }
            Entity::Role(more) => {
                let Some(arn) = more.arn.clone() else { return };
                let Some(role) = self.roles.get_mut(&arn) else {
                    self.roles.insert(arn, more);
                    return;
                };
                join(&mut role.attached_managed_policies, more.attached_managed_policies);
                join(&mut role.role_policy_list, more.role_policy_list);
                join(&mut role.tags, more.tags);
                role.assume_role_policy_document = role.assume_role_policy_document.take().or(more.assume_role_policy_document);
                role.permissions_boundary = role.permissions_boundary.take().or(more.permissions_boundary);
            }
            Entity::Policy(more) => {
                let Some(arn) = more.arn.clone() else { return };
                let Some(policy) = self.policies.get_mut(&arn) else {
                    self.policies.insert(arn, more);
                    return;
                };
                join(&mut policy.policy_version_list, more.policy_version_list);
            }
        }
    }

    fn keep(self, ctx: &Ctx<'_>, list: &Question<'_>) {
        for (arn, user) in self.users {
            let answer = list.of(&arn);
            let fields = iam::User {
                groups: answer.sent("GroupList", user.group_list.map(set)),
                attached_policies: answer.sent("AttachedManagedPolicies", user.attached_managed_policies.map(attached)),
                inline_policies: inline(ctx, &arn, Observed::Known(user.user_policy_list.unwrap_or_default())),
                boundary: Observed::Known(boundary(user.permissions_boundary)),
                tags: Observed::Known(tags(user.tags)),
            };
            ctx.keep(ctx.global_id(&arn, &user.user_name.unwrap_or_default()), fields);
        }
        for (arn, group) in self.groups {
            let answer = list.of(&arn);
            let fields = iam::Group {
                attached_policies: answer.sent("AttachedManagedPolicies", group.attached_managed_policies.map(attached)),
                inline_policies: inline(ctx, &arn, answer.sent("GroupPolicyList", group.group_policy_list)),
            };
            ctx.keep(ctx.global_id(&arn, &group.group_name.unwrap_or_default()), fields);
        }
        for (arn, role) in self.roles {
            let answer = list.of(&arn);
            let fields = iam::Role {
                path: answer.sent("Path", role.path),
                trust: document(ctx, &arn, role.assume_role_policy_document.as_deref()),
                attached_policies: answer.sent("AttachedManagedPolicies", role.attached_managed_policies.map(attached)),
                inline_policies: inline(ctx, &arn, answer.sent("RolePolicyList", role.role_policy_list)),
                boundary: Observed::Known(boundary(role.permissions_boundary)),
                tags: Observed::Known(tags(role.tags)),
            };
            ctx.keep(ctx.global_id(&arn, &role.role_name.unwrap_or_default()), fields);
        }
        for (arn, policy) in self.policies {
            let name = text(policy.policy_name).unwrap_or_else(|| arn.rsplit('/').next().unwrap_or_default().to_owned());
            let versions = policy.policy_version_list.unwrap_or_default();
            let default = versions.iter().find(|version| version.is_default_version).or_else(|| {
                let wanted = policy.default_version_id.as_deref()?;
                versions.iter().find(|version| version.version_id.as_deref() == Some(wanted))
            });
            let fields = iam::ManagedPolicy { document: document(ctx, &arn, default.and_then(|version| version.document.as_deref())) };
            ctx.keep(ctx.global_id(&arn, &name), fields);
        }
    }
}

fn attached(policies: Vec<types::AttachedPolicy>) -> Vec<String> {
    set(policies.into_iter().filter_map(|policy| policy.policy_arn))
}

fn boundary(boundary: Option<types::AttachedPermissionsBoundary>) -> Option<String> {
    boundary.and_then(|boundary| text(boundary.permissions_boundary_arn))
}

fn tags(tags: Option<Vec<types::Tag>>) -> BTreeMap<String, String> {
    tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect()
}

/// All inline policies, or none: an entity of which one policy is not understood may do more than the others say.
fn inline(ctx: &Ctx<'_>, arn: &str, policies: Observed<Vec<types::PolicyDetail>>) -> Observed<Vec<iam::InlinePolicy>> {
    let Observed::Known(policies) = policies else { return Observed::Unseen };
    let mut all = Vec::new();
    for policy in policies {
        match document(ctx, arn, policy.policy_document.as_deref()) {
            Observed::Known(document) => all.push(iam::InlinePolicy { name: policy.policy_name.unwrap_or_default(), document }),
            Observed::Unseen => return Observed::Unseen,
        }
    }
    Observed::Known(super::convert::sorted(all))
}

fn document(ctx: &Ctx<'_>, arn: &str, encoded: Option<&str>) -> Observed<Document> {
    let outcome = encoded.ok_or_else(|| "the policy has no text".to_owned()).and_then(decode).and_then(|text| Document::parse(&text));
    match outcome {
        Ok(document) => Observed::Known(document),
        Err(problem) => {
            ctx.ask("iam", "GetAccountAuthorizationDetails").about(arn).gap(Failure::unparseable(&problem));
            Observed::Unseen
        }
    }
}

/// Percent-decodes a document; one that begins with a brace came plain.
fn decode(text: &str) -> Result<String, String> {
    if text.trim_start().starts_with('{') {
        return Ok(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok());
        bytes.push(match byte {
            b'%' => match (hex(rest.next()), hex(rest.next())) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err("the policy is not percent-encoded as RFC 3986 says".to_owned()),
            },
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| "the policy is not UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded_once() {
        assert_eq!(decode("%7B%22a%22%3A%22x+y%2520%C3%A9%22%7D").unwrap(), r#"{"a":"x+y%20é"}"#);
        assert_eq!(decode(r#" {"a":"50%25"}"#).unwrap(), r#" {"a":"50%25"}"#);
        for broken in ["%7", "%", "%zz", "%ff"] {
            assert!(decode(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn an_entity_that_comes_twice_is_one() {
        let page = |policy: &str| {
            let attached = types::AttachedPolicy::builder().policy_arn(policy).build();
            Entity::Role(types::RoleDetail::builder().arn("arn:aws:iam::1:role/r").attached_managed_policies(attached).build())
        };
        let mut all = Merged::default();
        all.add(page("arn:aws:iam::1:policy/b"));
        all.add(page("arn:aws:iam::1:policy/a"));
        let role = all.roles.remove("arn:aws:iam::1:role/r").unwrap();
        assert_eq!(attached(role.attached_managed_policies.unwrap()), ["arn:aws:iam::1:policy/a", "arn:aws:iam::1:policy/b"]);
    }
}
