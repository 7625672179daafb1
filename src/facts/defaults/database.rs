//! Defaults of database engines, warehouses and buckets, each with its source.

use crate::facts::store::Engine;

/// The parameter that makes an engine refuse clear text; `None` where no parameter does.
pub const fn tls_parameter(engine: Engine) -> Option<&'static str> {
    match engine {
        Engine::SqlServer | Engine::Postgres | Engine::AuroraPostgres => Some("rds.force_ssl"),
        Engine::MySql | Engine::AuroraMySql | Engine::MariaDb => Some("require_secure_transport"),
        Engine::Db2 => Some("DB2COMM"),
        Engine::Oracle | Engine::Custom | Engine::Foreign | Engine::Unknown => None,
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
