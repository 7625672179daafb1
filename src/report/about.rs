//! What a finding or a list is about, as a report says it.

use super::view::ResourceRef;

/// What a finding or a list is about.
pub(super) fn reference(about: &crate::evidence::About) -> ResourceRef {
    ResourceRef {
        arn: about.resource.arn.to_string(),
        name: about.resource.name.to_string(),
        kind: about.kind.name().to_owned(),
        account: about.resource.account.to_string(),
        region: about.resource.region.to_string(),
    }
}
