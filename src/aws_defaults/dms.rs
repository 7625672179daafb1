//! Defaults of AWS DMS and its secrets, each with its source.

use crate::model::dms::TaskSettings;

/// `ErrorBehavior.DataMaskingErrorPolicy`: `STOP_TASK` (DMS user guide, "Error handling task settings").
pub fn masking_error_policy(settings: &TaskSettings) -> String {
    settings.masking_error_policy.clone().unwrap_or_else(|| "STOP_TASK".to_owned())
}

/// `ValidationSettings.EnableValidation`: `false` (DMS user guide, "Data validation task settings").
pub fn validates(settings: &TaskSettings) -> bool {
    settings.validation_enabled.unwrap_or(false)
}

/// `TTSettings.EnableTT`: `false` (DMS user guide, "Time Travel task settings").
pub fn time_travel(settings: &TaskSettings) -> bool {
    settings.time_travel_enabled.unwrap_or(false)
}

/// `TTSettings.TTRecordSettings.EnableRawData`: what holds where Time Travel is on and AWS leaves it out is not certain, so it is taken as on.
pub fn time_travel_raw(settings: &TaskSettings) -> bool {
    time_travel(settings) && settings.time_travel_raw_data.unwrap_or(true)
}

/// `RedisSettings.SslSecurityProtocol`: `ssl-encryption` (DMS API reference, "RedisSettings").
pub fn redis_protocol(protocol: Option<String>) -> String {
    protocol.filter(|protocol| !protocol.is_empty()).unwrap_or_else(|| "ssl-encryption".to_owned())
}

/// `KafkaSettings.SslEndpointIdentificationAlgorithm`: `https` (DMS API reference, "KafkaSettings"; Kafka's own default).
pub fn kafka_endpoint_identification(algorithm: Option<String>) -> String {
    algorithm.filter(|algorithm| !algorithm.is_empty()).unwrap_or_else(|| "https".to_owned())
}

/// Services whose managed secrets hold a master user (Secrets Manager user guide, "Secrets managed by other AWS services").
pub fn manages_master_secrets(service: &str) -> bool {
    matches!(service.to_ascii_lowercase().as_str(), "rds" | "redshift" | "rds.amazonaws.com" | "redshift.amazonaws.com")
}
