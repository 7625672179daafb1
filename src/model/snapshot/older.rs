//! Snapshots of older versions → this version's shape: what they did not collect is a gap, so that nobody takes it for "none".
//!
//! Version 1 did not ask for network interfaces, VPC endpoints, NAT and transit gateways, data shares and endpoints of Redshift, and kept
//! no CIDR blocks of subnets, no owners of peered VPCs, no tags of identities, no engines of snapshots, no users that an audit leaves out, and of a bucket neither its owner nor its Object Ownership.

use std::collections::BTreeSet;

use super::{Gap, SCHEMA, Snapshot};
use crate::model::calls::Call;
use crate::model::{Kind, Observed};

const FIRST: &str = "pci-audit/snapshot/1";

/// The code of a gap that an older version's snapshot has.
pub const OLDER: &str = "OlderSnapshot";

/// Calls that version 1 made too, and kept less of: their lists are complete.
const KEPT_LESS: [(&str, &str); 5] = [
    ("ec2", "DescribeSubnets"),
    ("ec2", "DescribeVpcPeeringConnections"),
    ("iam", "GetAccountAuthorizationDetails"),
    ("rds", "DescribeDBClusterSnapshots"),
    ("rds", "DescribeDBSnapshots"),
];

/// Whether this version reads snapshots of that schema.
pub(super) fn is(schema: &str) -> bool {
    schema == FIRST
}

/// Whether a gap is about fields of a list that has all its members: an older version made the call and kept less.
pub(super) fn kept_less(call: &Call, code: &str) -> bool {
    code == OLDER && KEPT_LESS.contains(&(call.service, call.operation))
}

/// A snapshot of an older version as one of this version.
pub(super) fn read(mut snapshot: Snapshot) -> Snapshot {
    let mut gaps = snapshot.gaps.clone();
    let gap = |region: &str, service: &str, operation: &str, resource: Option<String>| Gap {
        account: snapshot.caller.account.clone(),
        region: region.to_owned(),
        service: service.to_owned(),
        operation: operation.to_owned(),
        resource,
        code: OLDER.to_owned(),
        message: format!("the snapshot's schema is {FIRST}, which does not hold this; take a new one with `pci-audit collect`"),
    };
    gaps.extend(not_collected(&snapshot).iter().map(|(region, service, operation)| gap(region, service, operation, None)));
    for bucket in &snapshot.resources.buckets {
        let of_bucket = |operation| gap(&bucket.id.region, "s3", operation, Some(bucket.id.arn.to_string()));
        gaps.extend(["GetBucketAcl", "GetBucketOwnershipControls"].map(of_bucket));
    }
    gaps.sort();
    snapshot.gaps = gaps;
    // Whom Aurora's audit leaves out was not asked; so what its events hold is not known.
    for group in &mut snapshot.resources.rds_cluster_parameter_groups {
        if let Observed::Known(parameters) = &mut group.fields.parameters {
            parameters.remove("server_audit_events");
        }
    }
    SCHEMA.clone_into(&mut snapshot.schema);
    unsigned(snapshot)
}

/// A snapshot that does not say which version wrote it, and so is of an early one: what a selector leaves out narrowed it then, and was not kept. One that
/// is not narrowed leaves out nothing.
pub(super) fn unsigned(mut snapshot: Snapshot) -> Snapshot {
    for trail in &mut snapshot.resources.trails {
        if let Observed::Known(selectors) = &mut trail.fields.selectors {
            for selector in selectors.iter_mut().filter(|selector| !selector.narrowed) {
                selector.excluded_objects.get_or_insert_default();
            }
        }
    }
    snapshot
}

/// Region, service and operation of what this version would have asked. It asks for what routes name alone where they name it.
fn not_collected(snapshot: &Snapshot) -> BTreeSet<(String, &'static str, &'static str)> {
    let resources = &snapshot.resources;
    let mut all = BTreeSet::new();
    let mut note = |region: &str, service, operations: &[&'static str]| {
        all.extend(operations.iter().map(|operation| (region.to_owned(), service, *operation)));
    };
    for read in snapshot.reads.iter().filter(|read| read.service == "ec2" && read.operation == "DescribeRouteTables") {
        note(&read.region, "ec2", &["DescribeNetworkInterfaces", "DescribeVpcEndpoints"]);
    }
    // What could not be listed then may have been much.
    for gap in snapshot.gaps.iter().filter(|gap| gap.service == "ec2" && gap.operation == "DescribeRouteTables") {
        note(&gap.region, "ec2", &["DescribeNetworkInterfaces", "DescribeVpcEndpoints"]);
    }
    for table in &resources.route_tables {
        for target in table.fields.routes.known().into_iter().flatten().filter_map(|route| route.target.as_deref()) {
            if target.starts_with("nat-") {
                note(&table.id.region, "ec2", &["DescribeNatGateways"]);
            } else if target.starts_with("tgw-") {
                note(&table.id.region, "ec2", &["DescribeTransitGatewayAttachments"]);
            }
        }
    }
    for cluster in &resources.redshift_clusters {
        note(&cluster.id.region, "redshift", &["DescribeDataShares", "DescribeEndpointAccess", "DescribeEndpointAuthorization"]);
    }
    for (kind, id) in resources.identities() {
        match kind {
            Kind::Subnet => note(&id.region, "ec2", &["DescribeSubnets"]),
            Kind::VpcPeering => note(&id.region, "ec2", &["DescribeVpcPeeringConnections"]),
            Kind::RdsSnapshot => note(&id.region, "rds", &["DescribeDBSnapshots"]),
            Kind::RdsClusterSnapshot => note(&id.region, "rds", &["DescribeDBClusterSnapshots"]),
            Kind::IamUser | Kind::IamRole => note(&id.region, "iam", &["GetAccountAuthorizationDetails"]),
            _ => {}
        }
    }
    all
}
