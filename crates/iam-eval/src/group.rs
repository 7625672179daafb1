//! Groups of callers that no account id names: organizations and their units, networks, identities by their unique id; and which of them are
//! known.
//!
//! Source: IAM User Guide, "AWS global condition context keys": `aws:PrincipalOrgID` and `aws:PrincipalOrgPaths`, `aws:SourceVpc`,
//! `aws:SourceVpce`, `aws:VpceAccount`, `aws:VpceOrgID`, `aws:VpceOrgPaths`, `aws:SourceIp`, `aws:userid`.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::open_condition::Condition;
use super::{Pattern, Reading};

/// How a policy names the organization of the account that owns the resource.
const OWN: &str = "${aws:ResourceOrgID}";

/// What sort of group a key names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// An organization, by its id.
    Organization,
    /// A part of an organization, by its path.
    Unit,
    /// Whoever comes through a VPC.
    Vpc,
    /// Whoever comes through a VPC endpoint.
    Endpoint,
    /// Whoever comes through the VPC endpoints of an account.
    EndpointsOf,
    /// Whoever comes from a range of addresses.
    Network,
    /// Whoever has a unique id.
    Identity,
}

impl Group {
    /// The group that a key (in lower case) names.
    pub fn of_key(key: &str) -> Option<Self> {
        Some(match key {
            "aws:principalorgid" | "aws:vpceorgid" | "aws:sourceorgid" => Self::Organization,
            "aws:principalorgpaths" | "aws:vpceorgpaths" | "aws:sourceorgpaths" => Self::Unit,
            "aws:sourcevpc" => Self::Vpc,
            "aws:sourcevpce" => Self::Endpoint,
            "aws:vpceaccount" => Self::EndpointsOf,
            "aws:sourceip" => Self::Network,
            "aws:userid" => Self::Identity,
            _ => return None,
        })
    }

    /// A group in words.
    pub fn words(self, value: &str) -> String {
        match self {
            Self::Organization if value.eq_ignore_ascii_case(OWN) => "everyone of the account's own organization".to_owned(),
            Self::Organization => format!("everyone of organization {value}"),
            Self::Unit => format!("everyone of organization path {value}"),
            Self::Vpc => format!("everyone who comes through VPC {value}"),
            Self::Endpoint => format!("everyone who comes through VPC endpoint {value}"),
            Self::EndpointsOf => format!("everyone who comes through VPC endpoints of account {value}"),
            Self::Network => format!("everyone who comes from {value}"),
            Self::Identity => format!("whoever has the unique id {value}"),
        }
    }
}

/// The groups that are known: declared, or the account's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    /// Ids of organizations; `${aws:ResourceOrgID}` is the account's own.
    pub organizations: Vec<String>,
    /// Paths in organizations, `*` as wildcard.
    pub units: Vec<String>,
    /// Ids of VPCs and of VPC endpoints.
    pub places: BTreeSet<String>,
    /// Ranges of addresses.
    pub networks: Vec<IpNet>,
    /// Account ids.
    pub accounts: BTreeSet<String>,
}

impl Groups {
    /// Whether whoever fits a policy's value for a key (in lower case) is of a group that is known. Addresses that the internet does not carry
    /// are nobody's: AWS sees public ones alone, or the key is absent.
    pub fn knows(&self, key: &str, value: &str) -> bool {
        match Group::of_key(key) {
            Some(Group::Organization) => self.organizations.iter().any(|known| known.eq_ignore_ascii_case(value)),
            Some(Group::Unit) => {
                let organization = value.split('/').next().unwrap_or_default();
                let unit = Pattern::wildcards(value);
                self.organizations.iter().any(|known| known == organization)
                    || self.units.iter().any(|known| Pattern::wildcards(known).covers(&unit, Reading::Least))
            }
            Some(Group::Vpc | Group::Endpoint) => self.places.contains(value),
            Some(Group::EndpointsOf) => self.accounts.contains(value),
            Some(Group::Network) => {
                super::operator::network(value).is_some_and(|range| is_private(&range) || self.networks.iter().any(|known| known.contains(&range)))
            }
            // The root user has the id of its account.
            Some(Group::Identity) => self.accounts.contains(value.split(':').next().unwrap_or_default()),
            None => true,
        }
    }

    /// The groups in a list of conditions that are not known.
    pub fn unknown<'c>(&self, conditions: impl IntoIterator<Item = &'c Condition>) -> BTreeSet<(Group, String)> {
        let mut unknown = BTreeSet::new();
        for condition in conditions {
            let Condition::Context { key, values, .. } = condition else { continue };
            let key = key.to_ascii_lowercase();
            let Some(group) = Group::of_key(&key) else { continue };
            unknown.extend(values.iter().filter(|value| !self.knows(&key, value)).map(|value| (group, value.clone())));
        }
        unknown
    }
}

/// Ranges for use within networks (RFC 1918, RFC 6598, RFC 4193, loopback and link-local).
fn is_private(range: &IpNet) -> bool {
    const PRIVATE: [&str; 9] =
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "fc00::/7", "fe80::/10", "::1/128"];
    PRIVATE.iter().filter_map(|text| text.parse::<IpNet>().ok()).any(|private| private.contains(range))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_known_by_itself_or_by_what_holds_it() {
        let groups = Groups {
            organizations: vec!["o-1".into()],
            units: vec!["o-2/r-1/ou-1/*".into()],
            places: ["vpce-1".to_owned()].into(),
            networks: vec!["203.0.113.0/24".parse().unwrap()],
            accounts: ["111122223333".to_owned()].into(),
        };
        for (key, value) in [
            ("aws:principalorgid", "o-1"),
            ("aws:principalorgpaths", "o-1/r-9/*"),
            ("aws:principalorgpaths", "o-2/r-1/ou-1/*"),
            ("aws:principalorgpaths", "o-2/r-1/ou-1/ou-2/"),
            ("aws:sourcevpce", "vpce-1"),
            ("aws:sourceip", "203.0.113.7"),
            ("aws:sourceip", "10.0.0.0/8"),
            ("aws:vpceaccount", "111122223333"),
            ("aws:userid", "111122223333"),
        ] {
            assert!(groups.knows(key, value), "{key} {value}");
        }
        for (key, value) in [
            ("aws:principalorgid", "o-2"),
            ("aws:principalorgid", "o-1*"),
            ("aws:principalorgpaths", "o-2/r-1/*"),
            ("aws:principalorgpaths", "o-11/r-1/*"),
            ("aws:sourcevpce", "vpce-2"),
            ("aws:sourcevpc", "vpc-1"),
            ("aws:sourceip", "203.0.112.0/23"),
            ("aws:sourceip", "198.51.100.1"),
            ("aws:vpceaccount", "999988887777"),
            ("aws:userid", "AROAOTHER:*"),
        ] {
            assert!(!groups.knows(key, value), "{key} {value}");
        }
    }
}
