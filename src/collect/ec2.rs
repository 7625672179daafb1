//! Amazon VPC → what decides who can open a connection. Whole-region lists, always paged: AWS throttles unpaged ones sooner.

use std::collections::BTreeSet;

use aws_sdk_ec2::types;

use super::call::Answer;
use super::convert::{set, text};
use super::ctx::Ctx;
use super::retry::Failure;
use super::{ec2_gateways, ec2_interfaces, ec2_rules};
use crate::model::reference::bucket_name;
use crate::model::{Observed, network};

const PAGE: i32 = 1000;
/// Route tables and prefix lists have a smaller page.
const SMALL_PAGE: i32 = 100;

/// Every list of the network.
pub(super) async fn network(ctx: &Ctx<'_>) {
    tokio::join!(
        vpcs(ctx),
        subnets(ctx),
        async {
            tokio::join!(route_tables(ctx), security_groups(ctx));
            tokio::join!(prefix_lists(ctx), ec2_gateways::named(ctx));
        },
        acls(ctx),
        ec2_gateways::internet(ctx),
        ec2_interfaces::interfaces(ctx),
        ec2_interfaces::endpoints(ctx),
        peerings(ctx),
        flow_logs(ctx),
    );
}

/// The regions that are enabled for the account.
pub(super) async fn regions(ctx: &Ctx<'_>) -> Answer<Vec<String>> {
    let question = ctx.ask("ec2", "DescribeRegions");
    let outcome = question.attempt(|| ctx.clients.ec2().describe_regions().all_regions(false).send()).await;
    question.settle(outcome.and_then(|output| {
        let names = set(output.regions.unwrap_or_default().into_iter().filter_map(|region| region.region_name));
        // Each account has some.
        if names.is_empty() { Err(Failure::incomplete("the answer names no region")) } else { Ok(names) }
    }))
}

async fn vpcs(ctx: &Ctx<'_>) {
    let question = ctx.ask("ec2", "DescribeVpcs");
    let answer = question
        .pages(|token| ctx.clients.ec2().describe_vpcs().max_results(PAGE).set_next_token(token).send(), |page| (page.vpcs, page.next_token))
        .await;
    for vpc in answer.items() {
        let Some(name) = question.named("vpcId", vpc.vpc_id) else { continue };
        let in_use = |state: Option<&types::VpcCidrBlockState>| {
            state.and_then(|state| state.state.as_ref()).is_none_or(|state| matches!(state.as_str(), "associated" | "associating" | "disassociating"))
        };
        let blocks = vpc.cidr_block_association_set.unwrap_or_default().into_iter().filter(|block| in_use(block.cidr_block_state.as_ref()));
        let six = vpc.ipv6_cidr_block_association_set.unwrap_or_default().into_iter().filter(|block| in_use(block.ipv6_cidr_block_state.as_ref()));
        let fields = network::Vpc {
            cidrs: Observed::Known(set(blocks.filter_map(|block| block.cidr_block).chain(vpc.cidr_block))),
            ipv6_cidrs: Observed::Known(set(six.filter_map(|block| block.ipv6_cidr_block))),
        };
        ctx.keep(ctx.id(&ctx.arn("ec2", &format!("vpc/{name}")), &name), fields);
    }
}

async fn subnets(ctx: &Ctx<'_>) {
    let question = ctx.ask("ec2", "DescribeSubnets");
    let answer = question
        .pages(|token| ctx.clients.ec2().describe_subnets().max_results(PAGE).set_next_token(token).send(), |page| (page.subnets, page.next_token))
        .await;
    for subnet in answer.items() {
        let Some(name) = question.named("subnetId", subnet.subnet_id) else { continue };
        let mode = subnet.block_public_access_states.and_then(|states| states.internet_gateway_block_mode);
        let six = subnet.ipv6_cidr_block_association_set.unwrap_or_default().into_iter();
        let six = six.filter(|block| {
            let state = block.ipv6_cidr_block_state.as_ref().and_then(|state| state.state.as_ref());
            state.is_none_or(|state| matches!(state.as_str(), "associated" | "associating" | "disassociating"))
        });
        let arn = ctx.arn("ec2", &format!("subnet/{name}"));
        let fields = network::Subnet {
            vpc_id: question.of(&arn).sent("vpcId", subnet.vpc_id),
            cidr: Observed::Known(text(subnet.cidr_block)),
            ipv6_cidrs: Observed::Known(set(six.filter_map(|block| block.ipv6_cidr_block))),
            zone: Observed::Known(text(subnet.availability_zone_id)),
            owner: Observed::Known(text(subnet.owner_id)),
            internet_gateway_block: Observed::Known(mode.map(|mode| mode.as_str().to_owned())),
        };
        ctx.keep(ctx.id(&arn, &name), fields);
    }
}

async fn route_tables(ctx: &Ctx<'_>) {
    let question = ctx.ask("ec2", "DescribeRouteTables");
    let answer = question
        .pages(
            |token| ctx.clients.ec2().describe_route_tables().max_results(SMALL_PAGE).set_next_token(token).send(),
            |page| (page.route_tables, page.next_token),
        )
        .await;
    for table in answer.items() {
        let Some(name) = question.named("routeTableId", table.route_table_id.clone()) else { continue };
        let arn = ctx.arn("ec2", &format!("route-table/{name}"));
        ctx.keep(ctx.id(&arn, &name), ec2_rules::route_table(&question.of(&arn), table));
    }
}

async fn security_groups(ctx: &Ctx<'_>) {
    let question = ctx.ask("ec2", "DescribeSecurityGroups");
    let answer = question
        .pages(
            |token| ctx.clients.ec2().describe_security_groups().max_results(PAGE).set_next_token(token).send(),
            |page| (page.security_groups, page.next_token),
        )
        .await;
    for group in answer.items() {
        let Some(name) = question.named("groupId", group.group_id.clone()) else { continue };
        let arn = ctx.arn("ec2", &format!("security-group/{name}"));
        ctx.keep(ctx.id(&arn, &name), ec2_rules::security_group(&question.of(&arn), group));
    }
}

async fn acls(ctx: &Ctx<'_>) {
    let question = ctx.ask("ec2", "DescribeNetworkAcls");
    let answer = question
        .pages(
            |token| ctx.clients.ec2().describe_network_acls().max_results(PAGE).set_next_token(token).send(),
            |page| (page.network_acls, page.next_token),
        )
        .await;
    for acl in answer.items() {
        let Some(name) = question.named("networkAclId", acl.network_acl_id.clone()) else { continue };
        let arn = ctx.arn("ec2", &format!("network-acl/{name}"));
        ctx.keep(ctx.id(&arn, &name), ec2_rules::acl(&question.of(&arn), acl));
    }
}

async fn peerings(ctx: &Ctx<'_>) {
    let question = ctx.ask("ec2", "DescribeVpcPeeringConnections");
    let answer = question
        .pages(
            |token| ctx.clients.ec2().describe_vpc_peering_connections().max_results(PAGE).set_next_token(token).send(),
            |page| (page.vpc_peering_connections, page.next_token),
        )
        .await;
    for peering in answer.items() {
        let Some(name) = question.named("vpcPeeringConnectionId", peering.vpc_peering_connection_id) else { continue };
        let (requester_vpc, requester_owner, requester_cidrs) = side(peering.requester_vpc_info);
        let (accepter_vpc, accepter_owner, accepter_cidrs) = side(peering.accepter_vpc_info);
        let fields = network::VpcPeering {
            status: Observed::Known(peering.status.and_then(|status| status.code).map(|code| code.as_str().to_owned())),
            requester_vpc: Observed::Known(requester_vpc),
            requester_owner: Observed::Known(requester_owner),
            requester_cidrs: Observed::Known(requester_cidrs),
            accepter_vpc: Observed::Known(accepter_vpc),
            accepter_owner: Observed::Known(accepter_owner),
            accepter_cidrs: Observed::Known(accepter_cidrs),
        };
        ctx.keep(ctx.id(&ctx.arn("ec2", &format!("vpc-peering-connection/{name}")), &name), fields);
    }
}

/// VPC, `account/region`, and CIDR blocks of one side.
fn side(info: Option<types::VpcPeeringConnectionVpcInfo>) -> (Option<String>, Option<String>, Vec<String>) {
    let Some(info) = info else { return (None, None, Vec::new()) };
    let owner = text(info.owner_id).zip(text(info.region)).map(|(account, region)| format!("{account}/{region}"));
    let four = info.cidr_block_set.unwrap_or_default().into_iter().filter_map(|block| block.cidr_block);
    let six = info.ipv6_cidr_block_set.unwrap_or_default().into_iter().filter_map(|block| block.ipv6_cidr_block);
    (text(info.vpc_id), owner, set(four.chain(info.cidr_block).chain(six)))
}

async fn flow_logs(ctx: &Ctx<'_>) {
    let question = ctx.ask("ec2", "DescribeFlowLogs");
    let answer = question
        .pages(
            |token| ctx.clients.ec2().describe_flow_logs().max_results(PAGE).set_next_token(token).send(),
            |page| (page.flow_logs, page.next_token),
        )
        .await;
    for log in answer.items() {
        let Some(name) = question.named("flowLogId", log.flow_log_id) else { continue };
        let destination = text(log.log_destination);
        let to_s3 = log.log_destination_type.as_ref().is_some_and(|kind| kind.as_str() == "s3");
        // arn:aws:logs:REGION:ACCOUNT:log-group:NAME:*
        let group_of_arn = |arn: &String| arn.split_once(":log-group:").map(|(_, name)| name.trim_end_matches(":*").to_owned());
        let arn = ctx.arn("ec2", &format!("vpc-flow-log/{name}"));
        let fields = network::FlowLog {
            resource_id: question.of(&arn).sent("resourceId", log.resource_id),
            traffic_type: Observed::Known(log.traffic_type.map(|kind| kind.as_str().to_owned())),
            status: Observed::Known(text(log.flow_log_status)),
            delivery_status: Observed::Known(text(log.deliver_logs_status)),
            log_group: Observed::Known(text(log.log_group_name).or_else(|| destination.as_ref().and_then(group_of_arn))),
            bucket: Observed::Known(destination.as_deref().filter(|_| to_s3).map(|arn| bucket_name(arn).to_owned())),
        };
        ctx.keep(ctx.id(&arn, &name), fields);
    }
}

/// Prefix lists that a rule names, or a route to somewhere other than a VPC endpoint.
async fn prefix_lists(ctx: &Ctx<'_>) {
    let named = ec2_rules::named_prefix_lists(&ctx.session.resources(), &ctx.region);
    if named.is_empty() {
        return;
    }
    let question = ctx.ask("ec2", "DescribeManagedPrefixLists");
    let list = question.pages(
        |token| ctx.clients.ec2().describe_managed_prefix_lists().max_results(SMALL_PAGE).set_next_token(token).send(),
        |page| (page.prefix_lists, page.next_token),
    );
    let (list, ()) = tokio::join!(list, entries(ctx, &named));
    for list in list.items() {
        let Some(name) = text(list.prefix_list_id).filter(|name| named.contains(name)) else { continue };
        let arn = ctx.arn("ec2", &format!("prefix-list/{name}"));
        ctx.amend::<network::PrefixList>(&arn, |fields| fields.owner = Observed::Known(text(list.owner_id)));
    }
}

async fn entries(ctx: &Ctx<'_>, named: &BTreeSet<String>) {
    let each = named.iter().map(async |name: &String| {
        let arn = ctx.arn("ec2", &format!("prefix-list/{name}"));
        let question = ctx.ask("ec2", "GetManagedPrefixListEntries").about(&arn);
        let answer = question
            .pages(
                |token| ctx.clients.ec2().get_managed_prefix_list_entries().prefix_list_id(name).max_results(SMALL_PAGE).set_next_token(token).send(),
                |page| (page.entries, page.next_token),
            )
            .await;
        let cidrs = answer.known(|entries| set(entries.into_iter().filter_map(|entry| entry.cidr)));
        ctx.keep(ctx.id(&arn, name), network::PrefixList { owner: Observed::Unseen, cidrs });
    });
    futures::future::join_all(each).await;
}
