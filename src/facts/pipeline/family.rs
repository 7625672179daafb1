//! Engine families: which servers of AWS an endpoint of a DMS engine can stand before.
//!
//! DMS and RDS name engines differently (DMS `CreateEndpoint` `EngineName`; RDS `Engine`).

use crate::model::Kind;

/// Servers that speak one protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Family {
    /// Microsoft SQL Server.
    SqlServer,
    /// MySQL, MariaDB, Aurora MySQL.
    MySql,
    /// PostgreSQL, Aurora PostgreSQL.
    Postgres,
    /// Oracle.
    Oracle,
    /// Db2.
    Db2,
    /// Redshift, provisioned.
    Redshift,
    /// Amazon DocumentDB, which shares RDS's API.
    DocumentDb,
}

impl Family {
    /// The family behind a DMS engine name; `None` where no server that is read here can stand behind it.
    pub(super) fn of_endpoint(engine: &str) -> Option<Self> {
        Some(match engine {
            "sqlserver" => Self::SqlServer,
            // `aurora` is Aurora MySQL.
            "mysql" | "mariadb" | "aurora" | "aurora-serverless" => Self::MySql,
            "postgres" | "aurora-postgresql" | "aurora-postgresql-serverless" | "babelfish" => Self::Postgres,
            "oracle" => Self::Oracle,
            "db2" => Self::Db2,
            "redshift" => Self::Redshift,
            "docdb" => Self::DocumentDb,
            _ => return None,
        })
    }

    /// The family of an RDS engine name.
    pub(super) fn of_database(engine: &str) -> Option<Self> {
        let engine = engine.strip_prefix("custom-").unwrap_or(engine);
        Some(match engine {
            "mysql" | "mariadb" | "aurora" | "aurora-mysql" => Self::MySql,
            "postgres" | "aurora-postgresql" => Self::Postgres,
            "docdb" => Self::DocumentDb,
            _ => match engine.split('-').next().unwrap_or(engine) {
                "sqlserver" => Self::SqlServer,
                "oracle" => Self::Oracle,
                "db2" => Self::Db2,
                _ => return None,
            },
        })
    }

    /// The lists that must be complete before "there is no other" may be said.
    pub(super) const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Redshift => &[Kind::RedshiftCluster],
            _ => &[Kind::RdsInstance, Kind::RdsCluster],
        }
    }

    /// Whether a server of this family can answer an endpoint of another: Babelfish makes Aurora PostgreSQL answer as SQL Server.
    pub(super) fn answers(self, endpoint: Self) -> bool {
        self == endpoint || (self == Self::Postgres && endpoint == Self::SqlServer)
    }

    /// What people call one of it.
    pub(super) const fn noun(self) -> &'static str {
        match self {
            Self::SqlServer => "SQL Server database",
            Self::MySql => "MySQL or MariaDB database",
            Self::Postgres => "PostgreSQL database",
            Self::Oracle => "Oracle database",
            Self::Db2 => "Db2 database",
            Self::Redshift => "Redshift cluster",
            Self::DocumentDb => "DocumentDB cluster",
        }
    }
}
