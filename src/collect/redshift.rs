//! Amazon Redshift, provisioned → clusters, their parameters, logging, subnets and manual snapshots. Who else gets in is `redshift_sharing`.

use std::collections::BTreeSet;

use aws_sdk_redshift::types;

use super::call::Question;
use super::convert::{set, sorted, text, time};
use super::ctx::Ctx;
use super::redshift_sharing;
use crate::model::rds::NetworkEndpoint;
use crate::model::redshift::PARAMETERS;
use crate::model::reference::Reference;
use crate::model::{Kind, Observed, redshift};

const PAGE: i32 = 100;

/// The clusters.
pub(super) async fn clusters(ctx: &Ctx<'_>) {
    let question = ctx.ask("redshift", "DescribeClusters");
    let answer = question
        .pages(|marker| ctx.clients.redshift().describe_clusters().max_records(PAGE).set_marker(marker).send(), |page| (page.clusters, page.marker))
        .await;
    for cluster in answer.items() {
        let Some(name) = question.named("ClusterIdentifier", cluster.cluster_identifier.clone()) else { continue };
        let arn = ctx.arn("redshift", &format!("cluster:{name}"));
        ctx.keep(ctx.id(&arn, &name), fields(&question.of(&arn), cluster));
    }
}

fn fields(answer: &Question<'_>, cluster: types::Cluster) -> redshift::Cluster {
    let parameter_group = |group: types::ClusterParameterGroupStatus| redshift::ParameterGroupStatus {
        name: group.parameter_group_name.unwrap_or_default(),
        status: group.parameter_apply_status.unwrap_or_default(),
        parameters: group
            .cluster_parameter_status_list
            .unwrap_or_default()
            .into_iter()
            .filter_map(|status| {
                Some((status.parameter_name.filter(|name| PARAMETERS.contains(&name.as_str()))?, status.parameter_apply_status.unwrap_or_default()))
            })
            .collect(),
    };
    let parameter_groups = cluster.cluster_parameter_groups.map(|groups| sorted(groups.into_iter().map(parameter_group)));
    let endpoint = cluster.endpoint.and_then(|endpoint| Some(NetworkEndpoint { host: text(endpoint.address)?, port: i64::from(endpoint.port?) }));
    let groups = cluster.vpc_security_groups.map(|groups| {
        let in_force = groups.into_iter().filter(|group| group.status.as_deref() != Some("removed"));
        set(in_force.filter_map(|group| group.vpc_security_group_id))
    });
    let roles = cluster.iam_roles.map(|roles| set(roles.into_iter().filter_map(|role| role.iam_role_arn)));
    redshift::Cluster {
        status: answer.sent("ClusterStatus", cluster.cluster_status),
        parameter_groups: answer.sent("ClusterParameterGroups", parameter_groups),
        endpoint: Observed::Known(endpoint),
        vpc_id: Observed::Known(text(cluster.vpc_id)),
        publicly_accessible: answer.sent("PubliclyAccessible", cluster.publicly_accessible),
        subnet_group: Observed::Known(text(cluster.cluster_subnet_group_name)),
        security_groups: answer.sent("VpcSecurityGroups", groups),
        encrypted: answer.sent("Encrypted", cluster.encrypted),
        kms_key_id: Observed::Known(text(cluster.kms_key_id)),
        enhanced_vpc_routing: answer.sent("EnhancedVpcRouting", cluster.enhanced_vpc_routing),
        iam_roles: answer.sent("IamRoles", roles),
        master_username: Observed::Known(text(cluster.master_username)),
        master_secret_arn: Observed::Known(text(cluster.master_password_secret_arn)),
        logging: Observed::Unseen,
        endpoint_authorizations: Observed::Unseen,
        managed_endpoints: Observed::Unseen,
    }
}

/// Everything that hangs on the region's clusters.
pub(super) async fn details(ctx: &Ctx<'_>, named: &[Reference]) {
    let mut clusters = Vec::new();
    for cluster in ctx.session.resources().redshift_clusters.iter().filter(|cluster| cluster.id.region == ctx.region) {
        clusters.push(cluster.id.clone());
    }
    let groups = named.iter().filter(|reference| reference.target == Kind::RedshiftParameterGroup && reference.region == ctx.region);
    let groups: BTreeSet<&str> = groups.map(|reference| reference.id.as_str()).collect();
    tokio::join!(
        futures::future::join_all(clusters.iter().map(|id| logging(ctx, &id.arn, &id.name))),
        futures::future::join_all(groups.into_iter().map(|name| parameters(ctx, name))),
        async {
            if !clusters.is_empty() {
                tokio::join!(subnet_groups(ctx), redshift_sharing::with_others(ctx, &clusters));
            }
        },
    );
}

async fn logging(ctx: &Ctx<'_>, arn: &str, name: &str) {
    let question = ctx.ask("redshift", "DescribeLoggingStatus").about(arn);
    let answer = question.one(|| ctx.clients.redshift().describe_logging_status().cluster_identifier(name).send()).await;
    let logging = answer.known(|status| redshift::Logging {
        enabled: status.logging_enabled.unwrap_or(false),
        destination: status.log_destination_type.map(|kind| kind.as_str().to_owned()),
        bucket: text(status.bucket_name),
        log_exports: set(status.log_exports.unwrap_or_default()),
        last_success: time(status.last_successful_delivery_time.as_ref()),
        last_failure: time(status.last_failure_time.as_ref()),
    });
    ctx.amend::<redshift::Cluster>(arn, |fields| fields.logging = logging);
}

async fn parameters(ctx: &Ctx<'_>, name: &str) {
    let arn = ctx.arn("redshift", &format!("parametergroup:{name}"));
    let question = ctx.ask("redshift", "DescribeClusterParameters").about(&arn);
    let answer = question
        .pages(
            |marker| ctx.clients.redshift().describe_cluster_parameters().parameter_group_name(name).max_records(PAGE).set_marker(marker).send(),
            |page| (page.parameters, page.marker),
        )
        .await;
    let parameters = answer.known(|parameters| {
        let named = parameters.into_iter().filter_map(|parameter| Some((parameter.parameter_name?, text(parameter.parameter_value))));
        named.filter(|(name, _)| PARAMETERS.contains(&name.as_str())).collect()
    });
    ctx.keep(ctx.id(&arn, name), redshift::ParameterGroup { parameters });
}

async fn subnet_groups(ctx: &Ctx<'_>) {
    let question = ctx.ask("redshift", "DescribeClusterSubnetGroups");
    let answer = question
        .pages(
            |marker| ctx.clients.redshift().describe_cluster_subnet_groups().max_records(PAGE).set_marker(marker).send(),
            |page| (page.cluster_subnet_groups, page.marker),
        )
        .await;
    for group in answer.items() {
        let Some(name) = question.named("ClusterSubnetGroupName", group.cluster_subnet_group_name) else { continue };
        let arn = ctx.arn("redshift", &format!("subnetgroup:{name}"));
        let subnets = group.subnets.map(|subnets| set(subnets.into_iter().filter_map(|subnet| subnet.subnet_identifier)));
        let fields = redshift::SubnetGroup { vpc_id: Observed::Known(text(group.vpc_id)), subnets: question.of(&arn).sent("Subnets", subnets) };
        ctx.keep(ctx.id(&arn, &name), fields);
    }
}

/// Manual snapshots; they outlive their clusters.
pub(super) async fn snapshots(ctx: &Ctx<'_>) {
    let question = ctx.ask("redshift", "DescribeClusterSnapshots");
    let answer = question
        .pages(
            |marker| ctx.clients.redshift().describe_cluster_snapshots().snapshot_type("manual").max_records(PAGE).set_marker(marker).send(),
            |page| (page.snapshots, page.marker),
        )
        .await;
    for snapshot in answer.items() {
        let name = question.named("SnapshotIdentifier", snapshot.snapshot_identifier);
        let Some((name, cluster)) = name.zip(question.named("ClusterIdentifier", snapshot.cluster_identifier)) else { continue };
        // The filter is not honoured everywhere. One that another account shares with us is its owner's affair.
        if snapshot.snapshot_type.as_deref().is_some_and(|kind| kind != "manual") {
            continue;
        }
        if snapshot.owner_account.as_deref().is_some_and(|owner| *owner != *ctx.session.account) {
            continue;
        }
        let accounts = snapshot.accounts_with_restore_access.unwrap_or_default().into_iter().filter_map(|account| account.account_id);
        let arn = ctx.arn("redshift", &format!("snapshot:{cluster}/{name}"));
        let fields = redshift::Snapshot {
            source_id: Observed::Known(Some(cluster)),
            encrypted: question.of(&arn).sent("Encrypted", snapshot.encrypted),
            kms_key_id: Observed::Known(text(snapshot.kms_key_id)),
            restore_accounts: Observed::Known(set(accounts)),
        };
        ctx.keep(ctx.id(&arn, &name), fields);
    }
}
