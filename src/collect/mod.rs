//! AWS → snapshot. The only module that talks to AWS; it reads, never writes, and asks what the call table lists and nothing else.
//!
//! Four rounds, each region for itself and IAM beside them: (1) the lists of DMS, RDS, Redshift and CloudTrail; (2) what those name, and the network;
//! (3) buckets, log groups and the keys that round 2 named; (4) the keys that round 3 named. A region without a pipeline is asked for manual snapshots, and for no more.
//! What cannot be read is a gap in the snapshot; only when nothing can be read is there an error.

mod call;
mod clients;
mod cloudtrail;
mod convert;
mod credentials;
mod ctx;
mod dms;
mod dms_endpoint;
mod dms_task;
mod ec2;
mod ec2_gateways;
mod ec2_interfaces;
mod ec2_rules;
mod emulator;
mod endpoint;
mod error;
mod finish;
mod iam;
mod kms;
mod logs;
mod profile;
mod rds;
mod rds_snapshot;
mod redshift;
mod redshift_sharing;
mod retry;
mod role;
mod s3;
mod secrets;
mod session;
mod stop;
mod sts;
mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;

use crate::model::calls::CALLS;
use crate::model::reference::{Reference, references};
use crate::model::{Identity, Kind, Snapshot};
use call::Answer;
use ctx::{Ctx, Session};
pub use error::CollectError;
use kms::Keys;
pub use stop::{Stop, Stopper, stop};

/// How to collect.
#[derive(Debug, Clone)]
pub struct Options {
    /// Profile of the AWS config files.
    pub profile: Option<String>,
    /// Regions to scan; none means the configured one.
    pub regions: Vec<String>,
    /// Every region that is enabled for the account.
    pub all_regions: bool,
    /// Role to assume first.
    pub role_arn: Option<String>,
    /// External id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// Calls in flight to one service of one region.
    pub in_flight: usize,
    /// Bound of one call with all its attempts, those for credentials too.
    pub call_timeout: Duration,
    /// Asks a person for the code that an MFA device shows; none where nobody is there to ask.
    pub mfa_code: fn(device: &str) -> Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: None,
            regions: Vec::new(),
            all_regions: false,
            role_arn: None,
            external_id: None,
            in_flight: 8,
            call_timeout: Duration::from_secs(60),
            mfa_code: |_| None,
        }
    }
}

/// Is told of every call; `what` is like `us-east-2 rds:DescribeDBInstances`.
pub trait Progress: Send + Sync {
    /// A request goes out.
    fn started(&self, _what: &str) {}
    /// It was answered, or given up.
    fn finished(&self, _what: &str) {}
}

/// What came of it.
#[derive(Debug)]
pub struct Collection {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// Requests by `service:Operation`, pages counted, retries not.
    pub calls: BTreeMap<String, u64>,
    /// Attempts after the first.
    pub retries: u64,
}

/// Collects the account as it is; `taken_at` is the snapshot's time. Once it is stopped, what was not answered yet is a gap.
///
/// # Errors
/// Where nothing worth keeping can be read. A refused call is no error.
pub async fn collect(options: &Options, taken_at: Timestamp, progress: Arc<dyn Progress>, stop: Stop) -> Result<Collection, CollectError> {
    if let Some(bad) = options.regions.iter().find(|region| !session::is_region(region)) {
        return Err(CollectError::UnknownRegion(bad.clone()));
    }
    let config = tokio::select! {
        biased;
        () = stop.stopped() => return Err(CollectError::Interrupted),
        config = session::load(options) => config?,
    };
    let mut session = Session::new(config, options, progress, stop);
    let caller = sts::caller(&mut session).await?;
    let (regions, enabled) = regions(&session, options).await?;
    let global = session.region(&session.home());
    tokio::join!(iam::details(&global), s3::account(&global), rounds(&session, &regions));
    finish::finish(session, caller, finish::Regions { scanned: regions, enabled }, taken_at, options)
}

/// The regions to scan, and those that the account has enabled, where AWS said so.
async fn regions(session: &Session, options: &Options) -> Result<(Vec<String>, Option<Vec<String>>), CollectError> {
    let home = session.region(&session.home());
    if options.all_regions {
        return match ec2::regions(&home).await {
            Answer::Known(regions) => Ok((regions.clone(), Some(regions))),
            Answer::Absent | Answer::Gap => {
                let gap = session.ledger().gaps.pop();
                let (code, message) = gap.map(|gap| (gap.code, gap.message)).unwrap_or_default();
                Err(if session.stop.is_stopped() { CollectError::Interrupted } else { CollectError::RegionsUnknown { code, message } })
            }
        };
    }
    let given = if options.regions.is_empty() { vec![session.home().to_string()] } else { convert::set(options.regions.clone()) };
    let enabled = match ec2::regions(&home).await {
        Answer::Known(enabled) => enabled,
        Answer::Absent | Answer::Gap => return Ok((given, None)),
    };
    // One region is simply tried; of several, a wrong one would look like an empty one among good ones.
    match given.iter().find(|region| given.len() > 1 && !enabled.contains(region)) {
        Some(unknown) => Err(CollectError::UnknownRegion(unknown.clone())),
        None => Ok((given, Some(enabled))),
    }
}

async fn rounds(session: &Session, regions: &[String]) {
    let scanned: Vec<Ctx<'_>> = regions.iter().map(|region| session.region(region)).collect();
    join_all(scanned.iter().map(async |ctx| {
        tokio::join!(dms::lists(ctx), rds::lists(ctx), redshift::clusters(ctx), cloudtrail::trails(ctx));
    }))
    .await;

    let mut keys: BTreeMap<String, Keys> = BTreeMap::new();
    let named = named(session);
    let wanted_keys = by_region(session, &named, Kind::KmsKey, &BTreeMap::new());
    let wanted_secrets = by_region(session, &named, Kind::Secret, &BTreeMap::new());
    let active: BTreeSet<String> = regions.iter().filter(|region| is_active(session, region)).cloned().collect();
    for region in active.iter().chain(wanted_keys.keys()) {
        keys.entry(region.clone()).or_default();
    }
    let none = BTreeSet::new();
    let locks = join_all(keys.iter_mut().map(async |(region, keys)| {
        let ctx = session.region(region);
        keys.list(&ctx).await;
        let of_aws = keys.of_aws(&ctx);
        let snapshots = async {
            if active.contains(region) {
                rds_snapshot::manual(&ctx, &of_aws).await;
            }
        };
        tokio::join!(keys.ask(&ctx, wanted_keys.get(region).unwrap_or(&none)), snapshots);
    }));
    let secrets = join_all(wanted_secrets.iter().map(async |(region, wanted)| secrets::named(&session.region(region), wanted).await));
    let stores = join_all(active.iter().map(async |region| {
        let ctx = session.region(region);
        tokio::join!(rds::groups(&ctx, &named), redshift::details(&ctx, &named), redshift::snapshots(&ctx), serverless(&ctx), ec2::network(&ctx));
    }));
    // Manual snapshots outlive their database, and copies of them lie in regions that never had one. Which keys AWS manages there is not worth a call.
    let quiet = regions.iter().filter(|region| !active.contains(*region));
    let copies = join_all(quiet.map(async |region| {
        let ctx = session.region(region);
        tokio::join!(rds_snapshot::manual(&ctx, &none), redshift::snapshots(&ctx));
    }));
    tokio::join!(locks, secrets, stores, copies, trails(session));

    let named = self::named(session);
    let buckets = s3::wanted(&named, &session.home());
    let mut places: BTreeMap<String, String> = buckets.iter().map(|(name, wanted)| (name.clone(), wanted.region.clone())).collect();
    let records = by_region(session, &named, Kind::LogGroup, &places);
    let wanted_keys = by_region(session, &named, Kind::KmsKey, &places);
    let (_, found, _) = tokio::join!(
        ask_keys(session, &mut keys, &wanted_keys),
        join_all(buckets.iter().map(async |(name, wanted)| (name.clone(), s3::bucket(session, name, wanted).await))),
        join_all(records.iter().map(async |(region, names)| logs::named(&session.region(region), names).await)),
    );

    // Buckets name keys, and where a bucket really is its keys are, too.
    places.extend(found);
    let wanted_keys = by_region(session, &self::named(session), Kind::KmsKey, &places);
    ask_keys(session, &mut keys, &wanted_keys).await;
}

fn named(session: &Session) -> Vec<Reference> {
    references(&session.resources())
}

/// Whether a region holds any part of a pipeline, or may hold one that could not be listed.
fn is_active(session: &Session, region: &str) -> bool {
    let seen = session.resources().identities().any(|(kind, id)| kind.is_in_scope() && *id.region == *region);
    let lists = |service: &str| CALLS.iter().any(|call| call.service == service && call.yields.iter().any(|kind| kind.is_in_scope()));
    seen || session.ledger().gaps.iter().any(|gap| gap.region == region && lists(&gap.service))
}

/// What references name of one kind, by the region to ask in. A bucket has no region of its own: what it names lies where it is.
fn by_region(session: &Session, named: &[Reference], kind: Kind, places: &BTreeMap<String, String>) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for reference in named.iter().filter(|reference| reference.target == kind) {
        let place = places.get(&*reference.by.name).filter(|_| reference.by_kind == Kind::Bucket);
        // The region of an ARN becomes a part of an address: only what has its shape may.
        let region = Some(reference.region.to_string()).filter(|region| session::is_region(region)).or_else(|| place.cloned());
        all.entry(region.unwrap_or_else(|| session.home().to_string())).or_default().insert(reference.id.clone());
    }
    all
}

async fn ask_keys(session: &Session, keys: &mut BTreeMap<String, Keys>, wanted: &BTreeMap<String, BTreeSet<String>>) {
    for region in wanted.keys() {
        keys.entry(region.clone()).or_default();
    }
    let none = BTreeSet::new();
    join_all(keys.iter_mut().map(async |(region, keys)| keys.ask(&session.region(region), wanted.get(region).unwrap_or(&none)).await)).await;
}

async fn serverless(ctx: &Ctx<'_>) {
    let any = ctx.session.resources().dms_replication_configs.iter().any(|config| config.id.region == ctx.region);
    if any {
        dms::serverless(ctx).await;
    }
}

/// Each trail once, in its home region, whether that is scanned or not: elsewhere AWS may not know its selectors.
async fn trails(session: &Session) {
    let mut ids = Vec::new();
    for trail in &session.resources().trails {
        ids.push(trail.id.clone());
    }
    let home = session.home();
    let region = |id: &Identity| if session::is_region(&id.region) { id.region.to_string() } else { home.to_string() };
    join_all(ids.iter().map(async |id| cloudtrail::details(&session.region(&region(id)), id).await)).await;
}
