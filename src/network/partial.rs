//! `Partial<T>`: a set of which some members were seen; what else may be in it is named. One seen member can decide, an empty set only where nothing is missing.

use std::collections::BTreeSet;

use crate::evidence::{Derived, FieldRef, Missing};

/// What was seen of a set.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Partial<T> {
    /// The members that were seen.
    pub known: T,
    /// The observed fields they rest on.
    pub from: Vec<FieldRef>,
    /// What could hold more members.
    pub missing: Vec<Missing>,
}

impl<T> Partial<T> {
    /// Notes what a value rests on or lacks, and hands it over if it is known.
    pub(crate) fn take<U>(&mut self, derived: Derived<U>) -> Option<U> {
        match derived {
            Derived::Known { value, from } => {
                self.from.extend(from);
                Some(value)
            }
            Derived::Unseen { missing, from } => {
                self.from.extend(from);
                self.missing.extend(missing);
                None
            }
        }
    }

    /// Whether the set has a member: true as soon as one was seen, false only where nothing is missing.
    pub(crate) fn some(&self, is_empty: impl Fn(&T) -> bool) -> Derived<bool> {
        if !is_empty(&self.known) {
            Derived::Known { value: true, from: self.from.clone() }
        } else if self.missing.is_empty() {
            Derived::Known { value: false, from: self.from.clone() }
        } else {
            // Many members may lack the same.
            let missing = self.missing.iter().collect::<BTreeSet<_>>().into_iter().cloned().collect();
            Derived::Unseen { missing, from: self.from.clone() }
        }
    }
}

impl Partial<Vec<String>> {
    /// The list for rules, sorted: what was seen where it is something, empty only where nothing is missing.
    pub(crate) fn listed(mut self) -> Derived<Vec<String>> {
        self.known.sort();
        self.known.dedup();
        self.some(Vec::is_empty).map(|_| self.known)
    }
}
