//! `record!` declares the fields of one kind: each is `Observed`, skipped while unseen, and listed by name for the tests that walk them all.

use serde::{Deserialize, Deserializer};

/// Declares a struct whose every field is `Observed<T>`; `Option<T>` inside means that AWS may say "none".
macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $($(#[$field_doc])* #[serde(skip_serializing_if = "crate::model::Observed::is_unseen")] pub $field: crate::model::Observed<$type>,)*
        }

        impl crate::model::Described for $name {
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];
        }
    };
}

/// Declares a plain struct nested in a field: one call fills it whole, so nothing in it is `Observed`. And so nothing in it may be missing: what AWS said
/// nothing of is `null` or empty, and a file without the key was cut. Taken for "none", it would make passes.
macro_rules! part {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[schemars(extend("required" = [$(stringify!($field)),*]))]
        pub struct $name {
            $(
                $(#[$field_doc])*
                #[serde(deserialize_with = "crate::model::record::required")]
                pub $field: $type,
            )*
        }
    };
}

pub(crate) use {part, record};

/// Reads a value whose key must be there: by itself, serde takes a missing `Option` for `None`.
pub(super) fn required<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::deserialize(deserializer)
}
