//! How an endpoint's engine encrypts, and whether it can verify the server: the table of DMS's user guide ("Using SSL with AWS DMS")
//! and of the engines' own pages. `SslMode` means nothing to engines that have a setting of their own.

/// What decides about TLS on an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// `SslMode`.
    SslMode,
    /// Redshift: DMS "already uses an SSL connection" and takes no `SslMode`; only the cluster can refuse clear text.
    Warehouse,
    /// An AWS API over HTTPS.
    Api,
    /// OpenSearch and Elasticsearch: HTTPS unless the URI says `http://`.
    Search,
    /// `KafkaSettings.SecurityProtocol`.
    Kafka,
    /// `RedisSettings.SslSecurityProtocol`.
    Redis,
    /// An engine that this version does not know.
    Unknown,
}

impl Protocol {
    /// Of a DMS engine name.
    pub(super) fn from_engine(engine: &str) -> Self {
        match engine {
            "redshift" | "redshift-serverless" => Self::Warehouse,
            "s3" | "dynamodb" | "kinesis" | "neptune" | "lakehouse" | "dms-transfer" | "timestream" => Self::Api,
            "opensearch" | "elasticsearch" => Self::Search,
            "kafka" => Self::Kafka,
            "redis" => Self::Redis,
            "mysql"
            | "mariadb"
            | "aurora"
            | "aurora-serverless"
            | "gcp-mysql"
            | "postgres"
            | "aurora-postgresql"
            | "aurora-postgresql-serverless" => Self::SslMode,
            "sqlserver" | "babelfish" | "azuredb" | "azure-sql-managed-instance" | "oracle" | "sybase" | "mongodb" | "docdb" | "db2" | "db2-zos" => {
                Self::SslMode
            }
            _ => Self::Unknown,
        }
    }

    /// Whether DMS can verify the server's certificate here.
    pub(super) const fn can_verify(self) -> bool {
        matches!(self, Self::SslMode | Self::Kafka)
    }
}

/// Whether an `SslMode` encrypts; `require` does, without looking at the certificate.
pub(super) fn mode_encrypts(mode: &str) -> bool {
    matches!(mode, "require" | "verify-ca" | "verify-full")
}

/// Whether an `SslMode` verifies. `verify-ca` counts for every engine: Oracle and Db2 have nothing better.
pub(super) fn mode_verifies(mode: &str) -> bool {
    matches!(mode, "verify-ca" | "verify-full")
}

/// Whether a Kafka security protocol encrypts.
pub(super) fn kafka_encrypts(protocol: &str) -> bool {
    matches!(protocol, "ssl-encryption" | "ssl-authentication" | "sasl-ssl")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_has_its_own_decider() {
        assert_eq!(Protocol::from_engine("sqlserver"), Protocol::SslMode);
        assert_eq!(Protocol::from_engine("redshift"), Protocol::Warehouse);
        assert_eq!(Protocol::from_engine("s3"), Protocol::Api);
        assert_eq!(Protocol::from_engine("something-new"), Protocol::Unknown);
        assert!(!Protocol::from_engine("redshift").can_verify());
        assert!(Protocol::from_engine("oracle").can_verify());
    }
}
