//! The alias of a key → the key: an action on keys is asked of the key that the alias names.
//!
//! Source: KMS Developer Guide, "Controlling access to aliases" and "Specifying KMS keys in IAM policy statements": an alias in the `Resource` of a
//! policy stands for the alias itself, never for its key; who uses a key by its alias is judged by the key's ARN.

use iam_eval::Target;
use iam_eval::action::lookup;
use iam_eval::arn::Arn;

use crate::evidence::{Index, Missing};
use crate::model::kms::Key;

/// What an action on keys is asked of, where an alias is given: the key behind it, or any key of its place, with what was not seen.
pub(super) fn behind(index: &Index<'_>, action: &str, resource: &Target) -> Option<(Target, Option<Missing>)> {
    let arn = Arn::parse(&resource.text).filter(|arn| arn.service == "kms" && arn.resource.starts_with("alias/") && !resource.is_pattern())?;
    let any = format!("arn:{}:kms:{}:{}:key/*", arn.partition, arn.region, arn.account);
    lookup(action).filter(|action| action.service() == "kms" && !action.takes(&resource.text) && action.takes(&any))?;
    let here = |key: &&crate::model::Resource<Key>| *key.id.region == *arn.region && *key.id.account == *arn.account;
    let named = |key: &&crate::model::Resource<Key>| key.fields.aliases.known().is_some_and(|all| all.iter().any(|alias| alias == arn.resource));
    match index.all::<Key>().iter().filter(here).find(named) {
        Some(key) => Some((Target::one(&key.id.arn), None)),
        None => {
            Some((Target::any(&any), Some(Missing::Outside(format!("which key {} names: the snapshot has no key with this alias", resource.text)))))
        }
    }
}
