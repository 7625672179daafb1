//! What only a person can answer: each question once, with the resources it is about.

use std::cmp::Reverse;

use super::details::Details;
use super::family::{Family, filed_under};
use super::ink;
use super::page::{Page, piece};
use super::subject::{self, Subjects};
use crate::report::remarks;
use crate::report::view::{Finding, Verdict, View};

/// The questions, by requirement family and rule: those that are open, then those that somebody has answered.
pub(super) fn write(page: &mut Page, view: &View, verbose: bool) {
    section(page, view, "Questions for people", |finding| !finding.is_answered(), verbose);
    section(page, view, "Answered questions", Finding::is_answered, verbose);
}

fn section(page: &mut Page, view: &View, title: &str, wanted: impl Fn(&Finding) -> bool, verbose: bool) {
    let mut listed: Vec<&Finding> = view.findings.iter().filter(|finding| finding.verdict == Verdict::Manual && wanted(finding)).collect();
    if listed.is_empty() {
        return;
    }
    listed.sort_by_cached_key(|finding| {
        let about = (subject::name(finding).to_owned(), finding.resource.region.clone(), finding.key.clone());
        (Family::new(finding), Reverse(finding.severity), finding.rule.clone(), remarks::question(finding), about)
    });
    page.heading(piece(ink::STRONG, title), vec![piece(ink::ASK, format!("{} manual", listed.len()))]);
    let subjects = Subjects::new(view);
    let mut details = Details::new(view);
    for rule in listed.chunk_by(|a, b| a.rule == b.rule) {
        let first = rule[0];
        let requirement = filed_under(first).map(|id| format!("{id} ")).unwrap_or_default();
        page.blank();
        page.flow(2, vec![piece(ink::FAINT, requirement), piece(ink::STRONG, &first.title), piece(ink::FAINT, format!("  {}", first.rule))]);
        for question in rule.chunk_by(|a, b| remarks::question(a) == remarks::question(b)) {
            let several = question.len() > 1;
            let asked = if several { remarks::question(question[0]) } else { question[0].ask.clone() };
            for line in asked.as_deref().unwrap_or("No question is worded: see the message of each.").lines() {
                page.flow(4, vec![piece(ink::ASK, line)]);
            }
            if verbose {
                for finding in question {
                    let mut about = subjects.label(finding);
                    about.push(piece(ink::PLAIN, format!(": {}", subject::message(finding))));
                    page.flow(4, about);
                    details.write(page, finding);
                }
            } else {
                page.flow(4, subjects.list(question));
            }
            for finding in question {
                if let Some(answer) = &finding.attested {
                    let style = if answer.holds && !answer.expired { ink::GOOD } else { ink::BAD };
                    page.flow(6, [subjects.label(finding), vec![piece(style, format!(" {}", remarks::answer(answer)))]].concat());
                }
            }
        }
    }
}
