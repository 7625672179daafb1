//! Amazon RDS and Aurora → instances, clusters, their parameters and options.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_rds::types;

use super::call::Question;
use super::convert::{set, sorted, text, time};
use super::ctx::Ctx;
use crate::model::rds::{PARAMETERS, is_default_option_group};
use crate::model::reference::Reference;
use crate::model::{Kind, Observed, rds};

pub(super) const PAGE: i32 = 100;

/// What RDS redacts nothing of and we do: option values are kept by name only.
const REDACTED: &str = "‹redacted›";

/// Instances and clusters.
pub(super) async fn lists(ctx: &Ctx<'_>) {
    tokio::join!(instances(ctx), clusters(ctx));
}

async fn instances(ctx: &Ctx<'_>) {
    let question = ctx.ask("rds", "DescribeDBInstances");
    let answer = question
        .pages(
            |marker| ctx.clients.rds().describe_db_instances().max_records(PAGE).set_marker(marker).send(),
            |page| (page.db_instances, page.marker),
        )
        .await;
    for instance in answer.items() {
        let Some(name) = question.named("DBInstanceIdentifier", instance.db_instance_identifier.clone()) else { continue };
        let arn = text(instance.db_instance_arn.clone()).unwrap_or_else(|| ctx.arn("rds", &format!("db:{name}")));
        ctx.keep(ctx.id(&arn, &name), instance_fields(&question.of(&arn), instance));
    }
}

fn instance_fields(answer: &Question<'_>, instance: types::DbInstance) -> rds::Instance {
    let parameter_groups = instance
        .db_parameter_groups
        .map(|groups| sorted(groups.into_iter().map(|group| group_status(group.db_parameter_group_name, group.parameter_apply_status))));
    let option_groups =
        instance.option_group_memberships.map(|groups| sorted(groups.into_iter().map(|group| group_status(group.option_group_name, group.status))));
    let group = instance.db_subnet_group;
    let (vpc_id, subnets) = group.map(|group| (text(group.vpc_id), group.subnets.unwrap_or_default())).unwrap_or_default();
    let certificate = instance
        .certificate_details
        .map(|details| rds::ServerCertificate { ca: text(details.ca_identifier), valid_till: time(details.valid_till.as_ref()) });
    let endpoint = instance.endpoint.and_then(|endpoint| network_endpoint(endpoint.address, endpoint.port));
    rds::Instance {
        engine: answer.sent("Engine", instance.engine),
        engine_version: answer.sent("EngineVersion", instance.engine_version),
        status: answer.sent("DBInstanceStatus", instance.db_instance_status),
        cluster_id: Observed::Known(text(instance.db_cluster_identifier)),
        parameter_groups: answer.sent("DBParameterGroups", parameter_groups),
        option_groups: answer.sent("OptionGroupMemberships", option_groups),
        certificate: Observed::Known(certificate),
        endpoint: Observed::Known(endpoint),
        publicly_accessible: answer.sent("PubliclyAccessible", instance.publicly_accessible),
        vpc_id: Observed::Known(vpc_id),
        subnets: Observed::Known(set(subnets.into_iter().filter_map(|subnet| subnet.subnet_identifier))),
        security_groups: answer.sent("VpcSecurityGroups", instance.vpc_security_groups.map(security_groups)),
        network_type: Observed::Known(text(instance.network_type)),
        storage_encrypted: answer.sent("StorageEncrypted", instance.storage_encrypted),
        storage_encryption_type: Observed::Known(encryption_type(instance.storage_encryption_type)),
        kms_key_id: Observed::Known(text(instance.kms_key_id)),
        master_username: Observed::Known(text(instance.master_username)),
        master_secret: Observed::Known(instance.master_user_secret.and_then(master_secret)),
        log_exports: Observed::Known(set(instance.enabled_cloudwatch_logs_exports.unwrap_or_default())),
        activity_stream_status: Observed::Known(instance.activity_stream_status.map(|status| status.as_str().to_owned())),
    }
}

fn group_status(name: Option<String>, status: Option<String>) -> rds::GroupStatus {
    rds::GroupStatus { name: name.unwrap_or_default(), status: status.unwrap_or_default() }
}

fn network_endpoint(host: Option<String>, port: Option<i32>) -> Option<rds::NetworkEndpoint> {
    Some(rds::NetworkEndpoint { host: text(host)?, port: i64::from(port?) })
}

/// Groups in force; one that is being removed may still be, so only `removed` ones are left out.
fn security_groups(groups: Vec<types::VpcSecurityGroupMembership>) -> Vec<String> {
    let groups = groups.into_iter().filter(|group| group.status.as_deref() != Some("removed"));
    set(groups.filter_map(|group| group.vpc_security_group_id))
}

pub(super) fn encryption_type(kind: Option<types::StorageEncryptionType>) -> Option<String> {
    kind.map(|kind| kind.as_str().to_owned())
}

fn master_secret(secret: types::MasterUserSecret) -> Option<rds::MasterSecret> {
    Some(rds::MasterSecret { arn: text(secret.secret_arn)?, status: text(secret.secret_status) })
}

async fn clusters(ctx: &Ctx<'_>) {
    let question = ctx.ask("rds", "DescribeDBClusters");
    let answer = question
        .pages(|marker| ctx.clients.rds().describe_db_clusters().max_records(PAGE).set_marker(marker).send(), |page| (page.db_clusters, page.marker))
        .await;
    for cluster in answer.items() {
        let Some(name) = question.named("DBClusterIdentifier", cluster.db_cluster_identifier.clone()) else { continue };
        let arn = text(cluster.db_cluster_arn.clone()).unwrap_or_else(|| ctx.arn("rds", &format!("cluster:{name}")));
        ctx.keep(ctx.id(&arn, &name), cluster_fields(&question.of(&arn), cluster));
    }
}

fn cluster_fields(answer: &Question<'_>, cluster: types::DbCluster) -> rds::Cluster {
    let member = |member: types::DbClusterMember| rds::ClusterMember {
        instance_id: member.db_instance_identifier.unwrap_or_default(),
        writer: member.is_cluster_writer.unwrap_or(false),
        parameter_group_status: text(member.db_cluster_parameter_group_status),
    };
    let members = cluster.db_cluster_members.map(|members| sorted(members.into_iter().map(member)));
    let hosts = cluster.reader_endpoint.into_iter().chain(cluster.custom_endpoints.unwrap_or_default());
    rds::Cluster {
        engine: answer.sent("Engine", cluster.engine),
        engine_version: answer.sent("EngineVersion", cluster.engine_version),
        status: answer.sent("Status", cluster.status),
        parameter_group: Observed::Known(text(cluster.db_cluster_parameter_group)),
        members: answer.sent("DBClusterMembers", members),
        endpoint: Observed::Known(network_endpoint(cluster.endpoint, cluster.port)),
        other_hosts: Observed::Known(set(hosts)),
        publicly_accessible: Observed::Known(cluster.publicly_accessible),
        security_groups: answer.sent("VpcSecurityGroups", cluster.vpc_security_groups.map(security_groups)),
        network_type: Observed::Known(text(cluster.network_type)),
        storage_encrypted: answer.sent("StorageEncrypted", cluster.storage_encrypted),
        storage_encryption_type: Observed::Known(encryption_type(cluster.storage_encryption_type)),
        kms_key_id: Observed::Known(text(cluster.kms_key_id)),
        vpc_networking: Observed::Known(cluster.vpc_networking_enabled),
        internet_access_gateway: Observed::Known(cluster.internet_access_gateway_enabled),
        http_endpoint: Observed::Known(cluster.http_endpoint_enabled),
        master_username: Observed::Known(text(cluster.master_username)),
        master_secret: Observed::Known(cluster.master_user_secret.and_then(master_secret)),
        log_exports: Observed::Known(set(cluster.enabled_cloudwatch_logs_exports.unwrap_or_default())),
        activity_stream_status: Observed::Known(cluster.activity_stream_status.map(|status| status.as_str().to_owned())),
    }
}

/// The parameter and option groups that instances and clusters of the region name.
pub(super) async fn groups(ctx: &Ctx<'_>, named: &[Reference]) {
    let of = |kind: Kind| -> BTreeSet<&str> {
        named.iter().filter(|reference| reference.target == kind && reference.region == ctx.region).map(|reference| reference.id.as_str()).collect()
    };
    let options: BTreeSet<&str> = of(Kind::RdsOptionGroup).into_iter().filter(|name| !is_default_option_group(name)).collect();
    tokio::join!(
        futures::future::join_all(of(Kind::RdsParameterGroup).into_iter().map(|name| parameters(ctx, name))),
        futures::future::join_all(of(Kind::RdsClusterParameterGroup).into_iter().map(|name| cluster_parameters(ctx, name))),
        option_groups(ctx, options),
    );
}

fn name_filter() -> types::Filter {
    let names = PARAMETERS.iter().map(|name| (*name).to_owned()).collect();
    types::Filter::builder().name("parameter-name").set_values(Some(names)).build()
}

/// The filter is not honoured everywhere: what came in excess is dropped.
fn wanted(parameters: Vec<types::Parameter>) -> BTreeMap<String, rds::Parameter> {
    let mut all = BTreeMap::new();
    for parameter in parameters {
        let Some(name) = parameter.parameter_name.filter(|name| PARAMETERS.contains(&name.as_str())) else { continue };
        let fields = rds::Parameter {
            value: text(parameter.parameter_value),
            apply_type: text(parameter.apply_type),
            apply_method: parameter.apply_method.map(|method| method.as_str().to_owned()),
            source: text(parameter.source),
        };
        all.insert(name, fields);
    }
    all
}

async fn parameters(ctx: &Ctx<'_>, name: &str) {
    let arn = ctx.arn("rds", &format!("pg:{name}"));
    let question = ctx.ask("rds", "DescribeDBParameters").about(&arn);
    let answer = question
        .pages(
            |marker| {
                ctx.clients
                    .rds()
                    .describe_db_parameters()
                    .db_parameter_group_name(name)
                    .filters(name_filter())
                    .max_records(PAGE)
                    .set_marker(marker)
                    .send()
            },
            |page| (page.parameters, page.marker),
        )
        .await;
    ctx.keep(ctx.id(&arn, name), rds::ParameterGroup { parameters: answer.known(wanted) });
}

async fn cluster_parameters(ctx: &Ctx<'_>, name: &str) {
    let arn = ctx.arn("rds", &format!("cluster-pg:{name}"));
    let question = ctx.ask("rds", "DescribeDBClusterParameters").about(&arn);
    let answer = question
        .pages(
            |marker| {
                let call = ctx.clients.rds().describe_db_cluster_parameters().db_cluster_parameter_group_name(name);
                call.filters(name_filter()).max_records(PAGE).set_marker(marker).send()
            },
            |page| (page.parameters, page.marker),
        )
        .await;
    ctx.keep(ctx.id(&arn, name), rds::ClusterParameterGroup { parameters: answer.known(wanted) });
}

async fn option_groups(ctx: &Ctx<'_>, names: BTreeSet<&str>) {
    if names.is_empty() {
        return;
    }
    let question = ctx.ask("rds", "DescribeOptionGroups");
    let answer = question
        .pages(
            |marker| ctx.clients.rds().describe_option_groups().max_records(PAGE).set_marker(marker).send(),
            |page| (page.option_groups_list, page.marker),
        )
        .await;
    for group in answer.items() {
        let Some(name) = question.named("OptionGroupName", group.option_group_name).filter(|name| names.contains(name.as_str())) else { continue };
        let arn = text(group.option_group_arn).unwrap_or_else(|| ctx.arn("rds", &format!("og:{name}")));
        let options = group.options.map(|options| sorted(options.into_iter().map(option)));
        ctx.keep(ctx.id(&arn, &name), rds::OptionGroup { options: question.of(&arn).sent("Options", options) });
    }
}

fn option(option: types::Option) -> rds::DbOption {
    let settings = option.option_settings.unwrap_or_default().into_iter();
    rds::DbOption {
        name: option.option_name.unwrap_or_default(),
        port: option.port.map(i64::from),
        settings: settings
            .filter_map(|setting| setting.name.map(|name| (kept_value(&name, text(setting.value)), name)))
            .map(|(value, name)| (name, value))
            .collect(),
        security_groups: security_groups(option.vpc_security_group_memberships.unwrap_or_default()),
    }
}

/// An option's value where its name says that it is no secret.
fn kept_value(name: &str, value: Option<String>) -> Option<String> {
    let upper = name.to_ascii_uppercase();
    let harmless = upper.starts_with("SQLNET.")
        || upper.starts_with("SERVER_AUDIT_")
        || upper.ends_with("SSL_VERSION")
        || upper.contains("CIPHER_SUITE")
        || matches!(upper.as_str(), "S3_BUCKET_ARN" | "IAM_ROLE_ARN" | "RETENTION_TIME");
    value.map(|value| if harmless { value } else { REDACTED.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn option_values_are_kept_by_name_only() {
        let value = |name| kept_value(name, Some("hunter2".to_owned()));
        assert_eq!(value("SQLNET.ENCRYPTION_SERVER").as_deref(), Some("hunter2"));
        assert_eq!(value("S3_BUCKET_ARN").as_deref(), Some("hunter2"));
        assert_eq!(value("AGENT_REGISTRATION_PASSWORD").as_deref(), Some(REDACTED));
        assert_eq!(kept_value("AGENT_REGISTRATION_PASSWORD", None), None);
    }

    #[test]
    fn parameters_beyond_the_filter_are_dropped() {
        let parameter = |name: &str, value: &str| types::Parameter::builder().parameter_name(name).parameter_value(value).build();
        let kept = wanted(vec![parameter("rds.force_ssl", "1"), parameter("max connections", "0"), parameter("tls_version", "")]);
        assert_eq!(kept.keys().collect::<Vec<_>>(), ["rds.force_ssl", "tls_version"]);
        assert_eq!((kept["rds.force_ssl"].value.as_deref(), kept["tls_version"].value.as_deref()), (Some("1"), None));
    }
}
