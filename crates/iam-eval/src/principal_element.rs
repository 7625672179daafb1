//! Principals of a resource or trust policy → who they are, seen from the account that owns it.
//!
//! Source: IAM User Guide, "AWS JSON policy elements: Principal". An account's root stands for the whole account.

use crate::arn::Arn;
use crate::document::{Principals, Star, Values};

/// One principal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamedPrincipal {
    /// Everyone, also strangers.
    Anyone,
    /// An account, or a user, role or session in it.
    Account {
        /// Its account.
        account: String,
        /// As the policy names it.
        text: String,
    },
    /// An AWS service, lower case.
    Service(String),
    /// A SAML or OpenID Connect provider.
    Federated(String),
    /// Someone who cannot be placed: a canonical user id, an origin access identity.
    Stranger(String),
    /// A principal that was deleted: AWS shows its id, nobody can be it again.
    Deleted(String),
}

impl NamedPrincipal {
    /// Everyone that a principal element names, in its order.
    pub fn of(principals: &Principals) -> Vec<Self> {
        match principals {
            Principals::Any(Star::Star) => vec![Self::Anyone],
            Principals::ByType(types) => {
                types.iter().flat_map(|(kind, Values(names))| names.iter().map(move |name| Self::named(kind, name))).collect()
            }
        }
    }

    fn named(kind: &str, name: &str) -> Self {
        let text = name.to_owned();
        match kind {
            // Only the bare star is a wildcard to AWS; any other wildcard in a principal is read at its worst.
            _ if name == "*" => Self::Anyone,
            "AWS" => Self::aws(name),
            "Service" => Self::Service(name.to_ascii_lowercase()),
            "Federated" => Self::Federated(text),
            _ => Self::Stranger(text),
        }
    }

    /// A principal of the type `AWS`.
    fn aws(name: &str) -> Self {
        let text = name.to_owned();
        if is_account(name) {
            return Self::Account { account: text.clone(), text };
        }
        match Arn::parse(name) {
            Some(arn) if is_account(arn.account) => Self::Account { account: arn.account.to_owned(), text },
            Some(arn) if arn.account.contains(['*', '?']) => Self::Anyone,
            Some(_) => Self::Stranger(text),
            None if is_unique_id(name) => Self::Deleted(text),
            None => Self::Stranger(text),
        }
    }

    /// The principal that a grant on a key names: an ARN, or a service.
    pub fn grantee(name: &str) -> Self {
        match service_of(name) {
            Some(_) => Self::Service(name.to_ascii_lowercase()),
            None if name == "*" => Self::Anyone,
            None => Self::aws(name),
        }
    }

    /// As messages name it.
    pub fn text(&self) -> &str {
        match self {
            Self::Anyone => "*",
            Self::Account { text, .. } | Self::Service(text) | Self::Federated(text) | Self::Stranger(text) | Self::Deleted(text) => text,
        }
    }
}

/// The ends of service principals: that of most, and those of partitions (AWS SDKs, "partitions.json": `dnsSuffix`).
const ENDS: [&str; 7] =
    [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".c2s.ic.gov", ".sc2s.sgov.gov", ".cloud.adc-e.uk", ".csp.hci.ic.gov"];

/// The name of a service principal (in lower case) without its end.
fn head(name: &str) -> Option<&str> {
    ENDS.into_iter().find_map(|end| name.strip_suffix(end))
}

/// Whether two service principals differ in their ends alone: in some partitions AWS's pages give the one or the other.
pub fn is_same_service(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_ascii_lowercase(), other.to_ascii_lowercase());
    head(&one).is_some_and(|name| head(&other) == Some(name))
}

/// A service principal with each end that it may have.
pub fn all_ends(principal: &str) -> Vec<String> {
    let name = principal.to_ascii_lowercase();
    head(&name).map(|head| ENDS.map(|end| format!("{head}{end}")).to_vec()).unwrap_or_default()
}

/// The service behind `dms.amazonaws.com`, `dms.eu-west-1.amazonaws.com` or `dms.amazonaws.com.cn`.
pub fn service_of(principal: &str) -> Option<String> {
    let name = principal.to_ascii_lowercase();
    let head = head(&name)?;
    match head.split_once('.') {
        None => Some(head.to_owned()),
        Some((service, region)) if is_region(region) => Some(service.to_owned()),
        // Such as `logging.s3` and `delivery.logs`: a service of its own.
        Some(_) => Some(head.to_owned()),
    }
}

/// `eu-west-1`, `us-gov-east-1`: words, then a number.
fn is_region(text: &str) -> bool {
    let mut parts = text.rsplit('-');
    let number = parts.next().is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let words: Vec<&str> = parts.collect();
    number && words.len() >= 2 && words.iter().all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// A twelve-digit account id.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `AIDA…`, `AROA…`: what AWS shows for a principal that was deleted.
fn is_unique_id(text: &str) -> bool {
    (text.starts_with("AIDA") || text.starts_with("AROA")) && text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_known_by_region_and_partition() {
        for name in ["dms.amazonaws.com", "dms.us-east-1.amazonaws.com", "DMS.us-gov-west-1.amazonaws.com", "dms.cn-north-1.amazonaws.com.cn"] {
            assert_eq!(service_of(name).as_deref(), Some("dms"), "{name}");
        }
        assert!(
            is_same_service("ec2.amazonaws.com", "EC2.amazonaws.com.cn") && !is_same_service("ec2.amazonaws.com", "ec2.cn-north-1.amazonaws.com.cn")
        );
        assert!(!is_same_service("ec2", "ec2"), "no service principals");
        assert_eq!(service_of("logging.s3.amazonaws.com").as_deref(), Some("logging.s3"));
        for name in ["dms.amazonaws.com.evil.example", "dms", "arn:aws:iam::111122223333:root"] {
            assert_eq!(service_of(name), None, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_placed_is_a_stranger() {
        assert_eq!(NamedPrincipal::aws("*"), NamedPrincipal::Stranger("*".into()), "the star is read before");
        assert_eq!(NamedPrincipal::aws("arn:aws:iam::*:root"), NamedPrincipal::Anyone);
    }
}
