//! What passes, and what the rules are not about: by rule, resources listed. The population that was tested.

use super::ink;
use super::page::{Page, piece};
use super::subject::{self, Subjects};
use crate::report::view::{Finding, Verdict, View};

/// Passes, then what is not applicable.
pub(super) fn write(page: &mut Page, view: &View) {
    let subjects = Subjects::new(view);
    for (verdict, title) in [(Verdict::Pass, "Passes"), (Verdict::NotApplicable, "Not applicable")] {
        let mut listed: Vec<&Finding> = view.findings.iter().filter(|finding| finding.verdict == verdict).collect();
        if listed.is_empty() {
            continue;
        }
        listed.sort_by_key(|finding| (&finding.rule, subject::name(finding), &finding.resource.region, &finding.key));
        page.heading(piece(ink::STRONG, title), vec![piece(ink::verdict(verdict), listed.len().to_string())]);
        for rule in listed.chunk_by(|a, b| a.rule == b.rule) {
            let first = rule[0];
            let sign = piece(ink::verdict(verdict), ink::sign(verdict));
            page.row(2, 1, vec![(1, vec![sign]), (0, vec![piece(ink::PLAIN, &first.title), piece(ink::FAINT, format!("  {}", first.rule))])]);
            page.flow(4, subjects.list(rule));
            if let Some(open) = first.does_not_prove.as_deref().filter(|_| verdict == Verdict::Pass) {
                page.flow(4, vec![piece(ink::FAINT, format!("does not prove {open}"))]);
            }
        }
    }
}
