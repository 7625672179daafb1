//! What was accepted is what was seen; what cannot be read is never accepted; nothing judged is not clean.

use serde_json::json;

use super::*;

fn failing(elements: &[&str]) -> Finding {
    Finding { offending: Some(json!(elements)), ..finding("a", "db", Verdict::Fail) }
}

const DAYS: &str = "approved = 2026-01-01\nexpires = 2026-12-31";

#[test]
fn one_more_offending_element_or_a_worse_severity_is_new_and_says_what_grew() {
    let accepted = baseline(&[failing(&["tcp 1433"])]);
    let of = |today: Finding| {
        let judgement = judged(NEW, &[today], Some(&accepted), &[], &[]);
        (judgement.judged[0].grown.clone(), judgement.decision.exit)
    };
    assert_eq!(of(failing(&["tcp 1433"])), (vec![], Exit::Clean));
    assert_eq!(of(failing(&[])), (vec![], Exit::Clean), "less is no news");
    assert_eq!(of(failing(&["tcp 1433", "tcp 22"])), (vec!["+ tcp 22".to_owned()], Exit::Open));
    assert_eq!(of(Finding { severity: Severity::Critical, ..failing(&["tcp 1433"]) }), (vec!["critical, was high".to_owned()], Exit::Open));
    let older = Baseline { watched: None, ..accepted.clone() };
    assert_eq!(judged(NEW, &[failing(&["tcp 22"])], Some(&older), &[], &[]).decision.exit, Exit::Clean, "an older file matches as it did");
}

#[test]
fn a_waiver_covers_what_it_says_and_nothing_worse() {
    let of = |text: &str, today: Finding| {
        let waivers = waiver(&format!("finding = '{}'\n{DAYS}\n{text}", today.fingerprint()));
        let judgement = judged(Policy::default(), &[today], None, &waivers, &[]);
        (judgement.judged[0].waiver.as_ref().map(|waiver| waiver.outgrown.clone()).unwrap_or_default(), judgement.decision.exit)
    };
    let unknown = finding("a", "db", Verdict::Unknown);
    assert_eq!(of("verdict = 'fail'", failing(&["tcp 22"])).1, Exit::Clean);
    assert_eq!(of("", failing(&["tcp 22"])).1, Exit::Clean, "an older waiver matches as it did");
    assert_eq!(of("verdict = 'unknown'", unknown.clone()).1, Exit::Clean);
    assert_eq!(of("verdict = 'unknown'", failing(&[])).1, Exit::Open, "a waiver of an unknown never covers a fail");
    assert_eq!(of("verdict = 'fail'", unknown).1, Exit::Incomplete);
    assert_eq!(of("severity = 'medium'", failing(&[])), (vec!["high, was medium".to_owned()], Exit::Open));
    assert_eq!(of("offending = ['tcp 1433']", failing(&["tcp 1433", "tcp 22"])), (vec!["+ tcp 22".to_owned()], Exit::Open));
    assert_eq!(of("offending = ['tcp 1433', 'tcp 22']", failing(&["tcp 22"])).1, Exit::Clean);
}

#[test]
fn an_unknown_is_waived_by_the_calls_that_it_hangs_on() {
    let gap = |operation: &str, region: &str| json!({"account": "111122223333", "region": region, "service": "rds", "operation": operation, "code": "AccessDenied", "message": ""});
    let lists = |kind| Missing::Members { kind, region: "eu-west-1".into() };
    let unknown = |kinds: &[Kind]| Finding { missing: kinds.iter().copied().map(lists).collect(), ..finding("a", "account", Verdict::Unknown) };
    let exit = |gaps: serde_json::Value, waivers: &[Waiver], today: Finding| {
        let gate = Gate { index: account(gaps), ..gate(Policy::default(), None, waivers, &[]) };
        gate.judge(vec![today]).decision.exit
    };
    let of = |text: &str| waiver(&format!("call = 'rds:DescribeDBInstances'\n{DAYS}\n{text}"));
    let denied = || json!([gap("DescribeDBInstances", "eu-west-1")]);
    let instances = [Kind::RdsInstance];
    assert_eq!(exit(denied(), &[], unknown(&instances)), Exit::Incomplete);
    assert_eq!(exit(denied(), &of(""), unknown(&instances)), Exit::Clean);
    assert_eq!(exit(denied(), &of("region = 'eu-west-1'\naccount = '111122223333'"), unknown(&instances)), Exit::Clean);
    assert_eq!(exit(denied(), &of("region = 'us-east-1'"), unknown(&instances)), Exit::Incomplete);
    assert_eq!(exit(denied(), &of("account = '444455556666'"), unknown(&instances)), Exit::Incomplete);
    let two = || json!([gap("DescribeDBInstances", "eu-west-1"), gap("DescribeDBClusters", "eu-west-1")]);
    assert_eq!(exit(two(), &of(""), unknown(&[Kind::RdsInstance, Kind::RdsCluster])), Exit::Incomplete, "the other call is not waived");
    assert_eq!(exit(denied(), &of(""), finding("a", "db", Verdict::Unknown)), Exit::Incomplete, "it hangs on no call that failed");
    let over = waiver("call = 'rds:DescribeDBInstances'\napproved = 2026-01-01\nexpires = 2026-05-31");
    assert_eq!(exit(denied(), &over, unknown(&instances)), Exit::Incomplete);
    assert_eq!(exit(denied(), &of(""), finding("a", "db", Verdict::Fail)), Exit::Open, "a call is no waiver of a fail");
}

#[test]
fn an_answer_of_no_is_a_fail_and_the_most_specific_answer_counts() {
    let arn = "arn:aws:rds:eu-west-1:111122223333:db:db";
    let attest = |target: &str, holds: bool, rest: &str| {
        format!(
            "[[attest]]\n{target}\nholds = {holds}\nanswer = 'in clear text'\nby = 'J. Doe'\non = 2026-05-01\nevidence = 'e'\nexpires = 2027-05-01\n{rest}"
        )
    };
    let of = |text: String| {
        let attests = crate::config::Config::parse(&text, "t").unwrap().attest;
        let judgement = judged(Policy::default(), &[finding("a", "db", Verdict::Manual)], None, &[], Box::leak(attests.into_boxed_slice()));
        (judgement.judged[0].finding.clone(), judgement.decision.exit, judgement.conflicts)
    };
    let pattern = |pattern: &str| format!("rule = 'a'\nresource = '{pattern}'");
    let (fail, exit, _) = of(attest(&pattern("*"), false, ""));
    assert_eq!((fail.verdict, fail.severity, exit), (Verdict::Fail, Severity::High, Exit::Open));
    assert_eq!(fail.message, "db: answered NO by J. Doe, 2026-05-01: in clear text");
    let fingerprint = format!("finding = '{}'", fail.fingerprint());
    for (vague, specific) in [(pattern("*"), pattern(arn)), (pattern("*"), pattern("arn:aws:rds:*")), (pattern(arn), fingerprint)] {
        for (first, second, verdict) in [(false, true, Verdict::Manual), (true, false, Verdict::Fail)] {
            let both = [attest(&vague, first, ""), attest(&specific, second, "")];
            assert_eq!(of(both.concat()).0.verdict, verdict, "{vague} {specific}");
            assert_eq!(of([both[1].clone(), both[0].clone()].concat()).0.verdict, verdict, "whatever their order");
        }
    }
    let (_, exit, conflicts) = of([attest(&pattern(arn), true, ""), attest(&pattern(arn), false, "")].concat());
    assert_eq!(exit, Exit::Error);
    assert!(conflicts[0].contains("neither is more specific"), "{conflicts:?}");
}

#[test]
fn a_run_that_judged_nothing_is_not_clean() {
    let watched = |role| crate::finding::Watched {
        role,
        kind: "rds-instance".to_owned(),
        arn: "arn:1".to_owned(),
        name: "db".to_owned(),
        region: "eu-west-1".to_owned(),
        used_by: BTreeSet::new(),
    };
    use crate::finding::Role;
    let of = |watched: &[crate::finding::Watched], allow: &[&str], baseline: Option<&Baseline>| {
        let allow: Vec<String> = allow.iter().map(|region| (*region).to_owned()).collect();
        let gate = Gate { watched, allow_empty: &allow, ..gate(Policy { allow_unknown: true, ..Policy::default() }, baseline, &[], &[]) };
        gate.judge(Vec::new()).decision.exit
    };
    let none = Baseline { watched: Some(BTreeSet::new()), ..baseline(&[]) };
    assert_eq!(of(&[], &[], None), Exit::Incomplete, "whatever --allow-unknown says");
    assert_eq!(of(&[watched(Role::Store)], &[], None), Exit::Clean);
    assert_eq!(of(&[watched(Role::Trail), watched(Role::Secret)], &[], None), Exit::Incomplete, "logs are no cardholder data");
    assert_eq!(of(&[], &["eu-west-1"], Some(&none)), Exit::Clean);
    assert_eq!(of(&[], &["*"], None), Exit::Clean);
    assert_eq!(of(&[], &["*"], Some(&none)), Exit::Incomplete, "with a baseline, each region is named");
    assert_eq!(of(&[], &["us-east-1"], None), Exit::Incomplete);
}

#[test]
fn what_the_baseline_watched_leaves_only_when_somebody_says_so() {
    let arn = "arn:aws:rds:eu-west-1:111122223333:db:db";
    let store = crate::finding::Watched {
        role: crate::finding::Role::Store,
        kind: "rds-instance".to_owned(),
        arn: arn.to_owned(),
        name: "db".to_owned(),
        region: "eu-west-1".to_owned(),
        used_by: BTreeSet::new(),
    };
    let pass = finding("a", "db", Verdict::Pass);
    let yesterday = Baseline { watched: Some(BTreeSet::from([store.clone()])), ..baseline(std::slice::from_ref(&pass)) };
    let of = |gate: Gate<'_>, findings: &[Finding]| {
        let judgement = gate.judge(findings.to_vec());
        (judgement.decision.exit, judgement.decision.departed, judgement.left.len(), judgement.unused)
    };
    let lenient = Policy { allow_unknown: true, ..NEW };
    let plain = gate(lenient, Some(&yesterday), &[], &[]);
    assert_eq!(of(plain, &[]), (Exit::Incomplete, 1, 1, vec![]));
    assert_eq!(of(Gate { watched: std::slice::from_ref(&store), ..plain }, &[pass]).0, Exit::Clean);
    let retired = crate::config::Config::parse(&format!("[[retired]]\narn = '{arn}'\nreason = 'sold'\napprover = 'a'\napproved = 2026-05-01"), "t");
    let retired = retired.unwrap().retired;
    assert_eq!(of(Gate { retired: &retired, ..plain }, &[]), (Exit::Clean, 0, 1, vec![]));
    let there = Gate { retired: &retired, watched: std::slice::from_ref(&store), ..plain };
    assert_eq!(of(there, &[finding("a", "db", Verdict::Pass)]).3, [format!("retirement of {arn}")]);
    let older = Baseline { watched: None, ..yesterday.clone() };
    assert_eq!(of(Gate { baseline: Some(&older), ..plain }, &[]).1, 0, "departures of an older file are not watched");
    let elsewhere = Baseline { regions: set(&["eu-west-1", "eu-west-2"]), watched: Some(BTreeSet::new()), ..baseline(&[]) };
    assert_eq!(of(Gate { baseline: Some(&elsewhere), ..plain }, &[]).1, 1, "a region that is not scanned");
    let fewer = Baseline { rules: set(&["a", "gone"]), watched: Some(BTreeSet::new()), ..baseline(&[]) };
    assert_eq!(of(Gate { baseline: Some(&fewer), ..plain }, &[]).1, 1, "a rule that somebody left out");
    let upgraded = Baseline { version: "0.0.1".to_owned(), ..fewer };
    assert_eq!(of(Gate { baseline: Some(&upgraded), ..plain }, &[]).1, 0, "an upgrade that took it away is told as such");
}
