//! Why something could not be seen.

use std::fmt;
use std::sync::Arc;

use iam_eval::Unseen;

use super::FieldRef;
use crate::model::Kind;

/// Why something could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// A field that no successful call filled.
    Field(FieldRef),
    /// Some members of a kind may be missing, because a call that lists or names them failed in that region.
    Members {
        /// Kind.
        kind: Kind,
        /// Region, or `global`.
        region: Arc<str>,
    },
    /// It lies outside what was scanned: another region, another account.
    Outside(String),
    /// This version does not evaluate it.
    NotEvaluated(&'static str),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(at) => write!(f, "{} of {}", at.field, at.resource.name),
            Self::Members { kind, region } => write!(f, "some {kind} in {region}"),
            Self::Outside(what) => f.write_str(what),
            Self::NotEvaluated(why) => f.write_str(why),
        }
    }
}

/// The evaluator hands back why policies were not seen, and says with these what it does not settle itself.
impl Unseen for Missing {
    fn unknown_owner(resource: &str) -> Self {
        Self::Outside(format!("whose account owns {resource}"))
    }

    fn not_evaluated(what: &'static str) -> Self {
        Self::NotEvaluated(what)
    }
}
