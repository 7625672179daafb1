//! Connected-to systems: what can open a data port, by store. The list that scoping asks for (12.5.2).

use super::ink;
use super::page::{Page, Piece, piece};
use crate::report::view::{Connection, View};

/// More than this of one store are counted, unless details are wanted.
const SHOWN: usize = 12;
/// Columns for what stands behind an interface.
const SYSTEM: usize = 30;

/// The section; none where no store is judged.
pub fn write(page: &mut Page, view: &View, verbose: bool) {
    let unlisted: Vec<_> = view.unlisted.iter().filter(|unlisted| unlisted.list == "connected").collect();
    if view.connected.is_empty() && unlisted.is_empty() {
        return;
    }
    let open = view.connected.iter().filter(|connection| connection.public).count();
    let mut sum = vec![piece(ink::PLAIN, format!("{} ways in", view.connected.len()))];
    if open > 0 {
        sum.push(piece(ink::BAD, format!(" · {open} from a host that the internet can open")));
    }
    page.heading(piece(ink::STRONG, "Connected-to systems"), sum);
    for store in view.connected.chunk_by(|a, b| a.data == b.data && a.port == b.port) {
        let first = &store[0];
        page.flow(2, vec![piece(ink::STRONG, &first.data.name), piece(ink::FAINT, format!("  {}, port {}", first.data.kind, first.port))]);
        let shown = if verbose { store.len() } else { SHOWN };
        for connection in store.iter().take(shown) {
            line(page, connection, verbose);
        }
        if store.len() > shown {
            page.flow(4, vec![piece(ink::FAINT, format!("and {} more: --verbose or the JSON report lists them", store.len() - shown))]);
        }
    }
    super::access::write_unlisted(page, &unlisted);
}

fn line(page: &mut Page, connection: &Connection, verbose: bool) {
    let name = if connection.system.trim().is_empty() { &connection.interface } else { &connection.system };
    let mut about: Vec<Piece> = vec![piece(ink::PLAIN, &connection.way)];
    if connection.public {
        about.push(piece(ink::BAD, ", open to the internet itself"));
    }
    about.push(piece(ink::FAINT, format!("  {} {}", connection.kind, connection.interface)));
    let sign = if connection.public { piece(ink::BAD, "!") } else { piece(ink::FAINT, "·") };
    page.row(4, 1, vec![(1, vec![sign]), (SYSTEM.min(page.width() / 3), vec![piece(ink::PLAIN, name)]), (0, about)]);
    if verbose && !connection.path.is_empty() {
        page.flow(8, vec![piece(ink::FAINT, &connection.path)]);
    }
}
