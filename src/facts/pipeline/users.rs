//! Who uses an endpoint or a replication instance.

use std::collections::HashMap;

use crate::evidence::{Derived, Index, Missing};
use crate::model::{Described, Identity, Kind, Observed, Resource, dms};

/// Who names endpoints and instances, and what keeps us from saying that nobody does.
pub(super) struct Users<'a> {
    /// ARN of what is named → who names it, by ARN, each with the field that says so.
    by_named: HashMap<&'a str, Vec<Derived<&'a str>>>,
    /// Regions where somebody's ends were not seen.
    blind: HashMap<(&'a str, Kind), Vec<Missing>>,
}

impl<'a> Users<'a> {
    /// Indexes who uses what. Linear in tasks and replications.
    pub(super) fn new(index: &Index<'a>) -> Self {
        let mut users = Self { by_named: HashMap::new(), blind: HashMap::new() };
        for task in index.all::<dms::Task>() {
            let fields = &task.fields;
            users.take(task, Kind::DmsEndpoint, "source_endpoint_arn", &fields.source_endpoint_arn);
            users.take(task, Kind::DmsEndpoint, "target_endpoint_arn", &fields.target_endpoint_arn);
            users.take(task, Kind::DmsInstance, "instance_arn", &fields.instance_arn);
        }
        for config in index.all::<dms::ReplicationConfig>() {
            let fields = &config.fields;
            users.take(config, Kind::DmsEndpoint, "source_endpoint_arn", &fields.source_endpoint_arn);
            users.take(config, Kind::DmsEndpoint, "target_endpoint_arn", &fields.target_endpoint_arn);
        }
        users
    }

    /// Whether somebody names it. Unseen where nobody seen does and somebody may be missing.
    pub(super) fn in_use(&self, index: &Index<'a>, kind: Kind, id: &Identity) -> Derived<bool> {
        match self.of(id).first() {
            Some(user) => user.clone().map(|_| true),
            None => self.complete(index, kind, id).map(|()| false),
        }
    }

    /// Who names it, of those that were seen.
    pub(super) fn of(&self, id: &Identity) -> &[Derived<&'a str>] {
        self.by_named.get(&*id.arn).map_or(&[], Vec::as_slice)
    }

    /// Known where nobody who names it may be missing.
    pub(super) fn complete(&self, index: &Index<'a>, kind: Kind, id: &Identity) -> Derived<()> {
        // Serverless replications run on no instance.
        let users: &[Kind] = if kind == Kind::DmsInstance { &[Kind::DmsTask] } else { &[Kind::DmsTask, Kind::DmsReplicationConfig] };
        let listed = users.iter().map(|user| index.listed(*user, &id.region));
        let blind = self.blind.get(&(&*id.region, kind)).map(|missing| Derived::Unseen { missing: missing.clone(), from: Vec::new() });
        Derived::collect(listed.chain(blind)).map(|_| ())
    }

    fn take<T: Described>(&mut self, user: &'a Resource<T>, kind: Kind, field: &'static str, arn: &'a Observed<String>) {
        let seen = Derived::observed(user, field, arn);
        match arn.known() {
            Some(arn) => {
                self.by_named.entry(arn.as_str()).or_default().push(seen.map(|_| &*user.id.arn));
            }
            None => self.blind.entry((&*user.id.region, kind)).or_default().extend_from_slice(seen.missing()),
        }
    }
}
