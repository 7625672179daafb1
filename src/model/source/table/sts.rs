//! Calls to AWS STS.

use super::NONE;
use crate::model::Kind;
use crate::model::source::{Call, Scope};

pub(super) const CALLS: &[Call] = &[Call {
    service: "sts",
    operation: "GetCallerIdentity",
    iam_action: "sts:GetCallerIdentity",
    scope: Scope::Global,
    yields: &[Kind::Account],
    always: &["Account", "Arn"],
    ..NONE
}];
