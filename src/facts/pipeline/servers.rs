//! The servers that can stand behind an endpoint: by address, by name, by family.
//!
//! An instance that belongs to a cluster stands for its cluster: the cluster's settings decide (`aws-semantics`: judge members by the cluster).

use std::collections::{BTreeMap, HashMap};

use super::Server;
use super::family::Family;
use crate::evidence::{Derived, Index, Missing, observe};
use crate::model::rds::{self, NetworkEndpoint};
use crate::model::{Kind, Resource, redshift};

/// Every database server and warehouse of a snapshot.
pub(super) struct Servers<'a> {
    by_host: HashMap<String, Vec<(i64, Derived<Server<'a>>)>>,
    by_name: HashMap<&'a str, Vec<Derived<Server<'a>>>>,
    by_family: HashMap<&'a str, HashMap<Family, Vec<Derived<Server<'a>>>>>,
    /// Servers whose address, engine or cluster was not seen: any of them may be the one that is looked for.
    blind: BTreeMap<(&'a str, Kind), Vec<Missing>>,
}

impl<'a> Servers<'a> {
    /// Indexes the servers. Linear in their number.
    pub(super) fn new(index: &Index<'a>) -> Self {
        let mut servers = Self { by_host: HashMap::new(), by_name: HashMap::new(), by_family: HashMap::new(), blind: BTreeMap::new() };
        for instance in index.all::<rds::Instance>() {
            servers.instance(index, instance);
        }
        for cluster in index.all::<rds::Cluster>() {
            servers.cluster(cluster);
        }
        for cluster in index.all::<redshift::Cluster>() {
            servers.warehouse(cluster);
        }
        servers
    }

    /// Who listens on a host and port, each with the fields that say so. Hosts are compared without case and without a trailing dot.
    pub(super) fn at(&self, host: &str, port: i64) -> Vec<Derived<Server<'a>>> {
        let listeners = self.by_host.get(&canonical(host)).into_iter().flatten();
        listeners.filter(|(listens, _)| *listens == port).map(|(_, server)| server.clone()).collect()
    }

    /// Whether a host is one of ours, whatever the port.
    pub(super) fn knows_host(&self, host: &str) -> bool {
        self.by_host.contains_key(&canonical(host))
    }

    /// The servers that go by a name or an ARN, in any region.
    pub(super) fn named(&self, name: &str) -> &[Derived<Server<'a>>] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// The servers of a family in a region, each with the fields that say so.
    pub(super) fn of_family(&self, region: &str, family: Family) -> &[Derived<Server<'a>>] {
        self.by_family.get(region).and_then(|families| families.get(&family)).map_or(&[], Vec::as_slice)
    }

    /// What keeps us from saying that nobody else is there, of some kinds in a region; known where nothing does.
    pub(super) fn complete(&self, index: &Index<'_>, kinds: &[Kind], region: &str) -> Derived<()> {
        let listed = kinds.iter().map(|kind| index.listed(*kind, region));
        let seen = kinds.iter().filter_map(|kind| self.blind.get(&(region, *kind)));
        let seen = seen.map(|missing| Derived::Unseen { missing: missing.clone(), from: Vec::new() });
        Derived::collect(listed.chain(seen)).map(|_| ())
    }

    fn instance(&mut self, index: &Index<'a>, instance: &'a Resource<rds::Instance>) {
        let region = &*instance.id.region;
        let home = observe!(instance.cluster_id).and_then(|cluster| match cluster {
            None => Derived::known(Server::RdsInstance(instance)),
            Some(cluster) => index.get::<rds::Cluster>(region, &cluster).map(Server::RdsCluster),
        });
        self.name(&instance.id.name, &instance.id.arn, &home);
        let address = observe!(instance.endpoint);
        self.listen(region, Kind::RdsInstance, &address, &[], &home);
        self.options(index, instance, &home);
        // Members of a cluster are not candidates of their own.
        if matches!(home, Derived::Known { value: Server::RdsInstance(_), .. }) {
            let engine = observe!(instance.engine);
            self.belong(region, Kind::RdsInstance, &engine, &home);
        } else if instance.fields.cluster_id.is_unseen() {
            self.blind.entry((region, Kind::RdsInstance)).or_default().extend_from_slice(home.missing());
        }
    }

    /// Options may open a port of their own: Oracle's SSL option listens on 2484 beside 1521.
    fn options(&mut self, index: &Index<'a>, instance: &'a Resource<rds::Instance>, home: &Derived<Server<'a>>) {
        let Some(Some(address)) = instance.fields.endpoint.known() else { return };
        let attached = observe!(instance.option_groups);
        for group in attached.value().into_iter().flatten() {
            let Some(group) = index.find::<rds::OptionGroup>(&instance.id.region, &group.name).value().copied().flatten() else { continue };
            let options = observe!(group.options);
            for port in options.value().into_iter().flatten().filter_map(|option| option.port) {
                let server = home.clone().resting_on(attached.from()).resting_on(options.from());
                self.by_host.entry(canonical(&address.host)).or_default().push((port, server));
            }
        }
    }

    fn cluster(&mut self, cluster: &'a Resource<rds::Cluster>) {
        let region = &*cluster.id.region;
        let server = Derived::known(Server::RdsCluster(cluster));
        self.name(&cluster.id.name, &cluster.id.arn, &server);
        let (address, engine) = (observe!(cluster.endpoint), observe!(cluster.engine));
        let others = observe!(cluster.other_hosts);
        self.listen(region, Kind::RdsCluster, &address, &[], &server);
        match others.value() {
            Some(hosts) => self.listen(region, Kind::RdsCluster, &address, hosts, &server.resting_on(others.from())),
            None => self.blind.entry((region, Kind::RdsCluster)).or_default().extend_from_slice(others.missing()),
        }
        self.belong(region, Kind::RdsCluster, &engine, &Derived::known(Server::RdsCluster(cluster)));
    }

    fn warehouse(&mut self, cluster: &'a Resource<redshift::Cluster>) {
        let region = &*cluster.id.region;
        let server = Derived::known(Server::Redshift(cluster));
        self.name(&cluster.id.name, &cluster.id.arn, &server);
        let address = observe!(cluster.endpoint);
        self.listen(region, Kind::RedshiftCluster, &address, &[], &server);
        self.by_family.entry(region).or_default().entry(Family::Redshift).or_default().push(server);
    }

    fn name(&mut self, name: &'a str, arn: &'a str, server: &Derived<Server<'a>>) {
        for word in [name, arn] {
            self.by_name.entry(word).or_default().push(server.clone());
        }
    }

    /// Without `hosts` the server listens on its address; with them on those hosts, on the same port.
    fn listen(&mut self, region: &'a str, kind: Kind, address: &Derived<Option<NetworkEndpoint>>, hosts: &[String], server: &Derived<Server<'a>>) {
        let Some(seen) = address.value() else {
            return self.blind.entry((region, kind)).or_default().extend_from_slice(address.missing());
        };
        // A server that is being made has no address yet.
        let Some(seen) = seen else { return };
        let hosts = if hosts.is_empty() { std::slice::from_ref(&seen.host) } else { hosts };
        for host in hosts {
            self.by_host.entry(canonical(host)).or_default().push((seen.port, server.clone().resting_on(address.from())));
        }
    }

    fn belong(&mut self, region: &'a str, kind: Kind, engine: &Derived<String>, server: &Derived<Server<'a>>) {
        match engine.value() {
            None => self.blind.entry((region, kind)).or_default().extend_from_slice(engine.missing()),
            Some(name) => {
                if let Some(family) = Family::of_database(name) {
                    self.by_family.entry(region).or_default().entry(family).or_default().push(server.clone().resting_on(engine.from()));
                }
            }
        }
    }
}

fn canonical(host: &str) -> String {
    host.trim().trim_end_matches('.').to_ascii_lowercase()
}
