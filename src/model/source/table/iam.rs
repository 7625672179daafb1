//! Calls to AWS IAM.

use super::NONE;
use crate::model::Kind;
use crate::model::source::{Call, Scope};

pub(super) const CALLS: &[Call] = &[Call {
    service: "iam",
    operation: "GetAccountAuthorizationDetails",
    iam_action: "iam:GetAccountAuthorizationDetails",
    scope: Scope::Global,
    yields: &[Kind::IamUser, Kind::IamGroup, Kind::IamRole, Kind::IamPolicy],
    fills: &[
        (Kind::IamUser, &["groups", "attached_policies", "inline_policies", "boundary", "tags"]),
        (Kind::IamGroup, &["attached_policies", "inline_policies"]),
        (Kind::IamRole, &["path", "trust", "attached_policies", "inline_policies", "boundary", "tags"]),
        (Kind::IamPolicy, &["document"]),
    ],
    always: &["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies", "IsTruncated"],
    ..NONE
}];
