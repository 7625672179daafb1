//! The compact baseline: what a later run needs to tell new from known. Sorted, one finding a line, nothing that changes of itself: made for committing.

use super::json;
use super::view::{Finding, View};
use crate::gate::baseline::{File, SCHEMA};
use crate::gate::{Entry, elements, own};

/// Of a view.
pub(super) fn of(view: &View) -> File {
    let entry = |finding: &Finding| Entry {
        fingerprint: finding.fingerprint.clone(),
        rule: finding.rule.clone(),
        verdict: finding.verdict,
        severity: finding.severity,
        resource: finding.resource.arn.clone(),
        region: finding.resource.region.clone(),
        offending: Some(elements(finding.offending.as_ref())).filter(|elements| !elements.is_empty()),
        waived: finding.is_waived(),
        open: false,
        remembered: false,
    };
    // What the history remembers was not looked at: nobody accepts it unseen.
    let mut findings: Vec<Entry> = view.findings.iter().filter(|finding| !own::is_own(&finding.rule)).map(entry).collect();
    findings.sort_by(|a, b| (&a.rule, &a.resource, &a.fingerprint).cmp(&(&b.rule, &b.resource, &b.fingerprint)));
    let mut regions = view.run.regions.clone();
    regions.sort();
    File {
        schema: SCHEMA.to_owned(),
        account: view.run.account.clone(),
        regions,
        version: view.run.version.clone(),
        rules: view.rules.iter().map(|rule| rule.id.clone()).filter(|rule| !own::is_own(rule)).collect(),
        actions: view.run.actions.clone(),
        watched: Some(view.watched.clone()),
        findings,
    }
}

/// The file as text. Its lists are in the order of the contract already: that of the view, or that of [`File`] made of a baseline.
pub fn text(file: &File) -> String {
    json::text(file, 2)
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::super::view::{Fate, Past};
    use super::*;
    use crate::gate::Baseline;

    #[test]
    fn it_is_what_the_verb_makes_of_the_report() {
        let mut view = example::view();
        let aside = view.findings.pop().expect("a finding");
        let open = Past {
            fingerprint: aside.fingerprint.clone(),
            rule: aside.rule.clone(),
            resource: aside.resource.arn.clone(),
            region: aside.resource.region.clone(),
            fate: Fate::OutOfScope,
            since: view.run.taken_at,
            first_seen: view.run.taken_at,
            last_seen: view.run.taken_at,
            finding: Some(Box::new(aside.clone())),
            gone: false,
        };
        view.history = vec![Past { fingerprint: "resolved".to_owned(), finding: None, ..open.clone() }, open];
        let file = of(&view);
        assert_eq!(file, Baseline::parse(&json::text(&view, 2), "report").unwrap().into());
        assert!(file.findings.iter().all(|entry| entry.fingerprint != aside.fingerprint), "what was not looked at is accepted by nobody");
    }
}
