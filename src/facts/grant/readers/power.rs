//! Who has every right, or can take it: full administrators, and the methods by which an identity grants itself what it likes.

use std::collections::{BTreeMap, BTreeSet};

use iam_eval::{Principal, PrincipalType, Target, action};

use super::super::access::{Access, Obstacle};
use super::super::allowance::{Policies, is_aws_owned};
use super::super::escalation::{Gain, Method, Need, On, methods};
use super::super::excess::{GRANTING, Yardstick};
use super::super::ground::Ground;
use super::asker::{Asker, Pid, request};
use super::hold::{Hold, Terms};
use crate::evidence::{Index, Missing};
use crate::model::iam::{Group, Role, User};

/// Full administrators.
#[derive(Default)]
pub(super) struct Administrators {
    /// Those who hold everything on everything, as the fact kind `principal` says it.
    pub all: Vec<Principal>,
    /// Those of whom something was not seen that may make them one.
    pub unseen: Vec<(Principal, Vec<Missing>)>,
}

impl Administrators {
    /// Finds them. Only who holds some right to grant rights can be one.
    pub(super) fn new<'a>(index: &Index<'a>, access: &Access<'_>, policies: &Policies<'a>, ground: &Ground) -> Self {
        let mut candidates = BTreeSet::new();
        for action in GRANTING {
            let found = access.who_can(action, &Target::any("*"), &request());
            candidates.extend(found.decisions.into_iter().map(|(principal, _)| principal));
        }
        let (yardstick, mut found) = (Yardstick::new(), Self::default());
        for principal in candidates.into_iter().filter(|principal| !principal.is_service_linked()) {
            let allowance = match principal.who {
                PrincipalType::User => index.find::<User>("global", &principal.arn).value().copied().flatten().map(|user| policies.of_user(user)),
                PrincipalType::Group => {
                    index.find::<Group>("global", &principal.arn).value().copied().flatten().map(|group| policies.of_group(group))
                }
                PrincipalType::Role => {
                    index.find::<Role>("global", &principal.arn).value().copied().flatten().map(|role| policies.of_role(role, |_| false))
                }
                _ => None,
            };
            let Some(allowance) = allowance else { continue };
            let allowance = if access.is_free_of(&principal, &Obstacle::Boundary) { allowance.without_boundary() } else { allowance };
            let admin = yardstick.full_admin(&allowance, ground);
            if admin.value().is_some_and(|statements| !statements.is_empty()) {
                found.all.push(principal);
            } else if !admin.missing().is_empty() {
                found.unseen.push((principal, admin.missing().to_vec()));
            }
        }
        found
    }

    /// Each once: who is one as things stand takes nothing out of his way.
    pub(super) fn themselves(&self) -> impl Iterator<Item = &Principal> {
        let plain: BTreeSet<&str> = self.all.iter().filter(|principal| principal.freed() == 0).map(|principal| &*principal.arn).collect();
        self.all.iter().filter(move |principal| principal.freed() == 0 || !plain.contains(&*principal.arn))
    }
}

/// Who can take every right, by which method.
#[derive(Default)]
pub(super) struct Takers {
    /// The easiest method of each.
    pub all: BTreeMap<Pid, (&'static Method, Terms)>,
    /// What was not seen of somebody who may.
    pub unseen: Vec<(Pid, Vec<Missing>)>,
}

/// Finds them. Meets only those who hold some right of a method.
pub(super) fn takers(index: &Index<'_>, asker: &Asker<'_>) -> Takers {
    let finder = Finder { index, asker };
    let mut takers = Takers::default();
    // Those over another identity are found with the ways into it.
    let of_another = |method: &&Method| method.needs.iter().any(|need| need.on.is_of_another());
    for method in methods().iter().filter(|method| method.gives == Gain::AnyRight && !of_another(method)) {
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
        if method.users && !matches!(principal.who, PrincipalType::User | PrincipalType::Group) {
            return Hold::No;
        }
        let on = |wanted: On| method.needs.iter().any(|need| need.on == wanted);
        if on(On::Group) {
            return self.some_target(method, pid, self.index.all::<Group>().iter().map(|group| &*group.id.arn));
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
            On::OwnPolicy => attached(self.index, principal),
            On::OwnGroup => groups(self.index, principal).into_iter().map(|(arn, _)| arn).collect(),
            _ => Vec::new(),
        };
        // An action on users is nothing to a role.
        let taken = arns.into_iter().filter(|arn| action::lookup(&need.action).is_some_and(|action| action.takes(arn)));
        taken.map(|arn| self.asker.holds(pid, &need.action, &Target::one(&arn), &request())).reduce(Hold::or).unwrap_or(Hold::No)
    }

    /// All rights of a method on one and the same group.
    fn some_target<'t>(&self, method: &'static Method, pid: Pid, targets: impl Iterator<Item = &'t str>) -> Hold {
        let mut wide = Vec::new();
        for need in &method.needs {
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

/// The customer-managed policies that are attached to a user, group or role, also through groups.
pub(super) fn attached(index: &Index<'_>, principal: &Principal) -> Vec<String> {
    let role = index.find::<Role>("global", &principal.arn).value().copied().flatten();
    let user = index.find::<User>("global", &principal.arn).value().copied().flatten();
    let own = role.and_then(|role| role.fields.attached_policies.known()).or(user.and_then(|user| user.fields.attached_policies.known()));
    let mut all: Vec<String> = own.into_iter().flatten().cloned().collect();
    all.extend(groups(index, principal).into_iter().flat_map(|(_, policies)| policies));
    all.retain(|arn| !is_aws_owned(arn));
    all
}

/// The groups of a user, each with its policies; of a group, itself.
pub(super) fn groups(index: &Index<'_>, principal: &Principal) -> Vec<(String, Vec<String>)> {
    let user = index.find::<User>("global", &principal.arn).value().copied().flatten();
    let names = user.and_then(|user| user.fields.groups.known()).into_iter().flatten();
    let group = |name: &str| index.find::<Group>("global", name).value().copied().flatten();
    let own = (principal.who == PrincipalType::Group).then(|| group(&principal.arn)).flatten();
    let groups = names.filter_map(|name| group(name)).chain(own);
    groups.map(|group| (group.id.arn.to_string(), group.fields.attached_policies.known().cloned().unwrap_or_default())).collect()
}
