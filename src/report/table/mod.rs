//! The terminal report: what an assessor or an engineer wants to see first, on one screen, and nothing hidden.
//!
//! From top to bottom: who, where and when, and aloud what could not be read; what fails or is unknown, by requirement family; advice; what is waived; what is gone since the baseline; questions for people; what is connected to the data and who can read it;
//! the roll-up by requirement; the numbers that rules used; and last, where the eye rests when the run ends, counts that add up and the decision. Text is wrapped, never cut.

mod accepted;
mod access;
mod connected;
mod details;
mod family;
mod findings;
mod gone;
mod header;
pub(super) mod ink;
pub(super) mod page;
mod passes;
mod questions;
mod requirements;
mod subject;
mod summary;

#[cfg(test)]
mod tests;

use super::view::View;
use page::Page;

/// How the table is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableStyle {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to colour.
    pub color: bool,
    /// Whether to add evidence, remediation, rationale, passes, and every standard.
    pub verbose: bool,
}

/// The report.
pub(super) fn text(view: &View, style: &TableStyle) -> String {
    let mut page = Page::new(style.width, style.color);
    header::write(&mut page, view, style.verbose);
    header::write_gaps(&mut page, view, style.verbose);
    findings::write(&mut page, view, style.verbose);
    findings::write_advice(&mut page, view, style.verbose);
    accepted::write(&mut page, view, style.verbose);
    gone::write(&mut page, view);
    questions::write(&mut page, view, style.verbose);
    if style.verbose {
        passes::write(&mut page, view);
    }
    connected::write(&mut page, view, style.verbose);
    access::write(&mut page, view, style.verbose);
    requirements::write(&mut page, view, style.verbose);
    summary::write(&mut page, view);
    page.finish()
}
