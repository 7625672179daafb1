//! Who becomes a full administrator by assuming roles that nobody declared.
//!
//! Whom a declared administrator's role trusts is that role's own matter.

use std::collections::BTreeMap;

use super::super::matching::fits;
use super::asker::Pid;
use super::ways::Next;
use super::words::tell;
use super::{Judge, stands_between};
use crate::facts::derived::Derived;
use crate::finding::{FieldRef, Missing};

/// By the ARN of each user and role.
#[derive(Default)]
pub struct Becoming {
    certain: BTreeMap<String, (Vec<String>, Vec<FieldRef>)>,
    perhaps: BTreeMap<String, (Vec<String>, Vec<FieldRef>)>,
    unseen: BTreeMap<String, Vec<Missing>>,
    /// What may let in others.
    missing: Vec<Missing>,
}

impl Becoming {
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
    pub fn becoming(&self) -> Becoming {
        let (ways, unseen) = (self.finder.administrators(), self.finder.administrators_unseen());
        let mut all = Becoming { missing: unseen.missing.clone(), ..Becoming::default() };
        all.missing.sort();
        all.missing.dedup();
        let arn = |pid: &Pid| self.asker.principal(*pid).arn.to_string();
        all.unseen = unseen.of.iter().map(|(pid, missing)| (arn(pid), missing.clone())).collect();
        let admins = &self.world.config.admins;
        for (pid, best) in ways.iter().filter(|(_, best)| !matches!(best.next, Next::Administers)) {
            let principal = self.asker.principal(*pid);
            let told = tell(self.finder, ways, *pid);
            let mut over = told.over.iter().skip(1).map(arn);
            if stands_between(&principal) || !self.asker.is_own(&principal) || over.any(|role| admins.iter().any(|admin| fits(admin, &role))) {
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
}
