//! What stays of the rows that a Redshift endpoint stages in S3 (3.2.1).
//!
//! DMS User Guide, "Using Amazon Redshift as a target": files are deleted after COPY; versions and replicas of them are not.

use super::super::FactContext;
use super::super::subject::Subject;
use super::STAGING;
use super::bucket::Used;
use crate::evidence::{Derived, observe};
use crate::model::{Kind, Resource, dms};

/// The subjects of the fact kind `staging`: each bucket that is named, and each endpoint that names none.
pub(super) fn derive(ctx: &FactContext<'_>, buckets: &[Used<'_>]) -> Vec<Subject> {
    let named = buckets.iter().filter(|bucket| bucket.has_role("staging")).map(|bucket| {
        let versioning = bucket.field("versioning", |bucket| &bucket.versioning);
        Subject::new(STAGING.name, super::about(ctx, Kind::Bucket, &bucket.id))
            .with("named", Derived::known(true).resting_on(&bucket.named_in("staging")))
            // Suspended keeps the versions that are there.
            .with("versioned", versioning.map(|state| state.is_some_and(|state| matches!(state.as_str(), "Enabled" | "Suspended"))))
            .with("replicated_to", bucket.field("replication_targets", |bucket| &bucket.replication_targets))
            .given(&stages(ctx, bucket))
    });
    let unnamed = ctx.index.all::<dms::Endpoint>().iter().filter(|endpoint| is_redshift(endpoint)).filter_map(|endpoint| {
        let named = observe!(endpoint.engine).and_then(|_| observe!(endpoint.staging)).map(|staging| bucket_of(staging.as_ref()).is_some());
        let hidden = named.clone().map(|_| Vec::<String>::new());
        (named.value() != Some(&true)).then(|| {
            Subject::new(STAGING.name, super::about(ctx, Kind::DmsEndpoint, &endpoint.id))
                .with("named", named.clone())
                .with("versioned", named)
                .with("replicated_to", hidden)
        })
    });
    named.chain(unnamed).collect()
}

/// Known where the engine of some endpoint was seen that stages here: of another engine, the bucket would be its target.
fn stages(ctx: &FactContext<'_>, bucket: &Used<'_>) -> Derived<bool> {
    let endpoints = bucket.uses.iter().filter(|one| one.role == "staging").filter_map(|one| {
        let position = ctx.index.position(Kind::DmsEndpoint, &one.by.arn)?;
        ctx.index.all::<dms::Endpoint>().get(position)
    });
    Derived::any(endpoints.map(|endpoint| observe!(endpoint.engine).map(|_| true)))
}

fn is_redshift(endpoint: &Resource<dms::Endpoint>) -> bool {
    endpoint.fields.engine.known().is_some_and(|engine| engine == "redshift" || engine == "redshift-serverless")
}

fn bucket_of(staging: Option<&dms::Staging>) -> Option<&str> {
    staging.and_then(|staging| staging.bucket.as_deref()).filter(|bucket| !bucket.is_empty())
}
