//! What the integration tests share.
#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod account;
pub(crate) mod command;
#[path = "../../src/model/complete.rs"]
pub(crate) mod complete;
pub(crate) mod receiver;

use std::fs;
use std::path::Path;

use pci_audit::model::Snapshot;

/// A waiver of the healthy account's secret that does not rotate, in `pci-audit.toml`.
pub(crate) fn rotation_waiver(approved: &str, expires: &str) -> String {
    format!(
        "
[[waivers]]
rule = 'secret-rotated'
resource = 'arn:aws:secretsmanager:*:secret:ok-rds-secret-*'
reason = 'the rotation function is rewritten'
approver = 'head of data'
approved = {approved}
expires = {expires}
reference = 'CCW-7'
"
    )
}

/// The account of a golden case.
pub(crate) struct GoldenAccount {
    /// File name.
    pub name: String,
    /// After its edits.
    pub snapshot: Snapshot,
    /// What was edited.
    pub edits: account::Edits,
    /// `pci-audit.toml`.
    pub config: String,
}

/// The accounts of the golden cases.
pub(crate) fn golden_accounts() -> Vec<GoldenAccount> {
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
        let Golden { base, config, edits } =
            toml::from_str(&fs::read_to_string(path).expect("readable")).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let snapshot = account::edited(&base, &edits).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        GoldenAccount { name, snapshot, edits, config: toml::to_string(&config).expect("a table") }
    };
    paths.iter().map(read).collect()
}
