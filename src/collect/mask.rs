//! Card numbers and secrets that somebody put into a name, a tag or a policy: masked before anything is written, so that no report holds them.
//!
//! Source: ISO/IEC 7812 (thirteen to nineteen digits, an issuer's first ones, a check digit) for what may be a card number; PCI DSS 3.4.1 and 3.5.1 for why
//! its last four digits may stay. Names are masked after the last call, since calls are made by them.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use crate::model::Snapshot;

/// What stands for what is not kept.
pub const REDACTED: &str = "‹redacted›";

/// Digits as cards are written: in one run, in fours, or as four, six and five.
const CARD: &str = r"(?:\b|\\[nrt])(?<card>\d{13,19}|\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4}|\d{4}[ -]\d{6}[ -]\d{5})\b";
/// What is a secret wherever it stands: a private key, a token by its prefix, a password in a URL or behind its name.
const SECRET: &str = concat!(
    r"(?<key>-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|$))",
    r"|(?<token>\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,}|glpat-[\w-]{20,}|xox[abeoprs]-[\w-]{10,}|sk_live_\w{16,})\b)",
    r#"|(?<before>://[^/\s:@"]*:)[^/\s@"]+@"#,
    r#"|(?<name>(?i:\b(?:password|passwd|pwd|secret_?access_?key|api_?key|access_?token)=))[^\s;&,"]+"#,
);
static EITHER: LazyLock<Option<[Regex; 2]>> = LazyLock::new(|| Some([Regex::new(CARD).ok()?, Regex::new(SECRET).ok()?]));

/// Masks what a snapshot holds of them; with the resources that held any, as `bucket NAME`.
///
/// # Errors
/// Where the snapshot cannot be read back, which is a fault of ours.
pub fn masked(snapshot: Snapshot) -> serde_json::Result<(Snapshot, Vec<String>)> {
    let text = serde_json::to_string(&snapshot)?;
    if matches!(mask(&text), Cow::Borrowed(_)) {
        return Ok((snapshot, Vec::new()));
    }
    drop(snapshot);
    let mut value: Value = serde_json::from_str(&text)?;
    let mut held = Vec::new();
    for (kind, list) in value.get_mut("resources").and_then(Value::as_object_mut).into_iter().flatten() {
        for resource in list.as_array_mut().into_iter().flatten() {
            if walk(resource) > 0 {
                held.push(format!("{kind} {}", resource["id"]["name"].as_str().unwrap_or_default()));
            }
        }
    }
    walk(&mut value);
    Ok((serde_json::from_value(value)?, held))
}

/// Masks every string of a value, keys too; how many there were to mask.
fn walk(value: &mut Value) -> usize {
    let put = |text: &mut String| {
        let masked = match mask(text) {
            Cow::Owned(masked) => masked,
            Cow::Borrowed(_) => return 0,
        };
        *text = masked;
        1
    };
    match value {
        Value::String(text) => put(text),
        Value::Array(items) => items.iter_mut().map(walk).sum(),
        Value::Object(map) => {
            let mut count = 0;
            for (mut key, mut item) in std::mem::take(map) {
                count += put(&mut key) + walk(&mut item);
                map.insert(key, item);
            }
            count
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// The text without them; borrowed where there are none.
fn mask(text: &str) -> Cow<'_, str> {
    let Some([card, secret]) = &*EITHER else { return Cow::Borrowed(text) };
    let without_secrets = secret.replace_all(text, |found: &Captures<'_>| {
        let before = found.name("before").or_else(|| found.name("name")).map_or("", |kept| kept.as_str());
        format!("{before}{REDACTED}{}", if found.name("before").is_some() { "@" } else { "" })
    });
    let any = card.captures_iter(&without_secrets).any(|found| is_card(&digits(&found)));
    if !any {
        return without_secrets;
    }
    let masked = card.replace_all(&without_secrets, |found: &Captures<'_>| {
        let digits = digits(found);
        let whole = found.get(0).map_or("", |whole| whole.as_str());
        let card = found.name("card").map_or("", |card| card.as_str());
        if is_card(&digits) {
            whole.replace(card, &format!("‹card…{}›", digits.get(digits.len() - 4..).unwrap_or_default()))
        } else {
            whole.to_owned()
        }
    });
    Cow::Owned(masked.into_owned())
}

fn digits(found: &Captures<'_>) -> String {
    found.name("card").map_or("", |card| card.as_str()).chars().filter(char::is_ascii_digit).collect()
}

/// Whether some issuer's cards begin and are as long as this, and the check digit holds (Luhn).
fn is_card(digits: &str) -> bool {
    let first = |count: usize| digits.get(..count).and_then(|first| first.parse::<u32>().ok()).unwrap_or_default();
    let issued = match digits.len() {
        13 => first(1) == 4,
        14 => matches!(first(3), 300..=305) || matches!(first(2), 36 | 38 | 39),
        15 => matches!(first(2), 34 | 37),
        16 if matches!(first(2), 51..=55) || matches!(first(4), 2221..=2720) => true,
        16 | 19 if first(1) == 4 => true,
        16..=19 => first(4) == 6011 || matches!(first(3), 644..=649) || matches!(first(2), 62 | 65) || matches!(first(4), 3528..=3589),
        _ => false,
    };
    let sum: u32 = digits
        .chars()
        .rev()
        .filter_map(|digit| digit.to_digit(10))
        .enumerate()
        .map(|(at, digit)| match (at % 2, digit * 2) {
            (0, _) => digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    issued && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_keep_their_last_four_digits() {
        for (text, masked) in [
            ("cards-4111111111111111-backup", "cards-‹card…1111›-backup"),
            ("arn:aws:s3:::4111-1111-1111-1111", "arn:aws:s3:::‹card…1111›"),
            ("3782 822463 10005", "‹card…0005›"),
            ("{\"Sid\":\"\\n5555555555554444\"}", "{\"Sid\":\"\\n‹card…4444›\"}"),
            ("22 6011111111111117, 2223003122003222", "22 ‹card…1117›, ‹card…3222›"),
        ] {
            assert_eq!(mask(text), masked);
        }
    }

    #[test]
    fn what_only_looks_like_one_stays() {
        for text in [
            "4111111111111112",
            "arn:aws:iam::123456789012:role/x",
            "terraform-20261122164529123400000001",
            "rds:db-2026-11-22-04-15",
            "12345678-4111-1111-1111-111111111111",
            "1700000000000",
            "x4111111111111111",
            "9411111111111111111",
        ] {
            assert!(matches!(mask(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn secrets_go_whole() {
        for (text, masked) in [
            ("mongodb://app:hunter2@db.example:27017/x", "mongodb://app:‹redacted›@db.example:27017/x"),
            ("server=x;Password=hunter2;y=1", "server=x;Password=‹redacted›;y=1"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----", "‹redacted›"),
            ("repo ghp_abcdefghijklmnopqrstuvwxyz0123456789", "repo ‹redacted›"),
        ] {
            assert_eq!(mask(text), masked);
        }
        assert!(matches!(mask("https://login.example/x?y=1"), Cow::Borrowed(_)));
    }
}
