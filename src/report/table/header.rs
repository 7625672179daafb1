//! The head: who asked, where, when, by what settings. Then, before any verdict, what could not be read.

use std::collections::{BTreeMap, BTreeSet};

use super::page::{Page, Piece, piece};
use super::{ink, subject};
use crate::gate::own::SOMETHING_JUDGED;
use crate::report::remarks;
use crate::report::view::{Gap, Run, View};

/// The run.
pub(super) fn write(page: &mut Page, view: &View, verbose: bool) {
    let run = &view.run;
    page.heading(piece(ink::STRONG, format!("{} {}", run.tool, run.version)), vec![piece(ink::FAINT, "PCI DSS on AWS data pipelines")]);
    let gate = match (run.severity_threshold, run.allow_unknown) {
        (threshold, false) => format!("fails and unknowns at or above {threshold}"),
        (threshold, true) => format!("fails at or above {threshold}; unknowns are let through (--allow-unknown)"),
    };
    let gate = if run.fail_on == "new" { format!("{gate}, where the baseline does not accept them") } else { gate };
    let mut rows = vec![
        ("account", format!("{} ({})", run.account, run.partition)),
        ("caller", run.caller.clone()),
        ("regions", regions(run)),
        ("taken at", remarks::time(run.taken_at)),
        ("gate", gate),
    ];
    // An audit of nothing must not read like a clean one.
    for finding in view.findings.iter().filter(|finding| finding.rule == SOMETHING_JUDGED.id) {
        page.flow(2, vec![piece(ink::BAD, &finding.message)]);
    }
    if view.summary.nothing_judged && view.summary.empty == 0 {
        page.flow(2, vec![piece(ink::BAD, remarks::nothing_judged())]);
    }
    if let Some(words) = remarks::interrupted(view) {
        rows.insert(0, ("PARTIAL", words));
    }
    let digests = [("snapshot", &run.snapshot_sha256), ("config", &run.config_sha256), ("rules", &run.rules_sha256)];
    if verbose {
        rows.extend(digests.map(|(what, digest)| (what, digest.clone())));
    } else {
        let short = digests.map(|(what, digest)| format!("{what} {}", digest.chars().take(12).collect::<String>()));
        rows.push(("sha-256", short.join(", ")));
    }
    for (label, value) in rows {
        page.row(2, 2, vec![(8, vec![piece(ink::FAINT, label)]), (0, vec![piece(ink::PLAIN, value)])]);
    }
}

/// Where was looked, and where not.
fn regions(run: &Run) -> String {
    let scanned = run.regions.join(", ");
    match remarks::not_scanned(run) {
        None => scanned,
        Some(others) => format!("{scanned}; {others}"),
    }
}

/// What could not be read, and the permission that would mend it; rules that broke.
pub(super) fn write_gaps(page: &mut Page, view: &View, verbose: bool) {
    if !view.gaps.is_empty() {
        let sum = format!("{} of {} verdicts unknown", view.summary.verdicts.unknown, view.findings.len());
        page.heading(piece(ink::UNREAD, format!("Not read: {} failed", calls(view.gaps.len()))), vec![piece(ink::UNREAD, sum)]);
        for (call, gaps) in by_call(&view.gaps) {
            write_call(page, &call, &gaps, verbose);
        }
        let actions: BTreeSet<&str> = view.gaps.iter().filter(|gap| is_denial(&gap.code)).map(|gap| gap.iam_action.as_str()).collect();
        if !actions.is_empty() {
            let list = actions.into_iter().collect::<Vec<_>>().join(", ");
            page.row(2, 1, vec![(6, vec![piece(ink::UNREAD, "allow:")]), (0, vec![piece(ink::PLAIN, list)])]);
        }
    }
    let broken: Vec<_> = view.findings.iter().filter_map(|finding| Some((finding, finding.rule_error.as_deref()?))).collect();
    if !broken.is_empty() {
        page.heading(piece(ink::BAD, "Rules that broke"), vec![piece(ink::BAD, format!("{} verdicts unknown", broken.len()))]);
        for (finding, error) in broken {
            let about = vec![piece(ink::STRONG, &finding.rule), piece(ink::PLAIN, format!(" on {}: {error}", subject::name(finding)))];
            page.flow(2, about);
        }
    }
}

/// One operation and one error code.
type Call<'a> = (String, &'a str);

/// A call that fails for one bucket fails for a hundred: one line says so.
fn by_call(gaps: &[Gap]) -> BTreeMap<Call<'_>, Vec<&Gap>> {
    let mut calls: BTreeMap<Call<'_>, Vec<&Gap>> = BTreeMap::new();
    for gap in gaps {
        calls.entry((format!("{}:{}", gap.service, gap.operation), &gap.code)).or_default().push(gap);
    }
    calls
}

fn write_call(page: &mut Page, (call, code): &Call<'_>, gaps: &[&Gap], verbose: bool) {
    let regions: BTreeSet<&str> = gaps.iter().map(|gap| gap.region.as_str()).collect();
    let resources = gaps.iter().filter(|gap| gap.resource.is_some()).count();
    let hidden: BTreeSet<&str> = gaps.iter().flat_map(|gap| gap.hides.iter().map(String::as_str)).collect();
    let mut place = regions.into_iter().collect::<Vec<_>>().join(", ");
    if resources > 0 {
        place.push_str(&format!(", {resources} resource{}", if resources == 1 { "" } else { "s" }));
    }
    let mut about: Vec<Piece> = vec![piece(ink::STRONG, call), piece(ink::UNREAD, format!(" {code}")), piece(ink::PLAIN, format!(" in {place}"))];
    match hidden.len() {
        0 => about.push(piece(ink::FAINT, ", no verdict rests on it")),
        _ if verbose => about.push(piece(ink::FAINT, format!(", leaves unknown: {}", hidden.into_iter().collect::<Vec<_>>().join(", ")))),
        1 => about.push(piece(ink::FAINT, ", leaves 1 rule unknown")),
        rules => about.push(piece(ink::FAINT, format!(", leaves {rules} rules unknown"))),
    }
    page.flow(2, about);
    if verbose {
        for gap in gaps {
            let resource = gap.resource.as_deref().unwrap_or(&gap.region);
            page.flow(4, vec![piece(ink::FAINT, format!("{resource}: ")), piece(ink::PLAIN, &gap.message)]);
        }
    } else if let Some(gap) = gaps.first().filter(|gap| !is_denial(&gap.code) && !gap.message.is_empty()) {
        page.flow(4, vec![piece(ink::PLAIN, &gap.message)]);
    }
}

fn calls(count: usize) -> String {
    if count == 1 { "1 call".to_owned() } else { format!("{count} calls") }
}

/// Whether a permission would mend it: every AWS service has its own word for "no".
fn is_denial(code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    ["denied", "unauthorized", "notauthorized", "authorizationerror", "forbidden"].iter().any(|word| code.contains(word))
}
