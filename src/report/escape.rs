//! Text of AWS's customers made safe to show: names, tags and policies are whatever an attacker typed.
//!
//! One rule: a character is shown as it is only if it takes one or two columns and cannot move the text around it. All others (control characters and with them every ANSI
//! sequence, line breaks, bidirectional and other format controls, zero-width and combining characters) are shown by their code point, as `‹U+202E›`, so that nobody is fooled and
//! nothing is lost. Unicode TR 36 §3.5 and TR 55 say why.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

/// Whether a character may be shown as it is.
pub fn plain(c: char) -> bool {
    let bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let annotation = matches!(c, '\u{ad}' | '\u{fff9}'..='\u{fffb}');
    matches!(c.width(), Some(1 | 2)) && !c.is_control() && !bidi && !annotation
}

/// One line of text, safe for a terminal.
pub fn escape(text: &str) -> Cow<'_, str> {
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if plain(c) {
            safe.push(c);
        } else {
            write!(safe, "‹U+{:04X}›", u32::from(c)).expect("writing to a string");
        }
    }
    Cow::Owned(safe)
}

/// Text of several lines: what breaks them stays, each line is safe.
pub fn lines(text: &str) -> String {
    text.split('\n').map(escape).collect::<Vec<_>>().join("\n")
}

/// Columns that escaped text takes: never less than the terminal gives it.
pub fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::*;

    #[test]
    fn ordinary_text_is_untouched() {
        for text in ["", "orders-db", "naïve Größe", "注文データ", "🦀 crab", "a ‹b› c"] {
            assert!(matches!(escape(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn what_could_fool_a_reader_is_shown_by_code_point() {
        assert_eq!(escape("a\u{1b}[2Jb"), "a‹U+001B›[2Jb");
        assert_eq!(escape("a\u{9b}31m"), "a‹U+009B›31m");
        assert_eq!(escape("a\r\nb\tc"), "a‹U+000D›‹U+000A›b‹U+0009›c");
        assert_eq!(escape("a\u{202e}b\u{2066}c"), "a‹U+202E›b‹U+2066›c");
        assert_eq!(escape("a\u{200b}b\u{feff}c\u{ad}d"), "a‹U+200B›b‹U+FEFF›c‹U+00AD›d");
        assert_eq!(escape("e\u{301}"), "e‹U+0301›");
        assert_eq!(escape("\u{7f}\u{e0041}"), "‹U+007F›‹U+E0041›");
    }

    proptest! {
        #[test]
        fn nothing_escapes_and_nothing_is_wider_than_counted(text in "\\PC*|[\\u{0}-\\u{2ff}]*|(\\p{Emoji}|\\u{fe0f}|\\u{200d})*") {
            let safe = escape(&text);
            prop_assert!(safe.chars().all(plain));
            prop_assert!(safe.width() <= columns(&safe));
            prop_assert!(matches!(escape(&safe), Cow::Borrowed(_)));
        }
    }
}
