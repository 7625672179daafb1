//! Whether a secret is really rotated (8.6.3): switched on is not rotated. Failed, stuck and overdue count as not rotated,
//! and so does a next or first date, or a period, beyond the limit; one within it does not. The primary of a replica speaks for it.
//!
//! RDS and Redshift rotate the secrets that they manage by Secrets Manager's own schedule, which their owners may lengthen or switch off
//! (Secrets Manager User Guide, "Managed rotation"): the dates decide there too, and RDS's word can only make them worse.

use jiff::{SignedDuration, Timestamp};

use super::schedule;
use crate::evidence::{Derived, Missing, observe};
use crate::facts::FactContext;
use crate::model::secret::Secret;
use crate::model::{Kind, Resource, rds};

/// The services whose managed rotation their customers may set to another period (Secrets Manager User Guide, "Managed rotation").
const ADJUSTABLE: [&str; 2] = ["rds", "redshift"];

/// What is said of a secret.
#[derive(Debug, Clone)]
pub(super) struct Rotation {
    /// Within its period.
    pub rotated: bool,
    /// Dates and states that decide.
    pub why: String,
}

/// Judges a secret. A replica is judged on its primary, which must be in the snapshot.
pub(super) fn rotation(ctx: &FactContext<'_>, secret: &Resource<Secret>) -> Derived<Rotation> {
    let (name, region) = (&secret.id.name, &*secret.id.region);
    observe!(secret.deleted_at).and_then(|deleted| {
        if let Some(deleted) = deleted {
            return says(false, format!("scheduled for deletion on {}", deleted.strftime("%F")));
        }
        observe!(secret.primary_region).and_then(|primary| match primary.filter(|primary| !primary.is_empty() && primary != region) {
            None => own(ctx, secret),
            Some(primary) => match ctx.pipelines.named(Kind::Secret, &primary, name) {
                Some(found) => {
                    let judged = ctx.index.get::<Secret>(&primary, &found.arn).and_then(|found| own(ctx, found));
                    judged.map(|rotation| Rotation { why: format!("the primary in {primary}: {}", rotation.why), ..rotation })
                }
                None => {
                    let scanned = ctx.index.snapshot.regions.contains(&primary);
                    let why = if scanned { "and is not in its answer" } else { "which was not scanned" };
                    Derived::unseen(Missing::Outside(format!("the primary secret of {name} is in {primary}, {why}")))
                }
            },
        })
    })
}

/// By its dates, and by the word of RDS where that manages it.
fn own(ctx: &FactContext<'_>, secret: &Resource<Secret>) -> Derived<Rotation> {
    let owners = ctx.pipelines.uses(Kind::Secret, &secret.id.arn).iter().filter(|reference| reference.role == "master");
    let states: Vec<_> = owners.filter_map(|owner| state(ctx, owner.by_kind, &owner.by.region, &owner.by.arn)).collect();
    if states.is_empty() {
        return by_dates(ctx, secret, false);
    }
    Derived::collect(states).and_then(|states| {
        let is = |word: &str| states.iter().find(|(_, state)| state.as_deref() == Some(word));
        if let Some((owner, _)) = is("impaired") {
            return says(false, format!("managed by RDS for {owner}, which says impaired"));
        }
        let said = states.iter().find_map(|(owner, state)| state.as_ref().map(|state| format!("managed by RDS for {owner}, which says {state}; ")));
        // While RDS rotates, a version waits in AWSPENDING as it should.
        let judged = by_dates(ctx, secret, is("rotating").is_some());
        judged.map(|rotation| Rotation { why: format!("{}{}", said.unwrap_or_default(), rotation.why), ..rotation })
    })
}

/// What a database says of the master secret that RDS manages for it.
fn state(ctx: &FactContext<'_>, kind: Kind, region: &str, arn: &str) -> Option<Derived<(String, Option<String>)>> {
    Some(match kind {
        Kind::RdsInstance => ctx.index.get::<rds::Instance>(region, arn).and_then(|server| {
            let secret = observe!(server.master_secret);
            secret.map(|secret| (server.id.name.to_string(), secret.and_then(|secret| secret.status)))
        }),
        Kind::RdsCluster => ctx.index.get::<rds::Cluster>(region, arn).and_then(|server| {
            let secret = observe!(server.master_secret);
            secret.map(|secret| (server.id.name.to_string(), secret.and_then(|secret| secret.status)))
        }),
        _ => return None,
    })
}

fn by_dates(ctx: &FactContext<'_>, secret: &Resource<Secret>, is_rotating: bool) -> Derived<Rotation> {
    observe!(secret.rotation_enabled).and_then(|enabled| {
        if enabled != Some(true) {
            return says(false, "rotation is off".to_owned());
        }
        observe!(secret.pending_version).and_then(|pending| {
            if pending && !is_rotating {
                return says(false, "a rotation is stuck: a version waits in AWSPENDING".to_owned());
            }
            let dates = observe!(secret.next_rotation_at).zip(observe!(secret.last_rotated_at));
            let judged = dates.and_then(|(next, last)| by_next_and_last(ctx, secret, next, last));
            judged.and_then(|rotation| if rotation.rotated { by_period(ctx, secret, rotation) } else { Derived::known(rotation) })
        })
    })
}

/// Dates that are well do not excuse a period that is longer than the limit: the last rotation may have been made by hand, and the next be near by chance.
fn by_period(ctx: &FactContext<'_>, secret: &Resource<Secret>, rotation: Rotation) -> Derived<Rotation> {
    let declared = i64::from(ctx.config.limits.secret_rotation.days);
    observe!(secret.owning_service).and_then(|owner| {
        // Of the services that own secrets, these let their customers set the period; that of the others is theirs.
        if owner.is_some_and(|owner| !ADJUSTABLE.contains(&owner.as_str())) {
            return Derived::known(rotation);
        }
        observe!(secret.rotation_days).zip(observe!(secret.rotation_schedule)).and_then(|(days, schedule)| {
            if let Some(days) = days.filter(|days| *days > declared) {
                return says(false, format!("{}, but it rotates every {days} days: longer than {declared} days", rotation.why));
            }
            let Some(schedule) = schedule else { return Derived::known(rotation) };
            match schedule::longest(&schedule) {
                // A month may be a day longer than the limit says, as the window of a date may.
                Some(days) if days > declared + i64::from(schedule.trim_start().starts_with("cron")) => {
                    says(false, format!("{}, but {schedule} leaves up to {days} days between: longer than {declared} days", rotation.why))
                }
                Some(_) => Derived::known(rotation),
                None => Derived::unseen(Missing::Outside(format!("how often {schedule} rotates {}", secret.id.name))),
            }
        })
    })
}

fn by_next_and_last(ctx: &FactContext<'_>, secret: &Resource<Secret>, next: Option<Timestamp>, last: Option<Timestamp>) -> Derived<Rotation> {
    let now = ctx.index.now();
    let declared = i64::from(ctx.config.limits.secret_rotation.days);
    if let Some(next) = next.filter(|next| *next < now) {
        return says(false, format!("overdue, the rotation of {} did not come", next.strftime("%F")));
    }
    if let Some(last) = last {
        let date = last.strftime("%F");
        if older(last, declared, now) {
            return says(false, format!("last rotated on {date}, longer ago than {declared} days"));
        }
        let Some(next) = next else {
            // AWS gives no next date: its own period decides, with a day for the window.
            return observe!(secret.rotation_days).and_then(|days| match days.filter(|days| older(last, days.saturating_add(1), now)) {
                Some(days) => says(false, format!("last rotated on {date}, longer ago than its own {days} days")),
                None => says(true, format!("last rotated on {date}")),
            });
        };
        let (dates, late) = (format!("last rotated on {date}, next on {}", next.strftime("%F")), is_late(last, next, declared));
        return says(!late, if late { format!("{dates}: longer than {declared} days between") } else { dates });
    }
    never(secret, next, declared, now)
}

/// Of a secret that was never rotated: what its first date promises, or its age against its period.
fn never(secret: &Resource<Secret>, next: Option<Timestamp>, declared: i64, now: Timestamp) -> Derived<Rotation> {
    let created = observe!(secret.created_at);
    if let Some(next) = next {
        let first = format!("never rotated yet, the first time is on {}", next.strftime("%F"));
        return created.and_then(|created| match created {
            Some(created) if is_late(created, next, declared) => {
                says(false, format!("{first}, and it was made on {}: longer than {declared} days", created.strftime("%F")))
            }
            Some(_) => says(true, first),
            None => Derived::unseen(Missing::Outside("when the secret was made".to_owned())),
        });
    }
    created.zip(observe!(secret.rotation_days)).and_then(|(created, days)| {
        // What it promises for too late is as good as nothing.
        let days = days.map_or(declared, |days| days.min(declared));
        match created {
            Some(created) if !older(created, days, now) => {
                says(true, format!("never rotated yet, made on {}, its period is {days} days", created.strftime("%F")))
            }
            Some(created) => says(false, format!("never rotated since it was made on {}", created.strftime("%F"))),
            None => says(false, "never rotated, and no date is set".to_owned()),
        }
    })
}

fn says(rotated: bool, why: String) -> Derived<Rotation> {
    Derived::known(Rotation { rotated, why })
}

/// Whether a rotation is promised for later than the limit, with a day for the window.
fn is_late(since: Timestamp, next: Timestamp, days: i64) -> bool {
    older(since, days.saturating_add(1), next)
}

/// Whether a moment lies more than some days back.
fn older(moment: Timestamp, days: i64, now: Timestamp) -> bool {
    now.duration_since(moment) > SignedDuration::from_secs(days.saturating_mul(86_400))
}
