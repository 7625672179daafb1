//! One test of one context key → whether a request passes it.
//!
//! Source: IAM User Guide, "Condition operators" and "Set operators for multivalued context keys". A key that the request lacks fails a
//! test, but passes a negated one, `…IfExists` and `ForAllValues:`.

use jiff::{SignedDuration, Timestamp};

use super::Pattern;
use super::context::Known;
use super::external_caller;
use super::open_condition::Condition;
use super::operator::{Comparison, Operator, Quantifier, instant};
use super::policy_variable::{Resolved, Template, pattern};
use super::principal_element::all_ends;
use super::request::Request;
use super::ternary::Ternary;
use crate::arn::Arn;
use crate::document::{Statement, Values};

/// The keys that say when a request is made.
const TIME: [&str; 2] = ["aws:currenttime", "aws:epochtime"];

/// When the session of a request began. "Present in the request context only when the principal uses temporary credentials" (IAM User
/// Guide, "AWS global condition context keys").
const ISSUED: &str = "aws:tokenissuetime";

/// No session lasts longer (AWS STS API Reference, `GetSessionToken`, `GetFederationToken`; those of roles end after 12 hours).
const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(36);

/// The keys whose values are service principals.
const SERVICE: [&str; 8] = [
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "iam:awsservicename",
    "iam:passedtoservice",
    "kms:viaservice",
];

/// A test, read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clause {
    pub(super) operator: Option<Operator>,
    /// In lower case.
    pub(super) key: String,
    values: Vec<Wanted>,
    words: Condition,
    /// Another clause of the statement demands the key by `Null: false`: without it the statement does not apply anyway.
    pub(super) demanded: bool,
    /// What it says of every request from some time on.
    settled: Option<Ternary>,
}

/// A value of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Fixed(String),
    Template(Template),
}

impl Clause {
    /// The clauses of a statement, all of which must hold.
    pub(super) fn of(statement: &Statement, has_variables: bool) -> Vec<Self> {
        let all = statement.condition.iter().flat_map(|(name, keys)| keys.iter().map(move |(key, values)| (name, key, values)));
        let read = all.map(|(name, key, Values(values))| {
            let operator = Operator::read(name);
            let variables = has_variables && matches!(operator, Some(Operator::Compare { by, .. }) if by.has_variables());
            let wanted = |value: &String| match Template::read(value).filter(|_| variables) {
                Some(template) => Wanted::Template(template),
                None => Wanted::Fixed(value.clone()),
            };
            Self {
                operator,
                key: key.to_ascii_lowercase(),
                values: values.iter().map(wanted).collect(),
                words: Condition::Context { key: key.clone(), operator: name.clone(), values: values.clone() },
                demanded: false,
                settled: None,
            }
        });
        let mut clauses: Vec<Self> = read.collect();
        let demanded: Vec<String> = clauses.iter().filter(|clause| clause.demands_key()).map(|clause| clause.key.clone()).collect();
        for clause in &mut clauses {
            clause.demanded = demanded.contains(&clause.key);
        }
        clauses
    }

    /// `Null: false`.
    pub(super) fn demands_key(&self) -> bool {
        let values = self.words.values();
        self.operator == Some(Operator::Null) && !values.is_empty() && values.iter().all(|value| value.eq_ignore_ascii_case("false"))
    }

    /// As data, for messages.
    pub(super) const fn words(&self) -> &Condition {
        &self.words
    }

    /// Whether a request passes. An operator that this version does not know leaves it open.
    pub(super) fn holds(&self, request: &Request) -> Ternary {
        let known = request.key(&self.key);
        if let (Known::Unknown, Some(settled)) = (&known, self.settled)
            && TIME.iter().all(|key| request.key(key) == Known::Unknown)
        {
            return if self.key == ISSUED { self.of_session(settled, request) } else { settled };
        }
        match self.operator {
            None => Ternary::Maybe,
            Some(Operator::Null) if self.key == ISSUED && known == Known::Unknown && request.principal.is_session() => {
                Ternary::from(self.wants_null(false))
            }
            Some(Operator::Null) => self.is_null(&known),
            Some(Operator::Compare { by, negated, of, if_exists }) => self.compare(&known, request, by, negated, of, if_exists),
        }
    }

    /// A settled test of when the session began: who has long-term credentials may come without one.
    fn of_session(&self, settled: Ternary, request: &Request) -> Ternary {
        let Some(Operator::Compare { negated, of, if_exists, .. }) = self.operator else { return settled };
        if request.principal.is_session() || without_key(negated, of, if_exists) == settled { settled } else { Ternary::Maybe }
    }

    /// Settles a test of the time of the request, or of its session, which never comes back: what has ended by now has ended, and what has
    /// begun goes on.
    pub(super) fn settle(&mut self, now: Timestamp) {
        let from = match self.key.as_str() {
            key if TIME.contains(&key) => Some(now),
            ISSUED => now.checked_sub(LONGEST_SESSION).ok(),
            _ => None,
        };
        let (Some(from), Some(Operator::Compare { by, negated, .. })) = (from, self.operator) else { return };
        let (order, read): (_, fn(&str) -> Option<Timestamp>) = match by {
            Comparison::Date(order) => (order, instant),
            Comparison::Number(order) => (order, |text| Timestamp::from_second(text.parse().ok()?).ok()),
            _ => return,
        };
        let each = self.values.iter().map(|wanted| match wanted {
            Wanted::Fixed(text) => read(text).map_or(Ternary::Maybe, |wanted| order.holds_from(from, wanted)),
            Wanted::Template(_) => Ternary::Maybe,
        });
        let truth = Ternary::any(each);
        // Whether AWS reads these keys as numbers at all is documented of the epoch alone: as a date they fit no number.
        if matches!(by, Comparison::Number(_)) && self.key != "aws:epochtime" && truth != Ternary::No {
            return;
        }
        self.settled = Some(if negated { truth.negate() } else { truth });
    }

    fn wants_null(&self, absent: bool) -> bool {
        self.words.values().iter().any(|value| value.eq_ignore_ascii_case(if absent { "true" } else { "false" }))
    }

    fn is_null(&self, known: &Known<'_>) -> Ternary {
        let wants = |absent: bool| self.wants_null(absent);
        match known {
            Known::Values(values) => Ternary::from(wants(values.is_empty())),
            Known::Absent => Ternary::from(wants(true)),
            Known::Outside(_) | Known::Within(_) | Known::Foreign { may_lack: false } => Ternary::from(wants(false)),
            Known::Unknown | Known::Perhaps(_) | Known::Foreign { .. } if wants(true) == wants(false) => Ternary::from(wants(true)),
            Known::Unknown | Known::Perhaps(_) | Known::Foreign { .. } => Ternary::Maybe,
        }
    }

    fn compare(&self, known: &Known<'_>, request: &Request, by: Comparison, negated: bool, of: Quantifier, if_exists: bool) -> Ternary {
        let values = match known {
            Known::Unknown => return Ternary::Maybe,
            Known::Outside(account) => return self.outside(account, by, negated),
            Known::Within(account) => return self.within(account, negated),
            Known::Perhaps(value) => {
                let there = self.compare(&Known::one(value), request, by, negated, of, if_exists);
                return if there == without_key(negated, of, if_exists) { there } else { Ternary::Maybe };
            }
            Known::Foreign { may_lack } => {
                let (there, lacking) = (self.foreign(request, by, negated), without_key(negated, of, if_exists));
                // He may choose between the two.
                return if !may_lack || self.demanded || there == lacking { there } else { Ternary::Maybe };
            }
            // A set operator takes a value that is empty for none.
            Known::Values(values) if !values.is_empty() && (of == Quantifier::One || values.iter().any(|value| !value.is_empty())) => values,
            Known::Values(_) | Known::Absent => {
                return without_key(negated, of, if_exists);
            }
        };
        let each = values.iter().map(|value| {
            let (wildcard_match, sure) = self.wildcard_match(value, request, by);
            match (negated, sure) {
                (false, _) => wildcard_match,
                (true, true) => wildcard_match.negate(),
                // A variable without a value: the statement may be void, or nothing equals it.
                (true, false) => Ternary::all([wildcard_match.negate(), Ternary::Maybe]),
            }
        });
        match of {
            Quantifier::All => Ternary::all(each),
            Quantifier::Any => Ternary::any(each),
            Quantifier::One if values.len() == 1 => Ternary::all(each),
            // AWS leaves open what a plain operator says of a key with several values.
            Quantifier::One => Ternary::Maybe,
        }
    }

    /// Whether a value that lies in any account but this one passes: not where all that the policy asks for is in this account.
    fn outside(&self, account: &str, by: Comparison, negated: bool) -> Ternary {
        let inside = |wanted: &Wanted| match wanted {
            Wanted::Fixed(text) => text == account || Arn::parse(text).is_some_and(|arn| arn.account == account),
            Wanted::Template(template) => external_caller::is_of_resource(&self.key, template.text()),
        };
        if by.has_variables() && self.values.iter().all(inside) { Ternary::from(negated) } else { Ternary::Maybe }
    }

    /// Whether an ARN in an account passes: not where all that the policy asks for is in others.
    fn within(&self, account: &str, negated: bool) -> Ternary {
        let may_be = |wanted: &Wanted| match wanted {
            // A bucket's ARN names no account: it may be this one's.
            Wanted::Fixed(text) => Arn::parse(text).is_none_or(|arn| arn.account.is_empty() || Pattern::wildcards(arn.account).matches(account)),
            Wanted::Template(_) => true,
        };
        if self.values.iter().any(may_be) { Ternary::Maybe } else { Ternary::from(negated) }
    }

    /// Whether an outsider's value passes, where he has one: it fits nothing fixed, and may fit all else. What names a group is fixed where
    /// the group is known, or he is of no group at all.
    fn foreign(&self, request: &Request, by: Comparison, negated: bool) -> Ternary {
        let known = |value: &str| request.context.groups().is_none_or(|groups| groups.knows(&self.key, value));
        let fixed = |wanted: &Wanted| match wanted {
            Wanted::Fixed(text) => external_caller::is_fixed(&self.key, text, by) && known(text),
            Wanted::Template(template) => external_caller::is_of_resource(&self.key, template.text()) && known(template.text()),
        };
        if self.values.iter().all(fixed) { Ternary::from(negated) } else { Ternary::Maybe }
    }

    /// Whether it hangs on one of the keys (in lower case) that begin like this, as its key or in a variable.
    pub(super) fn asks_for(&self, keys: &str) -> bool {
        self.key.starts_with(keys) || self.values.iter().any(|value| matches!(value, Wanted::Template(template) if template.asks_for(keys)))
    }

    /// Whether a service fits by another end of its name. In the partition `aws` each has one; elsewhere AWS's pages give now the one and now the
    /// other (such as `ec2.amazonaws.com` and `ec2.amazonaws.com.cn`).
    fn fits_by_another_end(&self, asked: &str, wanted: &str, request: &Request, by: Comparison) -> bool {
        by.has_variables()
            && SERVICE.contains(&&*self.key)
            && request.partition() != Some("aws")
            && all_ends(asked).iter().any(|name| by.wildcard_match(name, wanted))
    }

    /// Whether a value fits one of the policy's, and whether all of those have a meaning.
    fn wildcard_match(&self, asked: &str, request: &Request, by: Comparison) -> (Ternary, bool) {
        let mut sure = true;
        let each: Vec<Ternary> = self
            .values
            .iter()
            .map(|wanted| match wanted {
                Wanted::Fixed(wanted) => Ternary::from(by.wildcard_match(asked, wanted) || self.fits_by_another_end(asked, wanted, request, by)),
                Wanted::Template(template) => match template.resolve(request) {
                    Resolved::Unknown => Ternary::Maybe,
                    Resolved::Empty => {
                        sure = false;
                        Ternary::No
                    }
                    Resolved::Pieces(pieces) if by.has_wildcards() => Ternary::from(by.fits_pattern(asked, &pattern("", &pieces))),
                    Resolved::Pieces(pieces) => {
                        let whole: String = pieces.into_iter().map(|(piece, _)| piece).collect();
                        Ternary::from(by.wildcard_match(asked, &whole))
                    }
                },
            })
            .collect();
        (Ternary::any(each), sure)
    }
}

/// Whether a test holds for a request that lacks the key.
fn without_key(negated: bool, of: Quantifier, if_exists: bool) -> Ternary {
    Ternary::from(match of {
        _ if if_exists => true,
        Quantifier::All => true,
        Quantifier::Any => false,
        Quantifier::One => negated,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;
    use crate::document::Document;
    use crate::principal::Principal;
    use crate::request::Target;

    /// Whether a user of a partition passes a condition with a service.
    fn passes(partition: &str, key: &str, service: &str, condition: &str) -> Ternary {
        let text =
            format!(r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {condition}}}}}"#);
        let document = Document::parse(&text).unwrap();
        let user = Principal::parse(&format!("arn:{partition}:iam::111122223333:user/u")).unwrap();
        let request = Request::new(user, "iam:PassRole", Target::any("*"), None, Context::open().with(key, [service]));
        Ternary::all(Clause::of(&document.statement[0], true).iter().map(|clause| clause.holds(&request)))
    }

    #[test]
    fn a_service_has_one_end_in_the_partition_aws_and_any_elsewhere() {
        let passed = |partition: &str, condition: &str| passes(partition, "iam:PassedToService", "ec2.amazonaws.com", condition);
        let china = r#"{"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com.cn"}}"#;
        assert_eq!([passed("aws-cn", china), passed("aws", china)], [Ternary::Yes, Ternary::No]);
        for (condition, truth) in [
            (r#"{"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}"#, Ternary::Yes),
            (r#"{"StringLike": {"iam:PassedToService": "ec2.*.cn"}}"#, Ternary::Yes),
            (r#"{"StringNotEquals": {"iam:PassedToService": "ec2.amazonaws.com.cn"}}"#, Ternary::No),
            (r#"{"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com.cn"}}"#, Ternary::No),
            (r#"{"StringEquals": {"iam:PassedToService": "ec2.cn-north-1.amazonaws.com.cn"}}"#, Ternary::No),
        ] {
            assert_eq!(passed("aws-cn", condition), truth, "{condition}");
        }
        let through = |partition: &str, service: &str| {
            passes(partition, "kms:ViaService", service, r#"{"StringEquals": {"kms:ViaService": "s3.cn-north-1.amazonaws.com.cn"}}"#)
        };
        assert_eq!(through("aws-cn", "s3.cn-north-1.amazonaws.com"), Ternary::Yes);
        assert_eq!(through("aws-cn", "s3.cn-northwest-1.amazonaws.com"), Ternary::No);
        let sovereign = r#"{"StringEquals": {"iam:PassedToService": "ec2.amazonaws.eu"}}"#;
        assert_eq!([passed("aws-eusc", sovereign), passed("aws", sovereign)], [Ternary::Yes, Ternary::No]);
    }
}
