//! `pci-audit waive` and `pci-audit waivers check`: exceptions that are well formed, dated and looked at again.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::civil::Date;
use jiff::{ToSpan, Zoned};

use super::{output, settings};
use crate::config::{Day, Exception, LONGEST_DAYS, Waiver};
use crate::facts::grant::fits;
use crate::gate::Exit;
use crate::report::View;
use crate::report::cut::cut;
use crate::report::escape::escape;

/// How a stub marks what a person has to write; `waivers check` refuses it.
const FILL_IN: &str = "FILL IN: ";

/// Print a waiver of one finding, ready to be put into pci-audit.toml
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pci-audit waive 3f9a1b2c4d5e6f70 --report report.json --reference CCW-12 >> pci-audit.toml")]
pub struct Waive {
    /// Fingerprint of the finding
    finding: String,
    /// JSON report that holds it: the stub then says what it is about
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Why it is accepted
    #[arg(long)]
    reason: Option<String>,
    /// Who accepts it
    #[arg(long)]
    approver: Option<String>,
    /// Compensating control worksheet, targeted risk analysis or ticket
    #[arg(long)]
    reference: Option<String>,
    /// For how many days, at most twelve months
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(i32).range(1..=i64::from(LONGEST_DAYS)))]
    days: i32,
}

impl Waive {
    /// Prints the stub.
    ///
    /// # Errors
    /// Where the fingerprint is none, or the report cannot be read or does not hold it.
    pub fn run(self) -> anyhow::Result<Exit> {
        let today = Zoned::now().date();
        let todo = |given: Option<String>, what: &str| given.unwrap_or_else(|| format!("{FILL_IN}{what}"));
        let waiver = Waiver {
            finding: Some(self.finding.clone()),
            rule: None,
            resource: None,
            reason: todo(self.reason, "why it is accepted"),
            approver: todo(self.approver, "who accepts it"),
            approved: Day(today),
            expires: Day(today.saturating_add(self.days.days())),
            reference: todo(self.reference, "compensating control worksheet, targeted risk analysis or ticket"),
        };
        if let Some(problem) = waiver.problem() {
            anyhow::bail!(problem);
        }
        let mut text = String::new();
        if let Some(path) = &self.report {
            let view = read(path)?;
            let finding = view.findings.iter().find(|finding| finding.fingerprint == self.finding);
            let finding = finding.with_context(|| format!("{} holds no finding {}", path.display(), self.finding))?;
            let about = format!("{} {} {}: {}", finding.severity, finding.verdict, finding.rule, finding.message.replace('\n', " "));
            // What a report says must not end the comment.
            text = format!("# {}\n", escape(&cut(&about, 1_000)));
        }
        let tables = toml::Table::from_iter([("waivers".to_owned(), toml::Value::try_from(vec![waiver])?)]);
        text.push_str(&toml::to_string(&tables)?);
        let mut out = output::raw_stdout();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(Exit::Clean)
    }
}

/// Look after waivers and attestations
#[derive(Debug, Args)]
pub struct Waivers {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Say which are expired, soon expire, are not filled in, or (with a report) met by no finding
    #[command(after_help = "Exit codes: 0 all hold · 1 some have expired, are not filled in or are met by no finding · 2 the file is wrong")]
    Check {
        /// File with `waivers` and `attest` tables [default: pci-audit.toml]
        file: Option<PathBuf>,
        /// JSON report to hold them against
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
    },
}

impl Waivers {
    /// Runs the verb.
    ///
    /// # Errors
    /// Where a file cannot be read or is wrong.
    pub fn run(self) -> anyhow::Result<Exit> {
        let What::Check { file, report } = self.what;
        let mut config = settings::file(file.as_deref())?;
        settings::add_waivers(&mut config)?;
        let view = report.as_deref().map(read).transpose()?;
        let today = Zoned::now().date();
        let mut lines: Vec<(bool, String)> = config.waivers.iter().map(|waiver| state(waiver, today, view.as_ref())).collect();
        lines.extend(config.attest.iter().map(|attest| state(attest, today, view.as_ref())));
        let mut out = output::raw_stdout();
        for (_, line) in &lines {
            writeln!(out, "{}", escape(line))?;
        }
        let bad = lines.iter().filter(|(fine, _)| !fine).count();
        writeln!(out, "{} in all, {bad} to look at", lines.len())?;
        Ok(if bad == 0 { Exit::Clean } else { Exit::Open })
    }
}

/// Whether an exception is fine, and a line about it.
fn state<T: Exception>(exception: &T, today: Date, view: Option<&View>) -> (bool, String) {
    /// Nearer than this an end is worth a word.
    const SOON: i32 = 30;
    let (from, to) = exception.days();
    let left = today.until(to.0).map_or(0, |span| span.get_days());
    let unfilled: BTreeSet<&str> = exception.texts().into_iter().filter(|(_, text)| text.starts_with(FILL_IN)).map(|(key, _)| key).collect();
    let (fine, word) = if !unfilled.is_empty() {
        (false, format!("fill in {}", unfilled.into_iter().collect::<Vec<_>>().join(", ")))
    } else if left < 0 {
        (false, format!("expired on {to}"))
    } else if view.is_some_and(|view| !is_met(exception, view)) {
        (false, "met by no finding of the report".to_owned())
    } else if today < from.0 {
        (true, format!("begins on {from}"))
    } else if left <= SOON {
        (true, format!("holds until {to}, {left} more days"))
    } else {
        (true, format!("holds until {to}"))
    };
    (fine, format!("{} {}: {word}", T::TABLE, exception.label()))
}

fn is_met<T: Exception>(exception: &T, view: &View) -> bool {
    let (fingerprint, rule, resource) = exception.target();
    view.findings.iter().any(|finding| match fingerprint {
        Some(fingerprint) => finding.fingerprint == fingerprint,
        None => rule == Some(&finding.rule) && resource.is_some_and(|pattern| fits(pattern, &finding.resource.arn)),
    })
}

/// Reads a JSON report.
///
/// # Errors
/// Names the file, and the place where it breaks.
fn read(path: &Path) -> anyhow::Result<View> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON report of pci-audit", path.display()))
}
