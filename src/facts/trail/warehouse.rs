//! Are Redshift's audit records on, complete and delivered (10.2.1, 10.3.3)?
//!
//! Redshift Management Guide, "Database audit logging": DescribeLoggingStatus says when a delivery last worked and last failed; the user
//! activity log also needs `enable_user_activity_logging`; S3 gets all three logs at once.

use jiff::{SignedDuration, Timestamp};

use super::super::FactContext;
use super::super::pipeline::ParameterGroup;
use super::super::store::parameters;
use super::super::subject::Subject;
use super::WAREHOUSE_LOG;
use crate::aws_defaults;
use crate::evidence::{Derived, Missing, observe};
use crate::model::redshift::{Cluster, Logging};
use crate::model::reference::warehouse_log_group;
use crate::model::{Kind, Resource};

/// The logs of who connected and of which users were changed.
const CONNECTIONS: [&str; 2] = ["connectionlog", "userlog"];

/// The subjects of the fact kind `warehouse-log`.
pub(super) fn derive(ctx: &FactContext<'_>) -> Vec<Subject> {
    ctx.index.all::<Cluster>().iter().map(|cluster| subject(ctx, cluster)).collect()
}

fn subject(ctx: &FactContext<'_>, cluster: &Resource<Cluster>) -> Subject {
    let logging = observe!(cluster.logging);
    let parameter = parameter(ctx, cluster);
    let exported = logging.clone().map(|logging| exports(&logging, "useractivitylog"));
    let place = logging.clone().and_then(|logging| arrives(ctx, cluster, &logging, &["useractivitylog"]));
    let activity = Derived::all([parameter.clone().map(|parameter| parameter.in_force), exported.clone(), place]);
    let activity_why = activity.clone().map(|_| {
        let words = parameter.value().map(|parameter| parameter.words.clone());
        let export = exported
            .value()
            .map(|exported| if *exported { "the user activity log is exported" } else { "the user activity log is not exported" }.to_owned());
        words.into_iter().chain(export).collect::<Vec<_>>().join("; ")
    });
    let log = logging.clone().map(|logging| if logging.enabled { destination(&logging).to_owned() } else { String::new() });
    Subject::new(WAREHOUSE_LOG.name, super::about(ctx, Kind::RedshiftCluster, &cluster.id))
        .with("enabled", logging.clone().map(|logging| logging.enabled && CONNECTIONS.iter().all(|log| exports(&logging, log))))
        .with(
            "delivering",
            logging.clone().and_then(|logging| delivering(&logging, ctx.index.now()).and(arrives(ctx, cluster, &logging, &CONNECTIONS))),
        )
        .with("user_activity", activity)
        .with("why", logging.map(|logging| in_words(&logging)))
        .with("destination", log)
        .with("user_activity_exported", exported)
        .with("user_activity_in_force", parameter.clone().map(|parameter| parameter.in_force))
        .with("user_activity_off", parameter.map(|parameter| parameter.off))
        .with("user_activity_why", activity_why)
}

/// A warehouse in use writes of its own service's sessions every hour: where nothing has arrived for longer than this, it stands still or its
/// delivery is broken, and AWS's answer does not tell which.
const SILENT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Whether the logs arrive. AWS dates what S3 took; of CloudWatch Logs no page says that it does.
fn delivering(logging: &Logging, now: Timestamp) -> Derived<bool> {
    if !logging.enabled || is_failing(logging) {
        return Derived::known(false);
    }
    let unknown = |why: String| Derived::unseen(Missing::Outside(why));
    match (logging.last_success, destination(logging)) {
        (Some(success), _) if now.duration_since(success) > SILENT => {
            unknown(format!("whether its logs still arrive: the last came on {success}, and the warehouse may have been paused since"))
        }
        (_, "s3") if logging.bucket.is_none() => unknown("the bucket that its logs go to, which AWS always names".to_owned()),
        (None, "s3") => unknown("whether its logs arrive: AWS names no delivery yet, good or failed".to_owned()),
        _ => Derived::known(true),
    }
}

/// Whether each of these logs has a place, where it goes to CloudWatch Logs.
fn arrives(ctx: &FactContext<'_>, cluster: &Resource<Cluster>, logging: &Logging, logs: &[&str]) -> Derived<bool> {
    if !logging.enabled || destination(logging) != "cloudwatch" {
        return Derived::known(true);
    }
    let groups = logs.iter().filter(|log| exports(logging, log)).map(|log| warehouse_log_group(&cluster.id, log));
    Derived::all(groups.map(|group| ctx.index.log_group_exists(&cluster.id.region, &group, "it delivers")).collect::<Vec<_>>())
}

/// The last delivery failed, or the only ones that there were.
fn is_failing(logging: &Logging) -> bool {
    match (logging.last_failure, logging.last_success) {
        (Some(failure), Some(success)) => failure > success,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

fn destination(logging: &Logging) -> &str {
    logging.destination.as_deref().unwrap_or("s3")
}

fn in_words(logging: &Logging) -> String {
    if !logging.enabled {
        return "audit logging is off".to_owned();
    }
    let missing: Vec<&str> = CONNECTIONS.into_iter().filter(|log| !exports(logging, log)).collect();
    if !missing.is_empty() {
        return format!("audit logging to {} leaves out {}", destination(logging), missing.join(" and "));
    }
    let place = match (destination(logging), &logging.bucket) {
        ("s3", Some(bucket)) => format!("audit logging to bucket {bucket}"),
        (other, _) => format!("audit logging to {other}"),
    };
    match (logging.last_failure, logging.last_success) {
        (Some(failure), Some(success)) if failure > success => format!("{place}, which failed on {failure}, after it last worked on {success}"),
        (Some(failure), None) => format!("{place}, which failed on {failure} and never worked"),
        (_, Some(success)) => format!("{place}, last delivered on {success}"),
        (None, None) => format!("{place}; AWS names no delivery, good or failed"),
    }
}

/// S3 gets every log, unless AWS lists them and this one is not among them.
fn exports(logging: &Logging, log: &str) -> bool {
    let listed = logging.log_exports.iter().any(|listed| listed == log);
    logging.enabled && (listed || destination(logging) == "s3" && logging.log_exports.is_empty())
}

/// The setting by which queries are written down.
#[derive(Debug, Clone)]
struct Activity {
    /// On by every attached parameter group, and in force.
    in_force: bool,
    /// The groups in which it is off.
    off: Vec<ParameterGroup>,
    /// What each group says, in words.
    words: String,
}

fn parameter(ctx: &FactContext<'_>, cluster: &Resource<Cluster>) -> Derived<Activity> {
    parameters::of_warehouse(ctx, cluster, "enable_user_activity_logging").map(|groups| {
        let mut all = Activity { in_force: true, off: Vec::new(), words: String::new() };
        let mut words = Vec::new();
        for one in groups {
            let on = one.value.as_deref().map_or(aws_defaults::USER_ACTIVITY, parameters::is_on);
            let in_force = one.status == "in-sync";
            let state = if in_force { "in force".to_owned() } else { format!("not proven in force: {}", one.status) };
            words.push(format!("enable_user_activity_logging={on} in {}, {state}", one.group));
            all.in_force &= on && in_force;
            all.off.extend((!on).then(|| ParameterGroup::new(one.group)));
        }
        all.words = words.join("; ");
        all
    })
}
