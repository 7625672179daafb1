//! A right by which one thing is taken away that stands in the way of a principal.

use std::rc::Rc;

use iam_eval::Target;

use super::super::escalation::Method;
use super::asker::{Asker, Pid, request};
use super::entries::Entries;
use super::hold::Hold;

/// A right by which one thing is taken away that stands in the way of a principal.
pub(super) struct Freeing {
    /// The method that it is of.
    pub method: &'static Method,
    /// The right.
    pub action: &'static str,
    /// On what it is held.
    pub on: Target,
    /// The principal before.
    pub itself: Pid,
    /// Who can be that.
    pub before: Rc<Entries>,
}

impl Freeing {
    pub(super) fn hold(&self, asker: &Asker<'_>, pid: Pid) -> Hold {
        asker.holds(pid, self.action, &self.on, &request())
    }
}
