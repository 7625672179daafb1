//! The SDK's loose values → the model's: times to the second, lists in order, no empty text.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// A time, to the second; a time that does not fit is left out.
pub(super) fn time(at: Option<&DateTime>) -> Option<Timestamp> {
    at.and_then(|at| Timestamp::from_second(at.secs()).ok())
}

/// Text that says something.
pub(super) fn text(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// A list that AWS keeps in no order: sorted, each once, without empty texts.
pub(super) fn set<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut all: Vec<String> = items.into_iter().map(Into::into).filter(|item| !item.is_empty()).collect();
    all.sort();
    all.dedup();
    all
}

/// Values in order, each once.
pub(super) fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = items.into_iter().collect();
    all.sort();
    all.dedup();
    all
}
