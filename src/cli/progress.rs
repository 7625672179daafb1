//! Progress on stderr: a line that is drawn anew on a terminal, a line every so often elsewhere.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::stderr::say;
use crate::collect::Progress;

/// How often a log is told; on a terminal the line moves all the time.
const EVERY: Duration = Duration::from_secs(15);

/// Counts calls, and tells of them until it is finished.
pub(super) struct Bar {
    started: Instant,
    counts: Arc<Counts>,
    shown: Shown,
}

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    answered: AtomicU64,
    latest: Mutex<String>,
}

enum Shown {
    /// A terminal.
    Line(ProgressBar),
    /// A log; its end stops the thread that writes.
    Log(Mutex<Option<Sender<()>>>),
}

impl Bar {
    /// Begins to count.
    pub(super) fn new() -> Self {
        let counts = Arc::new(Counts::default());
        let started = Instant::now();
        let shown = if std::io::stderr().is_terminal() { Shown::Line(line()) } else { Shown::Log(Mutex::new(Some(log(started, counts.clone())))) };
        Self { started, counts, shown }
    }

    /// Tells no more.
    pub(super) fn finish(&self) {
        match &self.shown {
            Shown::Line(line) => line.finish_and_clear(),
            Shown::Log(end) => drop(lock(end).take()),
        }
    }

    /// How long it took so far.
    pub(super) fn elapsed(&self) -> String {
        time(self.started.elapsed())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn line() -> ProgressBar {
    let style =
        ProgressStyle::with_template("{spinner} {elapsed} {pos}/{len} calls  {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    ProgressBar::new(0).with_style(style)
}

fn log(started: Instant, counts: Arc<Counts>) -> Sender<()> {
    let (end, ended) = channel();
    std::thread::spawn(move || {
        while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(EVERY) {
            say(&counts.words(started.elapsed()));
        }
    });
    end
}

impl Counts {
    fn words(&self, elapsed: Duration) -> String {
        let (sent, answered) = (self.sent.load(Ordering::Relaxed), self.answered.load(Ordering::Relaxed));
        let latest = lock(&self.latest).clone();
        format!("{}: {answered} calls done, {} under way, the latest {latest}", time(elapsed), sent.saturating_sub(answered))
    }
}

/// A duration for people: `8 s`, `3 min 20 s`.
fn time(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

impl Progress for Bar {
    fn started(&self, what: &str) {
        let first = self.counts.sent.fetch_add(1, Ordering::Relaxed) == 0;
        what.clone_into(&mut lock(&self.counts.latest));
        if let Shown::Line(line) = &self.shown {
            // Not before there is something to tell: a person may be asked for a code first.
            if first {
                line.enable_steady_tick(Duration::from_millis(120));
            }
            line.inc_length(1);
            line.set_message(what.to_owned());
        }
    }

    fn finished(&self, _what: &str) {
        self.counts.answered.fetch_add(1, Ordering::Relaxed);
        if let Shown::Line(line) = &self.shown {
            line.inc(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_told_how_far_it_is() {
        let counts = Counts { sent: 7.into(), answered: 5.into(), latest: Mutex::new("eu-west-1 rds:DescribeDBInstances".to_owned()) };
        assert_eq!(counts.words(Duration::from_secs(75)), "1 min 15 s: 5 calls done, 2 under way, the latest eu-west-1 rds:DescribeDBInstances");
        assert_eq!(time(Duration::from_millis(59_900)), "59 s");
    }
}
