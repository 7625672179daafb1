//! Where records go: CloudWatch log groups and CloudTrail trails.

pub(super) mod calls;

use super::record::{part, record};
use super::reference::{Namer, Reference, flat};
use super::{Kind, Resources};

record! {
    /// A log group (DescribeLogGroups).
    LogGroup {
        /// Days; `null` is for ever.
        retention_days: Option<i64>,
        /// The key; `null` is a key that AWS owns.
        kms_key_id: Option<String>,
        /// `STANDARD`, `INFREQUENT_ACCESS`, `DELIVERY`.
        class: Option<String>,
        /// How many subscription filters copy it elsewhere (DescribeSubscriptionFilters, asked only where retention is short).
        subscriptions: i64,
    }
}

record! {
    /// A trail (DescribeTrails, GetTrailStatus, GetEventSelectors).
    Trail {
        /// Where it was made.
        home_region: Option<String>,
        /// Covers all regions.
        multi_region: bool,
        /// Includes the events of global services (IAM, CloudFront), where it covers the region that they are recorded in.
        global_events: bool,
        /// Covers the organization.
        organization: bool,
        /// Bucket it delivers to.
        bucket: Option<String>,
        /// Prefix of its files there.
        prefix: Option<String>,
        /// Validates its files.
        validates_files: bool,
        /// Key of its files.
        kms_key_id: Option<String>,
        /// Is logging (GetTrailStatus).
        logging: bool,
        /// The last delivery error; `null` is none.
        delivery_error: Option<String>,
        /// What it records.
        selectors: Vec<EventSelector>,
    }
}

part! {
    /// One event selector, basic or advanced, in one shape.
    EventSelector {
        /// Records management events.
        management: bool,
        /// `All`, `ReadOnly`, `WriteOnly`.
        read_write: String,
        /// Event sources whose management events are left out.
        excluded_sources: Vec<String>,
        /// S3 objects whose data events it records: `arn:aws:s3` is all, `arn:aws:s3:::bucket/` a bucket's, `…*` whatever begins so.
        s3_objects: Vec<String>,
        /// S3 objects whose data events it leaves out: `…*` whatever begins so, else one object; `None` where the snapshot is of a version that did not say.
        #[serde(default)]
        excluded_objects: Option<Vec<String>>,
        /// More conditions of an advanced selector: it records less than it seems.
        narrowed: bool,
    }
}

/// What trails and log groups name.
pub(super) fn references(resources: &Resources, all: &mut Vec<Reference>) {
    for trail in &resources.trails {
        let mut namer = Namer::new(all, trail);
        namer.names(Kind::Bucket, "trail", flat(&trail.fields.bucket).map(String::as_str));
        namer.names(Kind::KmsKey, "trail", flat(&trail.fields.kms_key_id).map(String::as_str));
    }
    for group in &resources.log_groups {
        Namer::new(all, group).names(Kind::KmsKey, "log", flat(&group.fields.kms_key_id).map(String::as_str));
    }
}
