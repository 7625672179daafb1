//! A decision of the evaluator → whether somebody holds a right, and on which terms.
//!
//! Terms are of two kinds. Some say how to ask: with a second factor, from a network, at a time, for a part of the objects. Whoever holds
//! the right can meet them, so it is held. The others stay open: what a request carries there, the control plane does not say. A right on
//! open terms may be no right at all, and no verdict rests on it alone.

use std::collections::BTreeSet;

use iam_eval::document::Effect;
use iam_eval::{Answer, Condition, Decision, Group, OpenStatement, REQUEST_KEYS};

use crate::evidence::Missing;

/// Whether a right is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold {
    /// Not held, for certain.
    No,
    /// It hangs on what was not seen.
    Unseen(Vec<Missing>),
    /// Held, on these terms.
    Yes(Terms),
}

/// On which terms a right is held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// What may not hold.
    pub open: BTreeSet<String>,
    /// How to ask.
    pub how: BTreeSet<String>,
    /// Only some group can meet them: an organization, or whoever comes from a network.
    pub bound: bool,
    /// On the way somebody is a guest of an Amazon Cognito identity pool.
    pub guest: bool,
}

impl Terms {
    /// Whether the right may be no right at all.
    pub fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Both.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.open.extend(other.open.iter().cloned());
        self.how.extend(other.how.iter().cloned());
        self.bound |= other.bound;
        self.guest |= other.guest;
        self
    }

    /// With one more open term.
    #[must_use]
    pub fn given(mut self, term: Option<&str>) -> Self {
        self.open.extend(term.map(str::to_owned));
        self
    }

    /// Where whoever it is can see to all of them.
    #[must_use]
    pub fn met(mut self) -> Self {
        self.how.append(&mut self.open);
        self
    }

    /// In one line; empty where there are none.
    pub fn words(&self) -> String {
        self.open.iter().chain(&self.how).map(String::as_str).collect::<Vec<_>>().join("; ")
    }
}

impl Hold {
    /// Reads a decision.
    pub fn new(decision: &Decision<Missing>) -> Self {
        Self::read(decision, |condition, _| is_how(condition))
    }

    /// Reads a decision about somebody who sets tags of his own, or takes some off.
    pub fn of_tagger(decision: &Decision<Missing>, sets: bool, drops: bool) -> Self {
        Self::read(decision, |condition, effect| is_how(condition) || is_of_tags(condition, effect, sets, drops))
    }

    /// Reads a decision about somebody who sets what some keys hold (in lower case, by their beginning), or takes it off.
    pub(super) fn of_meeting(decision: &Decision<Missing>, keys: &[String], sets: bool, drops: bool) -> Self {
        let meets = |condition: &Condition, effect: Effect| {
            let is_his = |tested: String| keys.iter().any(|key| tested.starts_with(key));
            condition.context_key().is_some_and(is_his) && is_met(condition, effect, sets, drops)
        };
        Self::read(decision, |condition, effect| is_how(condition) || meets(condition, effect))
    }

    fn read(decision: &Decision<Missing>, is_how: impl Fn(&Condition, Effect) -> bool) -> Self {
        match decision.answer {
            Answer::Allowed => Self::Yes(Terms::default()),
            Answer::ImplicitlyDenied | Answer::ExplicitlyDenied => Self::No,
            Answer::Unknown => Self::Unseen(decision.missing.clone()),
            Answer::Conditional => Self::Yes(terms(&decision.conditions, is_how)),
        }
    }

    /// Both rights.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Unseen(mut missing), Self::Unseen(more)) => {
                missing.extend_from_slice(more);
                Self::Unseen(missing)
            }
            (Self::Unseen(missing), _) => Self::Unseen(missing),
            (_, Self::Unseen(missing)) => Self::Unseen(missing.clone()),
            (Self::Yes(terms), Self::Yes(more)) => Self::Yes(terms.and(more)),
        }
    }

    /// The easier of two: one that is certain before one on open terms, any before one that was not seen.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let rank = |hold: &Self| match hold {
            Self::Yes(terms) => u8::from(terms.is_open()),
            Self::Unseen(_) => 2,
            Self::No => 3,
        };
        if rank(&other) < rank(&self) { other } else { self }
    }

    /// Its terms, if it is held.
    pub const fn terms(&self) -> Option<&Terms> {
        match self {
            Self::Yes(terms) => Some(terms),
            Self::No | Self::Unseen(_) => None,
        }
    }
}

/// The parts of the asked resources to which an Allow is limited, as its statement writes them; empty where none is.
pub fn parts(decision: &Decision<Missing>) -> Vec<&str> {
    let allows = decision.conditions.iter().filter(|statement| statement.cited.place.effect == Effect::Allow);
    let patterns = |condition| match condition {
        &Condition::Resource { ref patterns, within: true } => patterns.as_slice(),
        _ => &[],
    };
    allows.flat_map(|statement| &statement.conditions).flat_map(patterns).map(String::as_str).collect()
}

/// Whether a Deny may take a part of the asked resources away.
pub fn is_partly_denied(decision: &Decision<Missing>) -> bool {
    let denies = decision.conditions.iter().filter(|statement| statement.cited.place.effect == Effect::Deny);
    denies.flat_map(|statement| &statement.conditions).any(|condition| matches!(condition, Condition::Resource { .. }))
}

/// In each layer some Allow must apply, and of each Deny some condition must fail.
fn terms(statements: &[OpenStatement], is_how: impl Fn(&Condition, Effect) -> bool) -> Terms {
    let mut all = Terms::default();
    let allows: Vec<&OpenStatement> = statements.iter().filter(|statement| statement.cited.place.effect == Effect::Allow).collect();
    let layers: BTreeSet<_> = allows.iter().map(|statement| statement.cited.layer).collect();
    for layer in layers {
        let choices = allows.iter().filter(|statement| statement.cited.layer == layer).map(|statement| wanted(statement, &is_how));
        // Sorted, so that the same policies choose the same.
        if let Some(best) = choices.min_by(|a, b| (a.open.len(), a.words()).cmp(&(b.open.len(), b.words()))) {
            all = all.and(&best);
        }
    }
    for statement in statements.iter().filter(|statement| statement.cited.place.effect == Effect::Deny) {
        all.bound |= statement.conditions.iter().any(names_group);
        match statement.conditions.iter().find(|condition| is_how(condition, Effect::Deny)) {
            Some(condition) => all.how.insert(format!("not {condition}")),
            None => {
                let words: Vec<String> = statement.conditions.iter().map(ToString::to_string).collect();
                all.open.insert(format!("not {}", words.join(" and ")))
            }
        };
    }
    all
}

/// What an Allow asks for.
fn wanted(statement: &OpenStatement, is_how: impl Fn(&Condition, Effect) -> bool) -> Terms {
    let mut terms = Terms::default();
    for condition in &statement.conditions {
        terms.bound |= names_group(condition);
        if is_how(condition, Effect::Allow) {
            terms.how.insert(condition.to_string())
        } else {
            terms.open.insert(condition.to_string())
        };
    }
    // A grant or statement that says "maybe" without words.
    if statement.conditions.is_empty() {
        terms.open.insert(format!("{} applies", statement.cited.place.statement));
    }
    terms
}

fn names_group(condition: &Condition) -> bool {
    condition.context_key().is_some_and(|key| Group::of_key(&key).is_some())
}

/// Whether a condition hangs on the tags of whoever asks, and he can see to it that it holds (or, in a Deny, that it does not): by a tag with
/// another value where he sets tags, by none where he takes them off.
fn is_of_tags(condition: &Condition, effect: Effect, sets: bool, drops: bool) -> bool {
    if let Condition::Resource { patterns, .. } = condition {
        return sets && patterns.iter().any(|pattern| pattern.to_ascii_lowercase().contains("${aws:principaltag/"));
    }
    condition.context_key().is_some_and(|key| key.starts_with("aws:principaltag/")) && is_met(condition, effect, sets, drops)
}

/// Whether somebody who sets a key, or takes it off, can see to it that a condition on it holds (or, in a Deny, that it does not).
fn is_met(condition: &Condition, effect: Effect, sets: bool, drops: bool) -> bool {
    let operator = condition.operator().to_ascii_lowercase();
    let is_null = operator == "null";
    let wants_none = condition.values().iter().any(|value| value.eq_ignore_ascii_case("true"));
    // What it says of a request without the tag (IAM User Guide, "Condition operators").
    let loose = operator.ends_with("ifexists") || operator.starts_with("forallvalues:");
    let without = if is_null { wants_none } else { loose || (operator.contains("not") && !operator.starts_with("foranyvalue:")) };
    let wanted = effect == Effect::Allow;
    (drops && without == wanted) || (sets && (!is_null || wants_none != wanted))
}

fn is_how(condition: &Condition) -> bool {
    if let Condition::Resource { patterns, .. } = condition {
        // A variable in a resource stands for what only the request knows.
        return patterns.iter().all(|pattern| !pattern.contains("${"));
    }
    // Only requests of services have `aws:SourceArn`, and whoever drives the service chooses the resource.
    condition.context_key().is_some_and(|key| key == "aws:sourcearn" || REQUEST_KEYS.contains(&key.as_str()))
}
