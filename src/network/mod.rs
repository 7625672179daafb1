//! Paths: whether a connection from one place to another can be opened, leg by leg, both ways, and which rule decides each leg.
//!
//! Two ends and a port → an [`Answer`]. Every leg is a set of addresses that get through it (known, possible, unseen), and a path is what its legs have in
//! common, so "reachable from the internet" means that some public address and some client port get a packet in and the reply out.
//!
//! | chapter of the VPC guide | file |
//! |---|---|
//! | IP addressing, CIDR blocks | [`cidr`], [`address_space`], [`special_ranges`] |
//! | Route tables | [`route`], [`next_hop`], [`block_owner`]; middlebox routing in [`middleboxes`] |
//! | Internet gateways, NAT gateways, egress-only | [`internet`], [`egress_paths`], [`frontends`], [`opened`] |
//! | Network ACLs | [`network_acl`] |
//! | Security groups | [`security_group_rules`], [`security_groups`] |
//! | Peering, transit gateways, VPN | [`private_paths`], [`peering`], [`transit_gateway`], [`external_networks`] |
//!
//! [`query`] picks the ends, [`trace`] is one path as its [`legs`], each of which lets [`address_bounds`] through, and [`answer`] is what is told of it.

pub mod address_bounds;
pub mod address_space;
pub mod answer;
pub mod block_owner;
pub mod cidr;
pub mod egress_paths;
pub mod external_networks;
pub mod frontends;
pub mod interface;
pub mod internet;
pub mod leg_kind;
pub mod legs;
pub mod location;
pub mod middleboxes;
pub mod network_acl;
pub mod next_hop;
pub mod opened;
pub mod packet;
pub mod partial;
pub mod peering;
pub mod private_paths;
pub mod query;
pub mod region_network;
pub mod route;
pub mod security_group_rules;
pub mod security_groups;
pub mod special_ranges;
pub mod trace;
pub mod transit_gateway;

pub use answer::{Answer, Leg};
pub use block_owner::{leads_to, meant};
pub use frontends::ACCELERATOR;
pub use interface::{is_nat_gateway, subnet_of};
pub use leg_kind::LegKind;
pub use legs::Port;
pub use location::{Guard, Location, blocks};
pub use next_hop::NextHop;
pub(super) use packet::span_in_words;
pub use packet::{Protocol, Span, pieces};
pub use query::{Origin, Reach, ask, interfaces, whoever};
pub use region_network::{Network, RegionNetwork};
