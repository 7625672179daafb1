use iam_eval::{Answer, Layer};
use serde_json::{Value, json};

use super::*;
use crate::model::Snapshot;

const A: &str = "111111111111";

fn snapshot(resources: Value) -> Snapshot {
    let text = json!({
        "schema": crate::model::snapshot::SCHEMA, "taken_at": "2026-03-01T00:00:00Z", "regions": ["eu-west-1"], "reads": [], "gaps": [],
        "caller": {"account": A, "arn": "x", "partition": "aws"}, "resources": resources,
    });
    Snapshot::of_test(&text.to_string())
}

fn resource(arn: &str, fields: Value) -> Value {
    let name = arn.rsplit(['/', ':']).next().unwrap();
    json!({"id": {"arn": arn, "name": name, "account": A, "region": "global"}, "fields": fields})
}

fn user(name: &str, fields: Value) -> Value {
    let mut all = json!({"groups": [], "attached_policies": [], "inline_policies": [], "boundary": null});
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    resource(&format!("arn:aws:iam::{A}:user/{name}"), all)
}

fn role(name: &str, fields: Value) -> Value {
    let mut all = json!({"path": "/", "attached_policies": [], "inline_policies": [], "boundary": null,
        "trust": {"Statement": [{"Effect": "Allow", "Principal": {"Service": "dms.amazonaws.com"}, "Action": "sts:AssumeRole"}]}});
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    resource(&format!("arn:aws:iam::{A}:role/{name}"), all)
}

fn allow(action: &str, on: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": on}})
}

fn inline(name: &str, document: Value) -> Value {
    json!([{"name": name, "document": document}])
}

fn bucket(policy: Value) -> Value {
    resource(
        "arn:aws:s3:::chd",
        json!({"policy": policy, "public_access_block": null, "acl": [], "owner": "own", "ownership": "BucketOwnerEnforced"}),
    )
}

/// The account without a public access block.
fn account() -> Value {
    resource(&format!("arn:aws:iam::{A}:root"), json!({"public_access_block": null}))
}

/// Who can, as `name: answer`.
fn who(resources: Value, action: &str, on: &str) -> Vec<String> {
    let snapshot = snapshot(resources);
    let index = Index::new(&snapshot);
    let found = Access::new(&index).who_can(action, &Target::read(on), &Context::open());
    assert_eq!(found.missing, []);
    found.decisions.iter().map(|(principal, decision)| format!("{}: {}", principal.name(), decision.answer)).collect()
}

#[test]
fn policies_come_inline_attached_and_through_groups_and_are_named() {
    let policy = format!("arn:aws:iam::{A}:policy/readers");
    let resources = json!({
        "iam-user": [user("alice", json!({"groups": ["analysts"]})), user("bob", json!({})), user("carol", json!({"attached_policies": [policy]}))],
        "iam-group": [resource(&format!("arn:aws:iam::{A}:group/analysts"), json!({"attached_policies": [],
            "inline_policies": inline("read", allow("s3:Get*", "arn:aws:s3:::chd/cards/*"))}))],
        "iam-role": [role("dms", json!({"inline_policies": inline("copy", allow("s3:*", "*"))})), role("other", json!({"attached_policies": ["arn:aws:iam::aws:policy/IAMFullAccess"]}))],
        "iam-policy": [resource(&policy, json!({"document": allow("S3:getobject", "arn:aws:s3:::chd/*")}))],
        "bucket": [bucket(Value::Null)],
    });
    assert_eq!(
        who(resources.clone(), "s3:GetObject", "arn:aws:s3:::chd/cards/pan"),
        ["root: allowed", "alice: allowed", "carol: allowed", "dms: allowed"].map(|text| text.replace("root", &format!("arn:aws:iam::{A}:root")))
    );
    let snapshot = snapshot(resources);
    let index = Index::new(&snapshot);
    let access = Access::new(&index);
    let cited = |name: &str| {
        let decision = access.decide(&access.principal(name).unwrap(), "s3:GetObject", &Target::one("arn:aws:s3:::chd/cards/pan"), &Context::open());
        assert!(decision.is_upper_bound() && decision.unread == [Layer::ServiceControl, Layer::ResourceControl]);
        decision.statements.iter().map(|cited| cited.place.policy.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        (cited("alice"), cited("carol"), cited("dms")),
        (vec!["inline policy read of group analysts".to_owned()], vec!["readers".to_owned()], vec!["inline policy copy".to_owned()])
    );
}

#[test]
fn a_pattern_finds_also_those_who_reach_a_part() {
    let resources = json!({
        "iam-role": [role("all", json!({"inline_policies": inline("p", allow("s3:GetObject", "arn:aws:s3:::ch*"))})),
            role("part", json!({"inline_policies": inline("p", allow("s3:GetObject", "arn:aws:s3:::chd/cards/2026/*"))})),
            role("none", json!({"inline_policies": inline("p", allow("s3:GetObject", "arn:aws:s3:::chd/other/*"))}))],
        "bucket": [bucket(Value::Null)],
    });
    let found = who(resources, "s3:GetObject", "arn:aws:s3:::chd/cards/*");
    assert_eq!(found[1..], ["all: allowed".to_owned(), "part: conditional".to_owned()]);
}

#[test]
fn a_bucket_policy_lets_in_outsiders_by_name_and_strangers_by_a_star() {
    let policy = |principal: Value, condition: Value| {
        json!({"account": [account()], "iam-user": [user("alice", json!({}))], "bucket": [bucket(json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::chd/*", "Condition": condition}]}))]})
    };
    let ask = |principal: Value, condition: Value| who(policy(principal, condition), "s3:GetObject", "arn:aws:s3:::chd/x");
    let named = ask(json!({"AWS": ["222222222222", "arn:aws:iam::333333333333:role/etl"], "Service": "logs.amazonaws.com"}), json!({}));
    assert_eq!(named[1..], ["arn:aws:iam::222222222222:root: allowed", "etl: unknown", "logs.amazonaws.com: allowed"]);
    let everyone = ask(json!("*"), json!({}));
    assert_eq!(everyone[1..], ["alice: allowed", "any principal of another account: allowed", "anonymous: allowed"]);
    let own = ask(json!("*"), json!({"StringEquals": {"aws:PrincipalAccount": A}}));
    assert_eq!(own[1..], ["alice: allowed"], "the account's own principals are no strangers");
    let other = ask(json!("*"), json!({"StringEquals": {"aws:PrincipalAccount": "222222222222"}}));
    assert_eq!(other[1..], ["arn:aws:iam::222222222222:root: allowed", "any principal of another account: conditional"]);
    let organization = ask(json!("*"), json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}));
    assert_eq!(organization[1..], ["alice: conditional", "any principal of another account: conditional"]);
}

#[test]
fn the_public_access_block_keeps_outsiders_out_of_a_public_bucket() {
    let ask = |own: Value, account: Value| {
        let policy = json!({"Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::chd/*"},
            {"Effect": "Allow", "Principal": {"AWS": "222222222222", "Service": "logs.amazonaws.com"}, "Action": "s3:*", "Resource": "*"}]});
        let mut bucket = bucket(policy);
        match own {
            Value::String(_) => _ = bucket["fields"].as_object_mut().unwrap().remove("public_access_block"),
            own => bucket["fields"]["public_access_block"] = own,
        }
        let root = resource(&format!("arn:aws:iam::{A}:root"), json!({"public_access_block": account}));
        who(json!({"account": [root], "iam-user": [user("alice", json!({}))], "bucket": [bucket]}), "s3:GetObject", "arn:aws:s3:::chd/x")
    };
    let block = |restrict: bool| json!({"block_public_acls": false, "ignore_public_acls": false, "block_public_policy": false, "restrict_public_buckets": restrict});
    let outside = ["arn:aws:iam::222222222222:root", "logs.amazonaws.com", "any principal of another account", "anonymous"];
    let shut = ["alice: allowed", "logs.amazonaws.com: allowed"];
    assert_eq!(ask(block(true), Value::Null)[1..], shut);
    assert_eq!(ask(block(false), block(true))[1..], shut);
    let open = ask(block(false), Value::Null);
    assert!(outside.iter().all(|name| open.contains(&format!("{name}: allowed"))), "{open:?}");
    let unseen = ask(json!("unseen"), block(false));
    assert!(unseen.contains(&"anonymous: unknown".to_owned()) && unseen.contains(&"alice: allowed".to_owned()), "{unseen:?}");
}

#[test]
fn an_acl_lets_in_accounts_and_groups() {
    let group = |name: &str| format!("http://acs.amazonaws.com/groups/{name}");
    let ask = |acl: Value, ignored: bool, action: &str, on: &str| {
        let mut bucket = bucket(Value::Null);
        bucket["fields"]["acl"] = acl;
        bucket["fields"]["public_access_block"] =
            json!({"block_public_acls": false, "ignore_public_acls": ignored, "block_public_policy": false, "restrict_public_buckets": true});
        let found = who(json!({"account": [account()], "iam-user": [user("alice", json!({}))], "bucket": [bucket]}), action, on);
        found[1..].join(", ")
    };
    let (chd, object) = ("arn:aws:s3:::chd", "arn:aws:s3:::chd/x");
    let granted =
        |grantee: &str, permission: &str| json!([{"grantee": "own", "permission": "FULL_CONTROL"}, {"grantee": grantee, "permission": permission}]);
    assert_eq!(ask(granted("other", "READ"), false, "s3:ListBucket", chd), "other: allowed", "and nobody of the owner's account");
    assert_eq!(ask(granted("other", "READ"), false, "s3:PutObject", object), "");
    assert_eq!(ask(granted("other", "WRITE"), false, "s3:PutObject", object), "other: allowed");
    assert_eq!(ask(granted("other", "WRITE"), false, "s3:DeleteObject", object), "other: conditional", "its own objects");
    assert_eq!(ask(granted("other", "FULL_CONTROL"), true, "s3:PutBucketAcl", chd), "other: allowed", "no account is public");
    assert_eq!(ask(granted("other", "FULL_CONTROL"), false, "s3:GetObject", object), "", "an object answers for itself");
    let (all, signed, logs) = (group("global/AllUsers"), group("global/AuthenticatedUsers"), group("s3/LogDelivery"));
    let everyone = "alice: allowed, any principal of another account: allowed";
    assert_eq!(ask(granted(&all, "READ"), false, "s3:ListBucket", chd), format!("{everyone}, anonymous: allowed"));
    assert_eq!(ask(granted(&signed, "READ_ACP"), false, "s3:GetBucketAcl", chd), everyone, "but nobody without a signature");
    assert_eq!(ask(granted(&all, "READ"), true, "s3:ListBucket", chd), "", "IgnorePublicAcls");
    assert_eq!(ask(granted(&logs, "WRITE"), true, "s3:PutObject", object), "logging.s3.amazonaws.com: allowed");
}

#[test]
fn a_deny_of_the_bucket_policy_overrules_its_acl() {
    let deny = json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:ListBucket", "Resource": "*"}});
    let mut bucket = bucket(deny);
    bucket["fields"]["acl"] = json!([{"grantee": "other", "permission": "READ"}]);
    assert!(who(json!({"bucket": [bucket]}), "s3:ListBucket", "arn:aws:s3:::chd").is_empty());
}

#[test]
fn acls_that_were_not_seen_may_let_in_others() {
    let missing = |field: &str, value: Value, action: &str| {
        let mut bucket = bucket(Value::Null);
        bucket["fields"]["acl"] = json!([{"grantee": "other", "permission": "READ"}, {"grantee": "x/AllUsers", "permission": "READ"}]);
        bucket["fields"]["policy"] = allow("s3:DeleteBucket", "*");
        match value {
            Value::Null => _ = bucket["fields"].as_object_mut().unwrap().remove(field),
            value => bucket["fields"][field] = value,
        }
        let snapshot = snapshot(json!({"account": [account()], "iam-user": [user("alice", json!({}))], "bucket": [bucket]}));
        let index = Index::new(&snapshot);
        let access = Access::new(&index);
        let target = Target::one("arn:aws:s3:::chd/x");
        let outsider = access.decide(&Principal::parse("222222222222").unwrap(), action, &target, &Context::open());
        let own = access.decide(&access.principal("alice").unwrap(), action, &target, &Context::open());
        assert_eq!(own.answer, Answer::ImplicitlyDenied, "an ACL gives nothing to the owner's own users");
        (access.who_can(action, &target, &Context::open()).missing.len(), outsider.answer)
    };
    for field in ["acl", "owner", "public_access_block"] {
        assert_eq!(missing(field, Value::Null, "s3:PutObject"), (1, Answer::Unknown), "{field}");
    }
    assert_eq!(missing("ownership", Value::Null, "s3:GetObject"), (1, Answer::Unknown));
    assert_eq!(missing("ownership", json!("ObjectWriter"), "s3:GetObject"), (1, Answer::Unknown), "the ACLs of objects are not collected");
    assert_eq!(missing("ownership", json!("BucketOwnerEnforced"), "s3:GetObject"), (0, Answer::ImplicitlyDenied));
}

#[test]
fn a_request_through_an_endpoint_meets_its_policy_and_carries_its_keys() {
    let endpoint = |fields: Value| {
        let mut all = json!({"vpc_id": "vpc-1", "service": "com.amazonaws.eu-west-1.s3", "state": "available"});
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!({"id": {"arn": format!("arn:aws:ec2:eu-west-1:{A}:vpc-endpoint/vpce-1"), "name": "vpce-1", "account": A, "region": "eu-west-1"}, "fields": all})
    };
    let ask = |fields: Value, action: &str| {
        let reader = role("dms", json!({"inline_policies": inline("p", allow("*", "*"))}));
        let snapshot = snapshot(json!({"iam-role": [reader], "bucket": [bucket(Value::Null)], "vpc-endpoint": [endpoint(fields)]}));
        let index = Index::new(&snapshot);
        let through = Through::find(&index, "vpce-1", action, "arn:aws:s3:::chd/x")?;
        let access = Access::new(&index).through(&through);
        let context = through.keys.iter().fold(Context::open(), |context, (key, values)| context.with(key, values.clone()));
        Ok(access.decide(&access.principal("dms").unwrap(), action, &Target::one("arn:aws:s3:::chd/x"), &context))
    };
    let own = |condition: Value| {
        json!({"policy": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::chd/*", "Condition": condition}]}})
    };
    assert_eq!(ask(own(json!({})), "s3:GetObject").unwrap().answer, Answer::Allowed);
    let put = ask(own(json!({})), "s3:PutObject").unwrap();
    assert_eq!((put.answer, put.lacking), (Answer::ImplicitlyDenied, vec![Layer::Endpoint]));
    assert_eq!(
        ask(own(json!({"StringEquals": {"aws:SourceVpc": "vpc-1", "aws:SourceVpce": "vpce-1"}})), "s3:GetObject").unwrap().answer,
        Answer::Allowed
    );
    let by_address = own(json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}));
    assert_eq!(ask(by_address, "s3:GetObject").unwrap().answer, Answer::ImplicitlyDenied, "no public address comes through an endpoint");
    assert_eq!(ask(json!({"policy": null}), "s3:PutObject").unwrap().answer, Answer::Allowed, "its service takes no policy");
    assert_eq!(ask(json!({}), "s3:PutObject").unwrap().answer, Answer::Unknown, "its policy was not seen");
    assert!(matches!(ask(own(json!({})), "kms:Decrypt"), Err(NoWay::OtherService { .. })));
    assert!(matches!(
        ask(json!({"service": "com.amazonaws.eu-west-1.s3-global.accesspoint", "state": "pending"}), "s3:GetObject"),
        Err(NoWay::Down(_))
    ));
}

#[test]
fn keys_give_way_to_identities_only_where_their_policy_says_so() {
    let key = format!("arn:aws:kms:eu-west-1:{A}:key/k");
    let resources = |principal: &str| {
        json!({
            "iam-role": [role("dms", json!({"inline_policies": inline("p", allow("kms:*", "*"))})), role("etl", json!({}))],
            "kms-key": [resource(&key, json!({
                "policy": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"}]},
                "grants": [{"grantee": format!("arn:aws:iam::{A}:role/etl"), "operations": ["Decrypt"], "constrained": true}]}))],
        })
    };
    let root = format!("arn:aws:iam::{A}:root");
    assert_eq!(who(resources(&root), "kms:Decrypt", &key), [format!("{root}: allowed"), "dms: allowed".into(), "etl: conditional".into()]);
    assert_eq!(who(resources("arn:aws:iam::111111111111:role/other"), "kms:Decrypt", &key), ["etl: conditional"]);
}

#[test]
fn an_action_on_keys_is_asked_of_the_key_behind_an_alias() {
    let at = |tail: &str| format!("arn:aws:kms:eu-west-1:{A}:{tail}");
    let mut key = resource(
        &at("key/k"),
        json!({"aliases": ["alias/cards"], "grants": [],
        "policy": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{A}:role/etl")}, "Action": "kms:*", "Resource": "*"}]}}),
    );
    key["id"]["region"] = json!("eu-west-1");
    let snapshot = snapshot(json!({"kms-key": [key], "iam-role": [role("etl", json!({})),
        role("boss", json!({"inline_policies": inline("p", allow("*", "*"))})), role("named", json!({"inline_policies": inline("p", allow("kms:Decrypt", &at("key/k")))}))]}));
    let index = Index::new(&snapshot);
    let access = Access::new(&index);
    let ask = |who: &str, action: &str, on: &str| access.decide(&access.principal(who).unwrap(), action, &Target::read(on), &Context::open());
    for on in [at("key/k"), at("alias/cards")] {
        assert_eq!(
            [ask("boss", "kms:Decrypt", &on).answer, ask("etl", "kms:Decrypt", &on).answer],
            [Answer::ImplicitlyDenied, Answer::Allowed],
            "{on}"
        );
    }
    let unknown = ask("boss", "kms:Decrypt", &at("alias/none"));
    assert_eq!(unknown.answer, Answer::Unknown);
    assert!(format!("{:?}", unknown.missing).contains("alias/none"), "{:?}", unknown.missing);
    assert_eq!(ask("named", "kms:Decrypt", &at("alias/none")).answer, Answer::Unknown, "it may be that key's");
    assert_eq!(ask("etl", "kms:Decrypt", &at("alias/none").replace("eu-west-1", "eu-west-2")).answer, Answer::Unknown);
    // An action on aliases is asked of the alias.
    assert_eq!(ask("boss", "kms:UpdateAlias", &at("alias/cards")).answer, Answer::Allowed);
}

#[test]
fn a_key_that_aws_manages_serves_the_account_through_services() {
    let key = format!("arn:aws:kms:eu-west-1:{A}:key/k");
    let resources = json!({"iam-user": [user("alice", json!({}))], "kms-key": [resource(&key, json!({"manager": "AWS"}))]});
    let found = who(resources, "kms:Decrypt", &key);
    assert_eq!(found[1..], ["alice: conditional"], "whoever uses the service, and no stranger");
}

#[test]
fn what_was_not_seen_makes_answers_unknown_and_is_told() {
    let mut hidden = role("hidden", json!({}));
    hidden["fields"].as_object_mut().unwrap().remove("inline_policies");
    let resources = json!({"iam-role": [role("dms", json!({"inline_policies": inline("p", allow("s3:*", "*"))})), hidden], "bucket": [resource("arn:aws:s3:::chd", json!({}))]});
    let snapshot = snapshot(resources);
    let index = Index::new(&snapshot);
    let access = Access::new(&index);
    let found = access.who_can("s3:GetObject", &Target::one("arn:aws:s3:::chd/x"), &Context::open());
    assert!(found.decisions.iter().all(|(_, decision)| decision.answer == Answer::Unknown && !decision.missing.is_empty()));
    assert_eq!((found.decisions.len(), found.missing.len()), (3, 2), "the bucket policy and the ACLs of its objects may let in others");
    let elsewhere = access.decide(&access.principal("dms").unwrap(), "s3:GetObject", &Target::one("arn:aws:s3:::unread/x"), &Context::open());
    assert_eq!(elsewhere.answer, Answer::Unknown);
}

#[test]
fn boundaries_and_service_control_policies_limit() {
    let boundary = format!("arn:aws:iam::{A}:policy/limit");
    let resources = json!({
        "iam-role": [role("dms", json!({"inline_policies": inline("p", allow("s3:*", "*")), "boundary": boundary}))],
        "iam-policy": [resource(&boundary, json!({"document": allow("s3:Get*", "*")}))],
        "bucket": [bucket(Value::Null)],
    });
    let snapshot = snapshot(resources);
    let index = Index::new(&snapshot);
    let access = Access::new(&index);
    let dms = access.principal("dms").unwrap();
    let ask = |access: &Access<'_>, action: &str| access.decide(&dms, action, &Target::one("arn:aws:s3:::chd/x"), &Context::over_tls());
    assert_eq!(ask(&access, "s3:GetObject").answer, Answer::Allowed);
    let limited = ask(&access, "s3:PutObject");
    assert_eq!((limited.answer, limited.lacking), (Answer::ImplicitlyDenied, vec![Layer::Boundary, Layer::Resource]));
    let scp = iam_eval::Policy::new(&iam_eval::document::Document::parse(&allow("ec2:*", "*").to_string()).unwrap(), "scp", None);
    let access = Access::new(&index).with_scps(vec![iam_eval::PolicySet::seen([std::sync::Arc::new(scp)])]);
    let decision = ask(&access, "s3:GetObject");
    assert_eq!(
        (decision.answer, decision.lacking, decision.unread),
        (Answer::ImplicitlyDenied, vec![Layer::ServiceControl], vec![Layer::ResourceControl])
    );
}

#[test]
fn principals_are_found_by_arn_name_and_session() {
    let snapshot = snapshot(json!({"iam-user": [user("etl", json!({}))], "iam-role": [role("etl", json!({})), role("team/dms", json!({}))]}));
    let index = Index::new(&snapshot);
    let access = Access::new(&index);
    assert!(matches!(access.principal("etl"), Err(NoPrincipal::Several(arns)) if arns.len() == 2));
    assert_eq!(access.principal("dms").unwrap().who, PrincipalType::Role);
    assert_eq!(access.principal("nobody"), Err(NoPrincipal::Unknown));
    assert_eq!(access.principal(&format!("arn:aws:iam::{A}:role/dms")), Err(NoPrincipal::Unknown));
    let session = access.principal(&format!("arn:aws:sts::{A}:assumed-role/dms/s")).unwrap();
    assert_eq!(session.principal_arn(), Some(&*format!("arn:aws:iam::{A}:role/team/dms")), "a session does not say the path of its role");
    assert_eq!(access.principal("arn:aws:iam::222222222222:role/x").unwrap().who, PrincipalType::Role, "of another account nothing is known");
    assert!(matches!(access.principal("a:b"), Err(NoPrincipal::Malformed(_))));
}
