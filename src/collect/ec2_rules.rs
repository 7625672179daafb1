//! Routes, permissions and ACL entries: EC2's shapes → the model's.

use std::collections::BTreeSet;

use aws_sdk_ec2::types;

use super::convert::{set, sorted, text};
use crate::model::{Observed, Resources, network};

/// The fields of a route table.
pub fn route_table(table: types::RouteTable) -> network::RouteTable {
    let in_force = |association: &types::RouteTableAssociation| {
        let state = association.association_state.as_ref().and_then(|state| state.state.as_ref());
        state.is_none_or(|state| matches!(state.as_str(), "associated" | "associating" | "disassociating"))
    };
    let associations: Vec<_> = table.associations.unwrap_or_default().into_iter().filter(in_force).collect();
    network::RouteTable {
        vpc_id: Observed::Known(table.vpc_id.unwrap_or_default()),
        main: Observed::Known(associations.iter().any(|association| association.main == Some(true))),
        subnets: Observed::Known(set(associations.iter().filter_map(|association| association.subnet_id.clone()))),
        gateways: Observed::Known(set(associations.iter().filter_map(|association| association.gateway_id.clone()))),
        routes: Observed::Known(sorted(table.routes.unwrap_or_default().into_iter().map(route))),
    }
}

fn route(route: types::Route) -> network::Route {
    // A route has one target; an instance comes with its interface, which is where the packets go.
    let targets = [
        route.gateway_id,
        route.nat_gateway_id,
        route.transit_gateway_id,
        route.vpc_peering_connection_id,
        route.egress_only_internet_gateway_id,
        route.network_interface_id,
        route.instance_id,
        route.carrier_gateway_id,
        route.local_gateway_id,
        route.core_network_arn,
        route.odb_network_arn,
    ];
    network::Route {
        destination: text(route.destination_cidr_block).or(text(route.destination_ipv6_cidr_block)).or(text(route.destination_prefix_list_id)).unwrap_or_default(),
        target: targets.into_iter().find_map(text),
        state: route.state.map(|state| state.as_str().to_owned()),
    }
}

/// The fields of a security group. Descriptions are left out: people paste secrets there.
pub fn security_group(group: types::SecurityGroup) -> network::SecurityGroup {
    let permissions = |permissions: Option<Vec<types::IpPermission>>| sorted(permissions.unwrap_or_default().into_iter().map(permission));
    network::SecurityGroup {
        vpc_id: Observed::Known(text(group.vpc_id)),
        ingress: Observed::Known(permissions(group.ip_permissions)),
        egress: Observed::Known(permissions(group.ip_permissions_egress)),
    }
}

fn permission(permission: types::IpPermission) -> network::Permission {
    let groups = permission.user_id_group_pairs.unwrap_or_default().into_iter().map(|pair| network::GroupReference {
        group_id: pair.group_id.or(pair.group_name).unwrap_or_default(),
        account: text(pair.user_id),
        peering_status: text(pair.peering_status),
    });
    network::Permission {
        protocol: permission.ip_protocol.unwrap_or_default(),
        from_port: permission.from_port.map(i64::from),
        to_port: permission.to_port.map(i64::from),
        cidrs: set(permission.ip_ranges.unwrap_or_default().into_iter().filter_map(|range| range.cidr_ip)),
        ipv6_cidrs: set(permission.ipv6_ranges.unwrap_or_default().into_iter().filter_map(|range| range.cidr_ipv6)),
        prefix_lists: set(permission.prefix_list_ids.unwrap_or_default().into_iter().filter_map(|list| list.prefix_list_id)),
        groups: sorted(groups),
    }
}

/// The fields of a network ACL.
pub fn acl(acl: types::NetworkAcl) -> network::NetworkAcl {
    let entries = acl.entries.unwrap_or_default().into_iter().map(|entry| network::AclEntry {
        egress: entry.egress.unwrap_or(false),
        number: entry.rule_number.map_or(i64::MAX, i64::from),
        allow: entry.rule_action.as_ref().is_some_and(|action| action.as_str() == "allow"),
        protocol: entry.protocol.unwrap_or_default(),
        cidr: text(entry.cidr_block).or(text(entry.ipv6_cidr_block)),
        from_port: entry.port_range.as_ref().and_then(|range| range.from).map(i64::from),
        to_port: entry.port_range.as_ref().and_then(|range| range.to).map(i64::from),
    });
    network::NetworkAcl {
        vpc_id: Observed::Known(acl.vpc_id.unwrap_or_default()),
        subnets: Observed::Known(set(acl.associations.unwrap_or_default().into_iter().filter_map(|association| association.subnet_id))),
        entries: Observed::Known(sorted(entries)),
    }
}

/// Prefix lists of a region whose entries decide something. Those of gateway endpoints (`vpce-…`) lead to AWS services alone.
pub fn named_prefix_lists(resources: &Resources, region: &str) -> BTreeSet<String> {
    let groups = resources.security_groups.iter().filter(|group| *group.id.region == *region);
    let permissions = groups.flat_map(|group| group.fields.ingress.known().into_iter().chain(group.fields.egress.known())).flatten();
    let by_rules = permissions.flat_map(|permission| &permission.prefix_lists);
    let tables = resources.route_tables.iter().filter(|table| *table.id.region == *region);
    let routes = tables.flat_map(|table| table.fields.routes.known()).flatten();
    let by_routes = routes.filter(|route| !route.target.as_deref().is_some_and(|target| target.starts_with("vpce-"))).map(|route| &route.destination);
    by_rules.chain(by_routes).filter(|id| id.starts_with("pl-")).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_has_the_target_that_packets_go_to() {
        let built = route(types::Route::builder().destination_cidr_block("0.0.0.0/0").instance_id("i-1").network_interface_id("eni-1").build());
        assert_eq!((built.destination.as_str(), built.target.as_deref(), built.state), ("0.0.0.0/0", Some("eni-1"), None));
        assert_eq!(route(types::Route::builder().destination_ipv6_cidr_block("::/0").build()).target, None);
    }

    #[test]
    fn descriptions_of_rules_are_left_out() {
        let range = types::IpRange::builder().cidr_ip("10.0.0.0/8").description("password hunter2").build();
        let group = types::SecurityGroup::builder().ip_permissions(types::IpPermission::builder().ip_protocol("tcp").ip_ranges(range).build()).build();
        assert!(!serde_json::to_string(&security_group(group)).unwrap().contains("hunter2"));
    }
}
