//! Defaults of the network, each with its source.

/// The mode of VPC block-public-access in a subnet for which DescribeSubnets states none: `off` (EC2 API, BlockPublicAccessStates).
pub fn internet_gateway_block(mode: Option<String>) -> String {
    mode.unwrap_or_else(|| "off".to_owned())
}

/// The port of an engine where AWS gives no endpoint yet (RDS API, CreateDBInstance and CreateDBCluster `Port`; Redshift API, CreateCluster `Port`).
pub fn port(engine: &str) -> Option<i64> {
    let family = engine.strip_prefix("custom-").unwrap_or(engine).split('-').next().unwrap_or_default();
    match (engine, family) {
        ("aurora-postgresql", _) | (_, "postgres") => Some(5432),
        (_, "mysql" | "mariadb" | "aurora") => Some(3306),
        (_, "sqlserver") => Some(1433),
        (_, "oracle") => Some(1521),
        (_, "db2") => Some(50000),
        (_, "redshift") => Some(5439),
        _ => None,
    }
}
