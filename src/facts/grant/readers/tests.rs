//! Who is listed as a reader, and who is not; what was not seen; many principals.

use serde_json::{Value, json};

use super::super::{allowance::Policies, ground::Ground};
use super::*;
use crate::config::Config;
use crate::evidence::Index;
use crate::facts::pipeline::Pipelines;
use crate::model::Snapshot;

const A: &str = "111111111111";

fn resource(arn: &str, region: &str, fields: &Value) -> Value {
    let name = arn.rsplit(['/', ':']).next().unwrap_or_default();
    json!({"id": {"arn": arn, "name": name, "account": A, "region": region}, "fields": fields})
}

fn allow(actions: Value, on: Value) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": on})
}

fn deny(actions: Value, on: Value) -> Value {
    json!({"Effect": "Deny", "Action": actions, "Resource": on})
}

fn inline(statements: &[Value]) -> Value {
    if statements.is_empty() { json!([]) } else { json!([{"name": "p", "document": {"Version": "2012-10-17", "Statement": statements}}]) }
}

fn user(name: &str, statements: &[Value]) -> Value {
    let fields = json!({"groups": [], "attached_policies": [], "inline_policies": inline(statements), "boundary": null});
    resource(&format!("arn:aws:iam::{A}:user/{name}"), "global", &fields)
}

fn role(name: &str, principal: Value, statements: &[Value]) -> Value {
    let trust = json!({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]});
    let fields = json!({"path": "/", "trust": trust, "attached_policies": [], "inline_policies": inline(statements), "boundary": null});
    resource(&format!("arn:aws:iam::{A}:role/{name}"), "global", &fields)
}

fn service(name: &str) -> Value {
    json!({"Service": format!("{name}.amazonaws.com")})
}

/// A task from an endpoint with a secret to an endpoint with a staging bucket.
fn account(users: Vec<Value>, roles: Vec<Value>) -> Snapshot {
    let endpoint = |name: &str, kind: &str, more: Value| {
        let mut fields = json!({"endpoint_type": kind, "engine": "postgres", "secrets": [], "staging": null, "service_access_role_arn": null});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        resource(&format!("arn:aws:dms:eu-west-1:{A}:endpoint:{name}"), "eu-west-1", &fields)
    };
    let secret = format!("arn:aws:secretsmanager:eu-west-1:{A}:secret:login-abcdef");
    let text = json!({
        "schema": crate::model::snapshot::SCHEMA, "taken_at": "2026-03-01T00:00:00Z", "regions": ["eu-west-1"], "reads": [], "gaps": [],
        "caller": {"account": A, "arn": "x", "partition": "aws"},
        "resources": {
            "dms-task": [resource(&format!("arn:aws:dms:eu-west-1:{A}:task:t"), "eu-west-1", &json!({
                "source_endpoint_arn": format!("arn:aws:dms:eu-west-1:{A}:endpoint:s"), "target_endpoint_arn": format!("arn:aws:dms:eu-west-1:{A}:endpoint:t")}))],
            "dms-endpoint": [
                endpoint("s", "source", json!({"secrets": [{"setting": "SecretsManagerSecretId", "secret_id": secret, "role_arn": format!("arn:aws:iam::{A}:role/wired")}]})),
                endpoint("t", "target", json!({"engine": "redshift", "staging": {"bucket": "stage", "encryption_mode": null, "kms_key_id": null, "canned_acl": null, "expected_owner": null}})),
            ],
            "bucket": [resource("arn:aws:s3:::stage", "eu-west-1", &json!({"encryption": null, "policy": null, "public_access_block": null,
                "acl": [], "owner": "own", "ownership": "BucketOwnerEnforced"}))],
            "account": [resource(&format!("arn:aws:iam::{A}:root"), "global", &json!({"public_access_block": null}))],
            "secret": [resource(&secret, "eu-west-1", &json!({"kms_key_id": null, "policy": null}))],
            "iam-user": users, "iam-role": roles,
        }
    });
    Snapshot::of_test(&text.to_string())
}

/// A field of the subject about a resource.
fn found(snapshot: &Snapshot, config: &str, resource: &str, field: &str) -> Derived<Value> {
    let config: Config = toml::from_str(config).unwrap();
    let index = Index::new(snapshot);
    let pipelines = Pipelines::resolve(&index, &config);
    let ctx = FactContext::new(&index, &config, &pipelines);
    let (subjects, _) = derive(&ctx, &Policies::new(&index), &Ground::new(snapshot));
    let subject = subjects.iter().find(|subject| &*subject.about.resource.name == resource).unwrap_or_else(|| panic!("no {resource}"));
    subject.field(field).unwrap().clone()
}

fn list(snapshot: &Snapshot, resource: &str, field: &str) -> Vec<String> {
    let value = found(snapshot, "", resource, field);
    let value = value.value().unwrap_or_else(|| panic!("{field} of {resource} is {value:?}"));
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

fn root() -> Value {
    json!({"AWS": format!("arn:aws:iam::{A}:root")})
}

const READ: &str = "s3:GetObject";

#[test]
fn the_roles_of_the_pipeline_are_meant_and_everyone_else_is_listed() {
    let roles = vec![
        role("wired", service("dms"), &[allow(json!(READ), json!("*")), allow(json!("secretsmanager:GetSecretValue"), json!("*"))]),
        role("backup", service("lambda"), &[allow(json!("s3:Get*"), json!("arn:aws:s3:::*"))]),
        role("elsewhere", service("lambda"), &[allow(json!("s3:*"), json!("arn:aws:s3:::other/*"))]),
        role("AWSServiceRoleForX", service("x"), &[]),
    ];
    let snapshot = account(vec![], roles);
    assert_eq!(list(&snapshot, "stage", "undeclared_readers"), ["role backup reads its objects"]);
    assert!(list(&snapshot, "login-abcdef", "undeclared_readers").is_empty());
    let access = found(&snapshot, "", "stage", "access");
    let rows = access.value().unwrap().as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[0]["declared"].as_str(), rows[0]["person"].as_str(), rows[0]["way"].as_str()), (Some("no"), Some("no"), Some("directly")));
    assert_eq!(rows[1]["declared"], "yes");
}

#[test]
fn a_long_chain_is_told_from_both_ends_and_everybody_on_it_counts() {
    let assume = |number: usize| allow(json!("sts:AssumeRole"), json!(format!("arn:aws:iam::{A}:role/link-{number:03}")));
    let mut roles: Vec<Value> = (0..99).map(|number| role(&format!("link-{number:03}"), root(), &[assume(number + 1)])).collect();
    roles.push(role("link-099", root(), &[allow(json!(READ), json!("arn:aws:s3:::stage/*"))]));
    let account = account(vec![], roles);
    let readers = list(&account, "stage", "undeclared_readers");
    assert_eq!((readers.len(), readers.last().unwrap().as_str()), (51, "and 50 more"));
    let first = &readers[0];
    assert!(first.starts_with("role link-000 assumes role link-001; ") && first.ends_with("; role link-099 reads its objects"), "{first}");
    assert!(first.contains("role link-007 assumes role link-008; 84 more steps; role link-092 assumes role link-093"), "{first}");
    let rows = found(&account, "", "stage", "access");
    assert_eq!(rows.value().unwrap().as_array().unwrap().len(), 100);
    // Its end is declared: so is whoever comes in over it, however far away.
    let declared = format!("[[readers]]\nprincipal = \"arn:aws:iam::{A}:role/link-099\"\ndata = \"stage\"\nreason = \"it is meant\"\n");
    assert_eq!(found(&account, &declared, "stage", "undeclared_readers").value(), Some(&json!([])));
}

#[test]
fn chains_are_followed_to_the_shortest_and_cycles_end() {
    let assume = |name: &str| allow(json!("sts:AssumeRole"), json!(format!("arn:aws:iam::{A}:role/{name}")));
    let roles = vec![
        role("reader", root(), &[allow(json!(READ), json!("arn:aws:s3:::stage/*")), assume("hop")]),
        role("hop", root(), &[assume("reader")]),
        role("far", root(), &[assume("hop")]),
        role("alone", root(), &[allow(json!("sts:AssumeRole"), json!("*")), deny(json!("sts:*"), json!("*"))]),
    ];
    let found = list(&account(vec![user("u", &[assume("far"), assume("hop")])], roles), "stage", "undeclared_readers");
    let expected = [
        "role far assumes role hop; role hop assumes role reader; role reader reads its objects",
        "role hop assumes role reader; role reader reads its objects",
        "role reader reads its objects",
        "user u assumes role hop; role hop assumes role reader; role reader reads its objects",
    ];
    assert_eq!(found, expected);
}

#[test]
fn escalations_count_where_all_of_their_rights_fit_together() {
    let arn = |kind: &str| json!(format!("arn:aws:iam::{A}:{kind}"));
    let users = vec![
        user("own", &[allow(json!("iam:PutUserPolicy"), arn("user/${aws:username}"))]),
        user("others", &[allow(json!("iam:PutUserPolicy"), arn("user/nobody"))]),
        user("maker", &[allow(json!(["iam:CreateRole", "iam:PutRolePolicy"]), arn("role/team/*"))]),
        user("apart", &[allow(json!("iam:CreateRole"), arn("role/a/*")), allow(json!("iam:PutRolePolicy"), arn("role/b/*"))]),
        user("denied", &[allow(json!("iam:PutUserPolicy"), json!("*")), deny(json!("iam:Put*"), json!("*"))]),
        user("truster", &[allow(json!("iam:UpdateAssumeRolePolicy"), arn("role/wired"))]),
        user("halfway", &[allow(json!("iam:PassRole"), json!("*"))]),
        user("policy", &[allow(json!("s3:PutBucketPolicy"), json!("arn:aws:s3:::stage"))]),
    ];
    let roles = vec![role("wired", service("dms"), &[allow(json!(READ), json!("*"))])];
    let snapshot = account(users, roles);
    let found = list(&snapshot, "stage", "escalators");
    let expected = [
        "user maker makes a role that trusts it, with a policy of its own, and then has every right (if resource is within arn:aws:iam::111111111111:role/team/*)",
        "user own writes itself a policy, and then has every right",
        "user policy writes a bucket policy that lets it read",
        "user truster makes the role trust it: role wired; role wired reads its objects",
    ];
    assert_eq!(found, expected);
    assert_eq!(list(&snapshot, "stage", "takeovers").len(), 3, "a bucket policy takes over nobody");
    assert!(list(&snapshot, "stage", "undeclared_readers").is_empty());
    let reroutes = list(&snapshot, "t", "reroutes");
    assert_eq!(reroutes.len(), 2, "{reroutes:?}");
}

#[test]
fn administrators_are_no_reader_and_whoever_escalates_into_one_is_found() {
    let roles = vec![role("boss", root(), &[allow(json!("*"), json!("*"))]), role("builder", service("lambda"), &[allow(json!("*"), json!("*"))])];
    let users = vec![
        user("deputy", &[allow(json!("sts:AssumeRole"), json!(format!("arn:aws:iam::{A}:role/boss")))]),
        user("dev", &[allow(json!(["lambda:*", "iam:PassRole"]), json!("*"))]),
    ];
    let snapshot = account(users, roles);
    assert!(list(&snapshot, "stage", "undeclared_readers").is_empty());
    let expected = ["user dev runs a function of its own as the role: role builder; role builder has full administrator access"];
    assert_eq!(list(&snapshot, "stage", "escalators"), expected);
    let access = found(&snapshot, "", "stage", "access");
    let rows = access.value().unwrap().as_array().unwrap();
    let ways: Vec<_> =
        rows.iter().map(|row| (row["principal"].as_str().unwrap().rsplit('/').next().unwrap(), row["way"].as_str().unwrap())).collect();
    let expected =
        [("boss", "as administrator"), ("builder", "as administrator"), ("deputy", "over role boss"), ("dev", "by lambda-create-and-invoke")];
    assert_eq!(ways, expected);
}

#[test]
fn what_was_not_seen_of_somebody_leaves_only_what_was_found() {
    let mut hidden = role("wired", service("dms"), &[]);
    hidden["fields"].as_object_mut().unwrap().remove("inline_policies");
    let truster = user("truster", &[allow(json!("iam:UpdateAssumeRolePolicy"), json!(format!("arn:aws:iam::{A}:role/wired")))]);
    let snapshot = account(vec![truster.clone()], vec![hidden.clone()]);
    // The wired role is meant to read, whatever it holds; whoever may take it over is not.
    assert!(found(&snapshot, "", "stage", "escalators").value().is_none());
    assert!(found(&account(vec![], vec![hidden]), "", "stage", "undeclared_readers").value().is_some());
    let mut stranger = role("stranger", service("lambda"), &[]);
    stranger["fields"].as_object_mut().unwrap().remove("inline_policies");
    let backup = role("backup", service("lambda"), &[allow(json!(READ), json!("*"))]);
    assert!(found(&account(vec![], vec![stranger.clone()]), "", "stage", "undeclared_readers").value().is_none());
    let partly = account(vec![], vec![stranger, backup]);
    assert_eq!(list(&partly, "stage", "undeclared_readers"), ["role backup reads its objects"]);
    assert!(found(&partly, "", "stage", "access").value().is_none(), "the list of all is not whole");
}

#[test]
fn where_anyone_reads_nobody_of_the_account_is_named_beside() {
    let mut snapshot = account(vec![user("u", &[]), user("v", &[])], vec![]);
    let policy = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::stage/*"}]});
    let buckets = &mut snapshot.resources.buckets;
    buckets[0].fields.policy = crate::model::Observed::Known(Some(iam_eval::document::Document::parse(&policy.to_string()).unwrap()));
    assert_eq!(list(&snapshot, "stage", "undeclared_readers"), ["anyone reads its objects"]);
}

#[test]
fn changing_another_counts_for_whoever_can_be_it() {
    let role_arn = |name: &str| json!(format!("arn:aws:iam::{A}:role/{name}"));
    let write = |name: &str| allow(json!("iam:PutRolePolicy"), role_arn(name));
    let trusting = |name: &str, who: &str| role(name, json!({"AWS": format!("arn:aws:iam::{A}:user/{who}")}), &[]);
    let users = vec![
        user("assumes", &[write("first")]),
        // Over two roles, and by a service.
        user("far", &[write("second")]),
        user("passes", &[write("job"), allow(json!(["iam:PassRole", "lambda:*"]), json!("*"))]),
        user("outside", &[write("first"), write("second")]),
        user("barred", &[write("third"), deny(json!("iam:PutRolePolicy"), json!("*"))]),
    ];
    let mut middle = trusting("middle", "far");
    middle["fields"]["inline_policies"] = inline(&[allow(json!("sts:AssumeRole"), role_arn("second"))]);
    let second = role("second", json!({"AWS": format!("arn:aws:iam::{A}:role/middle")}), &[]);
    let roles = vec![trusting("first", "assumes"), middle, second, trusting("third", "barred"), role("job", service("lambda"), &[])];
    let found = list(&account(users, roles), "stage", "escalators");
    let expected = [
        "user assumes writes a policy for a role that it can become: role first; user assumes assumes role first; role first then has every right",
        "user far writes a policy for a role that it can become: role second; user far assumes role middle; role middle assumes role second; \
        role second then has every right",
        "user passes writes a policy for a role that it can become: role job; user passes runs a function of its own as the role: role job; \
        role job then has every right",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_trust_policy_that_was_not_seen_leaves_open_who_changes_and_becomes_it() {
    let mut hidden = role("hidden", root(), &[]);
    hidden["fields"].as_object_mut().unwrap().remove("trust");
    let writer = user("writer", &[allow(json!("iam:PutRolePolicy"), json!(format!("arn:aws:iam::{A}:role/hidden")))]);
    assert!(found(&account(vec![writer], vec![hidden.clone()]), "", "stage", "escalators").value().is_none());
    let other = user("other", &[allow(json!("iam:PutRolePolicy"), json!(format!("arn:aws:iam::{A}:role/elsewhere")))]);
    assert!(list(&account(vec![other], vec![hidden]), "stage", "escalators").is_empty(), "who changes nothing of it is not in question");
}

#[test]
fn roles_that_no_policy_tells_apart_are_entered_once() {
    let assume = |on: &str| [allow(json!(["sts:AssumeRole", "iam:DeleteRolePolicy"]), json!(on)), deny(json!("s3:*"), json!("*"))];
    let roles = vec![
        role("a", root(), &assume("*")),
        role("b", root(), &assume("*")),
        role("named", root(), &assume(&format!("arn:aws:iam::{A}:role/named"))),
        role("by-a-service", service("lambda"), &assume("*")),
    ];
    let shared = |snapshot: &Snapshot, names: [&str; 2]| {
        let index = Index::new(snapshot);
        let policies = Policies::new(&index);
        let asker = Asker::new(&policies.library, std::sync::Arc::default());
        let steps = Steps::new(&index, &asker);
        let entries = names.map(|name| {
            let role = Principal::parse(&format!("arn:aws:iam::{A}:role/{name}")).unwrap();
            let freed = asker.access.shapes_of(&role).into_iter().find(|shape| shape.freed() != 0);
            [role].into_iter().chain(freed).map(|who| steps.entries(asker.number(&who)).shared.clone()).collect::<Vec<_>>()
        });
        let [one, other] = entries;
        one.iter().zip(&other).map(|(one, other)| std::rc::Rc::ptr_eq(one, other)).collect::<Vec<_>>()
    };
    let alike = account(Vec::new(), roles.clone());
    assert_eq!(shared(&alike, ["a", "b"]), [true, true], "also free of what stands in their way");
    assert_eq!(shared(&alike, ["a", "named"]), [false, false], "a policy names one of them");
    assert!(!shared(&alike, ["a", "by-a-service"])[0], "another trust policy");
    let by_tag = format!("arn:aws:iam::{A}:role/${{aws:PrincipalTag/team}}");
    let told_apart = account(vec![user("u", &[allow(json!("sts:AssumeRole"), json!(by_tag))])], roles);
    assert!(!shared(&told_apart, ["a", "b"])[0], "which of them the user assumes hangs on its tags");
}
