//! The way of one principal to the data, or into another principal.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::super::escalation::Method;
use super::asker::Pid;
use super::entries::{Cost, Entry, Turn};
use super::hold::Terms;
use crate::evidence::Missing;

/// How a way goes on from one principal.
#[derive(Debug, Clone)]
pub(super) enum Next {
    /// It holds the right to the data.
    Reaches(&'static Method),
    /// It takes every right.
    Takes(&'static Method),
    /// It is a full administrator.
    Administers,
    /// It changes what another one may do, and becomes that one; then it has every right.
    Changes(Rc<Change>),
    /// It is the one that the way leads to.
    Here,
    /// It turns into another principal.
    Into(Step),
    /// It turns into a full administrator, or into somebody who can be one.
    IntoAdministrator(Step),
}

/// A step into a principal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// Whom it turns into.
    pub to: Pid,
    /// How.
    pub turn: Turn,
}

impl Step {
    pub(super) const fn new(entry: &Entry, to: Pid) -> Self {
        Self { to, turn: entry.turn }
    }
}

/// The easiest way of one principal.
#[derive(Debug, Clone)]
pub(super) struct Best {
    /// How hard it is.
    pub cost: Cost,
    /// Its first step.
    pub next: Next,
    /// All its terms.
    pub terms: Terms,
}

/// The ways of everyone to one thing.
pub(super) type Ways = BTreeMap<Pid, Best>;

/// What was not seen on the way.
#[derive(Debug, Clone, Default)]
pub(super) struct Unseen {
    /// Of those who may have a way.
    pub of: BTreeMap<Pid, Vec<Missing>>,
    /// What may let in others.
    pub missing: Vec<Missing>,
}

impl Unseen {
    /// Of somebody; what is known already stays.
    pub(super) fn add(&mut self, pid: Pid, missing: &[Missing]) {
        self.of.entry(pid).or_insert_with(|| missing.to_vec());
    }
}

/// What somebody may change of an identity that it can become.
#[derive(Debug)]
pub(super) struct Change {
    /// By which method.
    pub method: &'static Method,
    /// Whose policies it changes.
    pub target: Pid,
    /// Everyone's way into that one.
    pub ways: Ways,
}
