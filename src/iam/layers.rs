//! The layers of policies that a request passes, and what each comes to.
//!
//! Source: IAM User Guide, "How AWS enforcement code logic evaluates requests to allow or deny access", "Policy evaluation for requests
//! within a single account", "Cross-account policy evaluation logic" and "Permissions boundaries for IAM entities"; KMS Developer Guide,
//! "Key policies" and "Grants".

use std::sync::Arc;

use super::Pattern;
use super::citation::{Layer, Place};
use super::principal::{Naming, Principal, Who};
use super::request::Request;
use super::statement::{Applies, Policy, Term};
use super::ternary::{Ground, Say, Truth};
use crate::evidence::Missing;
use crate::model::kms::Grant;
use crate::model::policy::{Effect, Principals, Values};

/// The policies of one layer, as far as they were seen.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// Those that were seen.
    pub policies: Vec<Arc<Policy>>,
    /// What was not seen: it may allow or deny anything.
    pub missing: Vec<Missing>,
}

impl Sheet {
    /// Of policies, all of them seen.
    pub fn of(policies: impl IntoIterator<Item = Arc<Policy>>) -> Self {
        Self { policies: policies.into_iter().collect(), missing: Vec::new() }
    }

    /// Not seen, and why.
    pub fn unseen(missing: Vec<Missing>) -> Self {
        Self { policies: Vec::new(), missing }
    }
}

/// All policies that bear on one request. `Default` is none of any kind, all seen, and organization policies that were not read.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    /// Policies of the user, its groups, or the role.
    pub identity: Sheet,
    /// The permissions boundary; `None` where there is none.
    pub boundary: Option<Sheet>,
    /// The session policy; `None` where there is none.
    pub session: Option<Sheet>,
    /// The resource's own policy; `None` where it has none.
    pub resource: Option<Sheet>,
    /// The grants on a key.
    pub grants: Vec<Grant>,
    /// What of its grants, or of a bucket's ACL, was not seen: it may allow, and never deny.
    pub grants_missing: Vec<Missing>,
    /// The levels of service control policies over the caller's account, root to account; `None` where they were not read.
    pub scps: Option<Vec<Sheet>>,
    /// The levels of resource control policies over the resource's account; `None` where they were not read.
    pub rcps: Option<Vec<Sheet>>,
    /// The policy of the VPC endpoint that the request goes through; `None` where it goes through none.
    pub endpoint: Option<Sheet>,
}

/// The statements of a layer that concern a request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Relevant<'a> {
    /// Those that were seen.
    pub terms: Vec<&'a Term>,
    /// What was not seen.
    pub missing: &'a [Missing],
}

/// The layers of [`Policies`], reduced to what concerns one request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layers<'a> {
    pub identity: Relevant<'a>,
    pub boundary: Option<Relevant<'a>>,
    pub session: Option<Relevant<'a>>,
    pub resource: Option<Relevant<'a>>,
    pub grants: &'a [Grant],
    pub grants_missing: &'a [Missing],
    pub scps: Option<Vec<Relevant<'a>>>,
    pub rcps: Option<Vec<Relevant<'a>>>,
    pub endpoint: Option<Relevant<'a>>,
}

/// The statements of a sheet that concern a request.
pub(crate) fn relevant<'a>(sheet: &'a Sheet, request: &Request) -> Relevant<'a> {
    let terms = sheet.policies.iter().flat_map(|policy| policy.terms()).map(Arc::as_ref).filter(|term| term.concerns(request));
    Relevant { terms: terms.collect(), missing: &sheet.missing }
}

/// What the statements of every layer come to.
pub(super) struct Reads<'a> {
    identity: Read<'a>,
    /// Boundary and session policy.
    limits: Vec<Read<'a>>,
    /// Organization policies and the policy of the endpoint.
    guards: Vec<Read<'a>>,
    resource: Option<Read<'a>>,
}

impl<'a> Reads<'a> {
    /// Reads each layer.
    pub(super) fn new(request: &Request, layers: &Layers<'a>) -> Self {
        let principal = &request.principal;
        let exempt = principal.is_service_linked();
        let bounded = layers.boundary.as_ref().map_or(Truth::No, |boundary| if boundary.missing.is_empty() { Truth::Yes } else { Truth::Maybe });
        let limits = [(Layer::Boundary, &layers.boundary), (Layer::Session, &layers.session)];
        let limits = limits.into_iter().filter_map(|(layer, found)| Some(Read::of_identity(layer, found.as_ref()?, request)));
        let of_resource = |layer| move |found: &Relevant<'a>| Read::of_resource(layer, found, request, bounded);
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
    pub(super) fn each(&self) -> impl Iterator<Item = &Read<'a>> {
        std::iter::once(&self.identity).chain(&self.limits).chain(&self.guards).chain(&self.resource)
    }

    pub(super) fn allowed(&self, request: &Request, granted: &Grants) -> Say {
        let sides = Sides { request, identity: &self.identity, limits: &self.limits, resource: self.resource.as_ref(), granted };
        Say::all(std::iter::once(sides.allowed()).chain(self.guards.iter().map(Read::allows)))
    }

    /// Whether organization policies and the policy of the endpoint let everything pass, for certain.
    pub(super) fn guards_pass(&self) -> bool {
        self.guards.iter().all(|guard| guard.allows().truth == Truth::Yes && !guard.may_deny())
    }

    /// Takes out every Allow of which one Deny leaves nothing; what says so.
    pub(super) fn strike(&mut self, asked: &Pattern) -> Vec<Ground> {
        let denies: Vec<(Layer, &'a Term)> = self.each().flat_map(|read| read.partial.iter().map(|term| (read.layer, *term))).collect();
        let mut grounds = Vec::new();
        let all = std::iter::once(&mut self.identity).chain(&mut self.limits).chain(&mut self.guards).chain(&mut self.resource);
        for read in all.filter(|_| !denies.is_empty()) {
            read.allows.retain(|(term, _)| {
                let deny = denies.iter().find(|(_, deny)| deny.resources.takes_away(&term.resources, asked));
                grounds.extend(deny.map(|(layer, deny)| Ground::Statement(*layer, deny.place.clone())));
                deny.is_none()
            });
        }
        grounds
    }
}

/// The identity's side and the resource's side.
struct Sides<'a> {
    request: &'a Request,
    identity: &'a Read<'a>,
    limits: &'a [Read<'a>],
    resource: Option<&'a Read<'a>>,
    granted: &'a Grants,
}

impl Sides<'_> {
    fn allowed(&self) -> Say {
        let principal = &self.request.principal;
        if !principal.has_identity() {
            return self.direct();
        }
        match self.request.resource_account.as_deref() {
            _ if principal.who == Who::Stranger => self.across_accounts(),
            Some(account) if account == &*principal.account => self.within_account(),
            Some(_) => self.across_accounts(),
            None => {
                let (within, across) = (self.within_account(), self.across_accounts());
                if within.truth == across.truth {
                    return within;
                }
                let missing = Missing::Outside(format!("whose account owns {}", self.request.resource.text));
                let mut grounds = within.grounds;
                grounds.retain(|ground| !matches!(ground, Ground::Lacking(_)));
                grounds.push(Ground::Missing(missing));
                Say { truth: Truth::Maybe, grounds }
            }
        }
    }

    /// One side suffices; a boundary or session policy limits all but what the resource's policy gives to everyone, or to the very user or
    /// session. Keys and roles answer for themselves: identity policies count only where their policy lets the account decide.
    fn within_account(&self) -> Say {
        let identity = if self.request.needs_resource_policy() { Say::all([self.delegated(), self.own()]) } else { self.own() };
        let limited = self.limited(Say::any([identity, self.role()]));
        Say::any([self.direct(), limited])
    }

    /// Both sides must allow.
    fn across_accounts(&self) -> Say {
        let theirs = Say::any([self.direct(), self.role(), self.delegated()]);
        Say::all([theirs, self.limited(self.own())])
    }

    fn limited(&self, say: Say) -> Say {
        Say::all(std::iter::once(say).chain(self.limits.iter().map(|limit| limit.allows())))
    }

    /// "All requests are implicitly denied with the exception of the AWS account root user, which has full access."
    fn own(&self) -> Say {
        if matches!(self.request.principal.who, Who::Root | Who::Stranger) { Say::plain(Truth::Yes) } else { self.identity.allows() }
    }

    fn direct(&self) -> Say {
        Say::any([self.by_resource(Naming::direct), self.granted.direct.clone()])
    }

    fn role(&self) -> Say {
        Say::any([self.by_resource(|naming| naming.role), self.granted.role.clone()])
    }

    fn delegated(&self) -> Say {
        Say::any([self.by_resource(|naming| naming.account), self.granted.account.clone()])
    }

    fn by_resource(&self, way: impl Fn(&Naming) -> Truth) -> Say {
        match self.resource {
            Some(read) => read.allows_by(way),
            None => Say { truth: Truth::No, grounds: vec![Ground::Lacking(Layer::Resource)] },
        }
    }
}

/// What the statements of a layer come to.
pub(super) struct Read<'a> {
    layer: Layer,
    allows: Vec<(&'a Term, Applies)>,
    missing: &'a [Missing],
    pub denies: Say,
    /// The Deny statements that strike some of the asked resources, whoever asks and however.
    partial: Vec<&'a Term>,
}

impl<'a> Read<'a> {
    fn of_identity(layer: Layer, relevant: &Relevant<'a>, request: &Request) -> Self {
        Self::of(layer, relevant, |term| term.applies(request))
    }

    fn of_resource(layer: Layer, relevant: &Relevant<'a>, request: &Request, bounded: Truth) -> Self {
        Self::of(layer, relevant, |term| term.applies_to_caller(request, bounded))
    }

    fn of(layer: Layer, relevant: &Relevant<'a>, read: impl Fn(&Term) -> Applies) -> Self {
        let (mut allows, mut denies, mut partial) = (Vec::new(), vec![unseen(relevant.missing)], Vec::new());
        for term in &relevant.terms {
            let applies = read(term);
            if applies.truth == Truth::No {
                continue;
            }
            if term.allows() {
                allows.push((*term, applies));
            } else {
                denies.push(said(layer, term, &applies, Truth::Yes));
                partial.extend(applies.to_some.then_some(*term));
            }
        }
        Self { layer, allows, missing: relevant.missing, denies: Say::any(denies), partial }
    }

    /// Whether it denies, or may.
    pub(super) fn may_deny(&self) -> bool {
        self.denies.truth != Truth::No
    }

    /// Whether it allows.
    fn allows(&self) -> Say {
        self.allows_by(|_| Truth::Yes)
    }

    /// Whether it allows by naming the caller in some way.
    fn allows_by(&self, way: impl Fn(&Naming) -> Truth) -> Say {
        let matching = self.allows.iter().map(|(term, applies)| (term, applies, way(&applies.naming))).filter(|(_, _, way)| *way != Truth::No);
        let matching = matching.map(|(term, applies, way)| said(self.layer, term, applies, way));
        let mut found = Say::any(matching.chain([unseen(self.missing)]));
        if found.truth == Truth::No {
            found.grounds = vec![Ground::Lacking(self.layer)];
        }
        found
    }
}

/// That a statement applies, by a way of naming the caller that may itself be open.
fn said(layer: Layer, term: &Term, applies: &Applies, way: Truth) -> Say {
    let truth = Truth::all([applies.truth, way]);
    let ground = if truth == Truth::Yes {
        Ground::Statement(layer, term.place.clone())
    } else {
        let mut conditions = applies.conditions.clone();
        if way == Truth::Maybe && applies.truth == Truth::Yes {
            conditions.push(term.caller());
        }
        Ground::Hinge(layer, term.place.clone(), conditions)
    };
    Say { truth, grounds: vec![ground] }
}

/// What was not seen may say anything.
fn unseen(missing: &[Missing]) -> Say {
    let grounds: Vec<Ground> = missing.iter().cloned().map(Ground::Missing).collect();
    Say { truth: if missing.is_empty() { Truth::No } else { Truth::Maybe }, grounds }
}

/// What the grants on a key allow, by how they name the caller.
pub(super) struct Grants {
    direct: Say,
    role: Say,
    account: Say,
}

/// Grants allow their operations to their grantee, on top of the key policy; an encryption context narrows one.
pub(super) fn grants(request: &Request, layers: &Layers<'_>) -> Grants {
    let operation = request.folded.strip_prefix("kms:").unwrap_or_default();
    let (mut direct, mut role, mut account) = (Vec::new(), Vec::new(), Vec::new());
    for grant in layers.grants.iter().filter(|grant| grant.operations.iter().any(|allowed| allowed.eq_ignore_ascii_case(operation))) {
        let Some(grantee) = &grant.grantee else { continue };
        let naming = grantee_naming(&request.principal, grantee);
        let place = Arc::new(Place { policy: "grant".into(), arn: None, statement: format!("to {grantee}"), effect: Effect::Allow });
        let condition = || super::citation::Condition {
            key: "kms:EncryptionContext".to_owned(),
            operator: "fits".to_owned(),
            values: vec!["the constraint of the grant".to_owned()],
        };
        for (truth, list) in [(naming.direct(), &mut direct), (naming.role, &mut role), (naming.account, &mut account)] {
            match truth {
                Truth::No => {}
                Truth::Yes if !grant.constrained => {
                    list.push(Say { truth: Truth::Yes, grounds: vec![Ground::Statement(Layer::Grant, place.clone())] });
                }
                _ => {
                    let conditions = if grant.constrained { vec![condition()] } else { Vec::new() };
                    list.push(Say { truth: Truth::Maybe, grounds: vec![Ground::Hinge(Layer::Grant, place.clone(), conditions)] });
                }
            }
        }
    }
    direct.push(unseen(layers.grants_missing));
    Grants { direct: Say::any(direct), role: Say::any(role), account: Say::any(account) }
}

fn grantee_naming(principal: &Principal, grantee: &str) -> Naming {
    let kind = if super::principal_element::service_of(grantee).is_some() { "Service" } else { "AWS" };
    let names = Values(vec![grantee.to_owned()]);
    principal.named_by(&Principals::ByType([(kind.to_owned(), names)].into()))
}
