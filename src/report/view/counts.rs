//! Counts of verdicts and severities.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Severity, Verdict};

/// How many of each verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// The assertion is false.
    pub fail: usize,
    /// We were not let to see.
    pub unknown: usize,
    /// A question for a person.
    pub manual: usize,
    /// The assertion is true.
    pub pass: usize,
    /// The rule is not about such a subject.
    pub not_applicable: usize,
}

impl Counts {
    /// Counts verdicts.
    pub fn new(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let mut counts = Self::default();
        for verdict in verdicts {
            *match verdict {
                Verdict::Fail => &mut counts.fail,
                Verdict::Unknown => &mut counts.unknown,
                Verdict::Manual => &mut counts.manual,
                Verdict::Pass => &mut counts.pass,
                Verdict::NotApplicable => &mut counts.not_applicable,
            } += 1;
        }
        counts
    }

    /// How many of one verdict.
    pub const fn get(&self, verdict: Verdict) -> usize {
        match verdict {
            Verdict::Fail => self.fail,
            Verdict::Unknown => self.unknown,
            Verdict::Manual => self.manual,
            Verdict::Pass => self.pass,
            Verdict::NotApplicable => self.not_applicable,
        }
    }

    /// How many in all.
    pub const fn total(&self) -> usize {
        self.fail + self.unknown + self.manual + self.pass + self.not_applicable
    }
}

/// How many of each severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BySeverity {
    /// Critical.
    pub critical: usize,
    /// High.
    pub high: usize,
    /// Medium.
    pub medium: usize,
    /// Low.
    pub low: usize,
    /// Advice.
    pub advisory: usize,
}

impl BySeverity {
    /// Counts severities.
    pub fn new(severities: impl IntoIterator<Item = Severity>) -> Self {
        let mut counts = Self::default();
        for severity in severities {
            *match severity {
                Severity::Critical => &mut counts.critical,
                Severity::High => &mut counts.high,
                Severity::Medium => &mut counts.medium,
                Severity::Low => &mut counts.low,
                Severity::Advisory => &mut counts.advisory,
            } += 1;
        }
        counts
    }

    /// How many in all.
    pub const fn total(&self) -> usize {
        self.critical + self.high + self.medium + self.low + self.advisory
    }

    /// How many of one severity.
    pub const fn get(&self, severity: Severity) -> usize {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
            Severity::Advisory => self.advisory,
        }
    }
}
