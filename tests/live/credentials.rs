//! Whose credentials a scan takes: a profile's, a role's, and none that were not asked for.

use std::fs;

use crate::aws::{Aws, REGION, Run};

const ROLE: &str = "arn:aws:iam::123456789012:role/auditor";

/// Keys from a program, a role that is assumed with them, and one of a user who signed out.
const PROFILES: &str = r#"
[profile keys]
region = eu-central-1
credential_process = echo '{"Version": 1, "AccessKeyId": "AKIAPROCESS", "SecretAccessKey": "s"}'

[profile role]
region = eu-central-1
role_arn = arn:aws:iam::123456789012:role/auditor
source_profile = keys

[profile signed-out]
region = eu-central-1
sso_start_url = https://example.awsapps.com/start
sso_region = eu-central-1
sso_account_id = 123456789012
sso_role_name = auditor

[profile logged-in]
region = eu-central-1
login_session = arn:aws:iam::123456789012:user/dev
"#;

/// What `aws login` leaves behind for that session, in a file that is named by the SHA-256 of its ARN. The key signs refreshed tokens; it guards nothing.
const LOGIN: &str = r#"{"accessToken": {"accessKeyId": "AKIALOGIN", "secretAccessKey": "s", "sessionToken": "t", "accountId": "123456789012",
"expiresAt": "2099-01-01T00:00:00Z"}, "tokenType": "aws_sigv4", "refreshToken": "r", "clientId": "arn:aws:signin:::devtools/same-device",
"dpopKey": "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIFDZHUzOG1Pzq+6F0mjMlOSp1syN9LRPBuHMoCFXTcXhoAoGCCqGSM49\nAwEHoUQDQgAE9qhj+KtcdHj1kVgwxWWWw++tqoh7H7UHs7oXh8jBbgF47rrYGC+t\ndjiIaHK3dBvvdE7MGj5HsepzLm3Kj91bqA==\n-----END EC PRIVATE KEY-----\n"}"#;
const LOGIN_FILE: &str = "893f13863f68a08133e541260597f1d60f5bf9b326625782990032cbad201e26.json";

/// A scan with these arguments and profiles, and no keys in the environment but these.
fn scan(aws: &Aws, arguments: &[&str], keys: &str) -> Run {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("config");
    fs::write(&file, PROFILES).expect("a file in it");
    let file = file.to_str().expect("a path in UTF-8");
    fs::write(folder.path().join(LOGIN_FILE), LOGIN).expect("another one");
    let logins = folder.path().to_str().expect("a path in UTF-8");
    let mut all = vec!["scan"];
    all.extend(arguments);
    aws.run(&all, &[("AWS_CONFIG_FILE", file), ("AWS_LOGIN_CACHE_DIRECTORY", logins), ("AWS_ACCESS_KEY_ID", keys), ("AWS_SECRET_ACCESS_KEY", keys)])
}

fn assumed(aws: &Aws) -> usize {
    aws.calls().get("sts:AssumeRole").copied().unwrap_or_default()
}

#[test]
fn a_role_is_assumed_once_and_said_without_its_session() {
    let aws = Aws::with("empty");
    let run = scan(&aws, &["--region", REGION, "--role-arn", ROLE, "--external-id", "x-1"], "test");
    let view = run.view.expect("a report");
    assert_eq!((run.code, view.run.caller.as_str()), (Some(0), "arn:aws:sts::123456789012:assumed-role/auditor"), "{}", run.stderr);
    assert_eq!(assumed(&aws), 1, "{:?}", aws.calls());
}

#[test]
fn a_profile_that_assumes_a_role_has_its_region_for_it_and_comes_before_keys_in_the_environment() {
    let aws = Aws::with("empty");
    for keys in ["", "test"] {
        aws.faults(serde_json::json!({}));
        let run = scan(&aws, &["--profile", "role"], keys);
        let view = run.view.unwrap_or_else(|| panic!("{}", run.stderr));
        assert_eq!((view.run.caller.as_str(), &view.run.regions[..]), ("arn:aws:sts::123456789012:assumed-role/auditor", &[REGION.to_owned()][..]));
        assert_eq!(assumed(&aws), 1, "{:?}", aws.calls());
    }
}

#[test]
fn a_program_may_give_the_keys() {
    let aws = Aws::with("empty");
    let run = scan(&aws, &["--profile", "keys"], "");
    assert_eq!((run.code, assumed(&aws)), (Some(0), 0), "{}", run.stderr);
}

#[test]
fn a_login_session_gives_the_keys() {
    let aws = Aws::with("empty");
    let run = scan(&aws, &["--profile", "logged-in"], "");
    assert_eq!((run.code, assumed(&aws)), (Some(0), 0), "{}", run.stderr);
}

#[test]
fn who_signed_out_is_told_to_sign_in() {
    let aws = Aws::with("empty");
    let run = scan(&aws, &["--profile", "signed-out"], "");
    assert!(run.code == Some(2) && run.stderr.contains("sign in again"), "{}", run.stderr);
    assert!(aws.calls().is_empty(), "{:?}", aws.calls());
}
