//! Does a server refuse clear text, in force now? One answer for the store itself and for the hops that lead to it (2.2.7, 8.3.2, 4.2.1).
//!
//! Source: RDS, Aurora and Redshift guides on requiring SSL/TLS; which parameter, and what an unset one means, stands in `aws_defaults`.

use std::collections::BTreeSet;

use super::super::FactContext;
use super::super::exposure::owned::Owners;
use super::super::pipeline::Server;
use super::options::{self, Attached};
use super::parameters::{self, Force, Held, WarehouseParameter};
use crate::aws_defaults;
use crate::aws_defaults::Engine;
use crate::evidence::{Derived, Missing, observe};
use crate::model::network::{Permission, SecurityGroup};
use crate::model::{Kind, Resource, rds, redshift};

/// Whether a server refuses clear text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enforcement {
    /// It does, in force now.
    pub enforced: bool,
    /// Which setting decides, in words.
    pub why: String,
    /// The control plane cannot say.
    pub asks_person: bool,
    /// What lets clear text in, each on its own; where it does not, empty.
    pub lacks: Vec<String>,
}

/// How long a setting goes on letting clear text in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lack {
    /// It is switched off.
    Off,
    /// It is switched on and not in force: a reboot may put it there.
    Pending,
}

impl Lack {
    /// In words. What is off lacks all that a pending one lacks, and more: so whoever accepted the one has not accepted the other.
    fn words(self, setting: &str) -> Vec<String> {
        let now = format!("{setting} is not in force");
        match self {
            Self::Off => vec![now, format!("{setting} is off after the next reboot too")],
            Self::Pending => vec![now],
        }
    }
}

impl Enforcement {
    fn refuses(why: impl Into<String>) -> Derived<Self> {
        Derived::known(Self { enforced: true, why: why.into(), asks_person: false, lacks: Vec::new() })
    }

    fn admits(lacks: Vec<String>, why: impl Into<String>) -> Derived<Self> {
        Derived::known(Self { enforced: false, why: why.into(), asks_person: false, lacks })
    }

    fn asks(why: impl Into<String>) -> Derived<Self> {
        Derived::known(Self { enforced: false, why: why.into(), asks_person: true, lacks: Vec::new() })
    }
}

/// Whether a server refuses clear text, in force now.
pub fn enforcement(ctx: &FactContext<'_>, server: Server<'_>) -> Derived<Enforcement> {
    match server {
        Server::RdsInstance(instance) => of_instance(ctx, instance),
        Server::RdsCluster(cluster) => of_cluster(ctx, cluster),
        Server::Redshift(cluster) => of_warehouse(ctx, cluster),
    }
}

fn of_instance(ctx: &FactContext<'_>, instance: &Resource<rds::Instance>) -> Derived<Enforcement> {
    // A member runs with the parameters of its cluster; its own group does not even have them.
    if let Some(Some(id)) = instance.fields.cluster_id.known() {
        return observe!(instance.cluster_id)
            .and_then(|_| ctx.index.get::<rds::Cluster>(&instance.id.region, id))
            .and_then(|cluster| of_cluster(ctx, cluster));
    }
    observe!(instance.engine).zip(observe!(instance.engine_version)).and_then(|(engine, version)| match Engine::from_name(&engine) {
        Engine::Oracle => oracle(ctx, instance),
        family => by_parameter(family, &engine, &version, || parameters::of_instance(ctx, instance)),
    })
}

fn of_cluster(ctx: &FactContext<'_>, cluster: &Resource<rds::Cluster>) -> Derived<Enforcement> {
    observe!(cluster.engine)
        .zip(observe!(cluster.engine_version))
        .and_then(|(engine, version)| by_parameter(Engine::from_name(&engine), &engine, &version, || parameters::of_cluster(ctx, cluster)))
}

fn by_parameter(family: Engine, engine: &str, version: &str, groups: impl FnOnce() -> Derived<Vec<Held>>) -> Derived<Enforcement> {
    let Some(name) = aws_defaults::tls_parameter(family) else {
        return match family {
            Engine::Custom => Enforcement::asks(format!("{engine} is RDS Custom: its listener is set on the host, where AWS does not look")),
            _ => Enforcement::asks(format!("{engine}: how this engine refuses clear text is not known here")),
        };
    };
    if family == Engine::MariaDb && !aws_defaults::has_parameter(family, version, name) {
        return Enforcement::admits(Lack::Off.words(name), format!("MariaDB {version} has no {name}, which came with 10.5"));
    }
    groups().and_then(|groups| strictest(groups.iter().map(|held| group(family, engine, version, name, held))))
}

/// What one attached group makes of it.
fn group(family: Engine, engine: &str, version: &str, name: &str, held: &Held) -> Derived<Enforcement> {
    held.value_of(family, version, name).and_then(|value| set(family, engine, version, name, held, value))
}

fn set(family: Engine, engine: &str, version: &str, name: &str, held: &Held, value: Option<&str>) -> Derived<Enforcement> {
    let (on, said) = match value {
        Some(value) => (is_enforcing(family, value), format!("{name}={value} in {}", held.group)),
        None => {
            let Some(on) = aws_defaults::tls_required(family).and_then(|table| table.holds(version)) else {
                return unknown_default(name, &format!("{engine} {version}"), &held.group);
            };
            (on, format!("{name} is not set in {}, and {engine} {version} starts with it {}", held.group, if on { "on" } else { "off" }))
        }
    };
    let force = held.force(name, family == Engine::SqlServer);
    let setting = format!("{name} of {}", held.group);
    if !on {
        // Whatever is still in force goes at the next reboot; nothing about the status can save it.
        let pending = matches!(force.value(), Some(Force::No(not)) if not.awaits_reboot);
        return Enforcement::admits(
            Lack::Off.words(&setting),
            if pending { format!("{said}; what an earlier value may still enforce ends at the next reboot") } else { said },
        );
    }
    force.and_then(|force| match force {
        Force::Yes => Enforcement::refuses(format!("{said}, in force")),
        Force::Asks(why) => Enforcement::asks(format!("{said}, but {why}")),
        Force::No(not) => Enforcement::admits(Lack::Pending.words(&setting), format!("{said}, but not proven in force: {not}")),
    })
}

fn is_enforcing(family: Engine, value: &str) -> bool {
    match family {
        // The list of protocols that Db2 listens on: TCPIP beside SSL leaves the clear-text port open.
        Engine::Db2 => value.split(',').all(|protocol| protocol.trim().eq_ignore_ascii_case("SSL")),
        _ => parameters::is_on(value),
    }
}

/// What a setting means that nobody set, where no table knows the version.
pub fn unknown_default<T>(name: &str, version: &str, group: &str) -> Derived<T> {
    Derived::unseen(Missing::Outside(format!(
        "what {name} is on {version} where {group} does not set it: pci-audit does not know this version's default"
    )))
}

/// Every attached group must enforce it: one that does not decides, and what is unseen keeps the rest from deciding.
fn strictest(items: impl Iterator<Item = Derived<Enforcement>>) -> Derived<Enforcement> {
    let items: Vec<_> = items.collect();
    let lacks = || items.iter().filter_map(Derived::value).flat_map(|one| one.lacks.iter().cloned()).collect();
    if let Some(open) = items.iter().find(|item| item.value().is_some_and(|one| !one.enforced)) {
        return open.clone().map(|open| Enforcement { lacks: lacks(), ..open });
    }
    Derived::collect(items).map(|all| Enforcement {
        enforced: !all.is_empty(),
        asks_person: all.iter().any(|one| one.asks_person),
        why: all.into_iter().map(|one| one.why).collect::<Vec<_>>().join("; "),
        lacks: Vec::new(),
    })
}

/// Oracle has no parameter: Native Network Encryption that is required, or the SSL option with its clear-text port shut.
fn oracle(ctx: &FactContext<'_>, instance: &Resource<rds::Instance>) -> Derived<Enforcement> {
    options::attached(ctx, instance).and_then(|options| {
        let named = |name: &str| options.iter().find(|option| option.option.name == name);
        if let Some(found) = named("NATIVE_NETWORK_ENCRYPTION") {
            let asked = found.option.settings.get("SQLNET.ENCRYPTION_SERVER").and_then(Option::as_deref);
            let words = format!(
                "option NATIVE_NETWORK_ENCRYPTION in {} with SQLNET.ENCRYPTION_SERVER={}",
                found.group,
                asked.unwrap_or("Requested (the default)")
            );
            let setting = format!("SQLNET.ENCRYPTION_SERVER of {}", found.group);
            return match asked {
                Some(value) if value.trim().eq_ignore_ascii_case("required") && found.in_force() => {
                    Enforcement::refuses(format!("{words}, in force"))
                }
                Some(value) if value.trim().eq_ignore_ascii_case("required") => {
                    Enforcement::admits(Lack::Pending.words(&setting), format!("{words}, but not proven in force: {}", found.status))
                }
                _ => Enforcement::admits(Lack::Off.words(&setting), format!("{words}, which also takes clear text")),
            };
        }
        let Some(found) = named("SSL") else {
            let options = "option NATIVE_NETWORK_ENCRYPTION or SSL";
            return Enforcement::admits(Lack::Off.words(options), "neither option NATIVE_NETWORK_ENCRYPTION nor SSL is attached");
        };
        if !found.in_force() {
            let why = format!("option SSL in {} is not proven in force: {}", found.group, found.status);
            return Enforcement::admits(Lack::Pending.words(&format!("option SSL of {}", found.group)), why);
        }
        clear_port(ctx, instance, found)
    })
}

/// The SSL option opens a second port; the first one stays clear text, and only the security groups can shut it.
fn clear_port(ctx: &FactContext<'_>, instance: &Resource<rds::Instance>, ssl: &Attached) -> Derived<Enforcement> {
    observe!(instance.endpoint).zip(observe!(instance.security_groups)).and_then(|(endpoint, groups)| {
        let Some(endpoint) = endpoint else {
            return Derived::unseen(Missing::Outside(format!("AWS gives no port of {} while it does not run", instance.id.name)));
        };
        let port = endpoint.port;
        let admitting = |id: &String| {
            ctx.index.get::<SecurityGroup>(&instance.id.region, id).and_then(|group| {
                let open = observe!(group.ingress).map(|ingress| ingress.iter().any(|permission| admits(permission, port)));
                open.map(|open| open.then(|| id.clone()))
            })
        };
        // The groups of the option, and those of its interface, are the instance's as well.
        let owned = Owners::new(ctx.index).owned(Kind::RdsInstance, &instance.id.region, &observe!(instance.subnets));
        let held = owned.value().into_iter().flatten().flat_map(|(_, groups)| groups);
        let mut by_group: Vec<_> = groups.iter().chain(&ssl.option.security_groups).chain(held).map(admitting).collect();
        by_group.push(owned.clone().map(|_| None));
        if let Some(open) = by_group.iter().find(|one| matches!(one.value(), Some(Some(_)))) {
            let why = |group: Option<String>| {
                format!("option SSL listens on a port of its own, and {} admits the clear-text port {port}", group.unwrap_or_default())
            };
            let groups = by_group.iter().filter_map(|one| one.value().cloned().flatten());
            let lacks: BTreeSet<String> = groups.map(|group| format!("{group} admits the clear-text port {port}")).collect();
            let admits = |group| Enforcement { enforced: false, why: why(group), asks_person: false, lacks: lacks.into_iter().collect() };
            return open.clone().map(admits);
        }
        Derived::collect(by_group).map(|_| {
            let own = ssl.option.port.map_or_else(String::new, |own| format!(" on port {own}"));
            Enforcement {
                enforced: true,
                why: format!("option SSL in {}{own}, and no security group admits the clear-text port {port}", ssl.group),
                asks_person: false,
                lacks: Vec::new(),
            }
        })
    })
}

/// Whether a permission lets somebody in on a TCP port. A rule over a deleted peering lets nobody in.
fn admits(permission: &Permission, port: i64) -> bool {
    let protocol = matches!(permission.protocol.as_str(), "tcp" | "6" | "-1");
    let ports = permission.protocol == "-1" || permission.from_port.is_none_or(|from| from <= port) && permission.to_port.is_none_or(|to| port <= to);
    let living = permission.groups.iter().any(|group| group.peering_status.as_deref() != Some("deleted"));
    let somebody = living || !permission.cidrs.is_empty() || !permission.ipv6_cidrs.is_empty() || !permission.prefix_lists.is_empty();
    protocol && ports && somebody
}

/// Redshift says per parameter whether it is in force; where it does not, the group's status stands for it.
fn of_warehouse(ctx: &FactContext<'_>, cluster: &Resource<redshift::Cluster>) -> Derived<Enforcement> {
    parameters::of_warehouse(ctx, cluster, "require_ssl").and_then(|groups| {
        let judge = |one: WarehouseParameter| {
            let (on, said) = match &one.value {
                Some(value) => (parameters::is_on(value), format!("require_ssl={value} in {}", one.group)),
                None => {
                    let Some(on) = aws_defaults::redshift_requires_ssl(&one.group) else {
                        return unknown_default("require_ssl", "Redshift", &one.group);
                    };
                    (on, format!("require_ssl is not set in {}, which means {on}", one.group))
                }
            };
            let setting = format!("require_ssl of {}", one.group);
            match (on, one.status == "in-sync") {
                (false, true) => Enforcement::admits(Lack::Off.words(&setting), said),
                (false, false) => Enforcement::admits(Lack::Off.words(&setting), format!("{said} ({})", one.status)),
                (true, true) => Enforcement::refuses(format!("{said}, in force")),
                (true, false) => Enforcement::admits(Lack::Pending.words(&setting), format!("{said}, but not proven in force: {}", one.status)),
            }
        };
        strictest(groups.into_iter().map(judge))
    })
}
