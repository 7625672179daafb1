//! Who may open a place though no snapshot of this account tells: the interfaces of others in a shared subnet, the holders of a group of another account,
//! whoever stands in a VPC beyond a peering or a transit gateway.

use super::hosts::Hosts;
use crate::evidence::{Derived, Missing, observe};
use crate::model::Resource;
use crate::model::network::{Subnet, Vpc};
use crate::network::cidr::{Addresses, parse};
use crate::network::external_networks::{Beyond, Party};
use crate::network::security_groups::Filter;
use crate::network::special_ranges::private;
use crate::network::{Network, RegionNetwork};

/// In a VPC that another account shares, AWS shows a participant its own interfaces alone; the others hold none of its groups, and come in by address
/// (VPC guide, "Share your VPC subnets with other accounts", "Share security groups").
pub(super) fn neighbours(region_network: &RegionNetwork<'_>, subnet: &str, admitted: &Addresses) -> Vec<Missing> {
    if !admitted.meets(private()) {
        return Vec::new();
    }
    let owner = region_network.index.get::<Subnet>(&region_network.region, subnet).and_then(|subnet| observe!(subnet.owner));
    match owner {
        Derived::Known { value: Some(owner), .. } if owner != region_network.index.snapshot.caller.account => {
            vec![Missing::Outside(format!("the interfaces of others in {subnet}, which account {owner} shares with this one"))]
        }
        Derived::Known { .. } => Vec::new(),
        Derived::Unseen { missing, .. } => missing,
    }
}

/// Rules may name groups of a peer's account.
pub(super) fn holders(region_network: &RegionNetwork<'_>, filter: &Filter<'_>) -> Vec<Missing> {
    let caller = &region_network.index.snapshot.caller.account;
    let groups = filter.lines.iter().flat_map(|applied| &applied.line.permission.groups);
    let active = groups.filter(|group| group.peering_status.as_deref().is_none_or(|status| status == "active"));
    let foreign = active.filter_map(|group| Some((group, group.account.as_ref().filter(|account| *account != caller)?)));
    foreign.map(|(group, account)| Missing::Outside(format!("who holds {} in account {account}", group.group_id))).collect()
}

/// Who has some of the admitted addresses beyond the VPC, and is not in the snapshot. Somebody's own network behind a VPN never is: that is said by the
/// rule, and asked of nobody.
pub(super) fn beyond(hosts: &Hosts<'_>, network: &Network<'_>, parties: &Derived<Vec<Party>>, admitted: &Addresses) -> Vec<Missing> {
    let Derived::Known { value: parties, .. } = parties else { return parties.missing().to_vec() };
    let vpcs = network.index().all::<Vpc>();
    let mut missing = Vec::new();
    for party in parties.iter().filter(|party| party.carries.value() != Some(&false)) {
        let meant = party.addresses.may.and(admitted);
        if meant.is_empty() {
            continue;
        }
        let vpc = match &party.beyond {
            Beyond::OwnNetwork => continue,
            Beyond::Unknown => {
                missing.extend(party.carries.missing().iter().cloned());
                None
            }
            Beyond::Vpc(id) => vpcs.iter().find(|vpc| id.as_deref() == Some(&*vpc.id.name)),
        };
        // A VPC that was seen may pass on what comes from one that was not.
        if vpc.is_none_or(|vpc| meant.minus(&blocks(vpc)).meets(private())) {
            missing.push(Missing::Outside(format!("who stands beyond {}", party.name)));
        }
        missing.extend(vpc.into_iter().flat_map(|vpc| hosts.missing(&vpc.id.region)).cloned());
    }
    missing
}

fn blocks(vpc: &Resource<Vpc>) -> Addresses {
    let texts = [&vpc.fields.cidrs, &vpc.fields.ipv6_cidrs].into_iter().filter_map(|blocks| blocks.known()).flatten();
    Addresses::from_blocks(&texts.filter_map(|text| parse(text)).collect::<Vec<_>>())
}
