//! For tests alone: what a test leaves out of a part of a field (a route without a state) is filled in as AWS would have left it out. A snapshot must have
//! every key of a part; a test says those that it is about.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Fills in the parts of an account. `schemas` are those of the kinds' fields, by kind.
pub(crate) fn complete(account: &mut Value, schemas: &BTreeMap<&str, Value>) {
    let Some(kinds) = account["resources"].as_object_mut() else { return };
    for (kind, resources) in kinds {
        let Some(schema) = schemas.get(kind.as_str()) else { continue };
        for fields in resources.as_array_mut().into_iter().flatten().filter_map(|resource| resource["fields"].as_object_mut()) {
            fields.iter_mut().for_each(|(field, value)| fill(schema, &schema["properties"][field], value));
        }
    }
}

fn fill(root: &Value, schema: &Value, value: &mut Value) {
    let schema = told(root, schema);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| fill(root, &schema["items"], item)),
        Value::Object(map) => {
            for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                map.entry(key).or_insert_with(|| empty(root, &schema["properties"][key]));
            }
            for (key, value) in map {
                let own = &schema["properties"][key.as_str()];
                fill(root, if own.is_null() { &schema["additionalProperties"] } else { own }, value);
            }
        }
        _ => {}
    }
}

/// A schema behind its reference, and of one that may be null the other.
fn told<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    if let Some(name) = schema["$ref"].as_str() {
        return told(root, root.pointer(name.trim_start_matches('#')).unwrap_or(&Value::Null));
    }
    match schema["anyOf"].as_array() {
        Some(any) => any.iter().find(|one| one["type"] != "null").map_or(schema, |one| told(root, one)),
        None => schema,
    }
}

/// What is left where AWS says nothing.
fn empty(root: &Value, schema: &Value) -> Value {
    let nullable = schema["anyOf"].as_array().is_some_and(|any| any.iter().any(|one| one["type"] == "null"));
    if nullable || schema["type"].as_array().is_some_and(|types| types.contains(&"null".into())) {
        return Value::Null;
    }
    let schema = told(root, schema);
    match schema["type"].as_str() {
        Some("array") => Value::Array(Vec::new()),
        Some("object") => {
            let mut value = Value::Object(Map::new());
            fill(root, schema, &mut value);
            value
        }
        Some("boolean") => false.into(),
        Some("integer" | "number") => 0.into(),
        Some("string") => schema["enum"].get(0).cloned().unwrap_or_else(|| "".into()),
        // A list that AWS also writes as its one member.
        _ => Value::Array(Vec::new()),
    }
}
