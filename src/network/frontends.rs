//! What may lead the internet to hosts that have no public address: Global Accelerator, and Network Load Balancers that keep the client's address.
//!
//! Source: Global Accelerator guide, "Secure VPC connections" (its interfaces stand in the subnets of its endpoints, which need no public address); Elastic
//! Load Balancing guide, "Target groups for your Network Load Balancers" (client IP preservation, by default for instances). To whom they lead, only their own
//! APIs say. Where they come under an address of their own, that address is admitted, and not the internet's.

use std::collections::HashMap;

use crate::evidence::Index;
use crate::model::network::NetworkInterface;

/// Interface types of Global Accelerator and of Network Load Balancers (EC2 API, NetworkInterface, `InterfaceType`).
pub const ACCELERATOR: &str = "global_accelerator_managed";
const BALANCER: &str = "network_load_balancer";

/// Those of a region.
#[derive(Debug, Default)]
pub struct Frontends<'a> {
    /// Global Accelerator's interfaces, and those of an unseen type, by subnet.
    accelerators: HashMap<&'a str, &'a str>,
    /// Public balancers by VPC.
    balancers: HashMap<&'a str, &'a str>,
}

impl<'a> Frontends<'a> {
    /// Those of a region.
    pub fn new(index: &'a Index<'a>, region: &str) -> Self {
        let mut frontends = Self::default();
        for interface in index.all::<NetworkInterface>().iter().filter(|interface| &*interface.id.region == region) {
            let (fields, name) = (&interface.fields, &*interface.id.name);
            let is = |kind: &str| fields.interface_type.known().is_none_or(|known| known.as_deref() == Some(kind));
            let public = [&fields.public_ips, &fields.ipv6_ips].into_iter().any(|ips| ips.known().is_none_or(|ips| !ips.is_empty()));
            if let Some(Some(subnet)) = fields.subnet_id.known().filter(|_| is(ACCELERATOR)) {
                frontends.accelerators.insert(subnet, name);
            }
            if let Some(Some(vpc)) = fields.vpc_id.known().filter(|_| public && is(BALANCER)) {
                frontends.balancers.insert(vpc, name);
            }
        }
        frontends
    }

    /// An interface of Global Accelerator in a subnet, by its name.
    pub fn accelerator(&self, subnet: &str) -> Option<&'a str> {
        self.accelerators.get(subnet).copied()
    }

    /// A public load balancer in a VPC, by the name of an interface.
    pub fn balancer(&self, vpc: &str) -> Option<&'a str> {
        self.balancers.get(vpc).copied()
    }
}
