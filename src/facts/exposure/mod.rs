//! Exposure: who on the network can open a connection to a resource, and along which path (1.2.5, 1.3.x, 1.4.x, 2.2.4).

use super::World;
use super::subject::{Field, Shape, Subject, Type};
use crate::model::Kind;

/// The fact kind `exposure`.
pub const EXPOSURE: Shape = Shape {
    name: "exposure",
    doc: "who on the network can open a connection to this resource, and along which path",
    kinds: &[Kind::RdsInstance, Kind::RdsCluster, Kind::RedshiftCluster, Kind::DmsInstance],
    fields: &[
        Field::new("serves", Type::Bool, "listens for clients (a replication instance does not)"),
        Field::new("ports", Type::Texts, "the ports that it serves"),
        Field::new("public_address", Type::Bool, "has, or would get, a public address"),
        Field::new("blocked", Type::Bool, "VPC block-public-access stops traffic from the internet in every one of its subnets"),
        Field::new("gateway_subnets", Type::Texts, "its subnets that are routed to an internet gateway"),
        Field::new("reachable", Type::Bool, "some public network can open a data port: address, route, block-public-access, security groups and NACLs together"),
        Field::new("legs", Type::Texts, "each leg of the path from the internet, in words, with the rule that decided it"),
        Field::new("public_ranges", Type::Texts, "public ranges that its security groups admit, as `source → port (group)`"),
        Field::new("public_hosts", Type::Texts, "single public addresses that its security groups admit"),
        Field::new("wide_sources", Type::Texts, "whole VPCs, peers and private ranges that its security groups admit and no flow declares"),
        Field::new("other_ports", Type::Texts, "rules that admit ports which the service does not serve"),
        Field::new("open_egress", Type::Texts, "outbound rules that do not name their destination"),
        Field::new("way_out", Type::Bool, "some subnet has a route out of the VPC to the internet"),
        Field::nullable("enhanced_vpc_routing", Type::Bool, "Redshift: COPY and UNLOAD stay in the VPC; null for the others"),
    ],
};

/// The fact kind `network`.
pub const NETWORK: Shape = Shape {
    name: "network",
    doc: "which VPCs in scope record their traffic",
    kinds: &[Kind::Vpc],
    fields: &[
        Field::new("flow_logged", Type::Bool, "a flow log of the whole VPC records all traffic and is active"),
        Field::new("flow_log_delivering", Type::Bool, "that flow log's delivery works"),
        Field::new("why", Type::Text, "which flow log, or what is missing"),
    ],
};

/// The subjects of this noun.
pub fn derive(_world: &World<'_>) -> Vec<Subject> {
    Vec::new()
}
