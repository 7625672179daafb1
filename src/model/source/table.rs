//! The rows of the call table, by service. Error codes and IAM actions as the AWS Service Authorization Reference and API references list them.

use super::{Call, Scope};
use crate::model::Kind;

const NONE: Call = Call { service: "", operation: "", iam_action: "", scope: Scope::Region, yields: &[], names: &[], fills: &[], absent: &[] };

/// Every call, sorted by service and operation.
pub const CALLS: &[Call] = &[
    Call {
        service: "cloudtrail",
        operation: "DescribeTrails",
        iam_action: "cloudtrail:DescribeTrails",
        yields: &[Kind::Trail],
        names: &[Kind::Bucket, Kind::KmsKey],
        fills: &[(Kind::Trail, &["home_region", "multi_region", "organization", "bucket", "validates_files", "kms_key_id"])],
        ..NONE
    },
    Call {
        service: "cloudtrail",
        operation: "GetEventSelectors",
        iam_action: "cloudtrail:GetEventSelectors",
        scope: Scope::Each(Kind::Trail),
        fills: &[(Kind::Trail, &["selectors"])],
        ..NONE
    },
    Call {
        service: "cloudtrail",
        operation: "GetTrailStatus",
        iam_action: "cloudtrail:GetTrailStatus",
        scope: Scope::Each(Kind::Trail),
        fills: &[(Kind::Trail, &["logging", "delivery_error"])],
        ..NONE
    },
    Call {
        service: "dms",
        operation: "DescribeCertificates",
        iam_action: "dms:DescribeCertificates",
        yields: &[Kind::DmsCertificate],
        fills: &[(Kind::DmsCertificate, &["valid_to", "key_length", "signing_algorithm"])],
        absent: &["ResourceNotFoundFault"],
        ..NONE
    },
    Call {
        service: "dms",
        operation: "DescribeEndpoints",
        iam_action: "dms:DescribeEndpoints",
        yields: &[Kind::DmsEndpoint],
        names: &[Kind::Bucket, Kind::KmsKey, Kind::Secret, Kind::IamRole],
        fills: &[(
            Kind::DmsEndpoint,
            &[
                "endpoint_type",
                "engine",
                "host",
                "port",
                "username",
                "ssl_mode",
                "certificate_arn",
                "kms_key_id",
                "read_only",
                "secrets",
                "authentication_method",
                "service_access_role_arn",
                "staging",
                "kafka_security_protocol",
                "kafka_endpoint_identification",
                "redis_protocol",
                "search_clear_text",
                "mongodb_auth_type",
                "connection_attributes",
            ],
        )],
        absent: &["ResourceNotFoundFault"],
        ..NONE
    },
    Call {
        service: "dms",
        operation: "DescribeReplicationConfigs",
        iam_action: "dms:DescribeReplicationConfigs",
        yields: &[Kind::DmsReplicationConfig],
        names: &[Kind::Bucket, Kind::KmsKey, Kind::Vpc, Kind::LogGroup, Kind::DmsSubnetGroup],
        fills: &[(
            Kind::DmsReplicationConfig,
            &[
                "source_endpoint_arn",
                "target_endpoint_arn",
                "migration_type",
                "created_at",
                "settings",
                "mappings",
                "subnet_group",
                "security_groups",
                "kms_key_id",
            ],
        )],
        absent: &["ResourceNotFoundFault"],
        ..NONE
    },
    Call {
        service: "dms",
        operation: "DescribeReplicationInstances",
        iam_action: "dms:DescribeReplicationInstances",
        yields: &[Kind::DmsInstance],
        names: &[Kind::KmsKey, Kind::Vpc, Kind::LogGroup],
        fills: &[(
            Kind::DmsInstance,
            &["status", "engine_version", "publicly_accessible", "kms_key_id", "security_groups", "vpc_id", "subnets", "created_at"],
        )],
        absent: &["ResourceNotFoundFault"],
        ..NONE
    },
    Call {
        service: "dms",
        operation: "DescribeReplicationSubnetGroups",
        iam_action: "dms:DescribeReplicationSubnetGroups",
        yields: &[Kind::DmsSubnetGroup],
        names: &[Kind::Vpc],
        fills: &[(Kind::DmsSubnetGroup, &["vpc_id", "subnets"])],
        absent: &["ResourceNotFoundFault"],
        ..NONE
    },
    Call {
        service: "dms",
        operation: "DescribeReplicationTasks",
        iam_action: "dms:DescribeReplicationTasks",
        yields: &[Kind::DmsTask],
        names: &[Kind::Bucket],
        fills: &[(
            Kind::DmsTask,
            &[
                "instance_arn",
                "source_endpoint_arn",
                "target_endpoint_arn",
                "migration_type",
                "status",
                "stopped_at",
                "created_at",
                "settings",
                "mappings",
            ],
        )],
        absent: &["ResourceNotFoundFault"],
        ..NONE
    },
    Call {
        service: "dms",
        operation: "DescribeReplications",
        iam_action: "dms:DescribeReplications",
        fills: &[(Kind::DmsReplicationConfig, &["status", "stopped_at"])],
        absent: &["ResourceNotFoundFault"],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeFlowLogs",
        iam_action: "ec2:DescribeFlowLogs",
        yields: &[Kind::FlowLog],
        names: &[Kind::LogGroup, Kind::Bucket],
        fills: &[(Kind::FlowLog, &["resource_id", "traffic_type", "status", "delivery_status", "log_group", "bucket"])],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeInternetGateways",
        iam_action: "ec2:DescribeInternetGateways",
        yields: &[Kind::InternetGateway],
        fills: &[(Kind::InternetGateway, &["vpcs"])],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeManagedPrefixLists",
        iam_action: "ec2:DescribeManagedPrefixLists",
        yields: &[Kind::PrefixList],
        fills: &[(Kind::PrefixList, &["owner"])],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeNetworkAcls",
        iam_action: "ec2:DescribeNetworkAcls",
        yields: &[Kind::NetworkAcl],
        fills: &[(Kind::NetworkAcl, &["vpc_id", "subnets", "entries"])],
        ..NONE
    },
    Call { service: "ec2", operation: "DescribeRegions", iam_action: "ec2:DescribeRegions", scope: Scope::Global, ..NONE },
    Call {
        service: "ec2",
        operation: "DescribeRouteTables",
        iam_action: "ec2:DescribeRouteTables",
        yields: &[Kind::RouteTable],
        fills: &[(Kind::RouteTable, &["vpc_id", "main", "subnets", "gateways", "routes"])],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeSecurityGroups",
        iam_action: "ec2:DescribeSecurityGroups",
        yields: &[Kind::SecurityGroup],
        names: &[Kind::PrefixList],
        fills: &[(Kind::SecurityGroup, &["vpc_id", "ingress", "egress"])],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeSubnets",
        iam_action: "ec2:DescribeSubnets",
        yields: &[Kind::Subnet],
        fills: &[(Kind::Subnet, &["vpc_id", "owner", "internet_gateway_block"])],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeVpcPeeringConnections",
        iam_action: "ec2:DescribeVpcPeeringConnections",
        yields: &[Kind::VpcPeering],
        fills: &[(Kind::VpcPeering, &["status", "requester_vpc", "requester_cidrs", "accepter_vpc", "accepter_cidrs"])],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "DescribeVpcs",
        iam_action: "ec2:DescribeVpcs",
        yields: &[Kind::Vpc],
        fills: &[(Kind::Vpc, &["cidrs", "ipv6_cidrs"])],
        ..NONE
    },
    Call {
        service: "ec2",
        operation: "GetManagedPrefixListEntries",
        iam_action: "ec2:GetManagedPrefixListEntries",
        scope: Scope::Each(Kind::PrefixList),
        fills: &[(Kind::PrefixList, &["cidrs"])],
        ..NONE
    },
    Call {
        service: "iam",
        operation: "GetAccountAuthorizationDetails",
        iam_action: "iam:GetAccountAuthorizationDetails",
        scope: Scope::Global,
        yields: &[Kind::IamUser, Kind::IamGroup, Kind::IamRole, Kind::IamPolicy],
        fills: &[
            (Kind::IamUser, &["groups", "attached_policies", "inline_policies", "boundary"]),
            (Kind::IamGroup, &["attached_policies", "inline_policies"]),
            (Kind::IamRole, &["path", "trust", "attached_policies", "inline_policies", "boundary"]),
            (Kind::IamPolicy, &["document"]),
        ],
        ..NONE
    },
    Call {
        service: "kms",
        operation: "DescribeKey",
        iam_action: "kms:DescribeKey",
        scope: Scope::Each(Kind::KmsKey),
        fills: &[(Kind::KmsKey, &["manager", "state", "origin", "spec", "deletion_at", "multi_region_type"])],
        ..NONE
    },
    Call {
        service: "kms",
        operation: "GetKeyPolicy",
        iam_action: "kms:GetKeyPolicy",
        scope: Scope::Each(Kind::KmsKey),
        fills: &[(Kind::KmsKey, &["policy"])],
        ..NONE
    },
    Call {
        service: "kms",
        operation: "GetKeyRotationStatus",
        iam_action: "kms:GetKeyRotationStatus",
        scope: Scope::Each(Kind::KmsKey),
        fills: &[(Kind::KmsKey, &["rotation"])],
        absent: &["UnsupportedOperationException"],
        ..NONE
    },
    Call {
        service: "kms",
        operation: "ListAliases",
        iam_action: "kms:ListAliases",
        names: &[Kind::KmsKey],
        fills: &[(Kind::KmsKey, &["aliases", "manager"])],
        ..NONE
    },
    Call {
        service: "kms",
        operation: "ListGrants",
        iam_action: "kms:ListGrants",
        scope: Scope::Each(Kind::KmsKey),
        fills: &[(Kind::KmsKey, &["grants"])],
        ..NONE
    },
    Call {
        service: "logs",
        operation: "DescribeLogGroups",
        iam_action: "logs:DescribeLogGroups",
        yields: &[Kind::LogGroup],
        fills: &[(Kind::LogGroup, &["retention_days", "kms_key_id", "class"])],
        ..NONE
    },
    Call {
        service: "logs",
        operation: "DescribeSubscriptionFilters",
        iam_action: "logs:DescribeSubscriptionFilters",
        scope: Scope::Each(Kind::LogGroup),
        fills: &[(Kind::LogGroup, &["subscriptions"])],
        ..NONE
    },
    Call {
        service: "rds",
        operation: "DescribeDBClusterParameters",
        iam_action: "rds:DescribeDBClusterParameters",
        scope: Scope::Each(Kind::RdsClusterParameterGroup),
        fills: &[(Kind::RdsClusterParameterGroup, &["parameters"])],
        ..NONE
    },
    Call {
        service: "rds",
        operation: "DescribeDBClusterSnapshotAttributes",
        iam_action: "rds:DescribeDBClusterSnapshotAttributes",
        scope: Scope::Each(Kind::RdsClusterSnapshot),
        fills: &[(Kind::RdsClusterSnapshot, &["restore_accounts"])],
        ..NONE
    },
    Call {
        service: "rds",
        operation: "DescribeDBClusterSnapshots",
        iam_action: "rds:DescribeDBClusterSnapshots",
        yields: &[Kind::RdsClusterSnapshot],
        names: &[Kind::KmsKey],
        fills: &[(Kind::RdsClusterSnapshot, &["source_id", "encrypted", "storage_encryption_type", "kms_key_id"])],
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
        ..NONE
    },
    Call {
        service: "rds",
        operation: "DescribeDBParameters",
        iam_action: "rds:DescribeDBParameters",
        scope: Scope::Each(Kind::RdsParameterGroup),
        fills: &[(Kind::RdsParameterGroup, &["parameters"])],
        ..NONE
    },
    Call {
        service: "rds",
        operation: "DescribeDBSnapshotAttributes",
        iam_action: "rds:DescribeDBSnapshotAttributes",
        scope: Scope::Each(Kind::RdsSnapshot),
        fills: &[(Kind::RdsSnapshot, &["restore_accounts"])],
        ..NONE
    },
    Call {
        service: "rds",
        operation: "DescribeDBSnapshots",
        iam_action: "rds:DescribeDBSnapshots",
        yields: &[Kind::RdsSnapshot],
        names: &[Kind::KmsKey],
        fills: &[(Kind::RdsSnapshot, &["source_id", "encrypted", "storage_encryption_type", "kms_key_id"])],
        ..NONE
    },
    Call {
        service: "rds",
        operation: "DescribeOptionGroups",
        iam_action: "rds:DescribeOptionGroups",
        yields: &[Kind::RdsOptionGroup],
        names: &[Kind::Bucket],
        fills: &[(Kind::RdsOptionGroup, &["options"])],
        ..NONE
    },
    Call {
        service: "redshift",
        operation: "DescribeClusterParameters",
        iam_action: "redshift:DescribeClusterParameters",
        scope: Scope::Each(Kind::RedshiftParameterGroup),
        fills: &[(Kind::RedshiftParameterGroup, &["parameters"])],
        ..NONE
    },
    Call {
        service: "redshift",
        operation: "DescribeClusterSnapshots",
        iam_action: "redshift:DescribeClusterSnapshots",
        yields: &[Kind::RedshiftSnapshot],
        names: &[Kind::KmsKey],
        fills: &[(Kind::RedshiftSnapshot, &["source_id", "encrypted", "kms_key_id", "restore_accounts"])],
        ..NONE
    },
    Call {
        service: "redshift",
        operation: "DescribeClusterSubnetGroups",
        iam_action: "redshift:DescribeClusterSubnetGroups",
        yields: &[Kind::RedshiftSubnetGroup],
        fills: &[(Kind::RedshiftSubnetGroup, &["vpc_id", "subnets"])],
        ..NONE
    },
    Call {
        service: "redshift",
        operation: "DescribeClusters",
        iam_action: "redshift:DescribeClusters",
        yields: &[Kind::RedshiftCluster],
        names: &[Kind::RedshiftParameterGroup, Kind::KmsKey, Kind::Secret, Kind::IamRole, Kind::Vpc, Kind::LogGroup],
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
        ..NONE
    },
    Call {
        service: "redshift",
        operation: "DescribeLoggingStatus",
        iam_action: "redshift:DescribeLoggingStatus",
        scope: Scope::Each(Kind::RedshiftCluster),
        names: &[Kind::Bucket, Kind::LogGroup],
        fills: &[(Kind::RedshiftCluster, &["logging"])],
        ..NONE
    },
    Call {
        service: "s3",
        operation: "GetBucketAcl",
        iam_action: "s3:GetBucketAcl",
        scope: Scope::Each(Kind::Bucket),
        fills: &[(Kind::Bucket, &["acl"])],
        ..NONE
    },
    Call {
        service: "s3",
        operation: "GetBucketEncryption",
        iam_action: "s3:GetEncryptionConfiguration",
        scope: Scope::Each(Kind::Bucket),
        names: &[Kind::KmsKey],
        fills: &[(Kind::Bucket, &["encryption"])],
        absent: &["ServerSideEncryptionConfigurationNotFoundError"],
        ..NONE
    },
    Call {
        service: "s3",
        operation: "GetBucketLifecycleConfiguration",
        iam_action: "s3:GetLifecycleConfiguration",
        scope: Scope::Each(Kind::Bucket),
        fills: &[(Kind::Bucket, &["lifecycle"])],
        absent: &["NoSuchLifecycleConfiguration"],
        ..NONE
    },
    Call {
        service: "s3",
        operation: "GetBucketPolicy",
        iam_action: "s3:GetBucketPolicy",
        scope: Scope::Each(Kind::Bucket),
        fills: &[(Kind::Bucket, &["policy"])],
        absent: &["NoSuchBucketPolicy"],
        ..NONE
    },
    Call {
        service: "s3",
        operation: "GetBucketReplication",
        iam_action: "s3:GetReplicationConfiguration",
        scope: Scope::Each(Kind::Bucket),
        fills: &[(Kind::Bucket, &["replication_targets"])],
        absent: &["ReplicationConfigurationNotFoundError"],
        ..NONE
    },
    Call {
        service: "s3",
        operation: "GetBucketVersioning",
        iam_action: "s3:GetBucketVersioning",
        scope: Scope::Each(Kind::Bucket),
        fills: &[(Kind::Bucket, &["versioning"])],
        ..NONE
    },
    Call {
        service: "s3",
        operation: "GetPublicAccessBlock",
        iam_action: "s3:GetBucketPublicAccessBlock",
        scope: Scope::Each(Kind::Bucket),
        fills: &[(Kind::Bucket, &["public_access_block"])],
        absent: &["NoSuchPublicAccessBlockConfiguration"],
        ..NONE
    },
    Call {
        service: "s3control",
        operation: "GetPublicAccessBlock",
        iam_action: "s3:GetAccountPublicAccessBlock",
        scope: Scope::Global,
        fills: &[(Kind::Account, &["public_access_block"])],
        absent: &["NoSuchPublicAccessBlockConfiguration"],
        ..NONE
    },
    Call {
        service: "secretsmanager",
        operation: "GetResourcePolicy",
        iam_action: "secretsmanager:GetResourcePolicy",
        scope: Scope::Each(Kind::Secret),
        fills: &[(Kind::Secret, &["policy"])],
        ..NONE
    },
    Call {
        service: "secretsmanager",
        operation: "ListSecrets",
        iam_action: "secretsmanager:ListSecrets",
        yields: &[Kind::Secret],
        names: &[Kind::KmsKey],
        fills: &[(
            Kind::Secret,
            &[
                "kms_key_id",
                "rotation_enabled",
                "rotation_days",
                "rotation_schedule",
                "last_rotated_at",
                "next_rotation_at",
                "created_at",
                "deleted_at",
                "owning_service",
                "primary_region",
                "pending_version",
            ],
        )],
        ..NONE
    },
    Call {
        service: "sts",
        operation: "GetCallerIdentity",
        iam_action: "sts:GetCallerIdentity",
        scope: Scope::Global,
        yields: &[Kind::Account],
        ..NONE
    },
];
