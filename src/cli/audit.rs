//! Snapshot → reports: the part that `scan`, `check` and `demo` share.

use std::io::{IsTerminal, Write};

use sha2::{Digest, Sha256};

use super::output;
use super::settings::Settings;
use crate::config::Config;
use crate::engine;
use crate::facts::Index;
use crate::finding::hexadecimal;
use crate::gate::{self, Exit};
use crate::model::Snapshot;
use crate::report::{self, Format, TableStyle, View};

/// Evaluates, decides, then writes every output.
///
/// # Errors
/// Where an output cannot be written; the others are written all the same.
pub fn report(snapshot: &Snapshot, settings: &Settings) -> anyhow::Result<Exit> {
    let index = Index::new(snapshot);
    let findings = engine::evaluate(&index, &settings.config, &settings.rules);
    let decision = gate::decide(&findings, settings.policy);
    let hashes = report::Hashes {
        snapshot: hex(snapshot.to_json().as_bytes()),
        config: hex(&serde_json::to_vec(&deciding(&settings.config))?),
        rules: settings.rules.hash.clone(),
    };
    let view = report::build(&index, &findings, &settings.rules, &settings.config, settings.policy, decision, hashes);
    let mut failed = None;
    for output in &settings.outputs {
        if let Err(error) = write(output, &view, settings.verbose) {
            failed.get_or_insert(error);
        }
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(decision.exit),
    }
}

/// The part of the configuration that bears on verdicts: where reports go and how AWS was reached does not.
fn deciding(config: &Config) -> Config {
    Config {
        region: Vec::new(),
        all_regions: None,
        profile: None,
        role_arn: None,
        external_id: None,
        rules: None,
        output: Vec::new(),
        ..config.clone()
    }
}

fn write(output: &output::Output, view: &View, verbose: bool) -> anyhow::Result<()> {
    match &output.file {
        Some(path) => output::replace(path, |file| report::write(output.format, view, &TableStyle { width: 160, color: false, verbose }, file)),
        None => {
            let mut stdout = anstream::AutoStream::auto(std::io::stdout()).lock();
            let terminal = output.format == Format::Table && std::io::stdout().is_terminal();
            let width = if terminal { terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0)) } else { 120 };
            let mut text = Vec::new();
            report::write(output.format, view, &TableStyle { width, color: output.format == Format::Table, verbose }, &mut text)?;
            stdout.write_all(&text)?;
            stdout.flush()?;
            Ok(())
        }
    }
}

/// A word to people, beside the report.
#[allow(clippy::print_stderr, reason = "stdout carries the report and nothing else")]
pub fn say(text: &str) {
    eprintln!("{text}");
}

fn hex(bytes: &[u8]) -> String {
    hexadecimal(Sha256::digest(bytes))
}
