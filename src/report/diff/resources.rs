//! Two inventories → the resources that appeared, changed and vanished.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::fields::{FieldChange, compare};
use super::inventory::{Inventory, Item};
use super::{Change, place};
use crate::report::view::ResourceRef;

/// One resource that is not the same.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ResourceChange {
    /// What happened.
    pub change: Change,
    /// To which; as it is now, where it still is.
    pub resource: ResourceRef,
    /// The fields that are not the same; none but for `changed`.
    pub fields: Vec<FieldChange>,
}

/// What differs, by kind, region and name.
pub(super) fn changes(old: &Inventory, new: &Inventory) -> Vec<ResourceChange> {
    let mut changes = Vec::new();
    for (key, before) in &old.items {
        let Some(after) = new.items.get(key) else {
            changes.push(alone(before, new, Change::Vanished, Change::OutOfSight));
            continue;
        };
        let fields = fields(before, after, old.whole && new.whole);
        if !fields.is_empty() {
            changes.push(ResourceChange { change: Change::Changed, resource: after.resource.clone(), fields });
        }
    }
    for (_, after) in new.items.iter().filter(|(key, _)| !old.items.contains_key(*key)) {
        changes.push(alone(after, old, Change::Appeared, Change::IntoSight));
    }
    changes.sort_by(|a, b| place(&a.resource).cmp(&place(&b.resource)));
    changes
}

/// A resource that only one run has: what that means hangs on whether the other could look.
fn alone(item: &Item, other: &Inventory, seen: Change, unseen: Change) -> ResourceChange {
    let resource = &item.resource;
    let change = if other.looked_at(&resource.kind, &resource.region) { seen } else { unseen };
    ResourceChange { change, resource: resource.clone(), fields: Vec::new() }
}

fn fields(old: &Item, new: &Item, whole: bool) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    // Made anew under its name, or renamed.
    for (field, before, after) in [("arn", &old.resource.arn, &new.resource.arn), ("name", &old.resource.name, &new.resource.name)] {
        compare(field, &Value::from(before.as_str()), &Value::from(after.as_str()), &mut changes);
    }
    for (field, before) in &old.fields {
        match new.fields.get(field) {
            Some(after) => compare(field, before, after, &mut changes),
            None if whole => changes.push(FieldChange::Unread { field: field.clone(), old: before.clone() }),
            None => {}
        }
    }
    for (field, after) in new.fields.iter().filter(|(field, _)| whole && !old.fields.contains_key(*field)) {
        changes.push(FieldChange::Read { field: field.clone(), new: after.clone() });
    }
    changes
}
