//! The ports that a service listens on: its endpoint's, and those that its options open.

use std::collections::BTreeSet;

use crate::evidence::Derived;
use crate::model::network::Permission;
use crate::network::security_group_rules::{Icmp, Traffic, traffic};
use crate::network::{Port, Protocol};

/// What a resource listens on.
#[derive(Debug, Clone)]
pub(super) enum Ports {
    /// Nothing: it opens connections and takes none.
    None,
    /// These, each part seen or unseen on its own.
    Parts(Vec<Derived<Vec<i64>>>),
}

impl Ports {
    /// Whether a permission lets somebody at what the resource listens on; for one that listens on nothing, at any port.
    pub(super) fn admitted(&self, permission: &Permission) -> Derived<bool> {
        match (self, traffic(permission)) {
            (_, Traffic::Icmp(_)) => Derived::known(false),
            (_, Traffic::All) | (Self::None, _) => Derived::known(true),
            (Self::Parts(parts), Traffic::Tcp(first, last)) => {
                Derived::any(parts.iter().map(|part| part.clone().map(|ports| ports.iter().any(|port| (first..=last).contains(port)))))
            }
            (Self::Parts(_), Traffic::Other) => Derived::known(false),
        }
    }

    /// Whether a permission opens a port on which nothing listens, or lets in a protocol that nothing serves.
    pub(super) fn exceeded(&self, permission: &Permission) -> Derived<bool> {
        match (self, traffic(permission)) {
            (_, Traffic::Icmp(kind)) => Derived::known(!is_path_mtu(kind)),
            (_, Traffic::All | Traffic::Other) | (Self::None, _) => Derived::known(true),
            (Self::Parts(parts), Traffic::Tcp(first, last)) => {
                // No service listens on a thousand ports, seen or not.
                if last.saturating_sub(first) >= 1000 {
                    return Derived::known(true);
                }
                // Ports that were seen can settle that all are served; that one is not served takes them all.
                let seen: BTreeSet<i64> = parts.iter().filter_map(Derived::value).flatten().copied().collect();
                let from: Vec<_> = parts.iter().flat_map(|part| part.from().iter().cloned()).collect();
                if (first..=last).all(|port| seen.contains(&port)) {
                    return Derived::Known { value: false, from };
                }
                Derived::collect(parts.iter().cloned()).map(|_| true)
            }
        }
    }

    /// Whether a permission opens ports, and none of those that the resource listens on.
    pub(super) fn missed(&self, permission: &Permission) -> Derived<bool> {
        self.exceeded(permission).and(self.admitted(permission).negate())
    }

    /// The ports as questions about paths; a part that was not seen may be any port.
    pub(super) fn asked(&self) -> Vec<Port> {
        let Self::Parts(parts) = self else { return Vec::new() };
        let mut all = Vec::new();
        for part in parts {
            match part {
                Derived::Known { value, from } => {
                    let numbers = value.iter().filter_map(|port| u16::try_from(*port).ok());
                    all.extend(numbers.map(|number| Port { from: from.clone(), ..Port::new(Protocol::Tcp, number) }));
                }
                Derived::Unseen { missing, from } => {
                    all.push(Port { protocol: Protocol::Tcp, number: None, missing: missing.clone(), from: from.clone() });
                }
            }
        }
        all
    }

    /// All of them as text, ascending.
    pub(super) fn listed(&self) -> Derived<Vec<String>> {
        match self {
            Self::None => Derived::known(Vec::new()),
            Self::Parts(parts) => Derived::collect(parts.iter().cloned()).map(|parts| {
                let ports: BTreeSet<i64> = parts.into_iter().flatten().collect();
                ports.iter().map(i64::to_string).collect()
            }),
        }
    }
}

/// Whether this is the one kind of ICMP that a host needs from anybody on its path: "fragmentation needed" (type 3, code 4) and "packet too big" (type 2).
/// Source: VPC guide, "Path MTU discovery" of network ACLs.
fn is_path_mtu(kind: Icmp) -> bool {
    matches!(kind, Icmp { v6: false, kind: Some(3), code: Some(4) } | Icmp { v6: true, kind: Some(2), .. })
}
