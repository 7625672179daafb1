//! Whether S3's block on public access is on for a bucket.
//!
//! S3 User Guide, "Blocking public access": either the account's or the bucket's own switch is enough. `RestrictPublicBuckets` takes the
//! force out of public policies, `IgnorePublicAcls` out of public grants of ACLs.

use crate::evidence::{Derived, Index, Missing, observe};
use crate::model::account::{Account, PublicAccessBlock};
use crate::model::bucket::Bucket;
use crate::model::{Identity, Resource};

/// Whether one of the four switches is on, in the bucket's own block or in its account's.
pub fn blocked(index: &Index<'_>, id: &Identity, bucket: Option<&Resource<Bucket>>, switch: fn(&PublicAccessBlock) -> bool) -> Derived<bool> {
    let is_on = |block: Option<PublicAccessBlock>| block.as_ref().is_some_and(switch);
    let own = bucket
        .map(|bucket| observe!(bucket.public_access_block).map(is_on))
        .unwrap_or_else(|| Derived::unseen(Missing::Outside(format!("bucket {}, which is not in this account's answer", id.name))));
    let account = index.account("global");
    // A trail's bucket often lies in an account for logs, and AWS then refuses every question about it: our own account's block says
    // nothing of such a bucket, so it counts only where something of the bucket was read.
    let account = if bucket.is_none_or(is_unread) {
        Derived::unseen(Missing::Outside(format!("whether bucket {} is this account's", id.name)))
    } else if *id.account != *account.account {
        Derived::unseen(Missing::Outside(format!("the settings of account {}, which was not scanned", id.account)))
    } else {
        index.get::<Account>("global", &account.arn).and_then(|account| observe!(account.public_access_block).map(is_on))
    };
    Derived::any([own, account])
}

/// Whether nothing at all was read of it: then it may be another account's.
fn is_unread(bucket: &Resource<Bucket>) -> bool {
    let fields = &bucket.fields;
    let configured = fields.encryption.is_unseen() && fields.versioning.is_unseen() && fields.lifecycle.is_unseen();
    let shared = fields.policy.is_unseen() && fields.acl.is_unseen() && fields.ownership.is_unseen();
    fields.public_access_block.is_unseen() && shared && configured
}
