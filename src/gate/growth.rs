//! What was accepted is what was seen: whether a finding is worse now than what somebody accepted, and by what.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::finding::{Severity, UNSEEN_ELEMENTS};

/// The offending elements of a finding, each as text.
pub fn elements(offending: Option<&Value>) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match offending {
        None | Some(Value::Null) => BTreeSet::new(),
        Some(Value::Array(items)) => items.iter().map(text).collect(),
        Some(other) => BTreeSet::from([text(other)]),
    }
}

/// What is there beyond what was accepted, in words: a worse severity first, then each element. Empty where nothing is.
///
/// What the acceptance does not say (of an older file) is taken as accepted; elements that could not be seen are accepted by nobody.
pub(super) fn growth(accepted: (Option<Severity>, Option<&BTreeSet<String>>), today: (Severity, Option<&Value>)) -> Vec<String> {
    let severity = accepted.0.filter(|accepted| *accepted < today.0).map(|accepted| format!("{}, was {accepted}", today.0));
    let more = accepted.1.map(|accepted| {
        elements(today.1).into_iter().filter(|element| element == UNSEEN_ELEMENTS || !accepted.contains(element)).collect::<Vec<_>>()
    });
    severity.into_iter().chain(more.into_iter().flatten().map(|element| format!("+ {element}"))).collect()
}

/// Whether what is there beyond what was accepted is only that there may be more.
pub(super) fn is_unseen(more: &str) -> bool {
    more.strip_prefix("+ ") == Some(UNSEEN_ELEMENTS)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_more_element_or_a_worse_severity_is_growth_and_fewer_is_none() {
        let ports = json!(["tcp 1433", "tcp 22"]);
        let accepted = BTreeSet::from(["tcp 1433".to_owned()]);
        let grown = |severity, elements: Option<&BTreeSet<String>>, today| growth((severity, elements), (today, Some(&ports)));
        assert_eq!(grown(Some(Severity::High), Some(&accepted), Severity::High), ["+ tcp 22"]);
        assert_eq!(grown(Some(Severity::Medium), None, Severity::High), ["high, was medium"]);
        assert_eq!(grown(Some(Severity::Medium), Some(&accepted), Severity::High), ["high, was medium", "+ tcp 22"]);
        assert_eq!(grown(Some(Severity::Critical), Some(&elements(Some(&json!(["tcp 22", "tcp 1433", "udp 1"])))), Severity::High), [""; 0]);
        assert_eq!(grown(None, None, Severity::Critical), [""; 0], "an older file does not say");
        let unseen = BTreeSet::from(["tcp 1433".to_owned(), UNSEEN_ELEMENTS.to_owned()]);
        assert_eq!(growth((None, Some(&unseen)), (Severity::High, Some(&json!(["tcp 1433", UNSEEN_ELEMENTS])))), ["+ what could not be seen"]);
    }

    #[test]
    fn elements_that_are_no_text_are_told_apart_too() {
        assert_eq!(elements(Some(&json!([{"a": 1}, {"a": 2}]))).len(), 2);
        assert_eq!(elements(Some(&json!("x"))), BTreeSet::from(["x".to_owned()]));
        assert_eq!(elements(None), BTreeSet::new());
    }
}
