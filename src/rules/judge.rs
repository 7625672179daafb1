//! One rule on one subject: `when`, `manual_when`, `assert`; the first that is unknown makes the verdict unknown.

use std::collections::BTreeSet;

use serde_json::Value;

use super::expr::{Expr, Outcome, Scope};
use super::rule::Rule;
use crate::evidence::{FieldRef, Missing};
use crate::facts::Subject;
use crate::finding::{Finding, Requirements, Severity, UNSEEN_ELEMENTS, Verdict};

/// Judges a subject. Linear in the rule's expressions.
pub fn judge(rule: &Rule, subject: &Subject, scope: &Scope<'_, '_>) -> Finding {
    let decision = decide(rule, scope);
    let (severity, requirements) = adjusted(rule, scope);
    let mut finding = Finding {
        rule: rule.id.clone(),
        severity,
        verdict: decision.verdict,
        requirements,
        about: subject.about.clone(),
        message: String::new(),
        ask: None,
        remediation: None,
        commands: Vec::new(),
        offending: None,
        evidence: evidence(&decision.read, subject),
        missing: Vec::new(),
        milder: None,
        rule_error: decision.broken,
    };
    match finding.verdict {
        Verdict::Unknown => finding.missing = decision.undecided.map(|expr| missing(expr, subject)).unwrap_or_default(),
        Verdict::NotApplicable => {}
        Verdict::Pass | Verdict::Fail | Verdict::Manual => {
            if finding.verdict == Verdict::Manual {
                finding.ask = rule.ask.as_ref().map(|ask| ask.render(scope));
            }
            if finding.verdict == Verdict::Fail {
                let filled = rule.remediation.render_commands(scope);
                (finding.remediation, finding.commands) = (Some(filled.text), filled.commands);
                finding.offending = offending(rule, scope);
                let milder = milder(rule, scope, severity);
                finding.milder = milder.iter().map(|(severity, _)| *severity).min();
                let hidden = rule.offending.iter().filter(|expr| expr.json(scope) == Outcome::Unseen);
                let hidden: Vec<Missing> = hidden.chain(milder.into_iter().map(|(_, when)| when)).flat_map(|expr| missing(expr, subject)).collect();
                finding.missing = hidden.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
            }
            finding.message = rule.message.render_beside(scope, finding.offending.as_ref());
        }
    }
    finding
}

struct Decision<'r> {
    verdict: Verdict,
    read: Vec<&'r Expr>,
    undecided: Option<&'r Expr>,
    broken: Option<String>,
}

fn decide<'r>(rule: &'r Rule, scope: &Scope<'_, '_>) -> Decision<'r> {
    let mut read = Vec::new();
    // Each step: the expression, and the truth that ends the evaluation with a verdict.
    let steps = [(rule.when.as_ref(), false, Verdict::NotApplicable), (rule.manual_when.as_ref(), true, Verdict::Manual)];
    for (expr, ending, verdict) in steps {
        let Some(expr) = expr else { continue };
        read.push(expr);
        match expr.truth(scope) {
            Outcome::Known(value) if value == ending => return Decision { verdict, read, undecided: None, broken: None },
            Outcome::Known(_) => {}
            Outcome::Unseen => return Decision { verdict: Verdict::Unknown, read, undecided: Some(expr), broken: None },
            Outcome::Broken(why) => return Decision { verdict: Verdict::Unknown, read, undecided: None, broken: Some(why) },
        }
    }
    let Some(assert) = &rule.assert else { return Decision { verdict: Verdict::Manual, read, undecided: None, broken: None } };
    read.push(assert);
    match assert.truth(scope) {
        Outcome::Known(true) => Decision { verdict: Verdict::Pass, read, undecided: None, broken: None },
        Outcome::Known(false) => Decision { verdict: Verdict::Fail, read, undecided: None, broken: None },
        Outcome::Unseen => Decision { verdict: Verdict::Unknown, read, undecided: Some(assert), broken: None },
        Outcome::Broken(why) => Decision { verdict: Verdict::Unknown, read, undecided: None, broken: Some(why) },
    }
}

/// The first adjustment whose condition is known to be true; an unknown one changes nothing.
fn adjusted(rule: &Rule, scope: &Scope<'_, '_>) -> (Severity, Option<Requirements>) {
    let Some(found) = rule.adjust.iter().find(|entry| entry.when.truth(scope) == Outcome::Known(true)) else { return (rule.severity, None) };
    let own = if found.instead.is_empty() { &rule.requirements } else { &found.instead };
    let changed = !(found.instead.is_empty() && found.requirements.is_empty());
    (found.severity.unwrap_or(rule.severity), changed.then(|| joined(own, &found.requirements)))
}

/// The adjustments that would make a finding milder, and of which nobody knows whether they hold.
fn milder<'r>(rule: &'r Rule, scope: &Scope<'_, '_>, severity: Severity) -> Vec<(Severity, &'r Expr)> {
    let undecided = rule.adjust.iter().filter(|entry| entry.when.truth(scope) == Outcome::Unseen);
    undecided.filter_map(|entry| Some((entry.severity.filter(|other| *other < severity)?, &entry.when))).collect()
}

fn joined(own: &Requirements, added: &Requirements) -> Requirements {
    let mut all = own.clone();
    for (standard, ids) in added {
        let list = all.entry(standard.clone()).or_default();
        list.extend(ids.iter().filter(|id| !own.get(standard).is_some_and(|own| own.contains(id))).cloned());
    }
    all
}

fn evidence(read: &[&Expr], subject: &Subject) -> Vec<FieldRef> {
    let fields = read.iter().flat_map(|expr| expr.fields()).filter_map(|name| subject.field(name));
    let mut all: Vec<FieldRef> = fields.flat_map(|field| field.from().iter().cloned()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn missing(expr: &Expr, subject: &Subject) -> Vec<Missing> {
    let fields = expr.fields().filter(|name| subject.builtin(name).is_none());
    let mut all: Vec<Missing> = fields
        .flat_map(|name| match subject.field(name) {
            Some(field) => field.missing().to_vec(),
            None => vec![Missing::NotEvaluated("the fact was not derived")],
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The elements that offend, as far as they were seen, and that there may be more.
fn offending(rule: &Rule, scope: &Scope<'_, '_>) -> Option<Value> {
    let (mut elements, mut unseen) = (Vec::new(), false);
    for expr in &rule.offending {
        match expr.json(scope) {
            Outcome::Known(Value::Array(items)) => elements.extend(items),
            Outcome::Known(Value::Null) | Outcome::Broken(_) => {}
            Outcome::Known(other) => elements.push(other),
            Outcome::Unseen => unseen = true,
        }
    }
    elements.extend(unseen.then(|| UNSEEN_ELEMENTS.into()));
    (!rule.offending.is_empty()).then_some(Value::Array(elements))
}
