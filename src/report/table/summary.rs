//! The end: the numbers that rules used, counts that add up, and the decision.

use std::collections::BTreeMap;

use anstyle::Style;

use super::findings::tally;
use super::ink;
use super::page::{Page, Piece, piece};
use crate::report::view::{BySeverity, Fate, Limit, Severity, Standing, Verdict, View};

/// Columns for what the numbers count.
const LABEL: usize = 14;

/// Limits, counts, decision.
pub(super) fn write(page: &mut Page, view: &View) {
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
    let waived = view.findings.iter().filter(|finding| finding.is_waived()).count();
    let answered = view.findings.iter().filter(|finding| finding.is_answered()).count();
    for (count, what) in [(waived, "waived"), (answered, "answered")] {
        if count > 0 {
            row(page, ink::FAINT, &format!("{count} {what}"), vec![piece(ink::FAINT, "among these")]);
        }
    }
    standings(page, view);
    for note in &summary.notes {
        row(page, ink::UNREAD, "note", vec![piece(ink::PLAIN, note)]);
    }
    let ink = match summary.exit_code {
        0 if summary.open_known.total() > 0 => ink::UNREAD,
        0 => ink::GOOD,
        3 => ink::UNREAD,
        _ => ink::BAD,
    };
    row(page, ink, &format!("exit {}", summary.exit_code), vec![piece(ink, &summary.decision)]);
}

/// How today's fails and unknowns stand to the baseline, where there is one.
fn standings(page: &mut Page, view: &View) {
    let open = view.findings.iter().filter(|finding| matches!(finding.verdict, Verdict::Fail | Verdict::Unknown));
    let mut counts: BTreeMap<Standing, usize> = BTreeMap::new();
    for standing in open.filter_map(|finding| finding.standing) {
        *counts.entry(standing).or_default() += 1;
    }
    let resolved = view.gone.iter().filter(|gone| gone.fate == Fate::Resolved).count();
    let mut words: Vec<String> = counts.into_iter().map(|(standing, count)| format!("{count} {}", standing.name().replace('-', " "))).collect();
    if resolved > 0 {
        words.push(format!("{resolved} resolved"));
    }
    if !words.is_empty() {
        row(page, ink::PLAIN, "baseline", vec![piece(ink::PLAIN, words.join(" · "))]);
    }
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
