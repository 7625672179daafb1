//! Which old protocol versions and broken ciphers a server still takes (2.2.5, 12.3.3, 4.2.1).
//!
//! Source: RDS User Guide, per engine ("Configuring SQL Server security protocols and ciphers", "TLS versions", "Oracle NNE option settings").

use super::super::FactContext;
use super::super::pipeline::Server;
use super::options::{self, Attached};
use super::parameters::{self, Force, Held};
use super::tls::unknown_default;
use crate::aws_defaults;
use crate::aws_defaults::Engine;
use crate::evidence::{Derived, observe};
use crate::model::{Resource, rds};

/// What a server takes that it should not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Weak {
    /// Protocol versions below TLS 1.2 and broken ciphers, sorted.
    pub accepts: Vec<String>,
    /// The control plane cannot say.
    pub asks_person: bool,
}

impl Weak {
    fn none() -> Derived<Self> {
        Derived::known(Self::default())
    }

    fn asks() -> Derived<Self> {
        Derived::known(Self { accepts: Vec::new(), asks_person: true })
    }

    fn accepts<T: Into<String>>(accepts: impl IntoIterator<Item = T>) -> Derived<Self> {
        Derived::known(Self { accepts: accepts.into_iter().map(Into::into).collect(), asks_person: false })
    }

    fn union(all: Vec<Self>) -> Self {
        let asks = all.iter().any(|one| one.asks_person);
        let mut accepts: Vec<_> = all.into_iter().flat_map(|one| one.accepts).collect();
        accepts.sort();
        accepts.dedup();
        // One old version that is known to be taken needs no answer from anybody.
        Self { asks_person: asks && accepts.is_empty(), accepts }
    }

    /// All of them: what one is known to take decides, whatever else is unseen.
    fn all(items: impl IntoIterator<Item = Derived<Self>>) -> Derived<Self> {
        let items: Vec<_> = items.into_iter().collect();
        let decided = items.iter().any(|item| item.value().is_some_and(|weak| !weak.accepts.is_empty()));
        Derived::collect(items.into_iter().filter(|item| !decided || item.value().is_some())).map(Self::union)
    }
}

const OLD: [&str; 2] = ["TLS 1.0", "TLS 1.1"];

/// What a server takes that it should not.
pub(super) fn weak(ctx: &FactContext<'_>, server: Server<'_>) -> Derived<Weak> {
    match server {
        Server::RdsInstance(instance) => {
            observe!(instance.engine).zip(observe!(instance.engine_version)).and_then(|(engine, version)| match Engine::from_name(&engine) {
                Engine::Oracle => oracle(ctx, instance, &version),
                family => by_groups(family, &version, || parameters::of_instance(ctx, instance)),
            })
        }
        Server::RdsCluster(cluster) => observe!(cluster.engine)
            .zip(observe!(cluster.engine_version))
            .and_then(|(engine, version)| by_groups(Engine::from_name(&engine), &version, || parameters::of_cluster(ctx, cluster))),
        // Redshift takes nothing below TLS 1.2 since 2026-01-31, whatever is configured.
        Server::Redshift(cluster) => Weak::none().resting_on(observe!(cluster.status).from()),
    }
}

fn by_groups(family: Engine, version: &str, groups: impl FnOnce() -> Derived<Vec<Held>>) -> Derived<Weak> {
    let judge: fn(Engine, &str, &Held) -> Derived<Weak> = match family {
        Engine::SqlServer => sqlserver,
        Engine::Postgres | Engine::AuroraPostgres => postgres,
        Engine::MySql | Engine::AuroraMySql if aws_defaults::mysql_lacks_legacy_tls(family, version) == Some(true) => return Weak::none(),
        Engine::MySql | Engine::AuroraMySql | Engine::MariaDb => mysql,
        Engine::Foreign => return Weak::none(),
        Engine::Oracle | Engine::Db2 | Engine::Custom | Engine::Unknown => return Weak::asks(),
    };
    groups().and_then(|groups| Weak::all(groups.iter().map(|held| judge(family, version, held))))
}

fn sqlserver(_: Engine, version: &str, held: &Held) -> Derived<Weak> {
    let switches = [("rds.tls10", "TLS 1.0"), ("rds.tls11", "TLS 1.1"), ("rds.rc4", "RC4"), ("rds.3des168", "3DES")];
    Weak::all(switches.map(|(name, label)| held.value(name).and_then(|value| switch(version, held, name, label, value.unwrap_or("default")))))
}

fn switch(version: &str, held: &Held, name: &str, label: &str, value: &str) -> Derived<Weak> {
    let value = value.to_ascii_lowercase();
    if value == "enabled" {
        return Weak::accepts([label]);
    }
    held.force(name, true).and_then(|force| match (value.as_str(), force, aws_defaults::SQLSERVER_LEGACY_TLS.holds(version)) {
        ("default", _, None) => unknown_default(name, &format!("SQL Server {version}"), &held.group),
        ("disabled", Force::Yes, _) | ("default", Force::Yes, Some(false)) => Weak::none(),
        ("disabled", Force::No(status), _) => {
            Weak::accepts([format!("{label} ({name}=disabled in {} is not proven in force: {status})", held.group)])
        }
        ("default", _, Some(true)) => Weak::accepts([label]),
        _ => Weak::asks(),
    })
}

fn postgres(family: Engine, version: &str, held: &Held) -> Derived<Weak> {
    let name = "ssl_min_protocol_version";
    held.value_of(family, version, name).and_then(|value| {
        let Some(minimum) = value.or_else(|| aws_defaults::POSTGRES_MIN_PROTOCOL.holds(version)) else {
            return unknown_default(name, &format!("PostgreSQL {version}"), &held.group);
        };
        match minimum.to_ascii_lowercase().as_str() {
            "tlsv1" | "tlsv1.0" => Weak::accepts(OLD),
            "tlsv1.1" => Weak::accepts(["TLS 1.1"]),
            "tlsv1.2" | "tlsv1.3" => if_in_force(held, name),
            _ => Weak::asks(),
        }
    })
}

fn mysql(family: Engine, version: &str, held: &Held) -> Derived<Weak> {
    let name = "tls_version";
    held.value_of(family, version, name).and_then(|value| mysql_takes(family, version, held, name, value))
}

fn mysql_takes(family: Engine, version: &str, held: &Held, name: &str, value: Option<&str>) -> Derived<Weak> {
    let Some(versions) = value else {
        // MySQL and Aurora MySQL of that age take both by default; for MariaDB AWS documents no default.
        return match family {
            Engine::MariaDb => Weak::asks(),
            _ if aws_defaults::mysql_lacks_legacy_tls(family, version).is_none() => unknown_default(name, &format!("MySQL {version}"), &held.group),
            _ => Weak::accepts(OLD),
        };
    };
    let old = versions.split(',').filter_map(|version| match version.trim().to_ascii_lowercase().as_str() {
        "tlsv1" | "tlsv1.0" => Some("TLS 1.0"),
        "tlsv1.1" => Some("TLS 1.1"),
        _ => None,
    });
    let old: Vec<_> = old.collect();
    if old.is_empty() { if_in_force(held, name) } else { Weak::accepts(old) }
}

/// A good value that may not be in force yet is a question: what holds until then, AWS does not say.
fn if_in_force(held: &Held, name: &str) -> Derived<Weak> {
    held.force(name, false).and_then(|force| match force {
        Force::Yes => Weak::none(),
        Force::Asks(_) | Force::No(_) => Weak::asks(),
    })
}

fn oracle(ctx: &FactContext<'_>, instance: &Resource<rds::Instance>, version: &str) -> Derived<Weak> {
    options::attached(ctx, instance).and_then(|options| {
        let judged: Vec<_> = options.iter().filter_map(|option| oracle_option(option, version)).collect();
        if judged.is_empty() {
            return Weak::accepts(["clear text (no option offers encryption)"]);
        }
        Weak::all(judged)
    })
}

/// What an option lets through; `None` where it is about something else.
fn oracle_option(option: &Attached, version: &str) -> Option<Derived<Weak>> {
    let setting = |name: &str| option.option.settings.get(name).and_then(Option::as_deref).map(str::trim).filter(|value| !value.is_empty());
    let accepts: Vec<String> = match option.option.name.as_str() {
        "NATIVE_NETWORK_ENCRYPTION" => {
            let refused = setting("SQLNET.ALLOW_WEAK_CRYPTO").is_some_and(|value| value.eq_ignore_ascii_case("false"));
            match setting("SQLNET.ENCRYPTION_TYPES_SERVER") {
                _ if refused => Vec::new(),
                Some(ciphers) => ciphers.split(',').map(|cipher| cipher.trim().to_ascii_uppercase()).filter(|cipher| is_broken(cipher)).collect(),
                None => match aws_defaults::ORACLE_OFFERS_WEAK_CIPHERS.holds(version) {
                    Some(true) => ["3DES", "DES", "RC4"].map(str::to_owned).to_vec(),
                    Some(false) => Vec::new(),
                    None => return Some(unknown_default("SQLNET.ENCRYPTION_TYPES_SERVER", &format!("Oracle {version}"), &option.group)),
                },
            }
        }
        // `1.0`, `1.2`, or `1.2 or 1.0`.
        "SSL" => {
            let versions = setting("SQLNET.SSL_VERSION").unwrap_or(aws_defaults::ORACLE_SSL_VERSION);
            let old = |version: &str| matches!(version, "1.0" | "1.1");
            versions.split([' ', ',']).filter(|version| old(version)).map(|version| format!("TLS {version}")).collect()
        }
        _ => return None,
    };
    // What is not yet in force cannot vouch for what is.
    Some(Derived::known(Weak { asks_person: accepts.is_empty() && !option.in_force(), accepts }))
}

fn is_broken(cipher: &str) -> bool {
    cipher.starts_with("RC4") || cipher.starts_with("DES") || cipher.starts_with("3DES")
}
