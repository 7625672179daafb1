//! The policies of identities, each read once: managed ones by ARN, identical inline ones together.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use iam_eval::document::Document;
use iam_eval::{Actions, Policy};

use super::held_policy::{HeldPolicy, Holding, policy_name};
use crate::aws_defaults;
use crate::evidence::{Derived, Index, Missing, observe};
use crate::model::iam::{InlinePolicy, ManagedPolicy};
use crate::model::{Described, Kind, Observed, Resource};

/// Reads policies, and remembers.
pub struct Library<'a> {
    index: &'a Index<'a>,
    managed: RefCell<HashMap<String, Derived<Arc<Policy>>>>,
    inline: RefCell<BTreeMap<(String, &'a Document), Arc<Policy>>>,
    actions: RefCell<Actions>,
}

impl<'a> Library<'a> {
    /// Nothing is read yet.
    pub fn new(index: &'a Index<'a>) -> Self {
        Self { index, managed: RefCell::default(), inline: RefCell::default(), actions: RefCell::default() }
    }

    /// What it reads from.
    pub const fn index(&self) -> &'a Index<'a> {
        self.index
    }

    /// A managed policy by ARN. AWS's own ones are known by their documentation where AWS's answer leaves them out.
    pub fn managed(&self, arn: &str) -> Derived<Arc<Policy>> {
        if let Some(policy) = self.managed.borrow().get(arn) {
            return policy.clone();
        }
        let read = |document: Document| self.policy(&document, policy_name(arn), Some(arn));
        let policy = self.document(arn).map(read);
        self.managed.borrow_mut().insert(arn.to_owned(), policy.clone());
        policy
    }

    fn policy(&self, document: &Document, name: &str, arn: Option<&str>) -> Arc<Policy> {
        let policy = Policy::with_actions(document, name, arn, &mut self.actions.borrow_mut());
        Arc::new(policy.as_of(self.index.now()))
    }

    fn document(&self, arn: &str) -> Derived<Document> {
        if let Some(Some(policy)) = self.index.find::<ManagedPolicy>("global", arn).value() {
            return observe!(policy.document);
        }
        if let Some(document) = aws_defaults::aws_policy(arn) {
            return Derived::known(document);
        }
        let missing = Missing::Outside(format!("the document of the policy {arn}, which is not in AWS's answer"));
        self.index.listed(Kind::IamPolicy, "global").and_then(|()| Derived::unseen(missing))
    }

    /// The inline policies of an identity, as it holds them.
    pub fn inline<R: Described>(
        &self,
        of: &Resource<R>,
        policies: &'a Observed<Vec<InlinePolicy>>,
        by: Holding<'_>,
    ) -> Derived<Vec<(HeldPolicy, Arc<Policy>)>> {
        let seen = policies.known().map(|_| ()).into();
        Derived::observed(of, "inline_policies", &seen).map(|()| {
            let all = policies.known().into_iter().flatten();
            all.map(|policy| {
                let held = by.inline(&policy.name);
                let read = || self.policy(&policy.document, &held.name, None);
                let policy = self.inline.borrow_mut().entry((held.name.clone(), &policy.document)).or_insert_with(read).clone();
                (held, policy)
            })
            .collect()
        })
    }
}
