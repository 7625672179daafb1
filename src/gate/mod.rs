//! The gate: what the findings mean for whoever waits for an answer. It decides before any reporter runs, so no format changes the exit code.
//!
//! Findings, waivers, attestations and an earlier run go in; each finding comes out judged, beside what is gone and what the process answers.

mod answers;
pub mod baseline;
mod comparison;
mod decision;
mod departure;
mod empty;
mod exception;
mod growth;
mod named;
pub mod own;
mod sight;
mod standing;
#[cfg(test)]
mod tests;
mod waiving;

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use crate::config::{Attest, Exception as _, FailOn, Retired, Waiver};
use crate::evidence::Index;
use crate::finding::{Finding, Severity, Verdict, Watched};

use answers::Answers;
pub use baseline::{Baseline, Entry};
pub use decision::{Decision, Lagging, actions};
use departure::{Departures, Tonight, departures};
use empty::Emptiness;
pub use empty::NOTHING_SEEN;
pub use exception::{Applied, day};
pub use growth::elements;
pub use named::named;
pub use sight::Sight;
pub use standing::{Fate, Standing};
use waiving::Waivers;
pub use waiving::{Waived, unspecific};

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
        Self { severity: Severity::Low, allow_unknown: false, fail_on: FailOn::Any, strict: true }
    }
}

/// What findings are held against.
#[derive(Clone, Copy)]
pub struct Gate<'a> {
    /// What counts.
    pub policy: Policy,
    /// The snapshot. What has expired when it was taken has expired.
    pub index: &'a Index<'a>,
    /// What it holds that must not leave unseen.
    pub watched: &'a [Watched],
    /// Findings that are accepted.
    pub waivers: &'a [Waiver],
    /// Questions that are answered.
    pub attests: &'a [Attest],
    /// Departures that are accepted.
    pub retired: &'a [Retired],
    /// Regions in which nothing may be there to judge.
    pub allow_empty: &'a [String],
    /// What somebody accepted.
    pub baseline: Option<&'a Baseline>,
    /// The rules that ran.
    pub rules: &'a BTreeSet<String>,
}

/// A finding and what people and time say of it.
#[derive(Debug, Clone)]
pub struct Judged<'a> {
    /// The finding.
    pub finding: Finding,
    /// Its fingerprint.
    pub fingerprint: String,
    /// The waiver that speaks of it, where it is a fail or an unknown.
    pub waiver: Option<Waived<'a>>,
    /// The answer to its question.
    pub attest: Option<Applied<'a, Attest>>,
    /// How it stands to the baseline, where there is one.
    pub standing: Option<Standing>,
    /// What there is of it beyond what the baseline accepted, in words.
    pub grown: Vec<String>,
    /// Of a fail that is accepted as far as it was seen: each call that hides the rest is waived.
    pub rest_waived: bool,
    /// Whether it counts for the exit code.
    pub gates: bool,
}

impl Judged<'_> {
    /// Whether a waiver holds.
    pub fn is_waived(&self) -> bool {
        self.waiver.as_ref().is_some_and(Waived::holds)
    }
}

/// What the gate says.
#[derive(Debug, Clone)]
pub struct Judgement<'a> {
    /// The findings, in their order; last those of the gate's own rules.
    pub judged: Vec<Judged<'a>>,
    /// Fails of the baseline that are none now, and what became of them.
    pub gone: Vec<(Entry, Fate)>,
    /// Other verdicts of the baseline of which this run says nothing.
    pub left: Vec<Entry>,
    /// What the baseline watched and could not be looked for.
    pub unwatched: Vec<Watched>,
    /// Rules of the baseline that did not run.
    pub rules_gone: BTreeSet<String>,
    /// Waivers, attestations and departures that met nothing, as messages call them.
    pub unused: Vec<String>,
    /// Findings that could not be told apart (our bug), and questions with two answers.
    pub conflicts: Vec<String>,
    /// What could be looked at.
    pub sight: Sight,
    /// Nothing that holds or moves data was seen in the whole run.
    pub nothing_judged: bool,
    /// The answer.
    pub decision: Decision,
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
        let mut waivers = Waivers::new(self.waivers, self.index);
        let mut answers = Answers::new(self.attests, self.index.now());
        let mut judged: Vec<Judged<'a>> = findings.into_iter().map(|finding| self.weigh(finding, &mut waivers, &mut answers)).collect();
        let mut ran = self.rules.clone();
        ran.insert(own::SOMETHING_JUDGED.id.to_owned());
        ran.extend(self.baseline.map(|_| own::STILL_JUDGED.id.to_owned()));
        let regions = self.index.snapshot.regions.iter().cloned().collect();
        let mut sight = Sight::new(&ran, &regions, judged.iter().map(|judged| &judged.finding));
        sight.see(&self.index.snapshot.resources);
        let (gone, departed) = self.compare(&judged, &sight);
        departed.unseen.iter().for_each(|arn| sight.lose(own::STILL_JUDGED.id, arn));
        let emptiness = Emptiness { allowed: self.allow_empty, has_baseline: self.baseline.is_some() };
        let own = empty::findings(self.index, self.watched, emptiness).into_iter().chain(departed.findings);
        judged.extend(own.map(|finding| self.weigh(finding, &mut waivers, &mut answers)));
        let unused = waivers.unused().map(|waiver| format!("waiver of {}", waiver.label()));
        let unused = unused.chain(answers.unused().map(|attest| format!("attestation on {}", attest.label())));
        let nowhere = |region: &&String| *region != "*" && !self.index.snapshot.regions.contains(region);
        let unused = unused.chain(self.allow_empty.iter().filter(nowhere).map(|region| format!("allow-empty of {region}, which was not scanned")));
        let unused = unused.chain(departed.unused.iter().map(|arn| format!("retirement of {arn}"))).collect();
        let conflicts = collisions(&judged).into_iter().chain(answers.conflicts).collect();
        let nothing_judged = !self.watched.iter().any(|one| one.role.holds_data());
        let mut judgement = Judgement {
            judged,
            gone,
            left: departed.left,
            unwatched: departed.unwatched,
            rules_gone: departed.rules,
            unused,
            conflicts,
            sight,
            nothing_judged,
            decision: Decision::default(),
        };
        decision::decide(&mut judgement, self);
        judgement
    }

    /// What people say of one finding, and how it stands to the baseline.
    fn weigh(&self, mut finding: Finding, waivers: &mut Waivers<'a, '_>, answers: &mut Answers<'a>) -> Judged<'a> {
        let fingerprint = finding.fingerprint();
        let attest = answers.answer(&fingerprint, &mut finding);
        let waiver = waivers.find(&fingerprint, &finding);
        let waived = waiver.as_ref().is_some_and(Waived::holds);
        let (standing, grown) = self.baseline.map(|baseline| comparison::standing(baseline, &fingerprint, &finding, waived)).unzip();
        let accepted = finding.verdict == Verdict::Fail && standing == Some(Standing::EvidenceLost);
        let rest_waived = accepted && waivers.by_calls(&finding).as_ref().is_some_and(Waived::holds);
        Judged { waiver, attest, standing, grown: grown.unwrap_or_default(), rest_waived, fingerprint, finding, gates: false }
    }

    /// What of the baseline is gone: its fails, and what it watched.
    fn compare(&self, judged: &[Judged<'_>], sight: &Sight) -> (Vec<(Entry, Fate)>, Departures) {
        let Some(baseline) = self.baseline else { return Default::default() };
        let findings: Vec<(String, &Finding)> = judged.iter().map(|judged| (judged.fingerprint.clone(), &judged.finding)).collect();
        let tonight = Tonight { index: self.index, findings: &findings, watched: self.watched, rules: self.rules, retired: self.retired, sight };
        (comparison::fates(baseline, &findings, sight), departures(baseline, tonight))
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
