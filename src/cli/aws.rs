//! How AWS is reached and which regions are read: flags over environment over file. Known without the collector too, for the reference of the configuration.

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, FromArgMatches};

use crate::config::Config;

/// Flags that say what to collect.
#[derive(Debug, Args)]
#[command(next_help_heading = "AWS")]
pub(super) struct AwsArgs {
    #[command(flatten)]
    regions: Regions,
    /// Profile of the shared AWS configuration
    #[arg(long, value_name = "NAME", env = "PCI_AUDIT_PROFILE")]
    profile: Option<String>,
    /// Role to assume before anything is read
    #[arg(long, value_name = "ARN", env = "PCI_AUDIT_ROLE_ARN")]
    role_arn: Option<String>,
    /// External id for that role
    #[arg(long, value_name = "ID", env = "PCI_AUDIT_EXTERNAL_ID")]
    external_id: Option<String>,
    /// Requests in flight per service and region
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub in_flight: u16,
    /// Seconds that one call may take, with all its retries
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub call_timeout: u64,
}

impl AwsArgs {
    /// Puts what flags and environment say over the file.
    pub(super) fn put_over(&self, config: &mut Config) {
        self.regions.0.put_over(config);
        config.profile = self.profile.clone().or(config.profile.take());
        config.role_arn = self.role_arn.clone().or(config.role_arn.take());
        config.external_id = self.external_id.clone().or(config.external_id.take());
    }
}

/// An external id goes with a role: alone it would be ignored.
///
/// # Errors
/// Where that is not so.
pub(super) fn check(config: &Config) -> anyhow::Result<()> {
    if config.external_id.is_some() && config.role_arn.is_none() {
        anyhow::bail!("an external id is for a role: --external-id (or PCI_AUDIT_EXTERNAL_ID, external-id) needs a --role-arn");
    }
    Ok(())
}

/// Two flags that answer one question.
#[derive(Debug, Args)]
struct WhichRegions {
    /// Region to scan; several times for several [default: the one configured for AWS]
    #[arg(long, value_name = "REGION", value_delimiter = ',', env = "PCI_AUDIT_REGION")]
    region: Vec<String>,
    /// Scan every region that the account has enabled
    #[arg(long, value_name = "BOOL", env = "PCI_AUDIT_ALL_REGIONS", value_parser = clap::builder::BoolishValueParser::new(), num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    all_regions: Option<bool>,
}

impl WhichRegions {
    fn put_over(&self, config: &mut Config) {
        if !self.region.is_empty() {
            config.region.clone_from(&self.region);
            config.all_regions = None;
        }
        if let Some(all) = self.all_regions {
            config.all_regions = Some(all);
        }
    }
}

/// The same, where the stronger of the two is left: `--all-regions` must win over `PCI_AUDIT_REGION`, which clap by itself would call a conflict.
#[derive(Debug)]
struct Regions(WhichRegions);

impl FromArgMatches for Regions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut which = WhichRegions::from_arg_matches(matches)?;
        match matches.value_source("region").cmp(&matches.value_source("all_regions")) {
            _ if which.region.is_empty() || which.all_regions != Some(true) => {}
            std::cmp::Ordering::Greater => which.all_regions = None,
            std::cmp::Ordering::Less => which.region.clear(),
            std::cmp::Ordering::Equal => {
                return Err(clap::Error::raw(ErrorKind::ArgumentConflict, "--region and --all-regions contradict each other: give one of them\n"));
            }
        }
        Ok(Self(which))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Regions {
    fn augment_args(command: clap::Command) -> clap::Command {
        WhichRegions::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        WhichRegions::augment_args_for_update(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_external_id_without_a_role_is_an_error() {
        let config = |text: &str| Config::parse(text, "f").unwrap();
        assert!(check(&config("external-id = 'x'")).is_err_and(|error| error.to_string().contains("--role-arn")));
        assert!(check(&config("external-id = 'x'\nrole-arn = 'arn:aws:iam::111122223333:role/audit'")).is_ok());
        assert!(check(&config("")).is_ok());
    }
}
