//! pci-audit audits AWS data pipelines (RDS → DMS → Redshift/S3 and what stands around them) against PCI DSS.
//!
//! ```text
//! AWS ──collect──▶ Snapshot ──facts──▶ Facts ──rules──▶ Findings ──gate──▶ Judged ──report──▶ table · json · sarif · …
//!      async, I/O   a file,    pure     pure   data +    pure     pure            pure
//!      only here    versioned                  CEL
//! ```
//!
//! Modules in import order, low to high: each imports only what stands before it.

pub mod suggest;

pub mod text_file;

pub mod model;

pub mod aws_defaults;

pub mod evidence;

pub mod network;

pub mod finding;

pub mod config;

#[cfg(feature = "aws")]
pub mod collect;

pub mod facts;

pub mod rules;

pub mod engine;

pub mod gate;

pub mod report;

pub mod cli;
