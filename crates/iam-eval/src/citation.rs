//! What a decision cites: the layer, the statement, and the conditions that it hangs on.

use std::sync::Arc;

use serde::Serialize;

use crate::document::Effect;
use crate::open_condition::Condition;

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
pub struct StatementRef {
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
pub struct Citation {
    /// Its layer.
    pub layer: Layer,
    /// Where it stands.
    pub place: Arc<StatementRef>,
}

/// A statement that applies where its open conditions hold. An Allow must apply for access, a Deny must not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpenStatement {
    /// The statement.
    pub cited: Citation,
    /// What must hold for it to apply, all of it.
    pub conditions: Vec<Condition>,
}
