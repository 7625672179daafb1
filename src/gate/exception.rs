//! Waivers and attestations → the findings they speak of, and whether they still hold.

use std::collections::HashMap;

use iam_eval::wildcard_match;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::config::Exception;
use crate::finding::Finding;

/// An exception that speaks of a finding.
#[derive(Debug)]
pub struct Applied<'a, T> {
    /// It.
    pub exception: &'a T,
    /// Its last day has passed: it no longer holds.
    pub expired: bool,
}

// By hand: it is a reference and a flag, whatever T is.
impl<T> Clone for Applied<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Applied<'_, T> {}

/// The day of a moment, in UTC.
pub fn day(now: Timestamp) -> Date {
    now.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// All exceptions of a sort, ready to be asked.
pub(super) struct Exceptions<'a, T> {
    all: &'a [T],
    by_finding: HashMap<&'a str, Vec<usize>>,
    by_rule: HashMap<&'a str, Vec<usize>>,
    used: Vec<bool>,
    today: Date,
}

impl<'a, T: Exception> Exceptions<'a, T> {
    /// As of a moment, whose day is that of UTC.
    pub(super) fn new(all: &'a [T], now: Timestamp) -> Self {
        let (mut by_finding, mut by_rule) = (HashMap::<_, Vec<usize>>::new(), HashMap::<_, Vec<usize>>::new());
        for (position, exception) in all.iter().enumerate() {
            match exception.target() {
                (Some(finding), ..) => by_finding.entry(finding).or_default().push(position),
                (None, Some(rule), _) => by_rule.entry(rule).or_default().push(position),
                _ => {}
            }
        }
        Self { all, by_finding, by_rule, used: vec![false; all.len()], today: day(now) }
    }

    /// Those that speak of a finding and have begun.
    pub(super) fn all_of(&mut self, fingerprint: &str, finding: &Finding) -> Vec<Applied<'a, T>> {
        let fitting = self.by_rule.get(&*finding.rule).into_iter().flatten().copied();
        let fitting =
            fitting.filter(|position| self.all[*position].target().2.is_some_and(|pattern| wildcard_match(pattern, &finding.about.resource.arn)));
        let named: Vec<usize> = self.by_finding.get(fingerprint).into_iter().flatten().copied().chain(fitting).collect();
        for position in &named {
            self.used[*position] = true;
        }
        let begun = named.into_iter().map(|position| &self.all[position]).filter(|exception| exception.days().0.0 <= self.today);
        begun.map(|exception| Applied { exception, expired: exception.days().1.0 < self.today }).collect()
    }

    /// Those that no finding met.
    pub(super) fn unused(&self) -> impl Iterator<Item = &'a T> {
        self.all.iter().zip(&self.used).filter(|(_, used)| !**used).map(|(exception, _)| exception)
    }
}
