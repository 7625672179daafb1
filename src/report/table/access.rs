//! Who can reach the data, whatever the network says: a matrix of principals by data (7.2.x), the undeclared first.

use std::collections::{BTreeMap, BTreeSet};

use super::ink;
use super::page::{Page, Piece, piece};
use crate::report::view::{Access, ResourceRef, Unlisted, View};

/// More principals than this are counted, unless details are wanted.
const SHOWN: usize = 25;
/// Columns for a principal's name.
const NAME: usize = 34;
/// What stands for each right in the matrix; small where it hangs on a condition.
const SIGNS: [(&str, char); 3] = [("read", 'R'), ("unlock", 'U'), ("re-route", 'M')];

/// The section; none where no data is judged.
pub(super) fn write(page: &mut Page, view: &View, verbose: bool) {
    let unlisted: Vec<_> = view.unlisted.iter().filter(|unlisted| unlisted.list == "access").collect();
    if view.access.is_empty() && unlisted.is_empty() {
        return;
    }
    let data: Vec<&ResourceRef> = view.access.iter().map(|access| &access.data).collect::<BTreeSet<_>>().into_iter().collect();
    let principals = rows(view);
    let sum = format!("{} principals · {} data", principals.len(), data.len());
    page.heading(piece(ink::STRONG, "Who can reach the data, by IAM"), vec![piece(ink::PLAIN, sum)]);
    let shown = if verbose { principals.len() } else { SHOWN };
    let digits = data.len().to_string().len();
    let name = NAME.min(page.width() / 2);
    let per_block = (page.width().saturating_sub(name + 6) / (3 + 1)).max(1);
    for (block, data) in data.chunks(per_block).enumerate() {
        matrix(page, (&principals[..shown.min(principals.len())], &view.run.account), data, block * per_block, name, digits);
    }
    if principals.len() > shown {
        page.flow(4, vec![piece(ink::FAINT, format!("and {} more: --verbose or the JSON report lists them", principals.len() - shown))]);
    }
    let legend = "R reads, U unlocks (key or secret), M re-routes; small: only under a condition; !: neither wired into a pipeline nor declared";
    page.flow(2, vec![piece(ink::FAINT, legend)]);
    if verbose {
        for access in &view.access {
            let condition = if access.condition.is_empty() { String::new() } else { format!(" if {}", access.condition) };
            let words = format!(": {} {}, {}: {}{condition}", access.right, access.data.name, access.way, access.path);
            page.flow(4, vec![piece(ink::PLAIN, short(&access.principal, &view.run.account)), piece(ink::FAINT, words)]);
        }
    }
    write_unlisted(page, &unlisted);
}

/// Data whose list could not be made, and why.
pub(super) fn write_unlisted(page: &mut Page, unlisted: &[&Unlisted]) {
    for one in unlisted {
        let whats: Vec<String> = one
            .unseen
            .iter()
            .map(|unseen| unseen.call.as_ref().map_or_else(|| unseen.what.clone(), |call| format!("{} ({call})", unseen.what)))
            .collect();
        page.flow(
            2,
            vec![piece(ink::UNREAD, "? "), piece(ink::STRONG, &one.data.name), piece(ink::PLAIN, format!(": could not see {}", whats.join("; ")))],
        );
    }
}

/// A principal and what it reaches.
struct Row<'a> {
    principal: &'a str,
    /// All of it is declared.
    declared: bool,
    reached: BTreeMap<&'a ResourceRef, Vec<&'a Access>>,
}

/// The undeclared first, then by name.
fn rows(view: &View) -> Vec<Row<'_>> {
    let mut by_principal: BTreeMap<&str, BTreeMap<&ResourceRef, Vec<&Access>>> = BTreeMap::new();
    for access in &view.access {
        by_principal.entry(&access.principal).or_default().entry(&access.data).or_default().push(access);
    }
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (principal, reached) in by_principal {
        rows.push(Row { principal, declared: reached.values().flatten().all(|access| access.declared), reached });
    }
    rows.sort_by_key(|row| (row.declared, row.principal));
    rows
}

fn matrix(page: &mut Page, (rows, own): (&[Row<'_>], &str), data: &[&ResourceRef], first: usize, name: usize, digits: usize) {
    let mut legend: Vec<Piece> = Vec::new();
    for (number, data) in data.iter().enumerate() {
        legend.push(piece(ink::FAINT, format!("{}{} ", if number == 0 { "" } else { "  " }, first + number + 1)));
        legend.push(piece(ink::STRONG, &data.name));
        legend.push(piece(ink::FAINT, format!(" {}", data.kind)));
    }
    page.flow(2, legend);
    let column = digits.max(SIGNS.len());
    let cells = |texts: Vec<Piece>| texts.into_iter().map(|text| (column, vec![text])).collect::<Vec<_>>();
    let line = |page: &mut Page, sign: Piece, label: Piece, texts: Vec<Piece>| {
        let mut all = vec![(1, vec![sign]), (name, vec![label])];
        all.extend(cells(texts));
        page.row(2, 1, all);
    };
    let numbers = (0..data.len()).map(|number| piece(ink::FAINT, (first + number + 1).to_string())).collect();
    line(page, piece(ink::PLAIN, " "), piece(ink::PLAIN, " "), numbers);
    for row in rows {
        if !data.iter().any(|data| row.reached.contains_key(data)) {
            continue;
        }
        let marks = data.iter().map(|data| mark(row.reached.get(data).map(Vec::as_slice).unwrap_or_default())).collect();
        let sign = if row.declared { piece(ink::FAINT, "·") } else { piece(ink::BAD, "!") };
        line(page, sign, piece(ink::PLAIN, short(row.principal, own)), marks);
    }
}

/// The rights of one principal over one datum, a letter each.
fn mark(accesses: &[&Access]) -> Piece {
    let letter = |(right, sign): (&str, char)| {
        let held: Vec<_> = accesses.iter().filter(|access| access.right == right).collect();
        let free = held.iter().any(|access| access.condition.is_empty());
        (!held.is_empty()).then_some(if free { sign } else { sign.to_ascii_lowercase() })
    };
    let letters: String = SIGNS.into_iter().filter_map(letter).collect();
    if letters.is_empty() { piece(ink::FAINT, "·") } else { piece(ink::PLAIN, letters) }
}

/// `role/etl` of an ARN of the account, `999988887777 role/etl` of another; else the text itself.
fn short(principal: &str, own: &str) -> String {
    match principal.splitn(6, ':').collect::<Vec<_>>()[..] {
        [_, _, _, _, account, name] if account.is_empty() || account == own => name.to_owned(),
        [_, _, _, _, account, name] => format!("{account} {name}"),
        _ => principal.to_owned(),
    }
}
