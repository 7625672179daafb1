//! Amazon Redshift, provisioned.

pub(super) mod calls;

use super::reference::{Namer, Reference, flat, warehouse_log_group};
use super::{Kind, Resources};
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::rds::NetworkEndpoint;
use super::record::{part, record};

/// The parameters that decide a verdict: the collector keeps these and no others, and facts ask for these and no others.
pub const PARAMETERS: &[&str] = &["enable_user_activity_logging", "require_ssl"];

record! {
    /// A cluster (DescribeClusters, DescribeLoggingStatus).
    Cluster {
        /// `available`, `paused`…
        status: String,
        /// Attached parameter groups with their apply status, per group and per parameter.
        parameter_groups: Vec<ParameterGroupStatus>,
        /// Where it listens.
        endpoint: Option<NetworkEndpoint>,
        /// Its VPC.
        vpc_id: Option<String>,
        /// Whether it has a public address.
        publicly_accessible: bool,
        /// Name of its subnet group.
        subnet_group: Option<String>,
        /// Active VPC security groups.
        security_groups: Vec<String>,
        /// Encrypted at rest.
        encrypted: bool,
        /// The key; `null` with `encrypted`: a key that AWS owns.
        kms_key_id: Option<String>,
        /// COPY and UNLOAD stay in the VPC.
        enhanced_vpc_routing: bool,
        /// Roles attached for COPY and UNLOAD.
        iam_roles: Vec<String>,
        /// The master user's name.
        master_username: Option<String>,
        /// The master secret, where Redshift manages it.
        master_secret_arn: Option<String>,
        /// Audit logging (DescribeLoggingStatus).
        logging: Logging,
        /// Accounts and VPCs that were let connect to it (DescribeEndpointAuthorization).
        endpoint_authorizations: Vec<EndpointAuthorization>,
        /// Endpoints that Redshift manages for it in VPCs (DescribeEndpointAccess).
        managed_endpoints: Vec<ManagedEndpoint>,
    }
}

part! {
    /// An attached parameter group.
    ParameterGroupStatus {
        /// Group name.
        name: String,
        /// Status of the group.
        status: String,
        /// Status per parameter, where AWS lists it.
        parameters: BTreeMap<String, String>,
    }
}

part! {
    /// The answer of DescribeLoggingStatus.
    Logging {
        /// Switched on.
        enabled: bool,
        /// `s3`, `cloudwatch`; `None` is S3.
        destination: Option<String>,
        /// Bucket of an S3 destination.
        bucket: Option<String>,
        /// Exported logs of a CloudWatch destination; may be empty for S3, where all are on.
        log_exports: Vec<String>,
        /// Last delivery that worked.
        last_success: Option<Timestamp>,
        /// Last delivery that failed.
        last_failure: Option<Timestamp>,
    }
}

part! {
    /// An authorization to make endpoints to a cluster.
    EndpointAuthorization {
        /// The account that may.
        grantee: String,
        /// `Authorized`, `Revoking`.
        status: String,
        /// From every VPC of that account.
        all_vpcs: bool,
        /// Else from these.
        vpcs: Vec<String>,
    }
}

part! {
    /// An endpoint that Redshift manages: a way to the cluster with security groups of its own.
    ManagedEndpoint {
        /// Its name.
        name: String,
        /// The account of the cluster, as AWS says it.
        owner: Option<String>,
        /// `active`…
        status: Option<String>,
        /// Its VPC.
        vpc_id: Option<String>,
        /// Its subnet group.
        subnet_group: Option<String>,
        /// Its security groups.
        groups: Vec<String>,
        /// Its port.
        port: Option<i64>,
    }
}

record! {
    /// A data share of a provisioned cluster or a serverless namespace of this account (DescribeDataShares).
    DataShare {
        /// The namespace that produces it.
        producer: Option<String>,
        /// Publicly accessible clusters may consume it.
        allows_public_consumers: bool,
        /// Who consumes it, or may.
        consumers: Vec<DataShareConsumer>,
    }
}

part! {
    /// A consumer of a data share.
    DataShareConsumer {
        /// An account, or a namespace's ARN.
        consumer: String,
        /// `ACTIVE`, `AUTHORIZED`, `AVAILABLE`, `PENDING_AUTHORIZATION`, `DEAUTHORIZED`, `REJECTED`.
        status: Option<String>,
    }
}

record! {
    /// Parameters that decide a verdict (DescribeClusterParameters).
    ParameterGroup {
        /// Name to value.
        parameters: BTreeMap<String, Option<String>>,
    }
}

record! {
    /// A cluster subnet group (DescribeClusterSubnetGroups).
    SubnetGroup {
        /// Its VPC.
        vpc_id: Option<String>,
        /// Its subnets.
        subnets: Vec<String>,
    }
}

record! {
    /// A manual snapshot (DescribeClusterSnapshots).
    Snapshot {
        /// The cluster it was taken of.
        source_id: Option<String>,
        /// Encrypted at rest.
        encrypted: bool,
        /// The key; `null` with `encrypted`: a key that AWS owns.
        kms_key_id: Option<String>,
        /// Accounts that may restore it.
        restore_accounts: Vec<String>,
    }
}

/// What warehouses name.
pub(super) fn references(resources: &Resources, all: &mut Vec<Reference>) {
    for cluster in &resources.redshift_clusters {
        let mut namer = Namer::new(all, cluster);
        let fields = &cluster.fields;
        namer.names(Kind::KmsKey, "storage", flat(&fields.kms_key_id).map(String::as_str));
        namer.names(Kind::Secret, "master", flat(&fields.master_secret_arn).map(String::as_str));
        for role in fields.iam_roles.known().into_iter().flatten() {
            namer.names(Kind::IamRole, "warehouse", Some(role));
        }
        for group in fields.parameter_groups.known().into_iter().flatten() {
            namer.names(Kind::RedshiftParameterGroup, "parameters", Some(&group.name));
        }
        if let Some(logging) = fields.logging.known().filter(|logging| logging.enabled) {
            namer.names(Kind::Bucket, "redshift-log", logging.bucket.as_deref());
            if logging.destination.as_deref() == Some("cloudwatch") {
                for log in &logging.log_exports {
                    namer.names(Kind::LogGroup, "warehouse-log", Some(&warehouse_log_group(&cluster.id, log)));
                }
            }
        }
    }
    for snapshot in &resources.redshift_snapshots {
        Namer::new(all, snapshot).names(Kind::KmsKey, "storage", flat(&snapshot.fields.kms_key_id).map(String::as_str));
    }
}
