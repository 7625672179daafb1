//! Reading `pci-audit.toml`: every problem with its place in the file.

use std::ops::Range;
use std::path::Path;

use super::mention::mentions;
use super::{Config, Exception, Mention, declaration};
use crate::suggest::did_you_mean;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// File.
        path: String,
        /// Cause.
        source: std::io::Error,
    },
    /// The file is wrong.
    #[error("{path}:{line}: {message}")]
    Shape {
        /// File.
        path: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// Names the file and the line; an unknown key is an error that says which was meant, or lists the known ones.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let text = crate::text_file::read(path).map_err(|source| ConfigError::Io { path: name.clone(), source })?;
        Self::parse(&text, &name)
    }

    /// Reads a configuration from text; `name` is what errors call it.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str, name: &str) -> Result<Self, ConfigError> {
        let line = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
        let wrong = |line, message: String| ConfigError::Shape { path: name.to_owned(), line, message };
        let mut config: Self =
            toml::from_str(text).map_err(|error| wrong(error.span().map_or(1, |span| line(span.start)), reworded(error.message())))?;
        let mention = |(table, rule, at): (_, _, Range<usize>)| Mention { rule, place: format!("{name}:{}: {table}", line(at.start)) };
        config.mentions = mentions(text).into_iter().map(mention).collect();
        for edge in &config.edges {
            if edge.server.is_some() == edge.external.is_some() {
                let at = text.find(&edge.endpoint).unwrap_or_default();
                return Err(wrong(line(at), format!("the edge of \"{}\" needs either `server` or `external`", edge.endpoint)));
            }
        }
        for network in config.external.networks.iter().chain(config.flows.iter().map(|flow| &flow.from)) {
            if !network.starts_with("sg-") && network.parse::<ipnet::IpNet>().is_err() && network.parse::<std::net::IpAddr>().is_err() {
                let at = text.find(network.as_str()).unwrap_or_default();
                return Err(wrong(line(at), format!("\"{network}\" is no CIDR block (such as 10.1.0.0/16)")));
            }
        }
        if let Some((value, problem)) = declaration::first_problem(&config) {
            let at = text.find(value).unwrap_or_default();
            return Err(wrong(line(at), problem));
        }
        let retired = config.retired.iter().enumerate().find_map(|(position, one)| one.problem().map(|problem| ("retired", position, problem)));
        let problems = [first_problem(&config.waivers), first_problem(&config.attest), retired];
        if let Some((table, position, problem)) = problems.into_iter().flatten().next() {
            let at = text.match_indices(&format!("[[{table}]]")).nth(position).map_or(0, |(at, _)| at);
            return Err(wrong(line(at), format!("{table}: {problem}")));
        }
        Ok(config)
    }
}

/// What serde says of an unknown name (``unknown field `x`, expected one of `a`, `b` ``), as we say it; anything else as it is.
fn reworded(message: &str) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    let what = [("unknown field ", "unknown key"), ("unknown variant ", "unknown value")];
    let Some((_, what)) = what.into_iter().find(|(start, _)| message.starts_with(start)) else { return message.to_owned() };
    let (name, known) = (names.next().unwrap_or_default(), names.collect::<Vec<_>>());
    let hint = did_you_mean(name, known.iter().copied());
    if hint.is_empty() { format!("{what} `{name}`: one of {}", known.join(", ")) } else { format!("{what} `{name}`{hint}") }
}

/// The first exception with something wrong: its table, its position there, and what.
fn first_problem<T: Exception>(exceptions: &[T]) -> Option<(&'static str, usize, String)> {
    exceptions.iter().enumerate().find_map(|(position, one)| one.problem().map(|problem| (T::TABLE, position, problem)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_an_error_with_its_line_and_what_was_meant_at_any_depth() {
        for (text, says) in [
            ("admins = []\nsevrity = \"low\"\n", "f:2: unknown key `sevrity`; did you mean `severity`?"),
            ("severity = \"hihg\"\n", "f:1: unknown value `hihg`; did you mean `high`?"),
            ("[external]\naccount = []\n", "f:2: unknown key `account`; did you mean `accounts`?"),
            ("[feed]\n\nurl = \"x\"\nhead-file = \"x\"\n", "f:4: unknown key `head-file`; did you mean `header-file`?"),
            ("[limits]\nkey-rotatoin = { days = 3 }\n", "f:2: unknown key `key-rotatoin`; did you mean `key-rotation`?"),
            ("[limits.left-over]\ndays = 3\ncitatoin = \"x\"\n", "f:3: unknown key `citatoin`; did you mean `citation`?"),
            (
                "[[edges]]\nendpoint = \"a\"\nserver = \"b\"\n[[edges]]\nendpoint = \"a\"\nsever = \"b\"\n",
                "f:6: unknown key `sever`; did you mean `server`?",
            ),
            ("[[waivers]]\nrules = \"a\"\n", "f:2: unknown key `rules`; did you mean `rule`?"),
            (
                "[external]\nweather = 1\n",
                "f:2: unknown key `weather`: one of accounts, networks, organizations, organization-paths, vpc-endpoints, identity-providers",
            ),
            ("\n\"odd`key\" = 1\n", "f:2: unknown key `odd`"),
        ] {
            let error = Config::parse(text, "f").unwrap_err().to_string();
            assert!(error.starts_with(says), "{error}");
        }
    }

    #[test]
    fn where_rules_are_named_is_remembered() {
        let rest = "reason = \"r\"\napprover = \"a\"\nreference = \"CCW-1\"\napproved = 2026-01-01\nexpires = 2026-02-01\nresource = \"*\"\n";
        let config = Config::parse(&format!("[severities]\na-rule = \"low\"\n[[waivers]]\n{rest}rule = \"b-rule\"\n"), "f").unwrap();
        let said: Vec<String> = config.mentions.iter().map(|mention| format!("{} {}", mention.place, mention.rule)).collect();
        assert_eq!(said, ["f:2: severities a-rule", "f:10: waivers b-rule"]);
    }
}
