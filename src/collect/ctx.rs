//! What every call needs: the region's clients, the account's names, the limits, and where answers go.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use iam_eval::arn::Arn;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::clients::Clients;
use super::retry::Failure;
use super::stop::Stop;
use super::{Options, Progress};
use crate::model::calls::{self, Scope};
use crate::model::snapshot::{Gap, Read};
use crate::model::{Identity, Kind, Listed, Resource, Resources};

/// One collection: what all regions share.
pub(super) struct Session {
    /// The SDK's configuration.
    pub config: SdkConfig,
    /// Account id.
    pub account: Arc<str>,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: Arc<str>,
    /// Told of every call.
    pub progress: Arc<dyn Progress>,
    /// Bound of one call with all its attempts.
    pub call_timeout: Duration,
    /// Whether the collection is to end now.
    pub stop: Stop,
    in_flight: usize,
    limits: Mutex<Limits>,
    regions: Mutex<BTreeMap<Arc<str>, Arc<Clients>>>,
    ledger: Mutex<Ledger>,
    resources: Mutex<Resources>,
    kept: Mutex<HashSet<(Kind, Arc<str>)>>,
}

/// One limit per service and region.
type Limits = BTreeMap<(&'static str, Arc<str>), Arc<Limit>>;

/// What was asked and what came of it.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Calls that succeeded.
    pub reads: Vec<Read>,
    /// Calls that did not.
    pub gaps: Vec<Gap>,
    /// Requests by `service:Operation`, pages counted, retries not.
    pub calls: BTreeMap<String, u64>,
    /// Attempts after the first.
    pub retries: u64,
}

/// Calls in flight to one service of one region, and the pause that throttling asks for.
pub(super) struct Limit {
    /// Permits.
    pub permits: Semaphore,
    not_before: Mutex<Instant>,
}

impl Limit {
    /// Waits until the service may be asked again.
    pub(super) async fn pause(&self) {
        let until = *lock(&self.not_before);
        if until > Instant::now() {
            tokio::time::sleep_until(until).await;
        }
    }

    /// One call was throttled: the others wait a little too.
    pub(super) fn throttled(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut not_before = lock(&self.not_before);
        *not_before = until.max(*not_before);
    }
}

/// A lock that outlives a panic elsewhere: what it guards is only ever appended to.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    /// A session; the account is not known before sts has said it.
    pub(super) fn new(config: SdkConfig, options: &Options, progress: Arc<dyn Progress>, stop: Stop) -> Self {
        Self {
            config,
            account: Arc::from(""),
            partition: Arc::from("aws"),
            progress,
            call_timeout: options.call_timeout,
            stop,
            in_flight: options.in_flight.max(1),
            limits: Mutex::default(),
            regions: Mutex::default(),
            ledger: Mutex::default(),
            resources: Mutex::default(),
            kept: Mutex::default(),
        }
    }

    /// The region that the configuration names.
    pub(super) fn home(&self) -> Arc<str> {
        self.config.region().map_or("us-east-1", Region::as_ref).into()
    }

    /// The context of a region; its clients are made once.
    pub(super) fn region<'a>(&'a self, region: &str) -> Ctx<'a> {
        let mut regions = lock(&self.regions);
        let (region, clients) = match regions.get_key_value(region) {
            Some((region, clients)) => (region.clone(), clients.clone()),
            None => {
                let region: Arc<str> = region.into();
                let clients = Arc::new(Clients::new(&self.config, &region));
                regions.insert(region.clone(), clients.clone());
                (region, clients)
            }
        };
        Ctx { session: self, region, clients }
    }

    /// The limit of a service in a region.
    pub(super) fn limit(&self, service: &'static str, region: &Arc<str>) -> Arc<Limit> {
        let fresh = || Arc::new(Limit { permits: Semaphore::new(self.in_flight), not_before: Mutex::new(Instant::now()) });
        lock(&self.limits).entry((service, region.clone())).or_insert_with(fresh).clone()
    }

    /// The ledger, to write in.
    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// What was seen so far.
    pub(super) fn resources(&self) -> MutexGuard<'_, Resources> {
        lock(&self.resources)
    }
}

/// A session that never asks anything.
#[cfg(test)]
pub(super) fn idle() -> Session {
    struct Silent;
    impl Progress for Silent {}
    Session::new(SdkConfig::builder().build(), &Options::default(), Arc::new(Silent), super::stop::stop().1)
}

/// One region of a session.
pub(super) struct Ctx<'a> {
    /// The session.
    pub session: &'a Session,
    /// The region.
    pub region: Arc<str>,
    pub(super) clients: Arc<Clients>,
}

impl Ctx<'_> {
    /// Who a resource of this region is. Account and region are the ARN's where it has them.
    pub(super) fn id(&self, arn: &str, name: &str) -> Arc<Identity> {
        self.identity(arn, name, &self.region)
    }

    /// Who a resource without a region is.
    pub(super) fn global_id(&self, arn: &str, name: &str) -> Arc<Identity> {
        self.identity(arn, name, "global")
    }

    fn identity(&self, arn: &str, name: &str, region: &str) -> Arc<Identity> {
        let parsed = Arn::parse(arn);
        let account = parsed.map(|parsed| parsed.account).filter(|account| !account.is_empty() && *account != "aws").unwrap_or(&self.session.account);
        let region = parsed.map(|parsed| parsed.region).filter(|own| !own.is_empty() && region != "global").unwrap_or(region);
        Arc::new(Identity { arn: arn.into(), name: name.into(), account: account.into(), region: region.into() })
    }

    /// An ARN of this account and region, as AWS documents it.
    pub(super) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.session.partition, self.region, self.session.account)
    }

    /// Puts a resource into the snapshot, once. Where two pages of a list differ on it, the list was read while it moved: what else it lacks is not known.
    pub(super) fn keep<T: Listed + PartialEq>(&self, id: Arc<Identity>, fields: T) {
        let mut resources = self.session.resources();
        let list = T::list_mut(&mut resources);
        if lock(&self.session.kept).insert((T::KIND, id.arn.clone())) {
            return list.push(Resource { id, fields });
        }
        let same = list.iter().any(|known| known.id.arn == id.arn && known.fields == fields);
        drop(resources);
        let lists = calls::CALLS.iter().find(|call| call.yields.contains(&T::KIND) && !matches!(call.scope, Scope::Each(_)));
        if let Some(call) = lists.filter(|_| !same) {
            let words = format!("two pages of the answer differ on {}", id.name);
            self.ask(call.service, call.operation).gap(Failure::incomplete(&words));
        }
    }

    /// Adds to the fields of a resource that is in the snapshot.
    pub(super) fn amend<T: Listed>(&self, arn: &str, change: impl FnOnce(&mut T)) {
        if let Some(found) = T::list_mut(&mut self.session.resources()).iter_mut().find(|found| *found.id.arn == *arn) {
            change(&mut found.fields);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Observed, network, rds};

    #[test]
    fn what_comes_twice_is_kept_once_and_what_differs_is_a_list_that_moved() {
        let session = idle();
        let ctx = session.region("eu-west-1");
        let keep = |arn: &str, owner: &str| {
            let fields = network::Subnet { owner: Observed::Known(Some(owner.to_owned())), ..network::Subnet::default() };
            ctx.keep(ctx.id(arn, "name"), fields);
        };
        keep("a", "1");
        keep("a", "1");
        keep("b", "1");
        assert_eq!((session.resources().subnets.len(), session.ledger().gaps.len()), (2, 0));
        keep("b", "2");
        // Another kind may have the same name.
        ctx.keep(ctx.id("a", "name"), rds::ParameterGroup::default());
        let gaps: Vec<_> = session.ledger().gaps.iter().map(|gap| (gap.operation.clone(), gap.resource.clone(), gap.code.clone())).collect();
        assert_eq!(gaps, [("DescribeSubnets".to_owned(), None, "Incomplete".to_owned())]);
        assert_eq!(session.resources().subnets.len(), 2);
    }
}
