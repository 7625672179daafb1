//! Foreign text in GitHub Flavored Markdown: it is shown, and does nothing.
//!
//! GitHub makes links of bare addresses, notifies whoever is `@named`, and refers to issues as `#1`, all of it also in text that is escaped. It leaves code spans alone. So every word
//! that has more in it than letters, digits and the marks of a sentence stands in a code span. A span cannot hold its own fence, nor a table's cell a bar: both are spelled out.

use crate::report::cut::cut;
use crate::report::escape::escape;

/// At most so many characters of a text.
pub(crate) fn quote(text: &str, longest: usize) -> String {
    let text = escape(text);
    let text = cut(&text, longest);
    let mut out = String::with_capacity(text.len() + 16);
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        if !out.is_empty() {
            out.push(' ');
        }
        if is_plain(word) {
            out.push_str(word);
            continue;
        }
        // Words that need it and stand side by side share a span.
        let mut span = word.to_owned();
        while let Some(next) = words.next_if(|next| !is_plain(next)) {
            span.push(' ');
            span.push_str(next);
        }
        // The marks of the sentence around it stay outside, and the fence that our own words already have goes.
        let (before, inner, after) = sentence(&span);
        let bare = inner.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).filter(|bare| !bare.is_empty() && !bare.contains('`'));
        out.push_str(before);
        out.push_str(&code(bare.unwrap_or(inner)));
        out.push_str(after);
    }
    out
}

/// A name: all of it in one code span.
pub(crate) fn name(text: &str, longest: usize) -> String {
    let text = escape(text);
    let text = cut(&text, longest);
    if text.trim().is_empty() { "–".to_owned() } else { code(&text) }
}

/// The marks of the sentence before and after a span; a bracket that the span itself opens is its own.
fn sentence(span: &str) -> (&str, &str, &str) {
    let mut inner = span.trim_start_matches('(');
    let before = &span[..span.len() - inner.len()];
    while let Some(rest) = inner.strip_suffix([',', '.', ';', ':', ')', '?']) {
        if rest.is_empty() || (inner.ends_with(')') && inner.matches('(').count() >= inner.matches(')').count()) {
            break;
        }
        inner = rest;
    }
    let after = &span[before.len() + inner.len()..];
    (before, inner, after)
}

fn code(escaped: &str) -> String {
    format!("`{}`", escaped.replace('`', "‹U+0060›").replace('|', "‹U+007C›"))
}

/// Whether GitHub does nothing with a word: no mark that means something, no address, nothing that it takes for a commit or an issue.
fn is_plain(word: &str) -> bool {
    let sentence = |c: char| matches!(c, ',' | '.' | ';' | '(' | ')' | '?' | '\'' | '-' | '–' | '…' | '·' | '→' | '%' | '‹' | '›');
    let inner = word.strip_suffix(':').unwrap_or(word);
    let bare = inner.trim_matches(sentence);
    let commit = bare.len() >= 7 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
    let lower = bare.to_ascii_lowercase();
    let reference =
        lower.starts_with("gh-") || inner.to_ascii_lowercase().contains("www.") || lower.starts_with("ghsa-") || lower.starts_with("cve-");
    inner.chars().all(|c| c.is_alphanumeric() || sentence(c)) && !commit && !reference
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use super::*;

    #[test]
    fn plain_words_stay_and_everything_else_is_code() {
        assert_eq!(quote("admits sg-7 only, wider than its peers", 99), "admits sg-7 only, wider than its peers");
        assert_eq!(quote("0.0.0.0/0 can open a_b *x* now", 99), "`0.0.0.0/0` can open `a_b *x*` now");
        assert_eq!(
            quote("@octocat closes #1 and GH-2 in deadbeef at www.evil.example", 99),
            "`@octocat` closes `#1` and `GH-2` in `deadbeef` at `www.evil.example`"
        );
        assert_eq!(quote("a`b|c", 99), "`a‹U+0060›b‹U+007C›c`");
        assert_eq!(quote("under `edges`, (see https://a.example/b).", 99), "under `edges`, (see `https://a.example/b`).");
        assert_eq!(quote("lower(a_b) LIKE (x_y).", 99), "`lower(a_b)` LIKE (`x_y`).");
        assert_eq!(quote("see www. for", 99), "see `www`. for");
        assert_eq!(quote("((", 99), "((");
        assert_eq!(quote("(=", 99), "(`=`");
        assert_eq!(quote("`` ` (:) _", 99), "`‹U+0060›‹U+0060› ‹U+0060› (:) _`");
        assert_eq!(quote("one\ntwo", 99), "`one‹U+000A›two`");
        assert_eq!(name("", 9), "–");
        assert_eq!(name("a b", 9), "`a b`");
    }

    proptest! {
        /// In a table and in a list, whatever the text: words and code, one cell.
        #[test]
        fn a_reader_finds_words_and_code_alone(text in "\\PC{0,40}|[ -~\\n\\t]{0,60}|([@#*_~`|<>\\[\\]()!&\\\\$:/.a-c -]|www|https?://|GH-1){0,40}") {
            for quoted in [quote(&text, 50), name(&text, 50)] {
                for page in [format!("| x |\n|---|\n| {quoted} |\n"), format!("- x: {quoted}\n")] {
                    let mut cells = 0;
                    for event in Parser::new_ext(&page, Options::all() - Options::ENABLE_SMART_PUNCTUATION) {
                        match event {
                            Event::Text(text) => prop_assert!(!text.contains(['@', '#']) && !text.contains("://") && !text.contains("www."), "{}", page),
                            Event::Code(_) => {}
                            Event::Start(Tag::TableCell) => cells += 1,
                            Event::Start(Tag::Table(_) | Tag::TableHead | Tag::TableRow | Tag::List(_) | Tag::Item | Tag::Paragraph) | Event::End(_) => {}
                            other => prop_assert!(false, "{:?} of {}", other, page),
                        }
                    }
                    prop_assert!(cells == 0 || cells == 2, "{}", page);
                }
            }
        }
    }
}
