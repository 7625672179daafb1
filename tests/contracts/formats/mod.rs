//! Every format against its published schema or a real reader of it, with hostile names in each; and every format against every other.
//!
//! Where the schemas come from: fixtures/schemas/README.md.

mod counts;
mod xsd;

use std::collections::BTreeSet;

use pci_audit::report::{Format, TableStyle, View, write};
use serde_json::Value;

use crate::example::{self, HOSTILE};

/// A format of a view.
pub(super) fn text(format: Format, view: &View) -> String {
    let mut bytes = Vec::new();
    write(format, view, &TableStyle { width: 160, color: false, verbose: false }, &mut bytes).expect("written to memory");
    String::from_utf8(bytes).expect("UTF-8")
}

/// A format that is JSON.
pub(super) fn json(format: Format, view: &View) -> Value {
    serde_json::from_str(&text(format, view)).expect("JSON")
}

/// Nothing was found, and nothing was asked.
fn empty() -> View {
    let mut view = example::view();
    (view.findings, view.gaps, view.rules, view.requirements, view.gone, view.unused) = Default::default();
    view
}

/// Many findings, each with as much text as it can have.
fn large(findings: usize) -> View {
    let mut view = example::view();
    let pattern = std::mem::take(&mut view.findings);
    for (number, finding) in pattern.iter().cycle().take(findings).enumerate() {
        let mut finding = finding.clone();
        finding.fingerprint = format!("{number:016x}");
        finding.key = number.to_string();
        finding.message = HOSTILE.concat().repeat(200);
        finding.ask = finding.ask.map(|ask| ask.repeat(500));
        finding.pipelines = (0..500).map(|pipeline| format!("arn:aws:dms:eu-west-1:123456789012:task:{pipeline}")).collect();
        finding.offending = Some((0..5_000).collect());
        view.findings.push(finding);
    }
    view
}

fn valid(schema: &str, document: &Value) {
    let schema: Value = serde_json::from_str(schema).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(document).take(5).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn ocsf_events_fit_the_published_class() {
    let schema = include_str!("../../../fixtures/schemas/ocsf-compliance-finding-1.5.0.json");
    for view in [example::view(), empty(), large(60)] {
        for event in json(Format::Ocsf, &view).as_array().expect("events") {
            valid(schema, event);
            assert_eq!(event["type_uid"].as_u64(), event["activity_id"].as_u64().map(|activity| 200_300 + activity));
        }
    }
    let events = json(Format::Ocsf, &example::view());
    let unique: BTreeSet<&str> = events.as_array().unwrap().iter().map(|event| event["metadata"]["uid"].as_str().unwrap()).collect();
    assert_eq!(unique.len(), events.as_array().unwrap().len(), "redelivery is harmless");
    let broken: Value = serde_json::from_str(r#"{"class_uid": 2003}"#).unwrap();
    assert!(!jsonschema::is_valid(&serde_json::from_str(schema).unwrap(), &broken), "the schema is one");
}

#[test]
fn asff_batches_are_what_batch_import_findings_takes() {
    let schema = include_str!("../../../fixtures/schemas/asff.json");
    for view in [example::view(), empty(), large(450)] {
        let batches = json(Format::Asff, &view);
        let mut ids = BTreeSet::new();
        for batch in batches.as_array().expect("requests") {
            valid(schema, batch);
            let findings = batch["Findings"].as_array().expect("findings");
            assert!(serde_json::to_vec(batch).unwrap().len() <= 6_000_000);
            for finding in findings {
                assert!(finding.to_string().len() <= 240_000);
                assert_eq!(finding["ProductArn"], findings[0]["ProductArn"], "a request is for one region");
                let (arn, id) = (finding["ProductArn"].as_str().unwrap(), finding["Id"].as_str().unwrap());
                assert!(arn.starts_with("arn:aws:securityhub:") && arn.ends_with(":123456789012:product/123456789012/default"), "{arn}");
                assert!(ids.insert(id.to_owned()), "{id} twice");
                for time in ["CreatedAt", "UpdatedAt", "LastObservedAt"] {
                    assert_eq!(finding[time], "2026-11-20T09:14:00Z");
                }
            }
        }
    }
    let waived = |finding: &&Value| finding["Workflow"]["Status"] == "SUPPRESSED";
    let batches = json(Format::Asff, &example::view());
    let findings: Vec<&Value> = batches.as_array().unwrap().iter().flat_map(|batch| batch["Findings"].as_array().unwrap()).collect();
    assert_eq!(findings.iter().copied().filter(waived).count(), 3);
    assert!(findings.iter().copied().filter(waived).all(|finding| finding["Note"]["UpdatedBy"] == "Jo Müller, CISO"));
    let archived: Vec<&&Value> = findings.iter().filter(|finding| finding["RecordState"] == "ARCHIVED").collect();
    assert_eq!(archived.len(), 2, "what is not applicable, and what is gone and was looked for");
}

#[test]
fn junit_fits_the_schema_of_jenkins() {
    let schema = include_str!("../../../fixtures/schemas/junit-10.xsd");
    for view in [example::view(), empty(), large(60)] {
        let document = text(Format::Junit, &view);
        assert_eq!(xsd::errors(schema, &document), Vec::<String>::new());
        let parsed = roxmltree::Document::parse(&document).expect("XML");
        let mut names = BTreeSet::new();
        for suite in parsed.root_element().children().filter(|node| node.has_tag_name("testsuite")) {
            let cases: Vec<_> = suite.children().filter(|node| node.has_tag_name("testcase")).collect();
            assert_eq!(suite.attribute("tests"), Some(&*cases.len().to_string()));
            for (attribute, element) in [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")] {
                let there = cases.iter().filter(|case| case.children().any(|node| node.has_tag_name(element))).count();
                assert_eq!(suite.attribute(attribute), Some(&*there.to_string()), "{element}");
            }
            for case in cases {
                assert!(names.insert((case.attribute("classname"), case.attribute("name"))), "CI systems tell cases apart by these");
            }
        }
    }
    for broken in ["<testsuite/>", "<testsuites><testcase name='x'/></testsuites>", "<testsuites time='soon'/>", "<testsuites>text</testsuites>"] {
        assert_ne!(xsd::errors(schema, broken), Vec::<String>::new(), "the reader reads: {broken}");
    }
}

#[test]
fn csv_is_a_table_without_formulas() {
    for view in [example::view(), empty()] {
        let document = text(Format::Csv, &view);
        let mut reader = csv::Reader::from_reader(document.as_bytes());
        let columns: Vec<String> = reader.headers().expect("a head").iter().map(str::to_owned).collect();
        assert_eq!(columns.iter().collect::<BTreeSet<_>>().len(), columns.len());
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("rows of one length");
        assert_eq!(rows.len(), view.findings.len() + view.gone.len() + view.gaps.len() + view.unused.len());
        for cell in rows.iter().flatten() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
            assert!(!cell.chars().any(|c| c != '\n' && c.is_control()), "{cell:?}");
        }
    }
    assert!(text(Format::Csv, &example::view()).contains(",'=CCW-8,"));
}

#[test]
fn markdown_does_nothing_but_show() {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    let page = text(Format::Markdown, &example::view());
    let mut code = String::new();
    let mut inside = false;
    for event in Parser::new_ext(&page, Options::all() - Options::ENABLE_SMART_PUNCTUATION) {
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::HtmlBlock | Tag::CodeBlock(_) | Tag::FootnoteDefinition(_)) => {
                panic!("{event:?}")
            }
            Event::Html(html) => panic!("{html}"),
            Event::InlineHtml(html) => assert!(["<br>", "<sub>", "</sub>"].contains(&&*html), "{html}"),
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) | Event::TaskListMarker(_) => panic!("{event:?}"),
            Event::Code(text) => code.push_str(&text),
            Event::Start(Tag::Heading { .. }) => inside = true,
            Event::End(pulldown_cmark::TagEnd::Heading(_)) => inside = false,
            Event::Text(text) => {
                // What GitHub makes something of although it is plain text.
                assert!(!text.contains("://") && !text.contains("www.") && !text.contains('@') && !text.contains('#'), "{text}");
                assert!(!inside || !text.contains("all good"), "no name makes a heading");
            }
            _ => {}
        }
    }
    assert!(code.contains("<script>alert(1)</script>"), "nothing is lost");
    // A row of a table has the cells of its head, whatever the names.
    for row in page.lines().filter(|line| line.starts_with("| critical") || line.starts_with("| high") || line.starts_with("| medium")) {
        assert_eq!(row.matches(" | ").count(), 4, "{row}");
    }
}

#[test]
fn markdown_fits_a_comment_and_says_what_was_cut() {
    let view = large(3_000);
    let page = text(Format::Markdown, &view);
    assert!(page.chars().count() <= 60_000, "{}", page.chars().count());
    assert!(page.contains("**Cut to fit GitHub's limit**"));
    for head in ["### Not accepted in the baseline (", "### Waived (", "### Questions for people (", "### Gone since the baseline (3)"] {
        assert!(page.contains(head), "{head}");
    }
    assert!(!text(Format::Markdown, &example::view()).contains("Cut to fit"));
}

#[test]
fn no_format_obeys_a_name() {
    let view = example::view();
    for format in Format::ALL {
        let document = text(format, &view);
        for c in ['\u{1b}', '\u{9b}', '\u{7}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{e0041}'] {
            assert!(!document.contains(c), "{format} holds {c:?}");
        }
        // Cells of CSV may have lines: its reader is the judge.
        assert!(format == Format::Csv || !document.contains("\n✓ all good"), "{format}: a name does not begin a line");
        assert_eq!(document, text(format, &example::view()), "{format}: the same bytes");
    }
}

#[test]
fn every_format_tells_what_people_and_the_baseline_say() {
    let view = example::view();
    // The baseline and the feed say what they are for and no more.
    for format in Format::ALL.into_iter().filter(|format| !matches!(format, Format::Baseline | Format::Feed)) {
        let document: String = text(format, &view).split_whitespace().collect::<Vec<_>>().join(" ");
        let mut told = vec!["CCW-7", "2027-01-11", "CCW-8", "tokenised by the application", "out-of-sight"];
        if !matches!(format, Format::Ocsf | Format::Asff) {
            // These two are lists of findings and nothing else.
            told.extend(["0123456789abcdef", "gone-since"]);
        }
        for words in told {
            assert!(document.contains(words), "{format}: {words}");
        }
    }
}
