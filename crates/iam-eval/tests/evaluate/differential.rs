//! The IAM evaluator against an independent one (`iam-rs`, identity policies only) on generated policies: no difference that AWS's
//! documentation does not decide.

use iam_eval::{Answer, Context, Policies, PolicySet, Principal, Request, Target, evaluate};
use iam_rs::{Arn, Context as TheirContext, ContextValue, Decision as Theirs, IAMPolicy, IAMRequest, PolicyEvaluator, PrincipalId};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::case::policy;
use crate::support::generator::{ACCOUNT, ACTIONS, Keys, RESOURCES, document, keys, statement};

const ALICE: &str = "arn:aws:iam::111111111111:user/alice";

fn ours(documents: &[Value], action: &str, resource: &str, keys: &Keys) -> Answer {
    let context = keys.iter().fold(Context::complete(), |context, (key, values)| context.with(key, values.clone()));
    // The other evaluator knows identity policies alone: whatever the resource, it is asked as one without a policy of its own.
    let action = action.replace("sts:", "stx:").replace("kms:", "kmx:");
    let request = Request::new(Principal::parse(ALICE).expect("a principal"), &action, Target::one(resource), Some(ACCOUNT), context);
    let rename = |document: &Value| document.to_string().replace("sts:", "stx:").replace("kms:Decrypt", "kmx:Decrypt");
    let set = PolicySet::<String>::seen(documents.iter().map(|document| policy(&serde_json::from_str(&rename(document)).expect("JSON"), "identity")));
    evaluate(&request, &Policies { identity: set, scps: Some(Vec::new()), rcps: Some(Vec::new()), ..Policies::default() }).answer
}

fn theirs(documents: &[Value], action: &str, resource: &str, keys: &Keys) -> Result<Theirs, String> {
    let mut context = TheirContext::new();
    for (key, values) in keys {
        let value = match (key.as_str(), values.as_slice()) {
            ("aws:TagKeys", values) => ContextValue::StringList(values.to_vec()),
            ("aws:MultiFactorAuthPresent", [value]) => ContextValue::Boolean(value == "true"),
            (_, [value]) => ContextValue::String(value.clone()),
            (_, values) => ContextValue::StringList(values.to_vec()),
        };
        context.insert(key.clone(), value);
    }
    let policies = documents.iter().map(|document| IAMPolicy::from_json(&document.to_string()).map_err(|error| error.to_string()));
    let policies = policies.collect::<Result<Vec<_>, _>>()?;
    let principal = iam_rs::Principal::Aws(PrincipalId::String(ALICE.to_owned()));
    let request = IAMRequest::new_with_context(principal, action, Arn::parse(resource).map_err(|error| error.to_string())?, context);
    PolicyEvaluator::with_policies(policies).evaluate(&request).map(|result| result.decision).map_err(|error| error.to_string())
}

fn same(ours: Answer, theirs: &Result<Theirs, String>) -> bool {
    matches!(
        (ours, theirs),
        (Answer::Allowed, Ok(Theirs::Allow)) | (Answer::ExplicitlyDenied, Ok(Theirs::Deny)) | (Answer::ImplicitlyDenied, Ok(Theirs::NotApplicable))
    )
}

/// What AWS documents and the other evaluator does not do. A statement with such a thing is left out on both sides; the rest must agree.
fn differs(statement: &Value, keys: &Keys) -> bool {
    let text = statement.to_string();
    let team = keys.get("aws:PrincipalTag/team").and_then(|values| values.first());
    let uses_team = text.contains("${aws:PrincipalTag/team}");
    // "If AWS cannot resolve a variable this might cause the entire statement to be invalid": the other puts nothing in its place.
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    let unresolved = text.contains("${aws:PrincipalTag/none}") || (uses_team && team.is_none());
    // A value's own `*` and `?` are no wildcards: the other reads them as such. (The same page: `${*}` is how a policy writes the character.)
    let wild_value = uses_team && team.is_some_and(|team| team.contains('*'));
    // A key "that resolves to a null dataset, such as an empty string" is as good as none under a set operator: the other compares it.
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    let null_set =
        text.contains("aws:TagKeys") && keys.get("aws:TagKeys").is_some_and(|values| !values.is_empty() && values.iter().all(String::is_empty));
    // `translated` makes one of these of the other.
    let both = text.contains("ArnLike") && text.contains("ArnEquals");
    unresolved || wild_value || null_set || both
}

/// The statement in words that the other evaluator understands, where AWS documents them to mean the same.
fn translated(statement: &Value, keys: &Keys) -> Value {
    let mut statement = statement.clone();
    let Some(condition) = statement.get("Condition").map(Value::to_string) else { return statement };
    // Variables stand in the values of string and ARN tests too: the other replaces them in resources alone.
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    let team = keys.get("aws:PrincipalTag/team").and_then(|values| values.first()).map_or("", String::as_str);
    let condition = condition.replace("${aws:PrincipalTag/team}", team).replace("${aws:PrincipalTag/none, 'y'}", "y");
    // "The ArnEquals and ArnLike operators behave identically": the other takes ArnEquals literally.
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    statement["Condition"] = serde_json::from_str(&condition.replace("ArnEquals", "ArnLike")).expect("JSON");
    statement
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_evaluators_agree(
        statements in prop::collection::vec(statement(None), 1..4), action in prop::sample::select(ACTIONS.as_slice()),
        resource in prop::sample::select(RESOURCES.as_slice()), keys in keys(),
    ) {
        let statements: Vec<Value> = statements.into_iter().filter(|statement| !differs(statement, &keys)).collect();
        let own = [document(&statements)];
        let other = [document(&statements.iter().map(|statement| translated(statement, &keys)).collect::<Vec<_>>())];
        let (ours, theirs) = (ours(&own, action, resource, &keys), theirs(&other, action, resource, &keys));
        prop_assert!(same(ours, &theirs), "{:?} {:?}", ours, theirs);
    }
}
