//! "Did you mean": the known name that is nearest to one that nobody knows.

pub use strsim::osa_distance as distance;

/// The end of a message about an unknown name: which was meant. Empty where none is near: a third of the letters may differ, at most four.
pub fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    let allowed = (name.chars().count() / 3).clamp(1, 4);
    let near = known.into_iter().map(|known| (distance(name, known), known)).min().filter(|(apart, _)| *apart <= allowed);
    near.map(|(_, near)| format!("; did you mean `{near}`?")).unwrap_or_default()
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
