//! How long a log group or log bucket in scope keeps what it gets, and how long at hand (10.5.1).
//!
//! CloudWatch Logs User Guide: no retention is for ever; a DELIVERY group keeps a day. S3 User Guide, "Managing the lifecycle of objects".

use std::collections::BTreeSet;

use super::super::World;
use super::super::derived::{Derived, observe};
use super::super::store::bucket::Used;
use super::super::subject::Subject;
use super::LOG_STORE;
use crate::model::bucket::LifecycleRule;
use crate::model::logs::LogGroup;
use crate::model::{Identity, Kind, Resource};

/// Days below which the collector asks for the subscriptions of a log group (PCI DSS 10.5.1: twelve months).
const ASKED_BELOW: i64 = 365;

/// The subjects of the fact kind `log-store`.
pub fn derive(world: &World<'_>, buckets: &[Used<'_>]) -> Vec<Subject> {
    let named = world.index.references().iter().filter(|one| one.target == Kind::LogGroup);
    // A group that nothing has written to does not exist yet; one whose list could not be read is the engine's to report.
    let found = named.filter_map(|one| world.index.find::<LogGroup>(&one.region, &one.id).value().copied().flatten());
    let mut seen = BTreeSet::new();
    let groups: Vec<_> = found.filter(|group| seen.insert(group.id.clone())).collect();
    let groups = groups.into_iter().map(|group| of_group(world, group));
    groups.chain(buckets.iter().filter(|bucket| bucket.holds_logs()).map(|bucket| of_bucket(world, bucket))).collect()
}

fn of_group(world: &World<'_>, group: &Resource<LogGroup>) -> Subject {
    // The class counts only where AWS says DELIVERY, but it counts whatever the retention is.
    let class = observe!(group.class);
    let delivery = class.value().is_some_and(|class| class.as_deref() == Some("DELIVERY"));
    let kept = class.clone().zip(observe!(group.retention_days)).map(|(_, days)| if delivery { Some(1) } else { days });
    let limit = i64::from(world.config.limits.log_retention.days);
    let copied = if is_archived(world, &group.id) {
        Derived::known(true)
    } else if delivery {
        // Its only purpose is to hand records on to S3 or Firehose: whether they are kept there is a question.
        class.map(|_| true)
    } else {
        kept.clone().and_then(|kept| match kept {
            // Long enough by itself: whether it is copied, nobody asks.
            None => Derived::known(false),
            Some(kept) if kept >= limit => Derived::known(false),
            // A limit above the standard's: subscriptions are read only where the standard's is not met.
            Some(kept) if kept >= ASKED_BELOW && group.fields.subscriptions.is_unseen() => Derived::not_evaluated(
                "whether a log group that keeps its records for a year or more is copied elsewhere is not read in this version",
            ),
            Some(_) => observe!(group.subscriptions).map(|count| count > 0),
        })
    };
    let why = kept.clone().map(|kept| {
        let copy = if copied.value() == Some(&true) { ", copied elsewhere" } else { "" };
        match kept {
            Some(_) if delivery => format!("its class DELIVERY keeps records for one day{copy}"),
            Some(days) => format!("retention of {days} days{copy}"),
            None => format!("its records never expire{copy}"),
        }
    });
    Subject::new(LOG_STORE.name, super::about(world, Kind::LogGroup, &group.id))
        .with("kept_days", kept)
        .with("part_days", Derived::known(None::<i64>))
        .with("at_hand_days", Derived::known(None::<i64>))
        .with("copied", copied)
        .with("why", why)
}

fn of_bucket(world: &World<'_>, bucket: &Used<'_>) -> Subject {
    let rules = bucket.field("lifecycle", |bucket| &bucket.lifecycle);
    let whole = |rule: &LifecycleRule| !rule.narrowed && rule.prefix.is_empty();
    let kept = rules.clone().map(|rules| shortest(&rules, |rule| rule.expiration_days.filter(|_| whole(rule))));
    // Whether logs are among the objects that a filter takes, AWS does not say.
    let part = rules.clone().map(|rules| shortest(&rules, |rule| rule.expiration_days.filter(|_| !whole(rule))));
    let at_hand = rules.clone().map(|rules| shortest(&rules, |rule| rule.archive_days.filter(|_| !rule.narrowed)));
    let copied = is_archived(world, &bucket.id);
    let why = kept.clone().zip(part.clone()).zip(at_hand.clone()).map(|((kept, part), at_hand)| {
        let kept = match (kept, part) {
            (Some((days, _)), None) => format!("lifecycle expires its objects after {days} days"),
            (None, None) => "no lifecycle rule expires its objects".to_owned(),
            (kept, Some((days, which))) => {
                let all = kept.map_or_else(String::new, |(days, _)| format!("all its objects after {days} days, and "));
                format!("lifecycle expires {all}those{which} after {days} days")
            }
        };
        let moved = at_hand.map_or_else(String::new, |(days, prefix)| format!(", and archives those{prefix} after {days} days"));
        format!("{kept}{moved}{}", if copied { ", declared as archived" } else { "" })
    });
    Subject::new(LOG_STORE.name, super::about(world, Kind::Bucket, &bucket.id))
        .with("kept_days", kept.map(|kept| kept.map(|(days, _)| days)))
        .with("part_days", part.map(|part| part.map(|(days, _)| days)))
        .with("at_hand_days", at_hand.map(|at_hand| at_hand.map(|(days, _)| days)))
        .with("copied", Derived::known(copied))
        .with("why", why)
}

/// The rule that acts first, with the objects that it is about in words: none where it is about all.
fn shortest(rules: &[LifecycleRule], days: impl Fn(&LifecycleRule) -> Option<i64>) -> Option<(i64, String)> {
    let acting = rules.iter().filter(|rule| rule.status == "Enabled");
    let (days, rule) = acting.filter_map(|rule| days(rule).map(|days| (days, rule))).min_by_key(|(days, rule)| (*days, &rule.prefix))?;
    let prefix = if rule.prefix.is_empty() { String::new() } else { format!(" under {}", rule.prefix) };
    Some((days, format!("{prefix}{}", if rule.narrowed { " with a tag or size" } else { "" })))
}

/// Whether `log-archive` in pci-audit.toml names it.
fn is_archived(world: &World<'_>, id: &Identity) -> bool {
    world.config.log_archive.iter().any(|place| **place == *id.name || *place.trim_end_matches(":*") == *id.arn.trim_end_matches(":*"))
}
