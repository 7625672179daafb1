//! IAM policy documents as typed statements, read once where they enter the snapshot.
//!
//! Source of the grammar: IAM User Guide, "Grammar of the IAM JSON policy language". What does not fit it is an error, so that a
//! policy that we do not understand becomes a gap and never an empty policy.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

/// A policy document.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Effect {
    /// Grants.
    Allow,
    /// Forbids, whatever else grants.
    Deny,
}

/// What stands in reports for a value that is a secret by use.
pub const NOT_SHOWN: &str = "(not shown)";

/// Whether the values of a condition key are secrets by use: whoever knows them passes. AWS gives them to whoever may read the policy, and
/// `sts:ExternalId` is none by AWS's word ("The external ID is not treated as a secret by AWS", IAM User Guide); those who share it treat it so.
pub fn is_secret_by_use(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let context = key.strip_prefix("kms:encryptioncontext:").is_some_and(|name| !name.starts_with("aws:"));
    context || matches!(key.as_str(), "aws:referer" | "aws:useragent" | "sts:externalid")
}

/// Principals: `"*"`, or a map of type to one or many.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Principals {
    /// The string `*`: everyone, also anonymous.
    Any(Star),
    /// By type: `AWS`, `Service`, `Federated`, `CanonicalUser`.
    ByType(BTreeMap<String, Values>),
}

impl<'de> Deserialize<'de> for Principals {
    /// A name alone, which some of AWS's services take and give back, is what stands under `AWS`, or under `Service` where it is one's.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Names(OneOrMany<String>),
            ByType(BTreeMap<String, Values>),
        }
        let names = match Written::deserialize(deserializer)? {
            Written::Names(OneOrMany::One(name)) if name == "*" => return Ok(Self::Any(Star::Star)),
            Written::Names(OneOrMany::One(name)) => vec![name],
            Written::Names(OneOrMany::Many(names)) => names,
            Written::ByType(types) => return Ok(Self::ByType(types)),
        };
        let mut types: BTreeMap<String, Values> = BTreeMap::new();
        for name in names {
            let kind = if [".amazonaws.com", ".amazonaws.com.cn"].iter().any(|end| name.ends_with(end)) { "Service" } else { "AWS" };
            types.entry(kind.to_owned()).or_default().0.push(name);
        }
        Ok(Self::ByType(types))
    }
}

/// The string `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Star {
    /// `*`
    #[serde(rename = "*")]
    Star,
}

/// One value or many; booleans and numbers become text, as IAM compares them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

#[cfg(test)]
mod tests {
    use super::*;

    fn principals(text: &str) -> Option<Principals> {
        let statement = format!(r#"{{"Statement": {{"Effect": "Allow", "Principal": {text}, "Action": "kms:Decrypt", "Resource": "*"}}}}"#);
        Document::parse(&statement).ok()?.statement.into_iter().next()?.principal
    }

    #[test]
    fn a_principal_by_its_name_alone_is_of_the_type_that_its_name_is() {
        let by_type = |kind: &str, name: &str| Some(Principals::ByType([(kind.to_owned(), Values(vec![name.to_owned()]))].into()));
        let root = "arn:aws:iam::111122223333:root";
        assert_eq!(principals(r#""arn:aws:iam::111122223333:root""#), by_type("AWS", root));
        assert_eq!(principals(r#""111122223333""#), by_type("AWS", "111122223333"));
        assert_eq!(principals(r#"["arn:aws:iam::111122223333:root"]"#), by_type("AWS", root));
        assert_eq!(principals(r#""dms.amazonaws.com""#), by_type("Service", "dms.amazonaws.com"));
        assert_eq!(principals(r#"{"AWS": "111122223333"}"#), by_type("AWS", "111122223333"));
        assert_eq!(principals(r#""*""#), Some(Principals::Any(Star::Star)));
        assert_eq!(principals("7"), None);
    }

    #[test]
    fn a_document_says_the_same_when_it_is_written_and_read_again() {
        let read = Document::parse(r#"{"Statement": [{"Effect": "Deny", "Principal": "arn:aws:iam::1:user/u", "Action": "s3:*"}]}"#).unwrap();
        assert_eq!(Document::parse(&serde_json::to_string(&read).unwrap()).unwrap(), read);
    }
}
