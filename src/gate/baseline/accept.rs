//! Moving a baseline: what accepting a report's findings changes, and what it would change.

use std::collections::{BTreeSet, HashMap};

use super::super::growth::is_unseen;
use super::{Baseline, Entry};
use crate::finding::{Role, UNSEEN_ELEMENTS, Verdict, Watched};
use crate::model::Kind;

/// What somebody accepts of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accept {
    /// Everything: the baseline becomes the report, and what the report could not see stays as it was.
    All,
    /// The findings of rules that the baseline did not know, and the rules.
    NewRules,
    /// Fails, by fingerprint or the beginning of one.
    Findings(Vec<String>),
}

/// Why findings cannot be accepted.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The report is of another account.
    #[error("the report is of account {report}, the baseline of account {baseline}")]
    Account {
        /// Of the report.
        report: String,
        /// Of the baseline.
        baseline: String,
    },
    /// No finding is called so.
    #[error(
        "the report holds no finding {0} that a baseline could hold. A departure is accepted with `baseline accept --all`, or by `[[retired]]` in pci-audit.toml"
    )]
    None(String),
    /// Several are.
    #[error("{0} begins the fingerprints of several findings: {1}")]
    Several(String, String),
    /// A waiver holds for it.
    #[error("finding {0} is waived: that is no acceptance, and ends with the waiver. Accept it from a report without the waiver")]
    Waived(String),
    /// It is no fail.
    #[error("finding {0} is {1}, not a fail: only fails are accepted in a baseline{2}")]
    NoFail(String, Verdict, &'static str),
}

impl Baseline {
    /// The baseline after somebody accepted something of a report. Whatever is accepted, resources and verdicts that are new in the report are watched
    /// from then on; nothing that is gone is forgotten, but by [`Accept::All`].
    ///
    /// # Errors
    /// Where the report is of another account, or does not hold what is accepted.
    pub fn accept(&self, report: &Self, what: &Accept) -> Result<Self, AcceptError> {
        if self.account != report.account {
            return Err(AcceptError::Account { report: report.account.clone(), baseline: self.account.clone() });
        }
        if *what == Accept::All {
            return Ok(self.all_of(report));
        }
        let mut next = self.clone();
        next.is_report = false;
        next.departed.clear();
        let entries = report.looked_at();
        match what {
            Accept::Findings(names) => {
                for name in names {
                    let entry = report.fail(name)?;
                    next.rules.insert(entry.rule.clone());
                    next.put(entry, self.findings.get(&entry.fingerprint));
                }
            }
            Accept::NewRules | Accept::All => {
                entries.clone().filter(|entry| !self.rules.contains(&entry.rule)).for_each(|entry| next.put(entry, None));
                next.rules.extend(report.rules.iter().cloned());
                next.actions.extend(report.actions.iter().cloned());
                next.version.clone_from(&report.version);
            }
        }
        // What holds and is new is watched from now on.
        for entry in entries.filter(|entry| matches!(entry.verdict, Verdict::Pass | Verdict::Manual)) {
            if next.rules.contains(&entry.rule) && !next.findings.contains_key(&entry.fingerprint) {
                next.put(entry, None);
            }
        }
        next.regions.extend(report.regions.iter().cloned());
        if let (Some(watched), Some(more)) = (&mut next.watched, &report.watched) {
            let known: BTreeSet<_> = watched.iter().map(Watched::identity).collect();
            watched.extend(more.iter().filter(|one| !known.contains(&one.identity())).cloned());
        }
        if self.is_older() {
            next.complete(report);
        }
        Ok(next)
    }

    /// All of a report, as accepted: what was open in it is open no more. What it only remembers was not looked at, and is not accepted; what it could
    /// not see stays as it was.
    fn all_of(&self, report: &Self) -> Self {
        let mut all = Self {
            is_report: false,
            departed: Vec::new(),
            hidden: BTreeSet::new(),
            hindered: BTreeSet::new(),
            findings: HashMap::new(),
            ..report.clone()
        };
        report.looked_at().for_each(|entry| all.put(entry, self.findings.get(&entry.fingerprint)));
        let undecided = report.undecided();
        self.findings.values().filter(|before| !before.open && report.lost(before, &undecided)).for_each(|before| all.put(before, None));
        let before: BTreeSet<_> = self.watched.iter().flatten().map(Watched::identity).collect();
        all.watched.iter_mut().for_each(|watched| watched.retain(|one| before.contains(&one.identity()) || !report.presumes(one)));
        if let (Some(watched), Some(before)) = (&mut all.watched, &self.watched) {
            let seen: BTreeSet<_> = watched.iter().map(Watched::identity).collect();
            watched.extend(before.iter().filter(|one| !seen.contains(&one.identity()) && report.hides(one)).cloned());
        }
        all
    }

    /// The findings that were looked at; a report remembers others.
    fn looked_at(&self) -> impl Iterator<Item = &Entry> + Clone {
        self.findings.values().filter(|entry| !entry.remembered)
    }

    /// Rules of which something could not be decided, and where.
    fn undecided(&self) -> BTreeSet<(&str, &str)> {
        let unknown = self.looked_at().filter(|entry| entry.verdict == Verdict::Unknown);
        unknown.map(|entry| (entry.rule.as_str(), entry.region.as_str())).collect()
    }

    /// Whether this report could not see what became of a verdict, in a region that it looked at.
    fn lost(&self, before: &Entry, undecided: &BTreeSet<(&str, &str)>) -> bool {
        match self.findings.get(&before.fingerprint).filter(|today| !today.remembered) {
            Some(today) => today.verdict == Verdict::Unknown,
            None if before.region == "global" => undecided.iter().any(|(rule, _)| *rule == before.rule),
            None => {
                let place = |of: &BTreeSet<(String, String)>| of.contains(&(before.rule.clone(), before.region.clone()));
                self.regions.contains(&before.region)
                    && (undecided.contains(&(before.rule.as_str(), before.region.as_str())) || place(&self.hindered))
            }
        }
    }

    /// Whether this report may not have seen something that was watched, in a region that it looked at.
    fn hides(&self, one: &Watched) -> bool {
        let looked = one.region == "global" || self.regions.contains(&one.region);
        looked && one.may_be_among(self.hidden.iter().map(|(kind, region)| (*kind, region.as_str())))
    }

    /// Whether something is watched only because this report could not see all pipelines: a bucket of logs may be one of rows for all that was seen.
    fn presumes(&self, one: &Watched) -> bool {
        const MOVERS: [Kind; 3] = [Kind::DmsTask, Kind::DmsEndpoint, Kind::DmsReplicationConfig];
        one.role == Role::RowBucket && self.hidden.iter().any(|(kind, _)| MOVERS.contains(kind))
    }

    /// An older file learns what it does not say: what is watched, and by which elements its fails offend today.
    fn complete(&mut self, report: &Self) {
        self.watched.clone_from(&report.watched);
        for entry in self.findings.values_mut().filter(|entry| entry.verdict == Verdict::Fail && entry.offending.is_none()) {
            entry.offending = report.findings.get(&entry.fingerprint).and_then(|today| today.offending.clone());
        }
    }

    fn put(&mut self, entry: &Entry, before: Option<&Entry>) {
        self.findings.insert(entry.fingerprint.clone(), Entry { open: false, offending: accepted(entry, before), ..entry.clone() });
    }

    /// A fail by the beginning of its fingerprint.
    fn fail(&self, name: &str) -> Result<&Entry, AcceptError> {
        let mut found: Vec<&Entry> = self.looked_at().filter(|entry| entry.fingerprint.starts_with(name)).collect();
        found.sort();
        match *found {
            [] => Err(AcceptError::None(name.to_owned())),
            [entry] if entry.waived => Err(AcceptError::Waived(name.to_owned())),
            [entry] if entry.verdict == Verdict::Fail => Ok(entry),
            [entry] => Err(AcceptError::NoFail(
                name.to_owned(),
                entry.verdict,
                match entry.verdict {
                    Verdict::Unknown => "; an unknown is waived by its call, with `[[waivers]] call = …`",
                    Verdict::Manual => "; a question is answered, with `[[attest]]`",
                    _ => "",
                },
            )),
            _ => {
                let names: Vec<&str> = found.iter().take(5).map(|entry| entry.fingerprint.as_str()).collect();
                Err(AcceptError::Several(name.to_owned(), names.join(", ")))
            }
        }
    }
}

/// The elements that are accepted with a finding: those that were seen, and where some could not be, those that were accepted before.
fn accepted(entry: &Entry, before: Option<&Entry>) -> Option<BTreeSet<String>> {
    let mut elements = entry.offending.clone()?;
    if elements.remove(UNSEEN_ELEMENTS) {
        elements.extend(
            before.filter(|before| before.verdict == Verdict::Fail && !before.open).and_then(|before| before.offending.clone()).into_iter().flatten(),
        );
    }
    Some(elements)
}

/// What accepting everything would change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// A fail that nobody accepted yet.
    Accept(Entry),
    /// One that grew, and by what.
    Grow(Entry, Vec<String>),
    /// An accepted fail that is none any more.
    Resolve(Entry),
    /// A fail that was accepted, or a verdict that was reached, and that the report could not see: it stays as it was.
    Lose(Entry),
    /// A resource that is watched from then on.
    Watch(Watched),
    /// One that is watched no more.
    Unwatch(Watched),
    /// A region that is watched from then on, or no more.
    Region(String, bool),
    /// A rule that is known from then on, or no more.
    Rule(String, bool),
}

/// What differs between a baseline and a report, sorted.
pub fn changes(baseline: &Baseline, report: &Baseline) -> Vec<Change> {
    let accepted = |entry: &&Entry| entry.verdict == Verdict::Fail && !entry.open;
    let mut all = Vec::new();
    for entry in report.looked_at().filter(|entry| entry.verdict == Verdict::Fail && !entry.waived) {
        // One whose waiver held then and holds no more is open, as the gate says.
        let before = baseline.findings.get(&entry.fingerprint).filter(accepted).filter(|before| !before.waived);
        let Some(before) = before else {
            all.push(Change::Accept(entry.clone()));
            continue;
        };
        let today = entry.offending.as_ref().map(|elements| serde_json::json!(elements));
        let grown = baseline.growth(before, entry.severity, today.as_ref());
        match () {
            () if grown.is_empty() => {}
            // Nobody accepts what could not be seen.
            () if grown.iter().all(|more| is_unseen(more)) => all.push(Change::Lose(before.clone())),
            () => all.push(Change::Grow(entry.clone(), grown)),
        }
    }
    let undecided = report.undecided();
    let lost = |entry: &&Entry| report.lost(entry, &undecided);
    let fails = |entry: &Entry| report.findings.get(&entry.fingerprint).is_some_and(|today| today.verdict == Verdict::Fail && !today.remembered);
    all.extend(baseline.findings.values().filter(accepted).filter(|entry| !fails(entry) && !lost(entry)).cloned().map(Change::Resolve));
    let reached = baseline.findings.values().filter(|entry| matches!(entry.verdict, Verdict::Pass | Verdict::Fail | Verdict::Manual));
    all.extend(reached.filter(lost).cloned().map(Change::Lose));
    let identities = |side: &Baseline| side.watched.iter().flatten().map(Watched::identity).collect::<BTreeSet<_>>();
    let (before, after) = (identities(baseline), identities(report));
    let news = report.watched.iter().flatten().filter(|one| !before.contains(&one.identity()) && !report.presumes(one));
    all.extend(news.cloned().map(Change::Watch));
    all.extend(baseline.watched.iter().flatten().filter(|one| !after.contains(&one.identity()) && !report.hides(one)).cloned().map(Change::Unwatch));
    for (sides, comes) in [((&report.regions, &baseline.regions), true), ((&baseline.regions, &report.regions), false)] {
        all.extend(sides.0.difference(sides.1).cloned().map(|region| Change::Region(region, comes)));
    }
    for (sides, comes) in [((&report.rules, &baseline.rules), true), ((&baseline.rules, &report.rules), false)] {
        all.extend(sides.0.difference(sides.1).cloned().map(|rule| Change::Rule(rule, comes)));
    }
    all.sort();
    all
}
