//! "Did you mean": the known name that is nearest to one that nobody knows.

pub use strsim::osa_distance as distance;

/// The end of a message about an unknown name: which was meant. Empty where none is near.
pub fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    nearest(name, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// The known name that was meant: a third of the letters may differ, at most four.
pub fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let allowed = (name.chars().count() / 3).clamp(1, 4);
    let near = known.into_iter().map(|known| (distance(name, known), known)).min();
    near.filter(|(apart, _)| *apart <= allowed).map(|(_, near)| near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_mended_and_another_word_is_not() {
        for (name, near) in [("severty", "severity"), ("sevreity", "severity"), ("bye", "by"), ("zone", ""), ("", "")] {
            let hint = if near.is_empty() { String::new() } else { format!("; did you mean `{near}`?") };
            assert_eq!(did_you_mean(name, ["severity", "region", "by"]), hint, "{name}");
        }
    }
}
