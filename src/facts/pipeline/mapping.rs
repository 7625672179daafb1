//! Table mappings: what a pipeline takes along, and how it masks (3.2.1, 3.5.1.1).
//!
//! DMS patterns: `%` is any text, `_` one character (DMS user guide, "Table mapping"). A pattern that is left out takes everything.

use std::collections::BTreeSet;

use crate::model::dms::MappingRule;

/// Whether every table of every schema is included, without any exclusion.
pub fn selects_everything(rules: &[MappingRule]) -> bool {
    let selections = || rules.iter().filter(|rule| rule.rule_type == "selection");
    let everything = |rule: &MappingRule| takes_all(rule.schema.as_deref()) && takes_all(rule.table.as_deref());
    selections().any(|rule| rule.action != "exclude" && everything(rule)) && !selections().any(|rule| rule.action == "exclude")
}

/// Schemas that are included with all their tables, sorted; `%` is every schema but the excluded. Empty where everything is included anyway.
pub fn whole_schemas(rules: &[MappingRule]) -> Vec<String> {
    if selects_everything(rules) {
        return Vec::new();
    }
    let whole = rules.iter().filter(|rule| rule.rule_type == "selection" && rule.action != "exclude" && takes_all(rule.table.as_deref()));
    let schemas: BTreeSet<_> = whole.map(|rule| rule.schema.clone().unwrap_or_else(|| "%".to_owned())).collect();
    schemas.into_iter().collect()
}

/// Columns that are masked with DMS's hash, as `schema.table.column`, sorted.
pub fn hash_masked(rules: &[MappingRule]) -> Vec<String> {
    let part = |pattern: &Option<String>| pattern.clone().unwrap_or_else(|| "%".to_owned());
    let hashes = rules.iter().filter(|rule| rule.action == "data-masking-hash-mask");
    let columns: BTreeSet<_> = hashes.map(|rule| format!("{}.{}.{}", part(&rule.schema), part(&rule.table), part(&rule.column))).collect();
    columns.into_iter().collect()
}

/// Whether any column is masked.
pub fn masks(rules: &[MappingRule]) -> bool {
    rules.iter().any(|rule| rule.action.starts_with("data-masking-"))
}

/// Whether a declared column (`*` as wildcard) and a column pattern of a mapping can mean the same column.
/// Case is ignored: the engines differ, and a match more asks a question more.
pub fn can_be(declared: &str, pattern: &str) -> bool {
    let (declared, pattern) = (tokens(declared, '*', None), tokens(pattern, '%', Some('_')));
    // `meets[j]`: the rest of `declared` from here and `pattern[j..]` have a text in common. Filled from the end.
    let mut meets = vec![false; pattern.len() + 1];
    for i in (0..=declared.len()).rev() {
        let below = std::mem::replace(&mut meets, vec![false; pattern.len() + 1]);
        for j in (0..=pattern.len()).rev() {
            let (a, b) = (declared.get(i), pattern.get(j));
            let right = meets.get(j + 1).copied().unwrap_or(false);
            let (down, both) = (below.get(j).copied().unwrap_or(false), below.get(j + 1).copied().unwrap_or(false));
            let met = match (a, b) {
                (None, None) => true,
                // "Any" takes nothing, or swallows one token of the other side.
                (Some(Token::Any), None) => down,
                (None, Some(Token::Any)) => right,
                (Some(Token::Any), Some(_)) | (Some(_), Some(Token::Any)) => down || right,
                (Some(Token::Char(a)), Some(Token::Char(b))) => a == b && both,
                (Some(_), Some(_)) => both,
                _ => false,
            };
            if let Some(cell) = meets.get_mut(j) {
                *cell = met;
            }
        }
    }
    meets.first().copied().unwrap_or(false)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Any,
    One,
    Char(char),
}

fn tokens(pattern: &str, any: char, one: Option<char>) -> Vec<Token> {
    let token = |letter: char| match letter {
        letter if letter == any => Token::Any,
        letter if Some(letter) == one => Token::One,
        letter => Token::Char(letter.to_ascii_lowercase()),
    };
    pattern.chars().map(token).collect()
}

fn takes_all(pattern: Option<&str>) -> bool {
    pattern.is_none_or(|pattern| pattern.contains('%') && pattern.chars().all(|letter| letter == '%' || letter == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(rule_type: &str, action: &str, schema: &str, table: &str, column: Option<&str>) -> MappingRule {
        MappingRule {
            rule_type: rule_type.into(),
            action: action.into(),
            target: None,
            schema: Some(schema.into()),
            table: Some(table.into()),
            column: column.map(Into::into),
        }
    }

    #[test]
    fn everything_without_exclusion_is_everything() {
        let all = rule("selection", "include", "%", "%", None);
        assert!(selects_everything(std::slice::from_ref(&all)));
        assert!(whole_schemas(std::slice::from_ref(&all)).is_empty());
        let but = rule("selection", "exclude", "hr", "%", None);
        assert!(!selects_everything(&[all.clone(), but.clone()]));
        assert_eq!(whole_schemas(&[all, but]), ["%"], "an exclusion does not make the rest explicit");
        let schema = rule("selection", "include", "shop", "%", None);
        assert!(!selects_everything(std::slice::from_ref(&schema)));
        assert_eq!(whole_schemas(&[schema, rule("selection", "include", "shop", "orders", None)]), ["shop"]);
    }

    #[test]
    fn hashes_are_named_and_matched_with_declarations() {
        let rules = [rule("transformation", "data-masking-hash-mask", "shop", "ord%", Some("pan"))];
        assert!(masks(&rules));
        assert_eq!(hash_masked(&rules), ["shop.ord%.pan"]);
        for (declared, meant) in [
            ("shop.orders.pan", true),
            ("*.PAN", true),
            ("shop.*.*", true),
            ("*", true),
            ("shop.ord.pan", true),
            ("shop.items.pan", false),
            ("shop.orders.name", false),
            ("", false),
        ] {
            assert_eq!(can_be(declared, "shop.ord%.pan"), meant, "{declared}");
        }
        assert!(can_be("shop.orders.pan", "shop.orders.p_n"));
        assert!(!can_be("shop.orders.paan", "shop.orders.p_n"));
        assert!(!rules.iter().any(|rule| rule.action == "include"));
    }
}
