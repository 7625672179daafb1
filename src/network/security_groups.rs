//! Security groups: which addresses, and the holders of which groups, the union of the attached groups lets in or out at a port.
//!
//! Source: VPC guide, "Security group rules": rules only allow, all attached groups count together, replies are let through, and a reference to a group
//! matches the private addresses of the interfaces that hold it; over a peering that ended it is stale and matches nothing.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use super::address_bounds::AddressBounds;
use super::cidr::{Addresses, parse};
use super::packet::{Protocol, Span, opened};
use super::security_group_rules::{Direction, words};
use crate::evidence::{Derived, FieldRef, Index, Missing, observe};
use crate::model::Resource;
use crate::model::network::{Permission, PrefixList, SecurityGroup};

/// The security groups of a region.
pub struct Groups<'a> {
    by_id: HashMap<&'a str, [Option<Vec<Line<'a>>>; 2]>,
    index: &'a Index<'a>,
    region: String,
}

/// One permission, its addresses worked out.
pub struct Line<'a> {
    /// The permission.
    pub permission: &'a Permission,
    /// The addresses that it names.
    pub nets: Addresses,
    from: Vec<FieldRef>,
    missing: Vec<Missing>,
}

/// A permission of an attached group that opens the port.
#[derive(Clone, Copy)]
pub struct Applied<'g> {
    /// The group.
    pub group: &'g str,
    /// Its permission.
    pub line: &'g Line<'g>,
}

/// What the attached groups let through.
pub struct Filter<'g> {
    /// By address.
    pub nets: AddressBounds,
    /// Every permission that applies.
    pub lines: Vec<Applied<'g>>,
    /// Whether the port is known.
    certain: bool,
    /// What the permissions that apply rest on; a refusal rests on all of them, which `nets` names.
    applied: Vec<FieldRef>,
}

impl<'a> Groups<'a> {
    /// The security groups of a region.
    pub fn new(index: &'a Index<'a>, region: &str) -> Self {
        let mut lists = BTreeMap::new();
        let mut by_id = HashMap::new();
        for group in index.all::<SecurityGroup>().iter().filter(|group| &*group.id.region == region) {
            let mut lines = |permissions: Option<&'a Vec<Permission>>| {
                permissions.map(|all| all.iter().map(|permission| line(index, region, group, permission, &mut lists)).collect::<Vec<_>>())
            };
            by_id.insert(&*group.id.name, [lines(group.fields.ingress.known()), lines(group.fields.egress.known())]);
        }
        Self { by_id, index, region: region.to_owned() }
    }

    /// What attached groups let through at a port; at a port that is not known, only what may be.
    pub fn filter<'g>(&'g self, attached: &'g [Derived<Vec<String>>], direction: Direction, protocol: Protocol, port: Option<u16>) -> Filter<'g> {
        let mut filter = Filter { nets: AddressBounds::default(), lines: Vec::new(), certain: port.is_some(), applied: Vec::new() };
        for part in attached {
            filter.nets.from.extend_from_slice(part.from());
            let Some(ids) = part.value() else {
                filter.nets.may = Addresses::everything();
                filter.nets.missing.extend_from_slice(part.missing());
                continue;
            };
            for id in ids {
                let before = filter.lines.len();
                let at = self.attach(&mut filter, id, direction, protocol, port);
                if filter.lines.len() > before {
                    filter.applied.extend(part.from().iter().cloned().chain(at));
                }
            }
        }
        // Joined at once: set by set would cost the square of the rules.
        let named = Addresses::union(filter.lines.iter().map(|applied| &applied.line.nets));
        if filter.lines.iter().any(|applied| !applied.line.missing.is_empty()) {
            filter.nets.may = Addresses::everything();
        } else {
            filter.nets.may.add(&named);
        }
        if filter.certain {
            filter.nets.sure = named;
        }
        filter
    }

    fn attach<'g>(&'g self, filter: &mut Filter<'g>, id: &'g str, direction: Direction, protocol: Protocol, port: Option<u16>) -> Vec<FieldRef> {
        let permissions = self.index.get::<SecurityGroup>(&self.region, id).and_then(|group| match direction {
            Direction::In => observe!(group.ingress).map(|_| ()),
            Direction::Out => observe!(group.egress).map(|_| ()),
        });
        filter.nets.from.extend_from_slice(permissions.from());
        let lines = self.by_id.get(id).and_then(|[ingress, egress]| if direction == Direction::In { ingress.as_ref() } else { egress.as_ref() });
        let (Some(lines), Some(())) = (lines, permissions.value()) else {
            filter.nets.may = Addresses::everything();
            filter.nets.missing.extend_from_slice(permissions.missing());
            return Vec::new();
        };
        let mut at = permissions.from().to_vec();
        for line in lines {
            let Some((first, last)) = opened(line.permission, protocol) else { continue };
            if port.is_some_and(|port| !(first..=last).contains(&port)) {
                continue;
            }
            filter.nets.from.extend_from_slice(&line.from);
            at.extend_from_slice(&line.from);
            filter.nets.missing.extend_from_slice(&line.missing);
            filter.lines.push(Applied { group: id, line });
        }
        at
    }

    /// The port ranges that attached groups open to anybody.
    pub fn opened(&self, attached: &[Derived<Vec<String>>], protocol: Protocol) -> Vec<Span> {
        let ids = attached.iter().filter_map(Derived::value).flatten();
        let lines = ids.filter_map(|id| self.by_id.get(id.as_str())).filter_map(|[ingress, _]| ingress.as_ref()).flatten();
        lines.filter_map(|line| opened(line.permission, protocol)).collect()
    }

    /// The port ranges that attached groups open to an address of a set.
    pub fn opened_to(&self, attached: &[Derived<Vec<String>>], protocol: Protocol, who: &Addresses) -> Vec<Span> {
        let ids = attached.iter().filter_map(Derived::value).flatten();
        let lines = ids.filter_map(|id| self.by_id.get(id.as_str())).filter_map(|[ingress, _]| ingress.as_ref()).flatten();
        let mut spans: Vec<Span> = lines.filter(|line| line.nets.meets(who)).filter_map(|line| opened(line.permission, protocol)).collect();
        spans.sort_unstable();
        spans.dedup();
        spans
    }
}

/// Whether a reference to a group means its holders on the other side of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum References {
    /// It does.
    Hold,
    /// It may: a setting decides that is not read.
    May,
    /// It does not: something between changes or hides the sender.
    Fail,
}

impl<'g> Filter<'g> {
    /// What is let through where the other side holds these groups.
    pub fn bounds(&self, other: &[Derived<Vec<String>>], hold: References) -> AddressBounds {
        let mut bounds = self.nets.clone();
        if !bounds.sure.is_empty() {
            bounds.from.clone_from(&self.applied);
        }
        if hold == References::Fail || !self.lines.iter().any(|applied| references(applied.line.permission).next().is_some()) {
            return bounds;
        }
        for part in other {
            match part {
                Derived::Known { value: held, from } => {
                    if self.matched(held).is_some() {
                        bounds.may = Addresses::everything();
                        bounds.from.clone_from(&self.applied);
                        bounds.from.extend_from_slice(from);
                        if hold == References::May {
                            bounds.missing.push(Missing::Outside("whether the transit gateway lets security groups refer to each other".to_owned()));
                        } else if self.certain {
                            bounds.sure = Addresses::everything();
                        }
                    }
                }
                Derived::Unseen { missing, from } => {
                    bounds.may = Addresses::everything();
                    bounds.missing.extend_from_slice(missing);
                    bounds.from.extend_from_slice(from);
                }
            }
        }
        bounds
    }

    fn matched(&self, held: &[String]) -> Option<Applied<'g>> {
        self.lines.iter().copied().find(|applied| references(applied.line.permission).any(|id| held.iter().any(|held| held == id)))
    }

    /// The group whose rule lets an address, or the holder of a group, through, and that rule in words: `10.0.0.0/8 on tcp 1433`.
    pub fn rule(&self, address: Option<IpAddr>, held: &[Derived<Vec<String>>], hold: References) -> Option<(&'g str, String)> {
        let known: Vec<String> = held.iter().filter_map(Derived::value).flatten().cloned().collect();
        if hold != References::Fail
            && let Some(applied) = self.matched(&known)
        {
            let id = references(applied.line.permission).find(|id| known.iter().any(|held| held == id)).unwrap_or_default();
            return Some((applied.group, format!("holders of {id} on {}", words(applied.line.permission))));
        }
        let address = address?;
        let at = Addresses::from_blocks([&ipnet::IpNet::from(address)]);
        let applied = self.lines.iter().find(|applied| applied.line.nets.meets(&at))?;
        Some((applied.group, format!("{} on {}", source(applied.line.permission, address), words(applied.line.permission))))
    }
}

/// The source of a permission that holds an address, as it is written there.
fn source(permission: &Permission, address: IpAddr) -> String {
    let mut cidrs = permission.cidrs.iter().chain(&permission.ipv6_cidrs).filter(|text| parse(text).is_some_and(|net| net.contains(&address)));
    cidrs.next().cloned().unwrap_or_else(|| permission.prefix_lists.join(", "))
}

/// The groups that a permission names and that match anything.
pub fn references(permission: &Permission) -> impl Iterator<Item = &str> {
    let stale = |status: Option<&str>| status.is_some_and(|status| status != "active");
    permission.groups.iter().filter(move |group| !stale(group.peering_status.as_deref())).map(|group| group.group_id.as_str())
}

fn line<'a>(
    index: &'a Index<'a>,
    region: &str,
    group: &Resource<SecurityGroup>,
    permission: &'a Permission,
    lists: &mut BTreeMap<&'a str, (Addresses, Vec<FieldRef>, Vec<Missing>)>,
) -> Line<'a> {
    let mut line = Line { permission, nets: Addresses::default(), from: Vec::new(), missing: Vec::new() };
    let no_block = |by: &str, text: &str| Missing::Outside(format!("{by} names \"{}\", which is no address block", text.escape_default()));
    let mut nets = Vec::new();
    for text in permission.cidrs.iter().chain(&permission.ipv6_cidrs) {
        match parse(text) {
            Some(net) => nets.push(net),
            None => line.missing.push(no_block(&group.id.name, text)),
        }
    }
    line.nets = Addresses::from_blocks(&nets);
    for id in &permission.prefix_lists {
        let (nets, from, missing) = lists.entry(id).or_insert_with(|| {
            let cidrs = index.get::<PrefixList>(region, id).and_then(|list| observe!(list.cidrs));
            let mut missing = cidrs.missing().to_vec();
            let all = cidrs.value().into_iter().flatten();
            let nets: Vec<_> = all
                .filter_map(|text| {
                    parse(text).or_else(|| {
                        missing.push(no_block(id, text));
                        None
                    })
                })
                .collect();
            (Addresses::from_blocks(&nets), cidrs.from().to_vec(), missing)
        });
        line.nets.add(nets);
        line.from.extend_from_slice(from);
        line.missing.extend_from_slice(missing);
    }
    line
}
