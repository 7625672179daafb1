//! Which waiver speaks of a finding, and whether it covers what the finding is now.
//!
//! A waiver covers what somebody saw when it was written: the verdict, the severity, the offending elements. Of a fail or an unknown it is named by
//! fingerprint, or by rule and resource; an unknown can also be waived by the calls that it hangs on.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::exception::{Applied, Exceptions, day};
use super::growth::growth;
use super::own;
use crate::config::{Exception, Waiver};
use crate::evidence::Index;
use crate::finding::{Finding, Verdict};
use crate::model::snapshot::Gap;

/// A waiver that speaks of a finding, and what it does not cover.
#[derive(Debug, Clone)]
pub struct Waived<'a> {
    /// It.
    pub waiver: &'a Waiver,
    /// Its last day has passed.
    pub expired: bool,
    /// What there is of the finding beyond what was accepted, in words; empty where it covers the whole.
    pub outgrown: Vec<String>,
}

impl Waived<'_> {
    /// Whether it covers the finding today.
    pub fn holds(&self) -> bool {
        !self.expired && self.outgrown.is_empty()
    }
}

/// All waivers, ready to be asked.
pub(super) struct Waivers<'a, 'i> {
    by_target: Exceptions<'a, Waiver>,
    by_call: Vec<(&'a Waiver, bool)>,
    index: &'i Index<'i>,
    today: Date,
}

impl<'a, 'i> Waivers<'a, 'i> {
    /// As of the snapshot's moment.
    pub(super) fn new(all: &'a [Waiver], index: &'i Index<'i>) -> Self {
        let by_call = all.iter().filter(|waiver| waiver.call.is_some()).map(|waiver| (waiver, false)).collect();
        Self { by_target: Exceptions::new(all, index.now()), by_call, index, today: day(index.now()) }
    }

    /// The one for a finding: one that covers it before one that does not, then the one that lasts longest.
    pub(super) fn find(&mut self, fingerprint: &str, finding: &Finding) -> Option<Waived<'a>> {
        if !matches!(finding.verdict, Verdict::Fail | Verdict::Unknown) || own::is_own(&finding.rule) {
            return None;
        }
        let named = self.by_target.all_of(fingerprint, finding).into_iter().map(|Applied { exception, expired }| Waived {
            waiver: exception,
            expired,
            outgrown: outgrown(exception, finding),
        });
        let named = named.max_by_key(|waived| (waived.holds(), !waived.expired, waived.waiver.expires));
        if named.as_ref().is_some_and(Waived::holds) || finding.verdict != Verdict::Unknown {
            return named;
        }
        self.by_calls(finding).or(named)
    }

    /// Waived where each call that the finding hangs on is: the waiver that ends first speaks for all.
    pub(super) fn by_calls(&mut self, finding: &Finding) -> Option<Waived<'a>> {
        let mut covering: Option<&'a Waiver> = None;
        for missing in &finding.missing {
            let gaps = self.index.explain(missing);
            if gaps.is_empty() {
                return None;
            }
            for gap in gaps {
                let waiver = self.of_gap(gap)?;
                covering = Some(covering.map_or(waiver, |other| if other.expires <= waiver.expires { other } else { waiver }));
            }
        }
        covering.map(|waiver| Waived { waiver, expired: waiver.expires.0 < self.today, outgrown: Vec::new() })
    }

    /// The waiver of a call that failed: the one that lasts longest.
    fn of_gap(&mut self, gap: &Gap) -> Option<&'a Waiver> {
        let today = self.today;
        let fits = |given: &Option<String>, name: &str| given.as_deref().is_none_or(|given| given == name);
        let call = format!("{}:{}", gap.service, gap.operation);
        let mut best: Option<&'a Waiver> = None;
        for (waiver, used) in &mut self.by_call {
            if waiver.call.as_deref() == Some(&call) && fits(&waiver.region, &gap.region) && fits(&waiver.account, &gap.account) {
                *used = true;
                if waiver.approved.0 <= today && best.is_none_or(|best| best.expires < waiver.expires) {
                    best = Some(waiver);
                }
            }
        }
        best
    }

    /// Those that spoke of nothing.
    pub(super) fn unused(&self) -> impl Iterator<Item = &'a Waiver> {
        let by_call = self.by_call.iter().filter(|(_, used)| !used).map(|(waiver, _)| *waiver);
        self.by_target.unused().filter(|waiver| waiver.call.is_none()).chain(by_call)
    }
}

/// What of a finding a waiver does not cover. One that does not say what was accepted covers whatever the finding becomes.
fn outgrown(waiver: &Waiver, finding: &Finding) -> Vec<String> {
    if let Some(accepted) = waiver.verdict.filter(|accepted| *accepted != finding.verdict) {
        return vec![format!("{}, the waiver is of a finding that was {accepted}", finding.verdict)];
    }
    let elements: Option<&BTreeSet<String>> = waiver.offending.as_ref();
    growth((waiver.severity, elements), (finding.severity, finding.offending.as_ref()))
}

/// How many waivers do not say what was accepted: they cover whatever a finding becomes.
pub fn unspecific(all: &[Waiver]) -> usize {
    all.iter().filter(|waiver| waiver.call().is_none() && waiver.finding.is_some() && waiver.verdict.is_none()).count()
}
