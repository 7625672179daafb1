//! `pci-audit scan` and `pci-audit collect`: the verbs that talk to AWS.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use super::aws::AwsArgs;
use super::interrupt::{Signal, partial};
use super::output::{self, Place};
use super::progress::Bar;
use super::settings::AuditArgs;
use super::stderr::say;
use super::{audit, stderr};
use crate::collect::{self, Collection};
use crate::config::Config;
use crate::gate::Exit;
use crate::model::Snapshot;

/// Collect a snapshot, check it and report.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pci-audit scan --region eu-west-1\n  pci-audit scan --all-regions --severity high -o table -o sarif=pci.sarif\n  pci-audit scan --role-arn arn:aws:iam::111122223333:role/audit --external-id 4711 --region eu-west-1"
)]
pub(super) struct Scan {
    #[command(flatten)]
    aws: AwsArgs,
    /// Keep the snapshot too
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,
    #[command(flatten)]
    audit: AuditArgs,
}

/// Collect a snapshot into a file (mode 0600, replaced in one step).
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  pci-audit collect --region eu-west-1 -o account.json")]
pub(super) struct Collect {
    #[command(flatten)]
    aws: AwsArgs,
    /// File to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Configuration file [default: pci-audit.toml, where it exists]
    #[arg(long, value_name = "FILE", env = "PCI_AUDIT_CONFIG")]
    config: Option<PathBuf>,
    /// Count the calls
    #[arg(short, long)]
    verbose: bool,
}

impl Scan {
    /// Runs the verb.
    ///
    /// # Errors
    /// Where nothing could be read, or the configuration, a rule or an output is broken.
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        // Settled and proven first: neither a broken rule nor a missing folder may cost a scan.
        let settings = self.audit.settle()?;
        let mut places = settings.places(self.snapshot.as_deref().as_slice(), &[])?;
        let collection = self.aws.collect(settings.config.clone(), self.snapshot.as_deref(), settings.verbose)?;
        if let Some(path) = &self.snapshot {
            places.take(path)?.write(|file| file.write_all(collection.snapshot.to_json().as_bytes()))?;
        }
        say(&summary(&collection));
        audit::report(&collection.snapshot, &settings, places)
    }
}

impl Collect {
    /// Runs the verb.
    ///
    /// # Errors
    /// Where nothing could be read, or the file cannot be written.
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let config = super::settings::file(self.config.as_deref())?;
        let place = Place::open(&self.output)?;
        let collection = self.aws.collect(config, Some(&self.output), self.verbose)?;
        place.write(|file| file.write_all(collection.snapshot.to_json().as_bytes()))?;
        say(&format!("{} written: {}", self.output.display(), summary(&collection)));
        for gap in &collection.snapshot.gaps {
            say(&format!("  could not read {}:{} in {}: {}", gap.service, gap.operation, gap.region, gap.code));
        }
        Ok(Exit::Clean)
    }
}

/// A collection, and how long it took.
struct Collected {
    snapshot: Snapshot,
    took: String,
}

fn summary(collected: &Collected) -> String {
    let Collected { snapshot, took } = collected;
    format!("{} calls answered, {} not, in {took}", snapshot.reads.len(), snapshot.gaps.len())
}

impl AwsArgs {
    /// Reads the account. Interrupted, it keeps what it read beside the snapshot that is to be written.
    fn collect(&self, mut config: Config, snapshot: Option<&Path>, verbose: bool) -> anyhow::Result<Collected> {
        self.put_over(&mut config);
        super::aws::check(&config)?;
        let options = collect::Options {
            profile: config.profile,
            regions: config.region,
            all_regions: config.all_regions == Some(true),
            role_arn: config.role_arn,
            external_id: config.external_id,
            in_flight: usize::from(self.in_flight),
            call_timeout: Duration::from_secs(self.call_timeout),
            mfa_code,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let bar = Arc::new(Bar::new());
        let (stopper, stop) = collect::stop();
        let signal = Signal::listen(stopper)?;
        let collected = runtime.block_on(collect::collect(&options, Timestamp::now(), bar.clone(), stop));
        // What still hangs, a look-up of a name or a question to a person, is not waited for.
        runtime.shutdown_background();
        bar.finish();
        if let Some(interrupted) = signal.interrupted() {
            say(&keep_part(collected.ok(), snapshot).unwrap_or_else(|error| format!("interrupted: what was read could not be kept: {error:#}")));
            return Err(interrupted.into());
        }
        let collection = collected.map_err(|error| {
            let help = error.help();
            let error = anyhow::Error::new(error);
            match help {
                Some(help) => anyhow::anyhow!("{}\n  help: {help}", stderr::chain(&error)),
                None => error,
            }
        })?;
        if verbose {
            calls(&collection);
        }
        Ok(Collected { snapshot: collection.snapshot, took: bar.elapsed() })
    }
}

/// Keeps what an interrupted collection read, where a file was asked for; says what became of it.
fn keep_part(collected: Option<Collection>, snapshot: Option<&Path>) -> anyhow::Result<String> {
    let Some(collection) = collected else { return Ok("interrupted: nothing was read".to_owned()) };
    let (answered, open) = (collection.snapshot.reads.len(), collection.snapshot.interrupted());
    let Some(path) = snapshot.map(partial) else {
        return Ok(format!("interrupted after {answered} calls: nothing is kept; with a file for the snapshot, what was read is"));
    };
    output::replace(&path, |file| file.write_all(collection.snapshot.to_json().as_bytes()))?;
    Ok(format!("interrupted: {} holds what was read ({answered} calls answered, {open} not); `pci-audit check` takes it", path.display()))
}

/// Asks for the code of an MFA device, where a person sits at a terminal.
#[allow(clippy::print_stderr, reason = "a question to a person, beside the report")]
fn mfa_code(device: &str) -> Option<String> {
    if !(std::io::stdin().is_terminal() && std::io::stderr().is_terminal()) {
        return None;
    }
    eprint!("\rCode of the MFA device {device}: ");
    let mut code = String::new();
    std::io::stdin().read_line(&mut code).ok().filter(|read| *read > 0).map(|_| code)
}

fn calls(collection: &Collection) {
    let total: u64 = collection.calls.values().sum();
    say(&format!("{total} calls, {} of them retried:", collection.retries));
    for (name, count) in &collection.calls {
        say(&format!("  {count:5}  {name}"));
    }
}
