//! The network of a region, indexed once: what is private in it, its route tables, network ACLs, security groups, interfaces.

use std::collections::{BTreeMap, HashMap};

use super::address_space::AddressSpace;
use super::frontends::Frontends;
use super::interface::subnet_of;
use super::network_acl::Acls;
use super::next_hop::NextHop;
use super::route::Tables;
use super::security_groups::Groups;
use super::transit_gateway::Transit;
use crate::evidence::{Derived, Index, Missing, observe};
use crate::model::network::{NatGateway, NetworkInterface, VpcEndpoint};
use crate::model::{Kind, Resource};

/// One region's network.
pub struct RegionNetwork<'a> {
    /// Look-ups.
    pub index: &'a Index<'a>,
    /// Region code.
    pub region: String,
    /// What is private in it.
    pub address_space: AddressSpace,
    /// Its route tables.
    pub tables: Tables<'a>,
    /// Its network ACLs.
    pub acls: Acls<'a>,
    /// Its security groups.
    pub groups: Groups<'a>,
    /// Its transit gateways.
    pub transit: Transit<'a>,
    /// What leads the internet in.
    pub frontends: Frontends<'a>,
    /// The interfaces of EC2 instances.
    instances: HashMap<&'a str, Vec<&'a Resource<NetworkInterface>>>,
}

impl<'a> RegionNetwork<'a> {
    /// The network of a region.
    pub fn new(index: &'a Index<'a>, region: &str) -> Self {
        let mut instances: HashMap<&str, Vec<_>> = HashMap::new();
        for interface in index.all::<NetworkInterface>().iter().filter(|interface| &*interface.id.region == region) {
            if let Some(Some(instance)) = interface.fields.instance_id.known() {
                instances.entry(instance).or_default().push(interface);
            }
        }
        Self {
            index,
            region: region.to_owned(),
            address_space: AddressSpace::new(index, region),
            tables: Tables::new(index, region),
            acls: Acls::new(index, region),
            groups: Groups::new(index, region),
            transit: Transit::new(index, region),
            frontends: Frontends::new(index, region),
            instances,
        }
    }

    /// The subnets in which a box in the way stands: a firewall endpoint's, an appliance's, a NAT gateway's. A regional NAT gateway stands in none.
    pub fn subnets_of(&self, target: &str) -> Derived<Vec<String>> {
        if NextHop::from_target(target) == NextHop::Nat {
            let found = self.index.get::<NatGateway>(&self.region, target).and_then(|nat| observe!(nat.subnet_id));
            return found.and_then(|subnet| match subnet {
                Some(subnet) => Derived::known(vec![subnet]),
                None => Derived::unseen(Missing::Outside(format!("the routes of {target}, which stands in no subnet"))),
            });
        }
        if target.starts_with("vpce-") {
            return self.index.get::<VpcEndpoint>(&self.region, target).and_then(|endpoint| observe!(endpoint.subnets));
        }
        let interfaces: Vec<&Resource<NetworkInterface>> = if target.starts_with("eni-") {
            let found = self.index.get::<NetworkInterface>(&self.region, target);
            match found {
                Derived::Known { value, .. } => vec![value],
                Derived::Unseen { missing, from } => return Derived::Unseen { missing, from },
            }
        } else {
            self.instances.get(target).cloned().unwrap_or_default()
        };
        if interfaces.is_empty() {
            return self
                .index
                .listed(Kind::NetworkInterface, &self.region)
                .and_then(|()| Derived::unseen(Missing::Outside(format!("the interface of {target}, which is not in this account's answer"))));
        }
        Derived::collect(interfaces.into_iter().map(subnet_of)).map(|subnets| subnets.into_iter().flatten().collect())
    }
}

/// The networks of all regions that were asked about.
pub struct Network<'a> {
    index: &'a Index<'a>,
    region_networks: BTreeMap<String, RegionNetwork<'a>>,
}

impl<'a> Network<'a> {
    /// The networks of every scanned region.
    pub fn new(index: &'a Index<'a>) -> Self {
        let mut regions: std::collections::BTreeSet<&str> = index.snapshot.regions.iter().map(String::as_str).collect();
        regions.extend(index.snapshot.resources.identities().map(|(_, id)| &*id.region).filter(|region| *region != "global"));
        let region_networks = regions.into_iter().map(|region| (region.to_owned(), RegionNetwork::new(index, region))).collect();
        Self { index, region_networks }
    }

    /// Look-ups.
    pub const fn index(&self) -> &'a Index<'a> {
        self.index
    }

    /// The networks of all regions.
    pub fn region_networks(&self) -> impl Iterator<Item = &RegionNetwork<'a>> {
        self.region_networks.values()
    }

    /// The network of a region; unseen where it was not scanned.
    pub fn region_network(&self, region: &str) -> Derived<&RegionNetwork<'a>> {
        self.region_networks.get(region).map_or_else(|| Derived::unseen(Missing::Outside(format!("{region} was not scanned"))), Derived::known)
    }
}
