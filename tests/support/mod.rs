//! What the integration tests share.
#![allow(dead_code, reason = "each test binary uses a part")]

pub mod account;
