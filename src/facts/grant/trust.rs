//! Trust policies → who can assume a role.
//!
//! Source: IAM User Guide, "Roles terms and concepts". The owner's root stands for the people of the account and is no outsider.

use std::collections::BTreeSet;

use super::matching::Pattern;
use super::open::{Opening, admitted, is_banned, opening};
use super::statement::Claim;
use super::whom::Whom;
use crate::config::Config;
use crate::model::policy::Document;

/// The actions that a trust policy grants. `sts:TagSession` and `sts:SetSourceIdentity` are harmless without them.
const ASSUME: &[&str] = &["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoot"];

/// Who can assume a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// From outside.
    pub opening: Opening,
    /// Everyone that an Allow names and no Deny takes away.
    pub admitted: BTreeSet<Whom>,
    /// An Allow names an IAM principal, SAML or OpenID Connect: a person can come in. Deny statements are not looked at.
    pub admits_people: bool,
}

/// Reads the trust policy of a role.
pub fn trust(document: &Document, account: &str, config: &Config) -> Trust {
    let claims = Claim::of(document, "", None);
    let actions: Vec<Pattern> = ASSUME.iter().map(|action| Pattern::action(action)).collect();
    let mut all = BTreeSet::new();
    let mut admits_people = false;
    for claim in claims.iter().filter(|claim| claim.allows()) {
        let granted: Vec<&Pattern> = actions.iter().filter(|action| claim.actions.grants(action)).collect();
        if granted.is_empty() {
            continue;
        }
        let named = admitted(claim);
        admits_people |= named.iter().any(|whom| !matches!(whom, Whom::Service(_) | Whom::Deleted(_)));
        if granted.iter().any(|action| !is_banned(&claims, claim, action)) {
            all.extend(named);
        }
    }
    Trust { opening: opening(document, account, config, ASSUME), admitted: all, admits_people }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(statements: &str) -> Trust {
        let mut config = Config::default();
        config.external.accounts.push("222233334444".into());
        trust(&Document::parse(&format!(r#"{{"Statement": [{statements}]}}"#)).unwrap(), "111122223333", &config)
    }

    fn allow(principal: &str, condition: &str) -> String {
        format!(r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "sts:AssumeRole", "Condition": {condition}}}"#)
    }

    #[test]
    fn everyone_is_everyone_unless_a_condition_says_who() {
        for (principal, condition, anyone) in [
            (r#""*""#, "{}", true),
            (r#"{"AWS": "*"}"#, "{}", true),
            (r#"{"AWS": "*"}"#, r#"{"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#, false),
            (r#"{"AWS": "*"}"#, r#"{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}"#, true),
            (r#"{"AWS": "*"}"#, r#"{"StringEquals": {"AWS:PrincipalAccount": "111122223333"}}"#, false),
            (r#"{"AWS": "*"}"#, r#"{"StringEquals": {"sts:ExternalId": "guess"}}"#, true),
        ] {
            let trust = read(&allow(principal, condition));
            assert_eq!((trust.opening.anyone, trust.opening.undeclared.is_empty()), (anyone, true), "{principal} {condition}");
            assert!(trust.admits_people);
        }
    }

    #[test]
    fn the_account_itself_is_people_and_no_outsider() {
        let trust = read(&allow(r#"{"AWS": "arn:aws:iam::111122223333:root"}"#, "{}"));
        assert!(trust.admits_people && !trust.opening.is_open());
    }

    #[test]
    fn other_accounts_are_undeclared_until_declared() {
        let trust = read(&allow(r#"{"AWS": ["222233334444", "arn:aws:iam::999988887777:role/x"]}"#, r#"{"StringEquals": {"sts:ExternalId": "x"}}"#));
        assert_eq!(trust.opening.undeclared, ["arn:aws:iam::999988887777:role/x"]);
        let bound = read(&allow(r#"{"AWS": "*"}"#, r#"{"StringEquals": {"aws:PrincipalAccount": ["999988887777", "111122223333"]}}"#));
        assert_eq!((bound.opening.anyone, bound.opening.undeclared), (false, vec!["999988887777".to_owned()]));
    }

    #[test]
    fn a_service_is_not_a_person_and_needs_no_condition() {
        let trust = read(&allow(r#"{"Service": "dms.us-east-1.amazonaws.com"}"#, r#"{"StringEquals": {"AWS:SourceAccount": "111122223333"}}"#));
        assert!(!trust.admits_people && !trust.opening.is_open());
        assert_eq!(trust.admitted, BTreeSet::from([Whom::Service("dms.us-east-1.amazonaws.com".into())]));
    }

    #[test]
    fn federation_must_be_bound_and_github_by_its_subject() {
        let federated = |provider: &str, action: &str, condition: &str| {
            read(&format!(r#"{{"Effect": "Allow", "Principal": {{"Federated": "{provider}"}}, "Action": "{action}", "Condition": {condition}}}"#))
        };
        let saml = "arn:aws:iam::111122223333:saml-provider/sso";
        assert!(
            !federated(saml, "sts:AssumeRoleWithSAML", r#"{"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}"#).opening.is_open()
        );
        assert_eq!(federated(saml, "sts:AssumeRoleWithSAML", "{}").opening.undeclared, [saml]);
        let github = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
        let aud = r#"{"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}"#;
        assert!(federated(github, "sts:AssumeRoleWithWebIdentity", aud).opening.is_open());
        let sub = r#"{"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/etl:*"}}"#;
        assert!(!federated(github, "sts:AssumeRoleWithWebIdentity", sub).opening.is_open());
    }

    #[test]
    fn a_plain_deny_to_everyone_shuts_the_role_but_its_people_stay_people() {
        let deny = r#"{"Effect": "Deny", "Principal": "*", "Action": "sts:*"}"#;
        let trust = read(&format!("{}, {deny}", allow(r#"{"AWS": "*"}"#, "{}")));
        assert!(!trust.opening.is_open() && trust.admitted.is_empty() && trust.admits_people);
        let conditional = r#"{"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#;
        assert!(read(&format!("{}, {conditional}", allow(r#"{"AWS": "*"}"#, "{}"))).opening.anyone);
    }
}
