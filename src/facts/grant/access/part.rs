//! A part of what somebody holds, which is taken away as a whole.

use std::sync::Arc;

use super::obstacle::Obstacle;

/// Position of a policy in the list of all of them.
pub(super) type PolicyId = u32;

/// Some of the policies that somebody holds: its own or those of a group, inline or attached.
#[derive(Debug)]
pub(super) struct Part {
    /// The ARN of the group; `None` for its own.
    pub group: Option<Arc<str>>,
    /// Written into it, and not attached.
    pub inline: bool,
    /// The policies.
    pub policies: Vec<PolicyId>,
}

impl Part {
    /// What is taken away with its policies.
    pub(super) fn obstacle(&self) -> Obstacle {
        match (&self.group, self.inline) {
            (None, true) => Obstacle::Inline,
            (None, false) => Obstacle::Attached,
            (Some(group), true) => Obstacle::GroupInline(group.clone()),
            (Some(group), false) => Obstacle::GroupAttached(group.clone()),
        }
    }
}
