//! The interfaces of a resource: the groups that an interface holds are in force, whatever its service says.
//!
//! AWS does not name the resource on a service's interface; it is certain only where one resource of the service alone can stand in that subnet. Where it is not,
//! the resource's own groups stand. What an interface adds may expose, never excuse.

use std::collections::{BTreeSet, HashMap};

use crate::evidence::{Derived, Index, Missing, observe};
use crate::model::network::NetworkInterface;
use crate::model::{Identity, Kind, Resource, dms, rds, redshift};
use crate::network::subnet_of;

/// Name and groups of each interface that is certainly the resource's.
pub type Owned = Derived<Vec<(String, Vec<String>)>>;

/// The interfaces of a service by region and subnet, and how many of its resources may stand there.
pub struct Owners<'a> {
    interfaces: HashMap<(Kind, String, String), Vec<&'a Resource<NetworkInterface>>>,
    residents: HashMap<(Kind, String, String), BTreeSet<&'a Identity>>,
    missing: HashMap<(Kind, String), Vec<Missing>>,
}

/// What services write on their interfaces, and as whom.
const SERVICES: [(Kind, &str, &str); 3] = [
    (Kind::RdsInstance, "RDSNetworkInterface", "amazon-rds"),
    (Kind::RedshiftCluster, "RedshiftNetworkInterface", "amazon-redshift"),
    (Kind::DmsInstance, "DMSNetworkInterface", "amazon-dms"),
];

/// Whether an interface is a database's, a warehouse's or a mover's: its service says so of itself as the requester, which nobody else can write.
pub fn is_a_services(interface: &Resource<NetworkInterface>) -> Derived<bool> {
    Derived::any(SERVICES.map(|(_, words, who)| is_of(interface, words, who)))
}

fn is_of(interface: &Resource<NetworkInterface>, words: &str, who: &str) -> Derived<bool> {
    observe!(interface.description)
        .map(|text| text.as_deref() == Some(words))
        .and(observe!(interface.requester).map(|text| text.as_deref() == Some(who)))
}

impl<'a> Owners<'a> {
    /// Of every region.
    pub fn new(index: &'a Index<'a>) -> Self {
        let mut owners = Self { interfaces: HashMap::new(), residents: HashMap::new(), missing: HashMap::new() };
        for interface in index.all::<NetworkInterface>() {
            for (kind, words, who) in SERVICES {
                let ours = is_of(interface, words, who);
                if ours.value() == Some(&false) {
                    continue;
                }
                match ours.and_then(|_| subnet_of(interface)) {
                    Derived::Known { value: Some(subnet), .. } => {
                        owners.interfaces.entry((kind, interface.id.region.to_string(), subnet)).or_default().push(interface);
                    }
                    Derived::Known { value: None, .. } => {}
                    Derived::Unseen { missing, .. } => owners.missing.entry((kind, interface.id.region.to_string())).or_default().extend(missing),
                }
            }
        }
        for instance in index.all::<rds::Instance>() {
            owners.settle(Kind::RdsInstance, &instance.id, observe!(instance.subnets));
        }
        for cluster in index.all::<redshift::Cluster>() {
            let region = &*cluster.id.region;
            let subnets = observe!(cluster.subnet_group).and_then(|group| match group {
                Some(group) => index.get::<redshift::SubnetGroup>(region, &group).and_then(|group| observe!(group.subnets)),
                None => Derived::known(Vec::new()),
            });
            owners.settle(Kind::RedshiftCluster, &cluster.id, subnets);
        }
        for instance in index.all::<dms::Instance>() {
            owners.settle(Kind::DmsInstance, &instance.id, observe!(instance.subnets));
        }
        // A serverless replication stands as a mover in the subnets of its group.
        for config in index.all::<dms::ReplicationConfig>() {
            let region = &*config.id.region;
            let subnets = observe!(config.subnet_group).and_then(|group| match group {
                Some(group) => index.get::<dms::SubnetGroup>(region, &group).and_then(|group| observe!(group.subnets)),
                None => Derived::known(Vec::new()),
            });
            owners.settle(Kind::DmsInstance, &config.id, subnets);
        }
        for region in &index.snapshot.regions {
            for (kind, ..) in SERVICES {
                let more = if kind == Kind::DmsInstance { Kind::DmsReplicationConfig } else { kind };
                let lists = [Kind::NetworkInterface, kind, more].map(|kind| index.listed(kind, region));
                let missing = lists.iter().flat_map(|listed| listed.missing().iter().cloned());
                owners.missing.entry((kind, region.clone())).or_default().extend(missing);
            }
        }
        owners
    }

    fn settle(&mut self, kind: Kind, id: &'a Identity, subnets: Derived<Vec<String>>) {
        let region = &*id.region;
        match subnets {
            Derived::Known { value, .. } => {
                for subnet in value {
                    self.residents.entry((kind, region.to_owned(), subnet)).or_default().insert(id);
                }
            }
            Derived::Unseen { missing, .. } => self.missing.entry((kind, region.to_owned())).or_default().extend(missing),
        }
    }

    /// The resource whose interface that certainly is.
    pub fn owner(&self, interface: &Resource<NetworkInterface>) -> Option<&'a Identity> {
        let (kind, ..) = SERVICES.into_iter().find(|(_, words, who)| is_of(interface, words, who).value() == Some(&true))?;
        let region = interface.id.region.to_string();
        if self.missing.get(&(kind, region.clone())).is_some_and(|missing| !missing.is_empty()) {
            return None;
        }
        let residents = self.residents.get(&(kind, region, interface.fields.subnet_id.known()?.clone()?))?;
        residents.first().copied().filter(|_| residents.len() == 1)
    }

    /// The interfaces that are certainly a resource's, by its subnets.
    pub fn owned(&self, kind: Kind, region: &str, subnets: &Derived<Vec<String>>) -> Owned {
        if !SERVICES.iter().any(|(service, ..)| *service == kind) {
            return Derived::known(Vec::new());
        }
        if let Some(missing) = self.missing.get(&(kind, region.to_owned())).filter(|missing| !missing.is_empty()) {
            return Derived::Unseen { missing: missing.clone(), from: Vec::new() };
        }
        subnets.clone().and_then(|subnets| {
            let key = |subnet: &String| (kind, region.to_owned(), subnet.clone());
            let alone = subnets.iter().filter(|subnet| self.residents.get(&key(subnet)).is_some_and(|residents| residents.len() == 1));
            let interfaces = alone.filter_map(|subnet| self.interfaces.get(&key(subnet))).flatten();
            Derived::collect(interfaces.map(|interface| {
                let interface = *interface;
                observe!(interface.groups).map(|groups| (interface.id.name.to_string(), groups))
            }))
        })
    }
}
