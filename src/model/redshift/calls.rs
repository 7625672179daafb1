//! Calls to Amazon Redshift.

use crate::model::Kind;
use crate::model::calls::{Call, NONE, Scope};

pub(in crate::model) const CALLS: &[Call] = &[
    Call {
        service: "redshift",
        operation: "DescribeClusterParameters",
        iam_action: "redshift:DescribeClusterParameters",
        scope: Scope::Each(Kind::RedshiftParameterGroup),
        fills: &[(Kind::RedshiftParameterGroup, &["parameters"])],
        always: &["Parameters"],
        ..NONE
    },
    Call {
        service: "redshift",
        operation: "DescribeClusterSnapshots",
        iam_action: "redshift:DescribeClusterSnapshots",
        yields: &[Kind::RedshiftSnapshot],
        names: &[Kind::KmsKey],
        fills: &[(Kind::RedshiftSnapshot, &["source_id", "encrypted", "kms_key_id", "restore_accounts"])],
        always: &["Snapshots"],
        ..NONE
    },
    Call {
        service: "redshift",
        operation: "DescribeClusterSubnetGroups",
        iam_action: "redshift:DescribeClusterSubnetGroups",
        yields: &[Kind::RedshiftSubnetGroup],
        fills: &[(Kind::RedshiftSubnetGroup, &["vpc_id", "subnets"])],
        always: &["ClusterSubnetGroups"],
        ..NONE
    },
    Call {
        service: "redshift",
        operation: "DescribeClusters",
        iam_action: "redshift:DescribeClusters",
        yields: &[Kind::RedshiftCluster],
        names: &[Kind::RedshiftParameterGroup, Kind::RedshiftDataShare, Kind::KmsKey, Kind::Secret, Kind::IamRole, Kind::Vpc, Kind::LogGroup],
        fills: &[(
            Kind::RedshiftCluster,
            &[
                "status",
                "parameter_groups",
                "endpoint",
                "vpc_id",
                "publicly_accessible",
                "subnet_group",
                "security_groups",
                "encrypted",
                "kms_key_id",
                "enhanced_vpc_routing",
                "iam_roles",
                "master_username",
                "master_secret_arn",
            ],
        )],
        always: &["Clusters"],
        ..NONE
    },
    Call {
        service: "redshift",
        operation: "DescribeDataShares",
        iam_action: "redshift:DescribeDataShares",
        yields: &[Kind::RedshiftDataShare],
        fills: &[(Kind::RedshiftDataShare, &["producer", "allows_public_consumers", "consumers"])],
        always: &["DataShares"],
        ..NONE
    },
    Call {
        service: "redshift",
        operation: "DescribeEndpointAccess",
        iam_action: "redshift:DescribeEndpointAccess",
        fills: &[(Kind::RedshiftCluster, &["managed_endpoints"])],
        always: &["EndpointAccessList"],
        absent: &["EndpointNotFound"],
        ..NONE
    },
    Call {
        service: "redshift",
        operation: "DescribeEndpointAuthorization",
        iam_action: "redshift:DescribeEndpointAuthorization",
        fills: &[(Kind::RedshiftCluster, &["endpoint_authorizations"])],
        always: &["EndpointAuthorizationList"],
        ..NONE
    },
    Call {
        service: "redshift",
        operation: "DescribeLoggingStatus",
        iam_action: "redshift:DescribeLoggingStatus",
        scope: Scope::Each(Kind::RedshiftCluster),
        names: &[Kind::Bucket, Kind::LogGroup],
        fills: &[(Kind::RedshiftCluster, &["logging"])],
        always: &["LoggingEnabled"],
        ..NONE
    },
];
