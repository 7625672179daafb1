//! A difference for a terminal: the two runs, findings first, then resources; each change with its fields, old and new.

use anstyle::Style;

use super::fields::{FieldChange, words};
use super::findings::by_weight;
use super::{Change, Diff, FindingChange, ResourceChange};
use crate::report::cut::cut;
use crate::report::remarks;
use crate::report::table::ink;
use crate::report::table::page::{Page, Piece, piece};
use crate::report::view::{ResourceRef, Verdict};

/// Characters of a value; the JSON has all of it.
const VALUE: usize = 400;
/// Members of a list that are shown each way.
const MEMBERS: usize = 20;

/// The whole.
pub(super) fn write(page: &mut Page, diff: &Diff, verbose: bool) {
    page.heading(piece(ink::STRONG, "Difference"), vec![piece(ink::FAINT, format!("account {}", diff.account))]);
    for (label, side) in [("old", &diff.old), ("new", &diff.new)] {
        let text = format!("{}  {}", remarks::time(side.taken_at), side.regions.join(", "));
        page.row(2, 2, vec![(5, vec![piece(ink::FAINT, label)]), (0, vec![piece(ink::PLAIN, text)])]);
    }
    for remark in &diff.remarks {
        page.row(2, 2, vec![(5, vec![piece(ink::UNREAD, "note")]), (0, vec![piece(ink::PLAIN, remark)])]);
    }
    findings(page, diff, verbose);
    resources(page, "Resources", &diff.resources);
    if verbose {
        resources(page, "Moved by themselves, no difference", &diff.moved_resources);
        diff.moved_findings.iter().for_each(|finding| finding_change(page, finding));
    }
    page.blank();
    if diff.is_empty() {
        page.flow(0, vec![piece(ink::GOOD, "Nothing differs.")]);
        return;
    }
    for (what, changes) in diff.counts() {
        page.row(0, 2, vec![(9, vec![piece(ink::STRONG, what)]), (0, vec![piece(ink::PLAIN, changes)])]);
    }
}

fn findings(page: &mut Page, diff: &Diff, verbose: bool) {
    if diff.findings.is_empty() {
        return;
    }
    page.heading(piece(ink::STRONG, "Findings"), vec![piece(ink::FAINT, number(diff.findings.len()))]);
    let (matter, others) = by_weight(&diff.findings);
    let shown = matter.into_iter().chain(others.iter().copied().filter(|_| verbose));
    for finding in shown {
        finding_change(page, finding);
    }
    if !verbose && !others.is_empty() {
        page.flow(2, vec![piece(ink::FAINT, format!("and {} that passed or did not apply before and now (--verbose shows them)", others.len()))]);
    }
}

fn finding_change(page: &mut Page, finding: &FindingChange) {
    let mut line = verdicts(finding);
    line.extend([piece(ink::PLAIN, format!("  {}  ", finding.rule)), piece(ink::STRONG, finding.resource.called())]);
    line.extend(aside(finding.change, &finding.resource, &finding.key));
    page.row(
        2,
        0,
        vec![
            (2, vec![piece(style(finding.change), finding.change.sign())]),
            (10, vec![piece(ink::severity(finding.severity), finding.severity.name())]),
            (0, line),
        ],
    );
    let (old, now) = finding.words();
    match old {
        Some(old) => {
            for (label, words) in [("was", old), ("now", now)] {
                page.row(6, 1, vec![(3, vec![piece(ink::FAINT, label)]), (0, vec![piece(ink::PLAIN, words)])]);
            }
        }
        None => page.flow(6, vec![piece(ink::PLAIN, now)]),
    }
    for field in finding.told() {
        field_change(page, field);
    }
}

/// `pass → fail`, or the one verdict that there is.
fn verdicts(finding: &FindingChange) -> Vec<Piece> {
    let one = |verdict: Verdict| piece(ink::verdict(verdict), verdict.words());
    match (finding.old_verdict, finding.verdict) {
        (Some(old), Some(new)) if old != new => vec![one(old), piece(ink::PLAIN, " → "), one(new)],
        (old, new) => new.or(old).map(one).into_iter().collect(),
    }
}

fn resources(page: &mut Page, title: &'static str, changes: &[ResourceChange]) {
    if changes.is_empty() {
        return;
    }
    page.heading(piece(ink::STRONG, title), vec![piece(ink::FAINT, number(changes.len()))]);
    for ResourceChange { change, resource, fields } in changes {
        let mut line = vec![piece(ink::PLAIN, format!("{}  ", resource.kind)), piece(ink::STRONG, resource.called())];
        line.extend(aside(*change, resource, ""));
        page.row(2, 0, vec![(2, vec![piece(style(*change), change.sign())]), (0, line)]);
        for field in fields {
            field_change(page, field);
        }
    }
}

/// Where it is, which of several, and whether it could be looked at.
fn aside(change: Change, resource: &ResourceRef, key: &str) -> Vec<Piece> {
    let mut text = String::new();
    if resource.region != "global" {
        text.push_str(&format!(" {}", resource.region));
    }
    if !key.is_empty() {
        text.push_str(&format!(" [{key}]"));
    }
    let mut pieces = vec![piece(ink::FAINT, text)];
    if matches!(change, Change::OutOfSight | Change::IntoSight) {
        pieces.push(piece(ink::UNREAD, format!("  {}", change.name())));
    }
    pieces
}

fn field_change(page: &mut Page, change: &FieldChange) {
    let value = |value| piece(ink::PLAIN, cut(&words(value), VALUE));
    let name = |rest: &str| piece(ink::FAINT, format!("{}{rest}", change.field()));
    match change {
        FieldChange::Value { old, new, .. } => {
            page.flow(6, vec![name(": "), value(old), piece(ink::FAINT, " → "), value(new)]);
        }
        FieldChange::Unread { old, .. } => {
            page.flow(6, vec![name(": "), value(old), piece(ink::FAINT, " → "), piece(ink::UNREAD, "not read")]);
        }
        FieldChange::Read { new, .. } => {
            page.flow(6, vec![name(": "), piece(ink::UNREAD, "not read"), piece(ink::FAINT, " → "), value(new)]);
        }
        FieldChange::Members { removed, added, .. } => {
            page.flow(6, vec![name("")]);
            for (sign, style, members) in [("- ", style(Change::Vanished), removed), ("+ ", style(Change::Appeared), added)] {
                for member in members.iter().take(MEMBERS) {
                    page.row(8, 0, vec![(2, vec![piece(style, sign)]), (0, vec![value(member)])]);
                }
                if members.len() > MEMBERS {
                    page.flow(8, vec![piece(ink::FAINT, format!("{sign}and {} more", members.len() - MEMBERS))]);
                }
            }
        }
    }
}

fn number(changes: usize) -> String {
    format!("{changes} change{}", if changes == 1 { "" } else { "s" })
}

const fn style(change: Change) -> Style {
    match change {
        Change::Appeared => ink::GOOD,
        Change::Vanished => ink::BAD,
        Change::Changed => ink::ASK,
        Change::OutOfSight | Change::IntoSight => ink::UNREAD,
    }
}
