//! What the table of kinds (in [`super`]) makes: the enum, its names, the lists of a snapshot, and what the program knows of each kind.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Kind, Resources};

/// What every resource is known by. The ARN is AWS's, or built as AWS documents it where an API returns none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Amazon Resource Name.
    pub arn: Arc<str>,
    /// What people call it: identifier, alias, role or bucket name.
    pub name: Arc<str>,
    /// Twelve-digit account id.
    pub account: Arc<str>,
    /// Region code, or `global`.
    pub region: Arc<str>,
}

/// One resource: who it is, and what was read of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resource<T> {
    /// Who it is.
    pub id: Arc<Identity>,
    /// What was read.
    pub fields: T,
}

/// A struct that holds the fields of one kind (`record!` implements it).
pub trait Described: Listed {
    /// The names of its fields, in order.
    const FIELDS: &'static [&'static str];
}

/// A struct whose kind has a list in [`Resources`] (`kinds!` implements it).
pub trait Listed: Serialize + Sized {
    /// Which kind it describes.
    const KIND: Kind;
    /// Its list.
    fn list(resources: &Resources) -> &Vec<Resource<Self>>;
    /// Its list, to fill.
    fn list_mut(resources: &mut Resources) -> &mut Vec<Resource<Self>>;
}

/// What the identity of a kind hangs on, and so what becomes of its findings where a resource is made anew under its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Its name, because AWS puts a random part into the ARN each time: made anew, it keeps its findings.
    Name,
    /// Its ARN, which is made of its name: made anew, it keeps its findings.
    ArnOfName,
    /// Its ARN, which holds an id that AWS gives out: made anew, it is another resource, whatever it is called.
    ArnOfId,
}

impl Basis {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Name => "its name",
            Self::ArnOfName => "its ARN, which is made of its name",
            Self::ArnOfId => "its ARN, which holds an id that AWS gives out",
        }
    }

    /// Whether findings stay the same where a resource is made anew under its name.
    pub const fn outlives_the_resource(self) -> bool {
        matches!(self, Self::Name | Self::ArnOfName)
    }
}

/// What the program knows of a kind: a row of the table of kinds ends in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traits {
    pub(super) basis: Basis,
    pub(super) is_global: bool,
    pub(super) is_kept_where_named: bool,
    pub(super) is_in_scope: bool,
}

/// A kind whose identity hangs on this.
pub(super) const fn by(basis: Basis) -> Traits {
    Traits { basis, is_global: false, is_kept_where_named: false, is_in_scope: false }
}

impl Traits {
    /// It is named without a region.
    pub(super) const fn global(mut self) -> Self {
        self.is_global = true;
        self
    }

    /// It is kept only where something else names it.
    pub(super) const fn where_named(mut self) -> Self {
        self.is_kept_where_named = true;
        self
    }

    /// A region that holds one is in scope.
    pub(super) const fn in_scope(mut self) -> Self {
        self.is_in_scope = true;
        self
    }
}

/// Declares the kinds: one line each makes the enum variant, its public name, and the list in the snapshot.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $name:literal $list:ident $type:ty = $traits:expr;)*) => {
        /// A kind of AWS resource. The names are public: rules, waivers and reports hang on them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Kind {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Kind {
            /// Every kind, in the order of the snapshot.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The public name, kebab-case.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The names of its fields.
            pub fn fields(self) -> &'static [&'static str] {
                match self { $(Self::$variant => <$type as Described>::FIELDS),* }
            }

            const fn traits(self) -> kind::Traits {
                match self { $(Self::$variant => $traits),* }
            }

            /// What the identity of such a resource hangs on.
            pub const fn basis(self) -> Basis {
                self.traits().basis
            }

            /// Whether it is named without a region: its ARN has none, or (a bucket) its name is enough.
            pub const fn is_global(self) -> bool {
                self.traits().is_global
            }

            /// Whether it is kept only where something else names it: that one is not there does not say that it does not exist.
            pub const fn is_kept_where_named(self) -> bool {
                self.traits().is_kept_where_named
            }

            /// Whether a region that holds one is in scope: a database, a warehouse or a part of a pipeline. What only serves them (a DMS certificate) is not.
            pub const fn is_in_scope(self) -> bool {
                self.traits().is_in_scope
            }
        }

        $(impl Listed for $type {
            const KIND: Kind = Kind::$variant;
            fn list(resources: &Resources) -> &Vec<Resource<Self>> { &resources.$list }
            fn list_mut(resources: &mut Resources) -> &mut Vec<Resource<Self>> { &mut resources.$list }
        })*

        /// Everything that was seen, by kind, each list sorted by ARN.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct Resources {
            $($(#[$doc])* #[serde(rename = $name, skip_serializing_if = "Vec::is_empty")] pub $list: Vec<Resource<$type>>,)*
        }

        impl Resources {
            /// Sorts every list by ARN and region, so that a snapshot does not depend on the order of AWS's answers.
            pub fn sort(&mut self) {
                $(self.$list.sort_by(|a, b| a.id.cmp(&b.id));)*
            }

            /// Every resource as (kind, identity).
            pub fn identities(&self) -> impl Iterator<Item = (Kind, &Arc<Identity>)> {
                std::iter::empty()$(.chain(self.$list.iter().map(|r| (Kind::$variant, &r.id))))*
            }

            /// Who a resource is, looked up by kind and position in its list.
            pub fn identity(&self, kind: Kind, position: usize) -> Option<&Arc<Identity>> {
                match kind { $(Kind::$variant => self.$list.get(position).map(|r| &r.id)),* }
            }

            /// One resource's fields as JSON, looked up by kind and position in its list.
            pub fn fields_json(&self, kind: Kind, position: usize) -> Option<serde_json::Value> {
                match kind { $(Kind::$variant => self.$list.get(position).and_then(|r| serde_json::to_value(&r.fields).ok())),* }
            }

            /// The JSON Schema of a kind's fields.
            pub fn schema(kind: Kind) -> serde_json::Value {
                match kind { $(Kind::$variant => schemars::schema_for!($type).into(),)* }
            }

            /// How many resources of a kind there are.
            pub fn count(&self, kind: Kind) -> usize {
                match kind { $(Kind::$variant => self.$list.len()),* }
            }
        }
    };
}

pub(super) use kinds;

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for Kind {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name).ok_or(())
    }
}
