//! Buckets, keys, secrets and roles → their own policies and grants, and the account that owns them.
//!
//! Other services are judged by identity policies alone: the snapshot holds no resource policies of theirs, and RDS, DMS, EC2 and IAM
//! have none.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::super::Index;
use super::super::super::derived::{Derived, observe};
use super::super::decide::{Policy, Request, Sheet};
use crate::finding::Missing;
use crate::model::arn::Arn;
use crate::model::bucket::Bucket;
use crate::model::iam::Role;
use crate::model::kms::{Grant, Key};
use crate::model::policy::Document;
use crate::model::secret::Secret;

/// The resource's side of a request.
#[derive(Debug, Clone, Default)]
pub struct Side {
    /// Its policy; `None` where it has none.
    pub policy: Option<Sheet>,
    /// The grants on a key.
    pub grants: Vec<Grant>,
    /// What of the grants was not seen.
    pub grants_missing: Vec<Missing>,
    /// The account that owns it, where that is known.
    pub account: Option<String>,
}

/// The sides of all resources with policies, by ARN.
pub struct Sides<'a> {
    index: &'a Index<'a>,
    known: HashMap<&'a str, Side>,
}

impl<'a> Sides<'a> {
    /// Reads the resource policies of a snapshot.
    pub fn read(index: &'a Index<'a>) -> Self {
        let mut known = HashMap::new();
        for bucket in index.all::<Bucket>() {
            known.insert(&*bucket.id.arn, Side::of(observe!(bucket.policy), "bucket policy", &bucket.id.account));
        }
        for secret in index.all::<Secret>() {
            known.insert(&*secret.id.arn, Side::of(observe!(secret.policy), "resource policy", &secret.id.account));
        }
        for role in index.all::<Role>() {
            known.insert(&*role.id.arn, Side::of(observe!(role.trust).map(Some), "trust policy", &role.id.account));
        }
        for key in index.all::<Key>() {
            let mut side = Side::of(observe!(key.policy).map(Some), "key policy", &key.id.account);
            match observe!(key.grants) {
                Derived::Known { value, .. } => side.grants = value,
                Derived::Unseen { missing, .. } => side.grants_missing = missing,
            }
            known.insert(&*key.id.arn, side);
        }
        Self { index, known }
    }

    /// The side of an action on a resource.
    pub fn of(&self, service: &str, action: &str, resource: &str, is_pattern: bool) -> Side {
        let arn = Arn::parse(resource);
        // Actions on no resource in particular have no resource policy.
        let Some(arn) = arn else { return self.own_account() };
        let owner = match (service, arn.service) {
            ("s3", "s3") => {
                let name = arn.resource.split('/').next().unwrap_or_default();
                Some(format!("arn:{}:s3:::{name}", arn.partition))
            }
            ("kms", "kms") if arn.resource.starts_with("key/") => Some(resource.to_owned()),
            ("secretsmanager", "secretsmanager") => Some(resource.to_owned()),
            ("sts", "iam") if Request::is_assume(action) => Some(resource.to_owned()),
            _ => None,
        };
        let Some(owner) = owner else {
            let account = if arn.account.is_empty() { self.own_account().account } else { Some(arn.account.to_owned()) };
            return Side { account, ..Side::default() };
        };
        if let Some(side) = self.known.get(owner.as_str()) {
            return side.clone();
        }
        let account = (!arn.account.is_empty() && !arn.account.contains(['*', '?'])).then(|| arn.account.to_owned());
        let missing = if is_pattern && owner.contains(['*', '?']) {
            Missing::NotEvaluated("the policies of several resources at once")
        } else {
            Missing::Outside(format!("the policy of {owner} was not read"))
        };
        Side { policy: Some(Sheet::unseen(vec![missing])), account, ..Side::default() }
    }

    fn own_account(&self) -> Side {
        Side { account: Some(self.index.snapshot.caller.account.clone()), ..Side::default() }
    }
}

impl Side {
    fn of(policy: Derived<Option<Document>>, name: &str, account: &str) -> Self {
        let account = Some(account.to_owned());
        match policy {
            Derived::Known { value: None, .. } => Self { account, ..Self::default() },
            Derived::Known { value: Some(document), .. } => {
                let policy = Some(Sheet::of([Arc::new(Policy::read(&document, name, None))]));
                Self { policy, account, ..Self::default() }
            }
            Derived::Unseen { missing, .. } => Self { policy: Some(Sheet::unseen(missing)), account, ..Self::default() },
        }
    }
}
