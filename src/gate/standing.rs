//! How today's findings stand to an earlier run's: new, known, of a new rule, or no longer to be seen; and what is gone.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::baseline::{Baseline, Entry};
use super::growth::is_unseen;
use super::own;
use super::sight::Sight;
use crate::finding::{Finding, Verdict};

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

/// Of one finding, by its fingerprint; and what there is of it beyond what was accepted ([`Baseline::growth`]). `waived`: a waiver holds for it today. One
/// whose waiver held in the baseline and does not now is open again, and that is news.
///
/// An `unknown` is never known: what cannot be read tonight is incomplete tonight, however long it has been so.
pub(super) fn standing(baseline: &Baseline, fingerprint: &str, finding: &Finding, waived: bool) -> (Standing, Vec<String>) {
    if own::is_own(&finding.rule) {
        return (Standing::New, Vec::new());
    }
    if !baseline.rules.contains(&*finding.rule) {
        return (Standing::NewRule, Vec::new());
    }
    let before = baseline.findings.get(fingerprint);
    let standing = match (finding.verdict, before) {
        (Verdict::Unknown, Some(before)) if before.verdict != Verdict::Unknown => Standing::EvidenceLost,
        (Verdict::Fail, Some(before)) if before.verdict == Verdict::Fail && !before.open && (waived || !before.waived) => {
            let grown = baseline.growth(before, finding.severity, finding.offending.as_ref());
            // It may be milder, for all that was seen.
            let surely = baseline.growth(before, finding.milder.unwrap_or(finding.severity), finding.offending.as_ref());
            let standing = match () {
                () if grown.is_empty() => Standing::Known,
                // As bad as it was as far as anybody can see: incomplete, not worse.
                () if surely.iter().all(|more| is_unseen(more)) => Standing::EvidenceLost,
                () => Standing::New,
            };
            return (standing, grown);
        }
        // A pass that became a question is news, though it gates nothing.
        (Verdict::Manual, Some(before)) if before.verdict == Verdict::Manual => Standing::Known,
        (Verdict::Fail | Verdict::Unknown | Verdict::Manual, _) | (_, None) => Standing::New,
        (Verdict::Pass | Verdict::NotApplicable, Some(_)) => Standing::Known,
    };
    (standing, Vec::new())
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

/// What the baseline's fails came to that are no fails and no unknowns now; by rule, resource and fingerprint. Linear in both runs.
pub(super) fn fates(baseline: &Baseline, findings: &[(String, &Finding)], sight: &Sight) -> Vec<(Entry, Fate)> {
    let open = findings.iter().filter(|(_, finding)| matches!(finding.verdict, Verdict::Fail | Verdict::Unknown));
    let open: HashSet<&str> = open.map(|(fingerprint, _)| fingerprint.as_str()).collect();
    let there: HashSet<&str> = findings.iter().map(|(fingerprint, _)| fingerprint.as_str()).collect();
    let mut gone: Vec<(Entry, Fate)> = Vec::new();
    for entry in baseline.findings.values().filter(|entry| entry.verdict == Verdict::Fail && !open.contains(entry.fingerprint.as_str())) {
        let fate = sight.fate(&entry.rule, (&entry.resource, &entry.region), &baseline.regions, there.contains(entry.fingerprint.as_str()));
        gone.push((entry.clone(), fate));
    }
    gone.sort_by(|(a, _), (b, _)| (&a.rule, &a.resource, &a.fingerprint).cmp(&(&b.rule, &b.resource, &b.fingerprint)));
    gone
}
