//! Outbound rules that do not name their destination: together they cover at least half of the internet of a family.

use super::cidr::{Addresses, Family, family, parse};
use super::firewall::{Direction, Rule, Traffic, managed, rules, sources, traffic};
use super::partly::Partly;
use super::path::Ground;
use crate::facts::derived::Derived;

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
    let mut open = Partly { known: Vec::new(), from: Vec::new(), missing: targets.missing };
    for target in &targets.known {
        let big = target.net.prefix_len() <= if family(&target.net) == Family::V4 { 8 } else { 11 };
        let public = ground.home.public(&Addresses::of([&target.net]));
        let private = public.known.is_empty() && public.missing.is_empty();
        if big && !private && half(family(&target.net)) {
            if let Derived::Unseen { missing, .. } = &target.managed {
                open.missing.extend(missing.iter().cloned());
                continue;
            }
            open.known.push(format!("{} on {} ({})", target.text, target.ports, target.group));
            open.from.extend(target.from.iter().cloned());
        }
    }
    if open.known.is_empty() {
        open.from = targets.from;
    }
    open.listed()
}
