//! What a decision cites: the layer, the statement, and the conditions that it hangs on.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::model::policy::{Effect, NOT_SHOWN, is_secret_by_use};

/// A layer of policies that a request passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// The policies of the identity and its groups.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// The session policy.
    Session,
    /// The policy of the resource.
    Resource,
    /// A grant on a key.
    Grant,
    /// Service control policies.
    ServiceControl,
    /// Resource control policies.
    ResourceControl,
    /// The policy of a VPC endpoint.
    Endpoint,
    /// What AWS keeps to itself, whatever policies say.
    Aws,
}

impl Layer {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Identity => "identity policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Resource => "resource policy",
            Self::Grant => "grant",
            Self::ServiceControl => "service control policy",
            Self::ResourceControl => "resource control policy",
            Self::Endpoint => "VPC endpoint policy",
            Self::Aws => "AWS itself",
        }
    }
}

/// Where a statement stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The policy, by name or ARN, as messages call it.
    pub policy: Arc<str>,
    /// Its ARN, where it has one.
    pub arn: Option<Arc<str>>,
    /// `statement Sid`, or `statement 2`.
    pub statement: String,
    /// Allows or denies.
    pub effect: Effect,
}

/// A statement that decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cited {
    /// Its layer.
    pub layer: Layer,
    /// Where it stands.
    pub place: Arc<Place>,
}

/// A test that a request would have to pass.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Condition {
    /// The context key as the policy writes it; `resource` for a part of the asked resources, `session` for the name of a role session.
    pub key: String,
    /// The operator as the policy writes it.
    pub operator: String,
    /// The values as the policy writes them.
    pub values: Vec<String>,
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.key, self.operator, self.shown().values.join(", "))
    }
}

impl Condition {
    /// As reports show it: without values that are secrets by use.
    #[must_use]
    pub fn shown(&self) -> Self {
        let mut shown = self.clone();
        if is_secret_by_use(&self.key) {
            shown.values = vec![NOT_SHOWN.to_owned()];
        }
        shown
    }
}

/// A statement that applies where its open conditions hold. An Allow must apply for access, a Deny must not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hinge {
    /// The statement.
    pub cited: Cited,
    /// What must hold for it to apply, all of it.
    pub conditions: Vec<Condition>,
}
