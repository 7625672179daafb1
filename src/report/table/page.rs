//! The page: styled text in, lines of at most the given width out. All text passes through here, and here it is escaped; nothing else writes.

use anstyle::Style;

use super::ink;
use crate::report::escape::{columns, escape};

/// Narrower than this nothing can be laid out; the terminal may wrap the lines itself.
const NARROWEST: usize = 40;

/// A stretch of text in one style.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    text: String,
    style: Style,
}

/// A stretch of text, escaped.
pub(crate) fn piece(style: Style, text: impl AsRef<str>) -> Piece {
    Piece { text: escape(text.as_ref()).into_owned(), style }
}

/// A column of a row: how wide, and what stands in it.
pub(crate) type Cell = (usize, Vec<Piece>);

/// The report as it grows.
pub(crate) struct Page {
    out: String,
    width: usize,
    color: bool,
}

impl Page {
    /// An empty page.
    pub(crate) fn new(width: usize, color: bool) -> Self {
        Self { out: String::new(), width: width.max(NARROWEST), color }
    }

    /// Columns at hand.
    pub(crate) const fn width(&self) -> usize {
        self.width
    }

    /// What was written.
    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// An empty line, never two in a row.
    pub(crate) fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// The head of a section: its title, a rule, and what it sums up to.
    pub(crate) fn heading(&mut self, title: Piece, sum: Vec<Piece>) {
        self.blank();
        let taken = columns(&title.text) + sum.iter().map(|piece| columns(&piece.text)).sum::<usize>();
        let Some(rule) = self.width.checked_sub(taken + 2).filter(|rule| *rule > 2) else {
            self.flow(0, vec![title]);
            return self.flow(2, sum);
        };
        let mut line = vec![title, piece(ink::PLAIN, " ")];
        if sum.is_empty() {
            line.push(piece(ink::FAINT, "─".repeat(rule + 1)));
        } else {
            line.extend([piece(ink::FAINT, "─".repeat(rule)), piece(ink::PLAIN, " ")]);
            line.extend(sum);
        }
        self.emit(&[(0, line)]);
    }

    /// A paragraph.
    pub(crate) fn flow(&mut self, indent: usize, pieces: Vec<Piece>) {
        self.row(indent, 0, vec![(usize::MAX, pieces)]);
    }

    /// A line that is never broken, however long: a command that is made to be copied.
    pub(crate) fn unbroken(&mut self, indent: usize, pieces: Vec<Piece>) {
        self.emit(&[(indent, pieces)]);
    }

    /// Cells side by side, `gap` columns apart, each wrapped in its own width; the last one takes what is left of the line.
    pub(crate) fn row(&mut self, indent: usize, gap: usize, cells: Vec<Cell>) {
        let last = cells.len().saturating_sub(1);
        let mut at = indent.min(self.width / 2);
        let mut laid: Vec<(usize, usize, Vec<Vec<Piece>>)> = Vec::new();
        for (index, (width, pieces)) in cells.into_iter().enumerate() {
            let room = self.width.saturating_sub(at).max(1);
            let width = if index == last { room } else { width.clamp(1, room) };
            laid.push((at, width, wrap(&pieces, width)));
            at += width + gap;
        }
        for line in 0..laid.iter().map(|(_, _, lines)| lines.len()).max().unwrap_or(0) {
            let parts: Vec<_> =
                laid.iter_mut().filter_map(|(at, _, lines)| lines.get_mut(line).map(|pieces| (*at, std::mem::take(pieces)))).collect();
            self.emit(&parts);
        }
    }

    /// One line: pieces from given columns on.
    fn emit(&mut self, parts: &[(usize, Vec<Piece>)]) {
        let mut at = 0;
        for (start, pieces) in parts.iter().filter(|(_, pieces)| !pieces.is_empty()) {
            self.out.push_str(&" ".repeat(start.saturating_sub(at)));
            at = at.max(*start);
            for piece in pieces {
                at += columns(&piece.text);
                if self.color && piece.style != ink::PLAIN {
                    self.out.push_str(&format!("{}{}{:#}", piece.style, piece.text, piece.style));
                } else {
                    self.out.push_str(&piece.text);
                }
            }
        }
        self.out.push('\n');
    }
}

/// Breaks text into lines: between words where it can, inside a word that is longer than a line. No pieces, no lines.
fn wrap(pieces: &[Piece], width: usize) -> Vec<Vec<Piece>> {
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    let mut line: Vec<Piece> = Vec::new();
    let mut used = 0;
    for piece in pieces {
        for part in piece.text.split_inclusive(' ') {
            // A word and the spaces after it: the spaces may hang over the end of the line, the word may not.
            let word = part.trim_end_matches(' ');
            if used > 0 && used + columns(word) > width {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            for c in part.chars() {
                let wide = columns(c.encode_utf8(&mut [0; 4]));
                if used > 0 && used + wide > width {
                    if c == ' ' {
                        continue;
                    }
                    // No line begins with what closes the one before it.
                    let carried = if matches!(c, ',' | ';' | '.' | ')' | ']') { carry(&mut line) } else { None };
                    lines.push(std::mem::take(&mut line));
                    used = carried.as_ref().map_or(0, |carried| columns(&carried.text));
                    line.extend(carried);
                }
                match line.last_mut() {
                    Some(last) if last.style == piece.style => last.text.push(c),
                    _ => line.push(Piece { text: c.to_string(), style: piece.style }),
                }
                used += wide;
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    for line in &mut lines {
        while let Some(last) = line.last_mut() {
            last.text.truncate(last.text.trim_end_matches(' ').len());
            if !last.text.is_empty() {
                break;
            }
            line.pop();
        }
    }
    lines
}

/// Takes the last character of a line away, unless it is the only one of its piece.
fn carry(line: &mut [Piece]) -> Option<Piece> {
    let last = line.last_mut()?;
    let (at, c) = last.text.char_indices().next_back().filter(|(at, c)| *at > 0 && *c != ' ')?;
    last.text.truncate(at);
    Some(Piece { text: c.to_string(), style: last.style })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(width: usize, build: impl FnOnce(&mut Page)) -> String {
        let mut page = Page::new(width, false);
        build(&mut page);
        page.finish()
    }

    #[test]
    fn text_breaks_between_words_and_inside_long_ones() {
        let long = "x".repeat(45);
        let text = page(40, |page| page.flow(2, vec![piece(ink::PLAIN, format!("one two {long} three"))]));
        assert_eq!(text, format!("  one two\n  {}\n  {} three\n", "x".repeat(38), "x".repeat(7)));
        let text = page(40, |page| page.flow(0, vec![piece(ink::PLAIN, format!("{},{}", "x".repeat(40), "y".repeat(3)))]));
        assert_eq!(text, format!("{}\nx,yyy\n", "x".repeat(39)), "no line begins with a comma");
    }

    #[test]
    fn cells_wrap_each_in_its_own_column() {
        let text = page(40, |page| page.row(0, 2, vec![(5, vec![piece(ink::PLAIN, "a bcd efg")]), (0, vec![piece(ink::PLAIN, "rest")])]));
        assert_eq!(text, "a bcd  rest\nefg\n");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let text = page(40, |page| page.flow(0, vec![piece(ink::PLAIN, "注".repeat(21))]));
        assert_eq!(text, format!("{}\n注\n", "注".repeat(20)));
    }

    #[test]
    fn a_heading_fills_its_line_or_gives_way() {
        let text = page(40, |page| page.heading(piece(ink::STRONG, "Findings"), vec![piece(ink::PLAIN, "3 fail")]));
        assert_eq!(columns(text.trim_end()), 40);
        let text = page(40, |page| page.heading(piece(ink::STRONG, "Findings"), vec![piece(ink::PLAIN, "many words that do not fit on it")]));
        assert_eq!(text, "Findings\n  many words that do not fit on it\n");
    }

    #[test]
    fn colour_changes_no_text() {
        let mut page = Page::new(40, true);
        page.flow(0, vec![piece(ink::BAD, "bad\u{1b}[0m "), piece(ink::PLAIN, "plain")]);
        assert_eq!(page.finish(), format!("{}bad‹U+001B›[0m {:#}plain\n", ink::BAD, ink::BAD));
    }

    #[test]
    fn no_width_and_no_cells_break_it() {
        for width in 0..45 {
            page(width, |page| {
                page.flow(usize::MAX, vec![piece(ink::PLAIN, "word 注注注注 ".repeat(9))]);
                page.row(3, 2, (0..30).map(|_| (7, vec![piece(ink::PLAIN, "注 cell")])).collect());
                page.row(0, 0, Vec::new());
            });
        }
    }
}
