use proptest::prelude::*;

use crate::report::escape::{columns, plain};
use crate::report::example::{self, HOSTILE};
use crate::report::view::{Finding, Severity, Verdict, View};

use super::{TableStyle, text};

const WIDTHS: [usize; 6] = [40, 60, 80, 120, 140, 200];

fn table(view: &View, width: usize, verbose: bool) -> String {
    text(view, &TableStyle { width, color: false, verbose })
}

/// The text without its layout: wrapping must not come between a test and what it looks for.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in WIDTHS {
        for verbose in [false, true] {
            for line in table(&example::view(), width, verbose).lines() {
                assert!(columns(line) <= width || is_command(line), "{width}: {line}");
                assert_eq!(line.trim_end(), line, "trailing spaces");
            }
        }
    }
}

/// A command is made to be copied: it stays on its line.
fn is_command(line: &str) -> bool {
    line.trim_start().starts_with("run         aws ")
}

#[test]
fn nothing_that_an_attacker_named_acts_on_the_terminal() {
    for width in WIDTHS {
        let text = table(&example::view(), width, true);
        assert!(text.chars().all(|c| c == '\n' || plain(c)), "{width}");
        assert!(!text.contains("\n✓ all good"));
    }
}

#[test]
fn colour_adds_escapes_and_nothing_else() {
    let view = example::view();
    let colored = text(&view, &TableStyle { width: 80, color: true, verbose: true });
    let mut stripped = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        stripped.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    stripped.push_str(rest);
    assert_eq!(stripped, table(&view, 80, true));
}

#[test]
fn every_finding_is_told_at_every_width() {
    let view = example::view();
    for width in WIDTHS {
        let text = squeezed(&table(&view, width, false));
        for finding in &view.findings {
            if !matches!(finding.verdict, Verdict::Fail | Verdict::Unknown) {
                continue;
            }
            assert!(text.contains(&squeezed(&finding.rule)), "{width}: {}", finding.rule);
            // From 140 columns on cells that wrap stand between the lines of a message.
            if finding.severity != Severity::Advisory && !HOSTILE.contains(&finding.resource.name.as_str()) && width < 140 {
                let message = finding.message.split_once(": ").unwrap().1;
                assert!(text.contains(&squeezed(message)), "{width}: {message}");
            }
        }
    }
}

#[test]
fn counts_add_up() {
    let view = example::view();
    let text = table(&view, 200, false);
    let line = |start: &str| text.lines().find(|line| line.trim_start().starts_with(start)).unwrap_or_else(|| panic!("{start} in {text}")).to_owned();
    let sum = |line: &str| line.split(" · ").map(|part| part.split_whitespace().find_map(|word| word.parse::<usize>().ok()).unwrap()).sum::<usize>();
    let total = view.findings.len();
    let verdicts = line(&format!("{total} verdicts"));
    assert_eq!(sum(verdicts.split_once("verdicts").unwrap().1), total);
    for verdict in [Verdict::Fail, Verdict::Unknown] {
        let count = view.findings.iter().filter(|finding| finding.verdict == verdict).count();
        let severities = line(&format!("{count} {verdict}"));
        assert_eq!(sum(severities.split_once(verdict.name()).unwrap().1), count);
    }
    let row = |line: &&str| {
        line.strip_prefix("  ✗ ").is_some_and(|rest| ["critical", "high", "medium", "low"].iter().any(|severity| rest.starts_with(severity)))
    };
    assert_eq!(text.lines().filter(row).count(), view.summary.open + view.summary.waived);
    assert!(text.trim_end().ends_with(&view.summary.decision));
}

#[test]
fn what_could_not_be_read_stands_before_any_verdict() {
    let text = table(&example::view(), 80, false);
    let gap = text.find("rds:DescribeDBParameters AccessDenied in eu-west-1, 2 resources").unwrap();
    assert!(gap < text.find("Findings").unwrap());
    assert!(text.contains("allow: rds:DescribeDBParameters, redshift:DescribeLoggingStatus"), "throttling needs no permission\n{text}");
}

#[test]
fn a_question_is_asked_once() {
    let text = table(&example::view(), 80, false);
    assert_eq!(text.matches("Is PAN stored here").count(), 1);
    assert!(text.contains("    orders-db eu-west-1, warehouse eu-west-1"), "{text}");
}

#[test]
fn only_verbose_shows_evidence_passes_and_the_old_standard() {
    let (short, long) = (table(&example::view(), 120, false), table(&example::view(), 120, true));
    for words in ["\n      evidence    rds", "Passes", "not proven", "fingerprint"] {
        assert!(!short.contains(words) && long.contains(words), "{words}");
    }
    assert!(short.contains("pci-dss-3.2.1: "));
    assert!(short.contains("tool default, none declared: key-rotation 365 days, left-over 30 days"));
}

#[test]
fn a_key_is_shown_where_it_tells_two_findings_apart() {
    let mut view = example::view();
    let twin = |key: &str| Finding { key: key.to_owned(), ..view.findings[0].clone() };
    view.findings = vec![twin("5432"), twin("3306")];
    let text = table(&view, 80, false);
    assert!(text.contains("[5432]") && text.contains("[3306]"), "{text}");
    view.findings.pop();
    assert!(!table(&view, 80, false).contains("[5432]"));
}

#[test]
fn what_people_and_time_say_of_a_finding_stands_beside_it() {
    let text = table(&example::view(), 100, false);
    let section =
        |title: &str| text.split_once(&format!("\n{title} ")).unwrap_or_else(|| panic!("{title} in {text}")).1.split("\n\n").next().unwrap();
    let waived = squeezed(section("Waived"));
    for words in ["archive-db", "waived by Jo Müller, CISO on 2026-01-12 until 2027-01-11 (CCW-7: retired in 2027"] {
        assert!(waived.contains(&squeezed(words)), "{words}");
    }
    assert!(!waived.contains("ledger-db"), "a waiver that has expired waives nothing");
    assert!(squeezed(&text).contains(&squeezed("not encrypted at rest; open again: the waiver by Jo Müller, CISO expired after 2026-10-31")));
    assert!(text.contains("new: 0.0.0.0/0 can open") && text.contains("new rule: stopped since") && text.contains("evidence lost: whether"));
    assert!(section("Resolved since the baseline").contains("server-requires-tls"));
    assert!(section("Evidence lost since the baseline").contains("out-of-sight"));
    assert!(section("Waivers, answers and declarations that meet nothing").contains("waiver of finding 0123456789abcdef"));
    let (open, answered) = text.split_once("\nAnswered questions ").unwrap();
    assert!(answered.contains("tokens-db") && !open.contains("tokens-db"));
    assert!(
        squeezed(open).contains(&squeezed("stale-db eu-west-1 open again: the answer by R. Okafor")),
        "an answer that has expired answers nothing"
    );
}

#[test]
fn an_empty_account_and_any_width_are_no_trouble() {
    let mut view = example::view();
    for width in 0..45 {
        text(&view, &TableStyle { width, color: true, verbose: true });
    }
    (view.findings, view.requirements, view.gaps, view.rules) = Default::default();
    (view.summary.verdicts, view.summary.fails, view.summary.unknowns) = Default::default();
    assert!(table(&view, 80, true).contains("Nothing fails and nothing is unknown."));
}

#[test]
fn the_same_view_gives_the_same_bytes_whatever_order_it_came_in() {
    let (view, mut other) = (example::view(), example::view());
    other.findings.reverse();
    other.sort();
    assert_eq!(table(&view, 80, true), table(&other, 80, true));
}

proptest! {
    #[test]
    fn no_text_breaks_the_layout(texts in prop::collection::vec("\\PC{0,60}|[\\u{0}-\\u{9f} \\n]{0,30}|[a 注]{0,200}", 8), width in 40_usize..220, verbose: bool) {
        let mut view = example::view();
        let mut texts = texts.iter().cycle().cloned();
        let mut next = || texts.next().unwrap();
        for finding in &mut view.findings {
            (finding.rule, finding.title, finding.message, finding.key) = (next(), next(), next(), next());
            (finding.resource.name, finding.resource.arn, finding.ask, finding.remediation) = (next(), next(), Some(next()), Some(next()));
            finding.offending = Some(next().into());
        }
        for gap in &mut view.gaps {
            (gap.code, gap.message, gap.resource) = (next(), next(), Some(next()));
        }
        for requirement in &mut view.requirements {
            (requirement.id, requirement.title) = (next(), next());
        }
        view.run.caller = next();
        for line in table(&view, width, verbose).lines() {
            prop_assert!(columns(line) <= width || is_command(line), "{}", line);
            prop_assert!(line.chars().all(plain), "{:?}", line);
        }
        crate::report::sarif::log(&view);
    }
}

#[test]
fn the_lists_are_told_whole_where_details_are_wanted_and_counted_where_not() {
    let view = example::view();
    let (brief, whole) = (table(&view, 80, false), table(&view, 80, true));
    assert!(brief.contains("Connected-to systems") && brief.contains("and 7 more: --verbose"));
    assert!(whole.contains("bastion") && !whole.contains("more: --verbose"));
    assert!(squeezed(&whole).contains("couldnotseesomenetwork-interfaceineu-west-1(ec2:DescribeNetworkInterfaces)"));
    // A declared reader that unlocks under a condition only; an undeclared one comes first.
    let rows: Vec<&str> = brief.lines().skip_while(|line| !line.contains("Who can reach the data")).collect();
    assert!(rows.iter().any(|row| row.contains("role/etl") && row.contains("Ru")), "{brief}");
    let of = |sign: &str| rows.iter().position(|row| row.trim_start().starts_with(sign));
    assert!(of("! ") < of("· role/etl"));
}
