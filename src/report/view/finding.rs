//! A finding as reports tell it: what it is about, what it rests on, what could not be seen; and the memory of one that is open no more.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Attested, Fate, Requirements, Severity, Standing, Verdict, Waiver};

/// One verdict of one rule on one subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable over runs: what tickets and waivers hang on.
    pub fingerprint: String,
    /// Rule id.
    pub rule: String,
    /// The rule's title.
    pub title: String,
    /// Verdict.
    pub verdict: Verdict,
    /// Severity here, after adjustments.
    pub severity: Severity,
    /// The rule's own severity.
    pub rule_severity: Severity,
    /// Requirement ids by standard, after adjustments; the first is the one it is filed under.
    pub requirements: Requirements,
    /// What it is about.
    pub resource: ResourceRef,
    /// What tells two findings of one rule on one resource apart; absent where nothing needs to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// ARNs of the pipelines that the resource belongs to, sorted.
    pub pipelines: Vec<String>,
    /// One line.
    pub message: String,
    /// The question for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<String>,
    /// The elements that offend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offending: Option<Value>,
    /// The observed fields that the verdict rests on, by the calls that showed them.
    pub evidence: Vec<Evidence>,
    /// What could not be seen; absent where everything could.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unseen: Vec<Unseen>,
    /// What to do.
    pub remediation: Option<String>,
    /// The commands in it, one a line, each ready to be run but for the names in capitals, which nobody here can know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<String>,
    /// What a pass leaves open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub does_not_prove: Option<String>,
    /// A rule that broke while it ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_error: Option<String>,
    /// How it stands to the baseline; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// What there is of it beyond what the baseline accepted: "+ tcp 22", "high, was medium".
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grown: Vec<String>,
    /// Whether it counts for the exit code.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gates: bool,
    /// The waiver that speaks of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<Waiver>,
    /// The answer to its question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attested: Option<Attested>,
    /// When it was first open, as far as the reports of the last 400 days tell; absent where it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Timestamp>,
}

impl Finding {
    /// Whether a waiver holds.
    pub fn is_waived(&self) -> bool {
        self.waiver.as_ref().is_some_and(Waiver::holds)
    }

    /// Whether its question is answered.
    pub fn is_answered(&self) -> bool {
        self.attested.as_ref().is_some_and(|attested| !attested.expired)
    }
}

/// A ticket of which no open finding speaks today: the memory of the feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Past {
    /// Its fingerprint.
    pub fingerprint: String,
    /// Rule id.
    pub rule: String,
    /// ARN of the resource.
    pub resource: String,
    /// Region of the resource, or `global`.
    pub region: String,
    /// What became of it. All but `resolved` is open still.
    pub fate: Fate,
    /// Since when: `taken_at` of the first report that said so.
    pub since: Timestamp,
    /// When it was first open.
    pub first_seen: Timestamp,
    /// When it was last seen open.
    pub last_seen: Timestamp,
    /// The finding as last seen, `unknown` where evidence of it was lost; `null` once it is resolved.
    pub finding: Option<Box<Finding>>,
    /// It is resolved because there is no such resource any more: the list that would hold it was read. Else the rule is not about it any more, or passes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
}

/// A resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ResourceRef {
    /// ARN.
    pub arn: String,
    /// What people call it.
    pub name: String,
    /// Kind, such as `rds-instance`.
    pub kind: String,
    /// Account id.
    pub account: String,
    /// Region, or `global`.
    pub region: String,
}

impl ResourceRef {
    /// What to call it: its ARN where it has no name.
    pub fn called(&self) -> &str {
        if self.name.trim().is_empty() { &self.arn } else { &self.name }
    }
}

/// What one call showed of one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// ARN of the resource.
    pub resource: String,
    /// Its kind.
    pub kind: String,
    /// The call: `rds:DescribeDBInstances`.
    pub call: String,
    /// When it answered.
    pub read_at: Option<Timestamp>,
    /// The fields that the verdict rests on, and what they held.
    pub fields: BTreeMap<String, Value>,
}

/// One thing that could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Unseen {
    /// What.
    pub what: String,
    /// The call that would have shown it.
    pub call: Option<String>,
    /// Its error code.
    pub code: Option<String>,
    /// The IAM action that would mend it.
    pub permission: Option<String>,
}
