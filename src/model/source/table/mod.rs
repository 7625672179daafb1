//! The rows of the call table, one file a service. Error codes and IAM actions as the AWS Service Authorization Reference and
//! API references list them; what answers always have, as recorded ones show: lists are there when they are empty, too.

mod cloudtrail;
mod dms;
mod ec2;
mod iam;
mod kms;
mod logs;
mod rds;
mod redshift;
mod s3;
mod s3control;
mod secretsmanager;
mod sts;

use super::{Call, Scope};

/// What a row says where it says nothing.
const NONE: Call =
    Call { service: "", operation: "", iam_action: "", scope: Scope::Region, yields: &[], names: &[], fills: &[], always: &[], absent: &[] };

const SERVICES: &[&[Call]] = &[
    cloudtrail::CALLS,
    dms::CALLS,
    ec2::CALLS,
    iam::CALLS,
    kms::CALLS,
    logs::CALLS,
    rds::CALLS,
    redshift::CALLS,
    s3::CALLS,
    s3control::CALLS,
    secretsmanager::CALLS,
    sts::CALLS,
];

/// Every call, sorted by service and operation.
pub const CALLS: &[Call] = &ALL;

const ALL: [Call; count()] = {
    let (mut all, mut at, mut service) = ([NONE; count()], 0, 0);
    while service < SERVICES.len() {
        let mut row = 0;
        while row < SERVICES[service].len() {
            all[at] = SERVICES[service][row];
            at += 1;
            row += 1;
        }
        service += 1;
    }
    all
};

const fn count() -> usize {
    let (mut total, mut service) = (0, 0);
    while service < SERVICES.len() {
        total += SERVICES[service].len();
        service += 1;
    }
    total
}
