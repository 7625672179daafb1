//! What people and time say of a finding, in words that every format shares: waivers, answers, and how it stands to the baseline.

use super::view::{Attested, Fate, Finding, Gap, Gone, Left, Run, Standing, Unseen, View, Waiver};
use crate::gate::NOTHING_SEEN;
use crate::model::snapshot::INTERRUPTED;

/// Everything there is to say of a finding beside its verdict; one line each, not escaped. That the baseline knew it is nothing to say.
pub(super) fn of(finding: &Finding) -> Vec<String> {
    let standing = finding.standing.filter(|standing| *standing != Standing::Known && finding.grown.is_empty());
    let standing = standing.map(|standing| self::standing(standing).to_owned()).or_else(|| grown(finding));
    let waiver = finding.waiver.as_ref().map(waiver);
    let answer = finding.attested.as_ref().map(answer);
    standing.into_iter().chain(waiver).chain(answer).collect()
}

/// What there is of it beyond what the baseline accepted.
pub(super) fn grown(finding: &Finding) -> Option<String> {
    (!finding.grown.is_empty()).then(|| format!("grown: {}", finding.grown.join(", ")))
}

/// How a finding stands to the baseline.
pub(super) const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::New => "not accepted in the baseline",
        Standing::Known => "accepted in the baseline",
        Standing::NewRule => "of a rule that the baseline did not know",
        Standing::EvidenceLost => "evidence lost since the baseline",
    }
}

/// A waiver that holds, or one that held.
pub(super) fn waiver(waiver: &Waiver) -> String {
    let Waiver { reason, approver, approved, expires, reference, expired, outgrown } = waiver;
    if !outgrown.is_empty() {
        format!("open: it has grown beyond the waiver by {approver} of {approved} ({reference}): {}", outgrown.join(", "))
    } else if *expired {
        format!("open again: the waiver by {approver} expired after {expires} ({reference}: {reason})")
    } else {
        format!("waived by {approver} on {approved} until {expires} ({reference}: {reason})")
    }
}

/// An answer that holds, or one that held.
pub(super) fn answer(answer: &Attested) -> String {
    let Attested { holds, answer, by, on, evidence, expires, expired } = answer;
    if *expired {
        return format!("open again: the answer by {by} expired after {expires} ({answer}; evidence: {evidence})");
    }
    let says = if *holds { "YES" } else { "NO" };
    format!("answered {says} by {by} on {on}; the answer is valid until {expires}: {answer} (evidence: {evidence})")
}

/// A question as it is common to several resources: each one's own name stands in it as `‹each of these›`.
pub(super) fn question(finding: &Finding) -> Option<String> {
    let name = finding.resource.called();
    finding.ask.as_ref().map(|ask| if name.len() > 2 { ask.replace(name, "‹each of these›") } else { ask.clone() })
}

/// What became of a finding that is gone.
pub(super) fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Resolved => "resolved",
        Fate::EvidenceLost => "evidence lost: what it was about could not be listed",
        Fate::OutOfScope => "out of scope: its rule or region was not looked at",
    }
}

/// A finding that is gone, on one line.
pub(super) fn gone(gone: &Gone) -> String {
    format!("{} on {} ({}, {}): {}", gone.rule, gone.resource, gone.region, gone.severity, fate(gone.fate))
}

/// A verdict of the baseline of which this run says nothing, on one line.
pub(super) fn left(left: &Left) -> String {
    format!("{} on {} ({}): {} in the baseline, and no verdict now", left.rule, left.resource, left.region, left.verdict.words())
}

/// What could not be seen, and what would mend it.
pub(super) fn unseen(unseen: &Unseen) -> String {
    let mut words = unseen.what.clone();
    for (before, part) in [(": ", &unseen.call), (" answered ", &unseen.code), ("; allow ", &unseen.permission)] {
        if let Some(part) = part {
            words.push_str(before);
            words.push_str(part);
        }
    }
    words
}

/// A call that failed, on one line.
pub(super) fn gap(gap: &Gap) -> String {
    let place = gap.resource.as_ref().map_or_else(|| gap.region.clone(), |resource| format!("{resource} ({})", gap.region));
    format!("{}:{} failed with {} on {place}; it needs {}", gap.service, gap.operation, gap.code, gap.iam_action)
}

/// That there was nothing to judge, and that this is meant.
pub(super) fn nothing_judged() -> String {
    format!("nothing was judged: {NOTHING_SEEN}; --allow-empty accepts that")
}

/// That the collection was ended before its time; what it did not ask is unknown.
pub(super) fn interrupted(view: &View) -> Option<String> {
    Some(view.gaps.iter().filter(|gap| gap.code == INTERRUPTED).count()).filter(|open| *open > 0).map(interruption)
}

/// How many calls an interrupted collection left open.
pub fn interruption(open: usize) -> String {
    let calls = if open == 1 { "1 call was".to_owned() } else { format!("{open} calls were") };
    format!("the collection was interrupted: {calls} not answered, and what they would have shown is unknown")
}

/// Regions of the account in which nobody looked.
pub(super) fn not_scanned(run: &Run) -> Option<String> {
    let others = run.regions_not_scanned.as_deref().filter(|others| !others.is_empty())?;
    Some(format!("not scanned, though the account has them enabled: {}", others.join(", ")))
}

/// A moment as people read it: to the second.
pub(super) fn time(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
