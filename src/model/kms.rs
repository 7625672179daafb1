//! AWS KMS keys.

pub(super) mod calls;

use iam_eval::Grant;
use iam_eval::arn::Arn;
use iam_eval::document::Document;
use jiff::Timestamp;

use super::Resource;
use super::record::{part, record};

record! {
    /// A key that something in scope names.
    Key {
        /// Aliases that point at it (ListAliases).
        aliases: Vec<String>,
        /// `AWS` or `CUSTOMER` (an alias `alias/aws/…` tells it without a call).
        manager: String,
        /// `Enabled`, `Disabled`, `PendingDeletion`…
        state: String,
        /// `AWS_KMS`, `EXTERNAL`, `AWS_CLOUDHSM`, `EXTERNAL_KEY_STORE`.
        origin: Option<String>,
        /// `SYMMETRIC_DEFAULT`, `RSA_2048`…
        spec: Option<String>,
        /// When it will be deleted.
        deletion_at: Option<Timestamp>,
        /// `PRIMARY` or `REPLICA` for a multi-Region key.
        multi_region_type: Option<String>,
        /// Automatic rotation (GetKeyRotationStatus); `null` where it cannot be asked (asymmetric, imported, custom store).
        rotation: Option<Rotation>,
        /// The key policy (GetKeyPolicy).
        policy: Document,
        /// Its grants (ListGrants).
        grants: Vec<Grant>,
    }
}

part! {
    /// The answer of GetKeyRotationStatus.
    Rotation {
        /// Switched on.
        enabled: bool,
        /// Days between rotations; AWS's default is 365.
        period_days: Option<i64>,
    }
}

/// `alias/aws/…`, bare or as an ARN: a key that AWS manages.
pub fn is_aws_alias(key_id: &str) -> bool {
    iam_eval::arn::Arn::parse(key_id).map_or(key_id, |arn| arn.resource).starts_with("alias/aws/")
}

/// Whether a key goes by this ARN, id, alias name or alias ARN.
pub fn is_key(key: &Resource<Key>, id: &str) -> bool {
    if *id == *key.id.arn {
        return true;
    }
    let tail = Arn::parse(id).map_or(id, |arn| arn.resource);
    match tail.strip_prefix("alias/") {
        Some(_) => key.fields.aliases.known().is_some_and(|aliases| aliases.iter().any(|alias| alias == tail)),
        None => Arn::parse(id).is_none() && key.id.arn.rsplit('/').next() == Some(tail.strip_prefix("key/").unwrap_or(tail)),
    }
}
