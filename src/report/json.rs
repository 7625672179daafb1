//! JSON: one line for each element of the outer lists (a finding, a gap, a requirement), and the same bytes for the same view.
//! So a difference of two reports shows what differs, and a report is a third smaller than with every bracket on its own line.
//!
//! Characters that could act on a terminal or hide text (C1 controls, bidirectional and zero-width characters) are written as `\uXXXX`: any JSON reader gets them back unchanged.

use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::{Map, Value};

use super::escape::plain;

/// Writes the document, as it is made; what lies deeper than `lines` brackets stands on one line.
///
/// # Errors
/// Whatever `out` answers.
pub(super) fn write(document: &impl Serialize, lines: usize, mut out: &mut dyn io::Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, Lines { lines, depth: 0, filled: false });
    // A view has string keys only, and no value of it refuses to be written: what fails is the writing.
    document.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// The document as text.
pub(super) fn text(document: &impl Serialize, lines: usize) -> String {
    let mut bytes = Vec::new();
    write(document, lines, &mut bytes).expect("writing to memory does not fail");
    String::from_utf8(bytes).expect("JSON is written as UTF-8")
}

/// The members of what `json!({…})` made.
pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Line breaks down to a depth, none below it.
struct Lines {
    lines: usize,
    depth: usize,
    /// Whether the bracket that closes next has something in it.
    filled: bool,
}

impl Lines {
    fn open(&mut self, out: &mut (impl io::Write + ?Sized), bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        out.write_all(bracket)
    }

    fn close(&mut self, out: &mut (impl io::Write + ?Sized), bracket: &[u8]) -> io::Result<()> {
        if self.filled && self.depth <= self.lines {
            out.write_all(b"\n")?;
            (1..self.depth).try_for_each(|_| out.write_all(b" "))?;
        }
        self.depth -= 1;
        self.filled = true;
        out.write_all(bracket)
    }

    fn next(&mut self, out: &mut (impl io::Write + ?Sized), first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        if self.depth <= self.lines {
            out.write_all(b"\n")?;
            (0..self.depth).try_for_each(|_| out.write_all(b" "))?;
        }
        self.filled = true;
        Ok(())
    }
}

impl Formatter for Lines {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut written = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| !plain(*c)) {
            out.write_all(&fragment.as_bytes()[written..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            written = at + c.len_utf8();
        }
        out.write_all(&fragment.as_bytes()[written..])
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::super::view::View;
    use super::*;

    #[test]
    fn a_view_comes_back_as_it_was() {
        let view = example::view();
        let read: View = serde_json::from_str(&text(&view, 2)).unwrap();
        assert_eq!(read, view);
    }

    #[test]
    fn hidden_characters_are_spelled_out_and_survive() {
        let name = "a\u{9b}31m\u{202e}\u{e0041}\n\u{1b}[0m é 注";
        let text = text(&name, 2);
        assert!(text.trim_end().chars().all(plain), "{text}");
        assert!(text.contains("é 注"));
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), name);
    }

    #[test]
    fn every_promised_key_is_there() {
        let value: serde_json::Value = serde_json::from_str(&text(&example::view(), 2)).unwrap();
        for key in ["schema", "run", "summary", "requirements", "gaps", "findings", "rules"] {
            assert!(value.get(key).is_some(), "{key}");
        }
        for finding in value["findings"].as_array().unwrap() {
            for key in ["fingerprint", "rule", "title", "verdict", "severity", "requirements", "pipelines", "message", "evidence", "remediation"] {
                assert!(finding.get(key).is_some(), "{key}");
            }
            for key in ["arn", "name", "kind", "account", "region"] {
                assert!(finding["resource"][key].is_string(), "{key}");
            }
        }
    }

    #[test]
    fn it_fits_the_schema_that_we_publish() {
        let schema = serde_json::to_value(schemars::schema_for!(View)).unwrap();
        let report = serde_json::to_value(example::view()).unwrap();
        let errors: Vec<String> = jsonschema::validator_for(&schema).unwrap().iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}
