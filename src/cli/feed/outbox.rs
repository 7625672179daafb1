//! The spool: events that wait to be sent, as lines of the feed, oldest first. Read and replaced as a whole; mode 0600; no file where nothing waits.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;

use super::super::output;
use crate::report::feed::{Event, RunRef, SCHEMA, line};

/// An event that waits: its line, and what of it is needed to send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its id.
    pub id: String,
    /// Its ticket.
    pub ticket_key: String,
    account: String,
    previous_run: Option<RunRef>,
    /// The whole event.
    pub line: String,
}

/// All that waits.
#[derive(Debug)]
pub struct Outbox {
    path: PathBuf,
    letters: Vec<Letter>,
}

impl Outbox {
    /// Reads the spool; none is an empty one.
    ///
    /// # Errors
    /// Where it cannot be read, or holds anything but events: it is never thrown away unread.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let mut letters = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let letter =
                Letter::read(line).with_context(|| format!("{}:{} is no event of the feed; move the file away", path.display(), number + 1))?;
            letters.push(letter);
        }
        Ok(Self { path: path.to_owned(), letters })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts today's events behind those of earlier runs. What an earlier attempt at this very night left is replaced: it was compared with the same run.
    pub fn queue(&mut self, account: &str, previous: Option<&RunRef>, events: &[Event<'_>]) {
        self.letters.retain(|letter| letter.account != account || letter.previous_run.as_ref() != previous);
        self.letters.extend(events.iter().map(|event| Letter {
            id: event.id.clone(),
            ticket_key: event.ticket_key.clone(),
            account: event.account.clone(),
            previous_run: event.previous_run.clone(),
            line: line(event).trim_end().to_owned(),
        }));
    }

    /// Takes everything out, to be sent.
    pub fn take(&mut self) -> Vec<Letter> {
        std::mem::take(&mut self.letters)
    }

    /// Puts back what could not be sent.
    pub fn put(&mut self, letters: Vec<Letter>) {
        self.letters = letters;
    }

    /// Writes it, in one step.
    ///
    /// # Errors
    /// Where that fails.
    pub fn save(&self) -> anyhow::Result<()> {
        if self.letters.is_empty() {
            return match std::fs::remove_file(&self.path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(error).with_context(|| format!("cannot remove {}", self.path.display()))
                }
                _ => Ok(()),
            };
        }
        output::replace(&self.path, |out| self.letters.iter().try_for_each(|letter| writeln!(out, "{}", letter.line)))
    }
}

impl Letter {
    fn read(line: &str) -> anyhow::Result<Self> {
        #[derive(Deserialize)]
        struct Head {
            schema: String,
            id: String,
            ticket_key: String,
            account: String,
            previous_run: Option<RunRef>,
        }
        let head: Head = serde_json::from_str(line)?;
        anyhow::ensure!(head.schema == SCHEMA, "its schema is \"{}\", not \"{SCHEMA}\"", head.schema);
        Ok(Self { id: head.id, ticket_key: head.ticket_key, account: head.account, previous_run: head.previous_run, line: line.to_owned() })
    }
}
