//! Snapshot → facts: what the observations mean. Pure; whatever was not seen stays unseen in what is derived from it.
//!
//! One module a noun: each derives subjects in a declared [`Shape`], whose fields are what rules read behind `r.`.

mod aws_managed;
mod catalogue;
pub mod credential;
pub mod exposure;
pub mod grant;
pub mod hop;
pub mod idle;
pub mod key;
pub mod pipeline;
pub mod public_access_block;
pub mod store;
mod subject;
pub mod trail;

pub use catalogue::{FieldInfo, fields_of, kinds_of, misshapen, of_resources, schema};
pub use subject::{Field, Shape, Subject, Type, no_pipelines};

use std::sync::{Arc, OnceLock};

use iam_eval::Groups;
use pipeline::Pipelines;
use rayon::prelude::*;

use crate::config::Config;
use crate::evidence::Index;

/// Every fact kind, in the order of its noun.
pub const SHAPES: &[&Shape] = &[
    &pipeline::PIPELINE,
    &pipeline::PART,
    &exposure::EXPOSURE,
    &exposure::NETWORK,
    &exposure::SHARING,
    &store::STORE,
    &store::SNAPSHOT,
    &store::BUCKET,
    &store::STAGING,
    &key::KEY,
    &hop::HOP,
    &grant::SERVICE_ROLE,
    &grant::PRINCIPAL,
    &grant::DATA_ACCESS,
    &grant::IDENTITY_PROVIDER,
    &credential::CREDENTIAL,
    &credential::SECRET,
    &trail::ACCOUNT_TRAIL,
    &trail::OBJECT_TRAIL,
    &trail::TASK_LOG,
    &trail::AUDIT_LOG,
    &trail::WAREHOUSE_LOG,
    &trail::LOG_STORE,
];

/// What the derivations share.
pub struct World<'a> {
    /// Look-ups.
    pub index: &'a Index<'a>,
    /// Declarations and limits.
    pub config: &'a Config,
    /// Who uses what.
    pub pipelines: &'a Pipelines<'a>,
    /// The groups that the account itself knows: gathered once, by the first who asks.
    own_groups: OnceLock<Arc<Groups>>,
}

impl<'a> World<'a> {
    /// Of a snapshot, its declarations and who uses what in it.
    pub const fn new(index: &'a Index<'a>, config: &'a Config, pipelines: &'a Pipelines<'a>) -> Self {
        Self { index, config, pipelines, own_groups: OnceLock::new() }
    }
}

/// The nouns, in the order of [`SHAPES`].
const NOUNS: [fn(&World<'_>) -> Vec<Subject>; 8] =
    [pipeline::derive, exposure::derive, store::derive, key::derive, hop::derive, grant::derive, credential::derive, trail::derive];

/// Derives every fact of a snapshot and hands it over, a noun at a time, so that nobody need hold them all: what `take` makes of each, in the order of
/// [`SHAPES`]. As many nouns are derived at once as there are processors.
pub fn each<T: Send>(index: &Index<'_>, config: &Config, take: impl Fn(Vec<Subject>) -> T + Sync) -> Vec<T> {
    let pipelines = Pipelines::resolve(index, config);
    let world = World::new(index, config, &pipelines);
    NOUNS.par_iter().map(|noun| take(noun(&world))).collect()
}

/// Every fact of a snapshot, grouped by shape in the order of [`SHAPES`].
pub fn derive(index: &Index<'_>, config: &Config) -> Vec<Subject> {
    each(index, config, |subjects| subjects).into_iter().flatten().collect()
}
