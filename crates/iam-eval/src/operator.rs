//! Condition operators: their names, and how they compare one value of the request with one of the policy.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Condition operators".

use std::cmp::Ordering;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::{Timestamp, civil, tz::TimeZone};

use super::Pattern;
use super::ternary::Ternary;

/// What stands before a test of a key with several values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantifier {
    /// Nothing.
    One,
    /// `ForAnyValue:`, false without the key.
    Any,
    /// `ForAllValues:`, true without the key.
    All,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// `StringEquals`
    Text,
    /// `StringEqualsIgnoreCase`
    TextIgnoringCase,
    /// `StringLike`
    TextLike,
    /// `ArnEquals` and `ArnLike`, which AWS makes no difference between.
    Arn,
    /// `Numeric…`
    Number(Order),
    /// `Date…`
    Date(Order),
    /// `Bool`
    Bool,
    /// `BinaryEquals`
    Binary,
    /// `IpAddress`
    Ip,
}

/// Which order of the request's value to the policy's is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Equal.
    Equals,
    /// Less.
    Less,
    /// Less or equal.
    AtMost,
    /// Greater.
    Greater,
    /// Greater or equal.
    AtLeast,
}

impl Order {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equals => ordering == Ordering::Equal,
            Self::Less => ordering == Ordering::Less,
            Self::AtMost => ordering != Ordering::Greater,
            Self::Greater => ordering == Ordering::Greater,
            Self::AtLeast => ordering != Ordering::Less,
        }
    }

    /// Whether it holds of a time that is now or comes yet.
    pub(super) fn holds_from(self, now: Timestamp, wanted: Timestamp) -> Ternary {
        let to_come = [Ordering::Less, Ordering::Equal, Ordering::Greater].into_iter().filter(|ordering| *ordering >= now.cmp(&wanted));
        let each: Vec<bool> = to_come.map(|ordering| self.holds(ordering)).collect();
        match (each.contains(&true), each.contains(&false)) {
            (true, true) => Ternary::Maybe,
            (holds, _) => Ternary::from(holds),
        }
    }
}

/// An operator, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `Null`: whether the key is absent.
    Null,
    /// A comparison.
    Compare {
        /// How.
        by: Comparison,
        /// `…Not…`: none of the policy's values may fit.
        negated: bool,
        /// Which of the request's values must pass.
        of: Quantifier,
        /// `…IfExists`
        if_exists: bool,
    },
}

impl Operator {
    /// Reads a name; `None` where no such operator is known.
    pub(super) fn read(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let (of, rest) = match lower.split_once(':') {
            Some(("forallvalues", rest)) => (Quantifier::All, rest),
            Some(("foranyvalue", rest)) => (Quantifier::Any, rest),
            Some(_) => return None,
            None => (Quantifier::One, lower.as_str()),
        };
        let (rest, if_exists) = rest.strip_suffix("ifexists").map_or((rest, false), |rest| (rest, true));
        let (by, negated) = match rest {
            "null" => return Some(Self::Null),
            "stringequals" => (Comparison::Text, false),
            "stringnotequals" => (Comparison::Text, true),
            "stringequalsignorecase" => (Comparison::TextIgnoringCase, false),
            "stringnotequalsignorecase" => (Comparison::TextIgnoringCase, true),
            "stringlike" => (Comparison::TextLike, false),
            "stringnotlike" => (Comparison::TextLike, true),
            "arnequals" | "arnlike" => (Comparison::Arn, false),
            "arnnotequals" | "arnnotlike" => (Comparison::Arn, true),
            "bool" => (Comparison::Bool, false),
            "binaryequals" => (Comparison::Binary, false),
            "ipaddress" => (Comparison::Ip, false),
            "notipaddress" => (Comparison::Ip, true),
            other => {
                let (by, order): (fn(Order) -> Comparison, &str) = match (other.strip_prefix("numeric"), other.strip_prefix("date")) {
                    (Some(order), _) => (Comparison::Number, order),
                    (_, Some(order)) => (Comparison::Date, order),
                    _ => return None,
                };
                match order {
                    "equals" => (by(Order::Equals), false),
                    "notequals" => (by(Order::Equals), true),
                    "lessthan" => (by(Order::Less), false),
                    "lessthanequals" => (by(Order::AtMost), false),
                    "greaterthan" => (by(Order::Greater), false),
                    "greaterthanequals" => (by(Order::AtLeast), false),
                    _ => return None,
                }
            }
        };
        Some(Self::Compare { by, negated, of, if_exists })
    }
}

impl Comparison {
    /// Whether policy variables stand in its values: strings and ARNs alone.
    pub(super) const fn has_variables(self) -> bool {
        matches!(self, Self::Text | Self::TextIgnoringCase | Self::TextLike | Self::Arn)
    }

    /// Whether `*` and `?` are wildcards in its values.
    pub(super) const fn has_wildcards(self) -> bool {
        matches!(self, Self::TextLike | Self::Arn)
    }

    /// Whether a value of the request fits a value of the policy. What cannot be read as its type fits nothing.
    pub(super) fn wildcard_match(self, asked: &str, wanted: &str) -> bool {
        match self {
            Self::Text => asked == wanted,
            Self::TextIgnoringCase => asked.to_lowercase() == wanted.to_lowercase(),
            Self::TextLike | Self::Arn => self.fits_pattern(asked, &Pattern::wildcards(wanted)),
            Self::Number(order) => number(asked).zip(number(wanted)).and_then(|(a, b)| a.partial_cmp(&b)).is_some_and(|found| order.holds(found)),
            Self::Date(order) => date(asked).zip(date(wanted)).is_some_and(|(a, b)| order.holds(a.cmp(&b))),
            Self::Bool => {
                let read = |text: &str| ["true", "false"].into_iter().find(|known| text.eq_ignore_ascii_case(known));
                read(asked).is_some() && read(asked) == read(wanted)
            }
            Self::Binary => asked.trim_end_matches('=') == wanted.trim_end_matches('='),
            Self::Ip => network(asked).zip(network(wanted)).is_some_and(|(inner, outer)| outer.contains(&inner)),
        }
    }

    /// As [`Comparison::wildcard_match`], for a pattern whose variables have their values.
    pub(super) fn fits_pattern(self, asked: &str, wanted: &Pattern) -> bool {
        match self {
            // "Each of the six colon-delimited components of the ARN is checked separately."
            Self::Arn => {
                let asked: Vec<&str> = asked.splitn(6, ':').collect();
                let wanted = wanted.segments(6);
                asked.len() == 6 && wanted.len() == 6 && asked.iter().zip(&wanted).all(|(asked, wanted)| wanted.matches(asked))
            }
            _ => wanted.matches(asked),
        }
    }
}

fn number(text: &str) -> Option<f64> {
    // "inf" and "nan" are no numbers to AWS.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    if digits { text.parse().ok() } else { None }
}

/// ISO 8601 with or without time, or seconds since 1970.
fn date(text: &str) -> Option<Timestamp> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    let day = text.parse::<civil::DateTime>().or_else(|_| text.parse::<civil::Date>().map(|day| day.at(0, 0, 0, 0))).ok()?;
    day.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// The time that a text means beyond doubt: a day, or a second with its zone or since 1970. A bare number that is short may be a year.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let plain = text.len() == "2030-01-01".len() && text.parse::<civil::Date>().is_ok();
    let seconds = text.len() > "99999999".len() && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain || seconds { date(text) } else { text.parse().ok() }
}

/// A block or an address.
pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from)).map(|network| network.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_not_beyond_doubt_is_none() {
        for text in ["9999-12-31T23:59:59Z", "2030", "2030-01", "1900000000000", "1900000000.5", " 2030-01-01", "2026-11-22T23:00:00", "soon", ""] {
            assert_eq!(instant(text), None, "{text}");
        }
        let noon = "2026-11-22T12:00:00Z".parse().ok();
        for text in ["2026-11-22T12:00:00Z", "2026-11-22T13:00:00+01:00", "1795348800"] {
            assert_eq!(instant(text), noon, "{text}");
        }
        assert_eq!(date("2026-11-22T12:00:00"), noon);
        assert_eq!(instant("2026-11-22"), "2026-11-22T00:00:00Z".parse().ok());
    }

    #[test]
    fn a_test_of_the_time_is_settled_where_every_time_to_come_says_the_same() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for order in [Order::Equals, Order::Less, Order::AtMost, Order::Greater, Order::AtLeast] {
            for (now, wanted) in (0..5).flat_map(|now| (0..5).map(move |wanted| (now, wanted))) {
                let each: Vec<bool> = (now..10).map(|time| order.holds(at(time).cmp(&at(wanted)))).collect();
                let settled = match (each.contains(&true), each.contains(&false)) {
                    (true, true) => Ternary::Maybe,
                    (holds, _) => Ternary::from(holds),
                };
                assert_eq!(order.holds_from(at(now), at(wanted)), settled, "{order:?} from {now} on, of {wanted}");
            }
        }
    }
}
