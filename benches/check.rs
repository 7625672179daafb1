//! How long `check` takes (load + facts + rules, no reporter) on generated, deterministic accounts of 10 to 10,000 pipelines,
//! beside the time that it takes to parse the same JSON into `serde_json::Value`.
//!
//! `cargo bench --no-default-features` prints a table; `cargo bench --no-default-features -- 10 100` measures these sizes.
//! Each size runs in a process of its own, so that its peak memory is its own.

mod generator;
mod peak;

use std::hint::black_box;
use std::time::{Duration, Instant};

use pci_audit::config::Config;
use pci_audit::engine;
use pci_audit::facts::Index;
use pci_audit::model::Snapshot;
use pci_audit::rules::RuleSet;

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
/// Runs per size, more where they are short; the median counts.
const RUNS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--bench")).collect();
    if let [only, size] = arguments.as_slice()
        && only == "--one"
    {
        return measure(size.parse().expect("a number of pipelines"));
    }
    let asked: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    println!(
        "{:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7} {:>9} {:>10}",
        "pipelines", "MiB JSON", "findings", "Value ms", "load ms", "check ms", "ratio", "us/pipe", "peak MiB"
    );
    for size in if asked.is_empty() { SIZES.to_vec() } else { asked } {
        let program = std::env::current_exe().expect("this very program");
        let status = std::process::Command::new(program).args(["--one", &size.to_string()]).status().expect("it runs");
        assert!(status.success(), "the run for {size} pipelines failed");
    }
}

fn measure(pipelines: usize) {
    let text = generator::account(pipelines);
    let rules = RuleSet::builtin().expect("the built-in rules are sound");
    let config = Config::default();
    let mut load = Duration::ZERO;
    let mut findings = 0;
    let mut run = || {
        let started = Instant::now();
        let snapshot = Snapshot::parse(&text, "generated").expect("a snapshot");
        load = started.elapsed();
        findings = black_box(engine::evaluate(&Index::new(&snapshot), &config, &rules)).findings.len();
    };
    // Once before the parse into values, which holds several times as much.
    run();
    let peak = peak::peak_mib();
    let mut parse = || drop(black_box(serde_json::from_str::<serde_json::Value>(&text).expect("JSON")));
    // By turns, so that a machine that is busy for a while slows both.
    let (values, checks) = (0..(1_000 / pipelines).clamp(RUNS, 5 * RUNS)).map(|_| (timed(&mut parse), timed(&mut run))).unzip();
    let (value, check) = (median(values), median(checks));
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
    println!(
        "{pipelines:>9} {:>9.1} {findings:>9} {:>9.1} {:>9.1} {:>9.1} {:>7.1} {:>9.0} {:>10.0}",
        text.len() as f64 / 1_048_576.0,
        milliseconds(value),
        milliseconds(load),
        milliseconds(check),
        check.as_secs_f64() / value.as_secs_f64(),
        check.as_secs_f64() * 1e6 / pipelines as f64,
        peak,
    );
}

fn timed(run: &mut impl FnMut()) -> Duration {
    let started = Instant::now();
    run();
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
