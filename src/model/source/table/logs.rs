//! Calls to Amazon CloudWatch Logs.

use super::NONE;
use crate::model::Kind;
use crate::model::source::{Call, Scope};

pub(super) const CALLS: &[Call] = &[
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
