//! `pci-audit scan` and `pci-audit collect`: the verbs that talk to AWS.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use super::aws::AwsArgs;
use super::output::Place;
use super::progress::Bar;
use super::settings::AuditArgs;
use super::stderr::say;
use super::{audit, stderr};
use crate::collect::{self, Collection};
use crate::config::Config;
use crate::gate::Exit;

/// Collect a snapshot, check it and report.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  pci-audit scan --region eu-west-1\n  pci-audit scan --all-regions --severity high -o table -o sarif=pci.sarif\n  pci-audit scan --role-arn arn:aws:iam::111122223333:role/audit --external-id 4711 --region eu-west-1"
)]
pub struct Scan {
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
pub struct Collect {
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
    pub fn run(self) -> anyhow::Result<Exit> {
        // Settled and proven first: neither a broken rule nor a missing folder may cost a scan.
        let settings = self.audit.settle()?;
        let mut places = settings.places(self.snapshot.as_deref().as_slice(), &[])?;
        let collection = self.aws.collect(settings.config.clone(), settings.verbose)?;
        if let Some(path) = &self.snapshot {
            places.take(path)?.write(|file| file.write_all(collection.snapshot.to_json().as_bytes()))?;
        }
        audit::report(&collection.snapshot, &settings, places)
    }
}

impl Collect {
    /// Runs the verb.
    ///
    /// # Errors
    /// Where nothing could be read, or the file cannot be written.
    pub fn run(self) -> anyhow::Result<Exit> {
        let config = super::settings::file(self.config.as_deref())?;
        let place = Place::open(&self.output)?;
        let collection = self.aws.collect(config, self.verbose)?;
        place.write(|file| file.write_all(collection.snapshot.to_json().as_bytes()))?;
        let snapshot = &collection.snapshot;
        say(&format!("{} written: {} calls answered, {} not", self.output.display(), snapshot.reads.len(), snapshot.gaps.len()));
        for gap in &snapshot.gaps {
            say(&format!("  could not read {}:{} in {}: {}", gap.service, gap.operation, gap.region, gap.code));
        }
        Ok(Exit::Clean)
    }
}

impl AwsArgs {
    fn collect(&self, mut config: Config, verbose: bool) -> anyhow::Result<Collection> {
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
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let bar = Arc::new(Bar::new());
        let collected = runtime.block_on(collect::collect(&options, Timestamp::now(), bar.clone()));
        bar.finish();
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
        Ok(collection)
    }
}

fn calls(collection: &Collection) {
    let total: u64 = collection.calls.values().sum();
    say(&format!("{total} calls, {} of them retried:", collection.retries));
    for (name, count) in &collection.calls {
        say(&format!("  {count:5}  {name}"));
    }
}
