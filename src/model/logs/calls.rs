//! Calls to AWS CloudTrail and Amazon CloudWatch Logs.

use crate::model::Kind;
use crate::model::calls::{Call, NONE, Scope};

pub(in crate::model) const CALLS: &[Call] = &[
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
    Call {
        service: "logs",
        operation: "DescribeLogGroups",
        iam_action: "logs:DescribeLogGroups",
        yields: &[Kind::LogGroup],
        fills: &[(Kind::LogGroup, &["retention_days", "kms_key_id", "class"])],
        always: &["logGroups"],
        ..NONE
    },
    Call {
        service: "logs",
        operation: "DescribeSubscriptionFilters",
        iam_action: "logs:DescribeSubscriptionFilters",
        scope: Scope::Each(Kind::LogGroup),
        fills: &[(Kind::LogGroup, &["subscriptions"])],
        always: &["subscriptionFilters"],
        ..NONE
    },
];
