//! What stands in the way of a user or role and can be taken away: its permissions boundary, policies that deny, tags that do not fit. One
//! that is free of some of them is nobody as things stand, and asked about as if it were somebody.
//!
//! Source: IAM User Guide, "Policy evaluation logic" (an explicit Deny in any policy overrides every Allow) and "Control access for IAM
//! principals" (`aws:PrincipalTag`: the tags of a user). A policy goes as a whole: with its Deny goes what it allows.

use std::sync::Arc;

use super::super::escalation::On;

/// One thing that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The permissions boundary.
    Boundary,
    /// Tags of a user that can be set.
    Tags,
    /// Tags of a user that can be taken off.
    Untags,
    /// Its own inline policies.
    Inline,
    /// The managed policies that are attached to it.
    Attached,
    /// That it is in a group, by the group's ARN.
    Member(Arc<str>),
    /// The inline policies of a group that it is in.
    GroupInline(Arc<str>),
    /// The managed policies that are attached to such a group.
    GroupAttached(Arc<str>),
}

impl Obstacle {
    /// What a method that takes it away calls it; a boundary has several names.
    pub const fn on(&self) -> Option<On> {
        Some(match self {
            Self::Boundary => return None,
            Self::Tags => On::OwnTags,
            Self::Untags => On::OwnTagsToDrop,
            Self::Inline => On::OwnInline,
            Self::Attached => On::OwnAttached,
            Self::Member(_) => On::OwnMembership,
            Self::GroupInline(_) => On::OwnGroupInline,
            Self::GroupAttached(_) => On::OwnGroupAttached,
        })
    }

    /// On what the right to take it away is held, for a user or role by its ARN.
    pub fn place<'o>(&'o self, of: &'o str) -> &'o str {
        match self {
            Self::Member(group) | Self::GroupInline(group) | Self::GroupAttached(group) => group,
            _ => of,
        }
    }
}
