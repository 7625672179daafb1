//! Trust policies → who can assume a role.
//!
//! Source: IAM User Guide, "Roles terms and concepts". The owner's root stands for the people of the account and is no outsider.

use std::collections::BTreeSet;
use std::sync::Arc;

use iam_eval::arn::Arn;
use iam_eval::document::Document;
use iam_eval::principal_element::NamedPrincipal;
use iam_eval::{Context, PolicyStatement, Principal, issuer_url};
use jiff::Timestamp;

use super::door::Door;
use super::guest::{Guests, guests};
use super::known_parties::KnownParties;
use super::open::{Opening, opening};
use crate::model::Identity;

/// The actions that a trust policy grants. `sts:TagSession` and `sts:SetSourceIdentity` are harmless without them.
const ASSUME: &[&str] = &["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoot"];

/// Who can assume a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trust {
    /// From outside.
    pub opening: Opening,
    /// Everyone that an Allow names and no Deny takes away.
    pub admitted: BTreeSet<NamedPrincipal>,
    /// Whether it lets in guests of a Cognito identity pool, and so anyone.
    pub guests: Guests,
}

/// Who can assume a role from outside, and whether guests are among them.
pub(super) fn entrance(document: &Document, role: &Identity, known: &KnownParties<'_>) -> (Opening, Guests) {
    let (mut opening, guests) = (opening(document, role, known, ASSUME), guests(document, role, known.now));
    if guests == Guests::Welcome {
        let others = if opening.is_open() { format!("; {}", opening.why) } else { String::new() };
        opening.why = format!("it lets in guests of an Amazon Cognito identity pool, and so whoever knows the pool's id{others}");
        opening.anyone = true;
        opening.elements.insert("guests of an identity pool".to_owned());
    }
    (opening, guests)
}

/// Reads the trust policy of a role.
pub(super) fn trust(document: &Document, role: &Identity, known: &KnownParties<'_>) -> Trust {
    let door = Door::new(document, role, known.now);
    let mut admitted = BTreeSet::new();
    for action in ASSUME {
        for statement in trusting(&door, action) {
            admitted.extend(statement.named().into_iter().filter(|whom| door.may_admit(whom, action)));
        }
    }
    let (opening, guests) = entrance(document, role, known);
    Trust { opening, admitted, guests }
}

/// The issuers of OpenID Connect whose tokens open a role, where no condition says whose token.
pub(super) fn unbound_issuers(document: &Document, role: &Identity, now: Timestamp) -> BTreeSet<String> {
    let action = "sts:AssumeRoleWithWebIdentity";
    let door = Door::new(document, role, now);
    let named = trusting(&door, action).flat_map(PolicyStatement::named);
    let issuers = named.filter_map(|whom| if let NamedPrincipal::Federated(provider) = whom { Some(provider) } else { None });
    let unbound = |provider: &String| {
        issuer_url(provider).is_some() && !door.answer(&Principal::federated(provider), action, Context::external_caller()).is_denied()
    };
    issuers.filter(unbound).collect()
}

/// The SAML providers of the account whose assertions open a role, whatever they must say: who writes the provider's metadata signs what he likes
/// (IAM API Reference, `UpdateSAMLProvider`).
pub(super) fn saml_providers(document: &Document, role: &Identity, now: Timestamp) -> BTreeSet<String> {
    let action = "sts:AssumeRoleWithSAML";
    let door = Door::new(document, role, now);
    let named = trusting(&door, action).flat_map(PolicyStatement::named);
    let providers = named.filter_map(|whom| if let NamedPrincipal::Federated(provider) = whom { Some(provider) } else { None });
    let own = |provider: &String| {
        Arn::parse(provider).is_some_and(|arn| arn.account == &*role.account && arn.resource.starts_with("saml-provider/"))
            && !door.answer(&Principal::federated(provider), action, Context::open()).is_denied()
    };
    providers.filter(own).collect()
}

/// Whether an Allow names an IAM principal, SAML or OpenID Connect: a person can come in. Deny statements are not looked at.
pub(super) fn admits_people(document: &Document, role: &Identity, now: Timestamp) -> bool {
    let door = Door::new(document, role, now);
    let named = ASSUME.iter().flat_map(|action| trusting(&door, action)).flat_map(PolicyStatement::named);
    named.into_iter().any(|whom| !matches!(whom, NamedPrincipal::Service(_) | NamedPrincipal::Deleted(_)))
}

/// The statements that allow an action.
fn trusting<'a>(door: &'a Door<'_>, action: &str) -> impl Iterator<Item = &'a PolicyStatement> {
    let folded = action.to_ascii_lowercase();
    door.statements().iter().map(Arc::as_ref).filter(move |statement| statement.allows() && statement.actions.holds(&folded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn read(statements: &str) -> Trust {
        let mut config = Config::default();
        config.external.accounts.push("222233334444".into());
        trust(&document(statements), &role(), &KnownParties::declared(&config, Timestamp::UNIX_EPOCH))
    }

    fn document(statements: &str) -> Document {
        Document::parse(&format!(r#"{{"Statement": [{statements}]}}"#)).unwrap()
    }

    fn role() -> Identity {
        Identity { arn: "arn:aws:iam::111122223333:role/r".into(), name: "r".into(), account: "111122223333".into(), region: "global".into() }
    }

    fn people(statements: &str) -> bool {
        admits_people(&document(statements), &role(), Timestamp::UNIX_EPOCH)
    }

    fn allow(principal: &str, condition: &str) -> String {
        format!(r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "sts:AssumeRole", "Condition": {condition}}}"#)
    }

    #[test]
    fn everyone_is_everyone_unless_a_condition_says_who() {
        for (principal, condition, anyone) in [
            (r#""*""#, "{}", true),
            (r#"{"AWS": "*"}"#, "{}", true),
            (r#"{"AWS": "*"}"#, r#"{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}"#, true),
            (r#"{"AWS": "*"}"#, r#"{"StringEquals": {"AWS:PrincipalAccount": "111122223333"}}"#, false),
            (r#"{"AWS": "*"}"#, r#"{"StringEquals": {"sts:ExternalId": "guess"}}"#, true),
        ] {
            let trust = read(&allow(principal, condition));
            assert_eq!((trust.opening.anyone, trust.opening.undeclared.is_empty()), (anyone, true), "{principal} {condition}");
            assert!(people(&allow(principal, condition)));
        }
        let organization = read(&allow(r#"{"AWS": "*"}"#, r#"{"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#)).opening;
        assert_eq!((organization.anyone, organization.undeclared), (false, vec!["o-1".to_owned()]));
    }

    #[test]
    fn the_account_itself_is_people_and_no_outsider() {
        let root = allow(r#"{"AWS": "arn:aws:iam::111122223333:root"}"#, "{}");
        assert!(people(&root) && !read(&root).opening.is_open());
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
        let service = allow(r#"{"Service": "dms.us-east-1.amazonaws.com"}"#, r#"{"StringEquals": {"AWS:SourceAccount": "111122223333"}}"#);
        let trust = read(&service);
        assert!(!people(&service) && !trust.opening.is_open());
        assert_eq!(trust.admitted, BTreeSet::from([NamedPrincipal::Service("dms.us-east-1.amazonaws.com".into())]));
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
        let shut = format!("{}, {deny}", allow(r#"{"AWS": "*"}"#, "{}"));
        let trust = read(&shut);
        assert!(!trust.opening.is_open() && trust.admitted.is_empty() && people(&shut));
        let conditional = r#"{"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#;
        assert!(read(&format!("{}, {conditional}", allow(r#"{"AWS": "*"}"#, "{}"))).opening.anyone);
    }
}
