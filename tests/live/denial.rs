//! Every call of the call table, denied or failing: nothing may turn into a pass, nothing into another's fail, and every unknown names the call.

use std::collections::{BTreeMap, BTreeSet};

use pci_audit::finding::Verdict;
use pci_audit::model::calls::{CALLS, Call, Scope};
use pci_audit::report::view::Finding;
use serde_json::{Value, json};

use crate::aws::{Aws, Run};

/// Calls that no account of these tests leads to.
const NOT_EXERCISED: &[(&str, &str)] = &[];

/// What a run without a call says that it must not say, next to a run with it.
pub(crate) fn dishonest(call: &str, calm: &Run, run: &Run) -> Vec<String> {
    if run.view.is_none() {
        let operation = call.rsplit(':').next().unwrap_or(call);
        let explained = run.code == Some(2) && run.stderr.contains(operation);
        return if explained { Vec::new() } else { vec![format!("no report, exit {:?}: {}", run.code, run.stderr)] };
    }
    let (before, now) = (calm.verdicts(), run.verdicts());
    let mut wrong = softened(&before, &now);
    if run.gaps(call).is_empty() {
        wrong.push("no gap names the call".to_owned());
    }
    let unknown: Vec<_> = run.report().findings.iter().filter(|finding| finding.verdict == Verdict::Unknown).collect();
    let unknown_rules: BTreeSet<&str> = unknown.iter().map(|finding| &*finding.rule).collect();
    for ((rule, arn), verdict) in &before {
        let told = matches!(verdict, Verdict::Fail | Verdict::Pass | Verdict::Manual);
        if told && !now.contains_key(&(rule.clone(), arn.clone())) && !unknown_rules.contains(&**rule) {
            wrong.push(format!("{rule} on {arn}: {verdict} vanished, and no unknown of the rule stands for it"));
        }
    }
    // What this version does not evaluate is unknown with every call allowed, too.
    let always = |finding: &Finding| before.get(&(finding.rule.clone(), finding.resource.arn.clone())) == Some(&Verdict::Unknown);
    for finding in unknown.into_iter().filter(|finding| !always(finding)) {
        if !finding.unseen.iter().any(|unseen| unseen.call.as_deref() == Some(call)) || !finding.message.contains(call) {
            wrong.push(format!(
                "{} on {} is unknown and does not name the call: {} {:?}",
                finding.rule, finding.resource.arn, finding.message, finding.unseen
            ));
        }
    }
    wrong.extend(ill_ended(run));
    wrong
}

/// Verdicts that changed as no missing evidence may change them.
fn softened(before: &BTreeMap<(String, String), Verdict>, now: &BTreeMap<(String, String), Verdict>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (place @ (rule, arn), verdict) in now {
        let earlier = before.get(place).copied();
        // Where S3 says NoSuchBucket, there is none: that is what the rule is about.
        if rule == "bucket-exists" && *verdict == Verdict::Fail {
            continue;
        }
        let bad = match (earlier, verdict) {
            (Some(Verdict::Fail), verdict) => !matches!(verdict, Verdict::Fail | Verdict::Unknown),
            (earlier, Verdict::Fail | Verdict::Pass) => earlier != Some(*verdict),
            _ => false,
        };
        if bad {
            wrong.push(format!("{rule} on {arn}: {earlier:?} became {verdict}"));
        }
    }
    wrong
}

fn ill_ended(run: &Run) -> Option<String> {
    (run.code != Some(run.due_code())).then(|| format!("exit {:?}, and the findings call for {}: {}", run.code, run.due_code(), run.stderr))
}

pub(crate) fn report(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n  {}", wrong.len(), wrong.join("\n  "));
}

/// Denies each call that a calm scan of the account makes, one at a time; returns those calls.
fn deny_each(account: &'static str) -> BTreeSet<String> {
    let aws = Aws::with(account);
    let calm = aws.scan(&[]);
    let called: BTreeSet<String> = aws.calls().into_keys().collect();
    let mut wrong = Vec::new();
    for call in &called {
        aws.faults(json!({"deny": [call]}));
        let run = aws.scan(&[]);
        wrong.extend(dishonest(call, &calm, &run).into_iter().map(|line| format!("without {call}: {line}")));
    }
    report(&wrong);
    called
}

#[test]
fn without_any_one_call_a_healthy_account_shows_what_is_missing() {
    deny_each("healthy");
}

#[test]
fn without_any_one_call_a_broken_account_stays_broken_and_every_call_of_the_table_was_tried() {
    let called = deny_each("broken");
    let not: BTreeSet<String> = CALLS.iter().map(Call::name).filter(|name| !called.contains(name)).collect();
    let excused: BTreeSet<String> = NOT_EXERCISED.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(not, excused, "calls of the table that no test exercises, and those that may stay so");
}

#[test]
fn without_the_list_of_regions_all_regions_cannot_be_scanned() {
    let aws = Aws::with("empty");
    aws.faults(json!({"deny": ["ec2:DescribeRegions"]}));
    let run = aws.run(&["scan", "--all-regions"], &[("AWS_REGION", crate::aws::REGION)]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("DescribeRegions"), "{}", run.stderr);
}

/// AWS has many words for "not found". Only those that a call's row lists mean "there is none"; another one means that something is not as we think.
#[test]
fn another_services_not_found_is_a_gap_and_never_means_that_there_is_none() {
    let aws = Aws::with("healthy");
    let calm = aws.scan(&[]);
    let calls = aws.calls();
    for code in ["NoSuchBucket", "NotFoundException", "ResourceNotFoundException", "NoSuchEntity"] {
        let asked = CALLS.iter().filter(|call| matches!(call.scope, Scope::Each(_)) && calls.contains_key(&call.name()));
        let (tried, codes): (Vec<String>, serde_json::Map<String, Value>) =
            asked.filter(|call| !call.absent.contains(&code)).map(|call| (call.name(), (call.name(), Value::from(code)))).unzip();
        aws.faults(json!({"code": codes}));
        let run = aws.scan(&[]);
        let mut wrong = softened(&calm.verdicts(), &run.verdicts());
        wrong.extend(
            tried.iter().filter(|call| !run.gaps(call).contains(code)).map(|call| format!("{call} answered {code}, and there is no such gap")),
        );
        wrong.extend(ill_ended(&run));
        report(&wrong);
    }
}

/// The rights that an auditor without any IAM read has: the rest must still be told.
#[test]
fn without_a_whole_service_the_others_are_judged_all_the_same() {
    let aws = Aws::with("broken");
    let calm = aws.scan(&[]);
    for service in ["iam", "kms", "s3", "ec2", "dms", "logs", "rds"] {
        aws.faults(json!({"deny": [format!("{service}:*")]}));
        let run = aws.scan(&[]);
        let mut wrong = softened(&calm.verdicts(), &run.verdicts());
        wrong.extend(ill_ended(&run));
        report(&wrong.into_iter().map(|line| format!("without {service}: {line}")).collect::<Vec<_>>());
        assert_eq!(run.code, Some(1), "without {service}: {}", run.stderr);
    }
}
