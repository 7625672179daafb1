//! Sets of IP addresses: ranges are never compared as text, since `0.0.0.0/1` and `128.0.0.0/1` are together the world (RFC 4632).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};

/// IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// First and last address.
type Span = (u128, u128);

/// A set of addresses: per family disjoint spans in ascending order that do not touch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    v4: Vec<Span>,
    v6: Vec<Span>,
}

/// A CIDR block, or a bare address as a block of one. The host bits are dropped.
pub fn parse(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>().ok().map(|net| net.trunc()).or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// The family of a block.
pub const fn family(net: &IpNet) -> Family {
    match net {
        IpNet::V4(_) => Family::V4,
        IpNet::V6(_) => Family::V6,
    }
}

/// Whether a block is one address.
pub fn is_host(net: &IpNet) -> bool {
    net.prefix_len() == net.max_prefix_len()
}

impl Addresses {
    /// The union of blocks.
    pub fn from_blocks<'n>(nets: impl IntoIterator<Item = &'n IpNet>) -> Self {
        let mut set = Self::default();
        for net in nets {
            match net {
                IpNet::V4(net) => set.v4.push((net.network().to_bits().into(), net.broadcast().to_bits().into())),
                IpNet::V6(net) => set.v6.push((net.network().to_bits(), net.broadcast().to_bits())),
            }
        }
        Self { v4: merged(set.v4), v6: merged(set.v6) }
    }

    /// The union of sets. Linear in their spans, but for sorting them.
    pub fn union<'s>(sets: impl IntoIterator<Item = &'s Self>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for set in sets {
            v4.extend_from_slice(&set.v4);
            v6.extend_from_slice(&set.v6);
        }
        Self { v4: merged(v4), v6: merged(v6) }
    }

    /// Adds another set.
    pub fn add(&mut self, other: &Self) {
        self.v4 = merged([&*self.v4, &*other.v4].concat());
        self.v6 = merged([&*self.v6, &*other.v6].concat());
    }

    /// Every address of both families.
    pub fn everything() -> Self {
        Self { v4: vec![(0, u32::MAX.into())], v6: vec![(0, u128::MAX)] }
    }

    /// What is in both sets. Linear in their spans.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self { v4: common(&self.v4, &other.v4), v6: common(&self.v6, &other.v6) }
    }

    /// What is not in the other set.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        Self { v4: without(&self.v4, &other.v4), v6: without(&self.v6, &other.v6) }
    }

    /// Whether the sets share an address.
    pub fn meets(&self, other: &Self) -> bool {
        meet(&self.v4, &other.v4) || meet(&self.v6, &other.v6)
    }

    /// Whether every address of the other is in this set.
    pub fn contains(&self, other: &Self) -> bool {
        other.minus(self).is_empty()
    }

    /// Whether an address is in it.
    pub fn holds(&self, address: IpAddr) -> bool {
        self.meets(&Self::from_blocks([&IpNet::from(address)]))
    }

    /// Whether there is no address in it.
    pub const fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// The addresses of one family.
    #[must_use]
    pub fn only(&self, family: Family) -> Self {
        match family {
            Family::V4 => Self { v4: self.v4.clone(), v6: Vec::new() },
            Family::V6 => Self { v4: Vec::new(), v6: self.v6.clone() },
        }
    }

    /// How many addresses of a family it holds; saturates at the size of IPv6 less one.
    pub fn count(&self, family: Family) -> u128 {
        let spans = match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        };
        spans.iter().fold(0_u128, |sum, (first, last)| sum.saturating_add(last - first).saturating_add(1))
    }

    /// Its spans as first and last address, ascending.
    pub fn ranges(&self) -> impl Iterator<Item = (IpAddr, IpAddr)> {
        let v4 = self.v4.iter().map(|(first, last)| (short(*first).into(), short(*last).into()));
        let v6 = self.v6.iter().map(|(first, last)| (Ipv6Addr::from_bits(*first).into(), Ipv6Addr::from_bits(*last).into()));
        v4.chain(v6)
    }

    /// The first of [`Addresses::blocks`], without working out the others.
    pub fn first_block(&self) -> Option<IpNet> {
        let v4 = || self.v4.first().and_then(|(first, last)| Ipv4Subnets::new(short(*first), short(*last), 0).next()).map(IpNet::from);
        let v6 = || self.v6.first().and_then(|(first, last)| Ipv6Subnets::new(Ipv6Addr::from_bits(*first), Ipv6Addr::from_bits(*last), 0).next());
        v4().or_else(|| v6().map(IpNet::from))
    }

    /// The fewest CIDR blocks that make it up.
    pub fn blocks(&self) -> Vec<IpNet> {
        let v4 = self.v4.iter().flat_map(|(first, last)| Ipv4Subnets::new(short(*first), short(*last), 0).map(IpNet::from));
        let v6 =
            self.v6.iter().flat_map(|(first, last)| Ipv6Subnets::new(Ipv6Addr::from_bits(*first), Ipv6Addr::from_bits(*last), 0).map(IpNet::from));
        v4.chain(v6).collect()
    }
}

/// An IPv4 address that was widened for the arithmetic.
fn short(address: u128) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::try_from(address).unwrap_or(u32::MAX))
}

fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut all: Vec<Span> = Vec::with_capacity(spans.len());
    for (first, last) in spans {
        match all.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => all.push((first, last)),
        }
    }
    all
}

fn common(a: &[Span], b: &[Span]) -> Vec<Span> {
    let (mut all, mut left, mut right) = (Vec::new(), a.iter(), b.iter());
    let (mut one, mut other) = (left.next(), right.next());
    while let (Some((first, last)), Some((from, to))) = (one, other) {
        if first.max(from) <= last.min(to) {
            all.push((*first.max(from), *last.min(to)));
        }
        if last < to {
            one = left.next();
        } else {
            other = right.next();
        }
    }
    all
}

fn without(spans: &[Span], holes: &[Span]) -> Vec<Span> {
    let mut left = Vec::new();
    for &(first, last) in spans {
        let mut next = Some(first);
        let start = holes.partition_point(|(_, to)| *to < first);
        for &(from, to) in holes.iter().skip(start).take_while(|(from, _)| *from <= last) {
            let Some(start) = next else { break };
            if from > start {
                left.push((start, from - 1));
            }
            // `None`: the hole reaches the end of the address space.
            next = to.checked_add(1);
        }
        if let Some(start) = next.filter(|start| *start <= last) {
            left.push((start, last));
        }
    }
    left
}

fn meet(a: &[Span], b: &[Span]) -> bool {
    let touches = |(first, last): &Span, others: &[Span]| {
        let at = others.partition_point(|(_, to)| to < first);
        others.get(at).is_some_and(|(from, _)| from <= last)
    };
    if a.len() <= b.len() { a.iter().any(|span| touches(span, b)) } else { b.iter().any(|span| touches(span, a)) }
}

/// Whether a block is more than a subnet: more than a /24 (IPv6: a /64).
pub(crate) fn is_wide(net: &IpNet) -> bool {
    net.prefix_len() < if family(net) == Family::V4 { 24 } else { 64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> Addresses {
        let nets: Vec<IpNet> = texts.iter().filter_map(|text| parse(text)).collect();
        assert_eq!(nets.len(), texts.len());
        Addresses::from_blocks(&nets)
    }

    #[test]
    fn halves_are_the_whole() {
        assert_eq!(set(&["0.0.0.0/1", "128.0.0.0/1"]), set(&["0.0.0.0/0"]));
        assert_eq!(set(&["::/1", "8000::/1"]), set(&["::/0"]));
        assert_eq!(set(&["0.0.0.0/1", "128.0.0.0/1"]).blocks(), vec![parse("0.0.0.0/0").unwrap()]);
    }

    #[test]
    fn minus_cuts_holes_up_to_the_ends() {
        assert!(set(&["::/0"]).minus(&set(&["::/0"])).is_empty());
        assert!(set(&["10.1.0.0/16"]).minus(&set(&["10.0.0.0/8"])).is_empty());
        let left = set(&["10.0.0.0/7"]).minus(&set(&["10.0.0.0/8"]));
        assert_eq!(left, set(&["11.0.0.0/8"]));
        assert_eq!(set(&["10.0.0.0/30"]).minus(&set(&["10.0.0.1/32", "10.0.0.2/32"])), set(&["10.0.0.0/32", "10.0.0.3/32"]));
        assert_eq!(set(&["0.0.0.0/0"]).minus(&set(&["255.255.255.255/32"])).count(Family::V4), u128::from(u32::MAX));
    }

    #[test]
    fn what_two_sets_share() {
        assert_eq!(
            set(&["10.0.0.0/8", "192.168.0.0/16"]).and(&set(&["10.1.0.0/16", "192.168.3.0/24", "::/0"])),
            set(&["10.1.0.0/16", "192.168.3.0/24"])
        );
        assert_eq!(Addresses::everything().and(&set(&["::/1", "0.0.0.0/1"])), set(&["::/1", "0.0.0.0/1"]));
        assert!(set(&["10.0.0.0/9"]).and(&set(&["10.128.0.0/9"])).is_empty());
        assert!(set(&["10.0.0.0/32", "10.0.0.2/32"]).meets(&set(&["10.0.0.2/32"])) && !set(&["10.0.0.0/32"]).meets(&set(&["10.0.0.2/32"])));
    }

    #[test]
    fn hosts_and_host_bits() {
        assert!(is_host(&parse("52.95.110.4").unwrap()));
        assert_eq!(parse("10.0.0.9/8").unwrap().to_string(), "10.0.0.0/8");
        assert!(parse("pl-1").is_none() && parse("").is_none() && parse("1.2.3.4/33").is_none());
    }
}
