//! Accounts of `fixtures/accounts`, edited and checked without a process around them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use pci_audit::config::Config;
use pci_audit::engine;
use pci_audit::evidence::Index;
use pci_audit::finding::Finding;
use pci_audit::model::calls;
use pci_audit::model::{Kind, Resources, Snapshot};
use pci_audit::rules::RuleSet;
use serde::Deserialize;
use serde_json::{Value, json};

use super::complete::complete;

/// Changes to an account.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Edits {
    /// New values for fields of a resource.
    #[serde(default)]
    pub set: Vec<Set>,
    /// Resources that come in addition.
    #[serde(default)]
    pub add: Vec<Add>,
    /// Resources that go, as `kind/name`.
    #[serde(default)]
    pub drop: Vec<String>,
    /// Fields that were not let to be read, as `kind/name/field`.
    #[serde(default)]
    pub hide: Vec<String>,
    /// Buckets that do not exist, by name: S3 answers every question about them with `NoSuchBucket`.
    #[serde(default)]
    pub gone: Vec<String>,
    /// Calls that were denied everywhere, as `service:Operation`.
    #[serde(default)]
    pub deny: Vec<String>,
}

impl Edits {
    /// Whether they set or add this resource.
    pub(crate) fn touches(&self, kind: &str, name: &str) -> bool {
        let at = |path: &str| path.split_once('/') == Some((kind, name));
        self.set.iter().any(|set| at(&set.resource)) || self.add.iter().any(|add| add.kind == kind && add.name == name)
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Set {
    resource: String,
    fields: toml::Table,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Add {
    kind: String,
    arn: String,
    name: String,
    region: String,
    /// Another account's, where it is.
    account: Option<String>,
    /// Start from the fields of this resource, as `kind/name`.
    like: Option<String>,
    #[serde(default)]
    fields: toml::Table,
}

/// The text of an account.
pub(crate) fn text(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/accounts/{name}.json"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// An account after edits.
pub(crate) fn edited(name: &str, edits: &Edits) -> Result<Snapshot, String> {
    let mut account: Value = serde_json::from_str(&text(name)).map_err(|error| error.to_string())?;
    for add in &edits.add {
        let mut fields = match &add.like {
            Some(path) => find(&mut account, path)?["fields"].clone(),
            None => json!({}),
        };
        merge(&mut fields, &add.fields);
        let owner = add.account.as_ref().map_or_else(|| account["caller"]["account"].clone(), |owner| json!(owner));
        let id = json!({"arn": add.arn, "name": add.name, "account": owner, "region": add.region});
        let list = &mut account["resources"][&add.kind];
        if list.is_null() {
            *list = json!([]);
        }
        list.as_array_mut().ok_or("a kind is a list")?.push(json!({"id": id, "fields": fields}));
    }
    // Made by this version, as a collection would say.
    account["written_by"] = json!(env!("CARGO_PKG_VERSION"));
    for set in &edits.set {
        merge(&mut find(&mut account, &set.resource)?["fields"], &set.fields);
    }
    for path in &edits.drop {
        find(&mut account, path)?;
        let (kind, name) = path.split_once('/').ok_or("kind/name")?;
        account["resources"][kind].as_array_mut().ok_or("a kind is a list")?.retain(|resource| resource["id"]["name"] != name);
    }
    for path in &edits.hide {
        let (resource, field) = path.rsplit_once('/').ok_or("kind/name/field")?;
        hide(&mut account, resource, field)?;
    }
    for bucket in &edits.gone {
        gone(&mut account, bucket)?;
    }
    for call in &edits.deny {
        deny(&mut account, call)?;
    }
    complete(&mut account, schemas());
    let mut snapshot = Snapshot::parse(&account.to_string(), name).map_err(|error| error.to_string())?;
    snapshot.resources.sort();
    Ok(snapshot)
}

/// The schemas of all kinds' fields.
pub(crate) fn schemas() -> &'static BTreeMap<&'static str, Value> {
    static SCHEMAS: LazyLock<BTreeMap<&str, Value>> =
        LazyLock::new(|| Kind::ALL.iter().map(|kind| (kind.name(), Resources::schema(*kind))).collect());
    &SCHEMAS
}

/// Takes a field away and records the failed call that would have filled it.
pub(crate) fn hide(account: &mut Value, path: &str, field: &str) -> Result<(), String> {
    let resource = find(account, path)?;
    let id = resource["id"].clone();
    resource["fields"].as_object_mut().ok_or("fields are a map")?.remove(field).ok_or(format!("{path} has no {field}"))?;
    let kind = path.split('/').next().unwrap_or_default().parse().map_err(|()| format!("no kind in {path}"))?;
    for call in calls::fillers(kind, field) {
        let each = matches!(call.scope, calls::Scope::Each(_));
        let gap = json!({"account": id["account"], "region": id["region"], "service": call.service, "operation": call.operation,
            "resource": if each { id["arn"].clone() } else { Value::Null }, "code": "AccessDenied", "message": "denied in a test"});
        push_gap(account, gap);
    }
    Ok(())
}

/// Takes everything away that was read of a bucket, as S3 answers where there is none.
fn gone(account: &mut Value, name: &str) -> Result<(), String> {
    let bucket = find(account, &format!("bucket/{name}"))?;
    bucket["fields"] = json!({});
    let id = bucket["id"].clone();
    for call in calls::CALLS.iter().filter(|call| call.service == "s3") {
        let gap = json!({"account": id["account"], "region": id["region"], "service": call.service, "operation": call.operation,
            "resource": id["arn"], "code": "NoSuchBucket", "message": "The specified bucket does not exist"});
        push_gap(account, gap);
    }
    Ok(())
}

/// Makes a call fail everywhere: what it filled and listed is gone.
pub(crate) fn deny(account: &mut Value, name: &str) -> Result<(), String> {
    let (service, operation) = name.split_once(':').ok_or("service:Operation")?;
    let call = calls::call(service, operation).ok_or_else(|| format!("no call {name}"))?;
    let mut gaps = Vec::new();
    let regions: Vec<Value> = match call.scope {
        calls::Scope::Region => account["regions"].as_array().cloned().unwrap_or_default(),
        calls::Scope::Global => vec![json!("global")],
        calls::Scope::Each(_) => Vec::new(),
    };
    let gap = |region: &Value, resource: Value| {
        json!({"account": "123456789012", "region": region, "service": service, "operation": operation, "resource": resource,
            "code": "AccessDenied", "message": "denied in a test"})
    };
    gaps.extend(regions.iter().map(|region| gap(region, Value::Null)));
    for (kind, fields) in call.fills {
        for resource in account["resources"].get_mut(kind.name()).and_then(Value::as_array_mut).into_iter().flatten() {
            for field in *fields {
                resource["fields"].as_object_mut().ok_or("fields are a map")?.remove(*field);
            }
            if matches!(call.scope, calls::Scope::Each(_)) {
                gaps.push(gap(&resource["id"]["region"], resource["id"]["arn"].clone()));
            }
        }
    }
    for kind in call.yields {
        account["resources"].as_object_mut().ok_or("resources are a map")?.remove(kind.name());
    }
    for gap in gaps {
        push_gap(account, gap);
    }
    Ok(())
}

fn push_gap(account: &mut Value, mut gap: Value) {
    if gap["resource"].is_null() {
        gap.as_object_mut().expect("a gap is a map").remove("resource");
    }
    account["gaps"].as_array_mut().expect("gaps are a list").push(gap);
}

/// Findings of an account under a configuration.
pub(crate) fn check(snapshot: &Snapshot, config: &str) -> Vec<Finding> {
    let config = Config::parse(config, "the case's configuration").unwrap_or_else(|error| panic!("{error}"));
    engine::evaluate(&Index::new(snapshot), &config, rules()).findings
}

/// The built-in rules, read once.
pub(crate) fn rules() -> &'static RuleSet {
    static RULES: std::sync::OnceLock<RuleSet> = std::sync::OnceLock::new();
    RULES.get_or_init(|| RuleSet::builtin().unwrap_or_else(|error| panic!("{error}")))
}

fn find<'a>(account: &'a mut Value, path: &str) -> Result<&'a mut Value, String> {
    let (kind, name) = path.split_once('/').ok_or_else(|| format!("{path} is not kind/name"))?;
    let list = account["resources"][kind].as_array_mut().ok_or_else(|| format!("the account has no {kind}"))?;
    list.iter_mut().find(|resource| resource["id"]["name"] == name).ok_or_else(|| format!("the account has no {path}"))
}

fn merge(fields: &mut Value, changes: &toml::Table) {
    for (field, value) in changes {
        fields[field] = nulls(serde_json::to_value(value).expect("TOML fits JSON"));
    }
}

/// TOML has no null: the text stands for it.
fn nulls(value: Value) -> Value {
    match value {
        Value::String(text) if text == "null" => Value::Null,
        Value::Array(items) => items.into_iter().map(nulls).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, nulls(value))).collect(),
        other => other,
    }
}
