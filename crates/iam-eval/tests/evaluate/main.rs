//! The evaluator through its public interface: decisions with the expected answer, another evaluator, and laws.

mod cases;
mod differential;
mod properties;
mod support;
