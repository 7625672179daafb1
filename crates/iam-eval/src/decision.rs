//! The answer: what AWS would say, which statements decide, and on what it depends.

use std::fmt;

use serde::Serialize;

use super::citation::{Citation, Layer, OpenStatement};
use super::judgement::{Judgement, Reason};
use super::ternary::Ternary;
use super::unseen::Unseen;

/// What AWS would say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Some statement allows it, every layer lets it pass, and nothing denies it.
    Allowed,
    /// It depends on the request: see the conditions.
    Conditional,
    /// It depends on something that was not seen.
    Unknown,
    /// No statement allows it, or a layer does not let it pass.
    ImplicitlyDenied,
    /// A statement denies it.
    ExplicitlyDenied,
}

impl Answer {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Conditional => "conditional",
            Self::Unknown => "unknown",
            Self::ImplicitlyDenied => "implicitly denied",
            Self::ExplicitlyDenied => "explicitly denied",
        }
    }

    /// Denied for certain, either way.
    pub const fn is_denied(self) -> bool {
        matches!(self, Self::ImplicitlyDenied | Self::ExplicitlyDenied)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// An answer and what it rests on. The lists are sorted, each item once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<R> {
    /// What AWS would say.
    pub answer: Answer,
    /// The statements that apply for certain and decide: the Allows of an access, the Denies of a denial.
    pub statements: Vec<Citation>,
    /// The statements on whose conditions it depends.
    pub conditions: Vec<OpenStatement>,
    /// What was not seen and might change the answer.
    pub missing: Vec<R>,
    /// The layers that would have to allow it and do not.
    pub lacking: Vec<Layer>,
    /// Organization policies (SCP, RCP) that bear on the request and were not read: see [`Decision::is_upper_bound`].
    pub unread: Vec<Layer>,
}

impl<R: Unseen> Decision<R> {
    /// Whether organization policies were not read: an access may be less than the answer says, never more.
    pub const fn is_upper_bound(&self) -> bool {
        !self.unread.is_empty()
    }

    /// From whether something denies it, and whether everything allows it.
    pub(super) fn new(denied: Judgement<R>, allowed: Judgement<R>, unread: Vec<Layer>) -> Self {
        let (answer, grounds) = match (denied.truth, allowed.truth) {
            (Ternary::Yes, _) => (Answer::ExplicitlyDenied, denied.grounds),
            (_, Ternary::No) => (Answer::ImplicitlyDenied, allowed.grounds),
            (Ternary::No, Ternary::Yes) => (Answer::Allowed, allowed.grounds),
            (Ternary::Maybe, _) | (Ternary::No, Ternary::Maybe) => {
                let mut grounds = allowed.grounds;
                grounds.extend(denied.grounds.into_iter().filter(|_| denied.truth == Ternary::Maybe));
                (Answer::Conditional, grounds)
            }
        };
        let mut decision = Self { answer, statements: Vec::new(), conditions: Vec::new(), missing: Vec::new(), lacking: Vec::new(), unread };
        for ground in grounds {
            match ground {
                Reason::Statement(layer, place) => decision.statements.push(Citation { layer, place }),
                Reason::OpenStatement(layer, place, conditions) => {
                    decision.conditions.push(OpenStatement { cited: Citation { layer, place }, conditions })
                }
                Reason::Missing(missing) => decision.missing.push(missing),
                Reason::Lacking(layer) => decision.lacking.push(layer),
            }
        }
        if answer == Answer::Conditional && !decision.missing.is_empty() {
            decision.answer = Answer::Unknown;
        }
        decision.statements.sort();
        decision.statements.dedup();
        decision.conditions.sort();
        decision.conditions.dedup();
        decision.missing.sort();
        decision.missing.dedup();
        decision.lacking.sort();
        decision.lacking.dedup();
        decision
    }
}
