//! Answers of AWS emulators (moto, LocalStack) → what the SDK can read. Only with a configured endpoint; AWS's own answers are never touched.
//!
//! moto 5 writes the times of DMS as text (AWS: seconds) and answers GetBucketVersioning under another element name.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

/// A client that mends what it receives.
#[derive(Debug)]
pub(super) struct Mending(pub SharedHttpClient);

#[derive(Debug)]
struct MendingConnector(SharedHttpConnector);

impl HttpClient for Mending {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(MendingConnector(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for MendingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let inner = self.0.clone();
        HttpConnectorFuture::new(async move {
            let is_dms = request.headers().get("x-amz-target").is_some_and(|target| target.starts_with("AmazonDMS"));
            let is_versioning = request.uri().contains("?versioning");
            let mut response = inner.call(request).await?;
            if !response.status().is_success() || !(is_dms || is_versioning) {
                return Ok(response);
            }
            let body = std::mem::replace(response.body_mut(), SdkBody::taken());
            let bytes = ByteStream::new(body).collect().await.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
            *response.body_mut() = match if is_dms { dms(&bytes) } else { versioning(&bytes) } {
                Some(mended) => {
                    response.headers_mut().remove("content-length");
                    SdkBody::from(mended)
                }
                None => SdkBody::from(bytes),
            };
            Ok(response)
        })
    }
}

fn versioning(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    text.contains("<GetBucketVersioningResponse").then(|| text.replace("GetBucketVersioningResponse", "VersioningConfiguration"))
}

fn dms(body: &[u8]) -> Option<String> {
    let mut value: Value = serde_json::from_slice(body).ok()?;
    seconds(&mut value);
    Some(value.to_string())
}

/// Writes every time that is text as seconds.
fn seconds(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let time = member.as_str().filter(|_| name.ends_with("Date") || name.ends_with("Time")).and_then(parse);
                match time {
                    Some(time) => *member = time.as_second().into(),
                    None => seconds(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(seconds),
        _ => {}
    }
}

/// A time with its zone, or in UTC.
fn parse(text: &str) -> Option<Timestamp> {
    text.parse::<Timestamp>().ok().or_else(|| text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_become_seconds_and_nothing_else_changes() {
        let mended = dms(br#"{"A": [{"InstanceCreateTime": "1970-01-01T00:00:07.5", "StopDate": null, "Name": "1970-01-01T00:00:07", "MyTime": "noon", "D": 1.5}]}"#);
        assert_eq!(mended.unwrap(), r#"{"A":[{"D":1.5,"InstanceCreateTime":7,"MyTime":"noon","Name":"1970-01-01T00:00:07","StopDate":null}]}"#);
        assert_eq!(dms(b"<html>"), None);
    }
}
