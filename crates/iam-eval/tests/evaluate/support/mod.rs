//! What the tests share.

pub(crate) mod case;
pub(crate) mod generator;
