//! Ways in words: who, over whom, by what, under which terms.

use std::collections::BTreeSet;

use iam_eval::{Principal, PrincipalType};

use super::super::access::Obstacle;
use super::super::escalation::Method;
use super::asker::{Asker, Pid};
use super::entries::Turn;
use super::way::{Best, Next, Ways};
use super::ways::Finder;

/// So many steps are told from either end of a way. A longer one is a chain of roles that nobody reads step by step, and everybody on it has one of his
/// own: told whole, they would grow with the square of its length.
const TOLD: usize = 8;

/// A way, told.
pub(super) struct Told {
    /// `directly`, `over role etl`, or the ids of the methods of escalation.
    pub way: String,
    /// The steps, in words.
    pub path: String,
    /// The principals on it, from the first.
    pub over: Vec<Pid>,
    /// Some step beyond assuming roles is about an identity: it takes over another one, or every right.
    pub takes_over: bool,
    /// How many of the first steps assume a role.
    pub assumed: usize,
}

/// One step: who takes it, how it goes on, and into whom if it does not end there.
struct Leg<'w> {
    who: Pid,
    next: &'w Next,
    into: Option<(Turn, Pid)>,
}

/// Tells a way. Linear in its length.
pub(super) fn tell(finder: &Finder<'_, '_>, ways: &Ways, from: Pid) -> Told {
    let legs = walk(finder, ways, from);
    let methods: Vec<&str> = legs.iter().filter_map(Leg::method).map(|method| method.id.as_str()).collect();
    let roles: Vec<Pid> = legs.iter().filter_map(|leg| leg.into.and_then(|(turn, pid)| (turn == Turn::Assume).then_some(pid))).collect();
    let takes_over = |leg: &Leg<'_>| matches!((leg.next, leg.into), (Next::Takes(_) | Next::Changes(_), _) | (_, Some((Turn::Method(_), _))));
    let name = |pid: &Pid| called(finder.asker, &finder.asker.principal(*pid));
    Told {
        way: match (methods.is_empty(), roles.is_empty()) {
            (true, true) if matches!(legs.last().map(|leg| leg.next), Some(Next::Administers)) => "as administrator".to_owned(),
            (true, true) => "directly".to_owned(),
            (true, false) => format!("over {}", ends(&roles, name, "roles").join(", ")),
            (false, _) => format!("by {}", ends(&methods, |id| (*id).to_owned(), "methods").join(", ")),
        },
        path: ends(&legs, |leg| leg.words(finder.asker), "steps").join("; "),
        takes_over: legs.iter().any(takes_over),
        assumed: legs.iter().take_while(|leg| leg.method().is_none()).filter(|leg| matches!(leg.into, Some((Turn::Assume, _)))).count(),
        over: std::iter::once(from).chain(legs.iter().filter_map(|leg| leg.into.map(|(_, pid)| pid))).collect(),
    }
}

/// Follows a way to its end. Every step is an easier one; should ways ever go round, it ends where everybody was met.
fn walk<'w>(finder: &'w Finder<'_, '_>, ways: &'w Ways, from: Pid) -> Vec<Leg<'w>> {
    let mut longest = ways.len() + finder.administrators().len();
    let (mut legs, mut ways, mut who) = (Vec::new(), ways, from);
    while let Some(Best { next, .. }) = ways.get(&who).filter(|_| legs.len() <= longest) {
        if let Next::Changes(change) = next {
            legs.push(Leg { who, next, into: None });
            longest += change.ways.len();
            ways = &change.ways;
            continue;
        }
        let (Next::Into(step) | Next::IntoAdministrator(step)) = next else {
            legs.push(Leg { who, next, into: None });
            break;
        };
        if matches!(next, Next::IntoAdministrator(_)) {
            ways = finder.administrators();
        }
        // What stands between is a service: the role that it runs as is what matters.
        let mut into = step.to;
        if let Some(then @ (Next::Into(run) | Next::IntoAdministrator(run))) = ways.get(&into).map(|best| &best.next)
            && run.turn == Turn::Run
        {
            if matches!(then, Next::IntoAdministrator(_)) {
                ways = finder.administrators();
            }
            into = run.to;
        }
        legs.push(Leg { who, next, into: Some((step.turn, into)) });
        who = into;
    }
    legs
}

impl Leg<'_> {
    /// The method of escalation by which it goes.
    fn method(&self) -> Option<&'static Method> {
        match (self.next, self.into) {
            (Next::Reaches(method), _) if method.direct => None,
            (Next::Reaches(method) | Next::Takes(method), _) => Some(*method),
            (Next::Changes(change), _) => Some(change.method),
            (_, Some((Turn::Method(method), _))) => Some(method),
            _ => None,
        }
    }

    fn words(&self, asker: &Asker<'_>) -> String {
        let name = |pid: Pid| called(asker, &asker.principal(pid));
        let who = name(self.who);
        match (self.next, self.into) {
            (Next::Reaches(method), _) => format!("{who} {}", method.name),
            (Next::Takes(method), _) => format!("{who} {}, and then has every right", method.name),
            (Next::Changes(change), _) => format!("{who} {}: {}", change.method.name, name(change.target)),
            (Next::Here, _) => format!("{who} then has every right"),
            (_, Some((Turn::Method(method), into))) => format!("{who} {}: {}", method.name, name(into)),
            (_, Some((Turn::Assume, into))) => format!("{who} assumes {}", name(into)),
            (_, Some((Turn::Run, into))) => format!("{who} runs as {}", name(into)),
            (_, None) => format!("{who} has full administrator access"),
        }
    }
}

/// A list told from both ends.
fn ends<T>(all: &[T], tell: impl Fn(&T) -> String, what: &str) -> Vec<String> {
    let between = all.len().saturating_sub(2 * TOLD);
    if between <= 1 {
        return all.iter().map(tell).collect();
    }
    let (first, rest) = all.split_at(TOLD);
    let last = rest.iter().skip(between);
    first.iter().map(&tell).chain([format!("{between} more {what}")]).chain(last.map(&tell)).collect()
}

impl Told {
    /// The principals whose steps are told.
    pub(super) fn witnesses(&self) -> Vec<Pid> {
        let last = self.over.iter().skip(TOLD.max(self.over.len().saturating_sub(TOLD)));
        self.over.iter().take(TOLD).chain(last).copied().collect()
    }
}

/// As messages call it.
pub(super) fn called(asker: &Asker<'_>, principal: &Principal) -> String {
    match principal.who {
        _ if principal.freed() != 0 => format!("{} {}", called(asker, &principal.clone().free_of(0)), free_of(asker, principal)),
        PrincipalType::Group => format!("whoever is in group {}", principal.name()),
        PrincipalType::User if asker.is_own(principal) => format!("user {}", principal.name()),
        PrincipalType::Role if asker.is_own(principal) => format!("role {}", principal.name()),
        PrincipalType::Root => format!("account {}", principal.account),
        PrincipalType::Anonymous => "anyone".to_owned(),
        PrincipalType::Service if principal.acts_for_any_other() => format!("{} for any other account", principal.arn),
        PrincipalType::Service => {
            principal.acts_for().map_or_else(|| principal.arn.to_string(), |account| format!("{} for account {account}", principal.arn))
        }
        PrincipalType::Stranger if !principal.account.is_empty() => format!("account {}", principal.account),
        PrincipalType::Federated => format!("whoever {} admits", principal.arn),
        // Whoever of this account has the same by the same words is not named beside it.
        PrincipalType::Stranger if *principal == Principal::stranger() => "any principal of AWS".to_owned(),
        _ => principal.arn.to_string(),
    }
}

/// What somebody is free of.
fn free_of(asker: &Asker<'_>, principal: &Principal) -> String {
    let words = |(_, obstacle): (u16, Obstacle)| match obstacle {
        Obstacle::Boundary => "without its permissions boundary",
        Obstacle::Tags | Obstacle::Untags => "with other tags",
        _ => "without a policy that denies",
    };
    let all: BTreeSet<&str> = asker.access.freed_of(principal).into_iter().map(words).collect();
    all.into_iter().collect::<Vec<_>>().join(" and ")
}

/// `user`, `role`, or an `outsider`; in capital letters nobody is called.
pub(super) fn kind(asker: &Asker<'_>, principal: &Principal) -> &'static str {
    match principal.who {
        PrincipalType::User if asker.is_own(principal) => "user",
        PrincipalType::Role if asker.is_own(principal) => "role",
        PrincipalType::Session | PrincipalType::FederatedUser => "session",
        PrincipalType::Anonymous => "anyone",
        PrincipalType::Stranger if *principal == Principal::stranger() => "anyone",
        _ => "outsider",
    }
}
