//! How a store is encrypted at rest, and whose key does it (3.5.1, 3.6.1, 3.7.4).
//!
//! Sources: RDS User Guide (`StorageEncryptionType`: Aurora's `sse-rds` comes with `StorageEncrypted` false), Redshift and S3 guides, KMS
//! Developer Guide ("AWS KMS keys": customer managed, AWS managed, AWS owned).

use std::collections::BTreeMap;

use iam_eval::arn::Arn;

use super::super::FactContext;
use crate::aws_defaults;
use crate::evidence::{Derived, Missing, observe};
use crate::model::bucket::Encryption;
use crate::model::dms::Staging;
use crate::model::kms::is_key;
use crate::model::{Kind, Resource, kms};

/// How data at rest is encrypted.
#[derive(Debug, Clone)]
pub(super) struct AtRest {
    /// By any AWS mechanism.
    pub encrypted: Derived<bool>,
    /// How, in words.
    pub words: Derived<String>,
    /// By a key that the customer manages.
    pub customer_key: Derived<bool>,
}

impl AtRest {
    /// What a service says: encrypted or not, and the key; no key is one that AWS owns.
    pub(super) fn by_flag(ctx: &FactContext<'_>, region: &str, encrypted: Derived<bool>, key: &Derived<Option<String>>) -> Self {
        let on =
            |then: Derived<String>, off: &str| encrypted.clone().and_then(|encrypted| if encrypted { then } else { Derived::known(off.to_owned()) });
        let words = on(key.clone().map(|key| in_words(key.as_deref())), "not encrypted");
        let customer_key = encrypted.clone().and_then(|encrypted| {
            if !encrypted {
                return Derived::known(false);
            }
            key.clone().and_then(|key| is_customers(ctx, region, key.as_deref()))
        });
        Self { encrypted, words, customer_key }
    }

    /// Of what is not there, or nobody knows.
    pub(super) fn unseen(what: &str) -> Self {
        let missing = || Missing::Outside(what.to_owned());
        Self { encrypted: Derived::unseen(missing()), words: Derived::unseen(missing()), customer_key: Derived::unseen(missing()) }
    }

    /// RDS: the flag, or a type that the flag does not know about.
    pub(super) fn of_database(
        ctx: &FactContext<'_>,
        region: &str,
        flag: Derived<bool>,
        kind: Derived<Option<String>>,
        key: &Derived<Option<String>>,
    ) -> Self {
        if kind.value().is_some_and(|kind| kind.as_deref() == Some("sse-rds")) {
            let rest = kind.from().to_vec();
            let known = |words: &str| Derived::known(words.to_owned()).resting_on(&rest);
            return Self {
                encrypted: Derived::known(true).resting_on(&rest),
                words: known("a key that AWS owns (sse-rds)"),
                customer_key: Derived::known(false).resting_on(&rest),
            };
        }
        let encrypted = Derived::any([flag, kind.map(|kind| kind.as_deref() == Some("sse-kms"))]);
        Self::by_flag(ctx, region, encrypted, key)
    }

    /// DMS: always encrypted; without a key of its own by `aws/dms`.
    pub(super) fn of_mover(ctx: &FactContext<'_>, region: &str, key: &Derived<Option<String>>) -> Self {
        Self {
            encrypted: Derived::known(true).resting_on(key.from()),
            words: key.clone().map(|key| key.map_or_else(|| "the AWS-managed key aws/dms".to_owned(), |key| in_words(Some(&key)))),
            customer_key: key.clone().and_then(|key| is_customers(ctx, region, key.as_deref())),
        }
    }

    /// A bucket by its default encryption.
    pub(super) fn of_bucket(ctx: &FactContext<'_>, region: &str, encryption: &Derived<Option<Encryption>>) -> Self {
        let algorithm =
            |encryption: &Option<Encryption>| encryption.as_ref().map_or(aws_defaults::BUCKET_ALGORITHM, |one| one.algorithm.as_str()).to_owned();
        let key = |encryption: Option<Encryption>| encryption.and_then(|one| one.kms_key_id).filter(|key| !key.is_empty());
        let by_kms = |algorithm: &str| algorithm.starts_with("aws:kms");
        Self {
            encrypted: encryption.clone().map(|encryption| by_kms(&algorithm(&encryption)) || algorithm(&encryption) == "AES256"),
            words: encryption.clone().map(|encryption| match algorithm(&encryption) {
                algorithm if by_kms(&algorithm) => {
                    key(encryption).map_or_else(|| "the AWS-managed key aws/s3".to_owned(), |key| in_words(Some(&key)))
                }
                algorithm if algorithm == "AES256" => "SSE-S3, a key that AWS owns".to_owned(),
                algorithm => format!("an unknown algorithm {algorithm}"),
            }),
            customer_key: encryption.clone().and_then(|encryption| {
                if by_kms(&algorithm(&encryption)) { is_customers(ctx, region, key(encryption).as_deref()) } else { Derived::known(false) }
            }),
        }
    }

    /// What a DMS endpoint asks S3 for, object by object: it overrides whatever the bucket does by default.
    ///
    /// The extra connection attributes may say it too (`encryptionMode`, `serverSideEncryptionKmsKeyId`); where both do and differ, the weaker counts.
    pub(super) fn of_staging(
        ctx: &FactContext<'_>,
        region: &str,
        staging: &Derived<Staging>,
        attributes: &Derived<BTreeMap<String, String>>,
    ) -> Self {
        let both = staging.clone().zip(attributes.clone()).map(|(staging, attributes)| {
            let attribute = |name: &str| attributes.get(name).cloned().filter(|value| !value.is_empty());
            let plain = |mode: String| mode.to_ascii_lowercase().replace('_', "-");
            let modes: Vec<_> =
                [staging.encryption_mode, attribute("encryptionmode")].into_iter().flatten().filter(|mode| !mode.is_empty()).map(plain).collect();
            let keys = [staging.kms_key_id.filter(|key| !key.is_empty()), attribute("serversideencryptionkmskeyid")];
            let by_kms = !modes.is_empty() && modes.iter().all(|mode| mode == "sse-kms");
            let mode = modes.into_iter().find(|mode| by_kms || mode != "sse-kms").unwrap_or_else(|| aws_defaults::DMS_ENCRYPTION_MODE.to_owned());
            (by_kms, mode, keys.into_iter().flatten().next())
        });
        Self {
            encrypted: Derived::known(true).resting_on(both.from()),
            words: both.clone().map(|(by_kms, mode, key)| match key {
                Some(key) if by_kms => format!("{mode} with {}, as the endpoint asks", in_words(Some(&key))),
                None if by_kms => format!("{mode} with the AWS-managed key aws/s3, as the endpoint asks"),
                _ => format!("{mode}, as the endpoint asks whatever the bucket's default is"),
            }),
            customer_key: both.and_then(|(by_kms, _, key)| if by_kms { is_customers(ctx, region, key.as_deref()) } else { Derived::known(false) }),
        }
    }
}

fn in_words(key: Option<&str>) -> String {
    let Some(key) = key.filter(|key| !is_aws_owned(key)) else { return "a key that AWS owns".to_owned() };
    let name = Arn::parse(key).map_or(key, |arn| arn.resource);
    format!("KMS key {}", name.strip_prefix("key/").unwrap_or(name))
}

/// Redshift writes this word where the key is none of the account's.
fn is_aws_owned(key: &str) -> bool {
    key.is_empty() || key == "AWS_OWNED_KMS_KEY"
}

/// Whether a key is one that a customer manages. A key of another account is: AWS manages keys within the account that uses them.
pub(super) fn is_customers(ctx: &FactContext<'_>, region: &str, key: Option<&str>) -> Derived<bool> {
    let Some(id) = key.filter(|key| !is_aws_owned(key)) else { return Derived::known(false) };
    let arn = Arn::parse(id);
    let name = arn.map_or(id, |arn| arn.resource);
    if kms::is_aws_alias(id) {
        return Derived::known(false);
    }
    if arn.is_some_and(|arn| !arn.account.is_empty() && arn.account != ctx.index.snapshot.caller.account) {
        return Derived::known(true);
    }
    let managed = |key: &Resource<kms::Key>| observe!(key.manager).map(|manager| manager.eq_ignore_ascii_case("CUSTOMER"));
    if let Some(key) = ctx.index.position(Kind::KmsKey, id).and_then(|position| ctx.index.all::<kms::Key>().get(position)) {
        return managed(key);
    }
    let region = arn.map(|arn| arn.region).filter(|region| !region.is_empty()).unwrap_or(region);
    let keys = ctx.index.all::<kms::Key>();
    let named = ctx.pipelines.named(Kind::KmsKey, region, id).and_then(|id| ctx.index.position(Kind::KmsKey, &id.arn));
    if let Some(key) = named.and_then(|position| keys.get(position)) {
        return managed(key);
    }
    // A bucket has no region of its own: where its key is no ARN, any region's may be meant.
    if region == "global"
        && arn.is_none()
        && let Some(key) = keys.iter().find(|key| is_key(key, id))
    {
        return managed(key);
    }
    // An alias resolves only where every key's aliases were read.
    let here = |key: &&Resource<kms::Key>| region == "global" || *key.id.region == *region;
    if name.starts_with("alias/")
        && let Some(key) = keys.iter().filter(here).find(|key| key.fields.aliases.is_unseen())
    {
        return observe!(key.aliases).map(|_| false);
    }
    ctx.index.get::<kms::Key>(region, id).and_then(managed)
}
