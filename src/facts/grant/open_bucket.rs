//! A bucket's policy → whom it lets in from outside, for whatever it is.
//!
//! Source: S3 User Guide, "Blocking public access to your Amazon S3 storage", "The meaning of public": a policy that gives anything to everyone
//! is public, whatever the action.

use std::collections::BTreeSet;

use iam_eval::Pattern;
use iam_eval::action::expand;
use iam_eval::document::Document;

use super::door::Door;
use super::known_parties::KnownParties;
use super::open::{Opening, faces_outward, opening};
use crate::model::Identity;

/// What is asked first, and so named first.
const FIRST: [&str; 8] = [
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:ListBucket",
    "s3:PutObjectAcl",
    "s3:PutBucketAcl",
    "s3:PutBucketPolicy",
];

/// Whom a bucket's policy lets do anything to the bucket or its objects from outside its account.
pub fn bucket_opening(document: &Document, bucket: &Identity, known: &KnownParties<'_>) -> Opening {
    let others = if faces_outward(document, &bucket.account, known.config) { others(document, bucket, known) } else { Vec::new() };
    let actions: Vec<&str> = FIRST.into_iter().chain(others.iter().map(String::as_str)).collect();
    opening(document, bucket, known, &actions)
}

/// The other actions on a bucket or its objects that some statement allows. Of those that the same statements name one is asked: the answer is the
/// same.
fn others(document: &Document, bucket: &Identity, known: &KnownParties<'_>) -> Vec<String> {
    let door = Door::new(document, bucket, known.now);
    let mut asked = BTreeSet::new();
    let first = FIRST.iter().filter_map(|name| iam_eval::action::lookup(name));
    let all = first.chain(expand(&Pattern::action("s3:*")));
    let mut fresh = Vec::new();
    for action in all {
        let on = |name: &str| action.resource_types().any(|(kind, _)| kind.name == name);
        let (whole, objects) = (on("bucket"), on("object"));
        let folded = action.name().to_ascii_lowercase();
        let named: Vec<bool> = door.statements().iter().map(|statement| statement.actions.holds(&folded)).collect();
        let allowed = door.statements().iter().zip(&named).any(|(statement, named)| *named && statement.allows());
        if allowed && (whole || objects) && asked.insert((named, whole, objects)) && !FIRST.contains(&&*action.name()) {
            fresh.push(action.name());
        }
    }
    fresh
}
