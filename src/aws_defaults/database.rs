//! Defaults of database engines, warehouses and buckets, each with its source.

use super::Engine;
use super::release::at_least;

/// The parameter that makes an engine refuse clear text; `None` where no parameter does.
pub const fn tls_parameter(engine: Engine) -> Option<&'static str> {
    match engine {
        Engine::SqlServer | Engine::Postgres | Engine::AuroraPostgres => Some("rds.force_ssl"),
        Engine::MySql | Engine::AuroraMySql | Engine::MariaDb => Some("require_secure_transport"),
        Engine::Db2 => Some("DB2COMM"),
        Engine::Oracle | Engine::Custom | Engine::Foreign | Engine::Unknown => None,
    }
}

/// Whether the parameter groups of an engine's version have a parameter at all. RDS User Guide, "Requiring SSL/TLS for all connections to a MySQL DB
/// instance" (5.7 and later) and "… MariaDB DB instance" (10.5 and later), "TLS versions" of MariaDB (10.4 and later); PostgreSQL, release notes of 12
/// (`ssl_min_protocol_version`); Oracle Database Upgrade Guide 23ai (`AUDIT_TRAIL` is desupported).
pub fn has_parameter(engine: Engine, version: &str, name: &str) -> bool {
    match (engine, name) {
        (Engine::MySql | Engine::AuroraMySql, "require_secure_transport" | "tls_version") => at_least(version, &[5, 7]),
        (Engine::MariaDb, "require_secure_transport") => at_least(version, &[10, 5]),
        (Engine::MariaDb, "tls_version") => at_least(version, &[10, 4]),
        (Engine::Postgres | Engine::AuroraPostgres, "ssl_min_protocol_version") => at_least(version, &[12]),
        (Engine::Oracle, "audit_trail") => !at_least(version, &[23]),
        _ => true,
    }
}

/// `SQLNET.SSL_VERSION` of Oracle's SSL option where nobody set it (RDS User Guide, "TLS versions for the Oracle SSL option").
pub const ORACLE_SSL_VERSION: &str = "1.0";

/// What DMS encrypts its staged and target objects with where the endpoint does not say (DMS API Reference, `EncryptionMode`: SSE_S3).
pub const DMS_ENCRYPTION_MODE: &str = "sse-s3";

/// What S3 encrypts a bucket with that has no configuration of its own: SSE-S3, always since January 2023 (S3 User Guide).
pub const BUCKET_ALGORITHM: &str = "AES256";

/// `Logging.EnableLogging` of a DMS task where its settings do not say (DMS User Guide, "Logging task settings").
pub const TASK_LOGGING: bool = false;

/// The severity of a log component that the settings do not list; it writes what the levels above it do (as above).
pub const TASK_SEVERITY: &str = "LOGGER_SEVERITY_DEFAULT";

/// `server_audit_logging` of Aurora MySQL (Aurora User Guide, "Using Advanced Auditing").
pub const AURORA_AUDIT: bool = false;

/// `server_audit_logs_upload` of Aurora MySQL (Aurora User Guide, "Publishing Amazon Aurora MySQL logs to Amazon CloudWatch Logs").
pub const AURORA_AUDIT_UPLOAD: bool = false;

/// `enable_user_activity_logging` of Redshift (Redshift Management Guide, "Database audit logging").
pub const USER_ACTIVITY: bool = false;
