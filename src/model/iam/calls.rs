//! Calls to AWS IAM.

use crate::model::Kind;
use crate::model::calls::{Call, NONE, Scope};

pub(in crate::model) const CALLS: &[Call] = &[Call {
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
