//! OCSF 1.5.0 Compliance Findings (class 2003, profile `cloud`): an array of events, as Prowler writes them and Amazon Security Lake's custom sources take them (Open Cybersecurity
//! Schema Framework, schema.ocsf.io/1.5.0/classes/compliance_finding).
//!
//! - Every verdict is an event. Pass is status `Pass`, fail `Fail`, a question `Warning`, unknown `Unknown`; not applicable is `Other`. `finding_info.uid` is the fingerprint.
//! - The activity is `Create` where the finding is new to the baseline or where there is none, else `Update`; what the baseline had and is gone is a `Close`.
//! - A waived finding is `Suppressed`. A pass is informational, whatever its rule's severity; that stands in `unmapped`, with all that OCSF has no field for.

use std::collections::HashSet;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::escape::lines;
use super::json::object;
use super::view::{Fate, Finding, Gone, ResourceRef, Severity, Standing, Verdict, View};
use super::{remarks, requirement};

/// The version of OCSF.
const VERSION: &str = "1.5.0";

/// A number of OCSF's and its caption.
type Id = (u8, &'static str);

const CREATE: Id = (1, "Create");
const UPDATE: Id = (2, "Update");
const CLOSE: Id = (3, "Close");

/// The events, in the order of the view, then what is gone; each made when it is written.
pub(super) struct Events<'a>(pub &'a View);

impl Serialize for Events<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let view = self.0;
        let there: HashSet<&str> = view.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
        let told = |gone: &&Gone| gone.fate != Fate::OutOfScope && !there.contains(gone.fingerprint.as_str());
        let gone = view.gone.iter().filter(told).map(|one| gone(view, one));
        serializer.collect_seq(view.findings.iter().map(|finding| event(view, finding)).chain(gone))
    }
}

fn event(view: &View, finding: &Finding) -> Value {
    let activity = match finding.standing {
        None | Some(Standing::New | Standing::NewRule) => CREATE,
        Some(Standing::Known | Standing::EvidenceLost) => UPDATE,
    };
    let status = match finding.verdict {
        _ if finding.is_waived() => (3, "Suppressed"),
        Verdict::Pass => (4, "Resolved"),
        Verdict::NotApplicable => (99, "Not applicable"),
        Verdict::Fail | Verdict::Unknown | Verdict::Manual if activity == CREATE => (1, "New"),
        Verdict::Fail | Verdict::Unknown | Verdict::Manual => (2, "In Progress"),
    };
    let rule = view.rule(&finding.rule);
    let mut event = frame(view, activity, status, severity(finding.verdict, finding.severity), &finding.resource.region);
    let message = std::iter::once(finding.message.clone()).chain(finding.ask.clone()).chain(remarks::of(finding)).collect::<Vec<_>>().join("\n");
    event.extend(object(json!({
        "message": lines(&message),
        "metadata": metadata(view, &finding.rule, &finding.fingerprint),
        "finding_info": {
            "uid": finding.fingerprint, "title": lines(&finding.title), "desc": lines(&finding.message), "types": ["PCI DSS"],
            "analytic": { "uid": finding.rule, "name": lines(&finding.title), "type_id": 1, "type": "Rule" },
            "created_time": millis(view), "modified_time": millis(view), "last_seen_time": millis(view), "product": product(view),
        },
        "compliance": compliance(finding, rule.map(|rule| rule.rationale.as_str())),
        "resources": [resource(view, &finding.resource)],
        "unmapped": unmapped(finding),
    })));
    if let Some(code) = finding.unseen.iter().find_map(|unseen| unseen.code.as_ref()) {
        event.insert("status_code".to_owned(), lines(code).into());
    }
    let words = finding.remediation.as_ref().or_else(|| rule.map(|rule| &rule.remediation));
    if let Some(words) = words.filter(|words| !words.trim().is_empty()) {
        let references = rule.map(|rule| rule.references.clone()).unwrap_or_default();
        event.insert("remediation".to_owned(), json!({ "desc": lines(words), "references": references }));
    }
    if !finding.evidence.is_empty() {
        let data = |one| json!({ "data": one });
        event.insert("evidences".to_owned(), finding.evidence.iter().map(data).collect());
    }
    event.into()
}

fn gone(view: &View, gone: &Gone) -> Value {
    let lost = gone.fate == Fate::EvidenceLost;
    let (activity, status) = if lost { (UPDATE, (0, "Unknown")) } else { (CLOSE, (4, "Resolved")) };
    let severity = severity(if lost { Verdict::Unknown } else { Verdict::Pass }, gone.severity);
    let title = view.rule(&gone.rule).map_or(gone.rule.as_str(), |rule| rule.title.as_str());
    let mut event = frame(view, activity, status, severity, &gone.region);
    event.extend(object(json!({
        "message": lines(&remarks::gone(gone)),
        "metadata": metadata(view, &gone.rule, &gone.fingerprint),
        "finding_info": { "uid": gone.fingerprint, "title": lines(title), "modified_time": millis(view), "product": product(view) },
        "compliance": { "control": gone.rule, "status_id": 0, "status": "Unknown", "status_details": [remarks::fate(gone.fate)] },
        "resources": [{ "uid": lines(&gone.resource), "region": gone.region, "cloud_partition": view.run.partition }],
        "unmapped": { "fate": gone.fate, "severity": gone.severity },
    })));
    event.into()
}

/// What every event has.
fn frame(view: &View, activity: Id, status: Id, severity: Id, region: &str) -> Map<String, Value> {
    let run = &view.run;
    let mut cloud = object(json!({
        "provider": "AWS", "cloud_partition": run.partition, "account": { "uid": run.account, "type_id": 10, "type": "AWS Account" },
    }));
    if region != "global" {
        cloud.insert("region".to_owned(), region.into());
    }
    object(json!({
        "category_uid": 2, "category_name": "Findings",
        "class_uid": 2003, "class_name": "Compliance Finding",
        "activity_id": activity.0, "activity_name": activity.1,
        "type_uid": 200_300 + u32::from(activity.0), "type_name": format!("Compliance Finding: {}", activity.1),
        "status_id": status.0, "status": status.1,
        "severity_id": severity.0, "severity": severity.1,
        "time": millis(view),
        "cloud": cloud,
    }))
}

fn millis(view: &View) -> i64 {
    view.run.taken_at.as_millisecond()
}

/// `uid` makes a second delivery of an event harmless; `correlation_uid` holds the events of a run together.
fn metadata(view: &View, rule: &str, fingerprint: &str) -> Value {
    json!({
        "version": VERSION, "profiles": ["cloud"], "event_code": rule, "product": product(view),
        "uid": format!("{fingerprint}-{}", millis(view)), "correlation_uid": view.run.snapshot_sha256,
    })
}

fn product(view: &View) -> Value {
    json!({ "name": view.run.tool, "uid": view.run.tool, "vendor_name": view.run.tool, "version": view.run.version })
}

const fn severity(verdict: Verdict, severity: Severity) -> Id {
    match (verdict, severity) {
        (Verdict::Pass | Verdict::NotApplicable, _) | (_, Severity::Advisory) => (1, "Informational"),
        (_, Severity::Low) => (2, "Low"),
        (_, Severity::Medium) => (3, "Medium"),
        (_, Severity::High) => (4, "High"),
        (_, Severity::Critical) => (5, "Critical"),
    }
}

fn compliance(finding: &Finding, rationale: Option<&str>) -> Value {
    let status: Id = match finding.verdict {
        Verdict::Pass => (1, "Pass"),
        Verdict::Manual => (2, "Warning"),
        Verdict::Fail => (3, "Fail"),
        Verdict::Unknown => (0, "Unknown"),
        Verdict::NotApplicable => (99, "Not applicable"),
    };
    let (standards, requirements) = requirement::spelled(finding);
    let unseen = finding.unseen.iter().map(|unseen| lines(&remarks::unseen(unseen)));
    let details: Vec<String> = unseen.chain(remarks::of(finding).iter().map(|remark| lines(remark))).collect();
    let mut compliance = object(json!({
        "control": finding.rule, "standards": standards, "requirements": requirements, "status_id": status.0, "status": status.1,
        "status_code": finding.verdict, "status_details": details,
    }));
    if let Some(rationale) = rationale.filter(|rationale| !rationale.is_empty()) {
        compliance.insert("desc".to_owned(), rationale.into());
    }
    compliance.into()
}

fn resource(view: &View, resource: &ResourceRef) -> Value {
    json!({
        "uid": lines(&resource.arn), "name": lines(resource.called()), "type": resource.kind, "region": resource.region,
        "cloud_partition": view.run.partition,
    })
}

/// What OCSF has no field for.
fn unmapped(finding: &Finding) -> Value {
    json!({
        "verdict": finding.verdict, "severity": finding.severity, "rule_severity": finding.rule_severity, "key": finding.key, "pipelines": finding.pipelines,
        "question": finding.ask, "offending": finding.offending, "unseen": finding.unseen, "does_not_prove": finding.does_not_prove,
        "rule_error": finding.rule_error, "standing": finding.standing, "waiver": finding.waiver, "attested": finding.attested,
    })
}
