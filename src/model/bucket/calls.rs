//! Calls to Amazon S3.

use crate::model::Kind;
use crate::model::calls::{Call, NONE, Scope};

pub(in crate::model) const CALLS: &[Call] = &[
    Call {
        service: "s3",
        operation: "GetBucketAcl",
        iam_action: "s3:GetBucketAcl",
        scope: Scope::Each(Kind::Bucket),
        fills: &[(Kind::Bucket, &["acl", "owner"])],
        always: &["Owner", "AccessControlList"],
        ..NONE
    },
    Call {
        service: "s3",
        operation: "GetBucketEncryption",
        iam_action: "s3:GetEncryptionConfiguration",
        scope: Scope::Each(Kind::Bucket),
        names: &[Kind::KmsKey],
        fills: &[(Kind::Bucket, &["encryption"])],
        always: &["Rule"],
        absent: &["ServerSideEncryptionConfigurationNotFoundError"],
        ..NONE
    },
    Call {
        service: "s3",
        operation: "GetBucketLifecycleConfiguration",
        iam_action: "s3:GetLifecycleConfiguration",
        scope: Scope::Each(Kind::Bucket),
        fills: &[(Kind::Bucket, &["lifecycle"])],
        always: &["Rule"],
        absent: &["NoSuchLifecycleConfiguration"],
        ..NONE
    },
    Call {
        service: "s3",
        operation: "GetBucketOwnershipControls",
        iam_action: "s3:GetBucketOwnershipControls",
        scope: Scope::Each(Kind::Bucket),
        fills: &[(Kind::Bucket, &["ownership"])],
        always: &["Rule"],
        absent: &["OwnershipControlsNotFoundError"],
        ..NONE
    },
    Call {
        service: "s3",
        operation: "GetBucketPolicy",
        iam_action: "s3:GetBucketPolicy",
        scope: Scope::Each(Kind::Bucket),
        fills: &[(Kind::Bucket, &["policy"])],
        // The answer is the policy itself.
        always: &["Statement"],
        absent: &["NoSuchBucketPolicy"],
        ..NONE
    },
    Call {
        service: "s3",
        operation: "GetBucketReplication",
        iam_action: "s3:GetReplicationConfiguration",
        scope: Scope::Each(Kind::Bucket),
        fills: &[(Kind::Bucket, &["replication_targets"])],
        always: &["Rule"],
        absent: &["ReplicationConfigurationNotFoundError"],
        ..NONE
    },
    Call {
        service: "s3",
        operation: "GetBucketVersioning",
        iam_action: "s3:GetBucketVersioning",
        scope: Scope::Each(Kind::Bucket),
        fills: &[(Kind::Bucket, &["versioning"])],
        ..NONE
    },
    Call {
        service: "s3",
        operation: "GetPublicAccessBlock",
        iam_action: "s3:GetBucketPublicAccessBlock",
        scope: Scope::Each(Kind::Bucket),
        fills: &[(Kind::Bucket, &["public_access_block"])],
        always: &["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"],
        absent: &["NoSuchPublicAccessBlockConfiguration"],
        ..NONE
    },
];
