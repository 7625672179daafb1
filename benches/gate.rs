//! What a night costs beyond the verdicts: as many findings against a baseline of as many, of which a tenth is new and a tenth is gone.
//!
//! `cargo bench --no-default-features --bench gate` prints a table. Each row runs in a process of its own; `before` and `peak` are its memory
//! after the verdicts and after all.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

mod generator;
mod peak;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use pci_audit::config::{Config, FailOn};
use pci_audit::engine::{self, Evaluation};
use pci_audit::evidence::Index;
use pci_audit::finding::Finding;
use pci_audit::gate::{Baseline, Gate, Judgement, Policy};
use pci_audit::model::Snapshot;
use pci_audit::report::{self, Format, Hashes, Seen, TableStyle, Terms, View, feed, ticket};
use pci_audit::rules::RuleSet;

/// Pipelines of the rows; each has about 118 findings.
const SIZES: [usize; 4] = [85, 425, 850, 1_700];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--bench")).collect();
    match arguments.as_slice() {
        [what, folder] if what == "--yesterday" => return yesterday(folder.as_ref()),
        [what, folder] if what == "--tonight" => return tonight(folder.as_ref()),
        _ => {}
    }
    println!(
        "{:>9} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>10} {:>9}",
        "findings", "baseline", "load ms", "judge ms", "build ms", "json ms", "feed ms", "events", "before MiB", "peak MiB"
    );
    for pipelines in SIZES {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("account.json"), generator::account(pipelines)).expect("the account is written");
        for what in ["--yesterday", "--tonight"] {
            let program = std::env::current_exe().expect("this very program");
            let status = std::process::Command::new(program).arg(what).arg(folder.path()).status().expect("it runs");
            assert!(status.success(), "{what} of {pipelines} pipelines failed");
        }
    }
}

/// Makes the baseline: the report of the same account, in which every tenth finding was another one.
fn yesterday(folder: &Path) {
    let night = Night::of(folder);
    let mut view = night.report(&night.judge(None, night.evaluation.findings.clone()));
    for finding in view.findings.iter_mut().step_by(10) {
        finding.fingerprint = finding.fingerprint.chars().rev().collect();
    }
    let mut file = std::io::BufWriter::new(std::fs::File::create(folder.join("yesterday.json")).expect("a file"));
    report::write(Format::Json, &view, &TableStyle { width: 80, color: false, verbose: false }, &mut file).expect("written");
}

fn tonight(folder: &Path) {
    let night = Night::of(folder);
    let before = peak::peak_mib();
    let (text, load) = timed(|| std::fs::read_to_string(folder.join("yesterday.json")).expect("the baseline"));
    let ((baseline, previous), parse) = timed(|| {
        let previous: View = serde_json::from_str(&text).expect("a report");
        (Baseline::parse(&text, "yesterday").expect("a baseline"), previous)
    });
    drop(text);
    let findings = night.evaluation.findings.clone();
    let (judgement, judge) = timed(|| night.judge(Some(&baseline), findings));
    let (view, build) = timed(|| {
        let mut view = night.report(&judgement);
        ticket::carry(&mut view, Some(&previous), &judgement.sight);
        view
    });
    let style = TableStyle { width: 80, color: false, verbose: false };
    let ((), json) = timed(|| report::write(Format::Json, &view, &style, &mut std::io::sink()).expect("a sink takes all"));
    let (events, feed) = timed(|| {
        let events = feed::events(Some(&previous), &view);
        events.iter().map(|event| feed::line(event).len()).filter(|length| *length > 0).count()
    });
    println!(
        "{:>9} {:>9} {:>8.0} {judge:>8.0} {build:>8.0} {json:>8.0} {feed:>8.0} {events:>8} {before:>10.0} {:>9.0}",
        view.findings.len(),
        baseline.findings.len(),
        load + parse,
        peak::peak_mib(),
    );
}

/// Everything that does not change between the runs.
struct Night {
    index: Index<'static>,
    config: Config,
    rules: RuleSet,
    rule_ids: BTreeSet<String>,
    evaluation: Evaluation,
}

impl Night {
    fn of(folder: &Path) -> Self {
        let snapshot = Snapshot::load(&folder.join("account.json")).expect("a snapshot");
        let index = Index::new(Box::leak(Box::new(snapshot)));
        let (config, rules) = (Config::default(), RuleSet::builtin().expect("the built-in rules are sound"));
        let evaluation = engine::evaluate(&index, &config, &rules);
        let rule_ids = rules.rules.keys().map(ToString::to_string).collect();
        Self { index, config, rules, rule_ids, evaluation }
    }

    fn judge<'a>(&'a self, baseline: Option<&'a Baseline>, findings: Vec<Finding>) -> Judgement<'a> {
        let fail_on = if baseline.is_some() { FailOn::New } else { FailOn::Any };
        let gate = Gate {
            policy: Policy { fail_on, ..Policy::default() },
            index: &self.index,
            watched: &self.evaluation.watched,
            waivers: &self.config.waivers,
            attests: &self.config.attest,
            retired: &self.config.retired,
            allow_empty: &self.config.allow_empty,
            baseline,
            rules: &self.rule_ids,
        };
        gate.judge(findings)
    }

    fn report(&self, judgement: &Judgement<'_>) -> View {
        let hashes = Hashes { snapshot: String::new(), config: String::new(), rules: self.rules.hash.clone() };
        let seen = Seen { listings: &self.evaluation.listings, watched: &self.evaluation.watched };
        let terms = Terms { rules: &self.rules, config: &self.config, policy: Policy::default(), baseline: None };
        report::build(&self.index, seen, judgement, terms, hashes)
    }
}

/// What it made, and its milliseconds.
fn timed<T>(run: impl FnOnce() -> T) -> (T, f64) {
    let started = Instant::now();
    let made = run();
    (made, started.elapsed().as_secs_f64() * 1e3)
}
