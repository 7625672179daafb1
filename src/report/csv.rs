//! CSV (RFC 4180) for spreadsheets: a head, then one finding a row, then what is gone, what could not be read, and what was waived for nothing, told apart by the first column.
//!
//! A cell that begins as a formula would (OWASP, *CSV Injection*: `=`, `+`, `-`, `@`, tab, carriage return) gets a leading apostrophe. Line breaks stay, quoted, in questions and
//! remediation, which are ours; everything else is one line, and what could hide or move text is spelled out. A cell that readers would refuse is cut, and says so.

use super::escape::{escape, lines};
use super::remarks;
use super::view::{Attested, Fate, Finding, Gap, Gone, Left, Standing, View, Waiver};

/// The columns. Within one [`super::view::SCHEMA`] none is renamed, moved or removed; more may be added at the end.
pub(super) const COLUMNS: [&str; 41] = [
    "record", // finding, gone, left, gap, unused, note
    "fingerprint",
    "rule",
    "title",
    "verdict",
    "severity",
    "standing", // new, known, new-rule, evidence-lost; of gone: resolved, evidence-lost, out-of-scope; empty without a baseline
    "waiver",   // waived, expired, outgrown
    "waiver_approver",
    "waiver_approved",
    "waiver_expires",
    "waiver_reference",
    "waiver_reason",
    "answer", // holds, does not hold, expired
    "answer_by",
    "answer_on",
    "answer_expires",
    "answer_words",
    "answer_evidence",
    "requirements_4_0_1", // ids with spaces between
    "requirements_3_2_1",
    "account",
    "region",
    "kind",
    "name",
    "arn",
    "key",
    "pipelines", // ARNs with spaces between
    "message",
    "question",
    "remediation",
    "unseen",
    "offending", // JSON
    "evidence",  // kind, resource, field, value, call and time of each, one a line
    "does_not_prove",
    "rule_error",
    "taken_at",
    "snapshot_sha256",
    "grown",    // what there is beyond what the baseline accepted, one a line
    "gates",    // yes where it counts for the exit code
    "commands", // of the remediation, one a line
];

/// The longest cell, in characters: Excel takes 32,767, Python's `csv` 131,072.
const LONGEST: usize = 32_000;
/// Of these, what the words on what was cut may take.
const TAIL: usize = 100;

/// The table.
pub(super) fn text(view: &View) -> String {
    let mut sheet = Sheet { writer: ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new()), view };
    sheet.write(COLUMNS.map(|name| (name, name.to_owned())).to_vec());
    for finding in &view.findings {
        sheet.write(self::finding(finding));
    }
    for gone in &view.gone {
        sheet.write(self::gone(gone));
    }
    for left in &view.left {
        sheet.write(self::left(left));
    }
    for gap in &view.gaps {
        sheet.write(self::gap(gap));
    }
    for note in &view.summary.notes {
        sheet.write(vec![("record", "note".to_owned()), ("message", line(note))]);
    }
    for unused in &view.unused {
        sheet.write(vec![("record", "unused".to_owned()), ("message", format!("meets nothing: {unused}"))]);
    }
    let bytes = sheet.writer.into_inner().expect("writing to memory does not fail");
    String::from_utf8(bytes).expect("every cell is text")
}

/// A cell under the name of its column.
type Cell = (&'static str, String);

struct Sheet<'a> {
    writer: ::csv::Writer<Vec<u8>>,
    view: &'a View,
}

impl Sheet<'_> {
    fn write(&mut self, cells: Vec<Cell>) {
        let run = &self.view.run;
        let head = cells.first().is_some_and(|(name, text)| name == text);
        let common = [("taken_at", remarks::time(run.taken_at)), ("snapshot_sha256", run.snapshot_sha256.clone()), ("account", run.account.clone())];
        let cell = |name: &str| {
            let own = cells.iter().find(|(own, _)| *own == name).map(|(_, text)| text);
            let text = own.or_else(|| common.iter().find(|(common, _)| *common == name && !head).map(|(_, text)| text));
            text.map(|text| safe(text)).unwrap_or_default()
        };
        self.writer.write_record(COLUMNS.map(cell)).expect("writing to memory does not fail, and every row has every column");
    }
}

/// A cell that no spreadsheet runs and that no terminal obeys.
fn safe(text: &str) -> String {
    let text = lines(text.trim_end());
    // The wide forms are folded to the narrow ones by some East Asian versions of Excel.
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let text = if formula { format!("'{text}") } else { text };
    let count = text.chars().count();
    if count <= LONGEST {
        return text;
    }
    let shown = LONGEST - TAIL;
    text.chars().take(shown).chain(format!(" … {} more characters: the JSON report has them", count - shown).chars()).collect()
}

/// Foreign text: its line breaks are spelled out too.
fn line(text: &str) -> String {
    escape(text).into_owned()
}

fn finding(finding: &Finding) -> Vec<Cell> {
    let resource = &finding.resource;
    let ids = |standard: &str| finding.requirements.get(standard).map(|ids| ids.join(" ")).unwrap_or_default();
    let evidence = finding.evidence.iter().map(|one| {
        let read = one.read_at.map(|at| format!(" at {}", remarks::time(at))).unwrap_or_default();
        let fields: Vec<String> = one.fields.iter().map(|(field, value)| format!("{field} = {value}")).collect();
        line(&format!("{} {}: {} ({}{read})", one.kind, one.resource, fields.join(", "), one.call))
    });
    let mut cells = vec![
        ("record", "finding".to_owned()),
        ("fingerprint", finding.fingerprint.clone()),
        ("rule", finding.rule.clone()),
        ("title", line(&finding.title)),
        ("verdict", finding.verdict.name().to_owned()),
        ("severity", finding.severity.name().to_owned()),
        ("standing", finding.standing.map(Standing::name).unwrap_or_default().to_owned()),
        ("requirements_4_0_1", ids("pci-dss-4.0.1")),
        ("requirements_3_2_1", ids("pci-dss-3.2.1")),
        ("account", resource.account.clone()),
        ("region", resource.region.clone()),
        ("kind", resource.kind.clone()),
        ("name", line(&resource.name)),
        ("arn", line(&resource.arn)),
        ("key", line(&finding.key)),
        ("pipelines", line(&finding.pipelines.join(" "))),
        ("message", line(&finding.message)),
        ("question", finding.ask.clone().unwrap_or_default()),
        ("remediation", finding.remediation.clone().unwrap_or_default()),
        ("unseen", finding.unseen.iter().map(|unseen| line(&remarks::unseen(unseen))).collect::<Vec<_>>().join("\n")),
        ("offending", finding.offending.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("evidence", evidence.collect::<Vec<_>>().join("\n")),
        ("commands", finding.commands.iter().map(|command| line(command)).collect::<Vec<_>>().join("\n")),
        ("does_not_prove", finding.does_not_prove.clone().unwrap_or_default()),
        ("rule_error", line(finding.rule_error.as_deref().unwrap_or_default())),
        ("grown", finding.grown.iter().map(|grown| line(grown)).collect::<Vec<_>>().join("\n")),
        ("gates", if finding.gates { "yes" } else { "" }.to_owned()),
    ];
    cells.extend(finding.waiver.iter().flat_map(waiver));
    cells.extend(finding.attested.iter().flat_map(answer));
    cells
}

fn waiver(waiver: &Waiver) -> [Cell; 6] {
    [
        (
            "waiver",
            if waiver.expired {
                "expired"
            } else if waiver.holds() {
                "waived"
            } else {
                "outgrown"
            }
            .to_owned(),
        ),
        ("waiver_approver", line(&waiver.approver)),
        ("waiver_approved", waiver.approved.clone()),
        ("waiver_expires", waiver.expires.clone()),
        ("waiver_reference", line(&waiver.reference)),
        ("waiver_reason", line(&waiver.reason)),
    ]
}

fn answer(answer: &Attested) -> [Cell; 6] {
    let state = match (answer.expired, answer.holds) {
        (true, _) => "expired",
        (false, true) => "holds",
        (false, false) => "does not hold",
    };
    [
        ("answer", state.to_owned()),
        ("answer_by", line(&answer.by)),
        ("answer_on", answer.on.clone()),
        ("answer_expires", answer.expires.clone()),
        ("answer_words", line(&answer.answer)),
        ("answer_evidence", line(&answer.evidence)),
    ]
}

fn gone(gone: &Gone) -> Vec<Cell> {
    let fate = match gone.fate {
        Fate::Resolved => "resolved",
        Fate::EvidenceLost => "evidence-lost",
        Fate::OutOfScope => "out-of-scope",
    };
    vec![
        ("record", "gone".to_owned()),
        ("fingerprint", gone.fingerprint.clone()),
        ("rule", gone.rule.clone()),
        ("severity", gone.severity.name().to_owned()),
        ("standing", fate.to_owned()),
        ("region", gone.region.clone()),
        ("arn", line(&gone.resource)),
        ("message", line(remarks::fate(gone.fate))),
    ]
}

fn left(left: &Left) -> Vec<Cell> {
    vec![
        ("record", "left".to_owned()),
        ("fingerprint", left.fingerprint.clone()),
        ("rule", left.rule.clone()),
        ("verdict", left.verdict.name().to_owned()),
        ("region", left.region.clone()),
        ("arn", line(&left.resource)),
        ("message", line(&remarks::left(left))),
    ]
}

fn gap(gap: &Gap) -> Vec<Cell> {
    vec![
        ("record", "gap".to_owned()),
        ("account", gap.account.clone()),
        ("region", gap.region.clone()),
        ("arn", line(gap.resource.as_deref().unwrap_or_default())),
        ("message", line(&format!("{}: {}", remarks::gap(gap), gap.message))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_readers_refuse_is_cut_and_says_so() {
        let cell = safe(&"é".repeat(200_000));
        assert!(
            cell.chars().count() <= LONGEST && cell.ends_with("168100 more characters: the JSON report has them"),
            "{}",
            &cell[cell.len() - 80..]
        );
        assert_eq!(safe(&"é".repeat(LONGEST)).chars().count(), LONGEST);
    }

    #[test]
    fn no_cell_begins_as_a_formula() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "‹U+0009›=1"),
            ("\r=1", "‹U+000D›=1"),
            ("＝1", "'＝1"),
            ("plain = 1", "plain = 1"),
        ] {
            assert_eq!(safe(text), cell);
        }
    }
}
