//! Where something stands in the network: a subnet, its security groups, its addresses.

use super::address_bounds::AddressBounds;
use super::cidr::{Addresses, parse};
use super::interface::{is_nat_gateway, subnet_of};
use super::region_network::RegionNetwork;
use crate::evidence::{Derived, Missing, observe};
use crate::model::Resource;
use crate::model::network::{NetworkInterface, Subnet};

/// What guards it.
#[derive(Debug, Clone)]
pub enum Guard {
    /// The union of these security groups, part by part.
    Groups(Vec<Derived<Vec<String>>>),
    /// Nothing: a kind of interface that takes no security groups.
    Open,
    /// It takes no connection, and opens them to anybody: a NAT gateway's (VPC guide, "NAT gateways": unsolicited inbound connections are dropped).
    Shut,
    /// Somebody's own groups, which the question leaves open.
    Unasked,
}

/// A place in a subnet.
#[derive(Debug, Clone)]
pub struct Location {
    /// Who stands there, as people call it.
    pub name: String,
    /// Region code.
    pub region: String,
    /// The subnet.
    pub subnet: String,
    /// Its VPC.
    pub vpc: Derived<String>,
    /// What guards it.
    pub guard: Guard,
    /// Its private addresses.
    pub addresses: AddressBounds,
    /// Whether it has one address somewhere among them, and not all.
    pub somewhere: bool,
    /// Whether the internet has an address of it: IPv4, IPv6.
    pub public: [Derived<bool>; 2],
    /// Its public addresses, where they are known.
    pub public_addresses: Option<AddressBounds>,
}

impl Location {
    /// Something with one address somewhere in a subnet.
    pub fn in_subnet(region_network: &RegionNetwork<'_>, name: &str, subnet: &str, vpc: &Derived<Option<String>>, guard: Guard) -> Self {
        let found = region_network.index.get::<Subnet>(&region_network.region, subnet);
        let vpc = vpc.clone().and_then(|vpc| match vpc {
            Some(vpc) => Derived::known(vpc),
            None => found.clone().and_then(|subnet| observe!(subnet.vpc_id)),
        });
        Self {
            name: name.to_owned(),
            region: region_network.region.clone(),
            subnet: subnet.to_owned(),
            vpc,
            guard,
            addresses: blocks(region_network, subnet),
            somewhere: true,
            public: [Derived::known(false), Derived::known(false)],
            public_addresses: None,
        }
    }

    /// A network interface; `None` where it stands in no subnet, unseen where that was not seen.
    pub fn of_interface(region_network: &RegionNetwork<'_>, interface: &Resource<NetworkInterface>) -> Derived<Option<Self>> {
        let name = &interface.id.name;
        subnet_of(interface).map(|subnet| {
            let subnet = subnet?;
            let private = observe!(interface.private_ips).zip(observe!(interface.ipv6_ips));
            let addresses = match &private {
                Derived::Known { value: (v4, v6), from } => {
                    let nets: Vec<_> = v4.iter().chain(v6).filter_map(|text| parse(text)).collect();
                    AddressBounds { from: from.clone(), ..AddressBounds::exactly(Addresses::from_blocks(&nets)) }
                }
                Derived::Unseen { missing, from } => {
                    AddressBounds { missing: missing.clone(), from: from.clone(), sure: Addresses::default(), ..blocks(region_network, &subnet) }
                }
            };
            let mut location = Self::in_subnet(region_network, name, &subnet, &observe!(interface.vpc_id), guard(interface));
            location.addresses = addresses;
            location.somewhere = false;
            // `DenyAllIgwTraffic`: an interface with IPv6 addresses that the internet does not get to (EC2 API, NetworkInterface).
            let v6 = observe!(interface.ipv6_ips).and_then(|ips| match ips.is_empty() {
                true => Derived::known(false),
                false => observe!(interface.denies_internet).map(|denies| !denies),
            });
            location.public = [observe!(interface.public_ips).map(|ips| !ips.is_empty()), v6];
            let public = observe!(interface.public_ips).zip(observe!(interface.ipv6_ips));
            location.public_addresses = public.value().map(|(v4, v6)| {
                let nets: Vec<_> = v4.iter().chain(v6).filter_map(|text| parse(text)).collect();
                AddressBounds { from: public.from().to_vec(), ..AddressBounds::exactly(Addresses::from_blocks(&nets)) }
            });
            Some(location)
        })
    }

    /// Its security groups, as far as the question knows them.
    pub fn held(&self) -> &[Derived<Vec<String>>] {
        match &self.guard {
            Guard::Groups(parts) => parts,
            Guard::Open | Guard::Shut | Guard::Unasked => &[],
        }
    }
}

/// Kinds of interfaces that stand in no security group, or need none (EC2 API, NetworkInterface).
const UNGUARDED: [&str; 4] = ["network_load_balancer", "gateway_load_balancer", "gateway_load_balancer_endpoint", "transit_gateway"];

fn guard(interface: &Resource<NetworkInterface>) -> Guard {
    let groups = observe!(interface.groups);
    if interface.fields.interface_type.known().is_some_and(|kind| kind.as_deref().is_some_and(is_nat_gateway)) {
        return Guard::Shut;
    }
    let takes_none = observe!(interface.interface_type).map(|kind| kind.is_some_and(|kind| UNGUARDED.contains(&kind.as_str())));
    let empty = groups.value().is_some_and(Vec::is_empty);
    match takes_none {
        Derived::Known { value: true, .. } if empty => Guard::Open,
        Derived::Unseen { missing, from } if empty => Guard::Groups(vec![Derived::Unseen { missing, from }]),
        _ => Guard::Groups(vec![groups]),
    }
}

/// The address blocks of a subnet; where they were not seen, anything.
pub fn blocks(region_network: &RegionNetwork<'_>, subnet: &str) -> AddressBounds {
    let seen =
        region_network.index.get::<Subnet>(&region_network.region, subnet).and_then(|subnet| observe!(subnet.cidr).zip(observe!(subnet.ipv6_cidrs)));
    match seen {
        Derived::Known { value: (v4, v6), from } => {
            let nets: Vec<_> = v4.iter().chain(&v6).filter_map(|text| parse(text)).collect();
            let set = Addresses::from_blocks(&nets);
            if set.is_empty() {
                return AddressBounds::unseen(vec![Missing::Outside(format!("{subnet} has no address block in AWS's answer"))], from);
            }
            AddressBounds { from, ..AddressBounds::exactly(set) }
        }
        Derived::Unseen { missing, from } => AddressBounds::unseen(missing, from),
    }
}
