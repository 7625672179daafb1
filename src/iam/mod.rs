//! The IAM evaluator: a request and the policies that bear on it → what AWS would say, and why.
//!
//! [`decide`] is pure. A [`Request`] says who asks ([`Principal`]), the action, the resource ([`Target`]) and the [`Context`], of which what
//! is not given is either absent ([`Context::complete`]) or not known ([`Context::open`]). [`Policies`] holds the layers; what of them was
//! not seen stands there as [`crate::evidence::Missing`]. The [`Decision`] is `Allowed` or denied only where that is certain; where it
//! hangs on the request it is `Conditional` with the [`Hinge`]s, where it hangs on what was not seen it is `Unknown`.
//!
//! Source: IAM User Guide, "Policy evaluation logic" and the pages that each module names.

pub mod action;
mod citation;
mod condition;
mod context;
mod decision;
mod evaluate;
mod everyone;
mod fixed;
mod free;
mod group;
mod issuer;
mod layers;
mod narrowing;
mod operator;
mod outsider;
pub(crate) mod pattern;
mod policy_variable;
mod principal;
pub(crate) mod principal_element;
mod request;
pub(crate) mod set;
mod statement;
mod ternary;

pub use citation::{Cited, Condition, Hinge, Layer, Place};
pub use context::{Absent, Context, HOW};
pub use decision::{Answer, Decision};
pub use evaluate::decide;
pub use free::{is_free, is_free_to_some};
pub use group::{Group, Groups};
pub use layers::{Policies, Sheet};
pub use pattern::{Pattern, Reading, fits};
pub use principal::{ANY_SERVICE, Principal, Who};
pub use request::{Request, Target};
pub use statement::{Actions, Policy};

pub(crate) use evaluate::judge;
pub(crate) use issuer::{is_cognito, serves_the_public, url as issuer_url};
pub(crate) use layers::{Layers, Relevant, relevant};
pub(crate) use statement::{Resources, Term};
