//! Whom a resource's own policy and grants may let in besides the users and roles of the snapshot.

use std::collections::BTreeSet;

use super::super::condition::{Callers, Clause};
use super::super::decide::Principal;
use super::super::open::admitted;
use super::super::statement::Claim;
use super::super::whom::Whom;
use super::resources::Side;

/// Everyone that the Allow statements and grants name; whether an Allow is to everyone, too.
pub fn named(side: &Side) -> (BTreeSet<Principal>, bool) {
    let (mut found, mut everyone) = (BTreeSet::new(), false);
    let claims = side.document.as_deref().map(|document| Claim::of(document, "", None)).unwrap_or_default();
    for claim in claims.iter().filter(|claim| claim.allows()) {
        for whom in admitted(claim) {
            if whom == Whom::Anyone {
                everyone = true;
                // A condition may say whose principals are meant: then these accounts are let in, and can be named.
                let accounts = claim.clauses.iter().filter_map(Clause::callers).filter_map(|callers| match callers {
                    Callers::Accounts(accounts) => Some(accounts),
                    Callers::Bounded => None,
                });
                found.extend(accounts.flatten().filter_map(|account| Principal::parse(&account).ok()));
            } else if let Ok(principal) = Principal::parse(whom.text()) {
                found.insert(principal);
            }
        }
    }
    found.extend(side.grants.iter().filter_map(|grant| Principal::parse(grant.grantee.as_deref()?).ok()));
    (found, everyone)
}
