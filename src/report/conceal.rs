//! Policies as reports show them: without the values of conditions that are secrets by use.

use iam_eval::document::{NOT_SHOWN, is_secret_by_use};
use serde_json::Value;

/// Takes the values of such conditions out of every policy in a value.
pub(super) fn conceal(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(conceal),
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "Condition" { conceal_conditions(value) } else { conceal(value) }
            }
        }
        _ => {}
    }
}

/// Operator → key → values.
fn conceal_conditions(condition: &mut Value) {
    let tests = condition.as_object_mut().into_iter().flat_map(|operators| operators.values_mut()).filter_map(Value::as_object_mut);
    for (key, values) in tests.flatten() {
        if is_secret_by_use(key) {
            *values = Value::from(vec![NOT_SHOWN]);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_that_are_secrets_by_use_are_taken_out_and_no_others() {
        let mut value = json!({"trust": {"Statement": [{"Effect": "Allow", "Condition": {
            "StringEquals": {"STS:ExternalId": ["4711"], "aws:PrincipalOrgID": ["o-1"]},
            "StringLike": {"aws:Referer": ["hidden*"], "aws:UserAgent": "robot"},
            "ForAnyValue:StringEquals": {"kms:EncryptionContext:app": ["cards"], "kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::b"]}
        }}]}});
        conceal(&mut value);
        let condition = &value["trust"]["Statement"][0]["Condition"];
        let shown = json!({
            "StringEquals": {"STS:ExternalId": [NOT_SHOWN], "aws:PrincipalOrgID": ["o-1"]},
            "StringLike": {"aws:Referer": [NOT_SHOWN], "aws:UserAgent": [NOT_SHOWN]},
            "ForAnyValue:StringEquals": {"kms:EncryptionContext:app": [NOT_SHOWN], "kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::b"]}
        });
        assert_eq!(*condition, shown);
    }

    #[test]
    fn what_is_no_policy_stays_as_it_is() {
        for value in [json!(null), json!({"Condition": "x"}), json!({"Condition": {"StringEquals": ["sts:ExternalId"]}}), json!([1, {"a": "b"}])] {
            let mut same = value.clone();
            conceal(&mut same);
            assert_eq!(same, value);
        }
    }
}
