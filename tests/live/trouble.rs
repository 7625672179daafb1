//! AWS in trouble, and callers in trouble: throttling, hanging and broken answers, credentials and endpoints that do not work.

use std::time::Duration;

use serde_json::json;

use crate::aws::{Aws, REGION, Run};

#[test]
fn heavy_throttling_changes_no_finding() {
    let aws = Aws::with("healthy");
    let calm = aws.scan(&[]);
    for seed in [1, 2] {
        aws.faults(json!({"throttle": 0.3, "seed": seed}));
        let run = aws.scan(&[]);
        assert_eq!(run.differences(&calm), Vec::<String>::new(), "seed {seed}");
        assert_eq!(run.code, calm.code);
    }
}

/// One call in trouble: a gap with this code, an unknown where it hides something, and everything else as ever.
fn one_gap(run: &Run, call: &str, codes: &[&str]) {
    let gaps = run.gaps(call);
    assert!(!gaps.is_empty() && gaps.iter().all(|code| codes.contains(code)), "{call}: {gaps:?}, and not {codes:?}");
    assert_eq!(run.report().gaps.iter().filter(|gap| format!("{}:{}", gap.service, gap.operation) != call).count(), 0);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
}

#[test]
fn a_call_that_hangs_is_given_up_in_time() {
    let aws = Aws::with("healthy");
    aws.faults(json!({"delay": {"rds:DescribeDBSnapshots": 10}}));
    let run = aws.scan(&["--call-timeout", "2"]);
    one_gap(&run, "rds:DescribeDBSnapshots", &["Timeout"]);
    assert!(run.took < Duration::from_secs(8), "{:?}", run.took);
}

#[test]
fn a_dropped_connection_is_a_gap() {
    let aws = Aws::with("healthy");
    aws.faults(json!({"drop": ["kms:GetKeyRotationStatus"]}));
    let run = aws.scan(&["--call-timeout", "3"]);
    one_gap(&run, "kms:GetKeyRotationStatus", &["Network", "Timeout"]);
}

#[test]
fn a_page_of_html_where_xml_or_json_is_due_is_a_gap() {
    let aws = Aws::with("healthy");
    for call in ["rds:DescribeDBInstances", "dms:DescribeEndpoints", "s3:GetBucketPolicy"] {
        aws.faults(json!({"error": [call]}));
        let run = aws.scan(&["--call-timeout", "3"]);
        assert!(!run.gaps(call).is_empty(), "{call}: {:?}", run.report().gaps);
        assert_eq!(run.code, Some(3), "{call}: {}", run.stderr);
    }
}

#[test]
fn a_bucket_elsewhere_is_asked_about_where_it_is() {
    let aws = Aws::with("healthy");
    let calls = || aws.calls().values().sum::<usize>();
    let calm = aws.scan(&[]);
    let usual = calls();
    for (how, region) in [("elsewhere", "eu-west-3"), ("opted", "af-south-1"), ("opted", "us-east-1")] {
        aws.faults(json!({how: {"dms-shop-staging": region}}));
        let run = aws.scan(&[]);
        assert_eq!(run.differences(&calm), Vec::<String>::new(), "{how} {region}");
        assert_eq!(run.code, calm.code, "{how} {region}");
        assert_eq!(calls(), usual + 1, "the first question finds out where, the others are asked there");
    }
}

/// Nothing could be read: exit code 2, no report, and one message that holds these words.
fn refused(run: &Run, words: &[&str]) {
    assert_eq!((run.code, run.view.is_some()), (Some(2), false), "{}{}", run.stdout, run.stderr);
    let errors: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(errors.len(), 1, "{}", run.stderr);
    for word in words {
        assert!(run.stderr.to_lowercase().contains(&word.to_lowercase()), "no \"{word}\" in: {}", run.stderr);
    }
    assert!(run.stderr.lines().count() <= 3, "{}", run.stderr);
}

#[test]
fn an_expired_token_is_one_clear_message_after_few_calls() {
    let aws = Aws::with("empty");
    aws.faults(json!({"code": {"*": "ExpiredToken"}}));
    let run = aws.scan(&[]);
    refused(&run, &["ExpiredToken"]);
    assert!(aws.calls().values().sum::<usize>() <= 5, "{:?}", aws.calls());
}

#[test]
fn missing_credentials_are_said_before_anything_is_called() {
    let aws = Aws::with("empty");
    let run = aws.run(&["scan", "--region", REGION], &[("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")]);
    refused(&run, &["credentials"]);
    assert!(aws.calls().is_empty(), "{:?}", aws.calls());
}

#[test]
fn a_profile_that_does_not_exist_is_named() {
    let run = Aws::with("empty").run(&["scan", "--region", REGION, "--profile", "nobody"], &[]);
    refused(&run, &["nobody"]);
}

#[test]
fn an_account_without_regions_is_no_answer() {
    let aws = Aws::with("empty");
    aws.faults(json!({"without": {"ec2:DescribeRegions": "item"}}));
    refused(&aws.run(&["scan", "--all-regions"], &[("AWS_REGION", REGION)]), &["DescribeRegions", "names no region"]);
}

#[test]
fn an_external_id_without_a_role_is_refused() {
    let aws = Aws::with("empty");
    refused(&aws.scan(&["--external-id", "4711"]), &["external id", "--role-arn"]);
    assert!(aws.calls().is_empty(), "{:?}", aws.calls());
}

#[test]
fn a_log_is_told_how_far_a_long_scan_is() {
    let aws = Aws::with("empty");
    aws.faults(json!({"delay": {"cloudtrail:DescribeTrails": 16}}));
    let run = aws.scan(&["--call-timeout", "40"]);
    let told = run.stderr.lines().find(|line| line.starts_with("15 s: ")).unwrap_or_else(|| panic!("{}", run.stderr));
    assert!(told.contains("calls done, 1 under way"), "{told}");
    assert!(run.stderr.lines().any(|line| line.contains("calls answered") && line.ends_with(" s")), "{}", run.stderr);
    assert!(!run.stdout.contains("under way"), "{}", run.stdout);
}

#[test]
fn text_that_is_no_region_is_named() {
    let run = Aws::with("empty").run(&["scan", "--region", "frankfurt"], &[]);
    refused(&run, &["frankfurt"]);
}

#[test]
fn of_several_regions_the_one_that_the_account_does_not_have_is_named() {
    let run = Aws::with("empty").run(&["scan", "--region", REGION, "--region", "eu-central-9"], &[]);
    refused(&run, &["eu-central-9"]);
}

#[test]
fn an_endpoint_where_nobody_listens_is_named_soon() {
    let run = Aws::with("empty").run(&["scan", "--region", REGION, "--call-timeout", "5"], &[("AWS_ENDPOINT_URL", "http://127.0.0.1:9")]);
    refused(&run, &["127.0.0.1:9"]);
    assert!(run.took < Duration::from_secs(20), "{:?}", run.took);
}

#[test]
fn keys_and_endpoints_that_cannot_be_are_told_in_words() {
    let aws = Aws::with("empty");
    for (variable, value, says) in [
        ("AWS_ACCESS_KEY_ID", "AKIATEST\n", "the access key id holds a character that no key has"),
        ("AWS_ENDPOINT_URL", "localhost:5944", "is no address: it begins with http:// or https://"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9/HIDDEN?t=HIDDEN", "http://127.0.0.1:9 cannot be reached"),
    ] {
        let run = aws.run(&["scan", "--region", REGION, "--call-timeout", "5"], &[(variable, value)]);
        assert!(run.code == Some(2) && run.stderr.contains(says), "{}", run.stderr);
        assert!(!run.stderr.contains("HIDDEN") && !run.stderr.contains("panicked") && !run.stderr.contains("SdkBody"), "{}", run.stderr);
    }
}
