//! VPC flow logs: whether a VPC records all its traffic, and whether the record arrives (10.2.1).
//!
//! Source: EC2 API, FlowLog. A flow log of one subnet records a part, those of every subnet together all; `DeliverLogsStatus` is absent until the
//! first delivery.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::NETWORK;
use crate::evidence::{About, Derived, Missing, observe};
use crate::facts::{FactContext, Subject};
use crate::model::network::{FlowLog, Subnet, Vpc};
use crate::model::{Kind, Observed, Resource, dms, rds, redshift};

/// One subject for each VPC that something in scope stands in.
pub(super) fn derive(ctx: &FactContext<'_>) -> Vec<Subject> {
    let index = ctx.index;
    let mut standing = BTreeSet::new();
    let mut locations = |region: &str, vpc: &Observed<Option<String>>| {
        standing.extend(vpc.known().cloned().flatten().map(|vpc| (region.to_owned(), vpc)));
    };
    index.all::<rds::Instance>().iter().for_each(|resource| locations(&resource.id.region, &resource.fields.vpc_id));
    index.all::<redshift::Cluster>().iter().for_each(|resource| locations(&resource.id.region, &resource.fields.vpc_id));
    index.all::<dms::Instance>().iter().for_each(|resource| locations(&resource.id.region, &resource.fields.vpc_id));
    index.all::<dms::SubnetGroup>().iter().for_each(|resource| locations(&resource.id.region, &resource.fields.vpc_id));
    let around = Surroundings::new(ctx);
    let vpcs = standing.iter().filter_map(|(region, vpc)| index.find::<Vpc>(region, vpc).value().copied().flatten());
    vpcs.map(|vpc| subject(ctx, vpc, &around)).collect()
}

/// What VPCs are asked about, gathered in one pass.
#[derive(Default)]
struct Surroundings<'a> {
    /// Flow logs by region and what they watch; under nothing those of which it was not seen.
    logs: HashMap<(&'a str, Option<&'a str>), Vec<&'a Resource<FlowLog>>>,
    /// Subnets by region and VPC; under no VPC those of which it was not seen.
    subnets: HashMap<(&'a str, Option<&'a str>), Vec<&'a Resource<Subnet>>>,
    /// The other account that owns a VPC, by region and VPC, as its subnets say it.
    owners: BTreeMap<(&'a str, &'a str), &'a str>,
}

impl<'a> Surroundings<'a> {
    fn new(ctx: &FactContext<'a>) -> Self {
        let mut around = Self::default();
        for log in ctx.index.all::<FlowLog>() {
            let of = log.fields.resource_id.known().map(String::as_str);
            around.logs.entry((&log.id.region, of)).or_default().push(log);
        }
        for subnet in ctx.index.all::<Subnet>() {
            around.subnets.entry((&subnet.id.region, subnet.fields.vpc_id.known().map(String::as_str))).or_default().push(subnet);
            let owner = subnet.fields.owner.known().and_then(Option::as_deref);
            if let (Some(vpc), Some(owner)) = (subnet.fields.vpc_id.known(), owner.filter(|owner| *owner != ctx.index.snapshot.caller.account)) {
                let first = around.owners.entry((&subnet.id.region, vpc)).or_insert(owner);
                *first = owner.min(first);
            }
        }
        around
    }

    /// The flow logs of a VPC or a subnet, and whether each is; those of which it was not seen may be.
    fn watching<'s>(&'s self, region: &'s str, what: &'s str) -> Vec<(&'s Resource<FlowLog>, Derived<bool>)> {
        let logs = [Some(what), None].into_iter().filter_map(|what| self.logs.get(&(region, what))).flatten();
        logs.map(|log| (*log, observe!(log.resource_id).map(|id| id == what))).collect()
    }

    /// The subnets of a VPC, and those that may be.
    fn subnets_of<'s>(&'s self, region: &'s str, vpc: &'s str) -> (&'s [&'s Resource<Subnet>], &'s [&'s Resource<Subnet>]) {
        let of = |vpc| self.subnets.get(&(region, vpc)).map(Vec::as_slice).unwrap_or_default();
        (of(Some(vpc)), of(None))
    }
}

fn subject(ctx: &FactContext<'_>, vpc: &Resource<Vpc>, around: &Surroundings<'_>) -> Subject {
    let region = &*vpc.id.region;
    let logs = around.watching(region, &vpc.id.name);
    let list = [ctx.index.list(Kind::FlowLog, region)];
    let complete = ctx.index.listed(Kind::FlowLog, region).resting_on(&list).and_then(|()| match around.owners.get(&(region, &*vpc.id.name)) {
        // AWS shows the flow logs of a shared VPC to its owner alone (VPC guide, "Share your VPC subnets with other accounts").
        Some(owner) => Derived::unseen(Missing::Outside(format!("the flow logs of {}, which account {owner} shares with this one", vpc.id.name))),
        None => Derived::known(false),
    });
    let delivers = |log: &Resource<FlowLog>| delivers(ctx, log);
    let whole_and_delivering = |log: &Resource<FlowLog>| whole(log).and(delivers(log));
    let any = |logs: &[(&Resource<FlowLog>, Derived<bool>)], good: &dyn Fn(&Resource<FlowLog>) -> Derived<bool>| {
        Derived::any(logs.iter().map(|(log, own)| own.clone().and(good(log))).chain([complete.clone()]))
    };
    // What each subnet records, the VPC does: every interface stands in one of them.
    let (subnets, unplaced) = around.subnets_of(region, &vpc.id.name);
    let by_subnet: Vec<_> = subnets.iter().map(|subnet| (*subnet, around.watching(region, &subnet.id.name))).collect();
    let no_more = ctx.index.listed(Kind::Subnet, region).and_then(|()| match unplaced.first().copied() {
        Some(subnet) => observe!(subnet.vpc_id).map(|_| false),
        None => Derived::known(!subnets.is_empty()),
    });
    let every =
        |good: &dyn Fn(&Resource<FlowLog>) -> Derived<bool>| Derived::all(by_subnet.iter().map(|(_, logs)| any(logs, good)).chain([no_more.clone()]));
    let logged = any(&logs, &whole).or(every(&whole));
    let delivering = any(&logs, &whole_and_delivering).or(every(&whole_and_delivering));
    // Words rest on what the verdicts rest on: each log of this VPC that was seen, by name.
    let own = logs.iter().filter(|(_, own)| own.value() == Some(&true)).map(|(log, _)| *log);
    let mut told: Vec<String> = own.map(|log| tell(log, whole(log).value().copied(), delivers(log).value().copied())).collect();
    let bare: Vec<&str> = by_subnet.iter().filter(|(_, logs)| any(logs, &whole).value() != Some(&true)).map(|(subnet, _)| &*subnet.id.name).collect();
    if told.is_empty() {
        told.push(if logged.value().is_some() { "no flow log of the whole VPC" } else { "its flow logs were not seen" }.to_owned());
    }
    match (bare.len(), by_subnet.len()) {
        (_, 0) => {}
        (0, _) if every(&whole_and_delivering).value() == Some(&true) => told.push("flow logs of every subnet record all traffic".to_owned()),
        (0, _) => told.push("flow logs of every subnet record all traffic; not each of them is known to deliver".to_owned()),
        (some, all) if some < all => told.push(format!("of its subnets, none records all traffic of {}", bare.join(", "))),
        _ => {}
    }
    let why = Derived::known(told.join("; ")).resting_on(logged.from());
    let about = About { kind: Kind::Vpc, resource: vpc.id.clone(), key: String::new(), pipelines: ctx.pipelines.of(Kind::Vpc, &vpc.id.arn) };
    Subject::new(NETWORK.name, about).with("flow_logged", logged).with("flow_log_delivering", delivering).with("why", why)
}

/// Whether a flow log records all traffic, and is active.
fn whole(log: &Resource<FlowLog>) -> Derived<bool> {
    let all = observe!(log.traffic_type).map(|traffic| traffic.as_deref() == Some("ALL"));
    all.and(observe!(log.status).map(|status| status.as_deref() == Some("ACTIVE")))
}

/// AWS names no status before the first delivery. It makes the log group with it; where there is none, nothing that was recorded is left.
fn delivers(ctx: &FactContext<'_>, log: &Resource<FlowLog>) -> Derived<bool> {
    let group = observe!(log.log_group).and_then(|group| match group {
        Some(name) => ctx.index.log_group_exists(&log.id.region, &name, &format!("{} delivers", log.id.name)),
        None => Derived::known(true),
    });
    group.and(observe!(log.delivery_status).and_then(|status| match status.map(|status| status.to_ascii_uppercase()).as_deref() {
        None | Some("SUCCESS") => Derived::known(true),
        Some("FAILED") => Derived::known(false),
        Some(_) => Derived::unseen(Missing::NotEvaluated("a delivery status of which AWS's pages say nothing")),
    }))
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
