//! Connected-to systems: what can open a data port, by store. The list that scoping asks for (12.5.2).

use std::collections::HashMap;

use super::ink;
use super::page::{Page, Piece, piece};
use crate::report::view::{Connection, View};

/// More than this of one store are counted, unless details are wanted.
const SHOWN: usize = 12;
/// Columns for what stands behind an interface.
const SYSTEM: usize = 30;

/// The section; none where no store is judged.
pub(super) fn write(page: &mut Page, view: &View, verbose: bool) {
    let unlisted: Vec<_> = view.unlisted.iter().filter(|unlisted| unlisted.list == "connected").collect();
    if view.connected.is_empty() && unlisted.is_empty() {
        return;
    }
    let count = |public: Option<bool>| view.connected.iter().filter(|connection| connection.public == public).count();
    let (open, unseen) = (count(Some(true)), count(None));
    let mut sum = vec![piece(ink::PLAIN, format!("{} ways in", view.connected.len()))];
    if open > 0 {
        sum.push(piece(ink::BAD, format!(" · {open} from a host that the internet can open")));
    }
    if unseen > 0 {
        sum.push(piece(ink::PLAIN, format!(" · {unseen} from a host of which that was not seen")));
    }
    page.heading(piece(ink::STRONG, "Connected-to systems"), sum);
    for (ways, stores) in groups(view) {
        let mut names: Vec<Piece> = Vec::new();
        for (number, store) in stores.iter().enumerate() {
            names.push(piece(ink::FAINT, if number == 0 { "" } else { ", " }));
            names.push(piece(ink::STRONG, &store.data.name));
        }
        names.push(piece(ink::FAINT, format!("  {}", stores[0].port)));
        page.flow(2, names);
        let shown = if verbose { ways.len() } else { SHOWN };
        for connection in ways.iter().take(shown) {
            line(page, connection, verbose);
        }
        if ways.len() > shown {
            page.flow(4, vec![piece(ink::FAINT, format!("and {} more: --verbose or the JSON report lists them", ways.len() - shown))]);
        }
    }
    for note in view.list_notes.iter().filter(|note| note.list == "connected") {
        page.flow(2, vec![piece(ink::STRONG, &note.data.name), piece(ink::FAINT, format!("  {}", note.note))]);
    }
    super::access::write_unlisted(page, &unlisted);
}

/// Interface, way, port, and whether the internet opens the host.
type WayIn<'v> = (&'v str, &'v str, &'v str, Option<bool>);

/// Stores that the same systems can open in the same way are told together: those systems, then one connection of each store.
fn groups(view: &View) -> Vec<(&[Connection], Vec<&Connection>)> {
    let mut groups: Vec<(&[Connection], Vec<&Connection>)> = Vec::new();
    let mut known: HashMap<Vec<WayIn<'_>>, usize> = HashMap::new();
    for ways in view.connected.chunk_by(|a, b| a.data == b.data && a.port == b.port) {
        let key = ways.iter().map(|way| (way.interface.as_str(), way.way.as_str(), way.port.as_str(), way.public)).collect();
        let group = *known.entry(key).or_insert(groups.len());
        if group == groups.len() {
            groups.push((ways, Vec::new()));
        }
        groups[group].1.push(&ways[0]);
    }
    groups
}

fn line(page: &mut Page, connection: &Connection, verbose: bool) {
    let name = if connection.system.trim().is_empty() { &connection.interface } else { &connection.system };
    let mut about: Vec<Piece> = vec![piece(ink::PLAIN, &connection.way)];
    match connection.public {
        Some(true) => about.push(piece(ink::BAD, ", open to the internet itself")),
        Some(false) => {}
        None => about.push(piece(ink::PLAIN, ", whether the internet opens it was not seen")),
    }
    about.push(piece(ink::FAINT, format!("  {} {}", connection.kind, connection.interface)));
    let sign = match connection.public {
        Some(true) => piece(ink::BAD, "!"),
        Some(false) => piece(ink::FAINT, "·"),
        None => piece(ink::PLAIN, "?"),
    };
    page.row(4, 1, vec![(1, vec![sign]), (SYSTEM.min(page.width() / 3), vec![piece(ink::PLAIN, name)]), (0, about)]);
    if verbose && !connection.path.is_empty() {
        page.flow(8, vec![piece(ink::FAINT, &connection.path)]);
    }
}
