//! AWS CloudTrail → trails, whether they log, and what they record.

use std::sync::Arc;

use aws_sdk_cloudtrail::types;

use super::convert::{set, text};
use super::ctx::Ctx;
use crate::model::logs::{EventSelector, Trail};
use crate::model::{Identity, Observed};

/// The trails that cover a region, shadows of other regions' trails among them; each is kept once.
pub(super) async fn trails(ctx: &Ctx<'_>) {
    let question = ctx.ask("cloudtrail", "DescribeTrails");
    let answer = question.one(|| ctx.clients.cloudtrail().describe_trails().include_shadow_trails(true).send()).await;
    for trail in answer.ok().and_then(|output| output.trail_list).unwrap_or_default() {
        let Some(arn) = question.named("TrailARN", trail.trail_arn) else { continue };
        if ctx.session.resources().trails.iter().any(|known| *known.id.arn == *arn) {
            continue;
        }
        let answer = question.of(&arn);
        let fields = Trail {
            home_region: Observed::Known(text(trail.home_region)),
            multi_region: answer.sent("IsMultiRegionTrail", trail.is_multi_region_trail),
            global_events: answer.sent("IncludeGlobalServiceEvents", trail.include_global_service_events),
            organization: Observed::Known(trail.is_organization_trail.unwrap_or(false)),
            bucket: Observed::Known(text(trail.s3_bucket_name)),
            prefix: Observed::Known(text(trail.s3_key_prefix)),
            validates_files: answer.sent("LogFileValidationEnabled", trail.log_file_validation_enabled),
            kms_key_id: Observed::Known(text(trail.kms_key_id)),
            logging: Observed::Unseen,
            delivery_error: Observed::Unseen,
            selectors: Observed::Unseen,
        };
        ctx.keep(ctx.id(&arn, trail.name.as_deref().unwrap_or_default()), fields);
    }
}

/// Status and selectors of a trail; any region that it covers can be asked by its ARN.
pub(super) async fn details(ctx: &Ctx<'_>, id: &Arc<Identity>) {
    let (status, selectors) = (ctx.ask("cloudtrail", "GetTrailStatus").about(&id.arn), ctx.ask("cloudtrail", "GetEventSelectors").about(&id.arn));
    let (status, selectors) = tokio::join!(
        status.one(|| ctx.clients.cloudtrail().get_trail_status().name(&*id.arn).send()),
        selectors.one(|| ctx.clients.cloudtrail().get_event_selectors().trail_name(&*id.arn).send()),
    );
    let status = status.ok();
    ctx.amend::<Trail>(&id.arn, |fields| {
        fields.logging = Observed::from(status.as_ref().map(|status| status.is_logging.unwrap_or(false)));
        fields.delivery_error = Observed::from(status.map(|status| text(status.latest_delivery_error)));
        fields.selectors = selectors.known(|output| {
            let basic = output.event_selectors.unwrap_or_default().into_iter().map(basic);
            let advanced = output.advanced_event_selectors.unwrap_or_default().into_iter().map(advanced);
            super::convert::sorted(basic.chain(advanced))
        });
    });
}

/// The event source of S3.
const S3: &str = "s3.amazonaws.com";

fn basic(selector: types::EventSelector) -> EventSelector {
    let data = selector.data_resources.unwrap_or_default().into_iter();
    let objects = data.filter(|data| data.r#type.as_deref() == Some("AWS::S3::Object"));
    EventSelector {
        // CloudTrail's default is to record them.
        management: selector.include_management_events.unwrap_or(true),
        read_write: selector.read_write_type.map_or_else(|| "All".to_owned(), |kind| kind.as_str().to_owned()),
        excluded_sources: set(selector.exclude_management_event_sources.unwrap_or_default()),
        s3_objects: set(objects.flat_map(|data| data.values.unwrap_or_default())),
        excluded_objects: Some(Vec::new()),
        narrowed: false,
    }
}

/// An advanced selector is a conjunction of conditions on fields. One that is not understood may only narrow it.
/// Source: CloudTrail API Reference, AdvancedFieldSelector.
fn advanced(selector: types::AdvancedEventSelector) -> EventSelector {
    let mut built = EventSelector { read_write: "All".to_owned(), ..EventSelector::default() };
    let (mut objects, mut of_s3) = (false, false);
    let (mut named, mut excluded): (Option<Vec<String>>, Vec<String>) = (None, Vec::new());
    for condition in selector.field_selectors {
        let values = |values: Option<Vec<String>>| values.unwrap_or_default();
        let (equals, starts) = (values(condition.equals), values(condition.starts_with));
        let (not_equals, not_starts) = (values(condition.not_equals), values(condition.not_starts_with));
        let by_end = !values(condition.ends_with).is_empty() || !values(condition.not_ends_with).is_empty();
        let prefixes = |starts: Vec<String>| starts.into_iter().map(|start| format!("{start}*")).collect::<Vec<_>>();
        let only_equals = starts.is_empty() && not_equals.is_empty() && not_starts.is_empty() && !by_end;
        match condition.field.as_str() {
            "eventCategory" if only_equals => built.management = equals.iter().any(|value| value == "Management"),
            "resources.type" if only_equals => objects = equals.iter().any(|value| value == "AWS::S3::Object"),
            "readOnly" if only_equals && equals.len() == 1 => {
                built.read_write = if equals[0].eq_ignore_ascii_case("true") { "ReadOnly" } else { "WriteOnly" }.to_owned();
            }
            "eventSource" if only_equals && equals == [S3] => of_s3 = true,
            "eventSource" if equals.is_empty() && starts.is_empty() && not_starts.is_empty() && !by_end => built.excluded_sources.extend(not_equals),
            "resources.ARN" if !by_end => {
                // What is named exactly is one object: it says nothing of a bucket.
                if !equals.is_empty() || !starts.is_empty() {
                    named.get_or_insert_default().extend(prefixes(starts));
                }
                excluded.extend(not_equals.into_iter().chain(prefixes(not_starts)));
            }
            _ => built.narrowed = true,
        }
    }
    // Management events of one source are not all of them.
    built.narrowed |= of_s3 && built.management;
    built.excluded_sources = set(built.excluded_sources);
    built.excluded_objects = Some(set(excluded));
    if objects {
        // No condition on the ARN records every object.
        built.s3_objects = named.map_or_else(|| vec!["arn:aws:s3".to_owned()], set);
    }
    built
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(field: &str) -> aws_sdk_cloudtrail::types::builders::AdvancedFieldSelectorBuilder {
        types::AdvancedFieldSelector::builder().field(field)
    }

    fn selector(conditions: Vec<types::AdvancedFieldSelector>) -> EventSelector {
        advanced(types::AdvancedEventSelector::builder().set_field_selectors(Some(conditions)).build().unwrap())
    }

    #[test]
    fn an_advanced_selector_of_management_events() {
        let read = selector(vec![
            condition("eventCategory").equals("Management").build().unwrap(),
            condition("readOnly").equals("false").build().unwrap(),
            condition("eventSource").not_equals("kms.amazonaws.com").build().unwrap(),
        ]);
        assert!(read.management && !read.narrowed && read.s3_objects.is_empty());
        assert_eq!((read.read_write.as_str(), read.excluded_sources.as_slice()), ("WriteOnly", ["kms.amazonaws.com".to_owned()].as_slice()));
    }

    #[test]
    fn an_advanced_selector_of_s3_objects() {
        let data = || {
            vec![condition("eventCategory").equals("Data").build().unwrap(), condition("resources.type").equals("AWS::S3::Object").build().unwrap()]
        };
        assert_eq!(selector(data()).s3_objects, ["arn:aws:s3"]);
        let named = condition("resources.ARN").starts_with("arn:aws:s3:::staging/").build().unwrap();
        assert_eq!(selector(data().into_iter().chain([named]).collect()).s3_objects, ["arn:aws:s3:::staging/*"]);
        let exact = condition("resources.ARN").equals("arn:aws:s3:::staging/").build().unwrap();
        assert!(selector(data().into_iter().chain([exact]).collect()).s3_objects.is_empty());
        let but = |values: [&str; 2]| condition("resources.ARN").set_not_starts_with(Some(values.map(str::to_owned).to_vec())).build().unwrap();
        let read = selector(data().into_iter().chain([but(["arn:aws:s3:::log/", "arn:aws:s3:::trail/"])]).collect());
        assert_eq!((read.s3_objects.as_slice(), read.narrowed), (["arn:aws:s3".to_owned()].as_slice(), false));
        assert_eq!(read.excluded_objects, Some(vec!["arn:aws:s3:::log/*".to_owned(), "arn:aws:s3:::trail/*".to_owned()]));
        let source = condition("eventSource").equals("s3.amazonaws.com").build().unwrap();
        assert!(!selector(data().into_iter().chain([source]).collect()).narrowed);
        let other = condition("eventName").equals("GetObject").build().unwrap();
        assert!(selector(data().into_iter().chain([other]).collect()).narrowed);
    }

    #[test]
    fn a_basic_selector_records_management_events_by_default() {
        let data = types::DataResource::builder().r#type("AWS::S3::Object").values("arn:aws:s3:::b/").build();
        let read = basic(types::EventSelector::builder().data_resources(data).build());
        assert!(read.management && !read.narrowed);
        assert_eq!((read.read_write.as_str(), read.s3_objects.as_slice()), ("All", ["arn:aws:s3:::b/".to_owned()].as_slice()));
    }
}
