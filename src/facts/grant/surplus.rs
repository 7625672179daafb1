//! What a pipeline's service role may do beyond what the pipeline uses (7.2.5).
//!
//! Source: PCI DSS 4.0.1 7.2.5; AWS DMS User Guide, "Creating the IAM roles to use with AWS DMS"; Service Authorization Reference. AWS's own DMS
//! service policies are the accepted minimum: they are left out before this is asked.

use std::collections::BTreeSet;

use iam_eval::action::{AccessLevel, Action, expand, lookup};
use iam_eval::arn::Arn;
use iam_eval::element::Element;
use iam_eval::{Pattern, PolicyStatement, Reading};

use super::allowance::{Allowance, Found, Right};
use super::ground::Ground;
use crate::evidence::Derived;
use crate::model::Kind;
use crate::model::reference::Reference;

/// AWS's own policies that are wider than any pipeline, by name.
pub(super) const TOO_WIDE: &[&str] = &["AmazonRedshiftAllCommandsFullAccess"];

/// What the job of a role needs.
#[derive(Debug, Clone, Default)]
pub(super) struct Needs {
    /// Names of the pipelines' buckets; empty where the job needs none.
    pub buckets: BTreeSet<String>,
    /// Names of the pipelines' secrets, as `secret:NAME`, with and without their random suffix.
    pub secrets: BTreeSet<String>,
    /// Redshift's own loads and unloads: what is named one by one is taken as used.
    pub warehouse: bool,
    /// A job of DMS.
    pub dms: bool,
    /// Services in which the job changes something.
    services: BTreeSet<&'static str>,
}

/// In which services the jobs of a role change something. Of IAM and STS other limits speak.
const SERVICES: &[(&str, &[&str])] = &[
    ("dms-logs", &["logs"]),
    ("dms-vpc", &["ec2"]),
    ("endpoint-access", &["dynamodb", "es", "kafka-cluster", "kinesis", "kms", "neptune-db", "s3", "secretsmanager", "timestream"]),
    ("secret-access", &["kms", "secretsmanager"]),
    (
        "warehouse",
        &[
            "athena",
            "bedrock",
            "dynamodb",
            "elasticmapreduce",
            "glue",
            "kafka-cluster",
            "kinesis",
            "kms",
            "lakeformation",
            "lambda",
            "rds-db",
            "redshift",
            "s3",
            "sagemaker",
            "secretsmanager",
        ],
    ),
];

/// All that jobs change in some of these services, as parts of action names.
const CHANGES: &[(&str, &[&str])] =
    &[("ec2", &["NetworkInterface", "PrivateIpAddresses"]), ("lambda", &["Invoke"]), ("logs", &["CreateLog", "PutLogEvents", "PutRetentionPolicy"])];

/// How far an action may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    /// The pipelines' buckets.
    Buckets,
    /// The pipelines' secrets.
    Secrets,
    /// Not everything of a type.
    NotEverything(&'static str),
    /// Nowhere: no pipeline's role needs it.
    Nowhere,
    /// Nowhere for DMS; for Redshift only named roles, or to named services.
    PassRole,
}

const LIMITS: &[(Limit, &[&str])] = &[
    (
        Limit::Buckets,
        &[
            "s3:GetObject",
            "s3:GetObjectVersion",
            "s3:PutObject",
            "s3:DeleteObject",
            "s3:PutObjectAcl",
            "s3:PutBucketPolicy",
            "s3:PutBucketAcl",
            "s3:PutReplicationConfiguration",
        ],
    ),
    (Limit::Secrets, &["secretsmanager:GetSecretValue"]),
    (Limit::NotEverything("kms"), &["kms:Decrypt", "kms:CreateGrant"]),
    (Limit::NotEverything("login"), &["redshift:GetClusterCredentials", "redshift:GetClusterCredentialsWithIAM"]),
    (Limit::NotEverything("rds-db"), &["rds-db:connect"]),
    (Limit::NotEverything("lambda"), &["lambda:InvokeFunction"]),
    (Limit::NotEverything("roles"), &["sts:AssumeRole"]),
    (Limit::PassRole, &["iam:PassRole"]),
    (
        Limit::Nowhere,
        &[
            "dms:CreateEndpoint",
            "dms:CreateReplicationTask",
            "dms:DeleteReplicationTask",
            "dms:ModifyEndpoint",
            "dms:ModifyReplicationTask",
            "ec2:AuthorizeSecurityGroupIngress",
            "glue:GetConnection",
            "glue:GetConnections",
            "kms:DisableKey",
            "kms:PutKeyPolicy",
            "kms:ScheduleKeyDeletion",
            "rds:DeleteDBInstance",
            "rds:ModifyDBInstance",
            "rds:ModifyDBSnapshotAttribute",
            "rds:RestoreDBInstanceFromDBSnapshot",
            "rds:StartExportTask",
            "redshift:AuthorizeDataShare",
            "redshift:AuthorizeEndpointAccess",
            "redshift:DeleteCluster",
            "redshift:ModifyCluster",
            "secretsmanager:DeleteSecret",
            "secretsmanager:PutResourcePolicy",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecret",
            "ssm:GetParameter",
            "ssm:GetParameterHistory",
            "ssm:GetParameters",
            "ssm:GetParametersByPath",
        ],
    ),
];

impl Needs {
    /// What the jobs of a role need of all that is referenced.
    pub(super) fn new(purposes: &[&str], references: &[Reference]) -> Self {
        let (endpoint, secret, warehouse) =
            (purposes.contains(&"endpoint-access"), purposes.contains(&"secret-access"), purposes.contains(&"warehouse"));
        let services = SERVICES.iter().filter(|(purpose, _)| purposes.contains(purpose)).flat_map(|(_, services)| services.iter().copied());
        let dms = purposes.iter().any(|purpose| *purpose != "warehouse");
        let mut needs = Self { warehouse, dms, services: services.chain(["iam", "sts"]).collect(), ..Self::default() };
        for reference in references {
            match (reference.target, reference.role) {
                (Kind::Bucket, "staging" | "target" | "time-travel") if endpoint || warehouse => {
                    needs.buckets.insert(reference.id.clone());
                }
                (Kind::Secret, "login") if secret || warehouse => needs.secrets.extend(secret_names(&reference.id)),
                _ => {}
            }
        }
        needs
    }

    /// Whether an action changes what no job of the role changes.
    fn is_foreign(&self, action: &Action) -> bool {
        let service = action.service();
        let ours = || {
            let changes = CHANGES.iter().find(|(of, _)| *of == service);
            changes.is_none_or(|(_, parts)| parts.iter().any(|part| action.name().contains(part)))
        };
        matches!(action.level(), AccessLevel::Write | AccessLevel::Permissions) && !(self.services.contains(service) && ours())
    }

    fn allows_bucket(&self, resource: &Pattern) -> bool {
        let Some(arn) = Arn::parse(resource.text()) else { return false };
        let name = arn.resource.split('/').next().unwrap_or_default();
        arn.service == "s3" && (self.buckets.contains(name) || (self.warehouse && !name.is_empty() && !name.contains(['*', '?', '$'])))
    }

    fn allows_secret(&self, resource: &Pattern) -> bool {
        let Some(arn) = Arn::parse(resource.text()) else { return false };
        // The name as it is, with any end, or with an end of the hyphen and six characters that AWS adds.
        let whole = arn.resource;
        let suffixed = whole.char_indices().rev().nth(6).and_then(|(at, _)| whole.split_at_checked(at));
        let suffixed = suffixed.filter(|(_, end)| end.starts_with('-') && !end.contains(['*', '$'])).map(|(name, _)| name);
        let names = [Some(whole), whole.strip_suffix("-*"), whole.strip_suffix('*'), suffixed];
        let own = names.into_iter().flatten().any(|name| self.secrets.contains(name));
        let named = arn.resource.strip_prefix("secret:").is_some_and(|name| !name.starts_with(['*', '?', '$']) && !name.is_empty());
        arn.service == "secretsmanager" && (own || (self.warehouse && named))
    }
}

/// `secret:NAME` of a secret named by ARN, partial ARN or name. Whether the end is AWS's random suffix, only AWS knows: both are kept.
fn secret_names(id: &str) -> Vec<String> {
    let full = Arn::parse(id).map_or_else(|| format!("secret:{id}"), |arn| arn.resource.to_owned());
    let short = full
        .len()
        .checked_sub(7)
        .and_then(|at| full.split_at_checked(at))
        .filter(|(_, suffix)| suffix.starts_with('-'))
        .map(|(name, _)| name.to_owned());
    [Some(full), short].into_iter().flatten().collect()
}

/// An action that a limit is about.
struct Limited {
    limit: Limit,
    name: String,
    folded: String,
    /// What its ARNs look like.
    about: Vec<Pattern>,
}

impl Limited {
    fn new(limit: Limit, name: &str) -> Self {
        Self { limit, name: name.to_owned(), folded: name.to_ascii_lowercase(), about: about(name, lookup(name)) }
    }
}

/// The tables, read once.
pub(super) struct Measure {
    limits: Vec<Limited>,
}

impl Measure {
    /// Reads the tables. No pipeline's role needs to change anything of IAM.
    pub(super) fn new() -> Self {
        let listed = LIMITS.iter().flat_map(|(limit, actions)| actions.iter().map(|action| Limited::new(*limit, action)));
        let changes = |action: &Action| !matches!(action.level(), AccessLevel::List | AccessLevel::Read) && action.name() != "iam:PassRole";
        let iam = expand(&Pattern::action("iam:*")).filter(changes).map(|action| Limited::new(Limit::Nowhere, &action.name()));
        Self { limits: listed.chain(iam).collect() }
    }

    /// What a role holds beyond its needs, as `action on resource (policy)`. `complete` says whether all the pipelines' buckets and
    /// secrets are known: what would be surplus only because nothing seen uses it is unseen without that.
    pub(super) fn surplus(&self, allowance: &Allowance, needs: &Needs, ground: &Ground, complete: &Derived<()>, named: Found) -> Derived<Vec<Right>> {
        let (mut certain, mut maybe) = (named, Found::new());
        for claim in allowance.allows() {
            let statement = claim.statement;
            let mut add = |certainly: bool, action: &str, resource: &Pattern| {
                let resource = if statement.resources.is_negated() { statement.resources.in_words() } else { resource.text().to_owned() };
                let found = if certainly { &mut certain } else { &mut maybe };
                allowance.prove(found, format!("{action} on {resource} ({})", claim.policy()), claim);
            };
            for element in wholes(&statement.actions) {
                let service = service(element.text());
                let objects = |resource: &Pattern| {
                    resource.text().contains('/') && needs.allows_bucket(resource) && element.text().eq_ignore_ascii_case("s3:*")
                };
                for resource in self.reach_of_whole(allowance, statement, element) {
                    if of_service(service).overlaps(&resource) && !objects(&resource) {
                        add(true, element.text(), &resource);
                    }
                }
            }
            for (words, element) in elements(&statement.actions) {
                let reached = expand(&element).filter(|action| needs.is_foreign(action)).find_map(|action| {
                    let name = action.name();
                    let about = statement.actions.holds(&name.to_ascii_lowercase()).then(|| about(&name, Some(action)))?;
                    allowance.reach(statement, &name).into_iter().find(|resource| about.iter().any(|about| about.overlaps(resource)))
                });
                if let Some(resource) = reached {
                    add(true, &words, &resource);
                }
            }
            for limited in self.limits.iter().filter(|limited| statement.actions.holds(&limited.folded)) {
                for resource in allowance.reach(statement, &limited.name) {
                    let (beyond, certainly) = judge(limited.limit, statement, &resource, needs, ground);
                    // Actions and resources of two services, or kinds, in one statement do not mix.
                    if beyond && limited.about.iter().any(|about| about.overlaps(&resource)) {
                        add(certainly, &statement.actions.words(&limited.folded).unwrap_or_default(), &resource);
                    }
                }
            }
        }
        if certain.is_empty() && !maybe.is_empty() {
            return complete.clone().and_then(|()| allowance.conclude(maybe));
        }
        if complete.value().is_some() {
            certain.extend(maybe);
        }
        allowance.conclude(certain)
    }

    /// What an element that grants a whole service, or more, reaches with it. A Deny takes it away where it leaves none of its actions.
    fn reach_of_whole(&self, allowance: &Allowance, statement: &PolicyStatement, element: &Pattern) -> Vec<Pattern> {
        let all = every(element);
        let mut reached = allowance.reach(statement, &all);
        let struck: Vec<Pattern> = statement.resources.patterns().filter(|resource| allowance.strikes(&all, resource)).cloned().collect();
        let left = |resource: &Pattern| {
            if element.prefix().contains(':') {
                expand(element).any(|action| allowance.stands(&action.name(), resource))
            } else {
                self.limits.iter().any(|limited| element.matches(&limited.folded) && allowance.stands(&limited.name, resource))
            }
        };
        reached.extend(struck.into_iter().filter(left));
        reached
    }
}

/// Whether a resource lies beyond a limit, and whether that holds whatever else the pipelines may name.
fn judge(limit: Limit, statement: &PolicyStatement, resource: &Pattern, needs: &Needs, ground: &Ground) -> (bool, bool) {
    let limited = statement.limits_resources();
    match limit {
        Limit::Buckets => (!needs.allows_bucket(resource), ground.is_everything("s3", resource)),
        Limit::Secrets => (!limited && !needs.allows_secret(resource), ground.is_everything("secretsmanager", resource)),
        Limit::NotEverything(service) => (!limited && ground.is_everything(service, resource), true),
        Limit::Nowhere => (true, true),
        Limit::PassRole => (needs.dms || (!limited && ground.is_everything("roles", resource)), true),
    }
}

/// What the ARNs of an action's resources look like; all of its service's where the database names none.
fn about(name: &str, action: Option<Action>) -> Vec<Pattern> {
    let known: Vec<Pattern> = action.into_iter().flat_map(|action| action.resource_types()).flat_map(|(kind, _)| kind.arns.clone()).collect();
    if known.is_empty() { vec![of_service(service(name))] } else { known }
}

/// The ARNs of a service.
fn of_service(service: &str) -> Pattern {
    Pattern::resource(&format!("arn:*:{}:*", service.to_ascii_lowercase()))
}

/// The service in the ARNs that an action is about.
fn service(action: &str) -> &str {
    match action.split(':').next().unwrap_or_default() {
        "sts" => "iam",
        other => other,
    }
}

/// All the actions of the service, or services, of an element, as one name.
fn every(element: &Pattern) -> String {
    format!("{}:?*", element.text().split(':').next().unwrap_or_default())
}

/// The elements that grant a whole service or more.
fn wholes(actions: &Element) -> impl Iterator<Item = &Pattern> {
    match actions {
        Element::Of(elements) => elements.as_slice(),
        Element::AllBut(_) => &[],
    }
    .iter()
    .filter(|element| is_whole(element))
}

fn is_whole(element: &Pattern) -> bool {
    element.is_open() && element.covers(&Pattern::action(&every(element)), Reading::Most)
}

/// The elements that grant less than a service, in words and as a pattern; everything but some as one.
fn elements(actions: &Element) -> Vec<(String, Pattern)> {
    match actions {
        Element::Of(elements) => {
            elements.iter().filter(|element| !is_whole(element)).map(|element| (element.text().to_owned(), element.clone())).collect()
        }
        Element::AllBut(_) => vec![(actions.in_words(), Pattern::action("*"))],
    }
}
