//! Nothing judged is not clean: regions in which there was nothing to judge.

use std::collections::BTreeSet;

use super::own::{self, SOMETHING_JUDGED};
use crate::evidence::Index;
use crate::finding::{Finding, Watched};

/// What a place lacks in which nothing was judged.
pub const NOTHING_SEEN: &str = "no database, warehouse, replication or bucket with rows was seen";

/// Every region, in `allow-empty`.
const EVERY: &str = "*";

/// Which regions may hold nothing, and which must not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Emptiness<'a> {
    /// `allow-empty`.
    pub allowed: &'a [String],
    /// Whether there is a baseline: `*` then allows nothing.
    pub has_baseline: bool,
}

/// One finding for each region that was named and holds nothing, or one for the whole run. Regions that `--all-regions` met are no names.
pub(super) fn findings(index: &Index<'_>, watched: &[Watched], emptiness: Emptiness<'_>) -> Vec<Finding> {
    let snapshot = index.snapshot;
    let judged: BTreeSet<&str> = watched.iter().filter(|one| one.role.holds_data()).map(|one| one.region.as_str()).collect();
    let allowed = |region: &str| emptiness.allowed.iter().any(|allowed| allowed == region || (allowed == EVERY && !emptiness.has_baseline));
    let empty: Vec<&str> = snapshot.regions.iter().map(String::as_str).filter(|region| !judged.contains(region)).collect();
    let open: Vec<&str> = empty.iter().copied().filter(|region| !allowed(region)).collect();
    let nothing = judged.is_empty();
    // A snapshot for which nothing was read is no evidence of an empty account.
    let unread = snapshot.reads.is_empty() && nothing;
    if open.is_empty() && !unread && !(nothing && snapshot.regions.is_empty()) {
        return Vec::new();
    }
    if nothing {
        return vec![finding(index, "the whole run", &snapshot.regions.join(", "))];
    }
    if snapshot.all_regions == Some(true) {
        return Vec::new();
    }
    open.into_iter().map(|region| finding(index, region, region)).collect()
}

fn finding(index: &Index<'_>, key: &str, place: &str) -> Finding {
    let message = format!("nothing was judged in {place}: {NOTHING_SEEN}");
    SOMETHING_JUDGED.finding(own::of_account(index, format!("nothing judged in {key}")), message, format!("anything to judge in {place}"))
}
