//! Amazon VPC: what decides who can open a connection.

pub(super) mod calls;

use super::reference::{Namer, Reference, flat};
use super::{Kind, Resources};
use iam_eval::document::Document;
use std::collections::HashSet;

use super::record::{part, record};

record! {
    /// A VPC (DescribeVpcs).
    Vpc {
        /// IPv4 CIDR blocks in use.
        cidrs: Vec<String>,
        /// IPv6 CIDR blocks in use.
        ipv6_cidrs: Vec<String>,
    }
}

record! {
    /// A subnet (DescribeSubnets).
    Subnet {
        /// Its VPC.
        vpc_id: String,
        /// Its IPv4 CIDR block; `null` where it is IPv6-only.
        cidr: Option<String>,
        /// Its IPv6 CIDR blocks in use.
        ipv6_cidrs: Vec<String>,
        /// Id of its Availability Zone, such as `use2-az1`.
        zone: Option<String>,
        /// Owner account: another one means a shared VPC.
        owner: Option<String>,
        /// `off`, `block-ingress`, `block-bidirectional`; `null` where AWS says nothing.
        internet_gateway_block: Option<String>,
    }
}

record! {
    /// A route table (DescribeRouteTables).
    RouteTable {
        /// Its VPC.
        vpc_id: String,
        /// Whether subnets of its VPC without a table of their own use it.
        main: bool,
        /// Subnets that are associated explicitly.
        subnets: Vec<String>,
        /// Gateways that are associated (edge routing).
        gateways: Vec<String>,
        /// Its routes.
        routes: Vec<Route>,
    }
}

part! {
    /// One route.
    Route {
        /// IPv4 or IPv6 CIDR, or a prefix list id.
        destination: String,
        /// The id routed to: `igw-…`, `nat-…`, `eigw-…`, `vpce-…`, `tgw-…`, `pcx-…`, `eni-…`, `local`…
        target: Option<String>,
        /// `active`, `blackhole`, `filtered`.
        state: Option<String>,
    }
}

record! {
    /// A security group (DescribeSecurityGroups).
    SecurityGroup {
        /// Its VPC.
        vpc_id: Option<String>,
        /// What it lets in.
        ingress: Vec<Permission>,
        /// What it lets out.
        egress: Vec<Permission>,
    }
}

part! {
    /// One permission of a security group; it may mix sources.
    Permission {
        /// `tcp`, `udp`, `icmp`, a number, or `-1` for everything.
        protocol: String,
        /// First port; `None` is all.
        from_port: Option<i64>,
        /// Last port; `None` is all.
        to_port: Option<i64>,
        /// IPv4 sources or destinations.
        cidrs: Vec<String>,
        /// IPv6 sources or destinations.
        ipv6_cidrs: Vec<String>,
        /// Prefix list ids.
        prefix_lists: Vec<String>,
        /// Security groups.
        groups: Vec<GroupReference>,
    }
}

part! {
    /// A security group that a permission names.
    GroupReference {
        /// `sg-…`.
        group_id: String,
        /// Owner account, where AWS says it.
        account: Option<String>,
        /// Status of the peering it comes over; `deleted` makes the rule stale.
        peering_status: Option<String>,
    }
}

record! {
    /// A network ACL (DescribeNetworkAcls).
    NetworkAcl {
        /// Its VPC.
        vpc_id: String,
        /// Associated subnets.
        subnets: Vec<String>,
        /// Its entries, both directions.
        entries: Vec<AclEntry>,
    }
}

part! {
    /// One entry of a network ACL.
    AclEntry {
        /// Outbound?
        egress: bool,
        /// Lowest number wins.
        number: i64,
        /// Allow or deny.
        allow: bool,
        /// Protocol number as text; `-1` is all.
        protocol: String,
        /// IPv4 or IPv6 CIDR.
        cidr: Option<String>,
        /// First port; `None` is all.
        from_port: Option<i64>,
        /// Last port; `None` is all.
        to_port: Option<i64>,
    }
}

record! {
    /// An internet gateway (DescribeInternetGateways).
    InternetGateway {
        /// VPCs it is attached to.
        vpcs: Vec<String>,
    }
}

record! {
    /// A prefix list (DescribeManagedPrefixLists, GetManagedPrefixListEntries).
    PrefixList {
        /// `AWS` or an account.
        owner: Option<String>,
        /// Its CIDR blocks.
        cidrs: Vec<String>,
    }
}

record! {
    /// A peering connection (DescribeVpcPeeringConnections).
    VpcPeering {
        /// `active`, `deleted`…
        status: Option<String>,
        /// Requester's VPC.
        requester_vpc: Option<String>,
        /// Requester's account and region, as `account/region`.
        requester_owner: Option<String>,
        /// Requester's CIDR blocks.
        requester_cidrs: Vec<String>,
        /// Accepter's VPC.
        accepter_vpc: Option<String>,
        /// Accepter's account and region, as `account/region`.
        accepter_owner: Option<String>,
        /// Accepter's CIDR blocks.
        accepter_cidrs: Vec<String>,
    }
}

record! {
    /// A flow log (DescribeFlowLogs).
    FlowLog {
        /// `vpc-…`, `subnet-…` or `eni-…`.
        resource_id: String,
        /// `ALL`, `ACCEPT`, `REJECT`.
        traffic_type: Option<String>,
        /// `ACTIVE`.
        status: Option<String>,
        /// `SUCCESS` or `FAILED`; `null` before the first delivery.
        delivery_status: Option<String>,
        /// Log group of a CloudWatch destination.
        log_group: Option<String>,
        /// Bucket name of an S3 destination.
        bucket: Option<String>,
    }
}

record! {
    /// A network interface: whatever stands in a VPC has one (DescribeNetworkInterfaces).
    NetworkInterface {
        /// Its VPC.
        vpc_id: Option<String>,
        /// Its subnet.
        subnet_id: Option<String>,
        /// Its security groups.
        groups: Vec<String>,
        /// Its private IPv4 addresses.
        private_ips: Vec<String>,
        /// Its IPv6 addresses.
        ipv6_ips: Vec<String>,
        /// Public IPv4 addresses associated with it.
        public_ips: Vec<String>,
        /// AWS drops what comes to its IPv6 addresses from the internet.
        denies_internet: bool,
        /// `interface`, `nat_gateway`, `lambda`, `vpc_endpoint`, `gateway_load_balancer`…
        interface_type: Option<String>,
        /// The EC2 instance that it is attached to.
        instance_id: Option<String>,
        /// What AWS or its maker writes about it: services name their resource here.
        description: Option<String>,
        /// Who asked AWS to make it: an account, or a service such as `amazon-rds`.
        requester: Option<String>,
        /// `in-use`, `available`…
        status: Option<String>,
    }
}

record! {
    /// A NAT gateway (DescribeNatGateways).
    NatGateway {
        /// Its VPC.
        vpc_id: Option<String>,
        /// Its subnet; `null` for a regional one.
        subnet_id: Option<String>,
        /// `public` or `private`.
        connectivity: Option<String>,
        /// `available`…
        state: Option<String>,
        /// Its public IPv4 addresses.
        public_ips: Vec<String>,
    }
}

record! {
    /// A VPC endpoint (DescribeVpcEndpoints).
    VpcEndpoint {
        /// Its VPC.
        vpc_id: Option<String>,
        /// `com.amazonaws.eu-west-1.s3`…
        service: Option<String>,
        /// `Interface`, `Gateway`, `GatewayLoadBalancer`…
        endpoint_type: Option<String>,
        /// `available`…
        state: Option<String>,
        /// Subnets of an interface endpoint.
        subnets: Vec<String>,
        /// Route tables of a gateway endpoint.
        route_tables: Vec<String>,
        /// Security groups of an interface endpoint.
        groups: Vec<String>,
        /// The service's usual names resolve to it.
        private_dns: Option<bool>,
        /// Its policy; unseen where it does not parse, `null` where it takes none.
        policy: Option<Document>,
    }
}

record! {
    /// What is attached to a transit gateway (DescribeTransitGatewayAttachments).
    TransitGatewayAttachment {
        /// The transit gateway.
        gateway_id: Option<String>,
        /// `vpc`, `vpn`, `direct-connect-gateway`, `peering`, `connect`.
        resource_type: Option<String>,
        /// What is attached, such as `vpc-…`.
        resource_id: Option<String>,
        /// `available`…
        state: Option<String>,
        /// The route table that decides where its packets go.
        route_table: Option<String>,
    }
}

record! {
    /// A transit gateway's route table (DescribeTransitGatewayAttachments names it; SearchTransitGatewayRoutes).
    TransitGatewayRouteTable {
        /// The transit gateway.
        gateway_id: Option<String>,
        /// Its routes, active and blackhole; unseen where AWS does not return them all.
        routes: Vec<TransitRoute>,
    }
}

part! {
    /// One route of a transit gateway.
    TransitRoute {
        /// IPv4 or IPv6 CIDR, or a prefix list id.
        destination: String,
        /// Attachments that packets go to.
        attachments: Vec<String>,
        /// `active`, `blackhole`…
        state: Option<String>,
    }
}

/// Where the flow logs go.
pub(super) fn references(resources: &Resources, all: &mut Vec<Reference>) {
    // A VPC is in scope where a database, a warehouse or a mover stands in it; only its own flow logs matter.
    let databases = resources.rds_instances.iter().filter_map(|r| flat(&r.fields.vpc_id));
    let warehouses = resources.redshift_clusters.iter().filter_map(|r| flat(&r.fields.vpc_id));
    let movers = resources.dms_instances.iter().filter_map(|r| flat(&r.fields.vpc_id));
    let serverless = resources.dms_subnet_groups.iter().filter_map(|r| flat(&r.fields.vpc_id));
    let in_scope: HashSet<&String> = databases.chain(warehouses).chain(movers).chain(serverless).collect();
    for log in &resources.flow_logs {
        if log.fields.resource_id.known().is_some_and(|id| in_scope.contains(id)) {
            let mut namer = Namer::new(all, log);
            namer.names(Kind::LogGroup, "flow-log", flat(&log.fields.log_group).map(String::as_str));
            namer.names(Kind::Bucket, "flow-log", flat(&log.fields.bucket).map(String::as_str));
        }
    }
}
