//! Resource policies → whom they let in from outside: anyone, or parties that nobody declared.
//!
//! Source: IAM User Guide, "Principal" and "Policy evaluation logic"; S3 User Guide, "The meaning of public". An Allow to everyone is only
//! as wide as what its conditions, and the Deny statements to everyone, leave of it. A named outsider stays one whatever the conditions.

use std::collections::BTreeSet;

use super::super::World;
use super::super::derived::{Derived, observe};
use super::condition::{Callers, Clause};
use super::matching::Pattern;
use super::statement::{Claim, Set};
use super::whom::{Whom, undeclared_account};
use crate::config::Config;
use crate::finding::Missing;
use crate::model::policy::Document;
use crate::model::{Kind, Resource, kms, secret};

/// Actions that read a secret, or let somebody read it.
pub const SECRET_ACTIONS: &[&str] = &["secretsmanager:GetSecretValue", "secretsmanager:PutResourcePolicy"];
/// Actions that use a key or hand it on.
pub const KEY_ACTIONS: &[&str] = &[
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:ReEncryptFrom",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:CreateGrant",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "kms:DisableKey",
];
/// Actions that make clear text of what a key locks, or let somebody do so.
const DECRYPT_ACTIONS: &[&str] = &["kms:Decrypt", "kms:CreateGrant", "kms:PutKeyPolicy"];

/// Whom a resource policy lets in from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opening {
    /// Anyone, strangers too.
    pub anyone: bool,
    /// Outside parties that nobody declared, sorted.
    pub undeclared: Vec<String>,
    /// Which statement decides.
    pub why: String,
}

impl Opening {
    /// Whether any outsider gets in.
    pub fn is_open(&self) -> bool {
        self.anyone || !self.undeclared.is_empty()
    }
}

/// Whom a policy lets do one of these actions from outside the account. Linear in the statements, but for Allow × Deny.
pub fn opening(document: &Document, owner_account: &str, config: &Config, data_actions: &[&str]) -> Opening {
    let claims = Claim::of(document, "", None);
    let actions: Vec<Pattern> = data_actions.iter().map(|action| Pattern::action(action)).collect();
    let (mut open, mut undeclared, mut why) = (false, BTreeSet::new(), Vec::new());
    for claim in claims.iter().filter(|claim| claim.allows()) {
        let live: Vec<&Pattern> = actions.iter().filter(|action| claim.actions.grants(action) && !is_banned(&claims, claim, action)).collect();
        if live.is_empty() {
            continue;
        }
        for whom in admitted(claim) {
            if whom == Whom::Anyone {
                match bounds(&claims, claim, &live) {
                    None => {
                        open = true;
                        why.push(format!("{} allows everyone, and no condition says who", claim.at));
                    }
                    Some(accounts) => {
                        let outside = accounts.into_iter().filter(|account| undeclared_account(account, owner_account, config));
                        for account in outside {
                            why.push(format!("{} allows account {account}", claim.at));
                            undeclared.insert(account);
                        }
                    }
                }
            } else if let Whom::Federated(provider) = &whom
                && !whom.is_undeclared(owner_account, config)
            {
                if !binds_federation(claim, provider) {
                    why.push(format!("{} allows {provider}, and no condition binds its audience or subject", claim.at));
                    undeclared.insert(provider.clone());
                }
            } else if whom.is_undeclared(owner_account, config) {
                why.push(format!("{} allows {}", claim.at, whom.text()));
                undeclared.insert(whom.text().to_owned());
            }
        }
    }
    why.dedup();
    let why = if why.is_empty() { "no statement lets an undeclared outsider in".to_owned() } else { why.join("; ") };
    Opening { anyone: open, undeclared: undeclared.into_iter().collect(), why }
}

/// Whether a condition says which users of an identity provider are meant. An issuer that everyone shares needs their subject: the
/// audience is the same for all.
fn binds_federation(claim: &Claim, provider: &str) -> bool {
    let shared = ["token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io"].into_iter().any(|issuer| provider.ends_with(issuer));
    let binds = |key: &str| key.ends_with(":sub") || (!shared && key.ends_with(":aud"));
    claim.clauses.iter().any(|clause| clause.narrows() && binds(&clause.key))
}

/// Everyone that an Allow names; an Allow to everyone but some is an Allow to everyone.
pub fn admitted(claim: &Claim) -> Vec<Whom> {
    match (&claim.principal, &claim.not_principal) {
        (Some(principals), _) => Whom::of(principals),
        (None, Some(_)) => vec![Whom::Anyone],
        (None, None) => Vec::new(),
    }
}

/// Whether a Deny to everyone, without a condition, takes an action of an Allow away.
pub fn is_banned(claims: &[Claim], allow: &Claim, action: &Pattern) -> bool {
    denials(claims, allow, action).any(|deny| deny.clauses.is_empty() && deny.not_principal.is_none())
}

/// The accounts that an Allow to everyone comes down to (none where it is bound by something else); `None` where nothing binds it.
fn bounds(claims: &[Claim], allow: &Claim, actions: &[&Pattern]) -> Option<Vec<String>> {
    let own: Vec<Callers> = allow.clauses.iter().filter_map(Clause::callers).collect();
    if !own.is_empty() {
        return Some(shared_accounts(own).into_iter().collect());
    }
    let mut accounts = BTreeSet::new();
    for action in actions {
        let spared: Vec<Callers> = denials(claims, allow, action).filter_map(spared).collect();
        if spared.is_empty() {
            return None;
        }
        // Every such Deny holds: one that spares only an organization or a place leaves no account to name.
        if !spared.contains(&Callers::Bounded) {
            accounts.extend(shared_accounts(spared));
        }
    }
    Some(accounts.into_iter().collect())
}

/// The accounts that several bounds, which all hold, leave.
fn shared_accounts(bounds: Vec<Callers>) -> BTreeSet<String> {
    let lists = bounds.into_iter().filter_map(|bound| if let Callers::Accounts(accounts) = bound { Some(accounts) } else { None });
    lists.map(|accounts| accounts.into_iter().collect::<BTreeSet<_>>()).reduce(|one, other| &one & &other).unwrap_or_default()
}

/// Whom a Deny to everyone spares, if it strikes all strangers: every one of its clauses, or its `NotPrincipal`, must name who is spared.
fn spared(deny: &Claim) -> Option<Callers> {
    let mut accounts = BTreeSet::new();
    if let Some(principals) = &deny.not_principal {
        for whom in Whom::of(principals) {
            match whom {
                Whom::Account { account, .. } => accounts.insert(account),
                Whom::Service(_) | Whom::Deleted(_) => false,
                Whom::Anyone | Whom::Federated(_) | Whom::Stranger(_) => return None,
            };
        }
    } else if deny.clauses.is_empty() {
        return None;
    }
    for clause in &deny.clauses {
        match clause.spares()? {
            Callers::Accounts(more) => accounts.extend(more),
            Callers::Bounded => {}
        }
    }
    Some(if accounts.is_empty() { Callers::Bounded } else { Callers::Accounts(accounts.into_iter().collect()) })
}

/// The Deny statements to everyone (or everyone but some) that take an action away on all the resources of an Allow.
fn denials<'a>(claims: &'a [Claim], allow: &'a Claim, action: &'a Pattern) -> impl Iterator<Item = &'a Claim> {
    claims.iter().filter(move |claim| {
        let everyone = claim.principal.as_ref().map_or(claim.not_principal.is_some(), |principals| Whom::of(principals).contains(&Whom::Anyone));
        let everything = match &allow.resources {
            Set::Of(resources) => resources.iter().all(|resource| claim.resources.bans(resource)),
            Set::AllBut(_) => claim.resources.bans(&Pattern::resource("*")),
        };
        !claim.allows() && everyone && everything && claim.actions.bans(action)
    })
}

/// Whom the resource policy of a secret lets in; without a policy, nobody from outside.
pub fn secret_opening(world: &World<'_>, secret: &Resource<secret::Secret>) -> Derived<Opening> {
    observe!(secret.policy).map(|policy| match policy {
        Some(document) => opening(&document, &secret.id.account, world.config, SECRET_ACTIONS),
        None => Opening { why: "it has no resource policy".to_owned(), ..Opening::default() },
    })
}

/// Whom the policy of a key lets in, by these actions.
fn key_policy(world: &World<'_>, key: &Resource<kms::Key>, actions: &[&str]) -> Derived<Opening> {
    observe!(key.policy).map(|document| opening(&document, &key.id.account, world.config, actions))
}

/// Whom the grants of a key let in, by these operations.
fn key_grants(world: &World<'_>, key: &Resource<kms::Key>, actions: &[&str]) -> Derived<Opening> {
    let operations: Vec<&str> = actions.iter().filter_map(|action| action.strip_prefix("kms:")).collect();
    observe!(key.grants).map(|grants| {
        let (mut anyone, mut undeclared, mut why) = (false, BTreeSet::new(), BTreeSet::new());
        let serious =
            |grant: &&kms::Grant| grant.operations.is_empty() || grant.operations.iter().any(|operation| operations.contains(&operation.as_str()));
        for name in grants.iter().filter(serious).filter_map(|grant| grant.grantee.as_deref()) {
            let whom = Whom::grantee(name);
            if whom == Whom::Anyone {
                anyone = true;
                why.insert("a grant names everyone".to_owned());
            } else if whom.is_undeclared(&key.id.account, world.config) {
                undeclared.insert(name.to_owned());
                why.insert(format!("a grant names {name}"));
            }
        }
        let why = if why.is_empty() { "no grant names an undeclared outsider".to_owned() } else { why.into_iter().collect::<Vec<_>>().join("; ") };
        Opening { anyone, undeclared: undeclared.into_iter().collect(), why }
    })
}

/// Whom a key lets in, by its policy and by its grants, each as far as it was read.
pub fn key_opening(world: &World<'_>, key: &Resource<kms::Key>) -> (Derived<Opening>, Derived<Opening>) {
    (key_policy(world, key, KEY_ACTIONS), key_grants(world, key, KEY_ACTIONS))
}

/// Whether an outsider that nobody declared could decrypt with a key, which is named by ARN, id or alias as seen from a region.
/// A key that AWS manages is bound to its account and never does.
pub fn key_opens_to_outsiders(world: &World<'_>, key_id: &str, region: &str) -> Derived<bool> {
    if is_aws_alias(key_id) {
        return Derived::known(false);
    }
    let region = crate::model::arn::Arn::parse(key_id).map_or(region, |arn| arn.region);
    let named = world.pipelines.named(Kind::KmsKey, region, key_id).and_then(|id| world.index.position(Kind::KmsKey, &id.arn));
    let Some(key) = named.and_then(|position| world.index.all::<kms::Key>().get(position)) else {
        let missing = if world.index.hides(Kind::KmsKey, region) {
            Missing::Members { kind: Kind::KmsKey, region: region.into() }
        } else {
            Missing::Outside(format!("the key {key_id} was not read"))
        };
        return Derived::unseen(missing);
    };
    let managed = super::super::key::is_aws_managed(key);
    if managed.value() == Some(&true) {
        return managed.negate();
    }
    let by_policy = key_policy(world, key, DECRYPT_ACTIONS).map(|opening| opening.is_open());
    by_policy.or(key_grants(world, key, DECRYPT_ACTIONS).map(|opening| opening.is_open()))
}

/// `alias/aws/…`, bare or as an ARN: a key that AWS manages.
pub fn is_aws_alias(key_id: &str) -> bool {
    crate::model::arn::Arn::parse(key_id).map_or(key_id, |arn| arn.resource).starts_with("alias/aws/")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OWNER: &str = "111122223333";

    fn read(statements: &[&str], actions: &[&str]) -> Opening {
        let document = Document::parse(&format!(r#"{{"Statement": [{}]}}"#, statements.join(", "))).unwrap();
        opening(&document, OWNER, &Config::default(), actions)
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
        assert_eq!((open.anyone, open.why.as_str()), (true, "statement Wide allows everyone, and no condition says who"));
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
        assert!(!bucket(r#""Resource": "*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}"#).is_open());
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
