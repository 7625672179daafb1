//! The spool: events that wait to be sent, as lines of the feed, oldest first. Mode 0600; no file where nothing waits.
//!
//! One run at a time has it, from the reading of what waits to the end of the sending: a second run waits for its turn, and finds what the first could not
//! send. An event whose run has not written its report yet is marked, `{"unreported":true,…`: if the run ended there, the next attempt at that night
//! replaces what it left; an event that a report speaks of is never replaced.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;

use super::super::lock::Lock;
use super::super::output;
use crate::report::feed::{Event, RunRef, SCHEMA, line};

/// How the line of an event begins whose report is not written yet.
const UNREPORTED: &str = "{\"unreported\":true,";

/// An event that waits: its line, and what of it is needed to send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    /// Its id.
    pub id: String,
    /// Its ticket.
    pub ticket_key: String,
    account: String,
    previous_run: Option<RunRef>,
    reported: bool,
    /// The whole event.
    pub line: String,
}

/// All that waits, for this run alone until it is dropped.
#[derive(Debug)]
pub(super) struct Outbox {
    path: PathBuf,
    letters: Vec<Letter>,
    _lock: Lock,
}

impl Outbox {
    /// Takes the spool for this run, and reads it; none is an empty one. Waits so long for a run that has it.
    ///
    /// # Errors
    /// Where another run keeps it, it cannot be read, or holds anything but events: it is never thrown away unread.
    pub(super) fn open(path: &Path, patience: Duration) -> anyhow::Result<Self> {
        if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            anyhow::bail!("the spool {} is no regular file: events are kept there until they are sent", path.display());
        }
        let lock = Lock::take(path, "the spool", patience)?;
        let text = match crate::text_file::read(path) {
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
        Ok(Self { path: path.to_owned(), letters, _lock: lock })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts today's events behind those of earlier runs. What an earlier attempt at this very night left, and wrote no report of, is replaced: it was
    /// compared with the same run.
    pub(super) fn queue(&mut self, account: &str, previous: Option<&RunRef>, events: &[Event<'_>]) {
        self.letters.retain(|letter| letter.reported || letter.account != account || letter.previous_run.as_ref() != previous);
        let today: HashSet<&str> = events.iter().map(|event| &*event.id).collect();
        self.letters.retain(|letter| !today.contains(&*letter.id));
        self.letters.extend(events.iter().map(|event| Letter {
            id: event.id.clone(),
            ticket_key: event.ticket_key.clone(),
            account: event.account.clone(),
            previous_run: event.previous_run.clone(),
            reported: false,
            line: line(event).trim_end().to_owned(),
        }));
    }

    /// Notes that the report is written which speaks of all that waits.
    pub(super) fn reported(&mut self) {
        self.letters.iter_mut().for_each(|letter| letter.reported = true);
    }

    /// Takes everything out, to be sent.
    pub(super) fn take(&mut self) -> Vec<Letter> {
        std::mem::take(&mut self.letters)
    }

    /// Puts back what could not be sent.
    pub(super) fn put(&mut self, letters: Vec<Letter>) {
        self.letters = letters;
    }

    /// Writes it, in one step.
    ///
    /// # Errors
    /// Where that fails.
    pub(super) fn save(&self) -> anyhow::Result<()> {
        if self.letters.is_empty() {
            return match std::fs::remove_file(&self.path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(error).with_context(|| format!("cannot remove {}", self.path.display()))
                }
                _ => Ok(()),
            };
        }
        output::replace(&self.path, |out| self.letters.iter().try_for_each(|letter| letter.write(out)))
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
        let rest = line.strip_prefix(UNREPORTED);
        let line = rest.map_or_else(|| line.to_owned(), |rest| format!("{{{rest}"));
        let head: Head = serde_json::from_str(&line)?;
        anyhow::ensure!(head.schema == SCHEMA, "its schema is \"{}\", not \"{SCHEMA}\"", head.schema);
        let reported = rest.is_none();
        Ok(Self { id: head.id, ticket_key: head.ticket_key, account: head.account, previous_run: head.previous_run, reported, line })
    }

    fn write(&self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        match self.line.strip_prefix('{') {
            Some(rest) if !self.reported => writeln!(out, "{UNREPORTED}{rest}"),
            _ => writeln!(out, "{}", self.line),
        }
    }
}
