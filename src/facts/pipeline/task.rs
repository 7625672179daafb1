//! One pipeline: a task or a serverless replication with both its ends, what it takes along and what it leaves behind.

use serde::Serialize;

use super::{Edge, Found, PIPELINE, mapping};
use crate::aws_defaults;
use crate::evidence::{About, Derived, Missing, observe};
use crate::facts::{FactContext, Subject};
use crate::model::dms::{self, MappingRule, TaskSettings};
use crate::model::{Described, Resource};

/// The subject of a task.
pub(super) fn task(ctx: &FactContext<'_>, task: &Resource<dms::Task>) -> Subject {
    let parts = Parts {
        source: observe!(task.source_endpoint_arn),
        target: observe!(task.target_endpoint_arn),
        migration_type: observe!(task.migration_type),
        settings: observe!(task.settings),
        mappings: observe!(task.mappings),
    };
    parts.subject(ctx, task)
}

/// The subject of a serverless replication.
pub(super) fn replication(ctx: &FactContext<'_>, config: &Resource<dms::ReplicationConfig>) -> Subject {
    let parts = Parts {
        source: observe!(config.source_endpoint_arn),
        target: observe!(config.target_endpoint_arn),
        migration_type: observe!(config.migration_type),
        settings: observe!(config.settings),
        mappings: observe!(config.mappings),
    };
    parts.subject(ctx, config)
}

/// What both kinds of pipelines have.
struct Parts {
    source: Derived<String>,
    target: Derived<String>,
    migration_type: Derived<String>,
    settings: Derived<TaskSettings>,
    mappings: Derived<Vec<MappingRule>>,
}

/// One end as rules see it.
#[derive(Serialize)]
struct End {
    end: &'static str,
    endpoint: String,
    found: &'static str,
    /// Name of the server; empty where none is known.
    server: String,
    why: String,
}

impl Parts {
    fn subject<T: Described>(self, ctx: &FactContext<'_>, pipeline: &Resource<T>) -> Subject {
        let region = &*pipeline.id.region;
        let ends = [("source", self.source), ("target", self.target.clone())].map(|(end, arn)| (end, edge(ctx, region, arn)));
        let found = |wanted: fn(Found) -> bool| ends.iter().map(move |(_, edge)| edge.clone().map(|(_, edge)| wanted(edge.found)));
        let resolved = Derived::all(found(|found| matches!(found, Found::Address | Found::Declared | Found::External)));
        let contradicted = Derived::any(found(|found| found == Found::Contradicted));
        let words = ends.iter().map(|(end, edge)| edge.value().map_or_else(|| format!("{end} not seen"), |(_, edge)| format!("{end} {}", edge.why)));
        let why = ends.iter().fold(Derived::known(words.collect::<Vec<_>>().join("; ")), |why, (_, edge)| why.resting_on(edge.from()));
        let edges = Derived::collect(ends.into_iter().map(|(end, edge)| edge.map(|(endpoint, edge)| End::new(end, endpoint, &edge))));

        let mappings = |read: fn(&[MappingRule]) -> bool| self.mappings.clone().map(|rules| read(&rules));
        let selects = self.mappings.clone().and_then(|rules| match mapping::selects_anything(&rules) {
            true => Derived::known(rules),
            false => Derived::unseen(Missing::NotEvaluated("its table mappings hold no selection rule, which DMS demands")),
        });
        let hashed = self.mappings.clone().map(|rules| mapping::hash_masked(&rules));
        let declared = &ctx.config.chd_columns;
        let hashes_declared =
            hashed.clone().map(|columns| columns.iter().any(|column| declared.iter().any(|declared| mapping::can_be(declared, column))));
        let settings = |read: fn(&TaskSettings) -> bool| self.settings.clone().map(|settings| read(&settings));

        // Only databases get control and validation tables, and only changes and validation fill them with rows.
        let target = self.target.and_then(|arn| ctx.index.get::<dms::Endpoint>(region, &arn)).and_then(|target| observe!(target.engine));
        let database = target.clone().map(|engine| is_database(&engine));
        let captures = self.migration_type.map(|kind| kind.contains("cdc"));
        let writes = database.and(captures.or(settings(aws_defaults::validates)));

        let about =
            About { kind: T::KIND, resource: pipeline.id.clone(), key: String::new(), pipelines: ctx.pipelines.of(T::KIND, &pipeline.id.arn) };
        Subject::new(PIPELINE.name, about)
            .with("edges", edges)
            .with("resolved", resolved)
            .with("contradicted", contradicted)
            .with("why", why)
            .with("selects_everything", selects.clone().map(|rules| mapping::selects_everything(&rules)))
            .with("whole_schemas", selects.map(|rules| mapping::whole_schemas(&rules)))
            .with("hash_masked_columns", hashed)
            .with("hash_masks_declared_column", hashes_declared)
            .with("masks", mappings(mapping::masks))
            .with("masking_error_policy", self.settings.clone().map(|settings| aws_defaults::masking_error_policy(&settings)))
            .with("time_travel", settings(aws_defaults::time_travel))
            .with("time_travel_raw", settings(aws_defaults::time_travel_raw))
            .with("writes_error_tables", writes)
            .with("copies_into_redshift", target.map(|engine| engine.starts_with("redshift")))
            .with("control_schema", self.settings.map(|settings| settings.control_schema.filter(|schema| !schema.trim().is_empty())))
    }
}

impl End {
    fn new(end: &'static str, endpoint: String, edge: &Edge<'_>) -> Self {
        let server = edge.server.map(|server| server.id().name.to_string()).unwrap_or_default();
        Self { end, endpoint, found: edge.found.name(), server, why: edge.why.clone() }
    }
}

/// The endpoint's name and what stands behind it. An endpoint that the complete list does not have contradicts the pipeline.
fn edge<'a>(ctx: &FactContext<'a>, region: &str, arn: Derived<String>) -> Derived<(String, Edge<'a>)> {
    arn.and_then(|arn| {
        ctx.index.find::<dms::Endpoint>(region, &arn).and_then(|found| match found {
            Some(endpoint) => ctx.pipelines.edge(endpoint).map(|edge| (endpoint.id.name.to_string(), edge)),
            None => {
                let why = format!("{arn}: no such endpoint");
                Derived::known((arn, Edge { found: Found::Contradicted, server: None, why }))
            }
        })
    })
}

/// Whether DMS writes control tables into a target of this engine (DMS user guide, "Control table task settings": database targets).
fn is_database(engine: &str) -> bool {
    !matches!(
        engine,
        "s3" | "kinesis" | "kafka" | "dynamodb" | "elasticsearch" | "opensearch" | "neptune" | "redis" | "lakehouse" | "timestream" | "dms-transfer"
    )
}
