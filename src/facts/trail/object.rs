//! Does a trail record who reads and writes the objects of a bucket with rows in it (10.2.1.1)?
//!
//! CloudTrail User Guide, "Logging data events": a selector names whole buckets as `arn:aws:s3:::bucket/`, and all of them as `arn:aws:s3`.

use std::collections::BTreeSet;

use super::super::World;
use super::super::derived::{Derived, observe};
use super::super::store::bucket::Used;
use super::super::subject::Subject;
use super::OBJECT_TRAIL;
use super::account::{complete, covers, delivers};
use crate::model::logs::{EventSelector, Trail};
use crate::model::{Kind, Resource};

/// The subjects of the fact kind `object-trail`.
pub fn derive(world: &World<'_>, buckets: &[Used<'_>]) -> Vec<Subject> {
    let subject = |bucket: &Used<'_>| {
        let (reads, readers) = recorded(world, bucket, "ReadOnly");
        let (writes, writers) = recorded(world, bucket, "WriteOnly");
        let why = reads.clone().zip(writes.clone()).map(|(reads, writes)| {
            let by = |names: &[String]| format!("recorded by trail {}", names.join(", "));
            match (reads, writes) {
                (true, true) if readers == writers => format!("reads and writes are {}", by(&readers)),
                (true, true) => format!("reads are {}, writes are {}", by(&readers), by(&writers)),
                (true, false) => format!("reads are {}, writes by no trail", by(&readers)),
                (false, true) => format!("writes are {}, reads by no trail", by(&writers)),
                (false, false) => "no trail that logs and delivers records its objects".to_owned(),
            }
        });
        Subject::new(OBJECT_TRAIL.name, super::about(world, Kind::Bucket, &bucket.id)).with("reads", reads).with("writes", writes).with("why", why)
    };
    buckets.iter().filter(|bucket| bucket.holds_rows()).map(subject).collect()
}

/// Whether some trail records one half of what happens to the objects, and which do.
fn recorded(world: &World<'_>, bucket: &Used<'_>, half: &str) -> (Derived<bool>, Vec<String>) {
    let whole = format!("{}/", bucket.id.arn);
    let judged = world.index.all::<Trail>().iter().map(|trail| {
        let selected = observe!(trail.selectors).map(|selectors| selectors.iter().any(|selector| selects(selector, &whole, half)));
        (trail, Derived::all([selected, observe!(trail.logging), delivers(trail), reaches(trail, bucket)]))
    });
    let judged: Vec<_> = judged.collect();
    let by = judged.iter().filter(|(_, good)| good.value() == Some(&true)).map(|(trail, _)| trail.id.name.to_string());
    let by: BTreeSet<_> = by.collect();
    let any = Derived::any(judged.iter().map(|(_, good)| good.clone()).chain([complete(world).map(|()| false)]));
    (any, by.into_iter().collect())
}

fn selects(selector: &EventSelector, whole: &str, half: &str) -> bool {
    let direction = selector.read_write.eq_ignore_ascii_case("All") || selector.read_write.eq_ignore_ascii_case(half);
    let all = whole.split(":::").next().unwrap_or_default();
    let named = |object: &String| match object.strip_suffix('*') {
        Some(prefix) => whole.starts_with(prefix),
        None => object == whole || object == all || object.strip_suffix(":::") == Some(all),
    };
    direction && !selector.narrowed && selector.s3_objects.iter().any(named)
}

/// A trail of one region sees the buckets of that region; a bucket lies where what writes rows into it does.
fn reaches(trail: &Resource<Trail>, bucket: &Used<'_>) -> Derived<bool> {
    let regions: BTreeSet<&str> = match &*bucket.id.region {
        "global" => bucket.uses.iter().map(|one| &*one.by.region).collect(),
        region => BTreeSet::from([region]),
    };
    Derived::all(regions.into_iter().map(|region| covers(trail, region)))
}
