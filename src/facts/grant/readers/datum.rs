//! What is asked about: the stores, buckets, secrets and keys of a pipeline, and its tasks, each with the resources that rights to it name.
//!
//! Source: Service Authorization Reference, "Resource types" of each service.

use iam_eval::Target;
use iam_eval::arn::Arn;

use super::super::escalation::{Gain, On};
use crate::evidence::{About, Derived, FieldRef, Missing, observe};
use crate::facts::FactContext;
use crate::model::bucket::Bucket;
use crate::model::kms::Key;
use crate::model::secret::Secret;
use crate::model::{Described, Identity, Kind, Resource, dms, rds, redshift};

/// One thing that somebody may reach.
pub(super) struct Datum {
    /// What its subject is about.
    pub about: About,
    /// The key that locks it, where that is a customer's key: who reads it must use the key, too.
    pub lock: Derived<Option<Lock>>,
    /// The fields that say who may reach it.
    pub from: Vec<FieldRef>,
    /// What of the resources around it was not seen.
    pub missing: Vec<Missing>,
    /// Of a key: whether it is a multi-Region primary.
    pub primary: Derived<bool>,
    endpoints: Vec<Endpoint>,
    /// Where a bucket may have access points, which the snapshot does not hold: the Region of a bucket is not in its name.
    regions: Vec<String>,
}

/// A key, and the service through which it is used.
#[derive(Debug, Clone)]
pub(super) struct Lock {
    /// ARN of the key.
    pub key: String,
    /// `s3.eu-west-1.amazonaws.com`.
    pub through: String,
}

struct Endpoint {
    arn: String,
    secrets: Vec<String>,
}

impl Datum {
    /// All that belongs to a pipeline.
    pub(super) fn all(ctx: &FactContext<'_>) -> Vec<Self> {
        let index = ctx.index;
        let mut all = Vec::new();
        let alone = |instance: &&Resource<rds::Instance>| !matches!(instance.fields.cluster_id.known(), Some(Some(_)));
        all.extend(index.all::<rds::Instance>().iter().filter(alone).map(|instance| Self::plain(ctx, instance)));
        all.extend(index.all::<rds::Cluster>().iter().map(|cluster| Self::plain(ctx, cluster)));
        all.extend(index.all::<redshift::Cluster>().iter().map(|cluster| Self::plain(ctx, cluster)));
        all.extend(index.all::<Bucket>().iter().filter_map(|bucket| Self::bucket(ctx, bucket)));
        all.extend(index.all::<Secret>().iter().filter_map(|secret| Self::secret(ctx, secret)));
        all.extend(index.all::<Key>().iter().filter_map(|key| Self::key(ctx, key)));
        for task in index.all::<dms::Task>() {
            let ends = [observe!(task.source_endpoint_arn), observe!(task.target_endpoint_arn)];
            all.push(Self::plain(ctx, task).between(ctx, ends));
        }
        for config in index.all::<dms::ReplicationConfig>() {
            let ends = [observe!(config.source_endpoint_arn), observe!(config.target_endpoint_arn)];
            all.push(Self::plain(ctx, config).between(ctx, ends));
        }
        all.retain(|datum| !datum.about.pipelines.is_empty());
        all
    }

    fn plain<T: Described>(ctx: &FactContext<'_>, resource: &Resource<T>) -> Self {
        let about =
            About { kind: T::KIND, resource: resource.id.clone(), key: String::new(), pipelines: ctx.pipelines.of(T::KIND, &resource.id.arn) };
        Self {
            about,
            lock: Derived::known(None),
            from: Vec::new(),
            missing: Vec::new(),
            primary: Derived::known(false),
            endpoints: Vec::new(),
            regions: Vec::new(),
        }
    }

    /// A bucket that holds rows: staging, a target, Time Travel.
    fn bucket(ctx: &FactContext<'_>, bucket: &Resource<Bucket>) -> Option<Self> {
        let uses = ctx.pipelines.uses(Kind::Bucket, &bucket.id.arn);
        uses.iter().find(|reference| ["staging", "target", "time-travel"].contains(&reference.role))?;
        let mut datum = Self::plain(ctx, bucket);
        datum.from.extend_from_slice(observe!(bucket.policy).from());
        // One for several Regions names none.
        datum.regions = ctx.index.snapshot.regions.iter().cloned().chain([String::new()]).collect();
        let encryption = observe!(bucket.encryption).map(|encryption| encryption.filter(|one| one.algorithm.starts_with("aws:kms")));
        datum.lock = encryption.and_then(|one| Lock::find(ctx, &bucket.id, one.and_then(|one| one.kms_key_id).as_deref(), "s3"));
        Some(datum)
    }

    /// A secret that an endpoint logs in with, or a master secret.
    fn secret(ctx: &FactContext<'_>, secret: &Resource<Secret>) -> Option<Self> {
        let uses = ctx.pipelines.uses(Kind::Secret, &secret.id.arn);
        uses.iter().find(|reference| ["login", "master"].contains(&reference.role))?;
        let mut datum = Self::plain(ctx, secret);
        datum.from.extend_from_slice(observe!(secret.policy).from());
        datum.lock = observe!(secret.kms_key_id).and_then(|key| Lock::find(ctx, &secret.id, key.as_deref(), "secretsmanager"));
        Some(datum)
    }

    /// A key that customers manage; AWS's own open to whoever may use the service, and are no lock of their own.
    fn key(ctx: &FactContext<'_>, key: &Resource<Key>) -> Option<Self> {
        let manager = observe!(key.manager);
        if manager.value().is_some_and(|manager| manager == "AWS") {
            return None;
        }
        let mut datum = Self::plain(ctx, key);
        datum.missing.extend_from_slice(manager.missing());
        datum.from.extend_from_slice(observe!(key.policy).from());
        datum.from.extend_from_slice(observe!(key.grants).from());
        datum.primary = observe!(key.multi_region_type).map(|kind| kind.as_deref() == Some("PRIMARY"));
        Some(datum)
    }

    /// A task between two endpoints.
    fn between(mut self, ctx: &FactContext<'_>, ends: [Derived<String>; 2]) -> Self {
        for end in ends {
            self.from.extend_from_slice(end.from());
            self.missing.extend_from_slice(end.missing());
            let Some(arn) = end.value() else { continue };
            let region = self.about.resource.region.clone();
            let found = ctx.index.get::<dms::Endpoint>(&region, arn);
            self.missing.extend_from_slice(found.missing());
            let mut endpoint = Endpoint { arn: arn.clone(), secrets: Vec::new() };
            if let Some(found) = found.value().copied() {
                let secrets = observe!(found.secrets);
                self.missing.extend_from_slice(secrets.missing());
                let named = secrets.value().into_iter().flatten();
                let arns = named.filter_map(|secret| ctx.pipelines.named(Kind::Secret, &found.id.region, &secret.secret_id));
                endpoint.secrets.extend(arns.map(|id| id.arn.to_string()));
            }
            self.endpoints.push(endpoint);
        }
        self
    }

    /// The resources that a right to it names; empty where it has none of that sort.
    pub(super) fn targets(&self, on: On) -> Vec<Target> {
        let (id, kind) = (&self.about.resource, self.about.kind);
        let partition = Arn::parse(&id.arn).map_or("aws", |arn| arn.partition);
        let own = |service: &str, resource: &str| format!("arn:{partition}:{service}:{}:{}:{resource}", id.region, id.account);
        match (on, kind) {
            (On::Datum | On::DatumByIdentity, _) => vec![Target::one(&id.arn)],
            (On::Objects | On::ObjectsByIdentity, Kind::Bucket) => vec![Target::any(&format!("{}/*", id.arn))],
            (On::AccessPoint, Kind::Bucket) => {
                let names = self.regions.iter().map(|region| format!("arn:{partition}:s3:{region}:{}:accesspoint/*/object/*", id.account));
                names.map(|name| Target::any(&name)).collect()
            }
            (On::Snapshot, Kind::RdsInstance) => vec![Target::any(&own("rds", "snapshot:*"))],
            (On::Snapshot, Kind::RdsCluster) => vec![Target::any(&own("rds", "cluster-snapshot:*"))],
            (On::Snapshot, Kind::RedshiftCluster) => vec![Target::any(&own("redshift", &format!("snapshot:{}/*", id.name)))],
            (On::Database, Kind::RedshiftCluster) => vec![Target::any(&own("redshift", &format!("dbname:{}/*", id.name)))],
            (On::DatabaseUser, Kind::RedshiftCluster) => vec![Target::any(&own("redshift", &format!("dbuser:{}/*", id.name)))],
            // Under an id that the snapshot does not hold.
            (On::DatabaseUser, _) => vec![Target::any(&own("rds-db", "dbuser:*"))],
            (On::Endpoint, _) => self.endpoints.iter().map(|endpoint| Target::one(&endpoint.arn)).collect(),
            (On::SourceEndpoint, _) => self.endpoints.first().map(|endpoint| Target::one(&endpoint.arn)).into_iter().collect(),
            (On::EndpointSecret, _) => self.endpoints.iter().flat_map(|endpoint| &endpoint.secrets).map(|arn| Target::one(arn)).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether a right names a resource with a policy of its own, which may let in others.
    pub(super) fn has_policy(&self, on: On) -> bool {
        let kind = matches!(self.about.kind, Kind::Bucket | Kind::Secret | Kind::KmsKey);
        matches!(on, On::Objects | On::EndpointSecret) || (on == On::Datum && kind)
    }

    /// What somebody with every right does with it.
    pub(super) const fn main_gain(&self) -> Gain {
        match self.about.kind {
            Kind::KmsKey => Gain::Unlock,
            Kind::DmsTask | Kind::DmsReplicationConfig => Gain::ReRoute,
            _ => Gain::Read,
        }
    }
}

impl Lock {
    /// The key by any of its names; none where it is AWS's own, which opens to whoever may use the service.
    fn find(ctx: &FactContext<'_>, of: &Identity, key: Option<&str>, service: &str) -> Derived<Option<Self>> {
        let Some(name) = key.filter(|key| !key.is_empty() && !key.starts_with("alias/aws/") && !key.contains(":alias/aws/")) else {
            return Derived::known(None);
        };
        let Some(id) = ctx.pipelines.named(Kind::KmsKey, &of.region, name) else {
            return Derived::unseen(Missing::Outside(format!("the key {name} was not read")));
        };
        ctx.index.get::<Key>(&id.region, &id.arn).and_then(|key| {
            let through = format!("{service}.{}.amazonaws.com", key.id.region);
            observe!(key.manager).map(|manager| (manager != "AWS").then(|| Self { key: key.id.arn.to_string(), through }))
        })
    }
}
