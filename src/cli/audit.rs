//! Snapshot → reports: the part that `scan`, `check` and `demo` share.

use std::io::Write;

use sha2::{Digest, Sha256};

use super::output::{self, Output, Places};
use super::settings::Settings;
use super::stderr::{self, say};
use crate::config::Config;
use crate::engine;
use crate::evidence::Index;
use crate::finding::hexadecimal;
use crate::gate::{Exit, Gate};
use crate::model::Snapshot;
use crate::report::{self, Format, TableStyle, View, feed};

/// Evaluates, decides, then writes every output to its place.
///
/// # Errors
/// Where an output cannot be written; the others are written all the same.
pub(super) fn report(snapshot: &Snapshot, settings: &Settings, mut places: Places) -> anyhow::Result<Exit> {
    let account = &snapshot.caller.account;
    if let Some(baseline) = settings.baseline.as_ref().filter(|baseline| baseline.account != *account) {
        anyhow::bail!("the baseline was made for account {}, this is account {account}", baseline.account);
    }
    if let Some(previous) = settings.previous.as_ref().filter(|previous| previous.run.account != *account) {
        anyhow::bail!("the report of the run before is of account {}, this is account {account}", previous.run.account);
    }
    // What is open today would be told as new, and what was mended since as open again.
    if let Some(previous) = settings.previous.as_ref().filter(|previous| previous.run.taken_at > snapshot.taken_at) {
        let (then, now) = (previous.run.taken_at, snapshot.taken_at);
        anyhow::bail!("the report of the run before is of {then}, and this account was read at {now}: give the report of an earlier run");
    }
    if settings.baseline.as_ref().is_some_and(|baseline| baseline.is_report) {
        say(
            "warning: --baseline is a whole report: what was open in it stays open. Give it as --previous, and keep what is accepted with `pci-audit baseline accept`",
        );
    }
    let (view, exit) = view(snapshot, settings)?;
    if exit == Exit::Error {
        stderr::broken(&view);
    }
    publish(&view, settings.previous.as_ref(), settings, &mut places)?;
    Ok(exit)
}

/// Evaluates and decides: the report, and what the process answers.
///
/// # Errors
/// None that is known: a configuration has a JSON form.
pub(super) fn view(snapshot: &Snapshot, settings: &Settings) -> anyhow::Result<(View, Exit)> {
    let index = Index::new(snapshot);
    let evaluation = engine::evaluate(&index, &settings.config, &settings.rules);
    let gate = Gate {
        policy: settings.policy,
        index: &index,
        watched: &evaluation.watched,
        waivers: &settings.config.waivers,
        attests: &settings.config.attest,
        retired: &settings.config.retired,
        allow_empty: &settings.config.allow_empty,
        baseline: settings.baseline.as_ref(),
        rules: &settings.rules.rules.keys().map(ToString::to_string).collect(),
    };
    let judgement = gate.judge(evaluation.findings);
    let hashes = report::Hashes {
        snapshot: hex(snapshot.to_json().as_bytes()),
        config: hex(&serde_json::to_vec(&deciding(&settings.config))?),
        rules: settings.rules.hash.clone(),
    };
    let seen = report::Seen { listings: &evaluation.listings, watched: &evaluation.watched };
    let Settings { rules, config, policy, baseline, .. } = settings;
    let terms = report::Terms { rules, config, policy: *policy, baseline: baseline.as_ref() };
    let mut view = report::build(&index, seen, &judgement, terms, hashes);
    report::ticket::carry(&mut view, settings.previous.as_ref(), &judgement.sight);
    Ok((view, judgement.decision.exit))
}

/// Writes every output and sends the feed, in the order that the head of [`report::feed`] gives reasons for: the feed, what waits to be sent, the report;
/// then the network.
fn publish(view: &View, previous: Option<&View>, settings: &Settings, places: &mut Places) -> anyhow::Result<()> {
    let mut failed = None;
    let feeds = |output: &&Output| output.format == Format::Feed;
    let mut waiting = None;
    if settings.delivery.is_some() || settings.outputs.iter().any(|output| feeds(&output)) {
        let events = feed::events(previous, view);
        for output in settings.outputs.iter().filter(feeds) {
            if let Err(error) = write_feed(output, &events, places) {
                failed.get_or_insert(error);
            }
        }
        match settings.delivery.as_ref().map(|delivery| delivery.queue(view, previous, &events)).transpose() {
            Ok(queued) => waiting = queued,
            Err(error) => _ = failed.get_or_insert(error),
        }
        if !settings.outputs.iter().any(|output| output.format == Format::Json) {
            say("warning: feed: without -o json=FILE the next run has no report to compare with, and sends these events again");
        }
    }
    let stateless = failed.is_some();
    // Where events were lost, no report may know of them.
    let skipped = |output: &&Output| feeds(output) || (stateless && output.format == Format::Json);
    for output in settings.outputs.iter().filter(|output| !skipped(output)) {
        if let Err(error) = write(output, view, settings.verbose, places) {
            failed.get_or_insert(error);
        }
    }
    match (failed, waiting) {
        (Some(error), _) => Err(error),
        (None, Some(waiting)) => waiting.send(),
        (None, None) => Ok(()),
    }
}

fn write_feed(output: &Output, events: &[feed::Event<'_>], places: &mut Places) -> anyhow::Result<()> {
    let lines = |out: &mut dyn Write| events.iter().try_for_each(|event| out.write_all(feed::line(event).as_bytes()));
    match &output.file {
        Some(path) => places.take(path)?.write(lines),
        None => {
            let mut stdout = std::io::BufWriter::new(std::io::stdout().lock());
            // In words alone: a reader that went away before the end is an error here, though it is none for a report.
            lines(&mut stdout).and_then(|()| stdout.flush()).map_err(|error| anyhow::anyhow!("cannot write the feed to stdout: {error}"))
        }
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
        baseline: None,
        previous: None,
        waivers_file: None,
        feed: crate::config::Feed { questions: config.feed.questions, ..Default::default() },
        ..config.clone()
    }
}

fn write(output: &Output, view: &View, verbose: bool, places: &mut Places) -> anyhow::Result<()> {
    match &output.file {
        Some(path) => {
            let style = TableStyle { width: output::FILE_WIDTH, color: false, verbose };
            places.take(path)?.write(|file| report::write(output.format, view, &style, file))
        }
        None => {
            let mut stdout = output::stdout();
            let width = if output.format == Format::Table { output::width() } else { output::WIDTH };
            let mut text = Vec::new();
            report::write(output.format, view, &TableStyle { width, color: output.format == Format::Table, verbose }, &mut text)?;
            stdout.write_all(&text)?;
            stdout.flush()?;
            Ok(())
        }
    }
}

/// What is to be said first of a snapshot whose collection was ended before its time.
pub(super) fn partial(snapshot: &Snapshot) -> Option<String> {
    let open = Some(snapshot.interrupted()).filter(|open| *open > 0)?;
    Some(format!("a partial snapshot: {}", report::interruption(open)))
}

fn hex(bytes: &[u8]) -> String {
    hexadecimal(Sha256::digest(bytes))
}
