//! Which of the twelve requirements of PCI DSS a finding is filed under, and the order of requirement ids.

use crate::report::view::{Finding, STANDARD};

/// The number before the first dot of a requirement id; findings without one come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Family(u32);

impl Family {
    /// By the first requirement that the finding names.
    pub(super) fn new(finding: &Finding) -> Self {
        Self(filed_under(finding).and_then(|id| id.split('.').next()?.parse().ok()).unwrap_or(u32::MAX))
    }

    /// Its name.
    pub(super) fn title(self) -> String {
        let words = match self.0 {
            1 => "Network security",
            2 => "Secure configuration",
            3 => "Stored account data",
            4 => "Data in transit",
            5 => "Malware",
            6 => "Secure development",
            7 => "Access by need to know",
            8 => "Authentication",
            9 => "Physical access",
            10 => "Logging",
            11 => "Testing",
            12 => "Scope and policy",
            _ => return "Other rules".to_owned(),
        };
        format!("{} {words}", self.0)
    }
}

/// The requirement that a finding is filed under.
pub(super) fn filed_under(finding: &Finding) -> Option<&str> {
    finding.requirements.get(STANDARD)?.first().map(String::as_str)
}

/// Sorts requirement ids as people count: 3.5.1, 3.5.1.2, 3.10, A1.
pub(super) fn order(id: &str) -> Vec<(u32, &str)> {
    id.split('.').map(|part| part.parse().map_or((u32::MAX, part), |number| (number, ""))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_as_people_count() {
        let mut ids = ["A1.1", "10.2.1", "3.10", "3.5.1.2", "3.5.1", "2.2.7"];
        ids.sort_by_key(|id| order(id));
        assert_eq!(ids, ["2.2.7", "3.5.1", "3.5.1.2", "3.10", "10.2.1", "A1.1"]);
    }
}
