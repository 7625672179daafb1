//! The `Resource` and `NotResource` elements of a statement.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Resource" and "NotResource".

use super::element::in_words;
use super::open_condition::Condition;
use super::policy_variable::{Resolved, Template, pattern};
use super::request::Request;
use super::ternary::Ternary;
use super::{Pattern, Reading};
use crate::document::Statement;

/// The resources of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Resources {
    negated: bool,
    items: Vec<Item>,
}

/// One resource of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Item {
    /// The same for every request.
    Fixed(Pattern),
    /// With variables, and the pattern in which they may be anything.
    Template(Template, Pattern),
}

impl Resources {
    /// Reads the elements of a statement; `variables`: whether `${…}` is one.
    pub(super) fn read(statement: &Statement, variables: bool) -> Self {
        let item = |text: &String| match Template::read(text).filter(|_| variables) {
            Some(template) => Item::Template(template, Pattern::resource(text).completed()),
            None => Item::Fixed(Pattern::wildcards(text).completed()),
        };
        match (&statement.resource, &statement.not_resource) {
            (Some(items), _) => Self { negated: false, items: items.iter().map(item).collect() },
            (None, Some(items)) => Self { negated: true, items: items.iter().map(item).collect() },
            // A trust policy names no resource: it is about its role.
            (None, None) => Self { negated: true, items: Vec::new() },
        }
    }

    /// Whether they hang on who asks.
    pub fn has_variables(&self) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Template(..)))
    }

    /// Whether a variable of theirs stands for one of the keys (in lower case) that begin like this.
    pub(super) fn ask_for(&self, keys: &str) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Template(template, _) if template.asks_for(keys)))
    }

    /// Its patterns, in which a variable may be anything.
    pub fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.items.iter().map(|item| match item {
            Item::Fixed(pattern) | Item::Template(_, pattern) => pattern,
        })
    }

    /// Whether, for some caller, it reaches all that a pattern reaches; an exception may take a part of it, but not the whole.
    pub fn grants(&self, wanted: &Pattern) -> bool {
        if self.negated {
            !self.patterns().any(|pattern| pattern.covers(wanted, Reading::Least))
        } else {
            self.patterns().any(|pattern| pattern.covers(wanted, Reading::Most))
        }
    }

    /// The element that so grants it, as the policy writes it.
    pub fn naming(&self, wanted: &Pattern) -> Option<String> {
        if self.negated {
            return self.grants(wanted).then(|| self.in_words());
        }
        self.patterns().find(|pattern| pattern.covers(wanted, Reading::Most)).map(|pattern| pattern.text().to_owned())
    }

    /// All of it in words.
    pub fn in_words(&self) -> String {
        in_words(self.negated, self.patterns())
    }

    /// Whether it is all but its patterns.
    pub const fn is_negated(&self) -> bool {
        self.negated
    }

    /// The literal beginnings of what it may reach, each once.
    pub fn prefixes(&self) -> Vec<String> {
        if self.negated {
            return vec![String::new()];
        }
        let texts = self.items.iter().map(|item| match item {
            Item::Fixed(pattern) | Item::Template(_, pattern) => pattern.prefix(),
        });
        let mut prefixes: Vec<String> = texts.collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        prefixes
    }

    /// Whether they may be about what is asked, whoever asks.
    pub(super) fn may_reach(&self, request: &Request) -> bool {
        // An exception with a variable may be any text, or none: it takes nothing away for certain.
        let excluded = |item: &Item| matches!(item, Item::Fixed(pattern) if covers(pattern, request) == Ternary::Yes);
        let included = |item: &Item| match item {
            Item::Fixed(pattern) | Item::Template(_, pattern) => covers(pattern, request) != Ternary::No,
        };
        if self.negated { !self.items.iter().any(excluded) } else { self.items.iter().any(included) }
    }

    /// Whether they are about what is asked.
    pub(super) fn reach(&self, request: &Request) -> Ternary {
        let mut empty = false;
        let each: Vec<Ternary> = self
            .items
            .iter()
            .map(|item| match item {
                Item::Fixed(pattern) => covers(pattern, request),
                Item::Template(template, loose) => match template.resolve(request) {
                    Resolved::Pieces(pieces) => covers(&pattern(template.text(), &pieces).completed(), request),
                    Resolved::Unknown => {
                        // It may have none.
                        empty = true;
                        Ternary::all([covers(loose, request), Ternary::Maybe])
                    }
                    Resolved::Empty => {
                        empty = true;
                        Ternary::No
                    }
                },
            })
            .collect();
        let found = Ternary::any(each);
        match (self.negated, empty) {
            (false, _) => found,
            (true, false) => found.negate(),
            // A variable without a value: the statement may be void, or nothing is excepted by it.
            (true, true) => Ternary::all([found.negate(), Ternary::Maybe]),
        }
    }

    /// Whether it reaches all that others reach of what is asked for.
    pub fn takes_away(&self, others: &Self, asked: &Pattern) -> bool {
        !others.negated && others.patterns().filter(|pattern| pattern.overlaps(asked)).all(|pattern| self.reaches_all_of(pattern))
    }

    fn reaches_all_of(&self, wanted: &Pattern) -> bool {
        if !self.negated {
            return self.patterns().any(|pattern| pattern.covers(wanted, Reading::Least));
        }
        self.items.iter().all(|item| matches!(item, Item::Fixed(pattern) if !pattern.overlaps(wanted)))
    }

    /// That the asked resource is one of them.
    pub(super) fn words(&self) -> Condition {
        let texts = self.items.iter().map(|item| match item {
            Item::Fixed(pattern) | Item::Template(_, pattern) => pattern.text().to_owned(),
        });
        Condition::Resource { patterns: texts.collect(), within: !self.negated }
    }
}

/// Whether a pattern reaches the asked resource, or all or some of those that are asked for.
fn covers(pattern: &Pattern, request: &Request) -> Ternary {
    match &request.resource.any {
        None => Ternary::from(pattern.matches(&request.resource.text)),
        Some(asked) if pattern.covers(asked, Reading::Most) => Ternary::Yes,
        Some(asked) => {
            if pattern.overlaps(asked) {
                Ternary::Maybe
            } else {
                Ternary::No
            }
        }
    }
}
