//! What AWS documents for a value that its answer leaves out: each default once, with its source. Rules never see such a field raw.

mod database;
mod dms;
mod engine;
mod identity;
mod network;
mod release;

pub use database::*;
pub use dms::*;
pub use engine::Engine;
pub use identity::*;
pub use network::*;
pub use release::{
    ORACLE_OFFERS_WEAK_CIPHERS, POSTGRES_MIN_PROTOCOL, Releases, SQLSERVER_LEGACY_TLS, at_least, mysql_lacks_legacy_tls, redshift_requires_ssl,
    tls_required,
};
