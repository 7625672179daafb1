//! Pipelines: which resources move cardholder data, from where to where, through what (1.2.4, 12.5.1, 12.5.2).

mod edge;
mod family;
mod graph;
mod mapping;
mod names;
mod part;
mod server;
mod servers;
mod task;
#[cfg(test)]
pub(crate) mod tests;
mod users;

use std::collections::HashMap;
use std::sync::Arc;

use edge::Finder;
use graph::Graph;
use names::Names;
pub use server::{ParameterGroup, Server};
use users::Users;

use super::FactContext;
use super::subject::{Field, Shape, Subject, Type};
use crate::config::Config;
use crate::evidence::{Derived, Index, Missing};
use crate::model::reference::Reference;
use crate::model::{Identity, Kind, Resource, dms};

/// The fact kind `pipeline`.
pub const PIPELINE: Shape = Shape {
    name: "pipeline",
    doc: "which resources move cardholder data, from where to where, through what",
    kinds: &[Kind::DmsTask, Kind::DmsReplicationConfig],
    fields: &[
        Field::new("edges", Type::Maps, "both ends: end, endpoint, found (address, declared, inferred, ambiguous, external, hidden), server, why"),
        Field::new("resolved", Type::Bool, "every edge is address-matched, or declared and found, or declared external"),
        Field::new("contradicted", Type::Bool, "an edge is contradicted by AWS or lies outside the declared scope"),
        Field::new("why", Type::Text, "how the edges were found, in words"),
        Field::new("selects_everything", Type::Bool, "includes every table of every schema without an exclusion"),
        Field::new("whole_schemas", Type::Texts, "schemas that are included with all their tables"),
        Field::new("hash_masked_columns", Type::Texts, "columns masked with DMS's hash, which is plain SHA-256"),
        Field::new("hash_masks_declared_column", Type::Bool, "one of them is a declared cardholder-data column"),
        Field::new("masks", Type::Bool, "has masking rules"),
        Field::new("masking_error_policy", Type::Text, "what happens to a row that cannot be masked; STOP_TASK by default"),
        Field::new("time_travel", Type::Bool, "DMS Time Travel is on"),
        Field::new("time_travel_raw", Type::Bool, "Time Travel keeps raw rows"),
        Field::new("writes_error_tables", Type::Bool, "writes awsdms control or validation tables into the target database"),
        Field::new("copies_into_redshift", Type::Bool, "loads its target by Redshift's COPY, which keeps the rows that it refused"),
        Field::nullable("control_schema", Type::Text, "schema of its control tables; null is the engine's default"),
    ],
};

/// The fact kind `pipeline-part`.
pub const PART: Shape = Shape {
    name: "pipeline-part",
    doc: "which parts of pipelines are left over",
    kinds: &[Kind::DmsTask, Kind::DmsReplicationConfig, Kind::DmsInstance, Kind::DmsEndpoint],
    fields: &[
        Field::nullable("status", Type::Text, "AWS's word; null where AWS gives none"),
        Field::new("in_use", Type::Bool, "a task or replication uses it, or it is one"),
        Field::new("undated", Type::Bool, "it, or all that uses it, does nothing, and of some of that AWS does not say since when"),
        Field::nullable(
            "idle_days",
            Type::Int,
            "days since it stopped, failed, finished or was made without ever being used, or since the least idle of its users did; null: not idle, or AWS gives no date",
        ),
    ],
};

/// How an edge was found (design: never guess between candidates).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Host and port match: resolved.
    Address,
    /// Declared in `pci-audit.toml` and found: resolved.
    Declared,
    /// Declared as run by somebody else: resolved, but nothing excuses the hop.
    External,
    /// The only candidate of that engine in the region, by complete lists: may fail a hop, never pass one.
    Inferred,
    /// Several candidates.
    Ambiguous,
    /// The address is hidden in a secret and there is no candidate, or it lies outside what AWS shows.
    Hidden,
    /// AWS contradicts it: the endpoint or the declared server does not exist.
    Contradicted,
}

impl Found {
    /// The public word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Declared => "declared",
            Self::External => "external",
            Self::Inferred => "inferred",
            Self::Ambiguous => "ambiguous",
            Self::Hidden => "hidden",
            Self::Contradicted => "contradicted",
        }
    }
}

/// One end of a pipeline.
#[derive(Debug, Clone)]
pub struct Edge<'a> {
    /// How it was found.
    pub found: Found,
    /// The server, where one is known (`Address`, `Declared`, `Inferred`).
    pub server: Option<Server<'a>>,
    /// How, in words.
    pub why: String,
}

impl<'a> Edge<'a> {
    /// The server, where it is certain (`Address`, `Declared`): only such a one can excuse a hop.
    pub fn resolved_server(&self) -> Option<Server<'a>> {
        self.server.filter(|_| matches!(self.found, Found::Address | Found::Declared))
    }
}

/// How pipelines hang together: what every other noun asks.
pub struct Pipelines<'a> {
    index: &'a Index<'a>,
    edges: HashMap<&'a str, Derived<Edge<'a>>>,
    users: Users<'a>,
    graph: Graph<'a>,
    names: Names<'a>,
}

impl<'a> Pipelines<'a> {
    /// Resolves every edge of every task and serverless replication, and follows every reference.
    pub fn resolve(index: &'a Index<'a>, config: &'a Config) -> Self {
        let finder = Finder::new(index, config);
        let edges = index.all::<dms::Endpoint>().iter().map(|endpoint| (&*endpoint.id.arn, finder.edge(endpoint))).collect();
        let names = Names::new(index);
        let graph = Graph::new(index, &names, &edges);
        Self { index, edges, users: Users::new(index), graph, names }
    }

    /// What stands behind an endpoint. Unseen where the lists that would tell are not complete.
    pub fn edge(&self, endpoint: &'a Resource<dms::Endpoint>) -> Derived<Edge<'a>> {
        let edge = self.edges.get(&*endpoint.id.arn).cloned();
        edge.unwrap_or_else(|| Derived::unseen(Missing::Outside(format!("dms-endpoint {} is not of this snapshot", endpoint.id.name))))
    }

    /// Whether a task or serverless replication names the endpoint. Unseen where those lists are not complete and none seen does.
    pub fn in_use(&self, endpoint: &'a Resource<dms::Endpoint>) -> Derived<bool> {
        self.users.in_use(self.index, Kind::DmsEndpoint, &endpoint.id)
    }

    /// Whether a task runs on the replication instance, in the same way.
    pub fn instance_in_use(&self, instance: &'a Resource<dms::Instance>) -> Derived<bool> {
        self.users.in_use(self.index, Kind::DmsInstance, &instance.id)
    }

    /// ARNs of the tasks and replications that name an endpoint or an instance, of those that were seen.
    pub fn users(&self, id: &Identity) -> &[Derived<&'a str>] {
        self.users.of(id)
    }

    /// Known where no task or replication that names it may be missing.
    pub fn users_complete(&self, kind: Kind, id: &Identity) -> Derived<()> {
        self.users.complete(self.index, kind, id)
    }

    /// Who goes by an id of any spelling that AWS allows (ARN, partial ARN, name, alias), as written in a region.
    pub fn named(&self, kind: Kind, region: &str, id: &str) -> Option<&'a Arc<Identity>> {
        self.names.resolve(kind, region, id)
    }

    /// ARNs of the pipelines that a resource belongs to, sorted: task or config → endpoints, instance → servers → what they name.
    pub fn of(&self, kind: Kind, arn: &str) -> Arc<[Arc<str>]> {
        self.graph.of(kind, arn)
    }

    /// Who in scope names a resource of a kind that comes into scope by reference (key, secret, role, bucket, log group), sorted.
    pub fn uses(&self, kind: Kind, arn: &str) -> &[&'a Reference] {
        self.graph.uses(kind, arn)
    }
}

/// The subjects of this noun.
pub fn derive(ctx: &FactContext<'_>) -> Vec<Subject> {
    let tasks = ctx.index.all::<dms::Task>().iter().map(|task| task::task(ctx, task));
    let replications = ctx.index.all::<dms::ReplicationConfig>().iter().map(|config| task::replication(ctx, config));
    let mut subjects: Vec<_> = tasks.chain(replications).collect();
    subjects.extend(part::derive(ctx));
    subjects
}
