//! What this run could look at: whether a finding of an earlier run that is not among today's is gone, or only out of sight.

use std::collections::{BTreeSet, HashSet};

use super::own;
use super::standing::Fate;
use crate::evidence::Missing;
use crate::finding::{Finding, Verdict};
use crate::model::{Kind, Resources};

/// The reach of a run: its rules, its regions, and what in them could not be listed.
#[derive(Debug, Clone, Default)]
pub struct Sight {
    rules: BTreeSet<String>,
    regions: BTreeSet<String>,
    /// Rules and regions whose resources could not be listed whole.
    unlisted: HashSet<(String, String)>,
    /// Rules and resources (by ARN) of which something could not be decided.
    undecided: HashSet<(String, String)>,
    /// ARNs of everything that was seen.
    present: HashSet<String>,
}

impl Sight {
    /// Of a run. Linear in its findings.
    pub fn new<'f>(rules: &BTreeSet<String>, regions: &BTreeSet<String>, findings: impl Iterator<Item = &'f Finding>) -> Self {
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

    /// Remembers what there is.
    pub fn see(&mut self, resources: &Resources) {
        self.present = resources.identities().map(|(_, id)| id.arn.to_string()).collect();
    }

    /// Whether a resource that is not judged any more does not exist any more: its kind is listed whole, and it is not there.
    pub fn is_gone(&self, kind: &str, arn: &str) -> bool {
        let listed = kind.parse::<Kind>().is_ok_and(|kind| !kind.is_kept_where_named());
        listed && !self.present.contains(arn)
    }

    /// Whether a rule ran.
    pub fn ran(&self, rule: &str) -> bool {
        self.rules.contains(rule)
    }

    /// Nobody can say what a rule would find of a resource, for a reason that its own findings do not tell.
    pub fn lose(&mut self, rule: &str, resource: &str) {
        self.undecided.insert((rule.to_owned(), resource.to_owned()));
    }

    /// What became of a finding of an earlier run that looked at `earlier` regions; `there` says whether today has one of its fingerprint, with
    /// whatever verdict.
    ///
    /// One that is not there is resolved only where its list was whole and nothing that its rule says of the same resource is undecided:
    /// the subject of the finding may have hung on what could not be read. What has no region of its own (a bucket, a role) comes into scope by
    /// what names it, in whichever region that is.
    pub fn fate(&self, rule: &str, (resource, region): (&str, &str), earlier: &BTreeSet<String>, there: bool) -> Fate {
        let of = |place: &str| (rule.to_owned(), place.to_owned());
        let is_global = region == "global";
        let in_reach = match is_global {
            // What the gate itself says of the account hangs on no region.
            true => there || own::is_own(rule) || earlier.is_subset(&self.regions),
            false => self.regions.contains(region),
        };
        let unlisted = || if is_global { self.unlisted.iter().any(|(other, _)| other == rule) } else { self.unlisted.contains(&of(region)) };
        if !self.rules.contains(rule) || !in_reach {
            Fate::OutOfScope
        } else if !there && (unlisted() || self.undecided.contains(&of(resource))) {
            Fate::EvidenceLost
        } else {
            Fate::Resolved
        }
    }
}
