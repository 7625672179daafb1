//! `pci-audit waive` and `pci-audit waivers check`: exceptions that are well formed, dated and looked at again.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use iam_eval::wildcard_match;
use jiff::civil::Date;
use jiff::{ToSpan, Zoned};

use super::{output, settings};
use crate::config::{Day, Exception, FILL_IN, LONGEST_DAYS, Waiver};
use crate::gate::own::{self, SOMETHING_JUDGED};
use crate::gate::{Exit, elements};
use crate::report::View;
use crate::report::cut::cut;
use crate::report::escape::escape;
use crate::report::view::{Finding, Verdict};

/// Print a waiver of one finding, or the answer to one question, ready to be filled in and put into pci-audit.toml
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pci-audit waive 3f9a1b2c4d5e6f70 --report report.json --reference CCW-12 >> pci-audit.toml")]
pub(super) struct Waive {
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
    /// Where the fingerprint is none, the report cannot be read or does not hold it, or the finding is nothing to accept.
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let view = self.report.as_deref().map(read).transpose()?;
        let finding = match (&view, &self.report) {
            (Some(view), Some(path)) => {
                let found = view.findings.iter().find(|finding| finding.fingerprint == self.finding);
                Some(found.with_context(|| format!("{} holds no finding {}", path.display(), escape(&self.finding)))?)
            }
            _ => None,
        };
        let stub = match finding.map(|finding| (finding, finding.verdict)) {
            Some((finding, _)) if finding.rule == SOMETHING_JUDGED.id => {
                anyhow::bail!(
                    "finding {}: nothing was judged. Where nothing is meant to be there, name the region in `allow-empty`",
                    escape(&self.finding)
                )
            }
            Some((finding, _)) if own::is_own(&finding.rule) => self.retirement(finding)?,
            Some((_, verdict @ (Verdict::Pass | Verdict::NotApplicable))) => {
                anyhow::bail!("finding {} is {}: there is nothing to accept", escape(&self.finding), verdict.words())
            }
            Some((_, Verdict::Manual)) => self.answer()?,
            _ => self.waiver(finding)?,
        };
        let head = finding.map(|finding| {
            let what = format!("{} {} {}: {}", finding.severity, finding.verdict, finding.rule, finding.message);
            // One comment line, whatever the report holds.
            format!("# {}\n", escape(&cut(&what, 1_000)))
        });
        let mut out = output::raw_stdout();
        out.write_all(format!("{}{}", head.unwrap_or_default(), toml::to_string(&stub)?).as_bytes())?;
        out.flush()?;
        Ok(Exit::Clean)
    }

    /// The acceptance of a departure: of a resource, of a region, or of rules.
    fn retirement(&self, finding: &Finding) -> anyhow::Result<toml::Table> {
        let retired = [
            ("arn", own::retired_name(&finding.resource.arn, &finding.key).to_owned()),
            ("reason", todo(self.reason.as_deref(), "why it is gone")),
            ("approver", todo(self.approver.as_deref(), "who accepts it")),
            ("approved", Day(Zoned::now().date()).to_string()),
        ];
        let retired: toml::Table = retired.into_iter().map(|(key, value)| (key.to_owned(), toml::Value::String(value))).collect();
        Ok(toml::Table::from_iter([("retired".to_owned(), toml::Value::Array(vec![retired.into()]))]))
    }

    /// A waiver of what the finding is now.
    fn waiver(&self, finding: Option<&Finding>) -> anyhow::Result<toml::Table> {
        let today = Zoned::now().date();
        let offending = finding.map(|finding| elements(finding.offending.as_ref())).filter(|elements| !elements.is_empty());
        let waiver = Waiver {
            finding: Some(self.finding.clone()),
            rule: None,
            resource: None,
            call: None,
            region: None,
            account: None,
            verdict: finding.map(|finding| finding.verdict),
            severity: finding.map(|finding| finding.severity),
            offending,
            reason: todo(self.reason.as_deref(), "why it is accepted"),
            approver: todo(self.approver.as_deref(), "who accepts it"),
            approved: Day(today),
            expires: Day(today.saturating_add(self.days.days())),
            reference: todo(self.reference.as_deref(), "compensating control worksheet, targeted risk analysis or ticket"),
        };
        // All but what is still to be filled in must be right.
        let filled = |text: &str| text.replace(FILL_IN, "…");
        let checked =
            Waiver { reason: filled(&waiver.reason), approver: filled(&waiver.approver), reference: filled(&waiver.reference), ..waiver.clone() };
        if let Some(problem) = checked.problem() {
            anyhow::bail!(problem);
        }
        Ok(toml::Table::from_iter([("waivers".to_owned(), toml::Value::try_from(vec![waiver])?)]))
    }

    /// An answer to a question: whether it holds is not ours to guess, so the stub cannot be read before somebody says.
    fn answer(&self) -> anyhow::Result<toml::Table> {
        let today = Zoned::now().date();
        let text = |text: String| toml::Value::String(text);
        let day = |day| toml::Value::String(Day(day).to_string());
        let answer = [
            ("finding", text(self.finding.clone())),
            ("holds", text(todo(None, "true or false, without quotes"))),
            ("answer", text(todo(self.reason.as_deref(), "what was found, in a sentence"))),
            ("by", text(todo(self.approver.as_deref(), "who answers"))),
            ("on", day(today)),
            ("evidence", text(todo(self.reference.as_deref(), "where the evidence is"))),
            ("expires", day(today.saturating_add(self.days.days()))),
        ];
        let answer: toml::Table = answer.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Ok(toml::Table::from_iter([("attest".to_owned(), toml::Value::Array(vec![answer.into()]))]))
    }
}

/// What was given, or what a person has to write.
fn todo(given: Option<&str>, what: &str) -> String {
    given.map_or_else(|| format!("{FILL_IN}: {what}"), str::to_owned)
}

/// Look after waivers and attestations
#[derive(Debug, Args)]
pub(super) struct Waivers {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Say which are expired, soon expire, or (with a report) met by no finding
    #[command(
        after_help = "Exit codes: 0 all hold · 1 some have expired or are met by no finding · 2 the file is wrong, or something in it is not filled in"
    )]
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
    pub(super) fn run(self) -> anyhow::Result<Exit> {
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
    let (fine, word) = if left < 0 {
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
    if let Some(call) = exception.call() {
        return view.gaps.iter().any(|gap| format!("{}:{}", gap.service, gap.operation) == call);
    }
    view.findings.iter().any(|finding| match fingerprint {
        Some(fingerprint) => finding.fingerprint == fingerprint,
        None => rule == Some(&finding.rule) && resource.is_some_and(|pattern| wildcard_match(pattern, &finding.resource.arn)),
    })
}

/// Reads a JSON report.
///
/// # Errors
/// Names the file, and the place where it breaks.
fn read(path: &Path) -> anyhow::Result<View> {
    let text = crate::text_file::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON report of pci-audit", path.display()))
}
