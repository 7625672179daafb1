//! Identity providers of OpenID Connect: which of them vouch for everybody's identities, and which claims of their tokens say whose they are.
//!
//! Source: IAM User Guide, "Identity-provider controls for shared OIDC providers" (the issuers and the claim by which AWS tells their tenants
//! apart) and "Available keys for AWS OIDC federation"; GitHub Docs, "OpenID Connect reference" (the claims of GitHub Actions); Amazon Cognito
//! Developer Guide, "Role trust and permissions" (the pool is the audience).

use super::universal_values::is_all_wild;
use crate::arn::Arn;

/// An issuer that serves the public.
struct Public {
    /// Its URL, without `https://`.
    issuer: &'static str,
    /// The claims (or [`SESSION`]) that say whose an identity is; any one of them does.
    claims: &'static [&'static str],
    /// Whether a claim begins with its owner (`repo:acme/…`), so that a pattern behind it is still one owner's.
    by_owner: bool,
}

const fn tenants(issuer: &'static str, claims: &'static [&'static str]) -> Public {
    Public { issuer, claims, by_owner: true }
}

const fn people(issuer: &'static str, claims: &'static [&'static str]) -> Public {
    Public { issuer, claims, by_owner: false }
}

/// The key of the name that a session is given, which is no claim of a token's.
const SESSION: &str = "sts:rolesessionname";

/// Anyone can have an identity that one of these vouches for.
const PUBLIC: &[Public] = &[
    // Everybody's jobs.
    tenants(
        "token.actions.githubusercontent.com",
        &["sub", "repository", "repository_id", "repository_owner", "repository_owner_id", "job_workflow_ref", "enterprise", "enterprise_id"],
    ),
    tenants("vstoken.actions.githubusercontent.com", &["sub"]),
    tenants("oidc-configuration.audit-log.githubusercontent.com", &["sub"]),
    tenants("gitlab.com", &["sub"]),
    tenants("app.terraform.io", &["sub"]),
    tenants("agent.buildkite.com", &["sub"]),
    tenants("oidc.codefresh.io", &["sub"]),
    tenants("studio.datachain.ai/api", &["sub"]),
    tenants("scalr.io", &["sub"]),
    tenants("tokens.cloud.shisho.dev", &["sub"]),
    tenants("proidc.upbound.io", &["sub"]),
    tenants("api.pulumi.com/oidc", &["aud", "sub"]),
    tenants("sandboxes.cloud", &["aud", "sub"]),
    tenants("oidc.vercel.com", &["aud", "sub"]),
    // IBM Turbonomic.
    tenants("oidc.op1.openshiftapps.com/2c51blsaqa9gkjt0o9rt11mle8mmropu", &["sub"]),
    tenants("oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb", &["sub"]),
    tenants("rh-oidc.s3.us-east-1.amazonaws.com/22ejnvnnturfmt6km08idd0nt4hekbn7", &["sub"]),
    tenants("rh-oidc.s3.us-east-1.amazonaws.com/23e3sd27sju1hoou6ohfs68vbno607tr", &["sub"]),
    tenants("rh-oidc.s3.us-east-1.amazonaws.com/23ne21h005qjl3n33d8dui5dlrmv2tmg", &["sub"]),
    tenants("rh-oidc.s3.us-east-1.amazonaws.com/24jrf12m5dj7ljlfb4ta2frhrcoadm26", &["sub"]),
    // Microsoft Sentinel: the session is named after the customer's workspace.
    people("sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d", &[SESSION]),
    // Everybody: the audience says to which application they signed in, and not who they are.
    people("accounts.google.com", &["sub"]),
    people("graph.facebook.com", &["id", "sub"]),
    people("www.amazon.com", &["user_id", "sub"]),
];

/// The URL of an issuer, from the ARN of its provider or its public name; `None` for a SAML provider.
pub fn url(provider: &str) -> Option<&str> {
    match Arn::parse(provider) {
        Some(arn) => arn.resource.strip_prefix("oidc-provider/"),
        None => Some(provider),
    }
}

/// Whether it is Amazon Cognito's identity pools, in any partition.
pub fn is_cognito(issuer: &str) -> bool {
    issuer.starts_with("cognito-identity") && super::principal_element::service_of(issuer).is_some()
}

/// Whether anyone can have an identity that a provider vouches for. Of Cognito's pools every account may have one.
pub fn serves_the_public(provider: &str) -> bool {
    url(provider).is_some_and(|issuer| is_cognito(issuer) || public(issuer).is_some())
}

fn public(issuer: &str) -> Option<&'static Public> {
    PUBLIC.iter().find(|public| public.issuer.eq_ignore_ascii_case(issuer))
}

/// Whether a condition key (in lower case) says whose an identity is that a provider vouches for.
pub(super) fn says_whose(provider: &str, key: &str) -> bool {
    let Some(issuer) = url(provider) else { return true };
    if key == SESSION {
        return public(issuer).is_some_and(|public| public.claims.contains(&SESSION));
    }
    let Some((of, claim)) = key.rsplit_once(':').filter(|(of, _)| of.eq_ignore_ascii_case(issuer)) else { return false };
    match public(issuer) {
        Some(public) => public.claims.contains(&claim),
        None if is_cognito(of) => matches!(claim, "aud" | "sub"),
        None => claim == "sub",
    }
}

/// Whether a value with wildcards, for a key that says whose an identity is, is one party's all the same.
pub(super) fn names_one(key: &str, value: &str) -> bool {
    let (issuer, claim) = key.rsplit_once(':').unwrap_or(("", key));
    let fixed = |part: Option<&str>| part.is_some_and(|part| !part.is_empty() && !part.contains(['*', '?']));
    match public(issuer) {
        _ if key == SESSION => false,
        Some(public) if public.by_owner => {
            let mut parts = value.split([':', '/']);
            // `repo:acme/*`; the other claims begin with the owner.
            fixed(parts.next()) && (claim != "sub" || fixed(parts.next()))
        }
        Some(_) => false,
        None if is_cognito(issuer) => false,
        // Every service account of a cluster is whoever the cluster vouches for.
        None => {
            let rest = value.strip_prefix("system:serviceaccount:").unwrap_or(value);
            !rest.split([':', '/']).all(|part| part.is_empty() || is_all_wild(part))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_known_by_its_whole_name() {
        for provider in [
            "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
            "arn:aws:iam::111122223333:oidc-provider/gitlab.com",
            "arn:aws:iam::111122223333:oidc-provider/api.pulumi.com/oidc",
            "accounts.google.com",
            "cognito-identity.amazonaws.com",
            "cognito-identity.cn-north-1.amazonaws.com.cn",
        ] {
            assert!(serves_the_public(provider), "{provider}");
        }
        for provider in [
            "arn:aws:iam::111122223333:oidc-provider/mygitlab.com",
            "arn:aws:iam::111122223333:oidc-provider/gitlab.com/enterprise",
            "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com/acme",
            "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-east-2.amazonaws.com/id/A",
            "arn:aws:iam::111122223333:saml-provider/gitlab.com",
        ] {
            assert!(!serves_the_public(provider), "{provider}");
        }
    }

    #[test]
    fn what_says_whose_an_identity_is_differs_by_issuer() {
        let github = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
        assert!(says_whose(github, "token.actions.githubusercontent.com:sub"));
        assert!(!says_whose(github, "token.actions.githubusercontent.com:aud") && !says_whose(github, "gitlab.com:sub"));
        assert!(!says_whose("accounts.google.com", "accounts.google.com:aud"));
        assert!(says_whose("cognito-identity.amazonaws.com", "cognito-identity.amazonaws.com:aud"));
        let sentinel = "arn:aws:iam::111122223333:oidc-provider/sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d";
        assert!(serves_the_public(sentinel) && says_whose(sentinel, SESSION) && !says_whose(github, SESSION));
        assert!(!says_whose(sentinel, "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d:aud") && !names_one(SESSION, "microsoftsentinel_*"));
        let cluster = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-east-2.amazonaws.com/id/A";
        assert!(
            says_whose(cluster, "oidc.eks.us-east-2.amazonaws.com/id/a:sub") && !says_whose(cluster, "oidc.eks.us-east-2.amazonaws.com/id/a:aud")
        );
    }

    #[test]
    fn a_pattern_is_one_partys_where_its_owner_is_fixed() {
        let github = "token.actions.githubusercontent.com:sub";
        assert!(names_one(github, "repo:acme/*") && names_one("app.terraform.io:sub", "organization:acme:*"));
        assert!(!names_one(github, "repo:*") && !names_one(github, "repo:*/etl:*") && !names_one(github, "repo:ac*/etl"));
        assert!(names_one("token.actions.githubusercontent.com:repository", "acme/*"));
        assert!(!names_one("accounts.google.com:sub", "1*"));
        let cluster = "oidc.eks.us-east-2.amazonaws.com/id/a:sub";
        assert!(names_one(cluster, "system:serviceaccount:etl:*"));
        assert!(!names_one(cluster, "system:serviceaccount:*:*") && !names_one(cluster, "system:serviceaccount:*") && !names_one(cluster, "*"));
    }
}
