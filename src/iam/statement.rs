//! Policies read for evaluation: statements whose patterns, variables and conditions are read once.
//!
//! Source: IAM User Guide, "IAM JSON policy elements reference".

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::citation::{Condition, Place};
use super::condition::Clause;
use super::outsider;
use super::policy_variable::{Resolved, Template, pattern};
use super::principal::Naming;
use super::principal_element::Whom;
use super::request::Request;
use super::set::{Set, in_words};
use super::ternary::Truth;
use super::{Pattern, Reading};
use crate::model::policy::{Document, Effect, Principals, Statement};

/// A policy, read once and shared.
#[derive(Debug, Clone)]
pub struct Policy {
    statements: Vec<Arc<Term>>,
}

impl Policy {
    /// Reads a document; `name` is what messages call it.
    pub fn read(document: &Document, name: &str, arn: Option<&str>) -> Self {
        Self::read_sharing(document, name, arn, &mut Actions::default())
    }

    /// As [`Policy::read`], for many policies of which most name the same actions.
    pub fn read_sharing(document: &Document, name: &str, arn: Option<&str>, actions: &mut Actions) -> Self {
        let (name, arn): (Arc<str>, Option<Arc<str>>) = (name.into(), arn.map(Into::into));
        // Before 2012-10-17, and without a version, `${…}` is text.
        let variables = document.version.as_deref() == Some("2012-10-17");
        let read = |(position, statement): (usize, &Statement)| {
            let at = match statement.sid.as_deref().filter(|sid| !sid.is_empty()) {
                Some(sid) => format!("statement {sid}"),
                None => format!("statement {}", position.saturating_add(1)),
            };
            let place = Place { policy: name.clone(), arn: arn.clone(), statement: at, effect: statement.effect };
            Arc::new(Term::read(statement, variables, place, actions))
        };
        Self { statements: document.statement.iter().enumerate().map(read).collect() }
    }

    /// The policy as it is from a time on: tests of the time that can hold no more, or will hold for good, are settled.
    #[must_use]
    pub fn as_of(mut self, now: Timestamp) -> Self {
        for term in &mut self.statements {
            for clause in &mut Arc::make_mut(term).clauses {
                clause.settle(now);
            }
        }
        self
    }

    /// Its Deny statements alone.
    #[must_use]
    pub fn denials(&self) -> Self {
        Self { statements: self.statements.iter().filter(|term| !term.allows()).cloned().collect() }
    }

    /// Its statements.
    pub fn terms(&self) -> &[Arc<Term>] {
        &self.statements
    }
}

/// Lists of actions, each read once however many statements name it.
#[derive(Debug, Default)]
pub struct Actions(HashMap<(bool, Vec<String>), Arc<Set>>);

impl Actions {
    fn of(&mut self, statement: &Statement) -> Arc<Set> {
        let (plain, negated) = (statement.action.as_ref(), statement.not_action.as_ref());
        let key = (plain.is_none(), plain.or(negated).cloned().unwrap_or_default());
        self.0.entry(key).or_insert_with(|| Arc::new(Set::new(plain, negated, Pattern::action))).clone()
    }
}

/// One statement, read for evaluation.
#[derive(Debug, Clone)]
pub struct Term {
    /// Where it stands.
    pub place: Arc<Place>,
    /// Its actions.
    pub actions: Arc<Set>,
    /// Its resources.
    pub resources: Resources,
    principal: Option<Principals>,
    not_principal: Option<Principals>,
    clauses: Vec<Clause>,
}

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

/// Whether a statement applies.
#[derive(Debug, Clone)]
pub struct Applies {
    /// Whether it does.
    pub truth: Truth,
    /// Where it depends: what must hold.
    pub conditions: Vec<Condition>,
    /// How the statement names the caller; for a statement without principal, nothing.
    pub naming: Naming,
    /// It applies to some of the asked resources, whoever asks and however: nothing else is open.
    pub to_some: bool,
}

impl Resources {
    /// Whether they hang on who asks.
    pub fn has_variables(&self) -> bool {
        self.items.iter().any(|item| matches!(item, Item::Template(..)))
    }
}

impl Term {
    fn read(statement: &Statement, variables: bool, place: Place, actions: &mut Actions) -> Self {
        let item = |text: &String| match Template::read(text).filter(|_| variables) {
            Some(template) => Item::Template(template, Pattern::resource(text).completed()),
            None => Item::Fixed(Pattern::wildcards(text).completed()),
        };
        let resources = match (&statement.resource, &statement.not_resource) {
            (Some(items), _) => Resources { negated: false, items: items.iter().map(item).collect() },
            (None, Some(items)) => Resources { negated: true, items: items.iter().map(item).collect() },
            // A trust policy names no resource: it is about its role.
            (None, None) => Resources { negated: true, items: Vec::new() },
        };
        Self {
            place: Arc::new(place),
            actions: actions.of(statement),
            resources,
            principal: statement.principal.clone(),
            not_principal: statement.not_principal.clone(),
            clauses: Clause::of(statement, variables),
        }
    }

    /// Whether it allows.
    pub fn allows(&self) -> bool {
        self.place.effect == Effect::Allow
    }

    /// Everyone that it names; everyone but some is everyone. Nobody in an identity's policy.
    pub fn named(&self) -> Vec<Whom> {
        match (&self.principal, &self.not_principal) {
            (Some(principals), _) => Whom::of(principals),
            (None, Some(_)) => vec![Whom::Anyone],
            (None, None) => Vec::new(),
        }
    }

    /// Everyone but whom it is about.
    pub fn spared(&self) -> Vec<Whom> {
        self.not_principal.as_ref().map(Whom::of).unwrap_or_default()
    }

    /// The services that it names, as principals or, where it is about everyone, by a condition on the caller's service.
    pub fn services(&self) -> Vec<String> {
        let mut all = Vec::new();
        for whom in self.named() {
            match whom {
                Whom::Service(name) => all.push(name),
                Whom::Anyone => all.extend(self.clauses.iter().flat_map(Clause::services)),
                _ => {}
            }
        }
        all
    }

    /// Whether a condition is about the account, or the resource, for which a service acts.
    pub fn says_for_whom(&self) -> bool {
        self.clauses.iter().any(|clause| outsider::is_of_whom_is_served(&clause.key))
    }

    /// Whether a condition is on a key (in lower case).
    pub fn tests(&self, key: &str) -> bool {
        self.clauses.iter().any(|clause| clause.key == key)
    }

    /// Whether it hangs on one of the keys (in lower case) that begin like this: in a condition, or in a variable of its resources.
    pub fn asks_for(&self, keys: &str) -> bool {
        let in_resources = |item: &Item| matches!(item, Item::Template(template, _) if template.asks_for(keys));
        self.clauses.iter().any(|clause| clause.asks_for(keys)) || self.resources.items.iter().any(in_resources)
    }

    /// The accounts that its conditions name, each with whether as those for which a service acts.
    pub fn accounts(&self) -> impl Iterator<Item = (String, bool)> {
        self.clauses.iter().map(Clause::accounts).flat_map(|(accounts, source)| accounts.into_iter().map(move |account| (account, source)))
    }

    /// The organizations that its conditions name as those for which a service acts, each with its key.
    pub fn organizations_served(&self) -> impl Iterator<Item = (String, String)> {
        self.clauses.iter().flat_map(Clause::organizations_served)
    }

    /// Whether a condition other than on the excused keys (in lower case) makes it smaller than it reads, and is not met by whoever asks.
    pub fn is_narrowed_beyond(&self, excused: &dyn Fn(&str) -> bool, request: &Request) -> bool {
        let narrows = |clause: &Clause| match clause.holds(request) {
            Truth::Yes => false,
            Truth::Maybe => clause.narrows() && !excused(&clause.key),
            Truth::No => true,
        };
        self.clauses.iter().any(narrows)
    }

    /// Whether a condition limits it to some resources.
    pub fn limits_resources(&self) -> bool {
        self.clauses.iter().any(Clause::limits_resources)
    }

    /// Whether it is about the action and, whatever the caller and the context, may be about the resource.
    pub fn concerns(&self, request: &Request) -> bool {
        self.actions.holds(&request.folded) && self.resources.may_reach(request)
    }

    /// Whether it applies to a request that it concerns, as a statement of an identity's policy.
    pub fn applies(&self, request: &Request) -> Applies {
        self.finish(request, Truth::Yes, Naming::default())
    }

    /// Whether it applies as a statement of a resource's policy. `bounded`: whether the caller has a permissions boundary.
    pub fn applies_to_caller(&self, request: &Request, bounded: Truth) -> Applies {
        let principal = &request.principal;
        match (&self.principal, &self.not_principal) {
            (Some(principals), _) => {
                let naming = principal.named_by(principals);
                self.finish(request, naming.at_all(), naming)
            }
            (None, Some(principals)) => {
                let spared = principal.spared_by(principals);
                let hit = if self.allows() {
                    // Everyone but these, strangers too.
                    principal.named_by(principals).at_all().negate()
                } else {
                    // "Will always deny any IAM principal that has a permissions boundary" (IAM User Guide, "Permissions boundaries").
                    Truth::any([spared.negate(), bounded])
                };
                self.finish(request, hit, Naming { anyone: hit, ..Naming::default() })
            }
            // Endpoint and organization policies may leave the principal out: everyone.
            (None, None) => self.finish(request, Truth::Yes, Naming { anyone: Truth::Yes, ..Naming::default() }),
        }
    }

    fn finish(&self, request: &Request, named: Truth, naming: Naming) -> Applies {
        let mut conditions = Vec::new();
        let mut truth = named;
        if named == Truth::Maybe {
            conditions.push(self.caller());
        }
        if truth != Truth::No {
            let reached = self.resources.reach(request);
            if reached == Truth::Maybe {
                conditions.push(self.resources.words());
            }
            truth = Truth::all([truth, reached]);
        }
        for clause in &self.clauses {
            if truth == Truth::No {
                break;
            }
            let holds = clause.holds(request);
            if holds == Truth::Maybe {
                conditions.push(clause.words().clone());
            }
            truth = Truth::all([truth, holds]);
        }
        if truth != Truth::Maybe {
            conditions.clear();
        }
        let to_some = conditions.len() == 1 && request.resource.is_pattern() && conditions.first() == Some(&self.resources.words());
        Applies { truth, conditions, naming, to_some }
    }

    /// That the caller is one of those that the statement names, as a condition.
    pub fn caller(&self) -> Condition {
        let (operator, principals) = if self.principal.is_some() { ("is one of", &self.principal) } else { ("is none of", &self.not_principal) };
        let values = match principals {
            Some(Principals::ByType(types)) => types.values().flat_map(|names| names.0.clone()).collect(),
            _ => vec!["*".to_owned()],
        };
        Condition { key: "principal".to_owned(), operator: operator.to_owned(), values }
    }
}

impl Resources {
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

    fn may_reach(&self, request: &Request) -> bool {
        // An exception with a variable may be any text, or none: it takes nothing away for certain.
        let excluded = |item: &Item| matches!(item, Item::Fixed(pattern) if covers(pattern, request) == Truth::Yes);
        let included = |item: &Item| match item {
            Item::Fixed(pattern) | Item::Template(_, pattern) => covers(pattern, request) != Truth::No,
        };
        if self.negated { !self.items.iter().any(excluded) } else { self.items.iter().any(included) }
    }

    fn reach(&self, request: &Request) -> Truth {
        let mut empty = false;
        let each: Vec<Truth> = self
            .items
            .iter()
            .map(|item| match item {
                Item::Fixed(pattern) => covers(pattern, request),
                Item::Template(template, loose) => match template.resolve(request) {
                    Resolved::Pieces(pieces) => covers(&pattern(template.text(), &pieces).completed(), request),
                    Resolved::Unknown => {
                        // It may have none.
                        empty = true;
                        Truth::all([covers(loose, request), Truth::Maybe])
                    }
                    Resolved::Empty => {
                        empty = true;
                        Truth::No
                    }
                },
            })
            .collect();
        let found = Truth::any(each);
        match (self.negated, empty) {
            (false, _) => found,
            (true, false) => found.negate(),
            // A variable without a value: the statement may be void, or nothing is excepted by it.
            (true, true) => Truth::all([found.negate(), Truth::Maybe]),
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

    fn words(&self) -> Condition {
        let texts = self.items.iter().map(|item| match item {
            Item::Fixed(pattern) | Item::Template(_, pattern) => pattern.text().to_owned(),
        });
        let operator = if self.negated { "is outside" } else { "is within" };
        Condition { key: "resource".to_owned(), operator: operator.to_owned(), values: texts.collect() }
    }
}

/// Whether a pattern reaches the asked resource, or all or some of those that are asked for.
fn covers(pattern: &Pattern, request: &Request) -> Truth {
    match &request.resource.any {
        None => Truth::of(pattern.matches(&request.resource.text)),
        Some(asked) if pattern.covers(asked, Reading::Most) => Truth::Yes,
        Some(asked) => {
            if pattern.overlaps(asked) {
                Truth::Maybe
            } else {
                Truth::No
            }
        }
    }
}
