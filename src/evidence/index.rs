//! Look-ups over a snapshot that know what a missing member means.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;

use super::derived::Derived;
use crate::evidence::{FieldRef, Missing};
use crate::model::calls::{self, Scope};
use crate::model::logs::LogGroup;
use crate::model::reference::{Reference, references};
use crate::model::snapshot::{Gap, failed_whole, hidden_by_gap};
use crate::model::{Described, Identity, Kind, Resource, Snapshot};

/// Service, operation, resource.
type GapKey<'a> = (&'a str, &'a str, Option<&'a str>);

/// A snapshot with its look-up tables. Building it is linear in the number of resources and gaps.
pub struct Index<'a> {
    /// The snapshot.
    pub snapshot: &'a Snapshot,
    positions: HashMap<(Kind, &'a str), usize>,
    by_name: HashMap<(Kind, &'a str, &'a str), usize>,
    unlisted: BTreeSet<(Kind, &'a str)>,
    gaps: HashMap<GapKey<'a>, Vec<&'a Gap>>,
    /// What may be missing, and one gap per call and code that hides it.
    hidden: BTreeMap<(Kind, &'a str), Vec<&'a Gap>>,
    references: OnceLock<Vec<Reference>>,
}

impl<'a> Index<'a> {
    /// Indexes a snapshot.
    pub fn new(snapshot: &'a Snapshot) -> Self {
        let size = snapshot.resources.identities().count();
        let (mut positions, mut by_name) = (HashMap::with_capacity(size), HashMap::with_capacity(size));
        let mut counts: HashMap<Kind, usize> = HashMap::new();
        for (kind, id) in snapshot.resources.identities() {
            let count = counts.entry(kind).or_default();
            positions.insert((kind, &*id.arn), *count);
            by_name.insert((kind, &*id.region, &*id.name), *count);
            *count += 1;
        }
        let (mut unlisted, mut hidden) = (BTreeSet::new(), BTreeMap::new());
        let mut told = HashSet::new();
        let mut gaps: HashMap<GapKey<'_>, Vec<&Gap>> = HashMap::new();
        for gap in &snapshot.gaps {
            gaps.entry((&gap.service, &gap.operation, gap.resource.as_deref())).or_default().push(gap);
            let Some(call) = calls::call(&gap.service, &gap.operation) else { continue };
            let whole = failed_whole(call, gap.resource.as_deref(), &gap.code);
            if whole && !matches!(call.scope, Scope::Each(_)) {
                unlisted.extend(call.yields.iter().map(|kind| (*kind, gap.region.as_str())));
            }
            if told.insert((call.service, call.operation, &gap.region, &gap.code, whole)) {
                for kind in hidden_by_gap(call, gap.resource.as_deref(), &gap.code) {
                    hidden.entry((kind, gap.region.as_str())).or_insert_with(Vec::new).push(gap);
                }
            }
        }
        Self { snapshot, positions, by_name, unlisted, gaps, hidden, references: OnceLock::new() }
    }

    /// When the account was read: the now of all that follows from it.
    pub const fn now(&self) -> Timestamp {
        self.snapshot.taken_at
    }

    /// What names what, sorted: found once, by the first who asks.
    pub fn references(&self) -> &[Reference] {
        self.references.get_or_init(|| references(&self.snapshot.resources))
    }

    /// Every resource of a kind.
    pub fn all<T: Described>(&self) -> &'a [Resource<T>] {
        T::list(&self.snapshot.resources)
    }

    /// Known where the region's list of a kind is complete (`global` for IAM and the account).
    pub fn listed(&self, kind: Kind, region: &str) -> Derived<()> {
        if self.unlisted.contains(&(kind, region)) { Derived::unseen(Missing::Members { kind, region: region.into() }) } else { Derived::known(()) }
    }

    /// That the region's list of a kind was read, as evidence for what is not in it.
    pub fn list(&self, kind: Kind, region: &str) -> FieldRef {
        let caller = &self.snapshot.caller;
        let arn = format!("arn:{}:iam::{}:root", caller.partition, caller.account);
        let account =
            Identity { arn: arn.into(), name: caller.account.as_str().into(), account: caller.account.as_str().into(), region: region.into() };
        FieldRef { kind, resource: Arc::new(account), field: FieldRef::LISTED }
    }

    /// Whether members of a kind may be missing in a region: not listed, or named only by what could not be read.
    pub fn hides(&self, kind: Kind, region: &str) -> bool {
        self.hidden.contains_key(&(kind, region))
    }

    /// Whether a region holds, or may hold, what an audit is about: a database, a warehouse or a part of a pipeline.
    pub fn in_scope(&self, region: &str) -> bool {
        let seen = || self.snapshot.resources.identities().any(|(kind, id)| *id.region == *region && kind.is_in_scope());
        Kind::ALL.iter().any(|kind| kind.is_in_scope() && self.hides(*kind, region)) || seen()
    }

    /// Every (kind, region) whose members may be missing.
    pub fn hidden(&self) -> impl Iterator<Item = (Kind, &'a str)> + '_ {
        self.hidden.keys().copied()
    }

    /// A resource by ARN, or by name within a region. `Known(None)`: the complete list does not have it.
    /// Unseen where the list was not readable, or the ARN points to a region or account that was not scanned.
    pub fn find<T: Described>(&self, region: &str, name: &str) -> Derived<Option<&'a Resource<T>>> {
        let position = self.positions.get(&(T::KIND, name)).or_else(|| self.by_name.get(&(T::KIND, region, name)));
        if let Some(position) = position {
            return Derived::known(self.all::<T>().get(*position));
        }
        if let Some(arn) = iam_eval::arn::Arn::parse(name) {
            let caller = &self.snapshot.caller.account;
            let elsewhere = !arn.account.is_empty() && arn.account != caller;
            let unscanned = !arn.region.is_empty() && !self.snapshot.regions.iter().any(|scanned| scanned == arn.region);
            if elsewhere || unscanned {
                return Derived::unseen(Missing::Outside(format!(
                    "{name} lies in {}, which was not scanned",
                    if elsewhere { arn.account } else { arn.region }
                )));
            }
        }
        self.listed(T::KIND, region).map(|()| None)
    }

    /// A resource that must exist because AWS named it; not found is unseen, and says so.
    pub fn get<T: Described>(&self, region: &str, name: &str) -> Derived<&'a Resource<T>> {
        self.find::<T>(region, name).and_then(|found| {
            found.map_or_else(
                || Derived::unseen(Missing::Outside(format!("{} {name}, which is not in this account's answer", T::KIND))),
                Derived::known,
            )
        })
    }

    /// Whether a log group has arrived that something (`who`, in words) sends its logs to. The service that sends makes it with its first delivery: where
    /// there is none, nothing that was recorded is left, or nothing came yet.
    pub fn log_group_exists(&self, region: &str, name: &str, who: &str) -> Derived<bool> {
        self.find::<LogGroup>(region, name).and_then(|found| match found {
            Some(_) => Derived::known(true),
            None => Derived::unseen(Missing::Outside(format!("log group {name}, to which {who}: this account has none of that name"))),
        })
    }

    /// Position of a resource in the list of its kind.
    pub fn position(&self, kind: Kind, arn: &str) -> Option<usize> {
        self.positions.get(&(kind, arn)).copied()
    }

    /// The gaps that explain why something is missing; empty where nothing does.
    pub fn explain(&self, missing: &Missing) -> Vec<&'a Gap> {
        let about = |call: &calls::Call, resource: Option<&str>| {
            self.gaps.get(&(call.service, call.operation, resource)).into_iter().flatten().copied().collect::<Vec<_>>()
        };
        match missing {
            Missing::Field(at) => {
                let in_region = |gap: &&Gap| *gap.region == *at.resource.region || gap.region == "global";
                let own = |call| about(call, Some(&at.resource.arn)).into_iter().chain(about(call, None).into_iter().filter(in_region));
                calls::fillers(at.kind, at.field).flat_map(own).collect()
            }
            Missing::Members { kind, region } => self.hidden.get(&(*kind, &**region)).cloned().unwrap_or_default(),
            Missing::Outside(_) | Missing::NotEvaluated(_) => Vec::new(),
        }
    }

    /// Whether some call of a service about a resource failed with a code.
    pub fn failed_with(&self, service: &str, arn: &str, code: &str) -> bool {
        let calls = calls::CALLS.iter().filter(|call| call.service == service);
        calls.filter_map(|call| self.gaps.get(&(call.service, call.operation, Some(arn)))).flatten().any(|gap| gap.code == code)
    }

    /// The identity that account-wide findings carry: the account's root.
    pub fn account(&self, region: &str) -> Arc<Identity> {
        let caller = &self.snapshot.caller;
        Arc::new(Identity {
            arn: iam_eval::arn::account_root(&caller.partition, &caller.account).into(),
            name: caller.account.as_str().into(),
            account: caller.account.as_str().into(),
            region: region.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_policy_that_does_not_parse_hides_no_other_identity() {
        let snapshot = |resource: &str| {
            let text = format!(
                r#"{{"schema": "{}", "taken_at": "2026-03-01T00:00:00Z", "regions": ["eu-west-1"], "reads": [], "resources": {{}},
                "caller": {{"account": "111122223333", "arn": "x", "partition": "aws"}}, "gaps": [{{"account": "111122223333", "region": "global",
                "service": "iam", "operation": "GetAccountAuthorizationDetails", {resource} "code": "Unparseable", "message": "no"}}]}}"#,
                crate::model::snapshot::SCHEMA
            );
            Snapshot::of_test(&text)
        };
        let one = snapshot(r#""resource": "arn:aws:iam::111122223333:role/odd","#);
        let index = Index::new(&one);
        assert!(!index.hides(Kind::IamRole, "global") && index.listed(Kind::IamRole, "global").value().is_some());
        let all = snapshot("");
        let index = Index::new(&all);
        assert!(index.hides(Kind::IamRole, "global") && index.listed(Kind::IamRole, "global").value().is_none());
    }
}
