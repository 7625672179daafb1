//! What AWS documents for a value that its answer leaves out: each default once, with its source. Rules never see such a field raw.

mod database;
mod dms;
mod identity;
mod network;

pub use database::*;
pub use dms::*;
pub use identity::*;
pub use network::*;
