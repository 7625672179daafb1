//! What a profile of the AWS configuration files asks for that the SDK tells badly or not at all: parts of SSO that are missing, and codes of MFA devices.
//!
//! Source: AWS SDKs and Tools Reference Guide, "IAM Identity Center credential provider" and "Assume role credential provider".

use aws_config::SdkConfig;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::os_shim_internal::{Env, Fs};

use super::Options;
use super::credentials::{Tried, words};
use super::error::CollectError;
use super::role::Role;

/// The profile that gives the credentials, and the file's others.
#[derive(Debug)]
pub(super) struct Chosen {
    name: String,
    all: ProfileSet,
}

/// The profile that was asked for, by flag or by environment; else the default one.
///
/// # Errors
/// Where it does not exist, the files cannot be read, or its sign-in lacks a part.
pub(super) async fn chosen(options: &Options) -> Result<Chosen, CollectError> {
    let (env, fs) = (Env::real(), Fs::real());
    let wanted = options.profile.clone().or_else(|| env.get("AWS_PROFILE").ok()).filter(|name| !name.is_empty());
    let name = wanted.clone().unwrap_or_else(|| "default".to_owned());
    #[expect(deprecated, reason = "the crate that it moved to is no dependency of ours")]
    let files = aws_config::profile::profile_file::ProfileFiles::default();
    let loaded = aws_config::profile::load(&fs, &env, &files, Some(name.clone().into())).await;
    let all = match loaded {
        Ok(all) => all,
        // Without a word on profiles their files may be anything: credentials may come from elsewhere.
        Err(_) if wanted.is_none() => ProfileSet::default(),
        Err(error) => return Err(CollectError::BadCredentials(words(&error))),
    };
    if all.get_profile(&name).is_none() && name != "default" {
        return Err(CollectError::UnknownProfile(name));
    }
    // Keys in the environment come before a profile that only the environment names.
    let keys_first = options.profile.is_none() && env.get("AWS_ACCESS_KEY_ID").is_ok_and(|key| !key.is_empty());
    let chosen = Chosen { name, all: if keys_first { ProfileSet::default() } else { all } };
    match chosen.source_lacks().or_else(|| chosen.chain().iter().find_map(|name| chosen.sso_lacks(name))) {
        Some(lack) => Err(CollectError::BadProfile(lack)),
        None => Ok(chosen),
    }
}

impl Chosen {
    fn get(&self, profile: &str, key: &str) -> Option<&str> {
        self.all.get_profile(profile)?.get(key).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The profile, the one whose credentials it uses, and so on.
    fn chain(&self) -> Vec<&str> {
        let mut chain = vec![&*self.name];
        while let Some(next) = chain
            .last()
            .and_then(|last| self.get(last, "source_profile"))
            .filter(|next| !chain.contains(next) && self.all.get_profile(next).is_some())
        {
            chain.push(next);
        }
        chain
    }

    /// What is wrong with the profile that the last one of the chain names, in a sentence.
    fn source_lacks(&self) -> Option<String> {
        let chain = self.chain();
        let last = chain.last()?;
        let next = self.get(last, "source_profile").filter(|next| next != last && self.get(last, "role_arn").is_some())?;
        Some(match self.all.get_profile(next) {
            Some(_) => format!("the profile \"{last}\" takes its credentials from \"{next}\", which takes them from it in turn"),
            None => format!("the profile \"{last}\" takes its credentials from the profile \"{next}\", which there is not"),
        })
    }

    /// What a sign-in by IAM Identity Center lacks, in a sentence. The old form has all parts in the profile, the new one two of them in a session.
    fn sso_lacks(&self, profile: &str) -> Option<String> {
        let own = |key: &str| self.get(profile, key);
        let session = own("sso_session");
        if ["sso_account_id", "sso_role_name", "sso_start_url"].into_iter().all(|key| own(key).is_none()) && session.is_none() {
            return None;
        }
        if let Some(key) = ["sso_account_id", "sso_role_name"].into_iter().find(|key| own(key).is_none()) {
            return Some(format!("the profile \"{profile}\" signs in by SSO and has no {key}"));
        }
        let Some(session) = session else {
            let lack = ["sso_start_url", "sso_region"].into_iter().find(|key| own(key).is_none())?;
            let or_session = if lack == "sso_start_url" { ", and no sso_session that would hold it" } else { "" };
            return Some(format!("the profile \"{profile}\" signs in by SSO and has no {lack}{or_session}"));
        };
        if let Some(key) = ["sso_start_url", "sso_region"].into_iter().find(|key| own(key).is_some()) {
            return Some(format!(
                "the profile \"{profile}\" names the SSO session \"{session}\", so {key} belongs there: take it out of the profile"
            ));
        }
        let Some(section) = self.all.sso_session(session) else {
            return Some(format!(
                "the profile \"{profile}\" names the SSO session \"{session}\", and the AWS config file has no [sso-session {session}]"
            ));
        };
        let lack = ["sso_start_url", "sso_region"].into_iter().find(|key| section.get(key).is_none())?;
        Some(format!("[sso-session {session}], which the profile \"{profile}\" names, has no {lack}"))
    }

    /// The credentials, where a role of the chain wants a code of an MFA device, which the SDK does not ask for; else none.
    ///
    /// # Errors
    /// Where nobody can be asked for the code, or a step of the chain is refused.
    pub(super) async fn with_mfa(
        &self,
        options: &Options,
        config: &SdkConfig,
        calls: &ProviderConfig,
    ) -> Result<Option<SharedCredentialsProvider>, CollectError> {
        let chain = self.chain();
        let wants_code = |profile: &&str| self.get(profile, "role_arn").is_some() && self.get(profile, "mfa_serial").is_some();
        let Some(last) = chain.iter().rposition(wants_code) else { return Ok(None) };
        // From the far end: what does without a code is the SDK's, the roles before it are ours, one with the credentials of the other.
        let mut provider = self.base(chain[last], calls)?;
        for profile in chain[..=last].iter().rev() {
            let Some(arn) = self.get(profile, "role_arn") else { continue };
            let own = |key: &str| self.get(profile, key).map(str::to_owned);
            let mfa = match own("mfa_serial") {
                Some(device) => Some((device.clone(), code(options, profile, device).await?)),
                None => None,
            };
            let role = Role { arn: arn.to_owned(), external_id: own("external_id"), session: own("role_session_name"), mfa };
            let with = config.to_builder().credentials_provider(provider).build();
            provider = Tried::of(role.provider(&with), options)
                .await?
                .map_err(|error| CollectError::RoleRefused { role: arn.to_owned(), message: words(&error) })?;
        }
        Ok(Some(provider))
    }

    /// Whose credentials ask for the role of a profile.
    fn base(&self, profile: &str, calls: &ProviderConfig) -> Result<SharedCredentialsProvider, CollectError> {
        let by = |name: &str| SharedCredentialsProvider::new(ProfileFileCredentialsProvider::builder().profile_name(name).configure(calls).build());
        match self.get(profile, "source_profile") {
            Some(source) if source != profile => Ok(by(source)),
            // Its own keys.
            _ => match (self.get(profile, "aws_access_key_id"), self.get(profile, "aws_secret_access_key")) {
                (Some(id), Some(secret)) => {
                    let token = self.get(profile, "aws_session_token").map(str::to_owned);
                    Ok(SharedCredentialsProvider::new(Credentials::new(id, secret, token, None, "Profile")))
                }
                _ => Err(CollectError::BadProfile(format!(
                    "the profile \"{profile}\" has an mfa_serial and no source_profile whose keys ask for its role"
                ))),
            },
        }
    }
}

/// The code that a device shows now. A person takes the time that it takes.
async fn code(options: &Options, profile: &str, device: String) -> Result<String, CollectError> {
    let (ask, wanted) = (options.mfa_code, device.clone());
    let code = tokio::task::spawn_blocking(move || ask(&wanted)).await.ok().flatten().map(|code| code.trim().to_owned());
    match code {
        Some(code) if code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) => Ok(code),
        Some(_) => Err(CollectError::BadProfile(format!("a code of the MFA device {device} has six digits"))),
        None => Err(CollectError::NobodyForMfa { profile: profile.to_owned(), device }),
    }
}
