//! Who has every right, or can take it: full administrators, and the methods by which an identity grants itself what it likes.

use std::collections::{BTreeMap, BTreeSet};

use super::super::allowance::{Policies, is_aws_owned};
use super::super::decide::{Principal, Target, Who};
use super::super::escalation::{Gain, Method, Need, On, methods};
use super::super::excess::{GRANTING, Yardstick};
use super::super::ground::Ground;
use super::super::{access, action};
use super::asker::{Asker, Pid, request};
use super::hold::{Hold, Terms};
use super::steps::Trusted;
use crate::facts::Index;
use crate::finding::Missing;
use crate::model::iam::{Group, Role, User};

/// Those who hold everything on everything, as the fact kind `principal` says it.
pub fn administrators<'a>(index: &Index<'a>, access: &access::Access<'_>, policies: &Policies<'a>, ground: &Ground) -> Vec<Principal> {
    // Only who holds some right to grant rights can.
    let mut candidates = BTreeSet::new();
    for action in GRANTING {
        let found = access.who_can(action, &Target::any("*"), &request());
        candidates.extend(found.decisions.into_iter().map(|(principal, _)| principal));
    }
    let yardstick = Yardstick::new();
    let is_admin = |principal: &Principal| {
        let allowance = match principal.who {
            Who::User => index.find::<User>("global", &principal.arn).value().copied().flatten().map(|user| policies.of_user(user)),
            Who::Role => index.find::<Role>("global", &principal.arn).value().copied().flatten().map(|role| policies.of_role(role, |_| false)),
            _ => None,
        };
        let found = allowance.map(|allowance| yardstick.full_admin(&allowance, ground));
        found.is_some_and(|found| found.value().is_some_and(|found| !found.is_empty()))
    };
    candidates.into_iter().filter(|principal| !principal.is_service_linked() && is_admin(principal)).collect()
}

/// Who can take every right, by which method.
#[derive(Default)]
pub struct Takers {
    /// The easiest method of each.
    pub all: BTreeMap<Pid, (&'static Method, Terms)>,
    /// What was not seen of somebody who may.
    pub unseen: Vec<(Pid, Vec<Missing>)>,
}

/// Finds them. Meets only those who hold some right of a method.
pub fn takers(index: &Index<'_>, asker: &Asker<'_>) -> Takers {
    let finder = Finder { index, asker };
    let mut takers = Takers::default();
    for method in methods().iter().filter(|method| method.gives == Gain::AnyRight) {
        let Some(first) = method.needs.first() else { continue };
        let candidates = asker.anywhere(&first.action, None);
        for pid in candidates.keys() {
            let known = takers.all.get(pid);
            if known.is_some_and(|(_, terms)| !terms.is_open()) {
                continue;
            }
            match finder.holds(method, *pid) {
                Hold::No => {}
                Hold::Unseen(missing) => takers.unseen.push((*pid, missing)),
                Hold::Yes(terms) => {
                    let terms = terms.given(method.given.as_deref());
                    if known.is_none() || !terms.is_open() {
                        takers.all.insert(*pid, (method, terms));
                    }
                }
            }
        }
    }
    takers
}

struct Finder<'f, 'a> {
    index: &'a Index<'a>,
    asker: &'f Asker<'a>,
}

impl Finder<'_, '_> {
    fn holds(&self, method: &'static Method, pid: Pid) -> Hold {
        let principal = self.asker.principal(pid);
        let on = |wanted: On| method.needs.iter().any(|need| need.on == wanted);
        if on(On::Role) {
            let assumed = method.needs.iter().any(|need| need.action == "sts:AssumeRole");
            let assumable = |role: &Role| !assumed || role.trust.known().is_none_or(|trust| Trusted::of(trust).principals);
            let roles = self.index.all::<Role>().iter().filter(|role| role.id.arn != principal.arn && assumable(&role.fields));
            return self.some_target(method, pid, roles.map(|role| &*role.id.arn));
        }
        if on(On::User) {
            let users = self.index.all::<User>().iter().filter(|user| user.id.arn != principal.arn);
            return self.some_target(method, pid, users.map(|user| &*user.id.arn));
        }
        if on(On::Itself) || on(On::OwnPolicy) || on(On::OwnGroup) {
            return method.needs.iter().map(|need| self.own(pid, &principal, need)).reduce(|all, one| all.and(&one)).unwrap_or(Hold::No);
        }
        let actions: Vec<&'static str> = method.needs.iter().map(|need| need.action.as_str()).collect();
        self.asker.holds_anywhere(pid, &actions)
    }

    /// A right to what is its own.
    fn own(&self, pid: Pid, principal: &Principal, need: &Need) -> Hold {
        let arns = match need.on {
            On::Itself => vec![principal.arn.to_string()],
            On::OwnPolicy => self.policies(principal),
            On::OwnGroup => self.groups(principal).into_iter().map(|(arn, _)| arn).collect(),
            _ => Vec::new(),
        };
        // An action on users is nothing to a role.
        let taken = arns.into_iter().filter(|arn| action::lookup(&need.action).is_some_and(|action| action.takes(arn)));
        taken.map(|arn| self.asker.holds(pid, &need.action, &Target::one(&arn), &request())).reduce(Hold::or).unwrap_or(Hold::No)
    }

    /// The customer-managed policies that are attached to it, also through groups.
    fn policies(&self, principal: &Principal) -> Vec<String> {
        let role = self.index.find::<Role>("global", &principal.arn).value().copied().flatten();
        let user = self.index.find::<User>("global", &principal.arn).value().copied().flatten();
        let own = role.and_then(|role| role.fields.attached_policies.known()).or(user.and_then(|user| user.fields.attached_policies.known()));
        let mut all: Vec<String> = own.into_iter().flatten().cloned().collect();
        all.extend(self.groups(principal).into_iter().flat_map(|(_, policies)| policies));
        all.retain(|arn| !is_aws_owned(arn));
        all
    }

    /// The groups of a user, each with its policies.
    fn groups(&self, principal: &Principal) -> Vec<(String, Vec<String>)> {
        let user = self.index.find::<User>("global", &principal.arn).value().copied().flatten();
        let names = user.and_then(|user| user.fields.groups.known()).into_iter().flatten();
        let groups = names.filter_map(|name| self.index.find::<Group>("global", name).value().copied().flatten());
        groups.map(|group| (group.id.arn.to_string(), group.fields.attached_policies.known().cloned().unwrap_or_default())).collect()
    }

    /// All rights of a method on one and the same user or role.
    fn some_target<'t>(&self, method: &'static Method, pid: Pid, targets: impl Iterator<Item = &'t str>) -> Hold {
        let mut wide = Vec::new();
        for need in method.needs.iter().filter(|need| need.action != "sts:AssumeRole") {
            let anywhere = self.asker.anywhere(&need.action, None);
            let Some(found) = anywhere.get(&pid) else { return Hold::No };
            wide.push(found.within.clone());
        }
        let near = |arn: &&str| wide.iter().flatten().all(|within| within.is_empty() || within.iter().any(|pattern| pattern.matches(arn)));
        let mut best = Hold::No;
        for arn in targets.filter(near) {
            let target = Target::one(arn);
            let each = method.needs.iter().map(|need| self.asker.holds(pid, &need.action, &target, &request()));
            best = best.or(each.reduce(|all, one| all.and(&one)).unwrap_or(Hold::No));
            if best.terms().is_some_and(|terms| !terms.is_open()) {
                break;
            }
        }
        best
    }
}
