//! One principal turning into another: by assuming a role, or by a method of escalation. Answered for one target at a time, and remembered.
//!
//! Whoever may pass any role to a service turns into each role that trusts the service: to keep the steps few, the service stands between.
//!
//! Which functions, instances and builds run as which roles is not in a snapshot: methods that take over something that runs are left out.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use iam_eval::document::{Document, Effect};
use iam_eval::principal_element::{NamedPrincipal, service_of};
use iam_eval::{Principal, PrincipalType, Target, action, serves_the_public};

use super::super::access::Obstacle;
use super::super::allowance::is_aws_owned;
use super::super::escalation::{Gain, Method, On, methods};
use super::super::guest::{Guests, UNSAID, guests};
use super::super::trust::{saml_providers, unbound_issuers};
use super::alike::Alike;
use super::asker::{Asker, Pid, request};
use super::entries::{Entries, Entry, Shared, Turn};
use super::freeing::Freeing;
use super::hold::{Hold, Terms};
use crate::evidence::{Index, Missing};
use crate::model::Resource;
use crate::model::iam::{Role, User};

/// How anyone assumes a role of a Cognito identity pool that takes guests.
const GUEST: &str = "as a guest of an Amazon Cognito identity pool";

/// Methods, each with whether its other rights are held.
type Runs = Vec<(&'static Method, Hold)>;

/// Finds steps.
pub(super) struct Steps<'a> {
    index: &'a Index<'a>,
    asker: &'a Asker<'a>,
    known: RefCell<HashMap<Pid, Rc<Entries>>>,
    alike: Alike<'a>,
    /// What somebody can have a service run, by which method.
    runs: RefCell<HashMap<(Pid, &'static str), Runs>>,
}

impl<'a> Steps<'a> {
    /// None is known yet.
    pub(super) fn new(index: &'a Index<'a>, asker: &'a Asker<'a>) -> Self {
        Self { index, asker, known: RefCell::default(), alike: Alike::default(), runs: RefCell::default() }
    }

    /// The steps into a principal; none into those of other accounts.
    pub(super) fn entries(&self, pid: Pid) -> Rc<Entries> {
        if let Some(known) = self.known.borrow().get(&pid) {
            return known.clone();
        }
        let principal = self.asker.principal(pid);
        let done = Rc::new(match principal.who {
            PrincipalType::User | PrincipalType::Role if principal.freed() != 0 => self.enter_freed(&principal),
            _ => Entries { shared: self.enter(&principal), itself: vec![pid], own: Shared::default() },
        });
        self.known.borrow_mut().insert(pid, done.clone());
        done
    }

    /// The steps into a principal, and into all that are like it.
    fn enter(&self, principal: &Principal) -> Rc<Shared> {
        let find = || {
            let mut found = Found::new(self.asker);
            match principal.who {
                PrincipalType::Service if principal.acts_for().is_none() => self.enter_service(&mut found, principal),
                PrincipalType::Group if self.asker.is_own(principal) => self.enter_group(&mut found, principal),
                PrincipalType::Role if self.asker.is_own(principal) => self.enter_role(&mut found, principal),
                PrincipalType::User if self.asker.is_own(principal) => self.targets(&mut found, On::User, principal),
                _ => {}
            }
            found.done()
        };
        let likeness = match principal.who {
            PrincipalType::Role if self.asker.is_own(principal) => self.alike.role(self.asker, principal, self.trust(principal)),
            PrincipalType::User if self.asker.is_own(principal) => self.alike.user(self.asker, principal),
            _ => None,
        };
        self.alike.shared(likeness, find)
    }

    /// The trust policy of a role, where it was seen.
    fn trust(&self, principal: &Principal) -> Option<&'a Document> {
        self.index.find::<Role>("global", &principal.arn).value().copied().flatten().and_then(|role| role.fields.trust.known())
    }

    fn enter_role(&self, found: &mut Found<'_, '_>, principal: &Principal) {
        let role = self.index.find::<Role>("global", &principal.arn).value().copied().flatten();
        let trust = role.and_then(|role| role.fields.trust.known());
        let trusted = trust.map(Trusted::new);
        if trusted.as_ref().is_none_or(|trusted| trusted.principals) {
            found.ask(Turn::Assume, "sts:AssumeRole", &Target::one(&principal.arn));
            // Whoever comes with a token or an assertion needs no right of his own.
            for action in ["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"] {
                found.ask_outside(Turn::Assume, action, &Target::one(&principal.arn));
            }
        } else {
            for (pid, hold) in self.asker.acting("sts:AssumeRole", &Target::one(&principal.arn), &request()) {
                found.add(pid, Turn::Assume, hold, None);
            }
        }
        if let (Some(role), Some(trust)) = (role, trust) {
            self.enter_as_guest(found, trust, role);
            self.enter_by_token(found, trust, role);
            self.enter_by_provider(found, trust, role);
        }
        self.targets(found, On::Role, principal);
        let Some(trusted) = trusted else { return };
        let services: BTreeSet<&'static str> =
            methods().iter().filter(|method| method.gives == Gain::PassedRole).filter_map(|method| method.service.as_deref()).collect();
        for service in services.into_iter().filter(|service| service_of(service).is_some_and(|service| trusted.services.contains(&service))) {
            if let Ok(runs) = Principal::parse(service) {
                found.add(self.asker.number(&runs), Turn::Run, Hold::Yes(Terms::default()), None);
            }
            let some = self.asker.who_by_parts("iam:PassRole", &Target::one(&principal.arn), Some(service));
            for (pid, hold) in some.all {
                self.passes(found, pid, &hold, service);
            }
        }
    }

    /// A guest of a Cognito identity pool is anyone.
    fn enter_as_guest(&self, found: &mut Found<'_, '_>, trust: &Document, role: &Resource<Role>) {
        match guests(trust, &role.id, self.index.now()) {
            Guests::Shut => {}
            Guests::Unsaid => found.entries.missing.push(Missing::Outside(UNSAID.to_owned())),
            Guests::Welcome => {
                let terms = Terms { how: [GUEST.to_owned()].into(), guest: true, ..Terms::default() };
                if let Ok(anyone) = Principal::parse("anonymous") {
                    found.add(self.asker.number(&anyone), Turn::Assume, Hold::Yes(terms), None);
                }
            }
        }
    }

    /// Whoever has a token of an issuer of OpenID Connect, where no condition says whose: that is anyone, or everyone whom the issuer admits.
    fn enter_by_token(&self, found: &mut Found<'_, '_>, trust: &Document, role: &Resource<Role>) {
        for issuer in unbound_issuers(trust, &role.id, self.index.now()) {
            let public = serves_the_public(&issuer);
            let who = if public { Principal::parse("anonymous").unwrap_or_else(|_| Principal::stranger()) } else { Principal::federated(&issuer) };
            let terms = Terms { how: public.then(|| format!("with a token that anyone gets of {issuer}")).into_iter().collect(), ..Terms::default() };
            found.add(self.asker.number(&who), Turn::Assume, Hold::Yes(terms), None);
        }
    }

    /// Whoever may write what a SAML provider of the account signs its assertions with: he signs those that the role takes.
    fn enter_by_provider(&self, found: &mut Found<'_, '_>, trust: &Document, role: &Resource<Role>) {
        for provider in saml_providers(trust, &role.id, self.index.now()) {
            let target = Target::one(&provider);
            for method in methods().iter().filter(|method| method.needs.iter().any(|need| need.on == On::Provider)) {
                let Some((first, rest)) = method.needs.split_first() else { continue };
                for (pid, hold) in self.asker.who_by_identity(&first.action, &target).all {
                    let also = rest.iter().map(|need| self.asker.holds(pid, &need.action, &target, &request()));
                    found.add(pid, Turn::Method(method), also.fold(hold, |all, one| all.and(&one)), method.given.as_deref());
                }
            }
        }
    }

    /// Whoever may pass any role to a service, and have it run something.
    fn enter_service(&self, found: &mut Found<'_, '_>, principal: &Principal) {
        let named = methods().iter().filter_map(|method| method.service.as_deref()).find(|service| **service == *principal.arn);
        let Some(service) = named else { return };
        for (pid, some) in self.asker.anywhere("iam:PassRole", Some(service)).iter().filter(|(_, some)| some.within.is_none()) {
            self.passes(found, *pid, &some.hold, service);
        }
    }

    /// Every method by which somebody who may pass a role has a service run as it.
    fn passes(&self, found: &mut Found<'_, '_>, pid: Pid, hold: &Hold, service: &'static str) {
        let mut known = self.runs.borrow_mut();
        let runs = known.entry((pid, service)).or_insert_with(|| {
            let ours = methods().iter().filter(|method| method.gives == Gain::PassedRole && method.service.as_deref() == Some(service));
            let rest = |method: &'static Method| -> Vec<&'static str> {
                method.needs.iter().filter(|need| need.on != On::PassedRole).map(|need| need.action.as_str()).collect()
            };
            ours.map(|method| (method, self.asker.holds_anywhere(pid, &rest(method)))).filter(|(_, rest)| *rest != Hold::No).collect()
        });
        for (method, rest) in runs.iter() {
            found.add(pid, Turn::Method(method), hold.clone().and(rest), method.given.as_deref());
        }
    }

    /// Whoever may join the group, or put in a user that it can become. Members have what it gives as their own.
    fn enter_group(&self, found: &mut Found<'_, '_>, principal: &Principal) {
        for method in methods().iter().filter(|method| method.gives == Gain::Group) {
            let Some(join) = method.needs.iter().find(|need| need.on == On::Group) else { continue };
            let other = method.needs.iter().find(|need| need.on == On::User);
            for (pid, hold) in self.asker.who_by_identity(&join.action, &Target::one(&principal.arn)).all {
                let joiner = self.asker.principal(pid);
                let hold = match other {
                    None if method.users && !matches!(joiner.who, PrincipalType::User | PrincipalType::Group) => continue,
                    None => hold,
                    Some(need) => {
                        let users = self.index.all::<User>().iter().filter(|user| *user.id.arn != *joiner.arn);
                        let each = users.map(|user| self.asker.holds(pid, &need.action, &Target::one(&user.id.arn), &request()));
                        hold.and(&each.reduce(Hold::or).unwrap_or(Hold::No))
                    }
                };
                // What a group gives, the boundary of its member bounds.
                let bounded = other.is_none() && self.boundary(&joiner) != Some(None);
                let hold = if bounded { hold.and(&Hold::Yes(Terms::default().given(Some("its permissions boundary lets it")))) } else { hold };
                found.add(pid, Turn::Method(method), hold, method.given.as_deref());
            }
        }
    }

    /// Who takes away what stands in its way: it itself, one thing after the other, or whoever can be it.
    fn enter_freed(&self, principal: &Principal) -> Entries {
        let ways = self.ways_to_free(principal);
        let mut own = Found::new(self.asker);
        for way in &ways {
            own.add(way.itself, Turn::Method(way.method), way.hold(self.asker, way.itself), way.method.given.as_deref());
        }
        let find = |but: &[Pid]| {
            let mut found = Found::new(self.asker);
            for way in &ways {
                for entry in way.before.shared.steps.iter().filter(|entry| !but.contains(&entry.from)) {
                    let hold = way.hold(self.asker, entry.from).and(&Hold::Yes(entry.terms.clone()));
                    found.add(entry.from, Turn::Method(way.method), hold, way.method.given.as_deref());
                }
            }
            found.done()
        };
        let itself: Vec<Pid> = self.asker.access.shapes_of(principal).iter().map(|shape| self.asker.number(shape)).collect();
        let shared = self.alike.shared(self.alike.freed(self.asker, &ways), || find(&[]));
        // Of whom it itself would be, nothing need be seen.
        let shared = if shared.unseen.is_empty() { shared } else { Rc::new(find(&itself)) };
        Entries { shared, itself, own: own.done() }
    }

    /// Every right by which one thing is taken away that stands in its way.
    fn ways_to_free(&self, principal: &Principal) -> Vec<Freeing> {
        let mut ways = Vec::new();
        for (bit, obstacle) in self.asker.access.freed_of(principal) {
            let itself = self.asker.number(&principal.clone().free_of(principal.freed() & !bit));
            let before = self.entries(itself);
            for method in methods().iter().filter(|method| method.gives == Gain::Unbound) {
                for need in &method.needs {
                    let on = self.taken_away_on(need.on, &obstacle, principal);
                    let on = on.filter(|on| action::lookup(&need.action).is_some_and(|action| action.takes(on)));
                    ways.extend(on.map(|on| Freeing { method, action: &need.action, on: Target::one(&on), itself, before: before.clone() }));
                }
            }
        }
        ways
    }

    /// On what the right to take one thing away is held; `None` where it takes away another.
    fn taken_away_on(&self, on: On, obstacle: &Obstacle, principal: &Principal) -> Option<String> {
        match (on, obstacle) {
            (On::Itself, Obstacle::Boundary) => Some(principal.arn.to_string()),
            (On::OwnBoundary, Obstacle::Boundary) => self.boundary(&principal.clone().free_of(0)).flatten().filter(|arn| !is_aws_owned(arn)),
            _ if obstacle.on() == Some(on) => Some(obstacle.place(&principal.arn).to_owned()),
            _ => None,
        }
    }

    /// The permissions boundary of a user or role; `None` where it was not seen.
    fn boundary(&self, principal: &Principal) -> Option<Option<String>> {
        if principal.who == PrincipalType::Group || self.asker.access.is_free_of(principal, &Obstacle::Boundary) {
            return Some(None);
        }
        let user = self.index.find::<User>("global", &principal.arn).value().copied().flatten();
        let role = self.index.find::<Role>("global", &principal.arn).value().copied().flatten();
        user.and_then(|user| user.fields.boundary.known()).or_else(|| role.and_then(|role| role.fields.boundary.known())).cloned()
    }

    /// The methods that take over a user or role by its ARN.
    fn targets(&self, found: &mut Found<'_, '_>, on: On, principal: &Principal) {
        for method in methods().iter().filter(|method| method.gives == Gain::Target) {
            // One right each: a test of the methods holds it.
            for need in method.needs.iter().filter(|need| need.on == on) {
                for (pid, hold) in self.asker.who_by_identity(&need.action, &Target::one(&principal.arn)).all {
                    found.add(pid, Turn::Method(method), hold, method.given.as_deref());
                }
            }
        }
    }
}

/// The steps into principals that are alike, in the making: the easiest of each who takes one.
struct Found<'f, 'a> {
    asker: &'f Asker<'a>,
    entries: Shared,
    best: BTreeMap<Pid, Entry>,
}

impl<'f, 'a> Found<'f, 'a> {
    fn new(asker: &'f Asker<'a>) -> Self {
        Self { asker, entries: Shared::default(), best: BTreeMap::new() }
    }

    fn ask(&mut self, turn: Turn, action: &str, target: &Target) {
        let found = self.asker.who(action, target, &request());
        self.entries.missing.extend(found.missing);
        for (pid, hold) in self.asker.without_the_covered(found.all) {
            self.add(pid, turn, hold, None);
        }
    }

    /// Of those from outside alone.
    fn ask_outside(&mut self, turn: Turn, action: &str, target: &Target) {
        let found = self.asker.who_outside(action, target, &request());
        self.entries.missing.extend(found.missing);
        for (pid, hold) in self.asker.without_the_covered(found.all) {
            self.add(pid, turn, hold, None);
        }
    }

    fn add(&mut self, from: Pid, turn: Turn, hold: Hold, given: Option<&str>) {
        let terms = match hold {
            Hold::No => return,
            Hold::Unseen(missing) => return self.entries.unseen.push((from, missing)),
            Hold::Yes(terms) => terms.given(given),
        };
        let rank = |turn: Turn, terms: &Terms| (terms.is_open(), turn != Turn::Assume);
        let better = |known: &Entry| rank(turn, &terms) < rank(known.turn, &known.terms);
        if self.best.get(&from).is_none_or(better) {
            self.best.insert(from, Entry { from, turn, terms });
        }
    }

    fn done(mut self) -> Shared {
        self.entries.steps = self.best.into_values().collect();
        self.entries
    }
}

/// Whom a trust policy may let in.
pub(super) struct Trusted {
    /// Users and roles, of this account or another.
    pub principals: bool,
    services: BTreeSet<String>,
}

impl Trusted {
    /// Reads who is named; conditions and Deny statements are left to the evaluator.
    pub(super) fn new(document: &Document) -> Self {
        let mut all = Self { principals: false, services: BTreeSet::new() };
        for statement in document.statement.iter().filter(|statement| statement.effect == Effect::Allow) {
            let Some(principals) = &statement.principal else {
                all.principals = true;
                continue;
            };
            for whom in NamedPrincipal::of(principals) {
                match whom {
                    NamedPrincipal::Service(name) => all.services.extend(service_of(&name)),
                    NamedPrincipal::Anyone | NamedPrincipal::Account { .. } => all.principals = true,
                    NamedPrincipal::Federated(_) | NamedPrincipal::Stranger(_) | NamedPrincipal::Deleted(_) => {}
                }
            }
        }
        all
    }
}
