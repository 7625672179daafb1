//! Message templates: text with CEL in braces, `{r.name} uses {r.encryption}`. Braces around anything else are plain text, so that JSON can stand in a command.

use serde_json::Value;

use super::expr::{Expr, ExprError, Outcome, Scope};

/// How many members a message names of a list that is told elsewhere.
const NAMED: usize = 20;

/// A compiled template.
#[derive(Debug)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Value(Box<Expr>),
}

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// Where an expression in braces does not parse; the offset is the template's.
    pub fn compile(text: &str) -> Result<Self, ExprError> {
        let mut parts: Vec<Part> = Vec::new();
        let mut rest = text;
        let mut plain = String::new();
        while let Some(open) = rest.find('{') {
            let (before, after) = rest.split_at(open);
            plain.push_str(before);
            let inner = after.get(1..).unwrap_or_default();
            let end = inner.find('}').filter(|end| inner.get(..*end).is_some_and(is_expression));
            if let Some(end) = end {
                let source = inner.get(..end).unwrap_or_default();
                let start = text.len() - rest.len() + open + 1;
                let expr = Expr::compile(source).map_err(|error| ExprError { offset: Some(start + error.offset.unwrap_or(0)), ..error })?;
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(Part::Value(Box::new(expr)));
                rest = inner.get(end + 1..).unwrap_or_default();
            } else {
                plain.push('{');
                rest = inner;
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts })
    }

    /// The expressions in braces.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        self.parts.iter().filter_map(|part| match part {
            Part::Value(expr) => Some(&**expr),
            Part::Text(_) => None,
        })
    }

    /// Fills the template in. What is unseen shows as `?`.
    pub fn render(&self, scope: &Scope<'_, '_>) -> String {
        self.render_beside(scope, None)
    }

    /// As [`Template::render`], beside a list that is told whole elsewhere: of that one the beginning alone, since nobody reads hundreds of names in a sentence.
    pub fn render_beside(&self, scope: &Scope<'_, '_>, list: Option<&Value>) -> String {
        self.fill(scope, str::to_owned, list)
    }

    /// Fills in a template that holds commands with values in single quotes: a quote inside a value cannot end them,
    /// since names are attacker-controlled and commands are made to be pasted.
    pub fn render_commands(&self, scope: &Scope<'_, '_>) -> String {
        self.fill(scope, |value| value.replace('\'', r"'\''"), None)
    }

    fn fill(&self, scope: &Scope<'_, '_>, escape: impl Fn(&str) -> String, elsewhere: Option<&Value>) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Value(expr) => match expr.text(scope) {
                    Some(value) => text.push_str(&escape(value)),
                    None => match expr.json(scope) {
                        Outcome::Known(value) if Some(&value) == elsewhere => text.push_str(&escape(&beginning(&value))),
                        Outcome::Known(value) => text.push_str(&escape(&words(&value))),
                        Outcome::Unseen | Outcome::Broken(_) => text.push('?'),
                    },
                },
            }
        }
        text
    }
}

fn is_expression(inner: &str) -> bool {
    let subject = inner.match_indices("r.").any(|(at, _)| at == 0 || !inner[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.'));
    subject || inner.starts_with("cfg.")
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// The first members of a list in words, and how many more there are.
fn beginning(list: &Value) -> String {
    match list {
        Value::Array(items) if items.len() > NAMED => {
            let named = items.iter().take(NAMED).map(words).collect::<Vec<_>>();
            format!("{} and {} more", named.join(", "), items.len() - NAMED)
        }
        other => words(other),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Map, Value, json};

    use super::super::expr::{Base, Scope};
    use super::Template;
    use crate::facts::{Subject, no_pipelines};
    use crate::finding::About;
    use crate::model::{Identity, Kind};

    #[test]
    fn a_list_that_is_told_elsewhere_is_begun_in_the_message() {
        let hosts: Vec<String> = (0..300).map(|number| format!("eni-{number}")).collect();
        let cfg: Map<String, Value> = [("hosts".to_owned(), json!(hosts))].into_iter().collect();
        let resource = Arc::new(Identity { arn: "".into(), name: "".into(), account: "".into(), region: "".into() });
        let subject = Subject::new("case", About { kind: Kind::Account, resource, key: String::new(), pipelines: no_pipelines() });
        let base = Base::new(&cfg);
        let scope = Scope::new(&base, &subject);
        let template = Template::compile("opened by {cfg.hosts}").unwrap();
        assert_eq!(template.render_beside(&scope, cfg.get("hosts")), format!("opened by {} and 280 more", hosts[..20].join(", ")));
        assert_eq!(template.render_beside(&scope, Some(&json!([]))), template.render(&scope));
        assert_eq!(template.render(&scope), format!("opened by {}", hosts.join(", ")));
        assert_eq!(template.render_commands(&scope), format!("opened by {}", hosts.join(", ")));
    }
}
