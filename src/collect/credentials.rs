//! Credentials: tried once before anything else is asked, so that trouble with them is told as such; and used from there on.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".

use std::sync::Mutex;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_types::error::ErrorMetadata;

use super::Options;
use super::error::CollectError;
use super::retry::{causes, scrub};
use super::role::{Refused, Role, is_role_arn};

/// An error where the role that is to be assumed is none, which AWS need not be asked.
pub(super) fn check_role(options: &Options) -> Result<(), CollectError> {
    match options.role_arn.as_deref().filter(|role| !is_role_arn(role)) {
        Some(role) => Err(CollectError::NoRoleArn(role.to_owned())),
        None => Ok(()),
    }
}

/// The configuration with credentials that were got: those of the role, where one is to be assumed.
pub(super) async fn tried(config: SdkConfig, options: &Options) -> Result<SdkConfig, CollectError> {
    let provider = config.credentials_provider().ok_or(CollectError::NoCredentials)?;
    let provider = Tried::of(provider, options).await?.map_err(|error| match error {
        CredentialsError::CredentialsNotLoaded(_) => CollectError::NoCredentials,
        error => CollectError::BadCredentials(words(&error)),
    })?;
    let config = config.into_builder().credentials_provider(provider).build();
    let Some(arn) = &options.role_arn else { return Ok(config) };
    let role = Role { arn: arn.clone(), external_id: options.external_id.clone(), ..Role::default() };
    let refused = |message| CollectError::RoleRefused { role: arn.clone(), message };
    let assumed = match Tried::of(role.provider(&config), options).await {
        Ok(assumed) => assumed.map_err(|error| refused(words(&error)))?,
        Err(_) => return Err(refused(format!("sts:AssumeRole was not answered within {} s", options.call_timeout.as_secs()))),
    };
    Ok(config.into_builder().credentials_provider(assumed).build())
}

/// A provider whose first answer is there already: a role is assumed once, a program asked once, until they expire.
#[derive(Debug)]
pub(super) struct Tried {
    first: Mutex<Option<Credentials>>,
    then: SharedCredentialsProvider,
}

impl Tried {
    /// Asks a provider.
    ///
    /// # Errors
    /// The outer one where it does not answer in the time of a call; the inner one where it has no credentials.
    pub(super) async fn of(
        provider: SharedCredentialsProvider,
        options: &Options,
    ) -> Result<Result<SharedCredentialsProvider, CredentialsError>, CollectError> {
        match tokio::time::timeout(options.call_timeout, provider.provide_credentials()).await {
            Err(_) => Err(CollectError::SlowCredentials { seconds: options.call_timeout.as_secs() }),
            Ok(Err(error)) => Ok(Err(error)),
            // The SDK puts it into a header, and panics over what no header can hold.
            Ok(Ok(first)) if !first.access_key_id().bytes().all(|byte| byte.is_ascii_graphic()) => Err(CollectError::BadCredentials(
                "the access key id holds a character that no key has, such as the line break at the end of a file".to_owned(),
            )),
            Ok(Ok(first)) => Ok(Ok(SharedCredentialsProvider::new(Self { first: Mutex::new(Some(first)), then: provider }))),
        }
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

/// An error for people: AWS's code and words where it holds them, else the words of all its causes.
pub(super) fn words(error: &(dyn std::error::Error + 'static)) -> String {
    if let Some(said) = causes(error).find_map(|cause| cause.downcast_ref::<ErrorMetadata>()) {
        let code = said.code().unwrap_or("an error without a code");
        return scrub(&said.message().map_or_else(|| code.to_owned(), |message| format!("{code}: {message}")));
    }
    if let Some(refused) = causes(error).find_map(|cause| cause.downcast_ref::<Refused>()) {
        return refused.to_string();
    }
    let mut all: Vec<String> = causes(error).map(ToString::to_string).collect();
    all.dedup();
    // What a program writes may be anything, secrets too.
    if let Some(program) = all.iter().find(|words| words.contains("external process")) {
        return of_program(program);
    }
    scrub(&all.join(": "))
}

/// What the SDK says of a `credential_process`, without what the program wrote.
fn of_program(words: &str) -> String {
    let how = words.split_once("exited with code ").map(|(_, rest)| rest.split_once(". Stderr:").map_or(rest, |(how, _)| how));
    match how {
        Some(how) => format!("the profile's credential_process failed ({}); run it by hand to see what it says", scrub(how)),
        None if words.contains("parse") || words.contains("decode") => {
            "what the profile's credential_process wrote are not the credentials in JSON that it has to write".to_owned()
        }
        None => "the profile's credential_process could not be run".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_writes_is_not_repeated() {
        let said = |words: &str| words_of(CredentialsError::provider_error(words.to_owned()));
        let failed = said(
            "Error retrieving credentials: external process exited with code exit status: 7. Stderr: token=hunter2\nexited with code 0. Stderr: x",
        );
        assert_eq!(failed, "the profile's credential_process failed (exit status: 7); run it by hand to see what it says");
        let broken = said("Error retrieving credentials from external process, could not parse response: hunter2");
        assert!(!broken.contains("hunter2") && broken.contains("JSON"), "{broken}");
    }

    #[test]
    fn a_refusal_is_told_by_code_and_words() {
        let said = ErrorMetadata::builder().code("AccessDenied").message("User: arn:aws:iam::1:user/u is not authorized").build();
        assert_eq!(words_of(CredentialsError::provider_error(said)), "AccessDenied: User: arn:aws:iam::1:user/u is not authorized");
    }

    fn words_of(error: CredentialsError) -> String {
        words(&error)
    }
}
