//! A real signal in the middle of a slow scan: what was read is kept where a file was asked for, and nothing unread counts as read.

#![cfg(unix)]

use std::path::Path;
use std::time::{Duration, Instant};

use pci_audit::finding::Verdict;
use pci_audit::model::Snapshot;
use serde_json::json;

use crate::aws::{Aws, REGION, Started};

/// Calls that hang: the first round is through when they are asked.
const SLOW: &str = "rds:DescribeDBParameters";

/// Waits until a call was sent.
fn await_call(aws: &Aws, call: &str) {
    let since = Instant::now();
    while !aws.calls().contains_key(call) {
        assert!(since.elapsed() < Duration::from_secs(30), "{call} was never sent: {:?}", aws.calls());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A scan that is interrupted while a call hangs; how it ended.
fn interrupted(aws: &Aws, arguments: &[&str], signal: &str) -> (Started, crate::aws::Run) {
    aws.faults(json!({"delay": {SLOW: 60}}));
    let mut scan = aws.spawn(arguments, &[]);
    await_call(aws, SLOW);
    scan.signal(signal);
    let run = scan.wait();
    assert!(run.took < Duration::from_secs(20), "{:?}", run.took);
    assert!(run.view.is_none() && run.stdout.is_empty() && run.stderr.contains("interrupted"), "{}{}", run.stdout, run.stderr);
    (scan, run)
}

fn load(folder: &Path, name: &str) -> Snapshot {
    Snapshot::load(&folder.join(name)).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn what_was_read_is_kept_beside_the_snapshot_and_what_was_not_is_a_gap() {
    let aws = Aws::with("healthy");
    let calm = aws.scan(&[]);
    for (signal, code, verb) in [("INT", 130, "scan"), ("TERM", 143, "scan"), ("TERM", 143, "collect")] {
        let file = if verb == "scan" { "--snapshot" } else { "-o" };
        let (scan, run) = interrupted(&aws, &[verb, "--region", REGION, file, "account.json"], signal);
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        assert!(!scan.home.path().join("account.json").exists() && run.stderr.contains("account.partial.json"), "{}", run.stderr);
        let part = load(scan.home.path(), "account.partial.json");
        assert!(part.reads.len() > 10 && part.interrupted() > 5, "{} reads, {} gaps", part.reads.len(), part.gaps.len());
        let open = |call: &str| part.gaps.iter().any(|gap| format!("{}:{}", gap.service, gap.operation) == call && gap.code == "Interrupted");
        // One that was under way, one of the same round, one of the next.
        for call in [SLOW, "s3:GetBucketPolicy"] {
            assert!(open(call), "{call}: {:?}", part.gaps);
        }
        aws.faults(json!({}));
        let path = scan.home.path().join("account.partial.json");
        let check = aws.run(&["check", path.to_str().expect("UTF-8")], &[]);
        assert!(check.stderr.lines().next().is_some_and(|line| line.contains("partial snapshot")), "{}", check.stderr);
        assert_eq!(check.code, Some(3), "{}", check.stderr);
        let (whole, now) = (calm.verdicts(), check.verdicts());
        let made_up: Vec<_> = now.iter().filter(|(at, verdict)| **verdict != Verdict::Unknown && whole.get(*at) != Some(*verdict)).collect();
        assert!(made_up.is_empty(), "{made_up:?}");
    }
}

#[test]
fn without_a_file_for_the_snapshot_nothing_is_kept() {
    let aws = Aws::with("healthy");
    let (scan, run) = interrupted(&aws, &["scan", "--region", REGION], "INT");
    assert_eq!(run.code, Some(130), "{}", run.stderr);
    let left: Vec<_> = std::fs::read_dir(scan.home.path()).expect("a folder").map(|entry| entry.expect("readable").file_name()).collect();
    assert!(left.iter().all(|name| name == "stdout" || name == "stderr"), "{left:?}");
}

#[test]
fn before_anything_is_read_a_signal_leaves_no_file() {
    let aws = Aws::with("empty");
    aws.faults(json!({"delay": {"sts:*": 60}}));
    let mut scan = aws.spawn(&["scan", "--region", REGION, "--snapshot", "account.json"], &[]);
    await_call(&aws, "sts:GetCallerIdentity");
    scan.signal("TERM");
    let run = scan.wait();
    assert_eq!(run.code, Some(143), "{}", run.stderr);
    assert!(!scan.home.path().join("account.partial.json").exists() && run.took < Duration::from_secs(20), "{}", run.stderr);
}

#[test]
fn a_whole_snapshot_says_which_version_wrote_it() {
    let aws = Aws::with("empty");
    let mut scan = aws.spawn(&["collect", "--region", REGION, "-o", "account.json"], &[]);
    let run = scan.wait();
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let snapshot = load(scan.home.path(), "account.json");
    assert_eq!(snapshot.written_by.as_deref(), Some(concat!("pci-audit ", env!("CARGO_PKG_VERSION"))));
    assert!(snapshot.interrupted() == 0 && run.stderr.contains("calls answered") && run.stderr.contains(" in "), "{}", run.stderr);
}
