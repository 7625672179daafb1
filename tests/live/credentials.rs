//! Whose credentials a scan takes: a profile's, a role's, and none that were not asked for.

use std::fs;
use std::time::Duration;

use crate::aws::{Aws, REGION, Run, python, support};

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

/// Profiles that cannot work, each with what its error says.
const BROKEN: &[(&str, &str, &[&str])] = &[
    ("hangs", "credential_process = sleep 60", &["did not come within 2 s"]),
    ("fails", "credential_process = echo hunter2 >&2; exit 7", &["credential_process failed (exit status: 7)"]),
    ("babbles", "credential_process = echo hunter2", &["credential_process", "JSON"]),
    (
        "no-role",
        "sso_start_url = https://example.awsapps.com/start\nsso_region = eu-central-1\nsso_account_id = 123456789012",
        &["\"no-role\"", "no sso_role_name"],
    ),
    ("no-region", "sso_start_url = https://example.awsapps.com/start\nsso_account_id = 123456789012\nsso_role_name = a", &["no sso_region"]),
    ("no-session", "sso_session = gone\nsso_account_id = 123456789012\nsso_role_name = a", &["no [sso-session gone]"]),
    ("half-session", "sso_session = half\nsso_account_id = 123456789012\nsso_role_name = a", &["[sso-session half]", "no sso_region"]),
    ("no-source", "role_arn = arn:aws:iam::123456789012:role/auditor\nsource_profile = gone", &["\"no-source\"", "\"gone\", which there is not"]),
    ("circle", "role_arn = arn:aws:iam::123456789012:role/auditor\nsource_profile = circle2", &["in turn"]),
    ("circle2", "role_arn = arn:aws:iam::123456789012:role/auditor\nsource_profile = circle", &["in turn"]),
    (
        "coded",
        "role_arn = arn:aws:iam::123456789012:role/auditor\nsource_profile = keys\nmfa_serial = arn:aws:iam::123456789012:mfa/jane",
        &["\"coded\"", "MFA device arn:aws:iam::123456789012:mfa/jane", "no terminal"],
    ),
];

/// What `aws login` leaves behind for that session, in a file that is named by the SHA-256 of its ARN. The key signs refreshed tokens; it guards nothing.
const LOGIN: &str = r#"{"accessToken": {"accessKeyId": "AKIALOGIN", "secretAccessKey": "s", "sessionToken": "t", "accountId": "123456789012",
"expiresAt": "2099-01-01T00:00:00Z"}, "tokenType": "aws_sigv4", "refreshToken": "r", "clientId": "arn:aws:signin:::devtools/same-device",
"dpopKey": "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIFDZHUzOG1Pzq+6F0mjMlOSp1syN9LRPBuHMoCFXTcXhoAoGCCqGSM49\nAwEHoUQDQgAE9qhj+KtcdHj1kVgwxWWWw++tqoh7H7UHs7oXh8jBbgF47rrYGC+t\ndjiIaHK3dBvvdE7MGj5HsepzLm3Kj91bqA==\n-----END EC PRIVATE KEY-----\n"}"#;
const LOGIN_FILE: &str = "893f13863f68a08133e541260597f1d60f5bf9b326625782990032cbad201e26.json";

fn profiles() -> String {
    let broken = BROKEN.iter().map(|(name, settings, _)| format!("[profile {name}]\nregion = eu-central-1\n{settings}\n"));
    format!("{PROFILES}\n[sso-session half]\nsso_start_url = https://example.awsapps.com/start\n{}", broken.collect::<String>())
}

/// A scan with these arguments and profiles, and no keys in the environment but these.
fn scan(aws: &Aws, arguments: &[&str], keys: &str) -> Run {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("config");
    fs::write(&file, profiles()).expect("a file in it");
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

#[test]
fn a_profile_that_cannot_work_is_one_sentence_before_anything_is_called() {
    let aws = Aws::with("empty");
    for (name, _, words) in BROKEN {
        let run = scan(&aws, &["--profile", name, "--call-timeout", "2"], "");
        assert_eq!(run.code, Some(2), "{name}: {}", run.stderr);
        assert!(words.iter().all(|word| run.stderr.contains(word)), "{name}: {}", run.stderr);
        assert!(run.stderr.lines().count() == 2 && !run.stderr.contains("hunter2"), "{name}: {}", run.stderr);
    }
    assert!(aws.calls().is_empty(), "{:?}", aws.calls());
}

#[test]
fn a_role_is_told_from_other_text_before_anything_is_called() {
    let aws = Aws::with("empty");
    for wrong in ["not-an-arn", "arn:aws:iam::123456789012:user/jane", "auditor"] {
        let run = scan(&aws, &["--region", REGION, "--role-arn", wrong], "test");
        assert!(run.code == Some(2) && run.stderr.contains(wrong) && run.stderr.contains("is not the ARN of a role"), "{}", run.stderr);
    }
    assert!(aws.calls().is_empty(), "{:?}", aws.calls());
}

#[test]
fn a_role_that_is_refused_is_told_in_words() {
    let aws = Aws::with("empty");
    aws.faults(serde_json::json!({"deny": ["sts:AssumeRole"]}));
    for arguments in [&["--region", REGION, "--role-arn", ROLE][..], &["--profile", "role"]] {
        let run = scan(&aws, arguments, "test");
        assert!(run.code == Some(2) && run.stderr.contains("AccessDenied: not authorized"), "{}", run.stderr);
        assert!(!run.stderr.contains("Error {"), "{}", run.stderr);
    }
}

#[test]
fn a_sts_that_hangs_is_given_up_in_time() {
    let aws = Aws::with("empty");
    aws.faults(serde_json::json!({"delay": {"sts:AssumeRole": 40}}));
    for (arguments, words) in [(&["--region", REGION, "--role-arn", ROLE][..], ROLE), (&["--profile", "role"], "did not come within 2 s")] {
        let run = scan(&aws, &[arguments, &["--call-timeout", "2"]].concat(), "test");
        assert!(run.code == Some(2) && run.stderr.contains(words) && run.took < Duration::from_secs(15), "{:?} {}", run.took, run.stderr);
    }
}

/// A person at a terminal is asked for the code, and the role is assumed with it.
#[cfg(unix)]
#[test]
fn a_person_is_asked_for_the_code_of_an_mfa_device() {
    let aws = Aws::with("empty");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("config");
    fs::write(&file, profiles()).expect("a file in it");
    let on_terminal = |code: &str| {
        aws.faults(serde_json::json!({}));
        let mut command = std::process::Command::new(python());
        command.arg(support("terminal.py")).arg(code).arg(env!("CARGO_BIN_EXE_pci-audit")).args([
            "scan",
            "--profile",
            "coded",
            "--allow-empty",
            "-o",
            "json=report.json",
        ]);
        command.env_clear().current_dir(folder.path()).env("HOME", folder.path()).env("AWS_CONFIG_FILE", &file).env("AWS_ENDPOINT_URL", aws.url());
        let done = command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("AWS_EC2_METADATA_DISABLED", "true").output();
        let done = done.expect("python runs");
        (done.status.code(), String::from_utf8_lossy(&done.stdout).into_owned())
    };
    let (code, said) = on_terminal("123456");
    assert!(code == Some(0) && said.contains("MFA device arn:aws:iam::123456789012:mfa/jane"), "{code:?} {said}");
    assert_eq!(assumed(&aws), 1, "{:?}", aws.calls());
    let report = fs::read_to_string(folder.path().join("report.json")).expect("a report");
    assert!(report.contains("assumed-role/auditor"), "{report}");
    let (code, said) = on_terminal("12345");
    assert!(code == Some(2) && said.contains("six digits") && aws.calls().is_empty(), "{code:?} {said} {:?}", aws.calls());
}
