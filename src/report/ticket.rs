//! Tickets: which findings have one, and how a report remembers the tickets of the report before it.
//!
//! A report is the whole memory of the feed. Its findings hold what is open and could be looked at; [`View::history`] holds the rest: what is open and
//! is out of sight or out of scope, for as long as it takes, and what was resolved, for [`REMEMBERED_DAYS`].
//!
//! | finding | ticket |
//! |---|---|
//! | `fail`, advice too, waived or not | open: the severity says how much it matters, the waiver that it is accepted |
//! | `unknown` | open: nobody knows whether it holds |
//! | `manual` | none, unless the configuration says `feed.questions`; then open until answered that it holds |
//! | `pass`, `not_applicable` | none; one that was open is resolved |
//! | gone, and its list was read whole | none; one that was open is resolved |
//! | gone, and its list could not be read | stays open as `unknown`: evidence is lost |
//! | its rule or region was not looked at | stays as it is |

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::view::{Fate, Finding, Past, Verdict, View};
use crate::gate::Sight;

/// For how many days a resolved ticket is remembered, so that its finding can reopen it.
pub const REMEMBERED_DAYS: i64 = 400;

/// A ticket, as one report knows it.
#[derive(Debug, Clone, Copy)]
pub struct Ticket<'a> {
    /// The finding, as last seen; `None` once it is resolved.
    pub finding: Option<&'a Finding>,
    /// When it was first open.
    pub first_seen: Timestamp,
    /// When it was last seen open.
    pub last_seen: Timestamp,
    /// Its place in the history, where no open finding speaks of it.
    past: Option<&'a Past>,
}

impl Ticket<'_> {
    /// Whether it is resolved because there is no such resource any more.
    pub fn is_gone(&self) -> bool {
        self.past.is_some_and(|past| past.gone)
    }
}

impl Finding {
    /// Whether it has an open ticket.
    pub fn has_ticket(&self, questions: bool) -> bool {
        match self.verdict {
            Verdict::Fail | Verdict::Unknown => true,
            Verdict::Manual => questions && !(self.is_answered() && self.attested.as_ref().is_some_and(|answer| answer.holds)),
            Verdict::Pass | Verdict::NotApplicable => false,
        }
    }
}

/// Every ticket that a report knows of, by fingerprint.
pub fn tickets(view: &View) -> BTreeMap<&str, Ticket<'_>> {
    let now = view.run.taken_at;
    let past = view.history.iter().map(|past| {
        let ticket = Ticket { finding: past.finding.as_deref(), first_seen: past.first_seen, last_seen: past.last_seen, past: Some(past) };
        (past.fingerprint.as_str(), ticket)
    });
    let open = view.findings.iter().filter(|finding| finding.has_ticket(view.run.question_tickets));
    let open = open.map(|finding| {
        let ticket = Ticket { finding: Some(finding), first_seen: finding.first_seen.unwrap_or(now), last_seen: now, past: None };
        (finding.fingerprint.as_str(), ticket)
    });
    past.chain(open).collect()
}

/// Takes over what the report before it remembered: sets `first_seen`, and fills the history. Linear in both reports.
pub fn carry(view: &mut View, previous: Option<&View>, sight: &Sight) {
    let now = view.run.taken_at;
    let questions = view.run.question_tickets;
    let before = previous.map(tickets).unwrap_or_default();
    for finding in &mut view.findings {
        let known = before.get(finding.fingerprint.as_str()).map(|ticket| ticket.first_seen);
        finding.first_seen = known.or(finding.has_ticket(questions).then_some(now));
    }
    let open: HashMap<&str, bool> = view.findings.iter().map(|finding| (finding.fingerprint.as_str(), finding.has_ticket(questions))).collect();
    let earlier: BTreeSet<String> = previous.into_iter().flat_map(|view| view.run.regions.iter().cloned()).collect();
    let mut history = Vec::new();
    for (fingerprint, ticket) in before {
        let today = open.get(fingerprint).copied();
        if today == Some(true) {
            continue;
        }
        history.extend(match (ticket.finding, ticket.past) {
            (Some(finding), past) => Some(aside(finding, &ticket, past, (sight, &earlier), today.is_some(), now)),
            (None, Some(past)) => (now.duration_since(past.since).as_hours() <= REMEMBERED_DAYS * 24).then(|| past.clone()),
            (None, None) => None,
        });
    }
    view.history = history;
}

/// A ticket that was open and of which no open finding speaks today.
fn aside(
    finding: &Finding,
    ticket: &Ticket<'_>,
    past: Option<&Past>,
    (sight, earlier): (&Sight, &BTreeSet<String>),
    there: bool,
    now: Timestamp,
) -> Past {
    let place = &finding.resource;
    let fate = sight.fate(&finding.rule, (&place.arn, &place.region), earlier, there);
    let since = past.filter(|past| past.fate == fate).map_or(now, |past| past.since);
    let kept = match fate {
        Fate::Resolved => None,
        Fate::OutOfScope => Some(finding.clone()),
        Fate::EvidenceLost => Some(lost(finding, now)),
    };
    Past {
        fingerprint: finding.fingerprint.clone(),
        rule: finding.rule.clone(),
        resource: place.arn.clone(),
        region: place.region.clone(),
        fate,
        since,
        first_seen: ticket.first_seen,
        last_seen: ticket.last_seen,
        gone: fate == Fate::Resolved && !there && sight.is_gone(&place.kind, &place.arn),
        finding: kept.map(|finding| Box::new(Finding { standing: None, first_seen: Some(ticket.first_seen), ..finding })),
    }
}

fn lost(finding: &Finding, now: Timestamp) -> Finding {
    if finding.verdict == Verdict::Unknown {
        return finding.clone();
    }
    let day = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let message = format!(
        "{}: out of sight since {day}, because what it hangs on could not be listed; it was {} before: {}",
        finding.resource.name, finding.verdict, finding.message
    );
    Finding { verdict: Verdict::Unknown, message, ..finding.clone() }
}
