//! Buckets, keys, secrets and roles → their own policies and grants, and the account that owns them.
//!
//! Other services are judged by identity policies alone: the snapshot holds no resource policies of theirs, and RDS, DMS, EC2 and IAM
//! have none.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use iam_eval::Grant;
use iam_eval::action::Action;
use iam_eval::arn::Arn;
use iam_eval::document::{Document, Effect, Principals, Star, Statement, Values};
use iam_eval::{Pattern, Policy, PolicySet, Principal, PrincipalType, Request, Target};
use jiff::Timestamp;

use super::super::super::public_access_block::blocked;
use super::super::key_opening::nameless_grant;
use super::super::known_parties::KnownParties;
use super::super::open_bucket::bucket_opening;
use super::acl::Acl;
use crate::config::Config;
use crate::evidence::{Derived, Index, Missing, observe};
use crate::model::Resource;
use crate::model::bucket::Bucket;
use crate::model::iam::Role;
use crate::model::kms::Key;
use crate::model::secret::Secret;

/// The resource's side of a request.
#[derive(Debug, Clone, Default)]
pub(super) struct Side {
    /// Its policy; `None` where it has none.
    pub policy: Option<PolicySet<Missing>>,
    /// What the ACLs of a bucket grant beside it.
    acl: Acl,
    is_bucket: bool,
    /// The grants on a key.
    pub grants: Vec<Grant>,
    /// What of the grants, also of ACLs, was not seen: it may allow, and never deny.
    pub grants_missing: Vec<Missing>,
    /// The account that owns it, where that is known.
    pub account: Option<String>,
    /// For a bucket whose policy is public: whether `RestrictPublicBuckets` takes its force out for all but services and the own account.
    pub restricted: Option<Derived<bool>>,
}

/// The sides of all resources with policies, by ARN.
pub(super) struct Sides<'a> {
    index: &'a Index<'a>,
    known: HashMap<&'a str, Side>,
}

impl<'a> Sides<'a> {
    /// Reads the resource policies of a snapshot.
    pub(super) fn read(index: &'a Index<'a>) -> Self {
        let (mut known, now) = (HashMap::new(), index.now());
        let config = Config::default();
        // A policy that is public is so at any time (S3 User Guide, "The meaning of \"public\"").
        let nobody = KnownParties::declared(&config, Timestamp::MIN);
        for bucket in index.all::<Bucket>() {
            let mut side = Side::new(observe!(bucket.policy), "bucket policy", &bucket.id.account, now);
            let document = bucket.fields.policy.known().and_then(Option::as_ref);
            if document.is_some_and(|document| bucket_opening(document, &bucket.id, &nobody).anyone) {
                side.restricted = Some(blocked(index, &bucket.id, Some(bucket), |block| block.restrict_public_buckets));
            }
            (side.acl, side.is_bucket) = (Acl::read(index, bucket), true);
            known.insert(&*bucket.id.arn, side);
        }
        for secret in index.all::<Secret>() {
            known.insert(&*secret.id.arn, Side::new(observe!(secret.policy), "resource policy", &secret.id.account, now));
        }
        for role in index.all::<Role>() {
            known.insert(&*role.id.arn, Side::new(observe!(role.trust).map(Some), "trust policy", &role.id.account, now));
        }
        for key in index.all::<Key>() {
            let managed = aws_managed(key);
            // Only services make grants on the keys that AWS manages, for themselves: nobody else may.
            let grants = if managed.is_some() { Derived::known(Vec::new()) } else { observe!(key.grants) };
            let policy = managed.map_or_else(|| observe!(key.policy).map(Some), |document| Derived::known(Some(document)));
            let mut side = Side::new(policy, "key policy", &key.id.account, now);
            if key.fields.manager.known().is_some_and(|manager| manager == "AWS") {
                side.policy.get_or_insert_default().policies.push(Arc::new(Policy::new(&unchanging(), "AWS itself", None)));
            }
            match grants {
                Derived::Known { value, .. } => {
                    side.grants_missing.extend(value.iter().any(|grant| grant.grantee.is_none()).then(|| nameless_grant(&key.id)));
                    side.grants = value;
                }
                Derived::Unseen { missing, .. } => side.grants_missing = missing,
            }
            known.insert(&*key.id.arn, side);
        }
        Self { index, known }
    }

    /// The policies of all of them, as far as they were seen.
    pub(super) fn policies(&self) -> impl Iterator<Item = &Arc<Policy>> {
        self.known.values().flat_map(Side::policies)
    }

    /// The resources with policies of their own that an action is on.
    pub(super) fn taken_by(&self, action: Action) -> Vec<Target> {
        let folded = action.name().to_ascii_lowercase();
        let services = match action.service() {
            "sts" if Request::is_assume(&folded) => "iam",
            service @ ("s3" | "kms" | "secretsmanager") => service,
            _ => return Vec::new(),
        };
        let mut arns: Vec<&str> = self.known.keys().copied().filter(|arn| Arn::parse(arn).is_some_and(|arn| arn.service == services)).collect();
        arns.sort_unstable();
        // The pattern of a bucket would take its objects, too.
        let on = |name: &str| action.resource_types().any(|(kind, _)| kind.name == name);
        let targets = |arn: &str| match services {
            "s3" => [on("bucket").then(|| Target::one(arn)), on("object").then(|| Target::any(&format!("{arn}/*")))],
            _ => [action.takes(arn).then(|| Target::one(arn)), None],
        };
        arns.into_iter().flat_map(targets).flatten().collect()
    }

    /// From now on, nobody asks for the ACLs of objects.
    pub(super) fn forget_objects(&mut self) {
        self.known.values_mut().for_each(|side| side.acl.forget_objects());
    }

    /// The side of an action on a resource.
    pub(super) fn of(&self, service: &str, action: &str, resource: &str, is_pattern: bool) -> Side {
        let arn = Arn::parse(resource);
        // Actions on no resource in particular have no resource policy.
        let Some(arn) = arn else { return self.own_account() };
        let (resource, account) = self.placed(resource, &arn);
        let arn = Arn::parse(&resource).unwrap_or(arn);
        let owner = match (service, arn.service) {
            // The policies of access points are not in the snapshot: identity policies alone are asked.
            ("s3", "s3") if arn.resource.starts_with("accesspoint/") => None,
            ("s3", "s3") => {
                let name = arn.resource.split('/').next().unwrap_or_default();
                Some(format!("arn:{}:s3:::{name}", arn.partition))
            }
            ("kms", "kms") if arn.resource.starts_with("key/") => Some(resource.clone()),
            ("secretsmanager", "secretsmanager") => Some(resource.clone()),
            ("sts", "iam") if Request::is_assume(action) => Some(resource.clone()),
            _ => None,
        };
        let Some(owner) = owner else {
            return Side { account, ..Side::default() };
        };
        if let Some(side) = self.known.get(owner.as_str()) {
            let mut side = side.clone();
            side.grants_missing.extend_from_slice(side.acl.missing(action));
            return side;
        }
        // A bucket's ARN does not say whose it is.
        let account = account.filter(|_| !arn.account.is_empty());
        let missing = if is_pattern && owner.contains(['*', '?']) {
            Missing::NotEvaluated("the policies of several resources at once")
        } else {
            Missing::Outside(format!("the policy of {owner}, which is not in the snapshot"))
        };
        Side { policy: Some(PolicySet::unseen(vec![missing])), account, ..Side::default() }
    }

    /// The asked ARN with its account, and whose it is: what is of no account or of AWS itself is as good as of one's own (AWS's managed
    /// policies, AWS's documents); where the account is a pattern, some resource that fits it is asked about, and the nearest is in one's own.
    fn placed(&self, resource: &str, arn: &Arn<'_>) -> (String, Option<String>) {
        let own = &self.index.snapshot.caller.account;
        if matches!(arn.account, "" | "aws" | "amazon") {
            return (resource.to_owned(), Some(own.clone()));
        }
        if !arn.account.contains(['*', '?']) {
            return (resource.to_owned(), Some(arn.account.to_owned()));
        }
        if !Pattern::wildcards(arn.account).matches(own) {
            return (resource.to_owned(), None);
        }
        (format!("arn:{}:{}:{}:{own}:{}", arn.partition, arn.service, arn.region, arn.resource), Some(own.clone()))
    }

    fn own_account(&self) -> Side {
        Side { account: Some(self.index.snapshot.caller.account.clone()), ..Side::default() }
    }
}

/// The policy of a key that AWS manages, which is not read because nobody can change it: the principals of the account use it through a
/// service, and its administrators may look at it. Source: KMS Developer Guide, "AWS managed keys".
fn aws_managed(key: &Resource<Key>) -> Option<Document> {
    if key.fields.policy.known().is_some() || key.fields.manager.known().is_none_or(|manager| manager != "AWS") {
        return None;
    }
    let (account, region) = (&key.id.account, &key.id.region);
    let statement = |principal: &str, actions: &[&str], condition: &[(&str, &str, String)]| Statement {
        sid: None,
        effect: Effect::Allow,
        principal: Some(Principals::ByType([("AWS".to_owned(), Values(vec![principal.to_owned()]))].into())),
        not_principal: None,
        action: Some(actions.iter().map(|action| (*action).to_owned()).collect()),
        not_action: None,
        resource: Some(vec!["*".to_owned()]),
        not_resource: None,
        condition: condition
            .iter()
            .map(|(operator, key, value)| ((*operator).to_owned(), [((*key).to_owned(), Values(vec![value.clone()]))].into()))
            .collect(),
    };
    let bound = [
        ("StringEquals", "kms:CallerAccount", account.to_string()),
        // Which service it is, the alias says; which of its names, only AWS.
        ("StringLike", "kms:ViaService", format!("*.{region}.amazonaws.com*")),
    ];
    let usage = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"];
    let statement = vec![statement("*", &usage, &bound), statement(account, &["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"], &[])];
    Some(Document { version: Some("2012-10-17".to_owned()), id: None, statement })
}

/// "You cannot change any properties of AWS managed keys, rotate them, change their key policies, or schedule them for deletion" (KMS
/// Developer Guide, "AWS managed keys").
fn unchanging() -> Document {
    const CHANGES: [&str; 15] = [
        "kms:CancelKeyDeletion",
        "kms:CreateAlias",
        "kms:DeleteAlias",
        "kms:DisableKey",
        "kms:DisableKeyRotation",
        "kms:EnableKey",
        "kms:EnableKeyRotation",
        "kms:PutKeyPolicy",
        "kms:ReplicateKey",
        "kms:RotateKeyOnDemand",
        "kms:ScheduleKeyDeletion",
        "kms:TagResource",
        "kms:UntagResource",
        "kms:UpdateAlias",
        "kms:UpdateKeyDescription",
    ];
    let statement = Statement {
        sid: None,
        effect: Effect::Deny,
        principal: Some(Principals::Any(Star::Star)),
        not_principal: None,
        action: Some(CHANGES.map(str::to_owned).to_vec()),
        not_action: None,
        resource: Some(vec!["*".to_owned()]),
        not_resource: None,
        condition: BTreeMap::new(),
    };
    Document { statement: vec![statement], ..Document::default() }
}

impl Side {
    /// The policies that were seen, whoever asks.
    pub(super) fn policies(&self) -> impl Iterator<Item = &Arc<Policy>> {
        self.policy.iter().flat_map(|set| &set.policies).chain(&self.acl.policy)
    }

    /// The resource's policy as it stands for a caller: "public and cross-account access within any public bucket policy, including
    /// non-public delegation to specific accounts, is blocked". What ACLs grant is not a part of that.
    pub(super) fn policy_for(&self, principal: &Principal) -> Option<PolicySet<Missing>> {
        let mut set = self.policy.clone();
        match self.restricted.as_ref().filter(|_| principal.who != PrincipalType::Service && !self.is_inside(principal)) {
            Some(Derived::Known { value: true, .. }) => {
                set = set.map(|set| PolicySet::seen(set.policies.iter().map(|policy| Arc::new(policy.denials()))));
            }
            Some(Derived::Unseen { missing, .. }) => set.get_or_insert_default().missing.extend(missing.iter().cloned()),
            _ => {}
        }
        if let Some(acl) = &self.acl.policy {
            set.get_or_insert_default().policies.push(acl.clone());
        }
        set
    }

    /// What was not seen of the grants that may let in a caller. An ACL gives the owner's own principals nothing that they cannot have as
    /// anyone.
    pub(super) fn grants_missing_for(&self, principal: &Principal) -> &[Missing] {
        if self.is_bucket && self.is_inside(principal) { &[] } else { &self.grants_missing }
    }

    fn is_inside(&self, principal: &Principal) -> bool {
        self.account.as_deref() == Some(&*principal.account)
    }

    fn new(policy: Derived<Option<Document>>, name: &str, account: &str, now: Timestamp) -> Self {
        let account = Some(account.to_owned());
        match policy {
            Derived::Known { value: None, .. } => Self { account, ..Self::default() },
            Derived::Known { value: Some(document), .. } => {
                let policy = Some(PolicySet::seen([Arc::new(Policy::new(&document, name, None).as_of(now))]));
                Self { policy, account, ..Self::default() }
            }
            Derived::Unseen { missing, .. } => Self { policy: Some(PolicySet::unseen(missing)), account, ..Self::default() },
        }
    }
}
