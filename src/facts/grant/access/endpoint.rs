//! A VPC endpoint on the way of a request → its policy, and the context keys that AWS then supplies.
//!
//! Source: AWS PrivateLink guide, "Control access to VPC endpoints using endpoint policies"; IAM User Guide, "AWS global condition context
//! keys": `aws:SourceVpce` and `aws:SourceVpc` are there for requests through an endpoint, `aws:SourceIp` is not.

use std::sync::Arc;

use iam_eval::arn::Arn;
use iam_eval::{Policy, PolicySet};

use crate::evidence::Missing;
use crate::evidence::{Derived, Index, observe};
use crate::model::network::VpcEndpoint;

/// Endpoint services whose name is not the prefix of their actions.
const PREFIXES: [(&str, &str); 7] = [
    ("ecr.api", "ecr"),
    ("ecr.dkr", "ecr"),
    ("elastic-inference.runtime", "elastic-inference"),
    ("kinesis-firehose", "firehose"),
    ("kinesis-streams", "kinesis"),
    ("monitoring", "cloudwatch"),
    ("s3-global.accesspoint", "s3"),
];

/// A VPC endpoint that a request goes through.
#[derive(Debug, Clone)]
pub struct Through {
    /// Its id.
    pub name: String,
    /// Its policy; `None` where its service takes none.
    pub policy: Option<PolicySet<Missing>>,
    /// The context keys that AWS supplies, with their values; none for what such a request lacks.
    pub keys: Vec<(&'static str, Vec<String>)>,
}

/// Why a request cannot go through an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoWay {
    /// There is none of that name.
    #[error("there is no such VPC endpoint in the snapshot{}", if .0.is_empty() { String::new() } else { format!("; it has {}", .0.join(", ")) })]
    Unknown(Vec<String>),
    /// It leads elsewhere.
    #[error("it leads to {service}, and no {action} goes there")]
    OtherService {
        /// Its service.
        service: String,
        /// The action that was asked about.
        action: String,
    },
    /// It leads to another region's resources.
    #[error("it leads to {service}, and {resource} is in another region")]
    OtherRegion {
        /// Its service.
        service: String,
        /// The resource that was asked about.
        resource: String,
    },
    /// It is not in use.
    #[error("it is {0}: nothing goes through it")]
    Down(String),
}

impl Through {
    /// The endpoint of an id or ARN, for an action on a resource. What was not seen of it is taken to be as asked.
    ///
    /// # Errors
    /// Where there is none, or such a request cannot go through it.
    pub fn find(index: &Index<'_>, name: &str, action: &str, resource: &str) -> Result<Self, NoWay> {
        let all = index.all::<VpcEndpoint>();
        let found = all.iter().find(|endpoint| *endpoint.id.name == *name || *endpoint.id.arn == *name);
        let endpoint = found.ok_or_else(|| NoWay::Unknown(all.iter().map(|endpoint| endpoint.id.name.to_string()).collect()))?;
        let fields = &endpoint.fields;
        if let Some(service) = fields.service.known().and_then(Option::as_deref) {
            let wanted = action.split(':').next().unwrap_or_default();
            if !prefix(service, &endpoint.id.region).eq_ignore_ascii_case(wanted) {
                return Err(NoWay::OtherService { service: service.to_owned(), action: action.to_owned() });
            }
            if Arn::parse(resource)
                .is_some_and(|arn| !arn.region.is_empty() && !arn.region.contains(['*', '?']) && *arn.region != *endpoint.id.region)
            {
                return Err(NoWay::OtherRegion { service: service.to_owned(), resource: resource.to_owned() });
            }
        }
        if let Some(state) = fields.state.known().and_then(Option::as_deref).filter(|state| !state.eq_ignore_ascii_case("available")) {
            return Err(NoWay::Down(state.to_owned()));
        }
        let policy = match observe!(endpoint.policy) {
            Derived::Known { value, .. } => value.map(|document| {
                let policy = Policy::new(&document, &endpoint.id.name, Some(&endpoint.id.arn));
                PolicySet::seen([Arc::new(policy.as_of(index.now()))])
            }),
            Derived::Unseen { missing, .. } => Some(PolicySet::unseen(missing)),
        };
        let mut keys = vec![("aws:SourceVpce", vec![endpoint.id.name.to_string()]), ("aws:SourceIp", Vec::new())];
        keys.extend(fields.vpc_id.known().and_then(Option::as_ref).map(|vpc| ("aws:SourceVpc", vec![vpc.clone()])));
        Ok(Self { name: endpoint.id.name.to_string(), policy, keys })
    }
}

/// The prefix of the actions of an endpoint service, such as `com.amazonaws.eu-west-1.s3`.
fn prefix<'a>(service: &'a str, region: &str) -> &'a str {
    let name = service.split_once(&format!(".{region}.")).map_or_else(|| service.trim_start_matches("com.amazonaws."), |(_, name)| name);
    let name = name.strip_suffix("-fips").unwrap_or(name);
    PREFIXES.into_iter().find(|(known, _)| *known == name).map_or(name, |(_, prefix)| prefix)
}
