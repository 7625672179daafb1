//! Option groups of an instance: what SQL Server, Oracle and MySQL add to the server, and whether the instance runs with it.

use super::super::FactContext;
use crate::evidence::{Derived, observe};
use crate::model::rds::{DbOption, is_default_option_group};
use crate::model::{Resource, rds};

/// An option with the group it comes from.
pub struct Attached {
    /// Name of the option group.
    pub group: String,
    /// Status of the group on the instance.
    pub status: String,
    /// The option.
    pub option: DbOption,
}

impl Attached {
    /// Whether the instance runs with it.
    pub fn in_force(&self) -> bool {
        self.status == "in-sync"
    }
}

/// Every option that is attached to an instance.
pub fn attached(ctx: &FactContext<'_>, instance: &Resource<rds::Instance>) -> Derived<Vec<Attached>> {
    observe!(instance.option_groups)
        .and_then(|memberships| {
            Derived::collect(memberships.into_iter().map(|membership| {
                let region = &instance.id.region;
                if is_default_option_group(&membership.name) {
                    return Derived::known(Vec::new());
                }
                ctx.index.get::<rds::OptionGroup>(region, &membership.name).and_then(|group| {
                    observe!(group.options).map(|options| {
                        let attach = |option| Attached { group: membership.name.clone(), status: membership.status.clone(), option };
                        options.into_iter().map(attach).collect::<Vec<_>>()
                    })
                })
            }))
        })
        .map(|groups| groups.into_iter().flatten().collect())
}
