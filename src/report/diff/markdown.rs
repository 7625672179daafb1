//! A difference for a job's summary or a comment on a pull request: the counts, then findings, then resources, cut to fit GitHub's limit.

use serde_json::Value;

use super::fields::{FieldChange, words};
use super::findings::by_weight;
use super::{Diff, FindingChange, ResourceChange};
use crate::report::markdown::{LONGEST, MESSAGE, NAME, Section, fit, name, quote};
use crate::report::view::Verdict;

/// Characters of a value.
const VALUE: usize = 160;
/// Members of a list that are shown each way.
const MEMBERS: usize = 5;
/// Fields of one change that are shown.
const FIELDS: usize = 12;

/// The page.
pub(super) fn text(diff: &Diff) -> String {
    let time = |at: jiff::Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let mut head =
        format!("## pci-audit: what changed\n\nAccount {} · {} → {}\n\n", name(&diff.account, 20), time(diff.old.taken_at), time(diff.new.taken_at));
    if diff.is_empty() {
        head.push_str("Nothing differs.\n\n");
    }
    for (what, changes) in diff.counts() {
        head.push_str(&format!("- {what}: {changes}\n"));
    }
    for remark in &diff.remarks {
        head.push_str(&format!("- *note*: {}\n", quote(remark, MESSAGE)));
    }
    head.push('\n');
    let (matters, others) = by_weight(&diff.findings);
    let title = if others.is_empty() { String::new() } else { format!("; {} more passed or did not apply before and now", others.len()) };
    let sections = [
        Section {
            head: format!(
                "### Findings ({}{title})\n\n| | verdict | severity | rule | resource | what |\n|---|---|---|---|---|---|\n",
                matters.len()
            ),
            rows: matters.into_iter().map(finding).collect(),
            of: "changes of findings",
        },
        Section {
            head: format!("### Resources ({})\n\n| | kind | resource | what |\n|---|---|---|---|\n", diff.resources.len()),
            rows: diff.resources.iter().map(resource).collect(),
            of: "changes of resources",
        },
    ];
    let sections: Vec<Section> = sections.into_iter().filter(|section| !section.rows.is_empty()).collect();
    let (body, _) = fit(&sections, LONGEST.saturating_sub(head.chars().count()));
    format!("{head}{body}")
}

fn finding(change: &FindingChange) -> String {
    let verdicts = match (change.old_verdict, change.verdict) {
        (Some(old), Some(new)) if old != new => format!("{} → **{}**", old.words(), new.words()),
        (old, new) => new.or(old).map_or("", Verdict::words).to_owned(),
    };
    let (old, now) = change.words();
    let now = quote(now, MESSAGE);
    let mut what = match old {
        Some(old) => vec![format!("*was* {}", quote(old, MESSAGE)), format!("*now* {now}")],
        None => vec![now],
    };
    what.extend(fields(change.told()));
    let key = if change.key.is_empty() { String::new() } else { format!(" {}", name(&change.key, NAME)) };
    let resource = format!("{}{key}<br>{}", name(change.resource.called(), NAME), name(&change.resource.region, 30));
    let rule = name(&change.rule, NAME);
    format!("| {} | {verdicts} | {} | {rule} | {resource} | {} |", change.change.name(), change.severity, what.join("<br>"))
}

fn resource(change: &ResourceChange) -> String {
    let ResourceChange { change, resource, fields: changed } = change;
    let place = format!("{}<br>{}", name(resource.called(), NAME), name(&resource.region, 30));
    format!("| {} | {} | {place} | {} |", change.name(), quote(&resource.kind, 40), fields(changed.iter()).join("<br>"))
}

fn fields<'a>(changes: impl Iterator<Item = &'a FieldChange>) -> Vec<String> {
    let mut lines: Vec<String> = changes.map(field).collect();
    if lines.len() > FIELDS {
        let more = lines.len() - FIELDS;
        lines.truncate(FIELDS);
        lines.push(format!("and {more} more fields"));
    }
    lines
}

fn field(change: &FieldChange) -> String {
    let value = |value: &Value| name(&words(value), VALUE);
    let field = name(change.field(), NAME);
    match change {
        FieldChange::Value { old, new, .. } => format!("{field}: {} → {}", value(old), value(new)),
        FieldChange::Unread { old, .. } => format!("{field}: {} → *not read*", value(old)),
        FieldChange::Read { new, .. } => format!("{field}: *not read* → {}", value(new)),
        FieldChange::Members { removed, added, .. } => {
            let list = |sign: &str, members: &[Value]| {
                let mut lines: Vec<String> = members.iter().take(MEMBERS).map(|member| format!("<br>{sign} {}", value(member))).collect();
                if members.len() > MEMBERS {
                    lines.push(format!("<br>{sign} {} more", members.len() - MEMBERS));
                }
                lines.concat()
            };
            format!("{field}{}{}", list("−", removed), list("+", added))
        }
    }
}
