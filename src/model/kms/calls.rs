//! Calls to AWS KMS.

use crate::model::Kind;
use crate::model::calls::{Call, NONE, Scope};

pub(in crate::model) const CALLS: &[Call] = &[
    Call {
        service: "kms",
        operation: "DescribeKey",
        iam_action: "kms:DescribeKey",
        scope: Scope::Each(Kind::KmsKey),
        fills: &[(Kind::KmsKey, &["manager", "state", "origin", "spec", "deletion_at", "multi_region_type"])],
        always: &["KeyMetadata"],
        ..NONE
    },
    Call {
        service: "kms",
        operation: "GetKeyPolicy",
        iam_action: "kms:GetKeyPolicy",
        scope: Scope::Each(Kind::KmsKey),
        fills: &[(Kind::KmsKey, &["policy"])],
        always: &["Policy"],
        ..NONE
    },
    Call {
        service: "kms",
        operation: "GetKeyRotationStatus",
        iam_action: "kms:GetKeyRotationStatus",
        scope: Scope::Each(Kind::KmsKey),
        fills: &[(Kind::KmsKey, &["rotation"])],
        always: &["KeyRotationEnabled"],
        absent: &["UnsupportedOperationException"],
        ..NONE
    },
    Call {
        service: "kms",
        operation: "ListAliases",
        iam_action: "kms:ListAliases",
        names: &[Kind::KmsKey],
        fills: &[(Kind::KmsKey, &["aliases", "manager"])],
        always: &["Aliases"],
        ..NONE
    },
    Call {
        service: "kms",
        operation: "ListGrants",
        iam_action: "kms:ListGrants",
        scope: Scope::Each(Kind::KmsKey),
        fills: &[(Kind::KmsKey, &["grants"])],
        always: &["Grants"],
        ..NONE
    },
];
