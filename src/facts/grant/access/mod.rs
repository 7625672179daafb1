//! Access: who in a snapshot can do what to which resource. Built once; each question then meets only the statements that can concern it.
//!
//! ```text
//! let access = Access::new(&index);
//! access.decide(&access.principal("etl")?, "s3:GetObject", &Target::any("arn:aws:s3:::cards/*"), &Context::open());
//! access.who_can("kms:Decrypt", &Target::one(key_arn), &Context::open()).decisions;
//! ```
//!
//! Organization policies are not in a snapshot: unless they are given ([`Access::with_scps`], [`Access::with_rcps`]), answers are upper bounds
//! ([`Decision::is_upper_bound`]). Policies of resources other than buckets, keys, secrets and roles are not collected.

mod acl;
mod alias;
mod endpoint;
mod freed;
mod holders;
mod obstacle;
mod outsiders;
mod part;
mod resources;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::library::Library;
use crate::evidence::{Index, Missing};
use crate::model::Kind;
pub use endpoint::{NoWay, Through};
pub(super) use holders::principal_tags;
use holders::{Boundary, Holder, Holders};
use iam_eval::action::Action;
use iam_eval::arn::account_root;
use iam_eval::{
    Context, Decision, Layers, PolicySet, PolicyStatement, Principal, PrincipalType, RelevantStatements, Request, Target, evaluate_layers,
    needs_no_permission, needs_no_permission_of_some,
};
pub use obstacle::Obstacle;
use part::PolicyId;
use resources::{Side, Sides};
pub(super) use table::Scope;
use table::{Concerning, Table};

/// Who can do what, over one snapshot.
pub struct Access<'a> {
    index: &'a Index<'a>,
    holders: Holders,
    by_arn: HashMap<String, usize>,
    table: Table,
    sides: Sides<'a>,
    /// Levels of service control policies over the snapshot's account; `None` where they were not given.
    scps: Option<Vec<PolicySet<Missing>>>,
    /// Levels of resource control policies over it.
    rcps: Option<Vec<PolicySet<Missing>>>,
    /// The policy of the VPC endpoint that requests go through.
    endpoint: Option<PolicySet<Missing>>,
}

/// The answer to "who can".
#[derive(Debug, Clone)]
pub struct WhoCan {
    /// Everyone who is not denied for certain, with the decision, sorted by principal.
    pub decisions: Vec<(Principal, Decision<Missing>)>,
    /// What was not seen and might let in others: lists of identities, the resource's own policy, grants.
    pub missing: Vec<Missing>,
}

/// Why a text names no principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPrincipal {
    /// It can be none.
    #[error("{0}")]
    Malformed(String),
    /// The snapshot has no such user or role.
    #[error("there is no such user or role in the snapshot")]
    Unknown,
    /// It is the name of several.
    #[error("it is the name of several principals: {}", .0.join(", "))]
    Several(Vec<String>),
}

impl<'a> Access<'a> {
    /// Reads a snapshot's policies. Linear in their statements, times a logarithm.
    pub fn new(index: &'a Index<'a>) -> Self {
        Self::over(&Library::new(index))
    }

    /// The same, with policies that others read, too.
    fn over(library: &Library<'a>) -> Self {
        Self::of_holders(library, Holders::read(library))
    }

    /// Also for those who are nobody yet: whoever joins a group, and users and roles that are free of what stands in their way.
    pub(super) fn hypothetical(library: &Library<'a>) -> Self {
        let mut access = Self::of_holders(library, Holders::read(library).with_groups(library));
        let policies = access.holders.policies.iter().chain(access.sides.policies());
        let tags_matter = policies.flat_map(|policy| policy.statements()).any(|statement| statement.asks_for("aws:principaltag/"));
        access.holders = std::mem::take(&mut access.holders).with_obstacles(tags_matter);
        access.forget_what_stays();
        access
    }

    fn of_holders(library: &Library<'a>, holders: Holders) -> Self {
        let index = library.index();
        let table = Table::new(&holders.policies);
        let by_arn = holders.all.iter().enumerate().map(|(position, holder)| (holder.principal.arn.to_string(), position)).collect();
        Self { index, holders, by_arn, table, sides: Sides::read(index), scps: None, rcps: None, endpoint: None }
    }

    /// With the levels of service control policies over the account, root to account.
    #[must_use]
    pub fn with_scps(mut self, levels: Vec<PolicySet<Missing>>) -> Self {
        self.scps = Some(levels);
        self
    }

    /// With the levels of resource control policies over the account, root to account.
    #[must_use]
    pub fn with_rcps(mut self, levels: Vec<PolicySet<Missing>>) -> Self {
        self.rcps = Some(levels);
        self
    }

    /// Without the ACLs of objects, which are never read: for lists that say so themselves.
    #[must_use]
    pub fn without_object_acls(mut self) -> Self {
        self.sides.forget_objects();
        self
    }

    /// For requests through a VPC endpoint; its context keys are the caller's to give.
    #[must_use]
    pub fn through(mut self, endpoint: &Through) -> Self {
        self.endpoint.clone_from(&endpoint.policy);
        self
    }

    /// Every user and role of the snapshot.
    pub fn principals(&self) -> impl Iterator<Item = &Principal> {
        self.holders.all.iter().map(|holder| &holder.principal).filter(|principal| principal.who != PrincipalType::Group)
    }

    /// The same with those who are nobody yet, where they are asked about.
    pub(super) fn everyone(&self) -> impl Iterator<Item = Principal> {
        self.holders.all.iter().flat_map(|holder| self.shapes(holder))
    }

    /// A holder as it is, and free of what stands in its way.
    fn shapes(&self, holder: &Holder) -> impl Iterator<Item = Principal> + use<'a> {
        let principal = holder.principal.clone();
        let freed = principal.clone();
        std::iter::once(principal).chain(holder.freedoms().into_iter().map(move |bits| freed.clone().free_of(bits)))
    }

    /// The user or role behind a principal, as it is and free of what stands in its way.
    pub fn shapes_of(&self, principal: &Principal) -> Vec<Principal> {
        self.holder(principal).into_iter().flat_map(|holder| self.shapes(holder)).collect()
    }

    /// What somebody is thought to be free of, each with its bit.
    pub fn freed_of(&self, principal: &Principal) -> Vec<(u16, Obstacle)> {
        let lost = self.holder(principal).into_iter().flat_map(|holder| holder.lost(principal.freed()));
        lost.map(|(bit, obstacle)| (bit, obstacle.clone())).collect()
    }

    /// Whether it is thought to be free of one thing.
    pub fn is_free_of(&self, principal: &Principal, obstacle: &Obstacle) -> bool {
        principal.freed() != 0 && self.holder(principal).is_some_and(|holder| holder.is_free_of(principal.freed(), obstacle))
    }

    /// The principal that a text names: an ARN, a name that only one user or role has, a service, `anonymous`.
    ///
    /// # Errors
    /// Where the snapshot has no such user or role, or several, or the text can be no principal.
    pub fn principal(&self, text: &str) -> Result<Principal, NoPrincipal> {
        let own = &self.index.snapshot.caller.account;
        let parsed = match Principal::parse(text) {
            Ok(parsed) => parsed,
            Err(_) if !text.contains(':') => return self.by_name(text),
            Err(problem) => return Err(NoPrincipal::Malformed(problem)),
        };
        if *parsed.account != **own {
            return Ok(parsed);
        }
        match parsed.who {
            PrincipalType::Session => self.role_of(&parsed).map(|role| parsed.clone().of_role(&role.arn)).ok_or(NoPrincipal::Unknown),
            PrincipalType::User | PrincipalType::Role if !self.by_arn.contains_key(&*parsed.arn) => Err(NoPrincipal::Unknown),
            _ => Ok(parsed),
        }
    }

    /// The role behind a session, which names it without its path.
    fn role_of(&self, session: &Principal) -> Option<&Principal> {
        let name = session.arn.split('/').nth(1)?;
        let own = *session.account == *self.index.snapshot.caller.account;
        self.principals().find(|principal| own && principal.who == PrincipalType::Role && principal.name() == name)
    }

    fn by_name(&self, name: &str) -> Result<Principal, NoPrincipal> {
        let found: Vec<&Principal> = self.principals().filter(|principal| principal.name() == name).collect();
        match found.as_slice() {
            [one] => Ok((*one).clone()),
            [] => Err(NoPrincipal::Unknown),
            several => Err(NoPrincipal::Several(several.iter().map(|principal| principal.arn.to_string()).collect())),
        }
    }

    /// What AWS would say to one principal.
    pub fn decide(&self, principal: &Principal, action: &str, resource: &Target, context: &Context) -> Decision<Missing> {
        let question = self.question(action, resource, context);
        let mut request = question.request.clone();
        request.principal = principal.clone();
        self.answer(&question, &mut request)
    }

    /// Everyone who can, or may. Beside the users and roles these are the root user and whomever the resource's policy or grants name:
    /// of another account stands its root for what its administrators allow.
    pub fn who_can(&self, action: &str, resource: &Target, context: &Context) -> WhoCan {
        self.who_else_can(action, resource, context, |_| false)
    }

    /// The same, without those of whom `known` says that nobody need ask.
    pub fn who_else_can(&self, action: &str, resource: &Target, context: &Context, known: impl Fn(&Principal) -> bool) -> WhoCan {
        let question = self.question(action, resource, context);
        let mut asked: BTreeSet<usize> = self.holders.unseen.iter().map(|position| *position as usize).collect();
        for policy in self.table.allowing(&question.concerning) {
            asked.extend(self.holders.of_policy.get(policy as usize).into_iter().flatten().map(|position| *position as usize));
        }
        let (named, everyone) = outsiders::named(&question.side);
        let folded = question.request.action.to_ascii_lowercase();
        if needs_no_permission_of_some(&folded) {
            let free = self.holders.all.iter().enumerate().filter(|(_, holder)| needs_no_permission(&folded, &holder.principal));
            asked.extend(free.map(|(position, _)| position));
        }
        let mut others = vec![Principal::parse(&self.root()).ok()];
        if everyone {
            asked.extend(
                self.holders.all.iter().enumerate().filter(|(_, holder)| holder.principal.who != PrincipalType::Group).map(|(position, _)| position),
            );
            others.push(Some(Principal::stranger()));
            // Other services serve signed requests alone.
            others.extend((question.service() == "s3").then(|| Principal::parse("anonymous").ok()));
        }
        for mut principal in named {
            if principal.who == PrincipalType::Session
                && let Some(role) = self.role_of(&principal)
            {
                // The role may take this session's name.
                asked.extend(self.by_arn.get(&*role.arn));
                principal = principal.of_role(&role.arn);
            }
            match self.by_arn.get(&*principal.arn) {
                Some(position) => _ = asked.insert(*position),
                // AWS replaces the name of one who was deleted by an id; should a name be left, nobody bears it.
                None if self.is_gone(&principal) => {}
                None => others.push(Some(principal)),
            }
        }
        let holders = asked.into_iter().filter_map(|position| self.holders.all.get(position)).flat_map(|holder| self.shapes(holder));
        let all: BTreeSet<Principal> = holders.chain(others.into_iter().flatten()).filter(|principal| !known(principal)).collect();
        let mut request = question.request.clone();
        let decisions = all.into_iter().map(|principal| {
            request.principal = principal;
            (request.principal.clone(), self.answer(&question, &mut request))
        });
        let decisions = decisions.filter(|(_, decision)| !decision.answer.is_denied()).collect();
        let lists = [Kind::IamUser, Kind::IamRole].into_iter().filter(|kind| self.index.hides(*kind, "global"));
        let mut missing: Vec<Missing> = lists.map(|kind| Missing::Members { kind, region: "global".into() }).collect();
        missing.extend(question.side.policy.iter().flat_map(|set| set.missing.clone()));
        missing.extend(question.side.grants_missing.clone());
        WhoCan { decisions, missing }
    }

    /// What `*` stands for where an action is on resources: each one of the snapshot that has a policy of its own and that it may be on; else
    /// whatever the policies of identities reach.
    pub fn any_of(&self, action: Action) -> Vec<Target> {
        let found: Vec<Target> = self.sides.taken_by(action);
        if found.is_empty() { vec![Target::any("*")] } else { found }
    }

    /// The services that a resource's own policy names and that may act for another account, whether it lets them or not.
    pub fn acting(&self, action: &str, resource: &Target, context: &Context) -> BTreeSet<Principal> {
        let question = self.question(action, resource, context);
        outsiders::acting(&question.side, &question.request)
    }

    /// What identity policies say of an action on a resource: where two resources have the same, no policy tells them apart. `None` where that hangs
    /// on who asks.
    pub fn told_apart(&self, action: &str, resource: &Target) -> Option<Vec<Scope>> {
        let request = Request::new(Principal::stranger(), action, resource.clone(), None, Context::open());
        self.table.told_apart(&self.table.concerning(&request))
    }

    /// A user or role of the account that the complete list does not have.
    fn is_gone(&self, principal: &Principal) -> bool {
        let kind = match principal.who {
            PrincipalType::User => Kind::IamUser,
            PrincipalType::Role => Kind::IamRole,
            _ => return false,
        };
        *principal.account == *self.index.snapshot.caller.account && !self.index.hides(kind, "global")
    }

    /// The tags of a role, by their keys in lower case: those of every session that brings none of its own.
    pub(in crate::facts::grant) fn tags_of_role(&self, principal: &Principal) -> Option<Arc<BTreeMap<String, String>>> {
        self.holder(principal).filter(|_| principal.who == PrincipalType::Role).and_then(|holder| holder.tags.clone())
    }

    fn root(&self) -> String {
        let caller = &self.index.snapshot.caller;
        account_root(&caller.partition, &caller.account)
    }

    fn question(&self, action: &str, resource: &Target, context: &Context) -> Question {
        let folded = action.to_ascii_lowercase();
        let service = folded.split(':').next().unwrap_or_default();
        let behind = alias::behind(self.index, action, resource);
        let resource = behind.as_ref().map_or(resource, |(key, _)| key);
        let mut side = self.sides.of(service, &folded, &resource.text, resource.is_pattern());
        if let Some((_, Some(missing))) = &behind {
            side.policy = Some(PolicySet::unseen(vec![missing.clone()]));
        }
        // Who asks is put in for each.
        let request = Request::new(Principal::stranger(), action, resource.clone(), side.account.as_deref(), context.clone());
        let concerning = self.table.concerning(&request);
        Question { request, side, concerning }
    }

    fn answer(&self, question: &Question, request: &mut Request) -> Decision<Missing> {
        let holder = self.holder(&request.principal);
        request.principal_tags = holder.filter(|_| request.principal.who == PrincipalType::User).and_then(|holder| holder.tags.clone());
        let freed = request.principal.freed();
        let free_of = |obstacle: Obstacle| freed != 0 && holder.is_some_and(|holder| holder.is_free_of(freed, &obstacle));
        let retagged;
        let request = if free_of(Obstacle::Tags) || free_of(Obstacle::Untags) {
            retagged = request.clone().with_other_tags(free_of(Obstacle::Tags));
            &retagged
        } else {
            &*request
        };
        let principal = &request.principal;
        let statements = |policies: &[PolicyId]| -> Vec<&PolicyStatement> {
            policies.iter().flat_map(|policy| self.table.statements(*policy, &question.concerning)).collect()
        };
        let denies = |policy: PolicyId| self.table.statements(policy, &question.concerning).any(|statement| !statement.allows());
        let outside = match holder {
            None if principal.has_identity() && !matches!(principal.who, PrincipalType::Root | PrincipalType::Stranger) => {
                vec![Missing::Outside(format!("the policies of {}", principal.arn))]
            }
            _ => Vec::new(),
        };
        let own = &self.index.snapshot.caller.account;
        let identity = match holder {
            Some(holder) if freed != 0 => RelevantStatements { statements: statements(&holder.left(freed, denies)), missing: &holder.missing },
            Some(holder) => RelevantStatements { statements: statements(&holder.identity), missing: &holder.missing },
            None => RelevantStatements { statements: Vec::new(), missing: &outside },
        };
        let boundary = match holder.filter(|_| !free_of(Obstacle::Boundary)).map(|holder| &holder.boundary) {
            Some(Boundary::Policy(policy)) => Some(RelevantStatements { statements: statements(&[*policy]), missing: &[] }),
            Some(Boundary::Unseen(missing)) => Some(RelevantStatements { statements: Vec::new(), missing }),
            Some(Boundary::None) | None => None,
        };
        // They bind the account's own principals, and whoever comes to its resources.
        let scps = self.scps.as_ref().filter(|_| *principal.account == **own);
        let rcps = self.rcps.as_ref().filter(|_| request.resource_account.as_ref() == Some(own));
        let policy = question.side.policy_for(principal);
        let layers = Layers {
            identity,
            boundary,
            resource: policy.as_ref().map(|set| set.relevant(request)),
            grants: &question.side.grants,
            grants_missing: question.side.grants_missing_for(principal),
            scps: scps.map(|levels| levels.iter().map(|set| set.relevant(request)).collect()),
            rcps: rcps.map(|levels| levels.iter().map(|set| set.relevant(request)).collect()),
            endpoint: self.endpoint.as_ref().map(|set| set.relevant(request)),
            ..Layers::default()
        };
        evaluate_layers(request, &layers)
    }

    /// The user or role behind a principal.
    fn holder(&self, principal: &Principal) -> Option<&Holder> {
        let arn = if principal.who == PrincipalType::Session { principal.principal_arn()? } else { &principal.arn };
        self.holders.all.get(*self.by_arn.get(arn)?)
    }
}

/// What is asked, with what concerns it whoever asks.
struct Question {
    request: Request,
    side: Side,
    concerning: Concerning,
}

impl Question {
    fn service(&self) -> &str {
        self.request.service()
    }
}
