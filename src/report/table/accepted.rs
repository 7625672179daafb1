//! What somebody has accepted: waived findings, who waived them, until when and why; and waivers, answers and declarations that meet nothing.

use super::details::Details;
use super::findings::{Lines, select, tally};
use super::ink;
use super::page::{Page, piece};
use crate::report::remarks;
use crate::report::view::{Counts, Finding, View};

/// Both sections, where there is something to say.
pub(super) fn write(page: &mut Page, view: &View, verbose: bool) {
    let listed = select(view, Finding::is_waived);
    if !listed.is_empty() {
        let counts = Counts::new(listed.iter().map(|finding| finding.verdict));
        page.heading(piece(ink::STRONG, "Waived"), tally(&counts));
        let lines = Lines::new(page, view, &listed);
        let mut details = Details::new(view);
        for finding in listed {
            lines.write(page, finding);
            if let Some(waiver) = &finding.waiver {
                page.flow(6, vec![piece(ink::GOOD, remarks::waiver(waiver))]);
            }
            if verbose {
                details.write(page, finding);
            }
        }
    }
    if !view.unused.is_empty() {
        page.heading(
            piece(ink::STRONG, "Waivers, answers and declarations that meet nothing"),
            vec![piece(ink::FAINT, view.unused.len().to_string())],
        );
        for unused in &view.unused {
            page.flow(2, vec![piece(ink::PLAIN, unused)]);
        }
    }
}
