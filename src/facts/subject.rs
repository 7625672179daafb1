//! What rules are about: a fact (or a resource) with named fields, each derived, in a declared shape.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::evidence::{About, Derived};

/// The type of a fact's field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// Whole number.
    Int,
    /// Text.
    Text,
    /// List of text.
    Texts,
    /// List of maps; their keys are named in the field's documentation.
    Maps,
}

/// One declared field of a fact.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Name, as rules write it behind `r.`.
    pub name: &'static str,
    /// Type of its value.
    pub kind: Type,
    /// Whether `null` is a value.
    pub nullable: bool,
    /// What it says.
    pub doc: &'static str,
}

impl Field {
    /// A field that is never null.
    pub const fn new(name: &'static str, kind: Type, doc: &'static str) -> Self {
        Self { name, kind, nullable: false, doc }
    }

    /// A field that may be null.
    pub const fn nullable(name: &'static str, kind: Type, doc: &'static str) -> Self {
        Self { name, kind, nullable: true, doc }
    }
}

/// A fact kind: a subject that rules can name.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Public name.
    pub name: &'static str,
    /// The question it answers.
    pub doc: &'static str,
    /// Resource kinds it is derived for.
    pub kinds: &'static [crate::model::Kind],
    /// Its fields.
    pub fields: &'static [Field],
}

/// One subject.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Its shape's name: the fact kind, or the resource kind.
    pub shape: &'static str,
    /// What a finding on it is about.
    pub about: About,
    /// Its fields in the order they were set. Every subject also has `name`, `arn`, `kind`, `account`, `region`.
    pub fields: Vec<(&'static str, Derived<Value>)>,
}

impl Subject {
    /// A subject without fields.
    pub const fn new(shape: &'static str, about: About) -> Self {
        Self { shape, about, fields: Vec::new() }
    }

    /// Sets a field. The name must be in the shape: a test holds every subject against it.
    #[must_use]
    pub fn with<T: Serialize>(mut self, name: &'static str, value: Derived<T>) -> Self {
        let value = value.map(|value| serde_json::to_value(value).expect("facts hold plain values"));
        self.fields.push((name, value));
        self
    }

    /// Holds only where a condition is known: where it is not, nobody knows whether this is a subject at all, and all its fields are unseen.
    #[must_use]
    pub fn given<T>(mut self, condition: &Derived<T>) -> Self {
        if let Derived::Unseen { missing, from } = condition {
            for (_, value) in &mut self.fields {
                *value = Derived::Unseen { missing: missing.clone(), from: from.clone() };
            }
        }
        self
    }

    /// A field, if it is set.
    pub fn field(&self, name: &str) -> Option<&Derived<Value>> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }

    /// The fields that every subject has: always known.
    pub fn builtin(&self, name: &str) -> Option<&str> {
        let id = &self.about.resource;
        Some(match name {
            "name" => &id.name,
            "arn" => &id.arn,
            "kind" => self.about.kind.name(),
            "account" => &id.account,
            "region" => &id.region,
            _ => return None,
        })
    }

    /// Names of the fields that every subject has.
    pub const BUILTIN: [&'static str; 5] = ["name", "arn", "kind", "account", "region"];
}

/// No pipelines.
pub fn no_pipelines() -> Arc<[Arc<str>]> {
    Arc::from([])
}
