//! VPC flow logs: whether a VPC records all its traffic, and whether the record arrives (10.2.1).
//!
//! Source: EC2 API, FlowLog. A flow log of a subnet or an interface records a part only; `DeliverLogsStatus` is absent until the first delivery.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::NETWORK;
use crate::facts::derived::{Derived, observe};
use crate::facts::{Subject, World};
use crate::finding::{About, Missing};
use crate::model::network::{FlowLog, Subnet, Vpc};
use crate::model::{Kind, Observed, Resource, dms, rds, redshift};

/// One subject for each VPC that something in scope stands in.
pub fn derive(world: &World<'_>) -> Vec<Subject> {
    let index = world.index;
    let mut standing = BTreeSet::new();
    let mut stands = |region: &str, vpc: &Observed<Option<String>>| {
        standing.extend(vpc.known().cloned().flatten().map(|vpc| (region.to_owned(), vpc)));
    };
    index.all::<rds::Instance>().iter().for_each(|resource| stands(&resource.id.region, &resource.fields.vpc_id));
    index.all::<redshift::Cluster>().iter().for_each(|resource| stands(&resource.id.region, &resource.fields.vpc_id));
    index.all::<dms::Instance>().iter().for_each(|resource| stands(&resource.id.region, &resource.fields.vpc_id));
    index.all::<dms::SubnetGroup>().iter().for_each(|resource| stands(&resource.id.region, &resource.fields.vpc_id));
    let around = Surroundings::of(world);
    let vpcs = standing.iter().filter_map(|(region, vpc)| index.find::<Vpc>(region, vpc).value().copied().flatten());
    vpcs.map(|vpc| subject(world, vpc, &around)).collect()
}

/// What VPCs are asked about, gathered in one pass.
#[derive(Default)]
struct Surroundings<'a> {
    /// Flow logs by region and VPC; under no VPC those of subnets and interfaces, and those of which it was not seen.
    logs: HashMap<(&'a str, Option<&'a str>), Vec<&'a Resource<FlowLog>>>,
    /// The other account that owns a VPC, by region and VPC, as its subnets say it.
    owners: BTreeMap<(&'a str, &'a str), &'a str>,
}

impl<'a> Surroundings<'a> {
    fn of(world: &World<'a>) -> Self {
        let mut around = Self::default();
        for log in world.index.all::<FlowLog>() {
            let of = log.fields.resource_id.known().map(String::as_str);
            around.logs.entry((&log.id.region, of.filter(|id| id.starts_with("vpc-")))).or_default().push(log);
        }
        for subnet in world.index.all::<Subnet>() {
            let owner = subnet.fields.owner.known().and_then(Option::as_deref);
            if let (Some(vpc), Some(owner)) = (subnet.fields.vpc_id.known(), owner.filter(|owner| *owner != world.index.snapshot.caller.account)) {
                let first = around.owners.entry((&subnet.id.region, vpc)).or_insert(owner);
                *first = owner.min(first);
            }
        }
        around
    }

    fn watching<'s>(&'s self, region: &'s str, vpc: Option<&'s str>) -> &'s [&'s Resource<FlowLog>] {
        self.logs.get(&(region, vpc)).map(Vec::as_slice).unwrap_or_default()
    }
}

fn subject(world: &World<'_>, vpc: &Resource<Vpc>, around: &Surroundings<'_>) -> Subject {
    let partial = around.watching(&vpc.id.region, None);
    let unsure = partial.iter().filter(|log| log.fields.resource_id.is_unseen());
    let logs = around.watching(&vpc.id.region, Some(&vpc.id.name)).iter().chain(unsure).copied();
    let logs: Vec<_> = logs.map(|log| (log, observe!(log.resource_id).map(|id| *id == *vpc.id.name))).collect();
    let whole = |log: &Resource<FlowLog>| {
        let all = observe!(log.traffic_type).map(|traffic| traffic.as_deref() == Some("ALL"));
        all.and(observe!(log.status).map(|status| status.as_deref() == Some("ACTIVE")))
    };
    let delivers = |log: &Resource<FlowLog>| observe!(log.delivery_status).map(|status| status.as_deref() != Some("FAILED"));
    let complete = world.index.listed(Kind::FlowLog, &vpc.id.region).and_then(|()| match around.owners.get(&(&*vpc.id.region, &*vpc.id.name)) {
        // AWS shows the flow logs of a shared VPC to its owner alone (VPC guide, "Share your VPC subnets with other accounts").
        Some(owner) => Derived::unseen(Missing::Outside(format!("the flow logs of {}, which account {owner} shares with this one", vpc.id.name))),
        None => Derived::known(false),
    });
    let logged = Derived::any(logs.iter().map(|(log, own)| own.clone().and(whole(log))).chain([complete.clone()]));
    let delivering = Derived::any(logs.iter().map(|(log, own)| Derived::all([own.clone(), whole(log), delivers(log)])).chain([complete]));
    // Words rest on what the verdicts rest on: each log of this VPC that was seen, by name.
    let own = logs.iter().filter(|(_, own)| own.value() == Some(&true)).map(|(log, _)| *log);
    let mut told: Vec<String> = own.map(|log| tell(log, whole(log).value().copied(), delivers(log).value().copied())).collect();
    if told.is_empty() {
        let nothing = if logged.value().is_some() { "no flow log of the whole VPC" } else { "its flow logs were not seen" };
        let single = partial.iter().filter(|log| !log.fields.resource_id.is_unseen());
        let hint = if single.count() == 0 { "" } else { "; flow logs of single subnets or interfaces in the region are not counted" };
        told.push(format!("{nothing}{hint}"));
    }
    let why = Derived::known(told.join("; ")).resting_on(logged.from());
    let about = About { kind: Kind::Vpc, resource: vpc.id.clone(), key: String::new(), pipelines: world.pipelines.of(Kind::Vpc, &vpc.id.arn) };
    Subject::new(NETWORK.name, about).with("flow_logged", logged).with("flow_log_delivering", delivering).with("why", why)
}

fn tell(log: &Resource<FlowLog>, whole: Option<bool>, delivers: Option<bool>) -> String {
    let name = &log.id.name;
    let word = |value: &Observed<Option<String>>| value.known().cloned().flatten().unwrap_or_else(|| "nothing known".to_owned());
    match (whole, delivers) {
        (Some(true), Some(true)) => format!("{name} records all traffic"),
        (Some(true), Some(false)) => format!("{name} records all traffic, but its delivery fails"),
        (Some(true), None) => format!("{name} records all traffic; whether it delivers was not seen"),
        (Some(false), _) => {
            format!("{name} records {} and is {}", word(&log.fields.traffic_type), word(&log.fields.status))
        }
        (None, _) => format!("{name}: what it records was not seen"),
    }
}
