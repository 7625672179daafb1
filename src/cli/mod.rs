//! The command line: one file a verb. The only place that reads files named by people, the environment and the clock.

mod audit;
#[cfg_attr(not(feature = "aws"), allow(dead_code, reason = "without the collector only the reference of the configuration asks for it"))]
mod aws;
mod baseline;
mod check;
mod config_reference;
mod demo;
mod diff;
mod feed;
mod generate;
mod lock;
mod output;
mod query;
mod rules;
mod settings;
mod stderr;
mod variables;
mod waive;

#[cfg(feature = "aws")]
mod interrupt;
#[cfg(feature = "aws")]
mod progress;
#[cfg(feature = "aws")]
mod scan;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::gate::Exit;

/// Audits AWS data pipelines (RDS → DMS → Redshift/S3) against PCI DSS, and never passes what it could not read.
#[derive(Debug, Parser)]
#[command(name = "pci-audit", version, propagate_version = true, max_term_width = 110, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  pci-audit demo                                       see what a scan says, without an account
  pci-audit scan --region eu-west-1                    collect, check, report
  pci-audit scan --all-regions -o table -o json=report.json -o sarif=report.sarif
  pci-audit collect --region eu-west-1 -o account.json, then: pci-audit check account.json
  pci-audit query reach --from internet --to orders-db --snapshot account.json
  pci-audit generate iam-policy                        the read-only policy that a scan needs

Exit codes:
  0  nothing open at or above --severity
  1  open findings
  2  usage, configuration, rule or internal error, or nothing could be read
  3  evidence is incomplete (and no --allow-unknown)
  130, 143  interrupted (Ctrl-C, SIGTERM); what was read is beside the snapshot's file, as .partial.json";

#[derive(Debug, Subcommand)]
enum Command {
    /// Collect a snapshot of the live account, check it and report
    #[cfg(feature = "aws")]
    Scan(scan::Scan),
    /// Collect a snapshot of the live account into a file
    #[cfg(feature = "aws")]
    Collect(scan::Collect),
    /// Check a snapshot offline and report
    Check(check::Check),
    /// Ask a snapshot a question: who can do what, and whether one can reach another
    Query(query::Query),
    /// Print a waiver of one finding, ready to be put into pci-audit.toml
    Waive(waive::Waive),
    /// Look after waivers and attestations
    Waivers(waive::Waivers),
    /// Keep what is accepted: accept findings, see what accepting would change, or make a baseline of a report
    Baseline(baseline::Baseline),
    /// Compare two snapshots, or two JSON reports: what appeared, vanished, changed
    Diff(diff::Diff),
    /// List, show, test or start rules
    Rules(rules::Rules),
    /// Print what derives from the program: IAM policy, schemas, completions, manual page
    Generate(generate::Generate),
    /// Check the embedded example account; needs no AWS access
    Demo(demo::Demo),
}

/// Stack of every thread that may evaluate an expression: the interpreter recurses as deep as that nests. Reserved, not used.
const STACK: usize = 64 << 20;

/// Parses the command line, runs it, and turns what happened into the exit code.
pub fn main() -> ExitCode {
    // Only the first of a process succeeds; there is no other.
    let _ = rayon::ThreadPoolBuilder::new().stack_size(STACK).build_global();
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(answer);
    thread.ok().and_then(|thread| thread.join().ok()).unwrap_or_else(|| ExitCode::from(u8::from(Exit::Error)))
}

fn answer() -> ExitCode {
    let parsed = command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command())));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            stderr::usage(&error);
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let done = variables::check(std::env::vars_os().map(|(name, _)| name)).and_then(|()| run(cli.command));
    #[cfg(feature = "aws")]
    if let Some(interrupted) = done.as_ref().err().and_then(|error| error.downcast_ref::<interrupt::Interrupted>()) {
        return ExitCode::from(interrupted.code);
    }
    let exit = done.unwrap_or_else(|error| {
        stderr::complain(&error);
        Exit::Error
    });
    ExitCode::from(u8::from(exit))
}

/// The command line. Its help names variables and never their values: they may be secrets.
fn command() -> clap::Command {
    fn quiet(command: clap::Command) -> clap::Command {
        command.mut_args(|argument| argument.hide_env_values(true)).mut_subcommands(quiet)
    }
    quiet(Cli::command())
}

fn run(command: Command) -> anyhow::Result<Exit> {
    match command {
        #[cfg(feature = "aws")]
        Command::Scan(command) => command.run(),
        #[cfg(feature = "aws")]
        Command::Collect(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Query(command) => command.run(),
        Command::Waive(command) => command.run(),
        Command::Waivers(command) => command.run(),
        Command::Baseline(command) => command.run(),
        Command::Diff(command) => command.run(),
        Command::Rules(command) => command.run(),
        Command::Generate(command) => command.run(),
        Command::Demo(command) => command.run(),
    }
}
