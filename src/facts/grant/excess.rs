//! What a person holds over the pipeline's data beyond need: everything on everything, or a whole service, or one right that opens all.
//!
//! Source: PCI DSS 4.0.1 7.2.2 and 7.2.6; AWS, "Actions, resources, and condition keys" for DMS, RDS, Redshift, S3, KMS, Secrets Manager and
//! IAM. Reading metadata (`Describe*`, `List*`) on everything is fine: most such actions know no narrower resource.

use iam_eval::PolicyStatement;
use iam_eval::REQUEST_KEYS;
use iam_eval::element::Element;

use super::allowance::{Allowance, Claim, Found, Right as HeldRight};
use super::ground::Ground;
use crate::evidence::{Derived, Missing};

/// Actions by which whoever has them on everything can give himself all the others.
pub(super) const GRANTING: &[&str] = &[
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
];

/// Keys that say of a principal of the account, and of what is in it, what is true anyway.
const OWN: [&str; 4] = ["aws:principalaccount", "aws:principalorgid", "aws:resourceaccount", "aws:resourceorgid"];

/// Whether a key says who asks, by what is not in a policy: a session's tags, its unique id (IAM User Guide, "AWS global condition context keys").
fn is_about_who(key: &str) -> bool {
    key.starts_with("aws:principaltag/") || ["aws:principalorgpaths", "aws:sourceidentity", "aws:userid", "sts:rolesessionname"].contains(&key)
}

/// One action of each service that matters: a list of actions that holds them all holds everything, however it is written.
const ADMIN: &[&str] = &[
    "cloudformation:CreateStack",
    "cloudtrail:StopLogging",
    "dms:ModifyEndpoint",
    "dynamodb:GetItem",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:RunInstances",
    "glue:CreateJob",
    "iam:AttachRolePolicy",
    "iam:PassRole",
    "iam:PutUserPolicy",
    "kms:Decrypt",
    "kms:PutKeyPolicy",
    "lambda:UpdateFunctionCode",
    "logs:DeleteLogGroup",
    "rds:ModifyDBInstance",
    "redshift:ModifyCluster",
    "s3:GetObject",
    "s3:PutBucketPolicy",
    "secretsmanager:GetSecretValue",
    "sqs:SendMessage",
    "ssm:SendCommand",
    "sts:AssumeRole",
];

/// A right that nobody needs over everything.
struct Right {
    /// Whose resources "everything" means.
    ground: &'static str,
    /// Its actions.
    actions: &'static [&'static str],
    /// The right is all of them at once, by a wildcard; else each is a right of its own.
    whole: bool,
}

const RIGHTS: &[Right] = &[
    whole(
        "dms",
        &[
            "dms:CreateEndpoint",
            "dms:CreateReplicationInstance",
            "dms:CreateReplicationTask",
            "dms:DeleteReplicationTask",
            "dms:ModifyEndpoint",
            "dms:ModifyReplicationTask",
            "dms:StartReplicationTask",
        ],
    ),
    whole("rds", &["rds:CreateDBSnapshot", "rds:DeleteDBInstance", "rds:ModifyDBInstance", "rds:ModifyDBSnapshotAttribute", "rds:StartExportTask"]),
    whole("redshift", &["redshift:AuthorizeDataShare", "redshift:DeleteCluster", "redshift:ModifyCluster", "redshift:RestoreFromClusterSnapshot"]),
    whole("s3", &["s3:DeleteObject", "s3:GetObject", "s3:PutBucketPolicy", "s3:PutObject"]),
    whole("kms", &["kms:CreateGrant", "kms:Decrypt", "kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"]),
    whole(
        "secretsmanager",
        &["secretsmanager:DeleteSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutResourcePolicy", "secretsmanager:PutSecretValue"],
    ),
    whole("redshift", &["redshift-data:BatchExecuteStatement", "redshift-data:ExecuteStatement"]),
    whole("rds", &["rds-data:BatchExecuteStatement", "rds-data:ExecuteStatement"]),
    each("s3", &["s3:GetObject"]),
    each("kms", &["kms:Decrypt"]),
    each("secretsmanager", &["secretsmanager:GetSecretValue"]),
    each("login", &["redshift:GetClusterCredentials", "redshift:GetClusterCredentialsWithIAM"]),
    each("rds-db", &["rds-db:connect"]),
    each("roles", &["iam:PassRole"]),
    each("iam", GRANTING),
];

const fn whole(ground: &'static str, actions: &'static [&'static str]) -> Right {
    Right { ground, actions, whole: true }
}

const fn each(ground: &'static str, actions: &'static [&'static str]) -> Right {
    Right { ground, actions, whole: false }
}

/// An action, as it is written and in lower case.
type Action = (&'static str, String);

/// The rights and probes, read once.
pub(super) struct Yardstick {
    rights: Vec<(&'static Right, Vec<Action>)>,
    granting: Vec<Action>,
    admin: Vec<Action>,
}

impl Yardstick {
    /// Reads the tables.
    pub(super) fn new() -> Self {
        let read = |actions: &[&'static str]| actions.iter().map(|action| (*action, action.to_ascii_lowercase())).collect::<Vec<_>>();
        Self { rights: RIGHTS.iter().map(|right| (right, read(right.actions))).collect(), granting: read(GRANTING), admin: read(ADMIN) }
    }

    /// Over-broad rights, as `pattern on resource (policy)`.
    pub(super) fn excess(&self, allowance: &Allowance, ground: &Ground) -> Found {
        let mut found = Found::new();
        let claims: Vec<Claim<'_>> = allowance.allows().filter(|claim| !claim.statement.limits_resources()).collect();
        for (right, actions) in &self.rights {
            let is_right = |claim: &&Claim<'_>| {
                let held = &claim.statement.actions;
                let mut granted = actions.iter().map(|(_, folded)| held.holds(folded));
                if right.whole { granted.all(|granted| granted) && is_open(held, actions) } else { granted.any(|granted| granted) }
            };
            let holding: Vec<&Claim<'_>> = claims.iter().filter(is_right).collect();
            for wanted in ground.of_service(right.ground).iter().filter(|_| !holding.is_empty()) {
                // Whether each action stands is asked once, however many statements grant it.
                let mut stands: Vec<Option<bool>> = vec![None; actions.len()];
                for claim in &holding {
                    let Some(resource) = claim.statement.resources.naming(wanted) else { continue };
                    for ((name, folded), known) in actions.iter().zip(&mut stands) {
                        let Some(action) = claim.statement.actions.words(folded) else { continue };
                        if *known.get_or_insert_with(|| allowance.stands(name, wanted)) {
                            allowance.prove(&mut found, format!("{action} on {resource} ({})", claim.policy()), **claim);
                        }
                    }
                }
            }
        }
        found
    }

    /// The statements that together hold everything on everything, to all who ask in the right way; empty where they do not, or where a Deny or the boundary undoes it.
    ///
    /// An exception or a Deny that leaves the right to grant leaves everything: who can write IAM policies can give himself the rest.
    pub(super) fn full_admin(&self, allowance: &Allowance, ground: &Ground) -> Derived<Vec<HeldRight>> {
        let how = |key: &str| REQUEST_KEYS.contains(&key) || OWN.contains(&key);
        let found = self.everything(allowance, ground, &how);
        let maybe = if found.is_empty() { self.everything(allowance, ground, &|key| how(key) || is_about_who(key)) } else { Found::new() };
        if maybe.is_empty() {
            return allowance.conclude(found);
        }
        // What the conditions on who he is come to, the control plane does not say.
        allowance.conclude(maybe).and_then(|statements| {
            let unsure = |right: HeldRight| Missing::Outside(format!("whether the condition is met under which {}", right.words));
            Derived::Unseen { missing: statements.into_iter().map(unsure).collect(), from: Vec::new() }
        })
    }

    fn everything(&self, allowance: &Allowance, ground: &Ground, excused: &dyn Fn(&str) -> bool) -> Found {
        let all = ground.all();
        let wide: Vec<Claim<'_>> =
            allowance.allows().filter(|claim| !allowance.narrows(claim.statement, excused) && claim.statement.resources.grants(all)).collect();
        let held = |(_, folded): &Action| wide.iter().any(|claim| claim.statement.actions.holds(folded));
        let everything = wide.iter().any(|claim| matches!(*claim.statement.actions, Element::AllBut(_))) || self.admin.iter().all(held);
        if !everything || !allowance.leaves_everything(ADMIN, all) {
            return Found::new();
        }
        if !self.granting.iter().any(|action| held(action) && allowance.stands(action.0, all)) {
            return Found::new();
        }
        let tells = |claim: &&Claim<'_>| self.granting.iter().chain(&self.admin).any(|(_, folded)| claim.statement.actions.holds(folded));
        let words = |claim: &Claim<'_>| {
            let PolicyStatement { place, actions, resources, .. } = claim.statement;
            format!("{}: {} allows {} on {}", claim.policy(), place.statement, actions.in_words(), resources.in_words())
        };
        // Where one statement does it alone, others beside it make nothing.
        let alone = |claim: &&Claim<'_>| {
            let holds = |(_, folded): &Action| claim.statement.actions.holds(folded);
            (matches!(*claim.statement.actions, Element::AllBut(_)) || self.admin.iter().all(holds)) && self.granting.iter().any(holds)
        };
        let one = wide.iter().any(|claim| alone(&claim));
        let making = wide.iter().filter(|claim| if one { alone(claim) } else { tells(claim) });
        let mut found = Found::new();
        making.for_each(|claim| allowance.prove(&mut found, words(claim), *claim));
        found
    }
}

/// Whether a wildcard or an exception is among what grants these actions.
fn is_open(held: &Element, actions: &[Action]) -> bool {
    match held {
        Element::AllBut(_) => true,
        Element::Of(patterns) => patterns.iter().any(|pattern| pattern.is_open() && actions.iter().any(|(_, folded)| pattern.matches(folded))),
    }
}

/// A yes or no, and the words for it, out of what was found.
pub(super) fn verdict(found: &Derived<Vec<HeldRight>>, none: &str) -> (Derived<bool>, Derived<String>) {
    let yes = found.clone().map(|items| !items.is_empty());
    let none = none.to_owned();
    (yes, found.clone().map(|items| if items.is_empty() { none } else { HeldRight::words(&items).join("; ") }))
}
