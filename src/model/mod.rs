//! What the account looks like: plain data, as AWS said it, and the table of the calls that said it. No logic, no I/O.
//!
//! A service is a file with the fields of its kinds and what they name, and a `calls.rs` below it with the calls that fill them. Everything that the rest
//! of the program must know of a kind stands in the table below.

pub mod account;
pub mod bucket;
pub mod calls;
#[cfg(test)]
pub mod complete;
pub mod dms;
pub mod iam;
mod kind;
pub mod kms;
pub mod logs;
pub mod network;
mod observed;
pub mod rds;
mod record;
pub mod redshift;
pub mod reference;
pub mod secret;
pub mod snapshot;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::kind::Basis::{ArnOfId, ArnOfName, Name};
pub use self::kind::{Basis, Described, Identity, Listed, Resource};
use self::kind::{by, kinds};
pub use self::observed::Observed;
pub use self::snapshot::Snapshot;

/// The calls of each service.
const CALLS_OF: &[&[calls::Call]] = &[
    account::calls::CALLS,
    bucket::calls::CALLS,
    dms::calls::CALLS,
    iam::calls::CALLS,
    kms::calls::CALLS,
    logs::calls::CALLS,
    network::calls::CALLS,
    rds::calls::CALLS,
    redshift::calls::CALLS,
    secret::calls::CALLS,
];

/// What the resources of each service name.
const REFERENCES_OF: &[fn(&Resources, &mut Vec<reference::Reference>)] =
    &[bucket::references, dms::references, logs::references, network::references, rds::references, redshift::references, secret::references];

kinds! {
    /// The account itself, and its settings.
    Account "account" accounts account::Account = by(ArnOfId).global();
    /// A DMS replication task.
    DmsTask "dms-task" dms_tasks dms::Task = by(Name).in_scope();
    /// A DMS Serverless replication.
    DmsReplicationConfig "dms-replication-config" dms_replication_configs dms::ReplicationConfig = by(Name).in_scope();
    /// A DMS endpoint: one end of a pipeline.
    DmsEndpoint "dms-endpoint" dms_endpoints dms::Endpoint = by(Name).in_scope();
    /// A DMS replication instance.
    DmsInstance "dms-instance" dms_instances dms::Instance = by(Name).in_scope();
    /// A DMS replication subnet group (only read where a serverless replication names one).
    DmsSubnetGroup "dms-subnet-group" dms_subnet_groups dms::SubnetGroup = by(ArnOfName);
    /// A certificate in DMS's certificate manager.
    DmsCertificate "dms-certificate" dms_certificates dms::Certificate = by(Name);
    /// An RDS or Aurora database instance.
    RdsInstance "rds-instance" rds_instances rds::Instance = by(ArnOfName).in_scope();
    /// An Aurora or Multi-AZ database cluster.
    RdsCluster "rds-cluster" rds_clusters rds::Cluster = by(ArnOfName).in_scope();
    /// A database parameter group.
    RdsParameterGroup "rds-parameter-group" rds_parameter_groups rds::ParameterGroup = by(ArnOfName).where_named();
    /// A cluster parameter group.
    RdsClusterParameterGroup "rds-cluster-parameter-group" rds_cluster_parameter_groups rds::ClusterParameterGroup = by(ArnOfName).where_named();
    /// An RDS option group.
    RdsOptionGroup "rds-option-group" rds_option_groups rds::OptionGroup = by(ArnOfName).where_named();
    /// A manual snapshot of a database instance.
    RdsSnapshot "rds-snapshot" rds_snapshots rds::Snapshot = by(ArnOfName);
    /// A manual snapshot of a database cluster.
    RdsClusterSnapshot "rds-cluster-snapshot" rds_cluster_snapshots rds::ClusterSnapshot = by(ArnOfName);
    /// A Redshift cluster.
    RedshiftCluster "redshift-cluster" redshift_clusters redshift::Cluster = by(ArnOfName).in_scope();
    /// A Redshift parameter group.
    RedshiftParameterGroup "redshift-parameter-group" redshift_parameter_groups redshift::ParameterGroup = by(ArnOfName).where_named();
    /// A Redshift cluster subnet group.
    RedshiftSubnetGroup "redshift-subnet-group" redshift_subnet_groups redshift::SubnetGroup = by(ArnOfName);
    /// A manual snapshot of a Redshift cluster.
    RedshiftSnapshot "redshift-snapshot" redshift_snapshots redshift::Snapshot = by(ArnOfName);
    /// A Redshift data share.
    RedshiftDataShare "redshift-data-share" redshift_data_shares redshift::DataShare = by(ArnOfId);
    /// A VPC.
    Vpc "vpc" vpcs network::Vpc = by(ArnOfId);
    /// A subnet.
    Subnet "subnet" subnets network::Subnet = by(ArnOfId);
    /// A route table.
    RouteTable "route-table" route_tables network::RouteTable = by(ArnOfId);
    /// A security group.
    SecurityGroup "security-group" security_groups network::SecurityGroup = by(ArnOfId);
    /// A network ACL.
    NetworkAcl "network-acl" network_acls network::NetworkAcl = by(ArnOfId);
    /// An internet gateway.
    InternetGateway "internet-gateway" internet_gateways network::InternetGateway = by(ArnOfId);
    /// A prefix list that some rule or route names.
    PrefixList "prefix-list" prefix_lists network::PrefixList = by(ArnOfId).where_named();
    /// A VPC peering connection.
    VpcPeering "vpc-peering" vpc_peerings network::VpcPeering = by(ArnOfId);
    /// A network interface.
    NetworkInterface "network-interface" network_interfaces network::NetworkInterface = by(ArnOfId);
    /// A NAT gateway (only read where a route names one).
    NatGateway "nat-gateway" nat_gateways network::NatGateway = by(ArnOfId);
    /// A VPC endpoint.
    VpcEndpoint "vpc-endpoint" vpc_endpoints network::VpcEndpoint = by(ArnOfId);
    /// What is attached to a transit gateway (only read where a route names one).
    TransitGatewayAttachment "transit-gateway-attachment" transit_gateway_attachments network::TransitGatewayAttachment = by(ArnOfId);
    /// A route table of a transit gateway that some attachment uses.
    TransitGatewayRouteTable "transit-gateway-route-table" transit_gateway_route_tables network::TransitGatewayRouteTable = by(ArnOfId);
    /// A flow log.
    FlowLog "flow-log" flow_logs network::FlowLog = by(ArnOfId);
    /// An IAM user.
    IamUser "iam-user" iam_users iam::User = by(ArnOfName).global();
    /// An IAM group.
    IamGroup "iam-group" iam_groups iam::Group = by(ArnOfName).global();
    /// An IAM role.
    IamRole "iam-role" iam_roles iam::Role = by(ArnOfName).global();
    /// A managed policy, the entity's own or an attached one of AWS's.
    IamPolicy "iam-policy" iam_policies iam::ManagedPolicy = by(ArnOfName).global();
    /// A KMS key.
    KmsKey "kms-key" kms_keys kms::Key = by(ArnOfId).where_named();
    /// A Secrets Manager secret.
    Secret "secret" secrets secret::Secret = by(Name).where_named();
    /// An S3 bucket.
    Bucket "bucket" buckets bucket::Bucket = by(ArnOfName).global().where_named();
    /// A CloudWatch Logs log group.
    LogGroup "log-group" log_groups logs::LogGroup = by(ArnOfName).where_named();
    /// A CloudTrail trail.
    Trail "trail" trails logs::Trail = by(ArnOfName);
}
