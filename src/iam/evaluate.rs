//! AWS's logic over the layers of policies.
//!
//! Source: IAM User Guide, "How AWS enforcement code logic evaluates requests to allow or deny access".

use super::citation::Layer;
use super::decision::Decision;
use super::layers::{Layers, Policies, Reads, grants, relevant};
use super::request::Request;
use super::ternary::{Say, Truth};
use super::{fixed, free};

/// Decides a request under policies. Linear in their statements.
pub fn decide(request: &Request, policies: &Policies) -> Decision {
    let layers = Layers {
        identity: relevant(&policies.identity, request),
        boundary: policies.boundary.as_ref().map(|sheet| relevant(sheet, request)),
        session: policies.session.as_ref().map(|sheet| relevant(sheet, request)),
        resource: policies.resource.as_ref().map(|sheet| relevant(sheet, request)),
        grants: &policies.grants,
        grants_missing: &policies.grants_missing,
        scps: policies.scps.as_ref().map(|levels| levels.iter().map(|sheet| relevant(sheet, request)).collect()),
        rcps: policies.rcps.as_ref().map(|levels| levels.iter().map(|sheet| relevant(sheet, request)).collect()),
        endpoint: policies.endpoint.as_ref().map(|sheet| relevant(sheet, request)),
    };
    judge(request, &layers)
}

/// Decides a request by the statements that concern it.
pub(crate) fn judge(request: &Request, layers: &Layers<'_>) -> Decision {
    let principal = &request.principal;
    if let Some(settled) = fixed::decide(request).or_else(|| free::decide(request, layers)) {
        return settled;
    }
    let mut all = Reads::new(request, layers);
    let denied = Say::any(all.each().map(|read| read.denies.clone()));
    let granted = grants(request, layers);
    let mut allowed = all.allowed(request, &granted);
    if let Some(asked) = request.resource.pattern().filter(|_| allowed.truth != Truth::No) {
        // Of some resources: what an Allow gives of them, a Deny may take away to the last.
        let grounds = all.strike(asked);
        if !grounds.is_empty() {
            allowed = all.allowed(request, &granted);
            if allowed.truth == Truth::No {
                allowed.grounds.extend(grounds);
            }
        }
    }
    let exempt = principal.is_service_linked();
    let unread = [(Layer::ServiceControl, layers.scps.is_none() && principal.has_identity()), (Layer::ResourceControl, layers.rcps.is_none())];
    let unread = unread.into_iter().filter(|(_, unread)| *unread && !exempt).map(|(layer, _)| layer).collect();
    Decision::of(denied, allowed, unread)
}
