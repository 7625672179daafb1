//! Moving a baseline: what accepting changes, and nothing else.

use super::super::baseline::{Accept, Change, File, changes};
use super::*;
use crate::finding::Role;

fn report(findings: &[Finding], rules: &[&str]) -> Baseline {
    let mut report = Baseline { rules: set(rules), is_report: true, ..baseline(findings) };
    report.findings.values_mut().for_each(|entry| entry.open = entry.verdict == Verdict::Fail);
    report
}

fn exit(baseline: &Baseline, findings: &[Finding]) -> Exit {
    judged(NEW, findings, Some(baseline), &[], &[]).decision.exit
}

#[test]
fn one_finding_is_accepted_by_the_beginning_of_its_fingerprint_and_no_other() {
    let today = [finding("a", "one", Verdict::Fail), finding("a", "two", Verdict::Fail), finding("b", "held", Verdict::Pass)];
    let (before, tonight) = (baseline(&[]), report(&today, &["a", "b"]));
    let short = &today[0].fingerprint()[..8];
    let after = before.accept(&tonight, &Accept::Findings(vec![short.to_owned()])).unwrap();
    assert_eq!(exit(&after, &today[..1]), Exit::Clean);
    assert_eq!(exit(&after, &today), Exit::Open);
    assert!(after.findings.contains_key(&today[2].fingerprint()), "what holds is watched from now on");
    for (name, says) in [("ffff", "holds no finding"), ("", "several"), (today[2].fingerprint().as_str(), "is pass, not a fail")] {
        let error = before.accept(&tonight, &Accept::Findings(vec![name.to_owned()])).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let other = Baseline { account: "999".to_owned(), ..tonight };
    assert!(before.accept(&other, &Accept::All).is_err());
}

#[test]
fn new_rules_are_accepted_together_and_old_ones_are_not() {
    let today = [finding("a", "db", Verdict::Fail), finding("c", "db", Verdict::Fail)];
    let after = baseline(&[]).accept(&report(&today, &["a", "b", "c"]), &Accept::NewRules).unwrap();
    assert_eq!(exit(&after, &today[1..]), Exit::Clean);
    assert_eq!(exit(&after, &today), Exit::Open);
}

#[test]
fn all_of_a_report_is_accepted_as_it_is() {
    let today = [finding("a", "db", Verdict::Fail), finding("a", "hidden", Verdict::Unknown)];
    let tonight = report(&today, &["a", "b"]);
    let after = baseline(&[finding("a", "past", Verdict::Fail)]).accept(&tonight, &Accept::All).unwrap();
    assert_eq!(exit(&after, &today[..1]), Exit::Clean);
    assert_eq!(exit(&after, &today), Exit::Incomplete, "what cannot be read is never accepted");
    let written: Baseline = serde_json::from_str::<File>(&serde_json::to_string(&File::from(after.clone())).unwrap()).unwrap().into();
    assert_eq!(written, after);
}

/// What a report remembers was not looked at; what it could not see may be there.
#[test]
fn what_was_not_seen_is_not_accepted_and_what_was_accepted_of_it_stays() {
    let store = |name: &str| Watched {
        role: Role::Store,
        kind: "rds-instance".to_owned(),
        arn: format!("arn:aws:rds:eu-west-1:111122223333:db:{name}"),
        name: name.to_owned(),
        region: "eu-west-1".to_owned(),
        used_by: BTreeSet::new(),
    };
    let past = [finding("a", "known", Verdict::Fail), finding("a", "held", Verdict::Pass), finding("b", "mended", Verdict::Fail)];
    let before = Baseline { watched: Some([store("db")].into()), ..baseline(&past) };
    let remembered = finding("a", "remembered", Verdict::Fail);
    let mut tonight = report(&[remembered.clone(), finding("a", "list", Verdict::Unknown)], &["a", "b"]);
    tonight.findings.get_mut(&remembered.fingerprint()).unwrap().remembered = true;
    tonight.hidden = [(Kind::RdsInstance, "eu-west-1".to_owned())].into();
    let after = before.accept(&tonight, &Accept::All).unwrap();
    assert_eq!(exit(&after, std::slice::from_ref(&remembered)), Exit::Open);
    assert!(before.accept(&tonight, &Accept::Findings(vec![remembered.fingerprint()])).is_err());
    assert_eq!(after.watched, before.watched, "a store that could not be listed is watched still");
    // Of rule a something could not be decided, of rule b all could.
    let kept: Vec<bool> = past.iter().map(|finding| after.findings.contains_key(&finding.fingerprint())).collect();
    assert_eq!(kept, [true, true, false]);
    let told: Vec<String> = changes(&before, &tonight).iter().map(|change| format!("{change:?}").split('(').next().unwrap().to_owned()).collect();
    assert_eq!(told, ["Resolve", "Lose", "Lose"]);
    // What was seen is gone: the same report with nothing hidden.
    tonight.hidden.clear();
    assert_eq!(before.accept(&tonight, &Accept::All).unwrap().watched, Some(BTreeSet::new()));
}

#[test]
fn what_accepting_would_change_is_named() {
    let grown = |elements: &[&str]| Finding { offending: Some(serde_json::json!(elements)), ..finding("a", "grown", Verdict::Fail) };
    let before = baseline(&[finding("a", "mended", Verdict::Fail), finding("a", "same", Verdict::Fail), grown(&["x"])]);
    let tonight = report(&[finding("a", "new", Verdict::Fail), finding("a", "same", Verdict::Fail), grown(&["x", "y"])], &["a", "b", "c"]);
    let names: Vec<String> = changes(&before, &tonight)
        .iter()
        .map(|change| match change {
            Change::Accept(entry) => format!("accept {}", entry.resource.rsplit(':').next().unwrap()),
            Change::Grow(entry, grown) => format!("grow {} {}", entry.resource.rsplit(':').next().unwrap(), grown.join(" ")),
            Change::Resolve(entry) => format!("resolve {}", entry.resource.rsplit(':').next().unwrap()),
            Change::Rule(rule, true) => format!("rule {rule}"),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(names, ["accept new", "grow grown + y", "resolve mended", "rule c"]);
    let after = before.accept(&tonight, &Accept::All).unwrap();
    assert_eq!(changes(&after, &tonight), []);
}

#[test]
fn an_older_file_learns_what_it_does_not_say_when_something_is_accepted() {
    let today = Finding { offending: Some(serde_json::json!(["x"])), ..finding("a", "db", Verdict::Fail) };
    let mut older = Baseline { watched: None, ..baseline(std::slice::from_ref(&today)) };
    older.findings.values_mut().for_each(|entry| entry.offending = None);
    let after = older.accept(&report(std::slice::from_ref(&today), &["a", "b"]), &Accept::NewRules).unwrap();
    assert!(!after.is_older());
    assert_eq!(exit(&after, std::slice::from_ref(&today)), Exit::Clean);
    let more = Finding { offending: Some(serde_json::json!(["x", "y"])), ..today };
    assert_eq!(exit(&after, &[more]), Exit::Open);
}

/// A call that failed stands on the account; in its region the rule may have said more.
#[test]
fn what_hangs_on_a_list_that_failed_stays_as_it_was() {
    let past = [finding("a", "known", Verdict::Fail), finding("a", "held", Verdict::Pass), finding("b", "mended", Verdict::Fail)];
    let before = baseline(&past);
    let mut tonight = report(&[finding("b", "other", Verdict::Pass)], &["a", "b"]);
    tonight.hindered = [("a".to_owned(), "eu-west-1".to_owned())].into();
    let after = before.accept(&tonight, &Accept::All).unwrap();
    let kept: Vec<bool> = past.iter().map(|finding| after.findings.contains_key(&finding.fingerprint())).collect();
    assert_eq!(kept, [true, true, false]);
    assert_eq!(exit(&after, &past[..1]), Exit::Clean);
    tonight.hindered = [("a".to_owned(), "eu-west-2".to_owned())].into();
    let after = before.accept(&tonight, &Accept::All).unwrap();
    assert!(past.iter().all(|finding| !after.findings.contains_key(&finding.fingerprint())), "elsewhere");
}

/// Nobody accepts what could not be seen, and what was accepted of it stays accepted.
#[test]
fn of_a_fail_that_was_seen_in_part_the_part_is_accepted() {
    let of = |elements: &[&str]| Finding { offending: Some(serde_json::json!(elements)), ..finding("a", "db", Verdict::Fail) };
    let before = baseline(&[of(&["x", "y"])]);
    let tonight = report(&[of(&["x", crate::finding::UNSEEN_ELEMENTS])], &["a", "b"]);
    let told: Vec<String> = changes(&before, &tonight).iter().map(|change| format!("{change:?}").split('(').next().unwrap().to_owned()).collect();
    assert_eq!(told, ["Lose"]);
    let after = before.accept(&tonight, &Accept::All).unwrap();
    assert_eq!(exit(&after, &[of(&["x", "y"])]), Exit::Clean);
    assert_eq!(exit(&after, &[of(&["x", "z"])]), Exit::Open);
    assert_eq!(exit(&after, &[of(&["x", crate::finding::UNSEEN_ELEMENTS])]), Exit::Incomplete);
}

#[test]
fn a_waiver_is_no_acceptance() {
    let today = finding("a", "db", Verdict::Fail);
    let mut tonight = report(std::slice::from_ref(&today), &["a", "b"]);
    tonight.findings.values_mut().for_each(|entry| entry.waived = true);
    let error = baseline(&[]).accept(&tonight, &Accept::Findings(vec![today.fingerprint()])).unwrap_err().to_string();
    assert!(error.contains("is waived"), "{error}");
}

/// While pipelines cannot be seen, any bucket may be one with rows.
#[test]
fn a_bucket_is_not_watched_because_pipelines_could_not_be_seen() {
    let bucket = Watched {
        role: Role::RowBucket,
        kind: "bucket".to_owned(),
        arn: "arn:aws:s3:::logs".to_owned(),
        name: "logs".to_owned(),
        region: "global".to_owned(),
        used_by: BTreeSet::new(),
    };
    let mut tonight = Baseline { watched: Some([bucket.clone()].into()), ..report(&[], &["a", "b"]) };
    let before = baseline(&[]);
    assert_eq!(before.accept(&tonight, &Accept::All).unwrap().watched, Some([bucket.clone()].into()));
    tonight.hidden = [(Kind::DmsTask, "eu-west-1".to_owned())].into();
    assert_eq!(before.accept(&tonight, &Accept::All).unwrap().watched, Some(BTreeSet::new()));
    let watching = Baseline { watched: Some([bucket.clone()].into()), ..baseline(&[]) };
    assert_eq!(watching.accept(&tonight, &Accept::All).unwrap().watched, Some([bucket].into()));
}
