//! What the facts of this noun say of whole accounts, told by small snapshots.

use serde_json::{Value, json};

use crate::config::Config;
use crate::evidence::{Derived, Index};
use crate::facts::pipeline::Pipelines;
use crate::facts::{FactContext, Shape, Subject};
use crate::model::Snapshot;

const ACCOUNT: &str = "111122223333";
const SECRET: &str = "arn:aws:secretsmanager:us-east-2:111122223333:secret:ok-rds-secret-AbCdEf";
const KEY: &str = "arn:aws:kms:us-east-2:111122223333:key/k1";

/// A snapshot with the pipeline of the bench: two endpoints, one instance, one bucket, and the given IAM.
fn snapshot(iam: Value, gaps: Value) -> Snapshot {
    let id = |kind: &str, name: &str| json!({"arn": format!("arn:aws:dms:us-east-2:{ACCOUNT}:{kind}:{name}"), "name": name, "account": ACCOUNT, "region": "us-east-2"});
    let secrets = |role: &str| json!([{"setting": "SecretsManagerSecretId", "secret_id": SECRET, "role_arn": role_arn(role)}]);
    let mut resources = json!({
        "dms-endpoint": [
            {"id": id("endpoint", "ok-src"), "fields": {"engine": "sqlserver", "secrets": secrets("ok-dms-secrets"), "service_access_role_arn": null}},
            {"id": id("endpoint", "ok-tgt"), "fields": {"engine": "redshift", "secrets": secrets("ok-dms-secrets"), "service_access_role_arn": role_arn("dms-access-for-endpoint"),
                "staging": {"bucket": "dms-ok-staging", "encryption_mode": "sse-kms", "kms_key_id": KEY}}},
        ],
        "dms-instance": [{"id": id("rep", "ok-dms"), "fields": {}}],
    });
    for (kind, list) in iam.as_object().unwrap() {
        resources[kind] = list.clone();
    }
    let whole = json!({
        "schema": crate::model::snapshot::SCHEMA, "taken_at": "2026-03-01T00:00:00Z", "regions": ["us-east-2"], "reads": [], "gaps": gaps,
        "caller": {"account": ACCOUNT, "arn": "arn:aws:iam::111122223333:user/auditor", "partition": "aws"}, "resources": resources,
    });
    Snapshot::of_test(&whole.to_string())
}

fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

fn allow(actions: Value, resources: Value) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resources})
}

fn trusts(principal: Value) -> Value {
    json!({"Statement": {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}})
}

fn inline(statements: Value) -> Value {
    json!([{"name": "inline", "document": {"Statement": statements}}])
}

fn role(name: &str, trust: Value, statements: Value, attached: Value) -> Value {
    json!({"id": {"arn": role_arn(name), "name": name, "account": ACCOUNT, "region": "global"},
        "fields": {"path": "/", "trust": trust, "attached_policies": attached, "inline_policies": inline(statements), "boundary": null}})
}

fn user(name: &str, statements: Value, attached: Value) -> Value {
    json!({"id": {"arn": format!("arn:aws:iam::{ACCOUNT}:user/{name}"), "name": name, "account": ACCOUNT, "region": "global"},
        "fields": {"groups": [], "attached_policies": attached, "inline_policies": inline(statements), "boundary": null}})
}

fn policy(arn: &str, statements: Value) -> Value {
    let name = arn.rsplit('/').next().unwrap();
    json!({"id": {"arn": arn, "name": name, "account": ACCOUNT, "region": "global"}, "fields": {"document": {"Statement": statements}}})
}

fn derive(iam: Value) -> Vec<Subject> {
    derive_with(iam, json!([]), &Config::default())
}

fn derive_with(iam: Value, gaps: Value, config: &Config) -> Vec<Subject> {
    let snapshot = snapshot(iam, gaps);
    let index = Index::new(&snapshot);
    let pipelines = Pipelines::resolve(&index, config);
    let subjects = super::derive(&FactContext::new(&index, config, &pipelines));
    for subject in &subjects {
        let shape: &Shape = if subject.shape == "service-role" { &super::SERVICE_ROLE } else { &super::PRINCIPAL };
        let (names, set): (Vec<_>, Vec<_>) =
            (shape.fields.iter().map(|field| field.name).collect(), subject.fields.iter().map(|(name, _)| *name).collect());
        assert_eq!(names, set, "every field of the shape, in its order");
    }
    subjects
}

fn field<'a>(subjects: &'a [Subject], shape: &str, name: &str, field: &str) -> &'a Derived<Value> {
    let subject = subjects.iter().find(|subject| subject.shape == shape && &*subject.about.resource.name == name);
    subject.unwrap_or_else(|| panic!("no {shape} {name}")).field(field).unwrap()
}

fn known(subjects: &[Subject], shape: &str, name: &str, at: &str) -> Value {
    field(subjects, shape, name, at).value().unwrap_or_else(|| panic!("{name}.{at} is unseen")).clone()
}

fn service(name: &str) -> Value {
    trusts(json!({"Service": name}))
}

/// The surplus of a secret-access role with these statements.
fn surplus(statements: Value, attached: Value) -> Value {
    known(
        &derive(json!({"iam-role": [role("ok-dms-secrets", service("dms.us-east-2.amazonaws.com"), statements, attached)]})),
        "service-role",
        "ok-dms-secrets",
        "surplus",
    )
}

/// The excess of a user with these statements.
fn excess(statements: Value) -> Value {
    known(&derive(json!({"iam-user": [user("u", statements, json!([]))]})), "principal", "u", "excess")
}

#[test]
fn the_compliant_roles_of_the_bench_are_clean() {
    let aws = "arn:aws:iam::aws:policy/service-role/AmazonDMSRedshiftS3Role";
    let both = trusts(json!({"Service": ["dms.amazonaws.com", "redshift.amazonaws.com"]}));
    let least = json!([
        allow(json!(["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]), json!([SECRET])),
        allow(json!(["kms:Decrypt", "kms:DescribeKey"]), json!(KEY))
    ]);
    // AWS's own policy is not even in the answer: it needs not be.
    let subjects = derive(json!({"iam-role": [
        role("dms-access-for-endpoint", both, json!([]), json!([aws])),
        role("ok-dms-secrets", service("dms.us-east-2.amazonaws.com"), least, json!([])),
    ]}));
    for name in ["dms-access-for-endpoint", "ok-dms-secrets"] {
        for list in ["surplus", "surplus_of_aws_policy", "undeclared", "unexpected"] {
            assert_eq!(known(&subjects, "service-role", name, list), json!([]), "{name}.{list}");
        }
        assert_eq!(known(&subjects, "service-role", name, "anyone"), json!(false));
    }
    assert_eq!(known(&subjects, "service-role", "ok-dms-secrets", "purposes"), json!(["secret-access"]));
}

#[test]
fn administrators_and_strangers_in_a_fixed_name_role_are_named() {
    // The document is AWS's, and known by its documentation where the answer lacks it.
    let subjects = derive(
        json!({"iam-role": [role("dms-access-for-endpoint", trusts(json!({"AWS": "*"})), json!([]), json!(["arn:aws:iam::aws:policy/AdministratorAccess"]))]}),
    );
    let name = "dms-access-for-endpoint";
    assert!(known(&subjects, "service-role", name, "surplus").as_array().unwrap().contains(&json!("* on * (AdministratorAccess)")));
    assert_eq!(known(&subjects, "service-role", name, "anyone"), json!(true));
    assert_eq!(known(&subjects, "service-role", name, "unexpected"), json!(["*"]));
    assert_eq!(known(&subjects, "principal", name, "person"), json!(true));
    assert_eq!(known(&subjects, "principal", name, "full_admin"), json!(true));
    assert_eq!(known(&subjects, "principal", name, "full_admin_why"), json!("AdministratorAccess: statement 1 allows * on *"));
}

#[test]
fn a_needed_fixed_name_that_is_missing_has_a_subject() {
    let subjects = derive(json!({}));
    let names: Vec<_> = subjects
        .iter()
        .map(|subject| (&*subject.about.resource.name, known(&subjects, subject.shape, &subject.about.resource.name, "present")))
        .collect();
    assert_eq!(
        names,
        [("dms-cloudwatch-logs-role", json!(false)), ("dms-vpc-role", json!(false))],
        "the endpoint names its role: nothing else is looked up"
    );
    let id = json!({"arn": "arn:aws:dms:us-east-2:111122223333:rep:ok-dms", "name": "ok-dms", "account": ACCOUNT, "region": "us-east-2"});
    let needed = derive(json!({"dms-instance": [{"id": id, "fields": {"status": "available"}}]}));
    let present = field(&needed, "service-role", "dms-vpc-role", "present");
    assert!(present.from().iter().any(|at| &*at.resource.name == "ok-dms"), "what needs it is the evidence");
    let denied = json!([{"account": ACCOUNT, "region": "global", "service": "iam", "operation": "GetAccountAuthorizationDetails", "code": "AccessDenied", "message": "no"}]);
    assert!(derive_with(json!({}), denied, &Config::default()).is_empty(), "an unread list proves no absence");
}

#[test]
fn surplus_of_a_secrets_role_is_what_its_job_does_not_need() {
    for (statements, expected) in [
        (
            json!([allow(json!(["secretsmanager:*", "kms:*"]), json!("*"))]),
            json!(["kms:* on * (inline policy inline)", "secretsmanager:* on * (inline policy inline)"]),
        ),
        (json!([allow(json!("secretsmanager:GetSecretValue"), json!("*"))]), json!(["secretsmanager:GetSecretValue on * (inline policy inline)"])),
        (
            json!([allow(json!("secretsmanager:Get*"), json!("arn:aws:secretsmanager:us-east-2:111122223333:secret:other-AbCdEf"))]),
            json!(["secretsmanager:Get* on arn:aws:secretsmanager:us-east-2:111122223333:secret:other-AbCdEf (inline policy inline)"]),
        ),
        (
            json!([allow(json!("KMS:decrypt"), json!("arn:aws:kms:*:111122223333:key/*"))]),
            json!(["KMS:decrypt on arn:aws:kms:*:111122223333:key/* (inline policy inline)"]),
        ),
        (json!([allow(json!("iam:PassRole"), json!(role_arn("x")))]), json!([format!("iam:PassRole on {} (inline policy inline)", role_arn("x"))])),
        (json!([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]), json!(["everything but iam:* on * (inline policy inline)"])),
        (json!([allow(json!("s3:GetObject"), json!("arn:aws:s3:::*"))]), json!(["s3:GetObject on arn:aws:s3:::* (inline policy inline)"])),
    ] {
        assert_eq!(surplus(statements.clone(), json!([])), expected, "{statements}");
    }
}

#[test]
fn the_pipelines_own_secret_may_be_named_in_any_exact_way() {
    let stem = "arn:aws:secretsmanager:us-east-2:111122223333:secret:ok-rds-secret";
    for suffix in ["-AbCdEf", "-??????", "-*", "*", ""] {
        let statement = allow(json!("secretsmanager:GetSecretValue"), json!(format!("{stem}{suffix}")));
        assert_eq!(surplus(json!([statement]), json!([])), json!([]), "{suffix}");
    }
    let neighbour = allow(json!("secretsmanager:GetSecretValue"), json!("arn:aws:secretsmanager:us-east-2:111122223333:secret:ok-*"));
    assert_ne!(surplus(json!([neighbour]), json!([])), json!([]));
}

#[test]
fn via_service_keeps_decrypt_on_everything_within_need() {
    let mut statement = allow(json!("kms:Decrypt"), json!("*"));
    statement["Condition"] = json!({"StringEquals": {"kms:ViaService": "secretsmanager.us-east-2.amazonaws.com"}});
    assert_eq!(surplus(json!([statement.clone()]), json!([])), json!([]));
    statement["Condition"] = json!({"StringLike": {"kms:ViaService": "*"}});
    assert_ne!(surplus(json!([statement]), json!([])), json!([]), "a condition that everything fits says nothing");
}

#[test]
fn metadata_and_own_objects_are_within_need() {
    let reads = json!([allow(json!(["s3:ListBucket", "ec2:Describe*", "logs:DescribeLogGroups"]), json!("*"))]);
    assert_eq!(surplus(reads, json!([])), json!([]));
    let trust = service("dms.amazonaws.com");
    let of = |resource: &str, action: &str| {
        let role = role("dms-access-for-endpoint", trust.clone(), json!([allow(json!(action), json!(resource))]), json!([]));
        known(&derive(json!({"iam-role": [role]})), "service-role", "dms-access-for-endpoint", "surplus")
    };
    assert_eq!(of("arn:aws:s3:::dms-ok-staging/*", "s3:PutObject"), json!([]));
    assert_eq!(of("arn:aws:s3:::dms-ok-staging/*", "s3:*"), json!([]));
    assert_ne!(of("arn:aws:s3:::dms-*", "s3:PutObject"), json!([]), "the prefix is accepted of AWS's own policy alone");
    assert_ne!(of("arn:aws:s3:::other/*", "s3:GetObject"), json!([]));
}

#[test]
fn aws_named_full_access_policies_are_surplus() {
    for name in ["AmazonRedshiftAllCommandsFullAccess", "AmazonS3FullAccess"] {
        let found = surplus(json!([]), json!([format!("arn:aws:iam::aws:policy/{name}")]));
        assert!(found.as_array().unwrap().iter().any(|item| item.as_str().unwrap().contains(name)), "{found}");
    }
    // A customer cannot borrow AWS's name.
    let own = "arn:aws:iam::111122223333:policy/service-role/AmazonDMSRedshiftS3Role";
    let role = role("dms-access-for-endpoint", service("dms.amazonaws.com"), json!([]), json!([own]));
    let subjects = derive(json!({"iam-role": [role], "iam-policy": [policy(own, json!([allow(json!("s3:*"), json!("*"))]))]}));
    assert_eq!(known(&subjects, "service-role", "dms-access-for-endpoint", "surplus"), json!(["s3:* on * (AmazonDMSRedshiftS3Role)"]));
}

#[test]
fn what_only_seems_surplus_is_unseen_while_endpoints_are_hidden() {
    let denied = json!([{"account": ACCOUNT, "region": "us-east-2", "service": "dms", "operation": "DescribeEndpoints", "code": "AccessDenied", "message": "no"}]);
    let of = |resource: &str| {
        let role = role("dms-access-for-endpoint", service("dms.amazonaws.com"), json!([allow(json!("s3:GetObject"), json!(resource))]), json!([]));
        let subjects = derive_with(json!({"iam-role": [role]}), denied.clone(), &Config::default());
        field(&subjects, "service-role", "dms-access-for-endpoint", "surplus").clone()
    };
    assert!(of("arn:aws:s3:::other/*").value().is_none(), "an endpoint that was not seen may use it");
    assert!(of("*").value().is_some(), "no endpoint uses everything");
}

#[test]
fn an_unseen_policy_hides_only_what_is_not_found() {
    let other = json!(["arn:aws:iam::111122223333:policy/gone"]);
    let of = |statements: Value| derive(json!({"iam-user": [user("u", statements, other.clone())]}));
    let clean = of(json!([]));
    assert!(field(&clean, "principal", "u", "excess").value().is_none() && field(&clean, "principal", "u", "full_admin").value().is_none());
    let wide = of(json!([allow(json!("*"), json!("*"))]));
    assert_eq!(known(&wide, "principal", "u", "excess"), json!(["* on * (inline policy inline)"]));
    assert_eq!(known(&wide, "principal", "u", "full_admin"), json!(true));
}

#[test]
fn an_unseen_boundary_may_take_all_back() {
    let mut bounded = user("u", json!([allow(json!("*"), json!("*"))]), json!([]));
    bounded["fields"]["boundary"] = json!("arn:aws:iam::111122223333:policy/gone");
    let subjects = derive(json!({"iam-user": [bounded]}));
    assert!(field(&subjects, "principal", "u", "full_admin").value().is_none() && field(&subjects, "principal", "u", "excess").value().is_none());
    let mut idle = user("u", json!([]), json!([]));
    idle["fields"]["boundary"] = json!("arn:aws:iam::111122223333:policy/gone");
    assert_eq!(known(&derive(json!({"iam-user": [idle]})), "principal", "u", "excess"), json!([]), "a boundary grants nothing");
}

#[test]
fn people_hold_too_much_by_wildcards_over_everything() {
    for (statements, wanted) in [
        (
            json!([allow(json!("dms:*"), json!("*")), allow(json!("iam:PassRole"), json!("*"))]),
            json!(["dms:* on * (inline policy inline)", "iam:PassRole on * (inline policy inline)"]),
        ),
        (
            json!([allow(json!(["rds:*", "redshift:*", "dms:*"]), json!("*"))]),
            json!(["dms:* on * (inline policy inline)", "rds:* on * (inline policy inline)", "redshift:* on * (inline policy inline)"]),
        ),
        (json!([allow(json!("iam:Put*Policy"), json!("*"))]), json!(["iam:Put*Policy on * (inline policy inline)"])),
        (
            json!([allow(json!("redshift:Get*"), json!("arn:aws:redshift:us-east-2:111122223333:dbuser:*/*"))]),
            json!(["redshift:Get* on arn:aws:redshift:us-east-2:111122223333:dbuser:*/* (inline policy inline)"]),
        ),
        (
            json!([{"Effect": "Allow", "Action": "kms:*", "NotResource": "arn:aws:kms:us-east-2:111122223333:key/x"}]),
            json!(["kms:* on everything but arn:aws:kms:us-east-2:111122223333:key/x (inline policy inline)"]),
        ),
        (
            json!([allow(json!(["d*"]), json!("arn:aws:dms:us-east-2:111122223333:*"))]),
            json!(["d* on arn:aws:dms:us-east-2:111122223333:* (inline policy inline)"]),
        ),
    ] {
        assert_eq!(excess(statements.clone()), wanted, "{statements}");
    }
}

#[test]
fn people_who_run_their_tasks_hold_no_excess() {
    let tagged = json!({"Effect": "Allow", "Action": "dms:*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/pci-scope": "cde"}}});
    let passing = json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": {"StringEquals": {"iam:PassedToService": "dms.amazonaws.com"}}});
    for statements in [
        json!([allow(json!(["dms:Describe*", "dms:List*", "rds:Describe*", "iam:Get*", "iam:List*", "kms:List*"]), json!("*"))]),
        json!([allow(json!(["dms:StartReplicationTask", "dms:StopReplicationTask"]), json!("arn:aws:dms:us-east-2:111122223333:task:*"))]),
        json!([allow(json!("secretsmanager:GetSecretValue"), json!(SECRET)), allow(json!("iam:PassRole"), json!(role_arn("ok-dms-secrets")))]),
        json!([allow(json!("iam:CreateAccessKey"), json!("arn:aws:iam::111122223333:user/${aws:username}"))]),
        json!([tagged]),
        json!([passing]),
        json!([allow(json!("dms:*"), json!("*")), {"Effect": "Deny", "Action": "DMS:*", "Resource": "*"}]),
    ] {
        assert_eq!(excess(statements.clone()), json!([]), "{statements}");
    }
}

#[test]
fn a_deny_with_a_condition_takes_nothing_away() {
    let deny = json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}});
    assert_ne!(excess(json!([allow(json!("dms:*"), json!("*")), deny])), json!([]));
}

#[test]
fn everything_on_everything_by_whatever_wording() {
    let admin =
        |statements: Value| known(&derive(json!({"iam-user": [user("u", statements, json!([]))]})), "principal", "u", "full_admin") == json!(true);
    let letters: Vec<String> = ('a'..='z').map(|letter| format!("{letter}*")).collect();
    let deny = |action: &str| json!({"Effect": "Deny", "Action": action, "Resource": "*"});
    assert!(admin(json!([allow(json!("*:*"), json!("*"))])));
    assert!(admin(json!([allow(json!(letters), json!("arn:aws:*"))])));
    assert!(admin(json!([{"Effect": "Allow", "NotAction": "polly:*", "Resource": "*"}])));
    assert!(admin(json!([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, allow(json!("iam:*"), json!("*"))])));
    assert!(admin(json!([allow(json!("*"), json!("*")), deny("cloudtrail:StopLogging")])), "whoever writes policies has it back");
    assert!(!admin(json!([{"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"}])), "PowerUserAccess");
    assert!(!admin(json!([allow(json!("*"), json!("*")), deny("iam:*")])));
    assert!(!admin(json!([allow(json!("*"), json!("*")), deny("*")])));
    assert!(!admin(json!([allow(json!("*"), json!("arn:aws:s3:::bucket/*"))])));
    let given = |condition: Value| admin(json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}]));
    assert!(given(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})), "whoever holds it has a second factor");
    assert!(given(json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}})));
    assert!(given(json!({"StringEquals": {"aws:RequestedRegion": "us-east-2"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})));
    assert!(!given(json!({"StringEquals": {"aws:ResourceTag/team": "web"}})));
}

#[test]
fn groups_hand_down_and_boundaries_hold() {
    let arn = "arn:aws:iam::111122223333:policy/limit";
    let group = json!({"id": {"arn": "arn:aws:iam::111122223333:group/ops", "name": "ops", "account": ACCOUNT, "region": "global"},
        "fields": {"attached_policies": [], "inline_policies": inline(json!([allow(json!("*"), json!("*"))]))}});
    let mut member = user("u", json!([]), json!([]));
    member["fields"]["groups"] = json!(["ops"]);
    let subjects = derive(json!({"iam-user": [member.clone()], "iam-group": [group.clone()]}));
    assert_eq!(known(&subjects, "principal", "u", "full_admin_why"), json!("inline policy inline of group ops: statement 1 allows * on *"));
    assert_eq!(known(&subjects, "principal", "ops", "full_admin"), json!(true));
    member["fields"]["boundary"] = json!(arn);
    let bounded =
        derive(json!({"iam-user": [member], "iam-group": [group], "iam-policy": [policy(arn, json!([allow(json!("dms:*"), json!("*"))]))]}));
    assert_eq!(known(&bounded, "principal", "u", "full_admin"), json!(false));
    assert_eq!(known(&bounded, "principal", "u", "excess"), json!(["* on * (inline policy inline of group ops)"]), "what is left of it is dms:*");
}

#[test]
fn people_are_told_from_services_and_admins_are_declared() {
    let linked = json!({"id": {"arn": "arn:aws:iam::111122223333:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS", "name": "AWSServiceRoleForRDS",
        "account": ACCOUNT, "region": "global"}, "fields": {}});
    let config = Config { admins: vec!["arn:aws:iam::111122223333:role/admin-*".into()], ..Config::default() };
    let sso = trusts(json!({"Federated": "arn:aws:iam::111122223333:saml-provider/sso"}));
    let roles = json!([linked, role("admin-eu", sso, json!([]), json!([])), role("etl", service("glue.amazonaws.com"), json!([]), json!([]))]);
    let subjects = derive_with(json!({"iam-role": roles}), json!([]), &config);
    let people: Vec<&Subject> = subjects.iter().filter(|subject| subject.shape == "principal").collect();
    assert_eq!(people.len(), 2, "AWS's own service-linked role is no principal of ours");
    assert_eq!(known(&subjects, "principal", "etl", "person"), json!(false));
    assert_eq!(known(&subjects, "principal", "admin-eu", "person"), json!(true), "people come in through SAML");
    assert_eq!(
        (known(&subjects, "principal", "admin-eu", "declared_admin"), known(&subjects, "principal", "etl", "declared_admin")),
        (json!(true), json!(false))
    );
}

#[test]
fn what_makes_an_administrator_is_named_and_nothing_beside_it() {
    let why = |statements: Value, attached: Value| {
        known(&derive(json!({"iam-user": [user("u", statements, attached)]})), "principal", "u", "full_admin_why")
    };
    let beside = json!([allow(json!("s3:*"), json!("*")), allow(json!("iam:PutUserPolicy"), json!("*"))]);
    assert_eq!(why(beside.clone(), json!(["arn:aws:iam::aws:policy/AdministratorAccess"])), json!("AdministratorAccess: statement 1 allows * on *"));
    let twice = json!([allow(json!("*"), json!("*")), allow(json!("dms:*"), json!("*")), allow(json!("*:*"), json!("*"))]);
    assert_eq!(why(twice, json!([])), json!("inline policy inline: statement 1 allows * on *; inline policy inline: statement 3 allows *:* on *"));
    assert_eq!(why(beside, json!([])), json!("no policy gives full administrator access"));
}

#[test]
fn a_policy_is_taken_away_by_its_arn_and_not_by_its_name() {
    // One of the customer's own is called as AWS's, and gives next to nothing.
    let own = format!("arn:aws:iam::{ACCOUNT}:policy/AdministratorAccess");
    let mut account = json!({"iam-user": [user("u", json!([allow(json!("dms:Describe*"), json!("*"))]), json!(["arn:aws:iam::aws:policy/AdministratorAccess", own]))]});
    account["iam-policy"] = json!([{"id": {"arn": own, "name": "AdministratorAccess", "account": ACCOUNT, "region": "global"},
        "fields": {"document": {"Statement": [allow(json!("logs:CreateLogGroup"), json!("*"))]}}}]);
    let subjects = derive(account);
    for field in ["admin_policies", "excess_policies"] {
        let expected = json!([{"name": "AdministratorAccess", "kind": "user", "holder": "u", "arn": "arn:aws:iam::aws:policy/AdministratorAccess", "inline": ""}]);
        assert_eq!(known(&subjects, "principal", "u", field), expected, "{field}");
    }
}
