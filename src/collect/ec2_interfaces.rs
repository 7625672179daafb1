//! What stands in a VPC → network interfaces, and the VPC endpoints that lead to services. One list each per region.

use aws_sdk_ec2::types;
use iam_eval::document::Document;

use super::call::Question;
use super::convert::{set, text};
use super::ctx::Ctx;
use super::kms::document;
use crate::model::{Observed, network};

const PAGE: i32 = 1000;

/// Every network interface: whatever can open a connection has one.
pub(super) async fn interfaces(ctx: &Ctx<'_>) {
    let question = ctx.ask("ec2", "DescribeNetworkInterfaces");
    let answer = question
        .pages(
            |token| ctx.clients.ec2().describe_network_interfaces().max_results(PAGE).set_next_token(token).send(),
            |page| (page.network_interfaces, page.next_token),
        )
        .await;
    for interface in answer.items() {
        let Some(name) = question.named("networkInterfaceId", interface.network_interface_id.clone()) else { continue };
        let arn = ctx.arn("ec2", &format!("network-interface/{name}"));
        ctx.keep(ctx.id(&arn, &name), fields(&question.of(&arn), interface));
    }
}

fn fields(answer: &Question<'_>, interface: types::NetworkInterface) -> network::NetworkInterface {
    let groups = interface.groups.map(|groups| set(groups.into_iter().filter_map(|group| group.group_id)));
    let addresses = interface.private_ip_addresses.unwrap_or_default();
    // The first address's association stands at the interface too.
    let associations = addresses.iter().filter_map(|address| address.association.as_ref()).chain(&interface.association);
    let public = set(associations.filter_map(|association| association.public_ip.clone()));
    let private = addresses.into_iter().filter_map(|address| address.private_ip_address).chain(interface.private_ip_address);
    let six = interface.ipv6_addresses.unwrap_or_default().into_iter().filter_map(|address| address.ipv6_address);
    network::NetworkInterface {
        vpc_id: Observed::Known(text(interface.vpc_id)),
        subnet_id: answer.sent("subnetId", text(interface.subnet_id).map(Some)),
        groups: answer.sent("groupSet", groups),
        private_ips: Observed::Known(set(private)),
        ipv6_ips: Observed::Known(set(six.chain(interface.ipv6_address))),
        public_ips: Observed::Known(public),
        denies_internet: Observed::Known(interface.deny_all_igw_traffic.unwrap_or(false)),
        interface_type: Observed::Known(interface.interface_type.map(|kind| kind.as_str().to_owned())),
        instance_id: Observed::Known(interface.attachment.and_then(|attachment| text(attachment.instance_id))),
        description: Observed::Known(text(interface.description)),
        requester: Observed::Known(text(interface.requester_id)),
        status: Observed::Known(interface.status.map(|status| status.as_str().to_owned())),
    }
}

/// Every VPC endpoint.
pub(super) async fn endpoints(ctx: &Ctx<'_>) {
    let question = ctx.ask("ec2", "DescribeVpcEndpoints");
    let answer = question
        .pages(
            |token| ctx.clients.ec2().describe_vpc_endpoints().max_results(PAGE).set_next_token(token).send(),
            |page| (page.vpc_endpoints, page.next_token),
        )
        .await;
    for endpoint in answer.items() {
        let Some(name) = question.named("vpcEndpointId", endpoint.vpc_endpoint_id) else { continue };
        let arn = ctx.arn("ec2", &format!("vpc-endpoint/{name}"));
        let fields = network::VpcEndpoint {
            vpc_id: Observed::Known(text(endpoint.vpc_id)),
            service: Observed::Known(text(endpoint.service_name)),
            endpoint_type: Observed::Known(endpoint.vpc_endpoint_type.map(|kind| kind.as_str().to_owned())),
            // AWS writes `Available` or `available`, by service.
            state: Observed::Known(endpoint.state.map(|state| state.as_str().to_ascii_lowercase())),
            subnets: Observed::Known(set(endpoint.subnet_ids.unwrap_or_default())),
            route_tables: Observed::Known(set(endpoint.route_table_ids.unwrap_or_default())),
            groups: Observed::Known(set(endpoint.groups.unwrap_or_default().into_iter().filter_map(|group| group.group_id))),
            private_dns: Observed::Known(endpoint.private_dns_enabled),
            policy: policy(ctx, &arn, text(endpoint.policy_document)),
        };
        ctx.keep(ctx.id(&arn, &name), fields);
    }
}

fn policy(ctx: &Ctx<'_>, arn: &str, policy: Option<String>) -> Observed<Option<Document>> {
    let Some(policy) = policy else { return Observed::Known(None) };
    match document(&ctx.ask("ec2", "DescribeVpcEndpoints").about(arn), &policy) {
        Observed::Known(document) => Observed::Known(Some(document)),
        Observed::Unseen => Observed::Unseen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_an_interface_counts_once_and_in_order() {
        let association = |ip: &str| types::NetworkInterfaceAssociation::builder().public_ip(ip).build();
        let address = |private: &str, public: Option<&str>| {
            types::NetworkInterfacePrivateIpAddress::builder().private_ip_address(private).set_association(public.map(association)).build()
        };
        let session = crate::collect::ctx::idle();
        let built = fields(
            &session.region("eu-west-1").ask("ec2", "DescribeNetworkInterfaces"),
            types::NetworkInterface::builder()
                .subnet_id("subnet-1")
                .private_ip_address("10.0.0.9")
                .association(association("18.0.0.9"))
                .private_ip_addresses(address("10.0.0.9", Some("18.0.0.9")))
                .private_ip_addresses(address("10.0.0.5", Some("18.0.0.5")))
                .private_ip_addresses(address("10.0.0.7", None))
                .build(),
        );
        assert_eq!(built.private_ips, Observed::Known(["10.0.0.5", "10.0.0.7", "10.0.0.9"].map(str::to_owned).to_vec()));
        assert_eq!(built.public_ips, Observed::Known(["18.0.0.5", "18.0.0.9"].map(str::to_owned).to_vec()));
    }
}
