//! Does a trail record all management events of a region, deliver them and validate its files (10.2.1.2, 10.2.1.7, 10.3.4)?
//!
//! CloudTrail User Guide: one multi-Region trail covers every region; KMS and RDS Data API events can be left out of management events. "Global service
//! events": what IAM and CloudFront did is recorded in one region, us-east-1, so that the trail of another region alone does not have it.

use super::super::FactContext;
use super::super::subject::{Subject, no_pipelines};
use super::ACCOUNT_TRAIL;
use crate::evidence::{About, Derived, Missing, observe};
use crate::model::logs::{EventSelector, Trail};
use crate::model::{Kind, Resource};

/// The subjects of the fact kind `account-trail`: one a region with something in scope.
pub(super) fn derive(ctx: &FactContext<'_>) -> Vec<Subject> {
    let trails = ctx.index.all::<Trail>().iter();
    let global = trails.map(|trail| met(&conditions(ctx, trail, (String::new(), covers_global(ctx, trail)))));
    let global = Derived::any(global.chain([complete(ctx).map(|()| false)]));
    let regions = ctx.index.snapshot.regions.iter();
    regions.filter(|region| ctx.index.in_scope(region)).map(|region| subject(ctx, region, &global)).collect()
}

/// `global`: whether what the global services do is recorded.
fn subject(ctx: &FactContext<'_>, region: &str, global: &Derived<bool>) -> Subject {
    let trails = ctx.index.all::<Trail>();
    let judged: Vec<_> =
        trails.iter().map(|trail| (trail, conditions(ctx, trail, (format!("does not cover {region}"), covers(trail, region))))).collect();
    let good: Vec<_> = judged.iter().map(|(_, conditions)| met(conditions)).collect();
    let here = Derived::any(good.iter().cloned().chain([complete(ctx).map(|()| false)]));
    let recorded = here.clone().and(global.clone());
    // Where the region's own events are not recorded, it does not matter more that those of the global services are not.
    let unrecorded = recorded.clone().zip(here.clone()).map(|(recorded, here)| match (recorded, here) {
        (true, _) => vec![],
        (false, true) => vec!["events of global services"],
        (false, false) => vec!["events of global services", "events of the region"],
    });
    let why = recorded.clone().zip(here).map(|(recorded, here)| {
        if here {
            let names = judged.iter().zip(&good).filter(|(_, good)| good.value() == Some(&true)).map(|((trail, _), _)| &*trail.id.name);
            let by = format!("recorded by trail {}", names.collect::<Vec<_>>().join(", "));
            let place = home_of_global(ctx).unwrap_or("one region");
            let lack = format!("; what IAM and other global services do is recorded by none: a trail of one region has it in {place} alone");
            return if recorded { by } else { by + &lack };
        }
        let lacks = judged.iter().map(|(trail, conditions)| {
            let unmet = conditions.iter().filter(|(_, met)| met.value() == Some(&false)).map(|(words, _)| words.as_str());
            format!("trail {} {}", trail.id.name, unmet.collect::<Vec<_>>().join(", "))
        });
        let lacks: Vec<_> = lacks.collect();
        if lacks.is_empty() { format!("no trail records the management events of {region}") } else { lacks.join("; ") }
    });
    let about = About { kind: Kind::Account, resource: ctx.index.account("global"), key: region.to_owned(), pipelines: no_pipelines() };
    Subject::new(ACCOUNT_TRAIL.name, about).with("recorded", recorded).with("unrecorded", unrecorded).with("why", why)
}

/// Known where no trail can be missing: a trail of any region may cover all of them.
pub(super) fn complete(ctx: &FactContext<'_>) -> Derived<()> {
    let regions = ctx.index.snapshot.regions.iter();
    Derived::collect(regions.map(|region| ctx.index.listed(Kind::Trail, region))).map(|_| ())
}

fn met(conditions: &[(String, Derived<bool>)]) -> Derived<bool> {
    Derived::all(conditions.iter().map(|(_, met)| met.clone()))
}

/// What a trail must meet, each with what it means where it does not; `covers`: whether it sees what is asked about.
fn conditions(ctx: &FactContext<'_>, trail: &Resource<Trail>, covers: (String, Derived<bool>)) -> Vec<(String, Derived<bool>)> {
    let selectors = of_organization(ctx, trail, observe!(trail.selectors));
    vec![
        covers,
        ("does not record all management events".to_owned(), selectors.clone().map(|all| records(&all, |_| true))),
        (
            "leaves out events of KMS or the RDS Data API".to_owned(),
            selectors.map(|all| !records(&all, |_| true) || HIDDEN.iter().all(|source| records(&all, |one| !hides(one, source)))),
        ),
        ("is not logging".to_owned(), of_organization(ctx, trail, observe!(trail.logging))),
        ("could not deliver its last file".to_owned(), delivers(ctx, trail)),
        ("does not validate its files".to_owned(), observe!(trail.validates_files)),
    ]
}

/// Whether a trail sees a region at all.
pub(super) fn covers(trail: &Resource<Trail>, region: &str) -> Derived<bool> {
    observe!(trail.multi_region).or(observe!(trail.home_region).map(|home| home.as_deref() == Some(region)))
}

/// Whether a trail has the events of global services: one of all regions always does (CloudTrail API Reference, CreateTrail).
fn covers_global(ctx: &FactContext<'_>, trail: &Resource<Trail>) -> Derived<bool> {
    let home = match home_of_global(ctx) {
        Some(place) => observe!(trail.home_region).map(|home| home.as_deref() == Some(place)),
        None => Derived::unseen(Missing::Outside("where this partition records what IAM does".to_owned())),
    };
    observe!(trail.multi_region).or(home.and(observe!(trail.global_events)))
}

/// Where events of global services are recorded (CloudTrail User Guide, "Global service events"; the other partitions: where IAM's endpoint is, AWS General
/// Reference); `None` where we do not know.
fn home_of_global(ctx: &FactContext<'_>) -> Option<&'static str> {
    match &*ctx.index.snapshot.caller.partition {
        "aws" => Some("us-east-1"),
        "aws-cn" => Some("cn-north-1"),
        "aws-us-gov" => Some("us-gov-west-1"),
        _ => None,
    }
}

/// Whether its last delivery worked.
pub(super) fn delivers(ctx: &FactContext<'_>, trail: &Resource<Trail>) -> Derived<bool> {
    of_organization(ctx, trail, observe!(trail.delivery_error)).map(|error| error.is_none_or(|error| error.is_empty()))
}

/// What was asked of a trail; where a member account may not see it of its organization's trail, whose that is and how to see it
/// (CloudTrail User Guide, "Creating a trail for an organization").
pub(super) fn of_organization<T>(ctx: &FactContext<'_>, trail: &Resource<Trail>, mut asked: Derived<T>) -> Derived<T> {
    let owner = &*trail.id.account;
    let foreign = trail.fields.organization.known() == Some(&true) && *owner != *ctx.index.snapshot.caller.account;
    if let Derived::Unseen { missing, .. } = &mut asked
        && foreign
    {
        missing.push(Missing::Outside(format!(
            "the organization's trail {}, which is account {owner}'s: scan that account too, the management account or its delegated administrator",
            trail.id.name
        )));
    }
    asked
}

/// Whether reads and writes are both recorded, by selectors that are good enough. "If the event matches any event selector, the trail
/// processes and logs the event" (CloudTrail API Reference, EventSelector; advanced ones likewise): what one leaves out, another may take.
fn records(selectors: &[EventSelector], is_good: impl Fn(&EventSelector) -> bool) -> bool {
    ["ReadOnly", "WriteOnly"].iter().all(|kind| {
        let takes = |one: &EventSelector| ["All", kind].iter().any(|taken| one.read_write.eq_ignore_ascii_case(taken));
        selectors.iter().any(|one| one.management && !one.narrowed && takes(one) && is_good(one))
    })
}

/// The sources that a selector can leave out of management events.
const HIDDEN: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];

fn hides(selector: &EventSelector, source: &str) -> bool {
    selector.excluded_sources.iter().any(|excluded| excluded.eq_ignore_ascii_case(source))
}
