//! RDS's engine names, sorted into the families whose settings are alike (Amazon RDS User Guide, `Engine` of DescribeDBInstances).

/// A family of engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// `sqlserver-ee`, `-se`, `-ex`, `-web`.
    SqlServer,
    /// `postgres`.
    Postgres,
    /// `aurora-postgresql`.
    AuroraPostgres,
    /// `mysql`.
    MySql,
    /// `aurora-mysql`, and `aurora`, its old name.
    AuroraMySql,
    /// `mariadb`.
    MariaDb,
    /// `oracle-*`.
    Oracle,
    /// `db2-*`.
    Db2,
    /// `custom-*`: RDS Custom, whose customers own the operating system.
    Custom,
    /// `neptune` and `docdb` share RDS's API and are no RDS engines.
    Foreign,
    /// A name that this version does not know.
    Unknown,
}

impl Engine {
    /// The family of AWS's engine name.
    pub fn from_name(name: &str) -> Self {
        match name {
            "postgres" => Self::Postgres,
            "aurora-postgresql" => Self::AuroraPostgres,
            "mysql" => Self::MySql,
            "aurora-mysql" | "aurora" => Self::AuroraMySql,
            "mariadb" => Self::MariaDb,
            "neptune" | "docdb" => Self::Foreign,
            _ if name.starts_with("sqlserver-") => Self::SqlServer,
            _ if name.starts_with("oracle-") => Self::Oracle,
            _ if name.starts_with("db2-") => Self::Db2,
            _ if name.starts_with("custom-") => Self::Custom,
            _ => Self::Unknown,
        }
    }
}
