//! How a key rotates: by itself, by AWS, by hand, or not at all (3.7.4).
//!
//! Source: AWS KMS Developer Guide, "Rotate AWS KMS keys": asymmetric and HMAC keys, imported material and custom key stores cannot rotate
//! automatically; the rotation of a multi-Region key is a property of its primary.

use iam_eval::arn::Arn;

use super::super::FactContext;
use crate::aws_defaults;
use crate::evidence::{Derived, Missing, observe};
use crate::model::kms::Key;
use crate::model::{Kind, Resource};

/// How a key rotates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rotation {
    /// As the shape words it.
    pub how: &'static str,
    /// Days between automatic rotations.
    pub days: Option<i64>,
}

impl Rotation {
    /// A key that AWS manages.
    pub(super) const fn by_aws() -> Self {
        Self { how: "aws-managed", days: Some(aws_defaults::KEY_ROTATION_DAYS) }
    }

    const BY_HAND: Self = Self { how: "by-hand", days: None };
    const OFF: Self = Self { how: "off", days: None };
}

/// The rotation of a customer's key.
pub(super) fn of_customer(ctx: &FactContext<'_>, key: &Resource<Key>) -> Derived<Rotation> {
    let by_hand = by_hand(key);
    if by_hand.value() == Some(&true) {
        return by_hand.map(|_| Rotation::BY_HAND);
    }
    let replica = observe!(key.multi_region_type).map(|kind| kind.as_deref() == Some("REPLICA"));
    if replica.value() == Some(&true) {
        return replica.and_then(|_| primary(ctx, key)).and_then(own);
    }
    own(key).and_then(|rotation| match rotation.how {
        // Off is a neglect only of a key that could rotate by itself.
        "off" => by_hand.zip(replica).map(|_| rotation),
        "automatic" => replica.map(|_| rotation),
        _ => Derived::known(rotation),
    })
}

/// Whether its origin or its spec shuts automatic rotation out: one of them is enough.
fn by_hand(key: &Resource<Key>) -> Derived<bool> {
    let origin = observe!(key.origin).map(|origin| origin.is_some_and(|origin| origin != "AWS_KMS"));
    let spec = observe!(key.spec).map(|spec| spec.is_some_and(|spec| spec != aws_defaults::KEY_SPEC));
    origin.or(spec)
}

/// What GetKeyRotationStatus says of this very key. It goes on saying "enabled" of a disabled key, of which nothing rotates.
fn own(key: &Resource<Key>) -> Derived<Rotation> {
    observe!(key.rotation).and_then(|rotation| match rotation {
        None => Derived::known(Rotation::BY_HAND),
        Some(rotation) if rotation.enabled => observe!(key.state).map(|state| {
            let days = rotation.period_days.unwrap_or(aws_defaults::KEY_ROTATION_DAYS);
            if super::is_usable(&state) { Rotation { how: "automatic", days: Some(days) } } else { Rotation::OFF }
        }),
        Some(_) => Derived::known(Rotation::OFF),
    })
}

/// The primary of a replica: the key of the same id in another region. Only DescribeKey of the replica knows which region that is.
fn primary<'a>(ctx: &FactContext<'a>, replica: &Resource<Key>) -> Derived<&'a Resource<Key>> {
    let own = Arn::parse(&replica.id.arn);
    let related = |key: &&Resource<Key>| {
        let arn = Arn::parse(&key.id.arn);
        key.id.arn != replica.id.arn && arn.zip(own).is_some_and(|(a, b)| (a.account, a.resource) == (b.account, b.resource))
    };
    let keys = ctx.index.all::<Key>();
    for key in keys.iter().filter(related) {
        let is_primary = observe!(key.multi_region_type).map(|kind| kind.as_deref() == Some("PRIMARY"));
        if is_primary.value() == Some(&true) {
            return is_primary.map(|_| key);
        }
    }
    let hidden = ctx.index.snapshot.regions.iter().find(|region| ctx.index.hides(Kind::KmsKey, region));
    Derived::unseen(match hidden {
        Some(region) => Missing::Members { kind: Kind::KmsKey, region: region.as_str().into() },
        None => Missing::Outside(format!("the primary of the multi-Region key {}, which decides its rotation, was not scanned", replica.id.arn)),
    })
}
