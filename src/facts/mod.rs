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

use exposure::hop_path::HopPaths;
use exposure::target::Target;
use iam_eval::Groups;
use pipeline::Pipelines;
use rayon::prelude::*;

use crate::config::Config;
use crate::evidence::Index;
use crate::network::Network;

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

/// What the derivations share. What costs time to build is built once, by the first who asks.
pub struct FactContext<'a> {
    /// Look-ups.
    pub index: &'a Index<'a>,
    /// Declarations and limits.
    pub config: &'a Config,
    /// Who uses what.
    pub pipelines: &'a Pipelines<'a>,
    /// The groups that the account itself knows.
    own_groups: OnceLock<Arc<Groups>>,
    network: OnceLock<Network<'a>>,
    targets: OnceLock<Vec<Target>>,
    hop_paths: OnceLock<HopPaths<'a>>,
}

impl<'a> FactContext<'a> {
    /// Of a snapshot, its declarations and who uses what in it.
    pub const fn new(index: &'a Index<'a>, config: &'a Config, pipelines: &'a Pipelines<'a>) -> Self {
        Self { index, config, pipelines, own_groups: OnceLock::new(), network: OnceLock::new(), targets: OnceLock::new(), hop_paths: OnceLock::new() }
    }

    /// The network of every region.
    fn network(&self) -> &Network<'a> {
        self.network.get_or_init(|| Network::new(self.index))
    }

    /// Every resource whose network exposure is judged.
    fn targets(&self) -> &[Target] {
        self.targets.get_or_init(|| exposure::target::all(self.index))
    }

    /// Which networks each hop crosses.
    fn hop_paths(&self) -> &HopPaths<'a> {
        self.hop_paths.get_or_init(|| HopPaths::new(self))
    }
}

/// The nouns, in the order of [`SHAPES`].
const NOUNS: [fn(&FactContext<'_>) -> Vec<Subject>; 8] =
    [pipeline::derive, exposure::derive, store::derive, key::derive, hop::derive, grant::derive, credential::derive, trail::derive];

/// Derives every fact of a snapshot and hands it over, a noun at a time, so that nobody need hold them all: what `take` makes of each, in the order of
/// [`SHAPES`]. As many nouns are derived at once as there are processors.
pub fn each<T: Send>(index: &Index<'_>, config: &Config, take: impl Fn(Vec<Subject>) -> T + Sync) -> Vec<T> {
    let pipelines = Pipelines::resolve(index, config);
    let ctx = FactContext::new(index, config, &pipelines);
    NOUNS.par_iter().map(|noun| take(noun(&ctx))).collect()
}

/// Every fact of a snapshot, grouped by shape in the order of [`SHAPES`].
pub fn derive(index: &Index<'_>, config: &Config) -> Vec<Subject> {
    each(index, config, |subjects| subjects).into_iter().flatten().collect()
}
