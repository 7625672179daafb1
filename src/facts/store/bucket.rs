//! Buckets that a pipeline or its logs use: who can open them (1.4.4, 7.2.2, 7.3.3), and whether they refuse plain HTTP (4.2.1).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use iam_eval::Context;

use super::super::FactContext;
use super::super::grant::known_parties::KnownParties;
use super::super::grant::open::denies_everyone;
use super::super::grant::open_bucket::bucket_opening;
use super::super::public_access_block::blocked;
use super::super::subject::Subject;
use super::BUCKET;
use crate::evidence::{Derived, FieldRef, Missing, observe};
use crate::model::bucket::{AclGrant, Bucket, Group, is_public_acl};
use crate::model::calls::NO_BUCKET;
use crate::model::reference::Reference;
use crate::model::{Identity, Kind, Observed, Resource, dms};

/// Roles of buckets that hold logs and no rows.
const LOG_ROLES: [&str; 4] = ["redshift-log", "trail", "flow-log", "database-audit"];

/// A bucket in scope, and who names it.
pub struct Used<'a> {
    /// The bucket, made up from its name where AWS was not asked about it.
    pub id: Arc<Identity>,
    /// What was read of it.
    pub resource: Option<&'a Resource<Bucket>>,
    /// Who names it, sorted.
    pub uses: Vec<&'a Reference>,
}

/// Every bucket that something in scope names, by name.
pub fn in_scope<'a>(ctx: &FactContext<'a>) -> Vec<Used<'a>> {
    let mut by_name: BTreeMap<&str, Vec<&Reference>> = BTreeMap::new();
    for reference in ctx.index.references().iter().filter(|reference| reference.target == Kind::Bucket) {
        by_name.entry(&reference.id).or_default().push(reference);
    }
    let caller = &ctx.index.snapshot.caller;
    let used = by_name.into_iter().map(|(name, uses)| {
        let arn = format!("arn:{}:s3:::{name}", caller.partition);
        let resource = ctx.index.position(Kind::Bucket, &arn).and_then(|position| ctx.index.all::<Bucket>().get(position));
        let made_up = || Identity { arn: arn.as_str().into(), name: name.into(), account: caller.account.as_str().into(), region: "global".into() };
        Used { id: resource.map_or_else(|| Arc::new(made_up()), |bucket| bucket.id.clone()), resource, uses }
    });
    used.collect()
}

impl Used<'_> {
    /// Whether something names it for this purpose.
    pub fn has_role(&self, role: &str) -> bool {
        self.uses.iter().any(|one| one.role == role)
    }

    /// What it is named for, sorted.
    pub fn roles(&self) -> Vec<&'static str> {
        self.uses.iter().map(|one| one.role).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Whether something names it as a place for logs.
    pub fn holds_logs(&self) -> bool {
        self.uses.iter().any(|one| LOG_ROLES.contains(&one.role))
    }

    /// Whether rows come to lie in it.
    pub fn holds_rows(&self) -> bool {
        self.uses.iter().any(|one| !LOG_ROLES.contains(&one.role))
    }

    /// Whether there is a bucket of that name: whatever S3 said of it says so, and only `NoSuchBucket` says that there is none.
    pub fn exists(&self, ctx: &FactContext<'_>) -> Derived<bool> {
        if ctx.index.failed_with("s3", &self.id.arn, NO_BUCKET) {
            return Derived::known(false);
        }
        let said = [
            self.field("encryption", |bucket| &bucket.encryption).map(|_| true),
            self.field("public_access_block", |bucket| &bucket.public_access_block).map(|_| true),
            self.field("policy", |bucket| &bucket.policy).map(|_| true),
            self.field("acl", |bucket| &bucket.acl).map(|_| true),
        ];
        Derived::any(said)
    }

    /// The fields that name it for a purpose.
    pub fn named_in(&self, role: &str) -> Vec<FieldRef> {
        let naming = |one: &&Reference| FieldRef { kind: one.by_kind, resource: one.by.clone(), field: naming_field(one.by_kind) };
        self.uses.iter().filter(|one| one.role == role).map(naming).collect()
    }

    /// A field of it.
    pub fn field<T: Clone>(&self, name: &'static str, field: impl Fn(&Bucket) -> &Observed<T>) -> Derived<T> {
        match self.resource {
            Some(bucket) => Derived::observed(bucket, name, field(&bucket.fields)),
            None => Derived::unseen(Missing::Outside(format!("bucket {}, which is not in this account's answer", self.id.name))),
        }
    }
}

/// The field of a kind that names buckets.
const fn naming_field(kind: Kind) -> &'static str {
    match kind {
        Kind::DmsEndpoint => "staging",
        Kind::DmsTask | Kind::DmsReplicationConfig => "settings",
        Kind::RedshiftCluster => "logging",
        Kind::RdsOptionGroup => "options",
        _ => "bucket",
    }
}

/// The subjects of the fact kind `bucket-use`.
pub fn derive(ctx: &FactContext<'_>, buckets: &[Used<'_>]) -> Vec<Subject> {
    let subject = |bucket: &Used<'_>| {
        let roles = bucket.roles();
        let named: Vec<_> = roles.iter().flat_map(|role| bucket.named_in(role)).collect();
        let (public, why, openings) = public(ctx, bucket);
        let requires_tls = bucket
            .field("policy", |bucket| &bucket.policy)
            .map(|policy| policy.is_some_and(|policy| denies_everyone(&policy, &bucket.id, &plain_http(), ctx.index.now())));
        Subject::new(BUCKET.name, super::about(ctx, Kind::Bucket, &bucket.id))
            .with("exists", bucket.exists(ctx).resting_on(&named))
            .with("roles", Derived::known(roles).resting_on(&named))
            .with("log_only", log_only(ctx, bucket).resting_on(&named))
            .with("public", public)
            .with("openings", openings)
            .with("public_why", why)
            .with("objects_may_be_public", objects_may_be_public(ctx, bucket))
            .with("requires_tls", requires_tls)
    };
    buckets.iter().map(subject).collect()
}

/// A request without TLS, which has no version of TLS either. Source: S3 User Guide, "Restrict access to only HTTPS requests" and
/// "Amazon S3 condition key examples" (`s3:TlsVersion`).
fn plain_http() -> Context {
    Context::open().with("aws:SecureTransport", ["false"]).with("s3:TlsVersion", std::iter::empty::<String>())
}

/// Holds logs alone: known only where everything that could name it for rows was listed.
fn log_only(ctx: &FactContext<'_>, bucket: &Used<'_>) -> Derived<bool> {
    if bucket.holds_rows() {
        return Derived::known(false);
    }
    let namers = [Kind::DmsEndpoint, Kind::DmsTask, Kind::DmsReplicationConfig];
    let regions = ctx.index.snapshot.regions.iter();
    Derived::collect(regions.flat_map(|region| namers.map(|kind| ctx.index.listed(kind, region)))).map(|_| true)
}

/// Whether anyone can read or write it, and what opens it or keeps it shut.
fn public(ctx: &FactContext<'_>, bucket: &Used<'_>) -> (Derived<bool>, Derived<String>, Derived<BTreeSet<String>>) {
    let block = |switch| blocked(ctx.index, &bucket.id, bucket.resource, switch);
    let restricted = block(|block| block.restrict_public_buckets);
    let ignored = block(|block| block.ignore_public_acls);
    let refused = Derived::any([ignored.clone(), block(|block| block.block_public_acls), acls_disabled(bucket)]);
    let policy = bucket.field("policy", |bucket| &bucket.policy).map(|policy| {
        let opening = policy.map(|policy| bucket_opening(&policy, &bucket.id, &KnownParties::new(ctx)))?;
        opening.anyone.then_some(Opens { words: opening.why, elements: opening.elements })
    });
    let acl = bucket.field("acl", |bucket| &bucket.acl).map(|acl| public_grants(&acl));
    let mut legs = vec![unless(policy, restricted, "RestrictPublicBuckets"), unless(acl, ignored, "IgnorePublicAcls")];
    legs.extend(canned(ctx, bucket).into_iter().map(|canned| unless(canned, refused.clone(), "the block on public ACLs, or Object Ownership,")));
    let public = Derived::any(legs.iter().map(|leg| leg.clone().map(|(open, _)| open)));
    let openings = public.clone().map(|_| {
        let open = legs.iter().filter_map(Derived::value).filter(|(open, _)| *open);
        open.flat_map(|(_, leg)| leg.elements.clone()).collect()
    });
    let why = public.clone().map(|public| {
        let words: BTreeSet<_> = legs
            .iter()
            .filter_map(Derived::value)
            .filter(|(open, leg)| *open == public && !leg.words.is_empty())
            .map(|(_, leg)| leg.words.as_str())
            .collect();
        let words = words.into_iter().collect::<Vec<_>>().join("; ");
        if words.is_empty() { "no policy statement, ACL or canned ACL opens it".to_owned() } else { words }
    });
    (public, why, openings)
}

/// What opens a bucket, or would.
#[derive(Debug, Clone, Default)]
struct Opens {
    words: String,
    /// For whom and for what.
    elements: BTreeSet<String>,
}

impl Opens {
    fn one(words: String) -> Self {
        Self { elements: BTreeSet::from([words.clone()]), words }
    }
}

/// Whether objects may have public ACLs of their own: nothing disables ACLs, and no block ignores those that are public. They are not collected,
/// because that takes a call an object.
fn objects_may_be_public(ctx: &FactContext<'_>, bucket: &Used<'_>) -> Derived<bool> {
    let ignored = blocked(ctx.index, &bucket.id, bucket.resource, |block| block.ignore_public_acls);
    Derived::any([ignored, acls_disabled(bucket)]).negate()
}

/// Whether Object Ownership disables ACLs: S3 then refuses to write an object with a public one.
fn acls_disabled(bucket: &Used<'_>) -> Derived<bool> {
    bucket.field("ownership", |bucket| &bucket.ownership).map(|ownership| ownership.as_deref() == Some("BucketOwnerEnforced"))
}

/// What opens it, unless a block stops that. One known no decides: nothing opens it, or the block is on.
fn unless(opens: Derived<Option<Opens>>, blocked: Derived<bool>, block: &str) -> Derived<(bool, Opens)> {
    let open = Derived::all([opens.clone().map(|opens| opens.is_some()), blocked.clone().negate()]);
    open.map(|open| {
        let opens = opens.value().cloned().flatten();
        let leg = match (open, opens) {
            (false, Some(opens)) => Opens::one(format!("{}, but {block} stops that", opens.words)),
            (false, None) if blocked.value() == Some(&true) => Opens::one(format!("{block} is on")),
            (_, opens) => opens.unwrap_or_default(),
        };
        (open, leg)
    })
}

/// Grants to everyone, or to everyone with any AWS account.
fn public_grants(acl: &[AclGrant]) -> Option<Opens> {
    let public = |grant: &AclGrant| grant.group().filter(|group| *group != Group::LogDelivery);
    let grants: BTreeSet<_> = acl.iter().filter_map(|grant| public(grant).map(|group| format!("{} to {}", grant.permission, group.name()))).collect();
    let words = format!("its ACL grants {}", grants.iter().map(String::as_str).collect::<Vec<_>>().join(" and "));
    (!grants.is_empty()).then_some(Opens { words, elements: grants })
}

/// What endpoints give each object that they write.
fn canned(ctx: &FactContext<'_>, bucket: &Used<'_>) -> Vec<Derived<Option<Opens>>> {
    let endpoints = bucket.uses.iter().filter(|one| one.by_kind == Kind::DmsEndpoint);
    let acls = endpoints.filter_map(|one| {
        let position = ctx.index.position(Kind::DmsEndpoint, &one.by.arn)?;
        let endpoint = ctx.index.all::<dms::Endpoint>().get(position)?;
        Some(observe!(endpoint.staging).map(|staging| {
            let acl = staging.and_then(|staging| staging.canned_acl).filter(|acl| is_public_acl(acl))?;
            Some(Opens::one(format!("{} gives its objects the canned ACL {acl}", endpoint.id.name)))
        }))
    });
    acls.collect()
}
