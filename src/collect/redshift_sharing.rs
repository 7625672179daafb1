//! Redshift's ways out of its network → data shares, endpoints that Redshift manages, and who may make such endpoints. Three lists per region.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_redshift::types;
use iam_eval::arn::Arn;

use super::convert::{set, sorted, text};
use super::ctx::Ctx;
use crate::model::{Identity, Observed, redshift};

const PAGE: i32 = 100;

/// What others may have of the region's clusters. Without a cluster there is nothing to ask.
pub(super) async fn with_others(ctx: &Ctx<'_>, clusters: &[Arc<Identity>]) {
    tokio::join!(data_shares(ctx), endpoints(ctx, clusters), authorizations(ctx, clusters));
}

async fn data_shares(ctx: &Ctx<'_>) {
    let question = ctx.ask("redshift", "DescribeDataShares");
    let answer = question
        .pages(
            |marker| ctx.clients.redshift().describe_data_shares().max_records(PAGE).set_marker(marker).send(),
            |page| (page.data_shares, page.marker),
        )
        .await;
    for share in answer.items() {
        let Some(arn) = question.named("DataShareArn", share.data_share_arn) else { continue };
        // What others share with us is their affair.
        if Arn::parse(&arn).is_some_and(|arn| *arn.account != *ctx.session.account) {
            continue;
        }
        let consumers = share.data_share_associations.unwrap_or_default().into_iter().map(|association| redshift::DataShareConsumer {
            consumer: association.consumer_identifier.unwrap_or_default(),
            status: association.status.map(|status| status.as_str().to_owned()),
        });
        let fields = redshift::DataShare {
            producer: Observed::Known(text(share.producer_arn)),
            allows_public_consumers: Observed::Known(share.allow_publicly_accessible_consumers.unwrap_or(false)),
            consumers: Observed::Known(sorted(consumers)),
        };
        ctx.keep(ctx.id(&arn, arn.rsplit('/').next().unwrap_or(&arn)), fields);
    }
}

/// Items by cluster, each sorted.
fn by_cluster<T: Ord>(items: impl IntoIterator<Item = (String, T)>) -> BTreeMap<String, Vec<T>> {
    let mut all: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for (cluster, item) in items {
        all.entry(cluster).or_default().push(item);
    }
    all.into_iter().map(|(cluster, items)| (cluster, sorted(items))).collect()
}

async fn endpoints(ctx: &Ctx<'_>, clusters: &[Arc<Identity>]) {
    let question = ctx.ask("redshift", "DescribeEndpointAccess");
    let answer = question
        .pages(
            |marker| ctx.clients.redshift().describe_endpoint_access().max_records(PAGE).set_marker(marker).send(),
            |page| (page.endpoint_access_list, page.marker),
        )
        .await;
    // Endpoints of ours to clusters of others are in the list too, and their clusters may have the names of ours.
    let ours = |endpoint: &types::EndpointAccess| endpoint.resource_owner.as_deref().is_none_or(|owner| *owner == *ctx.session.account);
    let all = answer.field(BTreeMap::new(), |all| by_cluster(all.into_iter().filter(ours).filter_map(endpoint)));
    let Observed::Known(mut all) = all else { return };
    for cluster in clusters {
        let endpoints = all.remove(&*cluster.name).unwrap_or_default();
        ctx.amend::<redshift::Cluster>(&cluster.arn, |fields| fields.managed_endpoints = Observed::Known(endpoints));
    }
}

fn endpoint(endpoint: types::EndpointAccess) -> Option<(String, redshift::ManagedEndpoint)> {
    let groups = endpoint.vpc_security_groups.unwrap_or_default().into_iter().filter(|group| group.status.as_deref() != Some("removed"));
    let fields = redshift::ManagedEndpoint {
        name: endpoint.endpoint_name.unwrap_or_default(),
        owner: text(endpoint.resource_owner),
        status: text(endpoint.endpoint_status),
        vpc_id: endpoint.vpc_endpoint.and_then(|endpoint| text(endpoint.vpc_id)),
        subnet_group: text(endpoint.subnet_group_name),
        groups: set(groups.filter_map(|group| group.vpc_security_group_id)),
        port: endpoint.port.map(i64::from),
    };
    Some((endpoint.cluster_identifier?, fields))
}

async fn authorizations(ctx: &Ctx<'_>, clusters: &[Arc<Identity>]) {
    let question = ctx.ask("redshift", "DescribeEndpointAuthorization");
    // Without a word on who asks, AWS answers as the one that grants.
    let answer = question
        .pages(
            |marker| ctx.clients.redshift().describe_endpoint_authorization().max_records(PAGE).set_marker(marker).send(),
            |page| (page.endpoint_authorization_list, page.marker),
        )
        .await;
    let ours = |granted: &types::EndpointAuthorization| granted.grantor.as_deref().is_none_or(|grantor| *grantor == *ctx.session.account);
    let all = answer.known(|all| by_cluster(all.into_iter().filter(ours).filter_map(authorization)));
    let Observed::Known(mut all) = all else { return };
    for cluster in clusters {
        let authorizations = all.remove(&*cluster.name).unwrap_or_default();
        ctx.amend::<redshift::Cluster>(&cluster.arn, |fields| fields.endpoint_authorizations = Observed::Known(authorizations));
    }
}

fn authorization(granted: types::EndpointAuthorization) -> Option<(String, redshift::EndpointAuthorization)> {
    let fields = redshift::EndpointAuthorization {
        grantee: granted.grantee.unwrap_or_default(),
        status: granted.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        all_vpcs: granted.allowed_all_vpcs.unwrap_or(false),
        vpcs: set(granted.allowed_vpcs.unwrap_or_default()),
    };
    Some((granted.cluster_identifier?, fields))
}
