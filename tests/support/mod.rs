//! What the integration tests share.
#![allow(dead_code, reason = "each test binary uses a part")]

pub mod account;
pub mod command;

use std::fs;
use std::path::Path;

use pci_audit::model::Snapshot;

/// The accounts of the golden cases, each with its configuration.
pub fn golden_accounts() -> Vec<(Snapshot, String)> {
    #[derive(serde::Deserialize)]
    struct Golden {
        base: String,
        #[serde(default)]
        config: toml::Table,
        #[serde(flatten)]
        edits: account::Edits,
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden");
    let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let golden: Golden =
            toml::from_str(&fs::read_to_string(path).expect("readable")).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let snapshot = account::edited(&golden.base, &golden.edits).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (snapshot, toml::to_string(&golden.config).expect("a table"))
    };
    paths.iter().map(read).collect()
}
