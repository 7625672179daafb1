//! Does a trail record who reads and writes the objects of a bucket with rows in it (10.2.1.1)?
//!
//! CloudTrail User Guide, "Logging data events": a selector names whole buckets as `arn:aws:s3:::bucket/`, and all of them as `arn:aws:s3`.

use std::collections::BTreeSet;

use super::super::FactContext;
use super::super::store::bucket::Used;
use super::super::subject::Subject;
use super::OBJECT_TRAIL;
use super::account::{complete, covers, delivers, of_organization};
use crate::evidence::{Derived, Missing, observe};
use crate::model::logs::{EventSelector, Trail};
use crate::model::{Kind, Resource};

/// The subjects of the fact kind `object-trail`.
pub(super) fn derive(ctx: &FactContext<'_>, buckets: &[Used<'_>]) -> Vec<Subject> {
    let subject = |bucket: &Used<'_>| {
        let (reads, readers) = recorded(ctx, bucket, "ReadOnly");
        let (writes, writers) = recorded(ctx, bucket, "WriteOnly");
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
        Subject::new(OBJECT_TRAIL.name, super::about(ctx, Kind::Bucket, &bucket.id)).with("reads", reads).with("writes", writes).with("why", why)
    };
    buckets.iter().filter(|bucket| bucket.holds_rows()).map(subject).collect()
}

/// Whether some trail records one half of what happens to the objects, and which do.
fn recorded(ctx: &FactContext<'_>, bucket: &Used<'_>, half: &str) -> (Derived<bool>, Vec<String>) {
    let whole = format!("{}/", bucket.id.arn);
    let judged = ctx.index.all::<Trail>().iter().map(|trail| {
        let selected = of_organization(ctx, trail, observe!(trail.selectors))
            .and_then(|selectors| Derived::any(selectors.iter().map(|selector| selects(trail, selector, &whole, half))));
        (trail, Derived::all([selected, of_organization(ctx, trail, observe!(trail.logging)), delivers(ctx, trail), reaches(trail, bucket)]))
    });
    let judged: Vec<_> = judged.collect();
    let by = judged.iter().filter(|(_, good)| good.value() == Some(&true)).map(|(trail, _)| trail.id.name.to_string());
    let by: BTreeSet<_> = by.collect();
    let any = Derived::any(judged.iter().map(|(_, good)| good.clone()).chain([complete(ctx).map(|()| false)]));
    (any, by.into_iter().collect())
}

/// Whether a selector takes every object of a bucket, `arn:aws:s3:::bucket/`.
fn selects(trail: &Resource<Trail>, selector: &EventSelector, whole: &str, half: &str) -> Derived<bool> {
    let direction = selector.read_write.eq_ignore_ascii_case("All") || selector.read_write.eq_ignore_ascii_case(half);
    let all = whole.split(":::").next().unwrap_or_default();
    let named = |object: &String| match object.strip_suffix('*') {
        Some(prefix) => whole.starts_with(prefix),
        None => object == whole || object == all || object.strip_suffix(":::") == Some(all),
    };
    // A prefix that the bucket's begins with leaves out all of it, one that begins with the bucket's a part.
    let spared = |object: &String| match object.strip_suffix('*') {
        Some(prefix) => !whole.starts_with(prefix) && !prefix.starts_with(whole),
        None => !object.starts_with(whole),
    };
    let of_s3 = !selector.excluded_sources.iter().any(|source| source.eq_ignore_ascii_case("s3.amazonaws.com"));
    let takes = direction && of_s3 && selector.s3_objects.iter().any(named) && selector.excluded_objects.iter().flatten().all(spared);
    if takes && selector.excluded_objects.is_none() {
        return Derived::unseen(Missing::Outside(format!(
            "which objects a selector of trail {} leaves out: the snapshot does not hold that, as an older version wrote it or it was cut; take a new one",
            trail.id.name
        )));
    }
    Derived::known(takes && !selector.narrowed)
}

/// A trail of one region sees the buckets of that region; a bucket lies where what writes rows into it does.
fn reaches(trail: &Resource<Trail>, bucket: &Used<'_>) -> Derived<bool> {
    let regions: BTreeSet<&str> = match &*bucket.id.region {
        "global" => bucket.uses.iter().map(|one| &*one.by.region).collect(),
        region => BTreeSet::from([region]),
    };
    Derived::all(regions.into_iter().map(|region| covers(trail, region)))
}
