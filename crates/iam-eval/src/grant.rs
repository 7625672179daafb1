//! Grants on KMS keys.

use serde::{Deserialize, Deserializer, Serialize};

/// A grant on a key. The encryption context itself is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("required" = ["grantee", "operations", "constrained"])))]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Principal or service.
    #[serde(deserialize_with = "required")]
    pub grantee: Option<String>,
    /// Operations, sorted.
    pub operations: Vec<String>,
    /// Whether an encryption context narrows it.
    pub constrained: bool,
}

/// Reads a value whose key must be there: by itself, serde takes a missing `Option` for `None`, and a file that was cut for a grant to nobody.
fn required<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::deserialize(deserializer)
}
