//! The clients of one region, one a service. Each looks whether answers are whole.

use std::sync::OnceLock;

use aws_config::{Region, SdkConfig};
use aws_smithy_runtime_api::client::endpoint::EndpointFuture;
use aws_smithy_types::endpoint::Endpoint;

use super::endpoint::{endpoint_of, is_bare_host};
use super::whole::Whole;

macro_rules! clients {
    ($($client:ident: $sdk:ident as $service:literal, $id:literal $(with $adjust:ident)?;)*) => {
        /// The services as the SDK's configuration calls them (`AWS_ENDPOINT_URL_…`).
        pub(super) const SERVICE_IDS: &[&str] = &[$($id),*];

        /// The clients of one region, each made when it is first asked for.
        pub(super) struct Clients {
            config: SdkConfig,
            $($client: OnceLock<$sdk::Client>,)*
        }

        impl Clients {
            /// Of a region.
            pub(super) fn new(config: &SdkConfig, region: &str) -> Self {
                Self { config: config.to_builder().region(Region::new(region.to_owned())).build(), $($client: OnceLock::new(),)* }
            }
        }

        impl Clients {
            $(pub(super) fn $client(&self) -> &$sdk::Client {
                self.$client.get_or_init(|| {
                    let config = &self.config;
                    let builder = $sdk::config::Builder::from(config).interceptor(Whole($service));
                    $(let builder = $adjust(builder, config);)?
                    $sdk::Client::from_conf(builder.build())
                })
            })*
        }
    };
}

// The SDK's crate; the service as the call table names it, and as the SDK's configuration does.
clients! {
    cloudtrail: aws_sdk_cloudtrail as "cloudtrail", "CloudTrail";
    dms: aws_sdk_databasemigration as "dms", "Database Migration Service";
    ec2: aws_sdk_ec2 as "ec2", "EC2";
    iam: aws_sdk_iam as "iam", "IAM";
    kms: aws_sdk_kms as "kms", "KMS";
    logs: aws_sdk_cloudwatchlogs as "logs", "CloudWatch Logs";
    rds: aws_sdk_rds as "rds", "RDS";
    redshift: aws_sdk_redshift as "redshift", "Redshift";
    s3: aws_sdk_s3 as "s3", "S3" with path_style;
    s3control: aws_sdk_s3control as "s3control", "S3 Control" with plain_host;
    secrets: aws_sdk_secretsmanager as "secretsmanager", "Secrets Manager";
    sts: aws_sdk_sts as "sts", "STS";
}

/// S3 puts the bucket in front of the host; an IP address cannot take it.
fn path_style(builder: aws_sdk_s3::config::Builder, config: &SdkConfig) -> aws_sdk_s3::config::Builder {
    builder.force_path_style(endpoint_of(config, "S3").is_some_and(|url| is_bare_host(&url)))
}

/// S3 Control puts the account id in front of the host; an IP address cannot take it.
fn plain_host(builder: aws_sdk_s3control::config::Builder, config: &SdkConfig) -> aws_sdk_s3control::config::Builder {
    match endpoint_of(config, "S3 Control").filter(|url| is_bare_host(url)) {
        Some(url) => builder.endpoint_resolver(PlainHost(url)),
        None => builder,
    }
}

#[derive(Debug)]
struct PlainHost(String);

impl aws_sdk_s3control::config::endpoint::ResolveEndpoint for PlainHost {
    fn resolve_endpoint<'a>(&'a self, _params: &'a aws_sdk_s3control::config::endpoint::Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url(self.0.clone()).build()))
    }
}
