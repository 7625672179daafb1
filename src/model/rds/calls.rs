//! Calls to Amazon RDS and Aurora.

use crate::model::Kind;
use crate::model::calls::{Call, NONE, Scope};

pub(in crate::model) const CALLS: &[Call] = &[
    Call {
        service: "rds",
        operation: "DescribeDBClusterParameters",
        iam_action: "rds:DescribeDBClusterParameters",
        scope: Scope::Each(Kind::RdsClusterParameterGroup),
        fills: &[(Kind::RdsClusterParameterGroup, &["parameters"])],
        always: &["Parameters"],
        ..NONE
    },
    Call {
        service: "rds",
        operation: "DescribeDBClusterSnapshotAttributes",
        iam_action: "rds:DescribeDBClusterSnapshotAttributes",
        scope: Scope::Each(Kind::RdsClusterSnapshot),
        fills: &[(Kind::RdsClusterSnapshot, &["restore_accounts"])],
        always: &["DBClusterSnapshotAttributesResult"],
        ..NONE
    },
    Call {
        service: "rds",
        operation: "DescribeDBClusterSnapshots",
        iam_action: "rds:DescribeDBClusterSnapshots",
        yields: &[Kind::RdsClusterSnapshot],
        names: &[Kind::KmsKey],
        fills: &[(Kind::RdsClusterSnapshot, &["engine", "source_id", "encrypted", "storage_encryption_type", "kms_key_id"])],
        always: &["DBClusterSnapshots"],
        ..NONE
    },
    Call {
        service: "rds",
        operation: "DescribeDBClusters",
        iam_action: "rds:DescribeDBClusters",
        yields: &[Kind::RdsCluster],
        names: &[Kind::RdsClusterParameterGroup, Kind::KmsKey, Kind::Secret, Kind::Vpc, Kind::LogGroup],
        fills: &[(
            Kind::RdsCluster,
            &[
                "engine",
                "engine_version",
                "status",
                "parameter_group",
                "members",
                "endpoint",
                "other_hosts",
                "publicly_accessible",
                "security_groups",
                "network_type",
                "storage_encrypted",
                "storage_encryption_type",
                "kms_key_id",
                "vpc_networking",
                "internet_access_gateway",
                "http_endpoint",
                "master_username",
                "master_secret",
                "log_exports",
                "activity_stream_status",
            ],
        )],
        always: &["DBClusters"],
        ..NONE
    },
    Call {
        service: "rds",
        operation: "DescribeDBInstances",
        iam_action: "rds:DescribeDBInstances",
        yields: &[Kind::RdsInstance],
        names: &[Kind::RdsParameterGroup, Kind::RdsOptionGroup, Kind::KmsKey, Kind::Secret, Kind::Vpc, Kind::LogGroup],
        fills: &[(
            Kind::RdsInstance,
            &[
                "engine",
                "engine_version",
                "status",
                "cluster_id",
                "parameter_groups",
                "option_groups",
                "certificate",
                "endpoint",
                "publicly_accessible",
                "vpc_id",
                "subnets",
                "security_groups",
                "network_type",
                "storage_encrypted",
                "storage_encryption_type",
                "kms_key_id",
                "master_username",
                "master_secret",
                "log_exports",
                "activity_stream_status",
            ],
        )],
        always: &["DBInstances"],
        ..NONE
    },
    Call {
        service: "rds",
        operation: "DescribeDBParameters",
        iam_action: "rds:DescribeDBParameters",
        scope: Scope::Each(Kind::RdsParameterGroup),
        fills: &[(Kind::RdsParameterGroup, &["parameters"])],
        always: &["Parameters"],
        ..NONE
    },
    Call {
        service: "rds",
        operation: "DescribeDBSnapshotAttributes",
        iam_action: "rds:DescribeDBSnapshotAttributes",
        scope: Scope::Each(Kind::RdsSnapshot),
        fills: &[(Kind::RdsSnapshot, &["restore_accounts"])],
        always: &["DBSnapshotAttributesResult"],
        ..NONE
    },
    Call {
        service: "rds",
        operation: "DescribeDBSnapshots",
        iam_action: "rds:DescribeDBSnapshots",
        yields: &[Kind::RdsSnapshot],
        names: &[Kind::KmsKey],
        fills: &[(Kind::RdsSnapshot, &["engine", "source_id", "encrypted", "storage_encryption_type", "kms_key_id"])],
        always: &["DBSnapshots"],
        ..NONE
    },
    Call {
        service: "rds",
        operation: "DescribeOptionGroups",
        iam_action: "rds:DescribeOptionGroups",
        yields: &[Kind::RdsOptionGroup],
        names: &[Kind::Bucket],
        fills: &[(Kind::RdsOptionGroup, &["options"])],
        always: &["OptionGroupsList"],
        ..NONE
    },
];
