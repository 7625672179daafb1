//! Statements of identity policies, in buckets by the service of the action and the literal beginning of the resource, so that a question
//! meets only those that can concern it. Statements about the same actions and resources are met once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;

use iam_eval::element::Element;
use iam_eval::{Policy, PolicyStatement, Request, Resources};

use super::part::PolicyId;

/// What a statement is about: its actions and resources. Many statements share one.
pub(crate) type Scope = u32;

/// Scopes by the literal beginning of their resources.
type Bucket = BTreeMap<String, Vec<Scope>>;

/// The statements of all policies.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// A statement of each scope.
    scopes: Vec<Arc<PolicyStatement>>,
    /// The policies with an Allow of each scope.
    allowing: Vec<Vec<PolicyId>>,
    /// By policy, each statement with its scope.
    policies: Vec<Vec<(Scope, Arc<PolicyStatement>)>>,
    /// By service in lower case; the empty name holds what is about actions of any service.
    services: HashMap<String, Bucket>,
}

/// The scopes that concern one request.
#[derive(Debug, Default)]
pub(super) struct Concerning(HashSet<Scope>);

impl Table {
    /// Indexes policies. Linear in their patterns (times a logarithm).
    pub(super) fn new(policies: &[Arc<Policy>]) -> Self {
        let mut table = Self::default();
        let mut known: HashMap<(&Element, &Resources), Scope> = HashMap::new();
        for (id, policy) in (0..).zip(policies) {
            let mut statements = Vec::new();
            for statement in policy.statements() {
                let scope = *known.entry((&statement.actions, &statement.resources)).or_insert_with(|| table.add(statement));
                if let Some(list) = table.allowing.get_mut(scope as usize).filter(|_| statement.allows()) {
                    list.push(id);
                }
                statements.push((scope, statement.clone()));
            }
            table.policies.push(statements);
        }
        table
    }

    /// A scope that was not seen before.
    fn add(&mut self, statement: &Arc<PolicyStatement>) -> Scope {
        let scope = u32::try_from(self.scopes.len()).unwrap_or(u32::MAX);
        self.scopes.push(statement.clone());
        self.allowing.push(Vec::new());
        let mut services: Vec<String> = match &*statement.actions {
            Element::AllBut(_) => vec![String::new()],
            // A wildcard before the colon leaves the service open.
            Element::Of(patterns) => {
                patterns.iter().map(|pattern| pattern.prefix().split_once(':').map_or("", |(service, _)| service).to_owned()).collect()
            }
        };
        services.sort_unstable();
        services.dedup();
        let prefixes = statement.resources.prefixes();
        for service in services {
            let bucket = self.services.entry(service).or_default();
            for prefix in &prefixes {
                bucket.entry(prefix.clone()).or_default().push(scope);
            }
        }
        scope
    }

    /// The scopes that concern a request.
    pub(super) fn concerning(&self, request: &Request) -> Concerning {
        let (asked, is_pattern) = request.resource.prefix();
        let mut found = HashSet::new();
        for bucket in ["", request.service()].into_iter().filter_map(|service| self.services.get(service)) {
            // Resources that begin as the asked one does, up to all of it.
            for end in (0..=asked.len()).filter(|end| asked.is_char_boundary(*end)) {
                found.extend(bucket.get(&asked[..end]).into_iter().flatten().copied());
            }
            if is_pattern {
                let longer = bucket.range::<str, _>((Bound::Excluded(asked.as_str()), Bound::Unbounded));
                found.extend(longer.take_while(|(prefix, _)| prefix.starts_with(&asked)).flat_map(|(_, list)| list).copied());
            }
        }
        found.retain(|scope| self.scopes.get(*scope as usize).is_some_and(|statement| statement.concerns(request)));
        Concerning(found)
    }

    /// The scopes themselves, sorted; `None` where the resources of one hang on who asks.
    pub(super) fn told_apart(&self, concerning: &Concerning) -> Option<Vec<Scope>> {
        let mut scopes: Vec<Scope> = concerning.0.iter().copied().collect();
        scopes.sort_unstable();
        scopes.iter().all(|scope| self.scopes.get(*scope as usize).is_some_and(|statement| !statement.resources.has_variables())).then_some(scopes)
    }

    /// The policies with an Allow that concerns a request; some more than once.
    pub(super) fn allowing<'a>(&'a self, concerning: &'a Concerning) -> impl Iterator<Item = PolicyId> + 'a {
        concerning.0.iter().filter_map(|scope| self.allowing.get(*scope as usize)).flatten().copied()
    }

    /// The statements of a policy that concern a request.
    pub(super) fn statements<'a>(&'a self, policy: PolicyId, concerning: &'a Concerning) -> impl Iterator<Item = &'a PolicyStatement> + 'a {
        let statements = self.policies.get(policy as usize).into_iter().flatten();
        statements.filter(|(scope, _)| concerning.0.contains(scope)).map(|(_, statement)| &**statement)
    }
}
