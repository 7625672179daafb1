//! What failed in the baseline and does not now: resolved, out of sight, or out of scope.

use anstyle::Style;

use super::ink;
use super::page::{Page, piece};
use crate::report::remarks;
use crate::report::view::{Fate, Gone, View};

/// A section for each fate: what nobody can see any more is not resolved.
pub(super) fn write(page: &mut Page, view: &View) {
    section(page, view, Fate::EvidenceLost, "Evidence lost since the baseline", ink::UNREAD);
    section(page, view, Fate::Resolved, "Resolved since the baseline", ink::GOOD);
    section(page, view, Fate::OutOfScope, "Out of scope since the baseline", ink::FAINT);
}

fn section(page: &mut Page, view: &View, fate: Fate, title: &str, style: Style) {
    let listed: Vec<&Gone> = view.gone.iter().filter(|gone| gone.fate == fate).collect();
    if listed.is_empty() {
        return;
    }
    page.heading(piece(ink::STRONG, title), vec![piece(style, listed.len().to_string())]);
    if fate != Fate::Resolved {
        page.flow(2, vec![piece(ink::FAINT, remarks::fate(fate))]);
    }
    for gone in listed {
        let place = if gone.region == "global" { String::new() } else { format!(" {}", gone.region) };
        let about = vec![piece(ink::PLAIN, &gone.rule), piece(ink::PLAIN, "  "), piece(ink::STRONG, &gone.resource), piece(ink::FAINT, place)];
        page.row(2, 2, vec![(10, vec![piece(style, gone.severity.name())]), (0, about)]);
    }
}
