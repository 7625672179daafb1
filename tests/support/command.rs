//! The binary, run as a user would, with none of the developer's own environment.

use std::path::Path;
use std::process::{Command, Output};

/// A command with a scrubbed environment, in a folder of its own.
pub(crate) fn pci_audit(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pci-audit"));
    command.env_clear().current_dir(folder).env("HOME", folder).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// What a run said.
pub(crate) struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs with arguments in a folder.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Said {
    said(pci_audit(folder).args(arguments).output().expect("the binary runs"))
}

pub(crate) fn said(output: Output) -> Said {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    Said { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}
