//! AWS DMS: tasks, serverless replications, endpoints, instances, certificates.

pub(super) mod calls;

use super::reference::{Namer, Reference, flat, serverless_log_group};
use super::{Kind, Resources};
use std::collections::BTreeMap;

use jiff::Timestamp;

use super::record::{part, record};

record! {
    /// A replication task (DescribeReplicationTasks, settings and mappings inline).
    Task {
        /// ARN of the replication instance that runs it.
        instance_arn: String,
        /// ARN of the source endpoint.
        source_endpoint_arn: String,
        /// ARN of the target endpoint.
        target_endpoint_arn: String,
        /// `full-load`, `cdc` or `full-load-and-cdc`.
        migration_type: String,
        /// `running`, `stopped`, `failed`, `ready`…
        status: String,
        /// When it stopped, if it did.
        stopped_at: Option<Timestamp>,
        /// When it was made.
        created_at: Option<Timestamp>,
        /// The task settings that decide a verdict; unseen where AWS's JSON does not parse.
        settings: TaskSettings,
        /// The table mappings, without filter values; unseen where AWS's JSON does not parse.
        mappings: Vec<MappingRule>,
    }
}

record! {
    /// A DMS Serverless replication: a pipeline like a task (DescribeReplicationConfigs, DescribeReplications).
    ReplicationConfig {
        /// ARN of the source endpoint.
        source_endpoint_arn: String,
        /// ARN of the target endpoint.
        target_endpoint_arn: String,
        /// `full-load`, `cdc` or `full-load-and-cdc`.
        migration_type: String,
        /// From DescribeReplications; `null` where it never ran.
        status: Option<String>,
        /// From DescribeReplications.
        stopped_at: Option<Timestamp>,
        /// When it was made.
        created_at: Option<Timestamp>,
        /// The settings that decide a verdict.
        settings: TaskSettings,
        /// The table mappings, without filter values.
        mappings: Vec<MappingRule>,
        /// Name of its subnet group.
        subnet_group: Option<String>,
        /// Security group ids.
        security_groups: Vec<String>,
        /// Key of its storage; `null` is `aws/dms`.
        kms_key_id: Option<String>,
    }
}

part! {
    /// What decides a verdict of ReplicationTaskSettings; `None` is "AWS did not say", its default is applied in `aws_defaults`.
    TaskSettings {
        /// `Logging.EnableLogging`.
        logging_enabled: Option<bool>,
        /// `Logging.LogComponents`, component to severity.
        log_components: BTreeMap<String, String>,
        /// `ControlTablesSettings.ControlSchema`.
        control_schema: Option<String>,
        /// `ValidationSettings.EnableValidation`.
        validation_enabled: Option<bool>,
        /// `ErrorBehavior.DataMaskingErrorPolicy`.
        masking_error_policy: Option<String>,
        /// `TTSettings.EnableTT`.
        time_travel_enabled: Option<bool>,
        /// `TTSettings.TTRecordSettings.EnableRawData`.
        time_travel_raw_data: Option<bool>,
        /// `TTSettings.TTS3Settings.BucketName`.
        time_travel_bucket: Option<String>,
    }
}

part! {
    /// One rule of the table mappings. Filter conditions carry literal data and are left out.
    MappingRule {
        /// `selection`, `transformation`, `table-settings`.
        rule_type: String,
        /// `include`, `exclude`, `explicit`, `remove-column`, `data-masking-hash-mask`…
        action: String,
        /// `schema`, `table`, `column`… of a transformation.
        target: Option<String>,
        /// Schema pattern: `%` any, `_` one character.
        schema: Option<String>,
        /// Table pattern.
        table: Option<String>,
        /// Column pattern.
        column: Option<String>,
    }
}

record! {
    /// One end of a pipeline (DescribeEndpoints). Passwords and connection attributes are redacted in `collect`.
    Endpoint {
        /// `source` or `target`, lower case.
        endpoint_type: String,
        /// `EngineName`: `sqlserver`, `postgres`, `redshift`, `s3`…
        engine: String,
        /// `ServerName`; `null` where the secret hides it.
        host: Option<String>,
        /// `Port`; `null` where the secret hides it.
        port: Option<i64>,
        /// The login name; `null` where the secret hides it.
        username: Option<String>,
        /// `none`, `require`, `verify-ca`, `verify-full`.
        ssl_mode: String,
        /// The certificate it verifies with.
        certificate_arn: Option<String>,
        /// Key of the connection parameters; `null` is `aws/dms`.
        kms_key_id: Option<String>,
        /// `true` where a zero-ETL integration manages it.
        read_only: bool,
        /// Secrets it logs in with.
        secrets: Vec<SecretUse>,
        /// `iam`, `kerberos`, `password`… where the engine's settings have the field.
        authentication_method: Option<String>,
        /// Endpoint-level role, else the engine settings'.
        service_access_role_arn: Option<String>,
        /// Where rows rest in S3 on the way (Redshift) or at the end (S3).
        staging: Option<Staging>,
        /// `KafkaSettings.SecurityProtocol`.
        kafka_security_protocol: Option<String>,
        /// `KafkaSettings.SslEndpointIdentificationAlgorithm`.
        kafka_endpoint_identification: Option<String>,
        /// `RedisSettings.SslSecurityProtocol`.
        redis_protocol: Option<String>,
        /// Whether `ElasticsearchSettings.EndpointUri` starts with `http://`.
        search_clear_text: Option<bool>,
        /// `MongoDbSettings.AuthType`.
        mongodb_auth_type: Option<String>,
        /// Harmless extra connection attributes, keys in lower case; all others are left out.
        connection_attributes: BTreeMap<String, String>,
    }
}

part! {
    /// A secret that an endpoint names, and the role that reads it.
    SecretUse {
        /// Which setting: `SecretsManagerSecretId`, `SecretsManagerOracleAsmSecretId`…
        setting: String,
        /// Full ARN, partial ARN or friendly name, as AWS says it.
        secret_id: String,
        /// The role DMS reads it with.
        role_arn: Option<String>,
    }
}

part! {
    /// The S3 part of a Redshift or S3 endpoint.
    Staging {
        /// `None`: DMS makes a bucket `dms-…` of its own.
        bucket: Option<String>,
        /// `sse-s3`, `sse-kms`, or as the documentation spells them; `None` is SSE-S3.
        encryption_mode: Option<String>,
        /// Key of `sse-kms`.
        kms_key_id: Option<String>,
        /// `CannedAclForObjects` of an S3 endpoint.
        canned_acl: Option<String>,
        /// `ExpectedBucketOwner` of an S3 endpoint.
        expected_owner: Option<String>,
    }
}

record! {
    /// A replication instance (DescribeReplicationInstances).
    Instance {
        /// `available`, `creating`…
        status: String,
        /// DMS engine version.
        engine_version: Option<String>,
        /// Whether it has a public address.
        publicly_accessible: bool,
        /// Key of its storage.
        kms_key_id: Option<String>,
        /// Active security groups.
        security_groups: Vec<String>,
        /// VPC of its subnet group.
        vpc_id: Option<String>,
        /// Every subnet of its subnet group.
        subnets: Vec<String>,
        /// When it was made.
        created_at: Option<Timestamp>,
    }
}

record! {
    /// A replication subnet group (DescribeReplicationSubnetGroups).
    SubnetGroup {
        /// Its VPC.
        vpc_id: Option<String>,
        /// Its subnets.
        subnets: Vec<String>,
    }
}

record! {
    /// A certificate in DMS (DescribeCertificates). Its body never leaves `collect`.
    Certificate {
        /// End of validity.
        valid_to: Option<Timestamp>,
        /// Bits.
        key_length: Option<i64>,
        /// Such as `SHA256withRSA`.
        signing_algorithm: Option<String>,
    }
}

/// What DMS's resources name.
pub(super) fn references(resources: &Resources, all: &mut Vec<Reference>) {
    for endpoint in &resources.dms_endpoints {
        let mut namer = Namer::new(all, endpoint);
        let fields = &endpoint.fields;
        namer.names(Kind::KmsKey, "parameters", flat(&fields.kms_key_id).map(String::as_str));
        for secret in fields.secrets.known().into_iter().flatten() {
            namer.names(Kind::Secret, "login", Some(&secret.secret_id));
            namer.names(Kind::IamRole, "secret-access", secret.role_arn.as_deref());
        }
        namer.names(Kind::IamRole, "endpoint-access", flat(&fields.service_access_role_arn).map(String::as_str));
        if let Some(staging) = flat(&fields.staging) {
            let role = if fields.engine.known().is_some_and(|engine| engine == "s3") { "target" } else { "staging" };
            namer.names(Kind::Bucket, role, staging.bucket.as_deref());
            namer.names(Kind::KmsKey, "storage", staging.kms_key_id.as_deref());
        }
    }
    for instance in &resources.dms_instances {
        let mut namer = Namer::new(all, instance);
        namer.names(Kind::KmsKey, "storage", flat(&instance.fields.kms_key_id).map(String::as_str));
        namer.names(Kind::LogGroup, "task-log", Some(&format!("dms-tasks-{}", instance.id.name)));
    }
    for task in &resources.dms_tasks {
        let settings = task.fields.settings.known();
        Namer::new(all, task).names(Kind::Bucket, "time-travel", settings.and_then(|settings| settings.time_travel_bucket.as_deref()));
    }
    for config in &resources.dms_replication_configs {
        let mut namer = Namer::new(all, config);
        let settings = config.fields.settings.known();
        namer.names(Kind::Bucket, "time-travel", settings.and_then(|settings| settings.time_travel_bucket.as_deref()));
        namer.names(Kind::KmsKey, "storage", flat(&config.fields.kms_key_id).map(String::as_str));
        namer.names(Kind::DmsSubnetGroup, "subnets", flat(&config.fields.subnet_group).map(String::as_str));
        namer.names(Kind::LogGroup, "task-log", Some(&serverless_log_group(&config.id)));
    }
}
