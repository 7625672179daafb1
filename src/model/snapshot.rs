//! The snapshot: everything that one run of `collect` saw, what it read when, and what it was not let to see.

use std::path::Path;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Kind;
use super::calls::{self, Call, Scope};
use super::{Listed, Resource, Resources};

mod older;
pub use older::OLDER;

/// Version of the snapshot's shape. Readers refuse any other, save older ones: what those did not collect becomes a gap.
pub const SCHEMA: &str = "pci-audit/snapshot/2";

/// The code of the gaps of a collection that was ended before its time.
pub const INTERRUPTED: &str = "Interrupted";

/// One account, as it was at `taken_at`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Which version of the tool wrote it; the first ones did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_by: Option<String>,
    /// When the collection began: the `now` of everything that follows.
    pub taken_at: Timestamp,
    /// Who asked.
    pub caller: Caller,
    /// Regions that were scanned, sorted.
    pub regions: Vec<String>,
    /// Whether they are all that the account has enabled, and nobody named them. Absent in snapshots of before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_regions: Option<bool>,
    /// Regions that the account has enabled, sorted; absent where ec2:DescribeRegions was not asked or did not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled_regions: Option<Vec<String>>,
    /// Calls that succeeded, sorted.
    pub reads: Vec<Read>,
    /// Calls that did not, sorted.
    pub gaps: Vec<Gap>,
    /// What was seen.
    pub resources: Resources,
}

/// The answer of sts:GetCallerIdentity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// Account id.
    pub account: String,
    /// Principal; the session name of an assumed role is left out, so that two scans give the same bytes.
    pub arn: String,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
}

/// A call that succeeded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// Account id.
    pub account: String,
    /// Region, or `global`.
    pub region: String,
    /// Service, as in the call table.
    pub service: String,
    /// Operation, as in the call table.
    pub operation: String,
    /// ARN of the resource it was about; absent for a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// When the answer (its last page) came.
    pub at: Timestamp,
}

/// A call that did not succeed: something stayed unseen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Account id.
    pub account: String,
    /// Region, or `global`.
    pub region: String,
    /// Service, as in the call table.
    pub service: String,
    /// Operation, as in the call table.
    pub operation: String,
    /// ARN of the resource it was about; absent for a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Error code: AWS's, or `Timeout`, `Network`, `Unparseable`, `Incomplete`, `Interrupted`, `OlderSnapshot`.
    pub code: String,
    /// AWS's words, without request ids.
    pub message: String,
}

/// Whether a call failed as a whole, so that what it lists may be missing: one about a resource always does; a list does, unless the gap speaks of
/// one member (a policy or settings that do not parse) or of fields that an older version did not keep.
pub fn failed_whole(call: &Call, resource: Option<&str>, code: &str) -> bool {
    matches!(call.scope, Scope::Each(_)) || (resource.is_none() && !older::kept_less(call, code))
}

/// The kinds of which members may be missing because a call failed; none where what it was about is gone.
pub fn hidden_by_gap(call: &'static Call, resource: Option<&str>, code: &str) -> impl Iterator<Item = Kind> + use<> {
    let hidden = (!calls::is_gone(call, code)).then(|| calls::hidden_by(call, failed_whole(call, resource, code)));
    hidden.into_iter().flatten()
}

/// Why a snapshot cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// File.
        path: String,
        /// Cause.
        source: std::io::Error,
    },
    /// It is no snapshot, or a broken one.
    #[error("{path}: not a snapshot: {message}")]
    Shape {
        /// File.
        path: String,
        /// What and where.
        message: String,
    },
    /// It is another file of ours.
    #[error("{path}: this is a {kind}, not a snapshot: give the file that `pci-audit collect` or `scan --snapshot` wrote")]
    Other {
        /// File.
        path: String,
        /// `report`, `baseline`…
        kind: String,
    },
    /// Another version wrote it.
    #[error(
        "{path}: the snapshot has schema \"{found}\"{by}, and this version reads \"{SCHEMA}\" and older ones: a newer pci-audit reads it, or take a new one with `pci-audit collect`"
    )]
    Version {
        /// File.
        path: String,
        /// Its schema.
        found: String,
        /// Which version wrote it, in words, where it says so.
        by: String,
    },
}

impl Snapshot {
    /// Reads a snapshot from a file.
    ///
    /// # Errors
    /// Names the file, and the line and column where its JSON breaks or a field has the wrong type.
    pub fn load(path: &Path) -> Result<Self, SnapshotError> {
        let name = path.display().to_string();
        let text = crate::text_file::read(path).map_err(|source| SnapshotError::Io { path: name.clone(), source })?;
        Self::parse(&text, &name)
    }

    /// Reads a snapshot from text; `name` is what errors call it. Linear in its length.
    ///
    /// # Errors
    /// As [`Snapshot::load`].
    pub fn parse(text: &str, name: &str) -> Result<Self, SnapshotError> {
        let snapshot: Self = serde_json::from_str(text).map_err(|error| not_ours(text, name, &error))?;
        match &*snapshot.schema {
            SCHEMA if snapshot.written_by.is_none() => Ok(older::unsigned(snapshot)),
            SCHEMA => Ok(snapshot),
            schema if older::is(schema) => Ok(older::read(snapshot)),
            schema => Err(other(name, schema, snapshot.written_by.as_deref())),
        }
    }

    /// The snapshot of a test, whose parts say only what it is about.
    #[cfg(test)]
    pub fn of_test(text: &str) -> Self {
        use super::{Kind, Resources};
        type Schemas = std::collections::BTreeMap<&'static str, serde_json::Value>;
        static SCHEMAS: std::sync::LazyLock<Schemas> =
            std::sync::LazyLock::new(|| Kind::ALL.iter().map(|kind| (kind.name(), Resources::schema(*kind))).collect());
        let mut account = serde_json::from_str(text).expect("the test's snapshot is JSON");
        super::complete::complete(&mut account, &SCHEMAS);
        Self::parse(&account.to_string(), "test").unwrap_or_else(|error| panic!("{error}"))
    }

    /// The snapshot as JSON text, ending in a newline.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a snapshot holds only text keys and skips what is unseen");
        text.push('\n');
        text
    }

    /// The calls that were not answered when the collection was ended before its time; none where it ran to its end.
    pub fn interrupted(&self) -> usize {
        self.gaps.iter().filter(|gap| gap.code == INTERRUPTED).count()
    }

    /// The list of one kind.
    pub fn all<T: Listed>(&self) -> &[Resource<T>] {
        T::list(&self.resources)
    }
}

/// Why a text is no snapshot: it may be one of another version, or another file of ours, and fail as a whole for that.
fn not_ours(text: &str, name: &str, error: &serde_json::Error) -> SnapshotError {
    #[derive(Deserialize)]
    struct Head {
        schema: Option<String>,
        written_by: Option<String>,
    }
    match serde_json::from_str::<Head>(text) {
        Ok(Head { schema: Some(schema), written_by }) if schema != SCHEMA && !older::is(&schema) => other(name, &schema, written_by.as_deref()),
        _ => SnapshotError::Shape { path: name.to_owned(), message: format!("{}{error}", place(text)) },
    }
}

fn other(name: &str, schema: &str, written_by: Option<&str>) -> SnapshotError {
    let path = name.to_owned();
    match schema.strip_prefix("pci-audit/").and_then(|rest| rest.split_once('/')) {
        Some((kind, _)) if kind != "snapshot" => SnapshotError::Other { path, kind: kind.to_owned() },
        _ => SnapshotError::Version { path, found: schema.to_owned(), by: written_by.map_or_else(String::new, |by| format!(" (written by {by})")) },
    }
}

/// Which value of a text is not what a snapshot holds, as `resources.bucket[3].fields.policy: `; nothing where the text is no JSON.
fn place(text: &str) -> String {
    let mut reader = serde_json::Deserializer::from_str(text);
    match serde_path_to_error::deserialize::<_, Snapshot>(&mut reader) {
        Err(error) if error.inner().is_data() && error.path().iter().len() > 0 => format!("{}: ", error.path()),
        _ => String::new(),
    }
}
