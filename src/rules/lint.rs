//! What a rule must be before it may run: every field exists, no null slips through, nothing turns "unseen" into "false".

use std::collections::BTreeMap;

use super::Problem;
use super::expr::{Expr, VARIABLES, is_allowed_function, listed};
use super::rule::{Proves, Rule};
use super::standard::Standard;
use crate::config::CFG;
use crate::facts::{self, Subject};
use crate::finding::Verdict;
use crate::model::Kind;
use crate::suggest::did_you_mean;

/// Longest title, in characters.
const TITLE: usize = 90;

/// Most expressions of a rule: each may take its own time.
const EXPRESSIONS: usize = 100;

/// Every problem of a rule.
pub fn check(rule: &Rule, standards: &BTreeMap<String, Standard>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut report = |span: &std::ops::Range<usize>, message: String| problems.push(rule.source.problem(span.clone(), message));
    names(rule, &mut report);
    words(rule, &mut report);
    requirements(rule, standards, &mut report);
    expressions(rule, &mut report);
    cases(rule, &mut report);
    problems
}

type Report<'a> = dyn FnMut(&std::ops::Range<usize>, String) + 'a;

fn names(rule: &Rule, report: &mut Report<'_>) {
    let stem = std::path::Path::new(&rule.source.path).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    if *rule.id != *stem {
        report(&rule.spans.id, format!("the id \"{}\" differs from the file's name \"{stem}\"", rule.id));
    }
    if !rule.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') || rule.id.is_empty() {
        report(&rule.spans.id, "an id is kebab-case: lower-case letters, digits and hyphens".to_owned());
    }
    let Some(allowed) = facts::kinds_of(&rule.subject) else {
        let known = facts::SHAPES.iter().map(|shape| shape.name).chain(Kind::ALL.iter().map(|kind| kind.name()));
        let hint = did_you_mean(&rule.subject, known);
        report(&rule.spans.subject, format!("no subject \"{}\"{hint} (`pci-audit rules list --kinds`)", rule.subject));
        return;
    };
    if rule.kinds.is_empty() {
        report(&rule.spans.subject, "`kinds` is empty: a denied list could not be matched to this rule".to_owned());
    }
    for (kind, span) in rule.kinds.iter().zip(&rule.spans.kinds) {
        if !allowed.contains(kind) {
            report(span, format!("the subject \"{}\" is never about a {kind}", rule.subject));
        }
    }
}

fn words(rule: &Rule, report: &mut Report<'_>) {
    let remediation = rule.remediation.outline();
    for (what, text) in [("title", rule.title.trim()), ("rationale", rule.rationale.trim()), ("remediation", &*remediation)] {
        if text.is_empty() {
            report(&rule.spans.id, format!("the {what} is empty"));
        }
    }
    if rule.title.chars().count() > TITLE {
        report(&rule.spans.id, format!("the title is longer than {TITLE} characters"));
    }
    if rule.proves == Proves::Part && rule.does_not_prove.as_deref().is_none_or(|text| text.trim().is_empty()) {
        report(&rule.spans.id, "`proves = \"part\"` needs a sentence `does_not_prove`".to_owned());
    }
    let may_ask = rule.assert.is_none() || rule.manual_when.is_some();
    if may_ask && rule.ask.is_none() {
        report(&rule.spans.id, "a rule that can be manual needs `ask`, the question for a person".to_owned());
    }
}

fn requirements(rule: &Rule, standards: &BTreeMap<String, Standard>, report: &mut Report<'_>) {
    for (standard, ids) in rule.all_requirements() {
        let Some(catalogue) = standards.get(standard) else {
            report(&rule.spans.id, format!("no standard \"{standard}\": one of {}", standards.keys().cloned().collect::<Vec<_>>().join(", ")));
            continue;
        };
        for id in ids {
            if !catalogue.requirements.iter().any(|requirement| requirement.id == *id) {
                report(&rule.spans.id, format!("{standard} has no requirement \"{id}\" in the catalogue"));
            }
        }
    }
}

fn expressions(rule: &Rule, report: &mut Report<'_>) {
    let fields = facts::fields_of(&rule.subject);
    let nullable: Vec<&str> = fields.iter().filter(|field| field.nullable).map(|field| field.name.as_str()).collect();
    if rule.expressions().count() > EXPRESSIONS {
        report(&rule.spans.id, format!("the rule has more than {EXPRESSIONS} expressions"));
    }
    let free: Vec<&str> = fields.iter().filter(|field| field.flat).map(|field| field.name.as_str()).collect();
    for expr in rule.expressions() {
        let looked = expr.looked();
        let span = place(rule, expr);
        for field in &looked.fields {
            if !fields.iter().any(|known| known.name == *field) && !Subject::BUILTIN.contains(&field.as_str()) {
                let hint = did_you_mean(field, fields.iter().map(|known| known.name.as_str()));
                report(&span, format!("\"{}\" has no field \"{field}\"{hint} (`pci-audit rules list --kinds`)", rule.subject));
            }
        }
        for setting in &looked.settings {
            if !CFG.iter().any(|(name, _)| name == setting) {
                let known = CFG.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
                report(&span, format!("`cfg` has no \"{setting}\": one of {known}"));
            }
        }
        for path in &looked.nested {
            if path.split('.').next().is_some_and(|field| free.contains(&field)) {
                report(&span, format!("`r.{path}` selects into a field that is no map with fixed keys"));
            }
        }
        if looked.has {
            report(&span, "`has()` turns \"not seen\" into \"false\": compare with null instead".to_owned());
        }
        if looked.whole {
            report(&span, format!("{} are read by field, never as a whole", VARIABLES.join(" and ")));
        }
        if !looked.strangers.is_empty() {
            report(&span, format!("unknown variable {}", listed(&looked.strangers)));
        }
        for function in looked.functions.iter().filter(|function| !is_allowed_function(function)) {
            report(&span, format!("rules may not call `{function}`"));
        }
    }
    for expr in rule.deciding().chain(rule.adjust.iter().map(|entry| &entry.when)) {
        for field in expr.looked().unguarded.iter().filter(|field| nullable.contains(&field.as_str())) {
            report(&place(rule, expr), format!("`r.{field}` may be null: guard it with `r.{field} != null &&` or `r.{field} == null ||`"));
        }
    }
}

/// Where an expression stands in the file: found by its text, since the syntax tree does not know the file.
fn place(rule: &Rule, expr: &Expr) -> std::ops::Range<usize> {
    let text = &rule.source.text;
    text.find(expr.source()).map_or(rule.spans.message.clone(), |start| start..start + expr.source().len())
}

/// At least one case of each verdict that the rule can give.
fn cases(rule: &Rule, report: &mut Report<'_>) {
    let mut needed = Vec::new();
    if rule.assert.is_some() {
        needed.push(Verdict::Fail);
    }
    // Where a person is asked, that question may take everything that would pass.
    if rule.assert.is_some() && rule.manual_when.is_none() {
        needed.push(Verdict::Pass);
    }
    if rule.assert.is_none() || rule.manual_when.is_some() {
        needed.push(Verdict::Manual);
    }
    if rule.when.is_some() {
        needed.push(Verdict::NotApplicable);
    }
    // What reads only who the subject is can never be unseen.
    if rule.deciding().flat_map(Expr::fields).any(|field| !Subject::BUILTIN.contains(&field)) {
        needed.push(Verdict::Unknown);
    }
    for verdict in needed {
        if !rule.cases.iter().any(|case| case.expect == verdict) {
            report(&rule.spans.id, format!("no case shows the verdict {verdict}"));
        }
    }
    let fields = facts::fields_of(&rule.subject);
    for case in &rule.cases {
        for name in case.r.keys().filter(|name| !fields.iter().any(|field| field.name == **name) && !Subject::BUILTIN.contains(&name.as_str())) {
            report(&case.span, format!("the case sets \"{name}\", which \"{}\" does not have", rule.subject));
        }
    }
}
