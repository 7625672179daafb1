//! What this run could look at: whether a finding of an earlier run that is not among today's is gone, or only out of sight.

use std::collections::{BTreeSet, HashSet};

use super::standing::Fate;
use crate::finding::{Finding, Missing, Verdict};

/// The reach of a run: its rules, its regions, and what in them could not be listed.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    rules: BTreeSet<String>,
    regions: BTreeSet<String>,
    /// Rules and regions whose resources could not be listed whole.
    unlisted: HashSet<(String, String)>,
    /// Rules and resources (by ARN) of which something could not be decided.
    undecided: HashSet<(String, String)>,
}

impl Sight {
    /// Of a run. Linear in its findings.
    pub fn of<'f>(rules: &BTreeSet<String>, regions: &BTreeSet<String>, findings: impl Iterator<Item = &'f Finding>) -> Self {
        let mut sight = Self { rules: rules.clone(), regions: regions.clone(), ..Self::default() };
        for finding in findings.filter(|finding| finding.verdict == Verdict::Unknown) {
            for missing in &finding.missing {
                if let Missing::Members { region, .. } = missing {
                    sight.unlisted.insert((finding.rule.to_string(), region.to_string()));
                }
            }
            sight.undecided.insert((finding.rule.to_string(), finding.about.resource.arn.to_string()));
        }
        sight
    }

    /// Whether a rule ran.
    pub fn ran(&self, rule: &str) -> bool {
        self.rules.contains(rule)
    }

    /// What became of an earlier finding; `there` says whether today has one of its fingerprint, with whatever verdict.
    ///
    /// One that is not there is resolved only where its list was whole and nothing that its rule says of the same resource is undecided:
    /// the subject of the finding may have hung on what could not be read.
    pub fn fate(&self, rule: &str, resource: &str, region: &str, there: bool) -> Fate {
        let of = |place: &str| (rule.to_owned(), place.to_owned());
        if !self.rules.contains(rule) || (region != "global" && !self.regions.contains(region)) {
            Fate::OutOfScope
        } else if !there && (self.unlisted.contains(&of(region)) || self.undecided.contains(&of(resource))) {
            Fate::EvidenceLost
        } else {
            Fate::Resolved
        }
    }
}
