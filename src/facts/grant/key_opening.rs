//! KMS keys → whom their policies and grants let in from outside.
//!
//! Source: KMS Developer Guide, "Key policies" and "Grants".

use std::collections::BTreeSet;

use iam_eval::principal_element::NamedPrincipal;
use iam_eval::{Context, Target};

use super::super::FactContext;
use super::super::aws_managed::is_aws_managed;
use super::door::Door;
use super::known_parties::{KnownParties, is_undeclared};
use super::open::{Opening, in_words, insert, opening};
use super::party::Party;
use crate::evidence::{Derived, Missing, observe};
use crate::model::{Identity, Kind, Resource, kms};

/// Actions that use a key or hand it on.
pub const KEY_ACTIONS: &[&str] = &[
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:GenerateDataKeyPair",
    "kms:GenerateDataKeyPairWithoutPlaintext",
    "kms:CreateGrant",
    "kms:RevokeGrant",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "kms:DisableKey",
];

/// Actions that make clear text of what a key locks, or let somebody do so.
const DECRYPT_ACTIONS: &[&str] = &["kms:Decrypt", "kms:ReEncryptFrom", "kms:CreateGrant", "kms:PutKeyPolicy"];

/// Actions that lock new data and open none (AWS KMS Developer Guide, "KMS API permissions").
pub const ENCRYPT_ACTIONS: &[&str] = &[
    "kms:Encrypt",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:GenerateDataKeyPair",
    "kms:GenerateDataKeyPairWithoutPlaintext",
];

/// Whom the policy of a key lets in, by these actions.
fn key_policy(ctx: &FactContext<'_>, key: &Resource<kms::Key>, actions: &[&str]) -> Derived<Opening> {
    observe!(key.policy).map(|document| opening(&document, &key.id, &KnownParties::new(ctx), actions))
}

/// Whom the grants of a key let in, by these operations.
fn key_grants(ctx: &FactContext<'_>, key: &Resource<kms::Key>, actions: &[&str]) -> Derived<Opening> {
    observe!(key.grants).map(|grants| {
        let groups = KnownParties::new(ctx).groups(&key.id.account);
        let (mut opening, mut why) = (Opening::default(), BTreeSet::new());
        for grant in &grants {
            let Some(name) = grant.grantee.as_deref() else {
                // AWS always names whom a grant is for: without the name nobody can say that he is no outsider.
                if grant.operations.is_empty()
                    || actions.iter().any(|action| grant.operations.iter().any(|one| action.strip_prefix("kms:") == Some(one)))
                {
                    opening.unsure.push(nameless_grant(&key.id));
                }
                continue;
            };
            let whom = NamedPrincipal::grantee(name);
            let stranger = whom == NamedPrincipal::Anyone;
            if !stranger && !is_undeclared(&whom, &key.id.account, ctx.config) {
                continue;
            }
            let (door, party) = (Door::of_grant(grant, &key.id), Party::named(&whom, &Context::open().of_none_of(&groups)));
            let way = |action: &&&str| door.admits(&party, action, &Target::one(&key.id.arn), usize::MAX).map(|(_, conditions)| conditions);
            let granted: Vec<&str> = actions.iter().filter(|action| way(action).is_some()).copied().collect();
            // Without its operations nobody can say that it is harmless.
            let unnamed = grant.operations.is_empty();
            if !unnamed && granted.is_empty() {
                continue;
            }
            opening.anyone |= stranger;
            if !stranger {
                insert(&mut opening.undeclared, name.to_owned());
            }
            let conditions = granted.iter().find_map(|action| way(&action)).unwrap_or_default();
            let named = if unnamed { String::new() } else { format!(" for {}", granted.join(", ")) };
            let who = if stranger { "everyone" } else { name };
            let all =
                if unnamed { vec![format!("{who} by a grant")] } else { granted.iter().map(|action| format!("{who} {action} by a grant")).collect() };
            opening.elements.extend(all);
            why.insert(format!("a grant names {}{named}{}", if stranger { "everyone" } else { name }, in_words(&conditions)));
            opening.actions.extend(if unnamed { actions.iter() } else { granted.iter() }.map(|action| (*action).to_owned()));
        }
        opening.why =
            if why.is_empty() { "no grant names an undeclared outsider".to_owned() } else { why.into_iter().collect::<Vec<_>>().join("; ") };
        opening
    })
}

/// A grant that does not say whom it is for, as AWS always does.
pub fn nameless_grant(key: &Identity) -> Missing {
    Missing::Outside(format!("whom a grant on {} names, which AWS always says and this snapshot does not", key.name))
}

/// Whom a key lets in, by its policy and by its grants, each as far as it was read.
pub fn key_opening(ctx: &FactContext<'_>, key: &Resource<kms::Key>) -> (Derived<Opening>, Derived<Opening>) {
    (key_policy(ctx, key, KEY_ACTIONS), key_grants(ctx, key, KEY_ACTIONS))
}

/// Whether an outsider that nobody declared could decrypt with a key, which is named by ARN, id or alias as seen from a region.
/// A key that AWS manages is bound to its account and never does.
pub fn key_opens_to_outsiders(ctx: &FactContext<'_>, key_id: &str, region: &str) -> Derived<bool> {
    if kms::is_aws_alias(key_id) {
        return Derived::known(false);
    }
    let region = iam_eval::arn::Arn::parse(key_id).map_or(region, |arn| arn.region);
    let named = ctx.pipelines.named(Kind::KmsKey, region, key_id).and_then(|id| ctx.index.position(Kind::KmsKey, &id.arn));
    let Some(key) = named.and_then(|position| ctx.index.all::<kms::Key>().get(position)) else {
        let missing = if ctx.index.hides(Kind::KmsKey, region) {
            Missing::Members { kind: Kind::KmsKey, region: region.into() }
        } else {
            Missing::Outside(format!("the key {key_id} was not read"))
        };
        return Derived::unseen(missing);
    };
    let managed = is_aws_managed(key);
    if managed.value() == Some(&true) {
        return managed.negate();
    }
    let policy = key_policy(ctx, key, DECRYPT_ACTIONS);
    let by_policy = Opening::outsiders(&policy).zip(policy).map(|(_, opening)| opening.is_open());
    let grants = key_grants(ctx, key, DECRYPT_ACTIONS);
    by_policy.or(Opening::outsiders(&grants).zip(grants).map(|(_, opening)| opening.is_open()))
}
