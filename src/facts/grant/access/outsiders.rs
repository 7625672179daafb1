//! Whom a resource's own policy and grants may let in besides the users and roles of the snapshot.

use std::collections::BTreeSet;

use super::super::decide::Principal;
use super::super::whom::Whom;
use super::resources::Side;

/// Everyone that the Allow statements and grants name; whether an Allow is to everyone, too.
pub fn named(side: &Side) -> (BTreeSet<Principal>, bool) {
    let (mut found, mut everyone) = (BTreeSet::new(), false);
    let terms = side.policies().flat_map(|policy| policy.terms());
    for term in terms.filter(|term| term.allows()) {
        for whom in term.named() {
            match (&whom, Principal::parse(whom.text())) {
                (Whom::Anyone, _) => {
                    everyone = true;
                    // A condition may say whose principals are meant: then these accounts are let in, and can be named.
                    found.extend(term.accounts().filter_map(|(account, _)| Principal::parse(&account).ok()));
                }
                (_, Ok(principal)) => _ = found.insert(principal),
                (Whom::Stranger(name), Err(_)) => _ = found.insert(Principal::unplaced(name)),
                _ => {}
            }
        }
    }
    found.extend(side.grants.iter().filter_map(|grant| Principal::parse(grant.grantee.as_deref()?).ok()));
    (found, everyone)
}
