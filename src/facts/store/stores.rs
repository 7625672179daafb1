//! Every place where data rests: databases, warehouses, movers, their snapshots, and buckets by what they are used for (3.2.1, 3.5.1).

use super::super::FactContext;
use super::super::exposure::hop_path::Crossings;
use super::super::pipeline::Server;
use super::super::subject::Subject;
use super::STORE;
use super::bucket::Used;
use super::encryption::AtRest;
use super::tls::{Enforcement, enforcement};
use super::tls_versions::{Weak, weak};
use crate::aws_defaults::Engine;
use crate::evidence::{About, Derived, observe};
use crate::model::{Described, Kind, Resource, dms, rds, redshift};

/// The subjects of the fact kind `store`.
pub(super) fn derive(ctx: &FactContext<'_>, buckets: &[Used<'_>]) -> Vec<Subject> {
    let index = ctx.index;
    let mut subjects = Vec::new();
    // A member of a cluster stores nothing of its own: the cluster is the store.
    let alone = |instance: &&Resource<rds::Instance>| !matches!(instance.fields.cluster_id.known(), Some(Some(_)));
    subjects.extend(index.all::<rds::Instance>().iter().filter(alone).map(|instance| of_instance(ctx, instance)));
    subjects.extend(index.all::<rds::Cluster>().iter().map(|cluster| of_cluster(ctx, cluster)));
    subjects.extend(index.all::<redshift::Cluster>().iter().map(|cluster| of_warehouse(ctx, cluster)));
    subjects.extend(index.all::<dms::Instance>().iter().map(|instance| of_mover(ctx, instance, &observe!(instance.kms_key_id))));
    subjects.extend(index.all::<dms::ReplicationConfig>().iter().map(|config| of_mover(ctx, config, &observe!(config.kms_key_id))));
    subjects.extend(index.all::<rds::Snapshot>().iter().map(|snapshot| of_snapshot(ctx, snapshot)));
    subjects.extend(index.all::<rds::ClusterSnapshot>().iter().map(|snapshot| of_cluster_snapshot(ctx, snapshot)));
    subjects.extend(index.all::<redshift::Snapshot>().iter().map(|snapshot| of_warehouse_snapshot(ctx, snapshot)));
    subjects.extend(buckets.iter().flat_map(|bucket| of_bucket(ctx, bucket)));
    let crossings = Crossings::new(ctx);
    let cross = |subject: Subject| {
        let server = matches!(subject.about.kind, Kind::RdsInstance | Kind::RdsCluster | Kind::RedshiftCluster);
        let crosses = if server { crossings.to(&subject.about.resource.arn) } else { Derived::known(false) };
        subject.with("crosses_untrusted", crosses)
    };
    subjects.into_iter().map(cross).collect()
}

/// What distinguishes one store from another before TLS comes in.
struct Rest {
    engine: Derived<String>,
    in_family: Derived<bool>,
    role: Derived<&'static str>,
    at_rest: AtRest,
    takes_customer_key: Derived<bool>,
}

fn rests(about: About, rest: Rest) -> Subject {
    Subject::new(STORE.name, about)
        .with("engine", rest.engine)
        .with("in_family", rest.in_family)
        .with("role", rest.role)
        .with("encrypted", rest.at_rest.encrypted)
        .with("encryption", rest.at_rest.words)
        .with("customer_key", rest.at_rest.customer_key)
        .with("takes_customer_key", rest.takes_customer_key)
}

fn served(subject: Subject, server: Option<Server<'_>>, judged: Derived<bool>, tls: Derived<Enforcement>, weak: Derived<Weak>) -> Subject {
    subject
        .with("parameter_groups", server.map_or_else(|| Derived::known(Vec::new()), Server::parameter_groups))
        .with("instances", server.map_or_else(|| Derived::known(Vec::new()), Server::instances))
        .with("tls_judged", judged)
        .with("tls_enforced", tls.clone().map(|tls| tls.enforced))
        .with("tls_why", tls.clone().map(|tls| tls.why))
        .with("tls_lacks", tls.clone().map(|tls| tls.lacks))
        .with("tls_asks_person", tls.map(|tls| tls.asks_person))
        .with("weak_tls", weak.clone().map(|weak| weak.accepts))
        .with("weak_tls_asks_person", weak.map(|weak| weak.asks_person))
}

fn unserved(subject: Subject, why: &str) -> Subject {
    let tls = Enforcement { enforced: true, why: why.to_owned(), asks_person: false, lacks: Vec::new() };
    served(subject, None, Derived::known(false), Derived::known(tls), Derived::known(Weak::default()))
}

/// A database server; Neptune and DocumentDB, which only share the API, are left alone.
fn server(subject: Subject, ctx: &FactContext<'_>, family: Derived<bool>, at: Server<'_>) -> Subject {
    if family.value() == Some(&false) {
        return unserved(subject, "no RDS engine");
    }
    let tls = family.clone().and_then(|_| enforcement(ctx, at));
    let weak = family.clone().and_then(|_| weak(ctx, at));
    served(subject, Some(at), family, tls, weak)
}

fn is_ours(engine: &str) -> bool {
    Engine::from_name(engine) != Engine::Foreign
}

fn of_instance(ctx: &FactContext<'_>, instance: &Resource<rds::Instance>) -> Subject {
    let (encrypted, kind) = (observe!(instance.storage_encrypted), observe!(instance.storage_encryption_type));
    let family = observe!(instance.engine).map(|engine| is_ours(&engine));
    let rest = Rest {
        engine: observe!(instance.engine),
        in_family: family.clone(),
        role: Derived::known("database"),
        at_rest: AtRest::of_database(ctx, &instance.id.region, encrypted, kind, &observe!(instance.kms_key_id)),
        takes_customer_key: Derived::known(true),
    };
    let subject = rests(super::about(ctx, Kind::RdsInstance, &instance.id), rest);
    server(subject, ctx, family, Server::RdsInstance(instance)).given(&observe!(instance.cluster_id))
}

fn of_cluster(ctx: &FactContext<'_>, cluster: &Resource<rds::Cluster>) -> Subject {
    let (encrypted, kind) = (observe!(cluster.storage_encrypted), observe!(cluster.storage_encryption_type));
    let family = observe!(cluster.engine).map(|engine| is_ours(&engine));
    let rest = Rest {
        engine: observe!(cluster.engine),
        in_family: family.clone(),
        role: Derived::known("database"),
        at_rest: AtRest::of_database(ctx, &cluster.id.region, encrypted, kind, &observe!(cluster.kms_key_id)),
        takes_customer_key: Derived::known(true),
    };
    let subject = rests(super::about(ctx, Kind::RdsCluster, &cluster.id), rest);
    server(subject, ctx, family, Server::RdsCluster(cluster))
}

fn of_warehouse(ctx: &FactContext<'_>, cluster: &Resource<redshift::Cluster>) -> Subject {
    let at_rest = AtRest::by_flag(ctx, &cluster.id.region, observe!(cluster.encrypted), &observe!(cluster.kms_key_id));
    let subject = rests(super::about(ctx, Kind::RedshiftCluster, &cluster.id), service("redshift", "warehouse", at_rest));
    let at = Server::Redshift(cluster);
    served(subject, Some(at), Derived::known(true), enforcement(ctx, at), weak(ctx, at))
}

fn of_mover<T: Described>(ctx: &FactContext<'_>, mover: &Resource<T>, key: &Derived<Option<String>>) -> Subject {
    let at_rest = AtRest::of_mover(ctx, &mover.id.region, key);
    unserved(rests(super::about(ctx, T::KIND, &mover.id), service("dms", "replication", at_rest)), NO_SERVER)
}

const NO_SERVER: &str = "not a server";

/// A store of a service that is always in the family.
fn service(engine: &str, role: &'static str, at_rest: AtRest) -> Rest {
    Rest {
        engine: Derived::known(engine.to_owned()),
        in_family: Derived::known(true),
        role: Derived::known(role),
        at_rest,
        takes_customer_key: Derived::known(true),
    }
}

/// The engine of what a snapshot was taken of: as AWS says it of the snapshot, else as it says it of the source, while that still exists.
fn engine_of(said: Derived<Option<String>>, source: Derived<Option<Derived<String>>>) -> Derived<String> {
    if matches!(said.value(), Some(Some(_))) {
        return said.map(Option::unwrap_or_default);
    }
    source.and_then(|engine| engine.unwrap_or_else(|| said.map(|_| "rds".to_owned())))
}

fn of_snapshot(ctx: &FactContext<'_>, snapshot: &Resource<rds::Snapshot>) -> Subject {
    let source = observe!(snapshot.source_id).and_then(|id| match id {
        Some(id) => ctx.index.find::<rds::Instance>(&snapshot.id.region, &id).map(|found| found.map(|instance| observe!(instance.engine))),
        None => Derived::known(None),
    });
    let (encrypted, kind) = (observe!(snapshot.encrypted), observe!(snapshot.storage_encryption_type));
    let rest = Rest {
        engine: engine_of(observe!(snapshot.engine), source),
        // Neptune and DocumentDB have cluster snapshots only.
        in_family: Derived::known(true),
        role: Derived::known("snapshot"),
        at_rest: AtRest::of_database(ctx, &snapshot.id.region, encrypted, kind, &observe!(snapshot.kms_key_id)),
        takes_customer_key: Derived::known(true),
    };
    unserved(rests(super::about(ctx, Kind::RdsSnapshot, &snapshot.id), rest), NO_SERVER)
}

fn of_cluster_snapshot(ctx: &FactContext<'_>, snapshot: &Resource<rds::ClusterSnapshot>) -> Subject {
    let source = observe!(snapshot.source_id).and_then(|id| match id {
        Some(id) => ctx.index.find::<rds::Cluster>(&snapshot.id.region, &id).map(|found| found.map(|cluster| observe!(cluster.engine))),
        None => Derived::known(None),
    });
    let (encrypted, kind) = (observe!(snapshot.encrypted), observe!(snapshot.storage_encryption_type));
    let engine = engine_of(observe!(snapshot.engine), source);
    let rest = Rest {
        in_family: engine.clone().map(|engine| is_ours(&engine)),
        engine,
        role: Derived::known("snapshot"),
        at_rest: AtRest::of_database(ctx, &snapshot.id.region, encrypted, kind, &observe!(snapshot.kms_key_id)),
        takes_customer_key: Derived::known(true),
    };
    unserved(rests(super::about(ctx, Kind::RdsClusterSnapshot, &snapshot.id), rest), NO_SERVER)
}

fn of_warehouse_snapshot(ctx: &FactContext<'_>, snapshot: &Resource<redshift::Snapshot>) -> Subject {
    let at_rest = AtRest::by_flag(ctx, &snapshot.id.region, observe!(snapshot.encrypted), &observe!(snapshot.kms_key_id));
    unserved(rests(super::about(ctx, Kind::RedshiftSnapshot, &snapshot.id), service("redshift", "snapshot", at_rest)), NO_SERVER)
}

/// A bucket is one store for each endpoint that writes rows into it, and one more where it keeps Time Travel records or logs.
fn of_bucket(ctx: &FactContext<'_>, bucket: &Used<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    let default = AtRest::of_bucket(ctx, &bucket.id.region, &bucket.field("encryption", |bucket| &bucket.encryption));
    let nowhere = bucket.exists(ctx).value() == Some(&false);
    for one in bucket.uses.iter().filter(|one| one.by_kind == Kind::DmsEndpoint) {
        let found = ctx.index.position(Kind::DmsEndpoint, &one.by.arn).and_then(|position| ctx.index.all::<dms::Endpoint>().get(position));
        let Some(endpoint) = found else { continue };
        let at_rest = if endpoint.fields.endpoint_type.known().is_some_and(|end| end == "source") {
            // DMS only reads here: the bucket's own default is what its objects were written with.
            default.clone()
        } else {
            let staging = observe!(endpoint.staging).map(Option::unwrap_or_default);
            AtRest::of_staging(ctx, &endpoint.id.region, &staging, &observe!(endpoint.connection_attributes))
        };
        // What an endpoint asks for is nothing while there is no bucket, and another's to grant once somebody makes one.
        let at_rest = if nowhere { AtRest::unseen(&format!("how bucket {}, which does not exist, encrypts", bucket.id.name)) } else { at_rest };
        let mut about = super::about(ctx, Kind::Bucket, &bucket.id);
        // A bucket has no region, and endpoints of two regions may share a name.
        about.key = format!("{} in {}, {}", endpoint.id.name, endpoint.id.region, bucket.id.name);
        let mut rest = service("s3", one.role, at_rest);
        // What an endpoint uses its bucket for is a matter of its engine.
        rest.role = observe!(endpoint.engine).map(|_| one.role);
        subjects.push(unserved(rests(about, rest), NO_SERVER));
    }
    let role = if bucket.has_role("time-travel") {
        "time-travel"
    } else if bucket.holds_logs() {
        "log"
    } else {
        return subjects;
    };
    let mut rest = service("s3", role, default);
    rest.takes_customer_key = takes_customer_key(ctx, bucket);
    subjects.push(unserved(rests(super::about(ctx, Kind::Bucket, &bucket.id), rest), NO_SERVER));
    subjects
}

/// Redshift's audit delivery takes SSE-S3 alone (Redshift Management Guide, "Database audit logging"). That a bucket gets no such
/// delivery is known only where every cluster was asked.
fn takes_customer_key(ctx: &FactContext<'_>, bucket: &Used<'_>) -> Derived<bool> {
    if bucket.has_role("redshift-log") {
        return Derived::known(false).resting_on(&bucket.named_in("redshift-log"));
    }
    let listed = ctx.index.snapshot.regions.iter().map(|region| ctx.index.listed(Kind::RedshiftCluster, region));
    let asked = ctx.index.all::<redshift::Cluster>().iter().map(|cluster| observe!(cluster.logging).map(|_| ()));
    Derived::collect(listed.chain(asked)).map(|_| true)
}
