//! Reading `pci-audit.toml`: every problem with its place in the file.

use std::path::Path;

use super::{Config, Exception};

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
    /// Names the file and the line; an unknown key is an error that lists the known ones.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Io { path: name.clone(), source })?;
        Self::parse(&text, &name)
    }

    /// Reads a configuration from text; `name` is what errors call it.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str, name: &str) -> Result<Self, ConfigError> {
        let line = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
        let wrong = |line, message: String| ConfigError::Shape { path: name.to_owned(), line, message };
        let config: Self =
            toml::from_str(text).map_err(|error| wrong(error.span().map_or(1, |span| line(span.start)), error.message().to_owned()))?;
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
        let problems = [first_problem(&config.waivers), first_problem(&config.attest)];
        if let Some((table, position, problem)) = problems.into_iter().flatten().next() {
            let at = text.match_indices(&format!("[[{table}]]")).nth(position).map_or(0, |(at, _)| at);
            return Err(wrong(line(at), format!("{table}: {problem}")));
        }
        Ok(config)
    }
}

/// The first exception with something wrong: its table, its position there, and what.
fn first_problem<T: Exception>(exceptions: &[T]) -> Option<(&'static str, usize, String)> {
    exceptions.iter().enumerate().find_map(|(position, one)| one.problem().map(|problem| (T::TABLE, position, problem)))
}
