//! The vocabulary of results: verdicts, severities, evidence, findings and their fingerprints.

mod watched;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::evidence::{About, FieldRef, Missing};
use crate::model::{Basis, Identity, Kind};

pub use watched::{Role, Watched};

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

    /// The name for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotApplicable => "not applicable",
            other => other.name(),
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

/// Stands in a fail's list of offending elements for those that could not be seen. Nobody accepts what nobody saw.
pub const UNSEEN_ELEMENTS: &str = "what could not be seen";

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
    /// The commands in it, each ready to be run but for the names in capitals.
    pub commands: Vec<String>,
    /// The elements that offend.
    pub offending: Option<serde_json::Value>,
    /// The observed fields that the verdict rests on, sorted, each once.
    pub evidence: Vec<FieldRef>,
    /// What could not be seen: why an unknown is one. Of a fail, what may hold more elements that offend, or make it milder.
    pub missing: Vec<Missing>,
    /// The least severity that a fail may have, where something that would make it milder could not be seen.
    pub milder: Option<Severity>,
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

/// What stays the same when AWS re-creates a resource under the same name: the name where its ARN is random, else the ARN. See [`Basis`].
pub fn stable_identity(kind: Kind, id: &Identity) -> &str {
    match kind.basis() {
        Basis::Name => &id.name,
        Basis::ArnOfName | Basis::ArnOfId => &id.arn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(kind: Kind, arn: &str) -> Finding {
        let part = |text: &str| Arc::<str>::from(text);
        let id = Identity { arn: part(arn), name: part("orders"), account: part("123456789012"), region: part("eu-west-1") };
        let about = About { kind, resource: Arc::new(id), key: "k".to_owned(), pipelines: Arc::new([]) };
        Finding {
            rule: part("a-rule"),
            severity: Severity::Low,
            verdict: Verdict::Fail,
            requirements: None,
            about,
            message: String::new(),
            ask: None,
            remediation: None,
            commands: Vec::new(),
            offending: None,
            evidence: Vec::new(),
            missing: Vec::new(),
            milder: None,
            rule_error: None,
        }
    }

    /// Tickets and waivers of years hang on these: no version may change them.
    #[test]
    fn fingerprints_are_what_they_were_in_the_first_version() {
        assert_eq!(finding(Kind::RdsInstance, "arn:aws:rds:eu-west-1:123456789012:db:orders").fingerprint(), "f101ed9f9b25bcc7");
        assert_eq!(finding(Kind::Secret, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders-AbCdEf").fingerprint(), "2e519fa6419385ca");
        assert_eq!(finding(Kind::KmsKey, "arn:aws:kms:eu-west-1:123456789012:key/1").fingerprint(), "9231e0dfaecafce7");
    }

    #[test]
    fn a_new_arn_is_a_new_identity_unless_aws_makes_one_up_each_time() {
        for kind in Kind::ALL.iter().copied() {
            let same = finding(kind, "arn:1").fingerprint() == finding(kind, "arn:2").fingerprint();
            assert_eq!(same, kind.basis() == Basis::Name, "{kind}");
        }
    }

    #[test]
    fn each_part_of_an_identity_counts_and_nothing_else_does() {
        let plain = finding(Kind::Bucket, "arn:aws:s3:::orders");
        let with = |edit: &dyn Fn(&mut Finding)| {
            let mut other = plain.clone();
            edit(&mut other);
            other.fingerprint() != plain.fingerprint()
        };
        assert!(with(&|finding| finding.rule = "another".into()));
        assert!(with(&|finding| finding.about.key.push('2')));
        assert!(with(&|finding| finding.about.kind = Kind::LogGroup));
        assert!(with(&|finding| Arc::make_mut(&mut finding.about.resource).region = "eu-west-2".into()));
        assert!(with(&|finding| Arc::make_mut(&mut finding.about.resource).account = "1".into()));
        assert!(!with(&|finding| finding.severity = Severity::Critical));
        assert!(!with(&|finding| finding.verdict = Verdict::Unknown));
        assert!(!with(&|finding| finding.message.push_str("in other words")));
        assert!(!with(&|finding| finding.requirements = Some(Requirements::new())));
        assert!(!with(&|finding| finding.offending = Some(serde_json::Value::Null)));
        assert!(!with(&|finding| finding.about.pipelines = Arc::new(["p".into()])));
    }
}
