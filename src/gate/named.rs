//! Lists in sentences: nobody reads hundreds of names there.

use std::collections::BTreeSet;

/// The first names of a list, and how many more there are.
pub fn named<T: AsRef<str>>(names: &BTreeSet<T>, at_most: usize) -> String {
    let shown: Vec<&str> = names.iter().take(at_most).map(AsRef::as_ref).collect();
    let more = if names.len() > at_most { format!(" and {} more", names.len() - at_most) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}
