//! Message templates: text with CEL in braces, `{r.name} uses {r.encryption}`. Braces around anything else are plain text, so that JSON can stand in a command.

use super::expr::{Expr, ExprError, Outcome, Scope};

/// How many members of a list a message names.
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
        self.fill(scope, str::to_owned, usize::MAX)
    }

    /// As [`Template::render`], with the beginning of long lists alone: nobody reads hundreds of names in a sentence.
    pub fn render_short(&self, scope: &Scope<'_, '_>) -> String {
        self.fill(scope, str::to_owned, NAMED)
    }

    /// Fills in a template that holds commands with values in single quotes: a quote inside a value cannot end them,
    /// since names are attacker-controlled and commands are made to be pasted.
    pub fn render_commands(&self, scope: &Scope<'_, '_>) -> String {
        self.fill(scope, |value| value.replace('\'', r"'\''"), usize::MAX)
    }

    fn fill(&self, scope: &Scope<'_, '_>, escape: impl Fn(&str) -> String, most: usize) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Value(expr) => match expr.text(scope) {
                    Some(value) => text.push_str(&escape(value)),
                    None => match expr.json(scope) {
                        Outcome::Known(value) => text.push_str(&escape(&words(&value, most))),
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

fn words(value: &serde_json::Value, most: usize) -> String {
    match value {
        serde_json::Value::Null => "none".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(items) => {
            let named = items.iter().take(most).map(|item| words(item, most)).collect::<Vec<_>>().join(", ");
            if items.len() > most { format!("{named} and {} more", items.len() - most) } else { named }
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Map, json};

    use super::super::expr::{Base, Scope};
    use super::Template;
    use crate::facts::{Subject, no_pipelines};
    use crate::finding::About;
    use crate::model::{Identity, Kind};

    #[test]
    fn a_short_message_names_the_beginning_of_a_long_list_and_a_command_all_of_it() {
        let hosts: Vec<String> = (0..300).map(|number| format!("eni-{number}")).collect();
        let cfg: Map<String, serde_json::Value> = [("hosts".to_owned(), json!(hosts))].into_iter().collect();
        let resource = Arc::new(Identity { arn: "".into(), name: "".into(), account: "".into(), region: "".into() });
        let subject = Subject::new("case", About { kind: Kind::Account, resource, key: String::new(), pipelines: no_pipelines() });
        let base = Base::new(&cfg);
        let scope = Scope::new(&base, &subject);
        let template = Template::compile("opened by {cfg.hosts}").unwrap();
        assert_eq!(template.render_short(&scope), format!("opened by {} and 280 more", hosts[..20].join(", ")));
        assert_eq!(template.render(&scope), format!("opened by {}", hosts.join(", ")));
        assert_eq!(template.render_commands(&scope), format!("opened by {}", hosts.join(", ")));
    }
}
