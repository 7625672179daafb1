//! A requirement catalogue: ids of one version of the standard, with titles in our own words. The standard's text is copyrighted and not here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Problem, Source};

/// One version of the standard.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// `pci-dss-4.0.1`.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Requirements, in order.
    #[serde(rename = "requirement")]
    pub requirements: Vec<Requirement>,
}

/// One requirement.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Its number.
    pub id: String,
    /// What it is about, in our own words.
    pub title: String,
    /// How much the control plane can show.
    pub automation: Automation,
    /// What stays for people to check.
    pub manual: String,
}

/// How much of a requirement the control plane can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Automation {
    /// It can decide it.
    Full,
    /// It can prove a failure or give evidence.
    Partial,
    /// It shows nothing of it.
    Manual,
}

impl Standard {
    /// Reads a catalogue.
    ///
    /// # Errors
    /// The first problem, with its place.
    pub fn parse(path: &str, text: &str) -> Result<Self, Problem> {
        let source = Source { path: path.to_owned(), text: text.into() };
        toml::from_str(text)
            .map_err(|error: toml::de::Error| source.problem(error.span().unwrap_or(0..0), error.message().lines().next().unwrap_or("not TOML")))
    }

    /// Requirements by id.
    pub fn by_id(&self) -> BTreeMap<&str, &Requirement> {
        self.requirements.iter().map(|requirement| (requirement.id.as_str(), requirement)).collect()
    }
}

/// Sorts requirement ids as people count: 3.5.1 before 10.2, 3.5.1.2 after 3.5.1.
pub fn order(id: &str) -> Vec<u32> {
    id.split('.').map(|part| part.parse().unwrap_or(u32::MAX)).collect()
}
