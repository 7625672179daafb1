//! Calls to Amazon S3 Control and AWS STS.

use crate::model::Kind;
use crate::model::calls::{Call, NONE, Scope};

pub(in crate::model) const CALLS: &[Call] = &[
    Call {
        service: "s3control",
        operation: "GetPublicAccessBlock",
        iam_action: "s3:GetAccountPublicAccessBlock",
        scope: Scope::Global,
        fills: &[(Kind::Account, &["public_access_block"])],
        always: &["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"],
        absent: &["NoSuchPublicAccessBlockConfiguration"],
        ..NONE
    },
    Call {
        service: "sts",
        operation: "GetCallerIdentity",
        iam_action: "sts:GetCallerIdentity",
        scope: Scope::Global,
        yields: &[Kind::Account],
        always: &["Account", "Arn"],
        ..NONE
    },
];
