//! Keys: what locks a store, who controls it, is it alive and rotated (3.6.x, 3.7.x).

use super::World;
use super::subject::{Field, Shape, Subject, Type};
use crate::model::Kind;

/// The fact kind `key`.
pub const KEY: Shape = Shape {
    name: "key",
    doc: "what locks a store, who controls it, is it alive and rotated",
    kinds: &[Kind::KmsKey],
    fields: &[
        Field::new("manager", Type::Text, "AWS or CUSTOMER"),
        Field::new("used_by", Type::Texts, "what in scope it locks"),
        Field::new("rotation", Type::Text, "automatic, off, aws-managed, or by-hand (imported, custom store, asymmetric)"),
        Field::nullable("rotation_days", Type::Int, "days between automatic rotations; null where there are none"),
        Field::new("state", Type::Text, "AWS's word; Enabled where AWS manages it"),
        Field::new("usable", Type::Bool, "enabled, and not on its way to deletion"),
        Field::new("symmetric", Type::Bool, "SYMMETRIC_DEFAULT"),
        Field::new("anyone", Type::Bool, "the policy or a grant lets anyone use or administer it"),
        Field::new("undeclared", Type::Texts, "outside accounts and principals that the policy or a grant lets in and nobody declared"),
        Field::new("policy_why", Type::Text, "which statement or grant decides, in words"),
    ],
};

/// The subjects of this noun.
pub fn derive(_world: &World<'_>) -> Vec<Subject> {
    Vec::new()
}
