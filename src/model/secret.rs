//! Secrets Manager secrets. Never their values.

pub(super) mod calls;

use super::reference::{Namer, Reference, flat};
use super::{Kind, Resources};
use iam_eval::document::Document;
use jiff::Timestamp;

use super::record::record;

record! {
    /// A secret that something in scope names (ListSecrets or DescribeSecret, GetResourcePolicy).
    Secret {
        /// The key; `null` is `aws/secretsmanager`.
        kms_key_id: Option<String>,
        /// `null` is off.
        rotation_enabled: Option<bool>,
        /// Days between rotations, where given in days.
        rotation_days: Option<i64>,
        /// Rotation schedule, where given as an expression.
        rotation_schedule: Option<String>,
        /// Last rotation that worked.
        last_rotated_at: Option<Timestamp>,
        /// When the next one is due.
        next_rotation_at: Option<Timestamp>,
        /// When it was made.
        created_at: Option<Timestamp>,
        /// Scheduled for deletion.
        deleted_at: Option<Timestamp>,
        /// `rds`, `redshift`… where a service manages it.
        owning_service: Option<String>,
        /// Region of the primary, where this is a replica or replicated.
        primary_region: Option<String>,
        /// Whether a version is stuck in AWSPENDING alone.
        pending_version: bool,
        /// The resource policy; `null` is none.
        policy: Option<Document>,
    }
}

/// The keys of secrets.
pub(super) fn references(resources: &Resources, all: &mut Vec<Reference>) {
    for secret in &resources.secrets {
        Namer::new(all, secret).names(Kind::KmsKey, "secret", flat(&secret.fields.kms_key_id).map(String::as_str));
    }
}
