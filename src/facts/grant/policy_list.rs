//! The policies that an identity holds, one by one, each with what a command that takes it away has to name.

use serde_json::{Value, json};

use super::super::Index;
use super::library::policy_name;
use crate::model::iam::{Group, InlinePolicy, Role, User};
use crate::model::{Observed, Resource};

/// What a user holds, also through groups, as far as it was seen.
pub fn of_user(index: &Index<'_>, user: &Resource<User>) -> Vec<Value> {
    let mut all = held("user", &user.id.name, "", &user.fields.attached_policies, &user.fields.inline_policies);
    for name in user.fields.groups.known().into_iter().flatten() {
        if let Some(group) = index.find::<Group>("global", name).value().copied().flatten() {
            let (attached, inline) = (&group.fields.attached_policies, &group.fields.inline_policies);
            all.extend(held("group", name, &format!(" of group {name}"), attached, inline));
        }
    }
    all
}

/// What a group holds, as far as it was seen.
pub fn of_group(group: &Resource<Group>) -> Vec<Value> {
    held("group", &group.id.name, "", &group.fields.attached_policies, &group.fields.inline_policies)
}

/// What a role holds, as far as it was seen.
pub fn of_role(role: &Resource<Role>) -> Vec<Value> {
    held("role", &role.id.name, "", &role.fields.attached_policies, &role.fields.inline_policies)
}

/// `name` is how messages call a policy (see [`super::library::Library::inline`]).
fn held(kind: &str, holder: &str, through: &str, attached: &Observed<Vec<String>>, inline: &Observed<Vec<InlinePolicy>>) -> Vec<Value> {
    let attached = attached
        .known()
        .into_iter()
        .flatten()
        .map(|arn| json!({ "name": format!("{}{through}", policy_name(arn)), "kind": kind, "holder": holder, "arn": arn, "inline": "" }));
    let inline = inline.known().into_iter().flatten().map(|policy| {
        json!({ "name": format!("inline policy {}{through}", policy.name), "kind": kind, "holder": holder, "arn": "", "inline": policy.name })
    });
    attached.chain(inline).collect()
}
