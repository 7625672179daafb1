//! Where evidence comes from: an observed field of a resource.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::model::{Identity, Kind};

/// An observed field of a resource: where evidence comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldRef {
    /// Kind of the resource.
    pub kind: Kind,
    /// The resource.
    pub resource: Arc<Identity>,
    /// The field.
    pub field: &'static str,
}

impl FieldRef {
    /// Stands for the list of a kind in a region, where no field of a member decides, but that there is no other: the resource is then the account, in that region.
    pub const LISTED: &str = "listed";
}

impl Ord for FieldRef {
    fn cmp(&self, other: &Self) -> Ordering {
        // Most of what is compared is of one resource: its long names need no look then.
        let resource = || if Arc::ptr_eq(&self.resource, &other.resource) { Ordering::Equal } else { self.resource.cmp(&other.resource) };
        self.kind.cmp(&other.kind).then_with(resource).then_with(|| self.field.cmp(other.field))
    }
}

impl PartialOrd for FieldRef {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
