//! The steps into a principal, and which of them are the same for all that are alike.
//!
//! A thousand roles that trust the account and that no policy tells apart are entered by the same principals on the same terms: that is worked
//! out once, and looked at once.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::escalation::Method;
use super::asker::Pid;
use super::hold::Terms;
use crate::evidence::Missing;

/// How hard a way is: on open terms, by escalation, how many steps.
pub(super) type Cost = (bool, bool, u32);

/// How one becomes the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It assumes the role.
    Assume,
    /// By escalation.
    Method(&'static Method),
    /// A service runs as the role; whoever may pass it any role stands before the service.
    Run,
}

/// One step: who takes it, how, and on which terms.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Who takes it.
    pub from: Pid,
    /// How.
    pub turn: Turn,
    /// On which terms.
    pub terms: Terms,
}

/// The steps into every principal of those that are alike.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Sorted by who takes them; those that the principals themselves would take stand among them.
    pub steps: Vec<Entry>,
    /// What was not seen of somebody who may take one.
    pub unseen: Vec<(Pid, Vec<Missing>)>,
    /// What was not seen and may let in others.
    pub missing: Vec<Missing>,
}

/// Every step into one principal.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// What it has in common with those that are alike.
    pub shared: Rc<Shared>,
    /// Who takes no step of those: it itself.
    pub itself: Vec<Pid>,
    /// The steps that are its own, and what was not seen of who takes them.
    pub own: Shared,
}

impl Entries {
    /// Every step.
    pub(super) fn steps(&self) -> impl Iterator<Item = &Entry> {
        self.shared.steps.iter().filter(|entry| !self.itself.contains(&entry.from)).chain(&self.own.steps)
    }

    /// The shared step of one principal.
    fn step_of(&self, from: Pid) -> Option<&Entry> {
        let position = self.shared.steps.binary_search_by_key(&from, |entry| entry.from).ok()?;
        self.shared.steps.get(position).filter(|_| !self.itself.contains(&from))
    }
}

/// What was looked at: of principals that are alike, one tells all that can be told of the others, if the way from it is no harder.
#[derive(Debug, Default)]
pub(super) struct Looked(HashMap<*const Shared, Vec<Look>>);

/// What the steps into a principal tell that those into others have not told.
#[derive(Debug)]
pub(super) struct News<'e> {
    /// Steps.
    pub steps: Vec<&'e Entry>,
    /// What was not seen of somebody who may take one.
    pub unseen: Vec<&'e (Pid, Vec<Missing>)>,
    /// What was not seen and may let in others.
    pub missing: &'e [Missing],
}

/// All steps into one principal were looked at, from which a way of this cost goes on.
#[derive(Debug)]
struct Look {
    cost: Cost,
    /// Who took no step there because it was itself.
    but: Vec<Pid>,
}

impl Looked {
    /// What can be news, where a way of this cost goes on from the principal.
    ///
    /// The entries must outlive this: their address stands for them.
    pub(super) fn news<'e>(&mut self, entries: &'e Entries, cost: Cost) -> News<'e> {
        let looks = self.0.entry(Rc::as_ptr(&entries.shared)).or_default();
        let is_no_harder = |look: &&Look| look.cost.0 <= cost.0 && look.cost.1 <= cost.1 && look.cost.2 <= cost.2;
        if let Some(look) = looks.iter().find(is_no_harder) {
            let left_out = look.but.iter().filter_map(|from| entries.step_of(*from));
            return News { steps: left_out.chain(&entries.own.steps).collect(), unseen: entries.own.unseen.iter().collect(), missing: &[] };
        }
        looks.push(Look { cost, but: entries.itself.clone() });
        let unseen = entries.own.unseen.iter().chain(&entries.shared.unseen);
        News { steps: entries.steps().collect(), unseen: unseen.collect(), missing: &entries.shared.missing }
    }
}
