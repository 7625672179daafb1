//! The spool of the feed: shared by runs at one time, and kept whole.

use std::collections::BTreeSet;

use super::*;

fn ids(text: &str) -> Vec<String> {
    let id = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("an event")["id"].as_str().expect("an id").to_owned();
    text.lines().map(id).collect()
}

#[test]
fn two_runs_that_share_a_spool_lose_no_event() {
    let at = folder();
    let text = account::text("leaky");
    for account in 0..3 {
        put(at.path(), &format!("{account}.json"), &text.replace("123456789012", &format!("{account}00000000000")));
    }
    for round in 0..2 {
        let run = |account: u32| {
            let mut command = pci_audit(at.path());
            command.args(["check", &format!("{account}.json"), "-o", &format!("json=r{account}.json"), "-o", &format!("feed=f{account}.ndjson")]);
            // Nobody listens on the port of "discard".
            command.args(["--feed-url", "http://127.0.0.1:9/", "--feed-timeout", "2", "--feed-spool", "spool"]);
            command.stderr(Stdio::null()).spawn().expect("the binary runs")
        };
        let children: Vec<_> = (0..3).map(run).collect();
        for mut child in children {
            assert_eq!(child.wait().expect("a child").code(), Some(1));
        }
        let made: BTreeSet<String> = (0..3).flat_map(|account| ids(&read(at.path(), &format!("f{account}.ndjson")))).collect();
        let waiting = ids(&read(at.path(), "spool"));
        let unique: BTreeSet<String> = waiting.iter().cloned().collect();
        assert!(!made.is_empty() && made.is_subset(&unique), "round {round}: {} of {} wait", unique.len(), made.len());
        assert_eq!(unique.len(), waiting.len(), "none waits twice");
        assert!(!at.path().join("spool.lock").exists());
    }
}

#[test]
fn an_event_that_a_report_speaks_of_is_never_replaced() {
    let at = folder();
    let arguments = ["-o", "json=r.json", "-o", "feed=f.ndjson", "--feed-url", "http://127.0.0.1:9/", "--feed-timeout", "1", "--feed-spool", "spool"];
    assert_eq!(run(at.path(), &[&["check", "leaky.json"][..], &arguments].concat()).code, 1);
    let first: BTreeSet<String> = ids(&read(at.path(), "spool")).into_iter().collect();
    assert!(!read(at.path(), "spool").contains("unreported"));
    // A second run of the same night, without memory of the first: it saw less.
    assert_eq!(run(at.path(), &[&["check", "plain.json"][..], &arguments].concat()).code, 0);
    let second: BTreeSet<String> = ids(&read(at.path(), "spool")).into_iter().collect();
    assert!(first.is_subset(&second), "{} of {}", second.len(), first.len());
    // What a run left that died before its report is replaced.
    let marked: String = read(at.path(), "spool").lines().map(|line| line.replacen('{', "{\"unreported\":true,", 1) + "\n").collect();
    put(at.path(), "spool", &marked);
    assert_eq!(run(at.path(), &[&["check", "plain.json"][..], &arguments].concat()).code, 0);
    let today: BTreeSet<String> = ids(&read(at.path(), "f.ndjson")).into_iter().collect();
    let waiting: BTreeSet<String> = ids(&fs::read_to_string(at.path().join("spool")).unwrap_or_default()).into_iter().collect();
    assert_eq!(waiting, today, "nothing of it is left");
    assert!(today.is_disjoint(&first));
}

#[cfg(unix)]
#[test]
fn a_header_that_is_no_text_is_an_error() {
    use std::os::unix::ffi::OsStrExt as _;
    let at = folder();
    let mut command = pci_audit(at.path());
    command.args(["check", "leaky.json", "-o", "json=r.json", "--feed-url", "http://127.0.0.1:9/"]);
    command.env("PCI_AUDIT_FEED_HEADER", std::ffi::OsStr::from_bytes(b"Authorization: \xff"));
    refused(&ends(&mut command), &["PCI_AUDIT_FEED_HEADER", "UTF-8"]);
}
