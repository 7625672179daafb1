//! Calls to Amazon EC2 and VPC.

use crate::model::Kind;
use crate::model::calls::{Call, NONE, Scope};

pub(in crate::model) const CALLS: &[Call] = &[
    Call {
        service: "ec2",
        operation: "DescribeFlowLogs",
        iam_action: "ec2:DescribeFlowLogs",
        yields: &[Kind::FlowLog],
        names: &[Kind::LogGroup, Kind::Bucket],
        fills: &[(Kind::FlowLog, &["resource_id", "traffic_type", "status", "delivery_status", "log_group", "bucket"])],
        always: &["flowLogSet"],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeInternetGateways",
        iam_action: "ec2:DescribeInternetGateways",
        yields: &[Kind::InternetGateway],
        fills: &[(Kind::InternetGateway, &["vpcs"])],
        always: &["internetGatewaySet"],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeManagedPrefixLists",
        iam_action: "ec2:DescribeManagedPrefixLists",
        yields: &[Kind::PrefixList],
        fills: &[(Kind::PrefixList, &["owner"])],
        always: &["prefixListSet"],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeNatGateways",
        iam_action: "ec2:DescribeNatGateways",
        yields: &[Kind::NatGateway],
        fills: &[(Kind::NatGateway, &["vpc_id", "subnet_id", "connectivity", "state", "public_ips"])],
        always: &["natGatewaySet"],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeNetworkAcls",
        iam_action: "ec2:DescribeNetworkAcls",
        yields: &[Kind::NetworkAcl],
        fills: &[(Kind::NetworkAcl, &["vpc_id", "subnets", "entries"])],
        always: &["networkAclSet"],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeNetworkInterfaces",
        iam_action: "ec2:DescribeNetworkInterfaces",
        yields: &[Kind::NetworkInterface],
        fills: &[(
            Kind::NetworkInterface,
            &[
                "vpc_id",
                "subnet_id",
                "groups",
                "private_ips",
                "ipv6_ips",
                "public_ips",
                "denies_internet",
                "interface_type",
                "instance_id",
                "description",
                "requester",
                "status",
            ],
        )],
        always: &["networkInterfaceSet"],
        ..NONE
    },
    Call { service: "ec2", operation: "DescribeRegions", iam_action: "ec2:DescribeRegions", scope: Scope::Global, always: &["regionInfo"], ..NONE },
    Call {
        service: "ec2",
        operation: "DescribeRouteTables",
        iam_action: "ec2:DescribeRouteTables",
        yields: &[Kind::RouteTable],
        names: &[Kind::PrefixList, Kind::NatGateway, Kind::TransitGatewayAttachment, Kind::TransitGatewayRouteTable],
        fills: &[(Kind::RouteTable, &["vpc_id", "main", "subnets", "gateways", "routes"])],
        always: &["routeTableSet"],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeSecurityGroups",
        iam_action: "ec2:DescribeSecurityGroups",
        yields: &[Kind::SecurityGroup],
        names: &[Kind::PrefixList],
        fills: &[(Kind::SecurityGroup, &["vpc_id", "ingress", "egress"])],
        always: &["securityGroupInfo"],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeSubnets",
        iam_action: "ec2:DescribeSubnets",
        yields: &[Kind::Subnet],
        fills: &[(Kind::Subnet, &["vpc_id", "cidr", "ipv6_cidrs", "zone", "owner", "internet_gateway_block"])],
        always: &["subnetSet"],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeTransitGatewayAttachments",
        iam_action: "ec2:DescribeTransitGatewayAttachments",
        yields: &[Kind::TransitGatewayAttachment, Kind::TransitGatewayRouteTable],
        fills: &[
            (Kind::TransitGatewayAttachment, &["gateway_id", "resource_type", "resource_id", "state", "route_table"]),
            (Kind::TransitGatewayRouteTable, &["gateway_id"]),
        ],
        always: &["transitGatewayAttachments"],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeVpcEndpoints",
        iam_action: "ec2:DescribeVpcEndpoints",
        yields: &[Kind::VpcEndpoint],
        fills: &[(Kind::VpcEndpoint, &["vpc_id", "service", "endpoint_type", "state", "subnets", "route_tables", "groups", "private_dns", "policy"])],
        always: &["vpcEndpointSet"],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeVpcPeeringConnections",
        iam_action: "ec2:DescribeVpcPeeringConnections",
        yields: &[Kind::VpcPeering],
        fills: &[(
            Kind::VpcPeering,
            &["status", "requester_vpc", "requester_owner", "requester_cidrs", "accepter_vpc", "accepter_owner", "accepter_cidrs"],
        )],
        always: &["vpcPeeringConnectionSet"],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeVpcs",
        iam_action: "ec2:DescribeVpcs",
        yields: &[Kind::Vpc],
        fills: &[(Kind::Vpc, &["cidrs", "ipv6_cidrs"])],
        always: &["vpcSet"],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "GetManagedPrefixListEntries",
        iam_action: "ec2:GetManagedPrefixListEntries",
        scope: Scope::Each(Kind::PrefixList),
        fills: &[(Kind::PrefixList, &["cidrs"])],
        always: &["entrySet"],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "SearchTransitGatewayRoutes",
        iam_action: "ec2:SearchTransitGatewayRoutes",
        scope: Scope::Each(Kind::TransitGatewayRouteTable),
        fills: &[(Kind::TransitGatewayRouteTable, &["routes"])],
        always: &["routeSet", "additionalRoutesAvailable"],
        ..NONE
    },
];
