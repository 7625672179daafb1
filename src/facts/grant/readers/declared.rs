//! Who is meant to reach a datum: administrators and readers of `pci-audit.toml`, declared accounts, and the roles that its pipelines use.

use iam_eval::{Principal, wildcard_match};

use crate::evidence::About;
use crate::facts::FactContext;
use crate::model::Kind;

/// The roles that DMS looks up by name: no endpoint names them.
const FIXED: [&str; 3] = ["dms-access-for-endpoint", "dms-cloudwatch-logs-role", "dms-vpc-role"];

/// Asks the declarations.
pub(super) struct Declared<'w, 'a> {
    ctx: &'w FactContext<'a>,
}

impl<'w, 'a> Declared<'w, 'a> {
    /// Those of a run.
    pub(super) const fn new(ctx: &'w FactContext<'a>) -> Self {
        Self { ctx }
    }

    /// Whether nobody was declared at all, so that no reader can be called undeclared.
    pub(super) fn is_empty(&self) -> bool {
        self.ctx.config.admins.is_empty() && self.ctx.config.readers.is_empty()
    }

    /// Named in the configuration for a datum.
    pub(super) fn is_named(&self, principal: &Principal, datum: &About) -> bool {
        let config = self.ctx.config;
        let (name, arn) = (&*datum.resource.name, &*datum.resource.arn);
        let meant = |data: &str| data == "*" || data == name || wildcard_match(data, arn);
        // A service that acts for an account that is known is declared by that account.
        let by_name = principal.acts_for().is_none() || principal.acts_for_any_other();
        let own = &*self.ctx.index.snapshot.caller.account;
        let named = |who: &str| by_name && names(who, principal, own);
        config.admins.iter().any(|admin| named(admin))
            || config.readers.iter().any(|reader| named(&reader.principal) && meant(&reader.data))
            || (*principal.account != *own && config.external.accounts.iter().any(|account| **account == *principal.account))
    }

    /// A role that a pipeline of the datum uses.
    pub(super) fn is_wired(&self, principal: &Principal, datum: &About) -> bool {
        let pipelines = self.ctx.pipelines.of(Kind::IamRole, &principal.arn);
        let shared = pipelines.iter().any(|pipeline| datum.pipelines.binary_search(pipeline).is_ok());
        shared || (*principal.account == *self.ctx.index.snapshot.caller.account && FIXED.contains(&principal.name()))
    }
}

/// Whether a declaration names a principal: its pattern fits. A principal of another account than this one is named only where the pattern spells that
/// account out: `arn:aws:iam::*:role/etl` is a role of this account, not one of whoever calls his role so.
pub(super) fn names(pattern: &str, principal: &Principal, account: &str) -> bool {
    let spelled = || pattern.split(':').nth(4).is_some_and(|account| !account.contains(['*', '?']));
    let is_service = !principal.arn.starts_with("arn:") && principal.arn.contains(".amazonaws.com");
    wildcard_match(pattern, &principal.arn) && (*principal.account == *account || is_service || spelled())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_without_an_account_names_nobody_of_another_account() {
        let own = "111122223333";
        let role = |account: &str| Principal::parse(&format!("arn:aws:iam::{account}:role/etl")).expect("an ARN");
        for (pattern, here, there) in [
            ("arn:aws:iam::*:role/etl", true, false),
            ("arn:aws:iam::?11122223333:role/etl", true, false),
            ("*role/etl", true, false),
            ("arn:aws:iam::999988887777:role/*", false, true),
            ("arn:aws:iam::111122223333:role/etl", true, false),
        ] {
            assert_eq!((names(pattern, &role(own), own), names(pattern, &role("999988887777"), own)), (here, there), "{pattern}");
        }
    }
}
