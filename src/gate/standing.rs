//! How a finding may stand to an earlier run, and what may become of one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a finding stands to the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Nobody accepted it: the baseline does not have it, or has it as less bad, as smaller or as waived.
    New,
    /// A fail that somebody accepted, as bad and as large; or a verdict that is as it was.
    Known,
    /// The baseline did not know the rule.
    NewRule,
    /// It was decided then and cannot be seen now: a regression of evidence.
    EvidenceLost,
}

impl Standing {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Known => "known",
            Self::NewRule => "new-rule",
            Self::EvidenceLost => "evidence-lost",
        }
    }
}

/// What became of a finding that failed in the baseline and does not fail now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Looked for, and it fails no more.
    Resolved,
    /// Its list could not be read: nobody knows.
    EvidenceLost,
    /// Its rule or its region was not looked at.
    OutOfScope,
}
