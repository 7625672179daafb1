//! Networks that the entity declared in `pci-audit.toml`: outside parties and approved flows into one store.

use ipnet::IpNet;

use crate::config::Config;
use crate::model::Identity;
use crate::network::cidr::{Addresses, parse};

/// The networks declared for one resource.
pub(super) struct Declared(Addresses);

impl Declared {
    /// What the configuration declares for a resource, by name, ARN or `*`.
    pub(super) fn new(config: &Config, store: &Identity) -> Self {
        let flows = config.flows.iter().filter(|flow| flow.to == "*" || *flow.to == *store.name || *flow.to == *store.arn).map(|flow| &flow.from);
        let nets: Vec<IpNet> = config.external.networks.iter().chain(flows).filter_map(|text| parse(text)).collect();
        Self(Addresses::from_blocks(&nets))
    }

    /// Whether a block is declared as a whole.
    pub(super) fn covers(&self, net: &IpNet) -> bool {
        self.0.contains(&Addresses::from_blocks([net]))
    }
}
