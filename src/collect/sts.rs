//! AWS STS → who asks. Everything else is named by the account and partition that it says.

use iam_eval::arn::Arn;

use super::ctx::Session;
use super::endpoint::{endpoint_of, origin};
use super::error::CollectError;
use super::retry::{Failure, without_session};
use crate::model::snapshot::{Caller, INTERRUPTED};

/// Codes by which AWS says that it does not take the credentials.
const REFUSED: &[&str] = &[
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
];

/// Asks, and tells the session its account and partition.
///
/// # Errors
/// Where the credentials are refused, the endpoint does not answer, or the call is denied.
pub(super) async fn caller(session: &mut Session) -> Result<Caller, CollectError> {
    let home = session.home();
    let outcome = {
        let ctx = session.region(&home);
        ctx.ask("sts", "GetCallerIdentity").attempt(|| ctx.clients.sts().get_caller_identity().send()).await
    };
    let output = outcome.map_err(|failure| trouble(session, failure))?;
    let (Some(account), Some(arn)) = (output.account, output.arn) else {
        return Err(trouble(session, Failure::unparseable("the answer names no account")));
    };
    let partition = Arn::parse(&arn).map_or("aws", |arn| arn.partition).to_owned();
    session.account = account.as_str().into();
    session.partition = partition.as_str().into();
    // The answer is written down now that the account is known.
    let _: super::call::Answer<()> = session.region(&home).ask("sts", "GetCallerIdentity").settle(Ok(()));
    Ok(Caller { account, arn: without_session(&arn), partition })
}

fn trouble(session: &Session, failure: Failure) -> CollectError {
    let region = session.home().to_string();
    let Failure { code, message, .. } = failure;
    match code.as_str() {
        INTERRUPTED => CollectError::Interrupted,
        "Network" => {
            let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
            let url = endpoint_of(&session.config, "STS").unwrap_or_else(|| format!("https://sts.{region}.{suffix}"));
            CollectError::Unreachable { url: origin(&url).unwrap_or_default().to_owned(), message }
        }
        code if REFUSED.contains(&code) => CollectError::RefusedCredentials { region, code: code.to_owned(), message },
        _ => CollectError::CallerUnknown { region, code, message },
    }
}
