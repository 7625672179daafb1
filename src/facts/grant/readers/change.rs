//! Rights over the policies of another identity, for whoever can become it: who writes what a role may do, and assumes it, may do what it likes.

use std::collections::BTreeSet;
use std::rc::Rc;

use iam_eval::{Principal, Target, action};

use super::super::escalation::{Gain, Method, Need, On, methods};
use super::asker::{Anywhere, Asker, Pid, Somewhere, request};
use super::hold::{Hold, Terms};
use super::power::{attached, groups};
use super::way::{Best, Change, Next, Unseen, Ways};
use crate::evidence::Index;
use crate::model::iam::{Role, User};

/// A method of changing others, its one need, and who holds that somewhere.
type Changing = (&'static Method, &'static Need, Anywhere);

/// Everyone's ways into one principal, and what was not seen on them.
type Into<'i> = &'i dyn Fn(Pid, &mut Unseen) -> Ways;

/// Everyone who takes every right by changing another identity, save those who have a way already that is certain.
pub(super) fn changers(asker: &Asker<'_>, into: Into<'_>, index: &Index<'_>, settled: &BTreeSet<Pid>, unseen: &mut Unseen) -> Vec<(Pid, Best)> {
    let all: Vec<Changing> = methods()
        .iter()
        .filter(|method| method.gives == Gain::AnyRight)
        .filter_map(|method| Some((method, method.needs.iter().find(|need| need.on.is_of_another())?)))
        .map(|(method, need)| (method, need, asker.anywhere(&need.action, None)))
        .collect();
    let candidates: BTreeSet<Pid> = all.iter().flat_map(|(_, _, anywhere)| anywhere.keys()).filter(|pid| !settled.contains(pid)).copied().collect();
    if candidates.is_empty() {
        return Vec::new();
    }
    let users = index.all::<User>().iter().map(|user| &user.id.arn);
    let mut found = Vec::new();
    for arn in users.chain(index.all::<Role>().iter().map(|role| &role.id.arn)) {
        let Ok(target) = Principal::parse(arn) else { continue };
        if !target.is_service_linked() {
            found.extend(of_target(asker, into, index, &target, &all, &candidates, unseen));
        }
    }
    found
}

/// Those who change one identity, and become it.
fn of_target(
    asker: &Asker<'_>,
    into: Into<'_>,
    index: &Index<'_>,
    target: &Principal,
    all: &[Changing],
    candidates: &BTreeSet<Pid>,
    unseen: &mut Unseen,
) -> Vec<(Pid, Best)> {
    // What each method would have to be held on, and who may hold it there.
    let mut near: Vec<(&Changing, String)> = Vec::new();
    for changing in all {
        let (_, need, anywhere) = changing;
        let on = resources(index, target, need.on).into_iter().filter(|on| action::lookup(&need.action).is_some_and(|action| action.takes(on)));
        let may = |on: &str| anywhere.iter().any(|(pid, found)| candidates.contains(pid) && found.may_be_on(on));
        near.extend(on.filter(|on| may(on)).map(|on| (changing, on)));
    }
    if near.is_empty() {
        return Vec::new();
    }
    let pid = asker.number(target);
    let mut hidden = Unseen::default();
    let ways = into(pid, &mut hidden);
    let mut held: Vec<(Pid, Terms, &'static Method)> = Vec::new();
    for (from, best) in ways.iter().filter(|(from, _)| **from != pid && candidates.contains(from)) {
        for ((method, need, _), on) in &near {
            match asker.holds(*from, &need.action, &Target::one(on), &request()) {
                Hold::No => {}
                Hold::Unseen(missing) => unseen.add(*from, &missing),
                Hold::Yes(terms) => held.push((*from, terms.and(&best.terms).given(method.given.as_deref()), method)),
            }
        }
    }
    // Whoever changes it, and may be it for all that was seen.
    for from in candidates.iter().filter(|from| !ways.contains_key(from)) {
        let missing = hidden.of.get(from).into_iter().flatten().chain(&hidden.missing).cloned().collect::<Vec<_>>();
        let holds = |((_, need, _), on): &(&Changing, String)| asker.holds(*from, &need.action, &Target::one(on), &request()) != Hold::No;
        if !missing.is_empty() && near.iter().any(holds) {
            unseen.add(*from, &missing);
        }
    }
    let mut ways = Some(ways);
    let mut shared: Vec<(&'static Method, Rc<Change>)> = Vec::new();
    let mut best = Vec::new();
    for (from, terms, method) in held {
        let change = match shared.iter().find(|(known, _)| *known == method) {
            Some((_, change)) => change.clone(),
            None => {
                let ways = shared.first().map(|(_, change)| change.ways.clone()).or_else(|| ways.take()).unwrap_or_default();
                let change = Rc::new(Change { method, target: pid, ways });
                shared.push((method, change.clone()));
                change
            }
        };
        best.push((from, Best { cost: (terms.is_open(), true, 2), next: Next::Changes(change), terms }));
    }
    best
}

/// What a right over an identity is held on.
fn resources(index: &Index<'_>, target: &Principal, on: On) -> Vec<String> {
    match on {
        On::Another => vec![target.arn.to_string()],
        On::PolicyOfAnother => attached(index, target),
        On::GroupOfAnother => groups(index, target).into_iter().map(|(arn, _)| arn).collect(),
        _ => Vec::new(),
    }
}

impl Somewhere {
    /// Whether it may be held on a resource.
    fn may_be_on(&self, arn: &str) -> bool {
        self.within.as_ref().is_none_or(|within| within.is_empty() || within.iter().any(|pattern| pattern.matches(arn)))
    }
}
