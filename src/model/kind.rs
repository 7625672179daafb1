//! The closed list of resource kinds, and the one table that ties each to its name and its struct.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{account, bucket, dms, iam, kms, logs, network, rds, redshift, secret};

/// What every resource is known by. The ARN is AWS's, or built as AWS documents it where an API returns none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Amazon Resource Name.
    pub arn: Arc<str>,
    /// What people call it: identifier, alias, role or bucket name.
    pub name: Arc<str>,
    /// Twelve-digit account id.
    pub account: Arc<str>,
    /// Region code, or `global`.
    pub region: Arc<str>,
}

/// One resource: who it is, and what was read of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resource<T> {
    /// Who it is.
    pub id: Arc<Identity>,
    /// What was read.
    pub fields: T,
}

/// A struct that holds the fields of one kind (`record!` implements it).
pub trait Described: Listed {
    /// The names of its fields, in order.
    const FIELDS: &'static [&'static str];
}

/// A struct whose kind has a list in [`Resources`] (`kinds!` implements it).
pub trait Listed: Serialize + Sized {
    /// Which kind it describes.
    const KIND: Kind;
    /// Its list.
    fn list(resources: &Resources) -> &Vec<Resource<Self>>;
    /// Its list, to fill.
    fn list_mut(resources: &mut Resources) -> &mut Vec<Resource<Self>>;
}

/// Declares the kinds: one line each makes the enum variant, its public name, and the list in the snapshot.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $name:literal $list:ident $type:ty;)*) => {
        /// A kind of AWS resource. The names are public: rules, waivers and reports hang on them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Kind {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Kind {
            /// Every kind, in the order of the snapshot.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The public name, kebab-case.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The names of its fields.
            pub fn fields(self) -> &'static [&'static str] {
                match self { $(Self::$variant => <$type as Described>::FIELDS),* }
            }

        }

        $(impl Listed for $type {
            const KIND: Kind = Kind::$variant;
            fn list(resources: &Resources) -> &Vec<Resource<Self>> { &resources.$list }
            fn list_mut(resources: &mut Resources) -> &mut Vec<Resource<Self>> { &mut resources.$list }
        })*

        /// Everything that was seen, by kind, each list sorted by ARN.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct Resources {
            $($(#[$doc])* #[serde(rename = $name, skip_serializing_if = "Vec::is_empty")] pub $list: Vec<Resource<$type>>,)*
        }

        impl Resources {
            /// Sorts every list by ARN and region, so that a snapshot does not depend on the order of AWS's answers.
            pub fn sort(&mut self) {
                $(self.$list.sort_by(|a, b| a.id.cmp(&b.id));)*
            }

            /// Every resource as (kind, identity).
            pub fn identities(&self) -> impl Iterator<Item = (Kind, &Arc<Identity>)> {
                std::iter::empty()$(.chain(self.$list.iter().map(|r| (Kind::$variant, &r.id))))*
            }

            /// Who a resource is, looked up by kind and position in its list.
            pub fn identity(&self, kind: Kind, position: usize) -> Option<&Arc<Identity>> {
                match kind { $(Kind::$variant => self.$list.get(position).map(|r| &r.id)),* }
            }

            /// One resource's fields as JSON, looked up by kind and position in its list.
            pub fn fields_json(&self, kind: Kind, position: usize) -> Option<serde_json::Value> {
                match kind { $(Kind::$variant => self.$list.get(position).and_then(|r| serde_json::to_value(&r.fields).ok())),* }
            }

            /// The JSON Schema of a kind's fields.
            pub fn schema(kind: Kind) -> serde_json::Value {
                match kind { $(Kind::$variant => schemars::schema_for!($type).into(),)* }
            }

            /// How many resources of a kind there are.
            pub fn count(&self, kind: Kind) -> usize {
                match kind { $(Kind::$variant => self.$list.len()),* }
            }
        }
    };
}

kinds! {
    /// The account itself, and its settings.
    Account "account" accounts account::Account;
    /// A DMS replication task.
    DmsTask "dms-task" dms_tasks dms::Task;
    /// A DMS Serverless replication.
    DmsReplicationConfig "dms-replication-config" dms_replication_configs dms::ReplicationConfig;
    /// A DMS endpoint: one end of a pipeline.
    DmsEndpoint "dms-endpoint" dms_endpoints dms::Endpoint;
    /// A DMS replication instance.
    DmsInstance "dms-instance" dms_instances dms::Instance;
    /// A DMS replication subnet group (only read where a serverless replication names one).
    DmsSubnetGroup "dms-subnet-group" dms_subnet_groups dms::SubnetGroup;
    /// A certificate in DMS's certificate manager.
    DmsCertificate "dms-certificate" dms_certificates dms::Certificate;
    /// An RDS or Aurora database instance.
    RdsInstance "rds-instance" rds_instances rds::Instance;
    /// An Aurora or Multi-AZ database cluster.
    RdsCluster "rds-cluster" rds_clusters rds::Cluster;
    /// A database parameter group.
    RdsParameterGroup "rds-parameter-group" rds_parameter_groups rds::ParameterGroup;
    /// A cluster parameter group.
    RdsClusterParameterGroup "rds-cluster-parameter-group" rds_cluster_parameter_groups rds::ClusterParameterGroup;
    /// An RDS option group.
    RdsOptionGroup "rds-option-group" rds_option_groups rds::OptionGroup;
    /// A manual snapshot of a database instance.
    RdsSnapshot "rds-snapshot" rds_snapshots rds::Snapshot;
    /// A manual snapshot of a database cluster.
    RdsClusterSnapshot "rds-cluster-snapshot" rds_cluster_snapshots rds::ClusterSnapshot;
    /// A Redshift cluster.
    RedshiftCluster "redshift-cluster" redshift_clusters redshift::Cluster;
    /// A Redshift parameter group.
    RedshiftParameterGroup "redshift-parameter-group" redshift_parameter_groups redshift::ParameterGroup;
    /// A Redshift cluster subnet group.
    RedshiftSubnetGroup "redshift-subnet-group" redshift_subnet_groups redshift::SubnetGroup;
    /// A manual snapshot of a Redshift cluster.
    RedshiftSnapshot "redshift-snapshot" redshift_snapshots redshift::Snapshot;
    /// A Redshift data share.
    RedshiftDataShare "redshift-data-share" redshift_data_shares redshift::DataShare;
    /// A VPC.
    Vpc "vpc" vpcs network::Vpc;
    /// A subnet.
    Subnet "subnet" subnets network::Subnet;
    /// A route table.
    RouteTable "route-table" route_tables network::RouteTable;
    /// A security group.
    SecurityGroup "security-group" security_groups network::SecurityGroup;
    /// A network ACL.
    NetworkAcl "network-acl" network_acls network::NetworkAcl;
    /// An internet gateway.
    InternetGateway "internet-gateway" internet_gateways network::InternetGateway;
    /// A prefix list that some rule or route names.
    PrefixList "prefix-list" prefix_lists network::PrefixList;
    /// A VPC peering connection.
    VpcPeering "vpc-peering" vpc_peerings network::VpcPeering;
    /// A network interface.
    NetworkInterface "network-interface" network_interfaces network::NetworkInterface;
    /// A NAT gateway (only read where a route names one).
    NatGateway "nat-gateway" nat_gateways network::NatGateway;
    /// A VPC endpoint.
    VpcEndpoint "vpc-endpoint" vpc_endpoints network::VpcEndpoint;
    /// What is attached to a transit gateway (only read where a route names one).
    TransitGatewayAttachment "transit-gateway-attachment" transit_gateway_attachments network::TransitGatewayAttachment;
    /// A route table of a transit gateway that some attachment uses.
    TransitGatewayRouteTable "transit-gateway-route-table" transit_gateway_route_tables network::TransitGatewayRouteTable;
    /// A flow log.
    FlowLog "flow-log" flow_logs network::FlowLog;
    /// An IAM user.
    IamUser "iam-user" iam_users iam::User;
    /// An IAM group.
    IamGroup "iam-group" iam_groups iam::Group;
    /// An IAM role.
    IamRole "iam-role" iam_roles iam::Role;
    /// A managed policy, the entity's own or an attached one of AWS's.
    IamPolicy "iam-policy" iam_policies iam::ManagedPolicy;
    /// A KMS key.
    KmsKey "kms-key" kms_keys kms::Key;
    /// A Secrets Manager secret.
    Secret "secret" secrets secret::Secret;
    /// An S3 bucket.
    Bucket "bucket" buckets bucket::Bucket;
    /// A CloudWatch Logs log group.
    LogGroup "log-group" log_groups logs::LogGroup;
    /// A CloudTrail trail.
    Trail "trail" trails logs::Trail;
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for Kind {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name).ok_or(())
    }
}
