//! What subjects there are and what fields they have: the fact kinds by their shapes, the resource kinds by their schema.

use std::collections::BTreeSet;

use serde_json::Value;

use super::SHAPES;
use super::subject::{Subject, Type, no_pipelines};
use crate::evidence::{About, Derived, FieldRef, Index, Missing};
use crate::model::{Kind, Resources};

/// A field as rules may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldInfo {
    /// Name behind `r.`.
    pub name: String,
    /// The same, for as long as the program runs.
    pub key: &'static str,
    /// Whether null is a value.
    pub nullable: bool,
    /// Whether nothing may be selected below it.
    pub flat: bool,
    /// Its type, in a word.
    pub kind: &'static str,
    /// What it says.
    pub doc: String,
}

/// The resource kinds that a subject can be about; `None` where there is no such subject.
pub fn kinds_of(subject: &str) -> Option<Vec<Kind>> {
    let shape = SHAPES.iter().find(|shape| shape.name == subject).map(|shape| shape.kinds.to_vec());
    shape.or_else(|| subject.parse::<Kind>().ok().map(|kind| vec![kind]))
}

/// The fields of a subject; empty where there is no such subject.
pub fn fields_of(subject: &str) -> Vec<FieldInfo> {
    if let Some(shape) = SHAPES.iter().find(|shape| shape.name == subject) {
        let fields = shape.fields.iter().map(|field| FieldInfo {
            name: field.name.to_owned(),
            key: field.name,
            nullable: field.nullable,
            flat: true,
            kind: match field.kind {
                Type::Bool => "bool",
                Type::Int => "int",
                Type::Text => "text",
                Type::Texts => "list of text",
                Type::Maps => "list of maps",
            },
            doc: field.doc.to_owned(),
        });
        return fields.collect();
    }
    let Ok(kind) = subject.parse::<Kind>() else { return Vec::new() };
    let schema = Resources::schema(kind);
    let describe = |field: &'static str| {
        let property = schema.pointer(&format!("/properties/{field}")).cloned().unwrap_or_default();
        FieldInfo {
            name: field.to_owned(),
            key: field,
            nullable: takes_null(&property),
            flat: false,
            kind: "as the schema says",
            doc: doc(&property),
        }
    };
    kind.fields().iter().copied().map(describe).collect()
}

fn takes_null(property: &Value) -> bool {
    let typed = |schema: &Value| match schema.get("type") {
        Some(Value::String(name)) => name == "null",
        Some(Value::Array(names)) => names.iter().any(|name| name == "null"),
        _ => false,
    };
    typed(property) || property.get("anyOf").and_then(Value::as_array).is_some_and(|choices| choices.iter().any(typed))
}

fn doc(property: &Value) -> String {
    property.get("description").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The resources of a kind as subjects, for rules that read AWS's answers as they are.
pub fn of_resources(index: &Index<'_>, kind: Kind) -> Vec<Subject> {
    let identities = index.snapshot.resources.identities().filter(|(found, _)| *found == kind).map(|(_, id)| id);
    let subject = |(position, id): (usize, &std::sync::Arc<crate::model::Identity>)| {
        let about = About { kind, resource: id.clone(), key: String::new(), pipelines: no_pipelines() };
        let mut seen = match index.snapshot.resources.fields_json(kind, position) {
            Some(Value::Object(fields)) => fields,
            _ => serde_json::Map::new(),
        };
        let mut subject = Subject::new(kind.name(), about);
        for field in kind.fields().iter().copied() {
            let at = FieldRef { kind, resource: id.clone(), field };
            let value = match seen.remove(field) {
                Some(value) => Derived::Known { value, from: vec![at] },
                None => Derived::unseen(Missing::Field(at)),
            };
            subject.fields.push((field, value));
        }
        subject
    };
    identities.enumerate().map(subject).collect()
}

/// Fields of a subject that are not in its shape, or are missing from it, or have another type: our bug, held by a test.
pub fn misshapen(subject: &Subject) -> Vec<String> {
    let Some(shape) = SHAPES.iter().find(|shape| shape.name == subject.shape) else { return vec![format!("no shape {}", subject.shape)] };
    let set: BTreeSet<&str> = subject.fields.iter().map(|(name, _)| *name).collect();
    let mut wrong: Vec<String> =
        shape.fields.iter().filter(|field| !set.contains(field.name)).map(|field| format!("{} lacks {}", shape.name, field.name)).collect();
    for (name, value) in &subject.fields {
        let Some(field) = shape.fields.iter().find(|field| field.name == *name) else {
            wrong.push(format!("{} has {name}, which its shape does not", shape.name));
            continue;
        };
        let Some(value) = value.value() else { continue };
        let texts = |value: &Value| value.as_array().is_some_and(|items| items.iter().all(Value::is_string));
        let fits = (field.nullable && value.is_null())
            || match field.kind {
                Type::Bool => value.is_boolean(),
                Type::Int => value.is_i64(),
                Type::Text => value.is_string(),
                Type::Texts => texts(value),
                Type::Maps => value.as_array().is_some_and(|items| items.iter().all(Value::is_object)),
            };
        if !fits {
            wrong.push(format!("{}.{name} is {value}", shape.name));
        }
    }
    if !shape.kinds.contains(&subject.about.kind) {
        wrong.push(format!("{} is about a {}", shape.name, subject.about.kind));
    }
    wrong
}

/// The JSON Schema of every fact kind, made from the shapes.
pub fn schema() -> Value {
    let field = |field: &super::subject::Field| {
        let plain = match field.kind {
            Type::Bool => serde_json::json!({"type": "boolean"}),
            Type::Int => serde_json::json!({"type": "integer"}),
            Type::Text => serde_json::json!({"type": "string"}),
            Type::Texts => serde_json::json!({"type": "array", "items": {"type": "string"}}),
            Type::Maps => serde_json::json!({"type": "array", "items": {"type": "object"}}),
        };
        let mut schema = if field.nullable { serde_json::json!({"anyOf": [plain, {"type": "null"}]}) } else { plain };
        if let Some(map) = schema.as_object_mut() {
            map.insert("description".to_owned(), field.doc.into());
        }
        (field.name.to_owned(), schema)
    };
    let shapes = SHAPES.iter().map(|shape| {
        let properties: serde_json::Map<String, Value> = shape.fields.iter().map(field).collect();
        let kinds: Vec<&str> = shape.kinds.iter().map(|kind| kind.name()).collect();
        (shape.name.to_owned(), serde_json::json!({"type": "object", "description": shape.doc, "x-kinds": kinds, "properties": properties, "additionalProperties": false}))
    });
    serde_json::json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Facts", "$defs": shapes.collect::<serde_json::Map<_, _>>()})
}
