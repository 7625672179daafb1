//! Amazon RDS and Aurora.

pub(super) mod calls;

use super::reference::{Family, Namer, Reference, database_log_group, flat};
use super::{Kind, Resources};
use std::collections::BTreeMap;
use std::collections::HashSet;

use jiff::Timestamp;

use super::record::{part, record, required};

record! {
    /// A database instance (DescribeDBInstances).
    Instance {
        /// Engine: `sqlserver-se`, `postgres`, `aurora-mysql`…
        engine: String,
        /// Engine version.
        engine_version: String,
        /// `available`, `stopped`, `inaccessible-encryption-credentials`…
        status: String,
        /// The cluster it belongs to.
        cluster_id: Option<String>,
        /// Attached parameter groups, each with its apply status.
        parameter_groups: Vec<GroupStatus>,
        /// Attached option groups, each with its status.
        option_groups: Vec<GroupStatus>,
        /// The server's certificate.
        certificate: Option<ServerCertificate>,
        /// Where it listens; `null` while it is being made or stopped.
        endpoint: Option<NetworkEndpoint>,
        /// Whether its name resolves to a public address.
        publicly_accessible: bool,
        /// Its VPC.
        vpc_id: Option<String>,
        /// Every subnet of its subnet group.
        subnets: Vec<String>,
        /// Active VPC security groups.
        security_groups: Vec<String>,
        /// `IPV4` or `DUAL`.
        network_type: Option<String>,
        /// Encrypted with a KMS key.
        storage_encrypted: bool,
        /// `none`, `sse-kms`, `sse-rds`; `null` from an older API.
        storage_encryption_type: Option<String>,
        /// The key.
        kms_key_id: Option<String>,
        /// The master user's name.
        master_username: Option<String>,
        /// The master secret, where RDS manages it.
        master_secret: Option<MasterSecret>,
        /// Log types exported to CloudWatch Logs.
        log_exports: Vec<String>,
        /// `started`, `stopped`…
        activity_stream_status: Option<String>,
    }
}

record! {
    /// A database cluster (DescribeDBClusters).
    Cluster {
        /// Engine: `aurora-postgresql`, `mysql` (Multi-AZ), `neptune`, `docdb`…
        engine: String,
        /// Engine version.
        engine_version: String,
        /// `available`…
        status: String,
        /// Name of the cluster parameter group.
        parameter_group: Option<String>,
        /// Members.
        members: Vec<ClusterMember>,
        /// Where the writer listens.
        endpoint: Option<NetworkEndpoint>,
        /// Host names of the reader and custom endpoints.
        other_hosts: Vec<String>,
        /// Only Multi-AZ clusters say it; Aurora says it per instance.
        publicly_accessible: Option<bool>,
        /// Active VPC security groups.
        security_groups: Vec<String>,
        /// `IPV4` or `DUAL`.
        network_type: Option<String>,
        /// Encrypted with a KMS key.
        storage_encrypted: bool,
        /// `none`, `sse-kms`, `sse-rds`; `null` from an older API.
        storage_encryption_type: Option<String>,
        /// The key.
        kms_key_id: Option<String>,
        /// `false` for an express cluster without a VPC.
        vpc_networking: Option<bool>,
        /// `true` where the cluster has an endpoint on the internet.
        internet_access_gateway: Option<bool>,
        /// The Data API.
        http_endpoint: Option<bool>,
        /// The master user's name.
        master_username: Option<String>,
        /// The master secret, where RDS manages it.
        master_secret: Option<MasterSecret>,
        /// Log types exported to CloudWatch Logs.
        log_exports: Vec<String>,
        /// `started`, `stopped`…
        activity_stream_status: Option<String>,
    }
}

part! {
    /// A group that is attached, and whether its settings are in force.
    GroupStatus {
        /// Group name.
        name: String,
        /// `in-sync`, `pending-reboot`, `applying`, `failed-to-apply`…
        status: String,
    }
}

part! {
    /// The certificate that the server shows (CertificateDetails, not the CA's decades).
    ServerCertificate {
        /// CA identifier.
        ca: Option<String>,
        /// End of validity of the server's own certificate.
        valid_till: Option<Timestamp>,
    }
}

part! {
    /// Host name and port.
    NetworkEndpoint {
        /// DNS name.
        host: String,
        /// TCP port.
        port: i64,
    }
}

part! {
    /// A master secret that the service manages.
    MasterSecret {
        /// Its ARN.
        arn: String,
        /// `active`, `rotating`, `impaired`…
        status: Option<String>,
    }
}

part! {
    /// One member of a cluster.
    ClusterMember {
        /// Instance identifier.
        instance_id: String,
        /// Whether it writes.
        writer: bool,
        /// Whether the cluster parameters are in force on it.
        parameter_group_status: Option<String>,
    }
}

record! {
    /// Parameters that decide a verdict (DescribeDBParameters, filtered by name).
    ParameterGroup {
        /// Name to parameter.
        parameters: BTreeMap<String, Parameter>,
    }
}

record! {
    /// Cluster parameters that decide a verdict (DescribeDBClusterParameters).
    ClusterParameterGroup {
        /// Name to parameter.
        parameters: BTreeMap<String, Parameter>,
    }
}

/// One parameter. By hand, since snapshots of this very schema lack one key.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["value", "apply_type", "apply_method"]))]
pub struct Parameter {
    /// `None`: the engine's default.
    #[serde(deserialize_with = "required")]
    pub value: Option<String>,
    /// `static` or `dynamic`.
    #[serde(deserialize_with = "required")]
    pub apply_type: Option<String>,
    /// `immediate` or `pending-reboot`.
    #[serde(deserialize_with = "required")]
    pub apply_method: Option<String>,
    /// Who set it: `user`, `system`, `engine-default`. The first snapshots of schema 2 do not say; then it is taken as set, which proves less.
    #[serde(default)]
    pub source: Option<String>,
}

record! {
    /// An option group (DescribeOptionGroups).
    OptionGroup {
        /// Its options.
        options: Vec<DbOption>,
    }
}

part! {
    /// One option. Values that may be secret are `‹redacted›`.
    DbOption {
        /// `SQLSERVER_AUDIT`, `NATIVE_NETWORK_ENCRYPTION`, `SSL`…
        name: String,
        /// The extra port it opens.
        port: Option<i64>,
        /// Setting to value; `None`: the option's default.
        settings: BTreeMap<String, Option<String>>,
        /// Extra VPC security groups.
        security_groups: Vec<String>,
    }
}

record! {
    /// A manual snapshot (DescribeDBSnapshots, DescribeDBSnapshotAttributes).
    Snapshot {
        /// The engine of what it was taken of; `null` where AWS does not say it.
        engine: Option<String>,
        /// The instance it was taken of.
        source_id: Option<String>,
        /// Encrypted with a KMS key.
        encrypted: bool,
        /// `none`, `sse-kms`, `sse-rds`; `null` from an older API.
        storage_encryption_type: Option<String>,
        /// The key.
        kms_key_id: Option<String>,
        /// Accounts that may restore it; `all` is everyone.
        restore_accounts: Vec<String>,
    }
}

record! {
    /// A manual cluster snapshot (DescribeDBClusterSnapshots, DescribeDBClusterSnapshotAttributes).
    ClusterSnapshot {
        /// The engine of what it was taken of; `null` where AWS does not say it.
        engine: Option<String>,
        /// The cluster it was taken of.
        source_id: Option<String>,
        /// Encrypted with a KMS key.
        encrypted: bool,
        /// `none`, `sse-kms`, `sse-rds`; `null` from an older API.
        storage_encryption_type: Option<String>,
        /// The key.
        kms_key_id: Option<String>,
        /// Accounts that may restore it; `all` is everyone.
        restore_accounts: Vec<String>,
    }
}

/// The parameters that decide a verdict: the collector keeps these and no others, and facts ask for these and no others.
pub const PARAMETERS: &[&str] = &[
    "DB2COMM",
    "audit_trail",
    "aws_default_logs_role",
    "log_min_messages",
    "pgaudit.log",
    "pgaudit.log_level",
    "rds.3des168",
    "rds.force_ssl",
    "rds.rc4",
    "rds.tls10",
    "rds.tls11",
    "require_secure_transport",
    "server_audit_events",
    "server_audit_excl_users",
    "server_audit_incl_users",
    "server_audit_logging",
    "server_audit_logs_upload",
    "shared_preload_libraries",
    "ssl_min_protocol_version",
    "tls_version",
];

/// Whether an option group is one of AWS's own: these are empty and cannot be changed, and the colon in their name is AWS's alone
/// (RDS User Guide, "Working with option groups"). There is nothing to ask and nothing to look up.
pub fn is_default_option_group(name: &str) -> bool {
    name.starts_with("default:")
}

/// What databases and their groups name.
pub(super) fn references(resources: &Resources, all: &mut Vec<Reference>) {
    for instance in &resources.rds_instances {
        let mut namer = Namer::new(all, instance);
        let fields = &instance.fields;
        namer.names(Kind::KmsKey, "storage", flat(&fields.kms_key_id).map(String::as_str));
        namer.names(Kind::Secret, "master", flat(&fields.master_secret).map(|secret| secret.arn.as_str()));
        for group in fields.parameter_groups.known().into_iter().flatten() {
            namer.names(Kind::RdsParameterGroup, "parameters", Some(&group.name));
        }
        for group in fields.option_groups.known().into_iter().flatten() {
            namer.names(Kind::RdsOptionGroup, "options", Some(&group.name));
        }
        for log in fields.log_exports.known().into_iter().flatten() {
            namer.names(Kind::LogGroup, "database-log", Some(&database_log_group(Family::Instance, &instance.id, log)));
        }
    }
    for cluster in &resources.rds_clusters {
        let mut namer = Namer::new(all, cluster);
        let fields = &cluster.fields;
        namer.names(Kind::KmsKey, "storage", flat(&fields.kms_key_id).map(String::as_str));
        namer.names(Kind::Secret, "master", flat(&fields.master_secret).map(|secret| secret.arn.as_str()));
        namer.names(Kind::RdsClusterParameterGroup, "parameters", flat(&fields.parameter_group).map(String::as_str));
        for log in fields.log_exports.known().into_iter().flatten() {
            namer.names(Kind::LogGroup, "database-log", Some(&database_log_group(Family::Cluster, &cluster.id, log)));
        }
    }
    for snapshot in &resources.rds_snapshots {
        Namer::new(all, snapshot).names(Kind::KmsKey, "storage", flat(&snapshot.fields.kms_key_id).map(String::as_str));
    }
    for snapshot in &resources.rds_cluster_snapshots {
        Namer::new(all, snapshot).names(Kind::KmsKey, "storage", flat(&snapshot.fields.kms_key_id).map(String::as_str));
    }
    // Only the audits of an option group that is attached matter.
    let memberships = resources.rds_instances.iter().flat_map(|instance| {
        let groups = instance.fields.option_groups.known().into_iter().flatten();
        groups.map(|group| (&*instance.id.region, group.name.as_str()))
    });
    let attached: HashSet<(&str, &str)> = memberships.collect();
    for group in resources.rds_option_groups.iter().filter(|group| attached.contains(&(&*group.id.region, &*group.id.name))) {
        let audits = group.fields.options.known().into_iter().flatten().filter(|option| option.name == "SQLSERVER_AUDIT");
        for option in audits {
            let bucket = option.settings.get("S3_BUCKET_ARN").and_then(Option::as_deref);
            Namer::new(all, group).names(Kind::Bucket, "database-audit", bucket);
        }
    }
}
