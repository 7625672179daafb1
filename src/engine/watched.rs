//! What a baseline watches, found among the subjects that rules are about and among the records of who did what.

use std::collections::{BTreeMap, BTreeSet};

use crate::evidence::Index;
use crate::facts::{Subject, pipeline, store};
use crate::finding::{Role, Watched, stable_identity};
use crate::model::kms::Key;
use crate::model::logs::Trail;
use crate::model::secret::Secret;
use crate::model::{Identity, Kind};

/// A subject that is a store, a bucket with rows or a pipeline. What could not be told to be none is one.
pub(super) fn of_subject(subject: &Subject) -> Option<Watched> {
    let no = |field: &str, answer: bool| subject.field(field).and_then(|value| value.value()).is_some_and(|value| *value == answer);
    let about = &subject.about;
    let role = match about.kind {
        Kind::RdsInstance | Kind::RdsCluster | Kind::RedshiftCluster | Kind::DmsInstance | Kind::DmsReplicationConfig
            if subject.shape == store::STORE.name && !no("in_family", false) =>
        {
            Role::Store
        }
        Kind::Bucket if subject.shape == store::BUCKET.name && !no("log_only", true) => Role::RowBucket,
        _ if subject.shape == pipeline::PIPELINE.name => Role::Pipeline,
        _ => return None,
    };
    Some(watched(role, about.kind, &about.resource, BTreeSet::new()))
}

/// Trails, secrets that something logs in with, and keys that something is encrypted with.
pub(super) fn of_records(index: &Index<'_>) -> Vec<Watched> {
    let mut all: Vec<Watched> = index.all::<Trail>().iter().map(|trail| watched(Role::Trail, Kind::Trail, &trail.id, BTreeSet::new())).collect();
    let mut users: BTreeMap<(Kind, &str), BTreeSet<String>> = BTreeMap::new();
    for reference in index.references().iter().filter(|reference| matches!(reference.target, Kind::Secret | Kind::KmsKey)) {
        let by = stable_identity(reference.by_kind, &reference.by).to_owned();
        users.entry((reference.target, &reference.id)).or_default().insert(by);
    }
    let mut guard = |role, kind, id: &Identity, names: &[&str]| {
        let by: BTreeSet<String> = names.iter().filter_map(|name| users.get(&(kind, *name))).flatten().cloned().collect();
        if !by.is_empty() {
            all.push(watched(role, kind, id, by));
        }
    };
    for secret in index.all::<Secret>() {
        guard(Role::Secret, Kind::Secret, &secret.id, &[&secret.id.arn, &secret.id.name]);
    }
    for key in index.all::<Key>() {
        let aliases = key.fields.aliases.known().into_iter().flatten().map(String::as_str);
        // A reference names a key by ARN, id or alias.
        let id = key.id.arn.rsplit('/').next().unwrap_or_default();
        guard(Role::Key, Kind::KmsKey, &key.id, &[&*key.id.arn, id].into_iter().chain(aliases).collect::<Vec<_>>());
    }
    all
}

fn watched(role: Role, kind: Kind, id: &Identity, used_by: BTreeSet<String>) -> Watched {
    Watched { role, kind: kind.name().to_owned(), arn: id.arn.to_string(), name: id.name.to_string(), region: id.region.to_string(), used_by }
}
