//! What facts and findings are about.

use std::sync::Arc;

use crate::model::{Identity, Kind};

/// What the finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct About {
    /// Kind of the resource.
    pub kind: Kind,
    /// The resource that is named.
    pub resource: Arc<Identity>,
    /// What tells two findings of one rule on one resource apart; empty where nothing needs to.
    pub key: String,
    /// ARNs of the pipelines it belongs to, sorted.
    pub pipelines: Arc<[Arc<str>]>,
}
