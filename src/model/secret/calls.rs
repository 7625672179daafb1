//! Calls to AWS Secrets Manager.

use crate::model::Kind;
use crate::model::calls::{Call, NONE, Scope};

pub(in crate::model) const CALLS: &[Call] = &[
    Call {
        service: "secretsmanager",
        operation: "GetResourcePolicy",
        iam_action: "secretsmanager:GetResourcePolicy",
        scope: Scope::Each(Kind::Secret),
        fills: &[(Kind::Secret, &["policy"])],
        always: &["ARN"],
        ..NONE
    },
    Call {
        service: "secretsmanager",
        operation: "ListSecrets",
        iam_action: "secretsmanager:ListSecrets",
        yields: &[Kind::Secret],
        names: &[Kind::KmsKey],
        fills: &[(
            Kind::Secret,
            &[
                "kms_key_id",
                "rotation_enabled",
                "rotation_days",
                "rotation_schedule",
                "last_rotated_at",
                "next_rotation_at",
                "created_at",
                "deleted_at",
                "owning_service",
                "primary_region",
                "pending_version",
            ],
        )],
        always: &["SecretList"],
        ..NONE
    },
];
