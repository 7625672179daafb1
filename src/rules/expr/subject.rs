//! A subject as a CEL map that makes a field's value only when an expression reads it, and has no key for what is unseen.

use std::borrow::Cow;
use std::collections::HashMap;

use cel::common::traits::Indexer;
use cel::common::types::{CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, MAP_TYPE, Type};
use cel::common::value::{CowVal, Val};
use cel::{ExecutionError, Value};
use serde_json::Value as Json;

use crate::facts::Subject;

/// The value of `r`.
#[derive(Debug, Clone, Copy)]
pub(super) struct SubjectMap<'a> {
    pub(super) subject: &'a Subject,
    /// Whether texts are made to stand between single quotes of a shell.
    pub(super) quoted: bool,
}

impl Val for SubjectMap<'_> {
    fn get_type(&self) -> &Type {
        <Self as Val>::cel_type()
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(*self)
    }
}

impl Indexer for SubjectMap<'_> {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let Some(name) = index.downcast_ref::<CelString>() else {
            return Err(ExecutionError::UnexpectedType { got: index.get_type().name().to_owned(), want: "string".to_owned() });
        };
        let name = name.inner();
        if let Some(value) = self.subject.field(name).and_then(|field| field.value()) {
            super::meter::spend(parts(value))?;
            return Ok(CowVal::Owned(if self.quoted { from_json_owned(&all_quoted(value)) } else { from_json_owned(value) }));
        }
        if let Some(text) = self.subject.builtin(name) {
            let text = if self.quoted { quoted(text).into_owned() } else { text.to_owned() };
            return Ok(CowVal::owned(CelString::from(text)));
        }
        Err(ExecutionError::no_such_key(name))
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

/// A text that cannot end the single quotes of a shell around it, nor the line of its command.
pub(super) fn quoted(text: &str) -> Cow<'_, str> {
    if text.contains(['\'', '\n']) { Cow::Owned(text.replace('\'', r"'\''").replace('\n', " ")) } else { Cow::Borrowed(text) }
}

fn all_quoted(value: &Json) -> Json {
    match value {
        Json::String(text) => Json::String(quoted(text).into_owned()),
        Json::Array(items) => items.iter().map(all_quoted).collect(),
        Json::Object(map) => map.iter().map(|(key, value)| (key.clone(), all_quoted(value))).collect(),
        other => other.clone(),
    }
}

/// How many parts a value has: what making it costs.
pub(super) fn parts(value: &Json) -> u64 {
    match value {
        Json::Array(items) => 1 + items.iter().map(parts).sum::<u64>(),
        Json::Object(map) => 1 + map.values().map(|value| 1 + parts(value)).sum::<u64>(),
        _ => 1,
    }
}

/// How many parts all fields of a subject have.
pub(super) fn parts_of(subject: &Subject) -> u64 {
    subject.fields.iter().filter_map(|(_, field)| field.value()).map(parts).sum()
}

/// JSON as a CEL value.
pub(super) fn from_json_owned<'v>(value: &Json) -> Box<dyn Val + 'v> {
    match value {
        Json::Null => Box::new(CelNull),
        Json::Bool(value) => Box::new(CelBool::from(*value)),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Box::new(CelInt::from(whole)),
            None => Box::new(CelDouble::from(number.as_f64().unwrap_or(f64::NAN))),
        },
        Json::String(text) => Box::new(CelString::from(text.clone())),
        Json::Array(items) => Box::new(CelList::from(items.iter().map(from_json_owned).collect::<Vec<_>>())),
        Json::Object(map) => {
            let entries: HashMap<CelMapKey<'v>, Box<dyn Val + 'v>> =
                map.iter().map(|(key, value)| (CelMapKey::from(key.clone()), from_json_owned(value))).collect();
            Box::new(CelMap::from(entries))
        }
    }
}

/// A CEL result as JSON; `None` for what has no such form.
pub(super) fn to_json(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => (*value).into(),
        Value::UInt(value) => (*value).into(),
        Value::Float(value) => serde_json::Number::from_f64(*value)?.into(),
        Value::String(text) => Json::String(text.to_string()),
        Value::List(items) => Json::Array(items.iter().map(to_json).collect::<Option<_>>()?),
        Value::Map(map) => {
            let mut members: Vec<_> = map.map.iter().collect();
            // 1 and "1" are two keys here and one in JSON: always the same of them stays.
            members.sort_unstable_by(|a, b| a.0.cmp(b.0));
            Json::Object(members.into_iter().map(|(key, value)| Some((key.to_string(), to_json(value)?))).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}
