//! Values of a policy that every request has: a test against one of them narrows nothing.
//!
//! Source: IAM User Guide, "AWS global condition context keys" and "Available keys for IAM"; KMS Developer Guide, "AWS KMS condition keys":
//! what the values of each key look like. A pattern that takes a value which nobody would name takes them all.

use super::Pattern;

/// Keys that every signed request has: to demand them demands nothing.
const ALWAYS: [&str; 9] = [
    "aws:currenttime",
    "aws:epochtime",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:useragent",
    "aws:userid",
];

/// Whether every request has a key (in lower case).
pub(super) fn is_always_there(key: &str) -> bool {
    ALWAYS.contains(&key)
}

/// Whether a pattern for a key (in lower case) takes whatever value the key has.
pub(super) fn takes_all(key: &str, value: &str) -> bool {
    let pattern = Pattern::wildcards(value);
    is_all_wild(value) || (pattern.is_open() && nobodys(key, value).iter().any(|nobody| pattern.matches(nobody)))
}

/// Wildcards alone.
pub(super) fn is_all_wild(value: &str) -> bool {
    !value.is_empty() && value.chars().all(|letter| matches!(letter, '*' | '?'))
}

/// Values of the right look that are nobody's.
fn nobodys(key: &str, value: &str) -> Vec<String> {
    let all: &[&str] = match key {
        // A key is used through the services of its own Region: a pattern that names the Region names none of them.
        "kms:viaservice" | "iam:passedtoservice" | "iam:awsservicename" | "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast" => {
            let tail = value.split_once('.').map_or(".amazonaws.com".to_owned(), |(_, tail)| format!(".{tail}"));
            return vec![format!("nobody{tail}"), "nobody.nowhere-1.amazonaws.com".to_owned(), "nobody.amazonaws.com".to_owned()];
        }
        "iam:policyarn" | "iam:permissionsboundary" => &["iam::000000000000:policy/nobody"],
        "iam:associatedresourcearn" => &["nobody:nowhere-1:000000000000:nothing/nobody"],
        "aws:principalarn" => &["iam::000000000000:role/nobody", "iam::000000000000:user/nobody"],
        "kms:resourcealiases" | "kms:requestalias" => return vec!["alias/nobody".to_owned()],
        "aws:principalorgid" | "aws:resourceorgid" | "aws:sourceorgid" => return vec!["o-nobody0000".to_owned()],
        "aws:requestedregion" => return vec!["no-where-1".to_owned()],
        _ => &[],
    };
    let partition = |rest: &&str| ["aws", "aws-cn", "aws-us-gov"].map(|partition| format!("arn:{partition}:{rest}"));
    all.iter().flat_map(partition).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_a_value_that_nobody_would_name_takes_all() {
        for (key, value) in [
            ("kms:viaservice", "*.amazonaws.com"),
            ("kms:viaservice", "*amazonaws*"),
            ("kms:viaservice", "*.*.amazonaws.com"),
            ("kms:viaservice", "*.us-east-2.amazonaws.com"),
            ("kms:viaservice", "?*"),
            ("iam:passedtoservice", "*.amazonaws.com"),
            ("iam:passedtoservice", "*.amazonaws.com*"),
            ("iam:policyarn", "arn:aws:iam::*"),
            ("iam:permissionsboundary", "arn:aws:iam::*:policy/*"),
            ("kms:resourcealiases", "alias/*"),
            ("aws:resourcetag/team", "*"),
            ("aws:principalorgid", "o-*"),
        ] {
            assert!(takes_all(key, value), "{key} {value}");
        }
        for (key, value) in [
            ("kms:viaservice", "s3.*.amazonaws.com"),
            ("kms:viaservice", "s3*"),
            ("iam:passedtoservice", "dms.amazonaws.com"),
            ("iam:passedtoservice", "*dms*"),
            ("iam:policyarn", "arn:aws:iam::111122223333:policy/*"),
            ("iam:policyarn", "arn:aws:iam::*:policy/team/*"),
            ("kms:resourcealiases", "alias/app-*"),
            ("aws:resourcetag/team", "pay*"),
            ("aws:principalorgid", "o-abc*"),
        ] {
            assert!(!takes_all(key, value), "{key} {value}");
        }
    }
}
