//! Manual snapshots of RDS and Aurora → who may restore them. Automated snapshots cannot be shared.

use std::collections::BTreeSet;

use aws_sdk_rds::types;

use super::call::Question;
use super::convert::{set, text};
use super::ctx::Ctx;
use super::rds::{PAGE, encryption_type};
use crate::model::{Observed, rds};

/// Both kinds; `aws_keys` are the keys that AWS manages: what they encrypt cannot be shared.
pub(super) async fn manual(ctx: &Ctx<'_>, aws_keys: &BTreeSet<String>) {
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
    let question = ctx.ask("rds", "DescribeDBSnapshots");
    let answer = question
        .pages(
            |marker| ctx.clients.rds().describe_db_snapshots().snapshot_type("manual").max_records(PAGE).set_marker(marker).send(),
            |page| (page.db_snapshots, page.marker),
        )
        .await;
    let snapshots = answer.items().into_iter().filter(|snapshot| is_manual(snapshot.snapshot_type.as_deref()));
    futures::future::join_all(snapshots.map(|snapshot| instance(&question, ctx, snapshot, aws_keys))).await;
}

async fn instance(list: &Question<'_>, ctx: &Ctx<'_>, snapshot: types::DbSnapshot, aws_keys: &BTreeSet<String>) {
    let Some(name) = list.named("DBSnapshotIdentifier", snapshot.db_snapshot_identifier) else { return };
    let arn = text(snapshot.db_snapshot_arn).unwrap_or_else(|| ctx.arn("rds", &format!("snapshot:{name}")));
    let key = text(snapshot.kms_key_id);
    let restore_accounts = if can_be_shared(key.as_deref(), aws_keys) {
        let question = ctx.ask("rds", "DescribeDBSnapshotAttributes").about(&arn);
        let answer = question.one(|| ctx.clients.rds().describe_db_snapshot_attributes().db_snapshot_identifier(&name).send()).await;
        let attributes = answer.ok().map(|output| {
            let attributes = output.db_snapshot_attributes_result.and_then(|result| result.db_snapshot_attributes).unwrap_or_default();
            attributes.into_iter().map(|attribute| (attribute.attribute_name, attribute.attribute_values))
        });
        restorers(&question, attributes)
    } else {
        Observed::Unseen
    };
    let answer = list.of(&arn);
    let fields = rds::Snapshot {
        engine: answer.sent("Engine", text(snapshot.engine).map(Some)),
        source_id: Observed::Known(text(snapshot.db_instance_identifier)),
        encrypted: answer.sent("Encrypted", snapshot.encrypted),
        storage_encryption_type: Observed::Known(encryption_type(snapshot.storage_encryption_type)),
        kms_key_id: Observed::Known(key),
        restore_accounts,
    };
    ctx.keep(ctx.id(&arn, &name), fields);
}

async fn clusters(ctx: &Ctx<'_>, aws_keys: &BTreeSet<String>) {
    let question = ctx.ask("rds", "DescribeDBClusterSnapshots");
    let answer = question
        .pages(
            |marker| ctx.clients.rds().describe_db_cluster_snapshots().snapshot_type("manual").max_records(PAGE).set_marker(marker).send(),
            |page| (page.db_cluster_snapshots, page.marker),
        )
        .await;
    let snapshots = answer.items().into_iter().filter(|snapshot| is_manual(snapshot.snapshot_type.as_deref()));
    futures::future::join_all(snapshots.map(|snapshot| cluster(&question, ctx, snapshot, aws_keys))).await;
}

async fn cluster(list: &Question<'_>, ctx: &Ctx<'_>, snapshot: types::DbClusterSnapshot, aws_keys: &BTreeSet<String>) {
    let Some(name) = list.named("DBClusterSnapshotIdentifier", snapshot.db_cluster_snapshot_identifier) else { return };
    let arn = text(snapshot.db_cluster_snapshot_arn).unwrap_or_else(|| ctx.arn("rds", &format!("cluster-snapshot:{name}")));
    let key = text(snapshot.kms_key_id);
    let restore_accounts = if can_be_shared(key.as_deref(), aws_keys) {
        let question = ctx.ask("rds", "DescribeDBClusterSnapshotAttributes").about(&arn);
        let answer = question.one(|| ctx.clients.rds().describe_db_cluster_snapshot_attributes().db_cluster_snapshot_identifier(&name).send()).await;
        let attributes = answer.ok().map(|output| {
            let attributes =
                output.db_cluster_snapshot_attributes_result.and_then(|result| result.db_cluster_snapshot_attributes).unwrap_or_default();
            attributes.into_iter().map(|attribute| (attribute.attribute_name, attribute.attribute_values))
        });
        restorers(&question, attributes)
    } else {
        Observed::Unseen
    };
    let answer = list.of(&arn);
    let fields = rds::ClusterSnapshot {
        engine: answer.sent("Engine", text(snapshot.engine).map(Some)),
        source_id: Observed::Known(text(snapshot.db_cluster_identifier)),
        encrypted: answer.sent("StorageEncrypted", snapshot.storage_encrypted),
        storage_encryption_type: Observed::Known(encryption_type(snapshot.storage_encryption_type)),
        kms_key_id: Observed::Known(key),
        restore_accounts,
    };
    ctx.keep(ctx.id(&arn, &name), fields);
}

/// Who may restore: AWS always lists the attribute `restore`, without values where nobody may.
fn restorers(question: &Question<'_>, attributes: Option<impl Iterator<Item = (Option<String>, Option<Vec<String>>)>>) -> Observed<Vec<String>> {
    let Some(mut attributes) = attributes else { return Observed::Unseen };
    let restore = attributes.find(|(name, _)| name.as_deref() == Some("restore"));
    question.sent("attribute \"restore\"", restore.map(|(_, values)| set(values.unwrap_or_default())))
}
