//! The JSON texts of a DMS task → what decides a verdict. Filters, expressions and values carry literal data: they are never kept.
//!
//! Source: AWS DMS User Guide, "Specifying task settings" and "Using table mapping". Settings may be spelt in any case.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::convert::text as said;
use crate::model::dms::{MappingRule, TaskSettings};

/// Reads ReplicationTaskSettings; no text at all means that AWS gave no settings.
///
/// # Errors
/// Says what does not parse, without quoting the text.
pub(super) fn settings(json: Option<&str>) -> Result<TaskSettings, String> {
    let Some(json) = json.filter(|json| !json.trim().is_empty()) else { return Ok(TaskSettings::default()) };
    let value = parse(json, "the task settings")?;
    let group = |name: &str| at(&value, &[name]);
    let logging = group("Logging");
    let components = at(&value, &["Logging", "LogComponents"]).and_then(Value::as_array).into_iter().flatten();
    let component = |entry: &Value| Some((text(at(entry, &["Id"])?)?, text(at(entry, &["Severity"])?)?));
    let log_components: BTreeMap<String, String> = components.filter_map(component).collect();
    Ok(TaskSettings {
        logging_enabled: logging.and_then(|group| at(group, &["EnableLogging"])).and_then(flag),
        log_components,
        control_schema: at(&value, &["ControlTablesSettings", "ControlSchema"]).and_then(text),
        validation_enabled: at(&value, &["ValidationSettings", "EnableValidation"]).and_then(flag),
        masking_error_policy: at(&value, &["ErrorBehavior", "DataMaskingErrorPolicy"]).and_then(text),
        time_travel_enabled: at(&value, &["TTSettings", "EnableTT"]).and_then(flag),
        time_travel_raw_data: at(&value, &["TTSettings", "TTRecordSettings", "EnableRawData"]).and_then(flag),
        time_travel_bucket: at(&value, &["TTSettings", "TTS3Settings", "BucketName"]).and_then(text),
    })
}

/// Reads TableMappings: the rules in their order, without filters, values and expressions.
///
/// # Errors
/// Says what does not parse, without quoting the text.
pub(super) fn mappings(json: Option<&str>) -> Result<Vec<MappingRule>, String> {
    let json = json.filter(|json| !json.trim().is_empty()).ok_or("the table mappings are missing")?;
    let value = parse(json, "the table mappings")?;
    if let Some(rules) = at(&value, &["rules"]).and_then(Value::as_array) {
        return rules.iter().map(rule).collect();
    }
    let rules = at(&value, &["TableMappings"]).and_then(Value::as_array).ok_or("the table mappings have no list of rules")?;
    rules.iter().map(older_rule).collect()
}

/// A rule of the form of DMS before 2016, which tasks of that time still have: `{"Type": "Include", "SourceSchema": "%", "SourceTable": "%"}`.
fn older_rule(value: &Value) -> Result<MappingRule, String> {
    let rule = value.as_object().ok_or("a rule of the table mappings is no object")?;
    let field = |name: &str| get(rule, name).and_then(text);
    let action = field("Type").ok_or("a rule of the table mappings has no type")?.to_ascii_lowercase();
    if !matches!(action.as_str(), "include" | "exclude") {
        return Err("a rule of the table mappings is neither Include nor Exclude".to_owned());
    }
    Ok(MappingRule {
        rule_type: "selection".to_owned(),
        action,
        target: None,
        schema: field("SourceSchema"),
        table: field("SourceTable"),
        column: None,
    })
}

fn rule(value: &Value) -> Result<MappingRule, String> {
    let rule = value.as_object().ok_or("a rule of the table mappings is no object")?;
    let field = |name: &str| get(rule, name).and_then(text);
    let locator = get(rule, "object-locator").and_then(Value::as_object);
    let place = |name: &str| locator.and_then(|locator| get(locator, name)).and_then(text);
    let rule_type = field("rule-type").ok_or("a rule of the table mappings has no type")?.to_ascii_lowercase();
    // Only `table-settings` does without an action.
    let action = field("rule-action").unwrap_or_default().to_ascii_lowercase();
    if action.is_empty() && matches!(rule_type.as_str(), "selection" | "transformation") {
        return Err(format!("a {rule_type} rule of the table mappings has no action"));
    }
    Ok(MappingRule {
        rule_type,
        action,
        target: field("rule-target").map(|target| target.to_ascii_lowercase()),
        schema: place("schema-name"),
        table: place("table-name"),
        column: place("column-name"),
    })
}

fn parse(json: &str, what: &str) -> Result<Value, String> {
    // serde_json's own message can quote the text.
    serde_json::from_str(json).map_err(|error| format!("{what} are not JSON (line {}, column {})", error.line(), error.column()))
}

/// The value at a path of keys, in any case.
fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| get(value.as_object()?, key))
}

fn get<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    object
        .get(key)
        .or_else(|| object.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value))
        .filter(|value| !value.is_null())
}

fn text(value: &Value) -> Option<String> {
    said(value.as_str().map(str::to_owned))
}

/// A switch; DMS takes `true` and `"true"`.
fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_keep_what_decides() {
        let read = settings(Some(
            r#"{"Logging": {"EnableLogging": true, "LogComponents": [{"Id": "SOURCE_UNLOAD", "Severity": "LOGGER_SEVERITY_DEFAULT"}, {"Id": null}]},
                "TTSettings": {"EnableTT": "true", "TTS3Settings": {"BucketName": "b"}, "TTRecordSettings": {"EnableRawData": false}},
                "controltablessettings": {"ControlSchema": ""}, "ErrorBehavior": {"DataMaskingErrorPolicy": "LOG_ERROR"}}"#,
        ))
        .unwrap();
        assert_eq!(read.logging_enabled, Some(true));
        assert_eq!(read.log_components, BTreeMap::from([("SOURCE_UNLOAD".to_owned(), "LOGGER_SEVERITY_DEFAULT".to_owned())]));
        assert_eq!((read.time_travel_enabled, read.time_travel_raw_data, read.time_travel_bucket.as_deref()), (Some(true), Some(false), Some("b")));
        assert_eq!((read.control_schema, read.masking_error_policy.as_deref(), read.validation_enabled), (None, Some("LOG_ERROR"), None));
        assert_eq!(settings(None).unwrap(), TaskSettings::default());
    }

    #[test]
    fn mappings_lose_every_literal_value() {
        let read = mappings(Some(
            r#"{"rules": [{"rule-type": "selection", "rule-id": "1", "rule-action": "include", "object-locator": {"schema-name": "shop", "table-name": "%"},
                           "filters": [{"filter-type": "source", "column-name": "pan", "filter-conditions": [{"value": "4111111111111111"}]}]},
                          {"rule-type": "transformation", "rule-action": "add-column", "rule-target": "column", "expression": "$PAN", "value": "x",
                           "object-locator": {"schema-name": "shop", "table-name": "cards", "column-name": "pan"}}]}"#,
        ))
        .unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].action.as_str(), read[0].schema.as_deref(), read[0].column.as_deref()), ("include", Some("shop"), None));
        assert_eq!((read[1].target.as_deref(), read[1].column.as_deref()), (Some("column"), Some("pan")));
        assert!(!serde_json::to_string(&read).unwrap().contains("4111"));
    }

    #[test]
    fn mappings_of_the_older_form_select() {
        let text = r#"{"TableMappings": [{"Type": "Include", "SourceSchema": "shop", "SourceTable": "%"}, {"Type": "Exclude", "SourceSchema": "shop", "SourceTable": "t"}]}"#;
        let read = mappings(Some(text)).unwrap();
        let told = |rule: &MappingRule| (rule.rule_type.clone(), rule.action.clone(), rule.schema.clone(), rule.table.clone());
        let rule = |action: &str, table: &str| ("selection".to_owned(), action.to_owned(), Some("shop".to_owned()), Some(table.to_owned()));
        assert_eq!(read.iter().map(told).collect::<Vec<_>>(), [rule("include", "%"), rule("exclude", "t")]);
        assert!(mappings(Some(r#"{"TableMappings": [{"Type": "4111"}]}"#)).is_err());
    }

    #[test]
    fn what_does_not_parse_is_an_error_that_quotes_nothing() {
        for broken in ["{4111", "[]", "{}", r#"{"rules": ["4111"]}"#, r#"{"rules": [{"rule-type": "selection"}]}"#, r#"{"rules": [{}]}"#] {
            assert!(!mappings(Some(broken)).unwrap_err().contains("4111"), "{broken}");
        }
        assert!(mappings(None).is_err());
        assert!(settings(Some("{4111")).is_err());
    }
}
