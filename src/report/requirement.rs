//! How requirements are spelled for other tools: `PCI DSS v4.0.1/8.3.2`, as Security Hub writes them.

use super::view::{Finding, STANDARD};

/// The standards and the requirements of a finding, the current standard first.
pub(super) fn spelled(finding: &Finding) -> (Vec<String>, Vec<String>) {
    let mut named: Vec<(&String, &Vec<String>)> = finding.requirements.iter().collect();
    named.sort_by_key(|(standard, _)| standard.as_str() != STANDARD);
    let standards = named.iter().map(|(name, _)| standard(name)).collect();
    let requirements = named.iter().flat_map(|(name, ids)| ids.iter().map(|id| format!("{}/{id}", standard(name)))).collect();
    (standards, requirements)
}

fn standard(id: &str) -> String {
    id.strip_prefix("pci-dss-").map_or_else(|| id.to_owned(), |version| format!("PCI DSS v{version}"))
}
