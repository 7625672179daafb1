//! Where a configuration names rules. Only who has read the rules can tell whether there are such; by then the file is forgotten.

use std::ops::Range;

use toml::de::DeTable;

use super::{Attest, Exception, Waiver};

/// A rule that the configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Rule id.
    pub rule: String,
    /// `FILE:LINE: TABLE`, for errors.
    pub place: String,
}

/// Every rule that a file names, with its table and where it stands. A file that is no TOML names none.
pub(super) fn mentions(text: &str) -> Vec<(&'static str, String, Range<usize>)> {
    let Ok(file) = DeTable::parse(text) else { return Vec::new() };
    let file = file.get_ref();
    let severities = file.get("severities").and_then(|table| table.get_ref().as_table());
    let mut found: Vec<_> = severities.into_iter().flat_map(DeTable::keys).map(|id| ("severities", id.get_ref().to_string(), id.span())).collect();
    for table in [Waiver::TABLE, Attest::TABLE] {
        for entry in file.get(table).and_then(|list| list.get_ref().as_array()).into_iter().flatten() {
            let rule = entry.get_ref().as_table().and_then(|entry| entry.get("rule"));
            found.extend(rule.and_then(|rule| Some((table, rule.get_ref().as_str()?.to_owned(), rule.span()))));
        }
    }
    found
}
