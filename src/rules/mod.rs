//! Rules: data plus CEL. Built-in ones are embedded; users' own have the same power and the same test bench.

pub mod bench;
pub mod expr;
pub mod judge;
pub mod lint;
pub mod rule;
pub mod standard;
pub mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

pub use rule::Rule;
use standard::Standard;

use crate::finding::hexadecimal;
use crate::suggest::did_you_mean;

/// Every file under `rules/`, as (path, text), sorted by path.
pub const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// A file that something was read from.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its path, as messages name it.
    pub path: String,
    /// Its text.
    pub text: Arc<str>,
}

/// Something wrong in a file, at a place.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The file.
    pub source: Source,
    /// Bytes.
    pub span: Range<usize>,
    /// One line.
    pub message: String,
}

/// Why a rule set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// A folder or file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// Where.
        path: String,
        /// Cause.
        source: std::io::Error,
    },
    /// Files have problems.
    #[error("{}", .0.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<Problem>),
}

impl Source {
    /// A problem at a place, the one way to make one: the place lies in the text, and begins and ends between characters.
    fn problem(&self, span: Range<usize>, message: impl Into<String>) -> Problem {
        let start = self.text.floor_char_boundary(span.start);
        let end = self.text.ceil_char_boundary(span.end.max(start));
        Problem { source: self.clone(), span: start..end, message: message.into() }
    }
}

impl Problem {
    /// Line of the place, from 1.
    pub fn line(&self) -> usize {
        self.source.text.get(..self.span.start).map_or(1, |before| before.matches('\n').count() + 1)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.source.path, self.line(), self.message)
    }
}

/// Rules and the requirement catalogues that they name.
#[derive(Debug)]
pub struct RuleSet {
    /// Rules by id.
    pub rules: BTreeMap<Arc<str>, Rule>,
    /// Catalogues by id: `pci-dss-4.0.1` and `pci-dss-3.2.1`.
    pub standards: BTreeMap<String, Standard>,
    /// SHA-256 over every file, hexadecimal.
    pub hash: String,
}

impl RuleSet {
    /// The embedded rules.
    ///
    /// # Errors
    /// Never in a released build: a test reads them all.
    pub fn builtin() -> Result<Self, RuleError> {
        Self::read(EMBEDDED.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())))
    }

    /// The embedded rules, and those of a folder: a file there with a built-in's id replaces it.
    ///
    /// # Errors
    /// Every problem of every file, with its place.
    pub fn with_folder(folder: &Path) -> Result<Self, RuleError> {
        let builtin = EMBEDDED.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Self::read(builtin.chain(files(folder)?))
    }

    /// A folder's rules alone, with the embedded catalogues.
    ///
    /// # Errors
    /// As [`RuleSet::with_folder`].
    pub fn folder_only(folder: &Path) -> Result<Self, RuleError> {
        let catalogues = EMBEDDED.iter().filter(|(path, _)| !path.contains('/')).map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Self::read(catalogues.chain(files(folder)?))
    }

    fn read(files: impl Iterator<Item = (String, String)>) -> Result<Self, RuleError> {
        let (mut rules, mut standards, mut problems, mut hash) = (BTreeMap::new(), BTreeMap::new(), Vec::new(), Sha256::new());
        for (path, text) in files {
            for part in [&path, &text] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part.as_bytes());
            }
            // Catalogues lie at the top, named by their standard; rules in the folder of their noun, or anywhere in a user's folder.
            if path.starts_with("pci-dss-") && !path.contains('/') {
                match Standard::parse(&path, &text) {
                    Ok(standard) => drop(standards.insert(standard.id.clone(), standard)),
                    Err(problem) => problems.push(problem),
                }
                continue;
            }
            match Rule::parse(&path, &text) {
                Ok(rule) => drop(rules.insert(rule.id.clone(), rule)),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(RuleError::Problems(problems));
        }
        let hash = hexadecimal(hash.finalize());
        let set = Self { rules, standards, hash };
        // A rule that the lint refuses must not run: its verdicts could not be trusted.
        let problems: Vec<Problem> = set.rules.values().flat_map(|rule| lint::check(rule, &set.standards)).collect();
        if problems.is_empty() { Ok(set) } else { Err(RuleError::Problems(problems)) }
    }

    /// A rule by id.
    ///
    /// # Errors
    /// Names the nearest id.
    pub fn get(&self, id: &str) -> Result<&Rule, String> {
        self.rules.get(id).ok_or_else(|| {
            let hint = did_you_mean(id, self.rules.keys().map(|known| &**known));
            format!("no rule \"{id}\"{hint} (`pci-audit rules list` names them)")
        })
    }
}

/// Every rule file below a folder. Each real folder is read once, so that links to itself end, and what is no regular file is an error: a pipe never would.
fn files(folder: &Path) -> Result<Vec<(String, String)>, RuleError> {
    let error = |path: &Path, source| RuleError::Io { path: path.display().to_string(), source };
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        if !seen.insert(std::fs::canonicalize(&folder).map_err(|source| error(&folder, source))?) {
            continue;
        }
        let entries = std::fs::read_dir(&folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>());
        let mut paths = entries.map_err(|source| error(&folder, source))?;
        paths.sort_by(|a, b| b.cmp(a));
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                let about = std::fs::metadata(&path).map_err(|source| error(&path, source))?;
                if !about.is_file() {
                    return Err(error(&path, std::io::Error::other("a rule must be a regular file")));
                }
                let text = crate::text_file::read(&path).map_err(|source| error(&path, source))?;
                found.push((path.display().to_string(), text));
            }
        }
    }
    if found.is_empty() {
        return Err(error(folder, std::io::Error::other("no rule (*.toml) lies in this folder")));
    }
    found.sort();
    Ok(found)
}
