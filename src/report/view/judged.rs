//! What people and an earlier run say of findings: waivers, answers, and what is gone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fate, Severity, Verdict};

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
    /// What there is of the finding beyond what was accepted: it is open. Empty where the waiver covers it whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outgrown: Vec<String>,
}

impl Waiver {
    /// Whether it covers the finding.
    pub fn holds(&self) -> bool {
        !self.expired && self.outgrown.is_empty()
    }
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

/// A verdict of the baseline of which this run says nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Left {
    /// Rule id.
    pub rule: String,
    /// ARN of the resource.
    pub resource: String,
    /// Region of the resource, or `global`.
    pub region: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// The verdict then.
    pub verdict: Verdict,
}
