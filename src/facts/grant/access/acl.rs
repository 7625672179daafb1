//! A bucket's ACL → what it lets in beside the bucket policy, as a policy: each grant is an Allow to its grantee.
//!
//! Source: S3 User Guide, "Access control list (ACL) overview" ("Mapping of ACL permissions and access policy permissions") and "Blocking
//! public access". `GetBucketAcl` returns nothing but the owner's own grant where Object Ownership disables ACLs, so any other grant in it is
//! in force. The ACLs of objects are not collected: unless ACLs are disabled, they may let in others.

use std::collections::BTreeMap;
use std::sync::Arc;

use iam_eval::Policy;
use iam_eval::document::{Document, Effect, Principals, Statement, Values};

use super::super::super::public_access_block::blocked;
use crate::evidence::{Derived, Index, Missing, observe};
use crate::model::Resource;
use crate::model::bucket::{AclGrant, Bucket, Group};

/// What a bucket's ACL can grant, in lower case.
const OF_BUCKET: [&str; 7] = [
    "s3:listbucket",
    "s3:listbucketversions",
    "s3:listbucketmultipartuploads",
    "s3:putobject",
    "s3:deleteobject",
    "s3:getbucketacl",
    "s3:putbucketacl",
];

/// What an object's ACL can grant, in lower case.
const OF_OBJECT: [&str; 8] = [
    "s3:getobject",
    "s3:getobjectversion",
    "s3:getobjecttorrent",
    "s3:getobjectversiontorrent",
    "s3:getobjectacl",
    "s3:getobjectversionacl",
    "s3:putobjectacl",
    "s3:putobjectversionacl",
];

/// What nobody knows of a bucket whose ACLs may be in force.
const OBJECT_ACLS: &str = "the ACLs of the bucket's objects, unless its Object Ownership disables them";

/// What ACLs say of a bucket.
#[derive(Debug, Clone, Default)]
pub(super) struct Acl {
    /// What the bucket's ACL grants, to others than its owner.
    pub policy: Option<Arc<Policy>>,
    /// What of it was not seen.
    of_bucket: Vec<Missing>,
    /// What the ACLs of its objects may grant, where nobody knows.
    of_objects: Vec<Missing>,
}

impl Acl {
    /// Reads what was seen of a bucket.
    pub(super) fn read(index: &Index<'_>, bucket: &Resource<Bucket>) -> Self {
        let mut acl = Self::default();
        let grants = keep(observe!(bucket.acl), &mut acl.of_bucket).unwrap_or_default();
        let (groups, accounts): (Vec<_>, Vec<_>) = grants.iter().partition(|grant| grant.group().is_some());
        let mut statements = Vec::new();
        if !accounts.is_empty()
            && let Some(owner) = keep(observe!(bucket.owner), &mut acl.of_bucket)
        {
            let others = accounts.into_iter().filter(|grant| owner.as_deref() != Some(&*grant.grantee));
            statements.extend(others.flat_map(|grant| statements_of(grant, bucket)));
        }
        let (delivery, public): (Vec<_>, Vec<_>) = groups.into_iter().partition(|grant| grant.group() == Some(Group::LogDelivery));
        statements.extend(delivery.into_iter().flat_map(|grant| statements_of(grant, bucket)));
        let ignored = || blocked(index, &bucket.id, Some(bucket), |block| block.ignore_public_acls);
        if !public.is_empty() && keep(ignored(), &mut acl.of_bucket) == Some(false) {
            statements.extend(public.into_iter().flat_map(|grant| statements_of(grant, bucket)));
        }
        let document = Document { version: None, id: None, statement: statements };
        acl.policy = (!document.statement.is_empty()).then(|| Arc::new(Policy::new(&document, "bucket ACL", None)));
        // Not asked for where a block ignores public ACLs: those of an object may still name an account.
        if bucket.fields.ownership.known().is_none_or(|ownership| ownership.as_deref() != Some("BucketOwnerEnforced")) {
            acl.of_objects.push(Missing::NotEvaluated(OBJECT_ACLS));
        }
        acl
    }

    /// From now on, nobody asks for the ACLs of its objects.
    pub(super) fn forget_objects(&mut self) {
        self.of_objects.clear();
    }

    /// What was not seen and may allow an action (in lower case) to others than the owner's principals: those reach nothing by a grant that
    /// their own policies do not give them, but as anyone.
    pub(super) fn missing(&self, action: &str) -> &[Missing] {
        match action {
            _ if OF_BUCKET.contains(&action) => &self.of_bucket,
            _ if OF_OBJECT.contains(&action) => &self.of_objects,
            _ => &[],
        }
    }
}

/// What was seen; what was not is remembered.
fn keep<T>(seen: Derived<T>, missing: &mut Vec<Missing>) -> Option<T> {
    match seen {
        Derived::Known { value, .. } => Some(value),
        Derived::Unseen { missing: unseen, .. } => {
            missing.extend(unseen);
            None
        }
    }
}

/// A grant as Allow statements.
fn statements_of(grant: &AclGrant, bucket: &Resource<Bucket>) -> Vec<Statement> {
    let (arn, objects) = (bucket.id.arn.to_string(), format!("{}/*", bucket.id.arn));
    let (whom, tests) = grantee(grant, &bucket.id.account);
    let allow = |actions: &[&str], on: &String, test: Option<Test>| Statement {
        sid: Some(format!("{} to {}", grant.permission, grant.group().map_or(&*grant.grantee, |group| group.name()))),
        effect: Effect::Allow,
        principal: Some(Principals::ByType([whom.clone()].into())),
        not_principal: None,
        action: Some(actions.iter().map(|action| (*action).to_owned()).collect()),
        not_action: None,
        resource: Some(vec![on.clone()]),
        not_resource: None,
        condition: tests.iter().cloned().chain(test).collect::<BTreeMap<_, _>>(),
    };
    let gives = |permission: &str| grant.permission == permission || grant.permission == "FULL_CONTROL";
    let mut all = Vec::new();
    if gives("READ") {
        all.push(allow(&["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"], &arn, None));
    }
    if gives("WRITE") {
        all.push(allow(&["s3:PutObject"], &objects, None));
        // "For the bucket and object owners of existing objects, also allows deletions": no context key says whose an object is.
        all.push(allow(&["s3:DeleteObject"], &objects, Some(test("StringEquals", "owner of the object", "the grantee"))));
    }
    if gives("READ_ACP") {
        all.push(allow(&["s3:GetBucketAcl"], &arn, None));
    }
    if gives("WRITE_ACP") {
        all.push(allow(&["s3:PutBucketAcl"], &arn, None));
    }
    all
}

/// Operator, key and value of a condition.
type Test = (String, BTreeMap<String, Values>);

fn test(operator: &str, key: &str, value: &str) -> Test {
    (operator.to_owned(), [(key.to_owned(), Values(vec![value.to_owned()]))].into())
}

/// Whom a grant names, and what must hold for it to be meant.
fn grantee(grant: &AclGrant, owner: &str) -> ((String, Values), Option<Test>) {
    let of = |kind: &str, name: &str| (kind.to_owned(), Values(vec![name.to_owned()]));
    match grant.group() {
        Some(Group::AllUsers) => (of("AWS", "*"), None),
        // Whoever signs the request.
        Some(Group::AuthenticatedUsers) => (of("AWS", "*"), Some(test("Null", "aws:PrincipalArn", "false"))),
        Some(Group::LogDelivery) => (of("Service", "logging.s3.amazonaws.com"), None),
        // Which account has a canonical id is not known, but it is not the owner's.
        None => (of("CanonicalUser", &grant.grantee), Some(test("StringNotEquals", "aws:PrincipalAccount", owner))),
    }
}
