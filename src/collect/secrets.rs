//! AWS Secrets Manager → the secrets that something in scope names. Never their values.

use std::collections::BTreeSet;

use aws_sdk_secretsmanager::types::SecretListEntry;
use iam_eval::document::Document;

use super::call::Answer;
use super::convert::{text, time};
use super::ctx::Ctx;
use super::kms::document;
use crate::model::{Observed, secret};

/// Lists the region's secrets and keeps the named ones, with their resource policies.
pub(super) async fn named(ctx: &Ctx<'_>, named: &BTreeSet<String>) {
    if named.is_empty() {
        return;
    }
    let question = ctx.ask("secretsmanager", "ListSecrets");
    let answer = question
        .pages(
            |token| ctx.clients.secrets().list_secrets().include_planned_deletion(true).max_results(100).set_next_token(token).send(),
            |page| (page.secret_list, page.next_token),
        )
        .await;
    let found = answer.items().into_iter().filter_map(|entry| {
        let name = question.named("Name", entry.name.clone());
        Some((question.named("ARN", entry.arn.clone())?, name?, entry))
    });
    let found = found.filter(|(arn, name, _)| named.iter().any(|id| goes_by(arn, name, id)));
    futures::future::join_all(found.map(|(arn, name, entry)| keep(ctx, arn, name, entry))).await;
}

async fn keep(ctx: &Ctx<'_>, arn: String, name: String, entry: SecretListEntry) {
    let mut fields = fields(entry);
    fields.policy = policy(ctx, &arn).await;
    ctx.keep(ctx.id(&arn, &name), fields);
}

/// Whether a secret goes by this name, ARN, or ARN without the six characters that AWS adds.
fn goes_by(arn: &str, name: &str, id: &str) -> bool {
    let is_suffix = |rest: &str| rest.len() == 7 && rest.starts_with('-') && rest.bytes().skip(1).all(|byte| byte.is_ascii_alphanumeric());
    id == name || id == arn || arn.strip_prefix(id).is_some_and(|rest| id.starts_with("arn:") && is_suffix(rest))
}

fn fields(entry: SecretListEntry) -> secret::Secret {
    let stages = entry.secret_versions_to_stages.unwrap_or_default();
    let stuck = stages.values().any(|stages| stages.iter().any(|stage| stage == "AWSPENDING") && !stages.iter().any(|stage| stage == "AWSCURRENT"));
    let rules = entry.rotation_rules;
    secret::Secret {
        kms_key_id: Observed::Known(text(entry.kms_key_id)),
        rotation_enabled: Observed::Known(entry.rotation_enabled),
        rotation_days: Observed::Known(rules.as_ref().and_then(|rules| rules.automatically_after_days)),
        rotation_schedule: Observed::Known(rules.and_then(|rules| text(rules.schedule_expression))),
        last_rotated_at: Observed::Known(time(entry.last_rotated_date.as_ref())),
        next_rotation_at: Observed::Known(time(entry.next_rotation_date.as_ref())),
        created_at: Observed::Known(time(entry.created_date.as_ref())),
        deleted_at: Observed::Known(time(entry.deleted_date.as_ref())),
        owning_service: Observed::Known(text(entry.owning_service)),
        primary_region: Observed::Known(text(entry.primary_region)),
        pending_version: Observed::Known(stuck),
        policy: Observed::Unseen,
    }
}

async fn policy(ctx: &Ctx<'_>, arn: &str) -> Observed<Option<Document>> {
    let question = ctx.ask("secretsmanager", "GetResourcePolicy").about(arn);
    match question.one(|| ctx.clients.secrets().get_resource_policy().secret_id(arn).send()).await {
        Answer::Known(output) => match text(output.resource_policy) {
            None => Observed::Known(None),
            Some(policy) => match document(&question, &policy) {
                Observed::Known(document) => Observed::Known(Some(document)),
                Observed::Unseen => Observed::Unseen,
            },
        },
        Answer::Absent | Answer::Gap => Observed::Unseen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_goes_by_three_names() {
        let arn = "arn:aws:secretsmanager:us-east-2:123456789012:secret:shop/source-AbC123";
        for id in [arn, "arn:aws:secretsmanager:us-east-2:123456789012:secret:shop/source", "shop/source"] {
            assert!(goes_by(arn, "shop/source", id), "{id}");
        }
        for id in ["shop", "arn:aws:secretsmanager:us-east-2:123456789012:secret:shop", "", "shop/source-AbC123"] {
            assert!(!goes_by(arn, "shop/source", id), "{id}");
        }
    }
}
