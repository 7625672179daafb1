//! The lists that scoping asks for: what is connected to the data, who can read it, and which lists could not be made.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ResourceRef, Unseen};

/// One network interface that can open one data port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Connection {
    /// What it connects to.
    pub data: ResourceRef,
    /// The network interface, `eni-…`.
    pub interface: String,
    /// The data port.
    pub port: String,
    /// What stands behind the interface: an instance, a function, a service's resource.
    pub system: String,
    /// `ec2`, `lambda`, `ecs`, `load-balancer`, `nat-gateway`, `rds-proxy`, `other`.
    pub kind: String,
    /// `directly`, or over which host.
    pub way: String,
    /// Whether the internet can open a port of it; `null` where that was not seen.
    pub public: Option<bool>,
    /// The path, in words.
    pub path: String,
}

/// One principal's way to one datum.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Access {
    /// What it reaches.
    pub data: ResourceRef,
    /// ARN of the principal, or what a policy calls it.
    pub principal: String,
    /// `read`, `unlock`, `re-route`.
    pub right: String,
    /// `user`, `role`, `outsider`…
    pub kind: String,
    /// A user, or a role that a person can assume; `null` where that was not seen.
    pub person: Option<bool>,
    /// Wired into the pipeline, or named in the configuration.
    pub declared: bool,
    /// `directly`, over which roles, or by which method of escalation.
    pub way: String,
    /// The shortest path, in words.
    pub path: String,
    /// Under which condition; empty where there is none.
    pub condition: String,
}

/// What is to be said of a list beside its rows: that it was cut, that there may be more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ListNote {
    /// `connected` or `access`.
    pub list: String,
    /// Whose list.
    pub data: ResourceRef,
    /// In words.
    pub note: String,
}

/// A list that could not be made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Unlisted {
    /// `connected` or `access`.
    pub list: String,
    /// Whose list.
    pub data: ResourceRef,
    /// What could not be seen.
    pub unseen: Vec<Unseen>,
}
