//! The inbound rules that open a port on which nothing listens (1.3.1, 2.2.4).

use std::collections::BTreeSet;

use super::members::{Circle, Members};
use super::ports::Ports;
use crate::evidence::Derived;
use crate::network::partial::Partial;
use crate::network::security_group_rules::{Rule, line, named, words};

/// How many sources of one rule are named.
const NAMED: usize = 3;

/// Such rules, each in words.
pub(super) struct OtherPorts {
    /// Those that admit somebody.
    pub known: Derived<Vec<String>>,
    /// Those that admit their own group alone, a member of which only says that it is Glue's.
    pub asked: Derived<Vec<String>>,
    /// Every source of those that admit somebody, as [`line()`] words it.
    pub lines: BTreeSet<String>,
}

impl OtherPorts {
    /// Of the inbound rules of a resource.
    pub(super) fn new(members: &Members<'_>, region: &str, ingress: &Partial<Vec<Rule>>, ports: &Ports) -> Self {
        let mut known = Partial { known: Vec::new(), from: Vec::new(), missing: ingress.missing.clone() };
        let mut asked = known.clone();
        let mut lines = BTreeSet::new();
        for rule in &ingress.known {
            let who = named(&rule.permission);
            if who.is_empty() || !known.take(ports.exceeded(&rule.permission)).unwrap_or(false) {
                continue;
            }
            let (own, mut others): (Vec<&str>, Vec<&str>) = who.into_iter().partition(|who| **who == *rule.group);
            if !own.is_empty() {
                match members.circle(region, &rule.group) {
                    Derived::Known { value: Circle::Own, from } => known.from.extend(from),
                    Derived::Known { value: Circle::SaidToBeGlues(said), from } => {
                        asked.known.push(format!(
                            "{} on {} ({}); Glue's by description alone: {}",
                            rule.group,
                            words(&rule.permission),
                            rule.group,
                            said.join(", ")
                        ));
                        asked.from.extend(from);
                    }
                    Derived::Known { value: Circle::Others, .. } => others.extend(own),
                    unseen @ Derived::Unseen { .. } => {
                        known.take(unseen);
                    }
                }
            }
            if others.is_empty() {
                continue;
            }
            lines.extend(others.iter().map(|source| line(source, &words(&rule.permission), &rule.group)));
            others.sort_unstable();
            let more = others.len().saturating_sub(NAMED);
            others.truncate(NAMED);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            known.known.push(format!("{}{more} on {} ({})", others.join(", "), words(&rule.permission), rule.group));
            known.from.extend(rule.from.iter().cloned());
        }
        for list in [&mut known, &mut asked] {
            if list.known.is_empty() {
                list.from.extend(ingress.from.iter().cloned());
            }
        }
        asked.missing.clone_from(&known.missing);
        Self { known: known.listed(), asked: asked.listed(), lines }
    }
}
