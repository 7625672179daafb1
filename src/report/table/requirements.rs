//! The roll-up: each requirement under the words that an assessor might write beside it.

use std::collections::BTreeMap;

use super::family::order;
use super::findings::tally;
use super::ink;
use super::page::{Page, piece};
use crate::report::escape::{columns, escape};
use crate::report::view::{Counts, Hint, Requirement, STANDARD, View};

/// The current standard; the others in one line each, or whole where everything is wanted.
pub fn write(page: &mut Page, view: &View, verbose: bool) {
    let mut standards: BTreeMap<&str, Vec<&Requirement>> = BTreeMap::new();
    for requirement in &view.requirements {
        standards.entry(&requirement.standard).or_default().push(requirement);
    }
    if let Some(current) = standards.remove(STANDARD) {
        standard(page, STANDARD, &current, verbose);
    }
    for (name, requirements) in standards {
        if verbose {
            standard(page, name, &requirements, verbose);
        } else {
            let bad = requirements.iter().filter(|requirement| requirement.hint == Hint::NotInPlace).count();
            let text = format!("{name}: {} requirements, {bad} of them not in place (--verbose lists them)", requirements.len());
            page.flow(2, vec![piece(ink::FAINT, text)]);
        }
    }
}

fn standard(page: &mut Page, name: &str, requirements: &[&Requirement], verbose: bool) {
    let sum = piece(ink::FAINT, format!("{} requirements; hints, the assessor decides", requirements.len()));
    page.heading(piece(ink::STRONG, name), vec![sum]);
    let widest = requirements.iter().map(|requirement| columns(&escape(&requirement.id))).max().unwrap_or(0).min(10);
    for hint in Hint::ALL {
        let mut group: Vec<&Requirement> = requirements.iter().copied().filter(|requirement| requirement.hint == hint).collect();
        if group.is_empty() {
            continue;
        }
        group.sort_by_key(|requirement| order(&requirement.id));
        page.flow(2, vec![piece(ink::hint(hint), hint.words()), piece(ink::FAINT, format!("  {}", group.len()))]);
        if hint == Hint::NoSuchResource && !verbose {
            let ids: Vec<&str> = group.iter().map(|requirement| requirement.id.as_str()).collect();
            page.flow(4, vec![piece(ink::PLAIN, ids.join(", "))]);
            continue;
        }
        for requirement in group {
            let mut text = vec![piece(ink::PLAIN, &requirement.title)];
            if requirement.counts != Counts::default() {
                text.push(piece(ink::FAINT, "  "));
                text.extend(tally(&requirement.counts));
            }
            page.row(4, 2, vec![(widest, vec![piece(ink::STRONG, &requirement.id)]), (0, text)]);
            if verbose {
                let rules = format!("tested by {}", requirement.rules.join(", "));
                let manual = requirement.manual.iter().map(|manual| format!("stays manual: {manual}"));
                for line in std::iter::once(rules).filter(|_| !requirement.rules.is_empty()).chain(manual) {
                    page.flow(4 + widest + 2, vec![piece(ink::FAINT, line)]);
                }
            }
        }
    }
}
