//! Message templates: text with CEL in braces, `{r.name} uses {r.encryption}`. Braces around anything else are plain text, so that JSON can stand in a command.
//!
//! A command stands in backticks, or on a line of its own, and begins with `aws `. Where it begins and ends is read from the template: no value can begin one.
//! An expression that makes commands may make a list of them, one for each member of a list: `{r.accounts.map(account, "aws … --account " + account)}`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::expr::{Expr, ExprError, Outcome, Scope};

/// How many members a message names of a list that is told elsewhere.
const NAMED: usize = 20;

/// What shows in a command, and in the words around it, in the place of a value that is unseen.
const UNSEEN: &str = "?";

/// What is said of a text in which values are unseen.
const NOT_ALL_SEEN: &str = "not everything could be seen";

/// How a command begins.
const COMMAND: &str = "aws ";

/// A compiled template.
#[derive(Debug)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Value(Box<Expr>),
    /// A command begins here.
    Begin,
    /// And ends here.
    End,
}

/// What a template says, and the commands in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filled {
    /// The whole text.
    pub text: String,
    /// Each command on one line, ready to be run.
    pub commands: Vec<String>,
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
        Ok(Self { parts: with_commands(parts) })
    }

    /// The template before it is filled in, as people read it: a field in capitals, and `…` for what hangs on the resource.
    pub fn outline(&self) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Value(expr) if makes_commands(expr) => text.push_str(&commands_made(expr.source())),
                Part::Value(expr) => match expr.source().strip_prefix("r.").or_else(|| expr.source().strip_prefix("cfg.")) {
                    Some(field) if field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => text.push_str(&field.to_ascii_uppercase()),
                    _ => text.push('…'),
                },
                Part::Begin | Part::End => {}
            }
        }
        text.trim().to_owned()
    }

    /// The expressions in braces.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        self.parts.iter().filter_map(|part| match part {
            Part::Value(expr) => Some(&**expr),
            Part::Text(_) | Part::Begin | Part::End => None,
        })
    }

    /// Fills the template in. Of what is unseen the text says at its end that it is.
    pub fn render(&self, scope: &Scope<'_, '_>) -> String {
        self.render_beside(scope, None)
    }

    /// As [`Template::render`], beside a list that is told whole elsewhere: of that one the beginning alone, since nobody reads hundreds of names in a sentence.
    pub fn render_beside(&self, scope: &Scope<'_, '_>, list: Option<&Value>) -> String {
        let (filled, whole) = self.fill(scope, None, list);
        // `ports: ??` says nothing to a reader: what was seen, and that there may be more.
        if whole { filled.text } else { format!("{}; {NOT_ALL_SEEN}", filled.text.trim_end_matches([' ', ':', ';', ','])) }
    }

    /// Fills in a template that holds commands, with values in single quotes: a quote inside a value cannot end them, since names are attacker-controlled and
    /// commands are made to be pasted. In the words around them values stay as they are.
    pub fn render_commands(&self, scope: &Scope<'_, '_>) -> Filled {
        let (filled, _) = self.fill(scope, Some(&scope.quoted()), None);
        // Where there is nothing to run, no empty line says so.
        let text = filled.text.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("\n");
        Filled { text, ..filled }
    }

    /// The text, and whether every value was seen.
    fn fill(&self, scope: &Scope<'_, '_>, quoted: Option<&Scope<'_, '_>>, elsewhere: Option<&Value>) -> (Filled, bool) {
        let (mut whole, commands) = (true, quoted.is_some());
        let mut filled = Filled::default();
        let mut begun = None;
        let mut many = false;
        for part in &self.parts {
            match part {
                Part::Text(plain) => filled.text.push_str(plain),
                Part::Begin => {
                    begun = Some(filled.text.len());
                    many = false;
                }
                Part::End => {
                    let written = begun.take().and_then(|at: usize| filled.text.get(at..)).unwrap_or_default();
                    let lines = written.split('\n').map(str::trim);
                    // What is about other kinds of resource, or about what was not seen, leaves nothing behind.
                    let commands = if many { lines.map(str::to_owned).collect() } else { vec![lines.collect::<Vec<_>>().join(" ")] };
                    filled.commands.extend(commands.into_iter().filter(|command| command.starts_with(COMMAND)));
                }
                Part::Value(expr) => {
                    let quoted = quoted.filter(|_| begun.is_some());
                    many |= quoted.is_some() && makes_commands(expr);
                    let between = match quoted {
                        Some(_) if many => "\n",
                        Some(_) => ",",
                        None => ", ",
                    };
                    let text = value(expr, quoted.unwrap_or(scope), between, elsewhere);
                    whole &= text.is_some();
                    // No command where what it would be about was not seen, and no sign of it in a sentence.
                    let unseen = if commands && !many { UNSEEN } else { "" };
                    filled.text.push_str(text.as_deref().unwrap_or(unseen));
                }
            }
        }
        (filled, whole)
    }
}

/// A value in words; nothing where it is unseen.
fn value(expr: &Expr, scope: &Scope<'_, '_>, between: &str, elsewhere: Option<&Value>) -> Option<String> {
    if let Some(text) = expr.text(scope) {
        return Some(text.into_owned());
    }
    match expr.json(scope) {
        Outcome::Known(value) if Some(&value) == elsewhere => Some(beginning(&value)),
        Outcome::Known(value) => Some(words(&value, between)),
        Outcome::Unseen | Outcome::Broken(_) => None,
    }
}

/// Marks where commands begin and end.
fn with_commands(parts: Vec<Part>) -> Vec<Part> {
    /// Where the text is.
    #[derive(Clone, Copy, PartialEq)]
    enum At {
        LineStart,
        Words,
        Ticks,
        Line,
    }
    let (mut marked, mut at) = (Vec::new(), At::LineStart);
    for part in parts {
        let Part::Text(text) = part else {
            // Which command it is may hang on the resource: `{r.kind == "bucket" ? "aws s3api …" : …}`.
            let begins = matches!(&part, Part::Value(expr) if makes_commands(expr));
            if at == At::LineStart {
                at = if begins { At::Line } else { At::Words };
                if begins {
                    marked.push(Part::Begin);
                }
            }
            marked.push(part);
            continue;
        };
        let mut plain = String::new();
        for (index, c) in text.char_indices() {
            let here = text.get(index..).unwrap_or_default();
            if at == At::LineStart && here.starts_with(COMMAND) {
                marked.extend([Part::Text(std::mem::take(&mut plain)), Part::Begin]);
                at = At::Line;
            }
            let ends = (at == At::Ticks && c == '`') || (at == At::Line && c == '\n');
            if ends {
                marked.extend([Part::Text(std::mem::take(&mut plain)), Part::End]);
            }
            plain.push(c);
            at = match c {
                '`' if at != At::Ticks && at != At::Line && here.get(1..).is_some_and(|rest| rest.starts_with(COMMAND)) => {
                    marked.extend([Part::Text(std::mem::take(&mut plain)), Part::Begin]);
                    At::Ticks
                }
                '\n' if at != At::Ticks => At::LineStart,
                _ if ends => At::Words,
                _ if at == At::LineStart => At::Words,
                _ => at,
            };
        }
        marked.push(Part::Text(plain));
    }
    if matches!(at, At::Ticks | At::Line) {
        marked.push(Part::End);
    }
    marked
}

/// The commands that an expression may make: `aws`, service and verb of each.
fn commands_made(source: &str) -> String {
    let literals = source.split('"').filter(|literal| literal.starts_with(COMMAND));
    let made = literals.map(|literal| literal.split_whitespace().take(3).collect::<Vec<_>>().join(" "));
    made.collect::<BTreeSet<_>>().into_iter().map(|command| format!("{command} …")).collect::<Vec<_>>().join("\n")
}

/// Whether a value is itself a command, or several.
fn makes_commands(expr: &Expr) -> bool {
    expr.source().contains("\"aws ")
}

fn is_expression(inner: &str) -> bool {
    let subject = inner.match_indices("r.").any(|(at, _)| at == 0 || !inner[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.'));
    subject || inner.starts_with("cfg.")
}

fn words(value: &Value, between: &str) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(|item| words(item, between)).collect::<Vec<_>>().join(between),
        other => other.to_string(),
    }
}

/// The first members of a list in words, and how many more there are.
fn beginning(list: &Value) -> String {
    match list {
        Value::Array(items) if items.len() > NAMED => {
            let named = items.iter().take(NAMED).map(|item| words(item, ", ")).collect::<Vec<_>>();
            format!("{} and {} more", named.join(", "), items.len() - NAMED)
        }
        other => words(other, ", "),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Map, Value, json};

    use super::super::expr::{Base, Scope};
    use super::Template;
    use crate::evidence::About;
    use crate::facts::{Subject, no_pipelines};
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
    }

    #[test]
    fn before_it_is_filled_in_people_read_no_expressions() {
        let template =
            Template::compile("See {r.name} in {r.kind == \"bucket\" ? \"S3\" : \"RDS\"}, {cfg.days} days:\n{r.all.map(x, \"aws y do \" + x)}\n")
                .unwrap();
        assert_eq!(template.outline(), "See NAME in …, DAYS days:\naws y do …");
    }

    #[test]
    fn commands_are_read_from_the_template_and_values_cannot_end_or_begin_one() {
        let cfg = Map::new();
        let name = "it's `aws evil`\naws worse";
        let resource = Arc::new(Identity { arn: "arn:aws:s3:::x".into(), name: name.into(), account: "".into(), region: "eu-west-1".into() });
        let subject = Subject::new("case", About { kind: Kind::Bucket, resource, key: String::new(), pipelines: no_pipelines() });
        let base = Base::new(&cfg);
        let scope = Scope::new(&base, &subject);
        let filled = |text: &str| Template::compile(text).unwrap().render_commands(&scope);
        let quoted = name.replace('\'', r"'\''").replace('\n', " ");
        assert_eq!(filled("Look at {r.name}: `aws s3 ls '{r.name}'`, then `ls`.").commands, [format!("aws s3 ls '{quoted}'")]);
        assert!(filled("Look at {r.name}: `aws s3 ls`").text.starts_with("Look at it's `aws evil`"), "words are not escaped");
        let lines = filled("Do\naws a {r.kind == \"bucket\" ? \"b '\" + r.name + \"'\" : \"c\"} d\naws e");
        assert_eq!(lines.commands, [format!("aws a b '{quoted}' d"), "aws e".to_owned()]);
        assert_eq!(filled("{r.kind == \"bucket\" ? \"aws x\" : \"aws y\"} z").commands, ["aws x z"]);
        assert_eq!(filled("no command: aws x, `lines`, ```").commands, Vec::<String>::new());
        assert_eq!(filled("{r.kind == \"bucket\" ? \"\" : \"aws y\"}").commands, Vec::<String>::new());
        assert_eq!(filled("{r.name}").commands, Vec::<String>::new());
        let each = filled("Do:\n{[r.name, \"b\"].map(x, \"aws y '\" + x + \"'\")}\n{[].map(x, \"aws \" + r.name)}");
        assert_eq!(each.commands, [format!("aws y '{quoted}'"), "aws y 'b'".to_owned()]);
        assert_eq!(each.text, format!("Do:\naws y '{quoted}'\naws y 'b'"));
    }
}
