//! Parts of pipelines that are left over: stopped, failed, finished, or made and never used (7.2.5, 3.2.1, 2.2.4).

use std::collections::HashMap;

use jiff::Timestamp;

use super::PART;
use crate::evidence::{About, Derived, observe};
use crate::facts::{FactContext, Subject};
use crate::model::{Described, Resource, dms};

/// How long the tasks and replications have done nothing, by ARN.
type Idles<'a> = HashMap<&'a str, Derived<Idle>>;

/// What a part does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Idle {
    /// It works.
    Never,
    /// It has done nothing for so many whole days.
    Days(i64),
    /// It does nothing, and AWS does not say since when.
    Undated,
}

impl Idle {
    /// The lesser of two. Since when one does nothing that AWS gives no date of, only a person knows: that is asked of a part as it is of what uses it.
    fn less(self, other: Self) -> Self {
        if self.min(other) != Self::Never && [self, other].contains(&Self::Undated) { Self::Undated } else { self.min(other) }
    }

    const fn days(self) -> Option<i64> {
        match self {
            Self::Days(days) => Some(days),
            Self::Never | Self::Undated => None,
        }
    }
}

/// The subjects of every part.
pub(super) fn derive(ctx: &FactContext<'_>) -> Vec<Subject> {
    let index = ctx.index;
    let mut subjects = Vec::new();
    let mut idles = Idles::new();
    for task in index.all::<dms::Task>() {
        let status = observe!(task.status);
        let (stopped, created) = (observe!(task.stopped_at), observe!(task.created_at));
        let idle = status.clone().and_then(|status| idle(Some(&status), stopped, created, index.now()));
        idles.insert(&task.id.arn, idle.clone());
        subjects.push(subject(ctx, task, status.map(Some), Derived::known(true), idle));
    }
    for config in index.all::<dms::ReplicationConfig>() {
        let status = observe!(config.status);
        let (stopped, created) = (observe!(config.stopped_at), observe!(config.created_at));
        let idle = status.clone().and_then(|status| idle(status.as_deref(), stopped, created, index.now()));
        idles.insert(&config.id.arn, idle.clone());
        subjects.push(subject(ctx, config, status, Derived::known(true), idle));
    }
    for instance in index.all::<dms::Instance>() {
        let used = ctx.pipelines.instance_in_use(instance);
        let idle = used.clone().and_then(|used| match used {
            true => least(ctx, instance, &idles),
            false => observe!(instance.created_at).map(|made| made.map_or(Idle::Never, |made| Idle::Days(days(made, index.now())))),
        });
        subjects.push(subject(ctx, instance, observe!(instance.status).map(Some), used, idle));
    }
    for endpoint in index.all::<dms::Endpoint>() {
        let used = ctx.pipelines.in_use(endpoint);
        // AWS gives endpoints no dates of their own.
        let idle = used.clone().and_then(|used| if used { least(ctx, endpoint, &idles) } else { Derived::known(Idle::Never) });
        subjects.push(subject(ctx, endpoint, Derived::known(None), used, idle));
    }
    subjects
}

/// A part is as idle as the least idle of those that use it: one that works decides, whoever else was not seen.
fn least<T: Described>(ctx: &FactContext<'_>, part: &Resource<T>, idles: &Idles<'_>) -> Derived<Idle> {
    let of = |user: &Derived<&str>| user.clone().and_then(|user| idles.get(user).cloned().unwrap_or(Derived::known(Idle::Never)));
    let users: Vec<_> = ctx.pipelines.users(&part.id).iter().map(of).collect();
    if let Some(working) = users.iter().find(|idle| idle.value() == Some(&Idle::Never)) {
        return working.clone();
    }
    let complete = ctx.pipelines.users_complete(T::KIND, &part.id);
    Derived::collect(users).zip(complete).map(|(users, ())| users.into_iter().reduce(Idle::less).unwrap_or(Idle::Never))
}

fn subject<T: Described>(
    ctx: &FactContext<'_>,
    part: &Resource<T>,
    status: Derived<Option<String>>,
    in_use: Derived<bool>,
    idle: Derived<Idle>,
) -> Subject {
    let about = About { kind: T::KIND, resource: part.id.clone(), key: String::new(), pipelines: ctx.pipelines.of(T::KIND, &part.id.arn) };
    let undated = idle.clone().map(|idle| idle == Idle::Undated);
    Subject::new(PART.name, about).with("status", status).with("in_use", in_use).with("undated", undated).with("idle_days", idle.map(Idle::days))
}

/// Whether it does nothing, and since when.
fn idle(status: Option<&str>, stopped: Derived<Option<Timestamp>>, created: Derived<Option<Timestamp>>, now: Timestamp) -> Derived<Idle> {
    let since = match status {
        Some("stopped" | "failed" | "failed-move") => stopped,
        // Made and never started; a date all the same says that it ran before.
        None | Some("ready" | "created") => stopped.and_then(|stopped| if stopped.is_some() { Derived::known(stopped) } else { created }),
        Some(_) => return Derived::known(Idle::Never),
    };
    since.map(|since| since.map_or(Idle::Undated, |since| Idle::Days(days(since, now))))
}

/// Whole days.
fn days(since: Timestamp, now: Timestamp) -> i64 {
    (now.duration_since(since).as_secs() / 86_400).max(0)
}
