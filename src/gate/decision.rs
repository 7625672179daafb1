//! The answer: what counts, how much of it, and the exit code.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Exit, Gate, Judged, Judgement, Standing, own};
use crate::config::FailOn;
use crate::finding::{Finding, Severity, Verdict};
use crate::model::calls::{self, CALLS};

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Fails that gate.
    pub open: usize,
    /// Fails at or above the severity that the baseline accepts and that are open still, by severity.
    pub known: Vec<Severity>,
    /// Unknowns at or above the severity that nobody waived, those of the gate's own rules left out.
    pub incomplete: usize,
    /// Departures from the baseline that nobody accepted.
    pub departed: usize,
    /// Places in which nothing was judged.
    pub empty: usize,
    /// Findings whose evidence was there in the baseline and is not now, at or above the severity; waived ones too.
    pub lost: usize,
    /// Fails at or above the severity that are waived.
    pub waived: usize,
    /// Findings at or above the severity of rules that the baseline did not know: they come with the upgrade.
    pub by_upgrade: usize,
    /// Those rules.
    pub new_rules: BTreeSet<String>,
    /// Permissions that calls of this version lack, and that the baseline's version did not ask for.
    pub lagging: Lagging,
    /// Rules that broke while they ran, findings that could not be told apart, questions with two answers.
    pub broken: usize,
    /// What the process answers.
    pub exit: Exit,
}

/// IAM actions that the role's policy lacks because it is older than this version.
pub type Lagging = BTreeSet<String>;

impl Default for Decision {
    fn default() -> Self {
        Self {
            open: 0,
            known: Vec::new(),
            incomplete: 0,
            departed: 0,
            empty: 0,
            lost: 0,
            waived: 0,
            by_upgrade: 0,
            new_rules: BTreeSet::new(),
            lagging: Lagging::new(),
            broken: 0,
            exit: Exit::Clean,
        }
    }
}

/// Decides, and marks the findings that count. A broken rule wins over everything, open findings win over incomplete evidence.
pub(super) fn decide(judgement: &mut Judgement<'_>, gate: &Gate<'_>) {
    let policy = gate.policy;
    for judged in &mut judgement.judged {
        judged.gates = gates(judged, gate);
    }
    let judged = &judgement.judged;
    let counted = || judged.iter().filter(|judged| judged.finding.severity >= policy.severity);
    let fails = || counted().filter(|judged| judged.finding.verdict == Verdict::Fail);
    let of_own = |id: &str| judged.iter().filter(|judged| &*judged.finding.rule == id).count();
    let vanished = judgement.gone.iter().filter(|(entry, fate)| *fate == super::Fate::EvidenceLost && entry.severity >= policy.severity).count();
    let new_rules = || counted().filter(|judged| judged.standing == Some(Standing::NewRule) && is_open(&judged.finding) && !judged.is_waived());
    let decision = Decision {
        open: judged.iter().filter(|judged| judged.gates && judged.finding.verdict == Verdict::Fail && !is_lost(judged)).count(),
        known: fails()
            .filter(|judged| judged.standing == Some(Standing::Known) && !judged.is_waived())
            .map(|judged| judged.finding.severity)
            .collect(),
        incomplete: counted()
            .filter(|judged| judged.finding.verdict == Verdict::Unknown || (judged.finding.verdict == Verdict::Fail && is_lost(judged)))
            .filter(|judged| !judged.is_waived() && !judged.rest_waived && !own::is_own(&judged.finding.rule))
            .count(),
        departed: of_own(own::STILL_JUDGED.id),
        empty: of_own(own::SOMETHING_JUDGED.id),
        lost: counted().filter(|judged| judged.standing == Some(Standing::EvidenceLost)).count() + vanished,
        waived: fails().filter(|judged| judged.is_waived()).count(),
        by_upgrade: new_rules().count(),
        new_rules: new_rules().map(|judged| judged.finding.rule.to_string()).collect(),
        lagging: lagging(gate),
        broken: judged.iter().filter(|judged| judged.finding.rule_error.is_some()).count() + judgement.conflicts.len(),
        exit: Exit::Clean,
    };
    let incomplete = decision.departed + decision.empty > 0 || (decision.incomplete + vanished > 0 && !policy.allow_unknown);
    let exit = match () {
        () if decision.broken > 0 => Exit::Error,
        () if decision.open > 0 => Exit::Open,
        () if incomplete => Exit::Incomplete,
        () => Exit::Clean,
    };
    judgement.decision = Decision { exit, ..decision };
}

/// A fail of which not all could be seen that was accepted.
fn is_lost(judged: &Judged<'_>) -> bool {
    judged.standing == Some(Standing::EvidenceLost)
}

const fn is_open(finding: &Finding) -> bool {
    matches!(finding.verdict, Verdict::Fail | Verdict::Unknown)
}

/// Whether a finding counts for the exit code, whatever the others say.
fn gates(judged: &Judged<'_>, gate: &Gate<'_>) -> bool {
    let (finding, policy) = (&judged.finding, gate.policy);
    if own::is_own(&finding.rule) {
        return true;
    }
    if !is_open(finding) || finding.severity < policy.severity || judged.is_waived() || judged.rest_waived {
        return false;
    }
    if finding.verdict == Verdict::Unknown {
        return !policy.allow_unknown;
    }
    match judged.standing {
        Some(Standing::Known) => policy.fail_on == FailOn::Any,
        Some(Standing::NewRule) => policy.fail_on == FailOn::Any || policy.strict,
        Some(Standing::EvidenceLost) => !policy.allow_unknown,
        Some(Standing::New) | None => true,
    }
}

/// What the role may not do that no earlier version asked for: not a permission that somebody took away.
fn lagging(gate: &Gate<'_>) -> Lagging {
    let Some(baseline) = gate.baseline.filter(|baseline| !baseline.actions.is_empty()) else { return Lagging::new() };
    let gaps = gate.index.snapshot.gaps.iter();
    let actions = gaps.filter_map(|gap| calls::call(&gap.service, &gap.operation)).map(|call| call.iam_action);
    actions.filter(|action| !baseline.actions.contains(*action)).map(str::to_owned).collect()
}

/// Every IAM action that a scan of this version needs, sorted.
pub fn actions() -> BTreeSet<String> {
    CALLS.iter().map(|call| call.iam_action.to_owned()).collect()
}
