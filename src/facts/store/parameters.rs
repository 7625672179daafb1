//! Parameter groups of a database server: what each attached group holds, and whether it is in force there.
//!
//! Configured is not in force: RDS says per *group*, not per parameter, whether an instance runs with it (`ParameterApplyStatus`, and
//! `DBClusterParameterGroupStatus` per member of a cluster). Source: RDS User Guide, "Working with DB parameter groups".

use std::collections::BTreeMap;
use std::fmt;

use super::super::FactContext;
use crate::aws_defaults;
use crate::aws_defaults::Engine;
use crate::evidence::{Derived, Missing, observe};
use crate::model::rds::{self, Parameter};
use crate::model::{Resource, redshift};

/// The status of a group that a reboot puts in force. Source: RDS API Reference, DBParameterGroupStatus.
const PENDING_REBOOT: &str = "pending-reboot";

/// An attached group.
pub struct Held {
    /// Its name.
    pub group: String,
    /// Its parameters that decide a verdict.
    pub parameters: BTreeMap<String, Parameter>,
    /// Status by what it is attached to.
    applied: Derived<Vec<Applied>>,
    /// A cluster's group: each member must run with it, whatever the type of the parameter.
    of_cluster: bool,
}

#[derive(Clone)]
struct Applied {
    /// The member of a cluster; `None` for an instance's own group.
    member: Option<String>,
    status: String,
}

/// Whether a group's setting is in force.
pub enum Force {
    /// Everywhere.
    Yes,
    /// AWS does not say; why, in words.
    Asks(String),
    /// Not proven.
    No(NotInForce),
}

/// Why a group's setting is not proven in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotInForce {
    /// A reboot puts it in force somewhere: AWS says `pending-reboot`.
    pub awaits_reboot: bool,
    /// AWS's own status words, each with the member that it is about.
    words: String,
}

impl fmt::Display for NotInForce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl Held {
    /// What the group says of a parameter that every group of its engine has; `None` is the engine's default.
    ///
    /// RDS lists every parameter of the family, those that nobody set without a value (RDS API Reference, DescribeDBParameters): one that is not in the
    /// list was not seen, and is no default.
    pub fn value(&self, name: &str) -> Derived<Option<&str>> {
        debug_assert!(rds::PARAMETERS.contains(&name), "{name} is not collected: it would never be seen");
        match self.parameters.get(name) {
            Some(parameter) => Derived::known(parameter.value.as_deref().map(str::trim).filter(|value| !value.is_empty())),
            None => not_held(name, &self.group),
        }
    }

    /// The same of a parameter that an engine of this version may not have: then nothing sets it.
    pub fn value_of(&self, engine: Engine, version: &str, name: &str) -> Derived<Option<&str>> {
        let lacks = !self.parameters.contains_key(name) && !aws_defaults::has_parameter(engine, version, name);
        if lacks { Derived::known(None) } else { self.value(name) }
    }

    /// Whether the group's value of a parameter is in force.
    ///
    /// A dynamic parameter is applied at once, unless the group itself was attached just now: then the group waits for a reboot, as it does for any
    /// static parameter that was changed, and nobody can tell which of the two it is. What nobody set waits for nothing, whatever method AWS names for
    /// it. `static_here`: the parameter is known to need a reboot.
    pub fn force(&self, name: &str, static_here: bool) -> Derived<Force> {
        let immediate = self.parameters.get(name).is_some_and(|parameter| {
            let is = |field: &Option<String>, word: &str| field.as_deref().is_some_and(|value| value.eq_ignore_ascii_case(word));
            let set = !(is(&parameter.source, "engine-default") || is(&parameter.source, "system"));
            is(&parameter.apply_type, "dynamic") && (is(&parameter.apply_method, "immediate") || !set)
        });
        let excused = immediate && !static_here && !self.of_cluster;
        self.applied.clone().map(|applied| {
            let waiting: Vec<_> = applied.iter().filter(|one| one.status != "in-sync").collect();
            if waiting.is_empty() {
                return Force::Yes;
            }
            if excused && waiting.iter().all(|one| one.status == PENDING_REBOOT) {
                return Force::Asks("the group waits for a reboot: for another parameter, or because it was attached just now".to_owned());
            }
            let words =
                waiting.iter().map(|one| one.member.as_ref().map_or_else(|| one.status.clone(), |member| format!("{} on {member}", one.status)));
            let awaits_reboot = waiting.iter().any(|one| one.status == PENDING_REBOOT);
            Force::No(NotInForce { awaits_reboot, words: words.collect::<Vec<_>>().join(", ") })
        })
    }
}

/// A parameter that AWS always lists and the list does not hold.
fn not_held<T>(name: &str, group: &str) -> Derived<T> {
    Derived::unseen(Missing::Outside(format!("{name} of {group}, which this snapshot does not hold")))
}

/// The groups of an instance.
pub fn of_instance(ctx: &FactContext<'_>, instance: &Resource<rds::Instance>) -> Derived<Vec<Held>> {
    observe!(instance.parameter_groups).and_then(|groups| {
        if groups.is_empty() {
            return Derived::unseen(Missing::Outside(format!("the parameter group of {}: AWS names none", instance.id.name)));
        }
        Derived::collect(groups.into_iter().map(|attached| {
            ctx.index.get::<rds::ParameterGroup>(&instance.id.region, &attached.name).and_then(|group| {
                observe!(group.parameters).map(|parameters| Held {
                    group: attached.name.clone(),
                    parameters,
                    applied: Derived::known(vec![Applied { member: None, status: attached.status.clone() }]),
                    of_cluster: false,
                })
            })
        }))
    })
}

/// The group of a cluster: an Aurora or Multi-AZ member's own group does not count.
pub fn of_cluster(ctx: &FactContext<'_>, cluster: &Resource<rds::Cluster>) -> Derived<Vec<Held>> {
    observe!(cluster.parameter_group).and_then(|name| {
        let Some(name) = name else {
            return Derived::unseen(Missing::Outside(format!("AWS names no cluster parameter group of {}", cluster.id.name)));
        };
        ctx.index.get::<rds::ClusterParameterGroup>(&cluster.id.region, &name).and_then(|group| {
            observe!(group.parameters).map(|parameters| vec![Held { group: name.clone(), parameters, applied: members(cluster), of_cluster: true }])
        })
    })
}

fn members(cluster: &Resource<rds::Cluster>) -> Derived<Vec<Applied>> {
    observe!(cluster.members).and_then(|members| {
        if members.is_empty() {
            return Derived::unseen(Missing::Outside(format!("{} has no member, so nothing runs with its parameters", cluster.id.name)));
        }
        Derived::collect(members.into_iter().map(|member| match member.parameter_group_status {
            Some(status) => Derived::known(Applied { member: Some(member.instance_id), status }),
            None => Derived::unseen(Missing::Outside(format!("AWS does not say whether {} runs with the cluster's parameters", member.instance_id))),
        }))
    })
}

/// Whether a value switches something on: AWS writes `1`, `ON`, `true` for the same thing.
pub fn is_on(value: &str) -> bool {
    ["1", "true", "on", "yes", "enabled"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// One parameter of one attached Redshift group.
pub struct WarehouseParameter {
    /// Name of the group.
    pub group: String,
    /// Its value; `None` is the default.
    pub value: Option<String>,
    /// Whether it is in force: the parameter's own status, else the group's.
    pub status: String,
}

/// What every attached group of a warehouse says of a parameter.
pub fn of_warehouse(ctx: &FactContext<'_>, cluster: &Resource<redshift::Cluster>, name: &str) -> Derived<Vec<WarehouseParameter>> {
    debug_assert!(redshift::PARAMETERS.contains(&name), "{name} is not collected: it would never be seen");
    observe!(cluster.parameter_groups).and_then(|groups| {
        if groups.is_empty() {
            return Derived::unseen(Missing::Outside(format!("the parameter group of {}: AWS names none", cluster.id.name)));
        }
        Derived::collect(groups.into_iter().map(|attached| {
            ctx.index.get::<redshift::ParameterGroup>(&cluster.id.region, &attached.name).and_then(|group| {
                observe!(group.parameters).and_then(|parameters| {
                    // Each family of Redshift has each of them (Redshift Management Guide, "Amazon Redshift parameter groups").
                    let Some(value) = parameters.get(name).cloned() else { return not_held(name, &attached.name) };
                    Derived::known(WarehouseParameter {
                        value: value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()),
                        status: attached.parameters.get(name).unwrap_or(&attached.status).clone(),
                        group: attached.name.clone(),
                    })
                })
            })
        }))
    })
}

/// Parameters as RDS lists them: those that nobody set, too, without a value.
#[cfg(test)]
pub fn listed(set: &serde_json::Value) -> serde_json::Value {
    let mut all: serde_json::Value = rds::PARAMETERS.iter().map(|name| ((*name).to_owned(), serde_json::json!({ "value": null }))).collect();
    for (name, parameter) in set.as_object().into_iter().flatten() {
        all[name] = parameter.clone();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text of every file below a folder, its tests apart.
    fn sources(folder: &std::path::Path) -> String {
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files
            .map(|path| match path.is_dir() {
                true => sources(&path),
                false if path.to_string_lossy().contains("tests") || path.ends_with("parameters.rs") => String::new(),
                false => std::fs::read_to_string(&path).unwrap().to_ascii_lowercase(),
            })
            .collect()
    }

    #[test]
    fn what_is_collected_is_asked_for() {
        let source = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
        let readers = sources(&source.join("facts")) + &sources(&source.join("aws_defaults"));
        let idle: Vec<_> = rds::PARAMETERS
            .iter()
            .chain(redshift::PARAMETERS)
            .filter(|name| !readers.contains(&format!("\"{}\"", name.to_ascii_lowercase())))
            .collect();
        assert!(idle.is_empty(), "collected for nobody: {idle:?}");
    }
}
