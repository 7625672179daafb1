//! What the account looks like: plain data, as AWS said it, and the table of the calls that said it. No logic, no I/O.

pub mod account;
pub mod bucket;
#[cfg(test)]
pub mod complete;
pub mod dms;
pub mod iam;
mod kind;
pub mod kms;
pub mod logs;
pub mod network;
mod observed;
pub mod rds;
mod record;
pub mod redshift;
pub mod reference;
pub mod secret;
pub mod snapshot;
pub mod source;

pub use kind::{Described, Identity, Kind, Listed, Resource, Resources};
pub use observed::Observed;
pub use snapshot::Snapshot;
