//! AWS DMS → endpoints, instances, tasks, serverless replications, certificates.

use aws_sdk_databasemigration::types;

use super::convert::{set, text, time};
use super::ctx::Ctx;
use super::dms_endpoint;
use super::dms_task::{mappings, settings};
use super::retry::Failure;
use crate::model::{Observed, dms};

const PAGE: i32 = 100;

/// Every list of DMS that stands on its own.
pub(super) async fn lists(ctx: &Ctx<'_>) {
    tokio::join!(endpoints(ctx), instances(ctx), tasks(ctx), configs(ctx), certificates(ctx));
}

async fn endpoints(ctx: &Ctx<'_>) {
    let question = ctx.ask("dms", "DescribeEndpoints");
    let answer = question
        .pages(|marker| ctx.clients.dms().describe_endpoints().max_records(PAGE).set_marker(marker).send(), |page| (page.endpoints, page.marker))
        .await;
    for endpoint in answer.items() {
        let Some(arn) = question.named("EndpointArn", endpoint.endpoint_arn.clone()) else { continue };
        let id = ctx.id(&arn, endpoint.endpoint_identifier.as_deref().unwrap_or_default());
        ctx.keep(id, dms_endpoint::fields(&question.of(&arn), endpoint));
    }
}

async fn instances(ctx: &Ctx<'_>) {
    let question = ctx.ask("dms", "DescribeReplicationInstances");
    let answer = question
        .pages(
            |marker| ctx.clients.dms().describe_replication_instances().max_records(PAGE).set_marker(marker).send(),
            |page| (page.replication_instances, page.marker),
        )
        .await;
    for instance in answer.items() {
        let Some(arn) = question.named("ReplicationInstanceArn", instance.replication_instance_arn.clone()) else { continue };
        let answer = question.of(&arn);
        let id = ctx.id(&arn, instance.replication_instance_identifier.as_deref().unwrap_or_default());
        let (vpc_id, subnets) = instance.replication_subnet_group.map(subnet_group).unzip();
        let groups = instance.vpc_security_groups.map(|groups| {
            let active = groups.into_iter().filter(|group| is_active(group.status.as_deref()));
            set(active.filter_map(|group| group.vpc_security_group_id))
        });
        ctx.keep(
            id,
            dms::Instance {
                status: answer.sent("ReplicationInstanceStatus", instance.replication_instance_status),
                engine_version: Observed::Known(text(instance.engine_version)),
                publicly_accessible: Observed::Known(instance.publicly_accessible),
                kms_key_id: Observed::Known(text(instance.kms_key_id)),
                security_groups: answer.sent("VpcSecurityGroups", groups),
                vpc_id: answer.sent("ReplicationSubnetGroup", vpc_id),
                subnets: answer.sent("ReplicationSubnetGroup", subnets),
                created_at: Observed::Known(time(instance.instance_create_time.as_ref())),
            },
        );
    }
}

/// A group that is being taken away no longer protects; AWS may leave the status out.
fn is_active(status: Option<&str>) -> bool {
    status.is_none_or(|status| status != "removing" && status != "removed")
}

fn subnet_group(group: types::ReplicationSubnetGroup) -> (Option<String>, Vec<String>) {
    (text(group.vpc_id), set(group.subnets.unwrap_or_default().into_iter().filter_map(|subnet| subnet.subnet_identifier)))
}

async fn tasks(ctx: &Ctx<'_>) {
    let question = ctx.ask("dms", "DescribeReplicationTasks");
    let answer = question
        .pages(
            |marker| ctx.clients.dms().describe_replication_tasks().max_records(PAGE).set_marker(marker).send(),
            |page| (page.replication_tasks, page.marker),
        )
        .await;
    for task in answer.items() {
        let Some(arn) = question.named("ReplicationTaskArn", task.replication_task_arn.clone()) else { continue };
        let answer = question.of(&arn);
        let id = ctx.id(&arn, task.replication_task_identifier.as_deref().unwrap_or_default());
        // AWS gives the stop date in the statistics of the run.
        let stopped = task.replication_task_stats.as_ref().and_then(|stats| stats.stop_date.as_ref());
        let fields = dms::Task {
            instance_arn: answer.sent("ReplicationInstanceArn", task.replication_instance_arn),
            source_endpoint_arn: answer.sent("SourceEndpointArn", task.source_endpoint_arn),
            target_endpoint_arn: answer.sent("TargetEndpointArn", task.target_endpoint_arn),
            migration_type: answer.sent("MigrationType", task.migration_type.map(|kind| kind.as_str().to_owned())),
            status: answer.sent("Status", task.status),
            stopped_at: Observed::Known(time(stopped)),
            created_at: Observed::Known(time(task.replication_task_creation_date.as_ref())),
            settings: parsed(ctx, "DescribeReplicationTasks", &arn, settings(task.replication_task_settings.as_deref())),
            mappings: parsed(ctx, "DescribeReplicationTasks", &arn, mappings(task.table_mappings.as_deref())),
        };
        ctx.keep(id, fields);
    }
}

/// A field that is JSON inside the answer; what does not parse is unseen, and a gap says so.
fn parsed<T>(ctx: &Ctx<'_>, operation: &'static str, arn: &str, outcome: Result<T, String>) -> Observed<T> {
    match outcome {
        Ok(value) => Observed::Known(value),
        Err(problem) => {
            ctx.ask("dms", operation).about(arn).gap(Failure::unparseable(&problem));
            Observed::Unseen
        }
    }
}

async fn configs(ctx: &Ctx<'_>) {
    let question = ctx.ask("dms", "DescribeReplicationConfigs");
    let answer = question
        .pages(
            |marker| ctx.clients.dms().describe_replication_configs().max_records(PAGE).set_marker(marker).send(),
            |page| (page.replication_configs, page.marker),
        )
        .await;
    for config in answer.items() {
        let Some(arn) = question.named("ReplicationConfigArn", config.replication_config_arn.clone()) else { continue };
        let answer = question.of(&arn);
        let id = ctx.id(&arn, config.replication_config_identifier.as_deref().unwrap_or_default());
        let (group, groups, key) = config
            .compute_config
            .map(|compute| (compute.replication_subnet_group_id, compute.vpc_security_group_ids, compute.kms_key_id))
            .unwrap_or_default();
        let fields = dms::ReplicationConfig {
            source_endpoint_arn: answer.sent("SourceEndpointArn", config.source_endpoint_arn),
            target_endpoint_arn: answer.sent("TargetEndpointArn", config.target_endpoint_arn),
            migration_type: answer.sent("ReplicationType", config.replication_type.map(|kind| kind.as_str().to_owned())),
            status: Observed::Unseen,
            stopped_at: Observed::Unseen,
            created_at: Observed::Known(time(config.replication_config_create_time.as_ref())),
            settings: parsed(ctx, "DescribeReplicationConfigs", &arn, settings(config.replication_settings.as_deref())),
            mappings: parsed(ctx, "DescribeReplicationConfigs", &arn, mappings(config.table_mappings.as_deref())),
            subnet_group: Observed::Known(text(group)),
            security_groups: Observed::Known(set(groups.unwrap_or_default())),
            kms_key_id: Observed::Known(text(key)),
        };
        ctx.keep(id, fields);
    }
}

async fn certificates(ctx: &Ctx<'_>) {
    let question = ctx.ask("dms", "DescribeCertificates");
    let answer = question
        .pages(
            |marker| ctx.clients.dms().describe_certificates().max_records(PAGE).set_marker(marker).send(),
            |page| (page.certificates, page.marker),
        )
        .await;
    for certificate in answer.items() {
        let Some(arn) = question.named("CertificateArn", certificate.certificate_arn.clone()) else { continue };
        let id = ctx.id(&arn, certificate.certificate_identifier.as_deref().unwrap_or_default());
        let fields = dms::Certificate {
            valid_to: Observed::Known(time(certificate.valid_to_date.as_ref())),
            key_length: Observed::Known(certificate.key_length.map(i64::from)),
            signing_algorithm: Observed::Known(text(certificate.signing_algorithm)),
        };
        ctx.keep(id, fields);
    }
}

/// What only serverless replications need: whether they run, and where they stand.
pub(super) async fn serverless(ctx: &Ctx<'_>) {
    tokio::join!(replications(ctx), subnet_groups(ctx));
}

async fn replications(ctx: &Ctx<'_>) {
    let answer = ctx
        .ask("dms", "DescribeReplications")
        .pages(
            |marker| ctx.clients.dms().describe_replications().max_records(PAGE).set_marker(marker).send(),
            |page| (page.replications, page.marker),
        )
        .await;
    let found = match answer {
        super::call::Answer::Gap => return,
        answer => answer.items(),
    };
    for config in &mut ctx.session.resources().dms_replication_configs {
        if *config.id.region != *ctx.region {
            continue;
        }
        let run = found.iter().find(|run| run.replication_config_arn.as_deref() == Some(&*config.id.arn));
        config.fields.status = Observed::Known(run.and_then(|run| text(run.status.clone())));
        config.fields.stopped_at = Observed::Known(run.and_then(|run| time(run.replication_last_stop_time.as_ref())));
    }
}

async fn subnet_groups(ctx: &Ctx<'_>) {
    let question = ctx.ask("dms", "DescribeReplicationSubnetGroups");
    let answer = question
        .pages(
            |marker| ctx.clients.dms().describe_replication_subnet_groups().max_records(PAGE).set_marker(marker).send(),
            |page| (page.replication_subnet_groups, page.marker),
        )
        .await;
    for group in answer.items() {
        let Some(name) = question.named("ReplicationSubnetGroupIdentifier", group.replication_subnet_group_identifier.clone()) else { continue };
        let id = ctx.id(&ctx.arn("dms", &format!("subgrp:{name}")), &name);
        let (vpc_id, subnets) = subnet_group(group);
        ctx.keep(id, dms::SubnetGroup { vpc_id: Observed::Known(vpc_id), subnets: Observed::Known(subnets) });
    }
}
