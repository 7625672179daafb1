//! AWS KMS → the keys that something in scope names.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_kms::types;
use iam_eval::arn::Arn;
use iam_eval::document::Document;

use super::call::{Answer, Page, Question};
use super::convert::{set, sorted, text, time};
use super::ctx::Ctx;
use super::retry::Failure;
use crate::model::{Observed, kms};

const PAGE: i32 = 100;

/// What is known of one region's keys while the collection goes on.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// Alias name → key id; `None` until listed, and where the list is a gap.
    aliases: Option<BTreeMap<String, String>>,
    listed: bool,
    asked: BTreeSet<String>,
}

impl Keys {
    /// Lists the aliases, once.
    pub(super) async fn list(&mut self, ctx: &Ctx<'_>) {
        if std::mem::replace(&mut self.listed, true) {
            return;
        }
        let answer = ctx
            .ask("kms", "ListAliases")
            .pages(
                |marker| ctx.clients.kms().list_aliases().limit(PAGE).set_marker(marker).send(),
                |page| Page { items: page.aliases.unwrap_or_default(), next: page.next_marker, more: page.truncated },
            )
            .await;
        self.aliases = answer.ok().map(|aliases| aliases.into_iter().filter_map(|alias| Some((alias.alias_name?, alias.target_key_id?))).collect());
    }

    /// ARNs of the keys that AWS manages.
    pub(super) fn of_aws(&self, ctx: &Ctx<'_>) -> BTreeSet<String> {
        let aliases = self.aliases.iter().flatten().filter(|(alias, _)| alias.starts_with("alias/aws/"));
        aliases.map(|(_, key)| key_arn(ctx, key)).collect()
    }

    /// Asks about the named keys that were not asked about before.
    pub(super) async fn ask(&mut self, ctx: &Ctx<'_>, named: &BTreeSet<String>) {
        if named.is_empty() {
            return;
        }
        self.list(ctx).await;
        let fresh: Vec<String> = named.iter().filter_map(|id| self.resolve(ctx, id)).collect::<BTreeSet<_>>().into_iter().collect();
        let fresh: Vec<String> = fresh.into_iter().filter(|arn| self.asked.insert(arn.clone())).collect();
        futures::future::join_all(fresh.iter().map(|arn| self.key(ctx, arn))).await;
    }

    /// The ARN of a key, or of an alias that the list does not resolve; `None` where there is nothing to ask.
    fn resolve(&self, ctx: &Ctx<'_>, id: &str) -> Option<String> {
        // Redshift writes this in place of a key that AWS owns.
        if id.eq_ignore_ascii_case("AWS_OWNED_KMS_KEY") {
            return None;
        }
        let arn = Arn::parse(id);
        let tail = arn.map_or(id, |arn| arn.resource);
        if !tail.starts_with("alias/") {
            return Some(if arn.is_some() { id.to_owned() } else { key_arn(ctx, tail.strip_prefix("key/").unwrap_or(tail)) });
        }
        let ours = arn.is_none_or(|arn| *arn.account == *ctx.session.account);
        match &self.aliases {
            Some(aliases) if ours => match aliases.get(tail) {
                Some(key) => Some(key_arn(ctx, key)),
                // AWS makes its key with its first use: so far there is none.
                None if tail.starts_with("alias/aws/") => None,
                None => Some(ctx.arn("kms", tail)),
            },
            _ => Some(if arn.is_some() { id.to_owned() } else { ctx.arn("kms", tail) }),
        }
    }

    async fn key(&self, ctx: &Ctx<'_>, arn: &str) {
        let is_alias = Arn::parse(arn).is_some_and(|arn| arn.resource.starts_with("alias/"));
        let id = arn.rsplit('/').next().unwrap_or(arn);
        let names = self.aliases.as_ref().map(|all| set(all.iter().filter(|(_, key)| *key == id && !is_alias).map(|(alias, _)| alias)));
        let mut fields = kms::Key { aliases: names.clone().into(), ..kms::Key::default() };
        let names = names.unwrap_or_default();
        let name = names.iter().find(|alias| !alias.starts_with("alias/aws/")).and_then(|alias| alias.strip_prefix("alias/")).unwrap_or(id);
        if names.iter().any(|alias| alias.starts_with("alias/aws/")) {
            // Its policy, rotation and state are AWS's affair and cannot be changed.
            fields.manager = Observed::Known("AWS".to_owned());
            return ctx.keep(ctx.id(arn, name), fields);
        }
        let question = ctx.ask("kms", "DescribeKey").about(arn);
        let described = question.one(|| ctx.clients.kms().describe_key().key_id(arn).send()).await;
        let described = described.ok().and_then(|output| output.key_metadata);
        let real = described.as_ref().and_then(|key| key.arn.clone());
        if is_alias && real.is_none() {
            // Which key it is stays unknown; the gap says so.
            return;
        }
        let arn = real.as_deref().filter(|_| is_alias).unwrap_or(arn);
        if let Some(key) = &described {
            describe(&question, &mut fields, key);
        }
        if fields.manager.known().is_some_and(|manager| manager == "AWS") {
            return ctx.keep(ctx.id(arn, name), fields);
        }
        // Only symmetric keys of KMS's own material rotate by themselves.
        let rotates = described.as_ref().is_none_or(|key| {
            key.key_spec.as_ref().is_none_or(|spec| spec.as_str() == "SYMMETRIC_DEFAULT")
                && key.origin.as_ref().is_none_or(|origin| origin.as_str() == "AWS_KMS")
        });
        let rotation = async { if rotates { rotation(ctx, arn).await } else { Observed::Known(None) } };
        let (rotation, policy, grants) = tokio::join!(rotation, policy(ctx, arn), grants(ctx, arn));
        (fields.rotation, fields.policy, fields.grants) = (rotation, policy, grants);
        ctx.keep(ctx.id(arn, name), fields);
    }
}

fn key_arn(ctx: &Ctx<'_>, id: &str) -> String {
    ctx.arn("kms", &format!("key/{id}"))
}

fn describe(answer: &Question<'_>, fields: &mut kms::Key, key: &types::KeyMetadata) {
    let multi_region = key.multi_region_configuration.as_ref().and_then(|multi| multi.multi_region_key_type.as_ref());
    fields.manager = answer.sent("KeyManager", key.key_manager.as_ref().map(|manager| manager.as_str().to_owned()));
    fields.state = answer.sent("KeyState", key.key_state.as_ref().map(|state| state.as_str().to_owned()));
    fields.origin = Observed::Known(key.origin.as_ref().map(|origin| origin.as_str().to_owned()));
    fields.spec = Observed::Known(key.key_spec.as_ref().map(|spec| spec.as_str().to_owned()));
    fields.deletion_at = Observed::Known(time(key.deletion_date.as_ref()));
    fields.multi_region_type = Observed::Known(multi_region.map(|kind| kind.as_str().to_owned()));
}

async fn rotation(ctx: &Ctx<'_>, arn: &str) -> Observed<Option<kms::Rotation>> {
    let question = ctx.ask("kms", "GetKeyRotationStatus").about(arn);
    let answer = question.one(|| ctx.clients.kms().get_key_rotation_status().key_id(arn).send()).await;
    answer.field(None, |status| {
        Some(kms::Rotation { enabled: status.key_rotation_enabled, period_days: status.rotation_period_in_days.map(i64::from) })
    })
}

async fn policy(ctx: &Ctx<'_>, arn: &str) -> Observed<Document> {
    let question = ctx.ask("kms", "GetKeyPolicy").about(arn);
    match question.one(|| ctx.clients.kms().get_key_policy().key_id(arn).policy_name("default").send()).await {
        Answer::Known(output) => document(&question, output.policy.as_deref().unwrap_or_default()),
        Answer::Absent | Answer::Gap => Observed::Unseen,
    }
}

/// A policy's text, typed; one that does not parse is a gap and never an empty policy.
pub(super) fn document(question: &Question<'_>, text: &str) -> Observed<Document> {
    match Document::parse(text) {
        Ok(document) => Observed::Known(document),
        Err(problem) => {
            question.gap(Failure::unparseable(&problem));
            Observed::Unseen
        }
    }
}

async fn grants(ctx: &Ctx<'_>, arn: &str) -> Observed<Vec<iam_eval::Grant>> {
    let answer = ctx
        .ask("kms", "ListGrants")
        .about(arn)
        .pages(
            |marker| ctx.clients.kms().list_grants().key_id(arn).limit(PAGE).set_marker(marker).send(),
            |page| Page { items: page.grants.unwrap_or_default(), next: page.next_marker, more: page.truncated },
        )
        .await;
    answer.known(|grants| sorted(grants.into_iter().map(grant)))
}

fn grant(grant: types::GrantListEntry) -> iam_eval::Grant {
    let constrained = grant.constraints.is_some_and(|constraints| {
        constraints.encryption_context_equals.is_some_and(|context| !context.is_empty())
            || constraints.encryption_context_subset.is_some_and(|context| !context.is_empty())
    });
    iam_eval::Grant {
        grantee: text(grant.grantee_principal).or(text(grant.grantee_service_principal)).map(|grantee| super::retry::without_session(&grantee)),
        operations: set(grant.operations.unwrap_or_default().iter().map(|operation| operation.as_str())),
        constrained,
    }
}
