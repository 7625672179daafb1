//! The vocabulary of results: verdicts, severities, evidence, findings and their fingerprints.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::{Identity, Kind};

/// What a rule says of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The assertion is false.
    Fail,
    /// We were not let to see.
    Unknown,
    /// The control plane cannot say by nature: a question for a person.
    Manual,
    /// The assertion is true.
    Pass,
    /// The rule is not about such a subject.
    NotApplicable,
}

impl Verdict {
    /// Every verdict, worst first.
    pub const ALL: [Self; 5] = [Self::Fail, Self::Unknown, Self::Manual, Self::Pass, Self::NotApplicable];

    /// The public name, snake_case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::Manual => "manual",
            Self::Pass => "pass",
            Self::NotApplicable => "not_applicable",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How much a failure matters. Ordered: `Advisory` is least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good practice that PCI DSS does not demand; never gates by default.
    Advisory,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

impl Severity {
    /// Every severity, worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Advisory];

    /// The public name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Advisory => "advisory",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.name() == name)
            .ok_or_else(|| format!("no severity \"{name}\": one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// Requirement ids by version-qualified standard: `pci-dss-4.0.1` → `["8.3.2"]`.
pub type Requirements = BTreeMap<String, Vec<String>>;

/// An observed field of a resource: where evidence comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldRef {
    /// Kind of the resource.
    pub kind: Kind,
    /// The resource.
    pub resource: Arc<Identity>,
    /// The field.
    pub field: &'static str,
}

/// Why something could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// A field that no successful call filled.
    Field(FieldRef),
    /// Some members of a kind may be missing, because a call that lists or names them failed in that region.
    Members {
        /// Kind.
        kind: Kind,
        /// Region, or `global`.
        region: Arc<str>,
    },
    /// It lies outside what was scanned: another region, another account.
    Outside(String),
    /// This version does not evaluate it.
    NotEvaluated(&'static str),
}

/// What the finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct About {
    /// Kind of the resource.
    pub kind: Kind,
    /// The resource that is named.
    pub resource: Arc<Identity>,
    /// What tells two findings of one rule on one resource apart; empty where nothing needs to.
    pub key: String,
    /// ARNs of the pipelines it belongs to, sorted.
    pub pipelines: Arc<[Arc<str>]>,
}

/// One verdict of one rule on one subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Rule id.
    pub rule: Arc<str>,
    /// Severity after adjustments.
    pub severity: Severity,
    /// Verdict.
    pub verdict: Verdict,
    /// Requirements after adjustments; `None` is the rule's own.
    pub requirements: Option<Requirements>,
    /// What it is about.
    pub about: About,
    /// One line.
    pub message: String,
    /// The question for a person, of a manual finding.
    pub ask: Option<String>,
    /// What to do, for this very resource.
    pub remediation: Option<String>,
    /// The elements that offend.
    pub offending: Option<serde_json::Value>,
    /// The observed fields that the verdict rests on, sorted, each once.
    pub evidence: Vec<FieldRef>,
    /// What could not be seen, of an unknown finding.
    pub missing: Vec<Missing>,
    /// A rule that broke while it ran (exit code 2).
    pub rule_error: Option<String>,
}

impl Finding {
    /// The stable identity: 16 hexadecimal digits of SHA-256 over (rule, account, region, kind, stable identity, key).
    ///
    /// Never of message, severity, requirements, order, time or tool version. See [`stable_identity`].
    pub fn fingerprint(&self) -> String {
        let about = &self.about;
        let id = &about.resource;
        let mut hash = Sha256::new();
        for part in [&*self.rule, &*id.account, &*id.region, about.kind.name(), stable_identity(about.kind, id), &*about.key] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hexadecimal(hash.finalize().into_iter().take(8))
    }
}

/// Bytes of a hash as text: two digits each.
pub fn hexadecimal(bytes: impl IntoIterator<Item = u8>) -> String {
    bytes.into_iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What stays the same when AWS re-creates a resource under the same name: the name where its ARN is random, else the ARN.
pub fn stable_identity(kind: Kind, id: &Identity) -> &str {
    match kind {
        Kind::Secret | Kind::DmsEndpoint | Kind::DmsInstance | Kind::DmsTask | Kind::DmsReplicationConfig | Kind::DmsCertificate => &id.name,
        _ => &id.arn,
    }
}
