//! Nothing leaves unseen: what the baseline watched and this run does not judge.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::baseline::{Baseline, Entry};
use super::own::{self, STILL_JUDGED};
use super::sight::Sight;
use super::standing::Fate;
use jiff::civil::Date;

use super::exception::day;
use super::named::named;
use crate::config::Retired;
use crate::evidence::Index;
use crate::finding::{Finding, Role, Verdict, Watched};
use crate::model::{Identity, Kind};

/// Rules that a message names.
const NAMED: usize = 6;

/// What left since the baseline.
#[derive(Debug, Clone, Default)]
pub(super) struct Departures {
    /// A finding for each departure that nobody accepted.
    pub findings: Vec<Finding>,
    /// Verdicts of the baseline of which this run says nothing, sorted; those of accepted departures too. Fails are among what is gone.
    pub left: Vec<Entry>,
    /// Rules of the baseline that did not run.
    pub rules: BTreeSet<String>,
    /// `[[retired]]` of what is still there, by what they name.
    pub unused: Vec<String>,
    /// ARNs of what was watched and could not be looked for.
    pub unseen: Vec<String>,
    /// Those of them that hold data, move it or record it.
    pub unwatched: Vec<Watched>,
}

/// This run, as far as departures need it.
#[derive(Clone, Copy)]
pub(super) struct Tonight<'a, 'i> {
    /// What was seen.
    pub index: &'a Index<'i>,
    /// What it judged.
    pub findings: &'a [(String, &'a Finding)],
    /// What it watches.
    pub watched: &'a [Watched],
    /// The rules that ran.
    pub rules: &'a BTreeSet<String>,
    /// Departures that are accepted.
    pub retired: &'a [Retired],
    /// What could be looked at.
    pub sight: &'a Sight,
}

/// Compares. Linear in both runs.
pub(super) fn departures(baseline: &Baseline, tonight: Tonight<'_, '_>) -> Departures {
    let snapshot = tonight.index.snapshot;
    let scanned: HashSet<&str> = snapshot.regions.iter().map(String::as_str).chain(["global"]).collect();
    let there: HashSet<&str> = tonight.findings.iter().map(|(fingerprint, _)| fingerprint.as_str()).collect();
    let mut left: Vec<Entry> = baseline
        .findings
        .values()
        .filter(|entry| !matches!(entry.verdict, Verdict::NotApplicable | Verdict::Unknown) && !there.contains(entry.fingerprint.as_str()))
        // What hangs on a list that could not be read is unknown, not gone.
        .filter(|entry| tonight.sight.fate(&entry.rule, (&entry.resource, &entry.region), &baseline.regions, false) != Fate::EvidenceLost)
        .cloned()
        .collect();
    left.sort_by(|a, b| (&a.rule, &a.resource, &a.fingerprint).cmp(&(&b.rule, &b.resource, &b.fingerprint)));
    let identities = || snapshot.resources.identities();
    let present = identities().flat_map(|(_, id)| [&*id.arn, &*id.name]).collect();
    let mut told = Told {
        tonight,
        today: day(tonight.index.now()),
        present,
        used: HashSet::new(),
        findings: Vec::new(),
        unseen: Vec::new(),
        unwatched: Vec::new(),
    };
    for region in baseline.regions.iter().filter(|region| !scanned.contains(region.as_str())) {
        let lost = left.iter().filter(|entry| entry.region == *region).count();
        let message = format!("{region} was scanned for the baseline and is not now: {lost} verdicts are out of sight");
        told.tell(region, own::of_account(tonight.index, format!("region {region}")), message);
    }
    let rules: BTreeSet<String> = baseline.rules.difference(tonight.rules).cloned().collect();
    // An upgrade that takes rules away says so; rules that are missing under the same version were left out by somebody.
    if !rules.is_empty() && baseline.version == env!("CARGO_PKG_VERSION") {
        let message = format!("{} of the baseline did not run: {}", rules_in_words(rules.len()), named(&rules, NAMED));
        told.tell("rules", own::of_account(tonight.index, "rules".to_owned()), message);
    }
    let in_sight = |entry: &&Entry| scanned.contains(entry.region.as_str()) && tonight.rules.contains(&entry.rule);
    let seen: Vec<&Entry> = left.iter().filter(in_sight).collect();
    let mut by_resource: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for entry in seen {
        by_resource.entry(&entry.resource).or_default().insert(&entry.rule);
    }
    // Of what could not be read nobody can say that it is judged again.
    let lost = |entry: &&Entry| tonight.sight.fate(&entry.rule, (&entry.resource, &entry.region), &baseline.regions, false) == Fate::EvidenceLost;
    let hidden = baseline.findings.values().filter(|entry| !there.contains(entry.fingerprint.as_str())).filter(lost);
    told.unseen.extend(hidden.map(|entry| entry.resource.clone()));
    let gone = told.watched(baseline, &scanned, &by_resource);
    told.silent(&by_resource, &gone);
    told.open_since(baseline, &scanned);
    let Told { used, findings, unseen, unwatched, .. } = told;
    let unused = tonight.retired.iter().filter(|retired| !used.contains(retired.arn.as_str())).map(|retired| retired.arn.clone()).collect();
    left.retain(|entry| entry.verdict != Verdict::Fail);
    Departures { findings, left, rules, unused, unseen, unwatched }
}

struct Told<'a, 'i> {
    tonight: Tonight<'a, 'i>,
    /// ARNs and names of everything in the snapshot.
    present: HashSet<&'a str>,
    used: HashSet<String>,
    findings: Vec<Finding>,
    unseen: Vec<String>,
    unwatched: Vec<Watched>,
    /// The snapshot's day.
    today: Date,
}

impl Told<'_, '_> {
    /// One departure, unless somebody accepted it.
    fn tell(&mut self, name: &str, about: crate::evidence::About, message: String) {
        if self.tonight.retired.iter().any(|retired| retired.arn == name && retired.approved.0 <= self.today) {
            self.used.insert(name.to_owned());
            return;
        }
        self.findings.push(STILL_JUDGED.finding(about, message, "what the baseline watched".to_owned()));
    }

    /// Watched resources that are gone; the ARNs of all of them, accepted or not.
    fn watched<'b>(&mut self, baseline: &'b Baseline, scanned: &HashSet<&str>, lost: &BTreeMap<&str, BTreeSet<&str>>) -> HashSet<&'b str> {
        let now: HashSet<_> = self.tonight.watched.iter().map(Watched::identity).collect();
        let guarded: HashSet<(Role, &str)> =
            self.tonight.watched.iter().flat_map(|one| one.used_by.iter().map(|by| (one.role, by.as_str()))).collect();
        let mut gone = HashSet::new();
        for one in baseline.watched.iter().flatten().filter(|one| scanned.contains(one.region.as_str()) && !now.contains(&one.identity())) {
            let Ok(kind) = one.kind.parse::<Kind>() else { continue };
            // What could not be listed is unknown, not gone.
            if self.tonight.index.hides(kind, &one.region) {
                self.unseen.push(one.arn.clone());
                self.unwatched.extend((!one.role.guards()).then(|| one.clone()));
                continue;
            }
            // A secret or key leaves with what it guarded, or another takes its place; else something lost its safeguard.
            let unguarded = |user: &String| self.present.contains(user.as_str()) && !guarded.contains(&(one.role, user.as_str()));
            if one.role.guards() && !one.used_by.iter().any(unguarded) {
                if one.may_be_among(self.tonight.index.hidden()) {
                    self.unseen.push(one.arn.clone());
                }
                continue;
            }
            // A store that is watched for two reasons is told once.
            if !gone.insert(one.arn.as_str()) {
                continue;
            }
            let rules = lost.get(one.arn.as_str());
            let verdicts = rules.map(|rules| format!("; its verdicts left with it: {}", named(rules, NAMED))).unwrap_or_default();
            let still =
                if self.present.contains(one.arn.as_str()) { format!("no longer serves as a {}", one.role.words()) } else { "is gone".to_owned() };
            let by = if one.used_by.is_empty() { String::new() } else { format!(" of {}", named(&one.used_by, NAMED)) };
            let message = format!("{}: the {}{by} that the baseline watched {still}{verdicts}", one.name, one.role.words());
            let account = self.tonight.index.account("global").account.clone();
            let id = Identity { arn: one.arn.as_str().into(), name: one.name.as_str().into(), account, region: one.region.as_str().into() };
            self.tell(&one.arn, own::of_resource(kind, id, "gone".to_owned()), message);
        }
        gone
    }

    /// What a whole report, given as the baseline, had left open: it stays open until the thing is judged again, or somebody accepts.
    fn open_since(&mut self, baseline: &Baseline, scanned: &HashSet<&str>) {
        let now: HashSet<String> = self.tonight.watched.iter().map(|one| one.arn.clone()).collect();
        for one in &baseline.departed {
            let back = now.contains(&one.resource.arn) || one.key.strip_prefix("region ").is_some_and(|region| scanned.contains(region));
            let told = self.findings.iter().any(|told| *told.about.resource.arn == *one.resource.arn && told.about.key == one.key);
            let Ok(kind) = one.resource.kind.parse::<Kind>() else { continue };
            if back || told {
                continue;
            }
            let resource = &one.resource;
            let account = self.tonight.index.account("global").account.clone();
            let id =
                Identity { arn: resource.arn.as_str().into(), name: resource.name.as_str().into(), account, region: resource.region.as_str().into() };
            self.tell(own::retired_name(&resource.arn, &one.key), own::of_resource(kind, id, one.key.clone()), one.message.clone());
        }
    }

    /// Rules that say nothing any more of a resource that is still there.
    fn silent(&mut self, lost: &BTreeMap<&str, BTreeSet<&str>>, gone: &HashSet<&str>) {
        let speaking: HashSet<(&str, &str)> =
            self.tonight.findings.iter().map(|(_, finding)| (&*finding.rule, &*finding.about.resource.arn)).collect();
        for (kind, id) in self.tonight.index.snapshot.resources.identities() {
            let Some(rules) = lost.get(&*id.arn).filter(|_| !gone.contains(&*id.arn)) else { continue };
            let silent: BTreeSet<&str> = rules.iter().copied().filter(|rule| !speaking.contains(&(*rule, &*id.arn))).collect();
            if silent.is_empty() {
                continue;
            }
            let message = format!("{}: it is still there, and rules that judged it say nothing of it now: {}", id.name, named(&silent, NAMED));
            self.tell(&id.arn, own::of_resource(kind, (**id).clone(), "not judged".to_owned()), message);
        }
    }
}

fn rules_in_words(count: usize) -> String {
    if count == 1 { "1 rule".to_owned() } else { format!("{count} rules") }
}
