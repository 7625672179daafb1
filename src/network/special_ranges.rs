//! The addresses that nobody on the internet has: IANA's special-purpose registries, with entries up to that of RFC 9780 (May 2025).
//!
//! Source: <https://www.iana.org/assignments/iana-ipv4-special-registry> and <https://www.iana.org/assignments/iana-ipv6-special-registry>, the column
//! "Globally Reachable". What the registries leave open (`N/A`: 6to4, Teredo) is not listed, and so is the internet's.

use std::sync::OnceLock;

use ipnet::IpNet;

use super::cidr::{Addresses, parse};

/// Blocks with "Globally Reachable: False", but for what an entry of its own says within a wider one.
const UNREACHABLE: [&str; 25] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "::ffff:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
];

/// Blocks within those with "Globally Reachable: True", or `N/A`.
const REACHABLE: [&str; 10] = [
    "192.0.0.9/32",
    "192.0.0.10/32",
    "2001::/32",
    "2001:1::1/128",
    "2001:1::2/128",
    "2001:1::3/128",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:20::/28",
    "2001:30::/28",
];

/// The addresses that no host of the internet has.
pub(crate) fn private() -> &'static Addresses {
    static ALL: OnceLock<Addresses> = OnceLock::new();
    ALL.get_or_init(|| set(&UNREACHABLE).minus(&set(&REACHABLE)))
}

fn set(blocks: &[&str]) -> Addresses {
    Addresses::from_blocks(&blocks.iter().filter_map(|text| parse(text)).collect::<Vec<IpNet>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_private(text: &str) -> bool {
        private().contains(&set(&[text]))
    }

    #[test]
    fn what_the_registries_call_unreachable_is_no_internet_host() {
        for text in UNREACHABLE.iter().chain(&REACHABLE) {
            assert!(text.parse::<IpNet>().is_ok_and(|net| net == net.trunc()), "{text} is a block");
        }
        for text in
            ["10.1.2.0/24", "192.0.2.7", "198.19.0.0/16", "203.0.113.0/24", "255.255.255.255", "127.0.0.1", "fd00::/8", "2001:db8:1::/48", "3fff::1"]
        {
            assert!(is_private(text), "{text}");
        }
    }

    #[test]
    fn what_reaches_beyond_them_is_the_internets() {
        for text in [
            "0.0.0.0/0",
            "192.0.2.0/23",
            "172.0.0.0/8",
            "198.16.0.0/14",
            "192.0.0.9",
            "192.0.0.0/24",
            "192.88.99.0/24",
            "224.0.0.1",
            "::/0",
            "2002::/16",
            "2001:20::1",
        ] {
            assert!(!is_private(text), "{text}");
        }
        assert!(is_private("192.0.0.8/32") && is_private("2001:2::/48"));
    }
}
