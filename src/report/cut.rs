//! Text made to fit a limit that somebody else set.

use std::borrow::Cow;

/// At most so many characters; what was cut ends in an ellipsis.
pub fn cut(text: &str, longest: usize) -> Cow<'_, str> {
    if text.chars().nth(longest).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().take(longest.saturating_sub(1)).chain(['…']).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_untouched_and_what_does_not_says_so() {
        assert_eq!(cut("注文db", 4), "注文db");
        assert_eq!(cut("注文db", 3), "注文…");
        assert_eq!(cut("", 0), "");
    }
}
