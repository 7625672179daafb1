//! Users and roles → which policies each holds; identical ones are one.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::super::derived::{Derived, observe};
use super::super::decide::{Policy, Principal};
use super::super::library::Library;
use crate::finding::Missing;
use crate::model::Resource;
use crate::model::iam::{Group, Role, User};

/// Position of a policy in [`Holders::policies`].
pub type PolicyId = u32;

/// A user or role and what it holds.
#[derive(Debug)]
pub struct Holder {
    /// Who.
    pub principal: Principal,
    /// The policies of the identity and its groups, each once.
    pub identity: Vec<PolicyId>,
    /// What of them was not seen.
    pub missing: Vec<Missing>,
    /// The permissions boundary.
    pub boundary: Boundary,
}

/// A permissions boundary.
#[derive(Debug)]
pub enum Boundary {
    /// There is none.
    None,
    /// This policy.
    Policy(PolicyId),
    /// There is one, or may be, and it was not seen.
    Unseen(Vec<Missing>),
}

/// All holders, and the policies that they share.
#[derive(Debug, Default)]
pub struct Holders {
    /// Users, then roles, each sorted by ARN.
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
    pub fn read(library: &Library<'_>) -> Self {
        let mut reader = Reader { library, holders: Self::default(), known: HashMap::new() };
        let index = library.index();
        for user in index.all::<User>() {
            reader.user(user);
        }
        for role in index.all::<Role>() {
            reader.role(role);
        }
        let mut holders = reader.holders;
        holders.of_policy = vec![Vec::new(); holders.policies.len()];
        for (position, holder) in (0_u32..).zip(&holders.all) {
            for policy in &holder.identity {
                if let Some(list) = holders.of_policy.get_mut(*policy as usize) {
                    list.push(position);
                }
            }
            if !holder.missing.is_empty() {
                holders.unseen.push(position);
            }
        }
        holders
    }
}

/// What one identity holds, in the making.
#[derive(Default)]
struct Held {
    policies: Vec<PolicyId>,
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
        self.attached(&mut held, observe!(user.attached_policies));
        self.inline(&mut held, self.library.inline(user, &user.fields.inline_policies, ""));
        held.add(observe!(user.groups), |held, names| {
            for name in names {
                held.add(self.library.index().get::<Group>("global", &name), |held, group| {
                    self.attached(held, observe!(group.attached_policies));
                    self.inline(held, self.library.inline(group, &group.fields.inline_policies, &format!(" of group {name}")));
                });
            }
        });
        self.keep(&user.id.arn, held, observe!(user.boundary));
    }

    fn role(&mut self, role: &'a Resource<Role>) {
        let mut held = Held::default();
        self.attached(&mut held, observe!(role.attached_policies));
        self.inline(&mut held, self.library.inline(role, &role.fields.inline_policies, ""));
        self.keep(&role.id.arn, held, observe!(role.boundary));
    }

    fn keep(&mut self, arn: &str, mut held: Held, boundary: Derived<Option<String>>) {
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
        held.policies.sort_unstable();
        held.policies.dedup();
        held.missing.sort();
        held.missing.dedup();
        self.holders.all.push(Holder { principal, identity: held.policies, missing: held.missing, boundary });
    }

    fn attached(&mut self, held: &mut Held, arns: Derived<Vec<String>>) {
        held.add(arns, |held, arns| {
            for arn in arns {
                held.add(self.library.managed(&arn), |held, policy| held.policies.push(self.put(policy)));
            }
        });
    }

    fn inline(&mut self, held: &mut Held, policies: Derived<Vec<(String, Arc<Policy>)>>) {
        held.add(policies, |held, policies| held.policies.extend(policies.into_iter().map(|(_, policy)| self.put(policy))));
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
