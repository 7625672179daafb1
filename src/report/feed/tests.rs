use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{Timestamp, ToSpan as _};
use serde_json::json;

use super::*;
use crate::evidence::{About, Missing};
use crate::facts::no_pipelines;
use crate::finding;
use crate::gate::Sight;
use crate::model::{Identity, Kind};
use crate::report::example;
use crate::report::ticket::carry;
use crate::report::view::{Attested, Fate, Severity, Waiver};

const RULE: &str = "store-encrypted";
const OTHER: &str = "secret-rotated";

fn night(number: i64) -> Timestamp {
    "2026-11-01T03:00:00Z".parse::<Timestamp>().unwrap() + (number * 24).hours()
}

/// A finding on the resource of this name, which is its fingerprint too.
fn on(name: &str, verdict: Verdict) -> Finding {
    let mut finding = example::view().findings.into_iter().find(|finding| finding.rule == RULE).unwrap();
    finding.fingerprint = name.to_owned();
    name.clone_into(&mut finding.resource.name);
    finding.resource.arn = format!("arn:aws:rds:eu-west-1:123456789012:db:{name}");
    "eu-west-1".clone_into(&mut finding.resource.region);
    finding.message = format!("{name} does not");
    Finding { verdict, ..finding }
}

/// What a run could look at.
fn sight(rules: &[&str], regions: &[&str], unlisted: bool) -> Sight {
    let set = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect::<BTreeSet<_>>();
    let account = Identity { arn: "arn:aws:iam::123456789012:root".into(), name: "a".into(), account: "a".into(), region: "global".into() };
    let hidden = finding::Finding {
        rule: RULE.into(),
        severity: Severity::High,
        verdict: Verdict::Unknown,
        requirements: None,
        about: About { kind: Kind::Account, resource: Arc::new(account), key: String::new(), pipelines: no_pipelines() },
        message: String::new(),
        ask: None,
        remediation: None,
        commands: Vec::new(),
        offending: None,
        evidence: Vec::new(),
        missing: vec![Missing::Members { kind: Kind::RdsInstance, region: "eu-west-1".into() }],
        milder: None,
        rule_error: None,
    };
    Sight::new(&set(rules), &set(regions), unlisted.then_some(&hidden).into_iter())
}

fn everything() -> Sight {
    sight(&[RULE, OTHER], &["eu-west-1", "us-east-1"], false)
}

/// A report of a night after the one before.
fn report(previous: Option<&View>, number: i64, findings: Vec<Finding>, sight: &Sight) -> View {
    let mut view = View { findings, ..example::view() };
    view.run.taken_at = night(number);
    view.run.snapshot_sha256 = format!("{number:064}");
    carry(&mut view, previous, sight);
    view
}

fn types(previous: Option<&View>, today: &View) -> Vec<(Type, String)> {
    events(previous, today).into_iter().map(|event| (event.kind, event.ticket_key)).collect()
}

fn one(previous: Option<&View>, today: &View) -> Option<Type> {
    let all = types(previous, today);
    assert!(all.len() < 2, "{all:?}");
    all.first().map(|(kind, _)| *kind)
}

#[test]
fn each_change_of_a_verdict_has_its_event() {
    use Type::{EvidenceLost, Opened, Resolved, Updated};
    use Verdict::{Fail, Manual, NotApplicable, Pass, Unknown};
    for (before, today, event) in [
        (None, Some(Fail), Some(Opened)),
        (None, Some(Unknown), Some(Opened)),
        (None, Some(Pass), None),
        (None, Some(Manual), None),
        (Some(Fail), Some(Fail), None),
        (Some(Fail), Some(Pass), Some(Resolved)),
        (Some(Fail), Some(NotApplicable), Some(Resolved)),
        (Some(Fail), Some(Manual), Some(Resolved)),
        (Some(Fail), None, Some(Resolved)),
        (Some(Fail), Some(Unknown), Some(EvidenceLost)),
        (Some(Pass), Some(Unknown), Some(EvidenceLost)),
        (Some(Manual), Some(Unknown), Some(EvidenceLost)),
        (Some(Pass), Some(Fail), Some(Opened)),
        (Some(Pass), None, None),
        (Some(Unknown), Some(Unknown), None),
        (Some(Unknown), Some(Fail), Some(Updated)),
        (Some(Unknown), Some(Pass), Some(Resolved)),
        (Some(Unknown), None, Some(Resolved)),
    ] {
        let of = |verdict: Option<Verdict>| verdict.map(|verdict| on("db", verdict)).into_iter().collect();
        let yesterday = report(None, 0, of(before), &everything());
        let view = report(Some(&yesterday), 1, of(today), &everything());
        assert_eq!(one(Some(&yesterday), &view), event, "{before:?} then {today:?}");
    }
}

#[test]
fn what_was_resolved_reopens_with_its_first_day_until_it_is_forgotten() {
    let first = report(None, 0, vec![on("db", Verdict::Fail)], &everything());
    let fixed = report(Some(&first), 1, vec![on("db", Verdict::Pass)], &everything());
    assert_eq!(fixed.findings[0].first_seen, Some(night(0)), "the pass remembers");
    let mut last = fixed;
    for number in [2, 200, 401] {
        let quiet = report(Some(&last), number, vec![on("db", Verdict::Pass)], &everything());
        assert_eq!(one(Some(&last), &quiet), None);
        last = quiet;
    }
    assert_eq!(last.history[0].last_seen, night(0));
    for (today, kind) in [(Verdict::Fail, Type::Reopened), (Verdict::Unknown, Type::EvidenceLost)] {
        let again = report(Some(&last), 402, vec![on("db", today)], &everything());
        let all = events(Some(&last), &again);
        assert_eq!((all.len(), all[0].kind, all[0].first_seen), (1, kind, night(0)));
        assert!(again.history.is_empty());
    }
    let later = report(Some(&last), 402, vec![on("db", Verdict::Pass)], &everything());
    assert_eq!(later.history.len(), 0, "400 days after the night that resolved it");
    let again = report(Some(&later), 403, vec![on("db", Verdict::Fail)], &everything());
    let all = events(Some(&later), &again);
    assert_eq!((all[0].kind, all[0].first_seen), (Type::Opened, night(403)));
}

#[test]
fn a_list_that_cannot_be_read_loses_evidence_once_and_gives_it_back() {
    let first = report(None, 0, vec![on("db", Verdict::Fail), on("fine", Verdict::Pass)], &everything());
    let denied = sight(&[RULE], &["eu-west-1"], true);
    let lost = report(Some(&first), 1, Vec::new(), &denied);
    let all = events(Some(&first), &lost);
    assert_eq!((all.len(), all[0].kind, all[0].finding.verdict), (1, Type::EvidenceLost, Verdict::Unknown), "what passed has no ticket to lose");
    assert!(all[0].finding.message.contains("out of sight since 2026-11-02") && all[0].finding.message.contains("db does not"));
    assert_eq!((all[0].last_seen, lost.history[0].fate), (night(0), Fate::EvidenceLost));
    let still = report(Some(&lost), 2, Vec::new(), &denied);
    assert_eq!(one(Some(&lost), &still), None);
    assert_eq!(still.history, lost.history, "nothing about it changes while nobody sees it");
    for (today, kind) in [(Some(Verdict::Fail), Type::Updated), (Some(Verdict::Pass), Type::Resolved), (None, Type::Resolved)] {
        let back = report(Some(&still), 3, today.map(|verdict| on("db", verdict)).into_iter().collect(), &everything());
        let all = events(Some(&still), &back);
        assert_eq!((all.len(), all[0].kind, all[0].first_seen), (1, kind, night(0)), "{today:?}");
    }
}

#[test]
fn what_was_not_looked_at_is_not_touched() {
    let first = report(None, 0, vec![on("db", Verdict::Fail)], &everything());
    for narrow in [sight(&[RULE], &["us-east-1"], false), sight(&[OTHER], &["eu-west-1"], false)] {
        let away = report(Some(&first), 1, Vec::new(), &narrow);
        assert_eq!(one(Some(&first), &away), None);
        assert_eq!(tickets(&away)["db"].finding.map(|finding| finding.verdict), Some(Verdict::Fail));
        let back = report(Some(&away), 500, vec![on("db", Verdict::Fail)], &everything());
        assert_eq!(one(Some(&away), &back), None, "an open ticket is never forgotten");
        assert_eq!(back.findings[0].first_seen, Some(night(0)));
        let worse = report(Some(&away), 2, vec![Finding { severity: Severity::Critical, ..on("db", Verdict::Fail) }], &everything());
        assert_eq!(one(Some(&away), &worse), Some(Type::Updated));
        let fixed = report(Some(&away), 2, Vec::new(), &everything());
        assert_eq!(one(Some(&away), &fixed), Some(Type::Resolved));
    }
}

fn waiver(expires: &str, expired: bool) -> Waiver {
    let text = |text: &str| text.to_owned();
    Waiver {
        reason: text("r"),
        approver: text("a"),
        approved: text("2026-01-01"),
        expires: text(expires),
        reference: text("CCW-1"),
        expired,
        outgrown: Vec::new(),
    }
}

#[test]
fn an_update_says_which_fact_is_new_and_nothing_else_makes_one() {
    let plain = Finding { offending: Some(json!(["b", {"y": [2, 1]}, "a"])), ..on("db", Verdict::Fail) };
    let first = report(None, 0, vec![plain.clone()], &everything());
    type Edit<'e> = &'e dyn Fn(&mut Finding);
    let changed = |edit: Edit<'_>| {
        let mut finding = plain.clone();
        edit(&mut finding);
        let view = report(Some(&first), 1, vec![finding], &everything());
        events(Some(&first), &view).into_iter().map(|event| (event.kind, event.changed)).collect::<Vec<_>>()
    };
    let quiet: [Edit<'_>; 6] = [
        &|finding| finding.message.push_str(", in other words"),
        &|finding| finding.evidence.iter_mut().for_each(|evidence| evidence.read_at = None),
        &|finding| finding.evidence.clear(),
        &|finding| finding.offending = Some(json!(["a", "b", {"y": [1, 2]}, "a"])),
        &|finding| finding.remediation = None,
        &|finding| finding.requirements.values_mut().for_each(|ids| ids.reverse()),
    ];
    for edit in quiet {
        assert_eq!(changed(edit), []);
    }
    let loud: [(Edit<'_>, Fact); 6] = [
        (&|finding| finding.severity = Severity::Critical, Fact::Severity),
        (&|finding| finding.title.push('!'), Fact::Title),
        (&|finding| _ = finding.requirements.pop_last(), Fact::Requirements),
        (&|finding| finding.waiver = Some(waiver("2026-12-01", false)), Fact::Waiver),
        (&|finding| finding.offending = Some(json!(["a"])), Fact::Offending),
        (&|finding| finding.offending = None, Fact::Offending),
    ];
    for (edit, fact) in loud {
        assert_eq!(changed(edit), [(Type::Updated, vec![fact])]);
    }
}

#[test]
fn a_waiver_that_begins_ends_or_is_prolonged_is_told_and_closes_nothing() {
    let with = |waiver| Finding { waiver, ..on("db", Verdict::Fail) };
    let mut last = report(None, 0, vec![with(None)], &everything());
    let nights = [
        (Some(waiver("2026-11-03", false)), true),
        (Some(waiver("2026-11-03", false)), false),
        (Some(waiver("2026-11-03", true)), true),
        (Some(waiver("2026-12-03", false)), true),
        (None, true),
    ];
    for (number, (waiver, told)) in nights.into_iter().enumerate() {
        let view = report(Some(&last), i64::try_from(number).unwrap() + 1, vec![with(waiver)], &everything());
        assert_eq!(one(Some(&last), &view), told.then_some(Type::Updated), "night {number}");
        last = view;
    }
}

#[test]
fn questions_have_tickets_where_that_is_asked_for_until_they_are_answered() {
    let answer = |holds, expired| {
        let text = |text: &str| text.to_owned();
        let attested = Attested { holds, answer: text("a"), by: text("b"), on: text("c"), evidence: text("d"), expires: text("e"), expired };
        Finding { attested: Some(attested), ..on("db", Verdict::Manual) }
    };
    let with = |previous: Option<&View>, number, finding| {
        let mut view = View { findings: vec![finding], ..example::view() };
        view.run.question_tickets = true;
        view.run.taken_at = night(number);
        carry(&mut view, previous, &everything());
        view
    };
    let asked = with(None, 0, on("db", Verdict::Manual));
    assert_eq!(one(None, &asked), Some(Type::Opened));
    let holds = with(Some(&asked), 1, answer(true, false));
    let resolved = events(Some(&asked), &holds);
    assert_eq!((resolved[0].kind, resolved[0].resolution), (Type::Resolved, Some(Resolution::Answered)));
    let over = with(Some(&holds), 2, answer(true, true));
    assert_eq!(one(Some(&holds), &over), Some(Type::Reopened));
    let does_not = with(Some(&over), 3, answer(false, false));
    assert_eq!(one(Some(&over), &does_not), Some(Type::Updated));
}

#[test]
fn the_same_two_reports_give_the_same_bytes_and_no_two_events_share_an_id() {
    let mut ids = BTreeSet::new();
    let mut count = 0;
    let mut previous: Option<View> = None;
    for number in 0..12 {
        let verdict = if number % 2 == 0 { Verdict::Fail } else { Verdict::Pass };
        let view = report(previous.as_ref(), number, vec![on("db", verdict), on("db-2", verdict)], &everything());
        let read: View = serde_json::from_str(&serde_json::to_string(&view).unwrap()).unwrap();
        let all = events(previous.as_ref(), &view);
        assert_eq!(text(&all), text(&events(previous.as_ref(), &read)), "a report that was written and read is the same state");
        count += all.len();
        ids.extend(all.into_iter().map(|event| event.id));
        previous = Some(view);
    }
    assert_eq!((ids.len(), count), (24, 24));
}

#[test]
fn a_new_scan_after_a_crash_gives_the_same_change_the_same_id() {
    let yesterday = report(None, 0, vec![on("db", Verdict::Pass)], &everything());
    let ids = |number| {
        let view = report(Some(&yesterday), number, vec![on("db", Verdict::Fail)], &everything());
        events(Some(&yesterday), &view).into_iter().map(|event| event.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(1), ids(2), "the snapshots differ, the change does not");
}

#[test]
fn an_event_is_one_line_that_fits_the_schema_and_comes_back() {
    let view = report(None, 0, example::view().findings, &everything());
    let all = events(None, &view);
    let schema = serde_json::to_value(schemars::schema_for!(Event<'static>)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(all.len() > 10);
    assert!(all.is_sorted_by(|a, b| a.finding.severity >= b.finding.severity), "the worst first");
    for event in all {
        let line = line(&event);
        assert_eq!(line.find('\n'), Some(line.len() - 1));
        assert!(line.trim_end().chars().all(super::super::escape::plain), "{line}");
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(validator.is_valid(&value));
        assert_eq!(serde_json::from_value::<Event<'_>>(value).unwrap(), event);
    }
}
