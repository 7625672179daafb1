//! Who may restore a manual snapshot (7.2.2, 7.3.3, 1.4.4).
//!
//! RDS User Guide, "Sharing a DB snapshot": an encrypted snapshot cannot be public, and one under the AWS-managed key cannot be shared at all,
//! so where AWS was not asked for the attributes of such a snapshot, the answer is known all the same.

use std::collections::BTreeSet;

use super::super::FactContext;
use super::super::subject::Subject;
use super::SNAPSHOT;
use super::encryption::is_customers;
use crate::evidence::{Derived, observe};
use crate::model::{Described, Resource, rds, redshift};

/// The subjects of the fact kind `snapshot`.
pub(super) fn derive(ctx: &FactContext<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for snapshot in ctx.index.all::<rds::Snapshot>() {
        subjects.push(subject(ctx, snapshot, observe!(snapshot.restore_accounts), observe!(snapshot.encrypted), &observe!(snapshot.kms_key_id)));
    }
    for snapshot in ctx.index.all::<rds::ClusterSnapshot>() {
        subjects.push(subject(ctx, snapshot, observe!(snapshot.restore_accounts), observe!(snapshot.encrypted), &observe!(snapshot.kms_key_id)));
    }
    for snapshot in ctx.index.all::<redshift::Snapshot>() {
        // Redshift has no such rule, and its list comes with the snapshot.
        subjects.push(subject(ctx, snapshot, observe!(snapshot.restore_accounts), Derived::known(false), &Derived::known(None)));
    }
    subjects
}

fn subject<T: Described>(
    ctx: &FactContext<'_>,
    snapshot: &Resource<T>,
    accounts: Derived<Vec<String>>,
    encrypted: Derived<bool>,
    key: &Derived<Option<String>>,
) -> Subject {
    let seen = accounts.value().is_some();
    let own = snapshot.id.account.clone();
    let public = if seen {
        accounts.clone().map(|accounts| accounts.iter().any(|account| account == "all"))
    } else {
        Derived::all([accounts.clone().map(|_| true), encrypted.clone().negate()])
    };
    let undeclared = accounts.clone().map(|accounts| {
        let declared = &ctx.config.external.accounts;
        let outside = accounts.into_iter().filter(|account| account != "all" && **account != *own && !declared.contains(account));
        outside.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    });
    let undeclared = if seen {
        undeclared
    } else {
        let shareable = encrypted.and_then(|encrypted| {
            if !encrypted {
                return Derived::known(true);
            }
            key.clone().and_then(|key| is_customers(ctx, &snapshot.id.region, key.as_deref()))
        });
        if shareable.value() == Some(&false) { shareable.map(|_| Vec::new()) } else { undeclared }
    };
    Subject::new(SNAPSHOT.name, super::about(ctx, T::KIND, &snapshot.id)).with("public", public).with("undeclared_accounts", undeclared)
}
