//! Policy variables: `${key}` and `${key, 'default'}` → texts and patterns for one request.
//!
//! Source: IAM User Guide, "IAM policy elements: Variables and tags". Only policies of the version 2012-10-17 have them; a value's own
//! wildcards stand for themselves. AWS says of a variable without a value only that it "might cause the entire statement to be invalid".

use super::Pattern;
use super::context::Known;
use super::pattern::Piece;
use super::request::Request;

/// A text with variables, read once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    Text(String),
    /// `${*}`, `${?}`, `${$}`.
    Literal(&'static str),
    Variable {
        key: String,
        default: Option<String>,
    },
}

/// What a template comes to in one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resolved {
    /// Pieces of text, each a pattern (`false`) or a value that stands for itself (`true`).
    Pieces(Vec<(String, bool)>),
    /// A variable has no value in this request.
    Empty,
    /// A variable has a value that we do not know.
    Unknown,
}

impl Template {
    /// Reads a text of a policy that has variables; `None` where the text holds none and means what it says.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some((before, (name, after))) = rest.split_once("${").and_then(|(before, inner)| Some((before, inner.split_once('}')?))) {
            parts.push(Part::Text(before.to_owned()));
            parts.push(match name {
                "*" => Part::Literal("*"),
                "?" => Part::Literal("?"),
                "$" => Part::Literal("$"),
                _ => variable(name),
            });
            rest = after;
        }
        if parts.is_empty() {
            return None;
        }
        parts.push(Part::Text(rest.to_owned()));
        Some(Self { text: text.to_owned(), parts })
    }

    /// Puts a request's values in.
    pub(super) fn resolve(&self, request: &Request) -> Resolved {
        let (mut pieces, mut unknown) = (Vec::new(), false);
        for part in &self.parts {
            match part {
                Part::Text(text) => pieces.push((text.clone(), false)),
                Part::Literal(letter) => pieces.push(((*letter).to_owned(), true)),
                Part::Variable { key, default } => match (request.key(key), default) {
                    // Only keys with one value can be variables.
                    (Known::Values(values), _) if values.len() == 1 => pieces.push((values.concat(), true)),
                    (Known::Values(_), _) | (Known::Absent, None) => return Resolved::Empty,
                    (Known::Absent, Some(default)) => pieces.push((default.clone(), true)),
                    (Known::Unknown | Known::Perhaps(_) | Known::Outside(_) | Known::Within(_) | Known::Foreign { .. }, _) => unknown = true,
                },
            }
        }
        if unknown { Resolved::Unknown } else { Resolved::Pieces(pieces) }
    }

    /// Whether a variable is one of the keys (in lower case) that begin like this.
    pub(super) fn asks_for(&self, keys: &str) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Variable { key, .. } if key.starts_with(keys)))
    }

    /// As the policy writes it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// Pieces as a pattern.
pub(super) fn pattern(text: &str, pieces: &[(String, bool)]) -> Pattern {
    let pieces: Vec<Piece<'_>> = pieces.iter().map(|(piece, literal)| if *literal { Piece::Literal(piece) } else { Piece::Pattern(piece) }).collect();
    Pattern::assembled(text, &pieces)
}

fn variable(name: &str) -> Part {
    let (key, default) = name.split_once(',').map_or((name, None), |(key, default)| (key, Some(default.trim())));
    let default = default.map(|text| text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(text).to_owned());
    Part::Variable { key: key.trim().to_ascii_lowercase(), default }
}
