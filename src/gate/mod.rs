//! The gate: what the findings mean for whoever waits for an answer. It decides before any reporter runs, so no format changes the exit code.

use serde::Serialize;

use crate::finding::{Finding, Severity, Verdict};

/// What the gate is asked to mind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// The least severity that counts.
    pub severity: Severity,
    /// Whether an `unknown` may pass.
    pub allow_unknown: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { severity: Severity::Low, allow_unknown: false }
    }
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Fails at or above the severity.
    pub open: usize,
    /// Unknowns at or above the severity.
    pub incomplete: usize,
    /// Rules that broke while they ran.
    pub broken: usize,
    /// What the process answers.
    pub exit: Exit,
}

/// Exit codes, the same for every format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "u8")]
pub enum Exit {
    /// 0: nothing open at or above the severity.
    Clean,
    /// 1: open findings.
    Open,
    /// 2: usage, configuration, rule or internal error, or nothing could be read at all.
    Error,
    /// 3: evidence is incomplete.
    Incomplete,
}

impl From<Exit> for u8 {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Clean => 0,
            Exit::Open => 1,
            Exit::Error => 2,
            Exit::Incomplete => 3,
        }
    }
}

/// Decides. A broken rule wins over everything, open findings win over incomplete evidence.
pub fn decide(findings: &[Finding], policy: Policy) -> Decision {
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict && finding.severity >= policy.severity).count();
    let (open, incomplete) = (count(Verdict::Fail), count(Verdict::Unknown));
    let broken = findings.iter().filter(|finding| finding.rule_error.is_some()).count();
    let exit = if broken > 0 {
        Exit::Error
    } else if open > 0 {
        Exit::Open
    } else if incomplete > 0 && !policy.allow_unknown {
        Exit::Incomplete
    } else {
        Exit::Clean
    };
    Decision { open, incomplete, broken, exit }
}
