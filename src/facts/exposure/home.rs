//! Which addresses are the account's own or private, and which are the public's.
//!
//! Private: RFC 1918, RFC 6598, RFC 3927, RFC 4193 and RFC 4291 ranges, and the blocks of the region's VPCs and their peers, even in public space.

use std::sync::OnceLock;

use ipnet::IpNet;

use super::cidr::{Addresses, Family, parse};
use super::path::Passing;
use crate::facts::Index;
use crate::facts::derived::{Derived, observe};
use crate::finding::{FieldRef, Missing};
use crate::model::{Kind, network};

/// Ranges that no public host has.
const PRIVATE: [&str; 7] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10"];

/// The addresses that no public host has.
pub fn private() -> &'static Addresses {
    static ALL: OnceLock<Addresses> = OnceLock::new();
    ALL.get_or_init(|| Addresses::of(&PRIVATE.iter().filter_map(|text| parse(text)).collect::<Vec<IpNet>>()))
}

/// A whole VPC's block, or a peer's.
#[derive(Debug, Clone)]
pub struct Area {
    /// The VPC, in words.
    pub name: String,
    /// Its block.
    pub net: IpNet,
    /// Where it was seen.
    pub at: Vec<FieldRef>,
}

/// The private space of a region.
#[derive(Debug, Clone)]
pub struct Home {
    internet: Passing,
    /// Every block of a VPC or peer.
    pub areas: Vec<Area>,
    /// Why areas may be missing.
    pub missing: Vec<Missing>,
}

impl Home {
    /// The private space of a region.
    pub fn of(index: &Index<'_>, region: &str) -> Self {
        let mut home = Self { internet: Passing::default(), areas: Vec::new(), missing: Vec::new() };
        for kind in [Kind::Vpc, Kind::VpcPeering] {
            home.missing.extend(index.listed(kind, region).missing().iter().cloned());
        }
        for vpc in index.all::<network::Vpc>().iter().filter(|vpc| &*vpc.id.region == region) {
            home.settle(&vpc.id.name, observe!(vpc.cidrs));
            home.settle(&vpc.id.name, observe!(vpc.ipv6_cidrs));
        }
        for peering in index.all::<network::VpcPeering>().iter().filter(|peering| &*peering.id.region == region) {
            // A peering that ended opens nothing, and its far side may be anybody's by now.
            let status = observe!(peering.status);
            if status.value().is_some_and(|status| status.as_deref() != Some("active")) {
                continue;
            }
            let name = |vpc: Derived<Option<String>>| vpc.value().cloned().flatten().unwrap_or_else(|| "a peer".to_owned());
            let sides = [
                (observe!(peering.requester_vpc), observe!(peering.requester_cidrs)),
                (observe!(peering.accepter_vpc), observe!(peering.accepter_cidrs)),
            ];
            for (vpc, cidrs) in sides {
                home.settle(&name(vpc), status.clone().and_then(|_| cidrs));
            }
        }
        let own = Addresses::of(home.areas.iter().map(|area| &area.net));
        // IPv6 blocks are AWS's to give, each to one VPC. An IPv4 block of a VPC may be somebody's on the internet, too: where it is meant, routes say.
        let outside = Addresses::everything().minus(private()).minus(&own.only(Family::V6));
        home.internet = Passing { doubt: !home.missing.is_empty(), missing: home.missing.clone(), ..Passing::exactly(outside) };
        home
    }

    fn settle(&mut self, name: &str, cidrs: Derived<Vec<String>>) {
        self.missing.extend(cidrs.missing().iter().cloned());
        let at = cidrs.from().to_vec();
        for net in cidrs.value().into_iter().flatten().filter_map(|text| parse(text)) {
            self.areas.push(Area { name: name.to_owned(), net, at: at.clone() });
        }
    }

    /// The blocks of a VPC; none where it was not seen.
    pub fn blocks_of(&self, vpc: &Derived<String>) -> Addresses {
        let own = self.areas.iter().filter(|area| vpc.value().is_some_and(|vpc| *vpc == area.name));
        Addresses::of(own.map(|area| &area.net))
    }

    /// The internet's addresses. Where blocks of VPCs may be missing, a few of them may not be the internet's.
    pub const fn internet(&self) -> &Passing {
        &self.internet
    }

    /// What of a set an internet gateway may bring in: also IPv4 blocks of a VPC in public space, unless routes lead them elsewhere.
    pub fn brought_in(&self, set: &Addresses) -> Addresses {
        set.and(&self.internet.may)
    }
}
