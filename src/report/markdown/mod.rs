//! Markdown for a CI job's summary or a comment on a pull request: the decision first, then what is new, what is open, what nobody could see.
//!
//! GitHub takes 65,536 characters in a comment and 1 MiB in a step's summary. The page is cut at 60,000 characters, section by section, and says what was cut: the numbers at its head
//! are always those of the whole run.

mod fit;
mod quote;

use std::cmp::Reverse;
use std::collections::BTreeMap;

pub(super) use fit::{Section, fit};
pub(super) use quote::{name, quote};

use super::remarks;
use super::view::{BySeverity, Finding, STANDARD, Severity, Standing, Verdict, View};

/// Characters of the page.
pub(super) const LONGEST: usize = 60_000;
/// Of these, what the words on what was cut may take.
const TAIL: usize = 1_500;
/// Characters of a message.
pub(super) const MESSAGE: usize = 400;
/// Characters of a question.
const QUESTION: usize = 700;
/// Resources that a question names.
const NAMES: usize = 20;
/// Characters of a name.
pub(super) const NAME: usize = 120;

/// The page.
pub(super) fn text(view: &View) -> String {
    let head = head(view);
    let sections: Vec<Section> = sections(view).into_iter().filter(|section| !section.rows.is_empty()).collect();
    let (body, missing) = fit(&sections, LONGEST.saturating_sub(head.chars().count() + TAIL));
    let mut page = format!("{head}{body}");
    if !missing.is_empty() {
        page.push_str(&format!("**Cut to fit GitHub's limit**: {} are not shown here. The JSON report has everything.\n\n", missing.join(", ")));
    }
    let run = &view.run;
    let digest: String = run.snapshot_sha256.chars().take(12).collect();
    page.push_str(&format!(
        "<sub>{} {} · snapshot {} · a pass is about what was read, \"in place\" is for the assessor to write</sub>\n",
        run.tool,
        run.version,
        name(&digest, 12)
    ));
    page
}

/// The decision and the numbers.
fn head(view: &View) -> String {
    let (run, summary) = (&view.run, &view.summary);
    let sign = match summary.exit_code {
        // What is known and accepted is broken all the same.
        0 if summary.open_known.total() > 0 || summary.unknowns.total() > 0 || summary.nothing_judged => "⚠️",
        0 => "✅",
        3 => "❓",
        _ => "❌",
    };
    let gate = format!("fails{} at or above {}", if run.allow_unknown { "" } else { " and unknowns" }, run.severity_threshold);
    let which = if run.fail_on == "new" { "what the baseline does not accept" } else { "any" };
    let mut text = format!("## {sign} pci-audit: {}\n\n", quote(&summary.decision, 2_000));
    text.push_str(&format!(
        "Exit code **{}** · account {} · {} · taken at {} · gate: {which}, {gate}\n\n",
        summary.exit_code,
        name(&run.account, 20),
        run.regions.iter().take(40).map(|region| name(region, 20)).collect::<Vec<_>>().join(" "),
        run.taken_at.strftime("%Y-%m-%d %H:%M UTC"),
    ));
    let mut columns = Severity::ALL.map(Severity::name).to_vec();
    columns.push("all");
    text.push_str(&format!("| | {} |\n|---|{}\n", columns.join(" | "), "--:|".repeat(columns.len())));
    for verdict in Verdict::ALL {
        let counts = BySeverity::new(view.findings.iter().filter(|finding| finding.verdict == verdict).map(|finding| finding.severity));
        let cells = Severity::ALL.map(|severity| counts.get(severity).to_string()).join(" | ");
        text.push_str(&format!("| {} | {cells} | **{}** |\n", verdict.words(), summary.verdicts.get(verdict)));
    }
    let waived = view.findings.iter().filter(|finding| finding.is_waived()).count();
    let answered = view.findings.iter().filter(|finding| finding.is_answered()).count();
    text.push('\n');
    let notes: Vec<String> = remarks::interrupted(view).into_iter().chain(remarks::not_scanned(run)).chain(summary.notes.iter().cloned()).collect();
    for note in &notes {
        text.push_str(&format!("> {}\n>\n", quote(note, 1_000)));
    }
    if !notes.is_empty() {
        text.push('\n');
    }
    if waived + answered > 0 {
        text.push_str(&format!("Of these {waived} waived, {answered} answered by a person.\n\n"));
    }
    text
}

fn sections(view: &View) -> Vec<Section> {
    let open = |finding: &&Finding| matches!(finding.verdict, Verdict::Fail) && !finding.is_waived() && finding.severity > Severity::Advisory;
    let baseline = view.findings.iter().any(|finding| finding.standing.is_some());
    let is_new = |finding: &&Finding| matches!(finding.standing, Some(Standing::New | Standing::NewRule));
    let is_own = |finding: &&Finding| crate::gate::own::is_own(&finding.rule);
    let unknown = |finding: &&Finding| finding.verdict == Verdict::Unknown && !finding.is_waived();
    let lost = |finding: &&Finding| finding.standing == Some(Standing::EvidenceLost);
    let advice = |finding: &&Finding| matches!(finding.verdict, Verdict::Fail) && !finding.is_waived() && finding.severity == Severity::Advisory;
    let all = || view.findings.iter();
    let old = if baseline { "Still open, accepted in the baseline" } else { "Open" };
    vec![
        table("Nothing judged, or judged no more", "departures", all().filter(is_own).collect()),
        table("Not accepted in the baseline", "new findings", all().filter(open).filter(is_new).collect()),
        table("Evidence lost since the baseline", "findings whose evidence is lost", all().filter(unknown).filter(lost).collect()),
        table(old, "open findings", all().filter(open).filter(|finding| !is_new(finding)).collect()),
        table("Could not be decided", "undecided findings", all().filter(unknown).filter(|finding| !lost(finding) && !is_own(finding)).collect()),
        gaps(view),
        table("Waived", "waived findings", all().filter(|finding| finding.is_waived()).collect()),
        questions("Questions for people", "questions", all().filter(|finding| finding.verdict == Verdict::Manual && !finding.is_answered())),
        questions("Answered questions", "answered questions", all().filter(|finding| finding.verdict == Verdict::Manual && finding.is_answered())),
        gone(view),
        list("Left since the baseline", "verdicts that left", view.left.iter().map(|left| quote(&remarks::left(left), MESSAGE)).collect()),
        list(
            "Waivers, answers and declarations that meet nothing",
            "waivers, answers and declarations that meet nothing",
            view.unused.iter().map(|unused| quote(unused, MESSAGE)).collect(),
        ),
        table("Advice, not demanded by PCI DSS", "pieces of advice", all().filter(advice).collect()),
    ]
}

fn list(title: &str, of: &'static str, rows: Vec<String>) -> Section {
    Section { head: format!("### {title} ({})\n\n", rows.len()), rows: rows.into_iter().map(|row| format!("- {row}")).collect(), of }
}

/// Findings, worst first.
fn table(title: &str, of: &'static str, mut findings: Vec<&Finding>) -> Section {
    findings.sort_by_key(|finding| (Reverse(finding.severity), &finding.rule, &finding.resource.arn, &finding.key));
    let head = format!("### {title} ({})\n\n| severity | requirement | rule | resource | what |\n|---|---|---|---|---|\n", findings.len());
    Section { head, rows: findings.into_iter().map(row).collect(), of }
}

fn row(finding: &Finding) -> String {
    let requirement = finding.requirements.get(STANDARD).and_then(|ids| ids.first()).map(|id| quote(id, 20)).unwrap_or_default();
    let resource = &finding.resource;
    let key = if finding.key.is_empty() { String::new() } else { format!(" {}", name(&finding.key, NAME)) };
    let about = format!("{}{key}<br>{} {}", name(resource.called(), NAME), quote(&resource.kind, 40), name(&resource.region, 30));
    let message = finding.message.strip_prefix(resource.called()).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&finding.message);
    let mut what = vec![quote(message, MESSAGE)];
    let standing = finding.standing.filter(|standing| *standing == Standing::NewRule).map(remarks::standing);
    what.extend(standing.map(|standing| format!("*{standing}*")));
    what.extend(remarks::grown(finding).map(|grown| format!("**{}**", quote(&grown, MESSAGE))));
    what.extend(finding.waiver.as_ref().map(|waiver| {
        format!(
            "**{}**: {}",
            match (waiver.expired, waiver.holds()) {
                (true, _) => "waiver expired",
                (_, true) => "waived",
                (_, false) => "waiver outgrown",
            },
            quote(&remarks::waiver(waiver), MESSAGE)
        )
    }));
    what.extend(finding.rule_error.as_ref().map(|error| format!("**the rule broke**: {}", quote(error, MESSAGE))));
    format!("| {} | {requirement} | {} | {about} | {} |", finding.severity, name(&finding.rule, NAME), what.join("<br>"))
}

/// Calls that failed: one line for a call and its error, however many resources it was made for.
fn gaps(view: &View) -> Section {
    let mut calls: BTreeMap<(String, &str), (usize, &str)> = BTreeMap::new();
    for gap in &view.gaps {
        calls.entry((format!("{}:{}", gap.service, gap.operation), &gap.code)).or_insert((0, &gap.iam_action)).0 += 1;
    }
    let line = |((call, code), (times, action)): ((String, &str), (usize, &str))| {
        format!("{} answered {} {times}×; it needs {}", name(&call, NAME), name(code, NAME), name(action, NAME))
    };
    list("Could not be read", "calls that failed", calls.into_iter().map(line).collect())
}

/// A question once, with the resources it is about; and each answer, where there are any.
fn questions<'a>(title: &str, of: &'static str, findings: impl Iterator<Item = &'a Finding>) -> Section {
    let mut asked: BTreeMap<(&str, String), Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        asked.entry((&finding.rule, remarks::question(finding).unwrap_or_else(|| finding.message.clone()))).or_default().push(finding);
    }
    let count: usize = asked.values().map(Vec::len).sum();
    let mut rows = Vec::new();
    for ((rule, common), about) in asked {
        let words = about.first().filter(|_| about.len() == 1).and_then(|finding| finding.ask.clone()).unwrap_or(common);
        let words = quote(&words.lines().collect::<Vec<_>>().join(" "), QUESTION);
        let names = about.iter().take(NAMES).map(|finding| name(finding.resource.called(), NAME)).collect::<Vec<_>>().join(", ");
        let more = if about.len() > NAMES { format!(" and {} more", about.len() - NAMES) } else { String::new() };
        let answers = about.iter().take(NAMES).filter_map(|finding| Some((finding, finding.attested.as_ref()?)));
        let answers: String = answers
            .map(|(finding, answer)| format!("<br>{}: {}", name(finding.resource.called(), NAME), quote(&remarks::answer(answer), MESSAGE)))
            .collect();
        rows.push(format!("{}: {names}{more}<br>{words}{answers}", name(rule, NAME)));
    }
    Section { head: format!("### {title} ({count})\n\n"), ..list(title, of, rows) }
}

fn gone(view: &View) -> Section {
    let line = |gone: &super::view::Gone| {
        format!(
            "{} {} in {}, {}: {}",
            name(&gone.rule, NAME),
            name(&gone.resource, NAME),
            name(&gone.region, 30),
            gone.severity,
            remarks::fate(gone.fate)
        )
    };
    list("Gone since the baseline", "findings that are gone", view.gone.iter().map(line).collect())
}
