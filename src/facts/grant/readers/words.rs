//! Ways in words: who, over whom, by what, under which terms.

use super::super::decide::{Principal, Who};
use super::asker::{Asker, Pid};
use super::steps::Turn;
use super::ways::{Best, Finder, Next, Ways};

/// A way, told.
pub struct Told {
    /// `directly`, `over role etl`, or the ids of the methods of escalation.
    pub way: String,
    /// Every step, in words.
    pub path: String,
    /// The principals on it, from the first.
    pub over: Vec<Pid>,
    /// Some step beyond assuming roles is about an identity: it takes over another one, or every right.
    pub takes_over: bool,
    /// How many of the first steps assume a role.
    pub assumed: usize,
}

/// Tells a way. It is as long as it has principals: none comes twice.
pub fn tell(finder: &Finder<'_, '_>, ways: &Ways, from: Pid) -> Told {
    let asker = finder.asker;
    let mut told = Told { way: String::new(), path: String::new(), over: vec![from], takes_over: false, assumed: 0 };
    let (mut said, mut roles, mut methods) = (Vec::new(), Vec::new(), Vec::new());
    let mut administers = false;
    let mut at = from;
    let mut ways = ways;
    while let Some(Best { next, .. }) = ways.get(&at) {
        let who = called(asker, &asker.principal(at));
        match next {
            Next::Reaches(method) => {
                said.push(format!("{who} {}", method.name));
                if !method.direct {
                    methods.push(method.id.as_str());
                }
                break;
            }
            Next::Takes(method) => {
                said.push(format!("{who} {}, and then has every right", method.name));
                methods.push(method.id.as_str());
                told.takes_over = true;
                break;
            }
            Next::Administers => {
                said.push(format!("{who} holds everything on everything"));
                administers = methods.is_empty() && roles.is_empty();
                break;
            }
            Next::Into(step) | Next::IntoAdministrator(step) => {
                if matches!(next, Next::IntoAdministrator(_)) {
                    ways = finder.administrators();
                }
                // What stands between is a service: the role that it runs as is what matters.
                let to = match ways.get(&step.to).map(|best| &best.next) {
                    Some(Next::Into(run) | Next::IntoAdministrator(run)) if run.turn == Turn::Run => {
                        if matches!(ways.get(&step.to).map(|best| &best.next), Some(Next::IntoAdministrator(_))) {
                            ways = finder.administrators();
                        }
                        run.to
                    }
                    _ => step.to,
                };
                let into = called(asker, &asker.principal(to));
                match step.turn {
                    Turn::Assume => {
                        said.push(format!("{who} assumes {into}"));
                        if methods.is_empty() {
                            told.assumed += 1;
                        }
                        roles.push(into);
                    }
                    Turn::Method(method) => {
                        said.push(format!("{who} {}: {into}", method.name));
                        methods.push(method.id.as_str());
                        told.takes_over = true;
                    }
                    Turn::Run => {}
                }
                at = to;
                if told.over.contains(&at) {
                    break;
                }
                told.over.push(at);
            }
        }
    }
    told.path = said.join("; ");
    told.way = match (methods.is_empty(), roles.is_empty()) {
        (true, true) if administers => "as administrator".to_owned(),
        (true, true) => "directly".to_owned(),
        (true, false) => format!("over {}", roles.join(", ")),
        (false, _) => format!("by {}", methods.join(", ")),
    };
    told
}

/// As messages call it.
pub fn called(asker: &Asker<'_>, principal: &Principal) -> String {
    match principal.who {
        Who::User if asker.is_own(principal) => format!("user {}", principal.name()),
        Who::Role if asker.is_own(principal) => format!("role {}", principal.name()),
        Who::Root => format!("account {}", principal.account),
        Who::Anonymous => "anyone".to_owned(),
        // Whoever of this account has the same by the same words is not named beside it.
        Who::Stranger if *principal == Principal::stranger() => "any principal of AWS".to_owned(),
        _ => principal.arn.to_string(),
    }
}

/// `user`, `role`, or an `outsider`; in capital letters nobody is called.
pub fn kind(asker: &Asker<'_>, principal: &Principal) -> &'static str {
    match principal.who {
        Who::User if asker.is_own(principal) => "user",
        Who::Role if asker.is_own(principal) => "role",
        Who::Session | Who::FederatedUser => "session",
        Who::Anonymous => "anyone",
        Who::Stranger if *principal == Principal::stranger() => "anyone",
        _ => "outsider",
    }
}
