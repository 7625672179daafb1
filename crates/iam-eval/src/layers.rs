//! The layers of policies that a request passes, and what each comes to.
//!
//! Source: IAM User Guide, "How AWS enforcement code logic evaluates requests to allow or deny access", "Policy evaluation for requests
//! within a single account", "Cross-account policy evaluation logic" and "Permissions boundaries for IAM entities"; KMS Developer Guide,
//! "Key policies" and "Grants".

use std::sync::Arc;

use super::Pattern;
use super::citation::{Layer, StatementRef};
use super::judgement::{Judgement, Reason};
use super::open_condition::Condition;
use super::principal::{Naming, Principal, PrincipalType};
use super::request::Request;
use super::statement::{Applies, Policy, PolicyStatement};
use super::ternary::Ternary;
use super::unseen::Unseen;
use crate::document::{Effect, Principals, Values};
use crate::grant::Grant;

/// The policies of one layer, as far as they were seen.
#[derive(Debug, Clone)]
pub struct PolicySet<R> {
    /// Those that were seen.
    pub policies: Vec<Arc<Policy>>,
    /// What was not seen: it may allow or deny anything.
    pub missing: Vec<R>,
}

impl<R> PolicySet<R> {
    /// Of policies, all of them seen.
    pub fn seen(policies: impl IntoIterator<Item = Arc<Policy>>) -> Self {
        Self { policies: policies.into_iter().collect(), missing: Vec::new() }
    }

    /// Not seen, and why.
    pub fn unseen(missing: Vec<R>) -> Self {
        Self { policies: Vec::new(), missing }
    }

    /// What of it concerns a request.
    pub fn relevant(&self, request: &Request) -> RelevantStatements<'_, R> {
        RelevantStatements::new(&self.policies, &self.missing, request)
    }
}

impl<R> Default for PolicySet<R> {
    fn default() -> Self {
        Self::seen([])
    }
}

/// All policies that bear on one request. `Default` is none of any kind, all seen, and organization policies that were not read.
#[derive(Debug, Clone)]
pub struct Policies<R> {
    /// Policies of the user, its groups, or the role.
    pub identity: PolicySet<R>,
    /// The permissions boundary; `None` where there is none.
    pub boundary: Option<PolicySet<R>>,
    /// The session policy; `None` where there is none.
    pub session: Option<PolicySet<R>>,
    /// The resource's own policy; `None` where it has none.
    pub resource: Option<PolicySet<R>>,
    /// The grants on a key.
    pub grants: Vec<Grant>,
    /// What of its grants, or of a bucket's ACL, was not seen: it may allow, and never deny.
    pub grants_missing: Vec<R>,
    /// The levels of service control policies over the caller's account, root to account; `None` where they were not read.
    pub scps: Option<Vec<PolicySet<R>>>,
    /// The levels of resource control policies over the resource's account; `None` where they were not read.
    pub rcps: Option<Vec<PolicySet<R>>>,
    /// The policy of the VPC endpoint that the request goes through; `None` where it goes through none.
    pub endpoint: Option<PolicySet<R>>,
}

impl<R> Default for Policies<R> {
    fn default() -> Self {
        Self {
            identity: PolicySet::default(),
            boundary: None,
            session: None,
            resource: None,
            grants: Vec::new(),
            grants_missing: Vec::new(),
            scps: None,
            rcps: None,
            endpoint: None,
        }
    }
}

/// The statements of a layer that concern a request.
#[derive(Debug, Clone)]
pub struct RelevantStatements<'a, R> {
    /// Those that were seen.
    pub statements: Vec<&'a PolicyStatement>,
    /// What was not seen.
    pub missing: &'a [R],
}

impl<'a, R> RelevantStatements<'a, R> {
    /// Those of some policies, beside which this was not seen.
    pub fn new(policies: impl IntoIterator<Item = &'a Arc<Policy>>, missing: &'a [R], request: &Request) -> Self {
        let statements = policies.into_iter().flat_map(|policy| policy.statements()).map(Arc::as_ref);
        Self { statements: statements.filter(|statement| statement.concerns(request)).collect(), missing }
    }
}

impl<R> Default for RelevantStatements<'_, R> {
    fn default() -> Self {
        Self { statements: Vec::new(), missing: &[] }
    }
}

/// The layers of [`Policies`], reduced to what concerns one request.
#[derive(Debug, Clone)]
pub struct Layers<'a, R> {
    pub identity: RelevantStatements<'a, R>,
    pub boundary: Option<RelevantStatements<'a, R>>,
    pub session: Option<RelevantStatements<'a, R>>,
    pub resource: Option<RelevantStatements<'a, R>>,
    pub grants: &'a [Grant],
    pub grants_missing: &'a [R],
    pub scps: Option<Vec<RelevantStatements<'a, R>>>,
    pub rcps: Option<Vec<RelevantStatements<'a, R>>>,
    pub endpoint: Option<RelevantStatements<'a, R>>,
}

impl<R> Default for Layers<'_, R> {
    fn default() -> Self {
        Self {
            identity: RelevantStatements::default(),
            boundary: None,
            session: None,
            resource: None,
            grants: &[],
            grants_missing: &[],
            scps: None,
            rcps: None,
            endpoint: None,
        }
    }
}

/// What the statements of every layer come to.
pub(super) struct Reads<'a, R> {
    identity: Read<'a, R>,
    /// Boundary and session policy.
    limits: Vec<Read<'a, R>>,
    /// Organization policies and the policy of the endpoint.
    guards: Vec<Read<'a, R>>,
    resource: Option<Read<'a, R>>,
}

impl<'a, R: Unseen> Reads<'a, R> {
    /// Reads each layer.
    pub(super) fn new(request: &Request, layers: &Layers<'a, R>) -> Self {
        let principal = &request.principal;
        let exempt = principal.is_service_linked();
        let bounded =
            layers.boundary.as_ref().map_or(Ternary::No, |boundary| if boundary.missing.is_empty() { Ternary::Yes } else { Ternary::Maybe });
        let limits = [(Layer::Boundary, &layers.boundary), (Layer::Session, &layers.session)];
        let limits = limits.into_iter().filter_map(|(layer, found)| Some(Read::of_identity(layer, found.as_ref()?, request)));
        let of_resource = |layer| move |found: &RelevantStatements<'a, R>| Read::of_resource(layer, found, request, bounded);
        // They bind the identities of the caller's account: not services, nor those without an account.
        let scps = layers.scps.iter().flatten().filter(|_| !exempt && principal.has_identity()).map(of_resource(Layer::ServiceControl));
        let rcps = layers.rcps.iter().flatten().filter(|_| !exempt).map(of_resource(Layer::ResourceControl));
        Self {
            identity: Read::of_identity(Layer::Identity, &layers.identity, request),
            limits: limits.collect(),
            guards: scps.chain(rcps).chain(layers.endpoint.as_ref().map(of_resource(Layer::Endpoint))).collect(),
            resource: layers.resource.as_ref().map(of_resource(Layer::Resource)),
        }
    }

    /// Every layer.
    pub(super) fn each(&self) -> impl Iterator<Item = &Read<'a, R>> {
        std::iter::once(&self.identity).chain(&self.limits).chain(&self.guards).chain(&self.resource)
    }

    pub(super) fn allowed(&self, request: &Request, granted: &Grants<R>) -> Judgement<R> {
        let sides = Sides { request, identity: &self.identity, limits: &self.limits, resource: self.resource.as_ref(), granted };
        Judgement::all(std::iter::once(sides.allowed()).chain(self.guards.iter().map(Read::allows)))
    }

    /// Whether organization policies and the policy of the endpoint let everything pass, for certain.
    pub(super) fn guards_pass(&self) -> bool {
        self.guards.iter().all(|guard| guard.allows().truth == Ternary::Yes && !guard.may_deny())
    }

    /// Takes out every Allow of which one Deny leaves nothing; what says so.
    pub(super) fn strike(&mut self, asked: &Pattern) -> Vec<Reason<R>> {
        let denies: Vec<(Layer, &'a PolicyStatement)> =
            self.each().flat_map(|read| read.partial.iter().map(|statement| (read.layer, *statement))).collect();
        let mut grounds = Vec::new();
        let all = std::iter::once(&mut self.identity).chain(&mut self.limits).chain(&mut self.guards).chain(&mut self.resource);
        for read in all.filter(|_| !denies.is_empty()) {
            read.allows.retain(|(statement, _)| {
                let deny = denies.iter().find(|(_, deny)| deny.resources.takes_away(&statement.resources, asked));
                grounds.extend(deny.map(|(layer, deny)| Reason::Statement(*layer, deny.place.clone())));
                deny.is_none()
            });
        }
        grounds
    }
}

/// The identity's side and the resource's side.
struct Sides<'a, R> {
    request: &'a Request,
    identity: &'a Read<'a, R>,
    limits: &'a [Read<'a, R>],
    resource: Option<&'a Read<'a, R>>,
    granted: &'a Grants<R>,
}

impl<R: Unseen> Sides<'_, R> {
    fn allowed(&self) -> Judgement<R> {
        let principal = &self.request.principal;
        if !principal.has_identity() {
            return self.direct();
        }
        match self.request.resource_account.as_deref() {
            _ if principal.who == PrincipalType::Stranger => self.across_accounts(),
            Some(account) if account == &*principal.account => self.within_account(),
            Some(_) => self.across_accounts(),
            None => {
                let (within, across) = (self.within_account(), self.across_accounts());
                if within.truth == across.truth {
                    return within;
                }
                let missing = R::unknown_owner(&self.request.resource.text);
                let mut grounds = within.grounds;
                grounds.retain(|ground| !matches!(ground, Reason::Lacking(_)));
                grounds.push(Reason::Missing(missing));
                Judgement { truth: Ternary::Maybe, grounds }
            }
        }
    }

    /// One side suffices; a boundary or session policy limits all but what the resource's policy gives to everyone, or to the very user or
    /// session. Keys and roles answer for themselves: identity policies count only where their policy lets the account decide.
    fn within_account(&self) -> Judgement<R> {
        let identity = if self.request.needs_resource_policy() { Judgement::all([self.delegated(), self.own()]) } else { self.own() };
        let limited = self.limited(Judgement::any([identity, self.role()]));
        Judgement::any([self.direct(), limited])
    }

    /// Both sides must allow.
    fn across_accounts(&self) -> Judgement<R> {
        let theirs = Judgement::any([self.direct(), self.role(), self.delegated()]);
        Judgement::all([theirs, self.limited(self.own())])
    }

    fn limited(&self, say: Judgement<R>) -> Judgement<R> {
        Judgement::all(std::iter::once(say).chain(self.limits.iter().map(|limit| limit.allows())))
    }

    /// "All requests are implicitly denied with the exception of the AWS account root user, which has full access."
    fn own(&self) -> Judgement<R> {
        if matches!(self.request.principal.who, PrincipalType::Root | PrincipalType::Stranger) {
            Judgement::plain(Ternary::Yes)
        } else {
            self.identity.allows()
        }
    }

    fn direct(&self) -> Judgement<R> {
        Judgement::any([self.by_resource(Naming::direct), self.granted.direct.clone()])
    }

    fn role(&self) -> Judgement<R> {
        Judgement::any([self.by_resource(|naming| naming.role), self.granted.role.clone()])
    }

    fn delegated(&self) -> Judgement<R> {
        Judgement::any([self.by_resource(|naming| naming.account), self.granted.account.clone()])
    }

    fn by_resource(&self, way: impl Fn(&Naming) -> Ternary) -> Judgement<R> {
        match self.resource {
            Some(read) => read.allows_by(way),
            None => Judgement { truth: Ternary::No, grounds: vec![Reason::Lacking(Layer::Resource)] },
        }
    }
}

/// What the statements of a layer come to.
pub(super) struct Read<'a, R> {
    layer: Layer,
    allows: Vec<(&'a PolicyStatement, Applies)>,
    missing: &'a [R],
    pub denies: Judgement<R>,
    /// The Deny statements that strike some of the asked resources, whoever asks and however.
    partial: Vec<&'a PolicyStatement>,
}

impl<'a, R: Unseen> Read<'a, R> {
    fn of_identity(layer: Layer, relevant: &RelevantStatements<'a, R>, request: &Request) -> Self {
        Self::new(layer, relevant, |statement| statement.applies(request))
    }

    fn of_resource(layer: Layer, relevant: &RelevantStatements<'a, R>, request: &Request, bounded: Ternary) -> Self {
        Self::new(layer, relevant, |statement| statement.applies_to_caller(request, bounded))
    }

    fn new(layer: Layer, relevant: &RelevantStatements<'a, R>, read: impl Fn(&PolicyStatement) -> Applies) -> Self {
        let (mut allows, mut denies, mut partial) = (Vec::new(), vec![unseen(relevant.missing)], Vec::new());
        for statement in &relevant.statements {
            let applies = read(statement);
            if applies.truth == Ternary::No {
                continue;
            }
            if statement.allows() {
                allows.push((*statement, applies));
            } else {
                denies.push(said(layer, statement, &applies, Ternary::Yes));
                partial.extend(applies.to_some.then_some(*statement));
            }
        }
        Self { layer, allows, missing: relevant.missing, denies: Judgement::any(denies), partial }
    }

    /// Whether it denies, or may.
    pub(super) fn may_deny(&self) -> bool {
        self.denies.truth != Ternary::No
    }

    /// Whether it allows.
    fn allows(&self) -> Judgement<R> {
        self.allows_by(|_| Ternary::Yes)
    }

    /// Whether it allows by naming the caller in some way.
    fn allows_by(&self, way: impl Fn(&Naming) -> Ternary) -> Judgement<R> {
        let matching =
            self.allows.iter().map(|(statement, applies)| (statement, applies, way(&applies.naming))).filter(|(_, _, way)| *way != Ternary::No);
        let matching = matching.map(|(statement, applies, way)| said(self.layer, statement, applies, way));
        let mut found = Judgement::any(matching.chain([unseen(self.missing)]));
        if found.truth == Ternary::No {
            found.grounds = vec![Reason::Lacking(self.layer)];
        }
        found
    }
}

/// That a statement applies, by a way of naming the caller that may itself be open.
fn said<R>(layer: Layer, statement: &PolicyStatement, applies: &Applies, way: Ternary) -> Judgement<R> {
    let truth = Ternary::all([applies.truth, way]);
    let ground = if truth == Ternary::Yes {
        Reason::Statement(layer, statement.place.clone())
    } else {
        let mut conditions = applies.conditions.clone();
        if way == Ternary::Maybe && applies.truth == Ternary::Yes {
            conditions.push(statement.caller());
        }
        Reason::OpenStatement(layer, statement.place.clone(), conditions)
    };
    Judgement { truth, grounds: vec![ground] }
}

/// What was not seen may say anything.
fn unseen<R: Unseen>(missing: &[R]) -> Judgement<R> {
    let grounds: Vec<Reason<R>> = missing.iter().cloned().map(Reason::Missing).collect();
    Judgement { truth: if missing.is_empty() { Ternary::No } else { Ternary::Maybe }, grounds }
}

/// What the grants on a key allow, by how they name the caller.
pub(super) struct Grants<R> {
    direct: Judgement<R>,
    role: Judgement<R>,
    account: Judgement<R>,
}

/// Grants allow their operations to their grantee, on top of the key policy; an encryption context narrows one.
pub(super) fn grants<R: Unseen>(request: &Request, layers: &Layers<'_, R>) -> Grants<R> {
    let operation = request.folded.strip_prefix("kms:").unwrap_or_default();
    let (mut direct, mut role, mut account) = (Vec::new(), Vec::new(), Vec::new());
    for grant in layers.grants.iter().filter(|grant| grant.operations.iter().any(|allowed| allowed.eq_ignore_ascii_case(operation))) {
        let Some(grantee) = &grant.grantee else { continue };
        let naming = grantee_naming(&request.principal, grantee);
        let place = Arc::new(StatementRef { policy: "grant".into(), arn: None, statement: format!("to {grantee}"), effect: Effect::Allow });
        for (truth, list) in [(naming.direct(), &mut direct), (naming.role, &mut role), (naming.account, &mut account)] {
            match truth {
                Ternary::No => {}
                Ternary::Yes if !grant.constrained => {
                    list.push(Judgement { truth: Ternary::Yes, grounds: vec![Reason::Statement(Layer::Grant, place.clone())] });
                }
                _ => {
                    let conditions = if grant.constrained { vec![Condition::GrantConstraint] } else { Vec::new() };
                    list.push(Judgement { truth: Ternary::Maybe, grounds: vec![Reason::OpenStatement(Layer::Grant, place.clone(), conditions)] });
                }
            }
        }
    }
    direct.push(unseen(layers.grants_missing));
    Grants { direct: Judgement::any(direct), role: Judgement::any(role), account: Judgement::any(account) }
}

fn grantee_naming(principal: &Principal, grantee: &str) -> Naming {
    let kind = if super::principal_element::service_of(grantee).is_some() { "Service" } else { "AWS" };
    let names = Values(vec![grantee.to_owned()]);
    principal.named_by(&Principals::ByType([(kind.to_owned(), names)].into()))
}
