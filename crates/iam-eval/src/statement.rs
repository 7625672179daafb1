//! Policies read for evaluation: statements whose patterns, variables and conditions are read once.
//!
//! Source: IAM User Guide, "IAM JSON policy elements reference".

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::Pattern;
use super::citation::StatementRef;
use super::condition::Clause;
use super::element::Element;
use super::external_caller;
use super::open_condition::Condition;
use super::principal::Naming;
use super::principal_element::NamedPrincipal;
use super::request::Request;
use super::resources::Resources;
use super::ternary::Ternary;
use crate::document::{Document, Effect, Principals, Statement};

/// A policy, read once and shared.
#[derive(Debug, Clone)]
pub struct Policy {
    statements: Vec<Arc<PolicyStatement>>,
}

impl Policy {
    /// Reads a document; `name` is what messages call it.
    pub fn new(document: &Document, name: &str, arn: Option<&str>) -> Self {
        Self::with_actions(document, name, arn, &mut Actions::default())
    }

    /// As [`Policy::new`], for many policies of which most name the same actions.
    pub fn with_actions(document: &Document, name: &str, arn: Option<&str>, actions: &mut Actions) -> Self {
        let (name, arn): (Arc<str>, Option<Arc<str>>) = (name.into(), arn.map(Into::into));
        // Before 2012-10-17, and without a version, `${…}` is text.
        let variables = document.version.as_deref() == Some("2012-10-17");
        let read = |(position, statement): (usize, &Statement)| {
            let at = match statement.sid.as_deref().filter(|sid| !sid.is_empty()) {
                Some(sid) => format!("statement {sid}"),
                None => format!("statement {}", position.saturating_add(1)),
            };
            let place = StatementRef { policy: name.clone(), arn: arn.clone(), statement: at, effect: statement.effect };
            Arc::new(PolicyStatement::read(statement, variables, place, actions))
        };
        Self { statements: document.statement.iter().enumerate().map(read).collect() }
    }

    /// The policy as it is from a time on: tests of the time that can hold no more, or will hold for good, are settled.
    #[must_use]
    pub fn as_of(mut self, now: Timestamp) -> Self {
        for statement in &mut self.statements {
            for clause in &mut Arc::make_mut(statement).clauses {
                clause.settle(now);
            }
        }
        self
    }

    /// Its Deny statements alone.
    #[must_use]
    pub fn denials(&self) -> Self {
        Self { statements: self.statements.iter().filter(|statement| !statement.allows()).cloned().collect() }
    }

    /// Its statements.
    pub fn statements(&self) -> &[Arc<PolicyStatement>] {
        &self.statements
    }
}

/// Lists of actions, each read once however many statements name it.
#[derive(Debug, Default)]
pub struct Actions(HashMap<(bool, Vec<String>), Arc<Element>>);

impl Actions {
    fn of(&mut self, statement: &Statement) -> Arc<Element> {
        let (plain, negated) = (statement.action.as_ref(), statement.not_action.as_ref());
        let key = (plain.is_none(), plain.or(negated).cloned().unwrap_or_default());
        self.0.entry(key).or_insert_with(|| Arc::new(Element::new(plain, negated, Pattern::action))).clone()
    }
}

/// One statement, read for evaluation.
#[derive(Debug, Clone)]
pub struct PolicyStatement {
    /// Where it stands.
    pub place: Arc<StatementRef>,
    /// Its actions.
    pub actions: Arc<Element>,
    /// Its resources.
    pub resources: Resources,
    principal: Option<Principals>,
    not_principal: Option<Principals>,
    clauses: Vec<Clause>,
}

/// Whether a statement applies.
#[derive(Debug, Clone)]
pub struct Applies {
    /// Whether it does.
    pub truth: Ternary,
    /// Where it depends: what must hold.
    pub conditions: Vec<Condition>,
    /// How the statement names the caller; for a statement without principal, nothing.
    pub naming: Naming,
    /// It applies to some of the asked resources, whoever asks and however: nothing else is open.
    pub to_some: bool,
}

impl PolicyStatement {
    fn read(statement: &Statement, variables: bool, place: StatementRef, actions: &mut Actions) -> Self {
        Self {
            place: Arc::new(place),
            actions: actions.of(statement),
            resources: Resources::read(statement, variables),
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
    pub fn named(&self) -> Vec<NamedPrincipal> {
        match (&self.principal, &self.not_principal) {
            (Some(principals), _) => NamedPrincipal::of(principals),
            (None, Some(_)) => vec![NamedPrincipal::Anyone],
            (None, None) => Vec::new(),
        }
    }

    /// Everyone but whom it is about.
    pub fn spared(&self) -> Vec<NamedPrincipal> {
        self.not_principal.as_ref().map(NamedPrincipal::of).unwrap_or_default()
    }

    /// The services that it names, as principals or, where it is about everyone, by a condition on the caller's service.
    pub fn services(&self) -> Vec<String> {
        let mut all = Vec::new();
        for whom in self.named() {
            match whom {
                NamedPrincipal::Service(name) => all.push(name),
                NamedPrincipal::Anyone => all.extend(self.clauses.iter().flat_map(Clause::services)),
                _ => {}
            }
        }
        all
    }

    /// Whether a condition is about the account, or the resource, for which a service acts.
    pub fn says_for_whom(&self) -> bool {
        self.clauses.iter().any(|clause| external_caller::is_of_whom_is_served(&clause.key))
    }

    /// Whether a condition is on a key (in lower case).
    pub fn tests(&self, key: &str) -> bool {
        self.clauses.iter().any(|clause| clause.key == key)
    }

    /// Whether it hangs on one of the keys (in lower case) that begin like this: in a condition, or in a variable of its resources.
    pub fn asks_for(&self, keys: &str) -> bool {
        self.clauses.iter().any(|clause| clause.asks_for(keys)) || self.resources.ask_for(keys)
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
            Ternary::Yes => false,
            Ternary::Maybe => clause.narrows() && !excused(&clause.key),
            Ternary::No => true,
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
        self.finish(request, Ternary::Yes, Naming::default())
    }

    /// Whether it applies as a statement of a resource's policy. `bounded`: whether the caller has a permissions boundary.
    pub fn applies_to_caller(&self, request: &Request, bounded: Ternary) -> Applies {
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
                    Ternary::any([spared.negate(), bounded])
                };
                self.finish(request, hit, Naming { anyone: hit, ..Naming::default() })
            }
            // Endpoint and organization policies may leave the principal out: everyone.
            (None, None) => self.finish(request, Ternary::Yes, Naming { anyone: Ternary::Yes, ..Naming::default() }),
        }
    }

    fn finish(&self, request: &Request, named: Ternary, naming: Naming) -> Applies {
        let mut conditions = Vec::new();
        let mut truth = named;
        if named == Ternary::Maybe {
            conditions.push(self.caller());
        }
        if truth != Ternary::No {
            let reached = self.resources.reach(request);
            if reached == Ternary::Maybe {
                conditions.push(self.resources.words());
            }
            truth = Ternary::all([truth, reached]);
        }
        for clause in &self.clauses {
            if truth == Ternary::No {
                break;
            }
            let holds = clause.holds(request);
            if holds == Ternary::Maybe {
                conditions.push(clause.words().clone());
            }
            truth = Ternary::all([truth, holds]);
        }
        if truth != Ternary::Maybe {
            conditions.clear();
        }
        let to_some = conditions.len() == 1 && request.resource.is_pattern() && conditions.first() == Some(&self.resources.words());
        Applies { truth, conditions, naming, to_some }
    }

    /// That the caller is one of those that the statement names, as a condition.
    pub fn caller(&self) -> Condition {
        let (among, principals) = if self.principal.is_some() { (true, &self.principal) } else { (false, &self.not_principal) };
        let names = match principals {
            Some(Principals::ByType(types)) => types.values().flat_map(|names| names.0.clone()).collect(),
            _ => vec!["*".to_owned()],
        };
        Condition::Caller { names, among }
    }
}
