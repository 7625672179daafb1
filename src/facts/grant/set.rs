//! Policy documents → claims: statements whose patterns and conditions are read once, and that remember where they stand.
//!
//! Source: IAM User Guide, "IAM JSON policy elements reference". `NotAction` and `NotResource` are everything but what they list.

use super::condition::{Clause, clauses};
use super::matching::{Pattern, Reading};
use crate::finding::FieldRef;
use crate::model::policy::{Document, Effect, Principals, Statement};

/// What a statement is about: listed, or all the rest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Set {
    /// These.
    Of(Vec<Pattern>),
    /// Everything but these.
    AllBut(Vec<Pattern>),
}

impl Set {
    /// From the two halves of a statement's element.
    pub fn new(plain: Option<&Vec<String>>, negated: Option<&Vec<String>>, read: fn(&str) -> Pattern) -> Self {
        match (plain, negated) {
            (Some(items), _) => Self::Of(items.iter().map(|item| read(item)).collect()),
            (None, Some(items)) => Self::AllBut(items.iter().map(|item| read(item)).collect()),
            // A trust policy names no resource: it is about its role.
            (None, None) => Self::AllBut(Vec::new()),
        }
    }

    /// Whether one text is among them (an action in lower case).
    pub fn holds(&self, text: &str) -> bool {
        match self {
            Self::Of(patterns) => patterns.iter().any(|pattern| pattern.matches(text)),
            Self::AllBut(patterns) => !patterns.iter().any(|pattern| pattern.matches(text)),
        }
    }

    /// As a grant: reaches all of `wanted` (of which an exception may take a part, but not the whole).
    pub fn grants(&self, wanted: &Pattern) -> bool {
        match self {
            Self::Of(patterns) => patterns.iter().any(|pattern| pattern.covers(wanted, Reading::Most)),
            Self::AllBut(patterns) => !patterns.iter().any(|pattern| pattern.covers(wanted, Reading::Least)),
        }
    }

    /// As a ban: reaches all of `wanted` for certain.
    pub fn bans(&self, wanted: &Pattern) -> bool {
        match self {
            Self::Of(patterns) => patterns.iter().any(|pattern| pattern.covers(wanted, Reading::Least)),
            Self::AllBut(patterns) => !patterns.iter().any(|pattern| pattern.overlaps(wanted)),
        }
    }

    /// The element that grants `wanted`, as the policy writes it.
    pub fn words(&self, wanted: &Pattern) -> Option<String> {
        match self {
            Self::Of(patterns) => patterns.iter().find(|pattern| pattern.covers(wanted, Reading::Most)).map(|pattern| pattern.text().to_owned()),
            Self::AllBut(_) => self.grants(wanted).then(|| self.in_words()),
        }
    }

    /// All of it in words.
    pub fn in_words(&self) -> String {
        let (head, patterns) = match self {
            Self::Of(patterns) => ("", patterns),
            Self::AllBut(patterns) if patterns.is_empty() => return "*".to_owned(),
            Self::AllBut(patterns) => ("everything but ", patterns),
        };
        // Enough to recognise the statement by; AWS's own lists run to hundreds.
        let items: Vec<&str> = patterns.iter().take(5).map(Pattern::text).collect();
        let rest = patterns.len().saturating_sub(items.len());
        let more = if rest == 0 { String::new() } else { format!(" and {rest} more") };
        format!("{head}{}{more}", items.join(", "))
    }
}

/// One statement, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Grants or forbids.
    pub effect: Effect,
    /// Its actions.
    pub actions: Set,
    /// Its resources.
    pub resources: Set,
    /// Whom it is about; `None` in an identity's policy.
    pub principal: Option<Principals>,
    /// Whom it is not about.
    pub not_principal: Option<Principals>,
    /// Its conditions, all of which must hold.
    pub clauses: Vec<Clause>,
    /// Which statement, in words.
    pub at: String,
    /// Which policy, in words.
    pub policy: String,
    /// The field that it was read from.
    pub from: Option<FieldRef>,
}

impl Claim {
    /// Reads a document.
    pub fn of(document: &Document, policy: &str, from: Option<&FieldRef>) -> Vec<Self> {
        document.statement.iter().enumerate().map(|(position, statement)| Self::read(statement, position, policy, from)).collect()
    }

    fn read(statement: &Statement, position: usize, policy: &str, from: Option<&FieldRef>) -> Self {
        let number = position.saturating_add(1);
        Self {
            effect: statement.effect,
            actions: Set::new(statement.action.as_ref(), statement.not_action.as_ref(), Pattern::action),
            resources: Set::new(statement.resource.as_ref(), statement.not_resource.as_ref(), Pattern::resource),
            principal: statement.principal.clone(),
            not_principal: statement.not_principal.clone(),
            clauses: clauses(statement),
            at: match statement.sid.as_deref().filter(|sid| !sid.is_empty()) {
                Some(sid) => format!("statement {sid}"),
                None => format!("statement {number}"),
            },
            policy: policy.to_owned(),
            from: from.cloned(),
        }
    }

    /// Whether it allows.
    pub fn allows(&self) -> bool {
        self.effect == Effect::Allow
    }

    /// Whether a condition makes it smaller than it reads.
    pub fn is_narrowed(&self) -> bool {
        self.clauses.iter().any(Clause::narrows)
    }

    /// Whether a condition limits it to some resources.
    pub fn limits_resources(&self) -> bool {
        self.clauses.iter().any(Clause::limits_resources)
    }
}
