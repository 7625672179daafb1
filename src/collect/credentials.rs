//! Credentials: tried once before anything else is asked, so that trouble with them is told as such; and used from there on.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".

use std::sync::Mutex;

use aws_config::SdkConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_types::os_shim_internal::{Env, Fs};

use super::Options;
use super::error::CollectError;
use super::retry::scrub;

/// Name of the session where a role is assumed; it shows in the account's own trail.
const SESSION: &str = "pci-audit";

/// An error where the profile that was asked for does not exist.
pub async fn check_profile(options: &Options) -> Result<(), CollectError> {
    let (env, fs) = (Env::real(), Fs::real());
    let Some(wanted) = options.profile.clone().or_else(|| env.get("AWS_PROFILE").ok()).filter(|name| !name.is_empty() && name != "default") else {
        return Ok(());
    };
    #[expect(deprecated, reason = "the crate that it moved to is no dependency of ours")]
    let files = aws_config::profile::profile_file::ProfileFiles::default();
    let profiles = aws_config::profile::load(&fs, &env, &files, Some(wanted.clone().into()));
    match profiles.await {
        Ok(profiles) if profiles.get_profile(&wanted).is_none() => Err(CollectError::UnknownProfile(wanted)),
        Ok(_) => Ok(()),
        Err(error) => Err(CollectError::BadCredentials(words(&error))),
    }
}

/// The configuration with credentials that were got: those of the role, where one is to be assumed.
pub async fn tried(config: SdkConfig, options: &Options) -> Result<SdkConfig, CollectError> {
    let provider = config.credentials_provider().ok_or(CollectError::NoCredentials)?;
    let provider = Tried::of(provider).await.map_err(|error| match error {
        CredentialsError::CredentialsNotLoaded(_) => CollectError::NoCredentials,
        error => CollectError::BadCredentials(words(&error)),
    })?;
    let config = config.into_builder().credentials_provider(provider).build();
    let Some(role) = &options.role_arn else { return Ok(config) };
    let mut assumed = AssumeRoleProvider::builder(role).session_name(SESSION).configure(&config);
    if let Some(id) = &options.external_id {
        assumed = assumed.external_id(id);
    }
    let assumed = Tried::of(SharedCredentialsProvider::new(assumed.build().await)).await;
    let assumed = assumed.map_err(|error| CollectError::RoleRefused { role: role.clone(), message: words(&error) })?;
    Ok(config.into_builder().credentials_provider(assumed).build())
}

/// A provider whose first answer is there already: a role is assumed once, a program asked once, until they expire.
#[derive(Debug)]
struct Tried {
    first: Mutex<Option<Credentials>>,
    then: SharedCredentialsProvider,
}

impl Tried {
    async fn of(provider: SharedCredentialsProvider) -> Result<SharedCredentialsProvider, CredentialsError> {
        let first = Mutex::new(Some(provider.provide_credentials().await?));
        Ok(SharedCredentialsProvider::new(Self { first, then: provider }))
    }
}

impl ProvideCredentials for Tried {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        match self.first.lock().ok().and_then(|mut first| first.take()) {
            Some(first) => future::ProvideCredentials::ready(Ok(first)),
            None => self.then.provide_credentials(),
        }
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.then.fallback_on_interrupt()
    }
}

/// Without what a `credential_process` wrote: it may be a credential.
fn without_output(text: &str) -> &str {
    let marks = ["Stderr:", "stderr:", "Stdout:", "stdout:"];
    marks.iter().filter_map(|mark| text.find(mark)).min().map_or(text, |at| text[..at].trim_end())
}

/// The last cause of an error says most.
fn words(error: &dyn std::error::Error) -> String {
    let mut all = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        all.push(cause.to_string());
        next = cause.source();
    }
    all.dedup();
    scrub(without_output(&all.join(": ")))
}
