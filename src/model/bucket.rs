//! S3 buckets that a pipeline or a trail names.

pub(super) mod calls;

use super::reference::{Namer, Reference, flat};
use super::{Kind, Resources};
use iam_eval::document::Document;

use super::account::PublicAccessBlock;
use super::record::{part, record};

record! {
    /// A bucket. Each field is a call of its own.
    Bucket {
        /// Default encryption (GetBucketEncryption).
        encryption: Option<Encryption>,
        /// The bucket's own block; `null` where none was ever set.
        public_access_block: Option<PublicAccessBlock>,
        /// The bucket policy; `null` is none.
        policy: Option<Document>,
        /// Its ACL (GetBucketAcl); where ACLs are disabled, AWS returns no more than the owner's own grant.
        acl: Vec<AclGrant>,
        /// Canonical id of its owner (GetBucketAcl).
        owner: Option<String>,
        /// Object Ownership: `BucketOwnerEnforced` disables ACLs, `BucketOwnerPreferred`, `ObjectWriter`; `null` is as `ObjectWriter`.
        ownership: Option<String>,
        /// `Enabled`, `Suspended`, or `null` for never.
        versioning: Option<String>,
        /// Lifecycle rules; empty is none.
        lifecycle: Vec<LifecycleRule>,
        /// Buckets that it is replicated to; empty is none.
        replication_targets: Vec<String>,
    }
}

part! {
    /// Default encryption.
    Encryption {
        /// `AES256`, `aws:kms`, `aws:kms:dsse`.
        algorithm: String,
        /// Key id, ARN or alias; `None` with `aws:kms` is `aws/s3`.
        kms_key_id: Option<String>,
    }
}

part! {
    /// One grant of an ACL.
    AclGrant {
        /// Group URI or canonical id.
        grantee: String,
        /// `READ`, `WRITE`, `FULL_CONTROL`…
        permission: String,
    }
}

/// Whether a canned ACL lets in everyone, or everyone with any AWS account; written as S3 or as DMS does (`PUBLIC_READ`).
/// Source: S3 User Guide, "Canned ACL".
pub fn is_public_acl(acl: &str) -> bool {
    let acl = acl.to_ascii_lowercase().replace('_', "-");
    acl.starts_with("public-") || acl == "authenticated-read"
}

/// A group that S3 predefines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Everyone.
    AllUsers,
    /// Everyone with an AWS account, whichever it is.
    AuthenticatedUsers,
    /// S3's own delivery of server access logs.
    LogDelivery,
}

impl Group {
    /// As AWS names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllUsers => "AllUsers",
            Self::AuthenticatedUsers => "AuthenticatedUsers",
            Self::LogDelivery => "LogDelivery",
        }
    }
}

impl AclGrant {
    /// The group that it is to; `None` where it is to an account.
    pub fn group(&self) -> Option<Group> {
        let name = self.grantee.rsplit('/').next();
        [Group::AllUsers, Group::AuthenticatedUsers, Group::LogDelivery].into_iter().find(|group| name == Some(group.name()))
    }
}

part! {
    /// One lifecycle rule, for current versions.
    LifecycleRule {
        /// `Enabled` or `Disabled`.
        status: String,
        /// Key prefix; empty is the whole bucket.
        prefix: String,
        /// Whether tags or sizes narrow it too.
        narrowed: bool,
        /// Days until objects expire.
        expiration_days: Option<i64>,
        /// Days until objects move to a class that is not immediately available (GLACIER, DEEP_ARCHIVE).
        archive_days: Option<i64>,
    }
}

/// The keys of buckets.
pub(super) fn references(resources: &Resources, all: &mut Vec<Reference>) {
    for bucket in &resources.buckets {
        let key = flat(&bucket.fields.encryption).and_then(|encryption| encryption.kms_key_id.as_deref());
        Namer::new(all, bucket).names(Kind::KmsKey, "storage", key);
    }
}
