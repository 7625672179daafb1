//! Security groups: the union of the rules of every attached group, resolved to address blocks.
//!
//! Source: EC2 API, IpPermission; VPC guide, "Security group rules" (a group reference matches private addresses only, a stale one allows nothing).

use std::collections::BTreeMap;
use std::sync::Arc;

use ipnet::IpNet;

use super::cidr::parse;
use super::partial::Partial;
use crate::evidence::{Derived, FieldRef, Index, Missing, observe};
use crate::model::network::{Permission, PrefixList, SecurityGroup};

/// Inbound or outbound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Ingress.
    In,
    /// Egress.
    Out,
}

/// One permission of an attached group.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// The group.
    pub group: Arc<str>,
    /// The permission.
    pub permission: Permission,
    /// Where it was seen.
    pub from: Vec<FieldRef>,
}

/// One address block that a rule names.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// The group.
    pub group: Arc<str>,
    /// The ports, in words.
    pub ports: String,
    /// As the rule names it.
    pub text: String,
    /// The block.
    pub net: IpNet,
    /// From a prefix list that AWS manages: shared by everybody who uses that service.
    pub managed: Derived<bool>,
    /// Where it was seen.
    pub from: Vec<FieldRef>,
}

impl Source {
    /// `52.95.110.0/24 on tcp 1433 (sg-1)`.
    pub(crate) fn line(&self) -> String {
        line(&self.text, &self.ports, &self.group)
    }
}

/// A source of a rule in words: what facts list, and what commands find it by.
pub(crate) fn line(source: &str, ports: &str, group: &str) -> String {
    format!("{source} on {ports} ({group})")
}

/// What a permission's protocol and ports say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Traffic {
    /// Everything.
    All,
    /// TCP, first to last port.
    Tcp(i64, i64),
    /// ICMP: opens no port.
    Icmp(Icmp),
    /// Another protocol.
    Other,
}

/// A kind of ICMP messages. A permission holds their type and code where another holds its first and last port, -1 for every one (EC2 API, IpPermission).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Icmp {
    /// ICMPv6.
    pub(crate) v6: bool,
    /// The type; `None`: every one.
    pub(crate) kind: Option<i64>,
    /// The code; `None`: every one.
    pub(crate) code: Option<i64>,
}

impl Icmp {
    fn new(permission: &Permission, v6: bool) -> Self {
        Self { v6, kind: permission.from_port.filter(|kind| *kind >= 0), code: permission.to_port.filter(|code| *code >= 0) }
    }
}

/// What a permission lets through.
pub(crate) fn traffic(permission: &Permission) -> Traffic {
    match permission.protocol.as_str() {
        "-1" | "all" => Traffic::All,
        "tcp" | "6" => match (permission.from_port, permission.to_port) {
            (None | Some(-1), _) => Traffic::Tcp(0, 65535),
            (Some(first), last) => Traffic::Tcp(first.clamp(0, 65535), last.unwrap_or(65535).clamp(0, 65535)),
        },
        "icmp" | "1" => Traffic::Icmp(Icmp::new(permission, false)),
        "icmpv6" | "58" => Traffic::Icmp(Icmp::new(permission, true)),
        _ => Traffic::Other,
    }
}

/// The ports of a permission, in words.
pub(crate) fn words(permission: &Permission) -> String {
    match traffic(permission) {
        Traffic::All => "all ports".to_owned(),
        Traffic::Tcp(0, 65535) => "tcp, all ports".to_owned(),
        Traffic::Tcp(first, last) if first == last => format!("tcp {first}"),
        Traffic::Tcp(first, last) => format!("tcp {first}-{last}"),
        Traffic::Icmp(Icmp { v6, kind, .. }) => {
            let name = if v6 { "icmpv6" } else { "icmp" };
            kind.map_or_else(|| name.to_owned(), |kind| format!("{name} type {kind}"))
        }
        Traffic::Other => {
            let protocol = if permission.protocol == "17" { "udp" } else { &permission.protocol };
            match (permission.from_port, permission.to_port) {
                (Some(first), Some(last)) if first == last => format!("{protocol} {first}"),
                (Some(first), Some(last)) => format!("{protocol} {first}-{last}"),
                _ => format!("{protocol}, all ports"),
            }
        }
    }
}

/// Everything that a permission names and that exists, as written. A reference over a peering that ended allows nothing.
pub(crate) fn named(permission: &Permission) -> Vec<&str> {
    let groups = permission.groups.iter().filter(|group| group.peering_status.as_deref() != Some("deleted")).map(|group| group.group_id.as_str());
    let nets = permission.cidrs.iter().chain(&permission.ipv6_cidrs).chain(&permission.prefix_lists).map(String::as_str);
    nets.chain(groups).collect()
}

/// The rules of every attached group in one direction, each group once.
pub(crate) fn rules(index: &Index<'_>, region: &str, groups: &[Derived<Vec<String>>], direction: Direction) -> Partial<Vec<Rule>> {
    let mut all = Partial::<Vec<Rule>>::default();
    let mut attached: BTreeMap<String, Vec<FieldRef>> = BTreeMap::new();
    for part in groups {
        let at = part.from().to_vec();
        for id in all.take(part.clone()).into_iter().flatten() {
            attached.entry(id).or_default().extend(at.iter().cloned());
        }
    }
    for (id, mut from) in attached {
        let permissions = index.get::<SecurityGroup>(region, &id).and_then(|group| match direction {
            Direction::In => observe!(group.ingress),
            Direction::Out => observe!(group.egress),
        });
        from.extend(permissions.from().iter().cloned());
        let group: Arc<str> = id.into();
        for permission in all.take(permissions).into_iter().flatten() {
            all.known.push(Rule { group: group.clone(), permission, from: from.clone() });
        }
    }
    all
}

/// The address blocks of the rules whose traffic is wanted.
pub(crate) fn sources(
    index: &Index<'_>,
    region: &str,
    rules: &Partial<Vec<Rule>>,
    wanted: impl Fn(&Permission) -> Derived<bool>,
) -> Partial<Vec<Source>> {
    let mut all = Partial { known: Vec::new(), from: rules.from.clone(), missing: rules.missing.clone() };
    for rule in &rules.known {
        let permission = &rule.permission;
        if permission.cidrs.is_empty() && permission.ipv6_cidrs.is_empty() && permission.prefix_lists.is_empty() {
            continue;
        }
        let wanted = wanted(permission);
        let mut rests_on = rule.from.clone();
        rests_on.extend(wanted.from().iter().cloned());
        if !all.take(wanted).unwrap_or(false) {
            continue;
        }
        let source = |text: String, net: IpNet, managed: Derived<bool>, from: Vec<FieldRef>| Source {
            group: rule.group.clone(),
            ports: words(permission),
            text,
            net,
            managed,
            from,
        };
        for text in permission.cidrs.iter().chain(&permission.ipv6_cidrs) {
            match parse(text) {
                Some(net) => all.known.push(source(net.to_string(), net, Derived::known(false), rests_on.clone())),
                None => all.missing.push(no_block(&rule.group, text)),
            }
        }
        for id in &permission.prefix_lists {
            let list = index.get::<PrefixList>(region, id);
            let managed = managed(index, region, id);
            let cidrs = list.and_then(|list| observe!(list.cidrs));
            let from = [&*rests_on, cidrs.from()].concat();
            for text in all.take(cidrs).into_iter().flatten() {
                match parse(&text) {
                    Some(net) => all.known.push(source(format!("{id} ({net})"), net, managed.clone(), from.clone())),
                    None => all.missing.push(no_block(id, &text)),
                }
            }
        }
    }
    all
}

/// Whether AWS manages a prefix list: it then names one service's addresses.
pub(crate) fn managed(index: &Index<'_>, region: &str, id: &str) -> Derived<bool> {
    index.get::<PrefixList>(region, id).and_then(|list| observe!(list.owner)).map(|owner| owner.as_deref() == Some("AWS"))
}

fn no_block(by: &str, text: &str) -> Missing {
    Missing::Outside(format!("{by} names \"{}\", which is no address block", text.escape_default()))
}
