//! Which principals are entered by the same steps: those whom no policy tells apart.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use iam_eval::document::Document;
use iam_eval::{Principal, Target};

use super::super::access::Scope;
use super::super::escalation::{Gain, Method, On, methods};
use super::asker::Asker;
use super::entries::Shared;
use super::freeing::Freeing;

/// What the steps into a principal hang on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Likeness {
    /// What lets in whom: a role's own trust policy, by its number; the steps into what was there before, by their address.
    behind: Vec<usize>,
    /// The paths of what is acted on that AWS alone changes (see `iam::fixed`).
    kept: Vec<&'static str>,
    /// What identity policies say of each action on it.
    said: Vec<(String, Vec<Scope>)>,
}

/// The steps that were found, by what they hang on.
#[derive(Default)]
pub(super) struct Alike<'a> {
    trusts: RefCell<BTreeMap<&'a Document, usize>>,
    found: RefCell<HashMap<Likeness, Rc<Shared>>>,
}

impl<'a> Alike<'a> {
    /// The steps into all that are alike: found once.
    pub(super) fn shared(&self, likeness: Option<Likeness>, find: impl FnOnce() -> Shared) -> Rc<Shared> {
        let Some(likeness) = likeness else { return Rc::new(find()) };
        if let Some(known) = self.found.borrow().get(&likeness) {
            return known.clone();
        }
        let shared = Rc::new(find());
        self.found.borrow_mut().insert(likeness, shared.clone());
        shared
    }

    /// What the steps into a role hang on; `None` where its trust policy was not seen.
    pub(super) fn role(&self, asker: &Asker<'_>, role: &Principal, trust: Option<&'a Document>) -> Option<Likeness> {
        let mut trusts = self.trusts.borrow_mut();
        let next = trusts.len();
        let trust = *trusts.entry(trust?).or_insert(next);
        let assume = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "iam:PassRole"];
        Some(Likeness { behind: vec![trust], kept: vec![kept(&role.arn)], said: said(asker, role, assume.into_iter().chain(taking_over(On::Role)))? })
    }

    /// What the steps into a user hang on.
    pub(super) fn user(&self, asker: &Asker<'_>, user: &Principal) -> Option<Likeness> {
        Some(Likeness { behind: Vec::new(), kept: vec![kept(&user.arn)], said: said(asker, user, taking_over(On::User))? })
    }

    /// What the steps hang on by which somebody is freed.
    pub(super) fn freed(&self, asker: &Asker<'_>, ways: &[Freeing]) -> Option<Likeness> {
        let behind = ways.iter().flat_map(|way| [Rc::as_ptr(&way.before.shared).addr(), std::ptr::from_ref(way.method).addr()]).collect();
        let scopes = |way: &Freeing| Some((way.action.to_owned(), asker.access.told_apart(way.action, &way.on)?));
        let said = ways.iter().map(scopes).collect::<Option<Vec<_>>>()?;
        Some(Likeness { behind, kept: ways.iter().map(|way| kept(&way.on.text)).collect(), said })
    }
}

/// The actions of methods that take over a user or role by its ARN.
fn taking_over(on: On) -> impl Iterator<Item = &'static str> {
    let ours = methods().iter().filter(|method: &&Method| method.gives == Gain::Target);
    ours.flat_map(|method| &method.needs).filter(move |need| need.on == on).map(|need| need.action.as_str())
}

fn said<'s>(asker: &Asker<'_>, principal: &Principal, actions: impl Iterator<Item = &'s str>) -> Option<Vec<(String, Vec<Scope>)>> {
    let target = Target::one(&principal.arn);
    actions.map(|action| Some((action.to_owned(), asker.access.told_apart(action, &target)?))).collect()
}

/// The paths whose roles AWS alone changes.
fn kept(arn: &str) -> &'static str {
    ["role/aws-service-role/", "role/aws-reserved/"].into_iter().find(|path| arn.contains(path)).unwrap_or_default()
}
