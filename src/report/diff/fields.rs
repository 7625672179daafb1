//! Two values → where they differ, field by field; of a list, which members went and came.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// One field that is not the same.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum FieldChange {
    /// It holds something else.
    Value {
        /// Path of the field, such as `public_access_block.block_public_acls`.
        field: String,
        /// What it held; `null` where it held nothing.
        old: Value,
        /// What it holds.
        new: Value,
    },
    /// Its list has other members.
    Members {
        /// Path of the field.
        field: String,
        /// Members that went.
        removed: Vec<Value>,
        /// Members that came.
        added: Vec<Value>,
    },
    /// It could be read and cannot be read now.
    Unread {
        /// The field.
        field: String,
        /// What it held.
        old: Value,
    },
    /// It can be read and could not be read before.
    Read {
        /// The field.
        field: String,
        /// What it holds.
        new: Value,
    },
}

/// Appends where two values differ. `path` is empty for the whole.
pub(super) fn compare(path: &str, old: &Value, new: &Value, changes: &mut Vec<FieldChange>) {
    match (old, new) {
        _ if old == new => {}
        (Value::Object(before), Value::Object(after)) => {
            let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
            for key in keys {
                compare(&join(key), before.get(key).unwrap_or(&Value::Null), after.get(key).unwrap_or(&Value::Null), changes);
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            let (removed, added) = members(before, after);
            let field = path.to_owned();
            changes.push(if removed.is_empty() && added.is_empty() {
                // The same members in another order.
                FieldChange::Value { field, old: old.clone(), new: new.clone() }
            } else {
                FieldChange::Members { field, removed, added }
            });
        }
        _ => changes.push(FieldChange::Value { field: path.to_owned(), old: old.clone(), new: new.clone() }),
    }
}

/// Members that one list has more often than the other, each way, in their order. By their text, so that long lists take a logarithm a member.
fn members(old: &[Value], new: &[Value]) -> (Vec<Value>, Vec<Value>) {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for value in new {
        *counts.entry(value.to_string()).or_default() += 1;
    }
    let lacks = |counts: &mut BTreeMap<String, i64>, value: &&Value| {
        let count = counts.entry(value.to_string()).or_default();
        *count -= 1;
        *count < 0
    };
    let removed = old.iter().filter(|value| lacks(&mut counts, value)).cloned().collect();
    // What is left above zero came. The last of equal members counts as the one that came.
    let mut added: Vec<Value> = new
        .iter()
        .rev()
        .filter(|value| match counts.get_mut(&value.to_string()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        })
        .cloned()
        .collect();
    added.reverse();
    (removed, added)
}

impl FieldChange {
    /// Path of the field.
    pub fn field(&self) -> &str {
        match self {
            Self::Value { field, .. } | Self::Members { field, .. } | Self::Unread { field, .. } | Self::Read { field, .. } => field,
        }
    }
}

/// A value as people read it: texts without quotes, nothing as "none".
pub(super) fn words(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) if !text.is_empty() => text.clone(),
        Value::Array(values) if !values.is_empty() && values.iter().all(Value::is_string) => {
            values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn changes(old: Value, new: Value) -> Vec<FieldChange> {
        let mut changes = Vec::new();
        compare("", &old, &new, &mut changes);
        changes
    }

    #[test]
    fn fields_are_told_by_their_path_and_lists_by_their_members() {
        let old = serde_json::json!({"a": {"b": 1, "same": [1]}, "list": [1, 2, 2], "gone": "x"});
        let new = serde_json::json!({"a": {"b": 2, "same": [1]}, "list": [2, 3], "came": null});
        assert_eq!(
            changes(old, new),
            [
                FieldChange::Value { field: "a.b".to_owned(), old: 1.into(), new: 2.into() },
                FieldChange::Value { field: "gone".to_owned(), old: "x".into(), new: Value::Null },
                FieldChange::Members { field: "list".to_owned(), removed: vec![1.into(), 2.into()], added: vec![3.into()] },
            ]
        );
        let order = changes(serde_json::json!({"rules": [1, 2]}), serde_json::json!({"rules": [2, 1]}));
        assert!(matches!(order.as_slice(), [FieldChange::Value { .. }]), "the order of rules decides: {order:?}");
    }

    proptest! {
        #[test]
        fn what_is_left_and_what_came_make_the_new_list(old in prop::collection::vec(0..5_i64, 0..8), new in prop::collection::vec(0..5_i64, 0..8)) {
            let values = |numbers: &[i64]| -> Vec<Value> { numbers.iter().map(|number| Value::from(*number)).collect() };
            let (removed, added) = members(&values(&old), &values(&new));
            let mut left = old;
            for value in removed {
                let at = left.iter().position(|number| value == *number);
                left.remove(at.expect("what went was there"));
            }
            left.extend(added.iter().filter_map(Value::as_i64));
            let mut new = new;
            left.sort_unstable();
            new.sort_unstable();
            prop_assert_eq!(left, new);
        }
    }
}
