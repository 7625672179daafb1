//! The call table: every AWS operation that the collector may call, and what each one lets us see.
//!
//! The backbone of honesty. `collect` can call nothing that has no row here; evidence, the meaning of a gap, the read-only IAM policy,
//! the never-call test and the denial test all derive from it. It is plain data, so a build without the AWS SDK has it too.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::{CALLS_OF, Kind};

mod never;
pub use never::NEVER;

/// What one request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The account, once (IAM, STS, account-wide S3 settings).
    Global,
    /// Everything of a region, paged.
    Region,
    /// One resource of this kind per request.
    Each(Kind),
}

/// One operation and its meaning.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// Service, by its IAM prefix where one exists (`rds`, `dms`, `s3`).
    pub service: &'static str,
    /// Operation as the API names it.
    pub operation: &'static str,
    /// The IAM action that allows it (not always the operation's name).
    pub iam_action: &'static str,
    /// What one request is about.
    pub scope: Scope,
    /// Kinds whose members it lists: denied, they are missing as a whole.
    pub yields: &'static [Kind],
    /// Kinds whose members its answer may be the only one to name: denied, some of them may be missing.
    pub names: &'static [Kind],
    /// Fields that its answer fills.
    pub fills: &'static [(Kind, &'static [&'static str])],
    /// Members, as they stand on the wire, that every answer has, an empty list too (`A.B`: that each item of the JSON list `A`
    /// has). One without them is not whole, and a gap.
    pub always: &'static [&'static str],
    /// Error codes that mean "there is none". Every other error is a gap.
    pub absent: &'static [&'static str],
}

impl Call {
    /// `service:Operation`, as messages name it.
    pub fn name(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }
}

/// What a row says where it says nothing.
pub(super) const NONE: Call =
    Call { service: "", operation: "", iam_action: "", scope: Scope::Region, yields: &[], names: &[], fills: &[], always: &[], absent: &[] };

/// Every call, sorted by service and operation. Error codes and IAM actions as the AWS Service Authorization Reference and API references list them;
/// what answers always have, as recorded ones show: lists are there when they are empty, too.
pub static CALLS: LazyLock<Vec<Call>> = LazyLock::new(|| {
    let mut calls = CALLS_OF.concat();
    calls.sort_by_key(|call| (call.service, call.operation));
    calls
});

/// Whether an error says that what the call asked about does not exist. Then there is no answer, and none that could have named anything.
pub fn is_gone(call: &Call, code: &str) -> bool {
    matches!(call.scope, Scope::Each(Kind::Bucket)) && code == NO_BUCKET
}

/// How S3 says that there is no bucket of that name (Amazon S3 API Reference, "Error responses").
pub const NO_BUCKET: &str = "NoSuchBucket";

/// The row of an operation; `None` where we never call it.
pub fn call(service: &str, operation: &str) -> Option<&'static Call> {
    CALLS.iter().find(|call| call.service == service && call.operation == operation)
}

/// The calls that fill a field. Linear in the table, which is short.
pub fn fillers(kind: Kind, field: &str) -> impl Iterator<Item = &'static Call> {
    CALLS.iter().filter(move |call| call.fills.iter().any(|(filled, fields)| *filled == kind && fields.contains(&field)))
}

/// The calls that list a kind. Linear in the table, which is short.
pub fn listers(kind: Kind) -> impl Iterator<Item = &'static Call> {
    CALLS.iter().filter(move |call| call.yields.contains(&kind) && !matches!(call.scope, Scope::Each(_)))
}

/// The kinds whose members may be missing when a call failed: what it yields and names, and what then is never asked about,
/// closed over references (a denied DescribeEndpoints also hides the buckets that only endpoints name, and their keys).
///
/// `whole`: the call failed as a whole. Else a part of one member of its answer could not be read: the list is complete, and only what that
/// part names may be missing.
pub fn hidden_by(call: &Call, whole: bool) -> BTreeSet<Kind> {
    let listed = if whole { call.yields } else { &[] };
    let mut hidden: BTreeSet<Kind> = listed.iter().chain(call.names).copied().collect();
    loop {
        let before = hidden.len();
        for other in CALLS.iter() {
            if matches!(other.scope, Scope::Each(kind) if hidden.contains(&kind)) {
                hidden.extend(other.yields.iter().chain(other.names));
            }
        }
        if hidden.len() == before {
            return hidden;
        }
    }
}
