//! Parts of pipelines that are left over: stopped, failed, finished, or made and never used (7.2.5, 3.2.1, 2.2.4).

use jiff::Timestamp;

use super::PART;
use crate::facts::derived::{Derived, observe};
use crate::facts::{Subject, World};
use crate::finding::About;
use crate::model::{Described, Resource, dms};

/// The subjects of every part.
pub fn derive(world: &World<'_>) -> Vec<Subject> {
    let index = world.index;
    let now = index.now();
    let mut subjects = Vec::new();
    for task in index.all::<dms::Task>() {
        let status = observe!(task.status);
        let (stopped, created) = (observe!(task.stopped_at), observe!(task.created_at));
        let idle = status.clone().and_then(|status| idle_since(Some(&status), stopped, created)).map(|since| since.map(|since| days(since, now)));
        subjects.push(subject(world, task, status.map(Some), Derived::known(true), idle));
    }
    for config in index.all::<dms::ReplicationConfig>() {
        let status = observe!(config.status);
        let (stopped, created) = (observe!(config.stopped_at), observe!(config.created_at));
        let idle = status.clone().and_then(|status| idle_since(status.as_deref(), stopped, created)).map(|since| since.map(|since| days(since, now)));
        subjects.push(subject(world, config, status, Derived::known(true), idle));
    }
    for instance in index.all::<dms::Instance>() {
        let used = world.pipelines.instance_in_use(instance);
        let idle = used.clone().and_then(|used| if used { Derived::known(None) } else { observe!(instance.created_at) });
        let status = observe!(instance.status);
        subjects.push(subject(world, instance, status.map(Some), used, idle.map(|since| since.map(|since| days(since, now)))));
    }
    for endpoint in index.all::<dms::Endpoint>() {
        // AWS gives endpoints no dates.
        subjects.push(subject(world, endpoint, Derived::known(None), world.pipelines.in_use(endpoint), Derived::known(None)));
    }
    subjects
}

fn subject<T: Described>(
    world: &World<'_>,
    part: &Resource<T>,
    status: Derived<Option<String>>,
    in_use: Derived<bool>,
    idle: Derived<Option<i64>>,
) -> Subject {
    let about = About { kind: T::KIND, resource: part.id.clone(), key: String::new(), pipelines: world.pipelines.of(T::KIND, &part.id.arn) };
    Subject::new(PART.name, about).with("status", status).with("in_use", in_use).with("idle_days", idle)
}

/// Since when it does nothing; `None` where it works, or AWS gives no date.
fn idle_since(status: Option<&str>, stopped: Derived<Option<Timestamp>>, created: Derived<Option<Timestamp>>) -> Derived<Option<Timestamp>> {
    match status {
        Some("stopped" | "failed" | "failed-move") => stopped,
        // Made and never started; a date all the same says that it ran before.
        None | Some("ready" | "created") => stopped.and_then(|stopped| if stopped.is_some() { Derived::known(stopped) } else { created }),
        Some(_) => Derived::known(None),
    }
}

/// Whole days.
fn days(since: Timestamp, now: Timestamp) -> i64 {
    (now.duration_since(since).as_secs() / 86_400).max(0)
}
