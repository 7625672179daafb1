//! `docs/configuration.md`: the JSON Schema of [`Config`] → every key with its meaning and default (both from the code), and its flag and variable (from clap).

use std::fmt::Write as _;

use clap::{Args as _, Command};
use serde_json::{Map, Value};

use super::aws::AwsArgs;
use super::settings::AuditArgs;
use crate::config::Config;

/// A whole file, every key in it; a test parses it.
const EXAMPLE: &str = include_str!("../../examples/pci-audit.toml");

const HEAD: &str = "\
# pci-audit.toml

Made by `pci-audit generate config-reference`: the words are those of the code.

The file is `pci-audit.toml` in the working directory, or what `--config` or `PCI_AUDIT_CONFIG` names. **A flag overrides the environment, the environment
overrides the file.** A list is replaced as a whole. A flag that is true or false takes `--strict` and `--strict=false`; a variable takes `true`, `false`,
`yes`, `no`, `1`, `0`. An unknown key, value or rule id is an error that names the line and, where one is near, what was meant.

Keys of the top level stand before the first `[table]`: that is how TOML works.
";

/// The reference.
pub(super) fn text() -> String {
    let schema: Value = schemars::schema_for!(Config).into();
    let mut reference = Reference { schema: &schema, flags: &flags(), out: HEAD.to_owned() };
    reference.table("Top level", "", &schema);
    let _ = write!(
        reference.out,
        "\n## An example\n\nEvery key, none of them needed ([the file](../examples/pci-audit.toml)):\n\n```toml\n{EXAMPLE}```\n"
    );
    reference.out
}

/// The flags of `scan`, which are all there are. An argument is named as its key.
pub(super) fn flags() -> Command {
    AuditArgs::augment_args(AwsArgs::augment_args(Command::new("scan")))
}

/// The reference as it grows.
struct Reference<'a> {
    schema: &'a Value,
    flags: &'a Command,
    out: String,
}

impl<'a> Reference<'a> {
    /// A section for a table, then one for each table in it. `path` is where it stands, with its full stop.
    fn table(&mut self, title: &str, path: &str, table: &'a Value) {
        let Some(keys) = table["properties"].as_object() else { return };
        let _ = writeln!(self.out, "\n## {title}\n");
        if !path.is_empty() {
            let _ = writeln!(self.out, "{}\n", sentences(table).0);
        }
        let flagged = keys.keys().any(|key| self.flag(path, key).is_some());
        self.out.push_str(if flagged {
            "| key | meaning | values | default | flag | variable |\n|---|---|---|---|---|---|\n"
        } else {
            "| key | meaning | values | default |\n|---|---|---|---|\n"
        });
        for (key, schema) in keys {
            self.row(path, key, schema, table, flagged);
        }
        for (title, path, table) in self.inner(path, keys) {
            self.table(&title, &path, table);
        }
    }

    fn row(&mut self, path: &str, key: &str, schema: &'a Value, table: &Value, flagged: bool) {
        let (meaning, said) = sentences(schema);
        let required = table["required"].as_array().is_some_and(|names| names.iter().any(|name| name == key));
        let target = self.target(schema);
        let default = match said {
            Some(said) => said,
            None if required => "required".to_owned(),
            // A table that may be empty has no default but those of its keys.
            None if target["properties"].is_object() && target["required"].is_null() => "that of each key".to_owned(),
            None => literal(&schema["default"]),
        };
        let _ = write!(self.out, "| `{key}` | {meaning} | {} | {default} |", self.values(schema));
        if flagged {
            let (flag, variable) = self.flag(path, key).unwrap_or_default();
            let _ = write!(self.out, " {flag} | {variable} |");
        }
        self.out.push('\n');
    }

    /// Flag and variable of a key: the argument that has its name.
    fn flag(&self, path: &str, key: &str) -> Option<(String, String)> {
        let name = format!("{path}{key}").replace(['.', '-'], "_");
        let argument = self.flags.get_arguments().find(|argument| argument.get_id().as_str() == name)?;
        let code = |text: &str| format!("`{text}`");
        let variable = argument.get_env().map(|name| code(&name.to_string_lossy()));
        Some((code(&format!("--{}", argument.get_long()?)), variable.unwrap_or_default()))
    }

    /// The tables among the keys of one, with title and path. Keys that share a shape have one section.
    fn inner(&self, path: &str, keys: &'a Map<String, Value>) -> Vec<(String, String, &'a Value)> {
        let mut found: Vec<(String, String, &Value)> = Vec::new();
        for (key, schema) in keys {
            let list = schema["items"].is_object();
            let table = self.target(if list { &schema["items"] } else { schema });
            if !table["properties"].is_object() || found.iter().any(|(.., known)| std::ptr::eq(*known, table)) {
                continue;
            }
            let alike = keys.values().filter(|other| std::ptr::eq(self.target(other), table)).count() > 1;
            let title = match (alike, list) {
                (true, _) => format!("Each of `[{}]`", path.trim_end_matches('.')),
                (false, true) => format!("`[[{path}{key}]]`"),
                (false, false) => format!("`[{path}{key}]`"),
            };
            found.push((title, format!("{path}{key}."), table));
        }
        found
    }

    /// What a schema refers to, `null` aside.
    fn target(&self, schema: &'a Value) -> &'a Value {
        let schema = schema["anyOf"].as_array().and_then(|options| options.first()).unwrap_or(schema);
        let pointer = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        pointer.and_then(|pointer| self.schema.pointer(pointer)).unwrap_or(schema)
    }

    /// What may stand behind the key.
    fn values(&self, schema: &'a Value) -> String {
        let schema = self.target(schema);
        let kind = &schema["type"];
        let kind = kind.as_str().or_else(|| kind[0].as_str()).unwrap_or_default();
        match kind {
            "array" => format!("list: {}", self.values(&schema["items"])),
            "object" if schema["additionalProperties"].is_object() => format!("table: {}", self.values(&schema["additionalProperties"])),
            "object" => "table".to_owned(),
            "boolean" => "`true`, `false`".to_owned(),
            "integer" => "whole number".to_owned(),
            "string" if schema["format"] == "date" => "day, such as `2026-11-22`".to_owned(),
            "string" => "text".to_owned(),
            _ => {
                let words: Vec<String> = schema["oneOf"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|option| option["const"].as_str())
                    .map(|word| format!("`{word}`"))
                    .collect();
                words.join(", ")
            }
        }
    }
}

/// What a doc comment says: the meaning, and behind `Default:` the default.
fn sentences(schema: &Value) -> (String, Option<String>) {
    let text = schema["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|");
    match text.split_once(" Default: ") {
        Some((meaning, default)) => (meaning.to_owned(), Some(default.trim_end_matches('.').to_owned())),
        None => (text, None),
    }
}

/// A value as TOML writes it.
fn literal(value: &Value) -> String {
    let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty);
    match toml::Value::try_from(value) {
        Ok(value) if !empty => format!("`{value}`"),
        _ => "none".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::rules::RuleSet;

    /// The tables of the schema, wherever they stand: their keys.
    fn tables<'v>(schema: &'v Value, found: &mut Vec<&'v Map<String, Value>>) {
        for (name, value) in schema.as_object().into_iter().flatten() {
            match value.as_object() {
                Some(keys) if name == "properties" => found.push(keys),
                _ => tables(value, found),
            }
        }
    }

    #[test]
    fn every_key_has_a_row_with_its_meaning_and_its_default() {
        let schema: Value = schemars::schema_for!(Config).into();
        let (mut found, text) = (Vec::new(), text());
        tables(&schema, &mut found);
        assert!(found.len() >= 10, "{}", found.len());
        let sections: Vec<&str> = text.split("\n## ").collect();
        for keys in found {
            let rows = |section: &&&str| -> BTreeSet<String> {
                section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).map(str::to_owned).collect()
            };
            let section = sections.iter().find(|section| rows(section) == keys.keys().cloned().collect());
            let section = section.unwrap_or_else(|| panic!("no section has exactly the keys {:?}", keys.keys()));
            for row in section.lines().filter(|line| line.starts_with("| `")) {
                let cells: Vec<&str> = row.split(" | ").map(str::trim).collect();
                assert!(cells.len() >= 4 && cells[..4].iter().all(|cell| !cell.is_empty()), "{row}");
                let choice = cells[2].starts_with('`');
                assert!(!choice || cells[3] != "none", "what is chosen where nothing is said? {row}");
            }
        }
    }

    #[test]
    fn the_example_holds_every_key_and_is_sound() {
        let config = Config::parse(EXAMPLE, "examples/pci-audit.toml").unwrap();
        let rules = RuleSet::builtin().unwrap();
        for mention in &config.mentions {
            rules.get(&mention.rule).unwrap_or_else(|problem| panic!("{}: {problem}", mention.place));
        }
        let schema: Value = schemars::schema_for!(Config).into();
        let reference = Reference { schema: &schema, flags: &Command::new("none"), out: String::new() };
        let example: Value = toml::from_str::<toml::Value>(EXAMPLE).map(|table| serde_json::to_value(table).unwrap()).unwrap();
        holds_every_key(&reference, &schema, &[&example], "");
    }

    /// Each key of the table stands in one of its appearances at least, and so on downwards.
    fn holds_every_key<'a>(reference: &Reference<'a>, table: &'a Value, appearances: &[&Value], path: &str) {
        for (key, schema) in table["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{key}");
            let values: Vec<&Value> = appearances.iter().filter_map(|one| one.get(key)).collect();
            assert!(!values.is_empty(), "{path} is not in the example");
            let inner = if schema["items"].is_object() { &schema["items"] } else { schema };
            let values: Vec<&Value> =
                values.into_iter().flat_map(|value| value.as_array().map_or(vec![value], |list| list.iter().collect())).collect();
            holds_every_key(reference, reference.target(inner), &values, &path);
        }
    }
}
