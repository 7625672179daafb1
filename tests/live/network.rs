//! What stands in a VPC and where packets go from there: whether it arrives, whole, and only where it is needed.

use pci_audit::finding::Verdict;
use pci_audit::model::{Kind, Observed, Snapshot, network, redshift};
use serde_json::json;

use crate::aws::{Aws, REGION};

/// `pci-audit collect` of the account as it behaves now.
fn collect(aws: &Aws) -> Snapshot {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("snapshot.json");
    let run = aws.run(&["collect", "--region", REGION, "-o", &file.display().to_string()], &[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    Snapshot::load(&file).expect("a snapshot")
}

/// The codes of the gaps of a call.
fn gaps<'a>(snapshot: &'a Snapshot, operation: &str) -> Vec<&'a str> {
    snapshot.gaps.iter().filter(|gap| gap.operation == operation).map(|gap| &*gap.code).collect()
}

#[test]
fn interfaces_stand_where_their_resources_stand_and_endpoints_and_shares_arrive() {
    let aws = Aws::with("broken");
    let snapshot = collect(&aws);
    assert!(snapshot.gaps.is_empty(), "{:?}", snapshot.gaps);
    let interfaces = snapshot.all::<network::NetworkInterface>();
    let server = snapshot.resources.rds_instances.iter().find(|server| &*server.id.name == "exposed").expect("a server of the account");
    let stands_as_the_server = |fields: &network::NetworkInterface| {
        let subnets = server.fields.subnets.known().expect("its subnets");
        let own = fields.description == Observed::Known(Some("RDSNetworkInterface".to_owned()));
        let there = fields.subnet_id.known().and_then(Option::as_ref).is_some_and(|subnet| subnets.contains(subnet));
        own && there && fields.vpc_id == server.fields.vpc_id && fields.groups == server.fields.security_groups
    };
    // Other servers may stand in the same groups, with the bench's one public address.
    let public = |fields: &network::NetworkInterface| fields.public_ips.known().is_some_and(|ips| ips == &["54.0.0.1"]);
    assert!(interfaces.iter().any(|interface| stands_as_the_server(&interface.fields) && public(&interface.fields)), "{interfaces:#?}");
    let cidrs: Vec<_> = snapshot.all::<network::Subnet>().iter().map(|subnet| subnet.fields.cidr.known()).collect();
    assert!(cidrs.iter().all(|cidr| cidr.is_some_and(Option::is_some)), "{cidrs:?}");

    let [endpoint] = snapshot.all::<network::VpcEndpoint>() else { panic!("one endpoint") };
    assert_eq!(endpoint.fields.endpoint_type, Observed::Known(Some("Gateway".to_owned())));
    assert_eq!(endpoint.fields.policy.known().and_then(Option::as_ref).map(|policy| policy.statement.len()), Some(1));

    let [share] = snapshot.all::<redshift::DataShare>() else { panic!("one data share") };
    assert_eq!(share.fields.consumers.known().map(|all| &*all[0].consumer), Some("999988887777"));
    for cluster in snapshot.all::<redshift::Cluster>() {
        let shared = usize::from(&*cluster.id.name == "outside-routing");
        assert_eq!(cluster.fields.managed_endpoints.known().map(Vec::len), Some(shared), "{}", cluster.id.name);
        assert_eq!(cluster.fields.endpoint_authorizations.known().map(Vec::len), Some(shared), "{}", cluster.id.name);
    }
}

#[test]
fn a_copy_of_the_data_is_found_in_a_region_that_has_nothing_else() {
    let aws = Aws::with("broken");
    let run = aws.run(&["scan", "--region", REGION, "--region", "eu-west-3"], &[]);
    let copy = run.report().findings.iter().find(|finding| finding.rule == "snapshot-not-public" && finding.resource.name == "copy-abroad");
    assert_eq!(copy.map(|finding| (finding.verdict, finding.resource.region.as_str())), Some((Verdict::Fail, "eu-west-3")), "{}", run.stderr);
    assert_eq!(aws.calls()["kms:ListAliases"], 1, "a region without a pipeline costs its lists alone");
}

#[test]
fn gateways_are_asked_about_only_where_a_route_names_one() {
    const NAMED: [&str; 3] = ["ec2:DescribeNatGateways", "ec2:DescribeTransitGatewayAttachments", "ec2:SearchTransitGatewayRoutes"];
    let healthy = Aws::with("healthy");
    collect(&healthy);
    assert!(NAMED.iter().all(|call| !healthy.calls().contains_key(*call)), "{:?}", healthy.calls());
    drop(healthy);
    let broken = Aws::with("broken");
    let snapshot = collect(&broken);
    assert_eq!(NAMED.map(|call| broken.calls().get(call).copied()), [Some(1); 3]);
    let [nat] = snapshot.all::<network::NatGateway>() else { panic!("one NAT gateway") };
    assert_eq!(nat.fields.connectivity, Observed::Known(Some("private".to_owned())));
    let ([attachment], [table]) = (snapshot.all::<network::TransitGatewayAttachment>(), snapshot.all::<network::TransitGatewayRouteTable>()) else {
        panic!("one attachment and its route table")
    };
    assert_eq!(attachment.fields.route_table, Observed::Known(Some(table.id.name.to_string())));
    assert_eq!(attachment.fields.gateway_id, table.fields.gateway_id);
    let routes: Vec<_> =
        table.fields.routes.known().expect("its routes").iter().map(|route| (&*route.destination, route.attachments.len())).collect();
    assert_eq!(routes, [("10.21.0.0/16", 1), ("10.66.0.0/16", 0)]);
}

#[test]
fn a_route_table_with_more_routes_than_aws_returns_is_not_known() {
    let aws = Aws::with("broken");
    aws.faults(json!({"page": 1}));
    let snapshot = collect(&aws);
    assert_eq!(gaps(&snapshot, "SearchTransitGatewayRoutes"), ["Incomplete"]);
    assert!(snapshot.all::<network::TransitGatewayRouteTable>()[0].fields.routes.is_unseen());
}

#[test]
fn interfaces_that_come_in_small_pages_are_all_there() {
    let aws = Aws::with("broken");
    let whole = collect(&aws);
    aws.faults(json!({"page": 5}));
    let paged = collect(&aws);
    let count = whole.resources.count(Kind::NetworkInterface);
    assert!(count > 20 && aws.calls()["ec2:DescribeNetworkInterfaces"] == count.div_ceil(5), "{count}: {:?}", aws.calls());
    assert_eq!(paged.resources, whole.resources);
}

#[test]
fn without_the_lists_of_a_warehouse_nothing_is_known_of_who_gets_in() {
    let aws = Aws::with("healthy");
    aws.faults(json!({"deny": ["redshift:DescribeEndpointAccess", "redshift:DescribeEndpointAuthorization", "ec2:DescribeNetworkInterfaces"]}));
    let snapshot = collect(&aws);
    for cluster in snapshot.all::<redshift::Cluster>() {
        assert!(cluster.fields.managed_endpoints.is_unseen() && cluster.fields.endpoint_authorizations.is_unseen());
    }
    assert_eq!(gaps(&snapshot, "DescribeNetworkInterfaces").len(), 1);
    assert!(snapshot.all::<network::NetworkInterface>().is_empty());
}
