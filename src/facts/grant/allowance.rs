//! An identity's policies → what it holds: inline, attached (default version) and group policies, minus what a Deny takes away for certain,
//! within the permissions boundary. What stands is asked of the evaluator.
//!
//! Source: IAM User Guide, "Policy evaluation logic". It is an upper bound: organization policies (SCP, RCP) and session policies are not
//! evaluated, and a Deny with a condition that some request escapes takes nothing away.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use iam_eval::document::{Document, Effect, Principals, Statement, Values};
use iam_eval::element::Element;
use iam_eval::{Answer, Context, Layers, Pattern, Policy, PolicyStatement, Principal, Reading, RelevantStatements, Request, Target, evaluate_layers};

use super::access::principal_tags;
use super::held_policy::policy_name;
use super::held_policy::{HeldPolicy, Holding};
use super::library::Library;
use crate::evidence::{Derived, FieldRef, Index, Missing, observe};
use crate::model::iam::{Group, Role, User};
use crate::model::{Identity, Resource};

/// What was found, in words, each with what shows it.
pub(super) type Found = BTreeMap<String, Proof>;

/// What shows that an identity holds a right.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// The fields that say so.
    pub from: Vec<FieldRef>,
    /// The policies that give it.
    pub policies: BTreeSet<HeldPolicy>,
}

/// A right that an identity holds.
#[derive(Debug, Clone)]
pub struct Right {
    /// In words.
    pub words: String,
    /// The policies that give it.
    pub policies: BTreeSet<HeldPolicy>,
}

impl Right {
    /// Each in words.
    pub fn words(rights: &[Self]) -> Vec<String> {
        rights.iter().map(|right| right.words.clone()).collect()
    }

    /// The policies that give any of them, each once.
    pub fn policies(rights: &[Self]) -> BTreeSet<HeldPolicy> {
        rights.iter().flat_map(|right| right.policies.iter().cloned()).collect()
    }
}

/// What identities hold.
pub struct Policies<'a> {
    /// Where their policies are read.
    pub library: Library<'a>,
    /// What leaves keys and roles to the identity policies of their account.
    delegating: Arc<Policy>,
}

impl<'a> Policies<'a> {
    /// Nothing is read yet.
    pub fn new(index: &'a Index<'a>) -> Self {
        Self { library: Library::new(index), delegating: Arc::new(delegating(&index.snapshot.caller.account)) }
    }

    /// What a user holds, also through groups.
    pub fn of_user(&self, user: &'a Resource<User>) -> Allowance {
        let mut all = Gathered::new(self, &user.id, Context::open());
        all.all.tags = principal_tags(&user.fields.tags);
        let own = Holding::user(&user.id);
        all.policies(self, observe!(user.attached_policies), own);
        all.inline(self.library.inline(user, &user.fields.inline_policies, own));
        all.add(observe!(user.groups), |all, groups, from| {
            for name in &groups {
                let found = self.library.index().get::<Group>("global", name).resting_on(from);
                all.add(found, |all, group, from| all.group(self, group, &format!(" of group {name}"), from));
            }
        });
        if all.all.asks_for_tags() {
            all.all.tags_missing.extend_from_slice(observe!(user.tags).missing());
        }
        all.bound_by(self, observe!(user.boundary))
    }

    /// What a group hands to its users, whoever they are.
    pub fn of_group(&self, group: &'a Resource<Group>) -> Allowance {
        let whoever = Context::open().unknown("aws:PrincipalArn").unknown("aws:username").unknown("aws:userid");
        let mut all = Gathered::new(self, &group.id, whoever);
        all.group(self, group, "", &[]);
        all.done()
    }

    /// What a role holds; policies that `skip` names are left out unread.
    pub fn of_role(&self, role: &'a Resource<Role>, skip: impl Fn(&str) -> bool) -> Allowance {
        let mut all = Gathered::new(self, &role.id, Context::open());
        let attached = observe!(role.attached_policies).map(|policies| policies.into_iter().filter(|arn| !skip(arn)).collect());
        let own = Holding::role(&role.id);
        all.policies(self, attached, own);
        all.inline(self.library.inline(role, &role.fields.inline_policies, own));
        all.bound_by(self, observe!(role.boundary))
    }
}

/// "Gives the account that owns the key full access": what the default key policy says (KMS Developer Guide, "Default key policy").
fn delegating(account: &str) -> Policy {
    let all = || Some(vec!["*".to_owned()]);
    let owner = Principals::ByType(BTreeMap::from([("AWS".to_owned(), Values(vec![account.to_owned()]))]));
    let statement = Statement {
        sid: None,
        effect: Effect::Allow,
        principal: Some(owner),
        not_principal: None,
        action: all(),
        not_action: None,
        resource: all(),
        not_resource: None,
        condition: BTreeMap::new(),
    };
    Policy::new(&Document { statement: vec![statement], ..Document::default() }, "", None)
}

/// One policy that an identity holds.
#[derive(Debug, Clone)]
struct Held {
    policy: Arc<Policy>,
    /// What a command that takes it away names.
    held: HeldPolicy,
    /// The field that it was read from.
    from: Option<FieldRef>,
}

/// One statement that allows, and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The statement.
    pub statement: &'a PolicyStatement,
    held: &'a Held,
}

impl Claim<'_> {
    /// Which policy, in words.
    pub fn policy(&self) -> &str {
        &self.held.held.name
    }
}

/// What an identity holds, as far as it was seen.
#[derive(Debug, Clone)]
pub struct Allowance {
    principal: Principal,
    context: Context,
    account: Arc<str>,
    /// The tags of a user.
    tags: Option<Arc<BTreeMap<String, String>>>,
    held: Vec<Held>,
    /// The boundary; `None` is no boundary, or one that was not seen.
    boundary: Option<Arc<Policy>>,
    delegating: Arc<Policy>,
    /// What of its policies was not seen.
    missing: Vec<Missing>,
    /// What of its boundary was not seen.
    boundary_missing: Vec<Missing>,
    /// What was not seen of the tags on which its statements hang.
    tags_missing: Vec<Missing>,
    /// Everything that was read of it.
    from: Vec<FieldRef>,
}

impl Allowance {
    /// The same, whatever the permissions boundary is.
    #[must_use]
    pub fn without_boundary(mut self) -> Self {
        self.boundary = None;
        self.boundary_missing.clear();
        self
    }

    /// The statements that allow.
    pub fn allows(&self) -> impl Iterator<Item = Claim<'_>> {
        let all = self.held.iter().flat_map(|held| held.policy.statements().iter().map(move |statement| Claim { statement, held }));
        all.filter(|claim| claim.statement.allows())
    }

    fn request(&self, action: &str, on: Target) -> Request {
        let mut request = Request::new(self.principal.clone(), action, on, Some(&self.account), self.context.clone());
        request.principal_tags.clone_from(&self.tags);
        request
    }

    /// Whether a statement hangs on a tag of whoever asks.
    fn asks_for_tags(&self) -> bool {
        self.held.iter().flat_map(|held| held.policy.statements()).any(|statement| statement.asks_for("aws:principaltag/"))
    }

    /// What AWS would say to an action on all that a pattern reaches, by what was seen.
    fn ask(&self, action: &str, resource: &Pattern) -> Answer {
        let request = self.request(action, Target::new(resource));
        let layers = Layers {
            identity: RelevantStatements::new(self.held.iter().map(|held| &held.policy), &[], &request),
            boundary: self.boundary.as_ref().map(|policy| RelevantStatements::new([policy], &[], &request)),
            resource: request.needs_resource_policy().then(|| RelevantStatements::new([&self.delegating], &[], &request)),
            ..Layers::default()
        };
        evaluate_layers::<Missing>(&request, &layers).answer
    }

    /// Whether a condition other than on the excused keys makes a statement smaller than it reads. One on who asks, which he meets, does not.
    pub fn narrows(&self, statement: &PolicyStatement, excused: &dyn Fn(&str) -> bool) -> bool {
        let request = self.request("sts:GetCallerIdentity", Target::one("*"));
        statement.is_narrowed_beyond(excused, &request)
    }

    /// Whether an action on all that a pattern reaches, granted by some statement, survives the Deny statements and the boundary.
    pub fn stands(&self, action: &str, resource: &Pattern) -> bool {
        self.is_within_boundary(action, resource) && !self.ask(action, resource).is_denied()
    }

    /// Whether a Deny strikes an action on all that a pattern reaches, which the boundary would let pass.
    pub fn strikes(&self, action: &str, resource: &Pattern) -> bool {
        self.is_within_boundary(action, resource) && self.ask(action, resource) == Answer::ExplicitlyDenied
    }

    /// Whether the boundary, if there is one, allows an action on all that a pattern reaches.
    fn is_within_boundary(&self, action: &str, resource: &Pattern) -> bool {
        let folded = action.to_ascii_lowercase();
        self.limits().is_none_or(|mut limits| limits.any(|limit| limit.actions.holds(&folded) && limit.resources.grants(resource)))
    }

    /// The statements by which the boundary, if there is one, lets something pass.
    fn limits(&self) -> Option<impl Iterator<Item = &PolicyStatement>> {
        self.boundary.as_ref().map(|boundary| boundary.statements().iter().map(Arc::as_ref).filter(|statement| statement.allows()))
    }

    /// Whether some statement grants an action on all that a pattern reaches, and that stands.
    #[cfg(test)]
    pub fn holds(&self, action: &str, resource: &Pattern) -> bool {
        let folded = action.to_ascii_lowercase();
        self.allows().any(|claim| claim.statement.actions.holds(&folded) && claim.statement.resources.grants(resource))
            && self.stands(action, resource)
    }

    /// What a statement really reaches with an action: its own resources that stand, or the part of them that the boundary leaves.
    pub fn reach(&self, statement: &PolicyStatement, action: &str) -> Vec<Pattern> {
        let own = if statement.resources.is_negated() { vec![Pattern::wildcards("*")] } else { statement.resources.patterns().cloned().collect() };
        let folded = action.to_ascii_lowercase();
        let mut reached: Vec<Pattern> = Vec::new();
        for resource in own {
            match self.ask(action, &resource) {
                Answer::ExplicitlyDenied | Answer::ImplicitlyDenied => continue,
                _ if self.is_within_boundary(action, &resource) => {
                    reached.push(resource);
                    continue;
                }
                _ => {}
            }
            let limits = self.limits().into_iter().flatten().filter(|limit| !limit.resources.is_negated() && limit.actions.holds(&folded));
            for pattern in limits.flat_map(|limit| limit.resources.patterns()) {
                if resource.covers(pattern, Reading::Most) {
                    reached.extend((!self.ask(action, pattern).is_denied()).then(|| pattern.clone()));
                } else if resource.overlaps(pattern) && !reached.contains(&resource) {
                    // A part of it, which no pattern says: its own is the upper bound.
                    reached.push(resource.clone());
                }
            }
        }
        reached
    }

    /// Whether a boundary, if there is one, leaves everything but some exceptions, or each of these actions, on all that a pattern reaches.
    pub fn leaves_everything(&self, actions: &[&str], all: &Pattern) -> bool {
        let most = |limit: &PolicyStatement| matches!(*limit.actions, Element::AllBut(_)) && limit.resources.grants(all);
        self.limits().is_none_or(|mut limits| limits.any(most)) || actions.iter().all(|action| self.is_within_boundary(action, all))
    }

    /// A list of what was found. Anything found counts, whatever else was not seen; nothing found needs everything seen.
    /// An unseen boundary, or unseen tags that statements ask for, might take back all that was found.
    pub fn conclude(&self, found: Found) -> Derived<Vec<Right>> {
        if found.is_empty() {
            return self.seen(Vec::new(), &self.missing);
        }
        let withdrawing = [&*self.boundary_missing, &self.tags_missing].concat();
        if !withdrawing.is_empty() {
            return self.seen(Vec::new(), &withdrawing);
        }
        let mut from: Vec<FieldRef> = found.values().flat_map(|proof| proof.from.iter().cloned()).collect();
        from.sort();
        from.dedup();
        let value = found.into_iter().map(|(words, proof)| Right { words, policies: proof.policies }).collect();
        Derived::Known { value, from }
    }

    fn seen<T>(&self, value: T, missing: &[Missing]) -> Derived<T> {
        let from = self.from.clone();
        if missing.is_empty() { Derived::Known { value, from } } else { Derived::Unseen { missing: missing.to_vec(), from } }
    }

    /// Adds what a statement gives: its policy, and the field where it was read or what names it.
    pub fn prove(&self, found: &mut Found, words: String, claim: Claim<'_>) {
        let proof = found.entry(words).or_default();
        if proof.policies.insert(claim.held.held.clone()) {
            proof.from.extend(claim.held.from.clone().map_or_else(|| self.from.clone(), |from| vec![from]));
        }
    }
}

/// An allowance in the making.
struct Gathered {
    all: Allowance,
}

impl Gathered {
    fn new(reader: &Policies<'_>, id: &Identity, context: Context) -> Self {
        let all = Allowance {
            principal: Principal::holder(&id.arn, &id.account),
            context,
            account: id.account.clone(),
            tags: None,
            held: Vec::new(),
            boundary: None,
            delegating: reader.delegating.clone(),
            missing: Vec::new(),
            boundary_missing: Vec::new(),
            tags_missing: Vec::new(),
            from: Vec::new(),
        };
        Self { all }
    }

    /// Goes on with a part where it was seen, else remembers what is missing.
    fn add<T>(&mut self, part: Derived<T>, with: impl FnOnce(&mut Self, T, &[FieldRef])) {
        match part {
            Derived::Known { value, from } => {
                self.all.from.extend_from_slice(&from);
                with(self, value, &from);
            }
            Derived::Unseen { missing, from } => {
                self.all.from.extend(from);
                self.all.missing.extend(missing);
            }
        }
    }

    fn policies(&mut self, reader: &Policies<'_>, arns: Derived<Vec<String>>, by: Holding<'_>) {
        self.add(arns, |all, arns, attached| {
            for arn in &arns {
                all.add(reader.library.managed(arn), |all, policy, from| {
                    let from = from.first().or_else(|| attached.first()).cloned();
                    all.all.held.push(Held { policy, held: by.attached(arn), from });
                });
            }
        });
    }

    fn inline(&mut self, policies: Derived<Vec<(HeldPolicy, Arc<Policy>)>>) {
        self.add(policies, |all, policies, from| {
            let from = from.first();
            all.all.held.extend(policies.into_iter().map(|(held, policy)| Held { policy, held, from: from.cloned() }));
        });
    }

    fn group<'a>(&mut self, reader: &Policies<'a>, group: &'a Resource<Group>, through: &str, from: &[FieldRef]) {
        self.all.from.extend_from_slice(from);
        let own = Holding::group(&group.id, through);
        self.policies(reader, observe!(group.attached_policies), own);
        self.inline(reader.library.inline(group, &group.fields.inline_policies, own));
    }

    fn bound_by(mut self, reader: &Policies<'_>, boundary: Derived<Option<String>>) -> Allowance {
        let policy = boundary.and_then(|arn| match arn {
            Some(arn) => reader.library.managed(&arn).map(Some),
            None => Derived::known(None),
        });
        match policy {
            Derived::Known { value, from } => {
                self.all.boundary = value;
                self.all.from.extend(from);
            }
            Derived::Unseen { missing, from } => {
                self.all.boundary_missing = missing;
                self.all.from.extend(from);
            }
        }
        self.done()
    }

    fn done(self) -> Allowance {
        self.all
    }
}

/// Whether a policy is one of AWS's own, which nobody else can change.
pub(super) fn is_aws_owned(arn: &str) -> bool {
    iam_eval::arn::Arn::parse(arn).is_some_and(|parsed| parsed.service == "iam" && parsed.account == "aws")
}

/// Whether an ARN is one of AWS's own policies; `service-role/Name` and the like count as `Name`.
pub(super) fn is_aws_policy(arn: &str, name: &str) -> bool {
    is_aws_owned(arn) && policy_name(arn) == name
}
