//! The server at the far end of an endpoint, and what commands that change it have to name.

use std::sync::Arc;

use serde::Serialize;

use super::family::Family;
use crate::evidence::{Derived, observe};
use crate::model::{Identity, Kind, Resource, rds, redshift};

/// The server at the far end of an endpoint.
#[derive(Debug, Clone, Copy)]
pub enum Server<'a> {
    /// An RDS instance that belongs to no cluster.
    RdsInstance(&'a Resource<rds::Instance>),
    /// An Aurora or Multi-AZ cluster.
    RdsCluster(&'a Resource<rds::Cluster>),
    /// A Redshift cluster.
    Redshift(&'a Resource<redshift::Cluster>),
}

impl<'a> Server<'a> {
    /// Who it is.
    pub fn id(self) -> &'a Arc<Identity> {
        match self {
            Self::RdsInstance(server) => &server.id,
            Self::RdsCluster(server) => &server.id,
            Self::Redshift(server) => &server.id,
        }
    }

    /// Its kind.
    pub const fn kind(self) -> Kind {
        match self {
            Self::RdsInstance(_) => Kind::RdsInstance,
            Self::RdsCluster(_) => Kind::RdsCluster,
            Self::Redshift(_) => Kind::RedshiftCluster,
        }
    }

    /// Kind and name, for messages.
    pub(super) fn words(self) -> String {
        format!("{} {}", self.kind(), self.id().name)
    }

    /// Its engine family, where its engine was seen and has one.
    pub(super) fn family(self) -> Option<Family> {
        match self {
            Self::RdsInstance(server) => server.fields.engine.known().and_then(|engine| Family::of_database(engine)),
            Self::RdsCluster(server) => server.fields.engine.known().and_then(|engine| Family::of_database(engine)),
            Self::Redshift(_) => Some(Family::Redshift),
        }
    }

    /// The RDS instances that run it: a cluster's members, or itself.
    pub fn instances(self) -> Derived<Vec<String>> {
        match self {
            Self::RdsInstance(instance) => Derived::known(vec![instance.id.name.to_string()]),
            Self::RdsCluster(cluster) => observe!(cluster.members).map(|members| members.into_iter().map(|member| member.instance_id).collect()),
            Self::Redshift(_) => Derived::known(Vec::new()),
        }
    }

    /// The parameter groups that are attached to it.
    pub fn parameter_groups(self) -> Derived<Vec<ParameterGroup>> {
        match self {
            Self::RdsInstance(server) => {
                observe!(server.parameter_groups).map(|groups| groups.into_iter().map(|group| ParameterGroup::new(group.name)).collect())
            }
            Self::RdsCluster(server) => observe!(server.parameter_group).map(|group| group.into_iter().map(ParameterGroup::new).collect()),
            Self::Redshift(server) => {
                observe!(server.parameter_groups).map(|groups| groups.into_iter().map(|group| ParameterGroup::new(group.name)).collect())
            }
        }
    }
}

/// A parameter group, as commands name it.
#[derive(Debug, Clone, Serialize)]
pub struct ParameterGroup {
    name: String,
    /// The family of a default group, which nobody can change: `default.FAMILY` (RDS User Guide, "Parameter groups for Amazon RDS"; Redshift
    /// Management Guide, "Amazon Redshift parameter groups"). Empty for a group of one's own.
    family: String,
}

impl ParameterGroup {
    /// By its name.
    pub fn new(name: String) -> Self {
        let family = name.strip_prefix("default.").unwrap_or_default().to_owned();
        Self { name, family }
    }
}
