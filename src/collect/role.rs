//! A role that is assumed with credentials at hand → credentials of its own. Asked by us, not by the SDK: a refusal comes with AWS's code and words.
//!
//! Source: STS API Reference, "AssumeRole".

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use iam_eval::arn::Arn;

use super::retry::Failure;
use super::whole::Whole;

/// Name of the session where nobody chose one; it shows in the account's own trail.
const SESSION: &str = "pci-audit";

/// What is asked of STS.
#[derive(Debug, Clone, Default)]
pub(super) struct Role {
    /// Its ARN.
    pub arn: String,
    /// The external id that its trust policy asks for.
    pub external_id: Option<String>,
    /// Name of the session.
    pub session: Option<String>,
    /// MFA device, and the code that it shows.
    pub mfa: Option<(String, String)>,
}

/// Whether a text is the ARN of a role.
pub(super) fn is_role_arn(text: &str) -> bool {
    Arn::parse(text).is_some_and(|arn| {
        let account = arn.account.len() == 12 && arn.account.bytes().all(|byte| byte.is_ascii_digit());
        let name = arn.resource.strip_prefix("role/").is_some_and(|name| !name.is_empty() && !name.ends_with('/'));
        arn.service == "iam" && arn.region.is_empty() && !arn.partition.is_empty() && account && name && !text.contains(char::is_whitespace)
    })
}

/// Assumes a role anew whenever its credentials run out.
#[derive(Debug)]
struct Assumed {
    sts: aws_sdk_sts::Client,
    role: Role,
}

/// STS refuses, or does not answer.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub(super) struct Refused {
    code: String,
    message: String,
}

impl Role {
    /// A provider of its credentials, by those of the configuration.
    pub(super) fn provider(self, config: &SdkConfig) -> SharedCredentialsProvider {
        let sts = aws_sdk_sts::Client::from_conf(aws_sdk_sts::config::Builder::from(config).interceptor(Whole("sts")).build());
        SharedCredentialsProvider::new(Assumed { sts, role: self })
    }
}

impl Assumed {
    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let Role { arn, external_id, session, mfa } = self.role.clone();
        let (device, code) = mfa.unzip();
        let call = self.sts.assume_role().role_arn(arn).role_session_name(session.as_deref().unwrap_or(SESSION));
        let answer = call.set_external_id(external_id).set_serial_number(device).set_token_code(code).send().await;
        let answer = answer.map_err(|error| {
            let Failure { code, message, .. } = Failure::from_error(&error);
            CredentialsError::provider_error(Refused { code, message })
        })?;
        let keys = answer.credentials.ok_or_else(|| CredentialsError::provider_error("the answer of sts:AssumeRole holds no credentials"))?;
        let expiry = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(keys.expiration.secs()).unwrap_or_default()));
        Ok(Credentials::new(keys.access_key_id, keys.secret_access_key, Some(keys.session_token), expiry, "AssumeRole"))
    }
}

impl ProvideCredentials for Assumed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_of_a_role_is_known_before_anything_is_asked() {
        for good in ["arn:aws:iam::111122223333:role/audit", "arn:aws-us-gov:iam::111122223333:role/a/b/audit", "arn:aws-cn:iam::111122223333:role/x"]
        {
            assert!(is_role_arn(good), "{good}");
        }
        for bad in [
            "not-an-arn",
            "",
            "audit",
            "arn:aws:iam::111122223333:user/audit",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::1111:role/audit",
            "arn:aws:iam:eu-west-1:111122223333:role/audit",
            "arn:aws:sts::111122223333:assumed-role/audit/x",
            "arn:aws:iam::111122223333:role/audit now",
        ] {
            assert!(!is_role_arn(bad), "{bad}");
        }
    }
}
