//! Defaults of IAM and KMS, each with its source.

use iam_eval::document::{Document, Effect, Statement};

/// Days between automatic rotations where GetKeyRotationStatus gives no period, and between those of a key that AWS manages.
/// Source: AWS KMS Developer Guide, "Rotate AWS KMS keys".
pub const KEY_ROTATION_DAYS: i64 = 365;

/// The state of a key that AWS manages: it cannot be disabled or deleted. Source: AWS KMS Developer Guide, "AWS managed keys".
pub const AWS_MANAGED_KEY_STATE: &str = "Enabled";

/// What DescribeKey means where it names no key spec. Source: AWS KMS API Reference, CreateKey, KeySpec.
pub const KEY_SPEC: &str = "SYMMETRIC_DEFAULT";

/// What AWS documents that its own policy grants, where its document is not in the answer. Source: AWS Managed Policy Reference Guide.
pub fn aws_policy(arn: &str) -> Option<Document> {
    let parsed = iam_eval::arn::Arn::parse(arn).filter(|parsed| parsed.service == "iam" && parsed.account == "aws")?;
    let (action, not_action) = match parsed.tail() {
        "AdministratorAccess" => (Some("*"), None),
        "PowerUserAccess" => (None, Some(vec!["iam:*".to_owned(), "organizations:*".to_owned(), "account:*".to_owned()])),
        "AmazonS3FullAccess" => (Some("s3:*"), None),
        "AmazonRDSFullAccess" => (Some("rds:*"), None),
        "AmazonRedshiftFullAccess" => (Some("redshift:*"), None),
        "SecretsManagerReadWrite" => (Some("secretsmanager:*"), None),
        "IAMFullAccess" => (Some("iam:*"), None),
        _ => return None,
    };
    let statement = Statement {
        sid: None,
        effect: Effect::Allow,
        principal: None,
        not_principal: None,
        action: action.map(|action| vec![action.to_owned()]),
        not_action,
        resource: Some(vec!["*".to_owned()]),
        not_resource: None,
        condition: std::collections::BTreeMap::new(),
    };
    Some(Document { version: None, id: None, statement: vec![statement] })
}
