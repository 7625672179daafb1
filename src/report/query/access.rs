//! Who can do what to which resource → words for people, JSON for programs.

use std::collections::BTreeMap;

use iam_eval::document::Effect;
use iam_eval::{Answer, Citation, Condition, Decision, Layer, OpenStatement, Principal, needs_no_permission};
use serde::Serialize;

use crate::evidence::{Index, Missing};
use crate::report::json;
use crate::report::table::ink;
use crate::report::table::page::{Page, Piece, piece};
use crate::report::unseen::unseen;
use crate::report::view::Unseen;

/// A question and its answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Access {
    /// Version of this shape.
    schema: &'static str,
    /// The question.
    action: String,
    /// The resource or the pattern.
    resource: String,
    /// The types of resources of which any is meant, where `*` was asked about and the action is on some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    any_of: Vec<String>,
    /// The VPC endpoint that the request goes through.
    #[serde(skip_serializing_if = "Option::is_none")]
    through: Option<String>,
    /// What was said of the request, or follows from the endpoint.
    context: BTreeMap<String, Vec<String>>,
    /// Whether everyone who can was asked for.
    who_can: bool,
    /// The answers: one, or one for everyone who is not denied for certain.
    answers: Vec<AnswerView>,
    /// What was not seen and might let in others.
    others: Vec<Unseen>,
}

/// The answer for one principal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct AnswerView {
    principal: String,
    /// The resource that the answer is about, where any of several was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<String>,
    answer: Answer,
    /// An access may be less than the answer says, because the policies in `unread` were not read.
    upper_bound: bool,
    statements: Vec<StatementView>,
    conditional: Vec<StatementView>,
    lacking: Vec<Layer>,
    unread: Vec<Layer>,
    unseen: Vec<Unseen>,
    /// The action needs no permission of it.
    #[serde(skip)]
    free: bool,
}

/// A statement, by where it stands; `conditions` must hold for it to apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct StatementView {
    layer: Layer,
    policy: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<String>,
    statement: String,
    effect: Effect,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<Condition>,
}

/// What was asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// `service:Action`.
    pub action: String,
    /// The resource or the pattern.
    pub resource: String,
    /// The types of resources of which any is meant by `*`.
    pub any_of: Vec<String>,
    /// The VPC endpoint that the request goes through.
    pub through: Option<String>,
    /// What was said of the request, or follows from the endpoint.
    pub context: BTreeMap<String, Vec<String>>,
    /// Whether everyone who can was asked for.
    pub who_can: bool,
}

/// One principal and what AWS would say to it.
#[derive(Debug, Clone)]
pub struct Answered {
    /// Who.
    pub principal: Principal,
    /// What AWS would say.
    pub decision: Decision<Missing>,
    /// The resource that it is about, where any of several was asked about.
    pub on: Option<String>,
}

impl Access {
    /// From decisions; `missing` is what might let in others.
    pub fn new(index: &Index<'_>, question: Question, decisions: &[Answered], missing: &[Missing]) -> Self {
        let Question { action, resource, any_of, through, context, who_can } = question;
        let answers = decisions.iter().map(|answered| AnswerView::new(index, &action, answered)).collect();
        Self { schema: "pci-audit/query-access/1", action, resource, any_of, through, context, who_can, answers, others: unseen(index, missing) }
    }

    /// Whether something that decides was not read.
    pub fn is_incomplete(&self) -> bool {
        !self.others.is_empty() || self.answers.iter().any(|answer| answer.answer == Answer::Unknown)
    }

    /// As JSON.
    pub fn json(&self) -> String {
        json::text(self, 3)
    }

    /// In words.
    pub fn words(&self, width: usize, color: bool) -> String {
        let mut page = Page::new(width, color);
        let asked = if self.who_can { "Who can" } else { "Access:" };
        page.flow(0, vec![piece(ink::STRONG, format!("{asked} {} on {}", self.action, self.resource))]);
        if !self.any_of.is_empty() {
            page.flow(
                2,
                vec![piece(ink::FAINT, format!("* stands for any resource of the account that the action is on: {}", self.any_of.join(", ")))],
            );
        }
        if let Some(through) = &self.through {
            page.flow(2, vec![piece(ink::FAINT, format!("through {through}"))]);
        }
        for (key, values) in &self.context {
            let words = if values.is_empty() { format!("{key} is absent") } else { format!("{key} = {}", values.join(", ")) };
            page.flow(2, vec![piece(ink::FAINT, format!("with {words}"))]);
        }
        for answer in &self.answers {
            page.blank();
            answer.write(&mut page, &self.action);
        }
        if self.who_can {
            page.blank();
            if self.answers.is_empty() {
                page.flow(0, vec![piece(ink::PLAIN, "Nobody that was seen.")]);
            }
            for unseen in &self.others {
                page.flow(0, vec![piece(ink::UNREAD, "not read: "), piece(ink::PLAIN, format!("{}; others may have access", words_of(unseen)))]);
            }
        }
        let unread: Vec<Layer> = self.answers.iter().flat_map(|answer| answer.unread.iter().copied()).collect();
        let bound = [(Layer::ServiceControl, "service control policies"), (Layer::ResourceControl, "resource control policies")];
        let bound: Vec<&str> = bound.into_iter().filter(|(layer, _)| unread.contains(layer)).map(|(_, words)| words).collect();
        if !bound.is_empty() && self.answers.iter().any(|answer| !answer.answer.is_denied()) {
            page.blank();
            page.flow(0, vec![piece(ink::FAINT, format!("Upper bound: {} were not read; they may deny more.", bound.join(" and ")))]);
        }
        page.finish()
    }
}

impl AnswerView {
    fn new(index: &Index<'_>, action: &str, answered: &Answered) -> Self {
        let decision = &answered.decision;
        Self {
            principal: answered.principal.arn.to_string(),
            on: answered.on.clone(),
            answer: decision.answer,
            upper_bound: decision.is_upper_bound(),
            statements: decision.statements.iter().map(|cited| StatementView::new(cited, &[])).collect(),
            conditional: decision.conditions.iter().map(|OpenStatement { cited, conditions }| StatementView::new(cited, conditions)).collect(),
            lacking: decision.lacking.clone(),
            unread: decision.unread.clone(),
            unseen: unseen(index, &decision.missing),
            free: needs_no_permission(&action.to_ascii_lowercase(), &answered.principal),
        }
    }

    fn write(&self, page: &mut Page, action: &str) {
        let (style, sign) = match self.answer {
            Answer::Allowed => (ink::STRONG, "allowed"),
            Answer::Conditional => (ink::ASK, "conditional"),
            Answer::Unknown => (ink::UNREAD, "unknown"),
            Answer::ImplicitlyDenied if !self.statements.is_empty() => (ink::FAINT, "denied (what allows some of it is denied by another statement)"),
            Answer::ImplicitlyDenied => (ink::FAINT, "denied (nothing allows it)"),
            Answer::ExplicitlyDenied => (ink::FAINT, "denied (by a statement)"),
        };
        page.flow(0, vec![piece(style, sign), piece(ink::PLAIN, format!("  {}", self.principal))]);
        if let Some(on) = &self.on {
            line(page, "on", on.clone());
        }
        for statement in &self.statements {
            let verb = if statement.effect == Effect::Allow { "allowed by" } else { "denied by" };
            line(page, verb, statement.words());
        }
        for statement in &self.conditional {
            let verb = if statement.effect == Effect::Allow { "allowed if" } else { "denied if" };
            let conditions: Vec<String> = statement.conditions.iter().map(Condition::to_string).collect();
            line(page, verb, format!("{} ({})", conditions.join(" and "), statement.words()));
        }
        if !self.lacking.is_empty() {
            let layers: Vec<&str> = self.lacking.iter().map(|layer| layer.words()).collect();
            line(page, "no Allow in", layers.join(", "));
        }
        if self.answer == Answer::Allowed && self.statements.is_empty() {
            let words =
                if self.free { format!("nothing: {action} needs no permission") } else { "being the root user, whom nothing denies it".to_owned() };
            line(page, "allowed by", words);
        }
        for unseen in &self.unseen {
            line(page, "not read", words_of(unseen));
        }
    }
}

impl StatementView {
    fn new(cited: &Citation, conditions: &[Condition]) -> Self {
        let place = &cited.place;
        Self {
            layer: cited.layer,
            policy: place.policy.to_string(),
            arn: place.arn.as_ref().map(ToString::to_string),
            statement: place.statement.clone(),
            effect: place.effect,
            conditions: conditions.iter().map(Condition::shown).collect(),
        }
    }

    fn words(&self) -> String {
        let policy = self.arn.as_ref().unwrap_or(&self.policy);
        // "bucket policy" needs no layer before it.
        let layer =
            if matches!(self.layer, Layer::Resource | Layer::Grant | Layer::Aws) { String::new() } else { format!("{} ", self.layer.words()) };
        format!("{layer}{policy}, {}", self.statement)
    }
}

fn line(page: &mut Page, verb: &str, words: String) {
    let cells: Vec<(usize, Vec<Piece>)> = vec![(11, vec![piece(ink::FAINT, verb)]), (usize::MAX, vec![piece(ink::PLAIN, words)])];
    page.row(2, 1, cells);
}

fn words_of(unseen: &Unseen) -> String {
    match (&unseen.call, &unseen.code) {
        (Some(call), Some(code)) => format!("{} ({call}: {code})", unseen.what),
        _ => unseen.what.clone(),
    }
}
