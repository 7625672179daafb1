//! The subjects of `service-role`: roles that a pipeline's services assume, and the three that DMS looks up by name.
//!
//! Source: AWS DMS User Guide, "Creating the IAM roles to use with AWS DMS" and "Using secrets to access AWS DMS endpoints" (the secret's
//! role trusts the regional `dms.<region>.amazonaws.com`); Amazon Redshift Management Guide, "Authorizing Amazon Redshift to access AWS services".

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use iam_eval::principal_element::{NamedPrincipal, service_of};

use super::super::FactContext;
use super::super::subject::Subject;
use super::allowance::{Found, Policies, Proof, Right, is_aws_policy};
use super::ground::Ground;
use super::guest::{Guests, UNSAID};
use super::held_policy::policy_name;
use super::held_policy::{HeldPolicy, Holding};
use super::known_parties::KnownParties;
use super::open::Opening;
use super::surplus::{Measure, Needs, TOO_WIDE};
use super::trust::{Trust, trust};
use super::{SERVICE_ROLE, trust_words};
use crate::evidence::{About, Derived, FieldRef, Missing, observe};
use crate::model::reference::Reference;
use crate::model::{Identity, Kind, Resource, dms, iam};

/// A role that DMS looks up by name, its purpose, and AWS's own policy for it.
const FIXED: &[(&str, &str)] =
    &[("dms-access-for-endpoint", "endpoint-access"), ("dms-cloudwatch-logs-role", "dms-logs"), ("dms-vpc-role", "dms-vpc")];

/// AWS's own policies that are the accepted minimum, by purpose.
const ACCEPTED: &[(&str, &str)] =
    &[("endpoint-access", "AmazonDMSRedshiftS3Role"), ("dms-logs", "AmazonDMSCloudWatchLogsRole"), ("dms-vpc", "AmazonDMSVPCManagementRole")];

/// One subject per role that is there, and per fixed name that is needed and is not.
pub(super) fn derive<'a>(ctx: &FactContext<'a>, policies: &Policies<'a>, ground: &Ground) -> Vec<Subject> {
    let references = ctx.index.references();
    let all = Roles { ctx, policies, ground, references, measure: Measure::new(), needs: RefCell::default(), complete: complete(ctx) };
    let mut subjects: Vec<Subject> = ctx.index.all::<iam::Role>().iter().filter_map(|role| all.subject(role)).collect();
    subjects.extend(FIXED.iter().filter_map(|(name, purpose)| all.absent(name, purpose)));
    subjects
}

/// Known where every endpoint and task is: then what they do not name, no pipeline uses.
fn complete(ctx: &FactContext<'_>) -> Derived<()> {
    let kinds = [Kind::DmsEndpoint, Kind::DmsTask, Kind::DmsReplicationConfig];
    let lists = ctx.index.snapshot.regions.iter().flat_map(|region| kinds.map(|kind| ctx.index.listed(kind, region)));
    // Settings that do not parse may name a bucket.
    let tasks = ctx.index.all::<dms::Task>().iter().map(|task| observe!(task.settings).map(|_| ()));
    let configs = ctx.index.all::<dms::ReplicationConfig>().iter().map(|config| observe!(config.settings).map(|_| ()));
    let unread = tasks.chain(configs).filter(|settings| settings.value().is_none());
    Derived::collect(lists.chain(unread)).map(|_| ())
}

struct Roles<'r, 'a> {
    ctx: &'r FactContext<'a>,
    policies: &'r Policies<'a>,
    ground: &'r Ground,
    references: &'r [Reference],
    measure: Measure,
    /// What each set of purposes needs, gathered once: many roles share one.
    needs: RefCell<BTreeMap<Vec<&'static str>, Arc<Needs>>>,
    complete: Derived<()>,
}

impl<'a> Roles<'_, 'a> {
    fn subject(&self, role: &'a Resource<iam::Role>) -> Option<Subject> {
        let fixed = FIXED.iter().find(|(name, _)| *name == &*role.id.name);
        let uses = self.ctx.pipelines.uses(Kind::IamRole, &role.id.arn);
        let named = uses.iter().map(|reference| reference.role).filter(|role| ["endpoint-access", "secret-access", "warehouse"].contains(role));
        let purposes: Vec<&'static str> = named.chain(fixed.map(|(_, purpose)| *purpose)).collect::<BTreeSet<_>>().into_iter().collect();
        if purposes.is_empty() {
            return None;
        }
        let accepted = |arn: &str| ACCEPTED.iter().any(|(purpose, name)| purposes.contains(purpose) && is_aws_policy(arn, name));
        let allowance = self.policies.of_role(role, accepted);
        let surplus = self.measure.surplus(&allowance, &self.needs(&purposes), self.ground, &self.complete, too_wide(role));
        let trust = observe!(role.trust).map(|document| trust(&document, &role.id, &KnownParties::new(self.ctx)));
        let about = About {
            kind: Kind::IamRole,
            resource: role.id.clone(),
            key: String::new(),
            pipelines: self.ctx.pipelines.of(Kind::IamRole, &role.id.arn),
        };
        let surplus_policies = surplus.clone().map(|rights| Right::policies(&rights));
        let surplus = surplus.map(|rights| Right::words(&rights));
        let of_aws_policy = if fixed.is_some() { surplus.clone() } else { Derived::known(Vec::new()) };
        let unexpected = trust.clone().map(|trust| unexpected(&trust, &purposes, fixed.map(|(name, _)| *name)));
        let subject = Subject::new(SERVICE_ROLE.name, about)
            .with("present", Derived::known(true))
            .with("purposes", Derived::known(purposes))
            .with("fixed_name", Derived::known(fixed.is_some()))
            .with("surplus", surplus)
            .with("surplus_policies", surplus_policies)
            .with("surplus_of_aws_policy", of_aws_policy)
            .with("anyone", trust.clone().and_then(|trust| anyone(&trust)))
            .with("undeclared", Opening::outsiders(&trust.clone().map(|trust| trust.opening)))
            .with("openings", trust.clone().map(|trust| trust.opening.elements))
            .with("issuers", trust.clone().map(|trust| trust.opening.issuers))
            .with("unexpected", unexpected)
            .with("trust_why", trust.map(|trust| trust_words(&trust)));
        Some(subject)
    }

    fn needs(&self, purposes: &[&'static str]) -> Arc<Needs> {
        let mut known = self.needs.borrow_mut();
        known.entry(purposes.to_vec()).or_insert_with(|| Arc::new(Needs::new(purposes, self.references))).clone()
    }

    /// A fixed name that no role has, though something needs it. Without the list of roles nobody can say so.
    fn absent(&self, name: &str, purpose: &str) -> Option<Subject> {
        let index = self.ctx.index;
        let found = index.all::<iam::Role>().iter().any(|role| &*role.id.name == name);
        if found || index.listed(Kind::IamRole, "global").value().is_none() {
            return None;
        }
        let needed = self.needs_fixed(name)?;
        let caller = &index.snapshot.caller;
        let arn: Arc<str> = format!("arn:{}:iam::{}:role/{name}", caller.partition, caller.account).into();
        let pipelines = self.ctx.pipelines.of(Kind::IamRole, &arn);
        let id = Arc::new(Identity { arn, name: name.into(), account: caller.account.as_str().into(), region: "global".into() });
        let nobody = || Derived::known(Vec::<String>::new());
        let subject = Subject::new(SERVICE_ROLE.name, About { kind: Kind::IamRole, resource: id, key: String::new(), pipelines })
            .with("present", Derived::known(false).resting_on(&needed))
            .with("purposes", Derived::known(vec![purpose.to_owned()]))
            .with("fixed_name", Derived::known(true))
            .with("surplus", nobody())
            .with("surplus_policies", Derived::known(Vec::<HeldPolicy>::new()))
            .with("surplus_of_aws_policy", nobody())
            .with("anyone", Derived::known(false))
            .with("undeclared", nobody())
            .with("openings", nobody())
            .with("issuers", nobody())
            .with("unexpected", nobody())
            .with("trust_why", Derived::known("the role does not exist".to_owned()));
        Some(subject)
    }

    /// The fields that show that something needs a fixed name; `None` where nothing does.
    fn needs_fixed(&self, name: &str) -> Option<Vec<FieldRef>> {
        let resources = &self.ctx.index.snapshot.resources;
        if name != "dms-access-for-endpoint" {
            let instance = resources.dms_instances.first().map(|instance| observe!(instance.status).from().to_vec());
            let task = || resources.dms_tasks.first().map(|task| observe!(task.status).from().to_vec());
            let config = || resources.dms_replication_configs.first().map(|config| observe!(config.migration_type).from().to_vec());
            return instance.or_else(task).or_else(config);
        }
        resources.dms_endpoints.iter().find_map(|endpoint| {
            let engine = observe!(endpoint.engine).map(|engine| ["redshift", "redshift-serverless", "s3"].contains(&engine.as_str()));
            let needs = engine.and(observe!(endpoint.service_access_role_arn).map(|role| role.is_none()));
            (needs.value() == Some(&true)).then(|| needs.from().to_vec())
        })
    }
}

/// Whether anyone can assume it. Whether a Cognito identity pool takes guests, its own settings say, which are not read.
fn anyone(trust: &Trust) -> Derived<bool> {
    if !trust.opening.anyone && trust.guests == Guests::Unsaid {
        return Derived::unseen(Missing::Outside(UNSAID.to_owned()));
    }
    Derived::known(trust.opening.anyone)
}

/// AWS's own policies that are too wide whatever their statements say.
fn too_wide(role: &Resource<iam::Role>) -> Found {
    let attached = observe!(role.attached_policies);
    let from = attached.from().to_vec();
    let wide = attached.value().into_iter().flatten().filter(|arn| TOO_WIDE.iter().any(|name| is_aws_policy(arn, name)));
    let proof = |arn: &str| Proof { from: from.clone(), policies: [Holding::role(&role.id).attached(arn)].into() };
    wide.map(|arn| (format!("all that AWS's policy allows on * ({})", policy_name(arn)), proof(arn))).collect()
}

/// Whom its job does not need in its trust policy.
fn unexpected(trust: &Trust, purposes: &[&str], fixed: Option<&str>) -> Vec<String> {
    let dms = purposes.iter().any(|purpose| *purpose != "warehouse");
    let redshift = purposes.contains(&"warehouse") || fixed == Some("dms-access-for-endpoint");
    let expected = |whom: &NamedPrincipal| match whom {
        NamedPrincipal::Service(name) => service_of(name).is_some_and(|service| match service.as_str() {
            "dms" | "dms-data-migrations" => dms,
            "redshift" => redshift,
            "redshift-serverless" => redshift && fixed.is_none(),
            _ => false,
        }),
        NamedPrincipal::Deleted(_) => true,
        _ => false,
    };
    trust.admitted.iter().filter(|whom| !expected(whom)).map(|whom| whom.text().to_owned()).collect()
}
