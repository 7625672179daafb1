//! What we never call: whatever changes something, returns secrets or returns cardholder data. A test holds the call table against it,
//! and the generated IAM policy denies it besides.

/// IAM actions, `*` as wildcard.
pub const NEVER: &[&str] = &[
    "athena:*",
    "dms:DescribeTableStatistics",
    "glue:GetTable*",
    "kms:Decrypt",
    "lambda:GetFunction",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:StartQuery",
    "rds-data:*",
    "rds:DownloadCompleteDBLogFile",
    "rds:DownloadDBLogFilePortion",
    "redshift-data:*",
    "redshift-serverless:GetCredentials",
    "redshift:GetClusterCredentials*",
    "s3:GetObject*",
    "s3:ListBucket",
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter*",
];

#[cfg(test)]
mod tests {
    use super::super::CALLS;
    use super::NEVER;

    #[test]
    fn no_call_is_on_the_never_call_list_and_every_call_only_reads() {
        for call in CALLS.iter() {
            let forbidden = NEVER.iter().find(|never| match never.strip_suffix('*') {
                Some(prefix) => call.iam_action.starts_with(prefix),
                None => call.iam_action == **never,
            });
            assert_eq!(forbidden, None, "{}", call.name());
            assert!(
                ["Describe", "Get", "List", "Search"].iter().any(|verb| call.operation.starts_with(verb)),
                "{} may change something",
                call.name()
            );
        }
    }

    #[test]
    fn the_table_is_sorted_and_names_each_operation_once() {
        let names: Vec<_> = CALLS.iter().map(|call| (call.service, call.operation)).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
    }

    #[test]
    fn every_field_of_every_kind_is_filled_by_some_call() {
        for kind in crate::model::Kind::ALL {
            for field in kind.fields() {
                assert!(super::super::fillers(*kind, field).next().is_some(), "no call fills {kind}.{field}");
            }
        }
        for call in CALLS.iter() {
            for (kind, fields) in call.fills {
                for field in *fields {
                    assert!(kind.fields().contains(field), "{} fills {kind}.{field}, which does not exist", call.name());
                }
            }
        }
    }
}
