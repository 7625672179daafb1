//! Outside parties that a policy names, and who asks for each.

use iam_eval::principal_element::NamedPrincipal;
use iam_eval::{Context, PolicyStatement, Principal, issuer_url, serves_the_public};

use super::known_parties::KnownParties;

/// An outside party that a policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Party {
    /// As the policy names it.
    pub text: String,
    /// As messages name it.
    pub words: String,
    /// Whether it is everyone whom an OpenID Connect provider vouches for.
    pub vouched: bool,
    pub callers: Vec<(Principal, Context)>,
}

/// The accounts that a statement's conditions, or its `NotPrincipal`, name.
pub(super) fn named_accounts(statement: &PolicyStatement) -> Vec<(String, bool)> {
    let excepted = statement
        .spared()
        .into_iter()
        .filter_map(|whom| if let NamedPrincipal::Account { account, .. } = whom { Some((account, false)) } else { None });
    statement.accounts().chain(excepted).collect()
}

impl Party {
    /// An account that a condition names: its principals.
    pub(super) fn account(account: String, context: Context) -> Self {
        let caller = (Principal::someone_of(&account), context);
        Self { words: format!("account {account}"), text: account, vouched: false, callers: vec![caller] }
    }

    /// An account for which a service acts.
    pub(super) fn served(service: &str, account: String, context: Context) -> Self {
        let caller = (Principal::acting(service, Some(&account)), context);
        Self { words: format!("{service} for account {account}"), text: account, vouched: false, callers: vec![caller] }
    }

    /// Any account, for which a service acts: nobody says for which.
    pub(super) fn served_for_anyone(service: &str, context: Context) -> Self {
        let caller = (Principal::acting(service, None), context);
        Self { words: format!("{service} for any account"), text: "any account".to_owned(), vouched: false, callers: vec![caller] }
    }

    /// An organization for whose accounts a service acts, by the key that names it.
    pub(super) fn served_for_organization(service: &str, (key, value): &(String, String)) -> Self {
        let caller = (Principal::acting(service, None), Context::open().with(key, [value.as_str()]));
        Self { words: format!("{service} for organization {value}"), text: value.clone(), vouched: false, callers: vec![caller] }
    }

    /// Someone that the policy, or a grant, names, in a context.
    pub(super) fn named(whom: &NamedPrincipal, context: &Context) -> Self {
        let callers = callers(whom).into_iter().map(|caller| (caller, context.clone())).collect();
        Self { text: whom.text().to_owned(), words: whom.text().to_owned(), vouched: false, callers }
    }

    /// Those whom an identity provider vouches for and no condition names. Of a SAML provider that is declared its assertions say who they
    /// are, and nothing else need.
    pub(super) fn vouched_for(provider: &str, known: &KnownParties<'_>) -> Option<Self> {
        let saml = issuer_url(provider).is_none();
        let callers = vec![(Principal::federated(provider), Context::external_caller())];
        let words = if saml {
            format!("{provider}, and no condition binds its audience or subject")
        } else if serves_the_public(provider) {
            format!("whomever {provider} vouches for, which may be anyone: no condition binds the subject")
        } else {
            format!("anyone whom {provider} admits: no condition binds the subject")
        };
        (!saml || !known.is_provider(provider)).then(|| Self { text: provider.to_owned(), words, vouched: !saml, callers })
    }
}

/// Who asks where a policy names someone: of an account, any of its principals.
pub(super) fn callers(whom: &NamedPrincipal) -> Vec<Principal> {
    match whom {
        NamedPrincipal::Anyone => vec![Principal::stranger()],
        NamedPrincipal::Account { account, text } => match Principal::parse(text) {
            Ok(one) if !text.ends_with(":root") && text != account => vec![one],
            _ => vec![Principal::someone_of(account)],
        },
        NamedPrincipal::Service(name) => vec![Principal::service(name)],
        NamedPrincipal::Federated(provider) => vec![Principal::federated(provider)],
        NamedPrincipal::Stranger(text) | NamedPrincipal::Deleted(text) => vec![Principal::unplaced(text)],
    }
}
