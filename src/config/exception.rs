//! Waivers and attestations: what people decided about findings, for a time, with a name under it.

use std::fmt;

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::finding::{Severity, Verdict};
use crate::model::calls::{self, CALLS};
use crate::suggest::did_you_mean;

/// How a stub marks what a person has to write. Nothing is in force that still says so.
pub const FILL_IN: &str = "FILL IN";

/// The longest that a waiver or an attestation stands without being looked at again.
pub const LONGEST_DAYS: i32 = 366;

/// A day. TOML's own dates and text in quotes are both taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub Date);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Date(toml::value::Datetime),
        }
        let text = match Written::deserialize(deserializer) {
            Ok(Written::Text(text)) => text,
            Ok(Written::Date(date)) => date.to_string(),
            Err(_) => return Err(serde::de::Error::custom("a day is written as 2026-11-22")),
        };
        text.parse().map(Self).map_err(|_| serde::de::Error::custom(format!("\"{text}\" is no day such as 2026-11-22")))
    }
}

impl JsonSchema for Day {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "date"})
    }
}

/// A finding that is accepted for a time: it stays visible and does not gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table [[waivers]]")]
pub struct Waiver {
    /// Fingerprint of the finding; or `rule` and `resource`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
    /// Rule id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// ARN of the resource, `*` as wildcard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Or: a call that may fail, such as `ec2:DescribeFlowLogs`. Every `unknown` that hangs on it alone is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// With `call`: the region in which it may fail, or `global`. Default: every one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// With `call`: the account in which it may fail. Default: every one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The verdict that was accepted: `fail` or `unknown`. Another one is not covered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The severity that was accepted. A worse one is not covered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The offending elements that were accepted, as the report lists them. One more is not covered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offending: Option<BTreeSet<String>>,
    /// Why it is accepted.
    pub reason: String,
    /// Who accepts it.
    pub approver: String,
    /// Since when.
    pub approved: Day,
    /// The last day on which it holds; at most twelve months after `approved`.
    pub expires: Day,
    /// Compensating control worksheet, targeted risk analysis or ticket.
    pub reference: String,
}

/// A departure that is accepted: something that a baseline watched and that is meant to be gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table [[retired]] with arn, reason, approver and approved")]
pub struct Retired {
    /// Its ARN, or the name of a region.
    pub arn: String,
    /// Why it is gone.
    pub reason: String,
    /// Who says so.
    pub approver: String,
    /// Since when.
    pub approved: Day,
}

impl Retired {
    /// What is wrong with it.
    pub fn problem(&self) -> Option<String> {
        let texts = [("arn", &self.arn), ("reason", &self.reason), ("approver", &self.approver)];
        texts.into_iter().find_map(|(key, text)| unfilled(key, text)).map(|problem| format!("{}: {problem}", self.arn))
    }
}

/// A person's answer to a question that no control plane can answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table [[attest]]")]
pub struct Attest {
    /// Fingerprint of the finding; or `rule` and `resource`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
    /// Rule id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// ARN of the resource, `*` as wildcard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Whether what is asked for holds.
    pub holds: bool,
    /// What was found, in a sentence.
    pub answer: String,
    /// Who answered.
    pub by: String,
    /// When.
    pub on: Day,
    /// Where the evidence is.
    pub evidence: String,
    /// The last day on which it holds; at most twelve months after `on`.
    pub expires: Day,
}

/// What waivers and attestations have in common: which findings they speak of, and for how long.
pub trait Exception {
    /// Its table in the configuration.
    const TABLE: &'static str;
    /// Fingerprint, rule, resource.
    fn target(&self) -> (Option<&str>, Option<&str>, Option<&str>);
    /// The first day and the last.
    fn days(&self) -> (Day, Day);
    /// Texts that must say something, by key.
    fn texts(&self) -> Vec<(&'static str, &str)>;

    /// The call that may fail, of a waiver that names one instead of findings.
    fn call(&self) -> Option<&str> {
        None
    }

    /// What is wrong with it beside what every exception has.
    fn own_problem(&self) -> Option<String> {
        None
    }

    /// How messages call it.
    fn label(&self) -> String {
        match self.target() {
            (None, None, None) if self.call().is_some() => format!("call {}", self.call().unwrap_or_default()),
            (Some(finding), ..) => format!("finding {finding}"),
            (None, rule, resource) => format!("{} on {}", rule.unwrap_or("any rule"), resource.unwrap_or("any resource")),
        }
    }

    /// What is wrong with it.
    fn problem(&self) -> Option<String> {
        let (from, to) = self.days();
        if let Some(problem) = self.own_problem() {
            return Some(format!("{}: {problem}", self.label()));
        }
        match self.target() {
            (Some(finding), None, None) if finding.len() != 16 || !finding.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                return Some(format!("\"{finding}\" is no fingerprint (16 hexadecimal digits, as the report shows them)"));
            }
            (Some(_), None, None) | (None, Some(_), Some(_)) => {}
            (None, None, None) if self.call().is_some() => {}
            _ => return Some(format!("{}: name either `finding`, or both `rule` and `resource`", self.label())),
        }
        if let Some(problem) = self.texts().into_iter().find_map(|(key, text)| unfilled(key, text)) {
            return Some(format!("{}: {problem}", self.label()));
        }
        if to < from {
            return Some(format!("{}: it expires on {to}, before it begins on {from}", self.label()));
        }
        let days = from.0.until(to.0).map_or(i32::MAX, |span| span.get_days());
        (days > LONGEST_DAYS).then(|| format!("{}: it expires on {to}, more than twelve months after {from}", self.label()))
    }
}

/// What is wrong with a text that must say something.
fn unfilled(key: &str, text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some(format!("`{key}` is empty"));
    }
    text.contains(FILL_IN).then(|| format!("`{key}` is not filled in yet: \"{text}\""))
}

impl Exception for Waiver {
    const TABLE: &'static str = "waivers";

    fn target(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        (self.finding.as_deref(), self.rule.as_deref(), self.resource.as_deref())
    }

    fn days(&self) -> (Day, Day) {
        (self.approved, self.expires)
    }

    fn texts(&self) -> Vec<(&'static str, &str)> {
        vec![("reason", &self.reason), ("approver", &self.approver), ("reference", &self.reference)]
    }

    fn call(&self) -> Option<&str> {
        self.call.as_deref()
    }

    fn own_problem(&self) -> Option<String> {
        let Some(call) = &self.call else {
            let needs_call = [("region", &self.region), ("account", &self.account)].into_iter().find(|(_, value)| value.is_some());
            return needs_call
                .map(|(key, _)| format!("`{key}` goes with `call`; a finding is named by `finding`, or by `rule` and `resource`"))
                .or_else(|| {
                    self.verdict
                        .filter(|verdict| !matches!(verdict, Verdict::Fail | Verdict::Unknown))
                        .map(|verdict| format!("only a fail or an unknown is waived, not \"{verdict}\""))
                });
        };
        let known = || CALLS.iter().map(calls::Call::name);
        if !known().any(|known| known == *call) {
            let names: Vec<String> = known().collect();
            return Some(format!("pci-audit makes no call `{call}`{}", did_you_mean(call, names.iter().map(String::as_str))));
        }
        (self.verdict.is_some() || self.severity.is_some() || self.offending.is_some())
            .then(|| "a waiver of a call covers unknowns alone: leave out `verdict`, `severity` and `offending`".to_owned())
    }
}

impl Exception for Attest {
    const TABLE: &'static str = "attest";

    fn target(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        (self.finding.as_deref(), self.rule.as_deref(), self.resource.as_deref())
    }

    fn days(&self) -> (Day, Day) {
        (self.on, self.expires)
    }

    fn texts(&self) -> Vec<(&'static str, &str)> {
        vec![("answer", &self.answer), ("by", &self.by), ("evidence", &self.evidence)]
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    fn parsed(waiver: &str) -> Result<Config, String> {
        let rest = "reason = \"r\"\napprover = \"a\"\nreference = \"CCW-1\"\n";
        Config::parse(&format!("treat-vpc-as-public = false\n[[waivers]]\n{rest}{waiver}"), "pci-audit.toml").map_err(|error| error.to_string())
    }

    #[test]
    fn days_are_taken_as_toml_writes_them_and_as_text() {
        let config = parsed("finding = \"0123456789abcdef\"\napproved = 2026-01-01\nexpires = \"2026-12-31\"").unwrap();
        assert_eq!(config.waivers[0].approved.to_string(), "2026-01-01");
        assert_eq!(config.waivers[0].expires.to_string(), "2026-12-31");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (waiver, says) in [
            ("rule = \"x\"\napproved = 2026-01-01\nexpires = 2026-02-01", "either `finding`, or both"),
            ("finding = \"12\"\napproved = 2026-01-01\nexpires = 2026-02-01", "is no fingerprint"),
            ("finding = \"0123456789abcdef\"\napproved = 2026-01-01\nexpires = 2027-02-01", "more than twelve months"),
            ("finding = \"0123456789abcdef\"\napproved = 2026-01-01\nexpires = 2025-02-01", "before it begins"),
            ("finding = \"0123456789abcdef\"\napproved = 2026-01-01\nexpires = \"soon\"", "is no day"),
        ] {
            let error = parsed(waiver).unwrap_err();
            assert!(error.starts_with("pci-audit.toml:") && error.contains(says), "{error}");
        }
    }
}
