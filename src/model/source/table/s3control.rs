//! Calls to Amazon S3 Control.

use super::NONE;
use crate::model::Kind;
use crate::model::source::{Call, Scope};

pub(super) const CALLS: &[Call] = &[Call {
    service: "s3control",
    operation: "GetPublicAccessBlock",
    iam_action: "s3:GetAccountPublicAccessBlock",
    scope: Scope::Global,
    fills: &[(Kind::Account, &["public_access_block"])],
    always: &["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"],
    absent: &["NoSuchPublicAccessBlockConfiguration"],
    ..NONE
}];
