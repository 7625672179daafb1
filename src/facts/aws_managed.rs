//! Whether AWS manages a KMS key.
//!
//! AWS KMS Developer Guide, "AWS managed keys": their aliases begin with `aws/`, a prefix that no customer may use.

use crate::evidence::{Derived, observe};
use crate::model::Resource;
use crate::model::kms::{Key, is_aws_alias};

/// Whether AWS manages the key: it says so, or an alias `alias/aws/…` does.
pub(super) fn is_aws_managed(key: &Resource<Key>) -> Derived<bool> {
    let aliases = observe!(key.aliases).map(|aliases| aliases.iter().any(|alias| is_aws_alias(alias)));
    if aliases.value() == Some(&true) { aliases } else { observe!(key.manager).map(|manager| manager == "AWS") }
}
