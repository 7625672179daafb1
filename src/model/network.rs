//! Amazon VPC: what decides who can open a connection.

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
        /// Requester's CIDR blocks.
        requester_cidrs: Vec<String>,
        /// Accepter's VPC.
        accepter_vpc: Option<String>,
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
