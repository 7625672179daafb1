//! What a route's target is.
//!
//! Source: EC2 API, Route (one field each), told apart by the ids that AWS gives; VPC guide, "Route tables".

use iam_eval::arn::Arn;

/// The kind of a route's target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextHop {
    /// The VPC's own router.
    Local,
    /// An internet gateway: in and out.
    InternetGateway,
    /// An egress-only internet gateway: out alone, IPv6.
    EgressOnly,
    /// A NAT gateway: out alone, under its own address.
    Nat,
    /// A virtual private gateway: a VPN or Direct Connect.
    Vpn,
    /// A peering with another VPC.
    Peering,
    /// A transit gateway.
    Transit,
    /// A box in the way: a firewall or load balancer endpoint, or somebody's appliance. A gateway endpoint looks the same.
    Middlebox,
    /// Another private network: a core network (Cloud WAN), an Outpost's local gateway, an Oracle Database@AWS network.
    Network,
    /// None that this version knows.
    Unknown,
}

/// By the beginning of an id.
const BY_PREFIX: [(&str, NextHop); 10] = [
    ("igw-", NextHop::InternetGateway),
    ("eigw-", NextHop::EgressOnly),
    ("nat-", NextHop::Nat),
    ("vgw-", NextHop::Vpn),
    ("pcx-", NextHop::Peering),
    ("tgw-", NextHop::Transit),
    ("vpce-", NextHop::Middlebox),
    ("eni-", NextHop::Middlebox),
    ("i-", NextHop::Middlebox),
    ("lgw-", NextHop::Network),
];
/// By the service of an ARN.
const BY_SERVICE: [(&str, NextHop); 2] = [("networkmanager", NextHop::Network), ("odb", NextHop::Network)];

impl NextHop {
    /// The kind of a target, as the route names it.
    pub fn from_target(target: &str) -> Self {
        if target == "local" {
            return Self::Local;
        }
        let arn = Arn::parse(target);
        let by_service = BY_SERVICE.iter().find(|(service, _)| arn.as_ref().is_some_and(|arn| arn.service == *service));
        by_service.or_else(|| BY_PREFIX.iter().find(|(prefix, _)| target.starts_with(prefix))).map_or(Self::Unknown, |(_, hop)| *hop)
    }
}

#[cfg(test)]
mod tests {
    use super::NextHop;

    #[test]
    fn targets_are_told_apart_by_their_ids() {
        for (target, hop) in [
            ("local", NextHop::Local),
            ("igw-1", NextHop::InternetGateway),
            ("eigw-1", NextHop::EgressOnly),
            ("nat-1", NextHop::Nat),
            ("vgw-1", NextHop::Vpn),
            ("pcx-1", NextHop::Peering),
            ("tgw-1", NextHop::Transit),
            ("vpce-1", NextHop::Middlebox),
            ("eni-1", NextHop::Middlebox),
            ("i-1", NextHop::Middlebox),
            ("lgw-1", NextHop::Network),
            ("arn:aws-cn:networkmanager::1:core-network/core-network-1", NextHop::Network),
            ("arn:aws:odb:us-east-1:1:odb-network/odbnet-1", NextHop::Network),
            // A carrier gateway lets its carrier's network in.
            ("cagw-1", NextHop::Unknown),
            ("xyz-1", NextHop::Unknown),
            ("arn:aws:ec2:us-east-1:1:local/igw-1", NextHop::Unknown),
        ] {
            assert_eq!(NextHop::from_target(target), hop, "{target}");
        }
    }
}
