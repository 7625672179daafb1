//! Does a trail record all management events of a region, deliver them and validate its files (10.2.1.2, 10.2.1.7, 10.3.4)?
//!
//! CloudTrail User Guide: one multi-Region trail covers every region; KMS and RDS Data API events can be left out of management events.

use super::super::World;
use super::super::derived::{Derived, observe};
use super::super::subject::{Subject, no_pipelines};
use super::ACCOUNT_TRAIL;
use crate::finding::{About, Missing};
use crate::model::logs::{EventSelector, Trail};
use crate::model::{Kind, Resource};

/// The subjects of the fact kind `account-trail`: one a region with something in scope.
pub fn derive(world: &World<'_>) -> Vec<Subject> {
    let regions = world.index.snapshot.regions.iter();
    regions.filter(|region| world.index.in_scope(region)).map(|region| subject(world, region)).collect()
}

fn subject(world: &World<'_>, region: &str) -> Subject {
    let trails = world.index.all::<Trail>();
    let judged: Vec<_> = trails.iter().map(|trail| (trail, conditions(world, trail, region))).collect();
    let good: Vec<_> = judged.iter().map(|(_, conditions)| Derived::all(conditions.iter().map(|(_, met)| met.clone()))).collect();
    let recorded = Derived::any(good.iter().cloned().chain([complete(world).map(|()| false)]));
    let why = recorded.clone().map(|recorded| {
        if recorded {
            let names = judged.iter().zip(&good).filter(|(_, good)| good.value() == Some(&true)).map(|((trail, _), _)| &*trail.id.name);
            return format!("recorded by trail {}", names.collect::<Vec<_>>().join(", "));
        }
        let lacks = judged.iter().map(|(trail, conditions)| {
            let unmet = conditions.iter().filter(|(_, met)| met.value() == Some(&false)).map(|(words, _)| words.as_str());
            format!("trail {} {}", trail.id.name, unmet.collect::<Vec<_>>().join(", "))
        });
        let lacks: Vec<_> = lacks.collect();
        if lacks.is_empty() { format!("no trail records the management events of {region}") } else { lacks.join("; ") }
    });
    let about = About { kind: Kind::Account, resource: world.index.account("global"), key: region.to_owned(), pipelines: no_pipelines() };
    Subject::new(ACCOUNT_TRAIL.name, about).with("recorded", recorded).with("why", why)
}

/// Known where no trail can be missing: a trail of any region may cover all of them.
pub fn complete(world: &World<'_>) -> Derived<()> {
    let regions = world.index.snapshot.regions.iter();
    Derived::collect(regions.map(|region| world.index.listed(Kind::Trail, region))).map(|_| ())
}

/// What a trail must meet, each with what it means where it does not.
fn conditions(world: &World<'_>, trail: &Resource<Trail>, region: &str) -> Vec<(String, Derived<bool>)> {
    let selectors = of_organization(world, trail, observe!(trail.selectors));
    vec![
        (format!("does not cover {region}"), covers(trail, region)),
        ("does not record all management events".to_owned(), selectors.clone().map(|all| records(&all, |_| true))),
        (
            "leaves out events of KMS or the RDS Data API".to_owned(),
            selectors.map(|all| !records(&all, |_| true) || HIDDEN.iter().all(|source| records(&all, |one| !hides(one, source)))),
        ),
        ("is not logging".to_owned(), of_organization(world, trail, observe!(trail.logging))),
        ("could not deliver its last file".to_owned(), delivers(world, trail)),
        ("does not validate its files".to_owned(), observe!(trail.validates_files)),
    ]
}

/// Whether a trail sees a region at all.
pub fn covers(trail: &Resource<Trail>, region: &str) -> Derived<bool> {
    observe!(trail.multi_region).or(observe!(trail.home_region).map(|home| home.as_deref() == Some(region)))
}

/// Whether its last delivery worked.
pub fn delivers(world: &World<'_>, trail: &Resource<Trail>) -> Derived<bool> {
    of_organization(world, trail, observe!(trail.delivery_error)).map(|error| error.is_none_or(|error| error.is_empty()))
}

/// What was asked of a trail; where a member account may not see it of its organization's trail, whose that is and how to see it
/// (CloudTrail User Guide, "Creating a trail for an organization").
pub fn of_organization<T>(world: &World<'_>, trail: &Resource<Trail>, mut asked: Derived<T>) -> Derived<T> {
    let owner = &*trail.id.account;
    let foreign = trail.fields.organization.known() == Some(&true) && *owner != *world.index.snapshot.caller.account;
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
