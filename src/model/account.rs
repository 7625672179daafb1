//! The account itself.

pub(super) mod calls;

use super::record::{part, record};

record! {
    /// Settings of the account (region `global`, ARN `arn:PARTITION:iam::ACCOUNT:root`).
    Account {
        /// The account-wide S3 block (s3control GetPublicAccessBlock); `null` where none was ever set.
        public_access_block: Option<PublicAccessBlock>,
    }
}

part! {
    /// The four S3 switches against public access, as GetPublicAccessBlock returns them.
    PublicAccessBlock {
        /// New public ACLs are refused.
        block_public_acls: bool,
        /// Existing public ACLs are ignored.
        ignore_public_acls: bool,
        /// New public policies are refused.
        block_public_policy: bool,
        /// Existing public policies grant nothing outside the account.
        restrict_public_buckets: bool,
    }
}
