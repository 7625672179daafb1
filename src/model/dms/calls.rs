//! Calls to AWS Database Migration Service.

use crate::model::Kind;
use crate::model::calls::{Call, NONE};

pub(in crate::model) const CALLS: &[Call] = &[
    Call {
        service: "dms",
        operation: "DescribeCertificates",
        iam_action: "dms:DescribeCertificates",
        yields: &[Kind::DmsCertificate],
        fills: &[(Kind::DmsCertificate, &["valid_to", "key_length", "signing_algorithm"])],
        always: &["Certificates"],
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
        always: &["Endpoints"],
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
        always: &["ReplicationConfigs"],
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
        always: &["ReplicationInstances", "ReplicationInstances.PubliclyAccessible"],
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
        always: &["ReplicationSubnetGroups"],
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
        always: &["ReplicationTasks"],
        absent: &["ResourceNotFoundFault"],
        ..NONE
    },
    Call {
        service: "dms",
        operation: "DescribeReplications",
        iam_action: "dms:DescribeReplications",
        fills: &[(Kind::DmsReplicationConfig, &["status", "stopped_at"])],
        always: &["Replications"],
        absent: &["ResourceNotFoundFault"],
        ..NONE
    },
];
