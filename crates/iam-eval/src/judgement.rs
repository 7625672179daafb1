//! A truth with what it rests on: statements that decide, conditions that are open, and what was not seen.

use std::sync::Arc;

use super::citation::{Layer, StatementRef};
use super::open_condition::Condition;
use super::ternary::Ternary;

/// What a truth rests on.
#[derive(Debug, Clone)]
pub(super) enum Reason<R> {
    /// A statement that applies.
    Statement(Layer, Arc<StatementRef>),
    /// A statement that applies where all of these hold.
    OpenStatement(Layer, Arc<StatementRef>, Vec<Condition>),
    /// Something that was not seen.
    Missing(R),
    /// A layer without an Allow.
    Lacking(Layer),
}

/// A truth and what it rests on.
#[derive(Debug, Clone)]
pub(super) struct Judgement<R> {
    /// The truth.
    pub truth: Ternary,
    /// What it rests on.
    pub grounds: Vec<Reason<R>>,
}

impl<R> Judgement<R> {
    /// Without further reason.
    pub(super) const fn plain(truth: Ternary) -> Self {
        Self { truth, grounds: Vec::new() }
    }

    /// Whether one of them holds, which rests on those that hold, else on those that may.
    pub(super) fn any(items: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(items, Ternary::Yes, Ternary::No)
    }

    /// Whether all of them hold. Where that is open, also what holds already is kept: it is a part of the answer.
    pub(super) fn all(items: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(items, Ternary::No, Ternary::Yes)
    }

    /// `decisive` decides alone; with nothing but `other` it is `other`.
    fn joined(items: impl IntoIterator<Item = Self>, decisive: Ternary, other: Ternary) -> Self {
        let (mut decided, mut open, mut rest) = (None::<Vec<Reason<R>>>, None::<Vec<Reason<R>>>, Vec::new());
        for item in items {
            if item.truth == decisive {
                decided.get_or_insert_default().extend(item.grounds);
            } else if item.truth == Ternary::Maybe {
                open.get_or_insert_default().extend(item.grounds);
            } else {
                rest.extend(item.grounds);
            }
        }
        match (decided, open) {
            (Some(grounds), _) => Self { truth: decisive, grounds },
            (None, Some(mut grounds)) => {
                if other == Ternary::Yes {
                    grounds.extend(rest);
                }
                Self { truth: Ternary::Maybe, grounds }
            }
            (None, None) => Self { truth: other, grounds: rest },
        }
    }
}
