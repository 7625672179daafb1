//! Questions to the access index, each asked once: who holds an action on a resource, and who holds it on anything at all.
//!
//! Full administrators are known beforehand and not asked about: they hold everything, and they are many in a large account.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use iam_eval::{Condition, Context, Decision, Group, Groups, Pattern, Principal, PrincipalType, Reading, Target};

use super::super::access::{Access, Obstacle};
use super::super::escalation::Method;
use super::super::library::Library;
use super::hold::{Hold, Terms, is_partly_denied, parts};
use crate::evidence::Missing;

/// A principal, by its number.
pub(super) type Pid = u32;

/// A request of which nothing is known, but that it is encrypted: every client can see to that.
pub(super) fn request() -> Context {
    Context::open().with("aws:SecureTransport", ["true"])
}

/// The same, where a role is passed to a service.
fn passing(to: Option<&str>) -> Context {
    match to {
        Some(service) => request().with("iam:PassedToService", [service]),
        None => request(),
    }
}

/// How many parts of a resource are looked at one by one.
const PARTS: usize = 16;

/// What must be true where a policy lets a service in and does not say for whom.
const FOR_OTHERS: &str = "the service does this for other accounts: no condition on aws:SourceAccount or aws:SourceArn says for whom";

/// Who holds a right.
#[derive(Debug, Clone, Default)]
pub(super) struct Holders {
    /// Everyone who does, or may.
    pub all: Vec<(Pid, Hold)>,
    /// What was not seen and may let in others.
    pub missing: Vec<Missing>,
}

/// What somebody holds an action on.
#[derive(Debug, Clone)]
pub(super) struct Somewhere {
    /// Whether it is held on something.
    pub hold: Hold,
    /// On these patterns alone; `None` is everything.
    pub within: Option<Vec<Pattern>>,
}

/// Everyone who holds an action on something.
pub(super) type Anywhere = Rc<BTreeMap<Pid, Somewhere>>;

/// Asks, and remembers.
pub(super) struct Asker<'a> {
    /// The index behind it.
    pub access: Access<'a>,
    account: String,
    /// The groups of outsiders that are known: nobody of them is asked about.
    groups: Arc<Groups>,
    known: RefCell<HashSet<Principal>>,
    names: RefCell<Names>,
    /// By action, and the service to which a role is passed.
    anywhere: RefCell<HashMap<(&'static str, Option<&'static str>), Anywhere>>,
}

#[derive(Default)]
struct Names {
    all: Vec<Principal>,
    by: HashMap<Principal, Pid>,
}

impl<'a> Asker<'a> {
    /// Over a snapshot; nobody is known yet but some groups of outsiders.
    pub(super) fn new(library: &Library<'a>, groups: Arc<Groups>) -> Self {
        let asker = Self {
            groups,
            access: Access::hypothetical(library).without_object_acls(),
            account: library.index().snapshot.caller.account.clone(),
            known: RefCell::default(),
            names: RefCell::default(),
            anywhere: RefCell::default(),
        };
        // Numbered by name: which of two equal ways is told must not hang on the order of the snapshot.
        let mut all: Vec<Principal> = asker.access.everyone().collect();
        all.sort();
        all.iter().for_each(|principal| _ = asker.number(principal));
        asker
    }

    /// From now on, nobody asks about these.
    pub(super) fn know(&self, principals: impl IntoIterator<Item = Principal>) {
        self.known.borrow_mut().extend(principals);
        self.anywhere.borrow_mut().clear();
    }

    /// The number of a principal.
    pub(super) fn number(&self, principal: &Principal) -> Pid {
        let mut names = self.names.borrow_mut();
        if let Some(pid) = names.by.get(principal) {
            return *pid;
        }
        let pid = Pid::try_from(names.all.len()).unwrap_or(Pid::MAX);
        names.all.push(principal.clone());
        names.by.insert(principal.clone(), pid);
        pid
    }

    /// The principal with a number.
    pub(super) fn principal(&self, pid: Pid) -> Principal {
        self.names.borrow().all.get(pid as usize).cloned().unwrap_or_else(Principal::stranger)
    }

    /// Whether it is a user, group or role of the account.
    pub(super) fn is_own(&self, principal: &Principal) -> bool {
        matches!(principal.who, PrincipalType::User | PrincipalType::Group | PrincipalType::Role) && *principal.account == *self.account
    }

    /// Whether it is somebody of the account.
    pub(super) fn is_inside(&self, principal: &Principal) -> bool {
        principal.who != PrincipalType::Service && *principal.account == *self.account
    }

    /// Nobody asks about services for their own sake (see [`Asker::acting`]); AWS's own roles; and the root user, who is beyond all policies.
    fn is_known(&self, principal: &Principal) -> bool {
        let root = principal.who == PrincipalType::Root && *principal.account == *self.account;
        let linked = principal.is_service_linked() && *principal.account == *self.account;
        root || principal.who == PrincipalType::Service || linked || self.known.borrow().contains(principal)
    }

    /// Who holds an action on a resource.
    pub(super) fn who(&self, action: &str, target: &Target, context: &Context) -> Holders {
        self.who_but(action, target, context, |principal| self.is_known(principal))
    }

    /// Of those from outside alone.
    pub(super) fn who_outside(&self, action: &str, target: &Target, context: &Context) -> Holders {
        let mut found = self.who_but(action, target, context, |principal| self.is_known(principal) || self.is_inside(principal));
        found.all.retain(|(pid, _)| !self.is_inside(&self.principal(*pid)));
        found
    }

    fn who_but(&self, action: &str, target: &Target, context: &Context, known: impl Fn(&Principal) -> bool) -> Holders {
        let context = &context.clone().of_none_of(&self.groups);
        let found = self.access.who_else_can(action, target, context, known);
        let read = |(principal, decision)| (self.number(&principal), self.read(&principal, action, target, context, &decision));
        let mut all: Vec<(Pid, Hold)> = found.decisions.into_iter().map(read).filter(|(_, hold)| *hold != Hold::No).collect();
        // Who lets everyone in need not say so of services, too.
        let stranger = self.number(&Principal::stranger());
        if !all.iter().any(|(pid, hold)| *pid == stranger && hold.terms().is_some_and(|terms| !terms.is_open())) {
            all.extend(self.acting(action, target, context));
        }
        Holders { all, missing: found.missing }
    }

    /// The services that the resource's own policy lets do it for another account: whoever drives them there does it by them.
    pub(super) fn acting(&self, action: &str, target: &Target, context: &Context) -> Vec<(Pid, Hold)> {
        let ask = |principal: Principal| {
            let decision = self.access.decide(&principal, action, target, context);
            let mut hold = self.read(&principal, action, target, context, &decision);
            // Not every service acts for whoever asks: which does, its own pages say.
            if let (true, Hold::Yes(terms)) = (principal.acts_for_any_other(), &hold) {
                hold = Hold::Yes(terms.clone().given(Some(FOR_OTHERS)));
            }
            (self.number(&principal), hold)
        };
        self.access.acting(action, target, context).into_iter().map(ask).filter(|(_, hold)| *hold != Hold::No).collect()
    }

    /// Where anyone holds it, nobody need be named who holds it on the same terms.
    pub(super) fn without_the_covered(&self, mut all: Vec<(Pid, Hold)>) -> Vec<(Pid, Hold)> {
        let anonymous: fn(&Principal) -> bool = |principal| principal.who == PrincipalType::Anonymous;
        for is_anyone in [anonymous, |principal| *principal == Principal::stranger()] {
            let is_it = |pid: &Pid| is_anyone(&self.principal(*pid));
            let Some((anyone, terms)) = all.iter().find(|(pid, hold)| is_it(pid) && hold.terms().is_some()).cloned() else { continue };
            all.retain(|(pid, hold)| *pid == anyone || *hold != terms);
        }
        all
    }

    /// Who holds an action on a resource that has no policy of its own: nobody who does not hold it somewhere, and whoever holds it on
    /// everything.
    pub(super) fn who_by_identity(&self, action: &'static str, target: &Target) -> Holders {
        let anywhere = self.anywhere(action, None);
        let whole = anywhere.iter().filter(|(_, found)| found.within.is_none()).map(|(pid, found)| (*pid, found.hold.clone()));
        let mut all = self.who_by_parts(action, target, None);
        all.all.extend(whole);
        all
    }

    /// Of these, those who do not hold it on everything.
    pub(super) fn who_by_parts(&self, action: &'static str, target: &Target, passed_to: Option<&'static str>) -> Holders {
        let anywhere = self.anywhere(action, passed_to);
        if anywhere.values().all(|found| found.within.is_none()) {
            return Holders::default();
        }
        let names = self.names.borrow();
        let is_whole = |principal: &Principal| names.by.get(principal).and_then(|pid| anywhere.get(pid)).is_some_and(|found| found.within.is_none());
        let context = passing(passed_to);
        let found = self.access.who_else_can(action, target, &context, |principal| self.is_known(principal) || is_whole(principal));
        drop(names);
        let read = |(principal, decision)| (self.number(&principal), self.read(&principal, action, target, &context, &decision));
        Holders { all: found.decisions.into_iter().map(read).filter(|(_, hold)| *hold != Hold::No).collect(), missing: found.missing }
    }

    /// Whether one principal holds an action on a resource.
    pub(super) fn holds(&self, pid: Pid, action: &str, target: &Target, context: &Context) -> Hold {
        let context = &context.clone().of_none_of(&self.groups);
        let principal = self.principal(pid);
        let decision = self.access.decide(&principal, action, target, context);
        self.read(&principal, action, target, context, &decision)
    }

    /// The same, for somebody who by a method sets what some keys hold, or takes it off.
    pub(super) fn holds_meeting(&self, pid: Pid, action: &str, target: &Target, method: &Method) -> Hold {
        let hold = self.holds(pid, action, target, &request());
        if !hold.terms().is_some_and(Terms::is_open) {
            return hold;
        }
        let context = request().of_none_of(&self.groups);
        Hold::of_meeting(&self.access.decide(&self.principal(pid), action, target, &context), &method.meets, !method.drops, method.drops)
    }

    /// Whether the policies of a user, group or role let it do something, whatever the resource's own policy says.
    pub(super) fn holds_by_identity(&self, pid: Pid, action: &'static str, target: &Target) -> Hold {
        let anywhere = self.anywhere(action, None);
        let asked = Pattern::wildcards(&target.text);
        let reaches = |found: &&Somewhere| found.within.as_ref().is_none_or(|within| within.iter().any(|pattern| pattern.overlaps(&asked)));
        anywhere.get(&pid).filter(reaches).map_or(Hold::No, |found| found.hold.clone())
    }

    /// What a decision comes to; who sets his own tags sees to what hangs on them.
    fn hold(&self, principal: &Principal, decision: &Decision<Missing>) -> Hold {
        let [sets, drops] = [Obstacle::Tags, Obstacle::Untags].map(|obstacle| self.access.is_free_of(principal, &obstacle));
        if sets || drops { Hold::of_tagger(decision, sets, drops) } else { Hold::new(decision) }
    }

    fn read(&self, principal: &Principal, action: &str, target: &Target, context: &Context, decision: &Decision<Missing>) -> Hold {
        let plain = self.without_session_tags(principal, action, target, context, decision);
        let (context, decision) = plain.as_ref().map_or((context, decision), |(context, decision)| (context, decision));
        let mut hold = match self.by_himself(principal, action, target, context, decision) {
            Some((context, direct)) => self.read_as_it_is(principal, action, target, &context, &direct),
            None => self.read_as_it_is(principal, action, target, context, decision),
        };
        if let Hold::Yes(terms) = &mut hold
            && terms.bound
            && principal.is_nobody_named()
        {
            // Such as every address there is: the question is that of the openings of policies.
            let outsider = context.clone().of_external_caller().of_any_group();
            terms.bound = self.access.decide(principal, action, target, &outsider).answer.is_denied();
        }
        hold
    }

    /// The decision on a request that whoever it is makes himself and no service makes for him, where it hangs on that and is no denial: he
    /// chooses.
    fn by_himself(
        &self,
        principal: &Principal,
        action: &str,
        target: &Target,
        context: &Context,
        decision: &Decision<Missing>,
    ) -> Option<(Context, Decision<Missing>)> {
        let hangs = decision
            .conditions
            .iter()
            .flat_map(|statement| &statement.conditions)
            .any(|condition| condition.context_key().is_some_and(|key| is_via(&key)));
        if !hangs || context.given(VIA).is_some() {
            return None;
        }
        let none = || std::iter::empty::<String>();
        let called = ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"];
        let direct = called.iter().fold(context.clone().with(VIA, ["false"]), |context, key| context.with(key, none()));
        let decision = self.access.decide(principal, action, target, &direct);
        (!decision.answer.is_denied()).then_some((direct, decision))
    }

    /// The decision on a request of a role's session without tags of its own, where it hangs on the caller's tags and is no denial: whoever assumes the role
    /// chooses. What is left is the role's own tags (IAM User Guide, "Pass session tags in AWS STS").
    fn without_session_tags(
        &self,
        principal: &Principal,
        action: &str,
        target: &Target,
        context: &Context,
        decision: &Decision<Missing>,
    ) -> Option<(Context, Decision<Missing>)> {
        const TAG: &str = "aws:principaltag/";
        let conditions = decision.conditions.iter().flat_map(|statement| &statement.conditions);
        let keys: BTreeSet<String> = conditions.filter_map(Condition::context_key).filter(|key| key.starts_with(TAG)).collect();
        if keys.is_empty() || principal.freed() != 0 {
            return None;
        }
        let tags = self.access.tags_of_role(principal)?;
        let own = |key: &str| -> Option<String> { key.strip_prefix(TAG).and_then(|tag| tags.get(tag)).cloned() };
        let plain = keys.iter().fold(context.clone(), |context, key| context.with(key, own(key)));
        let decision = self.access.decide(principal, action, target, &plain);
        (!decision.answer.is_denied()).then_some((plain, decision))
    }

    fn read_as_it_is(&self, principal: &Principal, action: &str, target: &Target, context: &Context, decision: &Decision<Missing>) -> Hold {
        let hold = self.hold(principal, decision);
        // What another account allows its own principals, its administrators decide: whom this account lets in, is in.
        if let Hold::Unseen(missing) = &hold
            && !self.is_own(principal)
            && missing.iter().all(|missing| matches!(missing, Missing::Outside(_)))
        {
            return Hold::Yes(Terms::default());
        }
        if let Hold::Yes(terms) = &hold
            && terms.is_open()
            && self.can_meet(principal, action, target, context, decision)
        {
            return Hold::Yes(terms.clone().met());
        }
        if !is_partly_denied(decision) || !target.is_pattern() {
            return hold;
        }
        // A Deny may take away just the part that is allowed: ask about each part.
        let asked = Pattern::wildcards(&target.text);
        let inner =
            parts(decision).into_iter().filter(|part| *part != target.text && asked.covers(&Pattern::wildcards(part).completed(), Reading::Least));
        let each = inner.take(PARTS).map(|part| self.hold(principal, &self.access.decide(principal, action, &Target::any(part), context)));
        // Where the Deny leaves nothing at all, the evaluator says so.
        each.reduce(Hold::or).filter(|best| *best != Hold::No).unwrap_or(hold)
    }

    /// Whether whoever it is can see to all conditions: the administrators of another account name, tag and place their principals as they
    /// like. Of strangers, the evaluator knows what they cannot choose.
    fn can_meet(&self, principal: &Principal, action: &str, target: &Target, context: &Context, decision: &Decision<Missing>) -> bool {
        let nobody_named = *principal == Principal::stranger();
        // Whoever is of a group can be the one who asks, where nobody is named.
        let is_his = |key: &str| is_theirs(key) || (nobody_named && Group::of_key(key).is_some());
        let conditions = decision.conditions.iter().flat_map(|statement| &statement.conditions);
        if conditions.into_iter().any(|condition| condition.context_key().is_some_and(|key| !is_his(&key))) {
            return false;
        }
        match principal.who {
            PrincipalType::Anonymous | PrincipalType::Stranger if principal.account.is_empty() => {
                !self.access.decide(principal, action, target, &context.clone().of_external_caller()).answer.is_denied()
            }
            PrincipalType::Service | PrincipalType::Federated => false,
            _ => *principal.account != *self.account,
        }
    }

    /// Who holds an action on something, whatever it is. Only for actions whose resources have no policy of their own.
    pub(super) fn anywhere(&self, action: &'static str, passed_to: Option<&'static str>) -> Anywhere {
        let key = (action, passed_to);
        if let Some(known) = self.anywhere.borrow().get(&key) {
            return known.clone();
        }
        let (target, context) = (Target::any("*"), passing(passed_to));
        let found = self.access.who_else_can(action, &target, &context, |principal| self.is_known(principal) || !self.is_own(principal));
        let read = |(principal, decision): (Principal, _)| {
            let hold = self.read(&principal, action, &target, &context, &decision);
            let limits: Vec<Pattern> = parts(&decision).into_iter().map(|part| Pattern::resource(part).completed()).collect();
            // A Deny of a part leaves less than everything, too.
            let whole = limits.is_empty() && !is_partly_denied(&decision);
            (self.number(&principal), Somewhere { hold, within: (!whole).then_some(limits) })
        };
        let all: BTreeMap<Pid, Somewhere> = found.decisions.into_iter().map(read).filter(|(_, found)| found.hold != Hold::No).collect();
        let all = Rc::new(all);
        self.anywhere.borrow_mut().insert(key, all.clone());
        all
    }

    /// Whether one principal holds all of some actions on things of its own making: where two are of one service, on the same thing.
    pub(super) fn holds_anywhere(&self, pid: Pid, actions: &[&'static str]) -> Hold {
        let mut all = Hold::Yes(Terms::default());
        let mut places: Vec<(&str, Vec<Pattern>)> = Vec::new();
        for action in actions {
            let anywhere = self.anywhere(action, None);
            let Some(found) = anywhere.get(&pid) else { return Hold::No };
            all = all.and(&found.hold);
            let service = action.split(':').next().unwrap_or_default();
            let Some(within) = found.within.as_ref().filter(|within| !within.is_empty()) else { continue };
            let apart = |other: &Vec<Pattern>| !within.iter().any(|pattern| other.iter().any(|other| pattern.overlaps(other)));
            if places.iter().any(|(of, other)| *of == service && apart(other)) {
                return Hold::No;
            }
            places.push((service, within.clone()));
        }
        all
    }
}

/// Whether a service makes a request for somebody: "false" in every request that a principal makes himself, and `aws:CalledVia…` is then not
/// there (IAM User Guide, "AWS global condition context keys").
pub(super) const VIA: &str = "aws:viaawsservice";

/// Whether a context key (in lower case) tells requests that services make for somebody from those that he makes himself.
fn is_via(key: &str) -> bool {
    key == VIA || key.starts_with("aws:calledvia")
}

/// Whether a context key (in lower case) is one that whoever asks from another account can see to: not what the resource carries, what organization he is of,
/// and what services write (IAM User Guide, "AWS global condition context keys").
fn is_theirs(key: &str) -> bool {
    const NOT: [&str; 7] = [
        "aws:calledvia",
        "aws:principalorg",
        "aws:resourceorg",
        "aws:sourceorg",
        "aws:viaawsservice",
        "kms:resourcealiases",
        "s3:existingobjecttag/",
    ];
    !key.contains(":resourcetag/") && !NOT.iter().any(|start| key.starts_with(start))
}
