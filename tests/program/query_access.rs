//! `pci-audit query access`, driven end to end: answers with their statements, and refusals that help.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::account;
use crate::support::command::{Said, run};

const KEY: &str = "arn:aws:kms:us-east-2:123456789012:key/36ec8c27-974f-40d2-9e3f-37d4ce8fec90";
const SECRET: &str = "arn:aws:secretsmanager:us-east-2:123456789012:secret:base-rds-secret-fJKuRx";

fn folder() -> tempfile::TempDir {
    let at = tempfile::tempdir().expect("a temporary folder");
    fs::write(at.path().join("leaky.json"), account::text("leaky")).expect("written");
    at
}

fn ask(at: &Path, arguments: &[&str]) -> Said {
    run(at, &[&["query", "access", "--snapshot", "leaky.json"], arguments].concat())
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", said.stdout, said.stderr))
}

#[test]
fn one_principal_is_answered_with_the_statement_that_decides() {
    let at = folder();
    let said = ask(at.path(), &["--principal", "base-dms-secrets", "--action", "secretsmanager:GetSecretValue", "--resource", SECRET]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    for words in [
        "allowed  arn:aws:iam::123456789012:role/base-dms-secrets",
        "inline policy base-dms-secrets, statement 1",
        "Upper bound: service control policies",
    ] {
        assert!(said.stdout.contains(words), "{words}: {}", said.stdout);
    }
    let denied = ask(at.path(), &["--principal", "nc-dba", "--action", "kms:Decrypt", "--resource", KEY]);
    assert!(denied.stdout.contains("denied (nothing allows it)") && denied.stdout.contains("no Allow in identity policy"), "{}", denied.stdout);
    assert!(!denied.stdout.contains("Upper bound"), "what is denied stays denied");
}

#[test]
fn who_can_names_everyone_and_only_them() {
    let at = folder();
    let said = ask(at.path(), &["--who-can", "--action", "kms:Decrypt", "--resource", KEY, "--output", "json"]);
    let answers = json(&said)["answers"].clone();
    let names: Vec<&str> = answers.as_array().expect("a list").iter().map(|answer| answer["principal"].as_str().expect("text")).collect();
    assert_eq!(
        names,
        ["root", "user/nc-admin", "role/base-dms-secrets", "role/dms-access-for-endpoint", "role/nc-role-secrets-wild"]
            .map(|name| format!("arn:aws:iam::123456789012:{name}"))
    );
    assert!(answers.as_array().expect("a list").iter().all(|answer| answer["answer"] == "allowed" && answer["upper_bound"] == true));
    assert_eq!(answers[2]["statements"][1], json!({"layer": "resource", "policy": "key policy", "statement": "statement Root", "effect": "Allow"}));
}

#[test]
fn conditions_are_listed_and_may_be_answered() {
    let at = folder();
    let question = ["--principal", "nc-admin", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::base-redshift-audit/*"];
    let open = ask(at.path(), &question);
    assert!(
        open.stdout.contains("conditional") && open.stdout.contains("denied if   aws:SecureTransport Bool false (bucket policy, statement TlsOnly)"),
        "{}",
        open.stdout
    );
    let with = |value: &str| ask(at.path(), &[&question[..], &["--context", &format!("aws:securetransport={value}")]].concat()).stdout;
    assert!(with("true").contains("allowed  arn") && with("false").contains("denied (by a statement)"));
    assert!(with("").contains("aws:securetransport is absent"), "{}", with(""));
}

#[test]
fn service_control_policies_can_be_given() {
    let at = folder();
    let put = |name: &str, text: Value| fs::write(at.path().join(name), text.to_string()).expect("written");
    put("deny.json", json!({"Statement": {"Sid": "NoDecrypt", "Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}}));
    put(
        "list.json",
        json!([{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, {"Statement": {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}}]),
    );
    put("none.json", json!({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}));
    let with = |files: &[&str]| {
        let files: Vec<&str> = files.iter().flat_map(|file| ["--scp", file]).collect();
        ask(at.path(), &[&["--principal", "nc-admin", "--action", "kms:Decrypt", "--resource", KEY][..], &files].concat())
    };
    let denied = with(&["list.json", "deny.json"]).stdout;
    assert!(denied.contains("denied by   service control policy deny.json, statement NoDecrypt"), "{denied}");
    let allowed = with(&["list.json"]).stdout;
    assert!(allowed.contains("allowed  arn") && allowed.contains("Upper bound: resource control policies"), "{allowed}");
    assert!(with(&["none.json"]).stdout.contains("no Allow in service control policy"));
    let both =
        ask(at.path(), &["--principal", "nc-admin", "--action", "kms:Decrypt", "--resource", KEY, "--scp", "list.json", "--rcp", "list.json"]).stdout;
    assert!(both.contains("allowed  arn") && !both.contains("Upper bound"), "{both}");
    put("broken.json", json!({"Statement": {"Effect": "Allow", "Resource": "*"}}));
    let broken = with(&["broken.json"]);
    assert!(broken.code == 2 && broken.stderr.contains("broken.json") && broken.stderr.contains("neither Action nor NotAction"), "{}", broken.stderr);
}

#[test]
fn what_was_not_read_is_unknown_and_told_by_the_exit_code() {
    let at = folder();
    let mut denied = serde_json::from_str(&account::text("leaky")).expect("JSON");
    account::deny(&mut denied, "s3:GetBucketPolicy").expect("denied");
    fs::write(at.path().join("leaky.json"), denied.to_string()).expect("written");
    let said = ask(at.path(), &["--who-can", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::base-trail/x"]);
    assert_eq!(said.code, 3, "{}", said.stdout);
    for words in ["unknown  arn:aws:iam::123456789012:user/nc-admin", "s3:GetBucketPolicy: AccessDenied", "others may have access"] {
        assert!(said.stdout.contains(words), "{words}: {}", said.stdout);
    }
}

#[test]
fn a_bucket_acl_is_cited_and_the_acls_of_objects_are_told_as_not_read() {
    let at = folder();
    let mut account: Value = serde_json::from_str(&account::text("leaky")).expect("JSON");
    let buckets = account["resources"]["bucket"].as_array_mut().expect("a list");
    let bucket = buckets.iter_mut().find(|bucket| bucket["id"]["name"] == "base-trail").expect("the bucket");
    bucket["fields"]["ownership"] = json!("ObjectWriter");
    bucket["fields"]["acl"].as_array_mut().expect("a list").push(json!({"grantee": "79a59df9", "permission": "READ"}));
    fs::write(at.path().join("leaky.json"), account.to_string()).expect("written");
    let listed =
        ask(at.path(), &["--who-can", "--action", "s3:ListBucket", "--resource", "arn:aws:s3:::base-trail", "--context", "aws:SecureTransport=true"]);
    assert_eq!(listed.code, 0, "{}", listed.stdout);
    assert!(listed.stdout.contains("allowed  79a59df9\n  allowed by  bucket ACL, statement READ to 79a59df9"), "{}", listed.stdout);
    let read = ask(at.path(), &["--who-can", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::base-trail/x"]);
    assert!(read.code == 3 && read.stdout.contains("the ACLs of the bucket's objects"), "{}", read.stdout);
}

#[test]
fn a_vpc_endpoint_on_the_way_is_named_and_wrong_ones_are_refused() {
    let at = folder();
    let question = ["--principal", "nc-admin", "--action", "s3:PutObject", "--resource", "arn:aws:s3:::another-ones/x", "--output", "json"];
    let through = |endpoint: &str| ask(at.path(), &[&question[..], &["--through", endpoint]].concat());
    let account: Value = serde_json::from_str(&account::text("leaky")).expect("JSON");
    let named = |service: &str| {
        let all = account["resources"]["vpc-endpoint"].as_array().expect("a list").iter();
        let mut found = all.filter(|endpoint| endpoint["fields"]["service"].as_str().is_some_and(|name| name.ends_with(service)));
        found.next().expect("one")["id"]["name"].as_str().expect("text").to_owned()
    };
    let s3 = json(&through(&named(".s3")));
    assert_eq!(s3["through"], json!(named(".s3")));
    assert_eq!(s3["context"]["aws:SourceVpce"], json!([named(".s3")]));
    let none = through("vpce-none");
    assert!(none.code == 2 && none.stderr.contains("no such VPC endpoint"), "{}", none.stderr);
}

#[test]
fn a_question_that_makes_no_sense_is_refused_with_help() {
    let at = folder();
    let refused = |arguments: &[&str], words: &[&str]| {
        let said = run(at.path(), arguments);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{}", said.stderr);
        for word in words {
            assert!(said.stderr.contains(word), "{word} is not in: {}", said.stderr);
        }
    };
    let asked = |more: &[&'static str]| [&["query", "access", "--snapshot", "leaky.json"], more].concat();
    refused(
        &asked(&["--principal", "nc-dbz", "--action", "s3:GetObject", "--resource", "*"]),
        &["nc-dbz", "did you mean arn:aws:iam::123456789012:user/nc-dba"],
    );
    refused(
        &asked(&["--principal", "arn:aws:iam::123456789012:role/dba", "--action", "s3:GetObject", "--resource", "*"]),
        &["no such user or role", "nc-dba"],
    );
    refused(&asked(&["--principal", "nc-dba", "--action", "s3:*", "--resource", "*"]), &["name one action"]);
    refused(&asked(&["--principal", "nc-dba", "--action", "s3:GetObject", "--resource", "bucket"]), &["name an ARN"]);
    refused(&asked(&["--principal", "nc-dba", "--action", "s3:GetObject", "--resource", "*", "--context", "x"]), &["KEY=VALUE"]);
    refused(&asked(&["--action", "s3:GetObject", "--resource", "*"]), &["--principal"]);
    refused(&["query", "access", "--principal", "x", "--action", "s3:GetObject", "--resource", "*"], &["--snapshot", "pci-audit collect -o FILE"]);
    refused(&["query", "access", "--snapshot", "nowhere.json", "--principal", "x", "--action", "s3:GetObject", "--resource", "*"], &["nowhere.json"]);
}

#[test]
fn hostile_names_do_not_reach_the_terminal_raw() {
    let at = folder();
    let hostile = account::text("leaky").replace("nc-role-secrets-wild", "nc\\u001b[2Jx\\u202ewild");
    fs::write(at.path().join("leaky.json"), hostile).expect("written");
    for form in ["text", "json"] {
        let said = ask(at.path(), &["--who-can", "--action", "kms:Decrypt", "--resource", KEY, "-o", form]);
        let raw = said.stdout.chars().find(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c));
        assert!(raw.is_none() && said.stdout.contains("wild"), "{form}: {}", said.stdout);
    }
}

#[test]
fn an_unknown_action_is_refused_with_the_one_that_was_meant() {
    let at = folder();
    let said = |action: &str| ask(at.path(), &["--principal", "nc-admin", "--action", action, "--resource", "*"]);
    for (action, meant) in
        [("s3:GetObjekt", "did you mean s3:GetObject?"), ("S4:getobject", "did you mean s3:GetObject?"), ("kms:Decript", "did you mean kms:Decrypt?")]
    {
        let said = said(action);
        assert!(said.code == 2 && said.stderr.contains(meant) && said.stderr.contains(action), "{action}: {} {}", said.code, said.stderr);
        assert!(said.stdout.is_empty());
    }
    let none = said("s3:Nothing\u{202e}LikeThisAtAll");
    assert!(none.code == 2 && !none.stderr.contains("did you mean") && !none.stderr.contains('\u{202e}'), "{}", none.stderr);
    assert_eq!(said("S3:getobject").code, 0, "case does not matter");
}

#[test]
fn a_star_asks_about_any_resource_that_the_action_is_on_and_says_so() {
    let at = folder();
    let any = ask(at.path(), &["--principal", "nc-admin", "--action", "s3:GetObject", "--resource", "*", "--context", "aws:SecureTransport=true"]);
    assert!(any.code == 0 && any.stdout.contains("* stands for any resource of the account that the action is on"), "{}{}", any.stdout, any.stderr);
    assert!(any.stdout.contains("allowed  arn") && any.stdout.contains("on          arn:aws:s3:::"), "{}", any.stdout);
    let question = ["--action", "secretsmanager:GetSecretValue", "--resource", "*", "--output", "json"];
    let json = json(&ask(at.path(), &[&["--principal", "base-dms-secrets"], &question[..]].concat()));
    assert_eq!(
        (json["any_of"].clone(), json["answers"][0]["answer"].clone(), json["answers"][0]["on"].is_string()),
        (json!(["Secret"]), json!("allowed"), true)
    );
    // An action on nothing is asked about as it is.
    let none = ask(at.path(), &["--principal", "nc-admin", "--action", "ec2:DescribeRegions", "--resource", "*"]);
    assert!(!none.stdout.contains("stands for") && none.stdout.contains("allowed"), "{}", none.stdout);
    let who = ask(at.path(), &["--who-can", "--action", "kms:Decrypt", "--resource", "*"]);
    assert!(who.code == 0 && who.stdout.contains("user/nc-admin") && who.stdout.contains(":key/"), "{}", who.stdout);
}

#[test]
fn what_no_policy_decides_is_told_with_its_reason() {
    let at = folder();
    let said = |action: &str, on: &str| ask(at.path(), &["--principal", "nc-admin", "--action", action, "--resource", on]).stdout;
    let identity = said("sts:GetCallerIdentity", "*");
    assert!(identity.contains("allowed  arn") && identity.contains("sts:GetCallerIdentity needs no permission"), "{identity}");
    let linked = said("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/aws-service-role/dms.amazonaws.com/AWSServiceRoleForDMS");
    assert!(linked.contains("denied by   AWS itself, only its service changes a service-linked role"), "{linked}");
    for account in ["aws", "*", "123456789012"] {
        let policy = said("iam:GetPolicy", &format!("arn:aws:iam::{account}:policy/AdministratorAccess"));
        assert!(policy.contains("allowed  arn"), "{account}: {policy}");
    }
    let other = said("iam:GetPolicy", "arn:aws:iam::999999999999:policy/AdministratorAccess");
    assert!(other.contains("denied"), "{other}");
}
