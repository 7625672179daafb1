//! Patterns of IAM policies → what they reach.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Resource" and "Policy elements: Variables and tags". `*` stands for any text, also
//! across colons and slashes, `?` for one character. A policy variable `${…}` stands for one text that only the request knows: it may
//! be any text, but never all of them.

/// One element of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Token {
    /// This character.
    Char(char),
    /// `?`
    One,
    /// `*`
    Many,
    /// A policy variable.
    Variable,
}

/// A piece of a text that is read as a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// `*` and `?` are wildcards in it.
    Pattern(&'a str),
    /// Every character stands for itself.
    Literal(&'a str),
}

/// How to read what only the request knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// What grants: a variable may be any text.
    Most,
    /// What forbids: a variable is no text that we know of.
    Least,
}

/// A pattern, read once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    text: String,
    tokens: Vec<Token>,
}

impl Pattern {
    /// An action: case does not matter.
    pub fn action(text: &str) -> Self {
        Self { text: text.to_owned(), tokens: tokens(text).map(fold).collect() }
    }

    /// A resource: case matters.
    pub fn resource(text: &str) -> Self {
        Self { text: text.to_owned(), tokens: tokens(text).collect() }
    }

    /// A text with wildcards in which `${…}` is no variable, as policies before the version 2012-10-17 have it.
    pub fn wildcards(text: &str) -> Self {
        Self::assembled(text, &[Piece::Pattern(text)])
    }

    /// A text of which some pieces stand for themselves, such as the value of a variable; `text` is how messages show it.
    pub fn assembled(text: &str, pieces: &[Piece<'_>]) -> Self {
        let tokens = pieces.iter().flat_map(|piece| {
            let (Piece::Pattern(part) | Piece::Literal(part)) = piece;
            part.chars().map(move |letter| match (piece, letter) {
                (Piece::Pattern(_), '*') => Token::Many,
                (Piece::Pattern(_), '?') => Token::One,
                (_, other) => Token::Char(other),
            })
        });
        Self { text: text.to_owned(), tokens: tokens.collect() }
    }

    /// The same with `*` for the fields that an ARN lacks: `arn:aws:s3` is `arn:aws:s3:*:*:*`. A field that is there and empty stays empty.
    /// Source: IAM User Guide, "IAM JSON policy elements: Resource", on incomplete ARNs.
    #[must_use]
    pub fn completed(mut self) -> Self {
        let starts = "arn:".chars().map(Token::Char);
        if self.tokens.iter().take(4).copied().eq(starts) {
            let colons = self.tokens.iter().filter(|token| **token == Token::Char(':')).count();
            for _ in colons..5 {
                self.tokens.extend([Token::Char(':'), Token::Many]);
            }
        }
        self
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The characters before its first wildcard or variable.
    pub fn prefix(&self) -> String {
        self.tokens.iter().map_while(|token| if let Token::Char(letter) = token { Some(*letter) } else { None }).collect()
    }

    /// Cut at its first colons into at most this many patterns.
    pub fn segments(&self, count: usize) -> Vec<Self> {
        let parts = self.tokens.splitn(count, |token| *token == Token::Char(':'));
        parts.map(|tokens| Self { text: String::new(), tokens: tokens.to_vec() }).collect()
    }

    /// Whether a text, in which every character stands for itself, fits; a variable may be any text. For actions the text must be in
    /// lower case. Mostly linear, at worst the product of the lengths, and without memory of its own.
    pub fn matches(&self, text: &str) -> bool {
        let (mut at, mut rest) = (0, text);
        // Where to go on if what follows the last star does not fit: the token behind the star, and what it may swallow less.
        let mut star: Option<(usize, &str)> = None;
        loop {
            let mut letters = rest.chars();
            let letter = letters.next();
            match (self.tokens.get(at), letter) {
                (None, None) => return true,
                (Some(Token::Many | Token::Variable), _) => {
                    at += 1;
                    star = Some((at, rest));
                    continue;
                }
                (Some(Token::One), Some(_)) => {
                    at += 1;
                    rest = letters.as_str();
                    continue;
                }
                (Some(Token::Char(wanted)), Some(letter)) if *wanted == letter => {
                    at += 1;
                    rest = letters.as_str();
                    continue;
                }
                _ => {}
            }
            let Some((behind, from)) = star else { return false };
            let mut swallowed = from.chars();
            if swallowed.next().is_none() {
                return false;
            }
            at = behind;
            rest = swallowed.as_str();
            star = Some((behind, rest));
        }
    }

    /// Whether it holds a wildcard or a variable.
    pub fn is_open(&self) -> bool {
        self.tokens.iter().any(|token| !matches!(token, Token::Char(_)))
    }

    /// Whether it reaches every text that `other` reaches. Linear in the product of their lengths.
    pub fn covers(&self, other: &Self, reading: Reading) -> bool {
        let shared = self.tokens.iter().zip(&other.tokens).take_while(|pair| matches!(pair, (Token::Char(a), Token::Char(b)) if a == b)).count();
        let (own, theirs) = (&self.tokens[shared..], &other.tokens[shared..]);
        // Most patterns part at the first letter: nothing more to do for them.
        match (own.first(), theirs.first()) {
            (None, None) => return true,
            (None, Some(_)) => return false,
            (Some(Token::Char(_)), _) => return false,
            (Some(Token::Many), _) if own.len() == 1 => return true,
            _ => {}
        }
        // reached[j]: the tokens of `own` so far reach everything that the first j tokens of `theirs` reach. Written over from token to token:
        // `before` holds what stood at j - 1.
        let mut reached = vec![false; theirs.len() + 1];
        reached[0] = true;
        for token in own {
            let mut before = reached[0];
            match token {
                Token::Variable if reading == Reading::Least => return false,
                Token::Many | Token::Variable => {
                    for (j, other) in theirs.iter().enumerate() {
                        let goes_on = reached[j] && (*token == Token::Many || matches!(other, Token::Char(_)));
                        reached[j + 1] |= goes_on;
                    }
                }
                Token::One | Token::Char(_) => {
                    reached[0] = false;
                    for (j, other) in theirs.iter().enumerate() {
                        let wildcard_match = if *token == Token::One { matches!(other, Token::Char(_) | Token::One) } else { token == other };
                        before = std::mem::replace(&mut reached[j + 1], before && wildcard_match);
                    }
                }
            }
        }
        reached.last().copied().unwrap_or(false)
    }

    /// Whether some text is reached by both. Linear in the product of their lengths.
    pub fn overlaps(&self, other: &Self) -> bool {
        let any = |token: &Token| matches!(token, Token::Many | Token::Variable);
        let shared = self.tokens.iter().zip(&other.tokens).take_while(|pair| matches!(pair, (Token::Char(a), Token::Char(b)) if a == b)).count();
        let (own, theirs) = (&self.tokens[shared..], &other.tokens[shared..]);
        // Most patterns part at the first letter, or one of them ends in a star there: nothing more to do for them.
        match (own, theirs) {
            ([Token::Char(_), ..], [Token::Char(_), ..]) => return false,
            ([last], _) | (_, [last]) if any(last) => return true,
            _ => {}
        }
        // reached[j]: some text is reached by the tokens of `own` so far and by the first j tokens of `theirs`. Written over from token to
        // token: `before` holds what stood at j - 1.
        let mut reached = vec![false; theirs.len() + 1];
        reached[0] = true;
        for (j, token) in theirs.iter().enumerate() {
            reached[j + 1] = reached[j] && any(token);
        }
        for token in own {
            let mut before = reached[0];
            reached[0] = before && any(token);
            for (j, other) in theirs.iter().enumerate() {
                let above = reached[j + 1];
                reached[j + 1] = if any(token) || any(other) {
                    above || reached[j]
                } else {
                    before && (token == other || *token == Token::One || *other == Token::One)
                };
                before = above;
            }
        }
        reached.last().copied().unwrap_or(false)
    }
}

/// Whether a text fits a pattern with `*` and `?`, as declarations in `pci-audit.toml` use it.
pub fn wildcard_match(pattern: &str, text: &str) -> bool {
    Pattern::resource(pattern).covers(&literal(text), Reading::Least)
}

/// A text that stands for itself, whatever characters it holds.
pub fn literal(text: &str) -> Pattern {
    Pattern { text: text.to_owned(), tokens: text.chars().map(Token::Char).collect() }
}

const fn fold(token: Token) -> Token {
    match token {
        Token::Char(letter) => Token::Char(letter.to_ascii_lowercase()),
        other => other,
    }
}

fn tokens(text: &str) -> impl Iterator<Item = Token> {
    let mut rest = text;
    std::iter::from_fn(move || {
        // `${*}`, `${?}` and `${$}` are how a policy writes these characters themselves.
        if let Some((name, after)) = rest.strip_prefix("${").and_then(|inner| inner.split_once('}')) {
            rest = after;
            return Some(match name {
                "*" => Token::Char('*'),
                "?" => Token::Char('?'),
                "$" => Token::Char('$'),
                _ => Token::Variable,
            });
        }
        let mut letters = rest.chars();
        let letter = letters.next()?;
        rest = letters.as_str();
        Some(match letter {
            '*' => Token::Many,
            '?' => Token::One,
            other => Token::Char(other),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(pattern: &str, text: &str) -> bool {
        Pattern::resource(pattern).covers(&Pattern::resource(text), Reading::Most)
    }

    fn forbids(pattern: &str, text: &str) -> bool {
        Pattern::resource(pattern).covers(&Pattern::resource(text), Reading::Least)
    }

    #[test]
    fn stars_span_slashes_and_question_marks_are_one_character() {
        assert!(grants("arn:aws:s3:::chd-*-prod/*/pan?.csv", "arn:aws:s3:::chd-eu-prod/cards/2026/pan1.csv"));
        assert!(!grants("arn:aws:s3:::chd-*-prod/*/pan?.csv", "arn:aws:s3:::chd-eu-prod/cards/pan12.csv"));
        assert!(grants("s3:GetObject*", "s3:GetObject"));
        assert!(grants("", "") && !grants("", "a") && !grants("a", ""));
    }

    #[test]
    fn actions_ignore_case_and_resources_do_not() {
        assert!(Pattern::action("S3:gEt*").covers(&Pattern::action("s3:GetObject"), Reading::Most));
        assert!(!grants("arn:aws:s3:::CHD", "arn:aws:s3:::chd"));
    }

    #[test]
    fn a_pattern_covers_a_narrower_pattern_and_never_a_wider_one() {
        assert!(grants("arn:aws:kms:*", "arn:aws:kms:eu-west-1:1:key/*"));
        assert!(!grants("arn:aws:kms:*:1:key/abc*", "arn:aws:kms:eu-west-1:1:key/*"));
        assert!(grants("secret:x-*", "secret:x-??????") && !grants("secret:x-??????", "secret:x-*"));
    }

    #[test]
    fn a_variable_may_be_any_one_text_but_never_all_of_them() {
        assert!(grants("arn:aws:iam::1:user/${aws:username}", "arn:aws:iam::1:user/alice"));
        assert!(!grants("arn:aws:iam::1:user/${aws:username}", "arn:aws:iam::1:user/*"));
        assert!(!forbids("arn:aws:iam::1:user/${aws:username}", "arn:aws:iam::1:user/alice"));
        assert!(!grants("a${*}", "abc") && grants("a${*}", "a${*}"), "an escaped star is a star");
        assert!(!grants("a${open", "a") && grants("a${open", "a${open"), "an unclosed variable is text");
    }

    #[test]
    fn fields_that_an_arn_lacks_are_stars_and_empty_ones_are_empty() {
        let reaches = |pattern: &str, text: &str| Pattern::wildcards(pattern).completed().matches(text);
        let object = "arn:aws:s3:::lake/x";
        for pattern in ["arn:aws:s3", "arn:aws:s3:", "arn:aws:s3::", "arn:aws", "arn:aws:s3:*", "arn:aws:s?", "arn:*", "*"] {
            assert!(reaches(pattern, object), "{pattern}");
        }
        for pattern in ["arn:aws:s3:::", "arn:aws:iam", "arn:aws:s3:eu-west-1", "arn:aws:s3:::lake", "arn", "aws:s3", ""] {
            assert!(!reaches(pattern, object), "{pattern}");
        }
        assert!(reaches("arn:aws:s3:::", "arn:aws:s3:::") && reaches("arn:aws:iam", "arn:aws:iam::111122223333:role/a"));
        assert_eq!(Pattern::wildcards("arn:aws:s3").completed().text(), "arn:aws:s3", "messages say it as it was written");
    }

    #[test]
    fn overlap_is_symmetric_and_finds_a_shared_text() {
        for (a, b, shared) in
            [("a*", "*b", true), ("a?c", "ab*", true), ("abc", "abd", false), ("*", "", true), ("a*b", "a", false), ("x${v}", "x*y", true)]
        {
            let (a, b) = (Pattern::resource(a), Pattern::resource(b));
            assert_eq!((a.overlaps(&b), b.overlaps(&a)), (shared, shared), "{a:?} {b:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_covers_also_overlaps_and_covers_itself(a in "[ab*?]{0,8}", b in "[ab*?]{0,8}") {
            let (p, q) = (Pattern::resource(&a), Pattern::resource(&b));
            proptest::prop_assert!(p.covers(&p, Reading::Most));
            if p.covers(&q, Reading::Most) {
                proptest::prop_assert!(p.overlaps(&q));
            }
        }

        #[test]
        fn a_text_fits_where_the_pattern_covers_it(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            let read = Pattern::resource(&pattern);
            proptest::prop_assert_eq!(read.matches(&text), read.covers(&literal(&text), Reading::Most));
        }

        #[test]
        fn two_patterns_overlap_where_some_text_fits_both(a in "[ab*?]{0,3}", b in "[ab*?]{0,3}") {
            let (p, q) = (Pattern::resource(&a), Pattern::resource(&b));
            // All texts of up to six letters: no shortest text that both reach is longer.
            let mut texts = (0..=6_usize).flat_map(|length| (0..1_u32 << length).map(move |bits| (0..length).map(|at| if bits >> at & 1 == 0 { 'a' } else { 'b' }).collect::<String>()));
            proptest::prop_assert_eq!(p.overlaps(&q), texts.any(|text| p.matches(&text) && q.matches(&text)));
        }

        #[test]
        fn no_text_is_too_strange(a in "\\PC{0,40}", b in "\\PC{0,40}") {
            let (p, q) = (Pattern::action(&a), Pattern::resource(&b));
            let _ = (p.covers(&q, Reading::Most), p.covers(&q, Reading::Least), p.overlaps(&q), p.matches(&b), q.prefix());
        }
    }
}
