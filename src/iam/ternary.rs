//! Three-valued logic (Kleene) that remembers what it rests on: statements that decide, conditions that are open, and what was not seen.
//!
//! A known `true` decides an "any", a known `false` an "all", whatever else is open; so what is certain here is certain for every
//! request and for every policy that may stand where none was seen.

use std::sync::Arc;

use super::citation::{Condition, Layer, Place};
use crate::evidence::Missing;

/// A truth value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// Certainly not.
    No,
    /// It depends.
    Maybe,
    /// Certainly.
    Yes,
}

impl Truth {
    /// Yes or no.
    pub const fn of(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }

    /// The opposite.
    pub const fn negate(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }

    /// Whether one of them holds.
    pub fn any(items: impl IntoIterator<Item = Self>) -> Self {
        let mut found = Self::No;
        for item in items {
            match item {
                Self::Yes => return Self::Yes,
                Self::Maybe => found = Self::Maybe,
                Self::No => {}
            }
        }
        found
    }

    /// Whether all of them hold.
    pub fn all(items: impl IntoIterator<Item = Self>) -> Self {
        Self::any(items.into_iter().map(Self::negate)).negate()
    }
}

/// What a truth rests on.
#[derive(Debug, Clone)]
pub(super) enum Ground {
    /// A statement that applies.
    Statement(Layer, Arc<Place>),
    /// A statement that applies where all of these hold.
    Hinge(Layer, Arc<Place>, Vec<Condition>),
    /// Something that was not seen.
    Missing(Missing),
    /// A layer without an Allow.
    Lacking(Layer),
}

/// A truth and what it rests on.
#[derive(Debug, Clone)]
pub(super) struct Say {
    /// The truth.
    pub truth: Truth,
    /// What it rests on.
    pub grounds: Vec<Ground>,
}

impl Say {
    /// Without further reason.
    pub(super) const fn plain(truth: Truth) -> Self {
        Self { truth, grounds: Vec::new() }
    }

    /// Whether one of them holds, which rests on those that hold, else on those that may.
    pub(super) fn any(items: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(items, Truth::Yes, Truth::No)
    }

    /// Whether all of them hold. Where that is open, also what holds already is kept: it is a part of the answer.
    pub(super) fn all(items: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(items, Truth::No, Truth::Yes)
    }

    /// `decisive` decides alone; with nothing but `other` it is `other`.
    fn joined(items: impl IntoIterator<Item = Self>, decisive: Truth, other: Truth) -> Self {
        let (mut decided, mut open, mut rest) = (None::<Vec<Ground>>, None::<Vec<Ground>>, Vec::new());
        for item in items {
            if item.truth == decisive {
                decided.get_or_insert_default().extend(item.grounds);
            } else if item.truth == Truth::Maybe {
                open.get_or_insert_default().extend(item.grounds);
            } else {
                rest.extend(item.grounds);
            }
        }
        match (decided, open) {
            (Some(grounds), _) => Self { truth: decisive, grounds },
            (None, Some(mut grounds)) => {
                if other == Truth::Yes {
                    grounds.extend(rest);
                }
                Self { truth: Truth::Maybe, grounds }
            }
            (None, None) => Self { truth: other, grounds: rest },
        }
    }
}
