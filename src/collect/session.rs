//! Options → a session: credentials that work, the regions to scan, and who asks.

use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;

use super::Options;
use super::clients::SERVICE_IDS;
use super::credentials::{check_role, tried};
use super::emulator::Mending;
use super::endpoint::{endpoint_of, origin};
use super::error::CollectError;
use super::profile;

/// Loads the SDK's configuration: profile, environment, assumed role. The SDK's own retries are off: `call` retries.
pub(super) async fn load(options: &Options) -> Result<SdkConfig, CollectError> {
    check_role(options)?;
    let chosen = profile::chosen(options).await?;
    // One HTTP client for all services: one connection pool, and the root certificates are read once.
    let http = aws_smithy_http_client::Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = aws_smithy_http_client::ConnectorBuilder::default()
            .tls_provider(aws_smithy_http_client::tls::Provider::Rustls(aws_smithy_http_client::tls::rustls_provider::CryptoMode::AwsLc));
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.set_proxy_config(Some(aws_smithy_http_client::proxy::ProxyConfig::from_env()));
        connector.build()
    });
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).build();
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http.clone())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts.clone())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = options.regions.first() {
        loader = loader.region(Region::new(region.clone()));
    }
    // It may ask the machine's metadata for a region.
    let loaded = tokio::time::timeout(options.call_timeout, loader.load()).await;
    let mut config = loaded.map_err(|_| CollectError::SlowCredentials { seconds: options.call_timeout.as_secs() })?;
    for &service in SERVICE_IDS {
        if endpoint_of(&config, service).is_some_and(|url| origin(&url).is_none()) {
            return Err(CollectError::NoEndpoint { service });
        }
    }
    if config.region().is_none() {
        if !options.all_regions {
            return Err(CollectError::NoRegion);
        }
        // Any enabled region can list the others.
        config = config.to_builder().region(Region::new("us-east-1")).build();
    }
    // A profile that assumes a role needs a region for it.
    let calls = ProviderConfig::without_region().with_region(config.region().cloned()).with_http_client(http.clone()).with_timeout_config(timeouts);
    let provider = match (chosen.with_mfa(options, &config, &calls).await?, &options.profile) {
        (Some(provider), _) => Some(provider),
        // The default chain would prefer keys in the environment to the profile that was asked for.
        (None, Some(profile)) => {
            Some(SharedCredentialsProvider::new(ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&calls).build()))
        }
        (None, None) => None,
    };
    if let Some(provider) = provider {
        config = config.to_builder().credentials_provider(provider).build();
    }
    if ["Database Migration Service", "S3"].iter().any(|service| endpoint_of(&config, service).is_some()) {
        config = config.to_builder().http_client(Mending(http)).build();
    }
    tried(config, options).await
}

/// Whether a text has the shape of a region code: `us-east-2`, `us-gov-west-1`, `cn-north-1`.
pub(super) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) => words.len() >= 2 && words.iter().all(word) && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_have_a_shape() {
        for good in ["us-east-2", "us-gov-west-1", "ap-southeast-15", "us-isob-east-1"] {
            assert!(is_region(good), "{good}");
        }
        for bad in ["", "us", "us-east", "useast2", "us-east-2a", "US-EAST-2", "us--2", "-", "1-2-3"] {
            assert!(!is_region(bad), "{bad}");
        }
    }
}
