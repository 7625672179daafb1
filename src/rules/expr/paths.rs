//! What an expression reads: its fields, and the shapes that the lint refuses. Found in the syntax tree, without running it.

use std::collections::BTreeSet;

use cel::common::ast::{EntryExpr, Expr, LiteralValue, operators};
use cel::{IdedExpr, parser::Expression};

/// What was found in an expression.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// Fields of `r` that it reads.
    pub fields: BTreeSet<String>,
    /// Keys of `cfg` that it reads.
    pub settings: BTreeSet<String>,
    /// Selections below a field: `field.sub`.
    pub nested: BTreeSet<String>,
    /// Variables other than `r`, `cfg` and its own.
    pub strangers: BTreeSet<String>,
    /// Functions that it calls.
    pub functions: BTreeSet<String>,
    /// Whether it uses `has()`, which would turn "unseen" into "false".
    pub has: bool,
    /// Whether `r` or `cfg` is used as a whole, or indexed by a computed name.
    pub whole: bool,
    /// Fields that it reads where they may be null: no `!= null &&` or `== null ||` stands before.
    pub unguarded: BTreeSet<String>,
}

/// Walks a compiled expression.
pub(super) fn look(expression: &Expression) -> Looked {
    let mut looked = Looked::default();
    Walk { looked: &mut looked, own: Vec::new() }.expr(expression, &BTreeSet::new());
    looked
}

struct Walk<'a> {
    looked: &'a mut Looked,
    own: Vec<String>,
}

type Guards = BTreeSet<String>;

impl Walk<'_> {
    fn expr(&mut self, node: &IdedExpr, guards: &Guards) {
        match &node.expr {
            Expr::Ident(name) => self.ident(name),
            Expr::Select(select) => {
                self.looked.has |= select.test;
                self.select(&select.operand, &select.field, guards);
            }
            Expr::Call(call) => {
                self.looked.functions.insert(call.func_name.clone());
                self.call(&call.func_name, call.target.as_deref(), &call.args, guards);
            }
            Expr::Comprehension(loop_) => {
                self.expr(&loop_.iter_range, guards);
                let depth = self.own.len();
                self.own.extend([loop_.iter_var.clone(), loop_.accu_var.clone()]);
                self.own.extend(loop_.iter_var2.clone());
                for part in [&loop_.accu_init, &loop_.loop_cond, &loop_.loop_step, &loop_.result] {
                    self.expr(part, guards);
                }
                self.own.truncate(depth);
            }
            Expr::List(list) => list.elements.iter().for_each(|element| self.expr(element, guards)),
            Expr::Map(map) => map.entries.iter().for_each(|entry| self.entry(&entry.expr, guards)),
            Expr::Struct(fields) => fields.entries.iter().for_each(|entry| self.entry(&entry.expr, guards)),
            Expr::Literal(_) | Expr::Unspecified => {}
        }
    }

    fn entry(&mut self, entry: &EntryExpr, guards: &Guards) {
        match entry {
            EntryExpr::StructField(field) => self.expr(&field.value, guards),
            EntryExpr::MapEntry(entry) => {
                self.expr(&entry.key, guards);
                self.expr(&entry.value, guards);
            }
        }
    }

    fn ident(&mut self, name: &str) {
        if super::VARIABLES.contains(&name) {
            self.looked.whole = true;
        } else if !self.own.iter().any(|own| own == name) {
            self.looked.strangers.insert(name.to_owned());
        }
    }

    fn select(&mut self, operand: &IdedExpr, field: &str, guards: &Guards) {
        match &operand.expr {
            Expr::Ident(name) if name == "r" => {
                self.looked.fields.insert(field.to_owned());
                if !guards.contains(field) {
                    self.looked.unguarded.insert(field.to_owned());
                }
            }
            Expr::Ident(name) if name == "cfg" => {
                self.looked.settings.insert(field.to_owned());
            }
            _ => {
                if let Some(parent) = field_of(operand) {
                    self.looked.nested.insert(format!("{parent}.{field}"));
                }
                self.expr(operand, guards);
            }
        }
    }

    fn call(&mut self, name: &str, target: Option<&IdedExpr>, args: &[IdedExpr], guards: &Guards) {
        match (name, args) {
            (operators::LOGICAL_AND, [left, right]) => {
                self.expr(left, guards);
                self.expr(right, &(guards | &non_null(left, true)));
            }
            (operators::LOGICAL_OR, [left, right]) => {
                self.expr(left, guards);
                self.expr(right, &(guards | &non_null(left, false)));
            }
            (operators::CONDITIONAL, [condition, yes, no]) => {
                self.expr(condition, guards);
                self.expr(yes, &(guards | &non_null(condition, true)));
                self.expr(no, &(guards | &non_null(condition, false)));
            }
            // Equality takes null on either side.
            (operators::EQUALS | operators::NOT_EQUALS, [left, right]) => {
                for side in [left, right] {
                    let fine = field_of(side).map(|field| BTreeSet::from([field])).unwrap_or_default();
                    self.expr(side, &(guards | &fine));
                }
            }
            _ => target.into_iter().chain(args).for_each(|part| self.expr(part, guards)),
        }
    }
}

/// The field of `r` that an expression is, if it is one.
fn field_of(node: &IdedExpr) -> Option<String> {
    match &node.expr {
        Expr::Select(select) => match &select.operand.expr {
            Expr::Ident(name) if name == "r" => Some(select.field.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// Fields that are known not to be null once a condition has the given truth.
fn non_null(node: &IdedExpr, truth: bool) -> Guards {
    let Expr::Call(call) = &node.expr else { return Guards::new() };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::LOGICAL_AND, [left, right]) if truth => &non_null(left, true) | &non_null(right, true),
        (operators::LOGICAL_OR, [left, right]) if !truth => &non_null(left, false) | &non_null(right, false),
        (operators::LOGICAL_NOT, [inner]) => non_null(inner, !truth),
        (operator, [left, right]) if (operator == operators::NOT_EQUALS && truth) || (operator == operators::EQUALS && !truth) => {
            let is_null = |side: &IdedExpr| matches!(side.expr, Expr::Literal(LiteralValue::Null));
            let field = if is_null(right) {
                field_of(left)
            } else if is_null(left) {
                field_of(right)
            } else {
                None
            };
            field.into_iter().collect()
        }
        _ => Guards::new(),
    }
}
