//! Guests of an Amazon Cognito identity pool: whoever knows the pool's id gets a token that nobody vouches for.
//!
//! Source: Amazon Cognito Developer Guide, "Role trust and permissions" (`amr` is `unauthenticated` for guests) and "Identity pools
//! authentication flow"; IAM User Guide, "Available keys for AWS web identity federation".

use iam_eval::document::{Document, Effect};
use iam_eval::principal_element::NamedPrincipal;
use iam_eval::{Context, Principal, is_cognito};
use jiff::Timestamp;

use super::door::Door;
use crate::model::Identity;

/// Whether guests can assume a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guests {
    /// They cannot.
    Shut,
    /// The trust policy says nothing of them: they can where the pool takes guests.
    Unsaid,
    /// It lets them in.
    Welcome,
}

/// What only the pool's settings say.
pub(super) const UNSAID: &str = "whether the Amazon Cognito identity pool takes guests";

/// The action by which a role is assumed with a token.
const ASSUME: &str = "sts:AssumeRoleWithWebIdentity";

/// What somebody's token says where Cognito vouches for nothing, and where it vouches for somebody.
const GUEST: &str = "unauthenticated";
const USER: &str = "authenticated";
const NOBODY: &str = "nobody";

/// Whether guests can assume a role: asked of the evaluator for a guest of whatever pool the policy names.
pub(super) fn guests(document: &Document, role: &Identity, now: Timestamp) -> Guests {
    let allows = document.statement.iter().filter(|statement| statement.effect == Effect::Allow);
    let named = allows.filter_map(|statement| statement.principal.as_ref()).flat_map(NamedPrincipal::of);
    let issuer = |whom| if let NamedPrincipal::Federated(name) = whom { Some(name) } else { None };
    let issuers: Vec<String> = named.filter_map(issuer).filter(|name| is_cognito(name)).collect();
    let door = Door::new(document, role, now);
    let mut found = Guests::Shut;
    for issuer in &issuers {
        let key = format!("{issuer}:amr");
        let enters = |as_whom: &str| {
            // The pool's id is no secret: every client of the application has it. The identity's own is.
            let context = Context::external_caller().with(&key, [as_whom]).unknown(&format!("{issuer}:aud"));
            !door.answer(&Principal::federated(issuer), ASSUME, context).is_denied()
        };
        if enters(GUEST) {
            // A policy that lets in whatever a token says means nobody in particular.
            let meant = !enters(USER) || !enters(NOBODY);
            found = if meant || found == Guests::Welcome { Guests::Welcome } else { Guests::Unsaid };
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(conditions: &str) -> Guests {
        let allow = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": {{"Federated": "cognito-identity.amazonaws.com"}},
                "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {conditions}}}}}"#
        );
        let role =
            Identity { arn: "arn:aws:iam::111122223333:role/r".into(), name: "r".into(), account: "111122223333".into(), region: "global".into() };
        guests(&Document::parse(&allow).unwrap(), &role, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn guests_come_in_where_the_policy_names_them_or_excepts_users_alone() {
        let aud = r#""StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:p"}"#;
        let amr = |operator: &str, value: &str| read(&format!(r#"{{{aud}, "{operator}": {{"cognito-identity.amazonaws.com:amr": {value}}}}}"#));
        assert_eq!(amr("ForAnyValue:StringLike", r#""unauthenticated""#), Guests::Welcome);
        assert_eq!(amr("ForAnyValue:StringEquals", r#"["authenticated", "unauthenticated"]"#), Guests::Welcome);
        assert_eq!(amr("StringNotEquals", r#""authenticated""#), Guests::Welcome);
        assert_eq!(amr("ForAnyValue:StringLike", r#""authenticated""#), Guests::Shut);
        assert_eq!(amr("ForAnyValue:StringLike", r#""*authenticated""#), Guests::Welcome);
        assert_eq!(amr("ForAnyValue:StringLike", r#"["authenticated", "unauth*"]"#), Guests::Welcome);
        assert_eq!(amr("ForAnyValue:StringLike", r#""*""#), Guests::Unsaid);
        assert_eq!(read(&format!("{{{aud}}}")), Guests::Unsaid);
        let one = r#"{"StringEquals": {"cognito-identity.amazonaws.com:sub": "eu-west-1:i"}}"#;
        assert_eq!(read(one), Guests::Shut, "one identity is one identity's");
    }
}
