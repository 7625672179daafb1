//! Stub.
use crate::facts::World;
use crate::facts::derived::Derived;
use crate::model::Resource;
use crate::model::secret::Secret;
use crate::config::Config;
use crate::model::policy::{Document, Effect, Principals};

/// Stub.
#[derive(Clone)]
pub struct Opening {
    /// Anyone.
    pub anyone: bool,
    /// Undeclared.
    pub undeclared: Vec<String>,
    /// Why.
    pub why: String,
}

/// Stub.
pub fn opening(document: &Document, _owner_account: &str, _config: &Config, _data_actions: &[&str]) -> Opening {
    let anyone = document.statement.iter().any(|s| {
        s.effect == Effect::Allow
            && s.condition.is_empty()
            && match &s.principal {
                Some(Principals::Any(_)) => true,
                Some(Principals::ByType(types)) => types.get("AWS").is_some_and(|v| v.0.iter().any(|v| v == "*")),
                None => false,
            }
    });
    Opening { anyone, undeclared: Vec::new(), why: "a statement allows everyone".to_owned() }
}
/// Stub.
pub fn secret_opening(_world: &World, _secret: &Resource<Secret>) -> Derived<Opening> {
    Derived::not_evaluated("stub")
}

/// Stub.
pub fn key_opens_to_outsiders(_world: &World, _key_id: Option<&str>, _region: &str) -> Derived<bool> {
    Derived::not_evaluated("stub")
}
