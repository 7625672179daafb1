//! What was asked for: the file, overridden by the environment, overridden by flags.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::feed::{Delivery, FeedArgs};
use super::output::{Output, Places, at_most_one_to_stdout, keep};
use crate::config::{Config, FailOn};
use crate::finding::Severity;
use crate::gate::baseline::schema_of;
use crate::gate::{Baseline, Policy};
use crate::report::{Format, View};
use crate::rules::RuleSet;

/// Where the configuration is looked for when no flag names it.
const DEFAULT_FILE: &str = "pci-audit.toml";

/// Flags that every audit takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Audit")]
pub(super) struct AuditArgs {
    /// Configuration file [default: pci-audit.toml, where it exists]
    #[arg(long, value_name = "FILE", env = "PCI_AUDIT_CONFIG")]
    config: Option<PathBuf>,
    /// Folder with rules of your own; one with a built-in's id replaces it
    #[arg(long, value_name = "DIR", env = "PCI_AUDIT_RULES")]
    rules: Option<PathBuf>,
    /// The least severity that gates: critical, high, medium, low, advisory [default: low]
    #[arg(long, value_name = "LEVEL", env = "PCI_AUDIT_SEVERITY")]
    severity: Option<Severity>,
    /// Let what could not be read pass the gate
    #[arg(long, value_name = "BOOL", env = "PCI_AUDIT_ALLOW_UNKNOWN", value_parser = clap::builder::BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    allow_unknown: Option<bool>,
    /// Which open findings gate: any, or those that are new against the baseline [default: any; with a baseline: new]
    #[arg(long, value_name = "WHICH", env = "PCI_AUDIT_FAIL_ON")]
    fail_on: Option<FailOn>,
    /// What somebody accepted, as `pci-audit baseline accept` keeps it: everything else that is open gates
    #[arg(long, value_name = "FILE", env = "PCI_AUDIT_BASELINE")]
    baseline: Option<PathBuf>,
    /// The JSON report of the run before: it feeds tickets and says since when a finding is open. It never gates
    #[arg(long, value_name = "REPORT", env = "PCI_AUDIT_PREVIOUS")]
    previous: Option<PathBuf>,
    /// Regions in which nothing may be there to judge; without a value every one, in a run without a baseline
    #[arg(long, value_name = "REGION", env = "PCI_AUDIT_ALLOW_EMPTY", value_delimiter = ',', num_args = 0..=1, require_equals = true, default_missing_value = "*")]
    allow_empty: Vec<String>,
    /// With --fail-on new: whether findings of rules that the baseline did not know gate too [default: true]
    #[arg(long, value_name = "BOOL", env = "PCI_AUDIT_STRICT", value_parser = clap::builder::BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    strict: Option<bool>,
    /// A file with more `waivers` and `attest` tables
    #[arg(long = "waivers", value_name = "FILE", env = "PCI_AUDIT_WAIVERS")]
    waivers_file: Option<PathBuf>,
    /// What to write, and where: table, json, sarif, ocsf (Compliance Findings), asff (Security Hub), junit, csv, markdown (job summary), baseline, feed (ticket events); several times for several [default: table]
    #[arg(short, long, value_name = "FORMAT[=FILE]", env = "PCI_AUDIT_OUTPUT", value_delimiter = ',')]
    output: Vec<String>,
    /// Show evidence, remediation and passes, and count the calls
    #[arg(short, long)]
    pub verbose: bool,
    #[command(flatten)]
    feed: FeedArgs,
}

/// Everything that an audit needs, settled.
#[derive(Debug)]
pub(super) struct Settings {
    /// The effective configuration.
    pub config: Config,
    /// The rules.
    pub rules: RuleSet,
    /// What the gate minds.
    pub policy: Policy,
    /// What somebody accepted.
    pub baseline: Option<Baseline>,
    /// The report of the run before: the memory of tickets.
    pub previous: Option<View>,
    /// Where ticket events are sent.
    pub delivery: Option<Delivery>,
    /// What to write.
    pub outputs: Vec<Output>,
    /// Show more.
    pub verbose: bool,
    /// The files that all this was read from, by what they are.
    read: Vec<(&'static str, PathBuf)>,
    /// Reports that the run reads, by what they are to it: a new report may take their place.
    reports: Vec<(&'static str, PathBuf)>,
}

impl AuditArgs {
    /// Puts what flags and environment say over the file.
    pub(super) fn put_over(&self, config: &mut Config) {
        config.severity = self.severity.or(config.severity);
        config.allow_unknown = self.allow_unknown.or(config.allow_unknown);
        config.fail_on = self.fail_on.or(config.fail_on);
        config.strict = self.strict.or(config.strict);
        config.baseline = self.baseline.clone().or(config.baseline.take());
        config.previous = self.previous.clone().or(config.previous.take());
        if !self.allow_empty.is_empty() {
            config.allow_empty.clone_from(&self.allow_empty);
        }
        config.waivers_file = self.waivers_file.clone().or(config.waivers_file.take());
        config.rules = self.rules.clone().or(config.rules.take());
        if !self.output.is_empty() {
            config.output.clone_from(&self.output);
        }
        self.feed.put_over(&mut config.feed);
    }

    /// Merges file, environment and flags, and reads the rules.
    ///
    /// # Errors
    /// Where a file cannot be read or is wrong, or a format is unknown.
    pub(super) fn settle(&self) -> anyhow::Result<Settings> {
        let mut config = file(self.config.as_deref())?;
        self.put_over(&mut config);
        let mut read: Vec<_> = named(self.config.as_deref()).map(|path| ("the configuration", path.to_owned())).into_iter().collect();
        read.extend(config.waivers_file.clone().map(|path| ("the file of waivers", path)));
        read.extend(config.feed.spool.clone().map(|path| ("the spool of the feed", path)));
        read.extend(config.feed.header_file.clone().map(|path| ("the file of headers", path)));
        add_waivers(&mut config)?;
        let rules = rules(&config)?;
        let (baseline, whole) = config.baseline.as_deref().map(accepted).transpose()?.unzip();
        // Only `baseline accept` changes what somebody accepted. The report of yesterday may be replaced by that of today, and by nothing else.
        let kept = baseline.as_ref().is_some_and(|baseline: &Baseline| !baseline.is_report);
        let mut reports: Vec<_> = config.previous.clone().map(|path| ("the report of the run before", path)).into_iter().collect();
        if kept { &mut read } else { &mut reports }.extend(config.baseline.clone().map(|path| ("the baseline", path)));
        // A whole report that is given as the baseline remembers tickets, too.
        let previous = config.previous.as_deref().map(previous).transpose()?.or(whole.flatten());
        let fail_on = config.fail_on.unwrap_or(if baseline.is_some() { FailOn::New } else { FailOn::Any });
        if fail_on == FailOn::New && baseline.is_none() {
            anyhow::bail!("--fail-on new needs a --baseline to tell what is new");
        }
        let policy = Policy {
            severity: config.severity.unwrap_or(Severity::Low),
            allow_unknown: config.allow_unknown.unwrap_or(false),
            fail_on,
            strict: config.strict.unwrap_or(true),
        };
        let asked: Vec<String> = if config.output.is_empty() { vec!["table".to_owned()] } else { config.output.clone() };
        let outputs = asked.iter().map(|text| text.parse()).collect::<Result<Vec<Output>, String>>().map_err(anyhow::Error::msg)?;
        at_most_one_to_stdout(&outputs)?;
        let delivery = self.feed.settle(&config.feed, &outputs)?;
        Ok(Settings { config, rules, policy, baseline, previous, delivery, outputs, verbose: self.verbose, read, reports })
    }
}

impl Settings {
    /// Without an earlier run and without outputs.
    pub(super) fn plain(config: Config, rules: RuleSet) -> Self {
        Self {
            config,
            rules,
            policy: Policy::default(),
            baseline: None,
            previous: None,
            delivery: None,
            outputs: Vec::new(),
            verbose: false,
            read: Vec::new(),
            reports: Vec::new(),
        }
    }
}

impl Settings {
    /// The places of all outputs, and of other files that are written, each proven writable.
    ///
    /// # Errors
    /// Where one is not, two are one, or one is a file that is read: these settings', or another.
    pub(super) fn places(&self, more: &[&Path], reads: &[(&str, &Path)]) -> anyhow::Result<Places> {
        let own = self.read.iter().map(|(what, path)| (*what, path.as_path()));
        let reads: Vec<(&str, &Path)> = own.chain(reads.iter().copied()).collect();
        let reports: Vec<(&str, &Path)> = self.reports.iter().map(|(what, path)| (*what, path.as_path())).collect();
        let others = self.outputs.iter().filter(|output| output.format != Format::Json).filter_map(|output| output.file.as_deref());
        keep(others.chain(more.iter().copied()), &reports)?;
        Places::open(self.outputs.iter().filter_map(|output| output.file.as_deref()).chain(more.iter().copied()), &reads)
    }
}

/// The built-in rules and those that the configuration adds.
///
/// # Errors
/// Where a rule is wrong, or the configuration speaks of one that does not exist.
pub(super) fn rules(config: &Config) -> anyhow::Result<RuleSet> {
    let rules = match &config.rules {
        Some(folder) => RuleSet::with_folder(folder)?,
        None => RuleSet::builtin()?,
    };
    for mention in &config.mentions {
        rules.get(&mention.rule).map_err(|problem| anyhow::anyhow!("{}: {problem}", mention.place))?;
    }
    Ok(rules)
}

/// The report of the run before.
fn previous(path: &Path) -> anyhow::Result<View> {
    let what = || format!("--previous {}", path.display());
    let text = crate::text_file::read(path).with_context(what)?;
    match schema_of(&text) {
        Ok(schema) if schema == crate::report::view::SCHEMA => serde_json::from_str(&text).with_context(what),
        Ok(schema) if schema.starts_with("pci-audit/baseline/") => {
            anyhow::bail!("--previous {}: it is a baseline; what somebody accepted goes to --baseline", path.display())
        }
        _ => anyhow::bail!("--previous {}: it is no JSON report of pci-audit", path.display()),
    }
}

/// What somebody accepted, and the whole report where it is one. The file may be large: it is read once.
fn accepted(path: &Path) -> anyhow::Result<(Baseline, Option<View>)> {
    let what = || format!("baseline {}", path.display());
    let text = crate::text_file::read(path).with_context(what)?;
    let baseline = Baseline::parse(&text, &path.display().to_string())?;
    let whole = schema_of(&text).is_ok_and(|schema| schema == crate::report::view::SCHEMA);
    let another = || {
        let path = path.display();
        format!(
            "baseline {path}: it is no report of this version of pci-audit; `pci-audit baseline {path}` makes a baseline of it that every version reads"
        )
    };
    let previous = whole.then(|| serde_json::from_str(&text).with_context(another)).transpose()?;
    Ok((baseline, previous))
}

/// Adds the waivers and attestations of the file that the configuration names for more of them.
///
/// # Errors
/// Where it cannot be read or is wrong.
pub(super) fn add_waivers(config: &mut Config) -> anyhow::Result<()> {
    if let Some(path) = &config.waivers_file {
        let more = Config::load(path).context("the waivers cannot be used")?;
        config.waivers.extend(more.waivers);
        config.attest.extend(more.attest);
        config.retired.extend(more.retired);
        config.mentions.extend(more.mentions);
    }
    Ok(())
}

/// The configuration file: the one that is named, else the default one where it exists.
///
/// # Errors
/// Where it cannot be read or is wrong.
pub(super) fn file(named: Option<&Path>) -> anyhow::Result<Config> {
    match self::named(named) {
        Some(path) => Config::load(path).context("the configuration cannot be used"),
        None => Ok(Config::default()),
    }
}

/// The configuration file's path: the one that is named, else the default one where it exists.
fn named(path: Option<&Path>) -> Option<&Path> {
    let default = Path::new(DEFAULT_FILE);
    path.or_else(|| default.exists().then_some(default))
}
