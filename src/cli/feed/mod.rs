//! `--feed-url` and what belongs to it: what of the feed waits to be sent, and its delivery. The events themselves are made in [`crate::report::feed`],
//! whose head says in which order a run writes, and why.

mod address;
mod deliver;
mod outbox;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::output::Output;
use super::stderr::say;
use crate::config;
use crate::report::feed::{Event, RunRef};
use crate::report::{Format, View};

pub(super) use address::Address;
use deliver::{Patience, deliver};
use outbox::Outbox;

/// How long a run at least waits for its turn at a spool that another run has.
const TURN: Duration = Duration::from_secs(300);

/// Flags of the ticket feed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Ticket feed (-o feed=FILE writes the events; these send them)")]
pub(super) struct FeedArgs {
    /// POST every ticket event here, one a request, with its id as Idempotency-Key: https, or http to this machine
    #[arg(long, value_name = "URL", env = "PCI_AUDIT_FEED_URL")]
    feed_url: Option<String>,
    /// File with the headers to send, such as `Authorization: Bearer …`, one a line [or the environment: PCI_AUDIT_FEED_HEADER]
    #[arg(long, value_name = "FILE", env = "PCI_AUDIT_FEED_HEADER_FILE")]
    feed_header_file: Option<PathBuf>,
    /// Where events wait that could not be sent; they are sent first next time [default: beside the feed or the JSON report]
    #[arg(long, value_name = "FILE", env = "PCI_AUDIT_FEED_SPOOL")]
    feed_spool: Option<PathBuf>,
    /// Seconds that sending may take in all
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    feed_timeout: u64,
    /// Exit with 2 where an event could not be sent [default: a warning, and the gate's exit code]
    #[arg(long, value_name = "BOOL", env = "PCI_AUDIT_FEED_REQUIRED", value_parser = clap::builder::BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    feed_required: Option<bool>,
}

/// Where and how events are sent, settled.
#[derive(Debug)]
pub(super) struct Delivery {
    address: Address,
    spool: Option<PathBuf>,
    /// The folder of the spool where no file is named.
    beside: Option<PathBuf>,
    patience: Patience,
    required: bool,
}

impl FeedArgs {
    /// Puts what flags and environment say over the file.
    pub(super) fn put_over(&self, config: &mut config::Feed) {
        config.url = self.feed_url.clone().or(config.url.take());
        config.header_file = self.feed_header_file.clone().or(config.header_file.take());
        config.spool = self.feed_spool.clone().or(config.spool.take());
        config.required = self.feed_required.unwrap_or(config.required);
    }

    /// What the settled configuration asks for; `None` where nothing is to be sent.
    ///
    /// # Errors
    /// Where the address is none that may be used, the headers cannot be read, or there is no place for what cannot be sent.
    pub(super) fn settle(&self, config: &config::Feed, outputs: &[Output]) -> anyhow::Result<Option<Delivery>> {
        let Some(url) = &config.url else {
            if self.feed_header_file.is_some() || self.feed_spool.is_some() || self.feed_required == Some(true) {
                anyhow::bail!("--feed-header-file, --feed-spool and --feed-required need a --feed-url");
            }
            return Ok(None);
        };
        let environment = match std::env::var("PCI_AUDIT_FEED_HEADER") {
            Err(std::env::VarError::NotUnicode(_)) => anyhow::bail!("PCI_AUDIT_FEED_HEADER is not UTF-8: no header can be made of it"),
            found => found.ok().filter(|_| self.feed_header_file.is_none()),
        };
        let address = Address::parse(url, environment, config.header_file.as_deref())?;
        let spool = config.spool.clone();
        let file_of = |format| outputs.iter().find(|output| output.format == format).and_then(|output| output.file.as_deref());
        let beside = file_of(Format::Feed).or_else(|| file_of(Format::Json)).map(|file| file.parent().unwrap_or_else(|| Path::new("")).to_owned());
        if spool.is_none() && beside.is_none() {
            anyhow::bail!("--feed-url needs a place for events that cannot be sent: --feed-spool FILE, or -o json=FILE, beside which they are kept");
        }
        let patience = Patience { all: Duration::from_secs(self.feed_timeout), ..Patience::default() };
        Ok(Some(Delivery { address, spool, beside, patience, required: config.required }))
    }
}

/// A delivery between its two halves: what waits is on disk, and nothing is sent yet.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    delivery: &'a Delivery,
    outbox: Outbox,
}

impl Delivery {
    /// First half, before the report is written: events of today behind those that wait already, on disk.
    ///
    /// # Errors
    /// Where the spool cannot be read, holds anything else, or cannot be written.
    pub(super) fn queue(&self, today: &View, previous: Option<&View>, events: &[Event<'_>]) -> anyhow::Result<Waiting<'_>> {
        let account = &today.run.account;
        let named = || self.beside.clone().unwrap_or_default().join(format!("pci-audit-{account}.unsent.ndjson"));
        let mut outbox = Outbox::open(&self.spool.clone().unwrap_or_else(named), self.patience.all.max(TURN))?;
        let run = previous.map(|view| RunRef { taken_at: view.run.taken_at, snapshot_sha256: view.run.snapshot_sha256.clone() });
        outbox.queue(account, run.as_ref(), events);
        outbox.save()?;
        Ok(Waiting { delivery: self, outbox })
    }
}

impl Waiting<'_> {
    /// Second half, once the report is written: sends what waits, and keeps what could not be sent.
    ///
    /// # Errors
    /// Where the spool cannot be written; and where events must be sent and could not be.
    pub(super) fn send(mut self) -> anyhow::Result<()> {
        let delivery = self.delivery;
        self.outbox.reported();
        self.outbox.save()?;
        let done = deliver(&delivery.address, &delivery.patience, self.outbox.take());
        let kept = done.kept.len();
        self.outbox.put(done.kept);
        self.outbox.save()?;
        for trouble in &done.troubles {
            say(&format!("warning: feed: {trouble}"));
        }
        if kept == 0 {
            return Ok(());
        }
        let said = format!("{kept} of {} events could not be sent; they wait in {} for the next run", kept + done.sent, self.outbox.path().display());
        if delivery.required {
            anyhow::bail!("feed: {said}");
        }
        say(&format!("warning: feed: {said}"));
        Ok(())
    }
}
