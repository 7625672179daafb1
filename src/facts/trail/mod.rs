//! Trails: what is recorded, where it is kept, for how long, is it really delivered (10.2.x, 10.3.x, 10.5.1).

mod account;
mod database;
mod object;
mod retention;
mod task;
mod warehouse;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::FactContext;
use super::store::bucket;
use super::subject::{Field, Shape, Subject, Type};
use crate::evidence::About;
use crate::model::{Identity, Kind};

/// The fact kind `account-trail`: one subject per region, key = the region.
pub const ACCOUNT_TRAIL: Shape = Shape {
    name: "account-trail",
    doc: "does a trail record all management events of a region, deliver and validate them",
    kinds: &[Kind::Account],
    fields: &[
        Field::new(
            "recorded",
            Type::Bool,
            "one trail records all management events of the region, is logging, delivers and validates its files; one does so for the global services",
        ),
        Field::new("unrecorded", Type::Texts, "what no trail records so: the events of the region, those of the global services"),
        Field::new("why", Type::Text, "which trail, or what each one lacks"),
    ],
};

/// The fact kind `object-trail`.
pub const OBJECT_TRAIL: Shape = Shape {
    name: "object-trail",
    doc: "does a trail record who reads and writes the objects of a bucket with rows in it",
    kinds: &[Kind::Bucket],
    fields: &[
        Field::new("reads", Type::Bool, "reads are recorded"),
        Field::new("writes", Type::Bool, "writes are recorded"),
        Field::new("why", Type::Text, "by which trail and selector"),
    ],
};

/// The fact kind `task-log`.
pub const TASK_LOG: Shape = Shape {
    name: "task-log",
    doc: "what a task or serverless replication logs",
    kinds: &[Kind::DmsTask, Kind::DmsReplicationConfig],
    fields: &[
        Field::new("enabled", Type::Bool, "logging is on"),
        Field::new("missing_components", Type::Texts, "components that its migration type needs and that log nothing or errors alone"),
        Field::new("debug_components", Type::Texts, "components at a level that may write rows into the log"),
        Field::new("group", Type::Text, "the log group it writes to"),
        Field::new("group_exists", Type::Bool, "that log group exists"),
    ],
};

/// The fact kind `audit-log`.
pub const AUDIT_LOG: Shape = Shape {
    name: "audit-log",
    doc: "do a database's audit records exist, and do they leave the server",
    kinds: &[Kind::RdsInstance, Kind::RdsCluster],
    fields: &[
        Field::new("engine", Type::Text, "AWS's engine name"),
        Field::new("in_family", Type::Bool, "an RDS or Aurora engine (Neptune and DocumentDB are none)"),
        Field::new("produced", Type::Bool, "the engine is set to write audit records"),
        Field::new("delivered", Type::Bool, "they leave the server"),
        Field::new("asks_person", Type::Bool, "which audits exist is a question for the database"),
        Field::new("why", Type::Text, "which setting decides, in words"),
    ],
};

/// The fact kind `warehouse-log`.
pub const WAREHOUSE_LOG: Shape = Shape {
    name: "warehouse-log",
    doc: "are a warehouse's audit records on, complete and delivered",
    kinds: &[Kind::RedshiftCluster],
    fields: &[
        Field::new("enabled", Type::Bool, "audit logging is on"),
        Field::new("delivering", Type::Bool, "the last delivery worked"),
        Field::new("user_activity", Type::Bool, "queries are in it: the parameter is on and in force, and the log is exported"),
        Field::new("why", Type::Text, "destination and delivery, in words"),
        Field::new("destination", Type::Text, "where its logs go, s3 or cloudwatch; empty where they go nowhere"),
        Field::new("user_activity_exported", Type::Bool, "the user activity log is among the exported ones"),
        Field::new("user_activity_in_force", Type::Bool, "the parameter is on in every attached group, and in force"),
        Field::new(
            "user_activity_off",
            Type::Maps,
            "the attached parameter groups in which it is off: name, family (of a default group, which cannot be changed; else empty)",
        ),
        Field::new("user_activity_why", Type::Text, "which parameter group, in words"),
    ],
};

/// The fact kind `log-store`.
pub const LOG_STORE: Shape = Shape {
    name: "log-store",
    doc: "how long a log group or log bucket in scope keeps what it gets",
    kinds: &[Kind::LogGroup, Kind::Bucket],
    fields: &[
        Field::nullable("kept_days", Type::Int, "days until records expire; null is for ever"),
        Field::nullable(
            "part_days",
            Type::Int,
            "days until a rule about what may be a part of its records (a prefix, a tag, a size) expires those; null is never",
        ),
        Field::nullable("at_hand_days", Type::Int, "days until records are archived where they are not immediately available; null is never"),
        Field::nullable("part_at_hand_days", Type::Int, "days until a rule about what may be a part of its records archives those; null is never"),
        Field::new("copied", Type::Bool, "a subscription filter copies it, or it is declared as archived"),
        Field::new("why", Type::Text, "retention or lifecycle rule, in words"),
    ],
};

/// The subjects of this noun.
pub fn derive(ctx: &FactContext<'_>) -> Vec<Subject> {
    let buckets = bucket::in_scope(ctx);
    let mut subjects = account::derive(ctx);
    subjects.extend(object::derive(ctx, &buckets));
    subjects.extend(task::derive(ctx));
    subjects.extend(database::derive(ctx));
    subjects.extend(warehouse::derive(ctx));
    subjects.extend(retention::derive(ctx, &buckets));
    subjects
}

fn about(ctx: &FactContext<'_>, kind: Kind, id: &Arc<Identity>) -> About {
    About { kind, resource: id.clone(), key: String::new(), pipelines: ctx.pipelines.of(kind, &id.arn) }
}
