//! Resource policies → whom they let in from outside: anyone, or parties that nobody declared.
//!
//! Source: IAM User Guide, "Principal" and "Policy evaluation logic"; S3 User Guide, "The meaning of public". The evaluator decides; access
//! that hangs on conditions which an outsider can meet is access, and is told with them.

use std::collections::{BTreeMap, BTreeSet};

use iam_eval::document::{Document, Effect, Statement};
use iam_eval::principal_element::NamedPrincipal;
use iam_eval::{Condition, Context, Request, serves_the_public};
use jiff::Timestamp;

use super::super::FactContext;
use super::door::{Door, Members, Way};
use super::known_parties::{KnownParties, is_undeclared, undeclared_account};
use super::party::Party;
use crate::config::Config;
use crate::evidence::{Derived, Missing, observe};
use crate::model::{Identity, Resource, secret};

/// Actions that read a secret, let somebody read it, put another in its place or take it away.
pub const SECRET_ACTIONS: &[&str] = &[
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutResourcePolicy",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecret",
    "secretsmanager:UpdateSecretVersionStage",
    "secretsmanager:ReplicateSecretToRegions",
    "secretsmanager:DeleteSecret",
];

/// What is said of a policy that keeps outsiders out.
const SHUT: &str = "no statement lets an undeclared outsider in";

/// Whom a resource policy lets in from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opening {
    /// Anyone, strangers too.
    pub anyone: bool,
    /// Outside parties that nobody declared, sorted.
    pub undeclared: Vec<String>,
    /// Identity providers that let in everyone whom they vouch for, sorted.
    pub issuers: Vec<String>,
    /// Which of the asked actions they are let in for.
    pub actions: BTreeSet<String>,
    /// What was not seen and says whether a group that is let in is the account's own.
    pub unsure: Vec<Missing>,
    /// Whom it lets in, for what and on which conditions: one more of these is one more opening.
    pub elements: BTreeSet<String>,
    /// Which statement decides.
    pub why: String,
}

impl Opening {
    /// Whether any outsider gets in.
    pub fn is_open(&self) -> bool {
        self.anyone || !self.undeclared.is_empty() || !self.issuers.is_empty()
    }

    /// The outside parties that nobody declared. Whoever was found counts, whatever else was not seen.
    pub fn outsiders(this: &Derived<Self>) -> Derived<Vec<String>> {
        this.clone().and_then(|opening| {
            if opening.is_open() || opening.unsure.is_empty() {
                return Derived::known(opening.undeclared);
            }
            Derived::Unseen { missing: opening.unsure, from: Vec::new() }
        })
    }
}

/// What is found while a policy is read.
#[derive(Default)]
struct Found {
    opening: Opening,
    /// By statement, whom and what follows: the conditions and the actions as the statement writes them.
    told: BTreeMap<(usize, String, bool), (String, BTreeSet<String>)>,
}

impl Found {
    /// One statement may say the same of several actions, on more or fewer conditions: the fewest count.
    fn tell(&mut self, door: &Door<'_>, action: &str, (position, conditions): &Way, whom: String, tail: bool) {
        let conditions = in_words(conditions);
        self.opening.actions.insert(action.to_owned());
        let (told, actions) = self.told.entry((*position, whom, tail)).or_insert_with(|| (conditions.clone(), BTreeSet::new()));
        if conditions.len() < told.len() {
            *told = conditions;
        }
        // Whoever is named in a trust policy assumes the role: that need not be said.
        actions.extend(door.element(*position, action).filter(|_| !Request::is_assume(&action.to_ascii_lowercase())));
    }

    fn party(&mut self, party: Party) {
        let opening = &mut self.opening;
        match party.vouched {
            true if serves_the_public(&party.text) => opening.anyone = true,
            true => insert(&mut opening.issuers, party.text),
            false => insert(&mut opening.undeclared, party.text),
        }
    }

    fn done(mut self, door: &Door<'_>) -> Opening {
        for ((_, whom, _), (conditions, actions)) in &self.told {
            let nothing_named = [String::new()];
            let actions = if actions.is_empty() { nothing_named.iter().collect::<Vec<_>>() } else { actions.iter().collect() };
            let elements = actions.into_iter().map(|action| format!("{whom} {action}").trim_end().to_owned() + conditions);
            self.opening.elements.extend(elements);
        }
        let lines = self.told.into_iter().map(|((position, whom, tail), (conditions, actions))| {
            let tail = if tail { ", and no condition says who" } else { "" };
            let actions: String = actions.iter().enumerate().map(|(at, action)| format!("{}{action}", if at == 0 { " " } else { ", " })).collect();
            format!("{} allows {whom}{actions}{conditions}{tail}", door.statement(position))
        });
        let why = lines.collect::<Vec<_>>().join("; ");
        self.opening.why = if why.is_empty() { SHUT.to_owned() } else { why };
        self.opening
    }
}

/// Keeps a list sorted, each item once.
pub(super) fn insert(list: &mut Vec<String>, item: String) {
    if let Err(at) = list.binary_search(&item) {
        list.insert(at, item);
    }
}

/// Whom a resource's policy lets do one of these actions from outside its account. Each action is asked of the evaluator: for an outsider
/// that nobody named, for one of a group that nobody declared, and for every party that the policy names. Linear in the statements, times
/// the parties.
pub fn opening(document: &Document, resource: &Identity, known: &KnownParties<'_>, actions: &[&str]) -> Opening {
    if !faces_outward(document, &resource.account, known.config) {
        return Opening { why: SHUT.to_owned(), ..Opening::default() };
    }
    let (door, groups) = (Door::new(document, resource, known.now), known.groups(&resource.account));
    let mut found = Found::default();
    for action in actions {
        for target in door.targets(action) {
            let strangers = door.strangers(action, &target);
            for way in &strangers {
                found.opening.anyone = true;
                found.tell(&door, action, way, "everyone".to_owned(), true);
            }
            if strangers.is_empty() {
                door.members(action, &target, &groups).into_iter().for_each(|members| admit(&mut found, &door, known, action, members));
            }
            for (position, party) in door.parties(action, &target, known, &groups, !strangers.is_empty()) {
                if let Some(way) = door.admits(&party, action, &target, position) {
                    found.tell(&door, action, &way, party.words.clone(), false);
                    found.party(party);
                }
            }
        }
    }
    found.done(&door)
}

/// A statement lets in groups that nobody declared. What was not seen may say that one of them is the account's own.
fn admit(found: &mut Found, door: &Door<'_>, known: &KnownParties<'_>, action: &str, members: Members) {
    let way = (members.position, members.conditions);
    for (group, value) in members.groups {
        let unseen = known.unseen(group, &value);
        if unseen.is_empty() {
            found.tell(door, action, &way, group.words(&value), false);
            insert(&mut found.opening.undeclared, value);
        } else {
            found.opening.unsure.extend(unseen);
        }
    }
}

/// Whether some Allow names anyone who might be an outsider. Most policies name their own account and services alone: they need no evaluator.
pub(super) fn faces_outward(document: &Document, owner: &str, config: &Config) -> bool {
    let outside = |statement: &Statement| mentions_account(statement, |account| undeclared_account(account, owner, config));
    // Whom a Deny of all other accounts spares.
    let spares = document.statement.iter().any(|statement| statement.effect == Effect::Deny && outside(statement));
    document.statement.iter().filter(|statement| statement.effect == Effect::Allow).any(|statement| match &statement.principal {
        Some(principals) => NamedPrincipal::of(principals).iter().any(|whom| match whom {
            NamedPrincipal::Anyone | NamedPrincipal::Federated(_) => true,
            // A service may act for another account, or for an organization: then a condition names it.
            NamedPrincipal::Service(_) => spares || outside(statement) || names_organization(statement),
            whom => is_undeclared(whom, owner, config),
        }),
        // Everyone but some, or nobody named: everyone.
        None => true,
    })
}

/// Whether a statement's conditions name an organization for which a service acts.
fn names_organization(statement: &Statement) -> bool {
    statement.condition.values().flat_map(BTreeMap::keys).any(|key| key.to_ascii_lowercase().starts_with("aws:sourceorg"))
}

/// Whether some value of a statement's conditions holds the id of such an account.
fn mentions_account(statement: &Statement, is_meant: impl Fn(&str) -> bool) -> bool {
    let values = statement.condition.values().flat_map(BTreeMap::values).flat_map(|values| &values.0);
    let ids = values.flat_map(|value| value.split(|letter: char| !letter.is_ascii_digit())).filter(|digits| digits.len() == 12);
    ids.into_iter().any(is_meant)
}

/// Whether a bucket's policy denies every request of a context for certain: whoever asks, every action on the bucket and on every object.
pub fn denies_everyone(document: &Document, bucket: &Identity, context: &Context, now: Timestamp) -> bool {
    Door::new(document, bucket, now).denies_everyone(context)
}

/// ` where …`, or nothing.
pub(super) fn in_words(conditions: &[Condition]) -> String {
    let all: Vec<String> = conditions.iter().map(ToString::to_string).collect();
    if all.is_empty() { String::new() } else { format!(" where {}", all.join(" and ")) }
}

/// Whom the resource policy of a secret lets in; without a policy, nobody from outside.
pub fn secret_opening(ctx: &FactContext<'_>, secret: &Resource<secret::Secret>) -> Derived<Opening> {
    observe!(secret.policy).map(|policy| match policy {
        Some(document) => opening(&document, &secret.id, &KnownParties::new(ctx), SECRET_ACTIONS),
        None => Opening { why: "it has no resource policy".to_owned(), ..Opening::default() },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::key_opening::KEY_ACTIONS;
    use super::*;

    fn read(statements: &[&str], actions: &[&str]) -> Opening {
        let document = Document::parse(&format!(r#"{{"Statement": [{}]}}"#, statements.join(", "))).unwrap();
        let arn = if actions == KEY_ACTIONS { "arn:aws:kms:us-east-2:111122223333:key/k" } else { "arn:aws:s3:::b" };
        let owned = Identity { arn: arn.into(), name: "b".into(), account: "111122223333".into(), region: "us-east-2".into() };
        opening(&document, &owned, &KnownParties::declared(&Config::default(), Timestamp::UNIX_EPOCH), actions)
    }

    fn key(statements: &[&str]) -> Opening {
        read(statements, KEY_ACTIONS)
    }

    const ROOT: &str = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}"#;

    fn everyone(condition: &str) -> String {
        format!(r#"{{"Sid": "Wide", "Effect": "Allow", "Principal": {{"AWS": "*"}}, "Action": "kms:*", "Resource": "*", "Condition": {condition}}}"#)
    }

    #[test]
    fn the_default_statement_of_a_key_lets_nobody_in_from_outside() {
        assert!(!key(&[ROOT]).is_open());
    }

    #[test]
    fn everyone_bound_to_the_caller_account_is_how_aws_writes_its_own_keys() {
        let bound = r#"{"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "rds.us-east-2.amazonaws.com"}}"#;
        assert!(!key(&[ROOT, &everyone(bound)]).is_open());
        let through = r#"{"StringEquals": {"kms:ViaService": "rds.us-east-2.amazonaws.com"}}"#;
        assert!(key(&[&everyone(through)]).anyone, "strangers use that service too");
        let open = key(&[&everyone("{}")]);
        assert_eq!((open.anyone, open.why.as_str()), (true, "statement Wide allows everyone kms:*, and no condition says who"));
    }

    #[test]
    fn only_the_asked_actions_count() {
        assert!(!read(&[r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:DescribeKey", "Resource": "*"}"#], KEY_ACTIONS).is_open());
        assert!(read(&[r#"{"Effect": "Allow", "Principal": "*", "NotAction": "kms:DescribeKey", "Resource": "*"}"#], KEY_ACTIONS).anyone);
        assert!(
            read(&[r#"{"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "kms:Decrypt", "Resource": "*"}"#], KEY_ACTIONS).anyone
        );
    }

    #[test]
    fn a_deny_to_everyone_shuts_wholly_or_to_whom_it_spares() {
        let bucket = |deny: &str| {
            let allow = r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}"#;
            let deny = format!(r#"{{"Effect": "Deny", "Principal": "*", "Action": "s3:*", {deny}}}"#);
            read(&[allow, &deny], &["s3:GetObject"])
        };
        assert!(!bucket(r#""Resource": "arn:aws:s3:::b/*""#).is_open());
        assert!(bucket(r#""Resource": "arn:aws:s3:::b/private/*""#).anyone, "the rest stays open");
        assert!(bucket(r#""Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}"#).anyone, "strangers speak TLS");
        let endpoint = bucket(r#""Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}"#);
        assert_eq!((endpoint.anyone, endpoint.undeclared), (false, vec!["vpce-1".to_owned()]), "an endpoint that nobody declared");
        assert!(
            bucket(r#""Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}, "StringEquals": {"aws:PrincipalTag/x": "y"}}"#)
                .anyone
        );
        let spared = bucket(r#""Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalAccount": ["111122223333", "999988887777"]}}"#);
        assert_eq!((spared.anyone, spared.undeclared), (false, vec!["999988887777".to_owned()]));
    }

    #[test]
    fn services_are_no_outsiders_and_origin_access_identities_are() {
        let allow = |principal: &str| {
            read(&[&format!(r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "s3:*", "Resource": "*"}}"#)], &["s3:GetObject"])
        };
        assert!(!allow(r#"{"Service": "cloudtrail.amazonaws.com"}"#).is_open());
        assert!(allow(r#"{"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}"#).is_open());
        assert!(allow(r#"{"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}"#).is_open());
    }

    const PARTS: [&str; 9] = [
        r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}"#,
        r#"{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": ["999988887777"]}}}"#,
        r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
        ROOT,
        r#"{"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}"#,
        r#"{"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}"#,
        r#"{"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}}"#,
        r#"{"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "999988887777"}}}"#,
        r#"{"Effect": "Deny", "NotPrincipal": {"AWS": "222233334444"}, "Action": "kms:*", "Resource": "*"}"#,
    ];

    proptest! {
        #[test]
        fn a_deny_more_never_opens_and_an_allow_more_never_shuts(base in prop::collection::vec(0..PARTS.len(), 0..5), allow in 0..4_usize, deny in 4..PARTS.len()) {
            let of = |parts: &[usize]| key(&parts.iter().map(|part| PARTS[*part]).collect::<Vec<_>>());
            let before = of(&base);
            let (opened, shut) = (of(&[base.clone(), vec![allow]].concat()), of(&[base.clone(), vec![deny]].concat()));
            prop_assert!(before.anyone <= opened.anyone && before.is_open() <= opened.is_open());
            prop_assert!(shut.anyone <= before.anyone && shut.is_open() <= before.is_open());
            let reversed = of(&base.iter().rev().copied().collect::<Vec<_>>());
            prop_assert_eq!((reversed.anyone, reversed.undeclared), (before.anyone, before.undeclared));
        }
    }
}
