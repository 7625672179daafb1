//! The answer in words: the same in every format, and never better than it is.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::remarks;
use super::view::{BySeverity, Counts, Finding, Severity, Summary, Verdict};
use crate::config::{Config, Exception, FailOn};
use crate::evidence::Index;
use crate::gate::{Baseline, Exit, Judgement, Policy, day, named, unspecific};

/// New rules and permissions that a note names.
const NAMED: usize = 12;

/// The outcome, in numbers and words.
pub(super) fn summary(
    index: &Index<'_>,
    findings: &[Finding],
    policy: Policy,
    judgement: &Judgement<'_>,
    config: &Config,
    baseline: Option<&Baseline>,
) -> Summary {
    let decision = &judgement.decision;
    let of = |verdict| BySeverity::new(findings.iter().filter(|finding| finding.verdict == verdict).map(|finding| finding.severity));
    let fails = of(Verdict::Fail);
    Summary {
        verdicts: Counts::new(findings.iter().map(|finding| finding.verdict)),
        advice: fails.advisory,
        waived: decision.waived,
        evidence_lost: decision.lost,
        fails,
        unknowns: of(Verdict::Unknown),
        open: decision.open,
        open_known: BySeverity::new(decision.known.iter().copied()),
        incomplete: decision.incomplete,
        departed: decision.departed,
        empty: decision.empty,
        nothing_judged: judgement.nothing_judged,
        exit_code: decision.exit.into(),
        decision: words(judgement, policy, findings),
        notes: notes(index, judgement, policy, config, baseline),
    }
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The outcome in words, by the exit code.
fn outcome(judgement: &Judgement<'_>, policy: Policy) -> Option<String> {
    let Judgement { decision, conflicts, .. } = judgement;
    let level = policy.severity;
    let open = || plural(decision.open, "open finding", "open findings");
    Some(match decision.exit {
        Exit::Error if !conflicts.is_empty() => conflicts.join("; "),
        Exit::Error => format!("{} while it ran", plural(decision.broken, "rule broke", "rules broke")),
        Exit::Open if policy.fail_on == FailOn::New => format!("{} at or above {level} that the baseline does not accept", open()),
        Exit::Open => format!("{} at or above {level}", open()),
        Exit::Incomplete if decision.incomplete + decision.lost > 0 && !policy.allow_unknown => "evidence is incomplete".to_owned(),
        Exit::Incomplete | Exit::Clean if decision.known.is_empty() && decision.departed + decision.empty == 0 => {
            format!("nothing open at or above {level}")
        }
        Exit::Incomplete | Exit::Clean if decision.empty == 0 => "no new findings".to_owned(),
        Exit::Incomplete | Exit::Clean => return None,
    })
}

/// Why the process answers what it does: what stands in the way first, then what is still open.
fn words(judgement: &Judgement<'_>, policy: Policy, findings: &[Finding]) -> String {
    let Judgement { decision, nothing_judged, .. } = judgement;
    let level = policy.severity;
    let unknown = findings.iter().filter(|finding| finding.verdict == Verdict::Unknown && !finding.is_waived() && finding.severity >= level);
    let unknown = unknown.count().saturating_sub(decision.departed + decision.empty);
    let mut parts = Vec::new();
    // An empty answer must not read like a clean one.
    let empty = findings.iter().filter(|finding| finding.rule == crate::gate::own::SOMETHING_JUDGED.id);
    parts.extend(empty.map(|finding| finding.message.clone()));
    if *nothing_judged && decision.empty == 0 {
        parts.push(remarks::nothing_judged());
    }
    parts.extend(outcome(judgement, policy));
    if !decision.known.is_empty() && policy.fail_on == FailOn::New {
        parts.push(format!("{} still open ({})", plural(decision.known.len(), "known finding is", "known are"), severities(&decision.known)));
    }
    if unknown > 0 {
        parts.push(format!("{} could not be decided", plural(unknown, "finding", "findings")));
    }
    let let_pass = findings.iter().filter(|finding| finding.verdict == Verdict::Unknown && finding.is_waived() && finding.severity >= level).count();
    if let_pass > 0 {
        parts.push(format!("{} waived", plural(let_pass, "unknown is", "unknowns are")));
    }
    if decision.departed > 0 {
        parts.push(format!("{} since the baseline", plural(decision.departed, "departure", "departures")));
    }
    if decision.lost > 0 {
        parts.push(plural(
            decision.lost,
            "verdict that the baseline could reach is out of sight",
            "verdicts that the baseline could reach are out of sight",
        ));
    }
    if !judgement.unwatched.is_empty() {
        let names: BTreeSet<String> = judgement.unwatched.iter().map(|one| format!("{} {}", one.role.words(), one.name)).collect();
        parts.push(format!("not looked at, though the baseline watches it: {}", named(&names, NAMED)));
    }
    if decision.waived > 0 {
        parts.push(format!("{} waived", decision.waived));
    }
    if !policy.strict && decision.by_upgrade > 0 {
        let rules = plural(decision.new_rules.len(), "new rule is", "new rules are");
        parts.push(format!("{} of {rules} not counted (--strict=false)", plural(decision.by_upgrade, "finding", "findings")));
    }
    if policy.allow_unknown && unknown > 0 {
        parts.push("what could not be decided is let through (--allow-unknown)".to_owned());
    }
    parts.join("; ")
}

/// "7 critical, 12 high": the worst two, where there are so many.
fn severities(all: &[Severity]) -> String {
    let counts = BySeverity::new(all.iter().copied());
    let words: Vec<String> = Severity::ALL
        .into_iter()
        .filter(|severity| counts.get(*severity) > 0)
        .map(|severity| format!("{} {severity}", counts.get(severity)))
        .collect();
    words.join(", ")
}

/// What is to be said beside the decision.
fn notes(index: &Index<'_>, judgement: &Judgement<'_>, policy: Policy, config: &Config, baseline: Option<&Baseline>) -> Vec<String> {
    let decision = &judgement.decision;
    let mut notes = Vec::new();
    if decision.by_upgrade > 0 {
        let counted = if policy.strict || policy.fail_on == FailOn::Any { "" } else { "; they are not counted (--strict=false)" };
        notes.push(format!(
            "by upgrade: {} of {} that the baseline did not know: {}{counted}",
            plural(decision.by_upgrade, "finding", "findings"),
            plural(decision.new_rules.len(), "rule", "rules"),
            named(&decision.new_rules, NAMED)
        ));
    }
    if !decision.lagging.is_empty() {
        notes.push(format!(
            "the role's policy is older than this version: {} missing ({}); `pci-audit generate iam-policy` prints the new one",
            plural(decision.lagging.len(), "action", "actions"),
            named(&decision.lagging, NAMED)
        ));
    }
    if !judgement.rules_gone.is_empty() {
        notes.push(format!(
            "{} of the baseline did not run: {}",
            plural(judgement.rules_gone.len(), "rule", "rules"),
            named(&judgement.rules_gone, NAMED)
        ));
    }
    if !judgement.left.is_empty() {
        let resources: BTreeSet<&str> = judgement.left.iter().map(|entry| entry.resource.as_str()).collect();
        notes.push(format!(
            "{} of the baseline on {} left; the JSON report names each under `left`",
            plural(judgement.left.len(), "verdict", "verdicts"),
            plural(resources.len(), "resource", "resources")
        ));
    }
    if let Some(baseline) = baseline {
        if baseline.is_report {
            notes.push("the baseline is a whole report: what was open in it stays open. Give it as --previous, and keep what is accepted with `pci-audit baseline accept`".to_owned());
        }
        if baseline.is_older() {
            notes.push("the baseline is of an older form: it does not say what its findings were like when they were accepted, and departures are not watched until `pci-audit baseline accept`".to_owned());
        }
    }
    let early = not_begun(config, day(index.now()));
    if !early.is_empty() {
        notes.push(format!("not in force yet on {}, the day of the snapshot: {}", day(index.now()), named(&early, NAMED)));
    }
    match unspecific(&config.waivers) {
        0 => {}
        count => notes.push(format!(
            "{} not say what was accepted (verdict, severity, offending elements): whatever the findings become is covered. `pci-audit waive FINGERPRINT --report REPORT` writes one that does",
            plural(count, "waiver does", "waivers do")
        )),
    }
    let regions = &index.snapshot.regions;
    let empty = regions.iter().filter(|region| !index.in_scope(region)).count();
    if index.snapshot.all_regions == Some(true) && empty > 0 {
        notes.push(format!("nothing to judge in {empty} of {} regions", regions.len()));
    }
    notes
}

/// Waivers and answers that begin after a day.
fn not_begun(config: &Config, today: Date) -> BTreeSet<String> {
    let waivers = config.waivers.iter().filter(|waiver| waiver.approved.0 > today).map(|waiver| format!("waiver of {}", waiver.label()));
    let answers = config.attest.iter().filter(|answer| answer.days().0.0 > today).map(|answer| format!("answer of {}", answer.label()));
    waivers.chain(answers).collect()
}
