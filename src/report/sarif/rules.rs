//! Rules as reporting descriptors.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::level;
use super::log::{Configuration, Descriptor, Message};
use crate::report::json::object;
use crate::report::view::{RuleInfo, Severity, Verdict, View};

/// GitHub refuses a rule with more.
const TAGS: usize = 20;
/// GitHub's longest description.
const LONGEST: usize = 1024;

/// The id under which the questions of a rule stand.
pub(super) fn ask_id(rule: &str) -> String {
    format!("{rule}/ask")
}

/// Every rule that ran, then those that asked something; and where each stands. A rule that is missing from the view is made up from its findings, so that no result is lost.
pub(super) fn descriptors(view: &View) -> (Vec<Descriptor>, BTreeMap<String, usize>) {
    let mut rules: BTreeMap<&str, RuleInfo> = view.rules.iter().map(|rule| (rule.id.as_str(), rule.clone())).collect();
    for finding in &view.findings {
        rules.entry(&finding.rule).or_insert_with(|| RuleInfo {
            id: finding.rule.clone(),
            title: finding.title.clone(),
            severity: finding.rule_severity,
            noun: String::new(),
            requirements: finding.requirements.clone(),
            rationale: String::new(),
            remediation: String::new(),
            references: Vec::new(),
            proves: "part".to_owned(),
            does_not_prove: finding.does_not_prove.clone(),
        });
    }
    let asked: BTreeSet<&str> =
        view.findings.iter().filter(|finding| finding.verdict == Verdict::Manual).map(|finding| finding.rule.as_str()).collect();
    let questions = rules.values().filter(|rule| asked.contains(rule.id.as_str())).map(question);
    let descriptors: Vec<Descriptor> = rules.values().map(descriptor).chain(questions).collect();
    let index = descriptors.iter().map(|descriptor| descriptor.id.clone()).zip(0..).collect();
    (descriptors, index)
}

fn descriptor(rule: &RuleInfo) -> Descriptor {
    let mut tags: Vec<String> = vec!["pci-dss".to_owned()];
    let mut properties = object(json!({ "precision": "high", "severity": rule.severity, "proves": rule.proves, "requirements": rule.requirements }));
    if let Some(score) = security_severity(rule.severity) {
        tags.insert(0, "security".to_owned());
        properties.insert("security-severity".to_owned(), score.into());
    }
    // The current standard sorts after its predecessors, and must not be what is cut.
    tags.extend(
        rule.requirements.iter().rev().flat_map(|(standard, ids)| ids.iter().map(move |id| format!("{standard}/{id}"))).take(TAGS - tags.len()),
    );
    properties.insert("tags".to_owned(), tags.into());
    Descriptor {
        id: rule.id.clone(),
        name: Some(pascal(&rule.id)),
        short_description: text(&rule.title, &rule.id),
        full_description: text(&rule.rationale, &rule.title),
        help: Some(help(rule)),
        help_uri: rule.references.first().cloned(),
        default_configuration: Configuration { level: level(rule.severity) },
        properties,
    }
}

/// The same rule where it can only ask: a note that gates nothing.
fn question(rule: &RuleInfo) -> Descriptor {
    let mut descriptor = descriptor(rule);
    descriptor.id = ask_id(&rule.id);
    descriptor.name = Some(format!("{}Ask", pascal(&rule.id)));
    descriptor.short_description = text(&format!("To ask: {}", rule.title), &rule.id);
    descriptor.default_configuration.level = "note";
    descriptor.properties.remove("security-severity");
    if let Some(tags) = descriptor.properties.get_mut("tags").and_then(|tags| tags.as_array_mut()) {
        tags.retain(|tag| tag != "security");
    }
    descriptor
}

/// GitHub: over 9.0 critical, from 7.0 high, from 4.0 medium, above 0 low. Advice is no security result.
const fn security_severity(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("3.0"),
        Severity::Advisory => None,
    }
}

fn help(rule: &RuleInfo) -> Message {
    let open = rule.does_not_prove.as_ref().map(|open| format!("A pass does not prove {open}"));
    let ids = rule.requirements.iter().rev().map(|(standard, ids)| format!("{standard}: {}", ids.join(", "))).collect::<Vec<_>>().join("; ");
    let parts = [
        ("Why", rule.rationale.trim().to_owned()),
        ("What to do", rule.remediation.trim().to_owned()),
        ("What it leaves open", open.unwrap_or_default()),
        ("Requirements", ids),
        ("References", rule.references.join("\n")),
    ];
    let (mut plain, mut markdown) = (rule.title.clone(), format!("# {}", rule.title));
    for (head, body) in parts.iter().filter(|(_, body)| !body.is_empty()) {
        plain.push_str(&format!("\n\n{head}: {body}"));
        let body = if *head == "References" { rule.references.iter().map(|uri| format!("- <{uri}>\n")).collect() } else { body.clone() };
        markdown.push_str(&format!("\n\n## {head}\n\n{}", body.trim_end()));
    }
    Message { text: plain, markdown: Some(markdown) }
}

/// A description: never empty, never longer than GitHub shows.
fn text(text: &str, instead: &str) -> Message {
    let text = if text.trim().is_empty() { instead } else { text.trim() };
    let text = if text.chars().count() <= LONGEST { text.to_owned() } else { text.chars().take(LONGEST - 1).chain(['…']).collect() };
    Message { text, markdown: None }
}

/// `server-requires-tls` as SARIF names rules: `ServerRequiresTls`.
fn pascal(id: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    id.split('-').map(capital).collect()
}
