//! What a DMS task or serverless replication logs, and whether rows may get into it (10.2.1, 3.5.1).
//!
//! DMS User Guide, "Logging task settings": components and severities; INFO writes what DEFAULT does; DETAILED_DEBUG writes everything.

use std::collections::BTreeSet;

use super::super::FactContext;
use super::super::subject::Subject;
use super::TASK_LOG;
use crate::aws_defaults;
use crate::evidence::{Derived, Missing, observe};
use crate::model::dms::{self, TaskSettings};
use crate::model::logs::LogGroup;
use crate::model::reference::serverless_log_group;
use crate::model::{Described, Resource};

/// Components that handle rows.
const ROW_COMPONENTS: [&str; 11] = [
    "SOURCE_UNLOAD",
    "SOURCE_CAPTURE",
    "TARGET_LOAD",
    "TARGET_APPLY",
    "DATA_STRUCTURE",
    "FILE_FACTORY",
    "FILE_TRANSFER",
    "SORTER",
    "TRANSFORMATION",
    "VALIDATOR",
    "VALIDATOR_EXT",
];

/// The subjects of the fact kind `task-log`.
pub(super) fn derive(ctx: &FactContext<'_>) -> Vec<Subject> {
    let tasks = ctx.index.all::<dms::Task>().iter().map(|task| {
        let instance = observe!(task.instance_arn).and_then(|arn| ctx.index.get::<dms::Instance>(&task.id.region, &arn));
        let group = instance.map(|instance| format!("dms-tasks-{}", instance.id.name));
        subject(ctx, task, &observe!(task.settings), observe!(task.migration_type), group)
    });
    let configs = ctx.index.all::<dms::ReplicationConfig>().iter().map(|config| {
        let group = observe!(config.status).and_then(|status| match status {
            Some(_) => Derived::known(serverless_log_group(&config.id)),
            None => Derived::unseen(Missing::Outside(format!("{} never ran, and its log group comes with the first run", config.id.name))),
        });
        subject(ctx, config, &observe!(config.settings), observe!(config.migration_type), group)
    });
    tasks.chain(configs).collect()
}

fn subject<T: Described>(
    ctx: &FactContext<'_>,
    task: &Resource<T>,
    settings: &Derived<TaskSettings>,
    migration_type: Derived<String>,
    group: Derived<String>,
) -> Subject {
    let exists = group.clone().and_then(|group| ctx.index.find::<LogGroup>(&task.id.region, &group)).map(|found| found.is_some());
    Subject::new(TASK_LOG.name, super::about(ctx, T::KIND, &task.id))
        .with("enabled", settings.clone().map(|settings| is_enabled(&settings)))
        .with("missing_components", settings.clone().zip(migration_type).map(|(settings, kind)| missing(&settings, &kind)))
        .with("debug_components", settings.clone().map(|settings| debugging(&settings)))
        .with("group", group)
        .with("group_exists", exists)
}

fn is_enabled(settings: &TaskSettings) -> bool {
    settings.logging_enabled.unwrap_or(aws_defaults::TASK_LOGGING)
}

/// Components that the migration type needs and that say nothing, or nothing but warnings and errors.
fn missing(settings: &TaskSettings, migration_type: &str) -> Vec<&'static str> {
    const FULL_LOAD: [&str; 2] = ["SOURCE_UNLOAD", "TARGET_LOAD"];
    const CHANGES: [&str; 2] = ["SOURCE_CAPTURE", "TARGET_APPLY"];
    let needed: Vec<_> = match migration_type {
        "full-load" => FULL_LOAD.to_vec(),
        "cdc" => CHANGES.to_vec(),
        _ => FULL_LOAD.into_iter().chain(CHANGES).collect(),
    };
    let level = |component: &str| settings.log_components.get(component).map_or(aws_defaults::TASK_SEVERITY, String::as_str);
    needed.into_iter().filter(|component| !matches!(severity(level(component)).as_str(), "DEFAULT" | "INFO" | "DEBUG" | "DETAILED_DEBUG")).collect()
}

/// Components that may write rows into the log; nothing does while logging is off.
fn debugging(settings: &TaskSettings) -> Vec<String> {
    if !is_enabled(settings) {
        return Vec::new();
    }
    let loud = settings
        .log_components
        .iter()
        .filter(|(component, level)| ROW_COMPONENTS.contains(&component.as_str()) && matches!(severity(level).as_str(), "DEBUG" | "DETAILED_DEBUG"));
    loud.map(|(component, _)| component.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}

fn severity(level: &str) -> String {
    let level = level.to_ascii_uppercase();
    level.strip_prefix("LOGGER_SEVERITY_").map_or_else(|| level.clone(), str::to_owned)
}
