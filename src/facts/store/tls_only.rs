//! Does a bucket policy deny plain HTTP to everyone, on the bucket and on every object?
//!
//! S3 User Guide, "Restrict access to only HTTPS requests": Deny, any principal, any S3 action, `aws:SecureTransport` false, no other condition.

use crate::facts::grant::{Pattern, Reading};
use crate::model::policy::{Document, Effect, Principals, Statement};

/// Whether the policy's statements together refuse every request over plain HTTP.
pub fn denies_plain_http(policy: &Document, bucket_arn: &str) -> bool {
    let denials: Vec<_> = policy.statement.iter().filter(|statement| denies(statement)).collect();
    let covered = |arn: &str| denials.iter().flat_map(|statement| statement.resource.iter().flatten()).any(|pattern| covers(pattern, arn));
    covered(bucket_arn) && covered(&format!("{bucket_arn}/*"))
}

fn denies(statement: &Statement) -> bool {
    let everyone = match &statement.principal {
        Some(Principals::Any(_)) => true,
        Some(Principals::ByType(types)) => types.get("AWS").is_some_and(|values| values.0.iter().any(|value| value == "*")),
        None => false,
    };
    let everything = statement.action.iter().flatten().any(|action| action == "*" || action.eq_ignore_ascii_case("s3:*"));
    statement.effect == Effect::Deny && everyone && everything && plain_http_alone(statement)
}

/// One condition, and no other that would narrow the denial.
fn plain_http_alone(statement: &Statement) -> bool {
    let mut keys = statement.condition.iter().flat_map(|(operator, keys)| keys.iter().map(move |(key, values)| (operator, key, values)));
    let (Some((operator, key, values)), None) = (keys.next(), keys.next()) else { return false };
    let boolean = operator.eq_ignore_ascii_case("Bool") || operator.eq_ignore_ascii_case("BoolIfExists");
    boolean && key.eq_ignore_ascii_case("aws:SecureTransport") && values.0.iter().any(|value| value.eq_ignore_ascii_case("false"))
}

/// Whether a resource pattern takes in everything that another one stands for. A pattern with `?` is not counted: no policy needs one for this.
fn covers(pattern: &str, other: &str) -> bool {
    !pattern.contains('?') && Pattern::resource(pattern).covers(&Pattern::resource(other), Reading::Least)
}
