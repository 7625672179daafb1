//! What an outsider that nobody named cannot choose: the keys that say who he is or from where he comes, and which values name someone.
//!
//! Source: IAM User Guide, "AWS global condition context keys"; S3 User Guide, "The meaning of public"; IAM User Guide, "Create a role for
//! OpenID Connect federation". All other keys (tags, MFA, an external id, the service he goes through) he may have as a policy wants them.

use std::net::IpAddr;

use ipnet::IpNet;

use super::context::Known;
use super::issuer;
use super::operator::Comparison;
use super::principal::{Principal, PrincipalType};
use crate::arn::Arn;

/// How a key names someone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tie {
    /// By account id.
    Account,
    /// By an ARN that names an account, or a bucket.
    Arn,
    /// By the id of an organization, a network, an identity; fixed up to its path or session.
    Id,
    /// By the network he comes from.
    Network,
    /// By what an identity provider says of him.
    Subject,
    /// By the ARN that a service puts into an encryption context, of what it encrypts for.
    Served,
}

/// What a tie means for a key.
fn tie(key: &str) -> Option<Tie> {
    Some(match key {
        "aws:principalaccount" | "aws:sourceaccount" | "aws:sourceowner" | "kms:calleraccount" | "s3:dataaccesspointaccount" => Tie::Account,
        "aws:principalarn" | "aws:sourcearn" | "aws:userarn" | "s3:dataaccesspointarn" => Tie::Arn,
        "aws:principalorgid"
        | "aws:principalorgpaths"
        | "aws:sourceorgid"
        | "aws:sourceorgpaths"
        | "aws:sourcevpc"
        | "aws:sourcevpce"
        | "aws:vpceaccount"
        | "aws:vpceorgid"
        | "aws:vpceorgpaths"
        | "aws:userid" => Tie::Id,
        "aws:sourceip" => Tie::Network,
        // KMS Developer Guide, "Encryption context": `aws:logs:arn`, `aws:cloudtrail:arn`. Who is no service may choose it.
        _ if key.starts_with("kms:encryptioncontext:aws:") && key.ends_with(":arn") => Tie::Served,
        _ if CLAIMS.iter().any(|claim| key.ends_with(claim)) => Tie::Subject,
        _ => return None,
    })
}

/// What of a token or an assertion may say whose it is (IAM User Guide, "Available keys for AWS OIDC federation" and "for SAML-based").
const CLAIMS: [&str; 16] = [
    ":sub",
    ":aud",
    ":oaud",
    ":app_id",
    ":id",
    ":user_id",
    ":repository",
    ":repository_id",
    ":repository_owner",
    ":repository_owner_id",
    ":job_workflow_ref",
    ":enterprise",
    ":enterprise_id",
    "saml:iss",
    "saml:namequalifier",
    "sts:rolesessionname",
];

/// Whether a key says of which organization the caller is.
pub(super) fn is_organization(key: &str) -> bool {
    matches!(key, "aws:principalorgid" | "aws:principalorgpaths")
}

/// Whether a key says from where the caller comes.
pub(super) fn is_place(key: &str) -> bool {
    matches!(key, "aws:sourceip" | "aws:sourcevpc" | "aws:sourcevpce" | "aws:vpceaccount" | "aws:vpceorgid" | "aws:vpceorgpaths")
}

/// What an outsider has for a key, where he cannot choose it.
pub(super) fn key(key: &str, principal: &Principal) -> Option<Known<'static>> {
    let tie = tie(key)?;
    let foreign = match principal.who {
        // Who is vouched for is said by the provider alone.
        PrincipalType::Federated if tie == Tie::Subject => issuer::says_whose(&principal.arn, key).then_some(Known::Foreign { may_lack: false }),
        // Of an account that is known its principals are told by it.
        PrincipalType::Stranger
            if !principal.account.is_empty() && matches!(key, "aws:principalaccount" | "aws:principalarn" | "kms:calleraccount") =>
        {
            None
        }
        // The service says for whom it acts; some services do not.
        PrincipalType::Service if principal.acts_for_any_other() => Some(Known::Foreign { may_lack: true }),
        // For whom a service acts is given.
        PrincipalType::Service if matches!(key, "aws:sourceaccount" | "aws:sourceowner" | "aws:sourcearn") => None,
        PrincipalType::Service => Some(Known::Foreign { may_lack: true }),
        PrincipalType::Stranger => match key {
            "aws:principalaccount" | "aws:principalarn" | "kms:calleraccount" | "aws:userarn" | "aws:userid" => {
                Some(Known::Foreign { may_lack: false })
            }
            // Only in calls that a service makes under its own name.
            "aws:sourceaccount" | "aws:sourcearn" | "aws:sourceowner" | "aws:sourceorgid" | "aws:sourceorgpaths" => Some(Known::Absent),
            _ => Some(Known::Foreign { may_lack: true }),
        },
        // What the anonymous have of these is known.
        PrincipalType::Anonymous if is_organization(key) || matches!(key, "aws:principalaccount" | "aws:principalarn" | "aws:userid") => None,
        PrincipalType::Anonymous => Some(Known::Foreign { may_lack: true }),
        _ => None,
    };
    foreign.filter(|_| match tie {
        Tie::Subject => principal.who == PrincipalType::Federated,
        Tie::Served => principal.acts_for_any_other(),
        _ => true,
    })
}

/// Whether a value of a policy, for such a key, names someone: then no outsider fits it.
pub(super) fn is_fixed(key: &str, value: &str, by: Comparison) -> bool {
    if by == Comparison::Ip {
        return tie(key) == Some(Tie::Network) && is_small_network(value);
    }
    if !by.has_variables() {
        return false;
    }
    // Without wildcards only the value itself fits.
    let plain = !by.has_wildcards() || !value.contains(['*', '?']);
    match tie(key) {
        Some(Tie::Account | Tie::Network) => plain,
        Some(Tie::Arn | Tie::Served) => plain || names_account(value),
        Some(Tie::Id) => plain || is_fixed_id(value),
        Some(Tie::Subject) => plain || issuer::names_one(key, value),
        None => false,
    }
}

/// Whether a variable stands for the resource's own account or organization: then no outsider's key is the same.
pub(super) fn is_of_resource(key: &str, variable: &str) -> bool {
    match variable.to_ascii_lowercase().as_str() {
        "${aws:resourceaccount}" => tie(key) == Some(Tie::Account),
        "${aws:resourceorgid}" => matches!(key, "aws:principalorgid" | "aws:sourceorgid"),
        _ => false,
    }
}

/// An ARN pattern of one account's, or of a bucket, which has none.
fn names_account(value: &str) -> bool {
    let wild = |text: &str| text.contains(['*', '?']);
    Arn::parse(value).is_some_and(|arn| !wild(arn.account) && (!arn.account.is_empty() || !arn.resource.starts_with(['*', '?'])))
}

/// An id that is fixed up to its path or session: `o-1/*` and `AROA…:*` are, `o-*` and `vpce-*` are everybody's.
fn is_fixed_id(value: &str) -> bool {
    let head = value.split(['/', ':']).next().unwrap_or_default();
    !head.is_empty() && !head.contains(['*', '?'])
}

/// S3's own measure of "public" (S3 User Guide, "The meaning of public"): a network as wide as /8 (IPv6: /32) is nobody's.
pub(super) fn is_small_network(value: &str) -> bool {
    match value.parse::<IpNet>() {
        Ok(IpNet::V4(network)) => network.prefix_len() >= 8,
        Ok(IpNet::V6(network)) => network.prefix_len() >= 32,
        Err(_) => value.parse::<IpAddr>().is_ok(),
    }
}

/// The accounts that the values of a key name, and whether as those for which a service acts.
pub(super) fn accounts(key: &str, values: &[String]) -> (Vec<String>, bool) {
    let plain = |text: &str| !text.is_empty() && !text.contains(['*', '?', '$']);
    let of = |value: &String| match tie(key) {
        Some(Tie::Account) => Some(value.clone()),
        Some(Tie::Arn | Tie::Served) => Arn::parse(value).map(|arn| arn.account.to_owned()),
        _ => None,
    };
    let served = key.starts_with("aws:source") || tie(key) == Some(Tie::Served);
    (values.iter().filter_map(of).filter(|account| plain(account)).collect(), served)
}

/// Whether a key says for which account, or for what of it, a service acts.
pub(super) fn is_of_whom_is_served(key: &str) -> bool {
    matches!(key, "aws:sourceaccount" | "aws:sourceowner") || is_of_the_served(key)
}

/// Whether the account in a key's ARN is the one for which a service acts.
pub(super) fn is_of_the_served(key: &str) -> bool {
    key == "aws:sourcearn" || tie(key) == Some(Tie::Served)
}
