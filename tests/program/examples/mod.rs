//! The files of `examples/` and `action.yml`: they parse, they call what there is, and what can be run here is run.

mod commands;
mod cron;
mod github;
mod gitlab;
mod release;
mod ten_nights;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A file of the repository.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A program on a PATH of our own.
fn program(folder: &Path, name: &str, script: &str) {
    fs::create_dir_all(folder).expect("made");
    let path = folder.join(name);
    fs::write(&path, format!("#!/usr/bin/env bash\n{script}\n")).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
}

/// PATH with a folder of ours before it.
fn path_with(folder: &Path) -> String {
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default())
}

/// Whether bash takes a script as one.
fn is_bash(script: &str) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("script");
    fs::write(&file, script).expect("written");
    Command::new("bash").arg("-n").arg(file).status().expect("bash runs").success()
}

/// Every string in a document, with its key.
fn strings<'v>(key: &'v str, value: &'v Value, found: &mut Vec<(&'v str, &'v str)>) {
    match value {
        Value::String(text) => found.push((key, text)),
        Value::Array(list) => list.iter().for_each(|one| strings(key, one, found)),
        Value::Object(map) => map.iter().for_each(|(key, value)| strings(key, value, found)),
        _ => {}
    }
}
