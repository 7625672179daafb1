//! AWS Security Finding Format: requests that `BatchImportFindings` takes as they are, in an array (Security Hub User Guide, *AWS Security Finding Format*; API Reference,
//! *BatchImportFindings*).
//!
//! ```text
//! jq -c '.[]' findings.asff.json | while read -r batch; do
//!   aws securityhub batch-import-findings --region "$(jq -r '.Findings[0].ProductArn | split(":")[3]' <<<"$batch")" --cli-input-json "$batch"
//! done
//! ```
//!
//! - Every verdict is imported, under an `Id` that is the fingerprint: so a finding that passes today closes the one that failed yesterday. Pass is `PASSED`, fail `FAILED`, a question
//!   `WARNING`, unknown `NOT_AVAILABLE`; not applicable is `NOT_AVAILABLE` and archived, as Security Hub does with its own. What fails no more because its resource is gone is archived too.
//! - A waived finding is `SUPPRESSED`. Security Hub takes that from a provider when a finding is new only; after that the workflow is its users' (`ProductFields` has the waiver always).
//! - The product is the account's default one, in the region of the resource; findings about global resources go to the first region that was scanned. A request is for one region.
//! - Limits: 100 findings and 6 MB a request, 240 KB a finding; the lengths are those of the API reference. What is cut ends in an ellipsis; the JSON report has it whole.
//! - Text is on one line: the pattern of Security Hub's strings does not reach over a line break.
//!
//! Waivers, answers and declarations that meet nothing have no place in a list of findings, nor has what went out of scope: the other formats name them.

use std::collections::{BTreeMap, HashSet};

use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::cut::cut;
use super::escape::escape;
use super::json::object;
use super::view::{Fate, Finding, Gone, ResourceRef, Severity, Standing, Verdict, View};
use super::{remarks, requirement};

/// Findings in a request.
const BATCH: usize = 100;
/// Bytes in a request, and some room for its envelope.
const BATCH_BYTES: usize = 6_000_000 - 1_000;
/// Characters in a value of `ProductFields`. Security Hub takes 2,048; with this no finding comes near its 240 KB, however its text is written.
const VALUE: usize = 500;
const TYPE: &str = "Software and Configuration Checks/Industry and Regulatory Standards/PCI-DSS";

/// The requests: by region of the product, findings in the order of the view, then what is gone; each made when it is written.
pub(super) struct Batches<'a>(pub &'a View);

impl Serialize for Batches<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let view = self.0;
        let mut regions: BTreeMap<String, Vec<Told<'_>>> = BTreeMap::new();
        for one in &view.findings {
            regions.entry(region(view, &one.resource.region)).or_default().push(Told::Finding(one));
        }
        let there: HashSet<&str> = view.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
        for one in view.gone.iter().filter(|one| one.fate != Fate::OutOfScope && !there.contains(one.fingerprint.as_str())) {
            regions.entry(region(view, &one.region)).or_default().push(Told::Gone(one));
        }
        let mut requests = serializer.serialize_seq(None)?;
        for told in regions.into_values() {
            let (mut batch, mut bytes) = (Vec::new(), 0);
            for one in told {
                let one = match one {
                    Told::Finding(finding) => self::finding(view, finding),
                    Told::Gone(gone) => self::gone(view, gone),
                };
                // Escapes that the writer may add make six bytes of two.
                let size = 3 * one.to_string().len();
                if batch.len() == BATCH || bytes + size > BATCH_BYTES {
                    requests.serialize_element(&json!({ "Findings": std::mem::take(&mut batch) }))?;
                    bytes = 0;
                }
                batch.push(one);
                bytes += size;
            }
            requests.serialize_element(&json!({ "Findings": batch }))?;
        }
        requests.end()
    }
}

/// What becomes a finding of Security Hub.
enum Told<'a> {
    Finding(&'a Finding),
    Gone(&'a Gone),
}

/// Where Security Hub keeps a finding about a region.
fn region(view: &View, region: &str) -> String {
    let home = if region == "global" { view.run.regions.first().map_or("us-east-1", String::as_str) } else { region };
    home.to_owned()
}

fn product_arn(view: &View, region: &str) -> String {
    let run = &view.run;
    format!("arn:{}:securityhub:{}:{}:product/{}/default", run.partition, self::region(view, region), run.account, run.account)
}

/// One line of at most so many characters, never blank.
fn text(text: &str, longest: usize) -> String {
    let line = escape(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned();
    if line.is_empty() { "-".to_owned() } else { cut(&line, longest).into_owned() }
}

fn finding(view: &View, finding: &Finding) -> Value {
    let mut asff = frame(view, &finding.fingerprint, &finding.rule, &finding.resource.region);
    let archived = finding.verdict == Verdict::NotApplicable;
    let label = label(finding.verdict, finding.severity);
    let severity = json!({ "Label": label, "Original": finding.severity });
    let remarks: Vec<String> = remarks::of(finding);
    let description = std::iter::once(finding.message.clone()).chain(finding.ask.clone()).chain(remarks).collect::<Vec<_>>().join(" · ");
    asff.extend(object(json!({
        "Title": text(&finding.title, 256),
        "Description": text(&description, 1024),
        "Types": [TYPE],
        "Severity": severity,
        "FindingProviderFields": { "Severity": severity, "Types": [TYPE] },
        "Resources": [resource(view, &finding.resource)],
        "Compliance": compliance(finding),
        "Workflow": { "Status": workflow(finding) },
        "RecordState": if archived { "ARCHIVED" } else { "ACTIVE" },
        "ProductFields": product_fields(finding),
    })));
    if let Some(waiver) = finding.waiver.as_ref().filter(|waiver| waiver.holds()) {
        let note = json!({ "Text": text(&remarks::waiver(waiver), 512), "UpdatedBy": text(&waiver.approver, 256), "UpdatedAt": format!("{}T00:00:00Z", waiver.approved) });
        asff.insert("Note".to_owned(), note);
    }
    let url = view.rule(&finding.rule).and_then(|rule| rule.references.first());
    let words = finding.remediation.clone().or_else(|| view.rule(&finding.rule).map(|rule| rule.remediation.clone()));
    if let Some(words) = words.filter(|words| !words.trim().is_empty()) {
        let mut recommendation = Map::from_iter([("Text".to_owned(), text(&words, 512).into())]);
        recommendation.extend(url.map(|url| ("Url".to_owned(), text(url, 512).into())));
        asff.insert("Remediation".to_owned(), json!({ "Recommendation": recommendation }));
    }
    asff.into()
}

/// What was a finding, and is none now.
fn gone(view: &View, gone: &Gone) -> Value {
    let mut asff = frame(view, &gone.fingerprint, &gone.rule, &gone.region);
    let lost = gone.fate == Fate::EvidenceLost;
    let label = if lost { label(Verdict::Unknown, gone.severity) } else { "INFORMATIONAL" };
    let severity = json!({ "Label": label, "Original": gone.severity });
    let title = view.rule(&gone.rule).map_or(gone.rule.as_str(), |rule| rule.title.as_str());
    asff.extend(object(json!({
        "Title": text(title, 256),
        "Description": text(&remarks::gone(gone), 1024),
        "Types": [TYPE],
        "Severity": severity,
        "FindingProviderFields": { "Severity": severity, "Types": [TYPE] },
        "Resources": [{ "Type": "Other", "Id": text(&gone.resource, 2048), "Partition": view.run.partition }],
        "Compliance": { "Status": "NOT_AVAILABLE" },
        "RecordState": if lost { "ACTIVE" } else { "ARCHIVED" },
        "ProductFields": { "pci-audit/fate": gone.fate, "pci-audit/fingerprint": gone.fingerprint },
    })));
    asff.into()
}

/// What every finding has.
fn frame(view: &View, fingerprint: &str, rule: &str, region: &str) -> Map<String, Value> {
    let at = view.run.taken_at.to_string();
    object(json!({
        "SchemaVersion": "2018-10-08",
        "Id": format!("pci-audit/{fingerprint}"),
        "ProductArn": product_arn(view, region),
        "GeneratorId": text(&format!("pci-audit/{rule}"), 512),
        "AwsAccountId": view.run.account,
        "CreatedAt": at,
        "UpdatedAt": at,
        "LastObservedAt": at,
    }))
}

/// A pass needs nothing done; of what could not be decided the severity says what is at stake.
const fn label(verdict: Verdict, severity: Severity) -> &'static str {
    match (verdict, severity) {
        (Verdict::Pass | Verdict::NotApplicable, _) | (_, Severity::Advisory) => "INFORMATIONAL",
        (_, Severity::Low) => "LOW",
        (_, Severity::Medium) => "MEDIUM",
        (_, Severity::High) => "HIGH",
        (_, Severity::Critical) => "CRITICAL",
    }
}

fn workflow(finding: &Finding) -> &'static str {
    match finding.verdict {
        _ if finding.is_waived() => "SUPPRESSED",
        Verdict::Pass => "RESOLVED",
        _ => "NEW",
    }
}

fn compliance(finding: &Finding) -> Value {
    let (status, code) = match finding.verdict {
        Verdict::Pass => ("PASSED", None),
        Verdict::Fail => ("FAILED", None),
        Verdict::Manual => ("WARNING", Some("PCI_AUDIT_MANUAL")),
        Verdict::Unknown => ("NOT_AVAILABLE", Some("PCI_AUDIT_UNKNOWN")),
        Verdict::NotApplicable => ("NOT_AVAILABLE", Some("PCI_AUDIT_NOT_APPLICABLE")),
    };
    let mut compliance = object(json!({ "Status": status, "SecurityControlId": text(&finding.rule, 64) }));
    let related: Vec<String> = requirement::spelled(finding).1.iter().map(|one| text(one, 64)).take(32).collect();
    if !related.is_empty() {
        compliance.insert("RelatedRequirements".to_owned(), related.into());
    }
    if let Some(code) = code {
        let unseen: Vec<String> = finding.unseen.iter().map(remarks::unseen).collect();
        let words = finding.ask.clone().unwrap_or_else(|| if unseen.is_empty() { finding.message.clone() } else { unseen.join("; ") });
        compliance.insert("StatusReasons".to_owned(), json!([{ "ReasonCode": code, "Description": text(&words, 2048) }]));
    }
    compliance.into()
}

fn resource(view: &View, resource: &ResourceRef) -> Value {
    let mut asff = object(json!({ "Type": kind(&resource.kind), "Id": text(&resource.arn, 2048), "Partition": view.run.partition }));
    if resource.region != "global" {
        asff.insert("Region".to_owned(), text(&resource.region, 16).into());
    }
    let name = json!({ "Other": { "Kind": text(&resource.kind, 64), "Name": text(&resource.name, VALUE) } });
    asff.insert("Details".to_owned(), name);
    asff.into()
}

/// Security Hub's word for a kind (User Guide, *Resources ASFF object*).
fn kind(kind: &str) -> &'static str {
    match kind {
        "account" => "AwsAccount",
        "dms-task" => "AwsDmsReplicationTask",
        "dms-endpoint" => "AwsDmsEndpoint",
        "dms-instance" => "AwsDmsReplicationInstance",
        "rds-instance" => "AwsRdsDbInstance",
        "rds-cluster" => "AwsRdsDbCluster",
        "rds-snapshot" => "AwsRdsDbSnapshot",
        "rds-cluster-snapshot" => "AwsRdsDbClusterSnapshot",
        "redshift-cluster" => "AwsRedshiftCluster",
        "vpc" => "AwsEc2Vpc",
        "subnet" => "AwsEc2Subnet",
        "route-table" => "AwsEc2RouteTable",
        "security-group" => "AwsEc2SecurityGroup",
        "network-acl" => "AwsEc2NetworkAcl",
        "vpc-peering" => "AwsEc2VpcPeeringConnection",
        "network-interface" => "AwsEc2NetworkInterface",
        "iam-user" => "AwsIamUser",
        "iam-group" => "AwsIamGroup",
        "iam-role" => "AwsIamRole",
        "iam-policy" => "AwsIamPolicy",
        "kms-key" => "AwsKmsKey",
        "secret" => "AwsSecretsManagerSecret",
        "bucket" => "AwsS3Bucket",
        "trail" => "AwsCloudTrailTrail",
        _ => "Other",
    }
}

/// What Security Hub has no field for.
fn product_fields(finding: &Finding) -> Map<String, Value> {
    let answer = finding.attested.as_ref().map(remarks::answer);
    let waiver = finding.waiver.as_ref().map(remarks::waiver);
    let fields = [
        ("fingerprint", Some(finding.fingerprint.clone())),
        ("verdict", Some(finding.verdict.name().to_owned())),
        ("severity", Some(finding.severity.name().to_owned())),
        ("standing", finding.standing.map(Standing::name).map(str::to_owned)),
        ("waiver", waiver),
        ("answer", answer),
        ("question", finding.ask.clone()),
        ("key", Some(finding.key.clone())),
        ("pipelines", Some(finding.pipelines.join(" "))),
        ("offending", finding.offending.as_ref().map(ToString::to_string)),
        ("does-not-prove", finding.does_not_prove.clone()),
        ("rule-error", finding.rule_error.clone()),
    ];
    let there = fields.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.trim().is_empty())?)));
    there.map(|(name, value)| (format!("pci-audit/{name}"), text(&value, VALUE).into())).collect()
}
