//! Defaults of database engines, warehouses and buckets, each with its source.

use crate::facts::store::Engine;

/// The leading numbers of a version: `15.00.4430.1.v1` is 15, 0, 4430, 1.
pub fn version_numbers(version: &str) -> Vec<u64> {
    let mut numbers = Vec::new();
    for part in version.split('.') {
        let digits = &part[..part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len())];
        if digits.is_empty() {
            break;
        }
        numbers.push(digits.parse().unwrap_or(u64::MAX));
        if digits.len() < part.len() {
            break;
        }
    }
    numbers
}

/// Whether a version is a given one or later, number by number.
pub fn at_least(version: &str, floor: &[u64]) -> bool {
    version_numbers(version).as_slice() >= floor
}

/// The parameter that makes an engine refuse clear text; `None` where no parameter does.
pub const fn tls_parameter(engine: Engine) -> Option<&'static str> {
    match engine {
        Engine::SqlServer | Engine::Postgres | Engine::AuroraPostgres => Some("rds.force_ssl"),
        Engine::MySql | Engine::AuroraMySql | Engine::MariaDb => Some("require_secure_transport"),
        Engine::Db2 => Some("DB2COMM"),
        Engine::Oracle | Engine::Custom | Engine::Foreign | Engine::Unknown => None,
    }
}

/// Whether an engine refuses clear text where nobody set [`tls_parameter`].
///
/// RDS User Guide, "Using SSL with a … DB instance": PostgreSQL 15 and later 1; MariaDB 11.8 ON; MySQL OFF; SQL Server 0; Db2 listens on TCPIP.
/// Aurora User Guide: Aurora PostgreSQL 17 and later 1; Aurora MySQL 8.4 ON.
pub fn tls_required(engine: Engine, version: &str) -> bool {
    match engine {
        Engine::Postgres => at_least(version, &[15]),
        Engine::AuroraPostgres => at_least(version, &[17]),
        Engine::MariaDb => at_least(version, &[11, 8]),
        Engine::AuroraMySql => at_least(version, &[8, 4]),
        _ => false,
    }
}

/// `require_ssl` of a Redshift parameter group that does not say it: `default.redshift-2.0` true, family `redshift-1.0` false
/// (Redshift Management Guide, "Amazon Redshift parameter groups"). A custom group always says it, so a silent one is no proof.
pub fn redshift_requires_ssl(group: &str) -> bool {
    group == "default.redshift-2.0"
}

/// Whether `default` of `rds.tls10`, `rds.tls11`, `rds.rc4` and `rds.3des168` means *enabled*; `None` for a major version that AWS's page does not list.
///
/// RDS User Guide, "Configuring SQL Server security protocols and ciphers": disabled for builds *after* these, else enabled.
pub fn sqlserver_legacy_tls(version: &str) -> Option<bool> {
    const LAST_ENABLED: [[u64; 4]; 5] = [[12, 0, 6449, 1], [13, 0, 6435, 1], [14, 0, 3465, 1], [15, 0, 4365, 2], [16, 0, 4120, 1]];
    let numbers = version_numbers(version);
    let last = LAST_ENABLED.iter().find(|last| numbers.first() == last.first())?;
    Some(numbers.as_slice() <= last.as_slice())
}

/// `ssl_min_protocol_version` of PostgreSQL where nobody set it (RDS shows TLSv1.2); the parameter came with PostgreSQL 12.
pub fn postgres_min_protocol(version: &str) -> Option<&'static str> {
    at_least(version, &[12]).then_some("TLSv1.2")
}

/// The version of Aurora MySQL inside the engine's: `8.0.mysql_aurora.3.04.0` is 3.04.0.
fn aurora_mysql_release(version: &str) -> &str {
    version.split_once("mysql_aurora.").map_or("", |(_, release)| release)
}

/// Whether a MySQL server no longer has TLS 1.0 and 1.1 at all: MySQL 8.0.28 and Aurora MySQL 3.04 took them out
/// (RDS and Aurora User Guides, "TLS versions"). MariaDB still has them behind `tls_version`.
pub fn mysql_lacks_legacy_tls(engine: Engine, version: &str) -> bool {
    match engine {
        Engine::MySql => at_least(version, &[8, 0, 28]),
        Engine::AuroraMySql => at_least(version, &[8, 4]) || at_least(aurora_mysql_release(version), &[3, 4]),
        _ => false,
    }
}

/// Whether Oracle's Native Network Encryption offers RC4, DES and 3DES where nobody listed the ciphers: all do before Oracle 26ai
/// (RDS User Guide, "Oracle native network encryption": ALLOW_WEAK_CRYPTO is TRUE by default).
pub fn oracle_offers_weak_ciphers(version: &str) -> bool {
    !at_least(version, &[26])
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

/// `enable_user_activity_logging` of Redshift (Redshift Management Guide, "Database audit logging").
pub const USER_ACTIVITY: bool = false;
