//! CEL expressions over one subject: compile, look inside, evaluate. The only folder that names the CEL crate.
//!
//! An unseen field has no key, so that CEL's own error absorption in `&&`, `||`, `all` and `exists` is three-valued logic:
//! the one error that means "not seen" is `NoSuchKey`; any other is a broken rule.

mod meter;
mod paths;
mod subject;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use cel::{Context, ExecutionError, Program, Value, parser::Expression};

pub use paths::Looked;
use subject::SubjectMap;

use crate::evidence::Derived;
use crate::facts::Subject;

/// Longest expression that is compiled, in bytes: user rules are untrusted input.
pub const MAX_LENGTH: usize = 2_000;

/// Deepest nesting of brackets that is compiled.
const MAX_NESTING: usize = 40;

/// Deepest syntax tree that is evaluated: `a + a + a + …` nests without a bracket.
const MAX_DEPTH: usize = 100;

/// A compiled expression.
#[derive(Debug)]
pub struct Expr {
    expression: Expression,
    source: String,
    looked: Looked,
    /// The field's name, where the expression is a field and nothing else: `r.name`. Most are, and need no interpreter.
    field: Option<String>,
}

/// What an evaluation gave.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome<T> {
    /// A value.
    Known(T),
    /// Some field that decides is unseen.
    Unseen,
    /// The rule is broken: a type error, an unknown function.
    Broken(String),
}

/// Why an expression does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExprError {
    /// One line.
    pub message: String,
    /// Byte offset in the source, where known.
    pub offset: Option<usize>,
}

impl Expr {
    /// Compiles an expression and lists what it reads.
    ///
    /// # Errors
    /// Where CEL does not parse, or the text is too long or too deeply nested.
    pub fn compile(source: &str) -> Result<Self, ExprError> {
        let plain = |message: String| ExprError { message, offset: None };
        if source.len() > MAX_LENGTH {
            return Err(plain(format!("the expression is longer than {MAX_LENGTH} bytes")));
        }
        if nesting(source) > MAX_NESTING {
            return Err(plain(format!("the expression nests more than {MAX_NESTING} brackets deep")));
        }
        let program = Program::compile(source).map_err(|errors| {
            let Some(first) = errors.errors.first() else { return plain("the expression does not parse".to_owned()) };
            ExprError { message: first.msg.lines().next().unwrap_or_default().to_owned(), offset: offset(source, first.pos) }
        })?;
        if meter::depth(program.expression()) > MAX_DEPTH {
            return Err(plain(format!("the expression nests more than {MAX_DEPTH} operations deep")));
        }
        let looked = paths::look(program.expression());
        let expression = meter::metered(program.expression().clone());
        let field = source.trim().strip_prefix("r.").filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
        Ok(Self { expression, source: source.to_owned(), looked, field: field.map(str::to_owned) })
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it reads, and what the lint needs to know of it.
    pub const fn looked(&self) -> &Looked {
        &self.looked
    }

    /// Names of the subject's fields that it reads.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.looked.fields.iter().map(String::as_str)
    }

    /// The text of a field, where the expression is one that holds text; other expressions and values go through [`Expr::json`].
    pub fn text<'v>(&self, scope: &Scope<'_, 'v>) -> Option<Cow<'v, str>> {
        let name = self.field.as_deref()?;
        let text = match scope.subject.field(name).and_then(Derived::value) {
            Some(value) => value.as_str(),
            None => scope.subject.builtin(name),
        };
        text.map(|text| if scope.quoted { subject::quoted(text) } else { Cow::Borrowed(text) })
    }

    /// Evaluates to a truth value.
    pub fn truth(&self, scope: &Scope<'_, '_>) -> Outcome<bool> {
        let field = self.field.as_deref().and_then(|name| scope.subject.field(name)).and_then(Derived::value);
        if let Some(serde_json::Value::Bool(value)) = field {
            return Outcome::Known(*value);
        }
        match self.run(scope) {
            Outcome::Known(Value::Bool(value)) => Outcome::Known(value),
            Outcome::Known(other) => Outcome::Broken(format!("`{}` gives {}, not true or false", self.source, other.type_of())),
            Outcome::Unseen => Outcome::Unseen,
            Outcome::Broken(why) => Outcome::Broken(why),
        }
    }

    /// Evaluates to JSON.
    pub fn json(&self, scope: &Scope<'_, '_>) -> Outcome<serde_json::Value> {
        match self.run(scope) {
            Outcome::Known(value) => {
                subject::to_json(&value).map_or_else(|| Outcome::Broken(format!("`{}` gives no plain value", self.source)), Outcome::Known)
            }
            Outcome::Unseen => Outcome::Unseen,
            Outcome::Broken(why) => Outcome::Broken(why),
        }
    }

    fn run(&self, scope: &Scope<'_, '_>) -> Outcome<Value> {
        let within = |steps| meter::within(steps, || scope.context.resolve(&self.expression));
        // How large the subject is costs a walk of its own: it is asked where it matters.
        let more = || meter::STEPS_A_PART.saturating_mul(subject::parts_of(scope.subject));
        let result = within(meter::STEPS).or_else(|| Some(more()).filter(|steps| *steps > meter::STEPS).and_then(within));
        match result {
            Some(Ok(value)) => Outcome::Known(value),
            Some(Err(ExecutionError::NoSuchKey(_))) => Outcome::Unseen,
            Some(Err(error)) => Outcome::Broken(format!("`{}`: {}", self.source, reason(&error))),
            None => Outcome::Broken(format!("`{}` takes more than {} steps: it was stopped", self.source, meter::STEPS.max(more()))),
        }
    }
}

/// Why an evaluation failed, without the values: they are as long as they like, and maps have no order.
fn reason(error: &ExecutionError) -> String {
    match error {
        ExecutionError::UnsupportedBinaryOperator(operator, left, right) => {
            format!("no `{operator}` of {} and {}", left.type_of(), right.type_of())
        }
        ExecutionError::UnsupportedIndex(index, of) => format!("{} has no index of type {}", of.type_of(), index.type_of()),
        ExecutionError::UnexpectedType { want, .. } => format!("a value is not of type {want}"),
        ExecutionError::ValuesNotComparable(left, right) => format!("{} cannot be compared to {}", left.type_of(), right.type_of()),
        ExecutionError::UnsupportedKeyType(key) | ExecutionError::DuplicateKey(key) => format!("a {} cannot be this key", key.type_of()),
        ExecutionError::UnsupportedTargetType { target } | ExecutionError::NotSupportedAsMethod { target, .. } => {
            format!("a {} has no such method", target.type_of())
        }
        other => other.to_string(),
    }
}

/// What every evaluation of a run shares: the standard functions and `cfg`.
pub struct Base<'v>(Context<'v, 'v>);

impl Base<'_> {
    /// A base with `cfg` bound.
    pub fn new(cfg: &serde_json::Map<String, serde_json::Value>) -> Self {
        let mut context = Context::with_env(Arc::new(meter::env()));
        context.add_variable_as_val("cfg", subject::from_json_owned(&serde_json::Value::Object(cfg.clone())));
        Self(context)
    }
}

/// A base with one subject bound as `r`.
pub struct Scope<'b, 'v> {
    context: Context<'b, 'v>,
    subject: &'v Subject,
    /// Whether texts are made to stand between single quotes of a shell.
    quoted: bool,
}

impl<'b, 'v> Scope<'b, 'v> {
    /// Binds a subject without copying it: its fields become CEL values when an expression reads them.
    pub fn new(base: &'b Base<'v>, subject: &'v Subject) -> Self {
        let mut context = base.0.new_inner_scope();
        context.add_variable_as_val("r", Box::new(SubjectMap { subject, quoted: false }));
        Self { context, subject, quoted: false }
    }

    /// The same subject, whose texts are made to stand between single quotes of a shell.
    pub fn quoted(&self) -> Scope<'_, 'v> {
        let mut context = self.context.new_inner_scope();
        context.add_variable_as_val("r", Box::new(SubjectMap { subject: self.subject, quoted: true }));
        Scope { context, subject: self.subject, quoted: true }
    }
}

/// Functions that rules may call besides operators and macros.
pub fn is_allowed_function(name: &str) -> bool {
    let operator = name.starts_with('_') || name.starts_with('@') || name.ends_with('_');
    operator || ["size", "contains", "startsWith", "endsWith", "matches", "int", "string", "double", "bool"].contains(&name)
}

/// Variables that rules may name.
pub const VARIABLES: [&str; 2] = ["r", "cfg"];

fn nesting(source: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for character in source.chars() {
        match character {
            '(' | '[' | '{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    // Runs of unary operators nest as deeply as brackets do.
    let mut run = 0_usize;
    for character in source.chars() {
        run = if matches!(character, '!' | '-') { run + 1 } else { 0 };
        deepest = deepest.max(run);
    }
    deepest
}

/// Bytes before a place that is given by line and column, both from 1, columns in characters.
fn offset(source: &str, (line, column): (isize, isize)) -> Option<usize> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let column = usize::try_from(column).ok()?.saturating_sub(1);
    let start: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = source.get(start..)?;
    Some(start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at))
}

/// The names of a set, for error messages.
pub fn listed(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
