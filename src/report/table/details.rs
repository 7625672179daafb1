//! What stands under a finding when everything is wanted: the evidence down to AWS's answer, what to do, and what a pass would not prove.

use std::collections::BTreeSet;

use anstyle::Style;
use iam_eval::arn::Arn;

use super::page::{Page, piece};
use super::{ink, subject};
use crate::report::remarks;
use crate::report::view::{Finding, View};

const INDENT: usize = 6;
const LABEL: usize = 11;
/// A value longer than this is cut; the JSON report has it whole.
const LONGEST: usize = 600;

/// Writes details; the rationale and the references of a rule only once.
pub(super) struct Details<'a> {
    view: &'a View,
    told: BTreeSet<&'a str>,
}

impl<'a> Details<'a> {
    /// Of a view.
    pub(super) const fn new(view: &'a View) -> Self {
        Self { view, told: BTreeSet::new() }
    }

    /// Everything about one finding.
    pub(super) fn write(&mut self, page: &mut Page, finding: &'a Finding) {
        entry(page, "resource", ink::FAINT, &finding.resource.arn);
        if !finding.key.is_empty() {
            entry(page, "key", ink::FAINT, &finding.key);
        }
        entry(page, "fingerprint", ink::FAINT, &finding.fingerprint);
        for (standard, ids) in &finding.requirements {
            entry(page, "requires", ink::FAINT, &format!("{standard}: {}", ids.join(", ")));
        }
        if finding.severity != finding.rule_severity {
            entry(page, "severity", ink::PLAIN, &format!("{}, by rule {}", finding.severity, finding.rule_severity));
        }
        for pipeline in &finding.pipelines {
            entry(page, "pipeline", ink::PLAIN, pipeline);
        }
        for evidence in &finding.evidence {
            let read = evidence.read_at.map(|at| format!(" at {}", remarks::time(at))).unwrap_or_default();
            let own = evidence.resource == finding.resource.arn;
            let whose = if own {
                subject::name(finding)
            } else {
                Arn::parse(&evidence.resource).map_or(&*evidence.resource, |arn| without_type(arn.resource))
            };
            let fields: Vec<String> = evidence.fields.iter().map(|(field, value)| format!("{field} = {}", cut(&value.to_string()))).collect();
            entry(page, "evidence", ink::PLAIN, &format!("{} {whose}: {} ({}{read})", evidence.kind, fields.join(", "), evidence.call));
        }
        for unseen in &finding.unseen {
            entry(page, "unseen", ink::UNREAD, &remarks::unseen(unseen));
        }
        for remark in remarks::of(finding) {
            entry(page, "note", ink::PLAIN, &remark);
        }
        if let Some(offending) = &finding.offending {
            entry(page, "offending", ink::PLAIN, &cut(&offending.to_string()));
        }
        if let Some(error) = &finding.rule_error {
            entry(page, "broke", ink::BAD, error);
        }
        if let Some(remediation) = &finding.remediation {
            // Commands on lines of their own stand below, ready to be copied.
            let words: Vec<&str> = remediation.lines().filter(|line| !finding.commands.iter().any(|command| command == line)).collect();
            text(page, "do", ink::GOOD, &words.join("\n"));
        }
        for command in &finding.commands {
            page.unbroken(INDENT, vec![piece(ink::FAINT, "run"), piece(ink::GOOD, format!("{}{command}", " ".repeat(LABEL - 2)))]);
        }
        if let Some(open) = &finding.does_not_prove {
            text(page, "not proven", ink::PLAIN, open);
        }
        if let Some(rule) = self.view.rule(&finding.rule).filter(|rule| self.told.insert(&rule.id)) {
            text(page, "why", ink::FAINT, &rule.rationale);
            for reference in &rule.references {
                entry(page, "see", ink::FAINT, reference);
            }
        }
        page.blank();
    }
}

/// A labelled line.
fn entry(page: &mut Page, label: &str, style: Style, text: &str) {
    page.row(INDENT, 1, vec![(LABEL, vec![piece(ink::FAINT, label)]), (0, vec![piece(style, text)])]);
}

/// A labelled text of a rule's author, who may have written several lines.
fn text(page: &mut Page, label: &str, style: Style, text: &str) {
    let mut label = label;
    for line in text.trim_end().lines() {
        entry(page, std::mem::replace(&mut label, " "), style, line);
    }
}

fn cut(value: &str) -> String {
    let length = value.chars().count();
    if length <= LONGEST {
        return value.to_owned();
    }
    let start: String = value.chars().take(LONGEST).collect();
    format!("{start}… ({length} characters, whole in the JSON report)")
}

/// The resource part of an ARN without its type, which the kind says already: `subnet/subnet-1` → `subnet-1`.
fn without_type(resource: &str) -> &str {
    resource.split_once(['/', ':']).map_or(resource, |(_, rest)| rest)
}
