//! Which resource belongs to which pipelines: task → endpoints and instance → servers → snapshots and networks → what they name → keys.
//!
//! Layer by layer, so that a server of ten thousand pipelines shares one list with everything that only it names.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Edge;
use super::names::Names;
use crate::evidence::{Derived, Index};
use crate::facts::no_pipelines;
use crate::model::reference::Reference;
use crate::model::{Kind, Observed, dms, network, rds, redshift};

type Set = Arc<[Arc<str>]>;
type Node<'a> = (Kind, &'a str);

/// Memberships and uses.
pub(super) struct Graph<'a> {
    unions: Unions,
    members: HashMap<Node<'a>, Set>,
    uses: HashMap<Kind, HashMap<&'a str, Vec<&'a Reference>>>,
}

impl<'a> Graph<'a> {
    /// Follows every edge and reference. Linear in the snapshot, times how many pipelines share a resource.
    pub(super) fn new(index: &'a Index<'a>, names: &Names<'a>, edges: &HashMap<&'a str, Derived<Edge<'a>>>) -> Self {
        let mut uses: HashMap<Kind, HashMap<&'a str, Vec<&'a Reference>>> = HashMap::new();
        let mut named_by: HashMap<Node<'a>, Vec<&'a Reference>> = HashMap::new();
        for reference in index.references() {
            let Some(target) = names.resolve(reference.target, &reference.region, &reference.id) else { continue };
            named_by.entry((reference.target, &target.arn)).or_default().push(reference);
            uses.entry(reference.target).or_default().entry(&target.arn).or_default().push(reference);
        }
        let mut graph = Self { unions: Unions::default(), members: HashMap::new(), uses };
        graph.movers(index);
        graph.servers(index, edges);
        graph.around(index, names);
        // Groups before what their options name; secrets, buckets and log groups before the keys that lock them.
        const GROUPS: &[Kind] =
            &[Kind::RdsParameterGroup, Kind::RdsClusterParameterGroup, Kind::RdsOptionGroup, Kind::RedshiftParameterGroup, Kind::DmsSubnetGroup];
        const NAMED: &[Kind] = &[Kind::Secret, Kind::IamRole, Kind::Bucket, Kind::LogGroup];
        for layer in [GROUPS, NAMED, &[Kind::KmsKey]] {
            let mut grown = Vec::new();
            for (node, namers) in named_by.iter().filter(|((kind, _), _)| layer.contains(kind)) {
                let sets = namers.iter().filter_map(|one| graph.members.get(&(one.by_kind, &*one.by.arn)).cloned()).collect();
                grown.push((*node, graph.unions.of(sets)));
            }
            graph.members.extend(grown);
        }
        graph
    }

    /// The pipelines of a resource, sorted.
    pub(super) fn of(&self, kind: Kind, arn: &str) -> Set {
        self.members.get(&(kind, arn)).cloned().unwrap_or_else(no_pipelines)
    }

    /// Who names a resource, sorted.
    pub(super) fn uses(&self, kind: Kind, arn: &str) -> &[&'a Reference] {
        self.uses.get(&kind).and_then(|uses| uses.get(arn)).map_or(&[], Vec::as_slice)
    }

    /// Tasks and replications, the endpoints and instances that they name.
    fn movers(&mut self, index: &Index<'a>) {
        let mut named: BTreeMap<Node<'a>, Vec<Set>> = BTreeMap::new();
        let mut name = |kind, arn: &'a Observed<String>, set: &Set| {
            if let Some(arn) = arn.known() {
                named.entry((kind, arn.as_str())).or_default().push(set.clone());
            }
        };
        for task in index.all::<dms::Task>() {
            let set: Set = Arc::from([task.id.arn.clone()]);
            name(Kind::DmsEndpoint, &task.fields.source_endpoint_arn, &set);
            name(Kind::DmsEndpoint, &task.fields.target_endpoint_arn, &set);
            name(Kind::DmsInstance, &task.fields.instance_arn, &set);
            self.members.insert((Kind::DmsTask, &task.id.arn), set);
        }
        for config in index.all::<dms::ReplicationConfig>() {
            let set: Set = Arc::from([config.id.arn.clone()]);
            name(Kind::DmsEndpoint, &config.fields.source_endpoint_arn, &set);
            name(Kind::DmsEndpoint, &config.fields.target_endpoint_arn, &set);
            self.members.insert((Kind::DmsReplicationConfig, &config.id.arn), set);
        }
        self.grow(named);
    }

    /// What stands behind resolved and inferred edges; a cluster's instances, and the certificates of endpoints.
    fn servers(&mut self, index: &Index<'a>, edges: &HashMap<&'a str, Derived<Edge<'a>>>) {
        let mut named: BTreeMap<Node<'a>, Vec<Set>> = BTreeMap::new();
        for endpoint in index.all::<dms::Endpoint>() {
            let set = self.of(Kind::DmsEndpoint, &endpoint.id.arn);
            if let Some(server) = edges.get(&*endpoint.id.arn).and_then(Derived::value).and_then(|edge| edge.server) {
                named.entry((server.kind(), &server.id().arn)).or_default().push(set.clone());
            }
            if let Some(certificate) = endpoint.fields.certificate_arn.known().and_then(Option::as_deref) {
                named.entry((Kind::DmsCertificate, certificate)).or_default().push(set);
            }
        }
        self.grow(named);
        let mut named: BTreeMap<Node<'a>, Vec<Set>> = BTreeMap::new();
        for instance in index.all::<rds::Instance>() {
            let cluster = instance.fields.cluster_id.known().and_then(Option::as_deref);
            let cluster = cluster.and_then(|cluster| index.find::<rds::Cluster>(&instance.id.region, cluster).value().copied().flatten());
            if let Some(cluster) = cluster {
                let set = self.of(Kind::RdsCluster, &cluster.id.arn);
                named.entry((Kind::RdsInstance, &instance.id.arn)).or_default().push(set);
            }
        }
        self.grow(named);
    }

    /// The snapshots of servers, the networks they and the movers stand in, and the flow logs of these.
    fn around(&mut self, index: &Index<'a>, names: &Names<'a>) {
        let mut named: BTreeMap<Node<'a>, Vec<Set>> = BTreeMap::new();
        let mut take = |graph: &Self, node: Node<'a>, kind: Kind, region: &str, source: &Observed<Option<String>>| {
            let source = source.known().and_then(Option::as_deref).and_then(|source| names.resolve(kind, region, source));
            if let Some(source) = source {
                named.entry(node).or_default().push(graph.of(kind, &source.arn));
            }
        };
        for snapshot in index.all::<rds::Snapshot>() {
            take(self, (Kind::RdsSnapshot, &snapshot.id.arn), Kind::RdsInstance, &snapshot.id.region, &snapshot.fields.source_id);
        }
        for snapshot in index.all::<rds::ClusterSnapshot>() {
            take(self, (Kind::RdsClusterSnapshot, &snapshot.id.arn), Kind::RdsCluster, &snapshot.id.region, &snapshot.fields.source_id);
        }
        for snapshot in index.all::<redshift::Snapshot>() {
            take(self, (Kind::RedshiftSnapshot, &snapshot.id.arn), Kind::RedshiftCluster, &snapshot.id.region, &snapshot.fields.source_id);
        }
        self.grow(named);
        let mut named: BTreeMap<Node<'a>, Vec<Set>> = BTreeMap::new();
        let mut stand = |set: Set, region: &str, vpc: &Observed<Option<String>>| {
            let vpc = vpc.known().and_then(Option::as_deref).and_then(|vpc| names.resolve(Kind::Vpc, region, vpc));
            if let Some(vpc) = vpc {
                named.entry((Kind::Vpc, &vpc.arn)).or_default().push(set);
            }
        };
        for instance in index.all::<rds::Instance>() {
            stand(self.of(Kind::RdsInstance, &instance.id.arn), &instance.id.region, &instance.fields.vpc_id);
        }
        for cluster in index.all::<redshift::Cluster>() {
            stand(self.of(Kind::RedshiftCluster, &cluster.id.arn), &cluster.id.region, &cluster.fields.vpc_id);
        }
        for instance in index.all::<dms::Instance>() {
            stand(self.of(Kind::DmsInstance, &instance.id.arn), &instance.id.region, &instance.fields.vpc_id);
        }
        for config in index.all::<dms::ReplicationConfig>() {
            let group = config.fields.subnet_group.known().and_then(Option::as_deref);
            let group = group.and_then(|group| index.find::<dms::SubnetGroup>(&config.id.region, group).value().copied().flatten());
            if let Some(group) = group {
                stand(self.of(Kind::DmsReplicationConfig, &config.id.arn), &config.id.region, &group.fields.vpc_id);
            }
        }
        self.grow(named);
        let mut named: BTreeMap<Node<'a>, Vec<Set>> = BTreeMap::new();
        for log in index.all::<network::FlowLog>() {
            let vpc = log.fields.resource_id.known().and_then(|vpc| names.resolve(Kind::Vpc, &log.id.region, vpc));
            if let Some(vpc) = vpc {
                named.entry((Kind::FlowLog, &log.id.arn)).or_default().push(self.of(Kind::Vpc, &vpc.arn));
            }
        }
        self.grow(named);
    }

    fn grow(&mut self, named: BTreeMap<Node<'a>, Vec<Set>>) {
        for (node, mut sets) in named {
            sets.extend(self.members.get(&node).cloned());
            let set = self.unions.of(sets);
            self.members.insert(node, set);
        }
    }
}

/// Unions that were made: the same sets are put together once, and whoever they belong to shares the result.
#[derive(Default)]
struct Unions(HashMap<Vec<usize>, (Vec<Set>, Set)>);

impl Unions {
    /// Everything in any of the sets, sorted, each once.
    fn of(&mut self, mut sets: Vec<Set>) -> Set {
        sets.retain(|set| !set.is_empty());
        sets.sort_unstable_by_key(|set| set.as_ptr());
        sets.dedup_by_key(|set| set.as_ptr());
        if sets.len() < 2 {
            return sets.pop().unwrap_or_else(no_pipelines);
        }
        let key = sets.iter().map(|set| set.as_ptr().addr()).collect();
        // The sets are kept with their union: an address must not come to mean another set.
        let made = self.0.entry(key).or_insert_with(|| {
            let union = union(&sets);
            (sets, union)
        });
        made.1.clone()
    }
}

/// Everything in several sets; the largest of them itself, where it has it all.
fn union(sets: &[Set]) -> Set {
    let mut all: Vec<_> = sets.iter().flat_map(|set| set.iter().cloned()).collect();
    all.sort_unstable();
    all.dedup();
    sets.iter().find(|set| set.len() == all.len()).cloned().unwrap_or_else(|| all.into())
}
