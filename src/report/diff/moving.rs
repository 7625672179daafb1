//! Fields that move while nobody does anything: two snapshots of an untouched account differ by them. They are shown to whoever asks for more, and never
//! counted as a difference.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::{FieldChange, compare};
use crate::report::view::Finding;

/// Kind and path.
const MOVING: [(&str, &str); 2] = [
    // Every delivery of the audit log (Redshift API, DescribeLoggingStatus).
    ("redshift-cluster", "logging.last_success"),
    // RDS renews a server's certificate by itself (RDS User Guide, "Using SSL/TLS to encrypt a connection").
    ("rds-instance", "certificate.valid_till"),
];

/// Whether these changes of a resource all come of themselves.
pub(super) fn all_move(kind: &str, changes: &[FieldChange]) -> bool {
    let moves = |change: &FieldChange| matches!(change, FieldChange::Value { field, .. } if MOVING.contains(&(kind, field)));
    !changes.is_empty() && changes.iter().all(moves)
}

/// Whether two findings say the same but for what came of itself: of all that they rest on, only fields that move differ.
pub(super) fn only_moved(old: &Finding, new: &Finding) -> bool {
    let same = |old: &Finding, new: &Finding| {
        (old.verdict, old.severity, &old.offending, &old.unseen) == (new.verdict, new.severity, &new.offending, &new.unseen)
    };
    let (before, after) = (evidence(old), evidence(new));
    let mut moved = false;
    let fine = before.len() == after.len()
        && before.iter().all(|(at, fields)| {
            let mut changes = Vec::new();
            compare("", fields, after.get(at).unwrap_or(&Value::Null), &mut changes);
            moved |= !changes.is_empty();
            changes.is_empty() || all_move(at.0, &changes)
        });
    fine && moved && same(old, new)
}

/// The fields that a finding rests on, by kind and resource.
fn evidence(finding: &Finding) -> BTreeMap<(&str, &str), Value> {
    let mut all: BTreeMap<(&str, &str), Value> = BTreeMap::new();
    for one in &finding.evidence {
        let fields = all.entry((&one.kind, &one.resource)).or_insert_with(|| Value::Object(serde_json::Map::new()));
        for (field, value) in &one.fields {
            fields[field] = value.clone();
        }
    }
    all
}
