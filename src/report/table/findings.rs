//! What fails and what is unknown, worst first within each requirement family; and advice.

use std::cmp::Reverse;

use super::details::Details;
use super::family::{Family, filed_under};
use super::ink;
use super::page::{Page, Piece, piece};
use super::subject::{self, Subjects};
use crate::report::escape::{columns, escape};
use crate::report::remarks;
use crate::report::view::{Counts, Finding, Severity, Standing, Verdict, View};

/// From here on a finding fits on one line; below, its message goes under it.
const ONE_LINE: usize = 140;
/// Below this not even the columns fit.
const COLUMNS: usize = 70;
/// "✗ critical".
const SEVERITY: usize = 10;

/// Findings that PCI DSS demands an answer to.
pub(super) fn write(page: &mut Page, view: &View, verbose: bool) {
    let listed = select(view, |finding| finding.severity != Severity::Advisory && !finding.is_waived());
    let counts = Counts::new(listed.iter().map(|finding| finding.verdict));
    page.heading(piece(ink::STRONG, "Findings"), tally(&counts));
    if listed.is_empty() {
        page.flow(
            2,
            vec![piece(
                ink::GOOD,
                if view.summary.verdicts.fail + view.summary.verdicts.unknown == 0 {
                    "Nothing fails and nothing is unknown."
                } else {
                    "Nothing else fails and nothing else is unknown."
                },
            )],
        );
    }
    let lines = Lines::new(page, view, &listed);
    let mut details = Details::new(view);
    for family in listed.chunk_by(|a, b| Family::new(a) == Family::new(b)) {
        page.blank();
        let counts = Counts::new(family.iter().map(|finding| finding.verdict));
        let mut title = vec![piece(ink::STRONG, Family::new(family[0]).title()), piece(ink::FAINT, "   ")];
        title.extend(tally(&counts));
        page.flow(0, title);
        for finding in family {
            lines.write(page, finding);
            if verbose {
                details.write(page, finding);
            }
        }
    }
}

/// Good practice that PCI DSS does not demand: by rule, or one by one where details are wanted.
pub(super) fn write_advice(page: &mut Page, view: &View, verbose: bool) {
    let listed = select(view, |finding| finding.severity == Severity::Advisory && !finding.is_waived());
    if listed.is_empty() {
        return;
    }
    let counts = Counts::new(listed.iter().map(|finding| finding.verdict));
    page.heading(piece(ink::STRONG, "Advice, not demanded by PCI DSS"), tally(&counts));
    if verbose {
        let lines = Lines::new(page, view, &listed);
        let mut details = Details::new(view);
        for finding in listed {
            lines.write(page, finding);
            details.write(page, finding);
        }
        return;
    }
    let subjects = Subjects::new(view);
    for group in listed.chunk_by(|a, b| (&a.rule, a.verdict) == (&b.rule, b.verdict)) {
        let first = group[0];
        let sign = piece(ink::verdict(first.verdict), ink::sign(first.verdict));
        page.row(2, 1, vec![(1, vec![sign]), (0, vec![piece(ink::PLAIN, &first.title), piece(ink::FAINT, format!("  {}", first.rule))])]);
        page.flow(4, subjects.list(group));
    }
}

/// "3 fail · 1 unknown": the verdicts that there are.
pub(super) fn tally(counts: &Counts) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for verdict in Verdict::ALL.into_iter().filter(|verdict| counts.get(*verdict) > 0) {
        if !pieces.is_empty() {
            pieces.push(piece(ink::FAINT, " · "));
        }
        pieces.push(piece(ink::verdict(verdict), format!("{} {}", counts.get(verdict), verdict.words())));
    }
    pieces
}

/// Fails and unknowns of a sort, in the order that they are told in.
pub(super) fn select(view: &View, wanted: impl Fn(&Finding) -> bool) -> Vec<&Finding> {
    let mut listed: Vec<&Finding> =
        view.findings.iter().filter(|finding| matches!(finding.verdict, Verdict::Fail | Verdict::Unknown) && wanted(finding)).collect();
    listed.sort_by_key(|finding| order(finding));
    listed
}

/// Family, fails before unknowns, worst first; then as the view has it, but by name.
fn order(finding: &Finding) -> impl Ord + '_ {
    (Family::new(finding), finding.verdict, Reverse(finding.severity), &finding.rule, subject::name(finding), &finding.resource.region, &finding.key)
}

/// What the baseline makes of a finding; nothing of what it knew.
fn standing(finding: &Finding) -> Option<Piece> {
    if let Some(grown) = remarks::grown(finding) {
        return Some(piece(ink::BAD, format!("{grown}: ")));
    }
    match finding.standing? {
        Standing::Known => Some(piece(ink::FAINT, "accepted: ")).filter(|_| finding.verdict == Verdict::Fail),
        Standing::New => Some(piece(ink::BAD, "new: ")),
        Standing::NewRule => Some(piece(ink::ASK, "new rule: ")),
        Standing::EvidenceLost => Some(piece(ink::UNREAD, "evidence lost: ")),
    }
}

/// The columns that findings stand in.
pub(super) struct Lines<'a> {
    subjects: Subjects<'a>,
    rule: usize,
    requirement: usize,
    label: usize,
}

impl<'a> Lines<'a> {
    /// For these findings.
    pub(super) fn new(page: &Page, view: &'a View, listed: &[&Finding]) -> Self {
        let widest = |text: fn(&Finding) -> &str| listed.iter().map(|finding| columns(&escape(text(finding)))).max().unwrap_or(0);
        let extra = if view.run.regions.len() > 1 { 15 } else { 0 };
        Self {
            subjects: Subjects::new(view),
            rule: widest(|finding| &finding.rule).min(32),
            requirement: widest(|finding| filed_under(finding).unwrap_or_default()).min(8),
            label: (widest(subject::name) + extra).min(page.width() / 5),
        }
    }

    /// One finding, on one line where there is room.
    pub(super) fn write(&self, page: &mut Page, finding: &'a Finding) {
        // Of an unknown the severity says what is at stake, not what is wrong: it keeps its colour for fails.
        let ink = if finding.verdict == Verdict::Fail { ink::severity(finding.severity) } else { ink::UNREAD };
        let severity = vec![piece(ink, format!("{} {}", ink::sign(finding.verdict), finding.severity))];
        let rule = vec![piece(ink::PLAIN, &finding.rule)];
        let requirement = piece(ink::FAINT, filed_under(finding).unwrap_or_default());
        let mut label = self.subjects.label(finding);
        let mut message: Vec<Piece> = standing(finding).into_iter().collect();
        message.push(piece(ink::PLAIN, subject::message(finding)));
        if let Some(waiver) = finding.waiver.as_ref().filter(|waiver| !waiver.holds()) {
            message.push(piece(ink::BAD, format!("; {}", remarks::waiver(waiver))));
        }
        if page.width() >= ONE_LINE {
            let cells = vec![(SEVERITY, severity), (self.requirement, vec![requirement]), (self.rule, rule), (self.label, label), (0, message)];
            page.row(2, 2, cells);
            return;
        }
        label.extend([piece(ink::PLAIN, "  "), requirement]);
        if page.width() >= COLUMNS {
            page.row(2, 2, vec![(SEVERITY, severity), (self.rule, rule), (0, label)]);
            page.flow(2 + SEVERITY + 2, message);
        } else {
            let space = || vec![piece(ink::PLAIN, "  ")];
            page.flow(2, [severity, space(), rule, space(), label].concat());
            page.flow(4, message);
        }
    }
}
