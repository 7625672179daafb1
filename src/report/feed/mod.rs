//! The ticket feed: the report of the run before and today's → events, one JSON object a line, for a ticketing system that reads them for years.
//!
//! Pure: the two reports are the only state, so the same two give the same events with the same ids, byte for byte. Every event but `resolved` leaves its
//! ticket open; a reader that keeps the last event of each `ticket_key` has exactly the open tickets (`super::ticket` says which findings have one).
//!
//! | before → today | event |
//! |---|---|
//! | no ticket → `fail`, or `unknown` that was not there | `opened` |
//! | resolved → `fail` | `reopened` |
//! | anything that was known (no ticket, `fail`, resolved) → `unknown` | `evidence_lost` |
//! | open → open, and a fact differs (`Fact`) | `updated` |
//! | open → resolved | `resolved` |
//! | nothing differs; the rule or the region was not looked at; resolved → forgotten | none: a quiet night sends nothing |
//!
//! **A crash loses and doubles nothing.** The state of tomorrow is today's JSON report, and every file is replaced in one step, so a crash leaves each
//! file whole, old or new. A run writes in this order: the feed, the spool of events that wait to be sent, the JSON report; then it sends.
//! * A crash before the report is written leaves yesterday's report as the state: the run after it compares with the same report and finds the same
//!   events. None is lost. None is doubled: an id is a hash of the ticket, the type, the facts before and after, and which run it was compared with, and
//!   of nothing else, so that the same change has the same id even if the account is scanned anew. Nothing was sent yet, and what the run left in the
//!   spool (marked as unreported) is replaced, because it was compared with the same report: an event that the new scan no longer bears out is never sent.
//! * A crash after the report is written leaves all that is unsent in the spool: the next run sends it first, in order. What was sent and not yet struck
//!   off is sent again under its id, which the receiver has seen (`Idempotency-Key`).
//! * Where the feed or the spool cannot be written, the report is not written either: no state may know of events that nobody got.

mod event;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

pub use event::{Event, Fact, Resolution, RunRef, SCHEMA, Type};

use super::json;
use super::ticket::{Ticket, tickets};
use super::view::{Finding, Verdict, View};

/// What happened to the tickets since the report before; without one, every ticket is opened. The worst first, then by rule, resource and key.
/// Linear in both reports, but for the order.
pub fn events<'a>(previous: Option<&'a View>, today: &'a View) -> Vec<Event<'a>> {
    let (before, now) = (previous.map(tickets).unwrap_or_default(), tickets(today));
    let known = previous.into_iter().flat_map(|view| &view.findings).filter(|finding| finding.verdict != Verdict::Unknown);
    let known: BTreeSet<&str> = known.map(|finding| finding.fingerprint.as_str()).collect();
    let findings: HashMap<&str, &Finding> = today.findings.iter().map(|finding| (finding.fingerprint.as_str(), finding)).collect();
    let mut events = Vec::new();
    for (key, ticket) in now {
        let earlier = before.get(key);
        let Some(kind) = kind(earlier, known.contains(key), &ticket) else { continue };
        // A resolved one is shown as it is now; where it is no more, as it was last seen.
        let shown = ticket.finding.or_else(|| findings.get(key).copied()).or_else(|| earlier.and_then(|earlier| earlier.finding));
        let Some(shown) = shown else { continue };
        let resolution = (kind == Type::Resolved).then(|| Resolution::new(findings.get(key).copied(), ticket.is_gone()));
        events.push(event::describe(kind, earlier.and_then(|earlier| earlier.finding), &ticket, shown, resolution, previous, today));
    }
    let order = |event: &Event<'_>| {
        let finding = &event.finding;
        (std::cmp::Reverse(finding.severity), finding.rule.clone(), finding.resource.arn.clone(), finding.key.clone(), event.ticket_key.clone())
    };
    events.sort_by_cached_key(order);
    events
}

/// The event of one ticket, if any.
fn kind(before: Option<&Ticket<'_>>, known: bool, now: &Ticket<'_>) -> Option<Type> {
    let unknown = |finding: &Finding| finding.verdict == Verdict::Unknown;
    match (before, now.finding) {
        (None | Some(Ticket { finding: None, .. }), None) => None,
        (Some(Ticket { finding: Some(_), .. }), None) => Some(Type::Resolved),
        (None, Some(now)) if unknown(now) && known => Some(Type::EvidenceLost),
        (None, Some(_)) => Some(Type::Opened),
        (Some(Ticket { finding: None, .. }), Some(now)) if unknown(now) => Some(Type::EvidenceLost),
        (Some(Ticket { finding: None, .. }), Some(_)) => Some(Type::Reopened),
        (Some(Ticket { finding: Some(before), .. }), Some(now)) if unknown(now) && !unknown(before) => Some(Type::EvidenceLost),
        (Some(Ticket { finding: Some(before), .. }), Some(now)) => (!Fact::changed(before, now).is_empty()).then_some(Type::Updated),
    }
}

/// One event as its line.
pub fn line(event: &Event<'_>) -> String {
    json::text(event, 0)
}

/// The feed: a line each.
pub fn text(events: &[Event<'_>]) -> String {
    events.iter().map(line).collect()
}
