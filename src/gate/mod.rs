//! The gate: what the findings mean for whoever waits for an answer. It decides before any reporter runs, so no format changes the exit code.
//!
//! Findings, waivers, attestations and an earlier run go in; each finding comes out judged, beside what is gone and what the process answers.

pub mod baseline;
mod exception;
mod sight;
mod standing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Serialize;

use crate::config::{Attest, Exception as _, FailOn, Waiver};
use crate::finding::{Finding, Severity, Verdict};

pub use baseline::{Baseline, Entry};
pub use exception::Applied;
use exception::Exceptions;
pub use sight::Sight;
pub use standing::{Fate, Standing};

/// What the gate is asked to mind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// The least severity that counts.
    pub severity: Severity,
    /// Whether an `unknown` may pass, lost evidence too.
    pub allow_unknown: bool,
    /// Which open findings count.
    pub fail_on: FailOn,
    /// Whether findings of rules that the baseline did not know count among the new.
    pub strict: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { severity: Severity::Low, allow_unknown: false, fail_on: FailOn::Any, strict: false }
    }
}

/// What findings are held against.
#[derive(Debug, Clone, Copy)]
pub struct Gate<'a> {
    /// What counts.
    pub policy: Policy,
    /// Findings that are accepted.
    pub waivers: &'a [Waiver],
    /// Questions that are answered.
    pub attests: &'a [Attest],
    /// An earlier run.
    pub baseline: Option<&'a Baseline>,
    /// When the snapshot was taken: what has expired by then has expired.
    pub now: Timestamp,
    /// The rules that ran.
    pub rules: &'a BTreeSet<String>,
    /// The regions that were scanned.
    pub regions: &'a BTreeSet<String>,
}

/// A finding and what people and time say of it.
#[derive(Debug, Clone)]
pub struct Judged<'a> {
    /// The finding.
    pub finding: Finding,
    /// Its fingerprint.
    pub fingerprint: String,
    /// The waiver that speaks of it, where it is none that passes.
    pub waiver: Option<Applied<'a, Waiver>>,
    /// The answer to its question.
    pub attest: Option<Applied<'a, Attest>>,
    /// How it stands to the baseline, where there is one.
    pub standing: Option<Standing>,
}

impl Judged<'_> {
    /// Whether a waiver holds.
    pub fn is_waived(&self) -> bool {
        self.waiver.is_some_and(|waiver| !waiver.expired)
    }
}

/// What the gate says.
#[derive(Debug, Clone)]
pub struct Judgement<'a> {
    /// The findings, in their order.
    pub judged: Vec<Judged<'a>>,
    /// Fails of the baseline that are none now, and what became of them.
    pub gone: Vec<(Entry, Fate)>,
    /// Waivers and attestations that no finding met, as messages call them.
    pub unused: Vec<String>,
    /// Findings that could not be told apart: fingerprint, rule and resource. Our bug.
    pub collisions: Vec<String>,
    /// What could be looked at.
    pub sight: Sight,
    /// The answer.
    pub decision: Decision,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Fails that gate.
    pub open: usize,
    /// Unknowns that gate.
    pub incomplete: usize,
    /// Findings whose evidence was there in the baseline and is not now, at or above the severity; waived ones too.
    pub lost: usize,
    /// Fails at or above the severity that are waived.
    pub waived: usize,
    /// Rules that broke while they ran, and findings that could not be told apart.
    pub broken: usize,
    /// What the process answers.
    pub exit: Exit,
}

/// Exit codes, the same for every format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "u8")]
pub enum Exit {
    /// 0: nothing open at or above the severity.
    Clean,
    /// 1: open findings.
    Open,
    /// 2: usage, configuration, rule or internal error, or nothing could be read at all.
    Error,
    /// 3: evidence is incomplete.
    Incomplete,
}

impl From<Exit> for u8 {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Clean => 0,
            Exit::Open => 1,
            Exit::Error => 2,
            Exit::Incomplete => 3,
        }
    }
}

impl<'a> Gate<'a> {
    /// Judges and decides. Linear in findings, waivers and baseline; a waiver by pattern is tried on the findings of its rule alone.
    pub fn judge(&self, findings: Vec<Finding>) -> Judgement<'a> {
        let (mut waivers, mut attests) = (Exceptions::new(self.waivers, self.now), Exceptions::new(self.attests, self.now));
        let mut judged = Vec::with_capacity(findings.len());
        for finding in findings {
            let fingerprint = finding.fingerprint();
            let waivable = matches!(finding.verdict, Verdict::Fail | Verdict::Unknown);
            let waiver = if waivable { waivers.of(&fingerprint, &finding) } else { None };
            let waived = waiver.is_some_and(|waiver| !waiver.expired);
            judged.push(Judged {
                waiver,
                attest: if finding.verdict == Verdict::Manual { attests.of(&fingerprint, &finding) } else { None },
                standing: self.baseline.map(|baseline| standing::standing(baseline, &fingerprint, &finding, waived)),
                fingerprint,
                finding,
            });
        }
        let sight = Sight::of(self.rules, self.regions, judged.iter().map(|judged| &judged.finding));
        let gone = self.baseline.map(|baseline| {
            let findings: Vec<(String, &Finding)> = judged.iter().map(|judged| (judged.fingerprint.clone(), &judged.finding)).collect();
            standing::fates(baseline, &findings, &sight)
        });
        let gone = gone.unwrap_or_default();
        let unused = waivers.unused().map(|waiver| format!("waiver of {}", waiver.label()));
        let unused = unused.chain(attests.unused().map(|attest| format!("attestation on {}", attest.label()))).collect();
        let collisions = collisions(&judged);
        let decision = self.decide(&judged, &gone, collisions.len());
        Judgement { judged, gone, unused, collisions, sight, decision }
    }

    /// A broken rule wins over everything, open findings win over incomplete evidence.
    fn decide(&self, judged: &[Judged<'_>], gone: &[(Entry, Fate)], collisions: usize) -> Decision {
        let policy = self.policy;
        let counted = || judged.iter().filter(|judged| judged.finding.severity >= policy.severity);
        let fresh = |judged: &Judged<'_>| match judged.standing {
            Some(Standing::Known) => policy.fail_on == FailOn::Any,
            Some(Standing::NewRule) => policy.fail_on == FailOn::Any || policy.strict,
            Some(Standing::New | Standing::EvidenceLost) | None => true,
        };
        let of = |verdict| counted().filter(move |judged| judged.finding.verdict == verdict);
        let gating = |verdict| of(verdict).filter(|judged| !judged.is_waived() && fresh(judged)).count();
        let (open, incomplete) = (gating(Verdict::Fail), gating(Verdict::Unknown));
        let vanished = gone.iter().filter(|(entry, fate)| *fate == Fate::EvidenceLost && entry.severity >= policy.severity).count();
        let lost = counted().filter(|judged| judged.standing == Some(Standing::EvidenceLost)).count() + vanished;
        let waived = of(Verdict::Fail).filter(|judged| judged.is_waived()).count();
        let broken = judged.iter().filter(|judged| judged.finding.rule_error.is_some()).count() + collisions;
        let exit = if broken > 0 {
            Exit::Error
        } else if open > 0 {
            Exit::Open
        } else if incomplete + vanished > 0 && !policy.allow_unknown {
            Exit::Incomplete
        } else {
            Exit::Clean
        };
        Decision { open, incomplete, lost, waived, broken, exit }
    }
}

/// Two findings of one fingerprint would share a ticket, a waiver and a baseline entry: that must never go unnoticed.
fn collisions(judged: &[Judged<'_>]) -> Vec<String> {
    let mut seen: HashMap<&str, &Finding> = HashMap::with_capacity(judged.len());
    let mut collisions = Vec::new();
    for one in judged {
        if let Some(other) = seen.insert(&one.fingerprint, &one.finding) {
            let name = |finding: &Finding| format!("{} on {} [{}]", finding.rule, finding.about.resource.arn, finding.about.key);
            collisions.push(format!("{}: {} and {}", one.fingerprint, name(other), name(&one.finding)));
        }
    }
    collisions
}
