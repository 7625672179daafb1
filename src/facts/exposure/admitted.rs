//! What security groups admit to a resource, sorted by who it is: public ranges, single public hosts, whole private networks.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::declared::Declared;
use super::near::Near;
use crate::evidence::{Derived, FieldRef};
use crate::network::cidr::{Addresses, Family, family, is_host, is_wide};
use crate::network::partial::Partial;
use crate::network::security_group_rules::Source;

/// The sources that can open a port, sorted.
pub(super) struct Admitted {
    /// Every public address.
    pub open: Partial<Addresses>,
    /// The rules that let in a public range.
    pub ranges: Derived<Vec<String>>,
    /// The rules that let in a single public address that is not declared.
    pub hosts: Derived<Vec<String>>,
    /// The rules that let in a whole VPC, a peer or a private range that is not declared.
    pub wide: Derived<Vec<String>>,
    /// The same without what they make up: what is seen of the network elsewhere does not change them.
    pub wide_lines: Derived<Vec<String>>,
    /// The groups' leg of the path from the internet, in words.
    pub legs: Vec<String>,
}

/// How many rules are named one by one where people read them.
const NAMED: usize = 4;

impl Admitted {
    /// Sorts sources. Neighbouring addresses are joined first, over all rules: many narrow rules are one wide one.
    pub(super) fn new(sources: &Partial<Vec<Source>>, near: &Near<'_>, declared: &Declared) -> Self {
        let judged: Vec<_> = sources.known.iter().map(|source| (source, near.public(&Addresses::from_blocks([&source.net])))).collect();
        let (mut open, mut undeclared) = (Partial::<Addresses>::default(), Addresses::default());
        let (mut ranges, mut hosts, mut public) = (Partial::<Vec<String>>::default(), Partial::<Vec<String>>::default(), Vec::new());
        open.missing.clone_from(&sources.missing);
        for (source, part) in &judged {
            // Whether a block that was seen is a VPC's here says the path; without all blocks, nobody knows where the source stands.
            let placed = part.missing.is_empty() || near.address_space.missing.is_empty();
            if placed { &mut ranges.missing } else { &mut open.missing }.extend(part.missing.iter().cloned());
            let outside = near.address_space.brought_in(&Addresses::from_blocks([&source.net]));
            if outside.is_empty() || !placed {
                continue;
            }
            open.known.add(&outside);
            open.from.extend(source.from.iter().chain(&part.from).cloned());
            public.push(format!("security group: {} admits {} on {}", source.group, source.text, source.ports));
            if !(is_host(&source.net) && declared.covers(&source.net)) {
                undeclared.add(&part.known);
            }
        }
        if open.known.is_empty() {
            open.from.clone_from(&sources.from);
        }
        hosts.missing.clone_from(&ranges.missing);
        let blocks = undeclared.blocks();
        let single = Addresses::from_blocks(blocks.iter().filter(|block| is_host(block)));
        let range = undeclared.minus(&single);
        for (source, part) in &judged {
            if part.known.meets(&range) || (source.managed.value() == Some(&true) && part.known.meets(&undeclared)) {
                ranges.known.push(source.line());
                ranges.from.extend(source.from.iter().cloned());
            } else if part.known.meets(&single) && !source.managed.missing().is_empty() {
                // A service that everyone shares, or a list of a few hosts: only its owner tells.
                for list in [&mut ranges, &mut hosts] {
                    list.missing.extend(source.managed.missing().iter().cloned());
                }
            } else if part.known.meets(&single) && part.missing.is_empty() {
                hosts.known.push(source.line());
                hosts.from.extend(source.from.iter().cloned());
            }
        }
        for list in [&mut ranges, &mut hosts] {
            list.missing.extend(open.missing.iter().cloned());
            if list.known.is_empty() {
                list.from.clone_from(&sources.from);
            }
        }
        let legs = legs(public, &open);
        let wide = wide(sources, &judged, near, declared);
        let wide_lines = Partial {
            known: wide.known.iter().flat_map(|one| one.lines.iter().cloned()).collect(),
            from: wide.from.clone(),
            missing: wide.missing.clone(),
        };
        let wide = Partial { known: wide.known.into_iter().map(|one| one.words).collect(), from: wide.from, missing: wide.missing };
        Self { open, ranges: ranges.listed(), hosts: hosts.listed(), wide: wide.listed(), wide_lines: wide_lines.listed(), legs }
    }
}

fn legs(mut public: Vec<String>, open: &Partial<Addresses>) -> Vec<String> {
    public.sort();
    public.dedup();
    if public.is_empty() {
        let what = if open.missing.is_empty() { "none admits a public source" } else { "not everything that they admit was seen" };
        return vec![format!("security groups: {what}")];
    }
    if public.len() > NAMED {
        let more = format!("security groups: {} more rules admit public sources", public.len() - NAMED);
        public.truncate(NAMED);
        public.push(more);
    }
    public
}

/// Whether a block is as big as the smallest VPC: a /28 (IPv6: a /60, since they come in steps of four bits).
fn may_be_vpc(net: &IpNet) -> bool {
    net.prefix_len() <= if family(net) == Family::V4 { 28 } else { 60 }
}

/// A whole network, and the rules that admit it.
struct Wide {
    words: String,
    lines: Vec<String>,
}

/// Rules that are narrow one by one and together admit a whole VPC or peer, or a private range as big as one (an IPv4 /16, an IPv6 /44).
fn together(narrow: &[&Source], union: &Addresses, near: &Near<'_>) -> Vec<(Wide, Vec<FieldRef>)> {
    let ranges = union.blocks().into_iter().filter(|block| block.prefix_len() <= if family(block) == Family::V4 { 16 } else { 44 });
    let mut whole: BTreeMap<IpNet, (String, &[FieldRef])> = ranges.map(|range| (range, (range.to_string(), &[][..]))).collect();
    // The same block may be a VPC's and a peer's: one of them says it.
    whole.extend(near.areas.iter().rev().map(|area| (area.net, (area.name.clone(), &*area.at))));
    let mut found = Vec::new();
    for (net, (what, at)) in whole.into_iter().filter(|(net, _)| union.contains(&Addresses::from_blocks([net]))) {
        let parts: Vec<&&Source> = narrow.iter().filter(|source| net.contains(&source.net)).collect();
        if let Some((first, others)) = parts.split_first() {
            let from = parts.iter().flat_map(|source| &source.from).chain(at).cloned().collect();
            let words = format!("{} and {} more together: all of {what}", first.line(), others.len());
            found.push((Wide { words, lines: parts.iter().map(|source| source.line()).collect() }, from));
        }
    }
    found
}

/// Private sources that are no host and no subnet: a whole VPC or peer, or more than a /24 (IPv6: a /64); also by several rules together.
fn wide(sources: &Partial<Vec<Source>>, judged: &[(&Source, Partial<Addresses>)], near: &Near<'_>, declared: &Declared) -> Partial<Vec<Wide>> {
    let mut all = Partial { known: Vec::new(), from: Vec::new(), missing: sources.missing.clone() };
    let (mut narrow, mut unplaced): (Vec<&Source>, Vec<_>) = (Vec::new(), Vec::new());
    for (source, part) in judged.iter().filter(|(source, part)| part.known.is_empty() && !declared.covers(&source.net)) {
        let area = near.areas.iter().find(|area| source.net.contains(&area.net));
        let big = is_wide(&source.net);
        if !part.missing.is_empty() {
            // A block that looks public, and may be a VPC's: listed neither here nor there, but not passed either.
            unplaced.push((source, &part.missing));
        } else if big || area.is_some() {
            let words = area.map_or_else(|| source.line(), |area| format!("{}: all of {}", source.line(), area.name));
            all.known.push(Wide { words, lines: vec![source.line()] });
            all.from.extend(source.from.iter().chain(area.iter().flat_map(|area| &area.at)).cloned());
        } else {
            narrow.push(source);
        }
    }
    let union = Addresses::from_blocks(narrow.iter().map(|source| &source.net));
    let unplaced_nets = Addresses::from_blocks(unplaced.iter().map(|(source, _)| &source.net));
    let perhaps = Addresses::union([&union, &unplaced_nets]);
    let unsure = near.doubtful.iter().filter(|(area, _)| perhaps.contains(&Addresses::from_blocks([&area.net])));
    all.missing.extend(unsure.flat_map(|(_, missing)| missing.iter().cloned()));
    let whole: Vec<IpNet> = perhaps.blocks().into_iter().filter(may_be_vpc).collect();
    all.missing.extend(near.address_space.missing.iter().filter(|_| !whole.is_empty()).cloned());
    for (_, missing) in unplaced.iter().filter(|(source, _)| whole.iter().any(|block| block.contains(&source.net))) {
        all.missing.extend(missing.iter().cloned());
    }
    for (wide, from) in together(&narrow, &union, near) {
        all.known.push(wide);
        all.from.extend(from);
    }
    if all.known.is_empty() {
        all.from.clone_from(&sources.from);
    }
    all
}
