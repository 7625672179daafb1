//! The script for cron, run night for night against a `pci-audit` that answers as it is told: yesterday's report moves on with a verdict and stays without one,
//! and a crash at any step loses no ticket event.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::{is_bash, path, path_with, program, text};

const SCRIPT: &str = "examples/cron/pci-audit-nightly";

/// Reports are numbers here: `night` is tonight's, `answer` its exit code, and the feed says from which report to which it goes.
const PCI_AUDIT: &str = r#"from=none
while [ $# -gt 0 ]; do case $1 in --previous) from=$(cat "$2") ;; feed=*) feed=${1#*=} ;; json=*) report=${1#*=} ;; markdown=*) words=${1#*=} ;; esac; shift; done
echo "says something"
[ "$(cat answer)" = 2 ] || echo "$from $(cat night)" >"$feed"
cat night >"$report"
echo "night $(cat night)" >"$words"
exit "$(cat answer)""#;

/// A tracker that keeps what it gets.
const DELIVER: &str = r#"cat "$1" >>delivered"#;

struct Nights {
    folder: tempfile::TempDir,
}

impl Nights {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        program(&folder.path().join("bin"), "pci-audit", PCI_AUDIT);
        program(folder.path(), "deliver", DELIVER);
        Self { folder }
    }

    fn at(&self) -> &Path {
        self.folder.path()
    }

    fn night(&self, number: u32, answer: u32) -> Output {
        fs::write(self.at().join("night"), number.to_string()).expect("written");
        fs::write(self.at().join("answer"), answer.to_string()).expect("written");
        let mut command = Command::new(path(SCRIPT));
        command.env_clear().env("PATH", path_with(&self.at().join("bin"))).env("AUDIT_STATE", self.at());
        command.output().expect("the script runs")
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at().join(name)).unwrap_or_default()
    }

    /// What the tracker got, each once: it knows events by their ids.
    fn delivered(&self) -> Vec<String> {
        let mut events: Vec<String> = Vec::new();
        for line in self.read("delivered").lines() {
            if !events.iter().any(|event| event == line) {
                events.push(line.to_owned());
            }
        }
        events
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("a code")
}

#[test]
fn it_is_a_script() {
    assert!(is_bash(&text(SCRIPT)));
}

#[test]
fn yesterday_moves_on_with_a_verdict_and_stays_without_one() {
    let nights = Nights::new();
    for (number, answer, yesterday) in [(1, 1, "1"), (2, 0, "2"), (3, 2, "2"), (4, 3, "4"), (5, 101, "4"), (6, 0, "6")] {
        let output = nights.night(number, answer);
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        let expected = match answer {
            0 => "",
            1 => "open findings\nnight 1",
            3 => "evidence is incomplete",
            _ => "no verdict",
        };
        assert_eq!(code(&output), if answer > 3 { 2 } else { i32::try_from(answer).expect("small") }, "{said}");
        assert!(
            if answer == 0 { said.is_empty() } else { said.contains(expected) },
            "cron mails what is said, and a quiet night says nothing: {said}"
        );
        assert_eq!(nights.read("yesterday.json"), yesterday, "night {number}");
    }
    assert_eq!(nights.delivered(), ["none 1", "1 2", "2 4", "4 6"]);
    assert_eq!(fs::read_dir(nights.at().join("reports")).expect("a folder").count() + usize::from(nights.at().join("decided").exists()), 4);
}

#[test]
fn a_tracker_that_is_down_holds_the_next_run_up_and_loses_nothing() {
    let nights = Nights::new();
    nights.night(1, 0);
    program(nights.at(), "deliver", "exit 1");
    assert_eq!(code(&nights.night(2, 0)), 2);
    assert_eq!(code(&nights.night(3, 0)), 2, "its events would come after those that wait");
    program(nights.at(), "deliver", DELIVER);
    assert_eq!(code(&nights.night(4, 0)), 0);
    assert_eq!(nights.delivered(), ["none 1", "1 2", "2 4"]);
}

/// Each program that the script starts is let die with it, before and after its work, at each time it is started.
#[test]
fn a_crash_at_any_step_loses_and_invents_nothing() {
    let mut crashes = 0;
    for name in ["pci-audit", "deliver", "cat", "cp", "mv", "mkdir", "rm", "sync", "date"] {
        for when in ["before", "after"] {
            for time in 1..=4 {
                crashes += usize::from(crash(name, when, time));
            }
        }
    }
    assert!(crashes >= 20, "{crashes}: the crashes do not happen");
}

/// Whether there was a crash in the second night of three.
fn crash(name: &str, when: &str, time: usize) -> bool {
    let nights = Nights::new();
    assert_eq!(code(&nights.night(1, 0)), 0);
    let folder = if name == "deliver" { nights.at().to_owned() } else { nights.at().join("bin") };
    let real = match name {
        "pci-audit" => PCI_AUDIT.replace("exit \"$(cat answer)\"", "code=$(cat answer)"),
        "deliver" => DELIVER.to_owned(),
        _ => format!("PATH=${{PATH#*:}} {name} \"$@\"; code=$?"),
    };
    let dies = format!("echo >>times; [ \"$(wc -l <times)\" -eq {time} ] && kill -9 $PPID");
    let (before, after) = if when == "before" { (format!("{dies} && exit"), "") } else { (String::new(), dies.as_str()) };
    program(&folder, name, &format!("{before}\ncode=0\n{real}\n{after}\nexit $code"));
    let crashed = nights.night(2, 1).status.code().is_none();
    // Mended.
    match name {
        "pci-audit" => program(&folder, name, PCI_AUDIT),
        "deliver" => program(&folder, name, DELIVER),
        _ => fs::remove_file(folder.join(name)).expect("removed"),
    }
    // A verdict that was not carried out in its own night counts in the next one.
    let owed = i32::from(nights.at().join("decided").exists());
    let yesterday = nights.read("yesterday.json");
    assert!(["1", "2"].contains(&yesterday.as_str()), "{name} {when} {time}: {yesterday:?}");
    assert_eq!(code(&nights.night(3, 0)), owed, "{name} {when} {time}");
    // An unbroken chain: each event begins where the one before ended.
    let chain = nights.delivered();
    let whole = [vec!["none 1", "1 2", "2 3"], vec!["none 1", "1 3"]];
    assert!(whole.iter().any(|whole| *whole == chain), "{name} {when} {time}: {chain:?}");
    assert_eq!(nights.read("yesterday.json"), "3");
    crashed
}
