//! Table mappings: what a pipeline takes along, and how it masks (3.2.1, 3.5.1.1).
//!
//! DMS patterns: `%` is any text, `_` one character, `[ab]` and `[a-d]` one of some (DMS user guide, "Table mapping", "Wildcards in table mapping"). A
//! pattern that is left out takes everything. Patterns that together take every name that begins or ends with a letter, `a%` to `z%`, name no table
//! either: they are as good as `%`.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::dms::MappingRule;

/// Whether any rule includes something: "define at least one selection rule" (DMS User Guide, "Selection rules and actions").
pub(super) fn selects_anything(rules: &[MappingRule]) -> bool {
    rules.iter().any(|rule| rule.rule_type == "selection" && rule.action != "exclude")
}

/// Whether every table of every schema is included, without any exclusion.
pub(super) fn selects_everything(rules: &[MappingRule]) -> bool {
    let excludes = rules.iter().any(|rule| rule.rule_type == "selection" && rule.action == "exclude");
    !excludes && take_all(with_all_tables(rules))
}

/// Schemas that are included with all their tables, sorted; `%` is every schema but the excluded. Empty where everything is included anyway.
pub(super) fn whole_schemas(rules: &[MappingRule]) -> Vec<String> {
    if selects_everything(rules) {
        return Vec::new();
    }
    with_all_tables(rules).into_iter().map(str::to_owned).collect()
}

/// The schema patterns that are included with all their tables, sorted.
fn with_all_tables(rules: &[MappingRule]) -> Vec<&str> {
    let mut tables: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| rule.rule_type == "selection" && rule.action != "exclude") {
        let tables = tables.entry(rule.schema.as_deref().unwrap_or("%")).or_default();
        // What begins and ends in a letter takes no name's whole rest.
        let open = |table: &&str| table.ends_with(['%', '_']) || table.starts_with(['%', '_']);
        tables.extend(rule.table.as_deref().or(Some("%")).filter(open));
    }
    // What is taken of every schema is taken of each.
    let everywhere: Vec<&str> = tables.iter().filter(|(schema, _)| is_wild(schema)).flat_map(|(_, tables)| tables.iter().copied()).collect();
    let whole = tables.iter().filter(|(_, own)| take_all([own.as_slice(), everywhere.as_slice()].concat()));
    whole.map(|(schema, _)| *schema).collect()
}

/// How many letters of a name are spelt out at most.
const SPELT: usize = 2;

/// Whether patterns together take every name that begins with a letter, or every one that ends with a letter.
fn take_all(patterns: Vec<&str>) -> bool {
    let forward: Vec<Vec<Token>> = patterns.into_iter().map(of_dms).collect();
    let backward: Vec<Vec<Token>> = forward.iter().map(|pattern| pattern.iter().rev().cloned().collect()).collect();
    [forward, backward].iter().any(|patterns| take_all_from(&patterns.iter().map(|pattern| vec![pattern.as_slice()]).collect::<Vec<_>>(), 0))
}

/// What may be left of each pattern after some letters: one of them takes any rest, or they do letter by letter, in either case.
fn take_all_from(patterns: &[Vec<&[Token]>], spelt: usize) -> bool {
    let next = |letter: char| -> Vec<Vec<&[Token]>> {
        patterns.iter().map(|rests| rests.iter().flat_map(|rest| after(rest, letter)).collect::<Vec<_>>()).filter(|rests| !rests.is_empty()).collect()
    };
    patterns.iter().flatten().any(|rest| is_any(rest))
        || !patterns.is_empty() && spelt < SPELT && ('a'..='z').all(|letter| take_all_from(&next(letter), spelt + 1))
}

/// What may be left of a pattern after one letter.
fn after(pattern: &[Token], letter: char) -> Vec<&[Token]> {
    let mut rests = Vec::new();
    for (at, token) in pattern.iter().enumerate() {
        match token {
            // It takes the letter, or nothing and leaves it to what follows.
            Token::Any => rests.extend(pattern.get(at..)),
            token => {
                rests.extend(pattern.get(at + 1..).filter(|_| token.meets(&Token::Of(vec![(letter, letter)]))));
                break;
            }
        }
    }
    rests
}

/// Columns that are masked with DMS's hash, as `schema.table.column`, sorted.
pub(super) fn hash_masked(rules: &[MappingRule]) -> Vec<String> {
    let part = |pattern: &Option<String>| pattern.clone().unwrap_or_else(|| "%".to_owned());
    let hashes = rules.iter().filter(|rule| rule.action == "data-masking-hash-mask");
    let columns: BTreeSet<_> = hashes.map(|rule| format!("{}.{}.{}", part(&rule.schema), part(&rule.table), part(&rule.column))).collect();
    columns.into_iter().collect()
}

/// Whether any column is masked.
pub(super) fn masks(rules: &[MappingRule]) -> bool {
    rules.iter().any(|rule| rule.action.starts_with("data-masking-"))
}

/// Whether a declared column (`*` as wildcard) and a column pattern of a mapping can mean the same column.
/// Case is ignored: the engines differ, and a match more asks a question more.
pub(super) fn can_be(declared: &str, pattern: &str) -> bool {
    let (declared, pattern) = (of_config(declared), of_dms(pattern));
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
                (Some(a), Some(b)) => a.meets(b) && both,
                _ => false,
            };
            if let Some(cell) = meets.get_mut(j) {
                *cell = met;
            }
        }
    }
    meets.first().copied().unwrap_or(false)
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Any,
    One,
    /// One of these ranges of letters.
    Of(Vec<(char, char)>),
}

impl Token {
    /// Whether some letter is of both.
    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Of(own), Self::Of(others)) => own.iter().any(|(a, b)| others.iter().any(|(c, d)| a <= d && c <= b)),
            _ => true,
        }
    }
}

const fn letter(letter: char) -> (char, char) {
    (letter.to_ascii_lowercase(), letter.to_ascii_lowercase())
}

/// A pattern as `pci-audit.toml` writes it.
fn of_config(pattern: &str) -> Vec<Token> {
    pattern.chars().map(|one| if one == '*' { Token::Any } else { Token::Of(vec![letter(one)]) }).collect()
}

/// A pattern as DMS writes it.
fn of_dms(pattern: &str) -> Vec<Token> {
    let (mut tokens, mut rest) = (Vec::new(), pattern);
    while let Some(first) = rest.chars().next() {
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
        let set = if first == '[' { rest.split_once(']').filter(|(inside, _)| !inside.is_empty()) } else { None };
        match (first, set) {
            // Several of them are one.
            ('%', _) if tokens.last() == Some(&Token::Any) => {}
            ('%', _) => tokens.push(Token::Any),
            ('_', _) => tokens.push(Token::One),
            (_, Some((inside, after))) => {
                rest = after;
                tokens.push(Token::Of(ranges(inside)));
            }
            _ => tokens.push(Token::Of(vec![letter(first)])),
        }
    }
    tokens
}

/// `ab`, `a-d`, `a-dx`.
fn ranges(inside: &str) -> Vec<(char, char)> {
    let letters: Vec<char> = inside.chars().collect();
    let (mut ranges, mut rest) = (Vec::new(), letters.as_slice());
    while let [first, more @ ..] = rest {
        rest = match more {
            ['-', last, after @ ..] => {
                ranges.push((first.to_ascii_lowercase(), last.to_ascii_lowercase()));
                after
            }
            _ => {
                ranges.push(letter(*first));
                more
            }
        };
    }
    ranges
}

/// Whether a pattern takes any name at all.
fn is_wild(pattern: &str) -> bool {
    is_any(&of_dms(pattern))
}

fn is_any(pattern: &[Token]) -> bool {
    pattern.contains(&Token::Any) && pattern.iter().all(|token| matches!(token, Token::Any | Token::One))
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
    fn every_letter_is_everything() {
        let includes = |schema: &str, tables: &mut dyn Iterator<Item = String>| {
            tables.map(|table| rule("selection", "include", schema, &table, None)).collect::<Vec<_>>()
        };
        let letters = |first: char, last: char| (first..=last).map(|letter| format!("{letter}%"));
        assert_eq!(whole_schemas(&includes("shop", &mut letters('a', 'z'))), ["shop"]);
        assert_eq!(whole_schemas(&includes("shop", &mut letters('A', 'M').chain(letters('n', 'z')))), ["shop"], "in either case");
        assert!(whole_schemas(&includes("shop", &mut letters('a', 'y'))).is_empty(), "not all letters");
        assert!(whole_schemas(&includes("shop", &mut ('0'..='9').map(|digit| format!("{digit}%")))).is_empty(), "names that begin with digits");
        assert!(whole_schemas(&includes("shop", &mut ('a'..='z').map(|letter| letter.to_string()))).is_empty(), "26 tables by name");
        assert!(selects_everything(&includes("%", &mut letters('a', 'z'))));
        let by_two = letters('a', 'y').chain(('a'..='z').map(|letter| format!("z{letter}%")));
        assert_eq!(whole_schemas(&includes("shop", &mut by_two.collect::<Vec<_>>().into_iter())), ["shop"]);
        let schemas: Vec<_> = letters('a', 'z').map(|schema| rule("selection", "include", &schema, "%", None)).collect();
        assert!(selects_everything(&schemas));
        let halves = [includes("%", &mut letters('a', 'm')), includes("shop", &mut letters('n', 'z'))].concat();
        assert_eq!(whole_schemas(&halves), ["shop"], "one half of every schema, the other of one");
        for tables in [vec!["[a-z]%"], vec!["[a-m]%", "[N-Z]%"], vec!["%[a-z]"], vec!["%[a-z]%"], vec!["[a-yz]_%"]] {
            let names = || tables.iter().map(|table| (*table).to_owned());
            assert_eq!(whole_schemas(&includes("shop", &mut names())), ["shop"], "{tables:?}");
            assert!(selects_everything(&includes("%", &mut names())), "{tables:?}");
        }
        for tables in [vec!["[a-y]%"], vec!["[az]%"], vec!["[0-9]%"], vec!["[_]%"], vec!["[a-z]"], vec!["tmp[a-z]%"], vec!["[a-m]%", "%[n-z]"]] {
            assert!(whole_schemas(&includes("shop", &mut tables.iter().map(|table| (*table).to_owned()))).is_empty(), "{tables:?}");
        }
        assert_eq!(whole_schemas(&includes("shop", &mut ('a'..='z').map(|letter| format!("%{letter}")))), ["shop"], "by their last letters");
        assert!(whole_schemas(&includes("shop", &mut ('a'..='y').map(|letter| format!("%{letter}")))).is_empty(), "not all last letters");
        let but = [includes("shop", &mut letters('a', 'z')), vec![rule("selection", "exclude", "shop", "cards", None)]].concat();
        assert_eq!(whole_schemas(&but), ["shop"], "an exclusion does not make the rest explicit");
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
        assert!(can_be("shop.orders.pan", "shop.[m-p]%.p[ao]n") && !can_be("shop.orders.pan", "shop.[a-c]%.pan"));
        assert!(!rules.iter().any(|rule| rule.action == "include"));
    }
}
