//! Declarations of `pci-audit.toml` that meet nothing in the account: a slip of the pen there makes a person's work void, and nobody sees it. Nothing is said
//! where what a declaration speaks of could not be listed.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use iam_eval::wildcard_match;

use crate::config::Config;
use crate::evidence::Index;
use crate::model::network::{AclEntry, Permission};
use crate::model::{Identity, Kind, network};
use crate::network::cidr::parse;

const PRINCIPALS: [Kind; 3] = [Kind::IamUser, Kind::IamRole, Kind::IamGroup];
/// What can be read, and so stand in `readers` as `data`.
const DATA: [Kind; 12] = [
    Kind::RdsInstance,
    Kind::RdsCluster,
    Kind::RdsSnapshot,
    Kind::RdsClusterSnapshot,
    Kind::RedshiftCluster,
    Kind::RedshiftSnapshot,
    Kind::RedshiftDataShare,
    Kind::DmsInstance,
    Kind::DmsReplicationConfig,
    Kind::Bucket,
    Kind::KmsKey,
    Kind::Secret,
];

/// What meets nothing, as messages call it, in the order of the file's tables.
pub fn idle(index: &Index<'_>, config: &Config) -> Vec<String> {
    let look = Look { index, text: OnceCell::new(), hidden: index.hidden().map(|(kind, _)| kind).collect() };
    let mut idle = Vec::new();
    let mut note = |table: &str, value: &str, met: bool| {
        if !met {
            idle.push(format!("{table} \"{value}\""));
        }
    };
    for admin in &config.admins {
        note("admins", admin, look.principal(admin));
    }
    for account in &config.external.accounts {
        note("external.accounts", account, look.mentions(account));
    }
    let shapes = [("external.organizations", &config.external.organizations), ("external.organization-paths", &config.external.organization_paths)];
    for (table, value) in shapes.into_iter().flat_map(|(table, values)| values.iter().map(move |value| (table, value))) {
        // Up to its first wildcard: what a policy holds need not be the same pattern.
        note(table, value, value.starts_with("${") || look.mentions(value.split(['*', '?']).next().unwrap_or_default()));
    }
    for endpoint in &config.external.vpc_endpoints {
        note("external.vpc-endpoints", endpoint, look.mentions(endpoint));
    }
    for provider in &config.external.identity_providers {
        note("external.identity-providers", &provider.arn, look.provider(&provider.arn));
    }
    for block in &config.external.networks {
        note("external.networks", block, look.network(block));
    }
    for flow in &config.flows {
        let from = if flow.from.starts_with("sg-") { look.group(&flow.from) } else { look.network(&flow.from) };
        note("flows, from", &flow.from, from);
        note("flows, to", &flow.to, flow.to == "*" || look.named(&DATA, &flow.to));
    }
    for reader in &config.readers {
        note("readers, principal", &reader.principal, look.principal(&reader.principal));
        note("readers, data", &reader.data, reader.data == "*" || look.named(&DATA, &reader.data) || look.named(&[Kind::DmsTask], &reader.data));
    }
    for edge in &config.edges {
        note("edges, endpoint", &edge.endpoint, look.named(&[Kind::DmsEndpoint], &edge.endpoint));
        if let Some(server) = &edge.server {
            note("edges, server", server, look.named(&[Kind::RdsInstance, Kind::RdsCluster, Kind::RedshiftCluster, Kind::Bucket], server));
        }
    }
    for place in &config.log_archive {
        let place = place.trim_end_matches(":*");
        note("log-archive", place, look.named(&[Kind::Bucket, Kind::LogGroup, Kind::Account, Kind::Trail], place) || look.mentions(place));
    }
    idle
}

struct Look<'i, 'a> {
    index: &'i Index<'a>,
    /// The whole snapshot, for what only a policy names.
    text: OnceCell<String>,
    /// Kinds of which some could not be listed.
    hidden: BTreeSet<Kind>,
}

impl Look<'_, '_> {
    /// Whether some resource of these kinds fits, or may.
    fn any(&self, kinds: &[Kind], wildcard_match: impl Fn(&Identity) -> bool) -> bool {
        kinds.iter().any(|kind| self.hidden.contains(kind))
            || self.index.snapshot.resources.identities().any(|(kind, id)| kinds.contains(&kind) && wildcard_match(id))
    }

    fn named(&self, kinds: &[Kind], name: &str) -> bool {
        self.any(kinds, |id| *id.name == *name || wildcard_match(name, &id.arn))
    }

    /// Principals of other accounts, and services, are not listed: a policy may name them.
    fn principal(&self, pattern: &str) -> bool {
        self.any(&PRINCIPALS, |id| wildcard_match(pattern, &id.arn)) || self.is_elsewhere(pattern) || self.mentions(pattern)
    }

    /// An ARN of another account, or with a wildcard there.
    fn is_elsewhere(&self, pattern: &str) -> bool {
        pattern.split(':').nth(4).is_some_and(|account| account != self.index.snapshot.caller.account)
    }

    fn group(&self, id: &str) -> bool {
        self.any(&[Kind::SecurityGroup], |group| *group.name == *id || group.arn.ends_with(id)) || self.mentions(id)
    }

    /// Whether the account names it anywhere: a policy, a rule, a peer.
    fn mentions(&self, text: &str) -> bool {
        self.text.get_or_init(|| self.index.snapshot.to_json()).contains(text)
    }

    /// Whether some role trusts a provider that fits.
    fn provider(&self, pattern: &str) -> bool {
        self.hidden.contains(&Kind::IamRole) || pattern.contains(['*', '?']) || self.mentions(pattern)
    }

    /// Whether a rule admits some part of a network.
    fn network(&self, block: &str) -> bool {
        let Some(net) = parse(block) else { return true };
        let meets = |text: &String| parse(text).is_some_and(|other| other.contains(&net) || net.contains(&other));
        let permission = |permission: &Permission| permission.cidrs.iter().chain(&permission.ipv6_cidrs).any(meets);
        let entry = |entry: &AclEntry| entry.cidr.as_ref().is_some_and(meets);
        let groups = self.index.all::<network::SecurityGroup>().iter().map(|group| &group.fields);
        let mut rules = groups.flat_map(|group| [&group.ingress, &group.egress]).flat_map(|rules| rules.known().into_iter().flatten());
        let mut entries = self.index.all::<network::NetworkAcl>().iter().flat_map(|acl| acl.fields.entries.known().into_iter().flatten());
        let mut lists = self.index.all::<network::PrefixList>().iter().flat_map(|list| list.fields.cidrs.known().into_iter().flatten());
        self.hidden.contains(&Kind::SecurityGroup)
            || self.hidden.contains(&Kind::NetworkAcl)
            || rules.any(permission)
            || entries.any(entry)
            || lists.any(meets)
    }
}
