//! What must not leave unseen: where rows rest, what moves them, what records who touched them, and the secrets and keys that guard them.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Basis;
use crate::model::Kind;

/// Why a resource is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A database, a warehouse or a replication instance.
    Store,
    /// A bucket in which rows come to lie.
    RowBucket,
    /// A DMS task or serverless replication.
    Pipeline,
    /// A CloudTrail trail.
    Trail,
    /// A secret that a database or an endpoint logs in with.
    Secret,
    /// A KMS key that something in scope is encrypted with.
    Key,
}

impl Role {
    /// As messages call it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::RowBucket => "bucket with rows",
            Self::Pipeline => "pipeline",
            Self::Trail => "trail",
            Self::Secret => "secret",
            Self::Key => "key",
        }
    }

    /// Whether it guards something else, and leaves with it or is replaced: it is missed only where what it guarded is left without one.
    pub const fn guards(self) -> bool {
        matches!(self, Self::Secret | Self::Key)
    }

    /// Whether a region that has one has something judged. Trails and secrets alone are no cardholder data.
    pub const fn holds_data(self) -> bool {
        matches!(self, Self::Store | Self::RowBucket | Self::Pipeline)
    }
}

/// One resource that a run judged and a baseline remembers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Watched {
    /// Why it is watched.
    pub role: Role,
    /// Its kind, such as `rds-instance`.
    pub kind: String,
    /// ARN.
    pub arn: String,
    /// What people call it.
    pub name: String,
    /// Region, or `global`.
    pub region: String,
    /// Of a secret: who logs in with it; of a key: what is encrypted with it. By ARN, or by name where AWS makes up the ARN each time.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub used_by: BTreeSet<String>,
}

impl Watched {
    /// Role, region and what stays the same where it is made anew under its name.
    pub fn identity(&self) -> (Role, String, String) {
        let by_name = self.kind.parse::<Kind>().is_ok_and(|kind| kind.basis() == Basis::Name);
        (self.role, self.region.clone(), if by_name { &self.name } else { &self.arn }.clone())
    }

    /// Whether it may be among what could not be seen: members of its own kind, or, as a secret or key is known by what it guards, of any.
    pub fn may_be_among<'a>(&self, mut hidden: impl Iterator<Item = (Kind, &'a str)>) -> bool {
        let kind = self.kind.parse::<Kind>().ok();
        hidden.any(|(hidden, region)| {
            let itself = Some(hidden) == kind && region == self.region;
            itself || self.role.guards() && (region == self.region || region == "global")
        })
    }
}
