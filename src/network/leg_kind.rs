//! What the legs of a path are, and the words for them.

use super::security_group_rules::Direction;

/// What one leg of a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegKind {
    /// The receiver's public address.
    Address,
    /// VPC block public access.
    BlockPublicAccess,
    /// The subnet's network ACL for the packet itself.
    NetworkAcl(Direction),
    /// The subnet's network ACL for the reply: at the client's port.
    NetworkAclOfReplies(Direction),
    /// The security groups of an end. They let replies through by themselves.
    SecurityGroups(Direction),
    /// The route table of the packet's subnet.
    Route,
    /// The route table by which the reply comes back.
    RouteBack,
    /// The VPC of an end, where it was not seen.
    Vpc,
    /// A network interface or a gateway endpoint that routes lead through.
    Middlebox,
    /// A NAT gateway within the network.
    NatGateway,
    /// A VPC peering connection.
    Peering,
    /// A transit gateway.
    TransitGateway,
    /// Something else that leads from one VPC to another.
    BetweenVpcs,
    /// What leads from the sender to the internet.
    WayOut,
    /// A network outside AWS, or of somebody else, that leads in.
    OutsideParty,
}

impl LegKind {
    /// Its words, as reports print them.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::BlockPublicAccess => "block public access",
            Self::NetworkAcl(Direction::In) => "network ACL, in",
            Self::NetworkAcl(Direction::Out) => "network ACL, out",
            Self::NetworkAclOfReplies(Direction::In) => "network ACL, replies in",
            Self::NetworkAclOfReplies(Direction::Out) => "network ACL, replies out",
            Self::SecurityGroups(Direction::In) => "security groups, in",
            Self::SecurityGroups(Direction::Out) => "security groups, out",
            Self::Route => "route",
            Self::RouteBack => "route back",
            Self::Vpc => "VPC",
            Self::Middlebox => "box in the way",
            Self::NatGateway => "NAT gateway",
            Self::Peering => "peering",
            Self::TransitGateway => "transit gateway",
            Self::BetweenVpcs => "way between VPCs",
            Self::WayOut => "way out",
            Self::OutsideParty => "outside party",
        }
    }

    /// A network ACL decides it.
    pub const fn is_network_acl(self) -> bool {
        matches!(self, Self::NetworkAcl(_) | Self::NetworkAclOfReplies(_))
    }

    /// The reply passes it, and not the packet.
    pub const fn is_way_back(self) -> bool {
        matches!(self, Self::NetworkAclOfReplies(_) | Self::RouteBack)
    }
}
