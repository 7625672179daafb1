//! One datum → who reaches it, each by the easiest way: directly, over roles, or by escalation.
//!
//! From the data backwards: first those who hold the rights themselves, then whoever can turn into one of them. A way that is certain is
//! easier than one on open terms, one without escalation easier than one with it, a short one easier than a long one (Dijkstra's algorithm).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use iam_eval::{PrincipalType, Target};

use super::super::escalation::{Gain, Method, Need, On, Only, methods};
use super::asker::{Asker, Holders, Pid, VIA, request};
use super::change::changers;
use super::datum::Datum;
use super::entries::{Cost, Looked, Turn};
use super::hold::{Hold, Terms};
use super::power::{Administrators, Takers};
use super::steps::Steps;
use super::way::{Best, Next, Step, Unseen, Ways};
use crate::evidence::{Derived, Index, Missing};
use crate::model::Kind;

/// Asks for ways.
pub(super) struct Finder<'f, 'a> {
    /// Questions.
    pub asker: &'f Asker<'a>,
    /// Steps between principals.
    pub steps: &'f Steps<'f>,
    /// Full administrators, and whoever becomes one by assuming roles alone.
    administrators: Ways,
    /// Who can take every right by escalation, with everyone who can turn into one of them.
    power: Ways,
    power_unseen: Unseen,
    /// What was not seen of who is an administrator, or becomes one by assuming roles.
    administrators_unseen: Unseen,
}

impl<'f, 'a> Finder<'f, 'a> {
    /// Finds once who can take every right; `administrators` have it already.
    pub(super) fn new(index: &Index<'_>, asker: &'f Asker<'a>, steps: &'f Steps<'f>, administrators: &Administrators, takers: Takers) -> Self {
        let mut unseen = Unseen::default();
        let lists = [Kind::IamUser, Kind::IamRole].into_iter().filter(|kind| index.hides(*kind, "global"));
        unseen.missing.extend(lists.map(|kind| Missing::Members { kind, region: "global".into() }));
        let mut finder = Self {
            asker,
            steps,
            administrators: Ways::new(),
            power: Ways::new(),
            power_unseen: Unseen::default(),
            administrators_unseen: Unseen::default(),
        };
        let admins = administrators.themselves().map(|principal| asker.number(principal));
        let admins = admins.map(|pid| (pid, Best { cost: (false, false, 0), next: Next::Administers, terms: Terms::default() }));
        finder.administrators = finder.close(admins.collect(), &mut unseen, |turn| turn == Turn::Assume);
        let mut perhaps = unseen.clone();
        administrators.unseen.iter().for_each(|(principal, missing)| perhaps.add(asker.number(principal), missing));
        finder.spread(&mut perhaps, |turn| turn == Turn::Assume);
        finder.administrators_unseen = perhaps;
        takers.unseen.iter().for_each(|(pid, missing)| unseen.add(*pid, missing));
        let mut seeds = Ways::new();
        for (pid, (method, terms)) in takers.all {
            let cost = (terms.is_open(), true, 1);
            keep(&mut seeds, pid, Best { cost, next: Next::Takes(method), terms });
        }
        let settled: BTreeSet<Pid> = seeds.iter().filter(|(_, best)| !best.cost.0).map(|(pid, _)| *pid).collect();
        let into = |pid: Pid, unseen: &mut Unseen| {
            let here = Best { cost: (false, false, 0), next: Next::Here, terms: Terms::default() };
            finder.close(Ways::from([(pid, here)]), unseen, |_| true)
        };
        for (pid, best) in changers(asker, &into, index, &settled, &mut unseen) {
            keep(&mut seeds, pid, best);
        }
        let mut looked = Looked::default();
        for (pid, best) in &finder.administrators {
            let entries = steps.entries(*pid);
            let news = looked.news(&entries, best.cost);
            for entry in news.steps.into_iter().filter(|entry| entry.turn != Turn::Assume) {
                let terms = best.terms.clone().and(&entry.terms);
                let cost = (terms.is_open(), true, best.cost.2.saturating_add(1));
                keep(&mut seeds, entry.from, Best { cost, next: Next::IntoAdministrator(Step::new(entry, *pid)), terms });
            }
        }
        finder.power = finder.close(seeds, &mut unseen, |_| true);
        finder.spread(&mut unseen, |_| true);
        finder.power_unseen = unseen;
        finder
    }

    /// Full administrators, and whoever becomes one by assuming roles alone: they reach everything.
    pub(super) const fn administrators(&self) -> &Ways {
        &self.administrators
    }

    /// What was not seen and may make somebody an administrator, by assuming roles at most.
    pub(super) const fn administrators_unseen(&self) -> &Unseen {
        &self.administrators_unseen
    }

    /// Everyone's ways to what a datum gives, by what they gain; but for administrators, who reach everything.
    pub(super) fn ways(&self, datum: &Datum) -> (BTreeMap<Gain, Ways>, Unseen) {
        let mut unseen = self.power_unseen.clone();
        unseen.missing.extend(datum.missing.iter().cloned());
        let mut seeds: BTreeMap<Gain, Ways> = BTreeMap::new();
        for method in methods().iter().filter(|method| method.of.contains(&datum.about.kind) && method.gives != Gain::Network) {
            if let Some(Only::MultiRegionPrimary) = method.only {
                unseen.missing.extend(datum.primary.missing().iter().cloned());
                if datum.primary.value() != Some(&true) {
                    continue;
                }
            }
            let found = self.holders(datum, method);
            unseen.missing.extend(found.missing);
            let ways = seeds.entry(method.gives).or_default();
            let locked = |(pid, hold): (Pid, Hold)| (pid, if method.gives == Gain::Read { hold.and(&self.unlocks(datum, pid)) } else { hold });
            for (pid, hold) in self.asker.without_the_covered(found.all.into_iter().map(locked).collect()) {
                match hold {
                    Hold::No => {}
                    Hold::Unseen(missing) => unseen.add(pid, &missing),
                    Hold::Yes(terms) => {
                        let terms = terms.given(method.given.as_deref());
                        let cost = (terms.is_open(), !method.direct, 1);
                        keep(ways, pid, Best { cost, next: Next::Reaches(method), terms });
                    }
                }
            }
        }
        let main = datum.main_gain();
        seeds.entry(main).or_default();
        let mut all = BTreeMap::new();
        for (gain, ways) in seeds {
            let mut ways = self.close(ways, &mut unseen, |_| true);
            self.bind_guests(datum, &mut ways);
            if gain == main {
                for (pid, best) in &self.power {
                    let cost = (best.cost.0, best.cost.1, best.cost.2.saturating_add(1));
                    keep(&mut ways, *pid, Best { cost, ..best.clone() });
                }
            }
            all.insert(gain, ways);
        }
        self.spread(&mut unseen, |_| true);
        (all, unseen)
    }

    /// A guest's session of the enhanced flow reaches objects and keys, and neither secrets nor databases (Amazon Cognito Developer Guide,
    /// "Access policies for unauthenticated identities"); one of the basic flow has all that the role has.
    fn bind_guests(&self, datum: &Datum, ways: &mut Ways) {
        let reached = matches!(datum.about.kind, Kind::Bucket | Kind::KmsKey);
        for (pid, best) in ways.iter_mut().filter(|_| !reached) {
            if best.terms.guest && matches!(best.next, Next::Into(_)) && self.asker.principal(*pid).who == PrincipalType::Anonymous {
                best.terms = best.terms.clone().given(Some("the identity pool lets guests use the basic flow"));
                best.cost.0 = true;
            }
        }
    }

    /// Adds everyone who can turn into somebody with a way, again and again.
    pub(super) fn close(&self, seeds: Ways, unseen: &mut Unseen, by: impl Fn(Turn) -> bool) -> Ways {
        let mut queue: BinaryHeap<Reverse<(Cost, Pid)>> = seeds.iter().map(|(pid, best)| Reverse((best.cost, *pid))).collect();
        let mut ways = seeds;
        let mut looked = Looked::default();
        while let Some(Reverse((cost, pid))) = queue.pop() {
            let Some(best) = ways.get(&pid).filter(|best| best.cost == cost).cloned() else { continue };
            let entries = self.steps.entries(pid);
            let news = looked.news(&entries, cost);
            news.unseen.iter().for_each(|(pid, missing)| unseen.add(*pid, missing));
            unseen.missing.extend(news.missing.iter().cloned());
            for entry in news.steps.into_iter().filter(|entry| by(entry.turn)) {
                let terms = best.terms.clone().and(&entry.terms);
                let cost = (terms.is_open(), best.cost.1 || entry.turn != Turn::Assume, best.cost.2.saturating_add(1));
                if keep(&mut ways, entry.from, Best { cost, next: Next::Into(Step::new(entry, pid)), terms }) {
                    queue.push(Reverse((cost, entry.from)));
                }
            }
        }
        ways
    }

    /// Whoever can turn into somebody of whom something was not seen may have a way, too.
    fn spread(&self, unseen: &mut Unseen, by: impl Fn(Turn) -> bool) {
        let mut queue: Vec<Pid> = unseen.of.keys().copied().collect();
        let mut looked = Looked::default();
        while let Some(pid) = queue.pop() {
            let missing = unseen.of.get(&pid).cloned().unwrap_or_default();
            let entries = self.steps.entries(pid);
            let news = looked.news(&entries, Cost::default());
            unseen.missing.extend(news.missing.iter().cloned());
            let taken = news.steps.into_iter().filter(|entry| by(entry.turn)).map(|entry| entry.from);
            let from = taken.chain(news.unseen.into_iter().map(|(pid, _)| *pid));
            for pid in from.filter(|pid| !unseen.of.contains_key(pid)).collect::<Vec<_>>() {
                unseen.add(pid, &missing);
                queue.push(pid);
            }
        }
    }

    /// Who holds all rights of a method on a datum.
    fn holders(&self, datum: &Datum, method: &'static Method) -> Holders {
        // The narrowest first: those that name the data.
        let mut needs: Vec<&'static Need> = method.needs.iter().collect();
        needs.sort_by_key(|need| !is_of_datum(need.on));
        let Some((first, rest)) = needs.split_first() else { return Holders::default() };
        let mut found = self.first(datum, first);
        for (pid, hold) in &mut found.all {
            for need in rest {
                *hold = hold.clone().and(&self.also(datum, method, *pid, need));
            }
        }
        found.all.retain(|(pid, hold)| *hold != Hold::No && (!method.own || self.asker.is_inside(&self.asker.principal(*pid))));
        found
    }

    fn first(&self, datum: &Datum, need: &'static Need) -> Holders {
        if !is_of_datum(need.on) {
            let anywhere = self.asker.anywhere(&need.action, None);
            return Holders { all: anywhere.iter().map(|(pid, found)| (*pid, found.hold.clone())).collect(), missing: Vec::new() };
        }
        let ask = |target: &Target| {
            if datum.has_policy(need.on) {
                self.asker.who(&need.action, target, &request())
            } else {
                self.asker.who_by_identity(&need.action, target)
            }
        };
        let mut all: BTreeMap<Pid, Hold> = BTreeMap::new();
        let mut missing = Vec::new();
        for target in datum.targets(need.on) {
            let found = ask(&target);
            missing.extend(found.missing);
            for (pid, hold) in found.all {
                let known = all.remove(&pid).unwrap_or(Hold::No);
                all.insert(pid, known.or(hold));
            }
        }
        Holders { all: all.into_iter().collect(), missing }
    }

    fn also(&self, datum: &Datum, method: &'static Method, pid: Pid, need: &'static Need) -> Hold {
        match need.on {
            On::PassedRole => self.asker.anywhere(&need.action, method.service.as_deref()).get(&pid).map_or(Hold::No, |found| found.hold.clone()),
            // Keys answer for themselves: of which key there is talk, is not known.
            On::Anything if need.action.starts_with("kms:") && need.action != "kms:CreateKey" => {
                Hold::Yes(Terms::default().given(Some(&format!("{} on some key", need.action))))
            }
            On::Anything | On::Workload => self.asker.holds_anywhere(pid, &[&need.action]),
            on @ (On::DatumByIdentity | On::ObjectsByIdentity) => {
                let each = datum.targets(on).into_iter().map(|target| self.asker.holds_by_identity(pid, &need.action, &target));
                each.reduce(Hold::or).unwrap_or(Hold::No)
            }
            on => {
                let each = datum.targets(on).into_iter().map(|target| self.asker.holds_meeting(pid, &need.action, &target, method));
                each.reduce(Hold::or).unwrap_or(Hold::No)
            }
        }
    }

    /// Whether somebody who reads a datum can use the key that locks it.
    fn unlocks(&self, datum: &Datum, pid: Pid) -> Hold {
        let lock = match &datum.lock {
            Derived::Known { value: Some(lock), .. } => lock,
            // "You can't use the AWS managed key to give access from another account" (Secrets Manager User Guide, "Cross-account access").
            Derived::Known { value: None, .. } if datum.about.kind == Kind::Secret && !self.asker.is_inside(&self.asker.principal(pid)) => {
                return Hold::No;
            }
            Derived::Known { value: None, .. } => return Hold::Yes(Terms::default()),
            Derived::Unseen { missing, .. } => return Hold::Unseen(missing.clone()),
        };
        // The service asks for him (IAM User Guide, "Forward access sessions").
        let context = request().with("kms:ViaService", [lock.through.as_str()]).with(VIA, ["true"]);
        let key = Target::one(&lock.key);
        match self.asker.holds(pid, "kms:Decrypt", &key, &context) {
            // A bucket may hold objects that its default key does not lock.
            Hold::No if datum.about.kind == Kind::Bucket => {
                Hold::Yes(Terms::default().given(Some(&format!("the objects are not locked by {}, which it may not use", lock.key))))
            }
            hold => hold,
        }
    }
}

/// Keeps the easier way; whether it was the new one.
fn keep(ways: &mut Ways, pid: Pid, best: Best) -> bool {
    if ways.get(&pid).is_some_and(|known| known.cost <= best.cost) {
        return false;
    }
    ways.insert(pid, best);
    true
}

const fn is_of_datum(on: On) -> bool {
    !matches!(on, On::Anything | On::Workload | On::PassedRole)
}
