//! One event: what a ticketing system needs to know, in itself.

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::ticket::Ticket;
use super::super::view::{Finding, Verdict, View};
use crate::finding::hexadecimal;

/// Version of an event's shape. Frozen as the report's: fields may only be added.
pub const SCHEMA: &str = "pci-audit/feed/1";

/// What happened to one ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event<'a> {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// SHA-256 of what happened: a second event of the same id says nothing new.
    pub id: String,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: Type,
    /// The ticket: the finding's fingerprint.
    pub ticket_key: String,
    /// Account id.
    pub account: String,
    /// When the snapshot was taken that shows it.
    pub at: Timestamp,
    /// When the finding was first open.
    pub first_seen: Timestamp,
    /// When the finding was last seen open.
    pub last_seen: Timestamp,
    /// The facts that differ, of an update or of lost evidence.
    pub changed: Vec<Fact>,
    /// Why it is resolved.
    pub resolution: Option<Resolution>,
    /// The run that it was compared with; `null` where there was none.
    pub previous_run: Option<RunRef>,
    /// The finding as in the JSON report: as it is now, or as it was last seen where it is no more.
    pub finding: Cow<'a, Finding>,
}

/// A run of which a report was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunRef {
    /// When its snapshot was taken.
    pub taken_at: Timestamp,
    /// SHA-256 of its snapshot.
    pub snapshot_sha256: String,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// It is there for the first time, or for the first time in 400 days.
    Opened,
    /// It is still there, and a fact about it differs.
    Updated,
    /// It is open no more.
    Resolved,
    /// It was resolved and is there again.
    Reopened,
    /// It was known how it stands, and it cannot be seen now. The ticket is open, whatever it was before.
    EvidenceLost,
}

/// Why a ticket is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// The rule passes.
    Passes,
    /// The rule is not about the resource any more. It may still exist: a bucket, key, secret, log group or parameter group is looked at only where something in scope names it.
    NotApplicable,
    /// It has become a question, which is in the report and has no ticket.
    Asked,
    /// The question is answered, and it holds.
    Answered,
    /// There is no such resource any more, and the list that would hold it was read.
    Gone,
}

impl Resolution {
    /// From today's finding; `gone`: there is no such resource any more.
    pub(super) fn new(today: Option<&Finding>, gone: bool) -> Self {
        match today {
            None if gone => Self::Gone,
            // It is there, or nothing names it any more; the rule says nothing of it.
            None => Self::NotApplicable,
            Some(finding) if finding.is_answered() => Self::Answered,
            Some(finding) if finding.verdict == Verdict::Manual => Self::Asked,
            Some(finding) if finding.verdict == Verdict::NotApplicable => Self::NotApplicable,
            Some(_) => Self::Passes,
        }
    }
}

/// A fact whose change is worth an event. Nothing else is: not the words of a message, not evidence and when it was read, not an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// The verdict.
    Verdict,
    /// The severity.
    Severity,
    /// The rule's title.
    Title,
    /// The requirements.
    Requirements,
    /// The waiver: that there is one, what it says, until when, and that it has expired.
    Waiver,
    /// The answer to a question.
    Attested,
    /// The set of elements that offend, whatever their order.
    Offending,
}

impl Fact {
    const ALL: [Self; 7] = [Self::Verdict, Self::Severity, Self::Title, Self::Requirements, Self::Waiver, Self::Attested, Self::Offending];

    fn of(self, finding: &Finding) -> Value {
        match self {
            Self::Verdict => json!(finding.verdict),
            Self::Severity => json!(finding.severity),
            Self::Title => json!(finding.title),
            Self::Requirements => unordered(json!(finding.requirements)),
            Self::Waiver => json!(finding.waiver),
            Self::Attested => json!(finding.attested),
            Self::Offending => unordered(json!(finding.offending)),
        }
    }

    /// The facts that differ.
    pub(super) fn changed(before: &Finding, now: &Finding) -> Vec<Self> {
        Self::ALL.into_iter().filter(|fact| fact.of(before) != fact.of(now)).collect()
    }
}

/// A value in which the order of lists, and how often they name a thing, does not count.
fn unordered(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(unordered).collect();
            items.sort_by_cached_key(Value::to_string);
            items.dedup();
            Value::Array(items)
        }
        Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| (key, unordered(value))).collect()),
        other => other,
    }
}

/// Puts an event together.
pub(super) fn describe<'a>(
    kind: Type,
    before: Option<&Finding>,
    ticket: &Ticket<'_>,
    shown: &'a Finding,
    resolution: Option<Resolution>,
    previous: Option<&View>,
    today: &View,
) -> Event<'a> {
    let previous_run = previous.map(|view| RunRef { taken_at: view.run.taken_at, snapshot_sha256: view.run.snapshot_sha256.clone() });
    let facts = |finding: Option<&Finding>| finding.map(|finding| Fact::ALL.map(|fact| fact.of(finding)));
    // A first run is a series of its own: were it left out, the first run after a lost state would repeat ids of long ago.
    let first = previous_run.is_none().then_some(today.run.taken_at);
    let content = json!([SCHEMA, shown.fingerprint, kind, facts(before), facts(ticket.finding), resolution, previous_run, first]);
    Event {
        schema: SCHEMA.to_owned(),
        id: hexadecimal(Sha256::digest(content.to_string())),
        kind,
        ticket_key: shown.fingerprint.clone(),
        account: today.run.account.clone(),
        at: today.run.taken_at,
        first_seen: ticket.first_seen,
        last_seen: ticket.last_seen,
        changed: match (kind, before) {
            (Type::Updated | Type::EvidenceLost, Some(before)) => Fact::changed(before, shown),
            _ => Vec::new(),
        },
        resolution,
        previous_run,
        finding: Cow::Borrowed(shown),
    }
}
