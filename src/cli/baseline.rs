//! `pci-audit baseline`: what a person has accepted, in a file for committing. `accept` moves it, `diff` says what that would change.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::lock::Lock;
use super::output;
use super::stderr::say;
use crate::finding::Watched;
use crate::gate::baseline::{Accept, Change, changes};
use crate::gate::{self, Entry, Exit};
use crate::report;
use crate::report::escape::escape;

/// How long one acceptance waits for another of the same file.
const PATIENCE: Duration = Duration::from_secs(10);

/// Keep what is accepted: everything else that is open gates.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  pci-audit scan -o json=report.json\n  pci-audit baseline diff report.json                       what accepting all of it would change\n  pci-audit baseline accept --report report.json --all      accept it: commit pci-baseline.json, and let somebody review it\n  pci-audit scan --baseline pci-baseline.json --previous report.json -o json=report.json"
)]
pub(super) struct Baseline {
    #[command(subcommand)]
    what: Option<What>,
    /// A JSON report (`-o json=FILE`), or a baseline: all that is open in it is accepted
    #[arg(required = true)]
    report: Option<PathBuf>,
    /// File to write [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Accept findings of a report: the baseline file is changed, for a commit that somebody reviews
    #[command(
        after_help = "Examples:\n  pci-audit baseline accept --report report.json 3f9a1b2c 90d1\n  pci-audit baseline accept --report report.json --new-rules\n  pci-audit baseline accept --report report.json --all"
    )]
    Accept {
        /// Fingerprints of the fails to accept; the beginning of one is enough
        #[arg(value_name = "FINGERPRINT", required_unless_present_any = ["all", "new_rules"])]
        findings: Vec<String>,
        /// Accept everything: the baseline becomes the report, departures too
        #[arg(long, conflicts_with_all = ["findings", "new_rules"])]
        all: bool,
        /// Accept the findings of rules that the baseline did not know
        #[arg(long, conflicts_with = "findings")]
        new_rules: bool,
        /// The JSON report that holds them
        #[arg(long, value_name = "REPORT")]
        report: PathBuf,
        /// The baseline to change
        #[arg(long, value_name = "FILE", default_value = "pci-baseline.json")]
        baseline: PathBuf,
    },
    /// Print what accepting all of a report would change
    #[command(after_help = "Example:\n  pci-audit baseline diff report.json --baseline pci-baseline.json")]
    Diff {
        /// A JSON report
        report: PathBuf,
        /// The baseline
        #[arg(long, value_name = "FILE", default_value = "pci-baseline.json")]
        baseline: PathBuf,
    },
}

impl Baseline {
    /// Runs the verb.
    ///
    /// # Errors
    /// Where the report or the baseline cannot be read or is none, or the file cannot be written.
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        match (self.what, self.report) {
            (Some(What::Accept { findings, all, new_rules, report, baseline }), _) => {
                let what = match (all, new_rules) {
                    (true, _) => Accept::All,
                    (false, true) => Accept::NewRules,
                    (false, false) => Accept::Findings(findings),
                };
                accept(&report, &baseline, &what)
            }
            (Some(What::Diff { report, baseline }), _) => diff(&report, &baseline),
            (None, Some(report)) => {
                let text = report::baseline_text(&gate::Baseline::load(&report)?.into());
                match &self.output {
                    Some(path) => output::replace(path, |file| file.write_all(text.as_bytes()))?,
                    None => output::raw_stdout().write_all(text.as_bytes())?,
                }
                Ok(Exit::Clean)
            }
            (None, None) => anyhow::bail!("name a JSON report"),
        }
    }
}

fn accept(report: &Path, path: &Path, what: &Accept) -> anyhow::Result<Exit> {
    let report = gate::Baseline::load(report)?;
    let _lock = Lock::take(path, "the baseline", PATIENCE)?;
    let before = if path.exists() {
        gate::Baseline::load(path)?
    } else if *what == Accept::All {
        gate::Baseline { account: report.account.clone(), ..gate::Baseline::default() }
    } else {
        anyhow::bail!("{} does not exist: `pci-audit baseline accept --all` makes the first one", path.display());
    };
    if before.is_report {
        anyhow::bail!(
            "{} is a JSON report, and a baseline would take its place: name another file, or make a baseline of it with `pci-audit baseline {} -o FILE`",
            path.display(),
            path.display()
        );
    }
    let after = before.accept(&report, what).with_context(|| format!("{} stays as it is", path.display()))?;
    let moved = changes(&before, if *what == Accept::All { &report } else { &after });
    let text = report::baseline_text(&after.into());
    output::replace(path, |file| file.write_all(text.as_bytes()))?;
    print(&moved)?;
    say(&format!("{} written: commit it, and let somebody review what it accepts", path.display()));
    Ok(Exit::Clean)
}

fn diff(report: &Path, baseline: &Path) -> anyhow::Result<Exit> {
    let (report, baseline) = (gate::Baseline::load(report)?, gate::Baseline::load(baseline)?);
    if report.account != baseline.account {
        anyhow::bail!("the report is of account {}, the baseline of account {}", escape(&report.account), escape(&baseline.account));
    }
    print(&changes(&baseline, &report))?;
    Ok(Exit::Clean)
}

/// One change a line, then how many there are.
fn print(changes: &[Change]) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(output::raw_stdout());
    for change in changes {
        writeln!(out, "{}", escape(&line(change)))?;
    }
    let of = |wanted: fn(&Change) -> bool| changes.iter().filter(|change| wanted(change)).count();
    writeln!(
        out,
        "{} to accept, {} grown, {} resolved, {} lost, {} watched from now on, {} watched no more",
        of(|change| matches!(change, Change::Accept(_))),
        of(|change| matches!(change, Change::Grow(..))),
        of(|change| matches!(change, Change::Resolve(_))),
        of(|change| matches!(change, Change::Lose(_))),
        of(|change| matches!(change, Change::Watch(_) | Change::Region(_, true))),
        of(|change| matches!(change, Change::Unwatch(_) | Change::Region(_, false))),
    )?;
    out.flush()
}

fn line(change: &Change) -> String {
    let finding = |entry: &Entry| format!("{} {} {} {}", entry.fingerprint, entry.severity, entry.rule, entry.resource);
    let watched = |one: &Watched| format!("{} {}", one.role.words(), one.arn);
    match change {
        Change::Accept(entry) => format!("+ accept    {}", finding(entry)),
        Change::Grow(entry, grown) => format!("! grown     {}: {}", finding(entry), grown.join(", ")),
        Change::Resolve(entry) => format!("- resolved  {}", finding(entry)),
        Change::Lose(entry) => format!("! lost      {}: was {}, could not be seen, and stays as it was", finding(entry), entry.verdict),
        Change::Watch(one) => format!("+ watch     {}", watched(one)),
        Change::Unwatch(one) => format!("- departed  {}", watched(one)),
        Change::Region(region, true) => format!("+ watch     region {region}"),
        Change::Region(region, false) => format!("- departed  region {region}"),
        Change::Rule(rule, true) => format!("+ rule      {rule}"),
        Change::Rule(rule, false) => format!("- rule      {rule}"),
    }
}
