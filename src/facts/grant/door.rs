//! A resource's own policy → who gets through from outside its account, asked of the evaluator one caller, action and part at a time.
//!
//! Source: IAM User Guide, "Cross-account policy evaluation logic": callers from other accounts hold whatever their administrators allow
//! them, so the resource's policy alone decides. Requests without credentials reach S3 alone.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use iam_eval::Grant;
use iam_eval::action::{Action, expand, lookup};
use iam_eval::document::{Document, Effect};
use iam_eval::principal_element::NamedPrincipal;
use iam_eval::{
    ANY_SERVICE, Answer, Condition, Context, Decision, Group, Groups, Layer, Policies, Policy, PolicySet, PolicyStatement, Principal, Request,
    StatementRef, Target, evaluate,
};
use iam_eval::{Pattern, Reading};
use jiff::Timestamp;

use super::known_parties::{KnownParties, is_undeclared, undeclared_account};
use super::party::{Party, callers, named_accounts};
use crate::evidence::Missing;
use crate::model::Identity;

/// A resource, its policy and its grants.
pub(super) struct Door<'a> {
    resource: &'a Identity,
    own: Arc<Policy>,
    policies: Policies<Missing>,
}

/// A statement that lets somebody through, by its position, and on what conditions.
pub(super) type Way = (usize, Vec<Condition>);

/// A group that nobody declared and that a statement, by its position, lets through.
pub(super) struct Members {
    /// The statement.
    pub position: usize,
    /// What else it asks for.
    pub conditions: Vec<Condition>,
    /// The group, by what names it: the statement itself, or a Deny of everyone else.
    pub groups: BTreeSet<(Group, String)>,
}

impl<'a> Door<'a> {
    /// Reads a policy as it is from a time on.
    pub(super) fn new(document: &Document, resource: &'a Identity, now: Timestamp) -> Self {
        Self::with(Policy::new(document, "", None).as_of(now), resource, Vec::new())
    }

    /// By one grant on a key alone.
    pub(super) fn of_grant(grant: &Grant, resource: &'a Identity) -> Self {
        Self::with(Policy::new(&Document::default(), "", None), resource, vec![grant.clone()])
    }

    fn with(own: Policy, resource: &'a Identity, grants: Vec<Grant>) -> Self {
        let own = Arc::new(own);
        let policies =
            Policies { identity: PolicySet::seen([everything()]), resource: Some(PolicySet::seen([own.clone()])), grants, ..Policies::default() };
        Self { resource, own, policies }
    }

    /// The statements of its policy.
    pub(super) fn statements(&self) -> &[Arc<PolicyStatement>] {
        self.own.statements()
    }

    /// How messages call a statement.
    pub(super) fn statement(&self, position: usize) -> &str {
        self.statements().get(position).map_or("a grant", |statement| &statement.place.statement)
    }

    /// The element of a statement that is about an action, as the policy writes it.
    pub(super) fn element(&self, position: usize, action: &str) -> Option<String> {
        self.statements().get(position).and_then(|statement| statement.actions.words(&action.to_ascii_lowercase()))
    }

    /// What an action can be about: the resource, or the parts of it that the Allow statements name.
    pub(super) fn targets(&self, action: &str) -> Vec<Target> {
        let (arn, objects) = (&*self.resource.arn, format!("{}/*", self.resource.arn));
        if !lookup(action).is_some_and(|action| !action.takes(arn) && action.takes(&objects)) {
            return vec![Target::one(arn)];
        }
        let all = Target::any(&objects);
        let request = self.request(Principal::stranger(), action, &all, Context::open());
        let Some(whole) = all.pattern() else { return vec![all] };
        let mut parts: Vec<Target> = Vec::new();
        for statement in self.statements().iter().filter(|statement| statement.allows() && statement.concerns(&request)) {
            let named: Vec<Target> = if statement.resources.is_negated() {
                vec![all.clone()]
            } else {
                let inside = |pattern: &Pattern| !pattern.text().contains("${") && whole.covers(pattern, Reading::Least);
                let about = statement.resources.patterns().filter(|pattern| pattern.overlaps(whole));
                about.map(|pattern| if inside(pattern) { Target::new(pattern) } else { all.clone() }).collect()
            };
            for part in named {
                if !parts.contains(&part) {
                    parts.push(part);
                }
            }
        }
        parts
    }

    fn request(&self, principal: Principal, action: &str, target: &Target, context: Context) -> Request {
        Request::new(principal, action, target.clone(), Some(&self.resource.account), context)
    }

    fn ask(&self, principal: &Principal, action: &str, target: &Target, context: &Context) -> Decision<Missing> {
        evaluate(&self.request(principal.clone(), action, target, context.clone()), &self.policies)
    }

    /// What AWS would say to a caller about the resource itself.
    pub(super) fn answer(&self, principal: &Principal, action: &str, context: Context) -> Answer {
        self.ask(principal, action, &Target::one(&self.resource.arn), &context).answer
    }

    /// Whether a caller of whom no more is known than who he is gets through, or may.
    pub(super) fn may_admit(&self, whom: &NamedPrincipal, action: &str) -> bool {
        let target = Target::one(&self.resource.arn);
        // Everyone is also everyone of the account, and the services.
        let own = [Principal::someone_of(&self.resource.account), Principal::service(ANY_SERVICE)];
        let own = own.into_iter().filter(|_| *whom == NamedPrincipal::Anyone);
        callers(whom).into_iter().chain(own).any(|caller| !self.ask(&caller, action, &target, &Context::open()).answer.is_denied())
    }

    /// Whether a Deny strikes every request of a context on a bucket and its objects: those of strangers, of the account's own, of the
    /// anonymous, and of whomever a Deny spares.
    pub(super) fn denies_everyone(&self, context: &Context) -> bool {
        if self.statements().iter().all(|statement| statement.allows()) {
            return false;
        }
        let anyone = [Principal::stranger(), Principal::someone_of(&self.resource.account)].into_iter().chain(Principal::parse("anonymous"));
        let everyone: Vec<Principal> =
            anyone.chain(self.statements().iter().flat_map(|statement| statement.spared()).flat_map(|whom| callers(&whom))).collect();
        let (arn, objects) = (&*self.resource.arn, format!("{}/*", self.resource.arn));
        let denies = |action: &str, target: &Target| {
            everyone.iter().all(|caller| self.ask(caller, action, target, context).answer == Answer::ExplicitlyDenied)
        };
        // Actions that the same statements name have the same answer: one of them is asked.
        let mut asked = BTreeSet::new();
        let targets = [Target::one(arn), Target::any(&objects)];
        s3_actions().iter().all(|(action, folded)| {
            let named: Vec<bool> = self.statements().iter().map(|statement| statement.actions.holds(folded)).collect();
            targets.iter().all(|target| {
                let question = (named.clone(), target.is_pattern());
                if asked.contains(&question) || !action.takes(&target.text) {
                    return true;
                }
                asked.insert(question);
                denies(&action.name(), target)
            })
        })
    }

    /// The statements that let an outsider in that nobody named.
    pub(super) fn strangers(&self, action: &str, target: &Target) -> Vec<Way> {
        let unsigned = action.starts_with("s3:").then(|| Principal::parse("anonymous").ok()).flatten();
        let callers = std::iter::once(Principal::stranger()).chain(unsigned);
        callers.flat_map(|caller| self.ways(&self.ask(&caller, action, target, &Context::external_caller()))).collect()
    }

    /// The groups of outsiders that are let in: whoever is of none that is known, and may be of any other. Of everyone's parts each, where
    /// not everyone gets in.
    pub(super) fn members(&self, action: &str, target: &Target, groups: &Arc<Groups>) -> Vec<Members> {
        let context = Context::external_caller().of_none_of(groups);
        let decision = self.ask(&Principal::stranger(), action, target, &context);
        let denials = decision.conditions.iter().filter(|statement| statement.cited.place.effect == Effect::Deny);
        let spared = groups.unknown(denials.flat_map(|statement| &statement.conditions));
        let members = |(position, conditions): Way| {
            let mut found = groups.unknown(&conditions);
            found.extend(spared.iter().cloned());
            let beside = |condition: &Condition| condition.context_key().is_none_or(|key| Group::of_key(&key).is_none());
            Members { position, conditions: conditions.into_iter().filter(beside).collect(), groups: found }
        };
        self.ways(&decision).into_iter().map(members).collect()
    }

    /// The way by which a party gets in, by one statement rather than another.
    pub(super) fn admits(&self, party: &Party, action: &str, target: &Target, by: usize) -> Option<Way> {
        let decisions = party.callers.iter().map(|(caller, context)| self.ask(caller, action, target, context));
        let ways: Vec<Way> = decisions.flat_map(|decision| self.ways(&decision)).collect();
        ways.iter().find(|(position, _)| *position == by).or(ways.first()).cloned()
    }

    /// The statements of its policy that allow, or may.
    fn ways(&self, decision: &Decision<Missing>) -> Vec<Way> {
        if decision.answer.is_denied() {
            return Vec::new();
        }
        debug_assert!(decision.answer != Answer::Unknown, "all layers are given");
        let position =
            |place: &Arc<StatementRef>| self.statements().iter().position(|statement| Arc::ptr_eq(&statement.place, place)).unwrap_or(usize::MAX);
        let ours = |layer: Layer, place: &StatementRef| matches!(layer, Layer::Resource | Layer::Grant) && place.effect == Effect::Allow;
        let certain = decision.statements.iter().filter(|cited| ours(cited.layer, &cited.place)).map(|cited| (position(&cited.place), Vec::new()));
        let open = decision.conditions.iter().filter(|statement| ours(statement.cited.layer, &statement.cited.place));
        certain.chain(open.map(|statement| (position(&statement.cited.place), statement.conditions.clone()))).collect()
    }

    /// The parties that the Allow statements name for an action and that nobody declared, each with the position of the statement. Whom a
    /// Deny spares counts where everyone else is shut out.
    pub(super) fn parties(
        &self,
        action: &str,
        target: &Target,
        known: &KnownParties<'_>,
        groups: &Arc<Groups>,
        is_open: bool,
    ) -> Vec<(usize, Party)> {
        let (owner, config) = (&*self.resource.account, known.config);
        let outside = |account: &str| undeclared_account(account, owner, config);
        let request = self.request(Principal::stranger(), action, target, Context::open());
        let concerned = || self.statements().iter().enumerate().filter(|(_, statement)| statement.concerns(&request));
        let denials = concerned().filter(|(_, statement)| !is_open && !statement.allows());
        let spared: BTreeSet<(String, bool)> = denials.flat_map(|(_, statement)| named_accounts(statement)).collect();
        let open = || Context::open().of_none_of(groups);
        let mut parties = Vec::new();
        for (position, statement) in concerned().filter(|(_, statement)| statement.allows()) {
            let organizations: Vec<(String, String)> = statement.organizations_served().filter(|(key, value)| !groups.knows(key, value)).collect();
            for whom in statement.named() {
                let mut add = |party: Party| parties.push((position, party));
                // Whoever drives the service in one of its accounts does it by the service.
                let served = match &whom {
                    NamedPrincipal::Anyone => Some(ANY_SERVICE),
                    NamedPrincipal::Service(name) => Some(name.as_str()),
                    _ => None,
                };
                let by_service = served.into_iter().flat_map(|name| organizations.iter().map(move |organization| (name, organization)));
                by_service.for_each(|(name, organization)| add(Party::served_for_organization(name, organization)));
                if whom == NamedPrincipal::Anyone {
                    let mut services = statement.services();
                    services.extend(services.is_empty().then(|| ANY_SERVICE.to_owned()));
                    let mut party = |(account, acts): (String, bool), context: Context| match acts {
                        true => services.iter().for_each(|service| add(Party::served(service, account.clone(), context.clone()))),
                        false => add(Party::account(account, context)),
                    };
                    named_accounts(statement).into_iter().filter(|(account, _)| outside(account)).for_each(|named| party(named, open()));
                    // Of whom it is not said that he belongs anywhere else, such as to an organization, is an outsider there.
                    let spared = spared.iter().filter(|(account, _)| outside(account)).cloned();
                    spared.for_each(|spared| party(spared, Context::external_caller()));
                    // What names nobody, such as `*` or `arn:aws:sns:*:*:*`, is met for whomever the service acts.
                    if !is_open && statement.says_for_whom() {
                        services.iter().for_each(|service| add(Party::served_for_anyone(service, open())));
                    }
                } else if let NamedPrincipal::Service(name) = &whom {
                    let served = spared.iter().filter(|(_, acts)| *acts).map(|(account, _)| account.clone());
                    let accounts: BTreeSet<String> = named_accounts(statement).into_iter().map(|(account, _)| account).chain(served).collect();
                    accounts.into_iter().filter(|account| outside(account)).for_each(|account| add(Party::served(name, account, open())));
                } else if is_undeclared(&whom, owner, config) {
                    add(Party::named(&whom, &open()));
                } else if let NamedPrincipal::Federated(provider) = &whom {
                    Party::vouched_for(provider, known).into_iter().for_each(add);
                }
            }
        }
        parties
    }
}

/// Every action of S3, each with its name in lower case.
fn s3_actions() -> &'static [(Action, String)] {
    static ALL: OnceLock<Vec<(Action, String)>> = OnceLock::new();
    ALL.get_or_init(|| expand(&Pattern::action("s3:*")).map(|action| (action, action.name().to_ascii_lowercase())).collect())
}

/// What the administrators of another account may allow their principals.
fn everything() -> Arc<Policy> {
    static ALL: OnceLock<Arc<Policy>> = OnceLock::new();
    ALL.get_or_init(|| {
        let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
        Arc::new(Policy::new(&Document::parse(text).expect("it is a policy"), "", None))
    })
    .clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: &str = "arn:aws:s3:::b";

    fn resource(arn: &str) -> Identity {
        Identity { arn: arn.into(), name: "x".into(), account: "111122223333".into(), region: "us-east-2".into() }
    }

    /// Whether an outsider gets in by an Allow to everyone with a condition.
    fn open(arn: &str, action: &str, condition: &str) -> bool {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": "*", "Action": "{action}", "Resource": "*", "Condition": {condition}}}}}"#
        );
        let resource = resource(arn);
        let door = Door::new(&Document::parse(&text).unwrap(), &resource, Timestamp::UNIX_EPOCH);
        door.targets(action).iter().any(|target| !door.strangers(action, target).is_empty())
    }

    #[test]
    fn what_an_outsider_can_meet_or_lacks_does_not_keep_him_out() {
        for loose in [
            r#"{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}"#,
            r#"{"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#,
            r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}"#,
            r#"{"StringLike": {"aws:PrincipalOrgID": "o-*"}}"#,
            r#"{"StringLike": {"aws:SourceVpce": "vpce-*"}}"#,
            r#"{"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}"#,
            r#"{"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/0"]}}"#,
            r#"{"IpAddressIfExists": {"aws:SourceIp": "10.0.0.0/8"}}"#,
            r#"{"Bool": {"aws:SecureTransport": "true"}}"#,
            r#"{"Null": {"aws:PrincipalOrgID": "true"}}"#,
            r#"{"SomethingNew": {"aws:PrincipalOrgID": "o-1"}}"#,
            r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/etl"}}"#,
            r#"{"StringEquals": {"aws:PrincipalTag/team": "pay"}}"#,
            r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#,
            r#"{"StringEquals": {"sts:ExternalId": "x"}}"#,
        ] {
            assert!(open(BUCKET, "s3:GetObject", loose), "{loose}");
        }
    }

    #[test]
    fn what_names_someone_keeps_outsiders_out() {
        for tied in [
            r#"{"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#,
            r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-2/*"}}"#,
            r#"{"StringEquals": {"AWS:SourceAccount": "111122223333"}}"#,
            r#"{"StringEquals": {"aws:PrincipalAccount": "111122223333"}}"#,
            r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}"#,
            r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::logs"}}"#,
            r#"{"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-east-2:111122223333:accesspoint/*"}}"#,
            r#"{"StringEquals": {"aws:SourceVpce": "vpce-1"}}"#,
            r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#,
            r#"{"StringLike": {"aws:userid": "AROAEXAMPLE:*"}}"#,
            r#"{"Bool": {"aws:PrincipalIsAWSService": "true"}}"#,
            r#"{"Null": {"aws:PrincipalOrgID": "false"}, "StringEqualsIfExists": {"AWS:PrincipalOrgId": "o-1"}}"#,
        ] {
            assert!(!open(BUCKET, "s3:GetObject", tied), "{tied}");
        }
        let always = r#"{"StringEqualsIfExists": {"aws:PrincipalAccount": "111122223333"}}"#;
        assert!(!open("arn:aws:kms:us-east-2:111122223333:key/k", "kms:Decrypt", always), "every request has this key");
        let arn = r#"{"StringEqualsIfExists": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/r"}}"#;
        assert!(open(BUCKET, "s3:GetObject", arn), "the anonymous have none");
    }

    #[test]
    fn an_action_is_about_the_parts_that_the_policy_names() {
        let text = r#"{"Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/x/*"]},
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::*"}]}"#;
        let resource = resource(BUCKET);
        let door = Door::new(&Document::parse(text).unwrap(), &resource, Timestamp::UNIX_EPOCH);
        let texts = |action: &str| door.targets(action).into_iter().map(|target| target.text).collect::<Vec<_>>();
        assert_eq!(texts("s3:ListBucket"), [BUCKET]);
        assert_eq!(texts("s3:PutObject"), ["arn:aws:s3:::b/x/*"]);
        assert_eq!(texts("s3:GetObject"), ["arn:aws:s3:::b/x/*", "arn:aws:s3:::b/*"]);
    }
}
