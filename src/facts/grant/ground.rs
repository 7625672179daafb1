//! "Everything" of a service in the scanned account, as patterns that a right must cover to be a right over everything.
//!
//! Source: Service Authorization Reference, "Resource types" of each service.

use std::collections::BTreeMap;

use iam_eval::{Pattern, Reading};

use crate::model::Snapshot;

/// Resource types per service; `{}` is the region. One of them covered is everything of a type.
const TYPES: &[(&str, &[&str])] = &[
    ("dms", &["dms:{}:ACCOUNT:endpoint:*", "dms:{}:ACCOUNT:task:*", "dms:{}:ACCOUNT:rep:*", "dms:{}:ACCOUNT:replication-config:*"]),
    ("iam", &["iam::ACCOUNT:role/*", "iam::ACCOUNT:user/*", "iam::ACCOUNT:group/*", "iam::ACCOUNT:policy/*"]),
    ("kms", &["kms:{}:ACCOUNT:key/*"]),
    ("lambda", &["lambda:{}:ACCOUNT:function:*"]),
    ("login", &["redshift:{}:ACCOUNT:dbuser:*/*"]),
    ("rds", &["rds:{}:ACCOUNT:db:*", "rds:{}:ACCOUNT:cluster:*"]),
    ("rds-db", &["rds-db:{}:ACCOUNT:dbuser:*/*"]),
    ("redshift", &["redshift:{}:ACCOUNT:cluster:*", "redshift:{}:ACCOUNT:namespace:*"]),
    ("roles", &["iam::ACCOUNT:role/*"]),
    ("s3", &["s3:::*/*"]),
    ("secretsmanager", &["secretsmanager:{}:ACCOUNT:secret:*"]),
];

/// The patterns of one account.
pub struct Ground {
    everything: BTreeMap<&'static str, Vec<Pattern>>,
    all: Pattern,
}

impl Ground {
    /// For the account and regions of a snapshot.
    pub fn new(snapshot: &Snapshot) -> Self {
        let (partition, account) = (&snapshot.caller.partition, &snapshot.caller.account);
        let pattern =
            |kind: &str, region: &str| Pattern::resource(&format!("arn:{partition}:{}", kind.replace("{}", region).replace("ACCOUNT", account)));
        let patterns = |kinds: &[&str]| {
            let each = |kind: &&str| -> Vec<Pattern> {
                if kind.contains("{}") { snapshot.regions.iter().map(|region| pattern(kind, region)).collect() } else { vec![pattern(kind, "")] }
            };
            let mut all: Vec<Pattern> = kinds.iter().flat_map(each).collect();
            if all.is_empty() {
                all.push(Pattern::resource("*"));
            }
            all
        };
        Self {
            everything: TYPES.iter().map(|(service, kinds)| (*service, patterns(kinds))).collect(),
            all: Pattern::resource(&format!("arn:{partition}:?*:*:*:?*")),
        }
    }

    /// Everything of a service: each pattern is one type in one region.
    pub fn of_service(&self, service: &str) -> &[Pattern] {
        self.everything.get(service).map_or(std::slice::from_ref(&self.all), Vec::as_slice)
    }

    /// Everything of everything.
    pub const fn all(&self) -> &Pattern {
        &self.all
    }

    /// Whether a resource element reaches everything of some type of a service.
    pub fn is_everything(&self, service: &str, resource: &Pattern) -> bool {
        self.of_service(service).iter().any(|wanted| resource.covers(wanted, Reading::Most))
    }
}
