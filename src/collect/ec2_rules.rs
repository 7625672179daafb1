//! Routes, permissions and ACL entries: EC2's shapes → the model's.

use std::collections::BTreeSet;

use aws_sdk_ec2::types;

use super::call::Question;
use super::convert::{set, sorted, text};
use crate::model::{Observed, Resources, network};

/// The fields of a route table.
pub(super) fn route_table(answer: &Question<'_>, table: types::RouteTable) -> network::RouteTable {
    let in_force = |association: &types::RouteTableAssociation| {
        let state = association.association_state.as_ref().and_then(|state| state.state.as_ref());
        state.is_none_or(|state| matches!(state.as_str(), "associated" | "associating" | "disassociating"))
    };
    let associations = table.associations.map(|all| all.into_iter().filter(in_force).collect::<Vec<_>>());
    let associated = |id: fn(&types::RouteTableAssociation) -> Option<String>| associations.as_ref().map(|all| set(all.iter().filter_map(id)));
    let main = associations.as_ref().map(|all| all.iter().any(|association| association.main == Some(true)));
    network::RouteTable {
        vpc_id: answer.sent("vpcId", table.vpc_id),
        main: answer.sent("associationSet", main),
        subnets: answer.sent("associationSet", associated(|association| association.subnet_id.clone())),
        gateways: answer.sent("associationSet", associated(|association| association.gateway_id.clone())),
        routes: answer.sent("routeSet", table.routes.map(|routes| sorted(routes.into_iter().map(route)))),
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
        destination: text(route.destination_cidr_block)
            .or(text(route.destination_ipv6_cidr_block))
            .or(text(route.destination_prefix_list_id))
            .unwrap_or_default(),
        target: targets.into_iter().find_map(text),
        state: route.state.map(|state| state.as_str().to_owned()),
    }
}

/// The fields of a security group. Descriptions are left out: people paste secrets there.
pub(super) fn security_group(answer: &Question<'_>, group: types::SecurityGroup) -> network::SecurityGroup {
    // A rule of which AWS's answer does not say what it admits makes its direction unseen, never narrower.
    let permissions = |permissions: Option<Vec<types::IpPermission>>| {
        let read: Option<Vec<_>> = permissions?.into_iter().map(permission).collect();
        read.map(sorted)
    };
    network::SecurityGroup {
        vpc_id: Observed::Known(text(group.vpc_id)),
        ingress: answer.sent("ipPermissions with all its parts", permissions(group.ip_permissions)),
        egress: answer.sent("ipPermissionsEgress with all its parts", permissions(group.ip_permissions_egress)),
    }
}

fn permission(permission: types::IpPermission) -> Option<network::Permission> {
    let groups = permission.user_id_group_pairs?.into_iter().map(|pair| network::GroupReference {
        group_id: pair.group_id.or(pair.group_name).unwrap_or_default(),
        account: text(pair.user_id),
        peering_status: text(pair.peering_status),
    });
    Some(network::Permission {
        protocol: permission.ip_protocol?,
        from_port: permission.from_port.map(i64::from),
        to_port: permission.to_port.map(i64::from),
        cidrs: set(permission.ip_ranges?.into_iter().filter_map(|range| range.cidr_ip)),
        ipv6_cidrs: set(permission.ipv6_ranges.unwrap_or_default().into_iter().filter_map(|range| range.cidr_ipv6)),
        prefix_lists: set(permission.prefix_list_ids?.into_iter().filter_map(|list| list.prefix_list_id)),
        groups: sorted(groups),
    })
}

/// The fields of a network ACL.
pub(super) fn acl(answer: &Question<'_>, acl: types::NetworkAcl) -> network::NetworkAcl {
    let entries: Option<Option<Vec<_>>> = acl.entries.map(|entries| entries.into_iter().map(acl_entry).collect());
    let subnets = acl.associations.map(|all| set(all.into_iter().filter_map(|association| association.subnet_id)));
    network::NetworkAcl {
        vpc_id: answer.sent("vpcId", acl.vpc_id),
        subnets: answer.sent("associationSet", subnets),
        entries: answer.sent("entrySet with all its parts", entries.flatten().map(sorted)),
    }
}

fn acl_entry(entry: types::NetworkAclEntry) -> Option<network::AclEntry> {
    Some(network::AclEntry {
        egress: entry.egress?,
        number: i64::from(entry.rule_number?),
        allow: entry.rule_action?.as_str() == "allow",
        protocol: entry.protocol?,
        cidr: text(entry.cidr_block).or(text(entry.ipv6_cidr_block)),
        from_port: entry.port_range.as_ref().and_then(|range| range.from).map(i64::from),
        to_port: entry.port_range.as_ref().and_then(|range| range.to).map(i64::from),
    })
}

/// Prefix lists of a region whose entries decide something. Those of gateway endpoints (`vpce-…`) lead to AWS services alone.
pub(super) fn named_prefix_lists(resources: &Resources, region: &str) -> BTreeSet<String> {
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
        let (read, gaps) = group(rule().ip_ranges(range).build());
        let text = serde_json::to_string(&read).unwrap();
        assert!(text.contains("10.0.0.0/8") && !text.contains("hunter2") && gaps == 0, "{text}");
    }

    /// A rule with no source at all, as AWS sends it.
    fn rule() -> types::builders::IpPermissionBuilder {
        let none = types::IpPermission::builder().ip_protocol("tcp");
        none.set_ip_ranges(Some(Vec::new())).set_prefix_list_ids(Some(Vec::new())).set_user_id_group_pairs(Some(Vec::new()))
    }

    /// A group with a rule each way, and how many gaps it made.
    fn group(permission: types::IpPermission) -> (network::SecurityGroup, usize) {
        let session = crate::collect::ctx::idle();
        let built = types::SecurityGroup::builder().ip_permissions(permission).set_ip_permissions_egress(Some(Vec::new())).build();
        let read = security_group(&session.region("eu-west-1").ask("ec2", "DescribeSecurityGroups").of("sg"), built);
        let gaps = session.ledger().gaps.len();
        (read, gaps)
    }

    #[test]
    fn a_rule_that_does_not_say_what_it_admits_is_not_read_as_one_that_admits_nothing() {
        let whole = rule().build();
        assert_eq!(group(whole.clone()).1, 0);
        let without = [
            {
                let mut cut = whole.clone();
                cut.ip_protocol = None;
                cut
            },
            {
                let mut cut = whole.clone();
                cut.ip_ranges = None;
                cut
            },
            {
                let mut cut = whole.clone();
                cut.prefix_list_ids = None;
                cut
            },
            {
                let mut cut = whole;
                cut.user_id_group_pairs = None;
                cut
            },
        ];
        for permission in without {
            let (read, gaps) = group(permission.clone());
            assert!(read.ingress.is_unseen() && !read.egress.is_unseen() && gaps == 1, "{permission:?}");
        }
    }
}
