//! One DMS endpoint → its fields. Passwords, scripts, keys and unknown connection attributes are dropped here, before anything else sees them.

use std::collections::BTreeMap;

use aws_sdk_databasemigration::types::Endpoint;

use super::call::Question;
use super::convert::text;
use crate::model::Observed;
use crate::model::bucket::is_public_acl;
use crate::model::dms::{self, SecretUse, Staging};

/// Extra connection attributes that say how a connection is protected and hold no secret. All others are left out.
const HARMLESS: &[&str] = &[
    "authenticationmethod",
    "authtype",
    "bucketname",
    "cannedaclforobjects",
    "encryptionmode",
    "expectedbucketowner",
    "securityprotocol",
    "serversideencryptionkmskeyid",
    "sslendpointidentificationalgorithm",
    "sslmode",
    "sslsecurityprotocol",
    "usessl",
];

/// The fields of an endpoint.
pub(super) fn fields(answer: &Question<'_>, endpoint: Endpoint) -> dms::Endpoint {
    let mut secrets = secrets(&endpoint);
    secrets.sort();
    let authentication = authentication(&endpoint);
    let role = text(endpoint.service_access_role_arn.clone()).or_else(|| settings_role(&endpoint));
    let (host, port, username) = address(&endpoint);
    let extra = attributes(endpoint.extra_connection_attributes.as_deref().unwrap_or_default());
    let kafka = endpoint.kafka_settings.as_ref().and_then(|kafka| kafka.security_protocol.as_ref()).map(|protocol| protocol.as_str().to_owned());
    let redis = endpoint.redis_settings.as_ref().and_then(|redis| redis.ssl_security_protocol.as_ref()).map(|protocol| protocol.as_str().to_owned());
    let in_clear = |protocol: &str| protocol.contains("plaintext");
    let staging = staging(&endpoint).map(|staging| Staging {
        bucket: beside(staging.bucket, extra.get("bucketname"), |_| false),
        canned_acl: beside(staging.canned_acl, extra.get("cannedaclforobjects"), is_public_acl),
        expected_owner: beside(staging.expected_owner, extra.get("expectedbucketowner"), |_| false),
        ..staging
    });
    dms::Endpoint {
        endpoint_type: answer.sent("EndpointType", endpoint.endpoint_type.as_ref().map(|kind| kind.as_str().to_ascii_lowercase())),
        engine: answer.sent("EngineName", endpoint.engine_name.as_deref().map(str::to_ascii_lowercase)),
        host: Observed::Known(host),
        port: Observed::Known(port),
        username: Observed::Known(username),
        ssl_mode: Observed::Known(endpoint.ssl_mode.as_ref().map_or("none", |mode| mode.as_str()).to_owned()),
        certificate_arn: Observed::Known(text(endpoint.certificate_arn.clone())),
        kms_key_id: Observed::Known(text(endpoint.kms_key_id.clone())),
        read_only: Observed::Known(endpoint.is_read_only.unwrap_or(false)),
        secrets: Observed::Known(secrets),
        authentication_method: Observed::Known(authentication),
        service_access_role_arn: Observed::Known(role),
        staging: Observed::Known(staging),
        kafka_security_protocol: Observed::Known(beside(kafka, extra.get("securityprotocol"), in_clear)),
        kafka_endpoint_identification: Observed::Known(
            endpoint
                .kafka_settings
                .as_ref()
                .and_then(|kafka| kafka.ssl_endpoint_identification_algorithm.as_ref())
                .map(|name| name.as_str().to_owned()),
        ),
        redis_protocol: Observed::Known(beside(redis, extra.get("sslsecurityprotocol"), in_clear)),
        search_clear_text: Observed::Known(
            endpoint.elasticsearch_settings.as_ref().map(|search| search.endpoint_uri.to_ascii_lowercase().starts_with("http://")),
        ),
        mongodb_auth_type: Observed::Known(
            endpoint.mongo_db_settings.as_ref().and_then(|mongo| mongo.auth_type.as_ref()).map(|kind| kind.as_str().to_owned()),
        ),
        connection_attributes: Observed::Known(extra),
    }
}

/// A setting with the attribute that says the same: attributes may stand for settings, or override them. The weaker one counts.
fn beside(setting: Option<String>, attribute: Option<&String>, is_weak: impl Fn(&str) -> bool) -> Option<String> {
    let attribute = attribute.map(|value| value.trim()).filter(|value| !value.is_empty());
    let weak = attribute.map(str::to_ascii_lowercase).filter(|value| is_weak(value));
    weak.or(setting).or_else(|| attribute.map(str::to_owned))
}

/// Host, port and login name: the endpoint's own, else those of the engine's settings.
fn address(endpoint: &Endpoint) -> (Option<String>, Option<i64>, Option<String>) {
    let mut host = text(endpoint.server_name.clone());
    let mut port = endpoint.port;
    let mut username = text(endpoint.username.clone());
    let mut add = |own_host: &Option<String>, own_port: Option<i32>, own_username: &Option<String>| {
        host = host.take().or_else(|| text(own_host.clone()));
        port = port.or(own_port);
        username = username.take().or_else(|| text(own_username.clone()));
    };
    if let Some(s) = &endpoint.mongo_db_settings {
        add(&s.server_name, s.port, &s.username);
    }
    if let Some(s) = &endpoint.redshift_settings {
        add(&s.server_name, s.port, &s.username);
    }
    if let Some(s) = &endpoint.postgre_sql_settings {
        add(&s.server_name, s.port, &s.username);
    }
    if let Some(s) = &endpoint.my_sql_settings {
        add(&s.server_name, s.port, &s.username);
    }
    if let Some(s) = &endpoint.oracle_settings {
        add(&s.server_name, s.port, &s.username);
    }
    if let Some(s) = &endpoint.sybase_settings {
        add(&s.server_name, s.port, &s.username);
    }
    if let Some(s) = &endpoint.microsoft_sql_server_settings {
        add(&s.server_name, s.port, &s.username);
    }
    if let Some(s) = &endpoint.ibm_db2_settings {
        add(&s.server_name, s.port, &s.username);
    }
    if let Some(s) = &endpoint.doc_db_settings {
        add(&s.server_name, s.port, &s.username);
    }
    if let Some(s) = &endpoint.gcp_my_sql_settings {
        add(&s.server_name, s.port, &s.username);
    }
    if let Some(s) = &endpoint.redis_settings {
        add(&Some(s.server_name.clone()), Some(s.port), &s.auth_user_name);
    }
    if let Some(s) = &endpoint.kafka_settings {
        add(&None, None, &s.sasl_username);
    }
    // DMS shows port 0 where the secret holds it.
    (host, port.filter(|port| *port != 0).map(i64::from), username)
}

fn secrets(endpoint: &Endpoint) -> Vec<SecretUse> {
    let mut all = Vec::new();
    let mut add = |setting: &str, secret: &Option<String>, role: &Option<String>| {
        if let Some(secret_id) = text(secret.clone()) {
            all.push(SecretUse { setting: setting.to_owned(), secret_id, role_arn: text(role.clone()) });
        }
    };
    const LOGIN: &str = "SecretsManagerSecretId";
    if let Some(s) = &endpoint.mongo_db_settings {
        add(LOGIN, &s.secrets_manager_secret_id, &s.secrets_manager_access_role_arn);
    }
    if let Some(s) = &endpoint.redshift_settings {
        add(LOGIN, &s.secrets_manager_secret_id, &s.secrets_manager_access_role_arn);
    }
    if let Some(s) = &endpoint.postgre_sql_settings {
        add(LOGIN, &s.secrets_manager_secret_id, &s.secrets_manager_access_role_arn);
    }
    if let Some(s) = &endpoint.my_sql_settings {
        add(LOGIN, &s.secrets_manager_secret_id, &s.secrets_manager_access_role_arn);
    }
    if let Some(s) = &endpoint.oracle_settings {
        add(LOGIN, &s.secrets_manager_secret_id, &s.secrets_manager_access_role_arn);
        add("SecretsManagerOracleAsmSecretId", &s.secrets_manager_oracle_asm_secret_id, &s.secrets_manager_oracle_asm_access_role_arn);
    }
    if let Some(s) = &endpoint.sybase_settings {
        add(LOGIN, &s.secrets_manager_secret_id, &s.secrets_manager_access_role_arn);
    }
    if let Some(s) = &endpoint.microsoft_sql_server_settings {
        add(LOGIN, &s.secrets_manager_secret_id, &s.secrets_manager_access_role_arn);
    }
    if let Some(s) = &endpoint.ibm_db2_settings {
        add(LOGIN, &s.secrets_manager_secret_id, &s.secrets_manager_access_role_arn);
    }
    if let Some(s) = &endpoint.doc_db_settings {
        add(LOGIN, &s.secrets_manager_secret_id, &s.secrets_manager_access_role_arn);
    }
    if let Some(s) = &endpoint.gcp_my_sql_settings {
        add(LOGIN, &s.secrets_manager_secret_id, &s.secrets_manager_access_role_arn);
    }
    all
}

fn authentication(endpoint: &Endpoint) -> Option<String> {
    let postgres = endpoint.postgre_sql_settings.as_ref().and_then(|s| s.authentication_method.as_ref()).map(|method| method.as_str());
    let mysql = endpoint.my_sql_settings.as_ref().and_then(|s| s.authentication_method.as_ref()).map(|method| method.as_str());
    let oracle = endpoint.oracle_settings.as_ref().and_then(|s| s.authentication_method.as_ref()).map(|method| method.as_str());
    let sqlserver = endpoint.microsoft_sql_server_settings.as_ref().and_then(|s| s.authentication_method.as_ref()).map(|method| method.as_str());
    postgres.or(mysql).or(oracle).or(sqlserver).map(str::to_ascii_lowercase)
}

fn settings_role(endpoint: &Endpoint) -> Option<String> {
    let roles = [
        endpoint.redshift_settings.as_ref().and_then(|s| s.service_access_role_arn.clone()),
        endpoint.s3_settings.as_ref().and_then(|s| s.service_access_role_arn.clone()),
        endpoint.postgre_sql_settings.as_ref().and_then(|s| s.service_access_role_arn.clone()),
        endpoint.my_sql_settings.as_ref().and_then(|s| s.service_access_role_arn.clone()),
        endpoint.kinesis_settings.as_ref().and_then(|s| s.service_access_role_arn.clone()),
        endpoint.neptune_settings.as_ref().and_then(|s| s.service_access_role_arn.clone()),
        endpoint.dynamo_db_settings.as_ref().map(|s| s.service_access_role_arn.clone()),
        endpoint.elasticsearch_settings.as_ref().map(|s| s.service_access_role_arn.clone()),
    ];
    roles.into_iter().find_map(text)
}

/// The S3 part. A Redshift target always stages, whether or not its settings say where.
fn staging(endpoint: &Endpoint) -> Option<Staging> {
    let mode = |mode: &Option<aws_sdk_databasemigration::types::EncryptionModeValue>| mode.as_ref().map(|mode| mode.as_str().to_owned());
    let engine = endpoint.engine_name.as_deref().unwrap_or_default();
    let is_target = endpoint.endpoint_type.as_ref().is_some_and(|kind| kind.as_str().eq_ignore_ascii_case("target"));
    if let Some(s) = &endpoint.s3_settings {
        return Some(Staging {
            bucket: text(s.bucket_name.clone()),
            encryption_mode: mode(&s.encryption_mode),
            kms_key_id: text(s.server_side_encryption_kms_key_id.clone()),
            canned_acl: s.canned_acl_for_objects.as_ref().map(|acl| acl.as_str().to_owned()),
            expected_owner: text(s.expected_bucket_owner.clone()),
        });
    }
    match &endpoint.redshift_settings {
        Some(s) if is_target || s.bucket_name.is_some() => Some(Staging {
            bucket: text(s.bucket_name.clone()),
            encryption_mode: mode(&s.encryption_mode),
            kms_key_id: text(s.server_side_encryption_kms_key_id.clone()),
            ..Staging::default()
        }),
        _ if is_target && engine.to_ascii_lowercase().starts_with("redshift") => Some(Staging::default()),
        _ => None,
    }
}

/// Harmless attributes of a `key=value;…` text, keys in lower case; the last of a key wins, as in DMS.
fn attributes(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
    let pairs = pairs.map(|(key, value)| (key.trim().to_ascii_lowercase(), value.trim().to_owned()));
    pairs.filter(|(key, _)| HARMLESS.contains(&key.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_databasemigration::types::{RedshiftSettings, ReplicationEndpointTypeValue};

    use super::*;
    use crate::collect::ctx::idle;

    fn read(endpoint: Endpoint) -> dms::Endpoint {
        fields(&idle().region("eu-west-1").ask("dms", "DescribeEndpoints"), endpoint)
    }

    #[test]
    fn attributes_keep_only_what_is_known_to_be_harmless() {
        let kept = attributes("EncryptionMode=SSE_KMS; password=hunter2;afterConnectScript=grant all;asm_password=x;;sslMode = require ;broken");
        assert_eq!(kept, BTreeMap::from([("encryptionmode".to_owned(), "SSE_KMS".to_owned()), ("sslmode".to_owned(), "require".to_owned())]));
    }

    #[test]
    fn attributes_stand_for_settings_and_the_weaker_one_counts() {
        let redshift = |settings: RedshiftSettings, attributes: &str| {
            let endpoint = Endpoint::builder().endpoint_type(ReplicationEndpointTypeValue::Target).engine_name("redshift");
            read(endpoint.extra_connection_attributes(attributes).redshift_settings(settings).build()).staging.known().cloned().flatten().unwrap()
        };
        let named = redshift(RedshiftSettings::builder().build(), "bucketName=stage;cannedAclForObjects=PUBLIC_READ");
        assert_eq!((named.bucket.as_deref(), named.canned_acl.as_deref()), (Some("stage"), Some("public_read")));
        assert_eq!(redshift(RedshiftSettings::builder().bucket_name("own").build(), "bucketName=other").bucket.as_deref(), Some("own"));
        let kafka = |attributes: &str| {
            let settings = aws_sdk_databasemigration::types::KafkaSettings::builder().security_protocol("ssl-encryption".into()).build();
            let endpoint = Endpoint::builder().engine_name("kafka").kafka_settings(settings).extra_connection_attributes(attributes);
            read(endpoint.build()).kafka_security_protocol.known().cloned().flatten()
        };
        assert_eq!(kafka("securityProtocol=plaintext").as_deref(), Some("plaintext"));
        assert_eq!(kafka("securityProtocol=sasl-ssl").as_deref(), Some("ssl-encryption"));
    }

    #[test]
    fn a_password_never_leaves_the_endpoint() {
        let settings = RedshiftSettings::builder().password("hunter2").username("loader").after_connect_script("secret").bucket_name("b").build();
        let endpoint = Endpoint::builder()
            .endpoint_type(ReplicationEndpointTypeValue::Target)
            .engine_name("redshift")
            .extra_connection_attributes("password=hunter2")
            .redshift_settings(settings)
            .build();
        let read = self::read(endpoint);
        assert!(!serde_json::to_string(&read).unwrap().contains("hunter2"));
        assert_eq!(read.endpoint_type.known().map(String::as_str), Some("target"));
        assert_eq!(read.username.known().cloned().flatten().as_deref(), Some("loader"));
        assert_eq!(read.staging.known().cloned().flatten().and_then(|staging| staging.bucket).as_deref(), Some("b"));
    }
}
