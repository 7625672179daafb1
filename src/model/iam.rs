//! IAM users, groups, roles and policies (GetAccountAuthorizationDetails).

pub(super) mod calls;

use std::collections::BTreeMap;

use iam_eval::document::Document;

use super::record::{part, record};

record! {
    /// A user.
    User {
        /// Groups, by name.
        groups: Vec<String>,
        /// ARNs of attached managed policies.
        attached_policies: Vec<String>,
        /// Inline policies; unseen where one does not parse.
        inline_policies: Vec<InlinePolicy>,
        /// ARN of the permissions boundary.
        boundary: Option<String>,
        /// Tags: conditions compare them (`aws:PrincipalTag/…`).
        tags: BTreeMap<String, String>,
    }
}

record! {
    /// A group.
    Group {
        /// ARNs of attached managed policies.
        attached_policies: Vec<String>,
        /// Inline policies; unseen where one does not parse.
        inline_policies: Vec<InlinePolicy>,
    }
}

record! {
    /// A role.
    Role {
        /// Path, such as `/aws-service-role/…`.
        path: String,
        /// Who may assume it; unseen where it does not parse.
        trust: Document,
        /// ARNs of attached managed policies.
        attached_policies: Vec<String>,
        /// Inline policies; unseen where one does not parse.
        inline_policies: Vec<InlinePolicy>,
        /// ARN of the permissions boundary.
        boundary: Option<String>,
        /// Tags: conditions compare them (`aws:PrincipalTag/…`).
        tags: BTreeMap<String, String>,
    }
}

record! {
    /// A managed policy: only its default version is in force.
    ManagedPolicy {
        /// The default version; unseen where it does not parse.
        document: Document,
    }
}

part! {
    /// A policy that lives in its entity.
    InlinePolicy {
        /// Its name.
        name: String,
        /// What it says.
        document: Document,
    }
}
