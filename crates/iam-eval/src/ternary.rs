//! Three-valued logic (Kleene).
//!
//! A known `true` decides an "any", a known `false` an "all", whatever else is open; so what is certain here is certain for every
//! request and for every policy that may stand where none was seen.

/// A truth value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ternary {
    /// Certainly not.
    No,
    /// It depends.
    Maybe,
    /// Certainly.
    Yes,
}

impl From<bool> for Ternary {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

impl Ternary {
    /// The opposite.
    pub const fn negate(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }

    /// Whether one of them holds.
    pub fn any(items: impl IntoIterator<Item = Self>) -> Self {
        let mut found = Self::No;
        for item in items {
            match item {
                Self::Yes => return Self::Yes,
                Self::Maybe => found = Self::Maybe,
                Self::No => {}
            }
        }
        found
    }

    /// Whether all of them hold.
    pub fn all(items: impl IntoIterator<Item = Self>) -> Self {
        Self::any(items.into_iter().map(Self::negate)).negate()
    }
}
