//! JSON: two spaces, one newline at the end, and the same bytes for the same view.
//!
//! Characters that could act on a terminal or hide text (C1 controls, bidirectional and zero-width characters) are written as `\uXXXX`: any JSON reader gets them back unchanged.

use std::fmt::Write as _;

use serde::Serialize;

use super::escape::plain;

/// The document.
pub fn text(document: &impl Serialize) -> String {
    let pretty = serde_json::to_string_pretty(document).expect("a view has string keys only, and no value of it refuses to be written");
    let mut text = String::with_capacity(pretty.len() + 1);
    for c in pretty.chars() {
        // Structure is ASCII, so anything else stands inside a string, where an escape means the same.
        if c == '\n' || plain(c) {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(text, "\\u{unit:04x}").expect("writing to a string");
            }
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::super::example;
    use super::super::view::View;
    use super::*;

    #[test]
    fn a_view_comes_back_as_it_was() {
        let view = example::view();
        let read: View = serde_json::from_str(&text(&view)).unwrap();
        assert_eq!(read, view);
    }

    #[test]
    fn hidden_characters_are_spelled_out_and_survive() {
        let name = "a\u{9b}31m\u{202e}\u{e0041}\n\u{1b}[0m é 注";
        let text = text(&name);
        assert!(text.trim_end().chars().all(plain), "{text}");
        assert!(text.contains("é 注"));
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), name);
    }

    #[test]
    fn every_promised_key_is_there() {
        let value: serde_json::Value = serde_json::from_str(&text(&example::view())).unwrap();
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
