//! Answers to questions: the most specific one counts, two that are equally specific are an error, and "it does not hold" is a fail.

use jiff::Timestamp;

use super::exception::{Applied, Exceptions};
use crate::config::{Attest, Exception};
use crate::finding::{Finding, Verdict};

/// All answers, ready to be asked.
pub(super) struct Answers<'a> {
    all: Exceptions<'a, Attest>,
    /// Questions that two answers speak of, in words.
    pub conflicts: Vec<String>,
}

impl<'a> Answers<'a> {
    /// As of a moment.
    pub(super) fn new(all: &'a [Attest], now: Timestamp) -> Self {
        Self { all: Exceptions::new(all, now), conflicts: Vec::new() }
    }

    /// Answers a question. Where it does not hold, the finding becomes a fail of the rule's severity, which says who answered.
    pub(super) fn answer(&mut self, fingerprint: &str, finding: &mut Finding) -> Option<Applied<'a, Attest>> {
        if finding.verdict != Verdict::Manual {
            return None;
        }
        let mut named = self.all.all_of(fingerprint, finding);
        // One that holds before one that has expired, then the more specific.
        named.sort_by_key(|one| std::cmp::Reverse((!one.expired, specificity(one.exception))));
        let best = *named.first()?;
        let equal = named.get(1).filter(|other| !best.expired && !other.expired && specificity(other.exception) == specificity(best.exception));
        if let Some(other) = equal {
            self.conflicts.push(format!(
                "two [[attest]] answer {} on {} and neither is more specific: {} (by {}, {}) and {} (by {}, {})",
                finding.rule,
                finding.about.resource.arn,
                best.exception.label(),
                best.exception.by,
                best.exception.on,
                other.exception.label(),
                other.exception.by,
                other.exception.on,
            ));
        }
        // A yes lapses into the question; what somebody found broken is not mended by time.
        if !best.exception.holds {
            let Attest { by, on, answer, expires, .. } = best.exception;
            let lapsed = if best.expired { format!(" (the answer was good until {expires}: ask again)") } else { String::new() };
            finding.verdict = Verdict::Fail;
            finding.message = format!("{}: answered NO by {by}, {on}: {answer}{lapsed}", finding.about.resource.name);
        }
        Some(best)
    }

    /// Those that no question met.
    pub(super) fn unused(&self) -> impl Iterator<Item = &'a Attest> {
        self.all.unused()
    }
}

/// By fingerprint, then by the whole ARN, then by the pattern with the most letters.
fn specificity(answer: &Attest) -> (bool, bool, usize) {
    let pattern = answer.resource.as_deref().unwrap_or_default();
    let wild = pattern.contains(['*', '?']);
    (answer.finding.is_some(), !wild, pattern.chars().filter(|c| !matches!(c, '*' | '?')).count())
}
