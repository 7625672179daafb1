//! Outbound rules that do not name their destination: together they cover at least half of the internet of a family.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::cidr::{Addresses, Family, family, parse};
use super::firewall::{Direction, Rule, Traffic, managed, rules, sources, traffic};
use super::partly::Partly;
use super::path::Ground;
use crate::facts::derived::Derived;

/// Whether a block names nobody.
fn is_big(net: &IpNet) -> bool {
    net.prefix_len() <= if family(net) == Family::V4 { 8 } else { 11 }
}

/// The outbound rules of groups that let out to anywhere.
pub fn open(ground: &Ground<'_>, groups: &[Derived<Vec<String>>]) -> Derived<Vec<String>> {
    let mut rules: Partly<Vec<Rule>> = rules(ground.index, &ground.region, groups, Direction::Out);
    for rule in &mut rules.known {
        // A prefix list of AWS's names one service: it is a destination, seen or not.
        rule.permission.prefix_lists.retain(|id| managed(ground.index, &ground.region, id).value() != Some(&true));
    }
    let targets = sources(ground.index, &ground.region, &rules, |permission| Derived::known(traffic(permission) != Traffic::Icmp));
    let all = Addresses::of(targets.known.iter().map(|target| &target.net));
    let global = Addresses::of(parse("2000::/3").iter());
    let covered = global.count(Family::V6).saturating_sub(global.minus(&all).count(Family::V6));
    let half = |of: Family| match of {
        Family::V4 => all.count(Family::V4) >= 1 << 31,
        Family::V6 => covered >= 1 << 124,
    };
    // Neighbours are joined: many narrow rules may be one wide one. What a wide rule covers already is left out.
    let wide: Vec<IpNet> = targets.known.iter().map(|target| target.net).filter(is_big).collect();
    let joined = all.minus(&Addresses::of(&wide)).blocks();
    let pieces = Addresses::of(joined.iter().filter(|block| is_big(block)));
    let mut open = Partly { known: Vec::new(), from: Vec::new(), missing: targets.missing };
    let mut narrow: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for target in &targets.known {
        let piece = pieces.contains(&Addresses::of([&target.net]));
        let public = ground.home.public(&Addresses::of([&target.net]));
        let private = public.known.is_empty() && public.missing.is_empty();
        if (piece || is_big(&target.net)) && !private && half(family(&target.net)) {
            if let Derived::Unseen { missing, .. } = &target.managed {
                open.missing.extend(missing.iter().cloned());
                continue;
            }
            let line = format!("{} on {} ({})", target.text, target.ports, target.group);
            if piece {
                narrow.entry(&target.group).or_default().push(line)
            } else {
                open.known.push(line)
            }
            open.from.extend(target.from.iter().cloned());
        }
    }
    for lines in narrow.into_values() {
        let others = lines.len() - 1;
        open.known.extend(lines.into_iter().min().map(|first| format!("{first} and {others} more together")));
    }
    if open.known.is_empty() {
        open.from = targets.from;
    }
    open.listed()
}
