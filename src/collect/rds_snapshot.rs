//! Manual snapshots of RDS and Aurora → who may restore them. Automated snapshots cannot be shared.

use std::collections::BTreeSet;

use aws_sdk_rds::types;

use super::convert::{set, text};
use super::ctx::Ctx;
use super::rds::{PAGE, encryption_type};
use crate::model::{Observed, rds};

/// Both kinds; `aws_keys` are the keys that AWS manages: what they encrypt cannot be shared.
pub async fn manual(ctx: &Ctx<'_>, aws_keys: &BTreeSet<String>) {
    tokio::join!(instances(ctx, aws_keys), clusters(ctx, aws_keys));
}

/// The filter is not honoured everywhere.
fn is_manual(kind: Option<&str>) -> bool {
    kind.is_none_or(|kind| kind == "manual")
}

/// Whether a snapshot can be shared at all: AWS refuses it under a key of its own, so that nobody needs to ask (the field stays unseen, and the facts know why).
fn can_be_shared(key: Option<&str>, aws_keys: &BTreeSet<String>) -> bool {
    key.is_none_or(|key| !aws_keys.contains(key))
}

async fn instances(ctx: &Ctx<'_>, aws_keys: &BTreeSet<String>) {
    let answer = ctx
        .ask("rds", "DescribeDBSnapshots")
        .pages(
            |marker| ctx.rds().describe_db_snapshots().snapshot_type("manual").max_records(PAGE).set_marker(marker).send(),
            |page| (page.db_snapshots, page.marker),
        )
        .await;
    let snapshots = answer.items().into_iter().filter(|snapshot| is_manual(snapshot.snapshot_type.as_deref()));
    futures::future::join_all(snapshots.map(|snapshot| instance(ctx, snapshot, aws_keys))).await;
}

async fn instance(ctx: &Ctx<'_>, snapshot: types::DbSnapshot, aws_keys: &BTreeSet<String>) {
    let name = snapshot.db_snapshot_identifier.unwrap_or_default();
    let arn = text(snapshot.db_snapshot_arn).unwrap_or_else(|| ctx.arn("rds", &format!("snapshot:{name}")));
    let key = text(snapshot.kms_key_id);
    let restore_accounts = if can_be_shared(key.as_deref(), aws_keys) {
        let question = ctx.ask("rds", "DescribeDBSnapshotAttributes").about(&arn);
        let answer = question.one(|| ctx.rds().describe_db_snapshot_attributes().db_snapshot_identifier(&name).send()).await;
        answer.known(|output| {
            let attributes = output.db_snapshot_attributes_result.and_then(|result| result.db_snapshot_attributes).unwrap_or_default();
            restorers(attributes.into_iter().map(|attribute| (attribute.attribute_name, attribute.attribute_values)))
        })
    } else {
        Observed::Unseen
    };
    let fields = rds::Snapshot {
        engine: Observed::Known(text(snapshot.engine)),
        source_id: Observed::Known(text(snapshot.db_instance_identifier)),
        encrypted: Observed::Known(snapshot.encrypted.unwrap_or(false)),
        storage_encryption_type: Observed::Known(encryption_type(snapshot.storage_encryption_type)),
        kms_key_id: Observed::Known(key),
        restore_accounts,
    };
    ctx.keep(ctx.id(&arn, &name), fields);
}

async fn clusters(ctx: &Ctx<'_>, aws_keys: &BTreeSet<String>) {
    let answer = ctx
        .ask("rds", "DescribeDBClusterSnapshots")
        .pages(
            |marker| ctx.rds().describe_db_cluster_snapshots().snapshot_type("manual").max_records(PAGE).set_marker(marker).send(),
            |page| (page.db_cluster_snapshots, page.marker),
        )
        .await;
    let snapshots = answer.items().into_iter().filter(|snapshot| is_manual(snapshot.snapshot_type.as_deref()));
    futures::future::join_all(snapshots.map(|snapshot| cluster(ctx, snapshot, aws_keys))).await;
}

async fn cluster(ctx: &Ctx<'_>, snapshot: types::DbClusterSnapshot, aws_keys: &BTreeSet<String>) {
    let name = snapshot.db_cluster_snapshot_identifier.unwrap_or_default();
    let arn = text(snapshot.db_cluster_snapshot_arn).unwrap_or_else(|| ctx.arn("rds", &format!("cluster-snapshot:{name}")));
    let key = text(snapshot.kms_key_id);
    let restore_accounts = if can_be_shared(key.as_deref(), aws_keys) {
        let question = ctx.ask("rds", "DescribeDBClusterSnapshotAttributes").about(&arn);
        let answer = question.one(|| ctx.rds().describe_db_cluster_snapshot_attributes().db_cluster_snapshot_identifier(&name).send()).await;
        answer.known(|output| {
            let attributes =
                output.db_cluster_snapshot_attributes_result.and_then(|result| result.db_cluster_snapshot_attributes).unwrap_or_default();
            restorers(attributes.into_iter().map(|attribute| (attribute.attribute_name, attribute.attribute_values)))
        })
    } else {
        Observed::Unseen
    };
    let fields = rds::ClusterSnapshot {
        engine: Observed::Known(text(snapshot.engine)),
        source_id: Observed::Known(text(snapshot.db_cluster_identifier)),
        encrypted: Observed::Known(snapshot.storage_encrypted.unwrap_or(false)),
        storage_encryption_type: Observed::Known(encryption_type(snapshot.storage_encryption_type)),
        kms_key_id: Observed::Known(key),
        restore_accounts,
    };
    ctx.keep(ctx.id(&arn, &name), fields);
}

fn restorers(attributes: impl Iterator<Item = (Option<String>, Option<Vec<String>>)>) -> Vec<String> {
    let restore = attributes.filter(|(name, _)| name.as_deref() == Some("restore"));
    set(restore.flat_map(|(_, values)| values.unwrap_or_default()))
}
