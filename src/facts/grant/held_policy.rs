//! A policy as an identity holds it: what a command that takes it away has to name.

use serde::Serialize;

use crate::model::Identity;

/// Whose a policy is: of the identity itself, or of a group that it is in.
#[derive(Debug, Clone, Copy)]
pub struct Holding<'a> {
    /// `user`, `group` or `role`, as the commands of IAM spell it.
    kind: &'static str,
    /// The name of the user, group or role that the policy is attached to or written into.
    holder: &'a str,
    /// ` of group …`, where the identity holds it by that.
    through: &'a str,
}

impl<'a> Holding<'a> {
    /// By a user itself.
    pub fn user(id: &'a Identity) -> Self {
        Self { kind: "user", holder: &id.name, through: "" }
    }

    /// By a role itself.
    pub fn role(id: &'a Identity) -> Self {
        Self { kind: "role", holder: &id.name, through: "" }
    }

    /// By a group; `through` is how messages say so where a user of it is meant.
    pub fn group(id: &'a Identity, through: &'a str) -> Self {
        Self { kind: "group", holder: &id.name, through }
    }

    /// A managed policy that is attached.
    pub fn attached(self, arn: &str) -> HeldPolicy {
        HeldPolicy {
            name: format!("{}{}", policy_name(arn), self.through),
            kind: self.kind,
            holder: self.holder.to_owned(),
            arn: arn.to_owned(),
            inline: String::new(),
        }
    }

    /// A policy that is written into the identity.
    pub fn inline(self, name: &str) -> HeldPolicy {
        HeldPolicy {
            name: format!("inline policy {name}{}", self.through),
            kind: self.kind,
            holder: self.holder.to_owned(),
            arn: String::new(),
            inline: name.to_owned(),
        }
    }
}

/// One policy that an identity holds. Names are not unique (a customer's policy may be called as one of AWS's): the ARN is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct HeldPolicy {
    /// How messages call it.
    pub name: String,
    /// `user`, `group` or `role`.
    kind: &'static str,
    /// Which of them.
    holder: String,
    /// The ARN of a managed one, else empty.
    arn: String,
    /// The name of an inline one, else empty.
    inline: String,
}

/// The name at the end of a policy's ARN.
pub(super) fn policy_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
