//! Gateways → where packets that leave a VPC go. NAT and transit gateways are asked about only where some route names one.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types;

use super::convert::{set, sorted, text};
use super::ctx::Ctx;
use super::retry::Failure;
use crate::model::{Observed, Resources, network};

const PAGE: i32 = 1000;

/// The internet gateways.
pub(super) async fn internet(ctx: &Ctx<'_>) {
    let question = ctx.ask("ec2", "DescribeInternetGateways");
    let answer = question
        .pages(
            |token| ctx.clients.ec2().describe_internet_gateways().max_results(PAGE).set_next_token(token).send(),
            |page| (page.internet_gateways, page.next_token),
        )
        .await;
    for gateway in answer.items() {
        let Some(name) = question.named("internetGatewayId", gateway.internet_gateway_id) else { continue };
        let arn = ctx.arn("ec2", &format!("internet-gateway/{name}"));
        let in_force = |attachment: &types::InternetGatewayAttachment| {
            attachment.state.as_ref().is_none_or(|state| !matches!(state.as_str(), "detached" | "detaching"))
        };
        let vpcs = gateway.attachments.map(|all| set(all.into_iter().filter(in_force).filter_map(|attachment| attachment.vpc_id)));
        ctx.keep(ctx.id(&arn, &name), network::InternetGateway { vpcs: question.of(&arn).sent("attachmentSet", vpcs) });
    }
}

/// What the routes of the region name: to be asked once they are read.
pub(super) async fn named(ctx: &Ctx<'_>) {
    let (nat, transit) = {
        let resources = ctx.session.resources();
        (targets(&resources, &ctx.region, "nat-"), targets(&resources, &ctx.region, "tgw-"))
    };
    tokio::join!(
        async {
            if !nat.is_empty() {
                self::nat(ctx).await;
            }
        },
        async {
            if !transit.is_empty() {
                self::transit(ctx, &transit).await;
            }
        },
    );
}

/// The targets of a region's routes that begin so.
fn targets(resources: &Resources, region: &str, prefix: &str) -> BTreeSet<String> {
    let tables = resources.route_tables.iter().filter(|table| *table.id.region == *region);
    let routes = tables.flat_map(|table| table.fields.routes.known()).flatten();
    routes.filter_map(|route| route.target.clone()).filter(|target| target.starts_with(prefix)).collect()
}

async fn nat(ctx: &Ctx<'_>) {
    let question = ctx.ask("ec2", "DescribeNatGateways");
    let answer = question
        .pages(
            |token| ctx.clients.ec2().describe_nat_gateways().max_results(PAGE).set_next_token(token).send(),
            |page| (page.nat_gateways, page.next_token),
        )
        .await;
    for gateway in answer.items() {
        let Some(name) = question.named("natGatewayId", gateway.nat_gateway_id) else { continue };
        let addresses = gateway.nat_gateway_addresses.unwrap_or_default();
        let fields = network::NatGateway {
            vpc_id: Observed::Known(text(gateway.vpc_id)),
            subnet_id: Observed::Known(text(gateway.subnet_id)),
            connectivity: Observed::Known(gateway.connectivity_type.map(|kind| kind.as_str().to_owned())),
            state: Observed::Known(gateway.state.map(|state| state.as_str().to_owned())),
            public_ips: Observed::Known(set(addresses.into_iter().filter_map(|address| address.public_ip))),
        };
        ctx.keep(ctx.id(&ctx.arn("ec2", &format!("natgateway/{name}")), &name), fields);
    }
}

/// Attachments, and the route tables that those of the named transit gateways use.
async fn transit(ctx: &Ctx<'_>, named: &BTreeSet<String>) {
    let question = ctx.ask("ec2", "DescribeTransitGatewayAttachments");
    let answer = question
        .pages(
            |token| ctx.clients.ec2().describe_transit_gateway_attachments().max_results(PAGE).set_next_token(token).send(),
            |page| (page.transit_gateway_attachments, page.next_token),
        )
        .await;
    let mut tables = BTreeMap::new();
    for attachment in answer.items() {
        let Some(name) = question.named("transitGatewayAttachmentId", attachment.transit_gateway_attachment_id.clone()) else { continue };
        let (gateway, table) = (text(attachment.transit_gateway_id.clone()), associated(&attachment));
        if let (Some(gateway), Some(table)) = (gateway.clone().filter(|gateway| named.contains(gateway)), &table) {
            tables.insert(table.clone(), gateway);
        }
        let fields = network::TransitGatewayAttachment {
            gateway_id: Observed::Known(gateway),
            resource_type: Observed::Known(attachment.resource_type.map(|kind| kind.as_str().to_owned())),
            resource_id: Observed::Known(text(attachment.resource_id)),
            state: Observed::Known(attachment.state.map(|state| state.as_str().to_owned())),
            route_table: Observed::Known(table),
        };
        ctx.keep(ctx.id(&ctx.arn("ec2", &format!("transit-gateway-attachment/{name}")), &name), fields);
    }
    futures::future::join_all(tables.into_iter().map(async |(name, gateway)| {
        let arn = ctx.arn("ec2", &format!("transit-gateway-route-table/{name}"));
        let fields = network::TransitGatewayRouteTable { gateway_id: Observed::Known(Some(gateway)), routes: routes(ctx, &arn, &name).await };
        ctx.keep(ctx.id(&arn, &name), fields);
    }))
    .await;
}

/// The route table that decides where an attachment's packets go. One that is going or not there yet decides nothing.
fn associated(attachment: &types::TransitGatewayAttachment) -> Option<String> {
    let association = attachment.association.as_ref()?;
    let in_force = association.state.as_ref().is_none_or(|state| state.as_str() == "associated");
    association.transit_gateway_route_table_id.clone().filter(|table| in_force && !table.is_empty())
}

/// The routes that are in force. AWS may know more than it says and give no token to go on: then nothing is known.
async fn routes(ctx: &Ctx<'_>, arn: &str, table: &str) -> Observed<Vec<network::TransitRoute>> {
    let in_force = types::Filter::builder().name("state").values("active").values("blackhole").build();
    let more = Cell::new(false);
    let question = ctx.ask("ec2", "SearchTransitGatewayRoutes").about(arn);
    let answer = question
        .pages(
            |token| {
                let search = ctx.clients.ec2().search_transit_gateway_routes().transit_gateway_route_table_id(table);
                search.filters(in_force.clone()).max_results(PAGE).set_next_token(token).send()
            },
            |page| {
                more.set(page.additional_routes_available == Some(true));
                (page.routes, page.next_token)
            },
        )
        .await;
    let routes = answer.known(|routes| sorted(routes.into_iter().map(route)));
    if more.get() && !routes.is_unseen() {
        question.gap(Failure::incomplete("the route table has more routes than AWS returns"));
        return Observed::Unseen;
    }
    routes
}

fn route(route: types::TransitGatewayRoute) -> network::TransitRoute {
    let attachments = route.transit_gateway_attachments.unwrap_or_default().into_iter();
    network::TransitRoute {
        destination: text(route.destination_cidr_block).or(text(route.prefix_list_id)).unwrap_or_default(),
        attachments: set(attachments.filter_map(|attachment| attachment.transit_gateway_attachment_id)),
        state: route.state.map(|state| state.as_str().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_association_in_force_decides() {
        let attachment = |state| {
            let association = types::TransitGatewayAttachmentAssociation::builder().transit_gateway_route_table_id("tgw-rtb-1").state(state).build();
            types::TransitGatewayAttachment::builder().association(association).build()
        };
        assert_eq!(associated(&attachment(types::TransitGatewayAssociationState::Associated)).as_deref(), Some("tgw-rtb-1"));
        assert_eq!(associated(&attachment(types::TransitGatewayAssociationState::Disassociating)), None);
        assert_eq!(associated(&types::TransitGatewayAttachment::builder().build()), None);
    }
}
