//! A ticketing system, as simple as one can be: it knows what is open, and remembers the ids that it has seen.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Tickets by key.
#[derive(Default)]
pub(crate) struct Tracker {
    seen: BTreeSet<String>,
    tickets: BTreeMap<String, Ticket>,
}

struct Ticket {
    rule: String,
    resource: String,
    first_seen: String,
    open: bool,
}

impl Tracker {
    /// Takes one event; says whether it was new.
    pub(crate) fn take(&mut self, event: &Value) -> bool {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        if !self.seen.insert(text(&event["id"])) {
            return false;
        }
        let key = text(&event["ticket_key"]);
        let before = self.tickets.get(&key);
        let kind = text(&event["type"]);
        match kind.as_str() {
            "opened" => assert!(before.is_none(), "{key} is opened twice"),
            "updated" => assert!(before.is_some_and(|ticket| ticket.open), "{key} is updated and was not open"),
            "resolved" => assert!(before.is_some_and(|ticket| ticket.open), "{key} is resolved and was not open"),
            "reopened" => assert!(before.is_some_and(|ticket| !ticket.open), "{key} is reopened and was not resolved"),
            "evidence_lost" => {}
            other => panic!("no event is {other}"),
        }
        let first_seen = text(&event["first_seen"]);
        assert!(before.is_none_or(|ticket| ticket.first_seen == first_seen), "{key} changes its first day");
        let finding = &event["finding"];
        let ticket = Ticket { rule: text(&finding["rule"]), resource: text(&finding["resource"]["name"]), first_seen, open: kind != "resolved" };
        self.tickets.insert(key, ticket);
        true
    }

    /// The open tickets: rule and resource, sorted.
    pub(crate) fn open(&self) -> Vec<(String, String)> {
        let mut open: Vec<_> =
            self.tickets.values().filter(|ticket| ticket.open).map(|ticket| (ticket.rule.clone(), ticket.resource.clone())).collect();
        open.sort();
        open
    }

    /// The keys of the open tickets.
    pub(crate) fn keys(&self) -> BTreeSet<String> {
        self.tickets.iter().filter(|(_, ticket)| ticket.open).map(|(key, _)| key.clone()).collect()
    }
}
