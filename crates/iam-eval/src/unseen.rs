//! Why a policy was not seen, in the words of whoever asks.

use std::fmt::Debug;

/// A reason that something was not seen. The evaluator hands the reasons of the caller back as they are, in the order that `Ord` gives them, and
/// adds two of its own. `String` is one, for callers without a vocabulary.
pub trait Unseen: Clone + Debug + Ord {
    /// Which account owns a resource is not known: whether one side or both must allow hangs on it.
    fn unknown_owner(resource: &str) -> Self;

    /// AWS's pages do not settle it, so the evaluator does not either.
    fn not_evaluated(what: &'static str) -> Self;
}

impl Unseen for String {
    fn unknown_owner(resource: &str) -> Self {
        format!("whose account owns {resource}")
    }

    fn not_evaluated(what: &'static str) -> Self {
        what.to_owned()
    }
}
