//! How long `check` takes (load + facts + rules, no reporter) on generated, deterministic accounts of 10 to 10,000 pipelines,
//! beside the time that it takes to parse the same JSON into `serde_json::Value`.
//!
//! `cargo bench --no-default-features` prints a table; `cargo bench --no-default-features -- 10 100` measures these sizes.
//! Each size runs in processes of its own, one for the check and one for the values, so that neither pays for the other's memory and threads.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

mod generator;
mod peak;

use std::hint::black_box;
use std::time::{Duration, Instant};

use pci_audit::config::Config;
use pci_audit::engine;
use pci_audit::evidence::Index;
use pci_audit::model::Snapshot;
use pci_audit::rules::RuleSet;

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
/// Runs per size, more where they are short; the median counts.
const RUNS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--bench")).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--parse", size] => return parse(count(size)),
        ["--check", size] => return check(count(size)),
        _ => {}
    }
    let asked: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    println!(
        "{:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7} {:>9} {:>10}",
        "pipelines", "MiB JSON", "findings", "Value ms", "load ms", "check ms", "ratio", "us/pipe", "peak MiB"
    );
    for size in if asked.is_empty() { SIZES.to_vec() } else { asked } {
        let [value] = in_its_own_process("--parse", size);
        let [mib, findings, load, check, peak] = in_its_own_process("--check", size);
        println!(
            "{size:>9} {mib:>9.1} {findings:>9} {value:>9.1} {load:>9.1} {check:>9.1} {:>7.1} {:>9.0} {peak:>10.0}",
            check / value,
            check * 1e3 / size as f64
        );
    }
}

fn count(text: &str) -> usize {
    text.parse().expect("a number of pipelines")
}

/// The figures that a run of this program prints.
fn in_its_own_process<const N: usize>(what: &str, size: usize) -> [f64; N] {
    let program = std::env::current_exe().expect("this very program");
    let output = std::process::Command::new(program).args([what, &size.to_string()]).output().expect("it runs");
    assert!(output.status.success(), "{what} {size} failed: {}", String::from_utf8_lossy(&output.stderr));
    let figures: Vec<f64> = String::from_utf8_lossy(&output.stdout).split_whitespace().map(|figure| figure.parse().expect("a figure")).collect();
    figures.try_into().expect("as many figures as were asked for")
}

/// Milliseconds to parse an account into values.
fn parse(pipelines: usize) {
    let text = generator::account(pipelines);
    println!("{}", median(pipelines, || drop(black_box(serde_json::from_str::<serde_json::Value>(&text).expect("JSON")))));
}

/// MiB of JSON, findings, milliseconds to load, to check with loading, peak MiB.
fn check(pipelines: usize) {
    let text = generator::account(pipelines);
    let rules = RuleSet::builtin().expect("the built-in rules are sound");
    let config = Config::default();
    let (mut load, mut findings) = (Duration::ZERO, 0);
    let mut run = || {
        let started = Instant::now();
        let snapshot = Snapshot::parse(&text, "generated").expect("a snapshot");
        load = started.elapsed();
        findings = black_box(engine::evaluate(&Index::new(&snapshot), &config, &rules)).findings.len();
    };
    run();
    let peak = peak::peak_mib();
    let check = median(pipelines, &mut run);
    println!("{} {findings} {} {check} {peak}", text.len() as f64 / 1_048_576.0, milliseconds(load));
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The median time of some runs, in milliseconds.
fn median(pipelines: usize, mut run: impl FnMut()) -> f64 {
    let timed = |_| {
        let started = Instant::now();
        run();
        milliseconds(started.elapsed())
    };
    let mut times: Vec<f64> = (0..(1_000 / pipelines).clamp(RUNS, 5 * RUNS)).map(timed).collect();
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}
