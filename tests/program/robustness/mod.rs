//! No input breaks the binary, and no fault is silent: rules of other people, files of every sort, readers that go away, hostile names, secrets.

mod declarations;
mod feed;
mod files;
mod rules;
mod snapshots;
mod words;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::support::account;
use crate::support::command::{Said, pci_audit, run, said};

/// Longest that any run here may take.
const LONG: Duration = Duration::from_secs(60);

/// A folder with the small account and the leaky one.
pub(crate) fn folder() -> tempfile::TempDir {
    let at = tempfile::tempdir().expect("a temporary folder");
    put(at.path(), "plain.json", &account::text("plain"));
    put(at.path(), "leaky.json", &account::text("leaky"));
    at
}

pub(crate) fn put(folder: &Path, name: &str, text: &str) {
    fs::create_dir_all(folder.join(name).parent().expect("a parent")).expect("a folder");
    fs::write(folder.join(name), text).expect("written");
}

pub(crate) fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("readable")
}

/// One error that names each of these, exit code 2, no panic, nothing on stdout, nothing that moves a cursor.
pub(crate) fn refused(said: &Said, words: &[&str]) {
    assert_eq!(said.code, 2, "{}{}", said.stdout, said.stderr);
    assert!(!said.stderr.contains("panicked"), "{}", said.stderr);
    assert_eq!(said.stdout, "");
    for word in words {
        assert!(said.stderr.contains(word), "{word} is not in: {}", said.stderr);
    }
}

/// Runs a command that must end by itself.
pub(crate) fn ends(command: &mut Command) -> Said {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
    let (id, (ended, end)) = (child.id(), mpsc::channel());
    std::thread::spawn(move || ended.send(child.wait_with_output()));
    match end.recv_timeout(LONG) {
        Ok(output) => said(output.expect("a child")),
        Err(_) => {
            let _ = Command::new("kill").arg(id.to_string()).status();
            panic!("{command:?} did not end in {LONG:?}");
        }
    }
}

/// A shell command with the binary as `$P`.
pub(crate) fn shell(folder: &Path, script: &str) -> Said {
    let mut command = Command::new("bash");
    command.arg("-c").arg(script).current_dir(folder).env_clear();
    command.env("P", env!("CARGO_BIN_EXE_pci-audit")).env("HOME", folder).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    ends(&mut command)
}
