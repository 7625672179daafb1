//! The IAM evaluator, driven through its public interface over decisions with the expected answer.
//!
//! `fixtures/cases.json` was written by others; `fixtures/documented.json` holds the examples of AWS's documentation, each with
//! the page that decides it.

use crate::support::case;

fn check(file: &str) -> usize {
    let cases = case::cases(file);
    let mut wrong = Vec::new();
    for case in &cases {
        let decision = case.evaluate();
        if format!("{:?}", decision.answer) != case.expect {
            wrong.push(format!("{} [{}]: expected {}, got {decision:#?}", case.name, case.group, case.expect));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    cases.len()
}

#[test]
fn every_decision_that_others_wrote_down_comes_out() {
    assert_eq!(check("cases.json"), 67);
}

#[test]
fn every_example_of_the_documentation_comes_out() {
    assert!(
        case::cases("documented.json").iter().all(|case| case.source.as_ref().is_some_and(|page| page.starts_with("https://docs.aws.amazon.com/")))
    );
    assert!(check("documented.json") >= 80);
}
