//! How long a log group or log bucket in scope keeps what it gets, and how long at hand (10.5.1).
//!
//! CloudWatch Logs User Guide: no retention is for ever; a DELIVERY group keeps a day. S3 User Guide, "Managing the lifecycle of objects".

use std::collections::BTreeSet;

use iam_eval::arn::Arn;

use super::super::FactContext;
use super::super::store::bucket::Used;
use super::super::subject::Subject;
use super::LOG_STORE;
use crate::evidence::{Derived, observe};
use crate::model::bucket::LifecycleRule;
use crate::model::logs::{LogGroup, Trail};
use crate::model::{Identity, Kind, Resource};

/// Days below which the collector asks for the subscriptions of a log group (PCI DSS 10.5.1: twelve months).
const ASKED_BELOW: i64 = 365;

/// The subjects of the fact kind `log-store`.
pub(super) fn derive(ctx: &FactContext<'_>, buckets: &[Used<'_>]) -> Vec<Subject> {
    let named = ctx.index.references().iter().filter(|one| one.target == Kind::LogGroup);
    // A group that nothing has written to does not exist yet; one whose list could not be read is the engine's to report.
    let found = named.filter_map(|one| ctx.index.find::<LogGroup>(&one.region, &one.id).value().copied().flatten());
    let mut seen = BTreeSet::new();
    let groups: Vec<_> = found.filter(|group| seen.insert(group.id.clone())).collect();
    let groups = groups.into_iter().map(|group| of_group(ctx, group));
    groups.chain(buckets.iter().filter(|bucket| bucket.holds_logs()).map(|bucket| of_bucket(ctx, bucket))).collect()
}

fn of_group(ctx: &FactContext<'_>, group: &Resource<LogGroup>) -> Subject {
    // The class counts only where AWS says DELIVERY, but it counts whatever the retention is.
    let class = observe!(group.class);
    let delivery = class.value().is_some_and(|class| class.as_deref() == Some("DELIVERY"));
    let kept = class.clone().zip(observe!(group.retention_days)).map(|(_, days)| if delivery { Some(1) } else { days });
    let limit = i64::from(ctx.config.limits.log_retention.days);
    let copied = if is_archived(ctx, &group.id) {
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
    Subject::new(LOG_STORE.name, super::about(ctx, Kind::LogGroup, &group.id))
        .with("kept_days", kept)
        .with("part_days", Derived::known(None::<i64>))
        .with("at_hand_days", Derived::known(None::<i64>))
        .with("part_at_hand_days", Derived::known(None::<i64>))
        .with("copied", copied)
        .with("why", why)
}

fn of_bucket(ctx: &FactContext<'_>, bucket: &Used<'_>) -> Subject {
    let rules = bucket.field("lifecycle", |bucket| &bucket.lifecycle).and_then(|rules| {
        // Where the logs lie matters to rules about a prefix alone.
        let prefixed = rules.iter().any(|rule| !rule.prefix.is_empty());
        let logs = if prefixed { folders_of_logs(ctx, bucket) } else { Derived::known(None) };
        logs.map(|logs| (rules, logs))
    });
    // The first rule that acts on objects of some extent.
    let first = |extent: Extent, days: Days| {
        rules.clone().map(|(rules, logs)| shortest(&rules, |rule| days(rule).filter(|_| Extent::new(rule, logs.as_deref()) == extent)))
    };
    let (expires, archives): (Days, Days) = (|rule| rule.expiration_days, |rule| rule.archive_days);
    let (kept, part) = (first(Extent::Logs, expires), first(Extent::Perhaps, expires));
    let (at_hand, part_at_hand) = (first(Extent::Logs, archives), first(Extent::Perhaps, archives));
    let copied = is_archived(ctx, &bucket.id);
    let why = kept.clone().zip(part.clone()).zip(at_hand.clone().zip(part_at_hand.clone())).map(|((kept, part), archived)| {
        let kept = match (kept, part) {
            (Some((days, which)), None) => format!("lifecycle expires its objects{which} after {days} days"),
            (None, None) => "no lifecycle rule expires its objects".to_owned(),
            (kept, Some((days, which))) => {
                let all = kept.map_or_else(String::new, |(days, _)| format!("all its objects after {days} days, and "));
                format!("lifecycle expires {all}those{which} after {days} days")
            }
        };
        let moved = [archived.0, archived.1].into_iter().flatten();
        let moved: String = moved.map(|(days, which)| format!(", and archives those{which} after {days} days")).collect();
        format!("{kept}{moved}{}", if copied { ", declared as archived" } else { "" })
    });
    let days = |found: Derived<Option<(i64, String)>>| found.map(|found| found.map(|(days, _)| days));
    Subject::new(LOG_STORE.name, super::about(ctx, Kind::Bucket, &bucket.id))
        .with("kept_days", days(kept))
        .with("part_days", days(part))
        .with("at_hand_days", days(at_hand))
        .with("part_at_hand_days", days(part_at_hand))
        .with("copied", Derived::known(copied))
        .with("why", why)
}

/// After how many days a rule acts.
type Days = fn(&LifecycleRule) -> Option<i64>;

/// Which objects a lifecycle rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// The logs, or all of some of them.
    Logs,
    /// Perhaps some of the logs: AWS does not say what lies there, or has a tag or a size.
    Perhaps,
    /// No logs.
    Others,
}

impl Extent {
    /// Of a rule, where logs lie in some folders; `None` where nobody knows that.
    fn new(rule: &LifecycleRule, logs: Option<&[Folder]>) -> Self {
        match logs {
            Some(logs) if !logs.iter().any(|folder| folder.meets(&rule.prefix)) => Self::Others,
            _ if rule.narrowed => Self::Perhaps,
            Some(_) => Self::Logs,
            None if rule.prefix.is_empty() => Self::Logs,
            None => Self::Perhaps,
        }
    }
}

/// What CloudTrail writes below an account (CloudTrail User Guide, "Finding your CloudTrail log files", "CloudTrail digest file structure", "Viewing
/// Insights events"); what else lies there is of other services.
const WRITES: [&str; 3] = ["CloudTrail", "CloudTrail-Digest", "CloudTrail-Insight"];

/// Where logs lie: names from the top of the bucket.
#[derive(Clone)]
struct Folder(Vec<Name>);

/// A name in a path.
#[derive(Clone)]
enum Name {
    /// This one.
    Exactly(String),
    /// The id of an organization.
    Organization,
    /// The id of an account.
    Account,
}

impl Name {
    /// Whether the name may begin so.
    fn may_begin(&self, text: &str) -> bool {
        match self {
            Self::Exactly(name) => name.starts_with(text),
            Self::Organization => "o-".starts_with(text) || text.starts_with("o-"),
            Self::Account => text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit()),
        }
    }

    /// Whether it may be the name.
    fn may_be(&self, text: &str) -> bool {
        match self {
            Self::Exactly(name) => name == text,
            Self::Organization => text.starts_with("o-"),
            Self::Account => text.len() == 12 && self.may_begin(text),
        }
    }
}

impl Folder {
    /// Whether some key in the folder begins with a prefix.
    fn meets(&self, prefix: &str) -> bool {
        let (folders, begun) = prefix.rsplit_once('/').map_or((Vec::new(), prefix), |(folders, begun)| (folders.split('/').collect(), begun));
        // What begins deeper than the folder begins within it.
        folders.iter().zip(&self.0).all(|(text, name)| name.may_be(text)) && self.0.get(folders.len()).is_none_or(|name| name.may_begin(begun))
    }

    /// Those of a trail with this prefix, of its own account or of every account of an organization.
    fn of_trail(prefix: &str, account: &str, organization: bool) -> impl Iterator<Item = Self> {
        let exactly = |name: &str| Name::Exactly(name.to_owned());
        WRITES.into_iter().map(move |writes| {
            let prefix = prefix.trim_end_matches('/');
            let mut names: Vec<Name> = prefix.split('/').filter(|_| !prefix.is_empty()).map(exactly).collect();
            names.push(exactly("AWSLogs"));
            names.extend(organization.then_some(Name::Organization));
            names.push(if organization { Name::Account } else { exactly(account) });
            names.push(exactly(writes));
            Self(names)
        })
    }
}

/// Where logs lie in a bucket; `None` where nobody says that. CloudTrail alone does: `prefix/AWSLogs/ACCOUNT/CloudTrail/…`, of an organization
/// `prefix/AWSLogs/o-ID/ACCOUNT/CloudTrail/…` (CloudTrail User Guide, "Finding your CloudTrail log files").
fn folders_of_logs(ctx: &FactContext<'_>, bucket: &Used<'_>) -> Derived<Option<Vec<Folder>>> {
    let mut folders = Vec::new();
    for one in &bucket.uses {
        let position = ctx.index.position(Kind::Trail, &one.by.arn).filter(|_| one.role == "trail");
        let Some(trail) = position.and_then(|position| ctx.index.all::<Trail>().get(position)) else { return Derived::known(None) };
        let prefix = observe!(trail.prefix);
        // A snapshot of an older version does not hold it: that is as good as not said.
        if !prefix.missing().is_empty() && prefix.missing().iter().all(|missing| ctx.index.explain(missing).is_empty()) {
            return Derived::known(None);
        }
        let owner = Arn::parse(&trail.id.arn).map_or(&*trail.id.account, |arn| arn.account);
        folders.push(prefix.zip(observe!(trail.organization)).map(|(prefix, organization)| {
            let prefix = prefix.unwrap_or_default();
            let mut all: Vec<Folder> = Folder::of_trail(&prefix, owner, organization).collect();
            // Before it was the organization's, it wrote as a trail of its account does.
            all.extend(Folder::of_trail(&prefix, owner, false).filter(|_| organization));
            all
        }));
    }
    Derived::collect(folders).map(|folders| Some(folders.into_iter().flatten().collect()))
}

/// The rule that acts first, with the objects that it is about in words: none where it is about all.
fn shortest(rules: &[LifecycleRule], days: impl Fn(&LifecycleRule) -> Option<i64>) -> Option<(i64, String)> {
    let acting = rules.iter().filter(|rule| rule.status == "Enabled");
    let (days, rule) = acting.filter_map(|rule| days(rule).map(|days| (days, rule))).min_by_key(|(days, rule)| (*days, &rule.prefix))?;
    let prefix = if rule.prefix.is_empty() { String::new() } else { format!(" under {}", rule.prefix) };
    Some((days, format!("{prefix}{}", if rule.narrowed { " with a tag or size" } else { "" })))
}

/// Whether `log-archive` in pci-audit.toml names it.
fn is_archived(ctx: &FactContext<'_>, id: &Identity) -> bool {
    ctx.config.log_archive.iter().any(|place| **place == *id.name || *place.trim_end_matches(":*") == *id.arn.trim_end_matches(":*"))
}
