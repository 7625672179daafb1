//! What names what: keys, secrets, roles, buckets and log groups come into scope only because something in scope names them.
//!
//! `collect` asks about what is named here, `facts` judges it: one list for both.

use std::collections::HashSet;
use std::sync::Arc;

use iam_eval::arn::Arn;

use super::kind::{Identity, Kind, Resource, Resources};
use super::rds::GroupStatus;

/// One resource naming another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Kind of what is named.
    pub target: Kind,
    /// What AWS calls it: ARN, id, name or alias (a bucket always by name).
    pub id: String,
    /// Region to look in.
    pub region: Arc<str>,
    /// What it is used for: `storage`, `staging`, `target`, `time-travel`, `redshift-log`, `trail`, `flow-log`, `database-audit`,
    /// `endpoint-access`, `secret-access`, `warehouse`, `login`, `master`, `task-log`, `database-log`, `parameters`, `options`…
    pub role: &'static str,
    /// Kind of who names it.
    pub by_kind: Kind,
    /// Who names it.
    pub by: Arc<Identity>,
}

/// Every reference between what was seen, sorted, each once. Linear in the snapshot.
pub fn references(resources: &Resources) -> Vec<Reference> {
    let mut all = Vec::new();
    dms(resources, &mut all);
    databases(resources, &mut all);
    warehouses(resources, &mut all);
    records(resources, &mut all);
    locks(resources, &mut all);
    all.sort();
    all.dedup();
    all
}

/// The name in a bucket's ARN (`arn:aws:s3:::name/prefix`), or the text itself.
pub fn bucket_name(text: &str) -> &str {
    let name = Arn::parse(text).map_or(text, |arn| arn.resource);
    name.split('/').next().unwrap_or(name)
}

struct Namer<'a> {
    all: &'a mut Vec<Reference>,
    kind: Kind,
    id: &'a Arc<Identity>,
}

impl<'a> Namer<'a> {
    fn new<T: super::Listed>(all: &'a mut Vec<Reference>, resource: &'a Resource<T>) -> Self {
        Self { all, kind: T::KIND, id: &resource.id }
    }

    fn names(&mut self, target: Kind, role: &'static str, id: Option<&str>) {
        let Some(id) = id.filter(|id| !id.is_empty()) else { return };
        let (id, region) = match target {
            Kind::Bucket => (bucket_name(id), Arc::from("global")),
            Kind::IamRole => (id, Arc::from("global")),
            // An ARN says its region; a name means the region of who names it.
            _ => (id, Arn::parse(id).filter(|arn| !arn.region.is_empty()).map_or_else(|| self.id.region.clone(), |arn| arn.region.into())),
        };
        self.all.push(Reference { target, id: id.to_owned(), region, role, by_kind: self.kind, by: self.id.clone() });
    }

    fn groups(&mut self, target: Kind, role: &'static str, groups: Option<&Vec<GroupStatus>>) {
        for group in groups.into_iter().flatten() {
            self.names(target, role, Some(&group.name));
        }
    }
}

fn flat<T>(field: &super::Observed<Option<T>>) -> Option<&T> {
    field.known().and_then(Option::as_ref)
}

fn dms(resources: &Resources, all: &mut Vec<Reference>) {
    for endpoint in &resources.dms_endpoints {
        let mut namer = Namer::new(all, endpoint);
        let fields = &endpoint.fields;
        namer.names(Kind::KmsKey, "parameters", flat(&fields.kms_key_id).map(String::as_str));
        for secret in fields.secrets.known().into_iter().flatten() {
            namer.names(Kind::Secret, "login", Some(&secret.secret_id));
            namer.names(Kind::IamRole, "secret-access", secret.role_arn.as_deref());
        }
        namer.names(Kind::IamRole, "endpoint-access", flat(&fields.service_access_role_arn).map(String::as_str));
        if let Some(staging) = flat(&fields.staging) {
            let role = if fields.engine.known().is_some_and(|engine| engine == "s3") { "target" } else { "staging" };
            namer.names(Kind::Bucket, role, staging.bucket.as_deref());
            namer.names(Kind::KmsKey, "storage", staging.kms_key_id.as_deref());
        }
    }
    for instance in &resources.dms_instances {
        let mut namer = Namer::new(all, instance);
        namer.names(Kind::KmsKey, "storage", flat(&instance.fields.kms_key_id).map(String::as_str));
        namer.names(Kind::LogGroup, "task-log", Some(&format!("dms-tasks-{}", instance.id.name)));
    }
    for task in &resources.dms_tasks {
        let settings = task.fields.settings.known();
        Namer::new(all, task).names(Kind::Bucket, "time-travel", settings.and_then(|settings| settings.time_travel_bucket.as_deref()));
    }
    for config in &resources.dms_replication_configs {
        let mut namer = Namer::new(all, config);
        let settings = config.fields.settings.known();
        namer.names(Kind::Bucket, "time-travel", settings.and_then(|settings| settings.time_travel_bucket.as_deref()));
        namer.names(Kind::KmsKey, "storage", flat(&config.fields.kms_key_id).map(String::as_str));
        namer.names(Kind::DmsSubnetGroup, "subnets", flat(&config.fields.subnet_group).map(String::as_str));
        namer.names(Kind::LogGroup, "task-log", Some(&serverless_log_group(&config.id)));
    }
}

/// The log group of a serverless replication, named by the id that ends its ARN. It comes with the first run.
/// Source: AWS DMS User Guide, "AWS DMS serverless replication logs".
pub fn serverless_log_group(config: &Identity) -> String {
    format!("dms-serverless-replication-{}", Arn::parse(&config.arn).map_or(&*config.name, |arn| arn.tail()))
}

/// Of what RDS database a log group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// An instance.
    Instance,
    /// A cluster: its members' logs go to one group.
    Cluster,
}

/// The log group to which RDS exports a log of a database: one for each sort, made with the first export.
/// Source: RDS User Guide, "Publishing database logs to Amazon CloudWatch Logs".
pub fn database_log_group(family: Family, database: &Identity, log: &str) -> String {
    let family = match family {
        Family::Instance => "instance",
        Family::Cluster => "cluster",
    };
    format!("/aws/rds/{family}/{}/{log}", database.name)
}

/// The log group to which Redshift exports a log of a cluster. Source: Redshift Management Guide, "Database audit logging".
pub fn warehouse_log_group(cluster: &Identity, log: &str) -> String {
    format!("/aws/redshift/cluster/{}/{log}", cluster.name)
}

fn databases(resources: &Resources, all: &mut Vec<Reference>) {
    for instance in &resources.rds_instances {
        let mut namer = Namer::new(all, instance);
        let fields = &instance.fields;
        namer.names(Kind::KmsKey, "storage", flat(&fields.kms_key_id).map(String::as_str));
        namer.names(Kind::Secret, "master", flat(&fields.master_secret).map(|secret| secret.arn.as_str()));
        namer.groups(Kind::RdsParameterGroup, "parameters", fields.parameter_groups.known());
        namer.groups(Kind::RdsOptionGroup, "options", fields.option_groups.known());
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

fn warehouses(resources: &Resources, all: &mut Vec<Reference>) {
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

fn records(resources: &Resources, all: &mut Vec<Reference>) {
    for trail in &resources.trails {
        let mut namer = Namer::new(all, trail);
        namer.names(Kind::Bucket, "trail", flat(&trail.fields.bucket).map(String::as_str));
        namer.names(Kind::KmsKey, "trail", flat(&trail.fields.kms_key_id).map(String::as_str));
    }
    // A VPC is in scope where a database, a warehouse or a mover stands in it; only its own flow logs matter.
    let databases = resources.rds_instances.iter().filter_map(|r| flat(&r.fields.vpc_id));
    let warehouses = resources.redshift_clusters.iter().filter_map(|r| flat(&r.fields.vpc_id));
    let movers = resources.dms_instances.iter().filter_map(|r| flat(&r.fields.vpc_id));
    let serverless = resources.dms_subnet_groups.iter().filter_map(|r| flat(&r.fields.vpc_id));
    let in_scope: HashSet<&String> = databases.chain(warehouses).chain(movers).chain(serverless).collect();
    for log in &resources.flow_logs {
        if log.fields.resource_id.known().is_some_and(|id| in_scope.contains(id)) {
            let mut namer = Namer::new(all, log);
            namer.names(Kind::LogGroup, "flow-log", flat(&log.fields.log_group).map(String::as_str));
            namer.names(Kind::Bucket, "flow-log", flat(&log.fields.bucket).map(String::as_str));
        }
    }
}

fn locks(resources: &Resources, all: &mut Vec<Reference>) {
    for secret in &resources.secrets {
        Namer::new(all, secret).names(Kind::KmsKey, "secret", flat(&secret.fields.kms_key_id).map(String::as_str));
    }
    for bucket in &resources.buckets {
        let key = flat(&bucket.fields.encryption).and_then(|encryption| encryption.kms_key_id.as_deref());
        Namer::new(all, bucket).names(Kind::KmsKey, "storage", key);
    }
    for group in &resources.log_groups {
        Namer::new(all, group).names(Kind::KmsKey, "log", flat(&group.fields.kms_key_id).map(String::as_str));
    }
}

/// Whether a key goes by this ARN, id, alias name or alias ARN.
pub fn is_key(key: &Resource<super::kms::Key>, id: &str) -> bool {
    if *id == *key.id.arn {
        return true;
    }
    let tail = Arn::parse(id).map_or(id, |arn| arn.resource);
    match tail.strip_prefix("alias/") {
        Some(_) => key.fields.aliases.known().is_some_and(|aliases| aliases.iter().any(|alias| alias == tail)),
        None => Arn::parse(id).is_none() && key.id.arn.rsplit('/').next() == Some(tail.strip_prefix("key/").unwrap_or(tail)),
    }
}
