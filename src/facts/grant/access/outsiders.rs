//! Whom a resource's own policy and grants may let in besides the users and roles of the snapshot.

use std::collections::BTreeSet;

use super::resources::Side;
use crate::iam::principal_element::{Whom, is_account};
use crate::iam::{ANY_SERVICE, Principal, Request, Term};

/// Everyone that the Allow statements and grants name; whether an Allow is to everyone, too.
pub(super) fn named(side: &Side) -> (BTreeSet<Principal>, bool) {
    let (mut found, mut everyone) = (BTreeSet::new(), false);
    let terms = side.policies().flat_map(|policy| policy.terms());
    for term in terms.filter(|term| term.allows()) {
        for whom in term.named() {
            match (&whom, Principal::parse(whom.text())) {
                (Whom::Anyone, _) => {
                    everyone = true;
                    // A condition may say whose principals are meant: then these accounts are let in, and can be named.
                    found.extend(others(side, term));
                }
                (_, Ok(principal)) => _ = found.insert(principal),
                (Whom::Stranger(name), Err(_)) => _ = found.insert(Principal::unplaced(name)),
                _ => {}
            }
        }
    }
    if everyone {
        // Whom a Deny of everyone else spares.
        for term in side.policies().flat_map(|policy| policy.terms()).filter(|term| !term.allows()) {
            found.extend(others(side, term));
            found.extend(term.spared().iter().filter_map(|whom| Principal::parse(whom.text()).ok()));
        }
    }
    found.extend(side.grants.iter().filter_map(|grant| Principal::parse(grant.grantee.as_deref()?).ok()));
    (found, everyone)
}

/// The other accounts that the conditions of a statement name: each by its root, or by any of its principals where their ARNs are told.
fn others(side: &Side, term: &Term) -> BTreeSet<Principal> {
    let own = side.account.as_deref();
    let named = term.accounts().filter(|(account, acts)| !acts && own != Some(account) && is_account(account));
    let by_arn = term.tests("aws:principalarn");
    named.filter_map(|(account, _)| if by_arn { Some(Principal::someone_of(&account)) } else { Principal::parse(&account).ok() }).collect()
}

/// The services that the Allow statements let act for another account: for each that some condition names, and for any other.
///
/// Source: IAM User Guide, "The confused deputy problem", on cross-service access: who drives the service reads by it.
pub(super) fn acting(side: &Side, request: &Request) -> BTreeSet<Principal> {
    let mut found = BTreeSet::new();
    let terms: Vec<_> = side.policies().flat_map(|policy| policy.terms()).filter(|term| term.concerns(request)).collect();
    let own = side.account.as_deref();
    let accounts = terms.iter().flat_map(|term| term.accounts()).filter(|(account, acts)| *acts && Some(&**account) != own);
    let accounts: BTreeSet<String> = accounts.map(|(account, _)| account).collect();
    for term in terms.iter().filter(|term| term.allows()) {
        let services = term.services();
        for service in &services {
            found.extend(accounts.iter().map(|account| Principal::acting(service, Some(account))));
            // A role is passed to a service within its account alone (IAM User Guide, "Grant a user permissions to pass a role").
            found.extend((!Request::is_assume(&request.action.to_ascii_lowercase())).then(|| Principal::acting(service, None)));
        }
        if services.is_empty() && term.named().contains(&Whom::Anyone) {
            found.extend(accounts.iter().map(|account| Principal::acting(ANY_SERVICE, Some(account))));
        }
    }
    found
}
