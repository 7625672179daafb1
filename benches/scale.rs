//! How long all facts take in a large account, each dimension by itself and all together: 10,000 roles of 20 statements,
//! 5,000 security groups, 2,000 subnets, 200 pipelines.
//!
//! `cargo bench --no-default-features --bench scale` prints a table. Each row runs in a process of its own, so that its peak memory is its own.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

mod crowd;
mod generator;
mod peak;

use std::hint::black_box;
use std::io::Write as _;
use std::time::Instant;

use crowd::Crowd;
use pci_audit::config::Config;
use pci_audit::evidence::Index;
use pci_audit::facts;
use pci_audit::model::Snapshot;

/// What is left of the others while one dimension grows.
const SMALL: Crowd = Crowd { pipelines: 10, roles: 100, groups: 100, subnets: 100 };
const WHOLE: Crowd = Crowd { pipelines: 200, roles: 10_000, groups: 5_000, subnets: 2_000 };

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--bench")).collect();
    if let [file] = arguments.as_slice() {
        return measure(file);
    }
    println!(
        "{:>9} {:>7} {:>7} {:>7} {:>9} {:>9} {:>9} {:>9}",
        "pipelines", "roles", "groups", "subnets", "MiB JSON", "subjects", "facts ms", "peak MiB"
    );
    let halves = |most: usize| [most / 4, most / 2, most];
    let mut rows = Vec::new();
    rows.extend(halves(WHOLE.pipelines).map(|pipelines| Crowd { pipelines, ..SMALL }));
    rows.extend(halves(WHOLE.roles).map(|roles| Crowd { roles, ..SMALL }));
    rows.extend(halves(WHOLE.groups).map(|groups| Crowd { groups, ..SMALL }));
    rows.extend(halves(WHOLE.subnets).map(|subnets| Crowd { subnets, ..SMALL }));
    rows.push(WHOLE);
    for row in rows {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), crowd::account(row)).expect("the account is written");
        print!("{:>9} {:>7} {:>7} {:>7} ", row.pipelines, row.roles, row.groups, row.subnets);
        std::io::stdout().flush().expect("stdout");
        let program = std::env::current_exe().expect("this very program");
        assert!(std::process::Command::new(program).arg(file.path()).status().expect("it runs").success(), "the run for {row:?} failed");
    }
}

fn measure(file: &str) {
    let snapshot = Snapshot::load(file.as_ref()).expect("a snapshot");
    let config = Config::default();
    let started = Instant::now();
    let subjects = black_box(facts::derive(&Index::new(&snapshot), &config)).len();
    let took = started.elapsed();
    let size = std::fs::metadata(file).map(|file| file.len()).unwrap_or_default();
    println!("{:>9.1} {subjects:>9} {:>9.0} {:>9.0}", size as f64 / 1_048_576.0, took.as_secs_f64() * 1e3, peak::peak_mib());
}
