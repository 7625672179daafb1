//! What a clause says of a statement without a request at hand: whether it makes it smaller, to which resources, and whom it names.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Condition operators". A clause narrows only where it is false on a request that
//! lacks the key: `…IfExists`, `ForAllValues:` and negated tests are true there, unless `Null: false` demands the key.

use super::condition::Clause;
use super::external_caller::{self, is_small_network};
use super::operator::{Comparison, Operator, Quantifier};
use super::principal::ANY_SERVICE;
use super::universal_values::{is_always_there, takes_all};

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
    pub(super) fn narrows(&self) -> bool {
        let values = self.words().values();
        match self.plain() {
            None => self.demands_key() && !is_always_there(&self.key),
            Some(Comparison::Text | Comparison::TextIgnoringCase | Comparison::TextLike | Comparison::Arn) => {
                !values.iter().any(|value| value.contains("${") || takes_all(&self.key, value))
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
    pub(super) fn limits_resources(&self) -> bool {
        let tagged =
            self.key.contains(":resourcetag/") || self.key.starts_with("s3:existingobjecttag/") || self.key.starts_with("kms:encryptioncontext");
        let text = self.plain().is_some_and(Comparison::has_variables);
        let known = self.narrows() && (text || self.plain() == Some(Comparison::Bool)) && (tagged || RESOURCE_KEYS.contains(&self.key.as_str()));
        // A tag that must equal the caller's own (`${aws:PrincipalTag/team}`) limits too: the variable is one text, not all.
        known || (tagged && text && !self.words().values().iter().any(|value| takes_all(&self.key, value)))
    }

    /// The accounts that it names, and whether as those for which a service acts.
    pub(super) fn accounts(&self) -> (Vec<String>, bool) {
        match self.operator {
            Some(Operator::Compare { by, .. }) if by.has_variables() => external_caller::accounts(&self.key, &self.words().values()),
            _ => (Vec::new(), false),
        }
    }

    /// The organizations that it names as those for which a service acts, each with its key.
    pub(super) fn organizations_served(&self) -> Vec<(String, String)> {
        let served = matches!(self.key.as_str(), "aws:sourceorgid" | "aws:sourceorgpaths");
        let named = served && matches!(self.operator, Some(Operator::Compare { by, negated: false, .. }) if by.has_variables());
        self.words().values().iter().filter(|_| named).map(|value| (self.key.clone(), value.clone())).collect()
    }

    /// The services whose calls it demands: by their names, or any service at all.
    pub(super) fn services(&self) -> Vec<String> {
        let values = self.words().values();
        match (self.key.as_str(), self.operator) {
            ("aws:principalisawsservice", Some(Operator::Compare { by: Comparison::Bool, .. }))
                if values.iter().any(|value| value.eq_ignore_ascii_case("true")) =>
            {
                vec![ANY_SERVICE.to_owned()]
            }
            ("aws:principalservicename" | "aws:principalservicenameslist", Some(Operator::Compare { by, negated: false, .. }))
                if by.has_variables() =>
            {
                let name = |value: &String| if value.contains(['*', '?', '$']) { ANY_SERVICE.to_owned() } else { value.to_ascii_lowercase() };
                values.iter().map(name).collect()
            }
            _ => Vec::new(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;
    use crate::statement::Policy;

    fn clauses(condition: &str) -> Vec<Clause> {
        let text =
            format!(r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {condition}}}}}"#);
        let document = Document::parse(&text).unwrap();
        assert_eq!(Policy::new(&document, "p", None).statements().len(), 1);
        Clause::of(&document.statement[0], true)
    }

    fn narrows(condition: &str) -> bool {
        clauses(condition).iter().any(Clause::narrows)
    }

    #[test]
    fn what_is_true_without_the_key_does_not_narrow() {
        for loose in [
            r#"{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}"#,
            r#"{"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#,
            r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}"#,
            r#"{"NumericNotEquals": {"aws:MultiFactorAuthAge": "1"}}"#,
            r#"{"StringLike": {"aws:PrincipalOrgID": "*"}}"#,
            r#"{"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}}"#,
            r#"{"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/0"]}}"#,
            r#"{"Bool": {"aws:SecureTransport": "true"}}"#,
            r#"{"Null": {"aws:PrincipalOrgID": "true"}}"#,
            r#"{"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}"#,
            r#"{"SomethingNew": {"aws:PrincipalOrgID": "o-1"}}"#,
        ] {
            assert!(!narrows(loose), "{loose}");
        }
        assert!(narrows(r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#) && narrows(r#"{"Null": {"aws:PrincipalOrgID": "false"}}"#));
    }

    #[test]
    fn a_demanded_key_gives_if_exists_its_teeth() {
        let both = clauses(r#"{"Null": {"aws:PrincipalOrgID": "false"}, "StringEqualsIfExists": {"AWS:PrincipalOrgId": "o-1"}}"#);
        assert!(both.iter().all(Clause::narrows));
    }

    #[test]
    fn a_tag_of_the_resource_limits_it_also_when_it_must_equal_the_callers() {
        let limits = |condition: &str| clauses(condition).iter().any(Clause::limits_resources);
        assert!(limits(r#"{"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}"#));
        assert!(limits(r#"{"StringEquals": {"iam:PassedToService": "dms.amazonaws.com"}}"#));
        assert!(!limits(r#"{"StringLike": {"aws:ResourceTag/team": "*"}}"#));
        assert!(!limits(r#"{"StringLike": {"kms:ViaService": ["s3.*.amazonaws.com", "*.amazonaws.com"]}}"#));
        assert!(limits(r#"{"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}"#));
        assert!(!narrows(r#"{"Null": {"aws:userid": "false"}}"#), "every request has one");
        assert!(!limits(r#"{"StringEqualsIfExists": {"aws:ResourceTag/team": "pay"}}"#));
        assert!(!limits(r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#));
    }

    #[test]
    fn accounts_are_named_by_id_and_by_arn() {
        let accounts = |condition: &str| clauses(condition)[0].accounts();
        assert_eq!(accounts(r#"{"StringNotEquals": {"AWS:SourceAccount": ["1", "2*"]}}"#), (vec!["1".to_owned()], true));
        assert_eq!(accounts(r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::3:role/*"}}"#), (vec!["3".to_owned()], false));
        assert_eq!(accounts(r#"{"StringEquals": {"sts:ExternalId": "1"}}"#), (Vec::new(), false));
    }
}
