//! Users and roles → which policies each holds; each policy is read once, and identical inline policies are one.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::super::super::Index;
use super::super::super::derived::{Derived, observe};
use super::super::allowance::{managed_document, policy_name};
use super::super::decide::{Actions, Policy, Principal};
use crate::finding::Missing;
use crate::model::Resource;
use crate::model::iam::{Group, InlinePolicy, Role, User};
use crate::model::policy::Document;

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

/// Reads policies while the holders are gathered.
struct Reader<'a> {
    index: &'a Index<'a>,
    holders: Holders,
    managed: HashMap<String, Result<PolicyId, Vec<Missing>>>,
    inline: BTreeMap<(String, &'a Document), PolicyId>,
    actions: Actions,
}

impl Holders {
    /// Reads the identities of a snapshot. Linear in their policies, but for finding those that are identical (n log n).
    pub fn read(index: &Index<'_>) -> Self {
        let mut reader = Reader { index, holders: Self::default(), managed: HashMap::new(), inline: BTreeMap::new(), actions: Actions::default() };
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

impl<'a> Reader<'a> {
    fn user(&mut self, user: &'a Resource<User>) {
        let mut held = Held::default();
        held.add(observe!(user.attached_policies), |held, arns| self.attached(held, &arns));
        self.inlines(&mut held, user.fields.inline_policies.known(), observe!(user.inline_policies).missing(), "");
        held.add(observe!(user.groups), |held, names| {
            for name in names {
                held.add(self.index.get::<Group>("global", &name), |held, group| {
                    held.add(observe!(group.attached_policies), |held, arns| self.attached(held, &arns));
                    let through = format!(" of group {name}");
                    self.inlines(held, group.fields.inline_policies.known(), observe!(group.inline_policies).missing(), &through);
                });
            }
        });
        self.keep(&user.id.arn, held, observe!(user.boundary));
    }

    fn role(&mut self, role: &'a Resource<Role>) {
        let mut held = Held::default();
        held.add(observe!(role.attached_policies), |held, arns| self.attached(held, &arns));
        self.inlines(&mut held, role.fields.inline_policies.known(), observe!(role.inline_policies).missing(), "");
        self.keep(&role.id.arn, held, observe!(role.boundary));
    }

    fn keep(&mut self, arn: &str, mut held: Held, boundary: Derived<Option<String>>) {
        // An ARN that is no principal's cannot ask for anything.
        let Ok(principal) = Principal::parse(arn) else { return };
        let boundary = match boundary {
            Derived::Known { value: None, .. } => Boundary::None,
            Derived::Known { value: Some(arn), .. } => match self.managed(&arn) {
                Ok(policy) => Boundary::Policy(policy),
                Err(missing) => Boundary::Unseen(missing),
            },
            Derived::Unseen { missing, .. } => Boundary::Unseen(missing),
        };
        held.policies.sort_unstable();
        held.policies.dedup();
        held.missing.sort();
        held.missing.dedup();
        self.holders.all.push(Holder { principal, identity: held.policies, missing: held.missing, boundary });
    }

    fn attached(&mut self, held: &mut Held, arns: &[String]) {
        for arn in arns {
            match self.managed(arn) {
                Ok(policy) => held.policies.push(policy),
                Err(missing) => held.missing.extend(missing),
            }
        }
    }

    fn managed(&mut self, arn: &str) -> Result<PolicyId, Vec<Missing>> {
        if let Some(known) = self.managed.get(arn) {
            return known.clone();
        }
        let read = match managed_document(self.index, arn) {
            Derived::Known { value, .. } => {
                let policy = Policy::read_sharing(&value, policy_name(arn), Some(arn), &mut self.actions);
                Ok(self.put(policy))
            }
            Derived::Unseen { missing, .. } => Err(missing),
        };
        self.managed.insert(arn.to_owned(), read.clone());
        read
    }

    fn inlines(&mut self, held: &mut Held, policies: Option<&'a Vec<InlinePolicy>>, missing: &[Missing], through: &str) {
        held.missing.extend_from_slice(missing);
        for policy in policies.into_iter().flatten() {
            let name = format!("inline policy {}{through}", policy.name);
            let id = match self.inline.get(&(name.clone(), &policy.document)) {
                Some(id) => *id,
                None => {
                    let read = Policy::read_sharing(&policy.document, &name, None, &mut self.actions);
                    let id = self.put(read);
                    self.inline.insert((name, &policy.document), id);
                    id
                }
            };
            held.policies.push(id);
        }
    }

    fn put(&mut self, policy: Policy) -> PolicyId {
        let id = u32::try_from(self.holders.policies.len()).unwrap_or(u32::MAX);
        self.holders.policies.push(Arc::new(policy));
        id
    }
}
