//! Who becomes a full administrator by assuming roles that nobody declared, and who from outside becomes a declared one over other roles.
//!
//! Whom of the account a declared administrator's role trusts is that role's own matter.

use std::collections::BTreeMap;

use iam_eval::{Principal, PrincipalType, wildcard_match};

use super::asker::Pid;
use super::declared::names;
use super::entries::Turn;
use super::hold::Terms;
use super::way::{Best, Next, Unseen, Ways};
use super::words::{kind, tell};
use super::{Judge, stands_between};
use crate::evidence::{Derived, FieldRef, Missing};

/// By the ARN of each user and role.
#[derive(Default)]
pub struct Becoming {
    certain: BTreeMap<String, (Vec<String>, Vec<FieldRef>)>,
    perhaps: BTreeMap<String, (Vec<String>, Vec<FieldRef>)>,
    unseen: BTreeMap<String, Vec<Missing>>,
    /// What may let in others.
    missing: Vec<Missing>,
    stones: BTreeMap<String, Derived<Entrance>>,
}

/// Who from outside comes in over other roles: the word of the field `entrance`, and how.
pub type Entrance = (&'static str, String);

impl Becoming {
    /// Who from outside that nobody declared becomes a declared administrator over other roles.
    pub fn entrance(&self, arn: &str) -> Derived<Entrance> {
        self.stones.get(arn).cloned().unwrap_or_else(|| Derived::known(("nobody", String::new())))
    }

    /// The ways of a user or role that are certain, and those on open terms.
    pub fn of(&self, arn: &str) -> (Derived<Vec<String>>, Derived<Vec<String>>) {
        let (certain, perhaps) = (self.certain.get(arn), self.perhaps.get(arn));
        let missing: Vec<Missing> = self.unseen.get(arn).into_iter().flatten().chain(&self.missing).cloned().collect();
        let told = |found: Option<&(Vec<String>, Vec<FieldRef>)>, or: bool| match found {
            Some((value, from)) => Derived::Known { value: value.clone(), from: from.clone() },
            None if missing.is_empty() || or => Derived::known(Vec::new()),
            None => Derived::Unseen { missing: missing.clone(), from: Vec::new() },
        };
        (told(certain, false), told(perhaps, certain.is_some()))
    }
}

impl Judge<'_, '_> {
    /// Who becomes one.
    pub(super) fn becoming(&self) -> Becoming {
        let (ways, unseen) = (self.finder.administrators(), self.finder.administrators_unseen());
        let mut all = Becoming { missing: unseen.missing.clone(), stones: self.stones(), ..Becoming::default() };
        all.missing.sort();
        all.missing.dedup();
        let arn = |pid: &Pid| self.asker.principal(*pid).arn.to_string();
        all.unseen = unseen.of.iter().map(|(pid, missing)| (arn(pid), missing.clone())).collect();
        let admins = &self.ctx.config.admins;
        for (pid, best) in ways.iter().filter(|(_, best)| !matches!(best.next, Next::Administers)) {
            let principal = self.asker.principal(*pid);
            let told = tell(self.finder, ways, *pid);
            let mut over = told.over.iter().skip(1).map(arn);
            if stands_between(&principal)
                || !self.asker.is_own(&principal)
                || over.any(|role| admins.iter().any(|admin| wildcard_match(admin, &role)))
            {
                continue;
            }
            let from = told.witnesses().iter().flat_map(|pid| self.evidence(*pid)).collect();
            let terms = best.terms.words();
            let words = if terms.is_empty() { told.path } else { format!("{} (if {terms})", told.path) };
            let list = if best.cost.0 { &mut all.perhaps } else { &mut all.certain };
            list.insert(principal.arn.to_string(), (vec![words], from));
        }
        all
    }

    /// Of each role of a declared administrator, who from outside becomes it over at least one other role.
    fn stones(&self) -> BTreeMap<String, Derived<Entrance>> {
        let (ways, unseen) = (self.finder.administrators(), self.finder.administrators_unseen());
        let outside = |pid: &Pid| !self.is_at_home(&self.asker.principal(*pid));
        if !ways.keys().any(outside) && unseen.of.is_empty() && unseen.missing.is_empty() {
            return BTreeMap::new();
        }
        let administers = ways.iter().filter(|(_, best)| matches!(best.next, Next::Administers)).map(|(pid, _)| *pid);
        // Whose own rights were not seen may be one, too.
        let roles = administers.chain(unseen.of.keys().copied()).map(|pid| (pid, self.asker.principal(pid)));
        let declared = roles.filter(|(_, role)| role.who == PrincipalType::Role && self.asker.is_own(role) && self.is_administrator(role));
        declared.map(|(pid, role)| (role.arn.to_string(), self.stone(pid))).collect()
    }

    /// The widest way into one role from outside over others; where there is none, what was not seen of those over which there may be one.
    fn stone(&self, role: Pid) -> Derived<Entrance> {
        let here = Best { cost: (false, false, 0), next: Next::Here, terms: Terms::default() };
        let mut hidden = Unseen::default();
        let ways = self.finder.close(Ways::from([(role, here)]), &mut hidden, |turn| turn == Turn::Assume);
        let mut widest: Entrance = ("nobody", String::new());
        for (pid, best) in ways.iter().filter(|(_, best)| !best.cost.0) {
            let principal = self.asker.principal(*pid);
            let told = tell(self.finder, &ways, *pid);
            if told.assumed < 2 || stands_between(&principal) || self.is_at_home(&principal) || self.is_administrator(&principal) {
                continue;
            }
            let word = match principal.who {
                _ if kind(self.asker, &principal) == "anyone" && !best.terms.bound => "anyone",
                PrincipalType::Federated => "issuer",
                _ => "outsiders",
            };
            if wideness(word) > wideness(widest.0) {
                widest = (word, told.path);
            }
        }
        let missing: Vec<Missing> = hidden.of.into_values().flatten().chain(hidden.missing).collect();
        if widest.0 == "nobody" && !missing.is_empty() { Derived::Unseen { missing, from: Vec::new() } } else { Derived::known(widest) }
    }

    /// A declared administrator, or somebody of a declared account.
    fn is_administrator(&self, principal: &Principal) -> bool {
        let config = self.ctx.config;
        let own = &self.ctx.index.snapshot.caller.account;
        config.admins.iter().any(|admin| names(admin, principal, own)) || config.external.accounts.iter().any(|known| **known == *principal.account)
    }
}

/// How wide a word of the field `entrance` is.
pub fn wideness(word: &str) -> usize {
    ["nobody", "issuer", "outsiders", "anyone"].iter().position(|one| *one == word).unwrap_or_default()
}
