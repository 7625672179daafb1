//! `Observed<T>`: a field that was read, or was not. The root of every `unknown`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One field of AWS's answer. `Unseen` serialises to *no key at all*: nobody may mistake it for "none", which a successful call says as `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Observed<T> {
    /// The call succeeded and said this.
    Known(T),
    /// No call that fills this field succeeded.
    #[default]
    Unseen,
}

impl<T> Observed<T> {
    /// Whether there is nothing to serialise.
    pub const fn is_unseen(&self) -> bool {
        matches!(self, Self::Unseen)
    }

    /// What was read, for code that only looks (collectors following references, reports). Facts go through `Derived`.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unseen => None,
        }
    }
}

impl<T> From<Option<T>> for Observed<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Unseen, Self::Known)
    }
}

impl<T: Serialize> Serialize for Observed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Unseen => Err(serde::ser::Error::custom("an unseen field has no serialised form: skip it")),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Observed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::Known)
    }
}

impl<T: JsonSchema> JsonSchema for Observed<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
