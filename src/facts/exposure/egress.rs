//! Outbound rules that do not name their destination: together they cover at least half of the internet of a family.

use ipnet::IpNet;

use crate::evidence::Derived;
use crate::network::RegionNetwork;
use crate::network::cidr::{Addresses, Family, family, parse};
use crate::network::partial::Partial;
use crate::network::security_group_rules::{Direction, Rule, Source, Traffic, managed, rules, sources, traffic};
use crate::network::special_ranges::private;

/// Whether a block names nobody.
fn is_big(net: &IpNet) -> bool {
    net.prefix_len() <= if family(net) == Family::V4 { 8 } else { 11 }
}

/// Whether rules let out to half of the internet's addresses of a family.
fn is_half<'s>(of: Family, targets: impl IntoIterator<Item = &'s &'s Source>) -> bool {
    let all = Addresses::from_blocks(targets.into_iter().map(|target| &target.net));
    let global = Addresses::from_blocks(parse("2000::/3").iter());
    match of {
        Family::V4 => all.count(Family::V4) >= 1 << 31,
        Family::V6 => all.and(&global).count(Family::V6) >= 1 << 124,
    }
}

/// The outbound rules of groups that let out to anywhere.
pub(super) fn open(region_network: &RegionNetwork<'_>, groups: &[Derived<Vec<String>>]) -> Derived<Vec<String>> {
    let mut rules: Partial<Vec<Rule>> = rules(region_network.index, &region_network.region, groups, Direction::Out);
    for rule in &mut rules.known {
        // A prefix list of AWS's names one service: it is a destination, seen or not.
        rule.permission.prefix_lists.retain(|id| managed(region_network.index, &region_network.region, id).value() != Some(&true));
    }
    let targets =
        sources(region_network.index, &region_network.region, &rules, |permission| Derived::known(!matches!(traffic(permission), Traffic::Icmp(_))));
    let public: Vec<&Source> = targets.known.iter().filter(|target| !private().contains(&Addresses::from_blocks([&target.net]))).collect();
    let mut open = Partial { known: Vec::new(), from: Vec::new(), missing: targets.missing };
    for of in [Family::V4, Family::V6] {
        let all: Vec<&Source> = public.iter().copied().filter(|target| family(&target.net) == of).collect();
        // Whose list it is was not seen of some: AWS's own would name one service.
        let (seen, unseen): (Vec<&Source>, Vec<&Source>) = all.iter().partition(|target| target.managed.value().is_some());
        if !is_half(of, &seen) {
            let missing = unseen.iter().filter(|_| is_half(of, &all)).flat_map(|target| target.managed.missing().iter().cloned());
            open.missing.extend(missing);
            continue;
        }
        let (wide, narrow): (Vec<&Source>, Vec<&Source>) = seen.into_iter().partition(|target| is_big(&target.net));
        open.known.extend(wide.iter().map(|target| target.line()));
        open.from.extend(wide.iter().flat_map(|target| target.from.iter().cloned()));
        // Many narrow rules may be as good as a wide one: they count where the wide ones alone are not enough.
        if let Some(first) = narrow.iter().map(|target| target.line()).min().filter(|_| !is_half(of, &wide)) {
            let others = if narrow.len() == 1 { String::new() } else { format!(" and {} more together", narrow.len() - 1) };
            open.known.push(format!("{first}{others}"));
            open.from.extend(narrow.iter().flat_map(|target| target.from.iter().cloned()));
        }
    }
    if open.known.is_empty() {
        open.from = targets.from;
    }
    open.listed()
}
