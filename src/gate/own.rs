//! Two rules of the gate's own. No rule file can hold them: they are about what is *not* among the verdicts.
//!
//! Their findings are `unknown`s, so that every report, ticket and count has them; no waiver and no `--allow-unknown` covers them.

use std::sync::Arc;

use crate::evidence::{About, Index, Missing};
use crate::facts::no_pipelines;
use crate::finding::{Finding, Severity, Verdict};
use crate::model::{Identity, Kind};

/// A rule of the gate's own.
#[derive(Debug)]
pub struct OwnRule {
    /// Id.
    pub id: &'static str,
    /// What is asked for.
    pub title: &'static str,
    /// Why it matters.
    pub rationale: &'static str,
    /// What to do.
    pub remediation: &'static str,
}

/// Something is judged: an account in which nothing was looked at is not clean.
pub const SOMETHING_JUDGED: OwnRule = OwnRule {
    id: "something-judged",
    title: "Each region that is named holds something to judge",
    rationale: "An audit that judged no database, warehouse, pipeline or bucket with rows has shown nothing. It looks like a clean account, and may be a wrong region, a wrong account, or a store of a kind that pci-audit does not know.",
    remediation: "Check the region and the account. Where nothing is meant to be there, name the region in `allow-empty`.",
};

/// What the baseline watches is still judged.
pub const STILL_JUDGED: OwnRule = OwnRule {
    id: "still-judged",
    title: "What the baseline watches is still judged",
    rationale: "A store, pipeline or trail that is gone, a rule that says nothing any more of what is still there, a region that is not scanned: each looks like health, and may be the loss of a control.",
    remediation: "Find out why it is gone. Then accept it: `pci-audit baseline accept --all`, or `[[retired]]` in pci-audit.toml for one departure.",
};

/// Both.
pub const ALL: [&OwnRule; 2] = [&SOMETHING_JUDGED, &STILL_JUDGED];

/// Whether a rule is the gate's own.
pub fn is_own(rule: &str) -> bool {
    ALL.iter().any(|own| own.id == rule)
}

/// An own rule by its id.
pub fn find(rule: &str) -> Option<&'static OwnRule> {
    ALL.iter().copied().find(|own| own.id == rule)
}

impl OwnRule {
    /// A finding of it: unknown, high.
    pub(super) fn finding(&self, about: About, message: String, unseen: String) -> Finding {
        Finding {
            rule: Arc::from(self.id),
            severity: Severity::High,
            verdict: Verdict::Unknown,
            requirements: None,
            about,
            message,
            ask: None,
            remediation: Some(self.remediation.to_owned()),
            commands: Vec::new(),
            offending: None,
            evidence: Vec::new(),
            missing: vec![Missing::Outside(unseen)],
            milder: None,
            rule_error: None,
        }
    }
}

/// The account, with a key.
pub(super) fn of_account(index: &Index<'_>, key: String) -> About {
    About { kind: Kind::Account, resource: index.account("global"), key, pipelines: no_pipelines() }
}

/// What `[[retired]]` calls a departure: a region or the rules by their key, anything else by its ARN.
pub fn retired_name<'n>(arn: &'n str, key: &'n str) -> &'n str {
    match key.strip_prefix("region ") {
        Some(region) => region,
        None if key == "rules" => key,
        None => arn,
    }
}

/// A resource that is not in the snapshot any more.
pub(super) fn of_resource(kind: Kind, identity: Identity, key: String) -> About {
    About { kind, resource: Arc::new(identity), key, pipelines: no_pipelines() }
}
