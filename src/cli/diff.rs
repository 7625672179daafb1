//! `pci-audit diff`: two snapshots, or two JSON reports → what appeared, vanished and changed.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;
use clap::Args;

use super::output::{Output, Places};
use super::settings::{self, Settings};
use super::{audit, output, stderr};
use crate::gate::Exit;
use crate::gate::baseline::schema_of;
use crate::model::Snapshot;
use crate::report::View;
use crate::report::diff::{self, Run};
use crate::report::view;

const EXAMPLES: &str = "\
Examples:
  pci-audit diff monday.json tuesday.json
  pci-audit diff yesterday.json today.json -o table -o markdown=changes.md

Two snapshots are both checked by the rules and the configuration of today, so what differs comes from the account. Two reports are compared as they
are. The exit code is 0, with --exit-code 1 where anything differs.";

/// Compare two snapshots, or two JSON reports: resources and findings that appeared, vanished, changed, with the fields that did.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Diff {
    /// The older: a snapshot (`pci-audit collect`) or a JSON report (`-o json=FILE`)
    old: PathBuf,
    /// The newer, of the same sort
    new: PathBuf,
    /// Configuration file, for snapshots [default: pci-audit.toml, where it exists]
    #[arg(long, value_name = "FILE", env = "PCI_AUDIT_CONFIG")]
    config: Option<PathBuf>,
    /// Folder with rules of your own, for snapshots
    #[arg(long, value_name = "DIR", env = "PCI_AUDIT_RULES")]
    rules: Option<PathBuf>,
    /// What to write, and where: table, json, markdown; several times for several
    #[arg(short, long, value_name = "FORMAT[=FILE]", default_value = "table")]
    output: Vec<Output<Format>>,
    /// Show passes that came, went or say something else
    #[arg(short, long)]
    verbose: bool,
    /// Answer 1 where anything differs
    #[arg(long)]
    exit_code: bool,
}

/// How to write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Table,
    Json,
    Markdown,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "table" => Ok(Self::Table),
            "json" => Ok(Self::Json),
            "markdown" => Ok(Self::Markdown),
            _ => Err(format!("no format \"{name}\": one of table, json, markdown")),
        }
    }
}

/// One of the two files.
enum Input {
    Snapshot(Box<Snapshot>),
    Report(Box<View>),
}

impl Diff {
    /// Runs the verb.
    ///
    /// # Errors
    /// Where a file cannot be read, the two are of two sorts or of two accounts, or an output cannot be written.
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        output::at_most_one_to_stdout(&self.output)?;
        let reads = [("the older file", self.old.as_path()), ("the newer file", self.new.as_path())];
        let mut places = Places::open(self.output.iter().filter_map(|output| output.file.as_deref()), &reads)?;
        let found = match (read(&self.old)?, read(&self.new)?) {
            (Input::Snapshot(old), Input::Snapshot(new)) => self.compare_snapshots(&old, &new)?,
            (Input::Report(old), Input::Report(new)) => diff::Diff::new(Run { view: &old, snapshot: None }, Run { view: &new, snapshot: None })?,
            _ => anyhow::bail!(
                "one is a snapshot and the other a report: two of the same sort are needed\n  help: `pci-audit check SNAPSHOT -o json=FILE` makes a report of a snapshot"
            ),
        };
        for target in &self.output {
            self.write(target, &found, &mut places)?;
        }
        Ok(if self.exit_code && !found.is_empty() { Exit::Open } else { Exit::Clean })
    }

    /// Both are checked alike.
    fn compare_snapshots(&self, old: &Snapshot, new: &Snapshot) -> anyhow::Result<diff::Diff> {
        let mut config = settings::file(self.config.as_deref())?;
        config.rules = self.rules.clone().or(config.rules);
        settings::add_waivers(&mut config)?;
        let rules = settings::rules(&config)?;
        let settings = Settings::plain(config, rules);
        let ((before, was), (after, is)) = (audit::view(old, &settings)?, audit::view(new, &settings)?);
        for (view, _) in [(&before, was), (&after, is)].into_iter().filter(|(_, exit)| *exit == Exit::Error) {
            stderr::broken(view);
        }
        Ok(diff::Diff::new(Run { view: &before, snapshot: Some(old) }, Run { view: &after, snapshot: Some(new) })?)
    }

    fn write(&self, target: &Output<Format>, found: &diff::Diff, places: &mut Places) -> anyhow::Result<()> {
        let write = |width: usize, color: bool, out: &mut dyn Write| match target.format {
            Format::Json => found.write_json(out),
            Format::Table => out.write_all(found.table(width, color, self.verbose).as_bytes()),
            Format::Markdown => out.write_all(found.markdown().as_bytes()),
        };
        match &target.file {
            Some(path) => places.take(path)?.write(|file| write(output::FILE_WIDTH, false, file)),
            None => {
                let mut stdout = output::stdout();
                write(output::width(), target.format == Format::Table, &mut stdout)?;
                Ok(stdout.flush()?)
            }
        }
    }
}

/// Reads a file of either sort.
fn read(path: &Path) -> anyhow::Result<Input> {
    let name = path.display().to_string();
    let text = crate::text_file::read(path).with_context(|| name.clone())?;
    match schema_of(&text).ok().as_deref() {
        Some(view::SCHEMA) => Ok(Input::Report(serde_json::from_str(&text).with_context(|| format!("report {name}"))?)),
        Some(other) if !other.starts_with("pci-audit/snapshot/") => {
            anyhow::bail!("{name}: its schema is \"{other}\"; a snapshot (`pci-audit collect`) or a JSON report (`-o json=FILE`) is needed")
        }
        // Whatever else is wrong with it, the reader of snapshots says where.
        _ => Ok(Input::Snapshot(Box::new(Snapshot::parse(&text, &name)?))),
    }
}
