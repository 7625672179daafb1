use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::evidence::{About, Missing};
use crate::facts::no_pipelines;
use crate::finding::Verdict;
use crate::model::{Identity, Kind};

fn finding(rule: &str, name: &str, verdict: Verdict) -> Finding {
    let resource = Arc::new(Identity {
        arn: format!("arn:aws:rds:eu-west-1:111122223333:db:{name}").into(),
        name: name.into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
    });
    Finding {
        rule: rule.into(),
        severity: Severity::High,
        verdict,
        requirements: None,
        about: About { kind: Kind::RdsInstance, resource, key: String::new(), pipelines: no_pipelines() },
        message: String::new(),
        ask: None,
        remediation: None,
        commands: Vec::new(),
        offending: None,
        evidence: Vec::new(),
        missing: Vec::new(),
        milder: None,
        rule_error: None,
    }
}

fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn baseline(findings: &[Finding]) -> Baseline {
    let entry = |finding: &Finding| Entry {
        fingerprint: finding.fingerprint(),
        rule: finding.rule.to_string(),
        verdict: finding.verdict,
        severity: finding.severity,
        resource: finding.about.resource.arn.to_string(),
        region: finding.about.resource.region.to_string(),
        offending: Some(elements(finding.offending.as_ref())).filter(|elements| !elements.is_empty()),
        waived: false,
        open: false,
        remembered: false,
    };
    Baseline {
        account: "111122223333".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        regions: set(&["eu-west-1"]),
        rules: set(&["a", "b"]),
        actions: actions(),
        watched: Some(BTreeSet::new()),
        findings: findings.iter().map(|finding| (finding.fingerprint(), entry(finding))).collect(),
        ..Baseline::default()
    }
}

/// An account with nothing in it, read on 1 June 2026 in one region, where `gaps` could not be read.
fn account(gaps: serde_json::Value) -> &'static Index<'static> {
    let text = serde_json::json!({
        "schema": crate::model::snapshot::SCHEMA,
        "taken_at": "2026-06-01T03:00:00Z",
        "caller": {"account": "111122223333", "arn": "arn:aws:iam::111122223333:role/audit", "partition": "aws"},
        "regions": ["eu-west-1"], "reads": [{"account": "111122223333", "region": "eu-west-1", "service": "rds", "operation": "DescribeDBInstances", "at": "2026-06-01T03:00:00Z"}], "gaps": gaps, "resources": {},
    });
    let snapshot = crate::model::Snapshot::parse(&text.to_string(), "test").unwrap();
    Box::leak(Box::new(Index::new(Box::leak(Box::new(snapshot)))))
}

/// By the rules `a` and `b` (and `c`, which is new); nothing need be there to judge.
fn gate<'a>(policy: Policy, baseline: Option<&'a Baseline>, waivers: &'a [Waiver], attests: &'a [Attest]) -> Gate<'a> {
    Gate {
        policy,
        index: account(serde_json::json!([])),
        watched: &[],
        waivers,
        attests,
        retired: &[],
        allow_empty: Box::leak(Box::new(["eu-west-1".to_owned()])),
        baseline,
        rules: Box::leak(Box::new(set(&["a", "b", "c"]))),
    }
}

fn judged<'a>(policy: Policy, findings: &[Finding], baseline: Option<&'a Baseline>, waivers: &'a [Waiver], attests: &'a [Attest]) -> Judgement<'a> {
    gate(policy, baseline, waivers, attests).judge(findings.to_vec())
}

const NEW: Policy = Policy { severity: Severity::Low, allow_unknown: false, fail_on: FailOn::New, strict: true };

/// The standing of one finding today against one yesterday, and the exit code.
fn night(before: Option<Finding>, today: Finding) -> (Option<Standing>, Exit) {
    let baseline = baseline(&before.into_iter().collect::<Vec<_>>());
    let judgement = judged(NEW, &[today], Some(&baseline), &[], &[]);
    (judgement.judged[0].standing, judgement.decision.exit)
}

#[test]
fn what_may_be_milder_for_all_that_was_seen_is_incomplete_and_not_worse() {
    let accepted = Finding { severity: Severity::Low, ..finding("a", "db", Verdict::Fail) };
    let baseline = baseline(&[accepted]);
    let today = finding("a", "db", Verdict::Fail);
    assert_eq!(judged(NEW, std::slice::from_ref(&today), Some(&baseline), &[], &[]).decision.exit, Exit::Open);
    for (milder, exit) in [(Severity::Low, Exit::Incomplete), (Severity::Medium, Exit::Open)] {
        let today = Finding { milder: Some(milder), ..today.clone() };
        assert_eq!(judged(NEW, &[today], Some(&baseline), &[], &[]).decision.exit, exit, "{milder}");
    }
}

#[test]
fn without_a_baseline_every_open_finding_gates_and_open_wins_over_incomplete() {
    let exit = |verdicts: &[Verdict], policy| {
        let findings: Vec<Finding> = verdicts.iter().enumerate().map(|(number, verdict)| finding("a", &number.to_string(), *verdict)).collect();
        judged(policy, &findings, None, &[], &[]).decision.exit
    };
    let any = Policy::default();
    assert_eq!(exit(&[Verdict::Pass, Verdict::Manual, Verdict::NotApplicable], any), Exit::Clean);
    assert_eq!(exit(&[Verdict::Unknown], any), Exit::Incomplete);
    assert_eq!(exit(&[Verdict::Unknown], Policy { allow_unknown: true, ..any }), Exit::Clean);
    assert_eq!(exit(&[Verdict::Unknown, Verdict::Fail], any), Exit::Open);
    assert_eq!(exit(&[Verdict::Fail], Policy { severity: Severity::Critical, ..any }), Exit::Clean);
}

#[test]
fn a_night_fails_on_what_got_worse_and_on_nothing_else() {
    use Verdict::{Fail, Manual, Pass, Unknown};
    let of = |verdict| finding("a", "db", verdict);
    let with = |severity| Finding { severity, ..of(Fail) };
    for (before, today, standing, exit) in [
        (Some(of(Fail)), of(Fail), Standing::Known, Exit::Clean),
        (Some(of(Pass)), of(Fail), Standing::New, Exit::Open),
        (Some(of(Manual)), of(Fail), Standing::New, Exit::Open),
        (Some(of(Unknown)), of(Fail), Standing::New, Exit::Open),
        (None, of(Fail), Standing::New, Exit::Open),
        (Some(with(Severity::Medium)), with(Severity::High), Standing::New, Exit::Open),
        (Some(with(Severity::Critical)), with(Severity::High), Standing::Known, Exit::Clean),
        (Some(of(Unknown)), of(Unknown), Standing::New, Exit::Incomplete),
        (Some(of(Pass)), of(Unknown), Standing::EvidenceLost, Exit::Incomplete),
        (Some(of(Fail)), of(Unknown), Standing::EvidenceLost, Exit::Incomplete),
        (None, of(Unknown), Standing::New, Exit::Incomplete),
        (Some(of(Fail)), of(Pass), Standing::Known, Exit::Clean),
    ] {
        let words = format!("{:?} then {:?}", before.as_ref().map(|finding| finding.verdict), today.verdict);
        assert_eq!(night(before, today), (Some(standing), exit), "{words}");
    }
}

#[test]
fn a_rule_that_an_upgrade_adds_gates_and_is_told_apart() {
    let yesterday = baseline(&[]);
    let today = [finding("c", "db", Verdict::Fail)];
    let judgement = judged(NEW, &today, Some(&yesterday), &[], &[]);
    assert_eq!((judgement.judged[0].standing, judgement.decision.exit), (Some(Standing::NewRule), Exit::Open));
    assert_eq!((judgement.decision.by_upgrade, judgement.decision.new_rules), (1, set(&["c"])));
    assert_eq!(judged(Policy { strict: false, ..NEW }, &today, Some(&yesterday), &[], &[]).decision.exit, Exit::Clean);
}

#[test]
fn what_is_gone_is_resolved_only_where_somebody_looked() {
    let elsewhere = |mut one: Finding| {
        let id = Identity { region: "us-east-1".into(), ..(*one.about.resource).clone() };
        one.about.resource = Arc::new(id);
        one
    };
    let fails = [
        finding("a", "fixed", Verdict::Fail),
        finding("a", "deleted", Verdict::Fail),
        finding("b", "unlisted", Verdict::Fail),
        finding("removed-rule", "db", Verdict::Fail),
        elsewhere(finding("a", "far", Verdict::Fail)),
        finding("a", "asked", Verdict::Manual),
    ];
    let yesterday = baseline(&fails);
    let mut hidden = finding("b", "account", Verdict::Unknown);
    hidden.missing = vec![Missing::Members { kind: Kind::RdsInstance, region: "eu-west-1".into() }];
    let judgement = judged(NEW, &[finding("a", "fixed", Verdict::Pass), hidden], Some(&yesterday), &[], &[]);
    let fate = |name: &str| judgement.gone.iter().find(|(entry, _)| entry.resource.ends_with(name)).map(|(_, fate)| *fate);
    assert_eq!(fate(":fixed"), Some(Fate::Resolved));
    assert_eq!(fate(":deleted"), Some(Fate::Resolved));
    assert_eq!(fate(":unlisted"), Some(Fate::EvidenceLost));
    assert_eq!(fate(":db"), Some(Fate::OutOfScope));
    assert_eq!(fate(":far"), Some(Fate::OutOfScope));
    assert_eq!(fate(":asked"), None, "only fails are resolved");
    assert_eq!(
        (judgement.decision.exit, judgement.decision.lost),
        (Exit::Incomplete, 1),
        "the account's own unknown is new, the finding is out of sight"
    );
}

fn waiver(text: &str) -> Vec<Waiver> {
    let rest = "reason = 'r'\napprover = 'a'\nreference = 'CCW-1'\n";
    crate::config::Config::parse(&format!("[[waivers]]\n{rest}{text}"), "t").unwrap().waivers
}

#[test]
fn a_waiver_holds_until_its_last_day_and_stays_visible_after_it() {
    let findings = [finding("a", "db-1", Verdict::Fail)];
    let by_pattern = |days: &str| waiver(&format!("rule = 'a'\nresource = 'arn:aws:rds:*:db:db-*'\n{days}"));
    let (last_day, over, not_yet) = (
        by_pattern("approved = 2026-01-01\nexpires = 2026-06-01"),
        by_pattern("approved = 2026-01-01\nexpires = 2026-05-31"),
        by_pattern("approved = 2026-06-02\nexpires = 2026-12-31"),
    );
    let judgement = judged(Policy::default(), &findings, None, &last_day, &[]);
    assert!(judgement.judged[0].is_waived() && judgement.unused.is_empty());
    assert_eq!((judgement.decision.exit, judgement.decision.waived), (Exit::Clean, 1));
    let judgement = judged(Policy::default(), &findings, None, &over, &[]);
    assert!(judgement.judged[0].waiver.as_ref().is_some_and(|waiver| waiver.expired));
    assert_eq!(judgement.decision.exit, Exit::Open);
    assert_eq!(judged(Policy::default(), &findings, None, &not_yet, &[]).decision.exit, Exit::Open);
    let other = waiver("finding = '0123456789abcdef'\napproved = 2026-01-01\nexpires = 2026-12-31");
    let judgement = judged(Policy::default(), &findings, None, &other, &[]);
    assert_eq!(judgement.unused, ["waiver of finding 0123456789abcdef"]);
}

#[test]
fn a_finding_whose_waiver_held_in_the_baseline_and_holds_no_more_is_open_again() {
    let findings = [finding("a", "db-1", Verdict::Fail)];
    let mut yesterday = baseline(&findings);
    yesterday.findings.values_mut().for_each(|entry| entry.waived = true);
    let until = |day: &str| waiver(&format!("rule = 'a'\nresource = '*'\napproved = 2026-01-01\nexpires = {day}"));
    let (holds, over) = (until("2026-06-01"), until("2026-05-31"));
    let of = |waivers| {
        let judgement = judged(NEW, &findings, Some(&yesterday), waivers, &[]);
        (judgement.judged[0].standing, judgement.decision.exit)
    };
    assert_eq!(of(&holds), (Some(Standing::Known), Exit::Clean));
    assert_eq!(of(&over), (Some(Standing::New), Exit::Open));
    assert_eq!(of(&[]), (Some(Standing::New), Exit::Open), "the waiver was taken back");
    let open = baseline(&findings);
    assert_eq!(judged(NEW, &findings, Some(&open), &over, &[]).decision.exit, Exit::Clean, "it was open already");
}

#[test]
fn an_answer_belongs_to_a_question_and_to_nothing_else() {
    let text =
        "[[attest]]\nrule = 'a'\nresource = '*'\nholds = true\nanswer = 'yes'\nby = 'me'\non = 2026-05-01\nevidence = 'wiki'\nexpires = 2027-05-01";
    let attests = crate::config::Config::parse(text, "t").unwrap().attest;
    let findings = [finding("a", "asked", Verdict::Manual), finding("a", "failed", Verdict::Fail)];
    let judgement = judged(Policy::default(), &findings, None, &[], &attests);
    assert!(judgement.judged[0].attest.is_some() && judgement.judged[1].attest.is_none());
    assert_eq!(judgement.decision.exit, Exit::Open);
}

#[test]
fn findings_that_cannot_be_told_apart_are_an_error_that_names_both() {
    let findings = [finding("a", "db", Verdict::Pass), finding("a", "db", Verdict::Fail)];
    let judgement = judged(Policy::default(), &findings, None, &[], &[]);
    assert_eq!(judgement.decision.exit, Exit::Error);
    assert!(judgement.conflicts[0].contains("a on arn:aws:rds"), "{:?}", judgement.conflicts);
}

/// A whole report as a baseline: nobody accepted what was open in it.
#[test]
fn a_report_as_baseline_silences_nothing_that_its_own_run_had_open() {
    let found = finding("a", "db", Verdict::Fail);
    let (print, arn) = (found.fingerprint(), found.about.resource.arn.clone());
    let report = |rest: &str| {
        let finding = format!(
            r#"{{"fingerprint": "{print}", "rule": "a", "verdict": "fail", "severity": "high", {rest}
            "resource": {{"arn": "{arn}", "region": "eu-west-1"}}}}"#
        );
        let text = |findings: &str, history: &str| {
            format!(
                r#"{{"schema": "pci-audit/report/1", "run": {{"account": "111122223333", "regions": []}}, "rules": [{{"id": "a"}}],
                "findings": [{findings}], "history": [{history}], "watched": []}}"#
            )
        };
        [text(&finding, ""), text("", &format!(r#"{{"finding": {finding}}}"#))].map(|text| Baseline::parse(&text, "report").unwrap())
    };
    let exits = |rest: &str, waivers: &[Waiver]| {
        report(rest).map(|baseline| judged(NEW, std::slice::from_ref(&found), Some(&baseline), waivers, &[]).decision.exit)
    };
    assert_eq!(exits("", &[]), [Exit::Open; 2], "open in it, or open and out of scope that night");
    assert_eq!(exits(r#""standing": "new","#, &[]), [Exit::Open; 2]);
    assert_eq!(exits(r#""standing": "known","#, &[])[0], Exit::Clean, "its own baseline had accepted it");
    let holds = waiver("rule = 'a'\nresource = '*'\napproved = 2026-01-01\nexpires = 2026-12-31");
    assert_eq!(exits(r#""waiver": {"expired": false},"#, &holds)[0], Exit::Clean);
    assert_eq!(exits(r#""waiver": {"expired": false},"#, &[])[0], Exit::Open, "the waiver is gone");
}

mod accepting;
mod honesty;
