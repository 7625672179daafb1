//! Conditions of a statement as typed clauses → which of them narrow it, and to whom.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "AWS global condition context keys". A clause narrows only
//! where it is false on a request that lacks the key: `…IfExists`, `ForAllValues:` and negated tests are true there.

use std::net::IpAddr;

use crate::model::arn::Arn;
use crate::model::policy::Statement;

/// What a clause compares by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// Text or ARN, `StringEquals`, `StringLike`, `ArnLike`… where `*` may be a wildcard.
    Text,
    /// `StringNotEquals`, `StringNotLike`, `ArnNotLike`…
    NotText,
    /// `Bool`.
    Bool,
    /// `Null`: whether the key is absent.
    Null,
    /// `IpAddress`.
    Ip,
    /// `NotIpAddress`.
    NotIp,
    /// `Numeric…`, `BinaryEquals`.
    Value,
    /// `Date…`: a time, which passes.
    Date,
    /// An operator that this version does not know.
    Unknown,
}

/// What stands before a test of a key with several values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// Nothing.
    One,
    /// `ForAnyValue:`, false without the key.
    Any,
    /// `ForAllValues:`, true without the key.
    All,
}

/// One test of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// The test.
    pub test: Test,
    /// Which of several values must pass.
    pub of: Quantifier,
    /// `IfExists` stands behind it.
    pub if_exists: bool,
    /// The key in lower case, as keys ignore case.
    pub key: String,
    /// Its values.
    pub values: Vec<String>,
}

/// The clauses of a statement, all of which must hold.
pub fn clauses(statement: &Statement) -> Vec<Clause> {
    let mut all: Vec<Clause> = Vec::new();
    for (operator, keys) in &statement.condition {
        let (test, of, if_exists) = operator_of(operator);
        for (key, values) in keys {
            all.push(Clause { test, of, if_exists, key: key.to_ascii_lowercase(), values: values.0.clone() });
        }
    }
    // `Null: false` demands the key: then `IfExists` and `ForAllValues` on it are as good as the plain test.
    let demanded: Vec<String> = all.iter().filter(|clause| clause.demands_key()).map(|clause| clause.key.clone()).collect();
    for clause in all.iter_mut().filter(|clause| demanded.contains(&clause.key)) {
        clause.if_exists = false;
        clause.of = if clause.of == Quantifier::All { Quantifier::One } else { clause.of };
    }
    all
}

fn operator_of(operator: &str) -> (Test, Quantifier, bool) {
    let lower = operator.to_ascii_lowercase();
    let (of, rest) = match lower.split_once(':') {
        Some(("forallvalues", rest)) => (Quantifier::All, rest),
        Some(("foranyvalue", rest)) => (Quantifier::Any, rest),
        _ => (Quantifier::One, lower.as_str()),
    };
    let (rest, if_exists) = rest.strip_suffix("ifexists").map_or((rest, false), |test| (test, true));
    let test = match rest {
        "stringequals" | "stringequalsignorecase" | "stringlike" | "arnequals" | "arnlike" => Test::Text,
        "stringnotequals" | "stringnotequalsignorecase" | "stringnotlike" | "arnnotequals" | "arnnotlike" => Test::NotText,
        "bool" => Test::Bool,
        "null" => Test::Null,
        "ipaddress" => Test::Ip,
        "notipaddress" => Test::NotIp,
        "binaryequals" => Test::Value,
        numeric if numeric.starts_with("numeric") => Test::Value,
        date if date.starts_with("date") => Test::Date,
        _ => Test::Unknown,
    };
    (test, of, if_exists)
}

/// Whom a clause lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callers {
    /// Parties that it does not tell apart by account: an organization, a VPC endpoint, a network, an AWS service.
    Bounded,
    /// The principals of these accounts.
    Accounts(Vec<String>),
}

/// Keys that say from which account a caller comes, by account id.
const ACCOUNT_KEYS: [&str; 5] = ["aws:principalaccount", "aws:sourceaccount", "aws:sourceowner", "kms:calleraccount", "s3:dataaccesspointaccount"];
/// Keys that say it by ARN.
const ARN_KEYS: [&str; 3] = ["aws:principalarn", "aws:sourcearn", "aws:userarn"];
/// Keys that bind the caller to an organization, a place or AWS itself.
const BOUND_KEYS: [&str; 10] = [
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:principalservicename",
    "aws:userid",
];
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
    fn demands_key(&self) -> bool {
        self.test == Test::Null && !self.values.is_empty() && self.values.iter().all(|value| value.eq_ignore_ascii_case("false"))
    }

    /// Whether it is false for some requests, also for those that lack the key.
    pub fn narrows(&self) -> bool {
        if self.if_exists || self.of == Quantifier::All {
            return false;
        }
        match self.test {
            Test::Text => !self.values.iter().any(|value| is_anything(value)),
            // Nearly every request comes over TLS, and none directly through another service: these say nothing.
            Test::Bool => self.values.iter().any(|value| value.eq_ignore_ascii_case("true")) && self.key != "aws:securetransport",
            Test::Null => self.demands_key(),
            Test::Ip => self.values.iter().all(|value| is_small_network(value)),
            Test::Value => true,
            Test::NotText | Test::NotIp | Test::Date | Test::Unknown => false,
        }
    }

    /// Whether it limits an identity's grant to some of the resources, whatever the moment.
    pub fn limits_resources(&self) -> bool {
        let tagged =
            self.key.contains(":resourcetag/") || self.key.starts_with("s3:existingobjecttag/") || self.key.starts_with("kms:encryptioncontext");
        let known = self.narrows() && matches!(self.test, Test::Text | Test::Bool) && (tagged || RESOURCE_KEYS.contains(&self.key.as_str()));
        // A tag that must equal the caller's own (`${aws:PrincipalTag/team}`) limits too: the variable is one text, not all.
        let own =
            tagged && self.test == Test::Text && !self.if_exists && self.of != Quantifier::All && !self.values.iter().any(|value| is_all_wild(value));
        known || own
    }

    /// Whom an Allow to everyone is narrowed to by this clause; `None` where it does not say who calls.
    pub fn callers(&self) -> Option<Callers> {
        if !self.narrows() {
            return None;
        }
        self.says_who()
    }

    /// Whom a Deny to everyone with this clause spares: those for whom the clause is false.
    pub fn spares(&self) -> Option<Callers> {
        // `ForAnyValue:` does not strike a request that lacks the key; all other negated tests do.
        if self.of == Quantifier::Any && !self.if_exists {
            return None;
        }
        let (test, values) = match self.test {
            Test::NotText => (Test::Text, self.values.clone()),
            Test::NotIp => (Test::Ip, self.values.clone()),
            Test::Bool if self.values.iter().all(|value| value.eq_ignore_ascii_case("false")) => (Test::Bool, vec!["true".to_owned()]),
            _ => return None,
        };
        Self { test, of: Quantifier::One, if_exists: false, key: self.key.clone(), values }.callers()
    }

    fn says_who(&self) -> Option<Callers> {
        let key = self.key.as_str();
        match self.test {
            Test::Text if ACCOUNT_KEYS.contains(&key) => {
                let fixed = self.values.iter().all(|value| !value.contains(['*', '?', '$']));
                fixed.then(|| Callers::Accounts(self.values.clone()))
            }
            Test::Text if ARN_KEYS.contains(&key) => arn_accounts(&self.values),
            Test::Text if BOUND_KEYS.contains(&key) => self.values.iter().all(|value| is_fixed_id(value)).then_some(Callers::Bounded),
            Test::Ip if key == "aws:sourceip" => Some(Callers::Bounded),
            Test::Bool if key == "aws:principalisawsservice" => Some(Callers::Bounded),
            _ => None,
        }
    }
}

/// The accounts of ARN patterns; ARNs that name no account (a bucket's) bind without saying whose they are.
fn arn_accounts(values: &[String]) -> Option<Callers> {
    let mut accounts = Vec::new();
    for value in values {
        let arn = Arn::parse(value)?;
        if arn.account.contains(['*', '?', '$']) || (arn.account.is_empty() && arn.resource.starts_with(['*', '?', '$'])) {
            return None;
        }
        if !arn.account.is_empty() {
            accounts.push(arn.account.to_owned());
        }
    }
    Some(if accounts.is_empty() { Callers::Bounded } else { Callers::Accounts(accounts) })
}

/// A value that every request may fit: wildcards alone, or a variable.
fn is_anything(value: &str) -> bool {
    value.contains("${") || is_all_wild(value)
}

fn is_all_wild(value: &str) -> bool {
    !value.is_empty() && value.chars().all(|letter| matches!(letter, '*' | '?'))
}

/// An id that is fixed up to its path or session: `o-1/*` and `AROA…:*` are, `o-*` and `vpce-*` are everybody's.
fn is_fixed_id(value: &str) -> bool {
    let head = value.split(['/', ':']).next().unwrap_or_default();
    !head.is_empty() && !head.contains(['*', '?', '$'])
}

/// S3's own measure of "public" (S3 User Guide, "The meaning of public"): a network as wide as /8 (IPv6: /32) is nobody's.
fn is_small_network(value: &str) -> bool {
    match value.parse::<ipnet::IpNet>() {
        Ok(ipnet::IpNet::V4(network)) => network.prefix_len() >= 8,
        Ok(ipnet::IpNet::V6(network)) => network.prefix_len() >= 32,
        Err(_) => value.parse::<IpAddr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::policy::Document;

    fn clause(condition: &str) -> Clause {
        let text = format!(r#"{{"Statement": {{"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {condition}}}}}"#);
        clauses(&Document::parse(&text).unwrap().statement[0]).remove(0)
    }

    #[test]
    fn what_is_true_without_the_key_does_not_narrow() {
        for loose in [
            r#"{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}"#,
            r#"{"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#,
            r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}"#,
            r#"{"StringLike": {"aws:PrincipalOrgID": "*"}}"#,
            r#"{"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}}"#,
            r#"{"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/0"]}}"#,
            r#"{"Bool": {"aws:SecureTransport": "true"}}"#,
            r#"{"Null": {"aws:PrincipalOrgID": "true"}}"#,
            r#"{"SomethingNew": {"aws:PrincipalOrgID": "o-1"}}"#,
        ] {
            assert!(!clause(loose).narrows(), "{loose}");
            assert_eq!(clause(loose).callers(), None, "{loose}");
        }
    }

    #[test]
    fn a_demanded_key_gives_if_exists_its_teeth() {
        let both = r#"{"Null": {"aws:PrincipalOrgID": "false"}, "StringEqualsIfExists": {"AWS:PrincipalOrgId": "o-1"}}"#;
        let text = format!(r#"{{"Statement": {{"Effect": "Allow", "Principal": "*", "Action": "*", "Condition": {both}}}}}"#);
        let clauses = clauses(&Document::parse(&text).unwrap().statement[0]);
        assert!(clauses.iter().any(|clause| clause.callers() == Some(Callers::Bounded)));
    }

    #[test]
    fn keys_ignore_case_and_say_whose_account() {
        assert_eq!(
            clause(r#"{"StringEquals": {"AWS:SourceAccount": "111122223333"}}"#).callers(),
            Some(Callers::Accounts(vec!["111122223333".into()]))
        );
        assert_eq!(
            clause(r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}"#).callers(),
            Some(Callers::Accounts(vec!["111122223333".into()]))
        );
        assert_eq!(
            clause(r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/etl"}}"#).callers(),
            None,
            "any account can make a role of that name"
        );
        assert_eq!(clause(r#"{"StringEquals": {"aws:PrincipalTag/team": "pay"}}"#).callers(), None, "any account can tag its principals");
        assert_eq!(clause(r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#).callers(), None, "strangers have MFA too");
        assert_eq!(clause(r#"{"StringEquals": {"sts:ExternalId": "x"}}"#).callers(), None, "an external id is no secret");
    }

    #[test]
    fn an_id_with_a_wildcard_in_it_is_everybodys() {
        assert_eq!(clause(r#"{"StringLike": {"aws:PrincipalOrgID": "o-*"}}"#).callers(), None);
        assert_eq!(clause(r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-2/*"}}"#).callers(), Some(Callers::Bounded));
    }

    #[test]
    fn a_tag_of_the_resource_limits_it_also_when_it_must_equal_the_callers() {
        assert!(clause(r#"{"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}"#).limits_resources());
        assert!(!clause(r#"{"StringLike": {"aws:ResourceTag/team": "*"}}"#).limits_resources());
        assert!(!clause(r#"{"StringEqualsIfExists": {"aws:ResourceTag/team": "pay"}}"#).limits_resources());
        assert!(!clause(r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#).limits_resources());
    }

    #[test]
    fn a_deny_spares_whom_its_negated_test_names() {
        assert_eq!(clause(r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}"#).spares(), Some(Callers::Bounded));
        assert_eq!(
            clause(r#"{"StringNotEqualsIfExists": {"aws:PrincipalAccount": ["1", "2"]}}"#).spares(),
            Some(Callers::Accounts(vec!["1".into(), "2".into()]))
        );
        assert_eq!(clause(r#"{"Bool": {"aws:SecureTransport": "false"}}"#).spares(), None);
    }
}
