//! Cases for the IAM evaluator: a request, its policies, and the answer.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use iam_eval::Grant;
use iam_eval::document::Document;
use iam_eval::{Context, Decision, Policies, Policy, PolicySet, Principal, Request, Target, evaluate};
use serde::Deserialize;

/// One case.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Case {
    pub name: String,
    pub group: String,
    /// The page that decides it; only in cases of our own.
    #[serde(default)]
    pub source: Option<String>,
    pub expect: String,
    principal: String,
    action: String,
    resource: String,
    resource_account: Option<String>,
    /// What is not given is unknown, not absent.
    #[serde(default)]
    open: bool,
    /// The resource is a pattern: some resource that fits it.
    #[serde(default)]
    some: bool,
    context: BTreeMap<String, OneOrMany>,
    #[serde(default)]
    identity_policies: Vec<serde_json::Value>,
    resource_policy: Option<serde_json::Value>,
    boundary: Option<Vec<serde_json::Value>>,
    session_policy: Option<serde_json::Value>,
    #[serde(default)]
    scps: Vec<Level>,
    #[serde(default)]
    rcps: Vec<Level>,
    endpoint_policies: Option<Vec<serde_json::Value>>,
    #[serde(default)]
    grants: Vec<Grant>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Level {
    org_identifier: String,
    policies: Vec<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// The cases of a file in `fixtures/iam`.
pub(crate) fn cases(file: &str) -> Vec<Case> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads a policy.
pub(crate) fn policy(document: &serde_json::Value, name: &str) -> Arc<Policy> {
    let document = Document::parse(&document.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
    Arc::new(Policy::new(&document, name, None))
}

fn set(documents: &[serde_json::Value], name: &str) -> PolicySet<String> {
    PolicySet::seen(documents.iter().enumerate().map(|(number, document)| policy(document, &format!("{name} {}", number + 1))))
}

impl Case {
    /// What the evaluator says.
    pub(crate) fn evaluate(&self) -> Decision<String> {
        let mut context = if self.open { Context::open() } else { Context::complete() };
        for (key, values) in &self.context {
            match values {
                OneOrMany::One(value) => context.set(key, [value.clone()]),
                OneOrMany::Many(values) => context.set(key, values.clone()),
            }
        }
        let principal = Principal::parse(&self.principal).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let target = if self.some { Target::any(&self.resource) } else { Target::one(&self.resource) };
        let request = Request::new(principal, &self.action, target, self.resource_account.as_deref(), context);
        let levels = |levels: &[Level]| levels.iter().map(|level| set(&level.policies, &level.org_identifier)).collect();
        let policies = Policies {
            identity: set(&self.identity_policies, "identity policy"),
            boundary: self.boundary.as_ref().map(|documents| set(documents, "boundary")),
            session: self.session_policy.as_ref().map(|document| PolicySet::seen([policy(document, "session policy")])),
            resource: self.resource_policy.as_ref().map(|document| PolicySet::seen([policy(document, "resource policy")])),
            grants: self.grants.clone(),
            grants_missing: Vec::new(),
            scps: Some(levels(&self.scps)),
            rcps: Some(levels(&self.rcps)),
            endpoint: self.endpoint_policies.as_ref().map(|documents| set(documents, "endpoint policy")),
        };
        evaluate(&request, &policies)
    }
}
