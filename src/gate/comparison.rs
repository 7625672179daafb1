//! How today's findings stand to an earlier run's: new, known, of a new rule, or no longer to be seen; and what is gone.

use std::collections::HashSet;

use super::baseline::{Baseline, Entry};
use super::growth::is_unseen;
use super::own;
use super::sight::Sight;
use super::standing::{Fate, Standing};
use crate::finding::{Finding, Verdict};

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
