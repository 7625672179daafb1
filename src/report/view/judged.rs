//! What people and an earlier run say of findings: waivers, answers, and what is gone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fate, Severity};

/// An accepted finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waiver {
    /// Why.
    pub reason: String,
    /// Who accepts it.
    pub approver: String,
    /// Since when, a day.
    pub approved: String,
    /// The last day on which it holds.
    pub expires: String,
    /// Compensating control worksheet, targeted risk analysis or ticket.
    pub reference: String,
    /// That day has passed: the finding is open again.
    pub expired: bool,
}

/// An answered question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attested {
    /// Whether what is asked for holds.
    pub holds: bool,
    /// What was found.
    pub answer: String,
    /// Who answered.
    pub by: String,
    /// When, a day.
    pub on: String,
    /// Where the evidence is.
    pub evidence: String,
    /// The last day on which it holds.
    pub expires: String,
    /// That day has passed: the question is open again.
    pub expired: bool,
}

/// A fail of the baseline that is none now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Gone {
    /// Rule id.
    pub rule: String,
    /// ARN of the resource.
    pub resource: String,
    /// Region of the resource, or `global`.
    pub region: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Its severity then.
    pub severity: Severity,
    /// What became of it.
    pub fate: Fate,
}
