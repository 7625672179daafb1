//! The endpoints that are configured in place of AWS's own.

use std::net::IpAddr;

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

/// The endpoint that is configured for a service, if any: `AWS_ENDPOINT_URL_…`, `AWS_ENDPOINT_URL`, or the profile's.
pub(super) fn endpoint_of(config: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url").build().ok()?;
    let own = config.service_config().and_then(|services| services.load_config(key));
    own.or_else(|| config.endpoint_url().map(str::to_owned))
}

/// Scheme, host and port of an address: what is behind them may be a secret. `None` where it is no address of HTTP.
pub(super) fn origin(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let authority = rest.split(['/', '?', '#']).next().filter(|authority| !authority.is_empty())?;
    url.get(..url.len() - rest.len() + authority.len())
}

/// Whether a name cannot take a bucket or an account in front: an IP address, or this machine.
pub(super) fn is_bare_host(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or(authority);
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match authority.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or(six),
        None => authority.split(':').next().unwrap_or(authority),
    };
    host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost") || host.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_only_the_host_is_told() {
        assert_eq!(origin("http://127.0.0.1:9/SECRET?t=SECRET"), Some("http://127.0.0.1:9"));
        assert_eq!(origin("https://sts.us-east-2.amazonaws.com"), Some("https://sts.us-east-2.amazonaws.com"));
        for none in ["localhost:5944", "http://", "https:///x", "ftp://h", ""] {
            assert_eq!(origin(none), None, "{none}");
        }
    }

    #[test]
    fn an_address_takes_no_bucket_in_front() {
        for bare in ["http://127.0.0.1:5101", "http://localhost/", "https://[::1]:4566/x", "http://u:p@10.0.0.1", "http://s3.localhost"] {
            assert!(is_bare_host(bare), "{bare}");
        }
        for named in ["https://s3.us-east-2.amazonaws.com", "https://vpce-1.s3.us-east-2.vpce.amazonaws.com", "https://localhost.example.com"] {
            assert!(!is_bare_host(named), "{named}");
        }
    }
}
