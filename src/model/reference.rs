//! What names what: keys, secrets, roles, buckets and log groups come into scope only because something in scope names them.
//!
//! `collect` asks about what is named here, `facts` judges it: one list for both.

use std::sync::Arc;

use iam_eval::arn::Arn;

use super::{Identity, Kind, REFERENCES_OF, Resource, Resources};

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
    REFERENCES_OF.iter().for_each(|of| of(resources, &mut all));
    all.sort();
    all.dedup();
    all
}

/// The name in a bucket's ARN (`arn:aws:s3:::name/prefix`), or the text itself.
pub fn bucket_name(text: &str) -> &str {
    let name = Arn::parse(text).map_or(text, |arn| arn.resource);
    name.split('/').next().unwrap_or(name)
}

/// Notes what one resource names.
pub(super) struct Namer<'a> {
    all: &'a mut Vec<Reference>,
    kind: Kind,
    id: &'a Arc<Identity>,
}

impl<'a> Namer<'a> {
    /// What this one names.
    pub(super) fn new<T: super::Listed>(all: &'a mut Vec<Reference>, resource: &'a Resource<T>) -> Self {
        Self { all, kind: T::KIND, id: &resource.id }
    }

    /// That it names something for a role; none and nothing is no name.
    pub(super) fn names(&mut self, target: Kind, role: &'static str, id: Option<&str>) {
        let Some(id) = id.filter(|id| !id.is_empty()) else { return };
        let (id, region) = match target {
            Kind::Bucket => (bucket_name(id), Arc::from("global")),
            target if target.is_global() => (id, Arc::from("global")),
            // An ARN says its region; a name means the region of who names it.
            _ => (id, Arn::parse(id).filter(|arn| !arn.region.is_empty()).map_or_else(|| self.id.region.clone(), |arn| arn.region.into())),
        };
        self.all.push(Reference { target, id: id.to_owned(), region, role, by_kind: self.kind, by: self.id.clone() });
    }
}

/// A value that AWS gave, and that is not "none".
pub(super) fn flat<T>(field: &super::Observed<Option<T>>) -> Option<&T> {
    field.known().and_then(Option::as_ref)
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
