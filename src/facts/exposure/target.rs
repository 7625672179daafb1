//! Who is judged: each kind of resource brought to the same terms — its address, its subnets, its groups, its ports.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::owned::{Owned, Owners};
use super::ports::Ports;
use crate::aws_defaults;
use crate::evidence::{Derived, Index, Missing, observe};
use crate::model::rds::{GroupStatus, NetworkEndpoint, OptionGroup, is_default_option_group};
use crate::model::{Identity, Kind, Resource, dms, rds, redshift};

/// A resource on the network.
pub(crate) struct Target {
    /// Its kind.
    pub kind: Kind,
    /// Who it is.
    pub id: Arc<Identity>,
    /// What it listens on.
    pub(super) ports: Ports,
    /// A word on where the port comes from, if AWS did not say it.
    pub note: Option<String>,

    /// Whether it has, or would get, a public address.
    pub address: Derived<bool>,
    /// Whether it has IPv6 addresses.
    pub dual: Derived<bool>,
    /// Its VPC.
    pub vpc: Derived<Option<String>>,
    /// Every subnet that it may stand in.
    pub subnets: Derived<Vec<String>>,
    /// Its security groups, part by part.
    pub groups: Vec<Derived<Vec<String>>>,
    /// The interfaces that are certainly its own, with the groups in force on them.
    pub owned: Owned,
    /// Redshift's enhanced VPC routing.
    pub enhanced_vpc_routing: Derived<Option<bool>>,
    /// Whether it stands outside every VPC behind an endpoint on the internet (Aurora express).
    pub express: Derived<bool>,
    /// Unseen where something that is not evaluated may open it past its groups.
    pub aside: Derived<()>,
    /// Unseen where it may be no subject of its own: of a foreign engine, or judged with another.
    pub judged: Derived<()>,
}

/// Every resource that is judged, by kind and ARN.
pub(crate) fn all<'a>(index: &'a Index<'a>) -> Vec<Target> {
    let instances = index.all::<rds::Instance>().iter().filter_map(|instance| database(index, instance));
    let clusters = index.all::<rds::Cluster>().iter().filter_map(|cluster| database_cluster(index, cluster));
    let warehouses = index.all::<redshift::Cluster>().iter().map(|cluster| warehouse(index, cluster));
    let movers = index.all::<dms::Instance>().iter().map(mover);
    let owners = Owners::new(index);
    let mut all: Vec<Target> = instances.chain(clusters).chain(warehouses).chain(movers).collect();
    for target in &mut all {
        target.owned = owners.owned(target.kind, &target.id.region, &target.subnets);
    }
    all
}

impl Target {
    /// The ids of its groups that were seen, each once: for words and commands, no verdict rests on them.
    pub(super) fn groups_seen(&self) -> Derived<Vec<String>> {
        let in_force = self.in_force();
        let seen: BTreeSet<&String> = in_force.iter().filter_map(Derived::value).flatten().collect();
        Derived::known(seen.into_iter().cloned().collect())
    }

    /// The groups in force: its own, and those of the interfaces that are certainly its own.
    pub(super) fn in_force(&self) -> Vec<Derived<Vec<String>>> {
        let mut parts = self.groups.clone();
        parts.push(self.owned.clone().map(|owned| owned.into_iter().flat_map(|(_, groups)| groups).collect()));
        // What stands in a VPC has a group, the VPC's default one if no other: none is none that was seen.
        // Source: VPC guide, "Default security groups for your VPCs".
        if self.express.value() != Some(&true) && parts.iter().all(|part| part.value().is_some_and(Vec::is_empty)) {
            parts.push(Derived::unseen(Missing::Outside(format!("AWS names no security group of {}", self.id.name))));
        }
        parts
    }
}

/// Neptune and DocumentDB answer RDS's calls, but no pipeline of ours runs on them.
fn is_foreign(engine: &Derived<String>) -> bool {
    engine.value().is_some_and(|engine| engine == "neptune" || engine == "docdb")
}

fn dual(network_type: Derived<Option<String>>) -> Derived<bool> {
    network_type.map(|network| network.as_deref() == Some("DUAL"))
}

/// The port of an endpoint, else the engine's default with a note that says so.
fn port(endpoint: Derived<Option<NetworkEndpoint>>, engine: Derived<String>) -> (Derived<Vec<i64>>, Option<String>) {
    let guessed = endpoint.value().is_some_and(Option::is_none);
    let port = endpoint.and_then(|endpoint| match endpoint {
        Some(endpoint) => Derived::known(vec![endpoint.port]),
        None => engine.clone().and_then(|engine| match aws_defaults::port(&engine) {
            Some(port) => Derived::known(vec![port]),
            None => Derived::unseen(Missing::Outside(format!("AWS gives no endpoint, and {engine} has no default port that this version knows"))),
        }),
    });
    let note = port.value().filter(|_| guessed).map(|ports| {
        let port = ports.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        format!("port: AWS gives no endpoint; {port} is the engine's default")
    });
    (port, note)
}

/// An express cluster has no VPC and an endpoint on the internet. Only Aurora has them.
fn is_express(cluster: &Resource<rds::Cluster>) -> Derived<bool> {
    let aurora = observe!(cluster.engine).map(|engine| engine.starts_with("aurora"));
    let open = observe!(cluster.internet_access_gateway).map(|gateway| gateway == Some(true));
    let outside = observe!(cluster.vpc_networking).map(|vpc| vpc == Some(false));
    aurora.and(open.or(outside))
}

fn database(index: &Index<'_>, instance: &Resource<rds::Instance>) -> Option<Target> {
    let (engine, region) = (observe!(instance.engine), &*instance.id.region);
    if is_foreign(&engine) {
        return None;
    }
    let vpc = observe!(instance.vpc_id);
    // A member without a VPC may stand behind its cluster's endpoint on the internet.
    let behind = observe!(instance.cluster_id).and_then(|cluster| match cluster {
        Some(cluster) => index.get::<rds::Cluster>(region, &cluster).and_then(is_express),
        None => Derived::known(false),
    });
    let inside = vpc.clone().map(|vpc| vpc.is_some());
    let express = if inside.value() == Some(&true) { inside.negate() } else { inside.negate().and(behind) };
    if express.value() == Some(&true) {
        return None; // judged on its cluster
    }
    let seen = engine.clone();
    let (port, note) = port(observe!(instance.endpoint), engine);
    let (mut ports, mut groups) = (vec![port], vec![observe!(instance.security_groups)]);
    let attached = observe!(instance.option_groups);
    match attached.value() {
        Some(names) => names.iter().for_each(|group| {
            let (more_ports, more_groups) = options(index, region, group);
            ports.push(more_ports.resting_on(attached.from()));
            groups.push(more_groups.resting_on(attached.from()));
        }),
        None => {
            ports.push(attached.clone().map(|_| Vec::new()));
            groups.push(attached.map(|_| Vec::new()));
        }
    }
    Some(Target {
        kind: Kind::RdsInstance,
        id: instance.id.clone(),
        ports: Ports::Parts(ports),
        note,
        address: observe!(instance.publicly_accessible),
        dual: dual(observe!(instance.network_type)),
        vpc,
        subnets: observe!(instance.subnets),
        groups,
        owned: Derived::known(Vec::new()),
        enhanced_vpc_routing: Derived::known(None),
        aside: Derived::known(()),
        judged: seen.zip(express.clone()).map(|_| ()),
        express,
    })
}

/// The ports and the security groups that an option group adds.
fn options(index: &Index<'_>, region: &str, group: &GroupStatus) -> (Derived<Vec<i64>>, Derived<Vec<String>>) {
    if is_default_option_group(&group.name) {
        return (Derived::known(Vec::new()), Derived::known(Vec::new()));
    }
    let options = index.get::<OptionGroup>(region, &group.name).and_then(|group| observe!(group.options));
    let ports = options.clone().map(|options| options.iter().filter_map(|option| option.port).collect());
    (ports, options.map(|options| options.into_iter().flat_map(|option| option.security_groups).collect()))
}

/// A Multi-AZ cluster has an address of its own, and so has an express cluster; another Aurora cluster is judged on its instances.
fn database_cluster(index: &Index<'_>, cluster: &Resource<rds::Cluster>) -> Option<Target> {
    let engine = observe!(cluster.engine);
    let express = is_express(cluster);
    let aurora = engine.value().is_some_and(|engine| engine.starts_with("aurora"));
    if is_foreign(&engine) || (aurora && express.value() == Some(&false)) {
        return None;
    }
    let judged = engine.clone().and_then(|_| if aurora { express.clone().map(|_| ()) } else { Derived::known(()) });
    let (port, note) = port(observe!(cluster.endpoint), engine);
    let name = cluster.id.name.clone();
    let address = observe!(cluster.publicly_accessible).and_then(|public| match public {
        Some(public) => Derived::known(public),
        None if aurora => Derived::known(false),
        None => Derived::unseen(Missing::Outside(format!("AWS does not say whether {name} is publicly accessible"))),
    });
    // AWS names no subnets of a cluster: they are its members'.
    let region = &*cluster.id.region;
    let members = observe!(cluster.members).and_then(|members| {
        Derived::collect(members.iter().map(|member| {
            let instance = index.get::<rds::Instance>(region, &member.instance_id);
            instance.and_then(|instance| observe!(instance.vpc_id).zip(observe!(instance.subnets)))
        }))
    });
    let members = if express.value() == Some(&true) { Derived::known(Vec::new()) } else { members };
    let vpc = members.clone().map(|members| members.into_iter().find_map(|(vpc, _)| vpc));
    let subnets = members.map(|members| {
        let mut subnets: Vec<String> = members.into_iter().flat_map(|(_, subnets)| subnets).collect();
        subnets.sort();
        subnets.dedup();
        subnets
    });
    Some(Target {
        kind: Kind::RdsCluster,
        id: cluster.id.clone(),
        ports: Ports::Parts(vec![port]),
        note,
        address,
        dual: dual(observe!(cluster.network_type)),
        vpc,
        subnets,
        groups: vec![observe!(cluster.security_groups)],
        owned: Derived::known(Vec::new()),
        enhanced_vpc_routing: Derived::known(None),
        aside: Derived::known(()),
        judged,
        express,
    })
}

fn warehouse(index: &Index<'_>, cluster: &Resource<redshift::Cluster>) -> Target {
    let (port, note) = port(observe!(cluster.endpoint), Derived::known("redshift".to_owned()));
    let name = cluster.id.name.clone();
    let subnets = observe!(cluster.subnet_group).and_then(|group| match group {
        Some(group) => index.get::<redshift::SubnetGroup>(&cluster.id.region, &group).and_then(|group| observe!(group.subnets)),
        None => Derived::unseen(Missing::Outside(format!("AWS names no subnet group of {name}"))),
    });
    Target {
        kind: Kind::RedshiftCluster,
        id: cluster.id.clone(),
        ports: Ports::Parts(vec![port]),
        note,
        address: observe!(cluster.publicly_accessible),
        dual: Derived::not_evaluated("whether a Redshift cluster has IPv6 addresses is not read in this version"),
        vpc: observe!(cluster.vpc_id),
        subnets,
        groups: vec![observe!(cluster.security_groups)],
        owned: Derived::known(Vec::new()),
        enhanced_vpc_routing: observe!(cluster.enhanced_vpc_routing).map(Some),
        aside: managed_endpoints(cluster),
        express: Derived::known(false),
        judged: Derived::known(()),
    }
}

/// Redshift-managed VPC endpoints have groups and subnets of their own (Redshift Management Guide, "Redshift-managed VPC endpoints").
fn managed_endpoints(cluster: &Resource<redshift::Cluster>) -> Derived<()> {
    observe!(cluster.managed_endpoints).and_then(|endpoints| {
        let names: Vec<&str> = endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
        if names.is_empty() {
            return Derived::known(());
        }
        let who =
            format!("who can open {} past its security groups, over its Redshift-managed VPC endpoints ({})", cluster.id.name, names.join(", "));
        Derived::unseen(Missing::Outside(who))
    })
}

fn mover(instance: &Resource<dms::Instance>) -> Target {
    Target {
        kind: Kind::DmsInstance,
        id: instance.id.clone(),
        ports: Ports::None,
        note: None,
        address: observe!(instance.publicly_accessible),
        dual: Derived::known(false),
        vpc: observe!(instance.vpc_id),
        subnets: observe!(instance.subnets),
        groups: vec![observe!(instance.security_groups)],
        owned: Derived::known(Vec::new()),
        enhanced_vpc_routing: Derived::known(None),
        aside: Derived::known(()),
        express: Derived::known(false),
        judged: Derived::known(()),
    }
}
