//! `pci-audit baseline`: a JSON report → the compact baseline that a later run compares itself with.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::output;
use crate::gate::{self, Exit};
use crate::report;

/// Make the compact baseline of a JSON report: sorted, one finding a line, no noise in diffs.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pci-audit baseline report.json -o pci-baseline.json\n  pci-audit scan --baseline pci-baseline.json")]
pub struct Baseline {
    /// A JSON report (`-o json=FILE`), or a baseline
    report: PathBuf,
    /// File to write [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Baseline {
    /// Runs the verb.
    ///
    /// # Errors
    /// Where the report cannot be read or is none, or the file cannot be written.
    pub fn run(self) -> anyhow::Result<Exit> {
        let text = report::baseline_text(&gate::Baseline::load(&self.report)?.into());
        match &self.output {
            Some(path) => output::replace(path, |file| file.write_all(text.as_bytes()))?,
            None => output::raw_stdout().write_all(text.as_bytes())?,
        }
        Ok(Exit::Clean)
    }
}
