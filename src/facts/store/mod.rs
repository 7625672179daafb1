//! Stores: where data rests, and what makes it unreadable there (3.2.1, 3.5.1); and how a server's listener is set (2.2.5, 2.2.7, 8.3.2).

pub mod bucket;
mod encryption;
pub mod options;
pub mod parameters;
mod snapshot;
mod staging;
mod stores;
pub mod tls;
mod tls_versions;

#[cfg(test)]
pub mod tests;

use std::sync::Arc;

use super::FactContext;
use super::subject::{Field, Shape, Subject, Type};
use crate::evidence::About;
use crate::model::{Identity, Kind};

/// The fact kind `store`.
pub const STORE: Shape = Shape {
    name: "store",
    doc: "where data rests, and what makes it unreadable there; a staging area is a store of its own per endpoint and bucket",
    kinds: &[
        Kind::RdsInstance,
        Kind::RdsCluster,
        Kind::RedshiftCluster,
        Kind::DmsInstance,
        Kind::DmsReplicationConfig,
        Kind::Bucket,
        Kind::RdsSnapshot,
        Kind::RdsClusterSnapshot,
        Kind::RedshiftSnapshot,
    ],
    fields: &[
        Field::new("engine", Type::Text, "AWS's engine name; `redshift`, `dms`, `s3` for the others"),
        Field::new("in_family", Type::Bool, "an RDS, Aurora, Redshift, DMS or S3 store (Neptune and DocumentDB share RDS's API and are none)"),
        Field::new("role", Type::Text, "database, warehouse, replication, staging, target, time-travel, log or snapshot"),
        Field::new("encrypted", Type::Bool, "encrypted at rest by any AWS mechanism"),
        Field::new("encryption", Type::Text, "how, in words"),
        Field::new("customer_key", Type::Bool, "by a customer-managed key"),
        Field::new("takes_customer_key", Type::Bool, "the service can take one here (Redshift's audit delivery takes SSE-S3 alone)"),
        Field::new(
            "parameter_groups",
            Type::Maps,
            "the parameter groups that are attached to it; none where it is no server: name, family (of a default group, which cannot be changed; else empty)",
        ),
        Field::new("instances", Type::Texts, "the RDS instances that run it: the members of a cluster, or itself"),
        Field::new("tls_judged", Type::Bool, "a database server whose settings can be read here"),
        Field::new("tls_enforced", Type::Bool, "refuses clear text, in force now; for what is no server: true"),
        Field::new("tls_why", Type::Text, "which setting of which group, and whether it is in force"),
        Field::new("tls_lacks", Type::Texts, "each setting that lets clear text in: now, and also after the next reboot"),
        Field::new("tls_asks_person", Type::Bool, "the control plane cannot say (RDS Custom)"),
        Field::new("weak_tls", Type::Texts, "protocol versions below TLS 1.2 and broken ciphers that it accepts"),
        Field::new("weak_tls_asks_person", Type::Bool, "the control plane cannot say which versions it accepts"),
        Field::new("crosses_untrusted", Type::Bool, "a server: some hop that is resolved to it crosses an untrusted network; false for the others"),
    ],
};

/// The fact kind `snapshot`.
pub const SNAPSHOT: Shape = Shape {
    name: "snapshot",
    doc: "who may restore a manual snapshot",
    kinds: &[Kind::RdsSnapshot, Kind::RdsClusterSnapshot, Kind::RedshiftSnapshot],
    fields: &[
        Field::new("public", Type::Bool, "everyone may restore it"),
        Field::new("undeclared_accounts", Type::Texts, "accounts that may restore it and are not declared"),
    ],
};

/// The fact kind `bucket-use`.
pub const BUCKET: Shape = Shape {
    name: "bucket-use",
    doc: "who can open a bucket that a pipeline or its logs use",
    kinds: &[Kind::Bucket],
    fields: &[
        Field::new("exists", Type::Bool, "there is a bucket of that name"),
        Field::new("roles", Type::Texts, "staging, target, time-travel, redshift-log, trail, flow-log, database-audit"),
        Field::new("log_only", Type::Bool, "holds logs and no rows"),
        Field::new(
            "public",
            Type::Bool,
            "anyone can read, write, change or delete something of it, by policy, ACL or the endpoint's canned ACL, and no block stops that",
        ),
        Field::new("openings", Type::Texts, "for whom it is open, and for which action and on which conditions"),
        Field::new("public_why", Type::Text, "what opens it, or what keeps it shut"),
        Field::new("objects_may_be_public", Type::Bool, "its objects may have public ACLs of their own, which are not read"),
        Field::new("requires_tls", Type::Bool, "its policy denies plain HTTP to everyone, on the bucket and its objects"),
    ],
};

/// The fact kind `staging`.
pub const STAGING: Shape = Shape {
    name: "staging",
    doc: "what stays of the rows that a Redshift endpoint stages in S3",
    kinds: &[Kind::Bucket, Kind::DmsEndpoint],
    fields: &[
        Field::new("named", Type::Bool, "the endpoint names its bucket (else DMS makes one of its own)"),
        Field::new("versioned", Type::Bool, "versioning is or was on: old versions stay"),
        Field::new("replicated_to", Type::Texts, "buckets that it is replicated to"),
    ],
};

/// The subjects of this noun.
pub fn derive(ctx: &FactContext<'_>) -> Vec<Subject> {
    let buckets = bucket::in_scope(ctx);
    let mut subjects = stores::derive(ctx, &buckets);
    subjects.extend(snapshot::derive(ctx));
    subjects.extend(bucket::derive(ctx, &buckets));
    subjects.extend(staging::derive(ctx, &buckets));
    subjects
}

fn about(ctx: &FactContext<'_>, kind: Kind, id: &Arc<Identity>) -> About {
    About { kind, resource: id.clone(), key: String::new(), pipelines: ctx.pipelines.of(kind, &id.arn) }
}
