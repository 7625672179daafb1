//! The members of a security group: who may come in by a rule that admits the group itself.
//!
//! AWS Glue demands such a rule, for all TCP ports, of the group that its connections use (AWS Glue guide, "Setting up Amazon VPC for JDBC connections").

use std::collections::HashMap;

use super::owned::is_a_services;
use crate::evidence::{Derived, Index, Missing, observe};
use crate::model::network::NetworkInterface;
use crate::model::{Kind, Resource};

/// The interfaces by region and group.
pub(super) struct Members<'a> {
    index: &'a Index<'a>,
    by_group: HashMap<(&'a str, &'a str), Vec<&'a Resource<NetworkInterface>>>,
    /// Why an interface may be a member of any group of a region.
    blind: HashMap<&'a str, Vec<Missing>>,
}

/// Who the members are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Circle {
    /// Databases, warehouses and movers alone.
    Own,
    /// Those, and some of which nobody but their description says that they are Glue's.
    SaidToBeGlues(Vec<String>),
    /// Somebody else, too.
    Others,
}

/// What Glue writes on its interfaces, as anybody may on his own.
const GLUE: &str = "Attached to Glue using role: ";

impl<'a> Members<'a> {
    /// Of every region.
    pub(super) fn new(index: &'a Index<'a>) -> Self {
        let mut members = Self { index, by_group: HashMap::new(), blind: HashMap::new() };
        for interface in index.all::<NetworkInterface>() {
            let groups = observe!(interface.groups);
            members.blind.entry(&interface.id.region).or_default().extend(groups.missing().iter().cloned());
            for group in interface.fields.groups.known().into_iter().flatten() {
                members.by_group.entry((&interface.id.region, group)).or_default().push(interface);
            }
        }
        members
    }

    /// Who the members of a group are.
    pub(super) fn circle(&self, region: &str, group: &str) -> Derived<Circle> {
        let members = self.by_group.get(&(region, group)).map(Vec::as_slice).unwrap_or_default();
        let each: Vec<_> = members.iter().map(|interface| kind(interface)).collect();
        if let Some(other) = each.iter().find(|one| one.value() == Some(&Circle::Others)) {
            return other.clone();
        }
        let blind = self.blind.get(region).filter(|missing| !missing.is_empty());
        let seen = blind.map_or_else(|| Derived::known(Circle::Own), |missing| Derived::Unseen { missing: missing.clone(), from: Vec::new() });
        let listed = self.index.listed(Kind::NetworkInterface, region).map(|()| Circle::Own);
        Derived::collect(each.into_iter().chain([seen, listed])).map(|each| {
            let mut said: Vec<String> =
                each.into_iter().flat_map(|one| if let Circle::SaidToBeGlues(said) = one { said } else { Vec::new() }).collect();
            said.sort();
            if said.is_empty() { Circle::Own } else { Circle::SaidToBeGlues(said) }
        })
    }
}

/// Who one interface is.
fn kind(interface: &Resource<NetworkInterface>) -> Derived<Circle> {
    is_a_services(interface).and_then(|own| match own {
        true => Derived::known(Circle::Own),
        // Glue's stand at no instance of the account (Glue guide, "Network interfaces"): what does is a host's, whatever its description says.
        false => observe!(interface.instance_id).zip(observe!(interface.description)).map(|(instance, text)| match text {
            Some(text) if instance.is_none() && text.starts_with(GLUE) => Circle::SaidToBeGlues(vec![interface.id.name.to_string()]),
            _ => Circle::Others,
        }),
    })
}
