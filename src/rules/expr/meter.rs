//! What one evaluation may cost. Rules are given by other people, and CEL has no clock: `[…].all(a, […].all(b, …))` never ends, `.map(a, a + a)` doubles
//! without end. So every expression is rewritten before it runs: what walks or makes a value passes through `@spend`, which counts the parts of the value.
//!
//! Steps and memory are one count, since memory is only made by counted steps. The count is the same on every machine, so that verdicts are too.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators};
use cel::common::types::{CelBool, CelBytes, CelInt, CelList, CelMap, CelString, DYN_TYPE, INT_TYPE, STRING_TYPE};
use cel::common::value::{CowVal, Val};
use cel::{Env, ExecutionError, IdedExpr};
use regex::{Regex, RegexBuilder};

/// Steps that any evaluation may take: a tenth of a second, or two.
pub(super) const STEPS: u64 = 1_000_000;

/// Steps for each part of the subject, where it is so large that [`STEPS`] do not suffice.
pub(super) const STEPS_A_PART: u64 = 50;

/// A character string of this length, in bytes, is one part.
const WORD: usize = 16;

/// What making a new regular expression counts as.
const REGEX: u64 = 500;

/// The largest compiled regular expression, in bytes.
const REGEX_SIZE: usize = 1 << 18;

/// How many compiled regular expressions a thread keeps.
const REGEXES: usize = 64;

const SPEND: &str = "@spend";
const MATCHES: &str = "@matches";

thread_local! {
    /// Steps that are left to the evaluation that runs; `None` once they are used up.
    static LEFT: Cell<Option<u64>> = const { Cell::new(Some(0)) };
    static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::new(HashMap::new());
}

/// Runs an evaluation with so many steps. `None` where they did not suffice, whatever the evaluation made of the error: `true || …` would swallow it.
pub(super) fn within<T>(steps: u64, run: impl FnOnce() -> T) -> Option<T> {
    LEFT.set(Some(steps));
    let result = run();
    LEFT.get().map(|_| result)
}

/// Takes steps off what is left.
///
/// # Errors
/// Where nothing is.
pub(super) fn spend(steps: u64) -> Result<(), ExecutionError> {
    let left = LEFT.get().and_then(|left| left.checked_sub(steps));
    LEFT.set(left);
    left.map(|_| ()).ok_or_else(|| ExecutionError::InternalError("too many steps".to_owned()))
}

/// The standard functions, and those that [`metered`] calls.
pub(super) fn env() -> Env {
    let mut env = Env::stdlib();
    let text = || vec![STRING_TYPE, STRING_TYPE];
    env.add_overload(SPEND, "@spend(dyn, int)", vec![DYN_TYPE, INT_TYPE], spent).expect("a name that CEL cannot spell is free");
    env.add_overload(MATCHES, "@matches(string, string)", text(), matches).expect("a name that CEL cannot spell is free");
    env.add_member_overload(MATCHES, "string.@matches(string)", STRING_TYPE, vec![STRING_TYPE], matches)
        .expect("a name that CEL cannot spell is free");
    env
}

/// `@spend(value, steps)`: the value, once the steps and its parts are counted.
fn spent<'b, 'v>(mut args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let steps = args.pop().and_then(|steps| steps.downcast_ref::<CelInt>().and_then(|steps| u64::try_from(*steps.inner()).ok())).unwrap_or(1);
    let value = args.pop().ok_or(ExecutionError::MissingArgumentOrTarget)?;
    spend(steps)?;
    count(value.as_ref())?;
    Ok(value)
}

/// Counts the parts of a value, as far as steps are left.
fn count(value: &dyn Val) -> Result<(), ExecutionError> {
    if let Some(text) = value.downcast_ref::<CelString>() {
        return spend(1 + (text.inner().len() / WORD) as u64);
    }
    if let Some(bytes) = value.downcast_ref::<CelBytes>() {
        return spend(1 + (bytes.inner().len() / WORD) as u64);
    }
    spend(1)?;
    if let Some(list) = value.downcast_ref::<CelList>() {
        return list.inner().iter().try_for_each(|item| count(item.as_ref()));
    }
    if let Some(map) = value.downcast_ref::<CelMap>() {
        return map.inner().values().try_for_each(|item| count(item.as_ref()).and_then(|()| spend(1)));
    }
    Ok(())
}

/// `matches`, with regular expressions that are small, and compiled once.
fn matches<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [text, pattern] = args.as_slice() else { return Err(ExecutionError::MissingArgumentOrTarget) };
    let (Some(text), Some(pattern)) = (text.downcast_ref::<CelString>(), pattern.downcast_ref::<CelString>()) else {
        return Err(ExecutionError::MissingArgumentOrTarget);
    };
    let found = COMPILED.with_borrow_mut(|compiled| {
        if !compiled.contains_key(pattern.inner()) {
            spend(REGEX)?;
            let regex = RegexBuilder::new(pattern.inner()).size_limit(REGEX_SIZE).build();
            let regex = regex.map_err(|error| {
                let why = error.to_string();
                ExecutionError::function_error("matches", why.lines().last().unwrap_or_default())
            })?;
            if compiled.len() >= REGEXES {
                compiled.clear();
            }
            compiled.insert(pattern.inner().to_owned(), regex);
        }
        Ok(compiled.get(pattern.inner()).is_some_and(|regex| regex.is_match(text.inner())))
    })?;
    Ok(CowVal::owned(CelBool::from(found)))
}

/// The expression with every value counted that is walked or made. Verdicts do not change by it: `@spend` gives back what it was given.
pub(super) fn metered(mut node: IdedExpr) -> IdedExpr {
    rewrite(&mut node);
    node
}

fn rewrite(node: &mut IdedExpr) {
    match &mut node.expr {
        Expr::Call(call) => rewrite_call(call),
        Expr::Comprehension(comprehension) => rewrite_loop(comprehension),
        Expr::Select(select) if !is_name(&select.operand) => rewrite(&mut select.operand),
        Expr::List(list) => list.elements.iter_mut().for_each(rewrite_counted),
        Expr::Map(map) => map.entries.iter_mut().for_each(|entry| rewrite_entry(&mut entry.expr)),
        Expr::Struct(fields) => fields.entries.iter_mut().for_each(|entry| rewrite_entry(&mut entry.expr)),
        Expr::Select(_) | Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => {}
    }
}

/// Rewrites a node whose value is walked or copied: as [`rewrite`], and counted.
fn rewrite_counted(node: &mut IdedExpr) {
    rewrite(node);
    let small = match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => text.inner().len() <= WORD,
        Expr::Literal(_) => true,
        // The interpreter knows loops by the name of what they gather.
        Expr::Ident(name) => name.starts_with('@'),
        _ => false,
    };
    if !small {
        wrap(node, 1);
    }
}

fn rewrite_entry(entry: &mut EntryExpr) {
    match entry {
        EntryExpr::StructField(field) => rewrite_counted(&mut field.value),
        EntryExpr::MapEntry(entry) => {
            rewrite_counted(&mut entry.key);
            rewrite_counted(&mut entry.value);
        }
    }
}

fn rewrite_call(call: &mut CallExpr) {
    let logical = [operators::LOGICAL_AND, operators::LOGICAL_OR, operators::LOGICAL_NOT, operators::CONDITIONAL, operators::NOT_STRICTLY_FALSE];
    let rewrite = if logical.contains(&call.func_name.as_str()) { rewrite } else { rewrite_counted };
    call.target.iter_mut().for_each(|target| rewrite(target));
    call.args.iter_mut().for_each(rewrite);
    if call.func_name == "matches" {
        call.func_name = MATCHES.to_owned();
    }
}

/// A loop pays for what it goes over, and at each turn for the size of its body.
fn rewrite_loop(comprehension: &mut ComprehensionExpr) {
    let body = i64::try_from(size(&comprehension.loop_step)).unwrap_or(i64::MAX);
    rewrite_counted(&mut comprehension.iter_range);
    rewrite(&mut comprehension.accu_init);
    rewrite(&mut comprehension.result);
    if !matches!(comprehension.loop_cond.expr, Expr::Literal(_)) {
        rewrite(&mut comprehension.loop_cond);
        rewrite(&mut comprehension.loop_step);
        wrap(&mut comprehension.loop_cond, body);
        return;
    }
    // `map`, `filter` and `exists_one`: the interpreter makes them fast where it knows their shape, so that only the innermost parts are wrapped.
    rewrite(&mut comprehension.loop_step);
    match &mut comprehension.loop_step.expr {
        Expr::Call(call) if call.func_name == operators::CONDITIONAL => call.args.iter_mut().take(1).for_each(|guard| wrap(guard, body)),
        Expr::Call(CallExpr { args, .. }) => args.iter_mut().for_each(|arg| {
            if let Expr::List(list) = &mut arg.expr {
                list.elements.iter_mut().for_each(|element| wrap(element, body));
            }
        }),
        _ => wrap(&mut comprehension.loop_cond, body),
    }
}

/// `@spend(node, steps)`.
fn wrap(node: &mut IdedExpr, steps: i64) {
    let inner = std::mem::take(node);
    let steps = IdedExpr { id: inner.id, expr: Expr::Literal(LiteralValue::Int(CelInt::from(steps))) };
    node.id = inner.id;
    node.expr = Expr::Call(CallExpr { func_name: SPEND.to_owned(), target: None, args: vec![inner, steps] });
}

/// Whether a node is a name such as `r.field.sub`, which the interpreter looks up as a whole.
fn is_name(node: &IdedExpr) -> bool {
    match &node.expr {
        Expr::Ident(_) => true,
        Expr::Select(select) => !select.test && is_name(&select.operand),
        _ => false,
    }
}

/// The parts of an expression that a node has.
fn parts(node: &IdedExpr) -> Vec<&IdedExpr> {
    match &node.expr {
        Expr::Call(call) => call.target.iter().map(|target| &**target).chain(&call.args).collect(),
        Expr::Comprehension(of) => vec![&of.iter_range, &of.accu_init, &of.loop_cond, &of.loop_step, &of.result],
        Expr::Select(select) => vec![&*select.operand],
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => map.entries.iter().flat_map(|entry| of_entry(&entry.expr)).collect(),
        Expr::Struct(fields) => fields.entries.iter().flat_map(|entry| of_entry(&entry.expr)).collect(),
        Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => Vec::new(),
    }
}

fn of_entry(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}

/// How many nodes an expression has.
fn size(node: &IdedExpr) -> usize {
    1 + parts(node).into_iter().map(size).sum::<usize>()
}

/// How deep an expression nests. Walks without recursion: it is asked before anything may recurse.
pub(super) fn depth(node: &IdedExpr) -> usize {
    let (mut deepest, mut open) = (0, vec![(node, 1)]);
    while let Some((node, depth)) = open.pop() {
        deepest = deepest.max(depth);
        open.extend(parts(node).into_iter().map(|part| (part, depth + 1)));
    }
    deepest
}
