//! Progress on stderr, where stderr is a terminal.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::collect::Progress;

/// A line that counts calls and names the latest.
pub struct Bar(ProgressBar);

impl Bar {
    /// A line on stderr; hidden where stderr is no terminal.
    pub fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template("{spinner} {pos}/{len} calls  {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::new(0).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn started(&self, what: &str) {
        self.0.inc_length(1);
        self.0.set_message(what.to_owned());
    }

    fn finished(&self, _what: &str) {
        self.0.inc(1);
    }
}
