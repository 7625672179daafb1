//! Whom a resource's own policy and grants may let in besides the users and roles of the snapshot.

use std::collections::BTreeSet;

use iam_eval::principal_element::{NamedPrincipal, is_account};
use iam_eval::{ANY_SERVICE, PolicyStatement, Principal, Request};

use super::resources::Side;

/// Everyone that the Allow statements and grants name; whether an Allow is to everyone, too.
pub(super) fn named(side: &Side) -> (BTreeSet<Principal>, bool) {
    let (mut found, mut everyone) = (BTreeSet::new(), false);
    let statements = side.policies().flat_map(|policy| policy.statements());
    for statement in statements.filter(|statement| statement.allows()) {
        for whom in statement.named() {
            match (&whom, Principal::parse(whom.text())) {
                (NamedPrincipal::Anyone, _) => {
                    everyone = true;
                    // A condition may say whose principals are meant: then these accounts are let in, and can be named.
                    found.extend(others(side, statement));
                }
                (_, Ok(principal)) => _ = found.insert(principal),
                (NamedPrincipal::Stranger(name), Err(_)) => _ = found.insert(Principal::unplaced(name)),
                _ => {}
            }
        }
    }
    if everyone {
        // Whom a Deny of everyone else spares.
        for statement in side.policies().flat_map(|policy| policy.statements()).filter(|statement| !statement.allows()) {
            found.extend(others(side, statement));
            found.extend(statement.spared().iter().filter_map(|whom| Principal::parse(whom.text()).ok()));
        }
    }
    found.extend(side.grants.iter().filter_map(|grant| Principal::parse(grant.grantee.as_deref()?).ok()));
    (found, everyone)
}

/// The other accounts that the conditions of a statement name: each by its root, or by any of its principals where their ARNs are told.
fn others(side: &Side, statement: &PolicyStatement) -> BTreeSet<Principal> {
    let own = side.account.as_deref();
    let named = statement.accounts().filter(|(account, acts)| !acts && own != Some(account) && is_account(account));
    let by_arn = statement.tests("aws:principalarn");
    named.filter_map(|(account, _)| if by_arn { Some(Principal::someone_of(&account)) } else { Principal::parse(&account).ok() }).collect()
}

/// The services that the Allow statements let act for another account: for each that some condition names, and for any other.
///
/// Source: IAM User Guide, "The confused deputy problem", on cross-service access: who drives the service reads by it.
pub(super) fn acting(side: &Side, request: &Request) -> BTreeSet<Principal> {
    let mut found = BTreeSet::new();
    let statements: Vec<_> = side.policies().flat_map(|policy| policy.statements()).filter(|statement| statement.concerns(request)).collect();
    let own = side.account.as_deref();
    let accounts = statements.iter().flat_map(|statement| statement.accounts()).filter(|(account, acts)| *acts && Some(&**account) != own);
    let accounts: BTreeSet<String> = accounts.map(|(account, _)| account).collect();
    for statement in statements.iter().filter(|statement| statement.allows()) {
        let services = statement.services();
        for service in &services {
            found.extend(accounts.iter().map(|account| Principal::acting(service, Some(account))));
            // A role is passed to a service within its account alone (IAM User Guide, "Grant a user permissions to pass a role").
            found.extend((!Request::is_assume(&request.action.to_ascii_lowercase())).then(|| Principal::acting(service, None)));
        }
        if services.is_empty() && statement.named().contains(&NamedPrincipal::Anyone) {
            found.extend(accounts.iter().map(|account| Principal::acting(ANY_SERVICE, Some(account))));
        }
    }
    found
}
