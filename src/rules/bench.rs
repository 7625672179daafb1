//! The rule bench: runs the cases that stand in a rule's own file.

use std::sync::Arc;

use super::expr::{Base, Scope};
use super::judge::judge;
use super::rule::{Case, Rule};
use super::{Problem, RuleSet};
use crate::config::Config;
use crate::evidence::{About, Derived, Missing};
use crate::facts::{self, Subject, no_pipelines};
use crate::finding::{Finding, Verdict};
use crate::model::{Identity, Kind};

/// Runs every case of every rule; what comes back is what did not hold.
pub fn run(rules: &RuleSet) -> Vec<Problem> {
    rules.rules.values().flat_map(|rule| rule.cases.iter().filter_map(|case| run_case(rule, case))).collect()
}

/// Every case with one field hidden: (rule, case, field, verdict before, verdict after).
pub fn mutations(rules: &RuleSet) -> Vec<(String, String, String, Verdict, Verdict)> {
    let mut all = Vec::new();
    for rule in rules.rules.values() {
        for case in &rule.cases {
            let before = finding(rule, case).verdict;
            // Who a subject is, is always known.
            for field in case.r.keys().filter(|field| !Subject::BUILTIN.contains(&field.as_str())) {
                let mut less = case.clone();
                less.r.remove(field);
                all.push((rule.id.to_string(), case.name.clone(), field.clone(), before, finding(rule, &less).verdict));
            }
        }
    }
    all
}

fn finding(rule: &Rule, case: &Case) -> Finding {
    let mut cfg = Config::default().cfg();
    cfg.extend(case.cfg.clone());
    let base = Base::new(&cfg);
    let subject = subject(rule, case);
    judge(rule, &subject, &Scope::new(&base, &subject))
}

fn run_case(rule: &Rule, case: &Case) -> Option<Problem> {
    let wrong = |message: String| Some(rule.source.problem(case.span.clone(), format!("case \"{}\": {message}", case.name)));
    let finding = finding(rule, case);
    if let Some(why) = finding.rule_error {
        return wrong(format!("the rule breaks: {why}"));
    }
    if finding.verdict != case.expect {
        return wrong(format!("expected {}, got {}", case.expect, finding.verdict));
    }
    match case.severity {
        Some(severity) if severity != finding.severity => wrong(format!("expected severity {severity}, got {}", finding.severity)),
        _ => None,
    }
}

/// A subject as the case gives it: what it leaves out is unseen.
fn subject(rule: &Rule, case: &Case) -> Subject {
    let text = |name: &str, default: &str| case.r.get(name).and_then(|value| value.as_str()).unwrap_or(default).to_owned();
    let kind = text("kind", "").parse::<Kind>().ok().or_else(|| rule.kinds.first().copied()).unwrap_or(Kind::Account);
    let resource = Arc::new(Identity {
        arn: text("arn", "arn:aws:case:us-east-1:111122223333:case").into(),
        name: text("name", "case").into(),
        account: text("account", "111122223333").into(),
        region: text("region", "us-east-1").into(),
    });
    let about = About { kind, resource, key: String::new(), pipelines: no_pipelines() };
    let mut subject = Subject::new("case", about);
    for field in facts::fields_of(&rule.subject) {
        let value = case
            .r
            .get(&field.name)
            .map_or_else(|| Derived::unseen(Missing::NotEvaluated("left out of the case")), |value| Derived::known(value.clone()));
        subject.fields.push((field.key, value));
    }
    subject
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each rule tells of a failing case, about a resource whose name is made to break commands.
    fn told(name: &str, texts: &[&str]) -> Vec<(String, Vec<String>)> {
        let rules = RuleSet::builtin().unwrap_or_else(|error| panic!("{error}"));
        let mut all = Vec::new();
        for rule in rules.rules.values() {
            for case in rule.cases.iter().filter(|case| case.expect == Verdict::Fail) {
                for kind in &rule.kinds {
                    let mut case = case.clone();
                    case.r.insert("kind".to_owned(), kind.name().into());
                    for text in texts {
                        case.r.insert((*text).to_owned(), name.into());
                    }
                    case.r.insert("arn".to_owned(), format!("arn:aws:x:eu-west-1:1:{name}").into());
                    all.push((format!("{} of {kind}", rule.id), finding(rule, &case).commands));
                }
            }
        }
        all
    }

    #[test]
    fn every_command_is_one_that_a_shell_reads_and_holds_a_name_as_one_word() {
        let hostile = "it's `touch x` $(touch x) \"; touch x #";
        let mut all = told(hostile, &["name"]);
        all.extend(told(hostile, &["name", "region", "engine"]));
        assert!(all.iter().filter(|(_, commands)| !commands.is_empty()).count() > 100);
        let mut script = "aws() { for word in \"$@\"; do printf '<%s>' \"$word\"; done; echo; }\n".to_owned();
        for (what, command) in all.iter().flat_map(|(what, commands)| commands.iter().map(move |command| (what, command))) {
            assert!(command.starts_with("aws ") && !command.contains('\n'), "{what}: {command}");
            let read = std::process::Command::new("bash").args(["-n", "-c", command]).output().unwrap();
            assert!(read.status.success(), "{what}: {command}\n{}", String::from_utf8_lossy(&read.stderr));
            script.push_str(command);
            script.push('\n');
        }
        // Nothing of a name is run.
        let folder = tempfile::tempdir().unwrap();
        let run = std::process::Command::new("bash").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
        let (said, touched) = (String::from_utf8_lossy(&run.stderr), folder.path().join("x").exists());
        assert!(run.status.success() && said.is_empty() && !touched, "{:?} {touched} {said}", run.status);
        for line in String::from_utf8(run.stdout).unwrap().lines().filter(|line| line.contains("touch x")) {
            assert!(line.contains(hostile), "one word: {line}");
        }
    }

    /// What only a person can say, or what a command before it prints: everything else stands in the commands.
    const CHOSEN: &[&str] = &[
        "ASSOCIATION_ID",
        "BUCKET",
        "CERTIFICATE_ARN",
        "CLIENT_GROUP_ID",
        "FUNCTION_ARN",
        "GRANT_ID",
        "KEY_ARN",
        "LOG_BUCKET",
        "NEW_BUCKET",
        "NEW_CERTIFICATE_ARN",
        "NEW_NAME",
        "OPTION_GROUP",
        "PORT",
        "PRIVATE_ROUTE_TABLE_ID",
        "PRIVATE_SUBNETS",
        "REGION",
        "ROLE_ARN",
        "ROUTE_TABLE_IDS",
        "SECRET_ARN",
        "SERVER_GROUP_ID",
        "STREAM",
        "TRAIL",
        "VPC_ID",
    ];

    #[test]
    fn commands_leave_to_people_what_only_people_can_say() {
        let all = told("orders", &["name"]);
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut left = std::collections::BTreeSet::new();
        for word in all.iter().flat_map(|(_, commands)| commands).flat_map(|command| command.split(|c| !is_word(c))) {
            if word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c == '_') && !CHOSEN.contains(&word) {
                left.insert(word.to_owned());
            }
        }
        assert!(left.is_empty(), "{left:?}");
        let of = |what: &str| all.iter().filter(|(rule, _)| rule == what).flat_map(|(_, commands)| commands.clone()).collect::<Vec<_>>();
        for (what, command) in [
            (
                "ingress-from-anywhere of rds-instance",
                "aws ec2 revoke-security-group-ingress --group-id 'sg-1' --ip-permissions 'IpProtocol=tcp,FromPort=5432,ToPort=5432,IpRanges=[{CidrIp=0.0.0.0/0}]' --region 'us-east-1'",
            ),
            ("no-full-admin of iam-role", "aws iam detach-role-policy --role-name 'boss' --policy-arn 'arn:aws:iam::111122223333:policy/everything'"),
            ("people-least-privilege of iam-user", "aws iam delete-user-policy --user-name 'ops' --policy-name 'work'"),
            (
                "server-requires-tls of rds-cluster",
                "aws rds modify-db-cluster-parameter-group --db-cluster-parameter-group-name 'pg-orders' --parameters ParameterName=rds.force_ssl,ParameterValue=1,ApplyMethod=pending-reboot --region 'us-east-1'",
            ),
            ("server-requires-tls of rds-cluster", "aws rds reboot-db-instance --db-instance-identifier 'orders-1' --region 'us-east-1'"),
            (
                "snapshot-not-shared-outside of redshift-snapshot",
                "aws redshift revoke-snapshot-access --snapshot-identifier 'orders' --account-with-restore-access '999988887777' --region 'us-east-1'",
            ),
        ] {
            assert!(of(what).iter().any(|told| told == command), "{what}: {:#?}", of(what));
        }
        assert!(!of("no-full-admin of iam-role").iter().any(|command| command.contains("policy/thing")));
    }

    #[test]
    fn words_around_commands_are_not_escaped() {
        let rules = RuleSet::builtin().unwrap_or_else(|error| panic!("{error}"));
        for rule in rules.rules.values() {
            for case in rule.cases.iter().filter(|case| case.expect == Verdict::Fail) {
                let text = finding(rule, case).remediation.unwrap_or_default();
                assert!(!text.contains(r"'\''"), "{}: {text}", rule.id);
            }
        }
    }

    #[test]
    fn commands_name_a_real_region_and_glue_filters_to_their_values() {
        let rules = RuleSet::builtin().unwrap_or_else(|error| panic!("{error}"));
        for rule in rules.rules.values() {
            for (case, kind) in
                rule.cases.iter().filter(|case| case.expect == Verdict::Fail).flat_map(|case| rule.kinds.iter().map(move |kind| (case, kind)))
            {
                let mut case = case.clone();
                case.r.insert("kind".to_owned(), kind.name().into());
                // What has no region of its own must not be asked for in one.
                case.r.insert("region".to_owned(), if kind.is_global() { "global" } else { "eu-west-1" }.into());
                let text = finding(rule, &case).remediation.unwrap_or_default();
                assert!(!text.contains("global'") && !text.contains("region global"), "{} of {kind}: {text}", rule.id);
                assert!(!text.contains("Values= ") && !text.contains("-identifier= "), "{} of {kind}: {text}", rule.id);
            }
        }
    }
}
