//! SARIF 2.1.0 for code scanning platforms, GitHub's above all.
//!
//! What GitHub makes of it (docs.github.com, *SARIF support for code scanning*) decides three things:
//!
//! - It shows every result as an alert and does not look at `kind`. So passes and what is not applicable are counted in `run.properties` and are no results. Fails (`fail`), unknowns
//!   (`open`) and questions (`review`) all are, under one fingerprint: an alert must not close as "fixed" because a permission was lost. It closes when the finding passes.
//! - It takes an alert's severity from the rule's `security-severity`. A question never gates, so it stands under a rule of its own, `<id>/ask`, that has none.
//! - It matches alerts by `primaryLocationLineHash` alone and wants a place in a file. Cloud resources have none: the path is `aws/<account>/<region>/<kind>/<name>`, line 1.
//! - It does not look at `baselineState` or `suppressions` either (the action advanced-security/dismiss-alerts closes what is suppressed). So what is gone since the baseline is
//!   no `absent` result, which would open an alert: it stands in `run.properties`. Waived findings stay results, suppressed.
//!
//! Its limits: 25,000 results a file (the first 5,000 by severity are shown), 25,000 rules, 20 tags a rule, 10 MB compressed. Tags are cut to fit. Results never are: a report that is
//! short of findings says something false; an upload that is refused says so itself.

mod log;
mod place;
mod rules;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::json::object;
use super::remarks;
use super::view::{Finding, Gap, Severity, Standing, Verdict, View, Waiver};
use log::{
    Artifact, ArtifactLocation, AutomationDetails, Configuration, Descriptor, DescriptorReference, Driver, Invocation, Location, Log,
    LogicalLocation, Message, Notification, PhysicalLocation, Region, Result, Run, Suppression, Tool,
};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The log of a view.
pub(super) fn log(view: &View) -> Log {
    let run = &view.run;
    let (descriptors, index) = rules::descriptors(view);
    let (artifacts, places) = artifacts(view);
    let results =
        reported(view).filter_map(|finding| Some(result(finding, *index.get(&rule_id(finding))?, *places.get(&place::uri(&finding.resource))?)));
    let results = results.collect();
    let driver = Driver {
        name: run.tool.clone(),
        version: run.version.clone(),
        semantic_version: run.version.clone(),
        information_uri: env!("CARGO_PKG_REPOSITORY"),
        rules: descriptors,
        notifications: vec![
            notice("not-read", "A call to AWS failed", "What it would have shown is unseen; verdicts that rest on it are unknown."),
            notice("rule-error", "A rule broke", "A rule broke while it ran; its verdict is unknown."),
        ],
    };
    let notifications = view.gaps.iter().map(not_read).chain(view.findings.iter().filter_map(rule_error)).collect();
    let invocation = Invocation {
        execution_successful: run_succeeded(view),
        exit_code: view.summary.exit_code,
        exit_code_description: view.summary.decision.clone(),
        tool_execution_notifications: notifications,
    };
    let details = AutomationDetails { id: format!("{}/{}/{}/{}", run.tool, run.account, run.regions.join("+"), run.taken_at) };
    let run = Run {
        tool: Tool { driver },
        automation_details: details,
        invocations: [invocation],
        artifacts,
        results,
        column_kind: "unicodeCodePoints",
        properties: object(json!({ "run": view.run, "summary": view.summary, "gone": view.gone, "unused": view.unused })),
    };
    Log { schema: SCHEMA, version: "2.1.0", runs: [run] }
}

/// The findings that become results.
fn reported(view: &View) -> impl Iterator<Item = &Finding> {
    view.findings.iter().filter(|finding| matches!(finding.verdict, Verdict::Fail | Verdict::Unknown | Verdict::Manual))
}

fn run_succeeded(view: &View) -> bool {
    view.summary.exit_code != 2
}

/// A question stands under a rule of its own.
fn rule_id(finding: &Finding) -> String {
    if finding.verdict == Verdict::Manual { rules::ask_id(&finding.rule) } else { finding.rule.clone() }
}

fn result(finding: &Finding, rule_index: usize, artifact: usize) -> Result {
    let (kind, level) = match finding.verdict {
        Verdict::Fail => ("fail", level(finding.severity)),
        // 3.27.10: the level of whatever is not a failure is none.
        Verdict::Unknown => ("open", "none"),
        Verdict::Manual => ("review", "none"),
        Verdict::Pass => ("pass", "none"),
        Verdict::NotApplicable => ("notApplicable", "none"),
    };
    let mut text = if finding.message.trim().is_empty() { finding.title.clone() } else { finding.message.clone() };
    if let Some(ask) = finding.ask.as_deref().filter(|_| finding.verdict == Verdict::Manual) {
        text.push_str(": ");
        text.push_str(ask);
    }
    if let Some(answer) = &finding.attested {
        text.push_str("; ");
        text.push_str(&remarks::answer(answer));
    }
    let resource = &finding.resource;
    let region = Region { start_line: 1, start_column: 1, end_line: 1, end_column: 2 };
    let location = Location {
        physical_location: PhysicalLocation { artifact_location: ArtifactLocation { uri: place::uri(resource), index: Some(artifact) }, region },
        logical_locations: [LogicalLocation { name: resource.called().to_owned(), fully_qualified_name: resource.arn.clone(), kind: "resource" }],
    };
    Result {
        rule_id: rule_id(finding),
        rule_index,
        kind,
        level,
        message: Message { text: literal(&text), markdown: None },
        locations: [location],
        partial_fingerprints: object(json!({ "pciAudit/v1": finding.fingerprint, "primaryLocationLineHash": format!("{}:1", finding.fingerprint) })),
        baseline_state: finding.standing.map(baseline_state),
        suppressions: finding.waiver.iter().map(suppression).collect(),
        properties: properties(finding),
    }
}

/// 3.27.24. Lost evidence is no new result: the finding was there, and is worse to see.
const fn baseline_state(standing: Standing) -> &'static str {
    match standing {
        Standing::New | Standing::NewRule => "new",
        Standing::Known => "unchanged",
        Standing::EvidenceLost => "updated",
    }
}

/// 3.35: a waiver is kept outside the code, and was accepted. One that has expired, or that the finding has outgrown, suppresses nothing, and is told as rejected.
fn suppression(waiver: &Waiver) -> Suppression {
    Suppression {
        kind: "external",
        status: if waiver.holds() { "accepted" } else { "rejected" },
        justification: literal(&remarks::waiver(waiver)),
        properties: object(json!(waiver)),
    }
}

fn properties(finding: &Finding) -> Map<String, Value> {
    object(json!({
        "verdict": finding.verdict, "severity": finding.severity, "requirements": finding.requirements, "resource": finding.resource, "key": finding.key,
        "pipelines": finding.pipelines, "remediation": finding.remediation, "commands": finding.commands, "evidence": finding.evidence, "unseen": finding.unseen,
        "standing": finding.standing, "attested": finding.attested,
    }))
}

/// The resources that results are about, each once, and where each stands in the list.
fn artifacts(view: &View) -> (Vec<Artifact>, BTreeMap<String, usize>) {
    let mut arns: BTreeMap<String, &str> = BTreeMap::new();
    for finding in reported(view) {
        arns.entry(place::uri(&finding.resource)).or_insert(&finding.resource.arn);
    }
    let places = arns.keys().cloned().zip(0..).collect();
    let artifact = |(uri, arn): (String, &str)| Artifact {
        location: ArtifactLocation { uri, index: None },
        description: Message { text: literal(arn), markdown: None },
    };
    (arns.into_iter().map(artifact).collect(), places)
}

fn not_read(gap: &Gap) -> Notification {
    let place = gap.resource.as_ref().map_or_else(|| gap.region.clone(), |resource| format!("{resource} ({})", gap.region));
    let text = format!("{}:{} failed with {} on {place}; it needs {}. {}", gap.service, gap.operation, gap.code, gap.iam_action, gap.message);
    Notification {
        descriptor: DescriptorReference { id: "not-read".to_owned() },
        associated_rule: None,
        level: "warning",
        message: Message { text: literal(text.trim_end()), markdown: None },
        properties: object(json!(gap)),
    }
}

fn rule_error(finding: &Finding) -> Option<Notification> {
    let error = finding.rule_error.as_ref()?;
    Some(Notification {
        descriptor: DescriptorReference { id: "rule-error".to_owned() },
        associated_rule: Some(DescriptorReference { id: finding.rule.clone() }),
        level: "error",
        message: Message { text: literal(&format!("{} on {}: {error}", finding.rule, finding.resource.arn)), markdown: None },
        properties: Map::new(),
    })
}

fn notice(id: &str, short: &str, full: &str) -> Descriptor {
    let message = |text: &str| Message { text: text.to_owned(), markdown: None };
    Descriptor {
        id: id.to_owned(),
        name: None,
        short_description: message(short),
        full_description: message(full),
        help: None,
        help_uri: None,
        default_configuration: Configuration { level: "warning" },
        properties: Map::new(),
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Advisory => "note",
    }
}

/// Text that is not ours, so that a viewer shows it and does nothing else: `[text](target)` would be a link (3.11.6), `{0}` a placeholder (3.11.5),
/// and characters that hide or reorder text are spelled out.
fn literal(text: &str) -> String {
    let mut text = super::escape::lines(text);
    if text.contains("](") {
        text = text.replace('[', "\\[").replace(']', "\\]");
    }
    let placeholder = text.split('{').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if placeholder { text.replace('{', "{{").replace('}', "}}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_makes_no_links_and_no_placeholders() {
        assert_eq!(literal("sg-1 [all] {a}"), "sg-1 [all] {a}");
        assert_eq!(literal("[click](https://evil.example)"), "\\[click\\](https://evil.example)");
        assert_eq!(literal("name {0}"), "name {{0}}");
        assert_eq!(literal("a\u{1b}b\nc"), "a‹U+001B›b\nc");
    }
}
