//! What a network interface says of itself.

use crate::evidence::{Derived, observe};
use crate::model::Resource;
use crate::model::network::NetworkInterface;

/// The subnet of an interface. What stands in a VPC stands in one of its subnets (EC2 API, NetworkInterface): there `null` is not "none".
pub fn subnet_of(interface: &Resource<NetworkInterface>) -> Derived<Option<String>> {
    observe!(interface.subnet_id).and_then(|subnet| match subnet {
        Some(subnet) => Derived::known(Some(subnet)),
        None => observe!(interface.vpc_id).and_then(|vpc| match vpc {
            Some(_) => Derived::known(None).always_said(|| format!("the subnet of {}", interface.id.name)),
            None => Derived::known(None),
        }),
    })
}

/// Whether that is the type of a NAT gateway's interface: the EC2 API's reference writes `natGateway`, its answers `nat_gateway`.
pub fn is_nat_gateway(interface_type: &str) -> bool {
    matches!(interface_type, "nat_gateway" | "natGateway")
}
