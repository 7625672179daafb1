//! An identity's policies → what it holds: inline, attached (default version) and group policies, minus what a Deny without conditions
//! takes away, within the permissions boundary.
//!
//! Source: IAM User Guide, "Policy evaluation logic". It is an upper bound: organization policies (SCP, RCP) and session policies are not
//! evaluated, and a Deny with a condition takes nothing away, because some request escapes it.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::super::Index;
use super::super::defaults;
use super::super::derived::{Derived, observe};
use super::matching::{Pattern, Reading};
use super::set::{Claim, Set};
use crate::finding::{FieldRef, Missing};
use crate::model::iam::{Group, InlinePolicy, ManagedPolicy, Role, User};
use crate::model::policy::Document;
use crate::model::{Kind, Resource};

/// The claims of one policy.
type Policy = Derived<Arc<[Claim]>>;

/// What was found, in words, each with the fields that say so.
pub type Found = BTreeMap<String, Vec<FieldRef>>;

/// Reads policies, each managed one once.
pub struct Policies<'a> {
    index: &'a Index<'a>,
    managed: RefCell<HashMap<String, Policy>>,
}

impl<'a> Policies<'a> {
    /// Nothing is read yet.
    pub fn new(index: &'a Index<'a>) -> Self {
        Self { index, managed: RefCell::default() }
    }

    /// What a user holds, also through groups.
    pub fn of_user(&self, user: &Resource<User>) -> Allowance {
        let mut all = Gathered::default();
        all.policies(self, observe!(user.attached_policies), "");
        all.inline(observe!(user.inline_policies), "");
        all.add(observe!(user.groups), |all, groups, from| {
            for name in &groups {
                let found = self.index.get::<Group>("global", name).resting_on(from);
                all.add(found, |all, group, from| all.group(self, group, &format!(" of group {name}"), from));
            }
        });
        all.bound_by(self, observe!(user.boundary))
    }

    /// What a group hands to its users.
    pub fn of_group(&self, group: &Resource<Group>) -> Allowance {
        let mut all = Gathered::default();
        all.group(self, group, "", &[]);
        all.done()
    }

    /// What a role holds; policies that `skip` names are left out unread.
    pub fn of_role(&self, role: &Resource<Role>, skip: impl Fn(&str) -> bool) -> Allowance {
        let mut all = Gathered::default();
        let attached = observe!(role.attached_policies).map(|policies| policies.into_iter().filter(|arn| !skip(arn)).collect());
        all.policies(self, attached, "");
        all.inline(observe!(role.inline_policies), "");
        all.bound_by(self, observe!(role.boundary))
    }

    /// A managed policy by ARN. AWS's own ones are known by their documentation where AWS's answer leaves them out.
    fn managed(&self, arn: &str) -> Policy {
        if let Some(policy) = self.managed.borrow().get(arn) {
            return policy.clone();
        }
        let document = managed_document(self.index, arn);
        let from = document.from().first().cloned();
        let policy: Policy = document.map(|document| Claim::of(&document, policy_name(arn), from.as_ref()).into());
        self.managed.borrow_mut().insert(arn.to_owned(), policy.clone());
        policy
    }
}

/// The document of a managed policy by ARN. AWS's own ones are known by their documentation where AWS's answer leaves them out.
pub fn managed_document(index: &Index<'_>, arn: &str) -> Derived<Document> {
    if let Some(Some(policy)) = index.find::<ManagedPolicy>("global", arn).value() {
        return observe!(policy.document);
    }
    if let Some(document) = defaults::aws_policy(arn) {
        return Derived::known(document);
    }
    let missing = Missing::Outside(format!("the document of the policy {arn} is not in AWS's answer"));
    index.listed(Kind::IamPolicy, "global").and_then(|()| Derived::unseen(missing))
}

/// The name at the end of a policy's ARN.
pub fn policy_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// What an identity holds, as far as it was seen.
#[derive(Debug, Clone, Default)]
pub struct Allowance {
    claims: Vec<Arc<[Claim]>>,
    /// The claims of the boundary; `None` is no boundary, or one that was not seen.
    boundary: Option<Arc<[Claim]>>,
    /// What of its policies was not seen.
    missing: Vec<Missing>,
    /// What of its boundary was not seen.
    boundary_missing: Vec<Missing>,
    /// Everything that was read of it.
    from: Vec<FieldRef>,
}

impl Allowance {
    /// The statements that allow.
    pub fn allows(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter().flat_map(|policy| policy.iter()).filter(|claim| claim.allows())
    }

    /// Whether an action on a resource, granted by some statement, survives the Deny statements and the boundary.
    pub fn stands(&self, action: &Pattern, resource: &Pattern) -> bool {
        !self.is_denied(action, resource) && self.is_within_boundary(action, resource)
    }

    /// Whether a Deny without conditions, its own or the boundary's, forbids an action on all that a pattern reaches.
    fn is_denied(&self, action: &Pattern, resource: &Pattern) -> bool {
        self.claims.iter().chain(&self.boundary).flat_map(|policy| policy.iter()).any(|claim| takes_away(claim, action, resource))
    }

    /// Whether the boundary, if there is one, allows an action on all that a pattern reaches.
    fn is_within_boundary(&self, action: &Pattern, resource: &Pattern) -> bool {
        let allows = |claim: &Claim| claim.allows() && claim.actions.grants(action) && claim.resources.grants(resource);
        self.boundary.as_ref().is_none_or(|boundary| boundary.iter().any(allows))
    }

    /// Whether some statement grants an action on all that a pattern reaches, and that stands.
    #[cfg(test)]
    pub fn holds(&self, action: &Pattern, resource: &Pattern) -> bool {
        self.allows().any(|claim| claim.actions.grants(action) && claim.resources.grants(resource)) && self.stands(action, resource)
    }

    /// What a statement really reaches with an action: its own resources that stand, or the part of them that the boundary leaves.
    pub fn reach(&self, claim: &Claim, action: &Pattern) -> Vec<Pattern> {
        let own = match &claim.resources {
            Set::Of(patterns) => patterns.clone(),
            Set::AllBut(_) => vec![Pattern::resource("*")],
        };
        let mut reached: Vec<Pattern> = Vec::new();
        for resource in own.into_iter().filter(|resource| !self.is_denied(action, resource)) {
            if self.is_within_boundary(action, &resource) {
                reached.push(resource);
                continue;
            }
            let limits = self.boundary.iter().flat_map(|boundary| boundary.iter()).filter(|limit| limit.allows() && limit.actions.grants(action));
            for pattern in limits.filter_map(|limit| if let Set::Of(patterns) = &limit.resources { Some(patterns) } else { None }).flatten() {
                if resource.covers(pattern, Reading::Most) {
                    reached.extend((!self.is_denied(action, pattern)).then(|| pattern.clone()));
                } else if resource.overlaps(pattern) && !reached.contains(&resource) {
                    // A part of it, which no pattern says: its own is the upper bound.
                    reached.push(resource.clone());
                }
            }
        }
        reached
    }

    /// Whether a boundary, if there is one, leaves everything but some exceptions, or each of these actions, on all that a pattern reaches.
    pub fn leaves_everything(&self, actions: &[Pattern], all: &Pattern) -> bool {
        let most = |claim: &Claim| claim.allows() && matches!(claim.actions, Set::AllBut(_)) && claim.resources.grants(all);
        let wide = self.boundary.as_ref().is_none_or(|boundary| boundary.iter().any(most));
        wide || actions.iter().all(|action| self.is_within_boundary(action, all))
    }

    /// A list of what was found. Anything found counts, whatever else was not seen; nothing found needs everything seen.
    /// An unseen boundary might take back all that was found.
    pub fn conclude(&self, found: Found) -> Derived<Vec<String>> {
        if found.is_empty() {
            return self.seen(Vec::new(), &self.missing);
        }
        if !self.boundary_missing.is_empty() {
            return self.seen(Vec::new(), &self.boundary_missing);
        }
        let mut from: Vec<FieldRef> = found.values().flatten().cloned().collect();
        from.sort();
        from.dedup();
        Derived::Known { value: found.into_keys().collect(), from }
    }

    fn seen<T>(&self, value: T, missing: &[Missing]) -> Derived<T> {
        let from = self.from.clone();
        if missing.is_empty() { Derived::Known { value, from } } else { Derived::Unseen { missing: missing.to_vec(), from } }
    }

    /// The fields behind a statement: where it was read, or what names its policy.
    pub fn evidence(&self, claim: &Claim) -> Vec<FieldRef> {
        claim.from.clone().map_or_else(|| self.from.clone(), |from| vec![from])
    }
}

/// Whether a statement forbids an action on a resource to its identity, always.
fn takes_away(claim: &Claim, action: &Pattern, resource: &Pattern) -> bool {
    !claim.allows() && claim.clauses.is_empty() && claim.actions.bans(action) && claim.resources.bans(resource)
}

/// An allowance in the making.
#[derive(Default)]
struct Gathered {
    all: Allowance,
}

impl Gathered {
    /// Goes on with a part where it was seen, else remembers what is missing.
    fn add<T>(&mut self, part: Derived<T>, with: impl FnOnce(&mut Self, T, &[FieldRef])) {
        match part {
            Derived::Known { value, from } => {
                self.all.from.extend_from_slice(&from);
                with(self, value, &from);
            }
            Derived::Unseen { missing, from } => {
                self.all.from.extend(from);
                self.all.missing.extend(missing);
            }
        }
    }

    fn policies(&mut self, reader: &Policies<'_>, arns: Derived<Vec<String>>, through: &str) {
        self.add(arns, |all, arns, attached| {
            for arn in &arns {
                all.add(reader.managed(arn), |all, claims, from| {
                    let from = from.first().or_else(|| attached.first());
                    all.all.claims.push(relabelled(&claims, through, from));
                });
            }
        });
    }

    fn inline(&mut self, policies: Derived<Vec<InlinePolicy>>, through: &str) {
        self.add(policies, |all, policies, from| {
            for policy in &policies {
                let name = format!("inline policy {}{through}", policy.name);
                all.all.claims.push(Claim::of(&policy.document, &name, from.first()).into());
            }
        });
    }

    fn group(&mut self, reader: &Policies<'_>, group: &Resource<Group>, through: &str, from: &[FieldRef]) {
        self.all.from.extend_from_slice(from);
        self.policies(reader, observe!(group.attached_policies), through);
        self.inline(observe!(group.inline_policies), through);
    }

    fn bound_by(mut self, reader: &Policies<'_>, boundary: Derived<Option<String>>) -> Allowance {
        let claims = boundary.and_then(|arn| match arn {
            Some(arn) => reader.managed(&arn).map(Some),
            None => Derived::known(None),
        });
        match claims {
            Derived::Known { value, from } => {
                self.all.boundary = value;
                self.all.from.extend(from);
            }
            Derived::Unseen { missing, from } => {
                self.all.boundary_missing = missing;
                self.all.from.extend(from);
            }
        }
        self.done()
    }

    fn done(self) -> Allowance {
        self.all
    }
}

/// A managed policy's claims as one identity has them; shared where nothing is to be said anew.
fn relabelled(claims: &Arc<[Claim]>, through: &str, from: Option<&FieldRef>) -> Arc<[Claim]> {
    if through.is_empty() && claims.iter().all(|claim| claim.from.is_some()) {
        return claims.clone();
    }
    claims
        .iter()
        .map(|claim| Claim { policy: format!("{}{through}", claim.policy), from: claim.from.clone().or_else(|| from.cloned()), ..claim.clone() })
        .collect()
}

/// Whether a policy is one of AWS's own, which nobody else can change.
pub fn is_aws_owned(arn: &str) -> bool {
    crate::model::arn::Arn::parse(arn).is_some_and(|parsed| parsed.service == "iam" && parsed.account == "aws")
}

/// Whether an ARN is one of AWS's own policies; `service-role/Name` and the like count as `Name`.
pub fn is_aws_policy(arn: &str, name: &str) -> bool {
    is_aws_owned(arn) && policy_name(arn) == name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::excess::Yardstick;
    use super::super::ground::Ground;
    use super::*;
    use crate::model::Snapshot;
    use crate::model::policy::{Effect, Statement, Values};

    fn ground() -> Ground {
        let text = format!(
            r#"{{"schema": "{}", "taken_at": "2026-03-01T00:00:00Z", "regions": ["eu-west-1"], "reads": [], "gaps": [], "resources": {{}},
            "caller": {{"account": "111122223333", "arn": "x", "partition": "aws"}}}}"#,
            crate::model::snapshot::SCHEMA
        );
        Ground::of(&Snapshot::parse(&text, "test").unwrap())
    }

    fn read(statements: &[Statement]) -> Arc<[Claim]> {
        Claim::of(&Document { statement: statements.to_vec(), ..Document::default() }, "p", None).into()
    }

    fn allowance(statements: &[Statement], boundary: Option<&[Statement]>) -> Allowance {
        Allowance { claims: vec![read(statements)], boundary: boundary.map(read), ..Allowance::default() }
    }

    /// All that a set of policies is judged by: single accesses, and the over-broad rights.
    fn judged(allowance: &Allowance) -> (Vec<bool>, Vec<bool>, bool) {
        let (yardstick, ground) = (Yardstick::new(), ground());
        let accesses = ["s3:GetObject", "s3:PutObject", "iam:PutRolePolicy", "dms:ModifyEndpoint"].into_iter().flat_map(|action| {
            ["arn:aws:s3:::a/x", "arn:aws:s3:::*/*", "*"].map(|resource| allowance.holds(&Pattern::action(action), &Pattern::resource(resource)))
        });
        let excess = yardstick.excess(allowance, &ground);
        let labels = ["*", "s3:*", "dms:*", "iam:*", "s3:Get*"].map(|label| excess.keys().any(|found| found.starts_with(&format!("{label} on "))));
        (accesses.collect(), labels.to_vec(), !yardstick.full_admin(allowance, &ground).is_empty())
    }

    /// Whether one set of judgements holds no more than another.
    fn within(less: &(Vec<bool>, Vec<bool>, bool), more: &(Vec<bool>, Vec<bool>, bool)) -> bool {
        less.0.iter().zip(&more.0).all(|(a, b)| a <= b) && less.1.iter().zip(&more.1).all(|(a, b)| a <= b) && less.2 <= more.2
    }

    fn statement(effect: Option<Effect>) -> impl Strategy<Value = Statement> {
        let actions = prop::sample::subsequence(vec!["*", "s3:*", "s3:Get*", "iam:*", "dms:*", "S3:PutObject", "kms:${aws:x}"], 1..3);
        let resources =
            prop::sample::subsequence(vec!["*", "arn:aws:s3:::*", "arn:aws:s3:::a/*", "arn:aws:s3:::${aws:username}/*", "arn:aws:dms:*"], 1..3);
        let effects = effect.map_or_else(|| prop_oneof![3 => Just(Effect::Allow), 1 => Just(Effect::Deny)].boxed(), |effect| Just(effect).boxed());
        (effects, actions, resources, any::<[bool; 3]>()).prop_map(|(effect, actions, resources, [negate_action, negate_resource, narrow])| {
            let list = |items: Vec<&str>| Some(items.into_iter().map(str::to_owned).collect::<Vec<_>>());
            let (action, not_action) = if negate_action { (None, list(actions)) } else { (list(actions), None) };
            let (resource, not_resource) = if negate_resource { (None, list(resources)) } else { (list(resources), None) };
            let key = BTreeMap::from([("aws:MultiFactorAuthPresent".to_owned(), Values(vec!["true".to_owned()]))]);
            let condition = if narrow { BTreeMap::from([("Bool".to_owned(), key)]) } else { BTreeMap::new() };
            Statement { sid: None, effect, principal: None, not_principal: None, action, not_action, resource, not_resource, condition }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_deny_more_never_adds_and_an_allow_more_never_removes(
            base in prop::collection::vec(statement(None), 0..4), deny in statement(Some(Effect::Deny)), allow in statement(Some(Effect::Allow)),
            boundary in prop::option::of(prop::collection::vec(statement(None), 1..3)),
        ) {
            let before = judged(&allowance(&base, boundary.as_deref()));
            let with = |extra: Statement| judged(&allowance(&[base.clone(), vec![extra]].concat(), boundary.as_deref()));
            prop_assert!(within(&with(deny), &before));
            prop_assert!(within(&before, &with(allow)));
        }

        #[test]
        fn a_boundary_only_shrinks_and_order_does_not_matter(
            base in prop::collection::vec(statement(None), 0..4), boundary in prop::collection::vec(statement(None), 0..3),
        ) {
            let (free, bound) = (judged(&allowance(&base, None)), judged(&allowance(&base, Some(&boundary))));
            prop_assert!(within(&bound, &free));
            let reversed = |list: &[Statement]| list.iter().rev().cloned().collect::<Vec<_>>();
            prop_assert_eq!(judged(&allowance(&reversed(&base), Some(&reversed(&boundary)))), bound);
        }
    }
}
