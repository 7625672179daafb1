//! AWS's logic over the layers of policies.
//!
//! Source: IAM User Guide, "How AWS enforcement code logic evaluates requests to allow or deny access".

use super::citation::Layer;
use super::decision::Decision;
use super::judgement::Judgement;
use super::layers::{Layers, Policies, Reads, grants};
use super::request::Request;
use super::ternary::Ternary;
use super::unseen::Unseen;
use super::{aws_managed, permissionless};

/// Decides a request under policies. Linear in their statements.
pub fn evaluate<R: Unseen>(request: &Request, policies: &Policies<R>) -> Decision<R> {
    let layers = Layers {
        identity: policies.identity.relevant(request),
        boundary: policies.boundary.as_ref().map(|set| set.relevant(request)),
        session: policies.session.as_ref().map(|set| set.relevant(request)),
        resource: policies.resource.as_ref().map(|set| set.relevant(request)),
        grants: &policies.grants,
        grants_missing: &policies.grants_missing,
        scps: policies.scps.as_ref().map(|levels| levels.iter().map(|set| set.relevant(request)).collect()),
        rcps: policies.rcps.as_ref().map(|levels| levels.iter().map(|set| set.relevant(request)).collect()),
        endpoint: policies.endpoint.as_ref().map(|set| set.relevant(request)),
    };
    evaluate_layers(request, &layers)
}

/// Decides a request by the statements that concern it.
pub fn evaluate_layers<R: Unseen>(request: &Request, layers: &Layers<'_, R>) -> Decision<R> {
    let principal = &request.principal;
    if let Some(settled) = aws_managed::evaluate(request).or_else(|| permissionless::evaluate(request, layers)) {
        return settled;
    }
    let mut all = Reads::new(request, layers);
    let denied = Judgement::any(all.each().map(|read| read.denies.clone()));
    let granted = grants(request, layers);
    let mut allowed = all.allowed(request, &granted);
    if let Some(asked) = request.resource.pattern().filter(|_| allowed.truth != Ternary::No) {
        // Of some resources: what an Allow gives of them, a Deny may take away to the last.
        let grounds = all.strike(asked);
        if !grounds.is_empty() {
            allowed = all.allowed(request, &granted);
            if allowed.truth == Ternary::No {
                allowed.grounds.extend(grounds);
            }
        }
    }
    let exempt = principal.is_service_linked();
    let unread = [(Layer::ServiceControl, layers.scps.is_none() && principal.has_identity()), (Layer::ResourceControl, layers.rcps.is_none())];
    let unread = unread.into_iter().filter(|(_, unread)| *unread && !exempt).map(|(layer, _)| layer).collect();
    Decision::new(denied, allowed, unread)
}
