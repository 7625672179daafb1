//! What was gathered → a snapshot in order, or the error that says that nothing was.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::ctx::{Ledger, Session};
use super::{CollectError, Collection, Options};
use crate::model::Snapshot;
use crate::model::calls;
use crate::model::snapshot::{Caller, Gap, SCHEMA};

/// Codes by which a region that is misspelt, disabled or cut off answers.
const DEAD: &[&str] =
    &["AuthFailure", "InvalidClientTokenId", "Network", "OptInRequired", "SignatureDoesNotMatch", "Timeout", "UnrecognizedClientException"];

/// Where was looked.
pub(super) struct Regions {
    /// Regions that were scanned, sorted.
    pub scanned: Vec<String>,
    /// Regions that the account has enabled, sorted, where AWS said so.
    pub enabled: Option<Vec<String>>,
}

/// Sorts everything, so that two scans of an unchanged account differ in their times and in nothing else.
///
/// # Errors
/// Where no call but the first succeeded, or a region that was asked for is dead.
pub(super) fn finish(session: Session, caller: Caller, regions: Regions, taken_at: Timestamp, options: &Options) -> Result<Collection, CollectError> {
    let mut resources = std::mem::take(&mut *session.resources());
    let Ledger { mut reads, mut gaps, calls, retries } = std::mem::take(&mut *session.ledger());
    resources.sort();
    reads.sort();
    // A list that was asked for in parts is one read, and as old as its first part.
    reads.dedup_by(|a, b| (&a.region, &a.service, &a.operation, &a.resource) == (&b.region, &b.service, &b.operation, &b.resource));
    gaps.sort();
    gaps.dedup();
    let told = |service: &str, operation: &str| matches!((service, operation), ("sts", "GetCallerIdentity") | ("ec2", "DescribeRegions"));
    if !reads.iter().any(|read| !told(&read.service, &read.operation)) {
        if session.stop.is_stopped() {
            return Err(CollectError::Interrupted);
        }
        return Err(CollectError::NothingRead { calls: gaps.len(), code: commonest(&gaps) });
    }
    let Regions { scanned: regions, enabled: enabled_regions } = regions;
    let all_regions = Some(options.all_regions);
    if !options.all_regions && !session.stop.is_stopped() {
        for region in &regions {
            let here: Vec<Gap> = gaps.iter().filter(|gap| gap.region == *region).cloned().collect();
            let silent =
                !here.is_empty() && here.iter().all(|gap| DEAD.contains(&gap.code.as_str())) && !reads.iter().any(|read| read.region == *region);
            if silent {
                return Err(CollectError::DeadRegion { region: region.clone(), code: commonest(&here) });
            }
        }
    }
    debug_assert!(reads.iter().all(|read| calls::call(&read.service, &read.operation).is_some()), "every read has a row");
    let written_by = Some(concat!("pci-audit ", env!("CARGO_PKG_VERSION")).to_owned());
    let snapshot =
        Snapshot { schema: SCHEMA.to_owned(), written_by, taken_at, caller, regions, all_regions, enabled_regions, reads, gaps, resources };
    Ok(Collection { snapshot, calls, retries })
}

/// The code that most gaps have; of equals, the first by name.
fn commonest(gaps: &[Gap]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for gap in gaps {
        *counts.entry(&gap.code).or_default() += 1;
    }
    counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0))).map(|(code, _)| code.to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commonest_code_does_not_depend_on_order() {
        let gap = |code: &str| Gap {
            account: String::new(),
            region: String::new(),
            service: String::new(),
            operation: String::new(),
            resource: None,
            code: code.to_owned(),
            message: String::new(),
        };
        assert_eq!(commonest(&[gap("B"), gap("A"), gap("B")]), "B");
        assert_eq!(commonest(&[gap("B"), gap("A")]), "A");
        assert_eq!(commonest(&[]), "");
    }
}
