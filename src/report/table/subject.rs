//! How findings name their resource, and what is left of a message once the name stands beside it.

use std::collections::BTreeMap;

use super::ink;
use super::page::{Piece, piece};
use crate::report::view::{Finding, View};

/// What a name needs beside it so that no two subjects look alike.
pub(super) struct Subjects<'a> {
    regions: bool,
    keys: BTreeMap<(&'a str, &'a str, &'a str), usize>,
}

impl<'a> Subjects<'a> {
    /// Of a view.
    pub(super) fn new(view: &'a View) -> Self {
        let mut keys = BTreeMap::new();
        for finding in &view.findings {
            *keys.entry(subject(finding)).or_default() += 1;
        }
        Self { regions: view.run.regions.len() > 1, keys }
    }

    /// The name, the region where there are several, the key where one rule speaks of the resource more than once.
    pub(super) fn label(&self, finding: &'a Finding) -> Vec<Piece> {
        let mut pieces = vec![piece(ink::STRONG, name(finding))];
        let region = &finding.resource.region;
        if self.regions && region != "global" {
            pieces.push(piece(ink::FAINT, format!(" {region}")));
        }
        if !finding.key.is_empty() && finding.key != *region && self.keys.get(&subject(finding)).is_some_and(|count| *count > 1) {
            pieces.push(piece(ink::FAINT, format!(" [{}]", finding.key)));
        }
        pieces
    }

    /// The labels of several, with commas.
    pub(super) fn list(&self, findings: &[&'a Finding]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (index, finding) in findings.iter().enumerate() {
            if index > 0 {
                pieces.push(piece(ink::FAINT, ", "));
            }
            pieces.extend(self.label(finding));
        }
        pieces
    }
}

fn subject(finding: &Finding) -> (&str, &str, &str) {
    (&finding.rule, &finding.resource.arn, &finding.resource.region)
}

/// What people call the resource; its ARN where it has no name.
pub(super) fn name(finding: &Finding) -> &str {
    finding.resource.called()
}

/// The message, without the name that it begins with.
pub(super) fn message(finding: &Finding) -> &str {
    let rest = finding.message.strip_prefix(name(finding)).and_then(|rest| rest.strip_prefix(": "));
    rest.filter(|rest| !rest.is_empty()).unwrap_or(&finding.message)
}
