//! What AWS keeps to itself: roles, policies and aliases that no policy lets anyone change.
//!
//! Source: IAM User Guide, "Create a service-linked role" ("You cannot … attach, or modify its permissions"); IAM API Reference,
//! `UnmodifiableEntity`; IAM User Guide, "Managed policies and inline policies" ("You cannot change the permissions defined in AWS managed
//! policies"); KMS Developer Guide, "AWS managed keys"; IAM Identity Center User Guide, "Permission sets", for the roles under `/aws-reserved/`,
//! which change with their permission set.

use std::sync::Arc;

use super::citation::{Layer, StatementRef};
use super::decision::Decision;
use super::judgement::{Judgement, Reason};
use super::principal::PrincipalType;
use super::request::Request;
use super::ternary::Ternary;
use super::unseen::Unseen;
use crate::arn::Arn;
use crate::document::Effect;

/// What changes a role.
const ROLE: [&str; 8] = [
    "iam:attachrolepolicy",
    "iam:deleterole",
    "iam:deleterolepermissionsboundary",
    "iam:deleterolepolicy",
    "iam:detachrolepolicy",
    "iam:putrolepermissionsboundary",
    "iam:putrolepolicy",
    "iam:updateassumerolepolicy",
];

/// What changes a managed policy.
const POLICY: [&str; 4] = ["iam:createpolicyversion", "iam:deletepolicy", "iam:deletepolicyversion", "iam:setdefaultpolicyversion"];

/// What changes an alias.
const ALIAS: [&str; 3] = ["kms:createalias", "kms:deletealias", "kms:updatealias"];

/// Who changes the asked resource, where AWS lets nobody of an account do it.
fn keeper(request: &Request) -> Option<&'static str> {
    let principal = &request.principal;
    if principal.who == PrincipalType::Service || principal.is_service_linked() {
        return None;
    }
    let (text, _) = request.resource.prefix();
    let (arn, action) = (Arn::parse(&text)?, request.folded.as_str());
    match (arn.service, arn.account) {
        ("iam", _) if ROLE.contains(&action) && arn.resource.starts_with("role/aws-service-role/") => {
            Some("only its service changes a service-linked role")
        }
        ("iam", _) if ROLE.contains(&action) && arn.resource.starts_with("role/aws-reserved/") => {
            Some("only its service changes a role under /aws-reserved/; those of permission sets change with their permission set")
        }
        ("iam", "aws") if POLICY.contains(&action) => Some("only AWS changes its managed policies"),
        ("kms", _) if ALIAS.contains(&action) && arn.resource.starts_with("alias/aws/") => Some("only AWS changes its aliases"),
        _ => None,
    }
}

/// The denial, where AWS itself refuses.
pub(super) fn evaluate<R: Unseen>(request: &Request) -> Option<Decision<R>> {
    let place = StatementRef { policy: "AWS itself".into(), arn: None, statement: keeper(request)?.to_owned(), effect: Effect::Deny };
    let denied = Judgement { truth: Ternary::Yes, grounds: vec![Reason::Statement(Layer::Aws, Arc::new(place))] };
    Some(Decision::new(denied, Judgement::plain(Ternary::No), Vec::new()))
}
