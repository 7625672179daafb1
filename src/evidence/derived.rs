//! `Derived<T>`: a fact's field. Known with the observed fields it rests on, or unseen with what was missing. No fact unwraps by hand.

use crate::evidence::{FieldRef, Missing};
use crate::model::{Described, Observed, Resource};

/// A value computed from observations.
#[derive(Debug, Clone, PartialEq)]
pub enum Derived<T> {
    /// Known.
    Known {
        /// The value.
        value: T,
        /// The observed fields it rests on.
        from: Vec<FieldRef>,
    },
    /// Not known.
    Unseen {
        /// What was missing.
        missing: Vec<Missing>,
        /// What was seen all the same.
        from: Vec<FieldRef>,
    },
}

/// The field of a resource as a derived value: `observe!(database.engine)`.
macro_rules! observe {
    ($resource:ident . $field:ident) => {
        $crate::evidence::Derived::observed($resource, stringify!($field), &$resource.fields.$field)
    };
}
pub(crate) use observe;

impl<T> Derived<T> {
    /// A value that rests on nothing observed.
    pub const fn known(value: T) -> Self {
        Self::Known { value, from: Vec::new() }
    }

    /// Not known, for one reason.
    pub fn unseen(missing: Missing) -> Self {
        Self::Unseen { missing: vec![missing], from: Vec::new() }
    }

    /// What this version does not evaluate.
    pub fn not_evaluated(reason: &'static str) -> Self {
        Self::unseen(Missing::NotEvaluated(reason))
    }

    /// A field of a resource; use `observe!`.
    pub fn observed<R: Described>(resource: &Resource<R>, field: &'static str, value: &Observed<T>) -> Self
    where
        T: Clone,
    {
        let at = FieldRef { kind: R::KIND, resource: resource.id.clone(), field };
        match value {
            Observed::Known(value) => Self::Known { value: value.clone(), from: vec![at] },
            Observed::Unseen => Self::unseen(Missing::Field(at)),
        }
    }

    /// The value, for code that decides how to go on; what rests on it must be joined with [`Derived::and_then`] or [`Derived::resting_on`].
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Unseen { .. } => None,
        }
    }

    /// The observed fields seen on the way.
    pub fn from(&self) -> &[FieldRef] {
        match self {
            Self::Known { from, .. } | Self::Unseen { from, .. } => from,
        }
    }

    /// What was missing; empty where the value is known.
    pub fn missing(&self) -> &[Missing] {
        match self {
            Self::Known { .. } => &[],
            Self::Unseen { missing, .. } => missing,
        }
    }

    /// Applies a function to the value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Derived<U> {
        match self {
            Self::Known { value, from } => Derived::Known { value: f(value), from },
            Self::Unseen { missing, from } => Derived::Unseen { missing, from },
        }
    }

    /// Goes on with something that depends on the value; the result rests on both.
    pub fn and_then<U>(self, f: impl FnOnce(T) -> Derived<U>) -> Derived<U> {
        match self {
            Self::Known { value, from } => f(value).resting_on(&from),
            Self::Unseen { missing, from } => Derived::Unseen { missing, from },
        }
    }

    /// Adds observed fields that the value rests on.
    #[must_use]
    pub fn resting_on(mut self, more: &[FieldRef]) -> Self {
        match &mut self {
            Self::Known { from, .. } | Self::Unseen { from, .. } => from.extend_from_slice(more),
        }
        self
    }

    /// Both, or what is missing of both.
    pub fn zip<U>(self, other: Derived<U>) -> Derived<(T, U)> {
        match (self, other) {
            (Self::Known { value: a, from: mut fa }, Derived::Known { value: b, from: fb }) => {
                fa.extend(fb);
                Derived::Known { value: (a, b), from: fa }
            }
            (a, b) => {
                let missing = a.missing().iter().chain(b.missing()).cloned().collect();
                let from = a.from().iter().chain(b.from()).cloned().collect();
                Derived::Unseen { missing, from }
            }
        }
    }

    /// All of them in order, or everything that is missing.
    pub fn collect(items: impl IntoIterator<Item = Self>) -> Derived<Vec<T>> {
        let (mut values, mut from_all, mut missing_all) = (Vec::new(), Vec::new(), Vec::new());
        for item in items {
            match item {
                Self::Known { value, from } => {
                    values.push(value);
                    from_all.extend(from);
                }
                Self::Unseen { missing, from } => {
                    missing_all.extend(missing);
                    from_all.extend(from);
                }
            }
        }
        if missing_all.is_empty() {
            Derived::Known { value: values, from: from_all }
        } else {
            Derived::Unseen { missing: missing_all, from: from_all }
        }
    }
}

impl<T> Derived<Option<T>> {
    /// A value that AWS always sends: `null` is no "none" there, and so not known. `what` names it.
    pub fn always_said(self, what: impl FnOnce() -> String) -> Derived<T> {
        self.and_then(|value| match value {
            Some(value) => Derived::known(value),
            None => Derived::unseen(Missing::Outside(format!("{}, which AWS always says and this snapshot does not", what()))),
        })
    }
}

impl Derived<bool> {
    /// Three-valued or: one known true decides, whatever else is unseen; the result then rests on the deciders alone.
    pub fn any(items: impl IntoIterator<Item = Self>) -> Self {
        Self::decide(items, true)
    }

    /// Three-valued and: one known false decides.
    pub fn all(items: impl IntoIterator<Item = Self>) -> Self {
        Self::decide(items, false)
    }

    /// Three-valued or of two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self::any([self, other])
    }

    /// Three-valued and of two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::all([self, other])
    }

    /// Three-valued not.
    #[must_use]
    pub fn negate(self) -> Self {
        self.map(|value| !value)
    }

    fn decide(items: impl IntoIterator<Item = Self>, decisive: bool) -> Self {
        let (mut deciders, mut decided, mut rest, mut missing_all) = (Vec::new(), false, Vec::new(), Vec::new());
        for item in items {
            match item {
                Self::Known { value, from } if value == decisive => {
                    decided = true;
                    deciders.extend(from);
                }
                Self::Known { from, .. } => rest.extend(from),
                Self::Unseen { missing, from } => {
                    missing_all.extend(missing);
                    rest.extend(from);
                }
            }
        }
        if decided {
            Self::Known { value: decisive, from: deciders }
        } else if missing_all.is_empty() {
            Self::Known { value: !decisive, from: rest }
        } else {
            Self::Unseen { missing: missing_all, from: rest }
        }
    }
}
