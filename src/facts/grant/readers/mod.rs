//! Who can read the data (7.2.2, 7.2.5, 7.2.6): for every store, bucket, secret, key and task of a pipeline, the users, roles and outsiders
//! that can read, unlock or re-route it: directly, by assuming roles, or by a method of escalation.
//!
//! Source: PCI DSS 4.0.1 7.2.2, 7.2.5, 7.2.6; the methods name theirs. It is an upper bound: organization policies are not in a snapshot.
//! Grants inside a database are not, either, nor is what runs as which role.

mod alike;
mod asker;
mod becoming;
mod change;
mod datum;
mod declared;
mod entries;
mod freeing;
pub mod hold;
mod power;
mod steps;
#[cfg(test)]
mod tests;
mod way;
mod ways;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use self::asker::{Asker, Pid};
pub use self::becoming::{Becoming, Entrance, wideness};
use self::datum::Datum;
use self::declared::Declared;
use self::steps::Steps;
use self::way::{Best, Unseen};
use self::ways::Finder;
use self::words::{Told, called, kind, tell};
use super::DATA_ACCESS;
use super::allowance::Policies;
use super::escalation::Gain;
use super::ground::Ground;
use super::identity_provider;
use super::known_parties::KnownParties;
use super::trust::{admits_people, trust};
use crate::evidence::{Derived, FieldRef, Missing, observe};
use crate::facts::{FactContext, Subject};
use crate::model::Kind;
use crate::model::iam::{Role, User};
use iam_eval::principal_element::NamedPrincipal;
use iam_eval::{Principal, PrincipalType};

/// So many administrators are listed one by one.
const ADMINISTRATORS: usize = 10;
/// So many of a list are named.
const NAMED: usize = 50;
/// So many principals bring their policies along as evidence.
const WITNESSES: usize = 10;

/// The subjects of `data-access` and `identity-provider`, and who becomes an administrator.
pub fn derive<'a>(ctx: &FactContext<'a>, policies: &Policies<'a>, ground: &Ground) -> (Vec<Subject>, Becoming) {
    let known = KnownParties::new(ctx);
    let asker = Asker::new(&policies.library, known.groups(&ctx.index.snapshot.caller.account));
    let administrators = power::Administrators::new(ctx.index, &asker.access, policies, ground);
    asker.know(administrators.all.iter().cloned());
    let steps = Steps::new(ctx.index, &asker);
    let takers = power::takers(ctx.index, &asker);
    let finder = Finder::new(ctx.index, &asker, &steps, &administrators, takers);
    let hidden = ctx.index.snapshot.regions.iter().filter(|region| ctx.index.hides(Kind::IamRole, region));
    let unwired = hidden.map(|region| Missing::Members { kind: Kind::IamRole, region: region.as_str().into() }).collect();
    let lists = [Kind::IamUser, Kind::IamGroup, Kind::IamRole].map(|kind| ctx.index.list(kind, "global"));
    let judge = Judge { ctx, asker: &asker, finder: &finder, declared: Declared::new(ctx), unwired, lists };
    let becoming = judge.becoming();
    let data = Datum::all(ctx);
    if data.is_empty() {
        return (Vec::new(), becoming);
    }
    let mut roles = BTreeSet::new();
    let mut subjects: Vec<Subject> = data.iter().map(|datum| judge.subject(datum, &mut roles)).collect();
    roles.extend(finder.administrators().keys());
    let own = roles.into_iter().map(|pid| asker.principal(pid)).filter(|principal| asker.is_own(principal) && principal.who == PrincipalType::Role);
    subjects.extend(identity_provider::derive(ctx, &own.map(|role| role.arn.to_string()).collect()));
    (subjects, becoming)
}

/// Tells the meant from the others.
struct Judge<'j, 'a> {
    ctx: &'j FactContext<'a>,
    asker: &'j Asker<'a>,
    finder: &'j Finder<'j, 'a>,
    declared: Declared<'j, 'a>,
    /// What could not be read and may use roles: then nobody can say of a role that no pipeline uses it.
    unwired: Vec<Missing>,
    /// The lists of those who could come in: that nobody else does rests on them.
    lists: [FieldRef; 3],
}

/// Those whom nobody declared, by what they come to, each in words with the principals on the way.
#[derive(Default)]
struct Lists {
    readers: BTreeMap<String, Vec<Pid>>,
    may_read: BTreeMap<String, Vec<Pid>>,
    escalators: BTreeMap<String, Vec<Pid>>,
    may_escalate: BTreeMap<String, Vec<Pid>>,
    takeovers: BTreeMap<String, Vec<Pid>>,
    reroutes: BTreeMap<String, Vec<Pid>>,
    may_reroute: BTreeMap<String, Vec<Pid>>,
    /// The users and roles of the account among them.
    roles: BTreeSet<Pid>,
}

impl Judge<'_, '_> {
    /// Judges one datum, and notes everyone with a way to it.
    fn subject(&self, datum: &Datum, met: &mut BTreeSet<Pid>) -> Subject {
        let (gains, mut unseen) = self.finder.ways(datum);
        let mut rows = self.administrators(datum);
        let mut lists = Lists::default();
        let (mut certain, mut anyone, mut outside) = (BTreeSet::new(), false, false);
        for (gain, ways) in &gains {
            met.extend(ways.keys());
            for (pid, best) in ways {
                let principal = self.asker.principal(*pid);
                // A service for nobody's sake only stands between, and so does whoever is nobody yet.
                if stands_between(&principal) {
                    continue;
                }
                let told = tell(self.finder, ways, *pid);
                let declared = self.is_declared(&principal, datum, &told);
                rows.insert((called(self.asker, &principal), right(*gain)), self.row(&principal, declared, *gain, &told, best));
                if !best.cost.0 {
                    certain.insert(*pid);
                }
                let reads = *gain != Gain::ReRoute && !best.cost.0 && !best.cost.1;
                anyone |= reads && !best.terms.bound && kind(self.asker, &principal) == "anyone";
                outside |= reads && !declared && self.is_outside(&principal);
                if !declared && !self.unwired.is_empty() && principal.who == PrincipalType::Role && self.asker.is_own(&principal) {
                    unseen.missing.extend_from_slice(&self.unwired);
                } else if !declared {
                    lists.roles.extend(self.asker.is_own(&principal).then_some(*pid));
                    lists.sort(*gain, best, told);
                }
            }
        }
        // An outsider who becomes an administrator is no administrator that no-full-admin could name.
        let outsiders = self.finder.administrators();
        for (pid, best) in outsiders {
            let principal = self.asker.principal(*pid);
            let told = tell(self.finder, outsiders, *pid);
            if stands_between(&principal) || self.is_at_home(&principal) || self.is_declared(&principal, datum, &told) {
                continue;
            }
            if !best.cost.0 {
                certain.insert(*pid);
                outside |= self.is_outside(&principal);
                anyone |= !best.terms.bound && kind(self.asker, &principal) == "anyone";
            }
            lists.sort(datum.main_gain(), best, told);
        }
        // That nobody at all comes in is known only where every door was seen, those of declared readers too.
        let doors: BTreeSet<Missing> = unseen.missing.iter().chain(unseen.of.values().flatten()).filter(|_| !anyone).cloned().collect();
        let doors: Vec<Missing> = doors.into_iter().collect();
        let anyone = self.known(datum, anyone, &doors);
        let outside = self.known(datum, outside, if outside { &[] } else { &doors });
        let missing = self.missing(datum, unseen, &certain);
        let list = |found: &BTreeMap<String, Vec<Pid>>| self.conclude(datum, found, &missing);
        Subject::new(DATA_ACCESS.name, datum.about.clone())
            .with("access", self.known(datum, rows.into_values().collect::<Vec<_>>(), &missing))
            .with("undeclared_readers", list(&lists.readers))
            .with("conditional_readers", list(&lists.may_read))
            .with("anyone", anyone)
            .with("outsiders", outside)
            .with("become", Derived::known(self.become_words(&lists.roles)))
            .with("escalators", list(&lists.escalators))
            .with("conditional_escalators", list(&lists.may_escalate))
            .with("takeovers", list(&lists.takeovers))
            .with("reroutes", list(&lists.reroutes))
            .with("conditional_reroutes", list(&lists.may_reroute))
            .with("nothing_declared", Derived::known(self.declared.is_empty()))
    }

    /// Named, or used by the pipeline, or somebody of the account who comes in by assuming a role that is named: who of the account may be it is
    /// its own matter. Whoever comes from outside is judged as if he were the role.
    fn is_declared(&self, principal: &Principal, datum: &Datum, told: &Told) -> bool {
        let about = &datum.about;
        let assumed = told.over.iter().skip(1).take(told.assumed);
        self.declared.is_named(principal, about)
            || self.declared.is_wired(principal, about)
            || (!told.takes_over
                && self.is_at_home(principal)
                && assumed.into_iter().any(|pid| self.declared.is_named(&self.asker.principal(*pid), about)))
    }

    /// Somebody of the account, or a service that nobody says to act for another.
    fn is_at_home(&self, principal: &Principal) -> bool {
        self.asker.is_inside(principal) || principal.acts_for_any_other()
    }

    /// Of another account, or of none. Whom an identity provider vouches for is asked of the provider (identity-provider-declared).
    fn is_outside(&self, principal: &Principal) -> bool {
        !self.is_at_home(principal) && !stands_between(principal) && principal.who != PrincipalType::Federated
    }

    /// Who may become each of these roles, as its trust policy names them.
    fn become_words(&self, roles: &BTreeSet<Pid>) -> Vec<String> {
        let known = KnownParties::new(self.ctx);
        let words = |pid: &Pid| {
            let principal = self.asker.principal(*pid);
            let role = self.ctx.index.find::<Role>("global", &principal.arn).value().copied().flatten()?;
            let admitted = trust(role.fields.trust.known()?, &role.id, &known).admitted;
            let names: Vec<&str> = admitted.iter().map(NamedPrincipal::text).collect();
            Some(format!("{}: {}", called(self.asker, &principal), if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }))
        };
        let mut all: Vec<String> = roles.iter().filter_map(words).collect();
        all.sort();
        let more = all.len().saturating_sub(NAMED);
        all.truncate(NAMED);
        all.extend((more > 0).then(|| format!("and {more} more")));
        all
    }

    /// What was not seen of those who are neither declared nor known to have a way.
    fn missing(&self, datum: &Datum, unseen: Unseen, certain: &BTreeSet<Pid>) -> Vec<Missing> {
        let about = &datum.about;
        let counts = |pid: &Pid| {
            let principal = self.asker.principal(*pid);
            !stands_between(&principal)
                && !certain.contains(pid)
                && !self.declared.is_named(&principal, about)
                && !self.declared.is_wired(&principal, about)
        };
        let of = unseen.of.into_iter().filter(|(pid, _)| counts(pid)).flat_map(|(_, missing)| missing);
        unseen.missing.into_iter().chain(of).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn known<T>(&self, datum: &Datum, value: T, missing: &[Missing]) -> Derived<T> {
        let from = datum.from.iter().chain(&self.lists).cloned().collect();
        if missing.is_empty() { Derived::Known { value, from } } else { Derived::Unseen { missing: missing.to_vec(), from } }
    }

    /// Whoever was found counts, whatever else was not seen.
    fn conclude(&self, datum: &Datum, found: &BTreeMap<String, Vec<Pid>>, missing: &[Missing]) -> Derived<Vec<String>> {
        if found.is_empty() {
            return self.known(datum, Vec::new(), missing);
        }
        let witnesses = found.values().take(WITNESSES).flatten().collect::<BTreeSet<_>>();
        let from = datum.from.iter().cloned().chain(witnesses.into_iter().flat_map(|pid| self.evidence(*pid)));
        let more = found.len().saturating_sub(NAMED);
        let named = found.keys().take(NAMED).cloned().chain((more > 0).then(|| format!("and {more} more")));
        Derived::Known { value: named.collect(), from: from.collect() }
    }

    /// The fields that say what a user or role may do, and who may be it.
    fn evidence(&self, pid: Pid) -> Vec<FieldRef> {
        let arn = self.asker.principal(pid).arn;
        let mut from = Vec::new();
        if let Some(Some(role)) = self.ctx.index.find::<Role>("global", &arn).value().copied() {
            for seen in [observe!(role.attached_policies).from(), observe!(role.inline_policies).from(), observe!(role.trust).from()] {
                from.extend_from_slice(seen);
            }
        }
        if let Some(Some(user)) = self.ctx.index.find::<User>("global", &arn).value().copied() {
            for seen in [observe!(user.attached_policies).from(), observe!(user.inline_policies).from(), observe!(user.groups).from()] {
                from.extend_from_slice(seen);
            }
        }
        from
    }

    /// Full administrators, who reach everything, and those who become one by assuming roles; where they are many, the rest in one row.
    fn administrators(&self, datum: &Datum) -> BTreeMap<(String, &'static str), serde_json::Value> {
        let gain = datum.main_gain();
        let ways = self.finder.administrators();
        let mut all: Vec<(&Best, Principal, Pid)> = ways.iter().map(|(pid, best)| (best, self.asker.principal(*pid), *pid)).collect();
        all.retain(|(_, principal, _)| !stands_between(principal));
        all.sort_by(|a, b| (a.0.cost, &a.1).cmp(&(b.0.cost, &b.1)));
        let mut rows = BTreeMap::new();
        let mut rest = (0, Some(false), true);
        for (number, (best, principal, pid)) in all.into_iter().enumerate() {
            let told = tell(self.finder, ways, pid);
            let declared = self.is_declared(&principal, datum, &told);
            if number < ADMINISTRATORS {
                rows.insert((called(self.asker, &principal), right(gain)), self.row(&principal, declared, gain, &told, best));
            } else {
                let person = match (rest.1, self.is_person(&principal)) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                };
                rest = (rest.0 + 1, person, rest.2 && declared);
            }
        }
        if let (more @ 1.., person, declared) = rest {
            let name = format!("{more} more administrators");
            let row = json!({"principal": name, "kind": "role", "person": perhaps(person), "declared": yes(declared), "right": right(gain),
                "way": "as administrator", "path": format!("{name} have full administrator access, or assume a role that has it"), "condition": ""});
            rows.insert((name, right(gain)), row);
        }
        rows
    }

    fn row(&self, principal: &Principal, declared: bool, gain: Gain, told: &Told, best: &Best) -> serde_json::Value {
        json!({
            "principal": &*principal.arn,
            "kind": kind(self.asker, principal),
            "person": perhaps(self.is_person(principal)),
            "declared": yes(declared),
            "right": right(gain),
            "way": told.way,
            "path": told.path,
            "condition": best.terms.words(),
        })
    }

    /// A user, or a role that a person can assume; of those outside, and of roles whose trust was not seen, nobody knows.
    fn is_person(&self, principal: &Principal) -> Option<bool> {
        match principal.who {
            PrincipalType::Root | PrincipalType::User | PrincipalType::FederatedUser | PrincipalType::Federated => return Some(true),
            PrincipalType::Service => return Some(false),
            PrincipalType::Role => {}
            _ => return None,
        }
        let role = self.ctx.index.find::<Role>("global", &principal.arn).value().copied().flatten()?;
        Some(admits_people(role.fields.trust.known()?, &role.id, self.ctx.index.now()))
    }
}

impl Lists {
    fn sort(&mut self, gain: Gain, best: &Best, told: Told) {
        let (open, escalates, _) = best.cost;
        let (terms, witnesses) = (best.terms.words(), told.witnesses());
        let words = if terms.is_empty() { told.path } else { format!("{} (if {terms})", told.path) };
        let mut keep = |list: fn(&mut Self) -> &mut BTreeMap<String, Vec<Pid>>| _ = list(self).insert(words.clone(), witnesses.clone());
        match (gain, open, escalates) {
            (Gain::ReRoute, false, _) => keep(|lists| &mut lists.reroutes),
            (Gain::ReRoute, true, _) => keep(|lists| &mut lists.may_reroute),
            (Gain::Read | Gain::Unlock, false, false) => keep(|lists| &mut lists.readers),
            (Gain::Read | Gain::Unlock, true, false) => keep(|lists| &mut lists.may_read),
            (Gain::Read | Gain::Unlock, true, true) => keep(|lists| &mut lists.may_escalate),
            (Gain::Read | Gain::Unlock, false, true) => {
                keep(|lists| &mut lists.escalators);
                if told.takes_over {
                    keep(|lists| &mut lists.takeovers);
                }
            }
            (Gain::AnyRight | Gain::Target | Gain::Unbound | Gain::Group | Gain::PassedRole | Gain::WorkloadRole | Gain::Network, ..) => {}
        }
    }
}

/// A service that runs as somebody, or who is nobody yet; a service that acts for another account is that account's hand.
fn stands_between(principal: &Principal) -> bool {
    (principal.who == PrincipalType::Service && principal.acts_for().is_none()) || principal.is_hypothetical()
}

const fn right(gain: Gain) -> &'static str {
    match gain {
        Gain::Unlock => "unlock",
        Gain::ReRoute => "re-route",
        _ => "read",
    }
}

const fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

const fn perhaps(known: Option<bool>) -> &'static str {
    match known {
        Some(known) => yes(known),
        None => "unknown",
    }
}
