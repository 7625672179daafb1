//! The resources of a run, the fields that it knows of each, and where it could look.

use std::collections::{BTreeMap, BTreeSet};

use iam_eval::arn::Arn;
use serde_json::{Map, Value};

use super::Run;
use crate::evidence::Index;
use crate::finding::stable_identity;
use crate::model::calls;
use crate::model::snapshot::hidden_by_gap;
use crate::model::{Basis, Kind, Snapshot};
use crate::report::conceal::conceal;
use crate::report::view::{ResourceRef, View};

/// What tells resources apart, and stays the same where AWS makes one anew under its name ([`Basis`]): kind, region, identity; and which of
/// those it is where several answer to that.
pub(super) type Key = (String, String, String, usize);

/// One resource.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    /// Which.
    pub resource: ResourceRef,
    /// Its fields, as far as they were read.
    pub fields: Map<String, Value>,
}

/// The resources of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Inventory {
    /// By what tells them apart.
    pub items: BTreeMap<Key, Item>,
    /// Whether they hold every field that was read. If not, one that is missing means nothing.
    pub whole: bool,
    regions: BTreeSet<String>,
    /// Kinds whose lists could not be read whole, by region.
    hidden: BTreeSet<(Kind, String)>,
}

impl Inventory {
    /// Of a run: from its snapshot, else from the evidence in its report.
    pub(super) fn new(run: Run<'_>) -> Self {
        match run.snapshot {
            Some(snapshot) => Self::of_snapshot(snapshot),
            None => Self::of_report(run.view),
        }
    }

    fn of_snapshot(snapshot: &Snapshot) -> Self {
        let resources = &snapshot.resources;
        let mut items = Vec::new();
        for kind in Kind::ALL.iter().copied() {
            for position in 0..resources.count(kind) {
                let (Some(id), Some(Value::Object(fields))) = (resources.identity(kind, position), resources.fields_json(kind, position)) else {
                    continue;
                };
                let resource = ResourceRef {
                    arn: id.arn.to_string(),
                    name: id.name.to_string(),
                    kind: kind.name().to_owned(),
                    account: id.account.to_string(),
                    region: id.region.to_string(),
                };
                items.push((stable_identity(kind, id).to_owned(), Item { resource, fields }));
            }
        }
        let hidden = Index::new(snapshot).hidden().map(|(kind, region)| (kind, region.to_owned())).collect();
        Self { items: keyed(items), whole: true, regions: snapshot.regions.iter().cloned().collect(), hidden }
    }

    fn of_report(view: &View) -> Self {
        let mut items: BTreeMap<(&str, &str), Item> = BTreeMap::new();
        for finding in &view.findings {
            let resource = &finding.resource;
            items.entry((&resource.kind, &resource.arn)).or_insert_with(|| Item { resource: resource.clone(), fields: Map::new() });
        }
        for evidence in view.findings.iter().flat_map(|finding| &finding.evidence) {
            let item = items
                .entry((&evidence.kind, &evidence.resource))
                .or_insert_with(|| Item { resource: beside(&evidence.kind, &evidence.resource, &view.run.account), fields: Map::new() });
            item.fields.extend(evidence.fields.iter().map(|(field, value)| (field.clone(), value.clone())));
        }
        let hidden = view
            .gaps
            .iter()
            .filter_map(|gap| Some((calls::call(&gap.service, &gap.operation)?, gap)))
            .flat_map(|(call, gap)| hidden_by_gap(call, gap.resource.as_deref(), &gap.code).map(|kind| (kind, gap.region.clone())));
        let items = items.into_values().map(|item| (identity(&item.resource).to_owned(), item)).collect();
        Self { items: keyed(items), whole: false, regions: view.run.regions.iter().cloned().collect(), hidden: hidden.collect() }
    }

    /// Whether it could look at the resources of a kind in a region.
    pub(super) fn looked_at(&self, kind: &str, region: &str) -> bool {
        let hidden = kind.parse().is_ok_and(|kind| self.hidden.contains(&(kind, region.to_owned())));
        (region == "global" || self.regions.contains(region)) && !hidden
    }
}

/// A resource that is no finding's own: evidence names it by its ARN alone.
fn beside(kind: &str, arn: &str, account: &str) -> ResourceRef {
    let region = Arn::parse(arn).map(|arn| arn.region).filter(|region| !region.is_empty()).unwrap_or("global");
    ResourceRef { arn: arn.to_owned(), name: String::new(), kind: kind.to_owned(), account: account.to_owned(), region: region.to_owned() }
}

fn identity(resource: &ResourceRef) -> &str {
    let by_name = resource.kind.parse::<Kind>().is_ok_and(|kind| kind.basis() == Basis::Name);
    if by_name && !resource.name.is_empty() { &resource.name } else { &resource.arn }
}

fn keyed(mut items: Vec<(String, Item)>) -> BTreeMap<Key, Item> {
    items.sort_by(|(_, a), (_, b)| a.resource.cmp(&b.resource));
    let mut keyed = BTreeMap::new();
    let mut seen: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    for (identity, mut item) in items {
        item.fields.values_mut().for_each(conceal);
        let (kind, region) = (item.resource.kind.clone(), item.resource.region.clone());
        let count = seen.entry((kind.clone(), region.clone(), identity.clone())).or_default();
        keyed.insert((kind, region, identity, *count), item);
        *count += 1;
    }
    keyed
}
