//! Who is free of which obstacles, and what he holds then.

use std::sync::Arc;

use iam_eval::element::Element;
use iam_eval::{Context, PolicyStatement, Target};

use super::super::escalation::{Gain, methods};
use super::Access;
use super::holders::{Boundary, Holder};
use super::obstacle::Obstacle;
use super::part::{Part, PolicyId};

/// More than so many are taken one by one and two by two alone.
const MANY: usize = 5;

/// A user or role has no more than these (a bit each).
const MOST: usize = 15;

impl Holder {
    /// What stands in its way: of policies, those that deny anything at all; tags, where policies ask for them.
    pub(super) fn obstacles(&self, denies: impl Fn(PolicyId) -> bool, tags_matter: bool) -> Vec<Obstacle> {
        let mut all = Vec::new();
        if !matches!(self.boundary, Boundary::None) {
            all.push(Obstacle::Boundary);
        }
        if let Some(tags) = self.tags.as_ref().filter(|_| tags_matter) {
            all.push(Obstacle::Tags);
            all.extend((!tags.is_empty()).then_some(Obstacle::Untags));
        }
        for part in self.parts.iter().filter(|part| part.policies.iter().any(|policy| denies(*policy))) {
            let member = part.group.clone().map(Obstacle::Member);
            for obstacle in member.into_iter().chain([part.obstacle()]) {
                if !all.contains(&obstacle) {
                    all.push(obstacle);
                }
            }
        }
        all.truncate(MOST);
        all
    }

    /// What it is free of, by the bits of a principal.
    pub(super) fn lost(&self, freed: u16) -> impl Iterator<Item = (u16, &Obstacle)> {
        self.obstacles.iter().enumerate().map(|(at, obstacle)| (1_u16 << at, obstacle)).filter(move |(bit, _)| freed & bit != 0)
    }

    /// Whether it is free of one thing.
    pub(super) fn is_free_of(&self, freed: u16, wanted: &Obstacle) -> bool {
        self.lost(freed).any(|(_, obstacle)| obstacle == wanted)
    }

    /// Each set of obstacles that it may be free of, as bits.
    pub(super) fn freedoms(&self) -> Vec<u16> {
        let bits: Vec<u16> = (0..self.obstacles.len()).map(|at| 1_u16 << at).collect();
        let most = if bits.len() > MANY { 2 } else { 3 };
        let mut all = bits.clone();
        let mut last = bits.clone();
        for _ in 1..most {
            // Each set once: the next bit is higher than those before.
            last = last.iter().flat_map(|set| bits.iter().filter(move |bit| **bit > *set).map(move |bit| set | bit)).collect();
            all.extend_from_slice(&last);
        }
        all
    }

    /// The policies that are left once it is free of some obstacles: of a policy that does not deny what is asked for, nobody need be free.
    pub(super) fn left(&self, freed: u16, denies: impl Fn(PolicyId) -> bool) -> Vec<PolicyId> {
        let denied_by = |group: &Arc<str>| {
            let parts = self.parts.iter().filter(|part| part.group.as_ref() == Some(group));
            parts.flat_map(|part| &part.policies).any(|policy| denies(*policy))
        };
        let stays = |part: &Part, policy: PolicyId| {
            let leaves = |group: &Arc<str>| self.is_free_of(freed, &Obstacle::Member(group.clone())) && denied_by(group);
            let taken = denies(policy) && self.is_free_of(freed, &part.obstacle());
            !taken && !part.group.as_ref().is_some_and(leaves)
        };
        let held = |policy: &PolicyId| self.parts.iter().any(|part| part.policies.contains(policy) && stays(part, *policy));
        self.identity.iter().copied().filter(held).collect()
    }
}

impl Access<'_> {
    /// Takes out what nobody may take away but full administrators, who need not: most of what denies is such.
    pub(super) fn forget_what_stays(&mut self) {
        // Whose policies were not seen may do it.
        if !self.holders.unseen.is_empty() {
            return;
        }
        let plain: Vec<bool> = self.holders.all.iter().map(|holder| !self.has_everything(holder)).collect();
        let held = |holders: &Vec<u32>| holders.iter().any(|holder| plain.get(*holder as usize).copied().unwrap_or(true));
        let held: Vec<bool> = self.holders.of_policy.iter().map(held).collect();
        let may_go = |holder: &Holder, obstacle: &&Obstacle| {
            let Some(on) = obstacle.on() else { return true };
            let needs = methods().iter().filter(|method| method.gives == Gain::Unbound).flat_map(|method| &method.needs);
            needs.filter(|need| need.on == on).any(|need| {
                let question = self.question(&need.action, &Target::one(obstacle.place(&holder.principal.arn)), &Context::open());
                self.table.allowing(&question.concerning).any(|policy| held.get(policy as usize).copied().unwrap_or(true))
            })
        };
        let left = |holder: &Holder| holder.obstacles.iter().filter(|obstacle| may_go(holder, obstacle)).cloned().collect();
        let all: Vec<Vec<Obstacle>> = self.holders.all.iter().map(left).collect();
        for (holder, obstacles) in self.holders.all.iter_mut().zip(all) {
            holder.obstacles = obstacles;
        }
    }

    /// Whether somebody is plainly a full administrator: everything is allowed him, and nothing bounds it.
    fn has_everything(&self, holder: &Holder) -> bool {
        let mut statements =
            holder.identity.iter().filter_map(|policy| self.holders.policies.get(*policy as usize)).flat_map(|policy| policy.statements());
        let everything = |statement: &PolicyStatement| {
            let actions = matches!(&*statement.actions, Element::Of(patterns) if patterns.iter().any(|pattern| pattern.text() == "*"));
            actions
                && !statement.resources.is_negated()
                && statement.resources.patterns().any(|pattern| pattern.text() == "*")
                && !statement.asks_for("")
        };
        let unbound = matches!(holder.boundary, Boundary::None) && statements.clone().all(|statement| statement.allows());
        unbound && statements.any(|statement| everything(statement))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iam_eval::Principal;

    const DENIES: PolicyId = 1;

    fn holder(parts: &[(Option<&str>, bool, &[PolicyId])]) -> Holder {
        let part = |(group, inline, policies): &(Option<&str>, bool, &[PolicyId])| Part {
            group: group.map(Into::into),
            inline: *inline,
            policies: policies.to_vec(),
        };
        let identity = parts.iter().flat_map(|(_, _, policies)| policies.iter().copied()).collect::<std::collections::BTreeSet<_>>();
        let mut holder = Holder {
            principal: Principal::parse("arn:aws:iam::111122223333:user/u").unwrap(),
            identity: identity.into_iter().collect(),
            parts: parts.iter().map(part).collect(),
            missing: Vec::new(),
            boundary: Boundary::None,
            tags: None,
            obstacles: Vec::new(),
        };
        holder.obstacles = holder.obstacles(|policy| policy == DENIES, true);
        holder
    }

    fn left(holder: &Holder, freed: u16) -> Vec<PolicyId> {
        holder.left(freed, |policy| policy == DENIES)
    }

    #[test]
    fn only_what_denies_stands_in_the_way_and_a_policy_goes_as_a_whole() {
        assert!(holder(&[(None, true, &[0]), (Some("g"), false, &[2])]).freedoms().is_empty());
        let own = holder(&[(None, false, &[0]), (None, true, &[DENIES, 2])]);
        assert_eq!((&*own.obstacles, own.freedoms()), (&[Obstacle::Inline][..], vec![1]));
        assert_eq!((left(&own, 0), left(&own, 1)), (vec![0, DENIES, 2], vec![0, 2]));
    }

    #[test]
    fn who_leaves_a_group_loses_all_of_it_and_who_holds_a_policy_twice_keeps_it() {
        let member = holder(&[(None, true, &[0]), (Some("g"), true, &[DENIES]), (Some("g"), false, &[2]), (Some("h"), false, &[3])]);
        assert_eq!(member.obstacles, [Obstacle::Member("g".into()), Obstacle::GroupInline("g".into())]);
        assert_eq!([left(&member, 1), left(&member, 2)], [vec![0, 3], vec![0, 2, 3]]);
        let twice = holder(&[(None, false, &[DENIES]), (Some("g"), false, &[DENIES])]);
        assert_eq!(left(&twice, 1), [DENIES], "the group has it, too");
        assert!(left(&twice, 0b101).is_empty() && left(&twice, 0b011).is_empty());
    }

    #[test]
    fn every_set_is_asked_about_once_and_large_ones_are_not() {
        let parts: Vec<(Option<&str>, bool, &[PolicyId])> = [None, Some("a"), Some("b")].map(|group| (group, true, &[DENIES][..])).to_vec();
        let all = holder(&parts).freedoms();
        assert_eq!(all.len(), 5 + 10 + 10);
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
    }
}
