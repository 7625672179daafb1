//! Which addresses get through one leg of a path: those that surely do, those that may, and what would tell.
//!
//! Every leg of a path is such a set, and a path is what its legs have in common. A leg that is known to be shut lets nothing through, whatever else is unseen.

use std::net::IpAddr;

use ipnet::IpNet;

use super::cidr::{Addresses, Family};
use super::special_ranges::private;
use crate::evidence::{Derived, FieldRef, Missing};

/// Doubt about public addresses never takes more than this many: a VPC's blocks are /16 (IPv4) and /44 (IPv6) at most, and no service of AWS's has a /8.
const DOUBTFUL_V4: u128 = 1 << 24;
const DOUBTFUL_V6: u128 = 1 << 96;

/// The addresses that get through.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddressBounds {
    /// These surely do.
    pub sure: Addresses,
    /// No others do.
    pub may: Addresses,
    /// Whether a few of the public ones in `sure` may not (a block of AWS's or of a VPC that was not seen).
    pub doubt: bool,
    /// The observed fields it rests on.
    pub from: Vec<FieldRef>,
    /// What would tell about those that only may.
    pub missing: Vec<Missing>,
}

impl AddressBounds {
    /// Exactly these.
    pub fn exactly(addresses: Addresses) -> Self {
        Self { sure: addresses.clone(), may: addresses, ..Self::default() }
    }

    /// Nothing is known.
    pub fn unseen(missing: Vec<Missing>, from: Vec<FieldRef>) -> Self {
        Self { may: Addresses::everything(), missing, from, ..Self::default() }
    }

    /// Everything or nothing, by a condition.
    pub fn gate(open: &Derived<bool>) -> Self {
        match open {
            Derived::Known { value: true, from } => Self { from: from.clone(), ..Self::exactly(Addresses::everything()) },
            Derived::Known { value: false, from } => Self { from: from.clone(), ..Self::default() },
            Derived::Unseen { missing, from } => Self::unseen(missing.clone(), from.clone()),
        }
    }

    /// What gets through both. The reasons are joined.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            sure: self.sure.and(&other.sure),
            may: self.may.and(&other.may),
            doubt: self.doubt || other.doubt,
            from: [&*self.from, &*other.from].concat(),
            missing: [&*self.missing, &*other.missing].concat(),
        }
    }

    /// All but these.
    #[must_use]
    pub fn without(&self, other: &Addresses) -> Self {
        Self { sure: self.sure.minus(other), may: self.may.minus(other), ..self.clone() }
    }

    /// What gets through one of them.
    pub fn add(&mut self, other: &Self) {
        self.sure.add(&other.sure);
        self.may.add(&other.may);
        self.doubt |= other.doubt;
        self.from.extend_from_slice(&other.from);
        self.missing.extend_from_slice(&other.missing);
    }

    /// What gets through any of many.
    pub fn union(all: &[Self]) -> Self {
        Self {
            sure: Addresses::union(all.iter().map(|one| &one.sure)),
            may: Addresses::union(all.iter().map(|one| &one.may)),
            doubt: all.iter().any(|one| one.doubt),
            from: all.iter().flat_map(|one| one.from.iter().cloned()).collect(),
            missing: all.iter().flat_map(|one| one.missing.iter().cloned()).collect(),
        }
    }

    /// The same for addresses of one family alone.
    #[must_use]
    pub fn only(&self, family: Family) -> Self {
        Self { sure: self.sure.only(family), may: self.may.only(family), ..self.clone() }
    }

    /// Whether anything gets through; `None` is not known.
    pub fn some(&self) -> Option<bool> {
        let certain = |family, few| {
            let count = self.sure.count(family);
            count > 0 && (!self.doubt || count > few)
        };
        // The doubt is about addresses of AWS's services, which are public: what is private among them is certain.
        if self.doubt && self.sure.meets(private()) {
            return Some(true);
        }
        if certain(Family::V4, DOUBTFUL_V4) || certain(Family::V6, DOUBTFUL_V6) {
            Some(true)
        } else if self.may.is_empty() {
            Some(false)
        } else {
            None
        }
    }

    /// Whether anything gets through, with what that rests on.
    pub fn open(self) -> Derived<bool> {
        match self.some() {
            Some(value) => Derived::Known { value, from: self.from },
            None => Derived::Unseen { missing: self.missing, from: self.from },
        }
    }
}

/// Some address of a set, for words: the first of its first block.
pub(super) fn sample(addresses: &Addresses) -> Option<IpAddr> {
    addresses.first_block().map(|net| net.network())
}

/// A set in words: its first blocks, and how many more there are.
pub(super) fn words(addresses: &Addresses) -> String {
    const NAMED: usize = 3;
    let blocks = addresses.blocks();
    let whole = |family: Family, all: u128| addresses.count(family) >= all;
    if whole(Family::V4, 1 << 32) && whole(Family::V6, u128::MAX) {
        return "every address".to_owned();
    }
    let mut named: Vec<String> = blocks.iter().take(NAMED).map(block).collect();
    if blocks.len() > NAMED {
        named.push(format!("{} more", blocks.len() - NAMED));
    }
    if named.is_empty() { "nothing".to_owned() } else { named.join(", ") }
}

fn block(net: &IpNet) -> String {
    if net.prefix_len() == net.max_prefix_len() { net.addr().to_string() } else { net.to_string() }
}
