//! What every call needs: the region's clients, the account's names, the limits, and where answers go.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_smithy_runtime_api::client::endpoint::EndpointFuture;
use aws_smithy_types::endpoint::Endpoint;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::session::{endpoint_of, is_bare_host};
use super::{Options, Progress};
use crate::model::arn::Arn;
use crate::model::snapshot::{Gap, Read};
use crate::model::{Identity, Listed, Resource, Resources};

/// One collection: what all regions share.
pub struct Session {
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
    in_flight: usize,
    limits: Mutex<BTreeMap<(&'static str, Arc<str>), Arc<Limit>>>,
    regions: Mutex<BTreeMap<Arc<str>, Arc<Clients>>>,
    ledger: Mutex<Ledger>,
    resources: Mutex<Resources>,
}

/// What was asked and what came of it.
#[derive(Debug, Default)]
pub struct Ledger {
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
pub struct Limit {
    /// Permits.
    pub permits: Semaphore,
    not_before: Mutex<Instant>,
}

impl Limit {
    /// Waits until the service may be asked again.
    pub async fn pause(&self) {
        let until = *lock(&self.not_before);
        if until > Instant::now() {
            tokio::time::sleep_until(until).await;
        }
    }

    /// One call was throttled: the others wait a little too.
    pub fn throttled(&self, wait: Duration) {
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
    pub fn new(config: SdkConfig, options: &Options, progress: Arc<dyn Progress>) -> Self {
        Self {
            config,
            account: Arc::from(""),
            partition: Arc::from("aws"),
            progress,
            call_timeout: options.call_timeout,
            in_flight: options.in_flight.max(1),
            limits: Mutex::default(),
            regions: Mutex::default(),
            ledger: Mutex::default(),
            resources: Mutex::default(),
        }
    }

    /// The region that the configuration names.
    pub fn home(&self) -> Arc<str> {
        self.config.region().map_or("us-east-1", Region::as_ref).into()
    }

    /// The context of a region; its clients are made once.
    pub fn region<'a>(&'a self, region: &str) -> Ctx<'a> {
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
    pub fn limit(&self, service: &'static str, region: &Arc<str>) -> Arc<Limit> {
        let fresh = || Arc::new(Limit { permits: Semaphore::new(self.in_flight), not_before: Mutex::new(Instant::now()) });
        lock(&self.limits).entry((service, region.clone())).or_insert_with(fresh).clone()
    }

    /// The ledger, to write in.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// What was seen so far.
    pub fn resources(&self) -> MutexGuard<'_, Resources> {
        lock(&self.resources)
    }
}

/// One region of a session.
pub struct Ctx<'a> {
    /// The session.
    pub session: &'a Session,
    /// The region.
    pub region: Arc<str>,
    clients: Arc<Clients>,
}

impl Ctx<'_> {
    /// Who a resource of this region is. Account and region are the ARN's where it has them.
    pub fn id(&self, arn: &str, name: &str) -> Arc<Identity> {
        self.identity(arn, name, &self.region)
    }

    /// Who a resource without a region is.
    pub fn global_id(&self, arn: &str, name: &str) -> Arc<Identity> {
        self.identity(arn, name, "global")
    }

    fn identity(&self, arn: &str, name: &str, region: &str) -> Arc<Identity> {
        let parsed = Arn::parse(arn);
        let account = parsed.map(|parsed| parsed.account).filter(|account| !account.is_empty() && *account != "aws").unwrap_or(&self.session.account);
        let region = parsed.map(|parsed| parsed.region).filter(|own| !own.is_empty() && region != "global").unwrap_or(region);
        Arc::new(Identity { arn: arn.into(), name: name.into(), account: account.into(), region: region.into() })
    }

    /// An ARN of this account and region, as AWS documents it.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.session.partition, self.region, self.session.account)
    }

    /// Puts a resource into the snapshot.
    pub fn keep<T: Listed>(&self, id: Arc<Identity>, fields: T) {
        T::list_mut(&mut self.session.resources()).push(Resource { id, fields });
    }

    /// Adds to the fields of a resource that is in the snapshot.
    pub fn amend<T: Listed>(&self, arn: &str, change: impl FnOnce(&mut T)) {
        if let Some(found) = T::list_mut(&mut self.session.resources()).iter_mut().find(|found| *found.id.arn == *arn) {
            change(&mut found.fields);
        }
    }
}

/// The clients of one region, each made when it is first asked for.
pub struct Clients {
    config: SdkConfig,
    cloudtrail: OnceLock<aws_sdk_cloudtrail::Client>,
    dms: OnceLock<aws_sdk_databasemigration::Client>,
    ec2: OnceLock<aws_sdk_ec2::Client>,
    iam: OnceLock<aws_sdk_iam::Client>,
    kms: OnceLock<aws_sdk_kms::Client>,
    logs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
    rds: OnceLock<aws_sdk_rds::Client>,
    redshift: OnceLock<aws_sdk_redshift::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
    s3control: OnceLock<aws_sdk_s3control::Client>,
    secrets: OnceLock<aws_sdk_secretsmanager::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
}

impl Clients {
    fn new(config: &SdkConfig, region: &str) -> Self {
        Self {
            config: config.to_builder().region(Region::new(region.to_owned())).build(),
            cloudtrail: OnceLock::new(),
            dms: OnceLock::new(),
            ec2: OnceLock::new(),
            iam: OnceLock::new(),
            kms: OnceLock::new(),
            logs: OnceLock::new(),
            rds: OnceLock::new(),
            redshift: OnceLock::new(),
            s3: OnceLock::new(),
            s3control: OnceLock::new(),
            secrets: OnceLock::new(),
            sts: OnceLock::new(),
        }
    }
}

impl Ctx<'_> {
    pub(super) fn cloudtrail(&self) -> &aws_sdk_cloudtrail::Client {
        self.clients.cloudtrail.get_or_init(|| aws_sdk_cloudtrail::Client::new(&self.clients.config))
    }

    pub(super) fn dms(&self) -> &aws_sdk_databasemigration::Client {
        self.clients.dms.get_or_init(|| aws_sdk_databasemigration::Client::new(&self.clients.config))
    }

    pub(super) fn ec2(&self) -> &aws_sdk_ec2::Client {
        self.clients.ec2.get_or_init(|| aws_sdk_ec2::Client::new(&self.clients.config))
    }

    pub(super) fn iam(&self) -> &aws_sdk_iam::Client {
        self.clients.iam.get_or_init(|| aws_sdk_iam::Client::new(&self.clients.config))
    }

    pub(super) fn kms(&self) -> &aws_sdk_kms::Client {
        self.clients.kms.get_or_init(|| aws_sdk_kms::Client::new(&self.clients.config))
    }

    pub(super) fn logs(&self) -> &aws_sdk_cloudwatchlogs::Client {
        self.clients.logs.get_or_init(|| aws_sdk_cloudwatchlogs::Client::new(&self.clients.config))
    }

    pub(super) fn rds(&self) -> &aws_sdk_rds::Client {
        self.clients.rds.get_or_init(|| aws_sdk_rds::Client::new(&self.clients.config))
    }

    pub(super) fn redshift(&self) -> &aws_sdk_redshift::Client {
        self.clients.redshift.get_or_init(|| aws_sdk_redshift::Client::new(&self.clients.config))
    }

    pub(super) fn s3(&self) -> &aws_sdk_s3::Client {
        self.clients.s3.get_or_init(|| {
            let config = &self.clients.config;
            let bare = endpoint_of(config, "S3").is_some_and(|url| is_bare_host(&url));
            aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(bare).build())
        })
    }

    pub(super) fn s3control(&self) -> &aws_sdk_s3control::Client {
        self.clients.s3control.get_or_init(|| {
            let config = &self.clients.config;
            let mut builder = aws_sdk_s3control::config::Builder::from(config);
            if let Some(url) = endpoint_of(config, "S3 Control").filter(|url| is_bare_host(url)) {
                builder = builder.endpoint_resolver(PlainHost(url));
            }
            aws_sdk_s3control::Client::from_conf(builder.build())
        })
    }

    pub(super) fn secrets(&self) -> &aws_sdk_secretsmanager::Client {
        self.clients.secrets.get_or_init(|| aws_sdk_secretsmanager::Client::new(&self.clients.config))
    }

    pub(super) fn sts(&self) -> &aws_sdk_sts::Client {
        self.clients.sts.get_or_init(|| aws_sdk_sts::Client::new(&self.clients.config))
    }
}

/// S3 Control puts the account id in front of the host; an IP address cannot take it.
#[derive(Debug)]
struct PlainHost(String);

impl aws_sdk_s3control::config::endpoint::ResolveEndpoint for PlainHost {
    fn resolve_endpoint<'a>(&'a self, _params: &'a aws_sdk_s3control::config::endpoint::Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url(self.0.clone()).build()))
    }
}
