//! Do a database's audit records exist, and do they leave the server (10.2.1.x, 10.3.3)?
//!
//! Each engine has its own way: RDS User Guide on SQLSERVER_AUDIT, MARIADB_AUDIT_PLUGIN, pgaudit and Oracle's audit files, Aurora User Guide
//! on Advanced Auditing and activity streams. An export alone proves nothing: SQL Server exports its error log, MySQL an empty audit log.

mod audited;
mod pgaudit;

use super::super::FactContext;
use super::super::store::options::{self, Attached};
use super::super::store::parameters::{self, Force, Held};
use super::super::subject::Subject;
use super::AUDIT_LOG;
use crate::aws_defaults;
use crate::aws_defaults::Engine;
use crate::evidence::{Derived, observe};
use crate::model::reference::{Family, database_log_group};
use crate::model::{Identity, Kind, Resource, rds};

/// One half of the answer: whether, whether a person has to say more, and which setting decides.
#[derive(Debug, Clone)]
struct Half {
    yes: bool,
    asks: bool,
    words: String,
}

impl Half {
    fn is(yes: bool, words: impl Into<String>) -> Self {
        Self { yes, asks: false, words: words.into() }
    }

    fn asks(words: impl Into<String>) -> Self {
        Self { yes: true, asks: true, words: words.into() }
    }

    /// It is recorded, but for what is left out: whether that is recorded in another way, a person says.
    fn unless(left_out: Vec<&str>, words: String) -> Self {
        if left_out.is_empty() { Self::is(true, words) } else { Self::asks(format!("{words}, which leaves out {}", left_out.join(", "))) }
    }
}

/// The subjects of the fact kind `audit-log`: instances that belong to no cluster, and clusters for all their members.
pub(super) fn derive(ctx: &FactContext<'_>) -> Vec<Subject> {
    let alone = ctx.index.all::<rds::Instance>().iter().filter(|instance| !matches!(instance.fields.cluster_id.known(), Some(Some(_))));
    let instances = alone.map(|instance| {
        let exports = Exports {
            ctx,
            family: Family::Instance,
            database: &instance.id,
            types: observe!(instance.log_exports),
            stream: observe!(instance.activity_stream_status),
            upload: Derived::known(Half::is(false, "instances upload nothing by themselves")),
        };
        let produced = observe!(instance.engine).and_then(|engine| of_instance(ctx, instance, Engine::from_name(&engine), &exports));
        let subject = Subject::new(AUDIT_LOG.name, super::about(ctx, Kind::RdsInstance, &instance.id));
        audit(subject, &observe!(instance.engine), &produced, &exports, || options::attached(ctx, instance)).given(&observe!(instance.cluster_id))
    });
    let clusters = ctx.index.all::<rds::Cluster>().iter().map(|cluster| {
        let exports = Exports {
            ctx,
            family: Family::Cluster,
            database: &cluster.id,
            types: observe!(cluster.log_exports),
            stream: observe!(cluster.activity_stream_status),
            upload: parameters::of_cluster(ctx, cluster).and_then(|groups| uploads(&groups)),
        };
        let produced = observe!(cluster.engine).and_then(|engine| of_cluster(ctx, cluster, Engine::from_name(&engine), &exports));
        let subject = Subject::new(AUDIT_LOG.name, super::about(ctx, Kind::RdsCluster, &cluster.id));
        audit(subject, &observe!(cluster.engine), &produced, &exports, || Derived::known(Vec::new()))
    });
    instances.chain(clusters).collect()
}

/// The ways out of the server.
struct Exports<'w, 'a> {
    ctx: &'w FactContext<'a>,
    family: Family,
    database: &'w Identity,
    types: Derived<Vec<String>>,
    stream: Derived<Option<String>>,
    /// Aurora MySQL's own upload of its audit log.
    upload: Derived<Half>,
}

impl Exports<'_, '_> {
    fn streams(&self) -> Derived<bool> {
        self.stream.clone().map(|status| status.as_deref() == Some("started"))
    }

    /// An activity stream takes the records away, or the log of this type does.
    fn of(&self, log: &str) -> Derived<Half> {
        let exported = self.types.clone().map(|types| types.iter().any(|one| one == log));
        let exported = exported.and_then(|exported| if exported { self.arrives(log) } else { Derived::known(false) });
        let streams = self.streams();
        let out = Derived::any([streams.clone(), exported]);
        out.map(|out| match (streams.value(), out) {
            (Some(true), _) => Half::is(true, "an activity stream takes them away"),
            (_, true) => Half::is(true, format!("the {log} log is exported")),
            (_, false) => Half::is(false, format!("the {log} log is not exported and no activity stream runs")),
        })
    }

    /// Whether an exported log has a place.
    fn arrives(&self, log: &str) -> Derived<bool> {
        self.ctx.index.log_group_exists(&self.database.region, &database_log_group(self.family, self.database, log), "it is exported")
    }

    /// As above, or Aurora MySQL uploads its audit log by itself.
    fn of_aurora_mysql(&self) -> Derived<Half> {
        let exported = self.of("audit");
        let is_yes = |half: &Derived<Half>| half.value().is_some_and(|half| half.yes);
        match (is_yes(&exported), is_yes(&self.upload)) {
            (true, _) => exported,
            (false, true) => self.upload.clone(),
            (false, false) => exported.zip(self.upload.clone()).map(|(exported, _)| exported),
        }
    }
}

fn audit(
    subject: Subject,
    engine: &Derived<String>,
    produced: &Derived<Half>,
    exports: &Exports<'_, '_>,
    options: impl FnOnce() -> Derived<Vec<Attached>>,
) -> Subject {
    let family = engine.clone().map(|engine| Engine::from_name(&engine) != Engine::Foreign);
    let delivered = engine.clone().and_then(|engine| match Engine::from_name(&engine) {
        Engine::SqlServer => to_bucket(exports, options),
        Engine::Postgres | Engine::AuroraPostgres => exports.of("postgresql"),
        Engine::AuroraMySql => exports.of_aurora_mysql(),
        Engine::MySql | Engine::MariaDb | Engine::Oracle => exports.of("audit"),
        Engine::Db2 | Engine::Custom | Engine::Unknown => Derived::known(Half::asks("how they leave the server AWS does not show")),
        Engine::Foreign => Derived::known(Half::is(true, "no RDS engine")),
    });
    // A question is worth asking only where nothing is known to be wrong.
    let asks = Derived::all([
        produced.clone().map(|half| half.yes),
        delivered.clone().map(|half| half.yes),
        Derived::any([produced.clone().map(|half| half.asks), delivered.clone().map(|half| half.asks)]),
    ]);
    let no = |half: &Derived<Half>| half.value().is_some_and(|half| !half.yes);
    // What is known to be missing is worth saying, whatever else was not seen.
    let why = match (no(produced), no(&delivered)) {
        (true, false) => produced.clone().map(|half| half.words),
        (false, true) if produced.value().is_none() => delivered.clone().map(|half| half.words),
        _ => produced.clone().zip(delivered.clone()).map(|(produced, delivered)| format!("{}; {}", produced.words, delivered.words)),
    };
    subject
        .with("engine", engine.clone())
        .with("in_family", family)
        .with("produced", produced.clone().map(|half| half.yes))
        .with("delivered", delivered.map(|half| half.yes))
        .with("asks_person", asks)
        .with("why", why)
}

/// SQL Server's audits go to the bucket of their option: the exports never hold them.
fn to_bucket(exports: &Exports<'_, '_>, options: impl FnOnce() -> Derived<Vec<Attached>>) -> Derived<Half> {
    let bucket = options().map(|options| {
        let audit = options.iter().find(|option| option.option.name == "SQLSERVER_AUDIT");
        audit.and_then(|audit| audit.option.settings.get("S3_BUCKET_ARN").cloned().flatten()).filter(|bucket| !bucket.is_empty())
    });
    let streams = exports.streams();
    Derived::any([streams.clone(), bucket.clone().map(|bucket| bucket.is_some())]).map(|out| match (streams.value(), bucket.value()) {
        (Some(true), _) => Half::is(true, "an activity stream takes them away"),
        (_, Some(Some(bucket))) => Half::is(out, format!("they go to {bucket}")),
        _ => Half::is(out, "no bucket takes them"),
    })
}

fn of_instance(ctx: &FactContext<'_>, instance: &Resource<rds::Instance>, engine: Engine, exports: &Exports<'_, '_>) -> Derived<Half> {
    let groups = || parameters::of_instance(ctx, instance);
    match engine {
        Engine::SqlServer => {
            let option = option(ctx, instance, "SQLSERVER_AUDIT");
            let streams = exports.streams();
            Derived::any([streams.clone(), option.clone().map(|half| half.yes)]).map(|yes| match (streams.value(), option.value()) {
                (Some(true), _) => Half::asks("an activity stream runs; which audits exist is set in the database"),
                (_, Some(half)) if yes => Half::asks(format!("{}; which audits exist is set in the database", half.words)),
                (_, Some(half)) => Half::is(false, format!("{}, and the error and agent logs hold no audit records", half.words)),
                (_, None) => Half::is(false, "no option SQLSERVER_AUDIT"),
            })
        }
        Engine::MySql | Engine::MariaDb => option(ctx, instance, "MARIADB_AUDIT_PLUGIN"),
        Engine::Postgres => groups().and_then(|groups| every(&groups, pgaudit::writes)),
        Engine::Oracle => observe!(instance.engine_version).zip(groups()).and_then(|(version, groups)| oracle(&groups, &version)),
        engine => elsewhere(engine),
    }
}

fn of_cluster(ctx: &FactContext<'_>, cluster: &Resource<rds::Cluster>, engine: Engine, exports: &Exports<'_, '_>) -> Derived<Half> {
    let groups = || parameters::of_cluster(ctx, cluster);
    let by_setting = match engine {
        Engine::AuroraMySql => groups().and_then(|groups| advanced_auditing(&groups)),
        Engine::AuroraPostgres | Engine::Postgres => groups().and_then(|groups| every(&groups, pgaudit::writes)),
        engine => return elsewhere(engine),
    };
    // Aurora's activity stream records by itself, whatever the parameters say.
    let streams = exports.streams();
    if streams.value() == Some(&true) {
        return streams.map(|_| Half::is(true, "an activity stream runs"));
    }
    Derived::any([streams, by_setting.clone().map(|half| half.yes)]).and_then(|_| by_setting)
}

/// Engines whose audit settings AWS does not show, or that this version does not read.
fn elsewhere(engine: Engine) -> Derived<Half> {
    Derived::known(match engine {
        Engine::Foreign => Half::is(true, "no RDS engine"),
        Engine::Db2 => Half::asks("Db2's audit policies are set in the database"),
        Engine::Custom => Half::asks("RDS Custom: auditing is set on the host"),
        _ => Half::asks("how this engine audits is not shown by AWS"),
    })
}

/// Whether an option is attached and in force.
fn option(ctx: &FactContext<'_>, instance: &Resource<rds::Instance>, name: &str) -> Derived<Half> {
    options::attached(ctx, instance).map(|options| match options.iter().find(|option| option.option.name == name) {
        Some(found) if found.in_force() => {
            let events = found.option.settings.get("SERVER_AUDIT_EVENTS").and_then(Option::as_deref).filter(|events| !events.trim().is_empty());
            let words = format!("option {name} in {}, in force", found.group);
            if let Some(users) = left_out(|name| found.option.settings.get(name).and_then(Option::as_deref)) {
                return Half::asks(format!("{words}, {users}"));
            }
            match events {
                Some(events) => Half::unless(audited::not_in_events(events), format!("{words}, for {events}")),
                // Without a setting the plug-in records connections and queries.
                None => Half::is(true, words),
            }
        }
        Some(found) => Half::is(false, format!("option {name} in {} is not proven in force: {}", found.group, found.status)),
        None => Half::is(false, format!("no option {name}")),
    })
}

/// Whose accesses the audit of MySQL and MariaDB leaves out, in words: everyone's but those listed, or those excepted (RDS's own user apart).
fn left_out<'s>(setting: impl Fn(&str) -> Option<&'s str>) -> Option<String> {
    let users = |name: &str| setting(name).map(str::trim).filter(|users| !users.is_empty());
    let all_but_ours = |users: &&str| users.split(',').any(|user| !user.trim().eq_ignore_ascii_case("rdsadmin"));
    let only = users("SERVER_AUDIT_INCL_USERS").map(|users| format!("of the users {users} alone"));
    only.or_else(|| users("SERVER_AUDIT_EXCL_USERS").filter(all_but_ours).map(|users| format!("but for the users {users}")))
}

/// Every group must say so: the first known no decides.
fn every(groups: &[Held], judge: impl Fn(&Held) -> Derived<Half>) -> Derived<Half> {
    let judged: Vec<_> = groups.iter().map(judge).collect();
    if let Some(no) = judged.iter().find(|half| half.value().is_some_and(|half| !half.yes)) {
        return no.clone();
    }
    Derived::collect(judged).map(|all| Half {
        yes: !all.is_empty(),
        asks: all.iter().any(|half| half.asks),
        words: all.into_iter().map(|half| half.words).collect::<Vec<_>>().join("; "),
    })
}

fn advanced_auditing(groups: &[Held]) -> Derived<Half> {
    let name = "server_audit_logging";
    every(groups, |held| {
        held.value(name).and_then(|value| {
            if !value.map_or(aws_defaults::AURORA_AUDIT, parameters::is_on) {
                return Derived::known(Half::is(false, format!("{name} is off in {}", held.group)));
            }
            held.force(name, false).and_then(|force| match force {
                Force::No(status) => Derived::known(Half::is(false, format!("{name}=1 in {} is not proven in force: {status}", held.group))),
                _ => aurora_writes(held, name),
            })
        })
    })
}

/// What Aurora's audit writes, once it is on.
fn aurora_writes(held: &Held, name: &str) -> Derived<Half> {
    held.value("server_audit_events").and_then(|events| match events {
        Some(events) if !audited::not_in_events(events).is_empty() => {
            Derived::known(Half::unless(audited::not_in_events(events), format!("{name}=1 in {} for {events}", held.group)))
        }
        Some(events) => {
            let users = held.value("server_audit_incl_users").zip(held.value("server_audit_excl_users"));
            // A snapshot of an older version may not hold them. Whom it leaves out is a question for the database then.
            Derived::known(match users.value() {
                None => Half::asks(format!("{name}=1 in {} for {events}; whom that leaves out was not kept", held.group)),
                Some((only, but)) => match left_out(|name| if name == "SERVER_AUDIT_INCL_USERS" { *only } else { *but }) {
                    Some(users) => Half::asks(format!("{name}=1 in {} for {events}, {users}", held.group)),
                    None => Half::is(true, format!("{name}=1 in {} for {events}", held.group)),
                },
            })
        }
        None => Derived::known(Half::is(false, format!("{name}=1 in {}, but server_audit_events is empty: nothing is recorded", held.group))),
    })
}

/// Whether Aurora MySQL uploads its audit log to CloudWatch Logs by itself, for which it needs a role (Aurora User Guide, "Publishing Amazon Aurora
/// MySQL logs to Amazon CloudWatch Logs").
fn uploads(groups: &[Held]) -> Derived<Half> {
    let name = "server_audit_logs_upload";
    every(groups, |held| {
        held.value(name).and_then(|value| {
            if !value.map_or(aws_defaults::AURORA_AUDIT_UPLOAD, parameters::is_on) {
                return Derived::known(Half::is(false, format!("{name} is off in {}", held.group)));
            }
            held.force(name, false).and_then(|force| match force {
                Force::No(status) => Derived::known(Half::is(false, format!("{name}=1 in {} is not proven in force: {status}", held.group))),
                _ => Derived::known(match held.value("aws_default_logs_role").value() {
                    Some(Some(role)) => Half::is(true, format!("{name}=1 in {} uploads the audit log as {role}", held.group)),
                    _ => Half::asks(format!("{name}=1 in {} uploads the audit log; its role, aws_default_logs_role, was not said", held.group)),
                }),
            })
        })
    })
}

/// Oracle audits by parameter, by policy or both, and only the database knows the policies: at best a question.
fn oracle(groups: &[Held], version: &str) -> Derived<Half> {
    every(groups, |held| {
        held.value_of(Engine::Oracle, version, "audit_trail").map(|value| {
            if value.is_some_and(|value| value.eq_ignore_ascii_case("none") || value.eq_ignore_ascii_case("false")) {
                return Half::is(false, format!("audit_trail is off in {}", held.group));
            }
            Half::asks("which audit policies exist is set in the database")
        })
    })
}
