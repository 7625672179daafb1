//! The end: the numbers that rules used, counts that add up, and the decision.

use anstyle::Style;

use super::findings::tally;
use super::ink;
use super::page::{Page, Piece, piece};
use crate::report::view::{BySeverity, Limit, Severity, Verdict, View};

/// Columns for what the numbers count.
const LABEL: usize = 14;

/// Limits, counts, decision.
pub fn write(page: &mut Page, view: &View) {
    let summary = &view.summary;
    page.heading(piece(ink::STRONG, "Summary"), Vec::new());
    limits(page, &view.run.limits);
    row(page, ink::PLAIN, &format!("{} verdicts", summary.verdicts.total()), tally(&summary.verdicts));
    for (verdict, counts) in [(Verdict::Fail, &summary.fails), (Verdict::Unknown, &summary.unknowns)] {
        let count = summary.verdicts.get(verdict);
        if count > 0 {
            row(page, ink::verdict(verdict), &format!("{count} {verdict}"), severities(counts));
        }
    }
    let ink = match summary.exit_code {
        0 => ink::GOOD,
        3 => ink::UNREAD,
        _ => ink::BAD,
    };
    row(page, ink, &format!("exit {}", summary.exit_code), vec![piece(ink, &summary.decision)]);
}

fn row(page: &mut Page, style: Style, label: &str, text: Vec<Piece>) {
    page.row(2, 1, vec![(LABEL, vec![piece(style, label)]), (0, text)]);
}

fn limits(page: &mut Page, limits: &[Limit]) {
    let (declared, defaults): (Vec<&Limit>, Vec<&Limit>) = limits.iter().partition(|limit| limit.citation.is_some());
    let mut label = "limits";
    for (source, limits) in [("", declared), ("tool default, none declared: ", defaults)] {
        let words = |limit: &Limit| {
            let citation = limit.citation.as_deref().map(|citation| format!(" ({citation})")).unwrap_or_default();
            format!("{} {} days{citation}", limit.name, limit.days)
        };
        if !limits.is_empty() {
            let text = format!("{source}{}", limits.into_iter().map(words).collect::<Vec<_>>().join(", "));
            row(page, ink::FAINT, std::mem::replace(&mut label, " "), vec![piece(ink::FAINT, text)]);
        }
    }
}

fn severities(counts: &BySeverity) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for severity in Severity::ALL.into_iter().filter(|severity| counts.get(*severity) > 0) {
        if !pieces.is_empty() {
            pieces.push(piece(ink::FAINT, " · "));
        }
        pieces.push(piece(ink::severity(severity), format!("{} {severity}", counts.get(severity))));
    }
    pieces
}
