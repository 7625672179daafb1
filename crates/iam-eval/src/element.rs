//! Elements of a statement that come in two halves: `Action` and `NotAction`, which is everything but what it lists.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: NotAction".

use super::Pattern;

/// What a statement is about: listed, or all the rest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Element {
    /// These.
    Of(Vec<Pattern>),
    /// Everything but these.
    AllBut(Vec<Pattern>),
}

impl Element {
    /// From the two halves of a statement's element.
    pub fn new(plain: Option<&Vec<String>>, negated: Option<&Vec<String>>, read: fn(&str) -> Pattern) -> Self {
        match (plain, negated) {
            (Some(items), _) => Self::Of(items.iter().map(|item| read(item)).collect()),
            (None, Some(items)) => Self::AllBut(items.iter().map(|item| read(item)).collect()),
            (None, None) => Self::AllBut(Vec::new()),
        }
    }

    /// Whether one text is among them (an action in lower case).
    pub fn holds(&self, text: &str) -> bool {
        match self {
            Self::Of(patterns) => patterns.iter().any(|pattern| pattern.matches(text)),
            Self::AllBut(patterns) => !patterns.iter().any(|pattern| pattern.matches(text)),
        }
    }

    /// The element that holds a text, as the policy writes it.
    pub fn words(&self, text: &str) -> Option<String> {
        match self {
            Self::Of(patterns) => patterns.iter().find(|pattern| pattern.matches(text)).map(|pattern| pattern.text().to_owned()),
            Self::AllBut(_) => self.holds(text).then(|| self.in_words()),
        }
    }

    /// All of it in words.
    pub fn in_words(&self) -> String {
        match self {
            Self::Of(patterns) => in_words(false, patterns),
            Self::AllBut(patterns) => in_words(true, patterns),
        }
    }
}

/// Patterns, or everything but these, in words.
pub fn in_words<'a>(negated: bool, patterns: impl IntoIterator<Item = &'a Pattern>) -> String {
    let all: Vec<&str> = patterns.into_iter().map(Pattern::text).collect();
    if negated && all.is_empty() {
        return "*".to_owned();
    }
    let head = if negated { "everything but " } else { "" };
    // Enough to recognise the statement by; AWS's own lists run to hundreds.
    let items = all.get(..5).unwrap_or(&all);
    let rest = all.len().saturating_sub(items.len());
    let more = if rest == 0 { String::new() } else { format!(" and {rest} more") };
    format!("{head}{}{more}", items.join(", "))
}
