//! What would have to hold for a statement to apply, where that is open.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::document::{NOT_SHOWN, is_secret_by_use};

/// Something that has to hold of a request, or of its caller. In words, and when it is written, it is a key, an operator and values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Condition {
    /// A test of the `Condition` element, as the policy writes it.
    Context {
        /// The context key.
        key: String,
        /// The operator.
        operator: String,
        /// The values.
        values: Vec<String>,
    },
    /// The asked resource is one of some, or none of them: where a pattern was asked about, the statement reaches a part of it.
    Resource {
        /// As the statement writes them.
        patterns: Vec<String>,
        /// `Resource`, and not `NotResource`.
        within: bool,
    },
    /// The caller is one of some principals, or none of them.
    Caller {
        /// As the statement writes them.
        names: Vec<String>,
        /// `Principal`, and not `NotPrincipal`.
        among: bool,
    },
    /// The encryption context fits the constraint of a grant, which is not kept.
    GrantConstraint,
}

impl Condition {
    /// The context key as the policy writes it; `resource` and `principal` for what is none.
    pub fn key(&self) -> &str {
        match self {
            Self::Context { key, .. } => key,
            Self::Resource { .. } => "resource",
            Self::Caller { .. } => "principal",
            Self::GrantConstraint => "kms:EncryptionContext",
        }
    }

    /// The context key in lower case, where it tests one.
    pub fn context_key(&self) -> Option<String> {
        match self {
            Self::Context { key, .. } => Some(key.to_ascii_lowercase()),
            Self::Resource { .. } | Self::Caller { .. } | Self::GrantConstraint => None,
        }
    }

    /// The operator as the policy writes it, or words for what has none.
    pub fn operator(&self) -> &str {
        match self {
            Self::Context { operator, .. } => operator,
            Self::Resource { within: true, .. } => "is within",
            Self::Resource { within: false, .. } => "is outside",
            Self::Caller { among: true, .. } => "is one of",
            Self::Caller { among: false, .. } => "is none of",
            Self::GrantConstraint => "fits",
        }
    }

    /// The values as the policy writes them.
    pub fn values(&self) -> Cow<'_, [String]> {
        match self {
            Self::Context { values, .. } | Self::Resource { patterns: values, .. } | Self::Caller { names: values, .. } => Cow::Borrowed(values),
            Self::GrantConstraint => Cow::Owned(vec!["the constraint of the grant".to_owned()]),
        }
    }

    /// As reports show it: without values that are secrets by use.
    #[must_use]
    pub fn shown(&self) -> Self {
        match self {
            Self::Context { key, operator, .. } if is_secret_by_use(key) => {
                Self::Context { key: key.clone(), operator: operator.clone(), values: vec![NOT_SHOWN.to_owned()] }
            }
            other => other.clone(),
        }
    }
}

impl Ord for Condition {
    /// By its words, so that a list reads in the order of what it says.
    fn cmp(&self, other: &Self) -> Ordering {
        (self.key(), self.operator(), self.values()).cmp(&(other.key(), other.operator(), other.values()))
    }
}

impl PartialOrd for Condition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.key(), self.operator(), self.shown().values().join(", "))
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut written = serializer.serialize_struct("Condition", 3)?;
        written.serialize_field("key", self.key())?;
        written.serialize_field("operator", self.operator())?;
        written.serialize_field("values", &*self.values())?;
        written.end()
    }
}
