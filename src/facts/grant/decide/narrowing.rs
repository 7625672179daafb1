//! What a clause says of a statement without a request at hand: whether it makes it smaller, to which resources, and whom it names.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Condition operators". A clause narrows only where it is false on a request that
//! lacks the key: `…IfExists`, `ForAllValues:` and negated tests are true there, unless `Null: false` demands the key.

use super::clause::Clause;
use super::operator::{Comparison, Operator, Quantifier};
use super::outsider::{self, is_all_wild, is_small_network};

/// Keys that limit an identity's grant to some resources, callers of a key, or receivers of a role.
const RESOURCE_KEYS: [&str; 8] = [
    "kms:viaservice",
    "kms:resourcealiases",
    "kms:requestalias",
    "kms:grantisforawsresource",
    "iam:passedtoservice",
    "iam:permissionsboundary",
    "iam:policyarn",
    "iam:associatedresourcearn",
];

impl Clause {
    /// Whether it is false for some requests, also for those that lack the key.
    pub fn narrows(&self) -> bool {
        let values = &self.words().values;
        match self.plain() {
            None => self.demands_key(),
            Some(Comparison::Text | Comparison::TextIgnoringCase | Comparison::TextLike | Comparison::Arn) => {
                !values.iter().any(|value| value.contains("${") || is_all_wild(value))
            }
            // Nearly every request comes over TLS: that says nothing.
            Some(Comparison::Bool) => values.iter().any(|value| value.eq_ignore_ascii_case("true")) && self.key != "aws:securetransport",
            Some(Comparison::Ip) => values.iter().all(|value| is_small_network(value)),
            Some(Comparison::Number(_) | Comparison::Binary) => true,
            // A time, which passes.
            Some(Comparison::Date(_)) => false,
        }
    }

    /// Whether it limits an identity's grant to some of the resources, whatever the moment.
    pub fn limits_resources(&self) -> bool {
        let tagged =
            self.key.contains(":resourcetag/") || self.key.starts_with("s3:existingobjecttag/") || self.key.starts_with("kms:encryptioncontext");
        let text = self.plain().is_some_and(Comparison::has_variables);
        let known = self.narrows() && (text || self.plain() == Some(Comparison::Bool)) && (tagged || RESOURCE_KEYS.contains(&self.key.as_str()));
        // A tag that must equal the caller's own (`${aws:PrincipalTag/team}`) limits too: the variable is one text, not all.
        known || (tagged && text && !self.words().values.iter().any(|value| is_all_wild(value)))
    }

    /// The accounts that it names, and whether as those for which a service acts.
    pub fn accounts(&self) -> (Vec<String>, bool) {
        match self.operator {
            Some(Operator::Compare { by, .. }) if by.has_variables() => outsider::accounts(&self.key, &self.words().values),
            _ => (Vec::new(), false),
        }
    }

    /// How it compares, where a request that lacks the key fails it.
    fn plain(&self) -> Option<Comparison> {
        match self.operator? {
            Operator::Compare { by, negated: false, of, if_exists } if self.demanded || (!if_exists && of != Quantifier::All) => Some(by),
            Operator::Compare { .. } | Operator::Null => None,
        }
    }
}
