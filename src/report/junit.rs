//! JUnit XML as Jenkins, GitLab and others read it (the schema of Jenkins's xUnit plugin, `junit-10.xsd`): a suite for each rule, a test case for each of its findings.
//!
//! - A fail that gates is a `failure`, an unknown that gates (and an accepted fail of which not all was seen) an `error`: a CI system is red where the exit code is, and nowhere else. What does not gate (waived, accepted in
//!   the baseline, below the threshold, advice), a question and what is not applicable are `skipped`, and say why. A pass has nothing in it.
//! - The type is verdict and severity (`fail.high`, `manual.low`, `waived.fail.high`, `accepted.fail.high`), for whoever wants to count.
//! - CI systems know a test by its class and name: here the rule, and the resource with its fingerprint.
//! - The first suite, `pci-audit`, has no cases, but for an error where the exit code is not 0 and no finding says why: its properties are the run, its output the decision, what could not be read, what is gone, and waivers that nothing met.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::escape::{escape, lines};
use super::remarks;
use super::view::{Finding, Standing, Verdict, View};

/// The document.
pub(super) fn text(view: &View) -> String {
    let mut xml = Xml::new();
    let unexplained = unexplained(view);
    let [tests, failures, errors, _] = tally(&view.findings);
    let (tests, errors) = if unexplained { ((view.findings.len() + 1).to_string(), "1".to_owned()) } else { (tests, errors) };
    xml.open("testsuites", &[("name", &view.run.tool), ("tests", &tests), ("failures", &failures), ("errors", &errors), ("time", "0")]);
    run(&mut xml, view, unexplained);
    for cases in view.findings.chunk_by(|a, b| a.rule == b.rule) {
        suite(&mut xml, view, cases);
    }
    xml.close("testsuites");
    xml.finish()
}

/// XML as it grows. All text passes through here, and here it is made safe; nothing else writes.
struct Xml(Writer<Vec<u8>>);

/// What a tag holds, with the attributes spelled out. An attribute has no lines of its own: a reader may fold them.
fn tag<'t>(name: &'t str, attributes: &[(&str, &str)]) -> BytesStart<'t> {
    let mut tag = BytesStart::new(name);
    for (name, value) in attributes {
        tag.push_attribute((*name, &*possible(&escape(value))));
    }
    tag
}

/// Control characters are spelled out already; the two other code points that XML 1.0 cannot hold are replaced.
fn possible(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

impl Xml {
    fn new() -> Self {
        let mut xml = Self(Writer::new_with_indent(Vec::new(), b' ', 2));
        xml.write(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
        xml
    }

    fn write(&mut self, event: Event<'_>) {
        self.0.write_event(event).expect("writing to memory");
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.write(Event::Start(tag(name, attributes)));
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.write(Event::Empty(tag(name, attributes)));
    }

    fn close(&mut self, name: &str) {
        self.write(Event::End(BytesEnd::new(name)));
    }

    /// An element with text in it.
    fn text(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.open(name, attributes);
        self.write(Event::Text(BytesText::new(&possible(&lines(text)))));
        self.close(name);
    }

    fn finish(self) -> String {
        let mut text = String::from_utf8(self.0.into_inner()).expect("all that was written is text");
        text.push('\n');
        text
    }
}

/// What a test case came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failure,
    Error,
    Skipped,
}

fn outcome(finding: &Finding) -> Outcome {
    match finding.verdict {
        Verdict::Fail | Verdict::Unknown if !finding.gates => Outcome::Skipped,
        // What grew out of sight is incomplete evidence, as the exit code says.
        Verdict::Fail if finding.standing == Some(Standing::EvidenceLost) => Outcome::Error,
        Verdict::Fail => Outcome::Failure,
        Verdict::Unknown => Outcome::Error,
        Verdict::Manual | Verdict::NotApplicable => Outcome::Skipped,
        Verdict::Pass => Outcome::Passed,
    }
}

/// Tests, failures, errors, skipped.
fn tally(findings: &[Finding]) -> [String; 4] {
    let of = |wanted: Outcome| findings.iter().filter(|finding| outcome(finding) == wanted).count().to_string();
    [findings.len().to_string(), of(Outcome::Failure), of(Outcome::Error), of(Outcome::Skipped)]
}

fn properties(xml: &mut Xml, properties: &[(&str, &str)]) {
    xml.open("properties", &[]);
    for (name, value) in properties {
        xml.empty("property", &[("name", name), ("value", value)]);
    }
    xml.close("properties");
}

/// When, as the schema has it: without a zone, which is UTC.
fn timestamp(view: &View) -> String {
    view.run.taken_at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Whether no finding says why the exit code is not 0: then the run itself is an error.
fn unexplained(view: &View) -> bool {
    view.summary.exit_code != 0 && !view.findings.iter().any(|finding| matches!(outcome(finding), Outcome::Failure | Outcome::Error))
}

fn run(xml: &mut Xml, view: &View, unexplained: bool) {
    let (run, summary) = (&view.run, &view.summary);
    let one = if unexplained { "1" } else { "0" };
    let zero = [("tests", one), ("failures", "0"), ("errors", one), ("skipped", "0"), ("time", "0")];
    xml.open("testsuite", &[&[("name", &*run.tool), ("timestamp", &timestamp(view))][..], &zero].concat());
    properties(
        xml,
        &[
            ("version", &run.version),
            ("account", &run.account),
            ("regions", &run.regions.join(" ")),
            ("taken-at", &remarks::time(run.taken_at)),
            ("severity-threshold", run.severity_threshold.name()),
            ("fail-on", &run.fail_on),
            ("open-known", &summary.open_known.total().to_string()),
            ("exit-code", &summary.exit_code.to_string()),
            ("snapshot-sha256", &run.snapshot_sha256),
            ("config-sha256", &run.config_sha256),
            ("rules-sha256", &run.rules_sha256),
        ],
    );
    if unexplained {
        xml.open("testcase", &[("classname", &*run.tool), ("name", "decision"), ("time", "0")]);
        xml.text("error", &[("type", "incomplete"), ("message", &summary.decision)], &summary.decision);
        xml.close("testcase");
    }
    let mut said = vec![format!("exit {}: {}", summary.exit_code, summary.decision)];
    said.extend(remarks::interrupted(view).into_iter().chain(remarks::not_scanned(run)).map(|words| escape(&words).into_owned()));
    said.extend(summary.notes.iter().map(|note| escape(note).into_owned()));
    said.extend(view.gaps.iter().map(|gap| format!("not read: {}", escape(&remarks::gap(gap)))));
    said.extend(view.gone.iter().map(|gone| format!("gone since the baseline: {}", escape(&remarks::gone(gone)))));
    said.extend(view.left.iter().map(|left| format!("left since the baseline: {}", escape(&remarks::left(left)))));
    said.extend(view.unused.iter().map(|unused| format!("meets nothing: {}", escape(unused))));
    xml.text("system-out", &[], &said.join("\n"));
    xml.close("testsuite");
}

/// The findings of one rule.
fn suite(xml: &mut Xml, view: &View, cases: &[Finding]) {
    let first = &cases[0];
    let [tests, failures, errors, skipped] = tally(cases);
    xml.open(
        "testsuite",
        &[
            ("name", &first.rule),
            ("timestamp", &timestamp(view)),
            ("tests", &tests),
            ("failures", &failures),
            ("errors", &errors),
            ("skipped", &skipped),
            ("time", "0"),
        ],
    );
    let ids = |standard: &str| first.requirements.get(standard).map(|ids| ids.join(" ")).unwrap_or_default();
    properties(xml, &[("title", &first.title), ("pci-dss-4.0.1", &ids("pci-dss-4.0.1")), ("pci-dss-3.2.1", &ids("pci-dss-3.2.1"))]);
    for finding in cases {
        case(xml, finding);
    }
    xml.close("testsuite");
}

fn case(xml: &mut Xml, finding: &Finding) {
    let resource = &finding.resource;
    let key = if finding.key.is_empty() { String::new() } else { format!(" [{}]", finding.key) };
    let name = format!("{} {} in {}{key} · {}", resource.kind, resource.called(), resource.region, finding.fingerprint);
    let attributes = [("classname", finding.rule.as_str()), ("name", &name), ("time", "0")];
    let accepted = finding.verdict == Verdict::Fail && finding.standing == Some(Standing::Known);
    let waived = match () {
        () if finding.is_waived() => "waived.",
        () if accepted => "accepted.",
        () => "",
    };
    let what = format!("{waived}{}.{}", finding.verdict, finding.severity);
    let remarks = remarks::of(finding);
    // What a skipped case is skipped for comes first.
    let message = match (&finding.waiver, &finding.attested) {
        (Some(waiver), _) if waiver.holds() => remarks::waiver(waiver),
        (_, Some(answer)) if !finding.gates => remarks::answer(answer),
        _ if accepted && !finding.gates => format!("{}: {}", remarks::standing(Standing::Known), finding.message),
        _ => finding.message.clone(),
    };
    let element = match outcome(finding) {
        Outcome::Passed => return xml.empty("testcase", &attributes),
        Outcome::Failure => "failure",
        Outcome::Error => "error",
        Outcome::Skipped => "skipped",
    };
    xml.open("testcase", &attributes);
    let mut told = vec![escape(&finding.message).into_owned(), format!("resource: {}", escape(&resource.arn))];
    told.extend(finding.requirements.iter().rev().map(|(standard, ids)| format!("requirements: {standard} {}", ids.join(", "))));
    told.extend(remarks.iter().map(|remark| escape(remark).into_owned()));
    told.extend(finding.ask.iter().map(|ask| format!("question: {ask}")));
    told.extend(finding.unseen.iter().map(|unseen| format!("not seen: {}", escape(&remarks::unseen(unseen)))));
    told.extend(finding.rule_error.iter().map(|error| format!("the rule broke: {}", escape(error))));
    told.extend(finding.remediation.iter().map(|words| format!("to do: {words}")));
    // A name in a question may have line breaks: no line of it looks like one of ours.
    let told: Vec<String> = told.iter().map(|text| text.replace('\n', "\n  ")).collect();
    xml.text(element, &[("type", &what), ("message", &message)], &told.join("\n"));
    xml.close("testcase");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn foreign_text_comes_back_from_a_reader_as_it_is_shown() {
        comes_back("a\u{0}\u{1b}[2J\r\n\t]]> <![CDATA[ </x> & \" ' \u{fffe}\u{ffff} \u{202e} é 注");
    }

    proptest! {
        #[test]
        fn so_does_any(text in "[\\u{0}-\\u{10ffff}]{0,40}|[ -~\\n]{0,60}") {
            comes_back(&text);
        }
    }

    fn comes_back(foreign: &str) {
        let mut xml = Xml::new();
        xml.text("x", &[("a", foreign)], foreign);
        let written = xml.finish();
        let document = roxmltree::Document::parse(&written).unwrap();
        let root = document.root_element();
        assert_eq!(root.attribute("a").unwrap(), escape(foreign).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}"));
        assert_eq!(root.text().unwrap_or_default(), lines(foreign).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}"));
    }
}
