//! Ways to the data as data: rights that read it as they stand, and methods of escalation that come down to them.
//!
//! `methods.toml` holds one entry each, with what it needs, what it gives and who says so; its head explains the words. Adding a method is
//! adding an entry: the types here read it, the tests hold it against the action database.

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use serde::Deserialize;

use crate::model::Kind;

/// The file as it is embedded.
const TEXT: &str = include_str!("methods.toml");

/// One way.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Stable name.
    pub id: String,
    /// What its holder does, behind "it ".
    pub name: String,
    /// A right to the data itself, no escalation.
    #[serde(default)]
    pub direct: bool,
    /// What its holder has then.
    pub gives: Gain,
    /// The kinds of data it is about; empty where it is about an identity.
    #[serde(default)]
    pub of: Vec<Kind>,
    /// The service that must be able to assume the role it takes.
    pub service: Option<String>,
    /// Only users can do it: roles are in no group.
    #[serde(default)]
    pub users: bool,
    /// Only principals of the account can do it, whatever a policy allows others.
    #[serde(default)]
    pub own: bool,
    /// Of such data alone.
    pub only: Option<Only>,
    /// Context keys (in lower case, by their beginning) whose conditions its first right lets its holder meet.
    #[serde(default)]
    pub meets: Vec<String>,
    /// By taking them off, and not by setting them.
    #[serde(default)]
    pub drops: bool,
    /// The rights it needs, all of them.
    pub needs: Vec<Need>,
    /// What must be true beside its rights; where it is set the way is conditional.
    pub given: Option<String>,
    /// Who says so.
    pub source: String,
}

/// One right that a method needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// The action.
    pub action: String,
    /// What it must reach.
    pub on: On,
}

/// What a method's data must be beside its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Only {
    /// A multi-Region primary key, which can be replicated.
    MultiRegionPrimary,
}

/// What the holder of a method's rights has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gain {
    /// Every right it likes.
    AnyRight,
    /// All that the user or role has that it took over, or that trusts the provider that it took over.
    Target,
    /// All that its policies say, but for what stands in its way: its permissions boundary, a policy that denies, tags that do not fit.
    Unbound,
    /// What the members of a group have.
    Group,
    /// All that a role has that it passes to a service.
    PassedRole,
    /// All that a role has as which something already runs.
    WorkloadRole,
    /// The data.
    Read,
    /// What locks the data.
    Unlock,
    /// Where the data goes.
    ReRoute,
    /// A network path to the data; nothing is read by that alone.
    Network,
}

impl Gain {
    /// Whether it is about data, and not about an identity.
    pub const fn is_of_data(self) -> bool {
        matches!(self, Self::Read | Self::Unlock | Self::ReRoute | Self::Network)
    }
}

/// What a right must reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum On {
    /// Something that its holder makes or names; or the action takes no resource.
    Anything,
    /// The user or role itself.
    Itself,
    /// A customer-managed policy that is attached to it.
    OwnPolicy,
    /// A group that it is in.
    OwnGroup,
    /// The customer-managed policy that is its permissions boundary.
    OwnBoundary,
    /// Its own tags, which it sets.
    OwnTags,
    /// Its own tags, which it takes off.
    OwnTagsToDrop,
    /// Its own inline policies, where one denies.
    OwnInline,
    /// The policies attached to it, where one denies.
    OwnAttached,
    /// A group that it is in and of which a policy denies: it leaves it.
    OwnMembership,
    /// The inline policies of such a group.
    OwnGroupInline,
    /// The policies attached to such a group.
    OwnGroupAttached,
    /// Another user or role, that it can become by whatever way.
    Another,
    /// A customer-managed policy that is attached to such a one.
    PolicyOfAnother,
    /// A group that such a one is in.
    GroupOfAnother,
    /// The user that it takes over.
    User,
    /// The role that it takes over.
    Role,
    /// A SAML provider that the role trusts.
    Provider,
    /// The group that it joins.
    Group,
    /// The role that it passes.
    PassedRole,
    /// Something that runs as a role: the snapshot does not hold these.
    Workload,
    /// The data: the database, bucket, secret, key, task.
    Datum,
    /// The data, by the policies of its holder alone: the resource's own policy is out of the way.
    DatumByIdentity,
    /// The objects of a bucket, likewise.
    ObjectsByIdentity,
    /// The objects of a bucket.
    Objects,
    /// The objects of a bucket by the names that its access points give them.
    AccessPoint,
    /// Databases of a warehouse.
    Database,
    /// Users of a database.
    DatabaseUser,
    /// Snapshots of a database.
    Snapshot,
    /// A security group of a database.
    SecurityGroup,
    /// An endpoint of a task.
    Endpoint,
    /// The source endpoint of a task.
    SourceEndpoint,
    /// The secret of an endpoint of a task.
    EndpointSecret,
}

impl On {
    /// Whether it is something that stands in its own way.
    pub const fn is_in_its_way(self) -> bool {
        let tags = matches!(self, Self::OwnTags | Self::OwnTagsToDrop);
        let policies = matches!(self, Self::OwnInline | Self::OwnAttached | Self::OwnMembership | Self::OwnGroupInline | Self::OwnGroupAttached);
        tags || policies || matches!(self, Self::OwnBoundary)
    }

    /// Whether it is of another identity, that the holder can become.
    pub const fn is_of_another(self) -> bool {
        matches!(self, Self::Another | Self::PolicyOfAnother | Self::GroupOfAnother)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    method: Vec<Method>,
}

/// Every method, in the order of the file.
pub fn methods() -> &'static [Method] {
    static METHODS: OnceLock<Vec<Method>> = OnceLock::new();
    METHODS.get_or_init(|| toml::from_str::<File>(TEXT).expect("methods.toml is embedded, and a test reads it").method)
}
