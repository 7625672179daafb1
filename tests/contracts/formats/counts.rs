//! One view, every format, read back: the same number of findings for each verdict and severity, and of waived ones.

use std::collections::BTreeMap;

use pci_audit::report::view::{Severity, Verdict};
use pci_audit::report::{Format, View};
use serde_json::Value;

use super::{json, text};
use crate::example;

/// Findings by verdict and severity, where the format tells the severity; and how many are waived, where it tells that.
#[derive(Debug, Default, PartialEq)]
struct Told {
    counts: BTreeMap<(String, String), usize>,
    waived: usize,
}

impl Told {
    fn add(&mut self, verdict: &str, severity: &str, count: usize) {
        if count > 0 {
            *self.counts.entry((verdict.to_owned(), severity.to_owned())).or_default() += count;
        }
    }

    /// Without the severities of some verdicts.
    fn without(&self, blurred: &[&str]) -> Self {
        let mut less = Self { waived: self.waived, ..Self::default() };
        for ((verdict, severity), count) in &self.counts {
            less.add(verdict, if blurred.contains(&verdict.as_str()) { "" } else { severity }, *count);
        }
        less
    }
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn from_json(view: &View) -> Told {
    let mut told = Told::default();
    for finding in json(Format::Json, view)["findings"].as_array().expect("as the schema says") {
        told.add(string(&finding["verdict"]), string(&finding["severity"]), 1);
        told.waived += usize::from(finding["waiver"]["expired"] == false);
    }
    told
}

fn from_baseline(view: &View) -> Told {
    let mut told = Told::default();
    for finding in json(Format::Baseline, view)["findings"].as_array().expect("as the schema says") {
        told.add(string(&finding["verdict"]), string(&finding["severity"]), 1);
    }
    told
}

fn from_ocsf(view: &View) -> Told {
    let mut told = Told::default();
    for event in json(Format::Ocsf, view).as_array().expect("as the schema says").iter().filter(|event| event["unmapped"]["fate"].is_null()) {
        let own = &event["unmapped"];
        let verdict = string(&own["verdict"]);
        let status = match event["compliance"]["status_id"].as_u64().expect("as the schema says") {
            0 => "unknown",
            1 => "pass",
            2 => "manual",
            3 => "fail",
            _ => "not_applicable",
        };
        assert_eq!(status, verdict);
        told.add(status, string(&own["severity"]), 1);
        told.waived += usize::from(event["status_id"] == 3);
    }
    told
}

fn from_asff(view: &View) -> Told {
    let mut told = Told::default();
    for finding in json(Format::Asff, view)
        .as_array()
        .expect("as the schema says")
        .iter()
        .flat_map(|batch| batch["Findings"].as_array().expect("as the schema says"))
    {
        let fields = &finding["ProductFields"];
        if fields["pci-audit/fate"].is_null() {
            let verdict = string(&fields["pci-audit/verdict"]);
            let status = match string(&finding["Compliance"]["Status"]) {
                "PASSED" => "pass",
                "FAILED" => "fail",
                "WARNING" => "manual",
                _ if finding["RecordState"] == "ARCHIVED" => "not_applicable",
                _ => "unknown",
            };
            assert_eq!(status, verdict);
            told.add(status, string(&finding["Severity"]["Original"]), 1);
            told.waived += usize::from(finding["Workflow"]["Status"] == "SUPPRESSED");
        }
    }
    told
}

/// Questions, fails and unknowns are results; the rest is counted.
fn from_sarif(view: &View) -> Told {
    let log = json(Format::Sarif, view);
    let run = &log["runs"][0];
    let mut told = Told::default();
    for result in run["results"].as_array().expect("as the schema says") {
        told.add(string(&result["properties"]["verdict"]), string(&result["properties"]["severity"]), 1);
        told.waived += usize::from(result["suppressions"][0]["status"] == "accepted");
        assert!(["new", "unchanged", "updated"].contains(&string(&result["baselineState"])));
    }
    for verdict in ["pass", "not_applicable"] {
        told.add(
            verdict,
            "",
            usize::try_from(run["properties"]["summary"]["verdicts"][verdict].as_u64().expect("as the schema says")).expect("as the schema says"),
        );
    }
    told
}

fn from_junit(view: &View) -> Told {
    let document = text(Format::Junit, view);
    let document = roxmltree::Document::parse(&document).expect("as the schema says");
    let mut told = Told::default();
    for case in document.descendants().filter(|node| node.has_tag_name("testcase")) {
        let Some(outcome) = case.children().find(roxmltree::Node::is_element) else {
            told.add("pass", "", 1);
            continue;
        };
        let kind = outcome.attribute("type").expect("as the schema says");
        let (waived, kind) = kind.strip_prefix("waived.").map_or((false, kind), |kind| (true, kind));
        let (accepted, kind) = kind.strip_prefix("accepted.").map_or((false, kind), |kind| (true, kind));
        let (verdict, severity) = kind.split_once('.').expect("as the schema says");
        let expected = match verdict {
            _ if waived || (accepted && view.run.fail_on == "new") || severity == "advisory" => "skipped",
            "fail" => "failure",
            "unknown" => "error",
            _ => "skipped",
        };
        assert_eq!(outcome.tag_name().name(), expected);
        told.add(verdict, severity, 1);
        told.waived += usize::from(waived);
    }
    told
}

fn from_csv(view: &View) -> Told {
    let document = text(Format::Csv, view);
    let mut told = Told::default();
    for row in csv::Reader::from_reader(document.as_bytes()).deserialize::<BTreeMap<String, String>>() {
        let row = row.expect("as the schema says");
        if row["record"] == "finding" {
            told.add(&row["verdict"], &row["severity"], 1);
            told.waived += usize::from(row["waiver"] == "waived");
        }
    }
    told
}

/// The numbers at the head of the page.
fn from_markdown(view: &View) -> Told {
    let page = text(Format::Markdown, view);
    let mut told = Told::default();
    for verdict in Verdict::ALL {
        let words = verdict.name().replace('_', " ");
        let row = page.lines().find(|line| line.starts_with(&format!("| {words} |"))).expect("as the schema says");
        let cells: Vec<usize> = row.split('|').filter_map(|cell| cell.trim().trim_matches('*').parse().ok()).collect();
        assert_eq!(cells[..5].iter().sum::<usize>(), cells[5], "{row}");
        for (severity, count) in Severity::ALL.into_iter().zip(cells) {
            told.add(verdict.name(), severity.name(), count);
        }
    }
    let waived = page.lines().find_map(|line| line.strip_prefix("Of these ")).expect("as the schema says");
    told.waived = waived.split_whitespace().next().expect("as the schema says").parse().expect("as the schema says");
    told
}

/// The summary at the end.
fn from_table(view: &View) -> Told {
    let page = text(Format::Table, view);
    let line = |words: &str| page.lines().rev().map(str::trim).find(|line| line.split_once(' ').is_some_and(|(_, rest)| rest.starts_with(words)));
    let numbers = |line: &str| -> Vec<(usize, String)> {
        line.split(" · ").filter_map(|part| Some((part.trim().split_once(' ')?.0.parse().ok()?, part.trim().split_once(' ')?.1.to_owned()))).collect()
    };
    let mut told = Told::default();
    let verdicts = line("verdicts").expect("as the schema says").split_once("verdicts").expect("as the schema says").1;
    for (count, verdict) in numbers(verdicts) {
        if !["fail", "unknown"].contains(&verdict.as_str()) {
            told.add(&verdict.replace(' ', "_"), "", count);
        }
    }
    for verdict in ["fail", "unknown"] {
        for (count, severity) in
            numbers(line(&format!("{verdict}  ")).expect("as the schema says").split_once(verdict).expect("as the schema says").1)
        {
            told.add(verdict, &severity, count);
        }
    }
    told.waived = line("waived").expect("as the schema says").split_once(' ').expect("as the schema says").0.parse().expect("as the schema says");
    told
}

#[test]
fn every_format_agrees_on_every_number() {
    let view = example::view();
    let all = from_json(&view);
    assert_eq!(all.counts.values().sum::<usize>(), view.findings.len());
    assert!(all.waived > 0);
    for (format, told, blurred) in [
        (Format::Ocsf, from_ocsf(&view), &[][..]),
        (Format::Asff, from_asff(&view), &[]),
        (Format::Csv, from_csv(&view), &[]),
        (Format::Markdown, from_markdown(&view), &[]),
        (Format::Junit, from_junit(&view), &["pass"]),
        (Format::Sarif, from_sarif(&view), &["pass", "not_applicable"]),
        (Format::Table, from_table(&view), &["pass", "manual", "not_applicable"]),
    ] {
        assert_eq!(told, all.without(blurred), "{format}");
    }
    assert_eq!(from_baseline(&view).counts, all.counts);
}
