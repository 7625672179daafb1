//! How we know what we know: observed values, what is derived from them, and why something could not be seen.

mod about;
mod derived;
mod field_ref;
mod index;
mod missing;

pub use about::About;
pub use derived::Derived;
pub(crate) use derived::observe;
pub use field_ref::FieldRef;
pub use index::Index;
pub use missing::Missing;
