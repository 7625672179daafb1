//! Network ACLs: whether a subnet's admits everything both ways, as the default one does. Any other is not evaluated yet, and is unseen.
//!
//! Source: VPC guide, "Network ACL rules": per direction and family the lowest number that matches decides.

use std::collections::BTreeMap;

use super::cidr::{Family, family, parse};
use crate::facts::Index;
use crate::facts::derived::{Derived, observe};
use crate::finding::Missing;
use crate::model::network::{AclEntry, NetworkAcl};
use crate::model::{Kind, Resource};

/// The network ACLs of a region by subnet.
pub struct Acls<'a> {
    by_subnet: BTreeMap<&'a str, &'a Resource<NetworkAcl>>,
    missing: Vec<Missing>,
}

impl<'a> Acls<'a> {
    /// The network ACLs of a region.
    pub fn of(index: &Index<'a>, region: &str) -> Self {
        let mut acls = Self { by_subnet: BTreeMap::new(), missing: index.listed(Kind::NetworkAcl, region).missing().to_vec() };
        for acl in index.all::<NetworkAcl>().iter().filter(|acl| &*acl.id.region == region) {
            acls.missing.extend(observe!(acl.subnets).missing().iter().cloned());
            acls.by_subnet.extend(acl.fields.subnets.known().into_iter().flatten().map(|subnet| (subnet.as_str(), acl)));
        }
        acls
    }

    /// Whether the ACL of a subnet admits everything of a family both ways, and the leg in words.
    pub fn admits(&self, subnet: &str, family: Family) -> (Derived<bool>, String) {
        let Some(acl) = self.by_subnet.get(subnet).copied() else {
            let missing = if self.missing.is_empty() {
                vec![Missing::Outside(format!("the network ACL of {subnet} is not in this account's answer"))]
            } else {
                self.missing.clone()
            };
            return (Derived::Unseen { missing, from: Vec::new() }, format!("network ACL: that of {subnet} was not seen"));
        };
        let name = &acl.id.name;
        let entries = observe!(acl.entries);
        let open = entries.value().map(|entries| allows_all(entries, family, false) && allows_all(entries, family, true));
        let words = match open {
            Some(true) => format!("network ACL: {name} admits everything"),
            Some(false) => format!("network ACL: {name} does not admit everything, and its rules are not evaluated in this version"),
            None => format!("network ACL: the rules of {name} were not seen"),
        };
        let admits = observe!(acl.subnets).and_then(|_| entries).and_then(|_| match open {
            Some(true) => Derived::known(true),
            _ => Derived::not_evaluated("network ACLs are not evaluated in this version, save those that admit everything"),
        });
        (admits, words)
    }
}

/// Whether the first rule of a family in one direction allows everything.
fn allows_all(entries: &[AclEntry], of: Family, egress: bool) -> bool {
    let block = |entry: &AclEntry| entry.cidr.as_deref().and_then(parse).filter(|net| family(net) == of);
    let relevant = entries.iter().filter(|entry| entry.egress == egress).filter_map(|entry| block(entry).map(|net| (entry, net)));
    relevant.min_by_key(|(entry, _)| entry.number).is_some_and(|(entry, net)| entry.allow && entry.protocol == "-1" && net.prefix_len() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: i64, allow: bool, cidr: &str, egress: bool) -> AclEntry {
        AclEntry { egress, number, allow, protocol: "-1".into(), cidr: Some(cidr.into()), from_port: None, to_port: None }
    }

    #[test]
    fn the_lowest_number_of_the_family_decides() {
        let default = [entry(32767, false, "0.0.0.0/0", false), entry(100, true, "0.0.0.0/0", false), entry(101, false, "::/0", false)];
        assert!(allows_all(&default, Family::V4, false));
        assert!(!allows_all(&default, Family::V6, false), "IPv6 has rules of its own");
        assert!(!allows_all(&default, Family::V4, true), "and so has the way out");
        let denies_first = [entry(90, false, "198.51.100.0/24", false), entry(100, true, "0.0.0.0/0", false)];
        assert!(!allows_all(&denies_first, Family::V4, false), "not all is admitted");
    }
}
