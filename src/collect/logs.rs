//! CloudWatch Logs → the log groups that something in scope names.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatchlogs::types;

use super::convert::text;
use super::ctx::Ctx;
use crate::model::{Observed, logs};

const PAGE: i32 = 50;
/// Groups that keep their events for less are asked whether something copies them elsewhere (PCI DSS 10.5.1: twelve months).
const LONG_ENOUGH: i32 = 365;
/// Prefixes that AWS services use; their groups are listed together.
const FAMILIES: &[&str] = &["/aws/rds/", "/aws/redshift/", "dms-"];

/// The named log groups of a region.
pub(super) async fn named(ctx: &Ctx<'_>, named: &BTreeSet<String>) {
    let lists = prefixes(named).into_iter().map(|prefix| list(ctx, prefix));
    let found: BTreeMap<String, types::LogGroup> = futures::future::join_all(lists)
        .await
        .into_iter()
        .flatten()
        .filter_map(|group| Some((group.log_group_name.clone().filter(|name| named.contains(name))?, group)))
        .collect();
    futures::future::join_all(found.into_iter().map(|(name, group)| keep(ctx, name, group))).await;
}

/// The fewest prefixes that find all names: one per family of AWS's, else the name itself.
fn prefixes(named: &BTreeSet<String>) -> BTreeSet<String> {
    let mut families: BTreeMap<&str, String> = BTreeMap::new();
    for name in named {
        let family = FAMILIES.iter().copied().find(|family| name.starts_with(family)).unwrap_or(name);
        families.entry(family).and_modify(|prefix| prefix.truncate(common(prefix, name))).or_insert_with(|| name.clone());
    }
    families.into_values().collect()
}

/// Length of what two texts begin with in common.
fn common(a: &str, b: &str) -> usize {
    a.char_indices().zip(b.chars()).find(|((_, x), y)| x != y).map_or(a.len().min(b.len()), |((at, _), _)| at)
}

async fn list(ctx: &Ctx<'_>, prefix: String) -> Vec<types::LogGroup> {
    let question = ctx.ask("logs", "DescribeLogGroups");
    let answer = question
        .pages(
            |token| ctx.clients.logs().describe_log_groups().log_group_name_prefix(&prefix).limit(PAGE).set_next_token(token).send(),
            |page| (page.log_groups, page.next_token),
        )
        .await;
    let mut groups = answer.items();
    groups.retain(|group| question.named("logGroupName", group.log_group_name.clone()).is_some());
    groups
}

async fn keep(ctx: &Ctx<'_>, name: String, group: types::LogGroup) {
    let arn = text(group.log_group_arn).or(text(group.arn)).map(|arn| arn.trim_end_matches(":*").to_owned());
    let arn = arn.unwrap_or_else(|| ctx.arn("logs", &format!("log-group:{name}")));
    let short = group.retention_in_days.is_some_and(|days| days < LONG_ENOUGH);
    let fields = logs::LogGroup {
        retention_days: Observed::Known(group.retention_in_days.map(i64::from)),
        kms_key_id: Observed::Known(text(group.kms_key_id)),
        class: Observed::Known(group.log_group_class.map(|class| class.as_str().to_owned())),
        subscriptions: if short { subscriptions(ctx, &arn, &name).await } else { Observed::Unseen },
    };
    ctx.keep(ctx.id(&arn, &name), fields);
}

async fn subscriptions(ctx: &Ctx<'_>, arn: &str, name: &str) -> Observed<i64> {
    let answer = ctx
        .ask("logs", "DescribeSubscriptionFilters")
        .about(arn)
        .pages(
            |token| ctx.clients.logs().describe_subscription_filters().log_group_name(name).limit(PAGE).set_next_token(token).send(),
            |page| (page.subscription_filters, page.next_token),
        )
        .await;
    answer.known(|filters| i64::try_from(filters.len()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_listed_once_by_what_its_names_share() {
        let named = ["/aws/rds/instance/a/error", "/aws/rds/instance/b/agent", "dms-tasks-one", "/vpc/a", "/vpc/b"].map(str::to_owned).into();
        assert_eq!(prefixes(&named).into_iter().collect::<Vec<_>>(), ["/aws/rds/instance/", "/vpc/a", "/vpc/b", "dms-tasks-one"]);
    }

    #[test]
    fn what_is_common_ends_between_characters() {
        assert_eq!((common("é1", "é2"), common("ab", "abc"), common("", "x"), common("abc", "ab")), (2, 2, 0, 2));
    }
}
