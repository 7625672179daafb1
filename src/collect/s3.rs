//! Amazon S3 → the buckets that something in scope names, each field by a call of its own, and the account-wide block.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::OnceLock;

use aws_sdk_s3::types;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use iam_eval::arn::account_root;
use iam_eval::document::Document;

use super::call::Answer;
use super::convert::{set, sorted, text};
use super::ctx::{Ctx, Session};
use super::kms::document;
use super::retry::ServiceError;
use super::session::is_region;
use crate::model::account::{Account, PublicAccessBlock};
use crate::model::reference::{Reference, bucket_name};
use crate::model::{Kind, Observed, bucket};

/// Uses in which rows rest in a bucket for a while: versions and replicas would keep them.
const STAGING: &[&str] = &["staging"];
/// Uses in which a bucket keeps records: how long matters.
const RECORDS: &[&str] = &["database-audit", "flow-log", "redshift-log", "trail"];

/// Reads the account's own block against public access.
pub(super) async fn account(ctx: &Ctx<'_>) {
    let account = &*ctx.session.account;
    let question = ctx.ask("s3control", "GetPublicAccessBlock");
    let answer = question.one(|| ctx.clients.s3control().get_public_access_block().account_id(account).send()).await;
    let block = answer.field(None, |output| {
        output.public_access_block_configuration.map(|block| PublicAccessBlock {
            block_public_acls: block.block_public_acls.unwrap_or(false),
            ignore_public_acls: block.ignore_public_acls.unwrap_or(false),
            block_public_policy: block.block_public_policy.unwrap_or(false),
            restrict_public_buckets: block.restrict_public_buckets.unwrap_or(false),
        })
    });
    ctx.keep(ctx.global_id(&account_root(&ctx.session.partition, account), account), Account { public_access_block: block });
}

/// A named bucket: where to ask, and what it is used for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Region of the first resource that names it.
    pub region: String,
    roles: BTreeSet<&'static str>,
}

/// The buckets that references name; `home` is where to ask for one whose namer has no region.
pub(super) fn wanted(references: &[Reference], home: &str) -> BTreeMap<String, Wanted> {
    let mut all: BTreeMap<String, Wanted> = BTreeMap::new();
    for reference in references.iter().filter(|reference| reference.target == Kind::Bucket && is_bucket_name(&reference.id)) {
        let region = if is_region(&reference.by.region) { &*reference.by.region } else { home };
        let bucket = all.entry(reference.id.clone()).or_insert_with(|| Wanted { region: region.to_owned(), roles: BTreeSet::new() });
        bucket.roles.insert(reference.role);
    }
    all
}

/// A bucket's name becomes a part of an address: what cannot be one is not asked about.
fn is_bucket_name(name: &str) -> bool {
    (3..=255).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

/// Reads a bucket; where it is, as far as S3 said so. The first question finds out: asked elsewhere, S3 answers where to ask.
pub(super) async fn bucket(session: &Session, name: &str, wanted: &Wanted) -> String {
    let arn = format!("arn:{}:s3:::{name}", session.partition);
    let has_role = |roles: &[&str]| roles.iter().any(|role| wanted.roles.contains(role));
    let (stages, records) = (has_role(STAGING), has_role(RECORDS));
    let namers = session.region(&wanted.region);
    let first = Site::at(&namers, name, &arn);
    let encryption = encryption(&first).await;
    let region = first.moved.get().cloned().unwrap_or_else(|| wanted.region.clone());
    let own = session.region(&region);
    let site = &Site::at(&own, name, &arn);
    let ((block, ownership), policy, (acl, owner), versioning, lifecycle, replication) = tokio::join!(
        async {
            let block = block(site).await;
            // Whether objects have ACLs of their own matters only where no block ignores them.
            let ignored = block.known().is_some_and(|block| block.as_ref().is_some_and(|block| block.ignore_public_acls));
            (block, if ignored { Observed::Unseen } else { ownership(site).await })
        },
        policy(site),
        acl(site),
        async { if stages { versioning(site).await } else { Observed::Unseen } },
        async { if records { lifecycle(site).await } else { Observed::Unseen } },
        async { if stages { replication(site).await } else { Observed::Unseen } },
    );
    let fields = bucket::Bucket {
        encryption,
        public_access_block: block,
        policy,
        acl,
        owner,
        ownership,
        versioning,
        lifecycle,
        replication_targets: replication,
    };
    own.keep(own.global_id(&arn, name), fields);
    region
}

/// A bucket, asked about in some region.
struct Site<'a> {
    ctx: &'a Ctx<'a>,
    name: &'a str,
    arn: &'a str,
    /// Where S3 says it is instead.
    moved: OnceLock<String>,
}

impl<'a> Site<'a> {
    const fn at(ctx: &'a Ctx<'a>, name: &'a str, arn: &'a str) -> Self {
        Self { ctx, name, arn, moved: OnceLock::new() }
    }

    /// Asks here and, where S3 says that the bucket is elsewhere, once more there.
    async fn read<T, E, Fut>(&self, operation: &'static str, send: impl Fn(&aws_sdk_s3::Client) -> Fut) -> Answer<T>
    where
        E: ServiceError,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let question = self.ctx.ask("s3", operation).about(self.arn);
        let outcome = question.attempt(|| send(self.ctx.clients.s3())).await;
        let hint = outcome.as_ref().err().and_then(|failure| failure.bucket_region.clone());
        match hint.filter(|region| is_region(region) && **region != *self.ctx.region) {
            Some(region) => {
                let there = self.ctx.session.region(&region);
                let answer = question.settle(question.attempt(|| send(there.clients.s3())).await);
                self.moved.get_or_init(|| region);
                answer
            }
            None => question.settle(outcome),
        }
    }
}

async fn encryption(site: &Site<'_>) -> Observed<Option<bucket::Encryption>> {
    let answer = site.read("GetBucketEncryption", |s3| s3.get_bucket_encryption().bucket(site.name).send()).await;
    answer.field(None, |output| {
        let rules = output.server_side_encryption_configuration.map(|configuration| configuration.rules).unwrap_or_default();
        let default = rules.into_iter().find_map(|rule| rule.apply_server_side_encryption_by_default);
        default
            .map(|default| bucket::Encryption { algorithm: default.sse_algorithm.as_str().to_owned(), kms_key_id: text(default.kms_master_key_id) })
    })
}

async fn block(site: &Site<'_>) -> Observed<Option<PublicAccessBlock>> {
    let answer = site.read("GetPublicAccessBlock", |s3| s3.get_public_access_block().bucket(site.name).send()).await;
    answer.field(None, |output| {
        output.public_access_block_configuration.map(|block| PublicAccessBlock {
            block_public_acls: block.block_public_acls.unwrap_or(false),
            ignore_public_acls: block.ignore_public_acls.unwrap_or(false),
            block_public_policy: block.block_public_policy.unwrap_or(false),
            restrict_public_buckets: block.restrict_public_buckets.unwrap_or(false),
        })
    })
}

async fn policy(site: &Site<'_>) -> Observed<Option<Document>> {
    match site.read("GetBucketPolicy", |s3| s3.get_bucket_policy().bucket(site.name).send()).await {
        Answer::Known(output) => match text(output.policy) {
            None => Observed::Known(None),
            Some(policy) => match document(&site.ctx.ask("s3", "GetBucketPolicy").about(site.arn), &policy) {
                Observed::Known(document) => Observed::Known(Some(document)),
                Observed::Unseen => Observed::Unseen,
            },
        },
        Answer::Absent => Observed::Known(None),
        Answer::Gap => Observed::Unseen,
    }
}

async fn acl(site: &Site<'_>) -> (Observed<Vec<bucket::AclGrant>>, Observed<Option<String>>) {
    let answer = site.read("GetBucketAcl", |s3| s3.get_bucket_acl().bucket(site.name).send()).await;
    let Answer::Known(output) = answer else { return (Observed::Unseen, Observed::Unseen) };
    let grants = sorted(output.grants.unwrap_or_default().into_iter().map(|grant| bucket::AclGrant {
        grantee: grant.grantee.and_then(|grantee| text(grantee.uri).or(text(grantee.id))).unwrap_or_default(),
        permission: grant.permission.map(|permission| permission.as_str().to_owned()).unwrap_or_default(),
    }));
    (Observed::Known(grants), Observed::Known(output.owner.and_then(|owner| text(owner.id))))
}

async fn ownership(site: &Site<'_>) -> Observed<Option<String>> {
    let answer = site.read("GetBucketOwnershipControls", |s3| s3.get_bucket_ownership_controls().bucket(site.name).send()).await;
    answer.field(None, |output| {
        let rules = output.ownership_controls.map(|controls| controls.rules).unwrap_or_default();
        rules.into_iter().next().map(|rule| rule.object_ownership.as_str().to_owned())
    })
}

async fn versioning(site: &Site<'_>) -> Observed<Option<String>> {
    let answer = site.read("GetBucketVersioning", |s3| s3.get_bucket_versioning().bucket(site.name).send()).await;
    answer.known(|output| output.status.map(|status| status.as_str().to_owned()))
}

async fn lifecycle(site: &Site<'_>) -> Observed<Vec<bucket::LifecycleRule>> {
    let answer = site.read("GetBucketLifecycleConfiguration", |s3| s3.get_bucket_lifecycle_configuration().bucket(site.name).send()).await;
    answer.field(Vec::new(), |output| sorted(output.rules.unwrap_or_default().into_iter().map(lifecycle_rule)))
}

fn lifecycle_rule(rule: types::LifecycleRule) -> bucket::LifecycleRule {
    let filter = rule.filter.as_ref();
    let and = filter.and_then(|filter| filter.and.as_ref());
    let narrowed = filter
        .is_some_and(|filter| filter.tag.is_some() || filter.object_size_greater_than.is_some() || filter.object_size_less_than.is_some())
        || and.is_some_and(|and| {
            and.tags.as_ref().is_some_and(|tags| !tags.is_empty()) || and.object_size_greater_than.is_some() || and.object_size_less_than.is_some()
        });
    let prefix = filter.and_then(|filter| filter.prefix.clone()).or_else(|| and.and_then(|and| and.prefix.clone()));
    #[expect(deprecated, reason = "rules of before 2016 still have their prefix there")]
    let prefix = prefix.or(rule.prefix);
    let expiration = rule.expiration;
    // A date is in the past or will be: from then on, objects expire on the day they are made.
    let dated = expiration.as_ref().is_some_and(|expiration| expiration.date.is_some()).then_some(0);
    let archives = |class: &types::TransitionStorageClass| matches!(class.as_str(), "GLACIER" | "DEEP_ARCHIVE");
    let transitions = rule.transitions.unwrap_or_default().into_iter();
    let archived = transitions
        .filter(|transition| transition.storage_class.as_ref().is_some_and(archives))
        .map(|transition| transition.days.map_or(0, i64::from));
    bucket::LifecycleRule {
        status: rule.status.as_str().to_owned(),
        prefix: prefix.unwrap_or_default(),
        narrowed,
        expiration_days: expiration.and_then(|expiration| expiration.days).map(i64::from).or(dated),
        archive_days: archived.min(),
    }
}

async fn replication(site: &Site<'_>) -> Observed<Vec<String>> {
    let answer = site.read("GetBucketReplication", |s3| s3.get_bucket_replication().bucket(site.name).send()).await;
    answer.field(Vec::new(), |output| {
        let rules = output.replication_configuration.map(|configuration| configuration.rules).unwrap_or_default();
        let enabled = rules.into_iter().filter(|rule| rule.status.as_str() == "Enabled");
        set(enabled.filter_map(|rule| rule.destination).map(|destination| bucket_name(&destination.bucket).to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_s3_allows_are_asked_about() {
        assert!(is_bucket_name("dms-staging.1"));
        for bad in ["", "ab", "a/b", "evil.example.com/", "x y z", "a@b", "é-bucket"] {
            assert!(!is_bucket_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_lifecycle_rule_says_when_objects_go_and_which() {
        let filter = types::LifecycleRuleFilter::builder().tag(types::Tag::builder().key("k").value("v").build().unwrap()).build();
        let transition = types::Transition::builder().days(30).storage_class(types::TransitionStorageClass::Glacier).build();
        let rule = types::LifecycleRule::builder()
            .status(types::ExpirationStatus::Enabled)
            .filter(filter)
            .transitions(transition)
            .expiration(types::LifecycleExpiration::builder().days(90).build());
        let read = lifecycle_rule(rule.build().unwrap());
        assert_eq!((read.expiration_days, read.archive_days, read.narrowed, read.prefix.as_str()), (Some(90), Some(30), true, ""));
    }
}
