//! Transit gateways: where the route table of one attachment sends what comes in by it.
//!
//! Source: Transit Gateway guide, "How transit gateways work": each attachment is associated with one route table, and the longest prefix in it decides.
//! The table of a gateway that another account shares is that account's to see.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use super::address_bounds::AddressBounds;
use super::cidr::Addresses;
use super::interface::subnet_of;
use super::route::{Entry, Way, spread};
use crate::evidence::{Derived, FieldRef, Index, Missing, observe};
use crate::model::network::{NetworkInterface, Subnet, TransitGatewayAttachment, TransitGatewayRouteTable};
use crate::model::{Kind, Resource};

/// The transit gateways of a region.
pub struct Transit<'a> {
    index: &'a Index<'a>,
    region: String,
    attachments: Vec<&'a Resource<TransitGatewayAttachment>>,
    by_name: HashMap<&'a str, &'a Resource<TransitGatewayAttachment>>,
    /// By what is attached; under `None` those of which it was not seen.
    by_resource: HashMap<Option<&'a str>, Vec<&'a Resource<TransitGatewayAttachment>>>,
    tables: HashMap<&'a str, (&'a Resource<TransitGatewayRouteTable>, OnceLock<Vec<Way<'a>>>)>,
    /// The interfaces of transit gateways by VPC; under `None` those of which it was not seen.
    doors: HashMap<Option<&'a str>, Vec<&'a Resource<NetworkInterface>>>,
}

/// What else is attached to a transit gateway.
pub struct Attached {
    /// What it is, as AWS names the type: `vpn`, `vpc`, `direct-connect-gateway`, `peering`…
    pub kind: String,
    /// Its id.
    pub id: String,
    /// The addresses that the gateway sends to it.
    pub addresses: AddressBounds,
}

impl<'a> Transit<'a> {
    /// The transit gateways of a region.
    pub fn new(index: &'a Index<'a>, region: &str) -> Self {
        let attachments: Vec<&Resource<_>> =
            index.all::<TransitGatewayAttachment>().iter().filter(|attachment| &*attachment.id.region == region).collect();
        let by_name = attachments.iter().map(|attachment| (&*attachment.id.name, *attachment)).collect();
        let mut by_resource: HashMap<Option<&str>, Vec<_>> = HashMap::new();
        for attachment in &attachments {
            match attachment.fields.resource_id.known() {
                Some(Some(resource)) => by_resource.entry(Some(resource.as_str())).or_default().push(*attachment),
                Some(None) => {}
                None => by_resource.entry(None).or_default().push(*attachment),
            }
        }
        let tables = index.all::<TransitGatewayRouteTable>().iter().filter(|table| &*table.id.region == region);
        let tables = tables.map(|table| (&*table.id.name, (table, OnceLock::new()))).collect();
        let mut doors: HashMap<Option<&str>, Vec<_>> = HashMap::new();
        for interface in index.all::<NetworkInterface>().iter().filter(|interface| &*interface.id.region == region) {
            if interface.fields.interface_type.known().is_none_or(|kind| kind.as_deref() == Some("transit_gateway")) {
                doors.entry(interface.fields.vpc_id.known().and_then(Option::as_deref)).or_default().push(interface);
            }
        }
        Self { index, region: region.to_owned(), attachments, by_name, by_resource, tables, doors }
    }

    /// Of some addresses, those that come from one VPC through a gateway to another. What anything else that is attached passes on is not evaluated: then nobody
    /// knows.
    pub fn between(&self, gateway: &str, from: &str, to: &str, among: &Addresses) -> AddressBounds {
        self.onward(gateway, from, among, &|attachment| {
            let there = is_vpc(attachment, to);
            let ends = Derived::any([there.clone(), is_vpc(attachment, from)]);
            // A third VPC, a network at home, a firewall, another gateway: each may send packets on to where they are meant for.
            let what = || observe!(attachment.resource_id).value().cloned().flatten().unwrap_or_else(|| attachment.id.name.to_string());
            let on = ends.and_then(|ends| match ends {
                true => Derived::known(false),
                false => Derived::unseen(Missing::Outside(format!("what {} passes on, which {gateway} leads to", what()))),
            });
            Derived::any([there, on])
        })
    }

    /// What a gateway may send packets to that come from a VPC, but for that VPC.
    pub fn attached(&self, gateway: &str, from: &str) -> Vec<Attached> {
        let sends = self.sends(gateway, from);
        let mut sent: BTreeMap<&str, AddressBounds> = BTreeMap::new();
        for way in sends.value().into_iter().flat_map(|ways| ways.iter()).filter(|way| !way.lost) {
            for target in &way.targets {
                let unlisted = || Derived::unseen(Missing::Outside(format!("{target}, an attachment of {gateway}")));
                let open = self.by_name.get(*target).map_or_else(unlisted, |other| available(other));
                sent.entry(target).or_default().add(&way.addresses.and(&AddressBounds::gate(&open)));
            }
        }
        let mut all = Vec::new();
        for attachment in self.attachments.iter().copied() {
            let ours = observe!(attachment.gateway_id).map(|id| id.as_deref() == Some(gateway));
            if ours.value() == Some(&false) || is_vpc(attachment, from).value() == Some(&true) {
                continue;
            }
            let kind = observe!(attachment.resource_type).value().cloned().flatten().unwrap_or_else(|| "attachment".to_owned());
            let id = observe!(attachment.resource_id).value().cloned().flatten().unwrap_or_else(|| attachment.id.name.to_string());
            let addresses = match &sends {
                Derived::Known { from, .. } => {
                    let sent = sent.remove(&*attachment.id.name).unwrap_or_default();
                    AddressBounds { from: [&**from, &*sent.from].concat(), ..sent }
                }
                Derived::Unseen { missing, from } => AddressBounds::unseen(missing.clone(), from.clone()),
            };
            all.push(Attached { kind, id, addresses });
        }
        let unlisted = sent.into_iter().filter(|(target, _)| !self.by_name.contains_key(target));
        all.extend(unlisted.map(|(target, addresses)| Attached { kind: "attachment".to_owned(), id: target.to_owned(), addresses }));
        all
    }

    /// Whether a gateway takes what a subnet of a VPC sends it: only from zones in which the VPC is attached, where the gateway has an interface
    /// (Transit Gateway guide, "Amazon VPC attachments": resources in other zones cannot reach it).
    pub fn takes_from(&self, gateway: &str, subnet: &str, vpc: &str) -> Derived<bool> {
        self.attachment(gateway, vpc).and_then(|attachment| {
            let doors = [Some(vpc), None].into_iter().filter_map(|vpc| self.doors.get(&vpc)).flatten().copied();
            let doors: Vec<_> = doors.map(|door| self.leads_in(door, &attachment.id.name, subnet, vpc)).collect();
            let none = self.index.listed(Kind::NetworkInterface, &self.region).and_then(|()| {
                if doors.iter().all(|door| door.value() == Some(&None)) {
                    return Derived::unseen(Missing::Outside(format!("the zones in which {vpc} is attached to {gateway}")));
                }
                Derived::known(false)
            });
            Derived::any(doors.into_iter().map(|door| door.map(|door| door == Some(true))).chain([none]))
        })
    }

    /// Whether an interface stands in a subnet's zone; `None` where it is none of an attachment's.
    fn leads_in(&self, door: &Resource<NetworkInterface>, attachment: &str, subnet: &str, vpc: &str) -> Derived<Option<bool>> {
        let meant = Derived::all([
            observe!(door.interface_type).map(|kind| kind.as_deref() == Some("transit_gateway")),
            observe!(door.vpc_id).map(|own| own.as_deref() == Some(vpc)),
            // AWS writes the attachment into the description.
            observe!(door.description).map(|text| text.is_none_or(|text| !text.contains("tgw-attach-") || names(&text, attachment))),
        ]);
        meant.and_then(|meant| match meant {
            true => subnet_of(door).and_then(|own| match own {
                Some(own) if own == subnet => Derived::known(Some(true)),
                Some(own) => self.same_zone(&own, subnet).map(Some),
                None => Derived::known(None),
            }),
            false => Derived::known(None),
        })
    }

    /// Whether two subnets lie in one zone. What lies in a Local Zone may be led over its parent zone: of that nobody knows.
    fn same_zone(&self, one: &str, other: &str) -> Derived<bool> {
        let zone = |name: &str| {
            self.index.get::<Subnet>(&self.region, name).and_then(|subnet| {
                let zone = observe!(subnet.zone);
                let is_older = zone.missing().iter().all(|missing| self.index.explain(missing).is_empty());
                match zone.value() {
                    Some(Some(zone)) => Derived::known(zone.clone()).resting_on(observe!(subnet.zone).from()),
                    // A snapshot of an older version holds no zones.
                    _ if is_older => Derived::unseen(Missing::Outside(format!("the Availability Zone of {name}"))),
                    _ => zone.map(Option::unwrap_or_default),
                }
            })
        };
        zone(one).zip(zone(other)).and_then(|(one, other)| {
            let local = |zone: &str| zone.split('-').count() > 2;
            match one == other {
                false if local(&one) || local(&other) => Derived::unseen(Missing::Outside(format!("which zone {other} is led over"))),
                same => Derived::known(same),
            }
        })
    }

    /// Of some addresses, those that a gateway sends anywhere, of what comes from a VPC.
    pub fn leads(&self, gateway: &str, from: &str, among: &Addresses) -> AddressBounds {
        self.onward(gateway, from, among, &|_| Derived::known(true))
    }

    /// Of some addresses, those that a gateway sends from a VPC to the attachments that are meant.
    fn onward(
        &self,
        gateway: &str,
        from: &str,
        among: &Addresses,
        meant: &dyn Fn(&Resource<TransitGatewayAttachment>) -> Derived<bool>,
    ) -> AddressBounds {
        let (ways, from) = match self.sends(gateway, from) {
            Derived::Known { value, from } => (value, from),
            Derived::Unseen { missing, from } => return AddressBounds::unseen(missing, from),
        };
        let mut all = AddressBounds { from, ..AddressBounds::default() };
        for way in ways.iter().filter(|way| !way.lost && way.addresses.may.meets(among)) {
            let to = Derived::any(way.targets.iter().map(|target| {
                match self.by_name.get(*target).copied() {
                    Some(other) => available(other).and(meant(other)),
                    None => self
                        .index
                        .listed(Kind::TransitGatewayAttachment, &self.region)
                        .and_then(|()| Derived::unseen(Missing::Outside(format!("{target}, an attachment of {gateway}")))),
                }
            }));
            let through = way.addresses.and(&AddressBounds::gate(&to));
            if !through.may.is_empty() {
                all.add(&through);
            }
        }
        all
    }

    /// Where a gateway sends what comes from a VPC.
    fn sends(&self, gateway: &str, from: &str) -> Derived<&[Way<'a>]> {
        let own = self.attachment(gateway, from);
        let table = own.and_then(|own| observe!(own.route_table)).and_then(|table| match table {
            Some(table) => Derived::known(Some(table)),
            // Who owns the gateway sees its tables: then the attachment has none.
            None if self.tables.values().any(|(table, _)| table.fields.gateway_id.known().is_some_and(|id| id.as_deref() == Some(gateway))) => {
                Derived::known(None)
            }
            None => Derived::unseen(Missing::Outside(format!("the route tables of {gateway}, which another account may share"))),
        });
        table.and_then(|name| match name {
            Some(name) => self.routed(gateway, &name),
            None => Derived::known(&[][..]),
        })
    }

    /// The routes of a gateway's table.
    fn routed(&self, gateway: &str, name: &str) -> Derived<&[Way<'a>]> {
        let Some((resource, cell)) = self.tables.get(name) else {
            let listed = self.index.listed(Kind::TransitGatewayRouteTable, &self.region);
            return listed.and_then(|()| Derived::unseen(Missing::Outside(format!("{name}, a route table of {gateway}"))));
        };
        let Some(routes) = resource.fields.routes.known() else { return observe!(resource.routes).map(|_| &[][..]) };
        let at = FieldRef { kind: Kind::TransitGatewayRouteTable, resource: resource.id.clone(), field: "routes" };
        let ways = cell.get_or_init(|| spread(self.index, &self.region, routes.iter().map(Entry::from).collect()));
        Derived::Known { value: ways, from: vec![at] }
    }

    /// The attachment of a VPC to a gateway.
    fn attachment(&self, gateway: &str, vpc: &str) -> Derived<&'a Resource<TransitGatewayAttachment>> {
        let mut missing = Vec::new();
        for attachment in [Some(vpc), None].into_iter().filter_map(|resource| self.by_resource.get(&resource)).flatten().copied() {
            let ours = observe!(attachment.gateway_id).map(|id| id.as_deref() == Some(gateway));
            match Derived::all([ours, is_vpc(attachment, vpc), available(attachment)]) {
                Derived::Known { value: true, from } => return Derived::Known { value: attachment, from },
                Derived::Known { .. } => {}
                Derived::Unseen { missing: more, .. } => missing.extend(more),
            }
        }
        missing.extend(self.index.listed(Kind::TransitGatewayAttachment, &self.region).missing().iter().cloned());
        if missing.is_empty() {
            missing.push(Missing::Outside(format!("the attachment of {vpc} to {gateway}")));
        }
        Derived::Unseen { missing, from: Vec::new() }
    }
}

/// Whether a text names an attachment, and not one whose name is longer.
fn names(text: &str, attachment: &str) -> bool {
    text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-')).any(|word| word == attachment)
}

fn is_vpc(attachment: &Resource<TransitGatewayAttachment>, vpc: &str) -> Derived<bool> {
    observe!(attachment.resource_type)
        .map(|kind| kind.as_deref() == Some("vpc"))
        .and(observe!(attachment.resource_id).map(|id| id.as_deref() == Some(vpc)))
}

/// Whether an attachment carries packets. While it is changed or goes, it may (EC2 API, TransitGatewayAttachmentState).
fn available(attachment: &Resource<TransitGatewayAttachment>) -> Derived<bool> {
    observe!(attachment.state).always_said(|| format!("the state of {}", attachment.id.name)).and_then(|state| match state.as_str() {
        "available" => Derived::known(true),
        state @ ("modifying" | "deleting" | "rollingBack") => {
            Derived::unseen(Missing::Outside(format!("whether {}, which is {state}, carries packets", attachment.id.name)))
        }
        _ => Derived::known(false),
    })
}
