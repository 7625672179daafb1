//! Grants on KMS keys.

use serde::{Deserialize, Serialize};

/// A grant on a key. The encryption context itself is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["grantee", "operations", "constrained"])))]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Principal or service.
    // By itself, serde takes a key that is not there for `None`, and a file that was cut for a grant to nobody.
    #[serde(deserialize_with = "Option::deserialize")]
    pub grantee: Option<String>,
    /// Operations, sorted.
    pub operations: Vec<String>,
    /// Whether an encryption context narrows it.
    pub constrained: bool,
}
