//! Calls to AWS CloudTrail.

use super::NONE;
use crate::model::Kind;
use crate::model::source::{Call, Scope};

pub(super) const CALLS: &[Call] = &[
    Call {
        service: "cloudtrail",
        operation: "DescribeTrails",
        iam_action: "cloudtrail:DescribeTrails",
        yields: &[Kind::Trail],
        names: &[Kind::Bucket, Kind::KmsKey],
        fills: &[(
            Kind::Trail,
            &["home_region", "multi_region", "global_events", "organization", "bucket", "prefix", "validates_files", "kms_key_id"],
        )],
        always: &["trailList"],
        ..NONE
    },
    Call {
        service: "cloudtrail",
        operation: "GetEventSelectors",
        iam_action: "cloudtrail:GetEventSelectors",
        scope: Scope::Each(Kind::Trail),
        fills: &[(Kind::Trail, &["selectors"])],
        always: &["TrailARN"],
        ..NONE
    },
    Call {
        service: "cloudtrail",
        operation: "GetTrailStatus",
        iam_action: "cloudtrail:GetTrailStatus",
        scope: Scope::Each(Kind::Trail),
        fills: &[(Kind::Trail, &["logging", "delivery_error"])],
        always: &["IsLogging"],
        ..NONE
    },
];
