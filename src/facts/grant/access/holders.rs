//! Users and roles → which policies each holds; identical ones are one.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use iam_eval::{Policy, Principal, PrincipalType};

use super::super::held_policy::{HeldPolicy, Holding};
use super::super::library::Library;
use super::obstacle::Obstacle;
use super::part::{Part, PolicyId};
use crate::evidence::{Derived, Missing, observe};
use crate::model::iam::{Group, Role, User};
use crate::model::{Observed, Resource};

/// A user or role and what it holds.
#[derive(Debug)]
pub(super) struct Holder {
    /// Who.
    pub principal: Principal,
    /// The policies of the identity and its groups, each once.
    pub identity: Vec<PolicyId>,
    /// The same, by where it has them from.
    pub parts: Vec<Part>,
    /// What of them was not seen.
    pub missing: Vec<Missing>,
    /// The permissions boundary.
    pub boundary: Boundary,
    /// Its tags, by their keys in lower case; `None` where they were not seen. Sessions of a role may bring others.
    pub tags: Option<Arc<BTreeMap<String, String>>>,
    /// What stands in its way and can be taken away, where that is asked for.
    pub obstacles: Vec<Obstacle>,
}

/// A permissions boundary.
#[derive(Debug)]
pub(super) enum Boundary {
    /// There is none.
    None,
    /// This policy.
    Policy(PolicyId),
    /// There is one, or may be, and it was not seen.
    Unseen(Vec<Missing>),
}

/// All holders, and the policies that they share.
#[derive(Debug, Default)]
pub(super) struct Holders {
    /// Users, then roles, then groups where they are asked for, each sorted by ARN.
    pub all: Vec<Holder>,
    /// Every policy once.
    pub policies: Vec<Arc<Policy>>,
    /// Which holders have a policy as an identity policy.
    pub of_policy: Vec<Vec<u32>>,
    /// Holders of which some identity policy was not seen.
    pub unseen: Vec<u32>,
}

/// Gathers the holders.
struct Reader<'l, 'a> {
    library: &'l Library<'a>,
    holders: Holders,
    /// The library gives the same policy out as the same.
    known: HashMap<*const Policy, PolicyId>,
}

impl Holders {
    /// Reads the identities of a snapshot. Linear in their policies, but for finding those that are identical (n log n).
    pub(super) fn read(library: &Library<'_>) -> Self {
        let mut reader = Reader { library, holders: Self::default(), known: HashMap::new() };
        let index = library.index();
        for user in index.all::<User>() {
            reader.user(user);
        }
        for role in index.all::<Role>() {
            reader.role(role);
        }
        reader.holders.indexed()
    }

    /// With the groups, as whoever joins one.
    pub(super) fn with_groups(self, library: &Library<'_>) -> Self {
        let known = (0..).zip(&self.policies).map(|(id, policy)| (Arc::as_ptr(policy), id)).collect();
        let mut reader = Reader { library, holders: self, known };
        for group in library.index().all::<Group>() {
            reader.group(group);
        }
        reader.holders.indexed()
    }

    /// With what stands in the way of users and roles; `tags_matter` where some policy asks for the tags of the caller.
    pub(super) fn with_obstacles(mut self, tags_matter: bool) -> Self {
        let denies: Vec<bool> = self.policies.iter().map(|policy| policy.statements().iter().any(|statement| !statement.allows())).collect();
        let denies = |policy: PolicyId| denies.get(policy as usize).copied().unwrap_or_default();
        for holder in self.all.iter_mut().filter(|holder| holder.principal.who != PrincipalType::Group) {
            holder.obstacles = holder.obstacles(denies, tags_matter);
        }
        self
    }

    fn indexed(mut self) -> Self {
        self.of_policy = vec![Vec::new(); self.policies.len()];
        self.unseen.clear();
        for (position, holder) in (0_u32..).zip(&self.all) {
            for policy in &holder.identity {
                if let Some(list) = self.of_policy.get_mut(*policy as usize) {
                    list.push(position);
                }
            }
            if !holder.missing.is_empty() {
                self.unseen.push(position);
            }
        }
        self
    }
}

/// What one identity holds, in the making.
#[derive(Default)]
struct Held {
    parts: Vec<Part>,
    missing: Vec<Missing>,
}

impl Held {
    fn add<T>(&mut self, part: Derived<T>, with: impl FnOnce(&mut Self, T)) {
        match part {
            Derived::Known { value, .. } => with(self, value),
            Derived::Unseen { missing, .. } => self.missing.extend(missing),
        }
    }
}

impl<'a> Reader<'_, 'a> {
    fn user(&mut self, user: &'a Resource<User>) {
        let mut held = Held::default();
        self.attached(&mut held, None, observe!(user.attached_policies));
        self.inline(&mut held, None, self.library.inline(user, &user.fields.inline_policies, Holding::user(&user.id)));
        held.add(observe!(user.groups), |held, names| {
            for name in names {
                held.add(self.library.index().get::<Group>("global", &name), |held, group| {
                    let of = Some(&*group.id.arn);
                    self.attached(held, of, observe!(group.attached_policies));
                    let through = format!(" of group {name}");
                    self.inline(held, of, self.library.inline(group, &group.fields.inline_policies, Holding::group(&group.id, &through)));
                });
            }
        });
        self.keep(&user.id.arn, held, observe!(user.boundary), principal_tags(&user.fields.tags));
    }

    fn role(&mut self, role: &'a Resource<Role>) {
        let mut held = Held::default();
        self.attached(&mut held, None, observe!(role.attached_policies));
        self.inline(&mut held, None, self.library.inline(role, &role.fields.inline_policies, Holding::role(&role.id)));
        self.keep(&role.id.arn, held, observe!(role.boundary), principal_tags(&role.fields.tags));
    }

    fn group(&mut self, group: &'a Resource<Group>) {
        let mut held = Held::default();
        self.attached(&mut held, None, observe!(group.attached_policies));
        self.inline(&mut held, None, self.library.inline(group, &group.fields.inline_policies, Holding::group(&group.id, "")));
        self.put_holder(Principal::holder(&group.id.arn, &group.id.account), held, Boundary::None, None);
    }

    fn keep(&mut self, arn: &str, held: Held, boundary: Derived<Option<String>>, tags: Option<Arc<BTreeMap<String, String>>>) {
        // An ARN that is no principal's cannot ask for anything.
        let Ok(principal) = Principal::parse(arn) else { return };
        let boundary = match boundary {
            Derived::Known { value: None, .. } => Boundary::None,
            Derived::Known { value: Some(arn), .. } => match self.library.managed(&arn) {
                Derived::Known { value, .. } => Boundary::Policy(self.put(value)),
                Derived::Unseen { missing, .. } => Boundary::Unseen(missing),
            },
            Derived::Unseen { missing, .. } => Boundary::Unseen(missing),
        };
        self.put_holder(principal, held, boundary, tags);
    }

    fn put_holder(&mut self, principal: Principal, mut held: Held, boundary: Boundary, tags: Option<Arc<BTreeMap<String, String>>>) {
        let mut identity: Vec<PolicyId> = held.parts.iter().flat_map(|part| &part.policies).copied().collect();
        identity.sort_unstable();
        identity.dedup();
        held.missing.sort();
        held.missing.dedup();
        let (parts, missing) = (held.parts, held.missing);
        self.holders.all.push(Holder { principal, identity, parts, missing, boundary, tags, obstacles: Vec::new() });
    }

    /// The managed policies of the identity itself, or of a group that it is in.
    fn attached(&mut self, held: &mut Held, group: Option<&str>, arns: Derived<Vec<String>>) {
        let mut policies = Vec::new();
        held.add(arns, |held, arns| {
            for arn in arns {
                held.add(self.library.managed(&arn), |_, policy| policies.push(self.put(policy)));
            }
        });
        held.parts.push(Part { group: group.map(Into::into), inline: false, policies });
    }

    /// Those that are written into it, or into a group.
    fn inline(&mut self, held: &mut Held, group: Option<&str>, policies: Derived<Vec<(HeldPolicy, Arc<Policy>)>>) {
        let mut inside = Vec::new();
        held.add(policies, |_, policies| inside.extend(policies.into_iter().map(|(_, policy)| self.put(policy))));
        held.parts.push(Part { group: group.map(Into::into), inline: true, policies: inside });
    }

    fn put(&mut self, policy: Arc<Policy>) -> PolicyId {
        let next = u32::try_from(self.holders.policies.len()).unwrap_or(u32::MAX);
        let id = *self.known.entry(Arc::as_ptr(&policy)).or_insert(next);
        if id == next {
            self.holders.policies.push(policy);
        }
        id
    }
}

/// What `aws:PrincipalTag/…` is in the requests of a user, and of a role's session that brings no tags: keys of tags have no case (IAM User Guide, "Tags
/// for IAM resources").
pub(crate) fn principal_tags(tags: &Observed<BTreeMap<String, String>>) -> Option<Arc<BTreeMap<String, String>>> {
    let tags = tags.known()?;
    Some(Arc::new(tags.iter().map(|(key, value)| (key.to_ascii_lowercase(), value.clone())).collect()))
}
