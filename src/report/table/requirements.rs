//! The roll-up: each requirement under the words that an assessor might write beside it.

use std::collections::BTreeMap;

use super::family::order;
use super::ink;
use super::page::{Page, Piece, piece};
use crate::report::escape::{columns, escape};
use crate::report::view::{Counts, Hint, Requirement, STANDARD, Verdict, View};

/// The current standard; the others in one line each, or whole where everything is wanted.
pub(super) fn write(page: &mut Page, view: &View, verbose: bool) {
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
    page.heading(piece(ink::STRONG, format!("{name}: hints for the assessor")), legend());
    let widest = requirements.iter().map(|requirement| columns(&escape(&requirement.id))).max().unwrap_or(0).min(10);
    let signs_width = requirements.iter().map(|requirement| signs(&requirement.counts).1).max().unwrap_or(0).min(20);
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
            let id = vec![piece(ink::STRONG, &requirement.id)];
            page.row(4, 2, vec![(widest, id), (signs_width, signs(&requirement.counts).0), (0, vec![piece(ink::PLAIN, &requirement.title)])]);
            if verbose {
                let rules = format!("tested by {}", requirement.rules.join(", "));
                let manual = requirement.manual.iter().map(|manual| format!("stays manual: {manual}"));
                for line in std::iter::once(rules).filter(|_| !requirement.rules.is_empty()).chain(manual) {
                    page.flow(4 + widest + 2 + signs_width + 2, vec![piece(ink::FAINT, line)]);
                }
            }
        }
    }
}

/// "✗2 ?1": the verdicts that there are, and the columns they take.
fn signs(counts: &Counts) -> (Vec<Piece>, usize) {
    let there = Verdict::ALL.into_iter().filter(|verdict| counts.get(*verdict) > 0);
    let words: Vec<_> = there.map(|verdict| (verdict, format!("{}{} ", ink::sign(verdict), counts.get(verdict)))).collect();
    let width = words.iter().map(|(_, word)| columns(word)).sum::<usize>().saturating_sub(1);
    (words.into_iter().map(|(verdict, word)| piece(ink::verdict(verdict), word)).collect(), width)
}

fn legend() -> Vec<Piece> {
    let word = |verdict: Verdict| if verdict == Verdict::NotApplicable { "n/a" } else { verdict.name() };
    let entry =
        |(index, verdict)| piece(ink::verdict(verdict), format!("{}{} {}", if index == 0 { "" } else { " " }, ink::sign(verdict), word(verdict)));
    Verdict::ALL.into_iter().enumerate().map(entry).collect()
}
