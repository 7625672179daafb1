//! IAM policy documents as typed statements, read once where they enter the snapshot.
//!
//! Source of the grammar: IAM User Guide, "Grammar of the IAM JSON policy language". What does not fit it is an error, so that a
//! policy that we do not understand becomes a gap and never an empty policy.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// A policy document.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Document {
    /// `2012-10-17`, or `2008-10-17` (no policy variables), which is also what an absent version means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Identifier, of no effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Statements; AWS takes one or a list.
    #[serde(deserialize_with = "one_or_many")]
    pub statement: Vec<Statement>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Statement {
    /// Statement id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Allow or Deny.
    pub effect: Effect,
    /// Whom it is about; absent in identity policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principals>,
    /// Everyone but these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_principal: Option<Principals>,
    /// Actions with wildcards, any case.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some_one_or_many")]
    pub action: Option<Vec<String>>,
    /// Every action but these.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some_one_or_many")]
    pub not_action: Option<Vec<String>>,
    /// Resources with wildcards.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some_one_or_many")]
    pub resource: Option<Vec<String>>,
    /// Every resource but these.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "some_one_or_many")]
    pub not_resource: Option<Vec<String>>,
    /// Operator → key → values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: BTreeMap<String, BTreeMap<String, Values>>,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Effect {
    /// Grants.
    Allow,
    /// Forbids, whatever else grants.
    Deny,
}

/// Principals: `"*"`, or a map of type to one or many.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Principals {
    /// The string `*`: everyone, also anonymous.
    Any(Star),
    /// By type: `AWS`, `Service`, `Federated`, `CanonicalUser`.
    ByType(BTreeMap<String, Values>),
}

/// The string `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Star {
    /// `*`
    #[serde(rename = "*")]
    Star,
}

/// One value or many; booleans and numbers become text, as IAM compares them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Values(pub Vec<String>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let scalars: Vec<Scalar> = one_or_many(deserializer)?;
        Ok(Self(scalars.into_iter().map(Scalar::into_text).collect()))
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Bool(bool),
    Number(serde_json::Number),
}

impl Scalar {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Bool(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

fn one_or_many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::Many(items) => items,
        OneOrMany::One(item) => vec![item],
    })
}

fn some_one_or_many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Vec<T>>, D::Error> {
    one_or_many(deserializer).map(Some)
}

impl Document {
    /// Reads a document as AWS returns it (already URL-decoded where the API encodes it).
    ///
    /// # Errors
    /// Says what does not fit the grammar, a statement without an action or with both halves of a pair among it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document: Self = serde_json::from_str(text).map_err(|error| format!("the policy does not parse: {error}"))?;
        for (position, statement) in document.statement.iter().enumerate() {
            let pairs = [
                ("Action", statement.action.is_some(), statement.not_action.is_some(), true),
                ("Resource", statement.resource.is_some(), statement.not_resource.is_some(), false),
                ("Principal", statement.principal.is_some(), statement.not_principal.is_some(), false),
            ];
            for (what, plain, negated, required) in pairs {
                if plain && negated {
                    return Err(format!("statement {} has both {what} and Not{what}", position + 1));
                }
                if required && !plain && !negated {
                    return Err(format!("statement {} has neither {what} nor Not{what}", position + 1));
                }
            }
        }
        Ok(document)
    }
}
